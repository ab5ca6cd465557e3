package esl

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/eslua/eslua/host/testproc"
)

func TestMain(m *testing.M) { testproc.Main(m) }

// A packet is one line of a capture: what one side wrote, as FreeSWITCH 1.11 and a
// client really did.
type packet struct {
	From string `json:"from"` // "switch" or "app"; empty for the note
	Data string `json:"data"`
}

// captures reads every transcript by its file name.
func captures(t testing.TB) map[string][]packet {
	t.Helper()
	files, err := filepath.Glob("testdata/captures/*.jsonl")
	if err != nil || len(files) < 17 {
		t.Fatalf("captures are missing: %d files, %v", len(files), err)
	}
	all := make(map[string][]packet)
	for _, name := range files {
		all[filepath.Base(name)] = capture(t, name)
	}
	return all
}

func capture(t testing.TB, name string) []packet {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var packets []packet
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var p packet
		if err := json.Unmarshal(lines.Bytes(), &p); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if p.From != "" && p.Data != "<closed>" {
			packets = append(packets, p)
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return packets
}
