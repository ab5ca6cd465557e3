package reference

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/eslua/eslua/bindings"
)

// TestStubs has PUC Lua load the files, and luacheck tell which globals they define: those
// of the declarations. With these, and the test of their tests, luacheck finds nothing
// undefined in the flows that ship.
func TestStubs(t *testing.T) {
	r := New(bindings.New(bindings.Deps{}).Modules())
	dir := t.TempDir()
	for _, stub := range r.Stubs() {
		path := filepath.Join(dir, filepath.FromSlash(stub.Path))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(stub.Text), 0o644); err != nil {
			t.Fatal(err)
		}
		if out, err := exec.Command("lua5.1", path).CombinedOutput(); err != nil {
			t.Errorf("lua5.1 does not load %s: %v\n%s", stub.Path, err, out)
		}
	}
	report := luacheck(t, "--std", "lua51", "--only", "111", "--", dir)
	var got []string
	for _, match := range regexp.MustCompile(`global variable '(\w+)'`).FindAllStringSubmatch(report, -1) {
		got = append(got, match[1])
	}
	var want []string
	for _, e := range r.All() {
		if (e.Kind == "table" && !standardTable(e.Name)) || e.Kind == "global variable" || e.Kind == "function" && !strings.Contains(e.Name, ".") {
			want = append(want, e.Name)
		}
	}
	for name := range r.absent {
		if !strings.ContainsAny(name, ".:") {
			want = append(want, name)
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	got, want = slices.Compact(got), slices.Compact(want)
	if !slices.Equal(got, want) {
		t.Errorf("the files define\n%q\nand the declarations\n%q", got, want)
	}
	flows := luacheck(t, slices.Concat([]string{"--std", "lua51", "--only", "113", "--new-globals", "test"}, got, []string{"--", "../../scripts", "../../examples"})...)
	if strings.Contains(flows, "undefined") {
		t.Errorf("luacheck finds in the flows that ship:\n%s", flows)
	}
}

// luacheck returns what Debian's lua-check prints.
func luacheck(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.Command("luacheck", append([]string{"--no-config", "--no-color", "--formatter", "plain"}, args...)...).CombinedOutput()
	if exit, ok := err.(*exec.ExitError); err != nil && (!ok || exit.ExitCode() > 1) {
		t.Fatalf("luacheck (apt-get install lua-check): %v\n%s", err, out)
	}
	return string(out)
}

// TestStubOfAMethod shows what an editor gets of a method.
func TestStubOfAMethod(t *testing.T) {
	text := New(bindings.New(bindings.Deps{}).Modules()).Stubs()[0].Text
	for _, want := range []string{
		"---@class Session\n", "---@type Session\nsession = nil\n", "---@return Session session",
		"---@param interdigit? number|string milliseconds to wait for each further digit (default: timeout)\n",
		"---@return string digits the digits that match; \"\" if no try did\nfunction Session:playAndGetDigits(least, most, tries,",
		"--- After the hangup: Does nothing and returns \"\".", "---@deprecated\nfunction Session:insertFile(...) end\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("eslua.lua does not have %q", want)
		}
	}
}
