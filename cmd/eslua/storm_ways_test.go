package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// ways lists how people, editors and deploy tools change the tree to the given files.
func (s *stormyTree) ways() []func(files map[string]string) {
	return []func(files map[string]string){
		s.inPlace, s.renamed, s.likeVim, s.deploy, s.inPieces, s.configMap, s.movedAway, s.checkout, s.sed, s.thousands, s.newDirectory,
	}
}

func (s *stormyTree) inPlace(files map[string]string) { s.put(s.at(""), files) }

// renamed does what VS Code, rsync and most deploy tools do: it renames a new file
// over the old one.
func (s *stormyTree) renamed(files map[string]string) {
	for name, text := range files {
		s.must(os.MkdirAll(filepath.Dir(s.at(name)), 0o755))
		s.must(os.WriteFile(s.at(name)+".tmp", []byte(text), 0o644))
		s.must(os.Rename(s.at(name)+".tmp", s.at(name)))
	}
}

func (s *stormyTree) likeVim(files map[string]string) {
	for name, text := range files {
		s.must(os.Rename(s.at(name), s.at(name)+"~"))
		s.must(os.WriteFile(s.at(name), []byte(text), 0o644))
		s.must(os.Remove(s.at(name) + "~"))
	}
}

// deploy makes a new release and points the link at it.
func (s *stormyTree) deploy(files map[string]string) { s.release("", files) }

// release fills release/inner; "current" then points to the release.
func (s *stormyTree) release(inner string, files map[string]string) (dir string) {
	s.releases++
	dir = filepath.Join(s.root, fmt.Sprint("release-", s.releases))
	s.put(filepath.Join(dir, inner), files)
	s.link(dir)
	return dir
}

func (s *stormyTree) link(dir string) {
	s.relink(dir, filepath.Join(s.root, "current"))
}

func (s *stormyTree) relink(target, link string) {
	s.must(os.Symlink(target, link+".new"))
	s.must(os.Rename(link+".new", link))
}

// inPieces syncs after each line, as slow as an editor on a slow mount.
func (s *stormyTree) inPieces(files map[string]string) {
	for name, text := range files {
		f, err := os.Create(s.at(name))
		s.must(err)
		for piece := range strings.SplitAfterSeq(text, "\n") {
			_, err := f.WriteString(piece)
			s.must(err)
			s.must(f.Sync())
		}
		s.must(f.Close())
	}
}

// configMap does what a Kubernetes volume does: files are links into ..data, which
// is swapped.
func (s *stormyTree) configMap(files map[string]string) {
	was := map[string]string{}
	for name := range files {
		if text, err := os.ReadFile(s.at(name)); err == nil {
			was[name] = string(text)
		}
	}
	s.releases++
	volume := filepath.Join(s.root, fmt.Sprint("volume-", s.releases))
	s.put(filepath.Join(volume, "..1"), was)
	s.must(os.Symlink("..1", filepath.Join(volume, "..data")))
	for _, name := range []string{"storm.lua", "other.lua", "lib"} {
		s.must(os.Symlink("..data/"+name, filepath.Join(volume, name)))
	}
	s.link(volume)
	s.put(filepath.Join(volume, "..2"), files)
	s.relink("..2", filepath.Join(volume, "..data"))
	s.must(os.RemoveAll(filepath.Join(volume, "..1")))
}

// movedAway moves the module directory away, edits it there and moves it back.
func (s *stormyTree) movedAway(files map[string]string) {
	away := filepath.Join(s.root, "away")
	lib, err := filepath.EvalSymlinks(s.at("lib"))
	s.must(err)
	s.must(os.Rename(lib, away))
	for name, text := range files {
		if inner, ok := strings.CutPrefix(name, "lib/"); ok {
			s.must(os.WriteFile(filepath.Join(away, inner), []byte(text), 0o644))
			continue
		}
		s.must(os.WriteFile(s.at(name), []byte(text), 0o644))
	}
	s.must(os.Rename(away, lib))
}

// checkout lets git change a working tree to another commit.
func (s *stormyTree) checkout(files map[string]string) {
	was := map[string]string{}
	for name := range stormTree(0) {
		if text, err := os.ReadFile(s.at(name)); err == nil {
			was[name] = string(text)
		}
	}
	s.releases++
	dir := filepath.Join(s.root, fmt.Sprint("clone-", s.releases))
	s.put(dir, was)
	s.run("git", "init", "-q", dir)
	commit := func(message string) {
		s.run("git", "-C", dir, "add", "-A")
		s.run("git", "-C", dir, "-c", "user.name=x", "-c", "user.email=x@example.org", "commit", "-q", "-m", message)
	}
	commit("before")
	s.put(dir, files)
	commit("after")
	s.run("git", "-C", dir, "checkout", "-q", "HEAD~1")
	s.link(dir)
	s.run("git", "-C", dir, "checkout", "-q", "-")
}

// sed edits with sed -i.
func (s *stormyTree) sed(files map[string]string) {
	for name, text := range files {
		s.must(os.WriteFile(s.at(name), []byte("to be edited\n"), 0o644))
		script := filepath.Join(s.root, "edit.sed")
		s.must(os.WriteFile(script, []byte("1c\\\n"+strings.ReplaceAll(strings.TrimSuffix(text, "\n"), "\n", "\\\n")+"\n"), 0o644))
		s.run("sed", "-i", "-f", script, s.at(name))
	}
}

func (s *stormyTree) run(name string, args ...string) {
	s.t.Helper()
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		s.t.Fatalf("%s %v: %v\n%s", name, args, err, out)
	}
}

// thousands writes two thousand files at once, but only the first time: they take
// longer than everything else.
func (s *stormyTree) thousands(files map[string]string) {
	s.must(os.MkdirAll(s.at("many"), 0o755))
	many := 50
	if !s.wroteThousands && !testing.Short() {
		many = 2000
	}
	s.wroteThousands = true
	for i := range many {
		s.must(os.WriteFile(s.at(fmt.Sprintf("many/%d.json", i)), []byte(files["other.lua"]), 0o644))
	}
	s.inPlace(files)
}

// newDirectory removes the modules' directory and makes a new one.
func (s *stormyTree) newDirectory(files map[string]string) {
	lib, err := filepath.EvalSymlinks(s.at("lib"))
	s.must(err)
	s.must(os.RemoveAll(lib))
	s.put(s.at(""), files)
}
