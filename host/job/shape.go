package job

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/eslua/eslua/host/operate/config"
	"github.com/eslua/eslua/host/run"
	lua "github.com/yuin/gopher-lua"
)

const (
	// maxShaping limits how long the script of a push may run.
	maxShaping = time.Minute
	// mostDocument and deepest bound what it may make of a document.
	mostDocument = 1 << 20
	deepest      = 32
)

// Shape runs the script of a push with the global push, the document. It returns the
// document as the script has left it, and false if that is nil. node names where the
// channel is, and may be "".
func (s *Source) Shape(ctx context.Context, script config.Script, channel, node string, document []byte) (shaped []byte, send bool, err error) {
	var given any
	if err := json.Unmarshal(document, &given); err != nil {
		return nil, false, err
	}
	j := job{kind: Push, name: script.Name(), args: script.Args(), sw: s.nodeOf(node), timeout: maxShaping, channel: channel, given: map[string]any{"push": given}}
	j.completed = func(env *run.Env) (err error) {
		v := env.State.Global("push")
		if v == lua.LNil || v == lua.LFalse {
			return nil
		}
		left := mostDocument
		value, err := lower(v, deepest, &left)
		if err != nil {
			return fmt.Errorf("the global push cannot be sent: %w", err)
		}
		shaped, err = json.Marshal(value)
		send = err == nil
		return err
	}
	err = s.run(ctx, j)
	return shaped, send && err == nil, err
}

// lower returns a value of Lua as encoding/json takes it. left bounds its bytes.
func lower(v lua.LValue, depth int, left *int) (any, error) {
	if *left -= 8; *left < 0 {
		return nil, fmt.Errorf("it has more than %d bytes", mostDocument)
	}
	switch v := v.(type) {
	case lua.LString:
		*left -= len(v)
		return string(v), nil
	case lua.LNumber:
		return float64(v), nil
	case lua.LBool:
		return bool(v), nil
	case *lua.LTable:
		if depth == 0 {
			return nil, fmt.Errorf("its tables are deeper than %d", deepest)
		}
		return lowerTable(v, depth-1, left)
	}
	if v == lua.LNil {
		return nil, nil
	}
	return nil, fmt.Errorf("a %s is no value of JSON", v.Type())
}

func lowerTable(t *lua.LTable, depth int, left *int) (any, error) {
	n := t.Len()
	list, object := make([]any, 0, min(n, 64)), map[string]any{}
	for k, v := t.Next(lua.LNil); k != lua.LNil; k, v = t.Next(k) {
		value, err := lower(v, depth, left)
		if err != nil {
			return nil, err
		}
		if i, ok := k.(lua.LNumber); ok && float64(i) == float64(len(list)+1) && len(object) == 0 {
			list = append(list, value)
			continue
		}
		name, ok := k.(lua.LString)
		if !ok || len(list) > 0 {
			return nil, errors.New("a table has keys besides 1, 2, 3 and so on, or names; JSON has lists and objects")
		}
		*left -= len(name)
		object[string(name)] = value
	}
	if len(list) > 0 {
		return list, nil
	}
	return object, nil
}
