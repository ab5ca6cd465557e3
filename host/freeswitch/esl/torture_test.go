package esl

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
)

// small limits keep the corpus small.
var small = Limits{Head: 2048, Body: 4096}

// Each testdata/torture/<name>.in is a byte stream, and <name>.want what must
// become of it: the events in it and how it ended.
func TestTorture(t *testing.T) {
	inputs, err := filepath.Glob("testdata/torture/*.in")
	if err != nil || len(inputs) < 55 {
		t.Fatalf("the corpus is missing: %d files, %v", len(inputs), err)
	}
	for _, name := range inputs {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".in"), func(t *testing.T) {
			in, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			want, err := os.ReadFile(strings.TrimSuffix(name, ".in") + ".want")
			if err != nil {
				t.Error(err)
			}
			if got := describe(bytes.NewReader(in)); got != string(want) {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
			if got := describe(iotest.OneByteReader(bytes.NewReader(in))); got != string(want) {
				t.Errorf("byte by byte\n%s\nwant\n%s", got, want)
			}
		})
	}
}

func TestTheLongestHeadPasses(t *testing.T) {
	const rest = "Content-Type: auth/request\nX: \n\n"
	for extra, passes := range map[int]bool{0: true, 1: false} {
		text := strings.Replace(rest, "X: ", "X: "+strings.Repeat("x", small.Head+extra-len(rest)), 1)
		if _, err := NewReader(strings.NewReader(text), small).Next(); (err == nil) != passes {
			t.Errorf("a head of %d bytes: %v", len(text), err)
		}
	}
}

func describe(in io.Reader) string {
	var b strings.Builder
	r := NewReader(in, small)
	for {
		f, err := r.Next()
		if err == nil {
			var e Event
			if e, err = f.Event(); err == nil {
				describeEvent(&b, f, e)
				continue
			}
		}
		var m *MalformedError
		if errors.As(err, &m) {
			err = errors.Unwrap(err)
			fmt.Fprintf(&b, "malformed at %d: %s\n", m.Offset, m.Reason)
			if err == nil {
				return b.String()
			}
		}
		fmt.Fprintln(&b, err)
		return b.String()
	}
}

func describeEvent(b *strings.Builder, f Frame, e Event) {
	fmt.Fprintf(b, "frame at %d: %s %q\n", f.off, f.typ, e.Name())
	for name, value := range e.All() {
		fmt.Fprintf(b, "  %q = %q\n", name, value)
	}
	if e.Body() != "" {
		fmt.Fprintf(b, "  body %q\n", e.Body())
	}
}
