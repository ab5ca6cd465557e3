package http

import (
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
	headers *lua.LTable // by name in lower case
	body    string
}

// Holds visits the headers and the body.
func (r *answer) Holds(visit func(lua.LValue)) int {
	visit(r.headers)
	visit(lua.LString(r.body))
	return 0
}

func newAnswer(a *vm.Args, from *network.Answer) lua.LValue {
	a.ChargeMemory(guard.TableSize(0, 0) + len(from.Body) + 64)
	a.ChargeCPU(len(from.Body) / 64)
	t := &lua.LTable{Metatable: lua.LNil}
	a.L.Push(t)
	defer a.L.Pop(1)
	for name, values := range from.Header {
		name, value := strings.ToLower(name), strings.Join(values, ", ")
		a.ChargeMemory(len(name) + len(value) + 64)
		a.SetKey(t, name, lua.LString(value))
	}
	return a.State().NewObject("answer", &answer{from.Status, t, string(from.Body)})
}

func answerClass() *vm.Class {
	return &vm.Class{
		Name: "answer", Value: (*answer)(nil),
		Doc:     "What an HTTP server said.",
		Example: "local answer = http.get(\"https://crm.example.com/caller\")\nif answer then print(answer.status, answer.headers[\"content-type\"], #answer.body) end",
		Fields: []vm.Field{
			{Name: "status", Kind: vm.Int, Doc: "the status, such as 200", Get: func(self any) lua.LValue { return lua.LNumber(self.(*answer).status) }},
			{Name: "headers", Kind: vm.Table, Doc: "the headers, by name in lower case", Get: func(self any) lua.LValue { return self.(*answer).headers }},
			{Name: "body", Kind: vm.String, Doc: "the body", Get: func(self any) lua.LValue { return lua.LString(self.(*answer).body) }},
		},
		Methods: []vm.Func{{
			Name: "json", Results: []vm.Result{{Name: "value", Kind: vm.Any, Doc: "tables by name, lists, texts, numbers, booleans; nil for null"}, {Name: "error", Kind: vm.String, Doc: "why the body is not JSON"}},
			Doc:     "Reads the body as JSON. Returns nil and the reason if it is not JSON.",
			Example: "local answer = http.get(\"https://crm.example.com/caller\")\nlocal caller = answer and answer:json()",
			Go: func(a *vm.Args) error {
				v, err := luajson.Decode(a, a.Self().(*answer).body)
				if err != nil {
					a.Return(lua.LNil, lua.LString(err.Error()))
				} else {
					a.Return(v)
				}
				return nil
			},
		}},
	}
}
