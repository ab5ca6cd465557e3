package bindings_test

import (
	"strings"
	"testing"
	"time"

	"github.com/eslua/eslua/bindings"
	"github.com/eslua/eslua/host/script/vm"
	"github.com/eslua/eslua/host/script/vm/guard"
)

// Neither a text nor a table takes more than the script has: a limit or an error ends it.
func TestJSONWithinLimits(t *testing.T) {
	set := bindings.New(bindings.Deps{})
	m, err := vm.NewMachine(set.Modules()...)
	if err != nil {
		t.Fatal(err)
	}
	for src, want := range map[string]string{
		`json.decode("[" .. ("[],"):rep(200000) .. "1]")`:                                                                          "memory limit",
		`json.decode("[" .. ("{},"):rep(200000) .. "1]")`:                                                                          "memory limit",
		`local t = {} for i = 1, 60000 do t[i] = '"' .. i .. '":1' end json.decode("{" .. table.concat(t, ",") .. "}")`:            "memory limit",
		`json.decode("[" .. ("null,"):rep(150000) .. "1]")`:                                                                        "",
		`json.decode(("["):rep(1000000))`:                                                                                          "too many nested",
		`json.decode(("x"):rep(2000000))`:                                                                                          "at most 1048576 are possible",
		`local t = {} for _ = 1, 60 do t = {t, t} end json.encode(t)`:                                                              "longer than 1 MiB",
		`local t = {} t.t = t json.encode(t)`:                                                                                      "excessive nesting",
		`local t = {("x"):rep(400000), ("x"):rep(400000), ("x"):rep(400000)} json.encode(t)`:                                       "longer than 1 MiB",
		`for i = 1, 1000 do json.encode(("\1"):rep(100000)) end`:                                                                   "burst limit of 100ms",
		`json.encode({[2^31] = 1})`:                                                                                                "",
		`require("lunajson").encode({[0] = 1e15})`:                                                                                 "longer than 1 MiB",
		`require("dkjson").encode({n = 1e300})`:                                                                                    "",
		`require("dkjson").encode(setmetatable({}, {__tojson = function() error("mine") end}))`:                                    "mine",
		`local t t = setmetatable({}, {__tojson = function() return require("dkjson").encode(t) end}) require("dkjson").encode(t)`: "stack",
		`require("dkjson").encode({}, {keyorder = setmetatable({}, {__index = function() return "x" end})})`:                       "",
	} {
		script, err := vm.Compile("j.lua", []byte(`local json = require "json" `+src))
		if err != nil {
			t.Fatal(src, err)
		}
		limits := guard.Limits{Memory: 8 << 20, Stack: 200, Burst: time.Minute}
		if strings.HasPrefix(want, "burst") {
			limits.Burst = 100 * time.Millisecond
		}
		st := m.NewState(vm.StateOptions{Limits: limits})
		end := bindAlone(set, st, nil)
		switch err := st.Run(t.Context(), script, nil); {
		case err == nil && want != "", err != nil && want == "", err != nil && !strings.Contains(err.Error(), want):
			t.Errorf("%s\n got %v\nwant %s", src, err, want)
		}
		end(t.Context())
		st.Close()
	}
}
