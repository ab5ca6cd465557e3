package bindings_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/eslua/eslua/bindings"
	"github.com/eslua/eslua/host/script/grant"
	"github.com/eslua/eslua/host/script/store"
	"github.com/eslua/eslua/host/script/vm"
	"github.com/eslua/eslua/host/script/vm/guard"
)

// A library is a script's tree, and a granted directory beside a file that must not
// be read.
type library struct {
	tree  map[string]string
	files interface{ ReadFile(string) (string, error) } // instead of tree, if there are any
	dir   string
}

func newLibrary(t *testing.T) *library {
	t.Helper()
	base := t.TempDir()
	l := &library{dir: filepath.Join(base, "granted"), tree: map[string]string{
		"menu.txt":      "one\ntwo\r\n\nlast",
		"lists/vip.csv": "1000,Ada\n",
		"numbers":       " 12 0x10 -1.5e1\tnan x",
	}}
	if err := os.MkdirAll(filepath.Join(l.dir, "sub"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"secret": "not yours", "granted/a.txt": "granted\n", "granted/sub/b.txt": "below", "granted/large": strings.Repeat("x", 3<<20)} {
		if err := os.WriteFile(filepath.Join(base, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for from, to := range map[string]string{"out": "../secret", "in": "sub/b.txt", "absolute": filepath.Join(base, "secret"), "up": "..", "loop": "loop"} {
		if err := os.Symlink(to, filepath.Join(l.dir, from)); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mkfifo(filepath.Join(l.dir, "pipe"), 0o644); err != nil {
		t.Fatal(err)
	}
	return l
}

func (l *library) read(name string) (string, error) {
	if l.files != nil {
		return l.files.ReadFile(name)
	}
	if text, ok := l.tree[filepath.Clean(name)]; ok {
		return text, nil
	}
	return "", fs.ErrNotExist
}

// run runs a script that has the library and returns what it printed and how
// it ended; DIR in the script is the granted directory.
func (l *library) run(t *testing.T, limits guard.Limits, src string) (printed string, err error) {
	t.Helper()
	set := bindings.New(bindings.Deps{})
	m, err := vm.NewMachine(set.Modules()...)
	if err != nil {
		t.Fatal(err)
	}
	script, err := vm.Compile("f.lua", []byte(strings.ReplaceAll(src, "DIR", l.dir)))
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	st := m.NewState(vm.StateOptions{Limits: limits, ReadFile: l.read, Print: func(line string) { out = append(out, line) }})
	defer st.Close()
	grants := grant.Default()
	grants.Read = []grant.Directory{grant.Directory(l.dir)}
	end := bindAlone(set, st, &grants)
	defer end(t.Context())
	err = st.Run(t.Context(), script, nil)
	return strings.ReplaceAll(strings.Join(out, "\n"), l.dir, "DIR"), err
}

// The results are those of lua5.1 on the same files.
func TestReadingFiles(t *testing.T) {
	l := newLibrary(t)
	for _, c := range []struct{ src, want string }{
		{`local f = io.open("menu.txt") print(f:read(), f:read("*l")) print(f:read("*l") == "", f:read("*all"), f:read("*a") == "", f:read())`, "one\ttwo\r\ntrue\tlast\ttrue\tnil"},
		{`for line in io.lines("menu.txt") do print("[" .. line .. "]") end`, "[one]\n[two\r]\n[]\n[last]"},
		{`local f = io.open("./lists/../lists/vip.csv", "rb") for line in f:lines() do print(line) end print(f:read(0), f:close())`, "1000,Ada\nnil\ttrue"},
		{`local f = io.open("menu.txt", "r") print(f:read(2, 0, "*l", 100, 1, 1))`, "on\t\te\ttwo\r\n\nlast\tnil"},
		{`local f = io.open("numbers") print(f:read("*n", "*n", "*n")) print(f:read("*n"), f:read("*a"))`, "12\t16\t-15\nnil\tnan x"},
		{`print(io.open("none"))`, "nil\tnone: No such file or directory\t2"},
		{`print(io.open("DIR/none"))`, "nil\tDIR/none: No such file or directory\t2"},
		{`print(io.open("DIR/a.txt"):read("*a"), io.open("DIR/in"):read("*a"), io.open("DIR/sub/../a.txt"):read(3))`, "granted\n\tbelow\tgra"},
		{`print(io.open("DIR/sub"))`, "nil\tDIR/sub: Is a directory\t21"},
		{`print(io.open("DIR/pipe"))`, "nil\tDIR/pipe: Not a regular file\t5"},
		{`print((io.open("DIR/loop")))`, "nil"},
		{`print((io.open("DIR/out"))) print((io.open("DIR/absolute"))) print((io.open("DIR/up/secret")))`, "nil\nnil\nnil"},
		{`print(io.open("DIR/../secret"))`, `nil	reading "DIR/../secret" is not granted to this flow; add its directory, as an absolute path, under grants: read: in the configuration	13`},
		{`print(pcall(io.lines, "DIR/../secret"))`, `false	f.lua:1: reading "DIR/../secret" is not granted to this flow; add its directory, as an absolute path, under grants: read: in the configuration`},
		{`print(pcall(io.lines, "none"))`, "false\tf.lua:1: none: No such file or directory"},
		{`for _, m in ipairs{"w", "a", "r+", "w+b"} do local f, why, n = io.open("menu.txt", m) print(f, why:match("a relative path is a file of the script directory"), n) end print(pcall(io.open, "menu.txt", "x"))`,
			strings.Repeat("nil\ta relative path is a file of the script directory\t13\n", 4) + "false\tf.lua:1: bad argument #2 to 'open' (invalid mode)"},
		{`local f = io.open("menu.txt") local it = f:lines() f:close() print(pcall(f.read, f)) print(pcall(it)) print(pcall(f.close, f)) print(pcall(f.lines, f))`,
			"false\tf.lua:1: attempt to use a closed file\nfalse\tf.lua:1: file is already closed\nfalse\tf.lua:1: attempt to use a closed file\nfalse\tf.lua:1: attempt to use a closed file"},
		{`local f = io.open("menu.txt") print(pcall(f.read, f, "*x")) print(pcall(f.read, f, "x")) print(pcall(f.read, f, {})) print(pcall(f.read, f, nil)) print(f:read(-1, 0/0))`,
			strings.Repeat("false\tf.lua:1: bad argument #1 to 'read' (invalid format)\n", 4) + "\t"},
	} {
		got, err := l.run(t, guard.Limits{}, c.src)
		if err != nil {
			t.Errorf("%s: %v", c.src, err)
		} else if got != c.want {
			t.Errorf("%s\n got %q\nwant %q", c.src, got, c.want)
		}
	}
}

// A file counts against the script's memory before it is read, as long as it
// is open.
func TestAFileIsMemory(t *testing.T) {
	l := newLibrary(t)
	small := guard.Limits{Memory: 4 << 20, Burst: time.Minute, CPU: time.Minute} // collecting takes long under the race detector
	if err := os.Truncate(filepath.Join(l.dir, "large"), 1<<40); err != nil {
		t.Fatal(err)
	}
	if _, err := l.run(t, small, `pcall(io.open, "DIR/large")`); err == nil || !strings.Contains(err.Error(), "memory limit of 4 MiB reached") {
		t.Error(err)
	}
	if err := os.Truncate(filepath.Join(l.dir, "large"), 3<<20); err != nil {
		t.Fatal(err)
	}
	if _, err := l.run(t, small, `local f = io.open("DIR/large") local g = io.open("DIR/large")`); err == nil || !strings.Contains(err.Error(), "memory limit") {
		t.Error(err)
	}
	if _, err := l.run(t, small, `local it = io.lines("DIR/large") local g = io.open("DIR/large")`); err == nil || !strings.Contains(err.Error(), "memory limit") {
		t.Error(err)
	}
	if _, err := l.run(t, small, `for i = 1, 20 do local f = io.open("DIR/large") f:close() end for i = 1, 20 do io.open("DIR/large") end`); err != nil {
		t.Error(err)
	}
	l.files = store.NewDir(l.dir, vm.Compile) // as eslua exec has them: read again each time
	if _, err := l.run(t, small, `local f = io.open("large") local g = io.open("large")`); err == nil || !strings.Contains(err.Error(), "memory limit") {
		t.Error(err)
	}
	if _, err := l.run(t, small, `for i = 1, 20 do io.open("large") end`); err != nil {
		t.Error(err)
	}
}
