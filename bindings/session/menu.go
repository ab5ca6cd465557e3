package session

import (
	"errors"
	"fmt"
	"strings"
	"unsafe"

	"github.com/eslua/eslua/host/script/vm"
	lua "github.com/yuin/gopher-lua"
)

// A menu is a menu of a script: freeswitch.IVRMenu (switch_ivr_menu.c).
type menu struct {
	name                                              string
	greeting, again, invalid, leaving, transfer       string // what is played
	macro, key                                        string // have the caller confirm
	engine, voice                                     string
	attempts, between, timeout, mostFailed, mostSlept int
	digits                                            int // the most that a caller can press
	bindings                                          []binding
	top                                               bool // it is below no other menu

	stack  *stack
	at     int  // its place in the stack
	depth  int  // of menus that run inside each other, from this one
	upward bool // a menu below it wants to be back here
}

// stack lists a menu and those that were made to be below it. They find each other by name.
type stack struct{ menus []*menu }

// A binding tells what a menu does for certain keys.
type binding struct {
	do        action
	arg, keys string // keys that begin with / are a regular expression
}

type action uint8

const (
	doExit action = iota
	doMenu
	doApp
	doPlay
	doBack
	doTop
)

// actions maps the names of switch_ivr_menu.c:iam, in any case.
var actions = map[string]action{
	"menu-exit": doExit, "menu-sub": doMenu, "menu-exec-app": doApp, "menu-play-sound": doPlay, "menu-back": doBack, "menu-top": doTop,
}

// Limits of a menu. FreeSWITCH's buffer holds 1023 digits, and it crashes beyond.
const (
	mostMenuDigits   = 1023
	mostMenuBindings = 512
	mostMenus        = 256
)

// Holds visits the texts of the menu and of those in its stack.
func (m *menu) Holds(visit func(lua.LValue)) (bytes int) {
	for _, m := range m.stack.menus {
		for _, text := range []string{m.name, m.greeting, m.again, m.invalid, m.leaving, m.transfer, m.macro, m.key, m.engine, m.voice} {
			visit(lua.LString(text))
		}
		for _, b := range m.bindings {
			visit(lua.LString(b.arg))
			visit(lua.LString(b.keys))
			bytes += int(unsafe.Sizeof(b))
		}
		bytes += int(unsafe.Sizeof(*m))
	}
	return bytes
}

// find returns the menu of a name, of this one and those made after it.
func (m *menu) find(name string) *menu {
	for _, other := range m.stack.menus[m.at:] {
		if other.name == name {
			return other
		}
	}
	return nil
}

// newMenu makes a menu (switch_ivr_menu.c:switch_ivr_menu_init).
func newMenu(a *vm.Args) error {
	m := &menu{
		name: a.String(1), greeting: a.String(2), again: a.String(3), invalid: a.String(4), leaving: a.String(5), transfer: a.String(6),
		macro: a.String(7), key: a.String(8), engine: a.String(9), voice: a.String(10),
		attempts: a.Int(11), between: a.Int(12), digits: a.Int(13), timeout: a.Int(14), mostFailed: a.Int(15), mostSlept: a.Int(16),
	}
	if m.digits < 0 || m.digits > mostMenuDigits {
		return fmt.Errorf("IVRMenu: digit_len is %d; write 0 to %d", m.digits, mostMenuDigits)
	}
	if m.name == "" {
		m.name = "no name" // switch_cpp.cpp:IVRMenu
	}
	if m.attempts == 0 {
		m.attempts = 3
	}
	if m.between == 0 {
		m.between = m.timeout / 2
	}
	if m.timeout <= 0 {
		m.timeout = 10000
	}
	if m.mostFailed <= 0 {
		m.mostFailed = 3
	}
	if m.mostSlept <= 0 {
		m.mostSlept = 3
	}
	if above, _ := a.Object(0).(*menu); above != nil {
		if len(above.stack.menus) == mostMenus {
			return fmt.Errorf("IVRMenu: %d menus belong to each other, and no more can", mostMenus)
		}
		m.stack, m.at = above.stack, len(above.stack.menus)
	} else {
		m.stack, m.top = &stack{}, true
	}
	m.stack.menus = append(m.stack.menus, m)
	a.ChargeMemory(int(unsafe.Sizeof(*m)))
	a.Return(a.State().NewObject("IVRMenu", m))
	return nil
}

// bindAction binds an action to keys (switch_cpp.cpp:IVRMenu::bindAction).
func bindAction(a *vm.Args) error {
	m := a.Self().(*menu)
	do, ok := actions[strings.ToLower(a.String(0))]
	if !ok {
		a.Instance().(*Sessions).env.Log.Error("the menu has no such action", "action", a.String(0), "menu", m.name)
		return nil
	}
	keys := a.String(2)
	switch {
	case !a.Has(2):
		return errors.New("bindAction: the third argument is nil; write the keys or a regular expression, /^(1...)$/")
	case len(m.bindings) == mostMenuBindings:
		return fmt.Errorf("bindAction: the menu has %d bindings, and no more are possible; bind a regular expression", mostMenuBindings)
	case strings.HasPrefix(keys, "/"):
	case len(keys) > mostMenuDigits:
		return fmt.Errorf("bindAction: these are %d keys, and at most %d are possible", len(keys), mostMenuDigits)
	default:
		m.digits = max(m.digits, len(keys))
	}
	m.bindings = append(m.bindings, binding{do: do, arg: a.String(1), keys: keys})
	a.ChargeMemory(int(unsafe.Sizeof(binding{})))
	return nil
}

// menuConstructor declares freeswitch.IVRMenu.
func menuConstructor() vm.Func {
	return vm.Func{
		Name: "IVRMenu", Native: "IVRMenu::IVRMenu(IVRMenu *" + strings.Repeat(",char const *", 10) + strings.Repeat(",int", 6) + ")",
		Params: []vm.Param{
			{Name: "main", Kind: vm.Object, Class: "IVRMenu", Null: true, Doc: "the menu above this one, or nil"},
			str("name", "its name, for menu-sub and execute"),
			str("greet_long", "what is played first: a file, phrase:MACRO:DATA, say:TEXT and whatever else FreeSWITCH plays; ${...} in it is expanded"),
			str("greet_short", "what is played instead from the second time on; nil: the same"),
			str("invalid_sound", "played after keys that mean nothing"), str("exit_sound", "played at the end of the menu that was executed"),
			str("transfer_sound", "played before menu-exec-app runs transfer"),
			str("confirm_macro", "a phrase macro that is spoken with the digits before they count"), str("confirm_key", "the key that confirms them"),
			str("tts_engine", "speaks say:TEXT"), str("tts_voice", "its voice"),
			num("confirm_attempts", "how often the macro is spoken; 0: 3"), num("inter_timeout", "milliseconds to wait for each further digit; 0: half of timeout"),
			num("digit_len", "the most digits; longer keys of bindAction raise it"), num("timeout", "milliseconds to wait for digits; 0: 10000"),
			num("max_failures", "how often the keys may mean nothing; 0: 3"), num("max_timeouts", "how often no key may be pressed; 0: 3"),
		},
		Results: []vm.Result{{Name: "menu", Kind: vm.Object, Class: "IVRMenu", Doc: "the menu"}},
		Doc:     "Makes a menu: prompts, and what the keys of a caller do. All seventeen arguments must be written; nil or \"\" stands for no sound, 0 for the number that is written above.",
		Example: `local menu = freeswitch.IVRMenu(nil, "main", "ivr/ivr-welcome_to_freeswitch.wav", nil, "ivr/ivr-that_was_an_invalid_entry.wav",
  "voicemail/vm-goodbye.wav", nil, nil, nil, nil, nil, 0, 2000, 4, 5000, 3, 3)
menu:bindAction("menu-exec-app", "transfer 9664 XML default", "1")
menu:bindAction("menu-exec-app", "transfer $1 XML default", "/^(10[01][0-9])$/")
menu:execute(session, "main")`,
		AfterHangup: "Works as before: it does not concern the call.",
		Go:          newMenu,
	}
}

// menuClass declares the menus.
func menuClass() *vm.Class {
	return &vm.Class{
		Name: "IVRMenu", Value: (*menu)(nil),
		Doc: "A menu, as those of ivr.conf.xml, that a script makes. Menus that were made with another one as their first argument can be entered from it with menu-sub.\n" +
			"The channel variable ivr_menu_terminator names the keys that end the digits (#), and ivr_menu_status tells afterwards how it went: success, failure or timeout.",
		Example: `local main = freeswitch.IVRMenu(nil, "main", "main.wav", nil, nil, nil, nil, nil, nil, nil, nil, 0, 0, 1, 5000, 3, 3)
local sub = freeswitch.IVRMenu(main, "sub", "sub.wav", nil, nil, nil, nil, nil, nil, nil, nil, 0, 0, 1, 5000, 3, 3)
main:bindAction("menu-sub", "sub", "1")
sub:bindAction("menu-top", "", "*")
main:execute(session, "main")`,
		Methods: []vm.Func{
			{
				Name: "bindAction", Native: "IVRMenu::bindAction(char *,char const *,char const *)",
				Params: []vm.Param{
					{Name: "action", Kind: vm.String, Doc: "menu-exit, menu-sub, menu-exec-app, menu-play-sound, menu-back (to the menu before) or menu-top (to the one that was executed)", Check: func(text string) error {
						if _, ok := actions[strings.ToLower(text)]; !ok {
							return fmt.Errorf("there is no action %q; write menu-exit, menu-sub, menu-exec-app, menu-play-sound, menu-back or menu-top", text)
						}
						return nil
					}},
					str("arg", "the name of the menu, the application with its argument, or the sound; $1 is the first group of the regular expression"),
					str("keys", "the keys, or a regular expression of FreeSWITCH between slashes, /^(10..)$/"),
				},
				Doc:         "Binds an action to keys. All actions of which the keys match are done, in the order in which they were bound. Another action is logged as an error, as in mod_lua.",
				Example:     `menu:bindAction("menu-exec-app", "transfer $1 XML default", "/^(10[01][0-9])$/")`,
				AfterHangup: "Works as before: it does not concern the call.",
				Go:          bindAction,
			},
			{
				Name: "execute", Native: "IVRMenu::execute(CoreSession *,char const *)",
				Params: []vm.Param{{Name: "session", Kind: vm.Object, Class: "Session", Null: true, Doc: "whose caller chooses"},
					str("name", "the menu to begin with: this one, or one made below it")},
				Differs: "The events menu::enter and menu::exit are not fired. With the variable sensitive_dtmf the time-out is 1000 ms at least.",
				Doc: "Runs a menu, until it is left, the caller has failed or waited too often, the call is transferred or hung up. Digits typed ahead count. " +
					"No callback is called meanwhile. An application that FreeSWITCH does not have ends the menu, and so does a sound of menu-play-sound that it cannot play.",
				Example:     `menu:execute(session, "main")`,
				AfterHangup: "Does nothing.",
				Go: func(a *vm.Args) error {
					s, _ := a.Object(0).(*Session)
					return executeMenu(a, a.Self().(*menu), s, a.String(1))
				},
			},
		},
	}
}
