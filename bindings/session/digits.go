package session

import (
	"math"
	"strings"
	"time"

	"github.com/eslua/eslua/host/freeswitch/syntax"
	"github.com/eslua/eslua/host/script/vm"
	lua "github.com/yuin/gopher-lua"
)

// milliseconds returns a duration of n milliseconds, a year at most.
func milliseconds(n int) time.Duration {
	return time.Duration(min(max(n, 0), 365*24*3600*1000)) * time.Millisecond
}

// unsigned returns a duration of n milliseconds. Less than zero has no end: mod_lua
// reads it as a number without a sign.
func unsigned(n int) time.Duration {
	if n < 0 {
		n = math.MaxInt
	}
	return milliseconds(n)
}

// maxDigits limits the digits that mod_lua's own methods collect (switch_cpp.h:
// dtmf_buf).
const maxDigits = 511

// getDigits collects digits without an application of FreeSWITCH: those typed
// ahead, then those pressed now (switch_ivr.c:switch_ivr_collect_digits_count).
func getDigits(s *Session, a *vm.Args) (lua.LValue, error) {
	most, terminators := a.Int(0), a.String(1)
	first, inter, abs := unsigned(a.Int(2)), unsigned(a.Int(3)), unsigned(a.Int(4))
	if most == 0 {
		return empty, nil
	}
	if most < 0 || most > maxDigits {
		most = maxDigits
	}
	if inter == 0 {
		inter = first
	}
	if first == 0 {
		first = inter
	}
	got, _, err := s.gather(a, "", most, terminators, first, inter, abs)
	return lua.LString(got), err
}

// gather adds digits to those that it is given, until there are enough, or a terminator
// or a time-out ends it (switch_ivr.c:switch_ivr_collect_digits_count). A duration of 0
// has no end. ended is the terminator, or 0.
func (s *Session) gather(a *vm.Args, digits string, most int, terminators string, first, inter, abs time.Duration) (got string, ended byte, err error) {
	clock := s.set.env.Clock
	start := clock.Now()
	wait := first
	var b strings.Builder
	b.WriteString(digits)
	_, err = s.waitWithCallbacks(a, &prompt{}, func() error {
		for b.Len() < most {
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
				ended = digit.Key
				return nil
			}
			b.WriteByte(digit.Key)
			wait = inter
		}
		return nil
	})
	return b.String(), ended, err
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

func flushDigits(s *Session, a *vm.Args) (lua.LValue, error) {
	s.call.FlushDigits()
	if s.gone() {
		return no, nil
	}
	_, err := s.call.API(a.Context(), syntax.ForChannel("uuid_flush_dtmf", s.call.UUID(), ""))
	return no, s.classifyErr(err)
}
