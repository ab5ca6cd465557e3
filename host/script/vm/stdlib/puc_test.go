package stdlib_test

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/eslua/eslua/host/script/vm/lua51"
)

// zone is the same time zone for C and for Go, which need not have the same files: C gets the rule.
const (
	zoneName = "America/New_York"
	zoneRule = "EST5EDT,M3.2.0,M11.1.0"
)

// A puc is a lua5.1 that answers questions: one process for a whole test.
type puc struct {
	in  io.WriteCloser
	out *bufio.Reader
}

// answering reads chunks in hex, runs each in an environment of its own, and answers in hex what it printed.
const answering = `
local function unhex(s) return (s:gsub("%x%x", function(x) return string.char(tonumber(x, 16)) end)) end
local function hex(s) return (s:gsub(".", function(c) return ("%02x"):format(c:byte()) end)) end
for line in io.lines() do
  local out = {}
  local env = setmetatable({}, {__index = _G})
  env._G = env
  function env.print(...)
    local t = {}
    for i = 1, select("#", ...) do
      t[i] = env.tostring((select(i, ...)))
      if type(t[i]) ~= "string" and type(t[i]) ~= "number" then
        error("'tostring' must return a string to 'print'", 2)
      end
    end
    out[#out + 1] = table.concat(t, "\t") .. "\n"
  end
  local f, message = loadstring(unhex(line), "=snippet")
  local ok = f
  if f then ok, message = pcall(setfenv(f, env)) end
  if not ok then out[#out + 1] = "error: " .. tostring(message) .. "\n" end
  io.write(hex(table.concat(out)), "\n")
  io.flush()
end`

func newPUC(t testing.TB) *puc {
	t.Helper()
	cmd := exec.Command(lua51.Path(t), "-e", answering)
	cmd.Env = append(os.Environ(), "TZ="+zoneRule, "LC_ALL=C")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatalf("lua5.1 does not start: %v", err)
	}
	t.Cleanup(func() {
		in.Close()
		if err := cmd.Wait(); err != nil {
			t.Errorf("lua5.1: %v\n%s", err, stderr.String())
		}
	})
	return &puc{in, bufio.NewReader(out)}
}

// run runs a chunk and returns what it printed, an error as the last line.
func (p *puc) run(t testing.TB, source string) string {
	t.Helper()
	if _, err := fmt.Fprintf(p.in, "%x\n", source); err != nil {
		t.Fatal(err)
	}
	line, err := p.out.ReadString('\n')
	if err != nil {
		t.Fatalf("lua5.1 ended: %v\n%s", err, source)
	}
	answer, err := hex.DecodeString(strings.TrimSpace(line))
	if err != nil {
		t.Fatal(err)
	}
	return string(answer)
}
