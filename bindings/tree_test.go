package bindings_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/eslua/eslua/host/script/grant"
	"github.com/eslua/eslua/host/script/store"
	"github.com/eslua/eslua/host/script/vm"
)

// openTree opens a harness whose script is a file of a tree.
func openTree(t *testing.T, dir, flow string) *harness {
	t.Helper()
	h := open(t, ``)
	root, err := filepath.Abs(dir)
	if err != nil {
		t.Fatal(err)
	}
	tree := store.NewDir(root, vm.Compile)
	h.root, h.require, h.readFile, h.name = root, tree.Require, tree.ReadFile, flow+".lua"
	if h.script, err = tree.Require(h.name); err != nil {
		t.Fatal(err)
	}
	return h
}

// A tree in the manner of FusionPBX runs as it does in mod_lua: it finds its files by the
// place of the script, and by the script directory of FreeSWITCH.
func TestATreeRunsUnchanged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := openTree(t, "testdata/fusion", "app/ivr/index")
		h.sw.API("global_setvar script_dir=/usr/share/freeswitch/scripts")
		h.call()
		o := h.end()
		if o.err != nil {
			t.Fatal(o.err)
		}
		o.want(t, "r", "hello first|sales|file|shop|false|[1,2]", "r2", "/usr/share/freeswitch/scripts/resources/config.lua",
			"r3", h.root+"|app/ivr/index.lua|"+h.root+"/app/ivr/", "r4", "falsefalsetrue")
		if !h.log.has("[ivr] hello first from /usr/share/freeswitch/sounds") || !h.log.has(`reading "/etc/passwd" is not granted to this flow`) {
			t.Error("the log lacks a line")
		}
	})
}

// A file outside the tree is loaded where it is granted, within the script's limits.
func TestLoadingGrantedFiles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := openTree(t, "testdata/fusion", "app/ivr/resources/menu")
		l := newLibrary(t)
		write := func(name, text string) { writeFile(t, filepath.Join(l.dir, name), text) }
		write("config.lua", `configured = "yes" return ...`)
		write("lib/mod.lua", `return {name = ..., source = debug.getinfo(1).source}`)
		write("wrong.lua", "x =")
		h.grants = &grant.Grants{Read: []grant.Directory{grant.Directory(l.dir)}}
		for src, want := range map[string]string{
			`dofile("DIR/config.lua") r = configured`:                                            "yes",
			`package.path = "DIR/lib/?.lua" r = require("mod").name .. require("mod").source`:    "mod@DIR/lib/mod.lua",
			`r = select(2, loadfile("DIR/wrong.lua"))`:                                           "DIR/wrong.lua:1: syntax error near '<eof>'",
			`r = select(2, pcall(function() dofile("DIR/pipe") end))`:                            "main.lua:1: not a regular file",
			`r = tostring(pcall(dofile, "DIR/out")) .. tostring(pcall(dofile, "DIR/../secret"))`: "falsefalse",
			`r = select(2, loadfile("DIR/../secret"))`:                                           `reading "DIR/../secret" is not granted to this flow; add its directory, as an absolute path, under grants: read: in the configuration`,
			`package.path = "/etc/?" r = select(2, pcall(function() require("passwd") end))`:     `main.lua:1: module 'passwd' not found: "passwd" is not among the scripts: no passwd.lua, no passwd/init.lua`,
			`dofile("DIR/large") r = "ran"`:                                                      "",
		} {
			script, err := vm.Compile("main.lua", []byte(strings.ReplaceAll(src, "DIR", l.dir)))
			if err != nil {
				t.Fatal(err)
			}
			h.script = script
			call := h.call()
			o := h.end()
			call.Hangup("NORMAL_CLEARING")
			<-call.Done()
			if got := strings.ReplaceAll(o.text("r"), l.dir, "DIR"); want != "" && (o.err != nil || got != want) || want == "" && o.err == nil {
				t.Errorf("%s\n got %s, %v\nwant %s", src, got, o.err, want)
			}
		}
	})
}

func writeFile(t *testing.T, file, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
