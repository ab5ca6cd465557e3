package bindings_test

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/eslua/eslua/bindings"
	"github.com/eslua/eslua/host/clock"
	host "github.com/eslua/eslua/host/run"
	"github.com/eslua/eslua/host/script/grant"
	"github.com/eslua/eslua/host/script/vm"
	"github.com/eslua/eslua/host/script/vm/guard"
	"github.com/eslua/eslua/host/script/vm/lua51"
)

// writing has scripts that write, in the directory DIR.
var writing = []string{
	`local f = io.open("DIR/a.csv", "w") f:write("one,", 2, ",", 2.5, "\n") print(f:close()) f = io.open("DIR/a.csv", "a") f:write("more\n") f:close() print(io.open("DIR/a.csv"):read("*a"))`,
	`for i = 1, 3 do local f = io.open("DIR/log", "a+") f:write(i, "\n") f:close() end for line in io.lines("DIR/log") do print(line) end`,
	`local f = io.open("DIR/x", "w+") f:write("hello world") f:seek("set", 6) print(f:read("*a")) f:seek("set", 0) f:write("HELLO") f:seek("set") print(f:read("*l"), f:seek(), f:seek("end"), f:seek("cur", -2), f:read(5)) f:close()`,
	`local f = io.open("DIR/x", "w") f:write("0123456789") print(f:seek(), f:seek("set", 3), f:seek("cur", 1)) f:write("ab") print(f:seek("end")) f:write("!") f:close() print(io.open("DIR/x"):read("*a"))`,
	`local f = io.open("DIR/x", "w") f:write("old content") f:close() f = io.open("DIR/x", "r+") print(f:read(3)) f:seek("cur", 0) f:write("X") f:seek("set", 20) f:write("far") f:close() print((io.open("DIR/x", "rb"):read("*a"):gsub("%z", "0")))`,
	`local f = io.open("DIR/x", "w") f:write("abc") f:flush() print(io.open("DIR/x"):read("*a")) f:write("def") f:close() print(io.open("DIR/x"):read("*a"))`,
	`print(io.open("DIR/none", "r+")) print(io.open("DIR/no/where", "w")) print(io.open("DIR/sub", "w")) print(io.open("DIR/sub", "a"))`,
	`local f = io.open("DIR/x", "w") print(f:read()) print(pcall(f.read, f, "*l")) f:close() f = io.open("DIR/x") print(f:write("x")) print(f:seek("end"), f:seek("set", 100), f:read("*a"), f:read())`,
	`local f = io.open("DIR/x", "w") f:close() print(pcall(f.write, f, "x")) print(pcall(f.close, f)) print(pcall(f.seek, f)) print(pcall(f.flush, f)) print(io.type(f), io.type(io.stdout), io.type(5), io.type(io.open("DIR/x")))`,
	`io.output("DIR/x") io.write("by ", "output\n") io.close() io.input("DIR/x") print(io.read()) print(io.read()) io.input():close()`,
	`io.output("DIR/x") print(io.output() == io.output()) io.write("x") io.output():close() for l in io.lines("DIR/x") do print(l) end print(pcall(io.write, "y"))`,
	`io.open("DIR/x", "w"):close() print(os.remove("DIR/x")) print(os.remove("DIR/x")) print(os.remove("DIR/sub")) print(os.remove("DIR/sub"))`,
	`local f = io.open("DIR/a", "w") f:write("a") f:close() print(os.rename("DIR/a", "DIR/b")) print(os.rename("DIR/a", "DIR/c")) print(io.open("DIR/b"):read("*a")) print(os.rename("DIR/b", "DIR/no/where"))`,
	`local f = io.open("DIR/a", "w") f:write("first") os.rename("DIR/a", "DIR/b") f = nil print(io.open("DIR/a"))`,
	`local f = io.tmpfile() f:write("x", 1, "\n", "y") f:seek("set") print(f:read("*l", "*a")) f:seek("set", 1) f:write("22") f:seek("set") print(f:read("*a")) f:close()`,
	`local f = io.open("DIR/x", "w") f:write(("0123456789"):rep(20000)) f:write("end") f:close() local s = io.open("DIR/x"):read("*a") print(#s, s:sub(-5))`,
	`local f = io.open("DIR/x", "w") print((pcall(f.write, f, {}))) print((pcall(f.write, f, nil))) print((pcall(f.write, f, true))) print(f:setvbuf("full", 1024), f:setvbuf("no")) f:close()`,
	`local f = io.open("DIR/x", "a") f:write("1") local g = io.open("DIR/x", "a") g:write("2") f:close() g:close() print(io.open("DIR/x"):read("*a"))`,
	`local f = io.open("DIR/x", "a") f:write("x") local g = io.open("DIR/y", "w") g:write("y")`,
	`print((pcall(io.close, 5))) print((pcall(io.lines, "DIR/none"))) print((pcall(io.input, "DIR/none"))) print((pcall(io.output, "DIR/no/where")))`,
	`local f = io.open("DIR/x", "w") f:write("12 0x10 -1.5e1 z") f:close() f = io.open("DIR/x") print(f:read("*n", "*n", "*n", "*n")) print(f:read("*a"))`,
	`local f = io.open("DIR/x", "w") f:write("line\n\nlast") f:close() local n = 0 for l in io.lines("DIR/x") do n = n + 1 print(n, l) end`,
}

// Files that a script has written hold what lua5.1 writes, and the functions return the
// same.
func TestWritingAsLua51(t *testing.T) {
	lua := lua51.Path(t)
	for _, src := range writing {
		theirs, ours := t.TempDir(), t.TempDir()
		for _, dir := range []string{theirs, ours} {
			if err := os.Mkdir(filepath.Join(dir, "sub"), 0o755); err != nil {
				t.Fatal(err)
			}
		}
		want, _ := exec.Command(lua, "-e", strings.ReplaceAll(src, "DIR", theirs)).CombinedOutput()
		w := writer{dir: ours}
		got, err := w.run(t, src)
		if err != nil {
			t.Errorf("%s: %v", src, err)
		}
		g, e := plain(got, ours)+content(t, ours), plain(string(want), theirs)+content(t, theirs)
		if g != e {
			t.Errorf("%s\n got %q\nwant %q", src, g, e)
		}
	}
}

// plain takes the directory out of a text, the places of errors, and what self counts.
func plain(text, dir string) string {
	return strings.NewReplacer(dir, "DIR", "f.lua:1: ", "", "(command line):1: ", "").Replace(text)
}

func content(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		fmt.Fprintf(&b, "%s: %.80s (%d)\n", path[len(dir):], text, len(text))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// writer runs scripts that may write into a directory.
type writer struct {
	dir    string
	quota  *host.Quota
	limits guard.Limits
	log    *lines
}

func (w *writer) run(t *testing.T, src string) (printed string, err error) {
	t.Helper()
	set := bindings.New(bindings.Deps{})
	m, err := vm.NewMachine(set.Modules()...)
	if err != nil {
		t.Fatal(err)
	}
	script, err := vm.Compile("f.lua", []byte(strings.ReplaceAll(src, "DIR", w.dir)))
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	w.log = &lines{}
	st := m.NewState(vm.StateOptions{Limits: w.limits, Print: func(line string) { out.WriteString(line + "\n") }})
	defer st.Close()
	grants := grant.Default()
	grants.Write = []grant.Directory{grant.Directory(w.dir)}
	end := set.Bind(&host.Env{State: st, Switch: host.NoSwitch{}, Grants: &grants, Quota: w.quota, Print: func(line string) { out.WriteString(line + "\n") }, Log: w.log.logger(), Clock: clock.System(), Console: host.NewConsole(w.log.logger(), nil)})
	err = st.Run(t.Context(), script, nil)
	end(t.Context())
	return out.String(), err
}

// Nothing is changed outside a granted directory, by whatever name.
func TestNoWayOutOfADirectory(t *testing.T) {
	base := t.TempDir()
	w := writer{dir: filepath.Join(base, "granted")}
	writeFile(t, filepath.Join(w.dir, "mine"), "mine")
	writeFile(t, filepath.Join(base, "secret"), "secret")
	writeFile(t, filepath.Join(base, "granted2", "other"), "other")
	for link, to := range map[string]string{"out": "../secret", "absolute": filepath.Join(base, "secret"), "up": "..", "new": "../made", "in": "mine", "loop": "loop"} {
		if err := os.Symlink(to, filepath.Join(w.dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	for _, pipe := range []string{"pipe"} {
		if err := syscall.Mkfifo(filepath.Join(w.dir, pipe), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	outside := content(t, base+"/granted2")
	for _, path := range []string{
		"DIR/../secret", "DIR/out", "DIR/absolute", "DIR/up/secret", "DIR/new", "DIR/up/made", "DIR/loop", "DIR/pipe", "DIR/.", "DIR", "DIR/",
		"DIR2/other", "DIR/../granted2/other", "/etc/passwd", "/proc/self/mem", "/dev/null", "relative", "./relative", "../relative", "", "/", "DIR/a\\0b", "DIR/up/../../secret",
	} {
		for _, do := range []string{
			`io.open(P, "w")`, `io.open(P, "a")`, `io.open(P, "r+")`, `io.open(P, "w+")`, `io.open(P, "a+")`, `(pcall(io.output, P)) or nil`,
			`os.rename(P, "DIR/stolen")`, `os.rename("DIR/mine", P)`,
		} {
			src := strings.ReplaceAll(do, "P", `"`+path+`"`)
			got, err := w.run(t, `local ok = `+src+` print(ok)`)
			link := strings.HasPrefix(do, "os.rename") && strings.Contains("DIR/out DIR/absolute DIR/new DIR/up DIR/loop DIR/pipe", path) // these are names of the directory
			if err != nil || got != "nil\n" && !link {
				t.Errorf("%s: %q, %v", src, got, err)
			}
			if link { // put them back
				_ = os.Remove(filepath.Join(w.dir, "stolen"))
				writeFile(t, filepath.Join(w.dir, "mine"), "mine")
			}
		}
	}
	if text, _ := os.ReadFile(filepath.Join(base, "secret")); string(text) != "secret" {
		t.Errorf("the file outside holds %q", text)
	}
	if _, err := os.Lstat(filepath.Join(base, "made")); err == nil {
		t.Error("a file was made outside")
	}
	if got := content(t, base+"/granted2"); got != outside {
		t.Errorf("the other directory holds %s", got)
	}
	for src, want := range map[string]string{ // removing a link removes the link
		`print(os.remove("DIR/../secret"))`: "not granted", `print(os.remove("DIR"))`: "busy", `print(os.remove("DIR/sub/../.."))`: "not granted",
	} {
		if got, _ := w.run(t, src); !strings.Contains(got, want) {
			t.Errorf("%s: %q", src, got)
		}
	}
}

// What a run writes is bounded, in all and for each file, and so is the memory for it.
func TestWritingWithinLimits(t *testing.T) {
	for _, c := range []struct{ src, want, log string }{
		{`local n = 0 while true do local f = io.open("DIR/x", "w") local ok, why, errno = f:write(("x"):rep(50000)) if not ok then print(n, why, errno) break end n = n + 1 f:close() end`,
			"20\tfile too large: the limit limits.written of 1 MiB is reached\t27", "limits.written"},
		{`for i = 1, 1e6 do local f, why, errno = io.open("DIR/f" .. i, "w") if not f then print(i, why, errno) break end end`, "257\tfile too large: the limit limits.written of 1 MiB is reached\t27", "limits.written"},
		{`local f = io.open("DIR/x", "w") print(f:seek("set", 2^40)) print(f:write("x"))`, "1099511627776\nnil\tfile too large: the limit limits.file of 100 KiB is reached\t27", "limits.file"},
		{`local f = io.open("DIR/y", "w") f:write(("x"):rep(90000)) f:close() f = io.open("DIR/y", "a") print(f:write(("x"):rep(20000)))`, "nil\tfile too large: the limit limits.file of 100 KiB is reached\t27", ""},
		{`for i = 1, 400 do os.tmpname() end`, "", ""},
		{`local f = io.open("DIR/x", "w+") for i = 1, 1e6 do f:seek("set", 0) if not f:write(("x"):rep(1000)) then break end end print(#io.open("DIR/x"):read("*a"))`, "1000", ""},
		{`for i = 1, 1000 do local f = io.open("DIR/x", "a") f:write("x") end print(#io.open("DIR/x"):read("*a"))`, "1000", ""},
		{`local t = {} for i = 1, 30 do t[i] = io.open("DIR/x", "a") t[i]:write(("x"):rep(3000)) end print(io.open("DIR/x"):seek("end"))`, "90000", ""},
	} {
		w := writer{dir: t.TempDir(), quota: host.NewQuota(1<<20, 100<<10)}
		got, err := w.run(t, c.src)
		if strings.Contains(c.src, "tmpname") {
			if err == nil || !strings.Contains(err.Error(), "limits.written") {
				t.Errorf("%s: %v", c.src, err)
			}
			continue
		}
		if err != nil || strings.TrimSpace(got) != c.want || c.log != "" && !w.log.has(c.log) {
			t.Errorf("%s\n got %q, %v\nwant %q", c.src, got, err, c.want)
		}
	}
	for _, src := range []string{
		`local f = io.tmpfile() f:seek("set", 2^40) f:write("x")`,
		`local f = io.tmpfile() while true do f:write(("x"):rep(1e5)) end`,
		`local t = {} while true do t[#t + 1] = io.tmpfile() end`,
		`local t = {} for i = 1, 1e6 do t[i] = io.open("DIR/x", "a") end`,
		`io.write(("x"):rep(1e6)) io.write(("x"):rep(1e6)) local s = "x" while true do s = s .. s end`,
	} {
		w := writer{dir: t.TempDir(), limits: guard.Limits{Memory: 4 << 20, Burst: time.Minute}}
		if _, err := w.run(t, src); err == nil || !strings.Contains(err.Error(), "memory limit") {
			t.Errorf("%s: %v", src, err)
		}
	}
}

// A file that is rotated while it is open is not written into the new one's place.
func TestAFileThatIsReplaced(t *testing.T) {
	w := writer{dir: t.TempDir()}
	got, err := w.run(t, `local f = io.open("DIR/x", "w") f:write("one") f:flush() os.rename("DIR/x", "DIR/y") local g = io.open("DIR/x", "w") g:write("other") g:close()
		f:write("two") print(f:flush()) local h = io.open("DIR/y", "a") h:write("!") h:flush() os.rename("DIR/y", "DIR/z") h:write("?") print(h:close())`)
	if err != nil || plain(got, w.dir) != "nil\tDIR/x: Stale file handle\t116\ntrue\n" || content(t, w.dir) != "/x: other (5)\n/y: ? (1)\n/z: one! (4)\n" {
		t.Errorf("%q, %v, %s", got, err, content(t, w.dir))
	}
}
