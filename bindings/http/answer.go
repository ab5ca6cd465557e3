package http

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/eslua/eslua/host/network"
	"github.com/eslua/eslua/host/script/vm"
	"github.com/eslua/eslua/host/script/vm/guard"
	"github.com/eslua/eslua/host/script/vm/luajson"
	lua "github.com/yuin/gopher-lua"
)

// An answer holds what a server said, as a script has it.
type answer struct {
	status  int
	header  http.Header
	size    int         // of the headers
	headers *lua.LTable // by name in lower case; nil until the script looks at them
	body    string
}

// Holds visits the headers and the body.
func (r *answer) Holds(visit func(lua.LValue)) int {
	visit(lua.LString(r.body))
	if r.headers == nil {
		return r.size
	}
	visit(r.headers)
	return 0
}

func newAnswer(a *vm.Args, from *network.Answer) lua.LValue {
	r := &answer{status: from.Status, header: from.Header, size: guard.TableSize(0, len(from.Header))}
	for name, values := range from.Header {
		r.size += len(name) + 64
		for _, value := range values {
			r.size += len(value) + 2
		}
	}
	a.ChargeMemory(r.size + len(from.Body) + 64) // the table's too
	a.ChargeCPU(len(from.Body)/64 + r.size/8)
	r.body = string(from.Body)
	return a.State().NewObject("answer", r)
}

// table returns the headers. It was paid for when the answer came.
func (r *answer) table() *lua.LTable {
	if r.headers == nil {
		r.headers = &lua.LTable{Metatable: lua.LNil}
		for name, values := range r.header {
			r.headers.RawSetString(strings.ToLower(name), lua.LString(strings.Join(values, ", ")))
		}
		r.header = nil
	}
	return r.headers
}

func answerClass() *vm.Class {
	return &vm.Class{
		Name: "answer", Value: (*answer)(nil),
		Doc:     "What an HTTP server said.",
		Example: "local answer = http.get(\"https://crm.example.com/caller\")\nif answer then print(answer.status, answer.headers[\"content-type\"], #answer.body) end",
		Fields: []vm.Field{
			{Name: "status", Kind: vm.Int, Doc: "the status, such as 200", Get: func(self any) lua.LValue { return lua.LNumber(self.(*answer).status) }},
			{Name: "headers", Kind: vm.Table, Doc: "the headers, by name in lower case", Get: func(self any) lua.LValue { return self.(*answer).table() }},
			{Name: "body", Kind: vm.String, Doc: "the body", Get: func(self any) lua.LValue { return lua.LString(self.(*answer).body) }},
		},
		Methods: []vm.Func{{
			Name: "json", Params: []vm.Param{{Name: "options", Kind: vm.Table, Optional: true, Default: "{}", Doc: "lenient = true: mistakes that leave no doubt of what is meant are understood: a byte order mark, typographic or single quotes, " +
				"names without quotes, a comma before a closing bracket, comments; a whole number with leading zeros, with + or above 2^53 is taken as a text"}},
			Results: []vm.Result{{Name: "value", Kind: vm.Any, Doc: "tables by name, lists, texts, numbers, booleans; nil for null"}, {Name: "error", Kind: vm.String, Doc: "why the body is not JSON; with lenient beside a value: the first mistake, and where it is"}},
			Doc:     "Reads the body as JSON. Returns nil and the reason if it is not JSON.",
			Example: "local answer = http.get(\"https://crm.example.com/caller\")\nlocal caller, mistake = answer and answer:json{lenient = true}",
			Go:      json,
		}},
	}
}

func json(a *vm.Args) error {
	body, lenient := a.Self().(*answer).body, false
	if t := a.Table(0); t != nil {
		for k, v := t.Next(lua.LNil); k != lua.LNil; k, v = t.Next(k) {
			a.ChargeCPU(4)
			if k != lua.LString("lenient") {
				return fmt.Errorf("answer:json: there is no option %.40q; the option is lenient", k.String())
			}
			lenient = lua.LVAsBool(v)
		}
	}
	v, err := lua.LValue(nil), error(nil)
	if lenient {
		var mistake error
		if v, mistake, err = luajson.DecodeLenient(a, body); mistake != nil {
			a.Return(v, lua.LString(mistake.Error()))
			return nil
		}
	} else {
		v, err = luajson.Decode(a, body)
	}
	if err != nil {
		a.Return(lua.LNil, lua.LString(err.Error()))
	} else {
		a.Return(v)
	}
	return nil
}
