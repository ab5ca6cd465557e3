package dial_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/eslua/eslua/bindings/dial"
	"github.com/eslua/eslua/host/script/vm"
)

// run gives what a script makes of dial.
func run(t *testing.T, source string) (string, error) {
	t.Helper()
	m, err := vm.NewMachine(dial.Module{}.Declare())
	if err != nil {
		t.Fatal(err)
	}
	script, err := vm.Compile("t.lua", []byte("\n"+source))
	if err != nil {
		t.Fatal(err)
	}
	st := m.NewState(vm.StateOptions{})
	defer st.Close()
	if err := st.Run(t.Context(), script, nil); err != nil {
		return "", err
	}
	return st.Global("out").String(), nil
}

func TestDial(t *testing.T) {
	for source, want := range map[string]string{
		`out = dial{"user/1000"}`: `user/1000`,
		`out = dial{"user/1000", vars = {b = 5, a = "x y", c = true}, timeout = 30}`: `{a=x y,b=5,c=true,originate_timeout=30}user/1000`,
		`out = dial{"user/1", "user/2"}`:                                             `user/1,user/2`,
		`out = dial{"user/1", {"user/2", "user/3"}, "user/4", hunt = true}`:          `user/1|user/2,user/3|user/4`,
		`out = dial{"user/1", {"user/2", vars = {a = "1,2"}, timeout = 5}}`:          `user/1,[^^;a=1\,2;leg_timeout=5]user/2`,
		`out = dial{vars = {a = "b"}} .. "group/sales"`:                              `{a=b}group/sales`,
		`out = dial{"sofia/gateway/gw/1,[execute_on_answer=system ls]user/2"}`:       `sofia/gateway/gw/1\,[execute_on_answer=system ls]user/2`,
		`out = dial{"user/1", vars = {n = "O'Neil"}}`:                                `{n=O\\\'Neil}user/1`,
		`out = dial{"user/1", vars = {n = "O'Neil"}, within = "app"}`:                `{n=O\\\\\\'Neil}user/1`,
		`out = dial{"user/1", vars = {n = "O'Neil"}, within = "api"}`:                `{n=O\\\\\\\'Neil}user/1`,
		`out = dial{"user/1", vars = {n = "Jo X"}, within = "api"} .. " &park()"`:    `'{n=Jo X}user/1' &park()`,
		`out = dial{"user/1", vars = {n = ""}}`:                                      `user/1`,
	} {
		if got, err := run(t, source); err != nil || got != want {
			t.Errorf("%s\n is %s (%v)\nwant %s", source, got, err, want)
		}
	}
}

func TestMistakesSayWhatToWrite(t *testing.T) {
	for source, want := range map[string]string{
		`dial{"user/1", origination_caller_id_name = "x"}`:                                     `t.lua:2: dial: there is no field "origination_caller_id_name" here; write endpoints and vars, timeout, hunt, within (variables belong into vars)`,
		`dial{{"user/1", hunt = true}}`:                                                        `dial: there is no field "hunt" here`,
		`dial((function() local t = {} for i = 1, 200 do t[i] = "user/1" end return t end)())`: `129 endpoints at once cannot be dialled: FreeSWITCH takes 128`,
		`dial{5}`:                                             `dial: element 1 is a number; write an endpoint such as "user/1000"`,
		`dial{{vars = {}}}`:                                   `dial: element 1 has no endpoint`,
		`dial{"1000"}`:                                        `the endpoint "1000" cannot be dialled: an endpoint begins with its type`,
		`dial{"user/1", vars = 5}`:                            `dial: vars is a number`,
		`dial{"user/1", vars = {"x"}}`:                        `dial: vars has an entry without a name`,
		`dial{"user/1", vars = {a = {}}}`:                     `dial: the variable a is a table`,
		`dial{"user/1", vars = {["a b"] = 1}}`:                `a variable named "a b" cannot be dialled`,
		`dial{"user/1", vars = {a = "x\ny"}}`:                 `the variable a = "x\ny" cannot be dialled: it has a control character ('\n') at byte 2; take it out first`,
		`dial{"user/1", vars = {a = "${system(ls)}"}}`:        `it has ${ in it, which FreeSWITCH does not take from a dial string`,
		`dial{"user/1", timeout = 0}`:                         `dial: timeout is 0; write whole seconds`,
		`dial{"user/1", timeout = "5"}`:                       `dial: timeout is a string`,
		`dial{"user/1", within = "bridge"}`:                   `dial: within is "bridge"; write "app" for session:execute or "api" for api:execute`,
		`dial("user/1")`:                                      `expected 'table' got 'string'`,
		`dial{"user/1", vars = {a = string.rep("x", 70000)}}`: `bytes of endpoints and variables cannot be dialled: a dial string takes 65536`,
	} {
		if got, err := run(t, "out = "+source); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s\n is %s, %v\nwant %s", source, got, err, want)
		}
	}
}

func TestReadDial(t *testing.T) {
	for text, want := range map[string]string{
		`user/1000`: `user/1000`,
		`{ignore_early_media=true}sofia/gateway/a/1,sofia/gateway/b/2`: `{ignore_early_media=true}sofia/gateway/a/1,sofia/gateway/b/2`,
		`{a=b}[c=d]user/1|user/2`:                                      `{a=b}[^^;c=d]user/1|user/2`,
		` {^^:a=b:c=d}user/1`:                                          `{a=b,c=d}user/1`,
		`<a=1>{b='x,y'}user/1`:                                         `{a=1,b=x\,y}user/1`,
		`user/1\,2`:                                                    `user/1\,2`,
		`{a=b`:                                                         `nil the '{' in a dial string has no matching '}'`,
		``:                                                             `nil the dial string names no endpoint`,
		`user/1,`:                                                      `user/1`,
		`user/1,,user/2`:                                               `nil an endpoint in it is empty`,
		`user/1:_:user/2`:                                              `nil it has :_:, which dials in several ways at once`,
		`user/1,user/2|user/3`:                                         `nil it has both | and ,`,
	} {
		got, err := run(t, `local what, why = readDial(`+strconv.Quote(text)+`) out = what and dial(what) or "nil " .. why`)
		if err != nil || got != want {
			t.Errorf("%s\n is %s (%v)\nwant %s", text, got, err, want)
		}
	}
	if _, err := run(t, `readDial(("["):rep(65000))`); err == nil {
		t.Error("60,000 brackets cost nothing")
	}
}
