package stdlib_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"
)

// A snippet is one chunk that prints: a paragraph of a file in testdata.
type snippet struct {
	name, source string
	why          string // in differences.lua: the comment it begins with
	ours         string // and what it prints here: its "-->" lines
}

func readSnippets(t testing.TB, path string) []snippet {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var list []snippet
	line := 1
	for _, paragraph := range strings.Split(string(text), "\n\n") {
		s := snippet{name: fmt.Sprintf("%s:%d", filepath.Base(path), line), source: paragraph}
		for _, l := range strings.Split(paragraph, "\n") {
			if r, ok := strings.CutPrefix(l, "--> "); ok {
				s.ours += r + "\n"
			} else if r, ok := strings.CutPrefix(l, "-- "); ok {
				s.why += r + "\n"
			}
		}
		if strings.TrimSpace(paragraph) != "" {
			list = append(list, s)
		}
		line += strings.Count(paragraph, "\n") + 2
	}
	return list
}

var address = regexp.MustCompile(`0x[0-9a-f]{6,}`)

func comparable(output string) string { return address.ReplaceAllString(output, "0x...") }

// TestAsPUC runs every snippet here and in lua5.1 and wants the same output to the byte.
func TestAsPUC(t *testing.T) {
	files, err := filepath.Glob("testdata/snippets/*.lua")
	if err != nil || len(files) == 0 {
		t.Fatal("no snippets", err)
	}
	p, zone := newPUC(t), newYork(t)
	n := 0
	for _, file := range files {
		for _, s := range readSnippets(t, file) {
			n++
			ours, theirs := comparable(newScript(zone).run(s.source)), comparable(p.run(t, s.source))
			if ours != theirs {
				t.Errorf("%s\n%s\nours:\n%slua5.1:\n%s", s.name, s.source, ours, theirs)
			}
		}
	}
	if n < 300 {
		t.Errorf("%d snippets, want 300 or more", n)
	}
}

// TestDifferences holds each difference to its reason: it is still there, and it is what the file says.
func TestDifferences(t *testing.T) {
	p, zone := newPUC(t), newYork(t)
	for _, s := range readSnippets(t, "testdata/differences.lua") {
		ours, theirs := comparable(newScript(zone).run(s.source)), comparable(p.run(t, s.source))
		if s.why == "" {
			t.Errorf("%s has no reason", s.name)
		}
		if ours != s.ours {
			t.Errorf("%s\n%s\nours:\n%swant:\n%s", s.name, s.source, ours, s.ours)
		}
		if ours == theirs {
			t.Errorf("%s does not differ any more: make it a snippet", s.name)
		}
	}
}

func newYork(t testing.TB) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation(zoneName)
	if err != nil {
		t.Fatal(err)
	}
	return zone
}
