package store

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestDiff(t *testing.T) {
	lines := func(from, to int, edit ...string) string {
		var b strings.Builder
		for i := from; i <= to; i++ {
			b.WriteString("-- line " + string(rune('a'+i)) + "\n")
		}
		return b.String() + strings.Join(edit, "")
	}
	from := generationOf(t, "edited.lua", lines(0, 9), "removed.lua", "return 1\n", "same.lua", "return 0", "sound.wav", "RIFF\x00", "end.lua", "return 1", "a b.txt", "1\n")
	to := generationOf(t, "edited.lua", lines(0, 4)+"-- new\n"+lines(6, 9), "added.lua", "return 2\n", "same.lua", "return 0", "sound.wav", "RIFF\x00\x01", "end.lua", "return 2", "a b.txt", "2\n")
	want := map[string]string{
		"a b.txt":     "--- a/a b.txt\t\n+++ b/a b.txt\t\n@@ -1,1 +1,1 @@\n-1\n+2\n",
		"added.lua":   "--- /dev/null\n+++ b/added.lua\n@@ -0,0 +1,1 @@\n+return 2\n",
		"edited.lua":  "--- a/edited.lua\n+++ b/edited.lua\n@@ -3,7 +3,7 @@\n -- line c\n -- line d\n -- line e\n--- line f\n+-- new\n -- line g\n -- line h\n -- line i\n",
		"end.lua":     "--- a/end.lua\n+++ b/end.lua\n@@ -1,1 +1,1 @@\n-return 1\n\\ No newline at end of file\n+return 2\n\\ No newline at end of file\n",
		"removed.lua": "--- a/removed.lua\n+++ /dev/null\n@@ -1,1 +0,0 @@\n-return 1\n",
		"sound.wav":   "Binary files a/sound.wav and b/sound.wav differ\n",
	}
	all := ""
	for _, name := range sortedKeys(want) {
		all += want[name]
		if got := Diff(from, to, name); got != want[name] {
			t.Errorf("of %s:\n%s\nwant:\n%s", name, got, want[name])
		}
	}
	if got := Diff(from, to); got != all {
		t.Errorf("of all:\n%s", got)
	}
	if got := Diff(to, to) + Diff(from, to, "same.lua"); got != "" {
		t.Errorf("of what is the same:\n%s", got)
	}
	if got := Diff(nil, generationOf(t, "a.lua", "return 1\n")); got != "--- /dev/null\n+++ b/a.lua\n@@ -0,0 +1,1 @@\n+return 1\n" {
		t.Errorf("of nothing and one file:\n%s", got)
	}
}

func TestGitAppliesADiff(t *testing.T) {
	before := []string{
		"lib/a.lua", strings.Repeat("do\nx = x + 1\nend\n", 9) + "return x", "gone.lua", "-- 1\n-- 2\n",
		"with blank.lua", "-- 1\n-- 2\n", "empty.lua", "", "moved.lua", "-- a\n-- b\n-- c\n-- d\n",
	}
	after := []string{
		"lib/a.lua", strings.Repeat("do\nx = x + 1\nend\n", 4) + "-- new\n" + strings.Repeat("do\nx = x + 1\nend\n", 5) + "return x\n",
		"new/b.lua", "-- x\n", "with blank.lua", "-- 1\n-- 3\n", "empty.lua", "--\n", "moved.lua", "-- c\n-- d\n-- a\n-- b",
	}
	dir := t.TempDir()
	put(t, dir, append(before, "../x.diff", Diff(generationOf(t, before...), generationOf(t, after...)))...)
	git, err := exec.LookPath("git")
	if err != nil { // FuzzDiff tests the same without git
		return
	}
	apply := exec.Command(git, "apply", "-p1", "--unidiff-zero", filepath.Join(dir, "../x.diff"))
	apply.Dir, apply.Env = dir, append(os.Environ(), "GIT_CEILING_DIRECTORIES="+filepath.Dir(dir))
	if out, err := apply.CombinedOutput(); err != nil {
		diff, _ := os.ReadFile(filepath.Join(dir, "../x.diff"))
		t.Fatalf("git apply: %v\n%s\n%s", err, out, diff)
	}
	s, _, _ := openManual(t, dir, Config{})
	if !holds(s.Current(), after...) {
		t.Errorf("after git apply: %s", Diff(generationOf(t, after...), s.Current()))
	}
}

// A diff applied to the old text is the new text.
func FuzzDiff(f *testing.F) {
	f.Add("a\nb\nc", "a\nc")
	f.Add("a\na\nb\na", "a\nb\nb\na\n")
	f.Add("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "9\n2\n3\n4\n5\n6\n7\n8\n1\n")
	f.Add("", "\n\n")
	f.Fuzz(func(t *testing.T, old, now string) {
		if old == now || isBinary(old) || isBinary(now) {
			return
		}
		text := diffFile("x", &content{data: old}, &content{data: now})
		if got := patched(t, old, text); got != now {
			t.Errorf("%q, patched with\n%s\nis %q, want %q", old, text, got, now)
		}
	})
}

// patched applies a diff of one file.
func patched(t *testing.T, old, diff string) string {
	var now strings.Builder
	rest := slices.Collect(strings.Lines(old))
	next := 0 // in rest
	lines := slices.Collect(strings.Lines(diff))[2:]
	for i, text := range lines {
		line := text[1:]
		if i+1 < len(lines) && lines[i+1][0] == '\\' {
			line = strings.TrimSuffix(line, "\n")
		}
		switch text[0] {
		case '@':
			var from, count int
			if _, err := fmt.Sscanf(text, "@@ -%d,%d", &from, &count); err != nil {
				t.Fatalf("%q: %v", text, err)
			}
			if count > 0 {
				from-- // counted from 1
			}
			now.WriteString(strings.Join(rest[next:from], ""))
			next = from
		case ' ', '-':
			if rest[next] != line {
				t.Fatalf("the diff has %q, the text %q", line, rest[next])
			}
			next++
			if text[0] == ' ' {
				now.WriteString(line)
			}
		case '+':
			now.WriteString(line)
		}
	}
	return now.String() + strings.Join(rest[next:], "")
}
