package campaign

import (
	"context"
	"fmt"

	"github.com/eslua/eslua/host/campaign"
	"github.com/eslua/eslua/host/script/vm"
	lua "github.com/yuin/gopher-lua"
)

// mostBlocked bounds a list of numbers that are not called.
const mostBlocked = 1_000_000

// blocked returns what reports whether a number is not called, nil if dnc says nothing of
// the list; a bucket is for each attempt.
func (m *maker) blocked(a *vm.Args, v lua.LValue, d *campaign.Definition) (func(number string) (bool, error), error) {
	switch v := v.(type) {
	case *lua.LNilType:
		return nil, nil
	case *lua.LFunction:
		return func(number string) (bool, error) {
			results, err := a.State().Call(v, lua.LString(number))
			return err == nil && len(results) > 0 && lua.LVAsBool(results[0]), err
		}, nil
	case *lua.LTable:
		if name := v.RawGetString("bucket"); name != lua.LNil {
			if err := scalar(name, &d.DNC, ""); err != nil {
				return nil, err
			}
			return nil, m.env.Grants.CheckBucket(d.DNC)
		}
	}
	ctx, leave := m.env.Aside(a.Context())
	defer leave()
	return m.numbers(a, ctx, v)
}

// numbers reads a list of numbers that are not called. One that cannot be read raises an
// error: to leave it out could mean that somebody is called who must not be.
func (m *maker) numbers(a *vm.Args, ctx context.Context, v lua.LValue) (func(number string) (bool, error), error) {
	next, done, err := m.rows(a, ctx, v)
	if err != nil {
		return nil, err
	}
	defer done()
	all := map[string]struct{}{}
	for at := 1; ; at++ {
		row, err := next()
		if err != nil {
			return nil, err
		}
		if row == nil {
			return func(number string) (bool, error) {
				_, found := all[campaign.Key(number)]
				return found, nil
			}, nil
		}
		number, err := campaign.Normal(row["number"])
		if err != nil {
			return nil, fmt.Errorf("row %d: %w", at, err)
		}
		if len(all) >= mostBlocked {
			return nil, fmt.Errorf("it has more than %d numbers; keep them in a bucket of kv, or ask a database in a function", mostBlocked)
		}
		a.ChargeCPU(100)
		a.ChargeMemory(96)
		all[campaign.Key(number)] = struct{}{}
	}
}
