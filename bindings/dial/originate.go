package dial

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/eslua/eslua/host/call/legs"
	"github.com/eslua/eslua/host/freeswitch/esl"
	"github.com/eslua/eslua/host/freeswitch/node"
	"github.com/eslua/eslua/host/freeswitch/syntax"
	"github.com/eslua/eslua/host/run"
	"github.com/eslua/eslua/host/script/vm"
	"github.com/google/uuid"
	lua "github.com/yuin/gopher-lua"
)

// caller dials for one run.
type caller struct {
	env     *run.Env
	nodes   node.Nodes
	legs    *legs.Registry // nil: nobody serves calls
	watched bool           // the call is observed
	giveUp  func()         // ends what waits for an originate; nil: nothing does
}

// until returns a context in which the run waits for sw; it ends when the run's own call
// hangs up.
func (c *caller) until(ctx context.Context, sw run.Switch) (_ context.Context, stop func()) {
	if c.env.Call == nil || sw != run.Switch(c.env.Call) {
		return c.env.Aside(ctx)
	}
	if _, gone := c.env.Call.HungUp(); gone {
		return ctx, func() {}
	}
	if !c.watched {
		c.watched = true
		c.env.Call.Observe(func(esl.Event) bool {
			if c.giveUp != nil && c.env.Call.Gone() {
				c.giveUp()
			}
			return false
		})
	}
	ctx, c.giveUp = context.WithCancel(ctx)
	return ctx, func() { c.giveUp(); c.giveUp = nil }
}

// tokenVariable marks the legs of one originate, so that all of them can be hung up: they
// may be more than the dial string shows, because a user may have several phones.
const tokenVariable = "eslua_originate"

func originateFunc() vm.Func {
	return vm.Func{
		Name: "originate", Outside: true,
		Params: []vm.Param{{Name: "what", Kind: vm.Table, Doc: `to: an endpoint ("user/1000"), or a table as dial takes it. ` +
			`from: the number that the callee sees, or {number = ..., name = ...}. variables: variables of every leg. timeout: seconds to wait for an answer, 60 unless to says otherwise. ` +
			`on_answer: what the callee gets: a flow of this host ("welcome"), or an application and its data ({"playback", "hello.wav"}). args: the arguments of the flow. ` +
			`confirm: {key = "1", file = "press-1.wav"}: only who presses the key has answered. node: the name of the FreeSWITCH that dials (nodes: in the configuration), or {tag = "media"} for one with that tag; without it a call's script dials on the call's own, and in a script without a call a node is chosen for each originate, by weight among those that are ready (see api)`}},
		Results: []vm.Result{{Name: "result", Kind: vm.Table, Doc: `answered: true or false; outcome: "answered", "busy", "no answer", "rejected", "unallocated" (there is no such number), "unreachable" (not registered, or no reply), "gateway down", "cancelled" or "failed"; ` +
			`cause: FreeSWITCH's hangup cause, such as USER_BUSY; code: its number; uuid: of the leg that has answered; node: the name of the node that has dialled, if it has one; error: why FreeSWITCH could not be asked`}},
		Doc: "Dials, and returns when the call is answered or has failed. Everything is escaped, as dial does it. If the script's own call hangs up meanwhile, or the host stops, the legs are hung up.\n" +
			"Several endpoints ring at once, and the first that answers wins. With hunt = true they are tried one after the other, each for the timeout; a callee who is busy or rejects the call, or a number that does not exist, ends the list, and a gateway that is down does not (the variables fail_on_single_reject and originate_continue_on_timeout, which may be set otherwise).\n" +
			"Which timeout holds: that of an element (leg_timeout: the cause is ALLOTTED_TIMEOUT) and that of all (originate_timeout: NO_ANSWER), whichever ends first; progress_timeout ends a leg that does not ring (PROGRESS_TIMEOUT). The application bridge takes originate_timeout, else the variable call_timeout of the caller, else 60 seconds. mod_lua does not have it.",
		AfterHangup: "Dials as before.",
		Example: `local r = originate{to = "user/1000", from = "5551234", timeout = 20, on_answer = {"playback", "ivr/ivr-welcome.wav"}}
if not r.answered then freeswitch.consoleLog("info", "1000: " .. r.outcome .. "\n") end`,
		Go: originate,
	}
}

func originate(a *vm.Args) error {
	c, t := a.Instance().(*caller), a.Table(0)
	result, err := c.originate(a, t)
	if err != nil {
		return fmt.Errorf("originate: %w", err)
	}
	a.Return(result.table(a))
	return nil
}

// table returns the result as a script has it.
func (r result) table(a *vm.Args) *lua.LTable {
	t := a.State().Table(nil)
	a.SetKey(t, "answered", lua.LBool(r.outcome == syntax.Answered))
	a.SetKey(t, "outcome", lua.LString(r.outcome))
	a.SetKey(t, "cause", lua.LString(r.cause))
	if cause, ok := syntax.LookupCause(r.cause); ok {
		a.SetKey(t, "code", lua.LNumber(cause.Number))
	}
	if r.uuid != "" {
		a.SetKey(t, "uuid", lua.LString(r.uuid))
	}
	if r.node != "" {
		a.SetKey(t, "node", lua.LString(r.node))
	}
	if r.why != "" {
		a.SetKey(t, "error", lua.LString(r.why))
	}
	return t
}

// A result tells how dialling has ended.
type result struct {
	outcome     syntax.Outcome
	cause, uuid string
	why         string // FreeSWITCH could not be asked
	node        string // that has dialled; "" if it is none of the configuration
}

func (c *caller) originate(a *vm.Args, t *lua.LTable) (result, error) {
	if err := fields(a, t, "to", "from", "variables", "timeout", "on_answer", "args", "confirm", "node"); err != nil {
		return result{}, err
	}
	what, err := callee(a, t)
	if err != nil {
		return result{}, err
	}
	then, err := c.onAnswer(a, t)
	if err != nil {
		return result{}, err
	}
	token := uuid.NewString()
	what.Vars = append(what.Vars, syntax.Var{Name: tokenVariable, Value: token})
	charge(a, what)
	text, err := what.Write()
	if err != nil {
		return result{}, err
	}
	line := "originate " + syntax.Word(text) + " " + syntax.Word(then)
	ctx := a.Context()
	if err := c.env.Allowed(ctx, func() error { return c.env.Grants.CheckAPI(line) }); err != nil {
		return result{}, c.env.FlowMeant(appOf(t), err)
	}
	sw, err := c.dialler(ctx, t.RawGetString("node"))
	var busy *notReady
	if errors.As(err, &busy) {
		return result{outcome: syntax.Failed, cause: "NONE", why: err.Error()}, nil
	}
	if err != nil {
		return result{}, err
	}
	r, err := c.dial(ctx, sw, line, token)
	if l, ok := sw.(*node.Link); ok {
		r.node = l.Name()
	} else if l, homeless := c.env.Home(ctx, c.nodes); homeless == nil {
		r.node = l.Name()
	}
	return r, err
}

// dial runs the command, and hangs the legs up if ctx ends meanwhile.
func (c *caller) dial(ctx context.Context, sw run.Switch, line, token string) (result, error) {
	waiting, stop := c.until(ctx, sw)
	defer stop()
	out, err := sw.BgAPI(waiting, line)
	var refused *esl.ReplyError
	switch {
	case errors.As(err, &refused):
		out = refused.Text
	case err != nil && waiting.Err() != nil:
		c.cancel(ctx, sw, token)
		return result{outcome: syntax.Cancelled, cause: "ORIGINATOR_CANCEL"}, ctx.Err()
	case err != nil: // the connection has ended: FreeSWITCH goes on dialling
		c.env.Log.Error("the result of originate is not known", "error", err)
		return result{outcome: syntax.Failed, cause: "NONE", why: err.Error()}, nil
	}
	c.env.Grants.Answered(line, out)
	out = strings.TrimSpace(out)
	if id, ok := strings.CutPrefix(out, "+OK "); ok {
		return result{outcome: syntax.Answered, cause: "SUCCESS", uuid: id}, nil
	}
	cause, ok := strings.CutPrefix(out, "-ERR ")
	if _, known := syntax.LookupCause(cause); !ok || !known {
		return result{outcome: syntax.Failed, cause: "DESTINATION_OUT_OF_ORDER", why: out}, nil
	}
	return result{outcome: syntax.OutcomeOf(cause), cause: cause}, nil
}

// cancelTime limits the cancelling of legs for a run that has ended.
const cancelTime = 10 * time.Second

func (c *caller) cancel(ctx context.Context, sw run.Switch, token string) {
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	late := c.env.Clock.AfterFunc(cancelTime, stop)
	defer late.Stop()
	if _, err := sw.API(ctx, "hupall ORIGINATOR_CANCEL "+tokenVariable+" "+token); err != nil {
		c.env.Log.Warn("dialled legs could not be hung up", "error", err)
	}
}

// notReady says why no node dials.
type notReady struct{ error }

// dialler returns the FreeSWITCH that dials; the error is a *notReady if it takes no calls.
func (c *caller) dialler(ctx context.Context, named lua.LValue) (run.Switch, error) {
	switch which := named.(type) {
	case *lua.LNilType:
		if any, ok := c.env.Switch.(*node.Any); ok {
			return c.chosen(any.ForCall(ctx))
		}
		return c.env.Switch, nil
	case lua.LString:
		l, err := c.env.NamedNode(c.nodes, string(which))
		if err == nil && l.Status().Draining != nil {
			return nil, &notReady{&node.DrainingError{Node: l.Name()}}
		}
		if err != nil {
			return nil, err
		}
		return l, nil
	case *lua.LTable:
		if tag, ok := which.RawGetString("tag").(lua.LString); ok {
			return c.chosen(c.env.TaggedNode(c.nodes, string(tag)))
		}
	}
	return nil, errors.New(`node is not a name; write node = "fs2", or node = {tag = "media"}`)
}

func (c *caller) chosen(l *node.Link, err error) (run.Switch, error) {
	var down *node.DownError
	var drained *node.DrainingError
	var full *node.FullError
	var none *node.NoneReadyError
	switch {
	case err == nil:
		c.env.Meet(l)
		return l, nil
	case errors.As(err, &down), errors.As(err, &drained), errors.As(err, &full), errors.As(err, &none):
		return nil, &notReady{err}
	}
	return nil, err
}

// callee reads to and what says how it is dialled.
func callee(a *vm.Args, t *lua.LTable) (what syntax.DialString, err error) {
	switch to := t.RawGetString("to").(type) {
	case lua.LString:
		if several(string(to)) {
			return what, fmt.Errorf(`to is %.80q; a text is one endpoint: write to = {"user/1000", "user/1001"} for several, and variables = {...} for variables`, string(to))
		}
		what.Groups = [][]syntax.Leg{{{Endpoint: string(to)}}}
	case *lua.LTable:
		if what, err = read(a, to); err != nil {
			return what, fmt.Errorf("to: %w", err)
		}
	default:
		return what, fmt.Errorf(`to is a %s; write an endpoint such as "user/1000", or a table of them`, to.Type())
	}
	if len(what.Groups) == 0 {
		return what, errors.New(`to has no endpoint; write to = {"user/1000"}`)
	}
	own, err := variables(a, t, "variables", "originate_timeout")
	if err != nil {
		return what, err
	}
	more, err := from(t.RawGetString("from"))
	if err != nil {
		return what, err
	}
	confirmed, err := confirmation(t.RawGetString("confirm"))
	if err != nil {
		return what, err
	}
	what.Vars = slices.Concat(own, what.Vars)
	for _, v := range slices.Concat(more, confirmed, hunting(what.Groups)) {
		if !slices.ContainsFunc(what.Vars, func(have syntax.Var) bool { return strings.EqualFold(have.Name, v.Name) }) {
			what.Vars = append(what.Vars, v)
		}
	}
	return what, nil
}

// several reports whether a text was meant as more than one endpoint: to dial it as one
// would fail in a way that nobody understands.
func several(to string) bool {
	return strings.HasPrefix(to, "{") || strings.HasPrefix(to, "[") || strings.HasPrefix(to, "<") || strings.Contains(to, "|") || strings.Contains(to, ":_:") ||
		strings.Contains(to, ",") && strings.Count(to, "/") > 1 && strings.Contains(to[strings.Index(to, ","):], "/")
}

// hunting returns the variables with which FreeSWITCH tries one endpoint after the other
// (switch_ivr_originate.c:switch_ivr_originate): it looks for the cause of a leg in
// fail_on_single_reject, so that any separator will do. In a group of legs that ring
// together one busy phone would end the others.
func hunting(groups [][]syntax.Leg) []syntax.Var {
	if len(groups) < 2 {
		return nil
	}
	vars := []syntax.Var{{Name: "originate_continue_on_timeout", Value: "true"}}
	if !slices.ContainsFunc(groups, func(legs []syntax.Leg) bool { return len(legs) > 1 }) {
		vars = append(vars, syntax.Var{Name: "fail_on_single_reject", Value: strings.Join(syntax.FinalCauses(), ":")})
	}
	return vars
}

func from(v lua.LValue) (vars []syntax.Var, err error) {
	set := func(name string, v lua.LValue) {
		value, ok := text(v)
		switch {
		case v == lua.LNil:
		case !ok:
			err = fmt.Errorf(`from: %s is a %s; write text`, strings.TrimPrefix(name, "origination_caller_id_"), v.Type())
		default:
			vars = append(vars, syntax.Var{Name: name, Value: value})
		}
	}
	switch v := v.(type) {
	case *lua.LTable:
		set("origination_caller_id_name", v.RawGetString("name"))
		set("origination_caller_id_number", v.RawGetString("number"))
	default:
		set("origination_caller_id_number", v)
	}
	return vars, err
}

// confirmation returns the variables that have a callee press a key. FreeSWITCH would run
// an application for the key "exec" (switch_ivr_originate.c:collect_thread_run).
func confirmation(v lua.LValue) ([]syntax.Var, error) {
	t, ok := v.(*lua.LTable)
	if v == lua.LNil {
		return nil, nil
	}
	if !ok {
		return nil, fmt.Errorf(`confirm is a %s; write confirm = {key = "1", file = "press-1.wav"}`, v.Type())
	}
	key, file := lua.LVAsString(t.RawGetString("key")), lua.LVAsString(t.RawGetString("file"))
	if len(key) != 1 || !strings.Contains("0123456789*#", key) || file == "" {
		return nil, errors.New(`confirm needs a key, one of 0 to 9, * and #, and the file of a prompt: confirm = {key = "1", file = "press-1.wav"}`)
	}
	return []syntax.Var{{Name: "group_confirm_key", Value: key}, {Name: "group_confirm_file", Value: file}}, nil
}

// onAnswer returns what the callee gets, as originate takes it.
func (c *caller) onAnswer(a *vm.Args, t *lua.LTable) (string, error) {
	args, err := arguments(a, t.RawGetString("args"))
	if err != nil {
		return "", err
	}
	switch v := t.RawGetString("on_answer").(type) {
	case lua.LString:
		if c.env.Listener == "" {
			return "", errors.New("on_answer: a flow can be given only where eslua serves calls (eslua serve)")
		}
		if err := c.env.CheckFlow(string(v)); err != nil {
			return "", fmt.Errorf("on_answer: %w", err)
		}
		path := c.env.Listener
		for _, element := range append([]string{string(v)}, args...) {
			path += "/" + syntax.PathElement(element)
		}
		return "&socket(" + path + " async full)", nil
	case *lua.LTable:
		app, data := lua.LVAsString(v.RawGetInt(1)), lua.LVAsString(v.RawGetInt(2))
		if app == "" || strings.ContainsAny(app, "() &") || strings.Contains(data, ")") || args != nil {
			return "", errors.New(`on_answer: write {"playback", "hello.wav"}: an application, and its data without the sign ), at which FreeSWITCH would end it; args are those of a flow`)
		}
		return "&" + app + "(" + data + ")", nil
	}
	return "", errors.New(`on_answer is missing: write what the callee gets, a flow (on_answer = "welcome") or an application (on_answer = {"playback", "hello.wav"})`)
}

// appOf returns the application that on_answer names, "" if it names a flow.
func appOf(t *lua.LTable) string {
	if app, ok := t.RawGetString("on_answer").(*lua.LTable); ok {
		return lua.LVAsString(app.RawGetInt(1))
	}
	return ""
}

func arguments(a *vm.Args, v lua.LValue) (args []string, err error) {
	t, ok := v.(*lua.LTable)
	if !ok {
		if v != lua.LNil {
			err = fmt.Errorf("args is a %s; write args = {\"first\", \"second\"}", v.Type())
		}
		return nil, err
	}
	for i := 1; i <= min(t.Len(), mostArguments+1); i++ {
		value, ok := text(t.RawGetInt(i))
		if !ok || i > mostArguments {
			return nil, fmt.Errorf("args: write a list of at most %d texts", mostArguments)
		}
		a.ChargeCPU(8 + len(value))
		a.ChargeMemory(8 * len(value))
		args = append(args, value)
	}
	return args, nil
}

const mostArguments = 32
