package store

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"

	"github.com/eslua/eslua/host/script/lint"
	"github.com/eslua/eslua/host/script/vm"
)

// Compile compiles a script; name is the file's name in the tree. If the error is
// a *vm.CompileError, its line is reported.
type Compile func(name string, src []byte) (*vm.Script, error)

// A sum identifies the bytes of a file or of a tree.
type sum = [sha256.Size]byte

func hexSum(s sum) string { return hex.EncodeToString(s[:]) }

// A content is the bytes of a file. It is made once and shared by all scans and
// generations in which the file has these bytes.
type content struct {
	name string
	data string
	sum  sum

	built   bool
	script  *vm.Script // nil for a data file, and if wrong is set
	wrong   *Problem   // why it does not compile
	lint    *lint.File // nil: it is not linted
	imports lint.Imports
}

// build compiles a script unless that was done before.
func (c *content) build(compile Compile, checker *lint.Checker) {
	if c.built || !isScript(c.name) {
		return
	}
	c.built = true
	script, err := compile(c.name, []byte(c.data))
	if err == nil {
		c.script = script
		if checker == nil {
			c.imports = lint.ImportsOf(c.data)
			return
		}
		c.lint, _ = checker.Read(c.name, c.data) // it compiles, so it can be read
		c.imports = c.lint.Imports
		return
	}
	c.wrong = &Problem{File: c.name, Message: err.Error()}
	var compileError *vm.CompileError
	if errors.As(err, &compileError) {
		c.wrong.Line, c.wrong.Message = compileError.Line, compileError.Message
	}
}
