package flowtest

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/eslua/eslua/host/switchsim"
)

// Answers are what FreeSWITCH says in a test; the first that fits counts.
type answers struct {
	phones     []Phone
	extensions []switchsim.Extension
	lengths    []length
	replies    []reply
}

type length struct {
	path    string
	plays   time.Duration
	missing bool
}

type reply struct{ command, answer string }

func (a *answers) dialplan() switchsim.Dialplan {
	return switchsim.Dialplan{"default": slices.Clone(a.extensions)}
}

// dialled reports whether the test has an extension for a number.
func (a *answers) dialled(number string) bool {
	return slices.ContainsFunc(a.extensions, func(e switchsim.Extension) bool {
		if !strings.HasPrefix(e.Match, "^") {
			return e.Match == number
		}
		pattern, err := regexp.Compile(e.Match)
		return err == nil && pattern.MatchString(number)
	})
}

func (a *answers) length(path string) (d time.Duration, exists, known bool) {
	for _, l := range a.lengths {
		if like(l.path, path) {
			return l.plays, !l.missing, true
		}
	}
	return 0, false, false
}

func (a *answers) reply(line string) (answer string, answered bool) {
	for _, r := range a.replies {
		if like(r.command, line) {
			return r.answer, true
		}
	}
	return "", false
}

// Phone has somebody, or a trunk, at a dial string; a * at its end stands for any rest.
func (s *Scene) Phone(e Phone) error {
	if bad := strings.IndexAny(e.Dial, ",|"); bad >= 0 || strings.Contains(e.Dial, ":_:") {
		return fmt.Errorf("%s: a dial string of several phones; say of each what happens: t:phone(%q, ...)", e.Dial, strings.FieldsFunc(e.Dial, func(r rune) bool { return strings.ContainsRune(",|:", r) })[0])
	}
	if strings.HasPrefix(e.Dial, "{") || strings.HasPrefix(e.Dial, "[") || strings.HasPrefix(e.Dial, "<") {
		return fmt.Errorf("%s: write it without variables", e.Dial)
	}
	s.answer.phones = slices.DeleteFunc(s.answer.phones, func(p Phone) bool { return p.Dial == e.Dial })
	s.answer.phones = append(s.answer.phones, e)
	_, err := s.install(e)
	return err
}

// install has a phone at the switch, if there is one already.
func (s *Scene) install(e Phone) (switchsim.Endpoint, error) {
	p := switchsim.Endpoint{Dial: e.Dial, Cause: e.Cause, Ring: max(seconds(e.After), s.least()), Silent: e.Silent, EarlyMedia: e.Early}
	var err error
	if p.Script, p.Reactions, err = e.Person.scripts(s.least()); err == nil && s.sim != nil {
		s.sim.SetEndpoint(p)
	}
	return p, err
}

func (s *Scene) least() time.Duration { return time.Duration(s.pace.Load()) }

// setPace says how long people and servers take at least.
func (s *Scene) setPace(least time.Duration) error {
	s.pace.Store(int64(least))
	for _, p := range s.answer.phones {
		if _, err := s.install(p); err != nil {
			return err
		}
	}
	return nil
}

// endpoints returns the phones as the switch has them.
func (s *Scene) endpoints() (list []switchsim.Endpoint, err error) {
	for _, p := range s.answer.phones {
		e, err := s.install(p)
		if err != nil {
			return nil, err
		}
		list = append(list, e)
	}
	return list, nil
}

// A Phone says what happens when a dial string is dialled. The person's seconds count from
// the answer.
type Phone struct {
	Dial   string
	After  float64 // seconds until it is answered, or refused
	Cause  string  // with which it is refused; "": it is answered
	Silent bool    // it rings until the caller gives up
	Early  bool    // it sends early media while it rings
	Person Person
}

// Sound says how long a path plays, or that it is missing.
func (s *Scene) Sound(path string, plays float64, missing bool) error {
	if s.sim != nil {
		return errBegun
	}
	s.answer.lengths = append(s.answer.lengths, length{path, seconds(plays), missing})
	return nil
}

// Reply says what FreeSWITCH answers to an API command.
func (s *Scene) Reply(command, answer string) error {
	if s.sim != nil {
		return errBegun
	}
	s.answer.replies = append(s.answer.replies, reply{command, answer})
	return nil
}

// Extension says what the dialplan does with a number.
func (s *Scene) Extension(number string, actions [][2]string) {
	e := extension(number, actions)
	if s.sim != nil {
		s.sim.SetExtension("default", e)
	}
	s.answer.extensions = append(s.answer.extensions, e)
}

func extension(number string, actions [][2]string) switchsim.Extension {
	e := switchsim.Extension{Match: number}
	for _, a := range actions {
		e.Actions = append(e.Actions, switchsim.Action{App: a[0], Data: a[1]})
	}
	return e
}
