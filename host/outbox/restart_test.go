package outbox

import (
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/durable"
	"github.com/eslua/eslua/host/operate/config"
	"github.com/eslua/eslua/host/testproc/natsbubble"
)

// What was accepted is there after a restart, also when its attempts are not over.
func TestARestart(t *testing.T) {
	natsbubble.Bubble(t, func(t *testing.T) {
		b := newBench(t, "crm")
		b.set(false, always(500))
		var ids []string
		for range 10 {
			ids = append(ids, b.accept(Push{Endpoint: "crm"}))
		}
		b.waitFor(3)
		b.stop()
		b.set(false, nil)
		b.got = nil
		time.Sleep(time.Hour)
		b.start()
		var came []string
		for _, r := range b.waitFor(10) {
			came = append(came, r.id)
		}
		slices.Sort(ids)
		slices.Sort(came)
		if !slices.Equal(slices.Compact(came), ids) {
			t.Errorf("came %v, not %v", came, ids)
		}
	})
}

// Without a place nothing is accepted, and the error says what to write.
func TestThereIsNoPlace(t *testing.T) {
	store := durable.New(config.Default().NATS, "", durable.Network{}, slog.New(slog.DiscardHandler), clock.System())
	out := New(map[string]config.Endpoint{"crm": {}}, Deps{Store: store, NewID: func() string { return "x" }, Clock: clock.System(), Log: slog.New(slog.DiscardHandler)})
	if _, err := out.Accept(t.Context(), Push{Endpoint: "crm"}); err == nil || !strings.Contains(err.Error(), "state: DIRECTORY") {
		t.Error(err)
	}
}

// When files are damaged, what they held is lost, and new pushes are delivered.
func TestDamagedFilesOfTheOutbox(t *testing.T) {
	for _, name := range []string{"streams/ESLUA_OUTBOX/msgs/*.blk", "streams/ESLUA_OUTBOX/meta.inf", "streams/ESLUA_OUTBOX/obs/crm/o.dat", "streams/ESLUA_OUTBOX/obs/crm/meta.inf", "streams/ESLUA_ATTEMPTS/msgs/*.blk"} {
		t.Run(name, func(t *testing.T) {
			natsbubble.Bubble(t, func(t *testing.T) {
				b := newBench(t, "crm")
				for range 10 {
					b.accept(Push{Endpoint: "crm", Order: "x"})
				}
				b.waitFor(10)
				b.set(false, always(500))
				waits := b.accept(Push{Endpoint: "crm", Order: "x"})
				b.waitFor(11)
				b.stop()
				b.set(false, nil)
				files, err := filepath.Glob(filepath.Join(b.dir, "nats/jetstream/$G", name))
				if err != nil || len(files) == 0 {
					t.Fatalf("%q, %v", files, err)
				}
				for _, file := range files {
					text, err := os.ReadFile(file)
					if err == nil {
						err = os.WriteFile(file, make([]byte, len(text)), 0o600)
					}
					if err != nil {
						t.Fatal(err)
					}
				}
				b.start()
				ids := []string{b.accept(Push{Endpoint: "crm", Order: "x"}), b.accept(Push{Endpoint: "crm", Order: "y"})}
				time.Sleep(2 * durable.LongestPause)
				var came []string
				for _, r := range b.waitFor(11)[11:] {
					came = append(came, r.id)
				}
				if !slices.Contains(came, ids[0]) || !slices.Contains(came, ids[1]) {
					t.Errorf("came %v, not %v", came, ids)
				}
				t.Logf("what waited is lost: %v", !slices.Contains(came, waits))
			})
		})
	}
}
