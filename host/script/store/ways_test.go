package store

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// A way is a way in which people, editors and deploys change a tree. Each starts
// with main.lua and lib/util.lua in root/scripts, which serves, and must be noticed
// without the periodic scan.
type way struct {
	name   string
	layout func(t *testing.T, root string) // instead of the two files
	change func(t *testing.T, root string)
	want   []string // all files afterwards
	again  string   // where a later change must be noticed; "" means the tree's root
}

// ways make the system calls that editors and tools make.
var ways = []way{
	{
		name:   "written in place",
		change: func(t *testing.T, root string) { put(t, root, "scripts/main.lua", "return 2") },
		want:   []string{"main.lua", "return 2", "lib/util.lua", "return 1"},
	},
	{
		name: "written in place, with the old time and size (rsync --inplace --times)",
		change: func(t *testing.T, root string) {
			overwriteSameStamp(t, filepath.Join(root, "scripts/lib/util.lua"), "return 7")
		},
		want: []string{"main.lua", "return 1", "lib/util.lua", "return 7"},
	},
	{
		name: "emptied, then written in pieces",
		change: func(t *testing.T, root string) {
			f, err := os.Create(filepath.Join(root, "scripts/main.lua"))
			must(t, err)
			for _, piece := range []string{"local x", " = 1 ", "return x"} {
				_, err := f.WriteString(piece)
				must(t, err)
				must(t, f.Sync())
			}
			must(t, f.Close())
		},
		want: []string{"main.lua", "local x = 1 return x", "lib/util.lua", "return 1"},
	},
	{
		name:   "a new file renamed over the old (VS Code, sed -i)",
		change: func(t *testing.T, root string) { replace(t, root, "scripts/lib/util.lua", "return 2") },
		want:   []string{"main.lua", "return 1", "lib/util.lua", "return 2"},
	},
	{
		name: "vim: a test file, the old renamed away, a new one, the old deleted",
		change: func(t *testing.T, root string) {
			dir := filepath.Join(root, "scripts")
			put(t, dir, ".main.lua.swp", "swap", "4913", "")
			must(t, os.Remove(filepath.Join(dir, "4913")))
			must(t, os.Rename(filepath.Join(dir, "main.lua"), filepath.Join(dir, "main.lua~")))
			put(t, dir, "main.lua", "return 2")
			must(t, os.Remove(filepath.Join(dir, "main.lua~")))
			must(t, os.Remove(filepath.Join(dir, ".main.lua.swp")))
		},
		want: []string{"main.lua", "return 2", "lib/util.lua", "return 1"},
	},
	{
		name: "rsync: hidden names, renamed one by one",
		change: func(t *testing.T, root string) {
			dir := filepath.Join(root, "scripts")
			put(t, dir, ".main.lua.Ab12Cd", "return 2", "lib/.util.lua.Ef34Gh", "return 2")
			must(t, os.Rename(filepath.Join(dir, ".main.lua.Ab12Cd"), filepath.Join(dir, "main.lua")))
			must(t, os.Rename(filepath.Join(dir, "lib/.util.lua.Ef34Gh"), filepath.Join(dir, "lib/util.lua")))
		},
		want: []string{"main.lua", "return 2", "lib/util.lua", "return 2"},
	},
	{
		name: "git checkout: unlinked and created, a directory removed, another created",
		change: func(t *testing.T, root string) {
			dir := filepath.Join(root, "scripts")
			must(t, os.Remove(filepath.Join(dir, "main.lua")))
			must(t, os.RemoveAll(filepath.Join(dir, "lib")))
			put(t, dir, "main.lua", "require 'mod.new'", "mod/new.lua", "return 2", ".git/index", "x")
		},
		want: []string{"main.lua", "require 'mod.new'", "mod/new.lua", "return 2"},
	},
	{
		name:   "a file deleted",
		change: func(t *testing.T, root string) { must(t, os.Remove(filepath.Join(root, "scripts/lib/util.lua"))) },
		want:   []string{"main.lua", "return 1"},
	},
	{
		name:   "a data file",
		change: func(t *testing.T, root string) { put(t, root, "scripts/menu.json", "{}") },
		want:   []string{"main.lua", "return 1", "lib/util.lua", "return 1", "menu.json", "{}"},
	},
	{
		name:   "new directories, one in the other",
		change: func(t *testing.T, root string) { put(t, root, "scripts/a/b/c/deep.lua", "return 3") },
		want:   []string{"main.lua", "return 1", "lib/util.lua", "return 1", "a/b/c/deep.lua", "return 3"},
	},
	{
		name: "a directory renamed",
		change: func(t *testing.T, root string) {
			must(t, os.Rename(filepath.Join(root, "scripts/lib"), filepath.Join(root, "scripts/mod")))
		},
		want: []string{"main.lua", "return 1", "mod/util.lua", "return 1"},
	},
	{
		name: "the whole directory replaced by another",
		change: func(t *testing.T, root string) {
			put(t, root, "next/main.lua", "return 2")
			must(t, os.Rename(filepath.Join(root, "scripts"), filepath.Join(root, "before")))
			must(t, os.Rename(filepath.Join(root, "next"), filepath.Join(root, "scripts")))
		},
		want: []string{"main.lua", "return 2"},
	},
	{
		name:   "a deploy's link",
		layout: deployed("scripts"),
		change: func(t *testing.T, root string) {
			put(t, root, "releases/2/main.lua", "return 2")
			relink(t, "releases/2", filepath.Join(root, "scripts"))
		},
		want: []string{"main.lua", "return 2"},
	},
	{
		name:   "a deploy's link higher up, absolute",
		layout: deployed("current"),
		change: func(t *testing.T, root string) {
			put(t, root, "releases/2/inner/main.lua", "return 2")
			relink(t, filepath.Join(root, "releases/2"), filepath.Join(root, "current"))
		},
		want: []string{"main.lua", "return 2"},
	},
	{
		name: "a Kubernetes ConfigMap",
		layout: func(t *testing.T, root string) {
			dir := filepath.Join(root, "scripts")
			put(t, dir, "..2026_01/main.lua", "return 1", "..2026_01/lib/util.lua", "return 1")
			must(t, os.Symlink("..2026_01", filepath.Join(dir, "..data")))
			must(t, os.Symlink("..data/main.lua", filepath.Join(dir, "main.lua")))
			must(t, os.Symlink("..data/lib", filepath.Join(dir, "lib")))
		},
		change: func(t *testing.T, root string) {
			dir := filepath.Join(root, "scripts")
			put(t, dir, "..2026_02/main.lua", "return 2", "..2026_02/lib/util.lua", "return 2")
			relink(t, "..2026_02", filepath.Join(dir, "..data"))
			must(t, os.RemoveAll(filepath.Join(dir, "..2026_01")))
		},
		want: []string{"main.lua", "return 2", "lib/util.lua", "return 2"},
	},
	{
		name: "a link in the tree to another directory, the old one left",
		layout: func(t *testing.T, root string) {
			dir := filepath.Join(root, "scripts")
			put(t, dir, "main.lua", "return 1", ".v1/util.lua", "return 1", ".v2/util.lua", "return 2")
			must(t, os.Symlink(".v1", filepath.Join(dir, "lib")))
		},
		change: func(t *testing.T, root string) { relink(t, ".v2", filepath.Join(root, "scripts/lib")) },
		want:   []string{"main.lua", "return 1", "lib/util.lua", "return 2"},
		again:  "lib/",
	},
	{
		name: "a file behind a link inside the tree",
		layout: func(t *testing.T, root string) {
			dir := filepath.Join(root, "scripts")
			put(t, dir, "main.lua", "return 1", "lib/util.lua", "return 1")
			must(t, os.Symlink("lib/util.lua", filepath.Join(dir, "alias.lua")))
		},
		change: func(t *testing.T, root string) {
			overwriteSameStamp(t, filepath.Join(root, "scripts/lib/util.lua"), "return 2")
		},
		want: []string{"main.lua", "return 1", "lib/util.lua", "return 2", "alias.lua", "return 2"},
	},
	{
		name: "an upload renamed when it is whole",
		layout: func(t *testing.T, root string) {
			put(t, root, "scripts/main.lua", "return 1", "scripts/lib/util.lua", "return 1", "scripts/late.lua.part", "return 3")
		},
		change: func(t *testing.T, root string) {
			must(t, os.Rename(filepath.Join(root, "scripts/late.lua.part"), filepath.Join(root, "scripts/late.lua")))
		},
		want: []string{"main.lua", "return 1", "lib/util.lua", "return 1", "late.lua", "return 3"},
	},
}

// deployed makes a release directory and a link to it, either the tree itself or a
// level above it.
func deployed(link string) func(t *testing.T, root string) {
	return func(t *testing.T, root string) {
		if link == "scripts" {
			put(t, root, "releases/1/main.lua", "return 1")
			must(t, os.Symlink("releases/1", filepath.Join(root, "scripts")))
			return
		}
		put(t, root, "releases/1/inner/main.lua", "return 1")
		must(t, os.Symlink("releases/1", filepath.Join(root, link)))
		must(t, os.Symlink(link+"/inner", filepath.Join(root, "scripts")))
	}
}

func TestEveryWayFilesChange(t *testing.T) {
	for _, way := range ways {
		t.Run(way.name, way.isNoticed)
	}
}

func (way way) isNoticed(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	if way.layout == nil {
		put(t, root, "scripts/main.lua", "return 1", "scripts/lib/util.lua", "return 1")
	} else {
		way.layout(t, root)
	}
	s := openRunning(t, filepath.Join(root, "scripts"))
	awaitFirstChange(t, s)
	before := s.Current()
	way.change(t, root)
	await(t, s, "the changed tree", func() bool { return holds(s.Current(), way.want...) })
	if g := s.Current(); g.Name() == before.Name() {
		t.Errorf("two trees are named %s", g.Name())
	}
	// New directories are watched as well as those that existed before.
	put(t, root, "scripts/"+way.again+"again.lua", "return 9")
	await(t, s, "a change after that", func() bool { return holds(s.Current(), append(way.want, way.again+"again.lua", "return 9")...) })
}

func TestADirectoryMovedAwayAndBack(t *testing.T) {
	root := t.TempDir()
	scripts, away := filepath.Join(root, "scripts"), filepath.Join(root, "away")
	put(t, scripts, "main.lua", "return 1", "lib/util.lua", "return 1")
	s := openRunning(t, scripts)
	awaitFirstChange(t, s)
	before := s.Current()

	must(t, os.Rename(scripts, away))
	await(t, s, "the directory missed", func() bool { return s.Status().Refused })
	if st := s.Status(); s.Current() != before || len(st.Problems) != 1 || st.Problems[0].Error() != "the script directory "+scripts+" cannot be read: no such file or directory" {
		t.Errorf("generation %s, status %+v", s.Current().Name(), st)
	}
	put(t, away, "lib/util.lua", "return 2")
	must(t, os.Rename(away, scripts))
	await(t, s, "the directory back", func() bool { return holds(s.Current(), "main.lua", "return 1", "lib/util.lua", "return 2") })
	put(t, scripts, "lib/util.lua", "return 3")
	await(t, s, "a change after that", func() bool { return holds(s.Current(), "main.lua", "return 1", "lib/util.lua", "return 3") })
	if st := s.Status(); st.Refused || len(st.Problems) != 0 {
		t.Errorf("status %+v", st)
	}
}

func TestADirectoryGoneWithItsParentAndBack(t *testing.T) {
	for name, way := range map[string]struct{ away, back func(parent string) error }{
		"deleted": {os.RemoveAll, func(parent string) error { return os.MkdirAll(parent, 0o755) }},
		"moved": {
			func(parent string) error { return os.Rename(parent, parent+".away") },
			func(parent string) error { return os.Rename(parent+".away", parent) },
		},
	} {
		t.Run(name, func(t *testing.T) {
			parent := filepath.Join(t.TempDir(), "a/b")
			scripts := filepath.Join(parent, "scripts")
			put(t, scripts, "main.lua", "return 1")
			s := openRunning(t, scripts)
			awaitFirstChange(t, s)
			must(t, way.away(parent))
			await(t, s, "the directory missed", func() bool { return s.Status().Refused })
			must(t, way.back(parent))
			put(t, scripts, "main.lua", "return 2")
			await(t, s, "the directory back", func() bool { return holds(s.Current(), "main.lua", "return 2") })
		})
	}
}

func TestThousandsOfFilesAreOneSwap(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "main.lua", "return 0")
	s, clk, _ := openManual(t, dir, Config{})
	start(t, s)
	want := []string{"main.lua", "return 0"}
	files := 2000
	if testing.Short() {
		files = 200
	}
	for i := range files {
		want = append(want, fmt.Sprintf("d%d/f%d.lua", i%30, i), fmt.Sprintf("return %d", i))
	}
	put(t, dir, want...)
	stop := tick(clk, s.cfg.Quiet)
	await(t, s, "the whole tree", func() bool { return holds(s.Current(), want...) })
	stop()
	if n := s.Status().Swaps; n != 2 {
		t.Errorf("%d swaps, want the first load and one", n)
	}
}

func TestLinkSwapsNeverMixTwoTrees(t *testing.T) {
	root := t.TempDir()
	release := func(i int) string { return fmt.Sprintf("releases/%d", i) }
	for i := range 40 {
		put(t, root, release(i)+"/a.lua", fmt.Sprintf("return %d", i), release(i)+"/lib/b.lua", fmt.Sprintf("return %d", i))
	}
	link := filepath.Join(root, "current")
	relink(t, release(0), link)
	s := openRunning(t, link)

	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := 1; i < 40; i++ {
			changed := s.Changed()
			relink(t, release(i), link)
			if i%3 == 0 { // some swaps wait for the store, others overtake it
				<-changed
			}
		}
	}()
	for finished := false; !finished; {
		select {
		case <-done:
			finished = true
		default:
		}
		changed := s.Changed()
		g := s.Current()
		a, _ := g.ReadFile("a.lua")
		b, _ := g.ReadFile("lib/b.lua")
		if a != b {
			t.Fatalf("generation %s holds %q and %q", g.Name(), a, b)
		}
		select {
		case <-changed:
		case <-done:
			finished = true
		}
	}
	await(t, s, "the last release", func() bool { return holds(s.Current(), "a.lua", "return 39", "lib/b.lua", "return 39") })
}

func TestWithoutNotificationsTheScanFindsChanges(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "main.lua", "return 1")
	s, clk, log := openManual(t, dir, Config{})
	s.cfg.Notify = noNotifications
	start(t, s)
	for _, change := range []string{"return 2", "return 3"} {
		clk.WaitForTimers(1)
		// The same size and time: only reading shows the difference.
		overwriteSameStamp(t, filepath.Join(dir, "main.lua"), change)
		changed := s.Changed()
		clk.Advance(30 * time.Second)
		clk.WaitForTimers(2)
		clk.Advance(s.cfg.Quiet)
		<-changed
		if !holds(s.Current(), "main.lua", change) {
			t.Fatalf("after the scan: %+v", s.Current().Files())
		}
	}
	if n := log.Count("no notifications of changes"); n != 1 {
		t.Errorf("logged %d times that there are no notifications", n)
	}
}

func TestAChangeBetweenOpenAndRunIsFound(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "main.lua", "return 1")
	s, clk, _ := openManual(t, dir, Config{})
	overwriteSameStamp(t, filepath.Join(dir, "main.lua"), "return 2")
	start(t, s)
	stop := tick(clk, s.cfg.Quiet)
	await(t, s, "the change", func() bool { return holds(s.Current(), "main.lua", "return 2") })
	stop()
}

// A file with the same name, size and time is not read again. That makes a scan
// cheap, and is why the periodic scan reads everything.
func TestAScanTrustsStamps(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "main.lua", "return 1")
	s, _, _ := openManual(t, dir, Config{})
	overwriteSameStamp(t, filepath.Join(dir, "main.lua"), "return 2")
	must(t, s.lockScan(t.Context()))
	defer s.unlockScan()
	if now, still, _ := s.scan(t.Context(), rereadNone, false); !still || now.files["main.lua"].content.data != "return 1" {
		t.Error("the file was read again")
	}
	if now, still, _ := s.scan(t.Context(), rereadAll, false); still || now.files["main.lua"].content.data != "return 2" {
		t.Error("a doubted file was not read again")
	}
}
