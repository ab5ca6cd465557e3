package session

import (
	"cmp"
	"strings"
	"time"

	"github.com/eslua/eslua/host/freeswitch/syntax"
	"github.com/eslua/eslua/host/script/vm"
	lua "github.com/yuin/gopher-lua"
)

// A reading holds the parameters of switch_ivr_play_say.c:switch_ivr_read, which eslua
// does itself when an application would wait longer than the script wants: it plays the
// prompt with an application and hears the digits as events.
type reading struct {
	least, most    int
	file           string
	timeout, inter time.Duration // 0: without end; inter 0: the same as timeout
	terminators    string
	variable       string // gets the digits; "" for none
}

// hearsDigits reports whether digits come as events. Those of a call with sensitive_dtmf
// do not (switch_channel.c:switch_channel_dequeue_dtmf), nor those of a channel that
// is not this script's own.
func (s *Session) hearsDigits(a *vm.Args) bool {
	if _, foreign := s.call.(*attached); foreign || s.ended() {
		return false
	}
	return !switchTrue(s.own(a, "sensitive_dtmf"))
}

// switchTrue reads a value as FreeSWITCH does (switch_utils.h:switch_true).
func switchTrue(value string) bool {
	switch strings.ToLower(value) {
	case "yes", "on", "true", "t", "enabled", "active", "allow":
		return true
	}
	return value != "" && strings.Trim(value, "0123456789") == "" && strings.Trim(value, "0") != ""
}

// An outcome is the value of read_result, or restart; it is empty if the prompt was not
// played.
type outcome string

const (
	success  outcome = "success"
	timedOut outcome = "timeout"
	failure  outcome = "failure"
	restart  outcome = "restart" // by a terminator that x precedes
)

// readOnce plays the prompt and collects digits, of which the first ends the prompt.
func (s *Session) readOnce(a *vm.Args, r reading) (digits string, how outcome, err error) {
	first, inter := r.timeout, cmp.Or(r.inter, r.timeout)
	most := min(max(r.most, r.least), maxDigits)
	s.setOwn(a, "read_result", "")
	if played, err := s.playUntilDigit(a, r.file, syntax.Literal(r.file)); err != nil || !played {
		return "", "", err
	}
	if digit, ok := s.call.PopDigit(); ok {
		digits, first = string(digit.Key), inter
	}
	ended := byte(0)
	switch {
	case len(digits) >= most:
	case digits != "" && strings.Contains(r.terminators, digits):
		digits, ended = "", digits[0]
	default:
		digits, ended, err = s.gather(a, digits, most, r.terminators, cmp.Or(first, inter), inter, 0)
	}
	if err != nil || s.gone() {
		return digits, failure, err
	}
	how = success
	if ended == 0 && len(digits) < most {
		how = timedOut
	}
	if ended != 0 {
		s.setOwn(a, "read_terminator_used", string(ended))
		if i := strings.IndexByte(r.terminators, ended); i > 0 && (r.terminators[i-1] == '+' || r.terminators[i-1] == 'x') {
			digits += string(ended)
			if r.terminators[i-1] == 'x' {
				how = restart
			}
		}
	} else if strings.HasPrefix(r.terminators, "=") { // one is required
		how = failure
	}
	if len(digits) < r.least {
		how = failure
	}
	if how == restart {
		s.setOwn(a, "read_result", string(failure))
	} else {
		s.setOwn(a, "read_result", string(how))
		if most == 1 && len(digits) == 1 && strings.Contains(r.terminators, digits) {
			digits = ""
		}
	}
	if digits != "" {
		s.setOwn(a, r.variable, digits)
	}
	return digits, how, nil
}

// anyTerminator has any key end an application's prompt.
const anyTerminator = "%[playback_terminators=0123456789*#ABCD]"

// playUntilDigit plays a prompt until a digit is pressed, and reports whether it was
// played. A digit typed ahead leaves nothing to play. arg is the file as FreeSWITCH is to
// expand it.
func (s *Session) playUntilDigit(a *vm.Args, file, arg string) (bool, error) {
	app, arg := "playback", anyTerminator+arg
	if s.call.PendingDigits() != "" || file == "" || strings.EqualFold(file, "silence") {
		if s.call.MediaReady() {
			return true, nil
		}
		app, arg = "pre_answer", ""
	}
	done, ok, err := s.run(a, &prompt{app: true}, app, arg)
	return ok && s.played(file, done), err
}

// readUntilMatch reads until the digits match the pattern
// (switch_ivr_play_say.c:switch_play_and_get_digits).
func (s *Session) readUntilMatch(a *vm.Args, r reading) (lua.LValue, error) {
	tries, bad, pattern, transfer := a.Int(2), a.String(6), a.String(7), a.String(10)
	invalid := ""
	if pattern != "" && r.variable != "" {
		invalid = r.variable + "_invalid"
	}
	for _, name := range []string{r.variable, invalid} {
		if err := s.set.env.Grants.CheckVariable(name, "1"); name != "" && err != nil {
			return empty, err
		}
	}
	s.setOwn(a, invalid, "")
	for ; tries > 0 && !s.gone(); tries-- {
		s.setOwn(a, r.variable, "")
		digits, how, err := s.readOnce(a, r)
		if err != nil || how == restart {
			return lua.LString(digits), err
		}
		if how == timedOut && len(digits) >= r.least {
			how = success
		}
		if r.least == 0 && digits == "" && s.own(a, "read_terminator_used") != "" {
			return empty, nil
		}
		if how == success && digits != "" {
			if pattern == "" || s.matches(a, digits, pattern) {
				return lua.LString(digits), nil
			}
			s.setOwn(a, r.variable, "")
			s.setOwn(a, invalid, digits)
		}
		if bad == "" || s.gone() {
			continue
		}
		done, ok, err := s.run(a, &prompt{app: true}, "loop_playback", syntax.Literal(bad))
		if err != nil {
			return empty, err
		}
		if ok {
			s.played(bad, done)
		}
	}
	if transfer == "" || s.gone() {
		return empty, nil
	}
	return empty, s.transferAtEnd(a, syntax.Literal(transfer))
}

// matches has FreeSWITCH match the digits, because Go's regular expressions are not its.
func (s *Session) matches(a *vm.Args, digits, pattern string) bool {
	return s.regex(a, digits, pattern, "") == "true"
}

// regex returns what FreeSWITCH's command regex says of digits and a pattern; more is
// what follows these in its argument.
func (s *Session) regex(a *vm.Args, digits, pattern, more string) string {
	const delim = '~'
	answer, err := s.call.API(a.Context(), "regex m:~"+digits+"~"+syntax.Part(pattern, delim)+more)
	if err = s.classifyErr(err); err != nil {
		s.log().Error("the digits were not matched", "pattern", pattern, "error", err)
	}
	return answer
}

// own returns a variable of the channel.
func (s *Session) own(a *vm.Args, name string) string {
	value, err := s.call.API(a.Context(), syntax.ForChannel("uuid_getvar", s.call.UUID(), name))
	if s.classifyErr(err) != nil || value == "_undef_" || strings.HasPrefix(value, "-ERR") {
		return ""
	}
	return value
}

// setOwn sets a variable of the channel, or unsets it.
func (s *Session) setOwn(a *vm.Args, name, value string) {
	if name == "" {
		return
	}
	_, err := s.call.API(a.Context(), syntax.ForChannel("uuid_setvar", s.call.UUID(), strings.TrimRight(syntax.Word(name)+" "+value, " ")))
	if err = s.classifyErr(err); err != nil {
		s.log().Error("a variable was not set", "variable", name, "error", err)
	}
}
