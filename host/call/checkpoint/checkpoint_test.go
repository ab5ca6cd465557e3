package checkpoint

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/eslua/eslua/host/freeswitch/esl"
)

// channel answers as FreeSWITCH does, with one variable.
type channel struct {
	profile, path, resume string
	value                 string
	hungUp, moved         bool
	fails                 error
	failsAfter            int // commands
	tasks                 int
	commands              []string
	slept                 func() error // what happens while ClaimRun waits
	claimed               string
	displaced             bool
}

func (c *channel) Displace() { c.displaced = true }

func (c *channel) UUID() string           { return "c1" }
func (c *channel) Path() string           { return c.path }
func (c *channel) Moved() bool            { return c.moved }
func (c *channel) HungUp() (string, bool) { return "", c.hungUp }

func (c *channel) Sleep(context.Context, time.Duration) error {
	if c.slept == nil {
		return nil
	}
	return c.slept()
}

func (c *channel) Snapshot() esl.Event {
	headers := [][2]string{{"Event-Name", "CHANNEL_DATA"}, {"Caller-Profile-Index", c.profile}}
	if c.resume != "" {
		headers = append(headers, [2]string{"variable_socket_resume", c.resume})
	}
	if c.value != "" {
		headers = append(headers, [2]string{"variable_eslua_checkpoint", c.value})
	}
	return esl.NewEvent(headers, "")
}

func (c *channel) API(_ context.Context, line string) (string, error) {
	c.commands = append(c.commands, line)
	if c.fails != nil && c.failsAfter == 0 {
		return "", c.fails
	}
	c.failsAfter = max(0, c.failsAfter-1)
	if value, ok := strings.CutPrefix(line, "uuid_setvar c1 eslua_claim "); ok {
		c.claimed = value
		return "+OK\n", nil
	}
	if line == "uuid_getvar c1 eslua_claim" {
		return c.claimed, nil
	}
	if line == "uuid_getvar c1 eslua_checkpoint" {
		return cmp.Or(c.value, "_undef_") + "\n", nil
	}
	if value, ok := strings.CutPrefix(line, "uuid_setvar c1 eslua_checkpoint"); ok {
		c.value = strings.TrimPrefix(value, " ")
		return "+OK\n", nil
	}
	if rest, ok := strings.CutPrefix(line, "eval ${uuid_setvar(c1 eslua_checkpoint "); ok {
		c.tasks++
		value, _, _ := strings.Cut(rest, "${")
		c.value = value + taskAdded + strconv.Itoa(c.tasks)
		return "+OK\n" + c.value, nil
	}
	return "+OK\n", nil
}

func (c *channel) open(run Stamp) (*Checkpoint, *bytes.Buffer) {
	var log bytes.Buffer
	k := Open(c, run, slog.New(slog.NewTextHandler(&log, nil)))
	k.Begin(context.Background())
	return k, &log
}

var flow = Stamp{Flow: "a flow/of.dots", Generation: "0123abcd", Version: "ff00"}

func TestKeptAndFoundAgain(t *testing.T) {
	c := &channel{profile: "1", path: "a/b.c|d", resume: "true"}
	k, _ := c.open(flow)
	for _, when := range []string{"+60", "+61"} {
		if answer, err := k.Schedule(t.Context(), when+" c1 uuid_kill c1 NO_ANSWER"); err != nil || answer != taskAdded+strconv.Itoa(c.tasks) {
			t.Fatalf("%q, %v", answer, err)
		}
	}
	const kept = "any bytes: ${x} .,'\"\x00\xff"
	if err := k.Save(t.Context(), kept); err != nil {
		t.Fatal(err)
	}
	if strings.Trim(c.value, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") != "" {
		t.Errorf("FreeSWITCH gets bytes it may not take as they are: %s", c.value)
	}
	if _, err := k.Schedule(t.Context(), "+62 c1 uuid_kill c1"); err != nil {
		t.Fatal(err)
	}
	if _, err := k.Schedule(t.Context(), "+63 c1 uuid_kill c1"); err != nil {
		t.Fatal(err)
	}

	c.commands = nil
	next, _ := c.open(Stamp{Flow: flow.Flow, Generation: "newer"})
	if got, by := next.Previous(); got != kept || by != flow {
		t.Errorf("found %q of %+v", got, by)
	}
	if got := strings.Join(c.commands, "; "); got != "sched_del 3; sched_del 4" {
		t.Errorf("taken back: %s", got)
	}
	// A task of its own is noted beside the saved text.
	if _, err := next.Schedule(t.Context(), "+64 c1 uuid_kill c1"); err != nil {
		t.Fatal(err)
	}
	third, _ := c.open(flow)
	if got, by := third.Previous(); got != kept || by.Generation != "newer" {
		t.Errorf("found %q of %+v", got, by)
	}
}

func TestOnlyTheSamePlaceIsContinued(t *testing.T) {
	c := &channel{profile: "1", path: "p"}
	k, _ := c.open(flow)
	if err := k.Save(t.Context(), "kept"); err != nil {
		t.Fatal(err)
	}
	for name, other := range map[string]func() *Checkpoint{
		"after a transfer": func() *Checkpoint { d := *c; d.profile = "2"; k, _ := d.open(flow); return k },
		"another path":     func() *Checkpoint { d := *c; d.path = "p/2"; k, _ := d.open(flow); return k },
		"another flow":     func() *Checkpoint { d := *c; k, _ := d.open(Stamp{Flow: "other"}); return k },
	} {
		if got, _ := other().Previous(); got != "" {
			t.Errorf("%s: %q", name, got)
		}
	}
	if k, _ := c.open(flow); k.Ended() {
		t.Error("the flow has not ended")
	}
}

func TestEnd(t *testing.T) {
	for name, c := range map[string]struct {
		channel
		keeps bool
		want  string // part of the value afterwards
	}{
		"nothing was kept":      {channel{}, false, ""},
		"kept":                  {channel{}, true, ""},
		"hung up":               {channel{hungUp: true}, true, ".running."},
		"transferred":           {channel{moved: true}, true, ".running."},
		"the dialplan returns":  {channel{resume: "true"}, false, ".ended."},
		"kept, and it returns":  {channel{resume: "true"}, true, ".ended."},
		"moved, and it returns": {channel{resume: "true", moved: true}, false, ".running."},
	} {
		k, _ := c.open(flow)
		if c.keeps {
			if err := k.Save(t.Context(), "kept"); err != nil {
				t.Fatal(err)
			}
		}
		k.End(t.Context())
		if !strings.Contains(c.value, c.want) || c.want == "" && c.value != "" {
			t.Errorf("%s: the channel has %q, want %q", name, c.value, c.want)
		}
		if next, _ := c.open(flow); next.Ended() != (c.want == ".ended.") {
			t.Errorf("%s: ended is %v", name, next.Ended())
		}
	}
}

func TestTooMuchIsNotSent(t *testing.T) {
	c := &channel{}
	k, _ := c.open(Stamp{Flow: flow.Flow, Generation: flow.Generation, Version: "vv"})
	overhead := len(k.current.text())
	exact := strings.Repeat("x", (MaxBytes-overhead)*3/4) // in base64 four bytes are three
	if n := overhead + len(word(exact)); n != MaxBytes {
		t.Fatalf("the test's text makes %d bytes", n)
	}
	if err := k.Save(t.Context(), exact+"x"); err == nil || !strings.Contains(err.Error(), "4096") || len(c.commands) > 0 {
		t.Errorf("one byte too many: %v, sent %d commands", err, len(c.commands))
	}
	if err := k.Save(t.Context(), exact); err != nil || len(c.value) != MaxBytes {
		t.Errorf("as much as fits: %v, the variable has %d bytes", err, len(c.value))
	}
}

// FreeSWITCH writes an error instead of a number, and never a number below 1.
func TestTasksAreNumbersAboveZero(t *testing.T) {
	r, err := parse(record{}.text() + ".0.-1." + taskAdded + "0\n." + taskAdded + "-7.-ERR no.1." + taskAdded + "8\n")
	if err != nil || !slices.Equal(r.tasks, []int{1, 8}) {
		t.Errorf("tasks %v, %v", r.tasks, err)
	}
}

func TestMoreTasksThanAreNoted(t *testing.T) {
	c := &channel{}
	k, _ := c.open(flow)
	for range maxTasks {
		if _, err := k.Schedule(t.Context(), "+60 c1 uuid_kill c1"); err != nil {
			t.Fatal(err)
		}
	}
	c.commands = nil
	if _, err := k.Schedule(t.Context(), "+60 c1 uuid_kill c1"); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(c.commands, "; "); got != "sched_api +60 c1 uuid_kill c1" {
		t.Errorf("sent %s", got)
	}
}

func TestFreeSWITCHIsGone(t *testing.T) {
	c := &channel{resume: "true", fails: errors.New("gone")}
	k, log := c.open(flow)
	if err := k.Save(t.Context(), "kept"); err == nil {
		t.Error("it was not kept, and nothing says so")
	}
	if _, err := k.Schedule(t.Context(), "+1 c1 x"); err == nil {
		t.Error("it was not scheduled, and nothing says so")
	}
	k.End(t.Context())
	if !strings.Contains(log.String(), "another host may run the flow again") {
		t.Errorf("logged %s", log)
	}
}

// A run that continues another one waits for the other's end before it starts, and
// reads what the other saves meanwhile.
func TestClaimRun(t *testing.T) {
	c := &channel{resume: "true", slept: func() error { t.Error("the first run waits"); return nil }}
	first := Open(c, flow, slog.New(slog.DiscardHandler))
	if err := first.ClaimRun(t.Context()); err != nil {
		t.Fatal(err)
	}
	first.Begin(t.Context()) // and keeps nothing

	c.slept = func() error {
		if _, err := first.Schedule(t.Context(), "+60 c1 uuid_kill c1"); err != nil {
			return err
		}
		return first.Save(t.Context(), "late")
	}
	next := Open(c, flow, slog.New(slog.DiscardHandler))
	if err := next.ClaimRun(t.Context()); err != nil {
		t.Fatal(err)
	}
	if kept, _ := next.Previous(); kept != "late" {
		t.Errorf("continues from %q", kept)
	}

	c.slept = func() error { first.End(t.Context()); return nil }
	last := Open(c, flow, slog.New(slog.DiscardHandler))
	if err := last.ClaimRun(t.Context()); err != nil || !last.Ended() {
		t.Errorf("it has ended meanwhile: %v, %v", last.Ended(), err)
	}

	other := Open(c, flow, slog.New(slog.DiscardHandler))
	c.slept = func() error { c.slept = nil; return other.ClaimRun(t.Context()) }
	if err := last.ClaimRun(t.Context()); err == nil || !c.displaced {
		t.Errorf("of two runs the earlier one continues: %v", err)
	}

	c.slept = func() error { c.moved = true; return nil }
	if err := last.ClaimRun(t.Context()); err == nil {
		t.Error("a call that was moved meanwhile continues")
	}

	displaced := errors.New("displaced")
	c.slept = func() error { return displaced }
	if err := Open(c, flow, slog.New(slog.DiscardHandler)).ClaimRun(t.Context()); err != displaced {
		t.Errorf("waiting ends with %v", err)
	}
}

func TestClaimRunWithoutFreeSWITCH(t *testing.T) {
	c := &channel{resume: "true"}
	c.open(flow)
	gone := errors.New("gone")
	for n := range 3 { // its three commands
		next := Open(c, flow, slog.New(slog.DiscardHandler))
		c.failsAfter, c.fails = n, gone
		if err := next.ClaimRun(t.Context()); err != gone {
			t.Errorf("command %d fails: %v", n, err)
		}
		c.failsAfter, c.fails = 0, nil
	}
}

// What the previous run has deleted meanwhile is not continued.
func TestClaimRunOfWhatIsGone(t *testing.T) {
	for name, value := range map[string]string{"unset": "", "the channel is gone": "-ERR No such channel!"} {
		c := &channel{resume: "true"}
		c.open(flow)
		next, log := Open(c, flow, slog.New(slog.DiscardHandler)), &bytes.Buffer{}
		next.log = slog.New(slog.NewTextHandler(log, nil))
		c.slept = func() error { c.value = value; return nil }
		if err := next.ClaimRun(t.Context()); err != nil || next.continues || log.Len() > 0 {
			t.Errorf("%s: %v, continues %v, logged %s", name, err, next.continues, log)
		}
	}
}

func TestWhatCannotBeParsed(t *testing.T) {
	whole := record{}.text()
	for value, want := range map[string]string{
		"2." + whole[2:]: `its format is "2"`,
		strings.Replace(whole, "running", "walking", 1): "damaged: 8 words",
		strings.TrimSuffix(whole, "."):                  "damaged: 7 words",
		strings.Replace(whole, "1..", "1.!.", 1):        "damaged in word 2",
		whole + "!":                                     "damaged in word 8",
	} {
		if _, err := parse(value); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", value, err, want)
		}
	}
}

// A task that cannot be deleted is logged, unless the run is over anyway.
func TestATaskThatCannotBeDeleted(t *testing.T) {
	c := &channel{}
	k, _ := c.open(flow)
	if _, err := k.Schedule(t.Context(), "+60 c1 uuid_kill c1"); err != nil {
		t.Fatal(err)
	}
	if _, log := c.open(flow); log.Len() > 0 {
		t.Errorf("logged %s", log)
	}
	c.fails = errors.New("gone")
	if _, log := c.open(flow); !strings.Contains(log.String(), "task=1 error=gone") {
		t.Errorf("logged %s", log)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	var log bytes.Buffer
	Open(c, flow, slog.New(slog.NewTextHandler(&log, nil))).Begin(ctx)
	if log.Len() > 0 {
		t.Errorf("logged %s after the end", &log)
	}
}

// FuzzParse checks that no value causes a panic and that a parsed value is written the same.
func FuzzParse(f *testing.F) {
	f.Add(record{place: place{"1", "p/1", "flow"}, generation: "g", version: "v", saved: "{}", tasks: []int{1, 22}}.text())
	f.Add(record{ended: true}.text() + "." + taskAdded + "7\n")
	f.Add("1.MQ.cA.Zg.Zw.dg.running.e30.x")
	f.Add("2.")
	f.Fuzz(func(t *testing.T, value string) {
		r, err := parse(value)
		if err != nil {
			return
		}
		again, err := parse(r.text())
		if err != nil || again.text() != r.text() {
			t.Errorf("%q: %v", value, err)
		}
	})
}
