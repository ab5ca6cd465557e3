package grant

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// CheckWrite checks whether the flow may write a file, given by its absolute path. It
// returns what CheckRead does. The error is a *RefusedError.
func (g *Grants) CheckWrite(file string) (dir, name string, err error) {
	clean := filepath.Clean(file)
	if dir, name, ok := below(g.Write, clean); ok {
		return dir, name, nil
	}
	if !filepath.IsAbs(file) {
		return "", "", &RefusedError{Kind: Writing, Name: file, text: fmt.Sprintf(
			"writing %q is refused: a relative path is a file of the script directory, which scripts do not change; name an absolute one in a directory under grants: write: of the configuration", file)}
	}
	return "", "", &RefusedError{Kind: Writing, Name: file, text: fmt.Sprintf(
		"writing %q is not granted to this flow; to grant it, write grants: {write: [%s]} in the configuration", file, list(g.Write, filepath.Dir(clean)))}
}

// CheckEnv checks whether the flow may read a variable of eslua's environment. The error
// is a *RefusedError.
func (g *Grants) CheckEnv(name string) error {
	if slices.Contains(g.Env, name) {
		return nil
	}
	return &RefusedError{Kind: Variable, Name: name, text: fmt.Sprintf(
		"the environment variable %q is not granted to this flow; to grant it, write grants: {env: [%s]} in the configuration", name, list(g.Env, name))}
}

// list writes the elements of a list in YAML, and one more.
func list[T ~string](all []T, one string) string {
	var words []string
	for _, word := range append(slices.Clip(all), T(one)) {
		if text := string(word); plainWord(text) {
			words = append(words, text)
		} else {
			words = append(words, fmt.Sprintf("%q", text))
		}
	}
	return strings.Join(words, ", ")
}

func plainWord(s string) bool {
	return s != "" && strings.Trim(strings.ToLower(s), "abcdefghijklmnopqrstuvwxyz0123456789/_.-") == "" && strings.ContainsAny(s[:1], "/_abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
}

// below returns the directory that holds a file, and the file's name below it.
func below(dirs []Directory, file string) (dir, name string, ok bool) {
	for _, d := range dirs {
		if rel, err := filepath.Rel(string(d), file); filepath.IsAbs(file) && err == nil && filepath.IsLocal(rel) {
			return string(d), rel, true
		}
	}
	return "", "", false
}
