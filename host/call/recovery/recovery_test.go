package recovery

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/operate/config"
)

// A played switch has one call.
type played struct {
	mu    sync.Mutex
	up    bool
	looks []string // what the table shows, look for look; the last stays
	dump  map[string]string
	asked []string
	err   error
	lost  bool // uuid_dump fails
}

const waiting = `{"row_count":1,"rows":[{"uuid":"one","state":"CS_EXECUTE","application":"socket","application_data":"127.0.0.1:8084/f async full","cid_num":"1000","dest":"f","created_epoch":"1795217910"}]}`

// resetting makes the call stay in CS_RESET, or differ in what its channel says.
func resetting(other map[string]string) func(*played, *Recovery) {
	return func(p *played, _ *Recovery) {
		p.dump["Channel-State"], p.dump["variable_socket_resume"] = "CS_RESET", "true"
		maps.Copy(p.dump, other)
	}
}

func newPlayed(looks ...string) *played {
	return &played{up: true, looks: looks, dump: map[string]string{
		"Channel-State": "CS_EXECUTE", "variable_current_application": "socket",
		"variable_current_application_data": "127.0.0.1:8084/f async full", "variable_socket_host": "127.0.0.1",
	}}
}

func (p *played) Name() string { return "played" }

func (p *played) Up() bool { p.mu.Lock(); defer p.mu.Unlock(); return p.up }

func (p *played) API(_ context.Context, line string) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked = append(p.asked, line)
	switch {
	case p.err != nil:
		return "", p.err
	case line == "show channels as json":
		now := p.looks[0]
		if len(p.looks) > 1 {
			p.looks = p.looks[1:]
		}
		return now, nil
	case p.lost && strings.HasPrefix(line, "uuid_dump"):
		return "", errors.New("lost")
	case strings.HasPrefix(line, "uuid_dump"):
		text, err := json.Marshal(p.dump)
		return string(text), err
	}
	return "+OK\n", nil
}

func (p *played) commands() int { p.mu.Lock(); defer p.mu.Unlock(); return len(p.asked) }

// done returns the last command if it changed something.
func (p *played) done() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	last := p.asked[len(p.asked)-1]
	if strings.HasPrefix(last, "show") || strings.HasPrefix(last, "uuid_dump") {
		return ""
	}
	return last
}

// runRecovery runs a Recovery in virtual time, as long as its first search takes.
func runRecovery(t *testing.T, p *played, change func(*Recovery)) *story {
	t.Helper()
	said := &story{}
	synctest.Test(t, func(t *testing.T) {
		r := New(Config{Policy: config.Parked{Action: config.HangupParked, Cause: "USER_BUSY"}, Grace: time.Minute},
			[]Node{{p, "127.0.0.1:8021"}}, slog.New(said), clock.System())
		r.machine = imagined{own: []string{"127.0.0.1"}}
		if change != nil {
			change(r)
		}
		ctx, stop := context.WithTimeout(t.Context(), time.Minute+time.Second)
		defer stop()
		if err := r.Run(ctx, "127.0.0.1:8084"); err != nil {
			t.Error(err)
		}
	})
	return said
}

func TestWhatIsTouched(t *testing.T) {
	const none = "{\"row_count\": 0}\n"
	reset := strings.Replace(waiting, "CS_EXECUTE", "CS_RESET", 1)
	answered := strings.Replace(waiting, `"socket"`, `"playback"`, 1)
	for name, c := range map[string]struct {
		looks  []string
		change func(*played, *Recovery)
		want   string
	}{
		"a call left parked": {[]string{waiting}, nil, "uuid_kill one USER_BUSY"},
		"none":               {[]string{none}, nil, ""},
		"seen once":          {[]string{waiting, none}, nil, ""},
		"seen late":          {[]string{none, waiting}, nil, ""},
		"it moved on":        {[]string{waiting, answered}, nil, ""},
		"another socket":     {[]string{waiting, strings.Replace(waiting, "/f ", "/g ", 1)}, nil, ""},
		"bridged by now":     {[]string{strings.Replace(waiting, "CS_EXECUTE", "CS_EXCHANGE_MEDIA", 1)}, nil, ""},
		"it came to us":      {[]string{waiting}, func(_ *played, r *Recovery) { r.Track("one") }, ""},
		"it came and went":   {[]string{waiting}, func(_ *played, r *Recovery) { r.Track("one")() }, "uuid_kill one USER_BUSY"},
		"the table is behind": {[]string{waiting}, func(p *played, _ *Recovery) {
			p.dump["variable_current_application"] = "playback"
		}, ""},
		"the channel left its dialplan": {[]string{waiting}, func(p *played, _ *Recovery) { p.dump["Channel-State"] = "CS_HANGUP" }, ""},
		"another host was dialled":      {[]string{waiting}, func(p *played, _ *Recovery) { p.dump["variable_socket_host"] = "10.0.0.2" }, ""},
		"an old eslua still serves":     {[]string{waiting}, func(_ *played, r *Recovery) { r.machine = imagined{own: []string{"127.0.0.1"}, busy: true} }, ""},
		"who serves cannot be told": {[]string{waiting}, func(_ *played, r *Recovery) {
			r.machine = imagined{own: []string{"127.0.0.1"}, blind: errors.New("no /proc")}
		}, ""},
		"this eslua took over, and the old one is dead": {[]string{waiting}, func(_ *played, r *Recovery) { r.Disable() }, "uuid_kill one USER_BUSY"},
		"in CS_RESET":                                 {[]string{reset}, resetting(nil), "uuid_kill one USER_BUSY"},
		"in CS_RESET for another reason":              {[]string{reset}, resetting(map[string]string{"variable_socket_resume": ""}), ""},
		"in CS_RESET no more":                         {[]string{reset}, resetting(map[string]string{"Channel-State": "CS_EXECUTE"}), ""},
		"in CS_RESET after a host of another machine": {[]string{reset}, resetting(map[string]string{"variable_socket_host": "10.0.0.2"}), ""},
		"the node fails":                              {[]string{waiting}, func(p *played, _ *Recovery) { p.err = errors.New("gone") }, ""},
		"it answers nonsense":                         {[]string{"-ERR SQL disabled, no data available!\n"}, nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlayed(c.looks...)
			said := runRecovery(t, p, func(r *Recovery) {
				if c.change != nil {
					c.change(p, r)
				}
			})
			if len(p.asked) == 0 {
				p.asked = []string{"show"}
			}
			if got := p.done(); got != c.want {
				t.Errorf("done: %q, want %q\n%s", got, c.want, said.text())
			}
			if c.want == "" && strings.Contains(said.text(), "found=") {
				t.Errorf("calls are said to be found: %s", said.text())
			}
			if c.want != "" && !strings.Contains(said.text(), "caller=1000 called=f socket=127.0.0.1:8084/f async full since=2026-11-20T23:38:30Z done=hung up with USER_BUSY") {
				t.Errorf("said %s", said.text())
			}
		})
	}
}

func TestACallOfTheSecondLookHasItsTime(t *testing.T) {
	row := waiting[strings.Index(waiting, `{"uuid"`) : len(waiting)-2]
	both := strings.Replace(waiting, row, row+","+strings.Replace(row, `"one"`, `"two"`, 1), 1)
	p := newPlayed(waiting, both)
	runRecovery(t, p, nil)
	if killed := strings.Join(p.asked, "; "); !strings.Contains(killed, "uuid_kill one") || strings.Contains(killed, "uuid_kill two") {
		t.Errorf("asked %s", killed)
	}
}

func TestANodeIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlayed(waiting)
		p.up = false
		r := New(Config{Policy: config.Parked{Action: config.Report}, Grace: time.Minute}, []Node{{p, "127.0.0.1:8021"}}, slog.New(&story{}), clock.System())
		r.machine = imagined{own: []string{"127.0.0.1"}}
		ended := make(chan error, 1)
		ctx, stop := context.WithCancel(t.Context())
		go func() { ended <- r.Run(ctx, "127.0.0.1:8084") }()
		time.Sleep(time.Hour)
		synctest.Wait()
		if n := p.commands(); n != 0 {
			t.Errorf("got %d commands while it was down", n)
		}
		p.mu.Lock()
		p.up = true
		p.mu.Unlock()
		time.Sleep(upPoll)
		synctest.Wait()
		if n := p.commands(); n != 2 {
			t.Errorf("got %d commands as soon as it was up, want 2", n)
		}
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

// What another host leaves behind while this one serves is found within a minute, and
// is reported once if that is all that is to be done.
func TestACallLeftParkedAtAnyTimeIsFound(t *testing.T) {
	const none = `{"row_count": 0}`
	for action, want := range map[config.Parked]string{
		{Action: config.HangupParked, Cause: "USER_BUSY"}: "uuid_kill one USER_BUSY",
		{Action: config.Report}:                           "",
	} {
		synctest.Test(t, func(t *testing.T) {
			p, said := newPlayed(none), &story{}
			r := New(Config{Policy: action, Grace: 30 * time.Second}, []Node{{p, "127.0.0.1:8021"}}, slog.New(said), clock.System())
			r.machine = imagined{own: []string{"127.0.0.1"}}
			ctx, stop := context.WithCancel(t.Context())
			ended := make(chan error, 1)
			go func() { ended <- r.Run(ctx, "127.0.0.1:8084") }()
			time.Sleep(time.Hour + time.Second) // just after a search
			p.mu.Lock()
			p.looks = []string{waiting}
			p.mu.Unlock()
			time.Sleep(time.Minute)
			synctest.Wait()
			p.mu.Lock()
			if asked := strings.Join(p.asked, "; "); !strings.Contains(asked, want) {
				t.Errorf("asked %s", asked)
			}
			p.mu.Unlock()
			time.Sleep(time.Hour)
			synctest.Wait()
			if n := strings.Count(said.text(), "uuid=one"); n != 1 {
				t.Errorf("said %d times: %s", n, said.text())
			}
			stop()
			<-ended
		})
	}
}

func TestTheEndOfTheHostEndsRecovery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlayed(waiting)
		p.up = false
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		r := New(Config{}, []Node{{p, "127.0.0.1:8021"}}, slog.New(&story{}), clock.System())
		go func() { ended <- r.Run(ctx, "127.0.0.1:8084") }()
		synctest.Wait()
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

func TestANodeThatFailsInBetween(t *testing.T) {
	p := newPlayed(waiting)
	p.lost = true
	if said := runRecovery(t, p, nil); !strings.Contains(said.text(), "could not search the node") || !strings.Contains(said.text(), "error=lost") {
		t.Errorf("said %s", said.text())
	}
}

func TestReentry(t *testing.T) {
	for data, want := range map[string]string{
		"127.0.0.1:8084/f async full":      "uuid_transfer u 'm:^:set:socket_resume=true^socket:127.0.0.1:8084/f async full' inline",
		"127.0.0.1:8084/a^b async full":    "uuid_transfer u 'm:~:set:socket_resume=true~socket:127.0.0.1:8084/a^b async full' inline",
		"127.0.0.1:8084/${system(x)} full": "",
		"127.0.0.1:8084/it's full":         "",
		"127.0.0.1:8084/^~;|! full":        "",
	} {
		got, err := call{uuid: "u", data: data}.reentry()
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%s: %s, %v, want %s", data, got, err, want)
		}
	}
	if got, _ := (call{uuid: "u", extension: "7001 XML default"}).reentry(); got != "uuid_transfer u 7001 XML default" {
		t.Errorf("from CS_RESET: %s", got)
	}
}
