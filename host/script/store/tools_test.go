package store

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// tool runs commands in root. Blanks separate arguments, and _ is a blank in one.
// Where a tool is not installed, without does what it would do to the tree.
func tool(without func(t *testing.T, root string), commands ...string) func(t *testing.T, root string) {
	return func(t *testing.T, root string) {
		t.Helper()
		for _, command := range commands {
			args := strings.Split(command, " ")
			tool, err := exec.LookPath(args[0])
			if err != nil {
				without(t, root)
				return
			}
			for i := range args {
				args[i] = strings.ReplaceAll(args[i], "_", " ")
			}
			run := exec.Command(tool, args[1:]...)
			run.Dir = root
			run.Env = append(os.Environ(), "HOME="+root, "GIT_CONFIG_NOSYSTEM=1", "GIT_CEILING_DIRECTORIES="+filepath.Dir(root))
			if out, err := run.CombinedOutput(); err != nil {
				t.Fatalf("%s: %v\n%s", command, err, out)
			}
		}
	}
}

// writes returns a function that does what a tool does which writes these files.
func writes(files ...string) func(t *testing.T, root string) {
	return func(t *testing.T, root string) {
		for i := 0; i < len(files); i += 2 {
			replace(t, root, files[i], files[i+1])
		}
	}
}

const asMe = "git -C scripts -c user.name=me -c user.email=me@localhost "

// tools run the editors and deploy tools that ways imitate.
var tools = []way{
	{
		name:   "vim",
		change: tool(writes("scripts/main.lua", "return 2\n"), "vim -es -u NONE -i NONE -N -c %s/1/2/ -c wq scripts/main.lua"),
		want:   []string{"main.lua", "return 2\n", "lib/util.lua", "return 1"},
	},
	{
		name:   "vim, writing in place",
		change: tool(writes("scripts/main.lua", "return 2\n"), "vim -es -u NONE -i NONE -N -c set_backup_backupcopy=yes -c %s/1/2/ -c wq scripts/main.lua"),
		want:   []string{"main.lua", "return 2\n", "lib/util.lua", "return 1"},
	},
	{
		name:   "vim, renaming the old to a backup",
		change: tool(writes("scripts/main.lua", "return 2\n"), "vim -es -u NONE -i NONE -N -c set_backup_backupcopy=no -c %s/1/2/ -c wq scripts/main.lua"),
		want:   []string{"main.lua", "return 2\n", "lib/util.lua", "return 1"},
	},
	{
		name:   "sed -i",
		change: tool(writes("scripts/main.lua", "return 2", "scripts/lib/util.lua", "return 2"), "sed -i s/1/2/ scripts/main.lua scripts/lib/util.lua"),
		want:   []string{"main.lua", "return 2", "lib/util.lua", "return 2"},
	},
	{
		name: "git checkout of another branch, and back",
		layout: func(t *testing.T, root string) {
			both := func(t *testing.T, root string) {
				put(t, root, "scripts/main.lua", "return 1", "scripts/lib/util.lua", "return 1")
			}
			both(t, root)
			tool(both, "git init -q -b main scripts", asMe+"add -A", asMe+"commit -q -m first", asMe+"checkout -q -b next")(t, root)
			put(t, root, "scripts/main.lua", "require 'mod.new'", "scripts/mod/new.lua", "return 2")
			must(t, os.RemoveAll(filepath.Join(root, "scripts/lib")))
			tool(both, asMe+"add -A", asMe+"commit -q -m second", asMe+"checkout -q main")(t, root)
			if _, err := exec.LookPath("git"); err != nil {
				must(t, os.RemoveAll(filepath.Join(root, "scripts/mod")))
			}
		},
		change: tool(func(t *testing.T, root string) {
			writes("scripts/main.lua", "require 'mod.new'")(t, root)
			put(t, root, "scripts/mod/new.lua", "return 2")
			must(t, os.RemoveAll(filepath.Join(root, "scripts/lib")))
		}, asMe+"checkout -q next", asMe+"checkout -q main", asMe+"checkout -q next"),
		want: []string{"main.lua", "require 'mod.new'", "mod/new.lua", "return 2"},
	},
	{
		name: "git stash, and what was stashed back",
		layout: func(t *testing.T, root string) {
			both := func(t *testing.T, root string) {
				put(t, root, "scripts/main.lua", "return 1", "scripts/lib/util.lua", "return 1")
			}
			both(t, root)
			tool(both, "git init -q -b main scripts", asMe+"add -A", asMe+"commit -q -m first")(t, root)
			put(t, root, "scripts/main.lua", "return 2")
			tool(both, asMe+"stash -q")(t, root)
			put(t, root, "scripts/main.lua", "return 1")
		},
		change: tool(writes("scripts/main.lua", "return 2"), asMe+"stash pop -q"),
		want:   []string{"main.lua", "return 2", "lib/util.lua", "return 1"},
	},
	{
		name:   "rsync",
		layout: released,
		change: tool(synced, "rsync -ac --delete next/ scripts/"),
		want:   []string{"main.lua", "return 2", "mod/util.lua", "return 2"},
	},
	{
		name:   "rsync --inplace",
		layout: released,
		change: tool(synced, "rsync -ac --delete --inplace next/ scripts/"),
		want:   []string{"main.lua", "return 2", "mod/util.lua", "return 2"},
	},
	{
		name:   "cp -r over it",
		layout: released,
		change: tool(synced, "cp -r next/. scripts/", "rm -r scripts/lib"),
		want:   []string{"main.lua", "return 2", "mod/util.lua", "return 2"},
	},
	{
		name:   "tar, unpacked over it",
		layout: released,
		change: tool(synced, "tar -C next -cf next.tar .", "tar -C scripts -xf next.tar", "rm -r scripts/lib"),
		want:   []string{"main.lua", "return 2", "mod/util.lua", "return 2"},
	},
	{
		name:   "ln -sfn, which takes the link away first",
		layout: deployed("scripts"),
		change: func(t *testing.T, root string) {
			put(t, root, "releases/2/main.lua", "return 2")
			tool(func(t *testing.T, root string) {
				must(t, os.Remove(filepath.Join(root, "scripts")))
				must(t, os.Symlink("releases/2", filepath.Join(root, "scripts")))
			}, "ln -sfn releases/2 scripts")(t, root)
		},
		want: []string{"main.lua", "return 2"},
	},
}

// released makes the tree and another one beside it.
func released(t *testing.T, root string) {
	put(t, root, "scripts/main.lua", "return 1", "scripts/lib/util.lua", "return 1", "next/main.lua", "return 2", "next/mod/util.lua", "return 2")
}

// synced makes the tree equal to the other one.
func synced(t *testing.T, root string) {
	writes("scripts/main.lua", "return 2")(t, root)
	put(t, root, "scripts/mod/util.lua", "return 2")
	must(t, os.RemoveAll(filepath.Join(root, "scripts/lib")))
}

func TestEveryToolThatChangesFiles(t *testing.T) {
	for _, tool := range tools {
		t.Run(tool.name, tool.isNoticed)
	}
}
