// Package http owns the table http, with which scripts ask HTTP servers, and the answers
// that they get. host/network does the asking.
package http

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/network"
	"github.com/eslua/eslua/host/run"
	"github.com/eslua/eslua/host/script/grant"
	"github.com/eslua/eslua/host/script/vm"
	lua "github.com/yuin/gopher-lua"
)

// Module declares the table http.
type Module struct{ Client *network.Client }

// mostPending bounds the requests of a script that are under way.
const mostPending = 8

// requests holds the requests of one run that are not yet answered.
type requests struct {
	env     *run.Env
	client  *network.Client
	pending map[*request]bool
	running sync.WaitGroup
}

// Bind returns what the run asks.
func (m Module) Bind(env *run.Env) any {
	return &requests{env: env, client: m.Client, pending: map[*request]bool{}}
}

// Holds counts the requests that are under way or were not looked at since, also those that
// the script has forgotten.
func (s *requests) Holds(visit func(lua.LValue)) (bytes int) {
	for r := range s.pending {
		bytes += r.size(visit)
	}
	return bytes
}

// End gives up what the script does not wait for any more.
func (s *requests) End(context.Context) {
	for r := range s.pending {
		r.cancel()
	}
	s.running.Wait()
}

// A request is under way while the script does something else.
type request struct {
	of     *requests
	sent   int // bytes
	cancel context.CancelFunc
	done   chan struct{} // closed when there is an answer or an error
	answer *network.Answer
	err    error
	made   lua.LValue // the answer as the script has it; nil: nobody has asked for it
}

// Holds visits the answer, or counts the bytes of the request, unless the run does.
func (r *request) Holds(visit func(lua.LValue)) int {
	if r.of.pending[r] {
		return 0
	}
	return r.size(visit)
}

func (r *request) size(visit func(lua.LValue)) int {
	select {
	case <-r.done:
	default:
		return r.sent
	}
	switch {
	case r.made != nil:
		visit(r.made)
	case r.answer != nil:
		return len(r.answer.Body)
	}
	return 0
}

const (
	options = "method, query = {name = value}, headers = {name = value}, and one of body (text), form = {name = value} and json (a value); " +
		"connect_timeout and response_timeout in milliseconds; retries: how often a request that got no answer is sent again, 5 at most, " +
		"with a method that changes nothing by being repeated, or before anything was sent"
	notGranted = "Raises an error if the server is not granted to the flow (grants: hosts:) or an option is wrong. mod_lua does not have it."
)

// Declare declares the table and its classes.
func (m Module) Declare() *vm.Module {
	url := vm.Param{Name: "url", Kind: vm.String, Doc: "http:// or https://"}
	more := vm.Param{Name: "options", Kind: vm.Table, Optional: true, Default: "{}", Doc: options}
	later := more
	later.Doc += ". after: another request of http.async, whose end this one waits for, so that they arrive in order"
	answer := []vm.Result{{Name: "answer", Kind: vm.Object, Class: "answer", Doc: "what the server said, whatever its status; nil if it did not answer"}, {Name: "error", Kind: vm.String, Doc: "why there is no answer"}}
	return &vm.Module{
		Outside: true,
		Name:    "http", AfterHangup: "Works as before. A request that is under way when the call hangs up ends with an error.",
		Doc: "Asks HTTP servers. The prompt that plays, and other calls, go on meanwhile. How long a server may take, and how long its answer may be, is set in the configuration (http:). " +
			"A server that has not answered a flow five times in a row is not asked by it for a while. Redirects are followed, to granted hosts only.",
		Funcs: []vm.Func{
			{
				Name: "get", Params: []vm.Param{url, more}, Results: answer,
				Doc:     "Asks a server and waits for the answer. " + notGranted,
				Example: "local answer, err = http.get(\"https://crm.example.com/caller\", {query = {number = session:getVariable(\"caller_id_number\")}})\nif answer and answer.status == 200 then\n  session:setVariable(\"customer\", answer:json().name)\nelse\n  print(\"no customer\", err or answer.status)\nend",
				Go:      func(a *vm.Args) error { return ask(a, "GET", a.String(0), 1) },
			},
			{
				Name: "post", Params: []vm.Param{url, more}, Results: answer,
				Doc:     "Sends something to a server and waits for the answer. " + notGranted,
				Example: "local answer, err = http.post(\"https://crm.example.com/calls\", {json = {uuid = session.uuid, state = \"answered\"}})",
				Go:      func(a *vm.Args) error { return ask(a, "POST", a.String(0), 1) },
			},
			{
				Name: "request", Params: []vm.Param{url, more}, Results: answer,
				Doc:     "Asks a server with any method and waits for the answer. " + notGranted,
				Example: "local answer = http.request(\"https://crm.example.com/calls/7\", {method = \"DELETE\", retries = 2})",
				Go:      func(a *vm.Args) error { return ask(a, "GET", a.String(0), 1) },
			},
			{
				Name: "async", Params: []vm.Param{url, later}, Results: []vm.Result{{Name: "request", Kind: vm.Object, Class: "request", Doc: "what the answer is taken from"}},
				Doc:     fmt.Sprintf("Asks a server, and returns at once; %d requests may be under way. %s", mostPending, notGranted),
				Example: "local request = http.async(\"https://crm.example.com/caller\", {query = {number = \"1000\"}})\nsession:streamFile(\"ivr/ivr-one_moment_please.wav\")\nlocal answer = request:wait()",
				Go:      begin,
			},
		},
		Classes: []*vm.Class{answerClass(), {
			Name: "request", Value: (*request)(nil),
			Doc:     "A request of http.async.",
			Example: "local request = http.async(\"https://crm.example.com/caller\")\nlocal answer, err = request:wait(500)",
			Methods: []vm.Func{{
				Name: "wait", Params: []vm.Param{{Name: "milliseconds", Kind: vm.Int, Optional: true, Default: "no limit", Doc: "how long at most"}}, Results: answer,
				Doc:     "Waits for the answer. Without one in time it returns nil and \"timeout\", and may be called again.",
				Example: "local answer, err = http.async(\"https://crm.example.com/caller\"):wait(500)",
				Go:      wait,
			}},
		}},
	}
}

// ask asks and waits.
func ask(a *vm.Args, method, url string, options int) error {
	s := a.Instance().(*requests)
	r, err := read(a, method, url, a.Table(options))
	if err != nil {
		return err
	}
	chargeRequest(a, r)
	ctx, stop := s.env.Aside(a.Context())
	defer stop()
	answer, err := s.do(ctx, r)
	return give(a, answer, err)
}

// chargeRequest charges what other goroutines compute while the script waits for the answer:
// nothing else would limit how much that is.
func chargeRequest(a *vm.Args, r network.Request) {
	const one = 15_000 // units of 10 ns
	a.ChargeCPU(one * (1 + r.Retries))
}

func (s *requests) do(ctx context.Context, r network.Request) (*network.Answer, error) {
	if s.client == nil {
		return nil, errors.New("this program asks no HTTP servers")
	}
	r.Flow = s.env.Flow
	return s.client.Do(ctx, s.env.Grants, r)
}

// mistake returns the error if it is one in the script or the configuration, else nil.
func mistake(err error) error {
	var refused *grant.RefusedError
	var wrong *network.URLError
	switch {
	case errors.As(err, &refused):
		return refused
	case errors.As(err, &wrong):
		return wrong
	}
	return nil
}

// give returns an answer or the error to the script, and raises what is a mistake in it.
func give(a *vm.Args, answer *network.Answer, err error) error {
	switch wrong := mistake(err); {
	case wrong != nil:
		return wrong
	case err != nil:
		a.Return(lua.LNil, lua.LString(err.Error()))
	default:
		a.Return(newAnswer(a, answer))
	}
	return nil
}

// begin asks in a goroutine of its own, which End waits for.
func begin(a *vm.Args) error {
	s := a.Instance().(*requests)
	before, err := s.before(a.Table(1))
	if err != nil {
		return err
	}
	r, err := read(a, "GET", a.String(0), a.Table(1), "after")
	if err == nil {
		err = network.Check(s.env.Grants, r.URL)
	}
	if err != nil {
		return err
	}
	for p := range s.pending {
		select {
		case <-p.done:
			delete(s.pending, p) // from now on the script may keep any number
			a.ChargeMemory(p.size(func(lua.LValue) {}))
		default:
		}
	}
	if len(s.pending) >= mostPending {
		return fmt.Errorf("%d requests are under way; wait for one of them first", mostPending)
	}
	sent := 4096 + len(r.Body) + len(r.URL)
	for name, values := range r.Header {
		sent += len(name) + len(values[0])
	}
	a.ChargeMemory(sent)
	chargeRequest(a, r)
	ctx, cancel := context.WithCancel(context.Background()) // the script's own belongs to its goroutine
	p := &request{of: s, sent: sent, cancel: cancel, done: make(chan struct{})}
	s.pending[p] = true
	s.running.Go(func() {
		defer close(p.done)
		defer cancel()
		if p.err = await(ctx, before, nil); p.err == nil {
			p.answer, p.err = s.do(ctx, r)
		}
	})
	a.Return(a.State().NewObject("request", p))
	return nil
}

// before returns a channel that is closed when the request of the option after has ended.
func (s *requests) before(t *lua.LTable) (<-chan struct{}, error) {
	none := make(chan struct{})
	close(none)
	if t == nil || t.RawGetString("after") == lua.LNil {
		return none, nil
	}
	if object, ok := t.RawGetString("after").(*lua.LUserData); ok {
		if r, ok := object.Value.(*request); ok {
			return r.done, nil
		}
	}
	return nil, errors.New("http: after is a request of http.async")
}

func wait(a *vm.Args) error {
	p, s := a.Self().(*request), a.Instance().(*requests)
	if p.made != nil {
		a.Return(p.made)
		return nil
	}
	ctx, stop := s.env.Aside(a.Context())
	defer stop()
	late := make(chan struct{})
	if a.Has(0) {
		timer := s.env.Clock.AfterFunc(time.Duration(max(a.Int(0), 0))*time.Millisecond, func() { close(late) })
		defer timer.Stop()
	}
	if err := await(ctx, p.done, late); err != nil {
		a.Return(lua.LNil, lua.LString(err.Error()))
		return nil
	}
	if p.err != nil {
		return give(a, nil, p.err)
	}
	p.made, p.answer = newAnswer(a, p.answer), nil
	a.Return(p.made)
	return nil
}

var errTimeout = errors.New("timeout")

// await waits for the end of a request.
func await(ctx context.Context, done, late <-chan struct{}) error {
	blocker := clock.BlockerOf(ctx)
	blocker.Block()
	defer blocker.Unblock()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-late:
		return errTimeout
	}
}
