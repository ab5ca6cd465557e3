package campaign

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/eslua/eslua/host/campaign"
	"github.com/eslua/eslua/host/script/vm"
	lua "github.com/yuin/gopher-lua"
)

// The defaults are low: a list that was started by mistake reaches few people before
// somebody stops it, and nobody at night.
const (
	usualRate     = 1
	usualAtOnce   = 10
	usualTimeout  = 30
	usualRetry    = 600
	usualWindow   = "08:00-21:00"
	usualPriority = 5
)

var fields = []string{
	"name", "list", "to", "on_answer", "args", "from", "variables", "timeout", "rate", "at_once", "nodes", "retries", "retry_after",
	"window", "timezone", "timezones", "dnc", "priority",
}

var errNotServed = errors.New("campaigns are kept and dialled by eslua serve only")

func start(a *vm.Args) error {
	m := a.Instance().(*maker)
	out, err := m.start(a, a.Table(0))
	if err != nil {
		return fmt.Errorf("campaign: %w", err)
	}
	a.Return(out)
	return nil
}

func (m *maker) start(a *vm.Args, t *lua.LTable) (*lua.LTable, error) {
	d, err := m.definition(a, t)
	if err != nil {
		return nil, err
	}
	if err := m.env.Grants.CheckCampaign(d.Name); err != nil {
		return nil, err
	}
	if m.Campaigns == nil {
		return nil, errNotServed
	}
	if m.env.Listener == "" && d.OnAnswer != "" {
		return nil, errors.New("on_answer: a flow can be given only where eslua serves calls (eslua serve)")
	}
	if d.OnAnswer != "" {
		if err := m.env.CheckFlow(d.OnAnswer); err != nil {
			return nil, fmt.Errorf("on_answer: %w", err)
		}
	}
	ctx, leave := m.env.Aside(a.Context())
	defer leave()
	for _, way := range d.To {
		line, err := d.Line(way.Name, "0", m.env.Listener)
		if err != nil {
			return nil, err
		}
		a.ChargeCPU(8 * len(line))
		if err := m.env.Allowed(ctx, func() error { return m.env.Grants.CheckAPI(line) }); err != nil {
			return nil, m.env.FlowMeant(d.App, err)
		}
	}
	blocked, err := m.blocked(a, t.RawGetString("dnc"), &d)
	if err != nil {
		return nil, fmt.Errorf("dnc: %w", err)
	}
	rows, done, err := m.rows(a, ctx, t.RawGetString("list"))
	if err != nil {
		return nil, fmt.Errorf("list: %w", err)
	}
	defer done()
	loader, err := m.Campaigns.Load(ctx, d)
	if err != nil {
		return nil, err
	}
	l := loading{maker: m, a: a, definition: d, loader: loader, blocked: blocked}
	if err := l.read(ctx, rows); err != nil {
		return nil, fmt.Errorf("list: %w", err)
	}
	state, err := loader.Finish(ctx)
	if err != nil {
		return nil, err
	}
	m.env.Log.Info("a campaign has its list", "campaign", d.Name, "state", state, "added", loader.Added, "known", loader.Known, "excluded", l.excluded, "invalid", l.invalid)
	out := a.State().Table(nil)
	a.SetKey(out, "name", lua.LString(d.Name))
	a.SetKey(out, "state", lua.LString(state))
	for name, n := range map[string]int{"added": loader.Added, "known": loader.Known, "excluded": l.excluded, "invalid": l.invalid} {
		a.SetKey(out, name, lua.LNumber(n))
	}
	errs := a.State().Table(nil)
	for i, text := range l.errors {
		a.SetIndex(errs, i+1, lua.LString(text))
	}
	a.SetKey(out, "errors", errs)
	return out, nil
}

// A loading puts the rows of a list into a campaign.
type loading struct {
	*maker
	a                 *vm.Args
	definition        campaign.Definition
	loader            *campaign.Loader
	blocked           func(number string) (bool, error)
	excluded, invalid int
	errors            []string
}

const mostErrors = 10

// rowCost counts as what eslua computes to keep a row, in units of 10 ns. It is less than
// durable.RequestCost, since many are kept at a time.
const rowCost = 2000

func (l *loading) read(ctx context.Context, next func() (campaign.Row, error)) error {
	for at := 1; ; at++ {
		row, err := next()
		if err == nil && row == nil {
			return nil
		}
		l.a.ChargeCPU(rowCost)
		if err == nil {
			err = l.loader.CheckLength(at)
		}
		if err == nil {
			err = l.row(ctx, row)
		}
		var wrong *campaign.RowError
		switch {
		case errors.As(err, &wrong):
			if l.invalid++; len(l.errors) < mostErrors {
				l.errors = append(l.errors, fmt.Sprintf("row %d: %v", at, wrong))
			}
		case err != nil:
			return err
		}
	}
}

// row adds a row, or excludes its number.
func (l *loading) row(ctx context.Context, row campaign.Row) error {
	e, err := row.Entry()
	if err != nil {
		return err
	}
	if l.blocked != nil {
		isBlocked, err := l.blocked(e.Number)
		if err != nil {
			return err
		}
		if isBlocked {
			l.excluded++
			return l.loader.Exclude(ctx, e.Number)
		}
	}
	if err := l.permitted(ctx, e.Number); err != nil {
		return &campaign.RowError{Err: err}
	}
	return l.loader.Add(ctx, e)
}

// permitted checks what is dialled for a number with letters, which could make another word
// of the endpoint: app in loopback/{number}=system:ls. The check of the campaign itself is
// that of all other numbers.
func (l *loading) permitted(ctx context.Context, number string) error {
	if !strings.ContainsFunc(number, unicode.IsLetter) {
		return nil
	}
	grants := *l.env.Grants
	grants.Burden = nil // eslua keeps the number, not FreeSWITCH
	for _, way := range l.definition.To {
		line, err := l.definition.Line(way.Name, number, l.env.Listener)
		if err != nil {
			return err
		}
		l.a.ChargeCPU(8 * len(line))
		if err := l.env.Allowed(ctx, func() error { return grants.CheckAPI(line) }); err != nil {
			return err
		}
	}
	return nil
}

// definition reads all but the list.
func (m *maker) definition(a *vm.Args, t *lua.LTable) (d campaign.Definition, err error) {
	if err := known(a, t, fields...); err != nil {
		return d, err
	}
	d.Flow = m.env.Flow
	read := func(name string, to any, usual any) {
		if err == nil {
			err = scalar(t.RawGetString(name), to, usual)
			if err != nil {
				err = fmt.Errorf("%s: %w", name, err)
			}
		}
	}
	read("name", &d.Name, "")
	read("timeout", &d.Timeout, usualTimeout)
	read("rate", &d.Rate, float64(usualRate))
	read("at_once", &d.AtOnce, usualAtOnce)
	read("retry_after", &d.RetryAfter, usualRetry)
	read("window", &d.Window, usualWindow)
	read("timezone", &d.Timezone, "")
	read("priority", &d.Priority, usualPriority)
	if err = cmp.Or(err, campaign.CheckName(d.Name)); err != nil {
		return d, err
	}
	if d.To, err = ways(a, t.RawGetString("to")); err != nil {
		return d, fmt.Errorf("to: %w", err)
	}
	if d.Nodes, err = ways(a, t.RawGetString("nodes")); err != nil {
		return d, fmt.Errorf("nodes: %w", err)
	}
	if err := m.checkNodes(d.Nodes); err != nil {
		return d, err
	}
	if d.Variables, err = texts(a, t.RawGetString("variables")); err != nil {
		return d, fmt.Errorf("variables: %w", err)
	}
	if d.Timezones, err = texts(a, t.RawGetString("timezones")); err != nil {
		return d, fmt.Errorf("timezones: %w", err)
	}
	if err := retries(a, t.RawGetString("retries"), &d); err != nil {
		return d, fmt.Errorf("retries: %w", err)
	}
	if err := from(t.RawGetString("from"), &d); err != nil {
		return d, fmt.Errorf("from: %w", err)
	}
	return d, onAnswer(a, t, &d)
}

func (m *maker) checkNodes(ways []campaign.Way) error {
	var names, tags []string
	for _, l := range m.Nodes {
		names, tags = append(names, l.Name()), append(tags, l.Tags()...)
	}
	for _, way := range ways {
		if way.Tag != "" && way.Name == "" && slices.Contains(tags, way.Tag) || way.Tag == "" && slices.Contains(names, way.Name) {
			continue
		}
		if way.Tag != "" && way.Name != "" {
			return fmt.Errorf("nodes: write {%q} or {tag = %q}, not both", way.Name, way.Tag)
		}
		if way.Tag != "" {
			return fmt.Errorf("nodes: no node has the tag %.64q; those of the configuration have (nodes: tags:): %s", way.Tag, strings.Join(slices.Compact(slices.Sorted(slices.Values(tags))), ", "))
		}
		return fmt.Errorf("nodes: there is no node %.64q; the configuration has (nodes:): %s", way.Name, strings.Join(names, ", "))
	}
	if len(names) == 0 && m.Campaigns != nil {
		return errors.New("the configuration has no node that could dial; write nodes: [{address: HOST:8021, password: PASSWORD}]")
	}
	return nil
}

// onAnswer reads what the callee gets.
func onAnswer(a *vm.Args, t *lua.LTable, d *campaign.Definition) error {
	switch v := t.RawGetString("on_answer").(type) {
	case lua.LString:
		d.OnAnswer = string(v)
	case *lua.LTable:
		d.App, d.Data = lua.LVAsString(v.RawGetInt(1)), lua.LVAsString(v.RawGetInt(2))
	}
	switch args := t.RawGetString("args").(type) {
	case *lua.LNilType:
	case *lua.LTable:
		for i := 1; i <= min(args.Len(), mostList); i++ {
			text, ok := text(args.RawGetInt(i))
			if !ok {
				return errors.New("args: write a list of texts")
			}
			a.ChargeMemory(len(text) + 16)
			d.Args = append(d.Args, text)
		}
	default:
		return errors.New("args: write a list of texts")
	}
	return nil
}

func from(v lua.LValue, d *campaign.Definition) error {
	number, name := v, lua.LNil
	if t, ok := v.(*lua.LTable); ok {
		number, name = t.RawGetString("number"), t.RawGetString("name")
	}
	return cmp.Or(scalar(number, &d.FromNumber, ""), scalar(name, &d.FromName, ""))
}

// usualRetries names the outcomes after which a number is called again if retries is a number.
var usualRetries = []string{"busy", "no answer", "unreachable", "gateway down"}

func retries(a *vm.Args, v lua.LValue, d *campaign.Definition) error {
	d.Retries = map[string]int{}
	switch v := v.(type) {
	case *lua.LNilType:
		return nil
	case lua.LNumber:
		for _, outcome := range usualRetries {
			d.Retries[outcome] = int(v)
		}
		return nil
	case *lua.LTable:
		var err error
		v.ForEach(func(k, n lua.LValue) {
			a.ChargeCPU(20)
			times, ok := n.(lua.LNumber)
			if key, isText := k.(lua.LString); isText && ok && len(d.Retries) < mostList {
				d.Retries[string(key)] = int(times)
			} else {
				err = errors.New(`write {busy = 2, ["no answer"] = 1}`)
			}
		})
		return err
	}
	return fmt.Errorf(`it is a %s; write {busy = 2, ["no answer"] = 1}, or a number`, v.Type())
}

// mostList bounds the lists of a definition.
const mostList = 1000

// ways reads routes or nodes.
func ways(a *vm.Args, v lua.LValue) (list []campaign.Way, err error) {
	switch v := v.(type) {
	case *lua.LNilType:
		return nil, nil
	case lua.LString:
		return []campaign.Way{{Name: string(v)}}, nil
	case *lua.LTable:
		if v.RawGetString("tag") != lua.LNil { // {tag = "dial"} for {{tag = "dial"}}
			way, err := readWay(a, v)
			return []campaign.Way{way}, err
		}
		for i := 1; i <= min(v.Len(), mostList); i++ {
			a.ChargeCPU(20)
			way := campaign.Way{}
			switch w := v.RawGetInt(i).(type) {
			case lua.LString:
				way.Name = string(w)
			case *lua.LTable:
				way, err = readWay(a, w)
			default:
				err = fmt.Errorf("element %d is a %s; write a text, or a table {TEXT, rate = 2, at_once = 10}", i, w.Type())
			}
			if err != nil {
				return nil, err
			}
			list = append(list, way)
		}
		return list, nil
	}
	return nil, fmt.Errorf("it is a %s; write a text, or a list of them", v.Type())
}

// readWay reads {NAME, rate = 2, at_once = 10}, or with tag = TAG instead of the name.
func readWay(a *vm.Args, t *lua.LTable) (way campaign.Way, err error) {
	err = cmp.Or(known(a, t, "rate", "at_once", "tag"), scalar(t.RawGetInt(1), &way.Name, ""), scalar(t.RawGetString("tag"), &way.Tag, ""),
		scalar(t.RawGetString("rate"), &way.Rate, 0.0), scalar(t.RawGetString("at_once"), &way.AtOnce, 0))
	return way, err
}

// texts reads a table of texts by name.
func texts(a *vm.Args, v lua.LValue) (map[string]string, error) {
	if v == lua.LNil {
		return nil, nil
	}
	t, ok := v.(*lua.LTable)
	if !ok {
		return nil, fmt.Errorf("it is a %s; write {name = value}", v.Type())
	}
	all := map[string]string{}
	var err error
	t.ForEach(func(k, v lua.LValue) {
		name, ok := k.(lua.LString)
		value, scalar := text(v)
		if !ok || !scalar || len(all) > mostList {
			err = errors.New("write at most 1000 times name = value, with text or numbers")
			return
		}
		a.ChargeCPU(20 + len(value)/8)
		a.ChargeMemory(64 + len(value))
		all[string(name)] = value
	})
	return all, err
}

// known refuses fields that are mistyped.
func known(a *vm.Args, t *lua.LTable, names ...string) error {
	wrong := ""
	t.ForEach(func(k, _ lua.LValue) {
		a.ChargeCPU(4)
		if name, ok := k.(lua.LString); ok && !slices.Contains(names, string(name)) && (wrong == "" || string(name) < wrong) {
			wrong = string(name)
		}
	})
	if wrong == "" {
		return nil
	}
	return fmt.Errorf("there is no field %.40q here; there are %s", wrong, strings.Join(names, ", "))
}

// text returns a scalar as text.
func text(v lua.LValue) (string, bool) {
	switch v := v.(type) {
	case lua.LString:
		return string(v), true
	case lua.LNumber:
		return strconv.FormatFloat(float64(v), 'f', -1, 64), true
	case lua.LBool:
		return v.String(), true
	}
	return "", false
}

// scalar reads a text, a whole number or a number; usual is what it is if it is not given.
func scalar(v lua.LValue, to, usual any) error {
	given := v != lua.LNil
	switch to := to.(type) {
	case *string:
		*to = usual.(string)
		if value, ok := text(v); given && ok {
			*to = value
		} else if given {
			return fmt.Errorf("it is a %s; write a text", v.Type())
		}
	case *float64:
		*to = usual.(float64)
		if n, ok := v.(lua.LNumber); given && ok {
			*to = float64(n)
		} else if given {
			return fmt.Errorf("it is a %s; write a number", v.Type())
		}
	case *int:
		*to = usual.(int)
		if n, ok := v.(lua.LNumber); given && ok && n == lua.LNumber(int(n)) {
			*to = int(n)
		} else if given {
			return errors.New("write a whole number")
		}
	}
	return nil
}
