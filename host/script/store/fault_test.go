package store

import (
	"context"
	"strings"
	"testing"

	"github.com/eslua/eslua/host/script/lint"
	"github.com/eslua/eslua/host/script/vm"
)

func phoneChecker() *lint.Checker {
	return lint.New([]*vm.Module{{Name: "phone", Funcs: []vm.Func{{Name: "ring"}}}})
}

// TestMistakesAtTheSave: what fails in every run is refused, what fails where a run
// may get is a warning. eslua check calls both errors.
func TestMistakesAtTheSave(t *testing.T) {
	for _, c := range []struct {
		src, want string
		refused   bool
	}{
		{"phone.ring()", "", false},
		{"\nphone.rung()", "new.lua:2: phone.rung does not exist; did you mean phone.ring?", true},
		{"if argv then phone.rung() end", "new.lua:1: phone.rung does not exist; did you mean phone.ring?", false},
	} {
		dir := t.TempDir()
		put(t, dir, "old.lua", "return 0")
		s, _, log := openManual(t, dir, Config{Lint: phoneChecker()})
		put(t, dir, "new.lua", strings.Replace(c.src, "argv", "type", 1))
		err := s.Reload(context.Background())
		if got := problemTexts(s.Status().Problems); got != c.want || (err != nil) != c.refused || s.Status().Refused != c.refused {
			t.Errorf("%s: problems %q, refused %v, %v", c.src, got, s.Status().Refused, err)
		}
		if _, err := s.Current().Script("new"); (err != nil) != c.refused {
			t.Errorf("%s serves: %v", c.src, err)
		}
		if n := log.Count("phone.rung"); c.want != "" && n != 1 {
			t.Errorf("%s: logged %d times", c.src, n)
		}
		problems, err := Check(t.Context(), dir, nil, Config{Lint: phoneChecker()}, vm.Compile)
		if got := problemTexts(problems); err != nil || got != c.want || c.want != "" && problems[0].Warning {
			t.Errorf("Check(%s): %q, %v", c.src, got, err)
		}
	}
}

// TestGlobalsOfOtherScripts: those that run with a script count, others do not.
func TestGlobalsOfOtherScripts(t *testing.T) {
	const anyGlobal = "for name in pairs(argv) do _G[name] = 1 end argv = {}"
	missing := `: nothing sets the global "extension"`
	for _, c := range []struct {
		files []string
		want  string
	}{
		{[]string{"a.lua", "require 'lib' print(extension)", "lib.lua", "extension = 1"}, ""},
		{[]string{"a.lua", "require 'lib' extension = 1", "lib.lua", "print(extension)"}, ""},
		{[]string{"a.lua", "require 'x' require 'y'", "x.lua", "print(extension)", "y.lua", "extension = 1"}, ""},
		{[]string{"a.lua", "print(extension)", "b.lua", "extension = 1"}, "a.lua:1" + missing},
		{[]string{"a.lua", "require 'lib' print(extension)", "lib.lua", "", "b.lua", "require 'lib' extension = 1"}, "a.lua:1" + missing},
		{[]string{"a.lua", "require(argv[1]) print(extension) argv = {}", "b.lua", "extension = 1"}, ""},
		{[]string{"a.lua", "package.path = '?' require 'lib' print(extension)", "x/lib.lua", "extension = 1"}, `a.lua:1: requires "lib", which is neither a built-in module nor in the script directory (lib.lua); is x meant to be the script directory?`},

		// What a script's text does not name counts where its own flow gets.
		{[]string{"a.lua", "print(extension)", "b.lua", anyGlobal}, "a.lua:1" + missing},
		{[]string{"a.lua", "print(extension)", "b.lua", "load(argv[1])() argv = {}"}, "a.lua:1" + missing},
		{[]string{"a.lua", "print(extension)", "b.lua", "setfenv(1, {})"}, "a.lua:1" + missing},
		{[]string{"a.lua", "print(extension)", "b.lua", "rawset(_G, argv[1], 1) argv = {}"}, "a.lua:1" + missing},
		{[]string{"a.lua", "print(extension)", "b.lua", "require(argv[1]) argv = {}"}, "a.lua:1" + missing},
		{[]string{"a.lua", "print(extension)", "b.lua", "require(argv[1]) argv = {}", "c.lua", anyGlobal}, "a.lua:1" + missing},
		{[]string{"a.lua", "print(extension)", "b.lua", "require(argv[1]) " + anyGlobal}, ""}, // b may load a
		{[]string{"a.lua", "print(extension)", "b.lua", "require(argv[1]) argv = {}", "c.lua", "extension = 1"}, ""},
		{[]string{"a.lua", "require 'lib' print(extension)", "lib.lua", anyGlobal}, ""},
		{[]string{"a.lua", "require 'lib' " + anyGlobal, "lib.lua", "print(extension)"}, ""},
		{[]string{"a.lua", "require 'x' require 'y'", "x.lua", "print(extension)", "y.lua", anyGlobal}, ""},
		{[]string{"a.lua", "require 'lib' print(extension)", "lib.lua", "", "b.lua", "require 'lib' " + anyGlobal}, "a.lua:1" + missing},
	} {
		dir := t.TempDir()
		put(t, dir, c.files...)
		problems, err := Check(t.Context(), dir, nil, Config{Lint: phoneChecker()}, vm.Compile)
		if got := problemTexts(problems); err != nil || got != c.want {
			t.Errorf("%q: %q, %v, want %q", c.files, got, err, c.want)
		}
	}
}

// TestLoops: modules that certainly require each other fail in every run.
func TestLoops(t *testing.T) {
	for _, c := range []struct {
		files []string
		want  string
	}{
		{[]string{"a.lua", "require 'b'", "b.lua", ""}, ""},
		{[]string{"a.lua", "\nrequire 'b'", "b.lua", "require 'c'", "c.lua", "require 'a'"},
			`a.lua:2: requires "b", which requires this script before it has ended` + "\n" +
				`b.lua:1: requires "c", which requires this script before it has ended` + "\n" +
				`c.lua:1: requires "a", which requires this script before it has ended`},
		{[]string{"a.lua", "require 'a'"}, `a.lua:1: requires "a", which requires this script before it has ended`},
		{[]string{"a.lua", "require 'b'", "b.lua", "return function() require 'a' end"}, ""},
		{[]string{"a.lua", "require 'b'", "b.lua", "require 'd'", "c.lua", "require 'b'", "d.lua", ""}, ""},
	} {
		dir := t.TempDir()
		put(t, dir, c.files...)
		problems, err := Check(t.Context(), dir, nil, Config{}, vm.Compile)
		if got := problemTexts(problems); err != nil || got != c.want {
			t.Errorf("%q: %q, %v, want %q", c.files, got, err, c.want)
		}
	}
}

// TestSourceLimit: a script that no run would accept is refused, with what the run says.
func TestSourceLimit(t *testing.T) {
	large := "--" + strings.Repeat("x", 998)
	const wrong = ":1: source limit of 999 bytes reached"
	limit := func(most int) func(string) int {
		return func(flow string) int {
			if flow == "free" {
				return 1 << 20
			}
			return most
		}
	}
	for _, c := range []struct {
		files []string
		want  string
	}{
		{[]string{"a.lua", large}, "a.lua" + wrong},
		{[]string{"a.lua", large[:999]}, ""},
		{[]string{"free.lua", large}, ""},
		{[]string{"free.lua", "require 'lib'", "lib.lua", large}, ""},
		{[]string{"a.lua", "require 'lib'", "lib.lua", "require 'deep'", "deep.lua", large}, "deep.lua" + wrong},
	} {
		dir := t.TempDir()
		put(t, dir, "old.lua", "")
		s, _, _ := openManual(t, dir, Config{SourceLimit: limit(999)})
		put(t, dir, c.files...)
		err := s.Reload(context.Background())
		if got := problemTexts(s.Status().Problems); got != c.want || (err != nil) != (c.want != "") {
			t.Errorf("%.40q: %q, %v", c.files, got, err)
		}
		problems, err := Check(t.Context(), dir, nil, Config{SourceLimit: limit(999)}, vm.Compile)
		if got := problemTexts(problems); err != nil || got != c.want {
			t.Errorf("Check(%.40q): %q, %v", c.files, got, err)
		}
		s.SetSourceLimit(limit(1000))
		if err := s.Reload(context.Background()); err != nil {
			t.Errorf("%.40q with a new limit: %v", c.files, err)
		}
		s.SetSourceLimit(limit(999))
		if err := s.Reload(context.Background()); (err != nil) != (c.want != "") {
			t.Errorf("%.40q with the old limit again: %v", c.files, err)
		}
	}
}
