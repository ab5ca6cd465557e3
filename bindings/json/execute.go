package json

import (
	"errors"
	"strings"

	"github.com/eslua/eslua/host/freeswitch/cjson"
	"github.com/eslua/eslua/host/freeswitch/esl"
	"github.com/eslua/eslua/host/run"
	"github.com/eslua/eslua/host/script/vm"
	lua "github.com/yuin/gopher-lua"
)

// executeMethods declares the methods that run a command of FreeSWITCH's JSON API.
func executeMethods() []vm.Func {
	request := []vm.Param{{Name: "request", Kind: vm.Any, Doc: `JSON text, or a table for it: {command = NAME, data = {...}}`}}
	return []vm.Func{
		{
			Name: "execute", Native: "LUA::JSON::execute(char const *)\nLUA::JSON::execute(SWIGLUA_TABLE)", Params: request,
			Results: []vm.Result{{Name: "reply", Kind: vm.Table, Doc: "the reply; empty if it is no object and no array, and nothing if there is no such command, or the request is not JSON"}},
			Doc:     "Runs a command of FreeSWITCH's JSON API, which the flow must be granted as the API command json, and waits for its reply.",
			Differs: "The session is not known to the command.",
			Example: "local reply = freeswitch.JSON():execute({command = \"status\", data = {}})\nif reply then print(reply.version) end",
			Go: func(a *vm.Args) error {
				text, found, err := execute(a)
				if err != nil || !found {
					return err
				}
				table, err := decode(a, text)
				if table != nil {
					a.Return(table)
				}
				return err
			},
		},
		{
			Name: "execute2", Native: "LUA::JSON::execute2(char const *)\nLUA::JSON::execute2(SWIGLUA_TABLE)", Params: request,
			Results: []vm.Result{{Name: "reply", Kind: vm.String, Doc: `the reply as JSON; "" if there is none`}},
			Doc:     "Does the same as json:execute and returns the reply as JSON text.",
			Differs: `Without a reply it returns "", where mod_lua crashes FreeSWITCH.`,
			Example: `print(freeswitch.JSON():execute2('{"command": "status", "data": {}}'))`,
			Go: func(a *vm.Args) error {
				text, _, err := execute(a)
				if err == nil && a.Self().(*codec).pretty {
					text, err = indent(a, text)
				}
				a.ReturnString(text)
				return err
			},
		},
	}
}

var errNoRequest = errors.New("the request is JSON text or a table; write json:execute({command = NAME, data = {}})")

// execute runs the request that is the first argument, and returns the text of its reply
// (switch_loadable_module.c:switch_json_api_execute). found is false if there is none.
func execute(a *vm.Args) (reply string, found bool, err error) {
	env := a.Instance().(*run.Env)
	text := ""
	switch v := a.Value(0).(type) {
	case *lua.LTable:
		w := writer{codec: &codec{emptyAsArray: a.Self().(*codec).emptyAsArray}, a: a}
		if err := w.table(a.Table(0)); err != nil {
			return "", false, err
		}
		text = string(w.text)
	case lua.LString, *lua.LNilType:
		text, _, _ = strings.Cut(lua.LVAsString(v), "\x00")
	default:
		return "", false, errNoRequest
	}
	a.ChargeCPU(len(text))
	r := cjson.NewReader(text)
	if err := skip(r); err != nil {
		env.Console.Write("WARNING", "json:execute: this is not JSON: "+err.Error())
		return "", false, nil
	}
	if err := a.BoundSent(len(text)); err != nil {
		return "", false, err
	}
	output, err := env.Command(a.Context(), "json "+text[:r.Offset()])
	var gone *esl.DisconnectError
	var refused *esl.ReplyError
	switch {
	case errors.As(err, &gone), errors.As(err, &refused):
		env.Log.Error("json:execute: not run", "error", err)
		return "", false, nil
	case err != nil:
		return "", false, err
	}
	a.ChargeCPU(len(output))
	a.ChargeMemory(len(output))
	answer, err := readAnswer(output)
	switch {
	case err != nil:
		env.Log.Error("json:execute: FreeSWITCH's answer is no JSON", "answer", output[:min(len(output), 200)])
		return "", false, nil
	case answer.status == "error":
		env.Log.Error("json:execute: FreeSWITCH refused", "message", answer.message)
	}
	return answer.response, answer.status != "error" || answer.message != unknownCommand, nil
}

// unknownCommand is the message about a request without a command that FreeSWITCH knows.
const unknownCommand = "Invalid request or non-existant command"

// An answer holds what FreeSWITCH has added to the request.
type answer struct {
	status, message string
	response        string // JSON text
}

// readAnswer reads the last element of each name, behind what the request had.
func readAnswer(text string) (a answer, err error) {
	r := cjson.NewReader(text)
	if _, err := r.Value(); err != nil {
		return a, err
	}
	for {
		name, more, err := r.Next(cjson.Object)
		if err != nil || !more {
			return a, err
		}
		begin := r.Offset()
		v, err := r.Value()
		if err == nil {
			err = r.Skip(v.Kind)
		}
		switch {
		case err != nil:
			return a, err
		case name == "status":
			a.status = v.Text
		case name == "message":
			a.message = v.Text
		case name == "response":
			a.response = text[begin:r.Offset()]
		}
	}
}

func skip(r *cjson.Reader) error {
	v, err := r.Value()
	if err != nil {
		return err
	}
	return r.Skip(v.Kind)
}

// indent writes compact JSON text as cJSON_Print does.
func indent(a *vm.Args, text string) (string, error) {
	var b strings.Builder
	var open []byte // brackets
	quoted := false
	line := func() {
		a.ChargeCPU(len(open) / 4)
		b.WriteString("\n" + strings.Repeat("\t", len(open)))
	}
	for i := 0; i < len(text); i++ {
		c := text[i]
		if b.Len() > maxEncoded {
			return "", errTooLong
		}
		if quoted {
			b.WriteByte(c)
			if c == '\\' && i+1 < len(text) {
				i++
				b.WriteByte(text[i])
			}
			quoted = c != '"'
			continue
		}
		switch c {
		case '{', '[':
			open = append(open, c)
			b.WriteByte(c)
			if c == '{' && !strings.HasPrefix(text[i+1:], "}") {
				line()
			}
		case '}', ']':
			if open = open[:max(len(open)-1, 0)]; c == '}' {
				line()
			}
			b.WriteByte(c)
		case ',':
			b.WriteByte(c)
			if len(open) > 0 && open[len(open)-1] == '{' {
				line()
			} else {
				b.WriteByte(' ')
			}
		case ':':
			b.WriteString(":\t")
		default:
			quoted = c == '"'
			b.WriteByte(c)
		}
	}
	return b.String(), nil
}
