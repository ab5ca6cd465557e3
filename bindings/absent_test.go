package bindings_test

import (
	"os"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/eslua/eslua/bindings"
	"github.com/eslua/eslua/host/switchsim"
)

// The error for a name that mod_lua or Lua has and eslua does not says what to
// write instead; the error for a mistyped name says which one was meant.
func TestWhatIsNotThereIsExplained(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for script, want := range map[string]string{
			`freeswitch.CoreSession()`:                 `(a nil value): `,
			`session:getPrivate("x")`:                  `use session:getVariable`,
			`session.channel:x()`:                      `it is a pointer of FreeSWITCH`,
			`os.execute("ls")`:                         `allow: [system]`,
			`env:getHeader("x")`:                       `on_hangup`,
			`event:getType()`:                          `under hooks:`,
			`params:getHeader("x")`:                    `under xml: scripts:`,
			`session:playAndGetDigit(1, 1, 3)`:         `did you mean playAndGetDigits?`,
			`session:getvariable("x")`:                 `did you mean getVariable?`,
			`session:getVaraible("x")`:                 `did you mean getVariable?`,
			`freeswitch.consolelog("info", "x")`:       `did you mean freeswitch.consoleLog?`,
			`session:setInputCallback(function() end)`: `write session:setInputCallback(function_name, [argument_name])`,
			`session:sleep("soon")`:                    `write session:sleep(milliseconds, [sync])`,
			`kv("things")`:                             `it has the functions kv.get, kv.put,`, `queue{}`: `(eslua doc queue)`,
			`utf8.char(65)`: `it is of Lua 5.3`, `string.pack("i", 1)`: `write string.byte`, `math.type(1)`: `math.floor(x)`,
			`session.sleep(100)`:                        `write session:sleep(milliseconds, [sync])`,
			`do local h, i = 1, 2 end os.setlocal("x")`: `field 'setlocal' (a nil value)`,
		} {
			_, o := run(t, `ok, r = pcall(function() `+script+` end)`)
			if got := o.text("r"); !strings.HasPrefix(got, "test.lua:1: ") || !strings.Contains(got, want) {
				t.Errorf("%s\n got %s\nwant %s", script, got, want)
			}
		}
	})
}

// A callback is looked up when it is called.
func TestACallbackThatIsNotThere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, _ := run(t, `
		local function mine() end
		session:answer()
		session:setInputCallback("mine")
		session:setHangupHook("nosuch")
		session:streamFile("`+prompt+`")
		session:hangup()
		session:sleep(10)`, switchsim.OnPlayback(prompt).Press("5"))
		for place, name := range map[string]string{"test.lua:6": "mine", "test.lua:7": "nosuch"} {
			if !h.log.has(place + `: there is no global function "` + name + `": `) {
				t.Errorf("the log does not say that there is no %s:\n%s", name, h.log.dump())
			}
		}
	})
}

// A name with advice about its absence is absent.
func TestWhatIsExplainedIsNotThere(t *testing.T) {
	names, err := os.ReadFile("testdata/names.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range bindings.New(bindings.Deps{}).Modules() {
		for name := range m.Absent {
			if strings.Contains("\n"+string(names), "\n"+name+"(") {
				t.Error(name, "is there")
			}
		}
	}
}
