package store

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/eslua/eslua/host/operate/config"
)

// isIgnored reports whether a file or directory does not belong to the tree:
// hidden ones (.git, vim's .x.swp, Emacs' .#x, rsync's .x.lua.Ab12Cd, a
// ConfigMap's ..data), files that editors and uploads leave beside a file while they
// save it, and tests.
func isIgnored(base string) bool {
	if strings.HasPrefix(base, ".") || strings.HasSuffix(base, "~") || IsTest(base) {
		return true
	}
	if strings.HasPrefix(base, "#") && strings.HasSuffix(base, "#") { // Emacs' autosave
		return true
	}
	switch path.Ext(base) {
	case ".swp", ".swo", ".swx", ".tmp", ".part", ".filepart": // vim with a visible swap file, uploads
		return true
	}
	if strings.HasSuffix(base, "___jb_tmp___") || strings.HasSuffix(base, "___jb_old___") { // JetBrains
		return true
	}
	return base == "4913" // vim tries whether it may create a file here
}

// IsTest reports whether a file holds tests of flows, which are no part of the tree.
func IsTest(name string) bool { return strings.HasSuffix(name, "_test.lua") }

// isScript reports whether a file of the tree is compiled.
func isScript(name string) bool { return path.Ext(name) == ".lua" }

// flowFile returns the file of a flow: "inviteToConf", "ivr/main" or either with
// .lua.
func flowFile(flow string) string { return config.FlowName(flow) + ".lua" }

// moduleFiles returns the files that a module's name may mean, in the order in
// which they are tried: Lua's usual ?.lua and ?/init.lua under the tree's root,
// before them the name itself if it is a file's (dofile's "lib/util.lua"). It
// fails if the name cannot be a module's.
func moduleFiles(name string) ([]string, error) {
	switch {
	case name == "":
		return nil, fmt.Errorf("the name of a module is empty")
	case strings.HasPrefix(name, "/"), strings.Contains(name, `\`):
		return nil, fmt.Errorf("module %q: a name is relative to the script directory, with dots or slashes: \"lib.util\"", name)
	case slices.Contains(strings.Split(name, "/"), ".."):
		return nil, fmt.Errorf("module %q: a module outside the script directory cannot be loaded", name)
	}
	// Dots are Lua's separators; a leading "./" is the root itself.
	bare := path.Clean(strings.ReplaceAll(strings.TrimPrefix(name, "./"), ".", "/"))
	if strings.HasPrefix(bare, "/") {
		return nil, fmt.Errorf("module %q: a name begins with a word: \"lib.util\"", name)
	}
	files := []string{bare + ".lua", bare + "/init.lua"}
	if strings.HasSuffix(name, ".lua") {
		files = append([]string{path.Clean(name)}, files...)
	}
	return files, nil
}
