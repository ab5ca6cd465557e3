package main

import (
	"go/ast"
	"go/parser"
	"regexp"
	"strings"
	"testing"
)

// isWhat matches the beginning of a comment that says what something is instead of what
// it does.
var isWhat = regexp.MustCompile(`^(\w+) (?:is|are|was|were)\b`)

// TestCommentsBeginWithAVerb holds the comments of functions, and of what a package
// exports, to a verb: "Execute runs ...", "A Dialer connects ...".
func TestCommentsBeginWithAVerb(t *testing.T) {
	eachFile(t, parser.ParseComments|parser.SkipObjectResolution, func(name string, tree *ast.File) {
		if strings.HasSuffix(name, "_test.go") {
			return
		}
		check := func(doc *ast.CommentGroup, declared string) {
			if begin := isWhat.FindStringSubmatch(doc.Text()); begin != nil && begin[1] == declared {
				t.Errorf("%s: begin with a verb: %q", name, begin[0])
			}
		}
		exported := func(doc *ast.CommentGroup, declared string) {
			if ast.IsExported(declared) {
				check(doc, declared)
			}
		}
		for _, d := range tree.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				check(d.Doc, d.Name.Name)
			case *ast.GenDecl:
				for _, s := range d.Specs {
					switch s := s.(type) {
					case *ast.TypeSpec:
						exported(d.Doc, s.Name.Name)
					case *ast.ValueSpec:
						exported(d.Doc, s.Names[0].Name)
					}
				}
			}
		}
	})
}
