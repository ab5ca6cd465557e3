package bindings_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/eslua/eslua/bindings"
	host "github.com/eslua/eslua/host/run"
	"github.com/eslua/eslua/host/script/grant"
	"github.com/eslua/eslua/host/script/vm"
	"github.com/eslua/eslua/host/script/vm/guard"
)

// lfsTree makes the files that files.lua looks at.
func lfsTree(t *testing.T) string {
	t.Helper()
	base := filepath.Join(t.TempDir(), "base")
	for _, err := range []error{
		os.MkdirAll(filepath.Join(base, "d"), 0o755), os.MkdirAll(filepath.Join(base, "full", "x"), 0o755), os.WriteFile(filepath.Join(base, "f"), []byte("hi\n"), 0o640),
		os.Symlink("f", filepath.Join(base, "s")), os.Symlink("nowhere", filepath.Join(base, "b")), syscall.Mkfifo(filepath.Join(base, "p"), 0o600),
		os.Chmod(filepath.Join(base, "f"), 0o640), os.Chtimes(filepath.Join(base, "f"), time.Unix(100, 0), time.Unix(200, 0)),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return base
}

// lfs answers as LuaFileSystem does: testdata/lfs/files.txt is what lua5.1 with
// lua-filesystem printed for files.lua.
func TestLFSAnswersAsItself(t *testing.T) {
	file := filepath.Join("testdata", "lfs", "files")
	if *recordPeers {
		lua := exec.Command("lua5.1", "files.lua", lfsTree(t))
		lua.Dir = filepath.Dir(file)
		out, err := lua.CombinedOutput()
		if err == nil {
			err = os.WriteFile(file+".txt", out, 0o600)
		}
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	want, err := os.ReadFile(file + ".txt")
	if err != nil {
		t.Fatal(err)
	}
	src, err := os.ReadFile(file + ".lua")
	if err != nil {
		t.Fatal(err)
	}
	base := lfsTree(t)
	l := newLFS(t, &grant.Grants{Write: []grant.Directory{grant.Directory(base)}})
	if err := l.run(t, strings.Replace(string(src), "argv and argv[1] or (...)", strconv.Quote(base), 1)); err != nil {
		t.Error(err)
	}
	compareLines(t, l.out.String(), string(want))
	if _, err := os.Lstat(filepath.Join(base, "d", "lockfile.lfs")); err == nil {
		t.Error("a lock outlives its script")
	}
}

// lfs runs scripts of a tree of two directories.
type lfsRun struct {
	set     *bindings.Set
	machine *vm.Machine
	grants  *grant.Grants
	quota   *host.Quota
	out     strings.Builder
}

func newLFS(t *testing.T, g *grant.Grants) *lfsRun {
	t.Helper()
	l := &lfsRun{set: bindings.New(bindings.Deps{}), grants: g}
	var err error
	if l.machine, err = vm.NewMachine(l.set.Modules()...); err != nil {
		t.Fatal(err)
	}
	return l
}

func (l *lfsRun) run(t *testing.T, src string) error {
	t.Helper()
	script, err := vm.Compile("test.lua", []byte(src))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{"main.lua": "x", "lists/vip.csv": "1000\n", "lists/deep/a.txt": "", "lists.lua": ""}
	st := l.machine.NewState(vm.StateOptions{
		Limits: guard.Limits{Burst: time.Minute, CPU: time.Minute}, Print: func(line string) { l.out.WriteString(line + "\n") }, Root: "/etc/scripts",
		Names: func() []string { return []string{"lists.lua", "lists/deep/a.txt", "lists/vip.csv", "main.lua"} },
		ReadFile: func(name string) (string, error) {
			if text, ok := files[name]; ok {
				return text, nil
			}
			return "", os.ErrNotExist
		},
	})
	defer st.Close()
	env := aloneEnv(st, l.grants)
	env.Root, env.Quota = "/etc/scripts", l.quota
	defer l.set.Bind(env)(t.Context())
	return st.Run(t.Context(), script, nil)
}

// The script directory is listed as it was when the call began, and nothing else is reached.
func TestLFSStaysInside(t *testing.T) {
	outside := t.TempDir()
	base := lfsTree(t)
	for _, err := range []error{os.WriteFile(filepath.Join(outside, "secret"), []byte("x"), 0o600), os.Symlink(outside, filepath.Join(base, "out")), os.Symlink(filepath.Join(outside, "secret"), filepath.Join(base, "leak"))} {
		if err != nil {
			t.Fatal(err)
		}
	}
	read := &grant.Grants{Read: []grant.Directory{grant.Directory(base)}}
	write := &grant.Grants{Write: []grant.Directory{grant.Directory(base)}}
	for _, c := range []struct {
		grants *grant.Grants
		script string
		want   string
	}{
		{nil, `local n = {} for f in lfs.dir(".") do n[#n + 1] = f end print(table.concat(n, " "))`, ". .. lists.lua lists main.lua"},
		{nil, `local n = {} for f in lfs.dir("/etc/scripts/lists/") do n[#n + 1] = f end print(table.concat(n, " "))`, ". .. deep vip.csv"},
		{nil, `print(lfs.attributes("lists/vip.csv", "size"), lfs.attributes("/etc/scripts/lists").mode, lfs.attributes("nothing"))`, "5\tdirectory\tnil\tcannot obtain information from file 'nothing': No such file or directory\t2"},
		{nil, `print(pcall(lfs.dir, "main.lua"))`, "cannot open main.lua: Not a directory"},
		{nil, `print(pcall(lfs.dir, "/"))`, `reading "/" is not granted to this flow`},
		{nil, `print(lfs.attributes("/etc/passwd"))`, `reading "/etc/passwd" is not granted`},
		{nil, `print(lfs.attributes("../../etc/passwd"))`, "nil"},
		{nil, `print(lfs.currentdir(), lfs.chdir("/etc/scripts/"), pcall(lfs.chdir, "/tmp"))`, "/etc/scripts\ttrue\tfalse\ttest.lua:2: lfs.chdir: a script has no directory of its own"},
		{read, `print(lfs.mkdir("` + base + `/new"))`, "is not granted"},
		{read, `print(lfs.attributes("` + base + `/leak", "size"))`, "nil"},
		{read, `print(lfs.attributes("` + base + `/out/secret", "size"))`, "nil"},
		{read, `print(pcall(lfs.dir, "` + base + `/out"))`, "Path escapes from parent"},
		{read, `print(pcall(lfs.dir, "` + base + `/p"))`, "Not a directory"},
		{write, `print(lfs.touch("` + base + `/leak", 1, 1))`, "nil"},
		{write, `print(lfs.mkdir("` + base + `/out/new"))`, "nil"},
		{write, `print(lfs.rmdir("` + base + `"))`, "nil\tDevice or resource busy\t16"},
		{write, `print(lfs.mkdir("/etc/scripts/new"))`, "is not granted"},
		{write, `print(pcall(lfs.link, "a", "b"))`, "a script makes no links"},
		{write, `print(pcall(lfs.lock, io.stdout, "w"))`, "write lfs.lock_dir(directory)"},
		{write, `for i = 1, 100 do local ok, why = lfs.mkdir("` + base + `/many" .. i) if not ok then print(i, why) break end end`, "3\tfile too large: the limit limits.written"},
	} {
		l := newLFS(t, c.grants)
		l.quota = host.NewQuota(10_000, 1<<20)
		if err := l.run(t, "local lfs = require('lfs')\n"+c.script); err != nil || !strings.Contains(l.out.String(), c.want) {
			t.Errorf("%s\n%v, %s", c.script, err, l.out.String())
		}
	}
	if entries, err := os.ReadDir(outside); err != nil || len(entries) != 1 {
		t.Error(entries, err)
	}
}
