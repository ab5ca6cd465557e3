package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A script reads the files beside it, and those in the directories of its grants.
func TestExecReadsFiles(t *testing.T) {
	dir := t.TempDir()
	granted, config := filepath.Join(dir, "list.txt"), filepath.Join(dir, "eslua.yaml")
	for name, text := range map[string]string{granted: "1000\n", config: "grants: {read: [" + dir + "]}\n"} {
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	source := `print(io.open("job.lua"):read()) print(io.open("` + granted + `"):read())`
	code, stdout, stderr := executeScript(t, nil, nil, source, "--config", config)
	if want := source + "\n1000\n"; code != exitFine || stdout != want {
		t.Errorf("exit %d, %q, %s", code, stdout, stderr)
	}
	code, _, stderr = executeScript(t, nil, nil, source)
	if code != exitFailed || !strings.Contains(stderr, "grants: read:") {
		t.Errorf("exit %d, %s", code, stderr)
	}
}
