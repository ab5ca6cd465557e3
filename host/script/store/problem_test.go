package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
)

// The error of Reload is logged in one line and shown on a terminal.
func TestManyProblemsAreOneReadableError(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "main.lua", "return 1")
	s, _, _ := openManual(t, dir, Config{})
	put(t, dir, "a.lua", "local x\nreturn return", "b.lua", "require 'lib.gone'\nif x then require 'perhaps' end")
	err := s.Reload(context.Background())
	want := `2 problems: (1) a.lua:2: syntax error near 'return' (2) b.lua:1: requires "lib.gone", which is neither a built-in module nor in the script directory (lib/gone.lua)`
	if err == nil || err.Error() != want {
		t.Errorf("Reload: %v\nwant: %s", err, want)
	}
	var p Problem
	if !errors.As(err, &p) || p.File != "a.lua" || p.Line != 2 {
		t.Errorf("the first problem is %+v", p)
	}
	for i := range 20 {
		put(t, dir, fmt.Sprintf("lib/m%02d.lua", i), "return return")
	}
	text := s.Reload(context.Background()).Error()
	if !strings.HasPrefix(text, "22 problems: (1) a.lua:2: ") || !strings.HasSuffix(text, "and 17 more; eslua check lists them all") || strings.Contains(text, "\n") {
		t.Errorf("Reload: %s", text)
	}
}
