package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/eslua/eslua/host/testproc"
)

// A test hurts nobody but itself, whatever it and its flow do: it ends, says why, and leaves
// memory and files alone.
func TestHostileTests(t *testing.T) {
	t.Parallel()
	outside := t.TempDir()
	for name, c := range map[string]struct{ flow, test, want string }{
		"a test waits without end":        {"", "while true do t:wait(86400) end", "has not ended after"},
		"a test catches every error":      {"", "while true do pcall(t.wait, t, 3600) end", "has not ended after"},
		"a test waits for ever":           {"", "t:wait(math.huge)", "no number of seconds"},
		"a test computes":                 {"", "while true do end", "burst limit"},
		"a flow does ever more":           {"while true do session:consoleLog('INFO', ('x'):rep(30000)) session:sleep(100) end", "t:call{flow = 'f'}", "more has happened than a test can hold"},
		"a test has ever more calls":      {"", "while true do t:call{flow = 'f'} end", "at most 1000 calls"},
		"a test says ever more":           {"", "while true do t:api(('x'):rep(60000), '') end", " limit"},
		"a test prints ever more":         {"", "for i = 1, 50 do print(('x'):rep(60000)) end error('done')", "prints more than 1 MiB"},
		"a file has ever more tests":      {"", "end) for i = 1, 2000 do test('x' .. i, function() end) end test('y', function()", "at most 1000 tests"},
		"a database's name leads outside": {"", "t:database('../../../../../../../../../../.." + outside + "/x', 'CREATE TABLE x (y)') t:wait(1) error('made')", "made"},
		"a server answers nonsense":       {"", "t:http('*', {status = 99})", "status is 99"},
	} {
		if testproc.Race && !strings.Contains(c.want, "has not ended") {
			continue // what counts to a bound is one goroutine's
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			for file, text := range map[string]string{"f.lua": c.flow, "f_test.lua": "test('x', function(t) " + c.test + " end)"} {
				if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			var out bytes.Buffer
			p := &program{stdout: &out, stderr: &out, getenv: func(string) string { return "" }}
			args := []string{"test", dir}
			if strings.Contains(c.want, "has not ended") {
				args = append(args, "--timeout", "1ms")
			}
			if code := p.main(t.Context(), args); code != exitFailed || !strings.Contains(out.String(), c.want) || out.Len() > 2<<20 {
				t.Errorf("exit code %d, %d bytes\n%.2000s", code, out.Len(), out.String())
			}
		})
	}
	t.Cleanup(func() {
		if left, _ := os.ReadDir(outside); len(left) > 0 {
			t.Errorf("outside of the test there is %v", left)
		}
	})
}
