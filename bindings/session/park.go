package session

import (
	"strconv"
	"strings"
	"time"

	"github.com/eslua/eslua/host/freeswitch/syntax"
	"github.com/eslua/eslua/host/script/vm"
)

// park waits until the call hangs up or moves on, as the application park does: that
// one returns at once, because our socket application parks the channel already
// (switch_ivr.c:switch_ivr_park).
func (s *Session) park(a *vm.Args, arg string) error {
	if _, err := s.granted(a, "park", arg); err != nil {
		return s.classifyErr(err)
	}
	limit, cause := s.parkTimeout(a)
	clock := s.set.env.Clock
	begun := clock.Now()
	overdue := false
	_, err := s.waitWithCallbacks(a, &prompt{dtmf: true}, func() error {
		for {
			left := time.Duration(-1)
			if limit > 0 {
				left = max(limit-clock.Now().Sub(begun), 0)
			}
			if _, pressed, err := s.call.WaitDigit(a.Context(), left); err != nil || !pressed {
				overdue = err == nil
				return err
			}
		}
	})
	if err == nil && overdue && !s.gone() {
		err = s.classifyErr(s.call.Hangup(a.Context(), cause))
	}
	return err
}

// parkTimeout returns what the variable park_timeout, SECONDS[:CAUSE], says, and unsets
// it; 0 is no limit.
func (s *Session) parkTimeout(a *vm.Args) (limit time.Duration, cause string) {
	value := s.own(a, "park_timeout")
	if value == "" {
		return 0, ""
	}
	s.setOwn(a, "park_timeout", "")
	text, cause, _ := strings.Cut(value, ":")
	seconds, _ := strconv.Atoi(text)
	cause, _ = syntax.CauseName(cause)
	return max(milliseconds(seconds*1000), time.Millisecond), cause
}
