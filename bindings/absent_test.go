package bindings_test

import (
	"os"
	"strings"
	"testing"

	"github.com/eslua/eslua/bindings"
)

// What mod_lua and Lua have and this host has not is answered with what to do
// instead, and a mistyped name with the one that was meant.
func TestWhatIsNotThereIsExplained(t *testing.T) {
	for script, want := range map[string]string{
		`freeswitch.Dbh("sqlite://core")`:           `(a nil value): eslua opens no databases`,
		`local c = freeswitch.EventConsumer("all")`: `session:setInputCallback`,
		`freeswitch.JSON():execute("{}")`:           `freeswitch.API():execute("json", TEXT)`,
		`dofile("lib.lua")`:                         `require "NAME"`,
		`os.execute("ls")`:                          `allow: [system]`,
		`stream:write("x")`:                         `not for FreeSWITCH's API`,
		`session:playAndGetDigit(1, 1, 3)`:          `did you mean playAndGetDigits?`,
		`session:getvariable("x")`:                  `did you mean getVariable?`,
		`session:getVaraible("x")`:                  `did you mean getVariable?`,
		`freeswitch.consolelog("info", "x")`:        `did you mean freeswitch.consoleLog?`,
		`session:setInputCallback(function() end)`:  `write session:setInputCallback(function_name, [argument_name])`,
		`session:sleep("soon")`:                     `write session:sleep(milliseconds, [sync])`,
		`session.sleep(100)`:                        `write session:sleep(milliseconds, [sync])`,
		`io.open("/tmp/x", "w")`:                    `session:setVariable`,
	} {
		_, o := run(t, `ok, r = pcall(function() `+script+` end)`)
		if got := o.text("r"); !strings.HasPrefix(got, "test.lua:1: ") || !strings.Contains(got, want) {
			t.Errorf("%s\n got %s\nwant %s", script, got, want)
		}
	}
}

// What is explained as absent is absent.
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
