package store

import (
	"crypto/sha256"
	"errors"

	"github.com/eslua/eslua/host/script/vm"
)

// Compile turns a script's source into what runs; name is the file's name in the
// tree. host/script/vm's errors (*vm.CompileError) keep their line.
type Compile func(name string, src []byte) (*vm.Script, error)

// sum names bytes: of a file, of a tree.
type sum = [sha256.Size]byte

// content is what a file of the tree holds. It is made once and then shared by
// all looks and generations in which the file has these bytes.
type content struct {
	name string
	data string
	sum  sum

	built   bool
	script  *vm.Script // nil for a data file, and when wrong is not
	wrong   *Problem   // why it does not compile
	imports imports
}

// build compiles a script, the first time it is asked to.
func (c *content) build(compile Compile) {
	if c.built || !isScript(c.name) {
		return
	}
	c.built = true
	script, err := compile(c.name, []byte(c.data))
	if err == nil {
		c.script = script
		c.imports = importsOf(c.data)
		return
	}
	c.wrong = &Problem{File: c.name, Message: err.Error()}
	var at *vm.CompileError
	if errors.As(err, &at) {
		c.wrong.Line, c.wrong.Message = at.Line, at.Message
	}
}
