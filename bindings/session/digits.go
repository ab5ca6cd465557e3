package session

import (
	"strconv"
	"strings"
	"time"

	"github.com/eslua/eslua/host/freeswitch/syntax"
	"github.com/eslua/eslua/host/script/vm"
	lua "github.com/yuin/gopher-lua"
)

// digitsVariable is the channel variable in which the applications that collect
// digits store them, unless the script names another one.
const digitsVariable = "eslua_digits"

// milliseconds returns a duration of n milliseconds, a year at most.
func milliseconds(n int) time.Duration {
	return time.Duration(min(max(n, 0), 365*24*3600*1000)) * time.Millisecond
}

// getDigits collects digits without an application of FreeSWITCH: those typed
// ahead, then those pressed now (switch_ivr.c:switch_ivr_collect_digits_count).
func getDigits(s *Session, a *vm.Args) (lua.LValue, error) {
	most, terminators := a.Int(0), a.String(1)
	first, inter, abs := milliseconds(a.Int(2)), milliseconds(a.Int(3)), milliseconds(a.Int(4))
	if inter == 0 {
		inter = first
	}
	wait := first
	if first == 0 {
		wait = inter
	}
	clock := s.set.env.Clock
	start := clock.Now()
	var got strings.Builder
	_, err := s.waitWithCallbacks(a, &prompt{}, func() error {
		for {
			limit := wait
			if limit == 0 {
				limit = -1
			}
			if abs > 0 {
				left := abs - clock.Now().Sub(start)
				if left <= 0 {
					return nil
				}
				if limit < 0 || left < limit {
					limit = left
				}
			}
			digit, ok, err := s.call.WaitDigit(a.Context(), limit)
			if err != nil || !ok {
				return err
			}
			if strings.IndexByte(terminators, digit.Key) >= 0 {
				return nil
			}
			got.WriteByte(digit.Key)
			if got.Len() >= most {
				return nil
			}
			wait = inter
		}
	})
	return lua.LString(got.String()), err
}

// collectDigits gives digits to the callbacks until the time is over or one of
// them stops it.
func collectDigits(s *Session, a *vm.Args) (lua.LValue, error) {
	between, abs := time.Duration(0), milliseconds(a.Int(0))
	if a.Len() > 1 {
		between, abs = abs, milliseconds(a.Int(1))
	}
	p := &prompt{input: true, dtmf: true}
	if !s.hasCallback(p) {
		return no, nil
	}
	limit := abs
	if between > 0 && (limit == 0 || between < limit) {
		limit = between
	}
	clock := s.set.env.Clock
	start := clock.Now()
	_, err := s.waitWithCallbacks(a, p, func() error {
		for {
			d := limit
			if abs > 0 {
				if d = min(d, abs-clock.Now().Sub(start)); d <= 0 {
					return nil
				}
			}
			if d == 0 {
				d = 24 * time.Hour
			}
			before := p.digits
			if err := s.call.Sleep(a.Context(), d); err != nil {
				return err
			}
			if between > 0 && p.digits == before {
				return nil
			}
		}
	})
	return no, err
}

// read plays a prompt and collects digits; the first one ends the prompt.
func read(s *Session, a *vm.Args) (lua.LValue, error) {
	least := max(a.Int(0), 1)
	most := min(max(a.Int(1), 1), syntax.MaxDigits)
	file := a.String(2)
	if file == "" {
		file = "silence" // means no prompt
	}
	arg := quoteArgs(least, most, file, digitsVariable, max(a.Int(3), 1), terminators(a.String(4)), max(a.Int(5), 0))
	digits, _, err := s.collect(a, "read", arg, digitsVariable)
	return lua.LString(digits), err
}

// playAndGetDigits plays a prompt and collects digits until they match.
func playAndGetDigits(s *Session, a *vm.Args) (lua.LValue, error) {
	least := max(a.Int(0), 0)
	variable := a.String(8)
	if variable == "" {
		variable = digitsVariable
	}
	transfer := a.String(10)
	args := []any{least, min(max(a.Int(1), least), syntax.MaxDigits), max(a.Int(2), 0), max(a.Int(3), 1), terminators(a.String(4)),
		a.String(5), a.String(6), variable, a.String(7), max(a.Int(9), 0)}
	if transfer != "" {
		args = append(args, transfer)
	}
	digits, result, err := s.collect(a, "play_and_get_digits", quoteArgs(args...), variable)
	// The variable keeps the digits of the last, failed round.
	if result == "failure" || result == "timeout" && len(digits) < least {
		digits = ""
	}
	if digits == "" && transfer != "" && !s.ended() && result != "success" {
		s.movedByApp = true
	}
	return lua.LString(digits), err
}

// collect runs an application that collects digits and returns them with its
// read_result. The application gets the digits typed ahead when it begins,
// because FreeSWITCH's park has taken them off the channel.
func (s *Session) collect(a *vm.Args, app, arg, variable string) (digits, result string, err error) {
	s.saveTypedDigits()
	p := &prompt{app: true}
	done, _, err := s.run(a, p, app, arg)
	return strings.Clone(done.Get("variable_" + variable)), done.Get("variable_read_result"), err
}

// saveTypedDigits keeps the digits typed ahead for the application that begins
// next.
func (s *Session) saveTypedDigits() {
	s.typedDigits = s.call.PendingDigits()
	s.call.FlushDigits()
}

// resendTypedDigits puts the saved digits back on the channel once the
// application that collects digits has begun. Earlier, park would take them
// again.
func (s *Session) resendTypedDigits(app string) {
	if s.typedDigits == "" || s.prompt == nil || !syntax.CollectsDigits(app) {
		return
	}
	digits := s.typedDigits
	s.typedDigits = ""
	_, err := s.call.API(s.prompt.ctx, "uuid_recv_dtmf "+s.call.UUID()+" "+digits)
	if err = s.classifyErr(err); err != nil {
		s.log().Warn("digits typed ahead are lost", "error", err)
	}
}

// terminators returns the keys that end the input as an application's argument;
// for an empty argument the applications would use #.
func terminators(keys string) string {
	if keys == "" {
		return "none"
	}
	return keys
}

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

func flushDigits(s *Session, a *vm.Args) (lua.LValue, error) {
	s.call.FlushDigits()
	if s.ended() {
		return no, nil
	}
	_, err := s.call.API(a.Context(), "uuid_flush_dtmf "+s.call.UUID())
	return no, s.classifyErr(err)
}
