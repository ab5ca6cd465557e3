package guard_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/eslua/eslua/host/script/vm/guard"
	"github.com/eslua/eslua/host/script/vm/lua51"
)

// harness runs snippet after snippet and prints what each printed.
const harness = `
local print, tostring, select, concat, pcall, loadstring, setfenv, setmetatable =
  print, tostring, select, table.concat, pcall, loadstring, setfenv, setmetatable
local function run(source)
  local out = {}
  local env = setmetatable({}, {__index = _G})
  env._G = env
  function env.print(...)
    local t = {}
    for i = 1, select("#", ...) do t[i] = tostring((select(i, ...))) end
    out[#out + 1] = concat(t, "\t") .. "\n"
  end
  local f, message = loadstring(source, "=t")
  local ok = f
  if f then ok, message = pcall(setfenv(f, env)) end
  if not ok then out[#out + 1] = "error: " .. tostring(message) .. "\n" end
  print(concat(out) .. "\1")
end
`

func snippets(t testing.TB, file string) []string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSpace(string(text)), "\n\n")
}

func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := range len(s) {
		fmt.Fprintf(&b, "\\%03d", s[i])
	}
	b.WriteByte('"')
	return b.String()
}

var address = regexp.MustCompile(`(builtin: )?0x[0-9a-f]{6,}`)

// ours returns what a snippet prints here.
func ours(t *testing.T, snippet string) string {
	t.Helper()
	b := newBench(guard.Limits{Burst: time.Minute, CPU: time.Hour}) // the race detector takes its time
	if _, err := b.run(harness + "run(" + quote(snippet) + ")"); err != nil {
		t.Errorf("%s\n%v", snippet, err)
	}
	return address.ReplaceAllString(strings.TrimSuffix(b.printed.String(), "\x01\n"), "0x...")
}

// theirs returns what lua5.1 prints for each snippet.
func theirs(t *testing.T, list []string) []string {
	t.Helper()
	var script strings.Builder
	script.WriteString(harness)
	for _, s := range list {
		script.WriteString("run(" + quote(s) + ")\n")
	}
	cmd := exec.Command(lua51.Path(t), "-")
	cmd.Stdin = strings.NewReader(script.String())
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		t.Fatal(err, errs.String())
	}
	return strings.Split(address.ReplaceAllString(out.String(), "0x..."), "\x01\n")
}

// TestLanguageAsPUC runs every snippet here and in lua5.1.
func TestLanguageAsPUC(t *testing.T) {
	list := snippets(t, "testdata/language.lua")
	want := theirs(t, list)
	for i, s := range list {
		if got := ours(t, s); got != want[i] {
			t.Errorf("%s\nours:\n%slua5.1:\n%s", s, got, want[i])
		}
	}
}

// TestDifferences holds each difference to its reason: it is still one, and it
// is what the file says.
func TestDifferences(t *testing.T) {
	list := snippets(t, "testdata/differences.lua")
	puc := theirs(t, list)
	for i, s := range list {
		reason, want := "", ""
		for _, line := range strings.Split(s, "\n") {
			if r, ok := strings.CutPrefix(line, "--> "); ok {
				want += r + "\n"
			} else if r, ok := strings.CutPrefix(line, "-- "); ok {
				reason += r
			}
		}
		if reason == "" {
			t.Errorf("no reason is given\n%s", s)
		}
		if got := ours(t, s); got != want {
			t.Errorf("%s\nprints:\n%s", s, got)
		} else if got == puc[i] {
			t.Errorf("this is no difference any more\n%s", s)
		}
	}
}
