package session

import (
	"cmp"
	"strconv"
	"strings"
	"time"

	"github.com/eslua/eslua/host/freeswitch/esl"
	"github.com/eslua/eslua/host/freeswitch/syntax"
	"github.com/eslua/eslua/host/script/vm"
	lua "github.com/yuin/gopher-lua"
)

// digitsVariable is the channel variable in which the applications that collect
// digits store them, unless the script names another one.
const digitsVariable = "eslua_digits"

// leastTimeout is the shortest time-out, in milliseconds, that the applications obey
// (mod_dptools.c:read_function). With a shorter one eslua collects the digits itself.
const leastTimeout = 1000

// read plays a prompt and collects digits; the first one ends the prompt.
func read(s *Session, a *vm.Args) (lua.LValue, error) {
	if s.gone() {
		return s.readNothing()
	}
	least := max(a.Int(0), 1)
	most := max(a.Int(1), 1)
	file, timeout, inter := a.String(2), max(a.Int(3), 1), max(a.Int(5), 0)
	arg := quoteArgs(least, min(most, syntax.MaxDigits), cmp.Or(file, "silence"), digitsVariable, timeout, terminators(a.String(4)), inter) // silence is no prompt
	own, err := s.readsItself(a, timeout)
	if err != nil {
		return empty, err
	}
	if own {
		if _, err := s.granted(a, "read", arg); err != nil {
			return empty, err
		}
		got, _, err := s.readOnce(a, reading{least: least, most: most, file: file, timeout: milliseconds(timeout), inter: milliseconds(inter), terminators: a.String(4)})
		return lua.LString(got), err
	}
	digits, _, err := s.collect(a, &prompt{}, "read", arg, digitsVariable)
	return lua.LString(digits), err
}

// playAndGetDigits plays a prompt and collects digits until they match.
func playAndGetDigits(s *Session, a *vm.Args) (lua.LValue, error) {
	if s.gone() {
		return s.readNothing()
	}
	least, timeout, inter := max(a.Int(0), 0), a.Int(3), max(a.Int(9), 0)
	most := max(a.Int(1), least)
	variable, transfer := cmp.Or(a.String(8), digitsVariable), a.String(10)
	args := []any{least, min(most, syntax.MaxDigits), max(a.Int(2), 0), max(timeout, 1), terminators(a.String(4)),
		a.String(5), a.String(6), variable, a.String(7), inter}
	if transfer != "" {
		args = append(args, transfer)
	}
	arg := quoteArgs(args...)
	own, err := s.readsItself(a, timeout)
	if err != nil {
		return empty, err
	}
	if own {
		if _, err := s.granted(a, "play_and_get_digits", arg); err != nil {
			return empty, err
		}
		return s.readUntilMatch(a, reading{
			least: least, most: most, file: a.String(5), timeout: unsigned(timeout), inter: milliseconds(inter), terminators: a.String(4), variable: variable,
		})
	}
	bad := a.String(6)
	if bad != "" {
		if err := s.hearBreaks(a); err != nil {
			return empty, err
		}
	}
	p := &prompt{main: a.String(5)}
	digits, result, err := s.collect(a, p, "play_and_get_digits", arg, variable)
	// The variable keeps the digits of the last, failed round.
	if result == "failure" || result == "timeout" && len(digits) < least {
		digits = ""
		if bad != "" && bad != p.main && !p.another && err == nil && !s.gone() {
			s.cannotPlay("play_and_get_digits", bad) // FreeSWITCH says so of no application's second file
		}
	}
	return lua.LString(digits), err
}

// readNothing reads digits on a channel that has hung up
// (switch_ivr_play_say.c:switch_ivr_read).
func (s *Session) readNothing() (lua.LValue, error) {
	if s.ended() {
		s.remember("read_result", "")
	}
	return empty, nil
}

// collect runs an application that plays a prompt and collects digits, and returns
// these with its read_result.
func (s *Session) collect(a *vm.Args, p *prompt, app, arg, variable string) (digits, result string, err error) {
	p.app, p.takes = true, true
	done, ok, err := s.run(a, p, app, arg)
	if ok {
		s.played(arg, done)
	}
	return strings.Clone(done.Get("variable_" + variable)), done.Get("variable_read_result"), err
}

// drainTime is the longest that park needs for the next digit of the channel's queue:
// it takes one every 20 ms (switch_ivr.c:switch_ivr_park).
const drainTime = 40 * time.Millisecond

// isNew reports whether a channel was created so shortly before an event that nobody can
// have pressed a digit yet.
func isNew(ev esl.Event) bool {
	var v [2]string
	ev.Pick([]string{"Event-Date-Timestamp", "Caller-Channel-Created-Time"}, v[:])
	now, err1 := strconv.ParseInt(v[0], 10, 64)
	created, err2 := strconv.ParseInt(v[1], 10, 64)
	return err1 == nil && err2 == nil && now-created < drainTime.Microseconds()
}

// maxDrain limits the wait for the end of digits that come faster than park takes them.
const maxDrain = 25 * drainTime

// readsItself reports whether eslua collects the digits, and not an application of
// FreeSWITCH: with a short time-out, or while somebody is dialling, whose digits only so keep
// their order.
func (s *Session) readsItself(a *vm.Args, timeout int) (bool, error) {
	if _, foreign := s.call.(*attached); foreign {
		return false, nil
	}
	if s.call.PendingDigits() == "" && s.set.env.Clock.Now().Before(s.drained) {
		if err := s.call.Sleep(a.Context(), drainTime); err != nil {
			return false, s.classifyErr(err)
		}
	}
	return s.call.PendingDigits() != "" || (timeout < leastTimeout || s.isDialling()) && s.hearsDigits(a), nil
}

// dialPause is the longest pause between two digits of somebody who is dialling.
const dialPause = 3 * time.Second

// isDialling reports whether the next digit may follow at any moment: before an application
// begins, FreeSWITCH's park would take it, and give it back behind the one after that.
func (s *Session) isDialling() bool {
	return s.call.PendingDigits() != "" || s.call.PressedSince(s.set.env.Clock.Now().Add(-dialPause))
}

// withTyped returns the argument of an application that takes digits, so that it first
// gets those that were pressed before, because FreeSWITCH's park has taken them off the
// channel. FreeSWITCH queues them when it expands the argument: earlier, park would take
// them again; later, a digit that is pressed now would be before them. It waits until
// park has taken all: what is still in the channel's queue would come before the
// digits that this adds to it.
func (s *Session) withTyped(a *vm.Args, arg string) (string, error) {
	digits, clock := s.call.PendingDigits(), s.set.env.Clock
	last := clock.Now().Add(maxDrain)
	for more := digits != "" || clock.Now().Before(s.drained); more && clock.Now().Before(last); {
		if err := s.call.Sleep(a.Context(), drainTime); err != nil {
			return arg, err
		}
		before := digits
		digits = s.call.PendingDigits()
		more = digits != before
	}
	uuid := s.call.UUID()
	if digits == "" || strings.HasPrefix(arg, "%") || uuid != syntax.Word(uuid) || strings.ContainsAny(uuid, "(){},$") {
		return arg, nil
	}
	return "%[eslua_typed=${uuid_recv_dtmf(" + uuid + " " + s.call.TakeDigits() + ")}]" + arg, nil
}

// applicationBegins gives an application that takes digits, and has just begun, those
// that park has taken since it was sent. From now on digits are the application's.
func (s *Session) applicationBegins(ev esl.Event) {
	p := s.prompt
	if p == nil || !p.takes || !syntax.TakesDigits(ev.Last("Application")) {
		return
	}
	p.taking = true
	digits := s.call.TakeDigits()
	if digits == "" {
		return
	}
	_, err := s.call.API(p.ctx, syntax.ForChannel("uuid_recv_dtmf", s.call.UUID(), digits))
	if err = s.classifyErr(err); err != nil {
		s.log().Warn("digits typed ahead are lost", "error", err)
	}
}

// terminators returns the keys that end the input as an application's argument;
// for an empty argument the applications would use #.
func terminators(keys string) string { return cmp.Or(keys, "none") }

// quoteArgs writes an application's arguments.
func quoteArgs(args ...any) string {
	out := make([]string, len(args))
	for i, arg := range args {
		switch v := arg.(type) {
		case int:
			out[i] = strconv.Itoa(v)
		case string:
			out[i] = syntax.Word(v)
		}
	}
	return syntax.Literal(strings.Join(out, " "))
}
