package flowtest

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/switchsim"
)

// A wait is a time in which a script waited, from the begin of its call.
type wait struct {
	from, to time.Duration
	what     string // what the script had called
}

// mostWaits bounds the waits of a call at which Hangups tries something; of more, it takes
// some at equal distances.
const mostWaits = 50

// Hangups plays a call, and then again and again: the caller hangs up in each of the
// script's waits and at once, and then in each wait the host is killed and another one goes on. It returns
// the errors of the first run in which the script fails. Meanwhile nobody answers or
// presses a key at once, so that there is a wait before whatever they do.
func (s *Scene) Hangups(ctx context.Context, c Calling, kill bool) ([]Mismatch, error) {
	if err := s.setPace(reaction); err != nil {
		return nil, err
	}
	defer func() { _ = s.setPace(0) }() // it has been read before
	wrong, whole, err := s.again(ctx, c, nil)
	if err != nil || len(wrong) > 0 {
		return wrong, err
	}
	waits := s.ladder.waitsOf(whole)
	// In the begin last: how far the script has come there is a race.
	for _, w := range append(waits[:len(waits):len(waits)], wait{what: "the begin of the call"}) {
		wrong, _, err := s.again(ctx, c, func(call *Call) (told string, act func() error) {
			at := w.from + (w.to-w.from)/2
			call.reacts = append(slices.Clone(call.reacts), []switchsim.Step{switchsim.After(at).Hangup()})
			return fmt.Sprintf("when the caller hangs up at second %.3f, in %s", at.Seconds(), w.what), nil
		})
		if err != nil || len(wrong) > 0 {
			return wrong, err
		}
	}
	for _, w := range waits {
		if !kill {
			break
		}
		wrong, _, err := s.again(ctx, c, func(call *Call) (told string, act func() error) {
			at := w.from + (w.to-w.from)/2
			return fmt.Sprintf("when the host is killed at second %.3f, in %s", at.Seconds(), w.what), func() error {
				if err := clock.Sleep(ctx, s.clock, at); err != nil {
					return err
				}
				first := s.stage
				s.stage = call.next
				first.kill()
				return nil
			}
		})
		if err != nil || len(wrong) > 0 {
			return wrong, err
		}
	}
	return nil, nil
}

// reaction passes before somebody reacts.
const reaction = 200 * time.Millisecond

// again plays a call on a ladder of its own, and returns the errors of scripts. prepare says
// what is different this time, and what is done meanwhile.
func (s *Scene) again(ctx context.Context, c Calling, prepare func(*Call) (told string, act func() error)) (wrong []Mismatch, call *Call, err error) {
	if err := s.Finish(ctx); err != nil {
		return nil, nil, err
	}
	// FreeSWITCH's timers count whole seconds, so each call begins with one.
	now := s.clock.Now()
	if err := clock.Sleep(ctx, s.clock, now.Truncate(time.Second).Add(time.Second).Sub(now)); err != nil {
		return nil, nil, err
	}
	if call, err = s.Call(c); err != nil {
		return nil, nil, err
	}
	told, act := "", (func() error)(nil)
	if prepare != nil {
		told, act = prepare(call)
	}
	s.ladder.restart()
	if act != nil {
		if call.next, err = s.newStage(); err != nil {
			return nil, nil, err
		}
	}
	if err := s.begin(); err != nil {
		return nil, nil, err
	}
	if act != nil {
		if err := act(); err != nil {
			return nil, nil, err
		}
	}
	if err := s.Finish(ctx); err != nil {
		return nil, nil, fmt.Errorf("%s: %w", cmp.Or(told, "the call"), err)
	}
	wrong = s.Errors()
	for i := range wrong {
		if told != "" {
			wrong[i].Text = told + ": " + wrong[i].Text
		}
	}
	s.calls = nil
	return wrong, call, nil
}

// waitsOf returns the waits of a call's script.
func (l *ladder) waitsOf(c *Call) []wait {
	l.mu.Lock()
	defer l.mu.Unlock()
	var all []wait
	for _, r := range l.rungs {
		if r.Kind == "script" && r.UUID == c.uuid && r.took > 0 {
			from := r.At.Add(-r.took).Sub(c.began)
			what, _, returns := cutLast(r.What, " = ")
			if !returns || !strings.HasSuffix(what, ")") && !strings.HasSuffix(what, "}") {
				what = r.What
			}
			all = append(all, wait{from, from + r.took, what})
		}
	}
	if len(all) <= mostWaits {
		return all
	}
	var some []wait
	for i := range mostWaits {
		some = append(some, all[i*len(all)/mostWaits])
	}
	return some
}
