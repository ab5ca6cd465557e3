package lint_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/eslua/eslua/host/script/lint"
)

// A corpusFile is a script of the repository: a file, a block of a document, or a
// text in a Go source.
type corpusFile struct{ place, src string }

var (
	usesBindings = regexp.MustCompile(`\b(?:session|api|freeswitch|leg|e|json|task)[:.]\w+ *[({"]|\bargv\[`)
	aboutGlobal  = regexp.MustCompile(`^(?:nothing sets the global|eslua has no \w+:)`)
	luaBlock     = regexp.MustCompile("(?s)```lua\n(.*?)```")
)

// corpus returns the scripts of the repository by directory. Those of a directory may
// be parts of one: tests put them behind a common beginning.
func corpus(t *testing.T) map[string][]corpusFile {
	t.Helper()
	all := map[string][]corpusFile{}
	add := func(place, src string) {
		dir := filepath.Dir(place)
		all[dir] = append(all[dir], corpusFile{place, src})
	}
	err := filepath.WalkDir("../../..", func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		source, err := os.ReadFile(file)
		place, _ := filepath.Rel("../../..", file)
		switch filepath.Ext(file) {
		case ".lua":
			add(place, string(source))
		case ".md":
			if strings.HasPrefix(place, "bindings/") {
				break // it is generated: signatures, and the examples of the sources
			}
			for _, m := range luaBlock.FindAllStringSubmatch(string(source), -1) {
				add(place, m[1])
			}
		case ".go":
			files := token.NewFileSet()
			tree, err := parser.ParseFile(files, file, source, 0)
			if err != nil {
				return err
			}
			ast.Inspect(tree, func(n ast.Node) bool {
				if l, ok := n.(*ast.BasicLit); ok && l.Kind == token.STRING {
					src, _ := strconv.Unquote(l.Value)
					add(place+":"+strconv.Itoa(files.Position(l.Pos()).Line), src)
				}
				return true
			})
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// wanted matches the mistakes that scripts of the repository make on purpose, by the
// beginning of their place.
var wanted = map[string]string{
	"bindings/absent_test.go":         `eslua has no|does not exist|argument 1|a method is called with a colon`,
	"bindings/session_test.go":        `"no such" is not|"BAD CAUSE" is not|takes 2 arguments, not 1|argument [12] `,
	"bindings/freeswitch_test.go":     `there is no global function "(?:cb|hook)"`,
	"cmd/eslua/traps_test.go":         `session:nonsense does not exist|"NONSENSE" is not a hangup cause`,
	"host/script/lint/":               ``,
	"host/script/vm/stdlib/testdata/": `takes at least|is a (?:number|table)|dofile|loadfile|string.format`,
}

// TestNoFalseAlarm reads every script in the repository.
func TestNoFalseAlarm(t *testing.T) {
	c := checker()
	flows := 0
	for _, group := range corpus(t) {
		var files []*lint.File
		var read []corpusFile
		for _, x := range group {
			f, err := c.Read("x.lua", x.src)
			if err != nil {
				continue // it is no Lua, or wrong on purpose
			}
			files, read = append(files, f), append(read, x)
		}
		for i, x := range read {
			if usesBindings.MatchString(x.src) {
				flows++
			} else if filepath.Ext(x.place) != ".lua" {
				continue // a text that only looks like Lua
			}
			for _, found := range c.Check(files[i], func() lint.Others { return lint.Others{Sure: files} }) {
				if strings.HasSuffix(found.Message, `sets the global "test"`) {
					continue // a test of a flow, which no call is served by
				}
				if strings.Contains(x.place, "_test.go") && aboutGlobal.MatchString(found.Message) {
					continue // tests put other texts before theirs
				}
				if !isWanted(x.place, found.Message) {
					t.Errorf("%s: line %d: %s", x.place, found.Line, found.Message)
				}
			}
		}
	}
	if flows < 250 {
		t.Errorf("only %d flows were found", flows)
	}
}

func isWanted(place, message string) bool {
	for prefix, pattern := range wanted {
		if strings.HasPrefix(filepath.ToSlash(place), prefix) && regexp.MustCompile(pattern).MatchString(message) {
			return true
		}
	}
	return false
}
