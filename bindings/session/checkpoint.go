package session

import (
	"errors"
	"strings"

	"github.com/eslua/eslua/host/script/vm"
	lua "github.com/yuin/gopher-lua"
)

var errNoCheckpoint = errors.New("only the call that runs the flow has a checkpoint: a leg that a script dialled ends with the script")

// storeCheckpoint stores a table in FreeSWITCH, or removes the stored one.
func storeCheckpoint(s *Session, a *vm.Args) (lua.LValue, error) {
	if s.checkpoint == nil {
		return nil, errNoCheckpoint
	}
	text := ""
	if t := a.Table(0); t != nil {
		var err error
		if text, err = encodeTable(t); err != nil {
			return nil, err
		}
	}
	if s.call == nil || s.ended() || s.call.Moved() {
		return nil, nil
	}
	return nil, s.classifyErr(s.checkpoint.Save(a.Context(), text))
}

// resumed returns the table that the interrupted run stored last and which script
// that was; nil if this run continues none.
func resumed(a *vm.Args) error {
	s := a.Self().(*Session)
	a.Return(lua.LNil)
	if s.checkpoint == nil {
		return nil
	}
	text, by := s.checkpoint.Previous()
	if text == "" {
		return nil
	}
	a.ChargeMemory(decodedCost * len(text))
	kept, err := decodeTable(strings.Clone(text), func(id int) lua.LValue { return a.Record(Task{id, s}) })
	if err != nil {
		s.log().Warn("the channel's checkpoint cannot be used, so the flow starts from the beginning", "error", err)
		return nil
	}
	from := &lua.LTable{Metatable: lua.LNil}
	from.RawSetString("flow", lua.LString(by.Flow))
	from.RawSetString("generation", lua.LString(by.Generation))
	from.RawSetString("version", lua.LString(by.Version))
	a.Return(kept, from)
	return nil
}

// decodedCost is the memory that a byte of a checkpoint's text can take: a table,
// two bytes of text, takes about 200.
const decodedCost = 128
