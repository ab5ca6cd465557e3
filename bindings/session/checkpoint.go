package session

import (
	"errors"
	"strings"

	"github.com/eslua/eslua/host/script/vm"
	lua "github.com/yuin/gopher-lua"
)

var errNoCheckpoint = errors.New("only the call that runs the flow has a checkpoint: a leg that a script dialled ends with the script")

// storeCheckpoint keeps a table in FreeSWITCH, or takes back what is kept.
func storeCheckpoint(s *Session, a *vm.Args) (lua.LValue, error) {
	if s.keep == nil {
		return nil, errNoCheckpoint
	}
	text := ""
	if t := a.Table(0); t != nil {
		var err error
		if text, err = encodeTable(t); err != nil {
			return nil, err
		}
	}
	if s.call == nil || s.over() {
		return nil, nil
	}
	return nil, s.settle(s.keep.Keep(a.Context(), text))
}

// resumed returns what the run that this one continues kept last, and which
// script that was; nil when there is nothing to continue.
func resumed(a *vm.Args) error {
	s := a.Self().(*Session)
	a.Return(lua.LNil)
	if s.keep == nil {
		return nil
	}
	text, by := s.keep.Earlier()
	if text == "" {
		return nil
	}
	a.ChargeMemory(decodedCost * len(text))
	kept, err := decodeTable(strings.Clone(text), func(id int) lua.LValue { return s.task(a, id) })
	if err != nil {
		s.log().Warn("the checkpoint that this channel has cannot be used, the flow begins anew", "error", err)
		return nil
	}
	from := &lua.LTable{Metatable: lua.LNil}
	from.RawSetString("flow", lua.LString(by.Flow))
	from.RawSetString("generation", lua.LString(by.Generation))
	from.RawSetString("version", lua.LString(by.Version))
	a.Return(kept, from)
	return nil
}

// decodedCost is the memory that a byte of a checkpoint's text can become: a
// table, two bytes of text, is some 200.
const decodedCost = 128
