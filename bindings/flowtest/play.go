package flowtest

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/eslua/eslua/host/flowtest"
	"github.com/eslua/eslua/host/script/vm"
	"github.com/eslua/eslua/host/script/vm/luajson"
	lua "github.com/yuin/gopher-lua"
)

// A Play is one reading of a test file: it lists the tests, or plays one of them.
type Play struct {
	Scene *flowtest.Scene // where the test is played; nil: the tests are listed
	Test  int             // which of the file's tests is played, from 0
	Found []flowtest.Case // the tests that the file has named
}

// A Failure tells what is not as the test expects it.
type Failure struct{ Wrong []flowtest.Mismatch }

func (f *Failure) Error() string {
	m := f.Wrong[0]
	text := m.Text
	if m.Want != "" {
		text += "; expected " + m.Want
	}
	if n := len(f.Wrong) - 1; n > 0 {
		text += fmt.Sprintf(" (and %d more)", n)
	}
	return text
}

// test notes a test, and plays it if it is the one.
func test(a *vm.Args) error {
	p, _ := a.Instance().(*Play)
	if p == nil {
		return errors.New("test() is for the files of eslua test, whose names end in _test.lua")
	}
	if len(p.Found) == flowtest.MostTests {
		return fmt.Errorf("a file has at most %d tests", flowtest.MostTests)
	}
	file, line := a.Where()
	for _, f := range p.Found {
		if f.Name == a.String(0) && f.File == file {
			return fmt.Errorf("there is a test %q in line %d already: give each a name of its own", f.Name, f.Line)
		}
	}
	p.Found = append(p.Found, flowtest.Case{Name: a.String(0), File: file, Line: line})
	if p.Scene == nil || len(p.Found)-1 != p.Test {
		return nil
	}
	state := a.State()
	if _, err := state.Call(a.Function(1), state.NewObject("T", &tester{scene: p.Scene})); err != nil {
		return err
	}
	if err := p.Scene.Finish(a.Context()); err != nil {
		return err
	}
	return failure(slices.Concat(p.Scene.Errors(), p.Scene.Strays(), p.Scene.Leaks(a.Context()), p.Scene.Idle()))
}

func failure(wrong []flowtest.Mismatch) error {
	if len(wrong) == 0 {
		return nil
	}
	return &Failure{wrong}
}

// A tester is the object t.
type tester struct {
	vm.Nothing
	scene *flowtest.Scene
}

// A call is the object that t:call returns.
type call struct {
	vm.Nothing
	call *flowtest.Call
}

// self returns the scene, which keeps what the test says.
func self(a *vm.Args) *flowtest.Scene {
	kept := 500
	for i := range a.Len() {
		if text, ok := a.Value(i).(lua.LString); ok {
			kept += len(text)
		}
	}
	a.ChargeMemory(kept)
	return a.Self().(*tester).scene
}

func phone(a *vm.Args) error {
	e := flowtest.Phone{Dial: a.String(0)}
	switch v := a.Value(1).(type) {
	case lua.LString:
		e.Cause = string(v)
	case *lua.LTable:
		f, err := table(a, 1, "t:phone")
		if err != nil {
			return err
		}
		e.Cause = f.text("cause")
		e.After = f.number("after", 0)
		switch v := f.take("answers").(type) {
		case nil, bool:
			e.Silent = v == false
		case float64:
			e.After = v
		default:
			f.fail("answers is a %s; write the second, or false for somebody who never answers", kind(v))
		}
		e.Early, e.Person = f.flag("early_media"), f.person()
		if err := f.end(); err != nil {
			return err
		}
	case *lua.LNilType:
	default:
		return fmt.Errorf("t:phone: write a cause such as \"USER_BUSY\", or a table such as {answers = 3}")
	}
	cause, err := flowtest.Cause(e.Cause)
	if err != nil {
		return fmt.Errorf("t:phone: %w", err)
	}
	e.Cause = cause
	if err := self(a).Phone(e); err != nil {
		return fmt.Errorf("t:phone: %w", err)
	}
	return nil
}

func sound(a *vm.Args) error {
	switch v := a.Value(1).(type) {
	case lua.LNumber:
		return self(a).Sound(a.String(0), float64(v), false)
	case lua.LBool:
		if !bool(v) {
			return self(a).Sound(a.String(0), 0, true)
		}
	}
	return errors.New("t:sound: write how many seconds the sound takes, or false if there is no such file")
}

func api(a *vm.Args) error { return self(a).Reply(a.String(0), a.String(1)) }

func extension(a *vm.Args) error {
	f, err := table(a, 1, "t:extension")
	if err != nil {
		return err
	}
	f.fields = map[any]any{"applications": map[any]any(f.fields)}
	var actions [][2]string
	for _, text := range f.texts("applications") {
		app, data, _ := cut(text)
		actions = append(actions, [2]string{app, data})
	}
	if err := f.end(); err != nil {
		return err
	}
	self(a).Extension(a.String(0), actions)
	return nil
}

func http(a *vm.Args) error {
	r := flowtest.Request{URL: a.String(0)}
	if method, url, two := cut(r.URL); two {
		r.Method, r.URL = method, url
	}
	if text, ok := a.Value(1).(lua.LString); ok {
		r.Answer = string(text)
		self(a).Answer(r)
		return nil
	}
	f, err := table(a, 1, "t:http")
	if err != nil {
		return err
	}
	r.Status, r.Delay, r.Times = int(f.number("status", 0)), f.number("after", 0), int(f.number("times", 0))
	r.Headers, r.Answer = f.pairs("headers"), f.text("body")
	if v := f.take("json"); v != nil {
		value, err := flowtest.Plain(v)
		if err != nil {
			return fmt.Errorf("t:http json: %w", err)
		}
		text, err := json.Marshal(value)
		if err != nil {
			return fmt.Errorf("t:http json: %w", err)
		}
		r.Answer = string(text)
	}
	if r.Status != 0 && (r.Status < 200 || r.Status > 599) {
		f.fail("status is %d; write one from 200 to 599", r.Status)
	}
	if err := f.end(); err != nil {
		return err
	}
	self(a).Answer(r)
	return nil
}

func configure(a *vm.Args) error {
	v, err := plain(a, a.Value(0), 0)
	if err == nil {
		v, err = flowtest.Plain(v)
	}
	if err != nil {
		return fmt.Errorf("t:config: %w", err)
	}
	settings, ok := v.(map[string]any)
	if !ok {
		return errors.New("t:config: write settings as the configuration has them: {flows = {menu = {settings = {tries = 2}}}}")
	}
	return self(a).Configure(settings)
}

func database(a *vm.Args) error { return self(a).Database(a.String(0), a.String(1)) }

// kept returns what a key of a bucket has.
func kept(a *vm.Args) error {
	e, found, err := self(a).Kept(a.Context(), a.String(0), a.String(1))
	if err != nil {
		return fmt.Errorf("t:kept: %w", err)
	}
	a.ChargeMemory(len(e.Value))
	var v lua.LValue = lua.LNil
	switch {
	case found && e.JSON:
		if v, err = luajson.Decode(a, string(e.Value)); err != nil {
			return fmt.Errorf("t:kept: %w", err)
		}
	case found:
		v = lua.LString(e.Value)
	}
	a.Return(v)
	return nil
}

// file returns what a flow has written into a file.
func file(a *vm.Args) error {
	if err := self(a).Wait(a.Context(), 1); err != nil {
		return err
	}
	text, found, err := self(a).File(a.String(0))
	switch {
	case err != nil:
		return fmt.Errorf("t:file: %w", err)
	case !found:
		a.Return(lua.LNil)
		return nil
	}
	a.ChargeMemory(len(text))
	a.ReturnString(text)
	return nil
}

// job runs a script, and returns the lines that it prints as one text.
func job(a *vm.Args) error {
	var args []string
	for i := 1; i < a.Len(); i++ {
		args = append(args, a.String(i))
	}
	lines, err := self(a).Run(a.Context(), a.String(0), args)
	if err != nil {
		return fmt.Errorf("t:run %s: %w", a.String(0), err)
	}
	a.ReturnString(strings.Join(lines, "\n"))
	return nil
}

func lookup(a *vm.Args) error {
	f, err := table(a, 0, "t:lookup")
	if err != nil {
		return err
	}
	f.fields = map[any]any{"query": f.fields}
	query := f.pairs("query")
	if err := f.end(); err != nil {
		return err
	}
	document, err := self(a).Lookup(a.Context(), query)
	if err != nil {
		return fmt.Errorf("t:lookup: %w", err)
	}
	a.ReturnString(document)
	return nil
}

func rows(a *vm.Args) error {
	found, err := self(a).Rows(a.Context(), a.String(0), a.String(1))
	if err != nil {
		return fmt.Errorf("t:rows: %w", err)
	}
	list := &lua.LTable{Metatable: lua.LNil}
	for i, row := range found {
		t := &lua.LTable{Metatable: lua.LNil}
		for column, value := range row {
			a.ChargeMemory(len(value))
			a.SetKey(t, column, lua.LString(value))
		}
		a.SetIndex(list, i+1, t)
	}
	a.Return(list)
	return nil
}

func wait(a *vm.Args) error { return self(a).Wait(a.Context(), a.Number(0)) }

func (f *form) calling() flowtest.Calling {
	return flowtest.Calling{
		Flow: f.text("flow"), Args: f.texts("args"), Caller: f.text("caller"), Name: f.text("name"), Called: f.text("called"),
		Variables: f.pairs("variables"), Person: f.person(),
	}
}

func place(a *vm.Args) error {
	f, err := table(a, 0, "t:call")
	if err != nil {
		return err
	}
	c := f.calling()
	if err := f.end(); err != nil {
		return err
	}
	made, err := self(a).Call(c)
	if err != nil {
		return fmt.Errorf("t:call: %w", err)
	}
	a.ChargeMemory(1 << 10)
	a.Return(a.State().NewObject("Call", &call{call: made}))
	return nil
}

func hangups(a *vm.Args) error {
	f, err := table(a, 0, "t:hangups")
	if err != nil {
		return err
	}
	c, kill := f.calling(), f.take("kills") != false
	if err := f.end(); err != nil {
		return err
	}
	wrong, err := self(a).Hangups(a.Context(), c, kill)
	if err != nil {
		return fmt.Errorf("t:hangups: %w", err)
	}
	return failure(wrong)
}

func expect(a *vm.Args) error {
	c := a.Self().(*call).call
	f, err := table(a, 0, "call:expect")
	if err != nil {
		return err
	}
	want := flowtest.Expected{
		Apps: f.texts("apps"), Cause: f.text("cause"), Variables: f.pairs("variables"), Legs: f.texts("legs"), Log: f.texts("log"),
		Error: f.text("error"), Ends: f.number("ends", 0),
	}
	if list := f.list("heard"); list != nil {
		want.Heard = []flowtest.Prompt{}
		for _, v := range list {
			prompt := flowtest.Prompt{At: -1}
			switch v := v.(type) {
			case string:
				prompt.Path = v
			case map[any]any:
				inner := &form{what: "call:expect heard", fields: v}
				prompt.Path, prompt.At = fmt.Sprint(v[float64(1)]), inner.number("at", -1)
				inner.known = append(inner.known, "1")
				if err := inner.end(); err != nil {
					return err
				}
			default:
				f.fail("heard has a %s in it; write \"welcome.wav\", or {\"welcome.wav\", at = 3}", kind(v))
			}
			want.Heard = append(want.Heard, prompt)
		}
	}
	if want.Requests, err = f.requests(); err != nil {
		return err
	}
	if !strings.Contains(want.Cause, "*") {
		cause, err := flowtest.Cause(want.Cause)
		if err != nil {
			f.fail("cause: %w", err)
		}
		want.Cause = cause
	}
	if err := f.end(); err != nil {
		return err
	}
	if err := c.Finish(a.Context()); err != nil {
		return err
	}
	wrong := c.Check(want)
	if wrong = append(c.Errors(), wrong...); len(wrong) > 0 {
		wrong = append(wrong, c.Idle()...)
	}
	return failure(wrong)
}

// requests reads what HTTP servers were asked; nil if the field is not there.
func (f *form) requests() ([]flowtest.Request, error) {
	list := f.list("requests")
	if list == nil {
		return nil, nil
	}
	requests := []flowtest.Request{}
	for _, v := range list {
		inner := &form{what: f.what + " requests", fields: map[any]any{float64(1): v}}
		if fields, ok := v.(map[any]any); ok {
			inner.fields = fields
		}
		r := flowtest.Request{URL: fmt.Sprint(inner.fields[float64(1)]), Body: inner.text("body")}
		inner.known = append(inner.known, "1")
		if method, url, two := cut(r.URL); two {
			r.Method, r.URL = method, url
		}
		if err := inner.end(); err != nil {
			return nil, err
		}
		requests = append(requests, r)
	}
	return requests, nil
}

// expectOfAll compares what all calls of the test, and jobs, have done.
func expectOfAll(a *vm.Args) error {
	f, err := table(a, 0, "t:expect")
	if err != nil {
		return err
	}
	want := flowtest.Expected{Legs: f.texts("legs"), Log: f.texts("log")}
	if want.Requests, err = f.requests(); err != nil {
		return err
	}
	if err := f.end(); err != nil {
		return err
	}
	scene := self(a)
	if err := scene.Finish(a.Context()); err != nil {
		return err
	}
	return failure(append(scene.Errors(), scene.Check(want)...))
}

// date has the test begin at a time of the machine's zone, or with one of its own.
func date(a *vm.Args) error {
	for _, layout := range []string{"2006-01-02 15:04", time.DateTime, "2006-01-02 15:04 Z07:00"} {
		if at, err := time.ParseInLocation(layout, a.String(0), time.Local); err == nil {
			if err := self(a).Date(a.Context(), at); err != nil {
				return fmt.Errorf("t:date: %w", err)
			}
			return nil
		}
	}
	return fmt.Errorf("t:date: %q is no time; write it as 2026-11-30 09:15, or as 2026-11-30 09:15 +01:00", a.String(0))
}
