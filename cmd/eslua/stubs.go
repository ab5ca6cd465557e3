package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/eslua/eslua/bindings"
	flowtests "github.com/eslua/eslua/bindings/flowtest"
	"github.com/eslua/eslua/bindings/reference"
	"github.com/spf13/cobra"
)

// stubsDir holds the definitions, below the directory that an editor opens. A name that
// begins with a point is no script.
const stubsDir = ".eslua-stubs"

func stubsCommand(p *program) *cobra.Command {
	return &cobra.Command{
		Use:   "stubs [DIRECTORY]",
		Short: "write definitions of all Lua names for an editor with LuaLS",
		Long: `Write for an editor with LuaLS what scripts can use, into the script directory, or here:
definitions of all names, and the file that has the editor find them.`,
		Example: examples("complete names of eslua in the scripts of a directory", "eslua stubs /etc/eslua/scripts"),
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return &usageError{"eslua stubs takes one directory: that of the scripts"}
			}
			return nil
		},
		ValidArgsFunction: directories,
		RunE:              func(_ *cobra.Command, args []string) error { return p.stubs(append(args, ".")[0]) },
	}
}

func (p *program) stubs(dir string) error {
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return &usageError{fmt.Sprintf("eslua stubs: %s is not a directory; name that of the scripts", dir)}
	}
	stubs := reference.New(append(bindings.New(bindings.Deps{}).Modules(), flowtests.Module{}.Declare())).Stubs()
	root := filepath.Join(dir, stubsDir)
	if err := os.RemoveAll(root); err != nil { // names that are gone
		return err
	}
	for _, stub := range stubs {
		path := filepath.Join(root, filepath.FromSlash(stub.Path))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte(stub.Text), 0o644); err != nil {
			return err
		}
	}
	fmt.Fprintf(p.stdout, "%s: definitions for LuaLS\n", root)
	return p.writeLuarc(filepath.Join(dir, ".luarc.json"))
}

// writeLuarc writes the settings of LuaLS, unless there are some, which are not touched.
func (p *program) writeLuarc(path string) error {
	text, err := json.MarshalIndent(luarc(), "", "  ")
	if err != nil {
		return err
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		have, err := os.ReadFile(path)
		if err == nil && string(have) == string(text)+"\n" {
			return nil
		}
		fmt.Fprintf(p.stdout, "%s is there already and stays as it is; it needs these settings:\n%s\n", path, text)
		return err
	}
	if err != nil {
		return err
	}
	_, err = file.Write(append(text, '\n'))
	if err == nil {
		fmt.Fprintf(p.stdout, "%s: has the editor find them\n", path)
	}
	return errors.Join(err, file.Close())
}

// luarc returns settings of LuaLS (https://luals.github.io/wiki/settings). LuaJIT is the
// version that is Lua 5.1 with goto; its own libraries are not there.
func luarc() map[string]any {
	return map[string]any{
		"workspace.library":         []string{stubsDir},
		"workspace.checkThirdParty": false,
		"runtime.version":           "LuaJIT",
		"runtime.path":              []string{"?.lua", "?/init.lua"},
		"runtime.builtin": map[string]string{
			"bit": "disable", "ffi": "disable", "jit": "disable", "jit.profile": "disable", "jit.util": "disable",
			"string.buffer": "disable", "table.clear": "disable", "table.new": "disable",
		},
	}
}
