package store

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/script/vm"
)

// opens records which files are opened, directories not counted.
type opens struct {
	fs.FS
	names []string
}

func (o *opens) Open(name string) (fs.File, error) {
	f, err := o.FS.Open(name)
	if info, _ := fs.Stat(o.FS, name); info == nil || !info.IsDir() {
		o.names = append(o.names, name)
	}
	return f, err
}
func (o *opens) Stat(name string) (fs.FileInfo, error) { return fs.Stat(o.FS, name) }

// After an edit, scans open only the file that was edited, twice.
func TestAnEditReadsOneFile(t *testing.T) {
	dir := t.TempDir()
	for i := range 50 {
		put(t, dir, fmt.Sprintf("d%d/f%d.lua", i%5, i), "return 1")
	}
	o := &opens{FS: os.DirFS(dir)}
	limits := Config{}.withDefaults().Limits
	before := emptyTree()
	for _, want := range []int{50, 50, 0, 0} { // a stamp is trusted after the second scan
		o.names = nil
		before = scanFS(t, o, limits, before, rereadNone)
		if len(o.names) != want {
			t.Fatalf("%d files are opened, want %d", len(o.names), want)
		}
	}
	replace(t, dir, "d3/f3.lua", "return 22")
	for range 4 {
		before = scanFS(t, o, limits, before, rereadNone)
	}
	if !slices.Equal(o.names, []string{"d3/f3.lua", "d3/f3.lua"}) {
		t.Errorf("opened after an edit: %v", o.names)
	}
}

// Generations share the files that an edit does not change, also those restored
// from the history; only new contents are compiled.
func TestAnEditCompilesOneFile(t *testing.T) {
	dir := t.TempDir()
	for i := range 500 {
		put(t, dir, fmt.Sprintf("f%d.lua", i), fmt.Sprintf("return %d", i))
	}
	var compiled []string
	compile := func(name string, src []byte) (*vm.Script, error) {
		compiled = append(compiled, name)
		return vm.Compile(name, src)
	}
	h, err := OpenHistory(t.TempDir(), 10, quiet, clock.System())
	must(t, err)
	h.blobs.write = writeUnsynced
	s, err := Open(t.Context(), dir, Config{History: h}, compile, quiet, clock.System())
	must(t, err)
	must(t, h.Close(context.Background()))
	first := s.Current().Name()
	collectGarbage()
	compiled = nil
	replace(t, dir, "f7.lua", "return 'edited'")
	must(t, s.Reload(context.Background()))
	must(t, s.Reload(context.Background()))
	must(t, h.Close(context.Background()))
	if !slices.Equal(compiled, []string{"f7.lua"}) {
		t.Errorf("compiled after an edit: %v", compiled)
	}
	// Away and back, or beside a script that is wrong, nothing is compiled twice.
	compiled = nil
	must(t, os.Rename(dir, dir+".away"))
	if s.Reload(context.Background()) == nil {
		t.Error("the directory is not missed")
	}
	must(t, os.Rename(dir+".away", dir))
	must(t, s.Reload(context.Background()))
	put(t, dir, "wrong.lua", "return return", "new.lua", "return 1")
	for i := range 3 {
		put(t, dir, "wrong.lua", fmt.Sprintf("return return %d", i))
		if s.Reload(context.Background()) == nil {
			t.Error("a script that is wrong serves")
		}
	}
	if want := []string{"new.lua", "wrong.lua", "wrong.lua", "wrong.lua"}; !slices.Equal(compiled, want) {
		t.Errorf("compiled %v, want %v", compiled, want)
	}
	collectGarbage()
	compiled = nil
	g, err := h.Find(first)
	must(t, err)
	if !slices.Equal(compiled, []string{"f7.lua"}) {
		t.Errorf("compiled for an earlier generation: %v", compiled)
	}
	for name, c := range s.Current().files {
		if shared := g.files[name] == c; shared == (name == "f7.lua") {
			t.Errorf("%s is shared: %v", name, shared)
		}
	}
}

// However slowly a script is written, only the complete text is ever compiled.
func TestNoHalfWrittenFileIsCompiled(t *testing.T) {
	pieces := []string{"local menu = {}\n", "function menu.play() end\n", "return menu\n"}
	whole := strings.Join(pieces, "")
	for name, write := range map[string]func(t *testing.T, dir string, step func()){
		"in place, kept open": func(t *testing.T, dir string, step func()) {
			f, err := os.Create(filepath.Join(dir, "lib/menu.lua"))
			must(t, err)
			for _, piece := range pieces {
				_, err := f.WriteString(piece)
				must(t, err)
				for range 40 { // longer than any delay
					step()
				}
			}
			must(t, f.Close())
		},
		"appended to, faster than the quiet time": func(t *testing.T, dir string, step func()) {
			must(t, os.Truncate(filepath.Join(dir, "lib/menu.lua"), 0))
			for i := range pieces {
				put(t, dir, "lib/menu.lua", strings.Join(pieces[:i+1], ""))
				step()
			}
		},
		"a new file, renamed when it is whole": func(t *testing.T, dir string, step func()) {
			for i := range pieces {
				put(t, dir, "lib/.menu.lua.Xy12Ab", strings.Join(pieces[:i+1], ""))
				step()
			}
			must(t, os.Rename(filepath.Join(dir, "lib/.menu.lua.Xy12Ab"), filepath.Join(dir, "lib/menu.lua")))
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			put(t, dir, "lib/menu.lua", "return 'old'")
			clk := clock.NewManual(time.Unix(1e9, 0))
			s, err := Open(t.Context(), dir, Config{}, func(name string, src []byte) (*vm.Script, error) {
				if text := string(src); text != whole && text != "return 'old'" {
					t.Errorf("compiled: %q", text)
				}
				return vm.Compile(name, src)
			}, quiet, clk)
			must(t, err)
			w := unnotified(s)
			step := func() {
				w.debounce.note(clk.Now())
				clk.Advance(s.cfg.Quiet)
				w.step(t.Context())
			}
			write(t, dir, step)
			for range 3 {
				step()
			}
			if !holds(s.Current(), "lib/menu.lua", whole) {
				t.Errorf("serving %+v, status %+v", s.Current().Files(), s.Status())
			}
		})
	}
}
