package grant

import (
	"fmt"
	"path/filepath"
	"slices"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
)

// A Directory is the absolute path of a directory on eslua's machine.
type Directory string

// UnmarshalYAML reads a directory.
func (d *Directory) UnmarshalYAML(node ast.Node) error {
	var text string
	if err := yaml.NodeToValue(node, &text); err != nil {
		return err
	}
	if !filepath.IsAbs(text) {
		return &yaml.SyntaxError{Token: node.GetToken(),
			Message: fmt.Sprintf("%q is not an absolute path; write the directory as /etc/eslua/prompts", text)}
	}
	*d = Directory(filepath.Clean(text))
	return nil
}

// CheckRead checks whether the flow may read a file, given by its absolute path: where it
// may write it may read too.
// It returns the granted directory and the name below it: open the file with
// os.OpenInRoot(dir, name), so that no symbolic link leads out of dir. The files
// of the script tree need no grant.
// The error is a *RefusedError.
func (g *Grants) CheckRead(file string) (dir, name string, err error) {
	if dir, name, ok := below(append(slices.Clip(g.Read), g.Write...), filepath.Clean(file)); ok {
		return dir, name, nil
	}
	return "", "", &RefusedError{Kind: Reading, Name: file, text: fmt.Sprintf(
		"reading %q is not granted to this flow; add its directory, as an absolute path, under grants: read: in the configuration", file)}
}
