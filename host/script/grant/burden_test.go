package grant

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

// Whatever a script has FreeSWITCH start or keep comes to an end, in a loop too; what
// only answers does not.
func TestABurdenIsBounded(t *testing.T) {
	const tries = 300
	for _, use := range []struct {
		how, text string
		most      int // uses that pass, of which less than half is as wrong
	}{
		{"api", "bgapi status", 255}, {"api", "sched_api +1000 none status", 255}, {"api", "hash insert/a/b%d/c", 255}, {"api", "db insert/a/b%d/c", 255},
		{"api", "uuid_broadcast 1 a.wav", 255}, {"api", "originate user/1 &park", 15}, {"api", "uuid_limit 1 hash a b%d", 255},
		{"api", "uuid_record 1 start /tmp/%d.wav", 1}, {"api", "uuid_record 1 start /tmp/%d.wav 60", 15}, {"api", "uuid_record 1 start /tmp/%d.wav 500", 2},
		{"api", "uuid_record 1 stop /tmp/%d.wav", 15}, {"api", "uuid_setvar 1 a%d " + strings.Repeat("x", 10000), 105},
		{"api", "presence in 1 x", 255}, {"api", "msleep 1", 255}, {"api", "eval ${bgapi(status)}", 255},
		{"app", "bridge|{a=b,c=d}user/1,user/2|user/3", 5}, {"app", "hash|insert/a/b%d/c", 255}, {"app", "limit|hash a b%d 5", 255},
		{"app", "log|INFO " + strings.Repeat("x", 10000), 104}, {"app", "valet_park|lot%d auto in 1 9", 255}, {"app", "record_session|/tmp/%d.wav", 1},
		{"app", "record_session|/tmp/%d.wav +60", 15}, {"app", "record_session|/tmp/%d.wav +0", 1}, {"app", "record_session|'/tmp/%d.wav' +60", 15},
		{"app", "record|/tmp/%d.wav 60", 15}, {"app", "record|/tmp/%d.wav 200 500 3", 5}, {"app", "record|/tmp/%d.wav", 1}, {"app", "record_fsv|/tmp/%d.fsv", 1},
		{"app", "event|Event-Name=CUSTOM,a=%d", 255}, {"app", "bind_meta_app|1 a s hangup::", 255}, {"app", "set|a%d=" + strings.Repeat("x", 10000), 104},
		{"app", "set|api_on_answer=bgapi status", 255},
		{"app", "conference_set_auto_outcall|user/1,user/2,user/3", 5}, {"app", "conference|bridge:room%d@default:user/1,user/2,user/3", 5},
		{"dial", "user/1", 15}, {"dial", "user/1:_:user/2,user/3", 5}, {"var", "a%d=" + strings.Repeat("x", 10000), 104},
		{"api", "hash select/a/b", 300}, {"api", "uuid_exists 1", 300}, {"api", "status", 300}, {"api", "global_getvar domain", 300}, {"app", "playback|a.wav", 300},
	} {
		for name, g := range map[string]Grants{"default": Default(), "everything": {API: Rule{Allow: []Name{"*"}}, Apps: Rule{Allow: []Name{"*"}}, FireEvents: true}} {
			if name == "everything" && (use.how == "app" || strings.ContainsAny(use.text, "$,&") || strings.Contains(use.text, "insert") || strings.Contains(use.text, ".wav")) {
				continue // then only a command's name is read
			}
			full, passed := 0, 0
			g.Burden = NewBurden(1<<20, nil, func() { full++ })
			for i := range tries {
				text := use.text
				if strings.Contains(text, "%d") {
					text = fmt.Sprintf(text, i)
				}
				err := ask(&g, use.how, text)
				var tooMuch *BurdenError
				switch {
				case err == nil:
					passed++
				case !errors.As(err, &tooMuch):
					t.Fatalf("%s %.50s: %v", use.how, text, err)
				}
			}
			if passed > use.most || passed < use.most/2 || full != tries-passed {
				t.Errorf("%s: %s %.50s: %d of %d passed, %d refused, want %d to pass", name, use.how, use.text, passed, tries, full, use.most)
			}
		}
	}
}

func TestABurdenErrorSaysWhatToDo(t *testing.T) {
	g := Default()
	g.Burden = NewBurden(aTask, nil, func() {})
	err := g.CheckAPI("bgapi status")
	if want := "switch limit of 4 KiB reached: "; err == nil || !strings.HasPrefix(err.Error(), want) || !strings.Contains(err.Error(), "limits: {switch: 8KiB}") {
		t.Errorf("got %v", err)
	}
	if err := g.CheckVariable("a", "b"); err != nil {
		t.Errorf("what is small is refused, too: %v", err)
	}
	if err := (&Grants{}).StartTask(); err != nil {
		t.Error(err) // no run, no bound
	}
}

// Runs that share a common burden start together no more than one of them might, until it
// begins again; the texts that end with a call are each run's own.
func TestACommonBurdenIsShared(t *testing.T) {
	now := time.Unix(1e9, 0)
	full, common := 0, NewCommon("those that FreeSWITCH itself has dialled", func() time.Time { return now })
	runs := make([]Grants, 3)
	for i := range runs {
		runs[i] = Default()
		runs[i].Burden = NewBurden(1<<20, common, func() { full++ })
	}
	passed := 0
	var tooMuch *BurdenError
	for i := range 30 {
		switch err := runs[i%3].CheckAPI("originate null/x &park"); {
		case err == nil:
			passed++
		case !errors.As(err, &tooMuch) || tooMuch.Common != common || !strings.Contains(err.Error(), "that FreeSWITCH itself has dialled"):
			t.Fatal(err)
		}
	}
	if passed != 15 || full != 15 {
		t.Errorf("%d passed, %d were refused", passed, full)
	}
	for i := range 200 {
		if err := runs[i%2].CheckVariable("a", strings.Repeat("x", 4000)); err != nil {
			t.Fatalf("a text is part of the common burden: %v", err)
		}
	}
	due := func(after time.Duration) bool { now = now.Add(after); return common.Due() }
	if !due(0) || due(commonTime-1) || !due(1) {
		t.Error("a common burden may begin again too early, or never")
	}
	common.Renew()
	if err := runs[0].CheckAPI("originate null/x &park"); err != nil {
		t.Error(err)
	}
}

// A script that is called again and again has a new burden each time, and the common one:
// it cannot keep FreeSWITCH busy with events that call it again.
func TestACommonBurdenOfEventsBeginsAgainWithTime(t *testing.T) {
	now := time.Unix(1e9, 0)
	g := Default()
	g.Burden = NewBurden(1<<20, NewCommon("the calls of this hook", func() time.Time { return now }), func() {})
	fire := func() (n int) {
		for range 100 {
			g.Burden.Renew()
			for g.CheckEvent("CUSTOM", [][2]string{{"Event-Subclass", "a::b"}}, strings.Repeat("x", 6000)) == nil {
				n++
			}
		}
		return n
	}
	if first, second := fire(), fire(); first != 103 || second != 0 {
		t.Errorf("%d and %d events, want 103 and none", first, second)
	}
	if now = now.Add(commonTime); fire() != 103 {
		t.Error("they do not begin again")
	}
	if err := g.CheckAPI("originate null/x &park"); err != nil {
		t.Errorf("events are in the way of a leg: %v", err)
	}
}
