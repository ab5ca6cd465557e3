package stdlib_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/script/vm/guard"
	"github.com/eslua/eslua/host/script/vm/stdlib"
	lua "github.com/yuin/gopher-lua"
)

// A script is a guarded state with all of Lua's libraries, for one run.
type script struct {
	*guard.Guard
	out strings.Builder
}

var shared guard.Shared

func newScript(zone *time.Location) *script {
	var s *script
	s = build(guard.New(guard.Limits{}, guard.Services{
		Clock: clock.NewManual(time.Unix(1_700_000_000, 0).In(zone)),
		Print: func(line string) { s.out.WriteString(line + "\n") },
		Rand:  rand.New(rand.NewPCG(1, 2)),
	}, &shared))
	return s
}

func newLimited(limits guard.Limits) *script {
	return build(guard.New(limits, guard.Services{
		Clock: clock.NewManual(time.Unix(0, 0).UTC()),
		Print: func(string) {},
		Rand:  rand.New(rand.NewPCG(1, 2)),
	}, &shared))
}

func build(g *guard.Guard) *script {
	s := &script{Guard: g}
	L := s.L()
	globals := L.G.Global
	for _, library := range stdlib.Libraries() {
		t := globals
		if library.Name != "" {
			t = L.NewTable()
			globals.RawSetString(library.Name, t)
		}
		for _, f := range library.Fields {
			t.RawSetString(f.Name, f.Value)
		}
	}
	globals.RawSetString("_G", globals)
	L.SetMetatable(lua.LString(""), stdlib.StringMetatable(L, globals.RawGetString("string").(*lua.LTable)))
	return s
}

// run runs a chunk and returns what it printed, an error as the last line.
func (s *script) run(source string) string {
	if err := s.do(source); err != nil {
		s.out.WriteString("error: " + errorText(err) + "\n")
	}
	return s.out.String()
}

func (s *script) do(source string) error {
	s.Context = context.Background()
	p, err := guard.Compile("snippet", source)
	if err != nil {
		return err
	}
	err, _ = s.Enter(s.L(), func() {
		s.L().Push(s.NewFunction(p))
		s.L().Call(0, 0)
	})
	return err
}

func errorText(err error) string {
	var raised *lua.ApiError
	if errors.As(err, &raised) {
		return raised.Object.String()
	}
	return err.Error()
}

// print runs "print(expressions)" and returns the line.
func eval(t testing.TB, expressions string) string {
	t.Helper()
	return strings.TrimSuffix(newScript(time.UTC).run("print("+expressions+")"), "\n")
}
