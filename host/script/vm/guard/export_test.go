package guard

import (
	"context"
	"runtime"

	lua "github.com/yuin/gopher-lua"
)

// StaleRegisters counts the values above the top of L's registers.
func StaleRegisters(L *lua.LState) (n int) {
	r := raw(L).reg
	for _, v := range r.array[r.top:] {
		if v != nil && v != lua.LNil {
			n++
		}
	}
	return n
}

// Fill takes a place of the lane, and Leave gives one back.
func (l *Lane) Fill()  { l.free-- }
func (l *Lane) Leave() { l.leave() }

// Taken returns how many of the places are held.
func (l *Lane) Taken(places int) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return places - l.free
}

// EnterAfter waits for a place for a state that has had so many turns.
func (l *Lane) EnterAfter(ctx context.Context, g *Guard, turns int) bool {
	g.turns = turns
	return l.enter(ctx, g)
}

// AwaitWaiting waits until so many states wait.
func (l *Lane) AwaitWaiting(n int) {
	for waiting := 0; waiting < n; runtime.Gosched() {
		l.mu.Lock()
		waiting = len(l.waiting)
		l.mu.Unlock()
	}
}
