// Package stream owns freeswitch.Stream and the global stream, to which scripts of
// mod_lua write what the command lua answers.
package stream

import (
	"bytes"
	"context"
	"fmt"

	"github.com/eslua/eslua/host/run"
	"github.com/eslua/eslua/host/script/vm"
	"github.com/eslua/eslua/host/script/vm/compiler"
	lua "github.com/yuin/gopher-lua"
)

// maxSize limits the bytes that a stream holds.
const maxSize = 1 << 20

// stream implements freeswitch.Stream (switch_cpp.cpp).
type stream struct {
	text []byte
	log  func(line string) // gets each line, of the global stream; else nil
	told int               // bytes that log has got
}

// Holds returns the bytes of the text.
func (s *stream) Holds(func(lua.LValue)) int { return cap(s.text) }

// End logs a last line without an end.
func (s *stream) End(context.Context) {
	if s.log != nil && s.told < len(s.text) {
		s.log(string(s.text[s.told:]))
	}
}

// Module declares freeswitch.Stream and the global stream.
type Module struct{}

// Bind makes the stream of a run. It is the global stream where mod_lua has one: in a
// script that is run by a command, or after a hangup. Scripts ask by it what runs them.
func (Module) Bind(env *run.Env) any {
	s := &stream{log: env.Print}
	object := env.State.NewObject("Stream", s)
	env.State.SetGlobal(compiler.Unheard, object)
	if env.Call == nil && (len(env.Given) == 0 || env.Given["env"] != nil) {
		env.State.SetGlobal("stream", object)
	}
	return s
}

// Declare declares the constructor, the class and the global.
func (Module) Declare() *vm.Module {
	return &vm.Module{
		CText: true,
		Name:  "freeswitch", AfterHangup: "Works as before: it does not concern the call.", Classes: []*vm.Class{class()},
		Variables: []vm.Variable{{
			Name: "stream", Kind: vm.Object, Class: "Stream",
			Doc:     "Takes what mod_lua's command lua would answer: its lines go to the log. It is nil in a script that serves a call, an event or an XML lookup; its methods can be called all the same.",
			Differs: "Its lines go to the log, or to who types eslua run, also where mod_lua has no stream.",
			Example: `stream:write("+OK\n")`,
		}},
		Funcs: []vm.Func{{
			Name: "Stream", Results: []vm.Result{{Name: "stream", Kind: vm.Object, Class: "Stream", Doc: "an empty stream"}},
			Doc:     "Makes a stream, which collects text.",
			Example: "local s = freeswitch.Stream()\ns:write(\"one \")\ns:write(\"two\")\nprint(s:get_data())",
			Go: func(a *vm.Args) error {
				a.Return(a.State().NewObject("Stream", &stream{}))
				return nil
			},
		}},
	}
}

func class() *vm.Class {
	text := vm.Param{Name: "text", Kind: vm.String, Most: maxSize, Doc: "what to add; a stream holds 1 MiB at most, and more raises an error"}
	return &vm.Class{
		Name: "Stream", Value: (*stream)(nil),
		Doc:     "Text that is collected piece by piece.",
		Example: "local s = freeswitch.Stream()\ns:write(\"hello\")\nprint(s:get_data())",
		Methods: []vm.Func{
			{
				Name: "write", Native: "Stream::write(char const *)", Params: []vm.Param{text},
				Doc:     "Adds text.",
				Example: `stream:write("+OK\n")`,
				Go:      func(a *vm.Args) error { return add(a, a.String(0)) },
			},
			{
				Name: "raw_write", Native: "Stream::raw_write(char const *,int)", Params: []vm.Param{text, {Name: "length", Kind: vm.Int, Doc: "how many bytes of it to add, all of them at most"}},
				Doc:     "Adds the beginning of a text.",
				Differs: "Beyond the end of the text nothing is added, where mod_lua adds what is in FreeSWITCH's memory there.",
				Example: `stream:raw_write("+OK\n", 4)`,
				Go: func(a *vm.Args) error {
					text := a.String(0)
					return add(a, text[:min(max(a.Int(1), 0), len(text))])
				},
			},
			{
				Name: "get_data", Results: []vm.Result{{Name: "text", Kind: vm.String, Doc: `"" at first`}},
				Doc:     "Returns all that was written.",
				Example: `print(freeswitch.Stream():get_data())`,
				Go: func(a *vm.Args) error {
					s := a.Self().(*stream)
					a.ChargeCPU(len(s.text) / 8)
					a.ReturnString(string(s.text))
					return nil
				},
			},
			{
				Name: "read", Results: []vm.Result{{Name: "text", Kind: vm.String, Doc: `always ""`}, {Name: "length", Kind: vm.Int, Doc: "always 0"}},
				Doc:     "Returns what a client uploads to mod_lua's command lua over HTTP. In eslua there is no such client.",
				Differs: "There is never anything to read.",
				Example: `local text, length = stream:read()`,
				Go: func(a *vm.Args) error {
					a.Return(lua.LString(""), lua.LNumber(0))
					return nil
				},
			},
		},
	}
}

// add adds a text. When the global stream is full it begins again, so that a script can
// write as long as it runs.
func add(a *vm.Args, text string) error {
	s := a.Self().(*stream)
	a.ChargeCPU(20 + len(text)/8)
	if size := len(s.text) + len(text); size > maxSize {
		if s.log == nil {
			return fmt.Errorf("the stream would hold %d bytes, more than %d", size, maxSize)
		}
		s.End(a.Context())
		s.text, s.told = s.text[:0], 0
	}
	if need := len(s.text) + len(text); need > cap(s.text) {
		size := max(need, min(2*cap(s.text), maxSize))
		a.ChargeMemory(size)
		s.text = append(make([]byte, 0, size), s.text...)
	}
	s.text = append(s.text, text...)
	for s.log != nil {
		end := bytes.IndexByte(s.text[s.told:], '\n')
		if end < 0 {
			break
		}
		s.log(string(s.text[s.told : s.told+end]))
		s.told += end + 1
	}
	return nil
}
