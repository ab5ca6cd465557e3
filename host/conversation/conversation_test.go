package conversation

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/operate/config"
	"github.com/eslua/eslua/host/trace"
)

func recorded() *Conversation {
	return &Conversation{
		Header{Eslua: "1", Began: time.Unix(1e9, 0).UTC(), Seed: 1<<64 - 1, Sources: map[string]string{"a.lua": "\xff"}, Ladder: trace.Ladder{Summary: trace.Summary{Flow: "ivr/a", UUID: "../b"}}},
		[]Item{{0, Sent, 0, "connect\n\n"}, {1500 * time.Microsecond, Received, 2, "\x00\xff"}, {2 * time.Second, Together, 0, ""}},
	}
}

func TestAFileHoldsTheConversation(t *testing.T) {
	file, err := recorded().Encode()
	if err != nil {
		t.Fatal(err)
	}
	got, err := Decode([]byte(file))
	if err != nil || !reflect.DeepEqual(got.Items, recorded().Items) || got.Seed != 1<<64-1 || !got.Began.Equal(recorded().Began) {
		t.Errorf("%v, %v", got, err)
	}
	if name := got.name(); name != "20010909-014640.000-ivr_a-___b.call" {
		t.Errorf("its name is %s", name)
	}
}

// TestDamagedFiles reads a file with one byte changed at every place, cut at every place, and
// others that are no recorded calls.
func TestDamagedFiles(t *testing.T) {
	file, err := recorded().Encode()
	if err != nil {
		t.Fatal(err)
	}
	refused := func(file, why string) {
		t.Helper()
		var wrong *DamagedError
		if _, err := Decode([]byte(file)); !errors.As(err, &wrong) || !strings.Contains(wrong.Why, why) {
			t.Errorf("%.40q: %v, want %q", file, err, why)
		}
	}
	for i := range len(file) {
		refused(file[:i], "")
		refused(file[:i]+string(file[i]^1)+file[i+1:], "")
	}
	refused("", "it is no recorded call")
	refused("local x = 1", "it is no recorded call")
	refused(strings.Replace(file, "eslua-call 2", "eslua-call 3", 1), "another version of eslua has written it")
	refused(file[:len(file)-1], "it is truncated")
	refused(file+"x", "bytes follow its end")
	head, rest, _ := strings.Cut(file, "\n")
	refused(head+"\n"+rest[:20]+"?"+rest[21:], "another checksum")
}

// TestWhatIsKept records calls until the oldest are too many, too old, and until the
// directory cannot be written.
func TestWhatIsKept(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "calls")
	var log bytes.Buffer
	clk := clock.NewManual(time.Unix(1e9, 0))
	r := New(config.Record{Share: 100, Keep: config.Duration(time.Hour), Size: 1 << 20}, Deps{
		Dir: dir, Rand: func() float64 { return 0.5 }, Log: slog.New(slog.NewTextHandler(&log, nil)), Clock: clk,
	})
	write := func() {
		clk.Advance(time.Second)
		tape := r.Tape()
		tape.Sent([]byte("connect\n\n"))
		if !r.Keeps(tape, false) {
			t.Error("it is not kept")
		}
		r.Keep(tape, recorded().Header)
		tape.Release()
		p := <-r.queue
		r.write(&p)
	}
	names := func() (names []string) {
		entries, _ := os.ReadDir(dir)
		for _, e := range entries {
			names = append(names, e.Name())
		}
		return names
	}
	write()
	info, err := os.Stat(filepath.Join(dir, names()[0]))
	if err != nil || info.Mode() != 0o600 {
		t.Fatal(info.Mode(), err)
	}
	r.Configure(config.Record{Share: 100, Keep: config.Duration(time.Hour), Size: config.Size(3*info.Size() + 100)})
	first := names()[0]
	for range 5 {
		write()
	}
	if left := names(); len(left) != 3 || left[0] == first {
		t.Errorf("%q are left", left)
	}
	again := shelf{dir: dir} // as after a restart
	if err := again.open(); err != nil || len(again.files) != 3 || again.size > 3*info.Size()+100 {
		t.Errorf("%d files of %d bytes: %v", len(again.files), again.size, err)
	}
	clk.Advance(2 * time.Hour)
	r.tidy()
	if left := names(); len(left) != 0 {
		t.Errorf("%q are left", left)
	}
	if err := errors.Join(os.RemoveAll(dir), os.WriteFile(dir, nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	for range 5 {
		write()
	}
	if lines := log.String(); strings.Count(lines, "\n") != 1 || !strings.Contains(lines, "lost=1") {
		t.Errorf("the log has\n%s", lines)
	}
	clk.Advance(time.Hour)
	write()
	if lines := log.String(); strings.Count(lines, "\n") != 2 || !strings.Contains(lines, "lost=5") {
		t.Errorf("the log has\n%s", lines)
	}
	if held := r.held.Load(); held != 0 {
		t.Errorf("%d bytes are held", held)
	}
}

// TestATapeIsBounded records more than a call may hold, and than all may.
func TestATapeIsBounded(t *testing.T) {
	r := New(config.Record{Failed: "always"}, Deps{Dir: "x", Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Clock: clock.System()})
	var tapes []*Tape
	frame := strings.Repeat("x", 1<<20)
	for range 20 {
		tape := r.Tape()
		for range 10 {
			tape.Received(frame, false)
		}
		tapes = append(tapes, tape)
	}
	if held := r.held.Load(); held > mostOfAll || held < mostOfAll/2 || !tapes[0].cut || tapes[0].held > mostOfCall {
		t.Errorf("%d bytes are held, %d by the first", held, tapes[0].held)
	}
	for _, tape := range tapes {
		tape.Release()
	}
	if held := r.held.Load(); held != 0 {
		t.Errorf("%d bytes are held in the end", held)
	}
}
