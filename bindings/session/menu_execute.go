package session

import (
	"cmp"
	"strings"

	"github.com/eslua/eslua/host/freeswitch/syntax"
	"github.com/eslua/eslua/host/script/vm"
)

// A status says how an action of a menu ended: whether the menu goes on.
type status uint8

const (
	goesOn      status = iota // SWITCH_STATUS_SUCCESS
	ends                      // any other
	interrupted               // SWITCH_STATUS_BREAK: to the menu above
)

// mostDepth limits the menus that run inside each other.
const mostDepth = 12

// A menuRun runs a menu, and those below it, for a session.
type menuRun struct {
	*Session
	a     *vm.Args
	first *menu // that was executed
}

// executeMenu runs a menu (switch_cpp.cpp:IVRMenu::execute).
func executeMenu(a *vm.Args, first *menu, s *Session, name string) error {
	if s == nil || s.call == nil || name == "" {
		a.Instance().(*Sessions).env.Log.Error("the menu is not executed: it needs a session with a channel, and the name of a menu")
		return nil
	}
	_, err := menuRun{s, a, first}.enter(name)
	return err
}

// enter runs one menu (switch_ivr_menu.c:switch_ivr_menu_execute).
func (r menuRun) enter(name string) (status, error) {
	if r.first.depth++; r.first.depth > mostDepth {
		r.first.depth--
		r.log().Error("too many menus inside each other", "menu", name, "most", mostDepth)
		return ends, nil
	}
	defer func() { r.first.depth-- }()
	m := r.first.find(name)
	if m == nil {
		r.log().Error("there is no such menu", "menu", name)
		return ends, nil
	}
	if err := r.setVoice(m); err != nil {
		return ends, err
	}
	r.setOwn(r.a, "ivr_menu_status", "success")
	how, err := r.rounds(m)
	if err == nil && r.first.depth == 1 {
		err = r.playOver(m.leaving)
	}
	return how, err
}

// rounds asks the caller until the menu is left.
func (r menuRun) rounds(m *menu) (status, error) {
	failed, slept, sound := 0, 0, m.greeting
	for {
		switch up, err := r.up(); {
		case err != nil || !up:
			return goesOn, err
		case failed == m.mostFailed:
			r.setOwn(r.a, "ivr_menu_status", "failure")
			return goesOn, nil
		case slept == m.mostSlept:
			r.setOwn(r.a, "ivr_menu_status", "timeout")
			return goesOn, nil
		}
		digits, late, err := r.ask(m, sound)
		if err != nil {
			return ends, err
		}
		sound = cmp.Or(m.again, m.greeting)
		switch {
		case digits == "" && late:
			slept++
			continue
		case digits == "":
			failed++
			continue
		}
		did, err := r.act(m, digits)
		switch {
		case err != nil:
			return ends, err
		case did.how != goesOn || did.back:
			return did.how, nil
		case did.matched:
			failed = 0
		default:
			failed++
			if err := r.playOver(m.invalid); err != nil {
				return ends, err
			}
		}
		if did.below {
			sound = m.greeting
		}
	}
}

// up reports whether the session still has its channel. A menu that plays nothing comes
// here very often.
func (r menuRun) up() (bool, error) {
	r.a.ChargeCPU(1000)
	if r.prompt == nil { // inside a callback, events would overtake each other
		if err := r.classifyErr(r.call.Sleep(r.a.Context(), 0)); err != nil {
			return false, err
		}
	}
	return !r.gone(), nil
}

// setVoice sets the variables that say:TEXT is spoken with.
func (r menuRun) setVoice(m *menu) error {
	if m.engine == "" || m.voice == "" {
		return nil
	}
	for _, v := range [][2]string{{"tts_engine", m.engine}, {"tts_voice", m.voice}} {
		if err := r.set.env.Grants.CheckVariable(v[0], v[1]); err != nil {
			return err
		}
		if err := r.setAnyway(r.a, v[0], v[1]); err != nil {
			return err
		}
	}
	return nil
}

// ask plays a sound and returns the digits that the caller presses, or reports that none
// came in time (switch_ivr_menu.c:play_and_collect).
func (r menuRun) ask(m *menu, sound string) (digits string, late bool, err error) {
	switch {
	case sound == "":
		return "", false, nil
	case m.digits == 0:
		return "", false, r.playOver(sound)
	}
	terminators := cmp.Or(r.own(r.a, "ivr_menu_terminator"), "#")
	if !r.hearsDigits(r.a) {
		return r.askByApp(m, sound, terminators)
	}
	if _, err := r.playUntilDigit(r.a, sound, sound); err != nil {
		return "", false, err
	}
	all := milliseconds(m.timeout)
	first, inter := all, unsigned(m.between)
	if digit, ok := r.call.PopDigit(); ok {
		digits, first = string(digit.Key), inter
	}
	if len(digits) >= m.digits || r.gone() {
		return digits, false, nil
	}
	digits, ended, err := r.gather(r.a, digits, m.digits, terminators, cmp.Or(first, inter), cmp.Or(inter, first), all)
	if err != nil {
		return "", false, err
	}
	whole := ended != 0 || len(digits) == m.digits
	if whole && digits != "" && m.macro != "" {
		if ok, err := r.confirm(m, digits, terminators); err != nil || !ok {
			return "", false, err
		}
	}
	return digits, !whole && !r.gone(), nil
}

// askByApp works like ask for a channel whose digits are not heard.
func (r menuRun) askByApp(m *menu, sound, terminators string) (digits string, late bool, err error) {
	arg := quoteArgs(1, min(m.digits, syntax.MaxDigits), sound, digitsVariable, m.timeout, terminators, max(m.between, 0))
	digits, result, err := r.collect(r.a, &prompt{}, "read", arg, digitsVariable)
	if err == nil && digits != "" && m.macro != "" && result == string(success) {
		if ok, err := r.confirm(m, digits, terminators); err != nil || !ok {
			return "", false, err
		}
	}
	return digits, result == string(timedOut), err
}

// confirm has the caller confirm the digits with the menu's key.
func (r menuRun) confirm(m *menu, digits, terminators string) (bool, error) {
	keys := "none"
	if m.key != "" {
		keys = "0123456789*#ABCD"
	}
	for left := m.attempts; left != 0 && !r.gone(); left-- {
		r.a.ChargeCPU(1000)
		err := r.phrase(r.a, &prompt{app: true}, m.macro, digits, "", keys)
		if err != nil {
			return false, err
		}
		if m.key == "" {
			continue
		}
		key := ""
		if digit, ok := r.call.PopDigit(); ok {
			key = string(digit.Key)
		} else if key, _, err = r.gather(r.a, "", 1, terminators, milliseconds(m.timeout), milliseconds(m.timeout), 0); err != nil {
			return false, err
		}
		if key != "" {
			return key == m.key[:1], nil
		}
	}
	return false, nil
}

// playOver plays a sound. A key ends it, and is forgotten.
func (r menuRun) playOver(sound string) error {
	if sound == "" || r.gone() {
		return nil
	}
	_, err := r.playUntilDigit(r.a, sound, sound)
	r.call.PopDigit()
	return err
}

// deed says what the actions have done that were bound to some keys.
type deed struct {
	matched bool
	back    bool   // the menu was left
	below   bool   // another menu has run
	how     status // of the last
}

// act does what is bound to some keys.
func (r menuRun) act(m *menu, digits string) (did deed, err error) {
	if err := r.setVoice(m); err != nil {
		return did, err
	}
	for _, b := range m.bindings {
		arg, ok := b.arg, digits == b.keys
		if strings.HasPrefix(b.keys, "/") {
			arg, ok = r.match(b, digits)
		}
		if !ok {
			continue
		}
		did.matched, did.how = true, goesOn
		switch b.do {
		case doExit:
			did.how = ends
		case doPlay:
			did.how, err = r.play(arg)
		case doApp:
			did.how, err = r.app(m, arg)
		case doMenu:
			if arg != m.name {
				did.below = true
				did.how, err = r.enter(arg)
			}
		case doBack:
			did.back = true
		case doTop:
			r.first.upward, did.how = true, interrupted
		}
		if err != nil {
			return did, err
		}
	}
	if m.top && r.first.upward {
		r.first.upward, did.how, did.back = false, goesOn, false
	}
	return did, nil
}

// play plays the sound of menu-play-sound, in which nothing is expanded and which no key
// ends.
func (r menuRun) play(sound string) (status, error) {
	if sound == "" {
		return ends, nil
	}
	if err := r.hearBreaks(r.a); err != nil {
		return ends, err
	}
	app, arg := "loop_playback", syntax.Literal(sound)
	if strings.HasPrefix(sound, "+") { // its count
		app, arg = "playback", noTerminators+arg
	}
	p := &prompt{app: true}
	done, ok, err := r.run(r.a, p, app, arg)
	switch {
	case err != nil || !ok || !r.played(sound, done):
		return ends, err
	case p.broken:
		return interrupted, nil
	}
	return goesOn, nil
}

// app runs an application with its argument.
func (r menuRun) app(m *menu, text string) (status, error) {
	app, arg, _ := strings.Cut(text, " ")
	if has, err := r.hasApplication(app); err != nil || !has {
		r.log().Error("the menu ends: FreeSWITCH has no such application", "menu", m.name, "application", app)
		return ends, err
	}
	if app == "transfer" {
		if err := r.playOver(m.transfer); err != nil {
			return ends, err
		}
	}
	return goesOn, r.execute(r.a, app, arg)
}

// hasApplication asks FreeSWITCH whether it has an application: it would hang up the
// channel that is to run another one, and a menu does not.
func (r menuRun) hasApplication(name string) (bool, error) {
	if name == "" || !isName(name) {
		return false, nil
	}
	text, err := r.call.API(r.a.Context(), "show application "+strings.ToLower(name))
	if err != nil || !strings.Contains(text, "\n0 total.") {
		return true, r.classifyErr(err)
	}
	text, err = r.call.API(r.a.Context(), "show interfaces") // those without a description are only here
	return strings.Contains(strings.ToLower(text), "\napplication,"+strings.ToLower(name)+","), r.classifyErr(err)
}
