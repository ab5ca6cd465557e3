package database

import (
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/operate/config"
)

// Who holds a connection, or a lock, and does nothing with it keeps nobody else waiting
// for long.
func TestWhatIsHeldIsTakenByThoseWhoWait(t *testing.T) {
	const taken = "was taken from the script"
	inBubble := func(name string, connections int, test func(t *testing.T, d *Databases, waits func(what func(*Handle)) time.Duration)) {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := open(t, config.Database{DSN: config.DSN("sqlite://" + filepath.Join(t.TempDir(), "a.db")), Connections: connections}, clock.System())
				h := handle(t, d)
				must(t, h, "create table t(a)")
				h.Release()
				test(t, d, func(what func(*Handle)) time.Duration {
					began := time.Now()
					h := handle(t, d)
					what(h)
					h.Release()
					return time.Since(began)
				})
			})
		})
	}
	insert := func(t *testing.T) func(*Handle) { return func(h *Handle) { must(t, h, "insert into t values (2)") } }
	inBubble("a connection", 1, func(t *testing.T, d *Databases, waits func(func(*Handle)) time.Duration) {
		h := handle(t, d)
		must(t, h, "insert into t values (1)")
		if got := waits(insert(t)); got > 2*time.Second {
			t.Errorf("another one waits for %v", got)
		}
		if got := read(t, h, "select count(*) n from t"); got != "n=2" {
			t.Errorf("it reads %s with the next connection", got)
		}
	})
	inBubble("rows", 1, func(t *testing.T, d *Databases, waits func(func(*Handle)) time.Duration) {
		h := handle(t, d)
		rows, err := h.Query(t.Context(), "select 1 union all select 2", nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := rows.Next(); err != nil {
			t.Fatal(err)
		}
		if got := waits(insert(t)); got > 25*time.Second {
			t.Errorf("another one waits for %v", got)
		}
		if row, err := rows.Next(); row != nil || err == nil || !strings.Contains(err.Error(), taken) {
			t.Errorf("the next row is %v, %v", row, err)
		}
		if row, err := rows.Next(); row != nil || err == nil {
			t.Errorf("the row after it is %v, %v", row, err)
		}
		must(t, h, "insert into t values (3)")
	})
	for name, write := range map[string]func(t *testing.T, h *Handle){
		"a writer that goes on": func(t *testing.T, h *Handle) {
			_ = h.Begin(t.Context())
			for range 300 {
				if time.Sleep(100 * time.Millisecond); h.Exec(t.Context(), "insert into t values (1)", nil) != nil {
					return
				}
			}
		},
		"a writer that begins again": func(t *testing.T, h *Handle) {
			for range 60 {
				if err := h.Begin(t.Context()); err != nil {
					t.Error(err)
				}
				must(t, h, "insert into t values (1)")
				time.Sleep(500 * time.Millisecond)
				if err := h.Commit(t.Context()); err != nil {
					t.Error(err)
				}
			}
		},
	} {
		inBubble(name, 3, func(t *testing.T, d *Databases, waits func(func(*Handle)) time.Duration) {
			h := handle(t, d)
			over := make(chan struct{})
			go func() { defer close(over); write(t, h) }()
			time.Sleep(10 * time.Millisecond)
			if got := waits(insert(t)); got > 22*time.Second {
				t.Errorf("another one waits for %v", got)
			}
			<-over
		})
	}
	inBubble("a lock", 3, func(t *testing.T, d *Databases, waits func(func(*Handle)) time.Duration) {
		h := handle(t, d)
		if err := h.Begin(t.Context()); err != nil {
			t.Fatal(err)
		}
		must(t, h, "insert into t values (1)")
		if got := waits(insert(t)); got > 25*time.Second {
			t.Errorf("another one waits for %v", got)
		}
		for range 2 {
			if err := h.Exec(t.Context(), "insert into t values (1)", nil); err == nil {
				t.Error("what belongs to the transaction is done outside of it")
			}
		}
		if h.Commit(t.Context()) == nil {
			t.Error("the transaction was committed")
		}
		h.Release()
		if got := read(t, handle(t, d), "select a from t"); got != "a=2" {
			t.Errorf("the table holds %s", got)
		}
	})
	inBubble("a lock that is used", 3, func(t *testing.T, d *Databases, waits func(func(*Handle)) time.Duration) {
		h := handle(t, d)
		must(t, h, "begin immediate")
		ended := make(chan error)
		go func() {
			for {
				if err := h.Exec(t.Context(), "select 1", nil); err != nil {
					ended <- err
					return
				}
				time.Sleep(100 * time.Millisecond)
			}
		}()
		if got := waits(insert(t)); got > 35*time.Second {
			t.Errorf("another one waits for %v", got)
		}
		if err := <-ended; !strings.Contains(err.Error(), taken) {
			t.Errorf("it ended with %v", err)
		}
	})
}
