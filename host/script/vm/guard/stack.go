package guard

import (
	"strconv"
	"unsafe"

	lua "github.com/yuin/gopher-lua"
)

// The call frames of a thread are in one array, which is small at first and moves
// when it grows. gopher-lua has pointers into it: growCallStack updates Parent
// and currentFrame; execute updates its own when g.grown changes.

const (
	headroom = 4   // free call frames before each instruction: one pushes at most two
	maxNest  = 195 // Go frames that run Lua, as PUC Lua's LUAI_MAXCCALLS of 200
	errNest  = 10  // beyond maxNest for the handler of that very error
)

func (c *callStack) full() bool { return c.sp+headroom > len(c.array) }

// growCallStack makes growCallStack for call frames.
func (g *Guard) growCallStack(L *lua.LState) {
	s := raw(L)
	old := s.stack.calls.array
	limit := g.limits.Stack + g.spare + headroom
	if len(old) >= limit {
		g.overflow(L)
	}
	n := min(limit, 2*len(old))
	g.ChargeMemory(L, n*int(unsafe.Sizeof(callFrame{})))
	frames := make([]callFrame, n)
	copy(frames, old[:s.stack.calls.sp])
	for i := range s.stack.calls.sp {
		if parent := frames[i].Parent; parent != nil {
			frames[i].Parent = &frames[parent.Idx]
		}
	}
	if s.currentFrame != nil {
		s.currentFrame = &frames[s.currentFrame.Idx]
	}
	s.stack.calls.array = frames
	g.grown++
}

// overflow raises the stack limit's error, which a script may catch.
func (g *Guard) overflow(L *lua.LState) {
	err := &LimitError{Limit: "stack", Figure: strconv.Itoa(g.limits.Stack) + " nested calls"}
	err.File, err.Line = Where(L)
	panic(&lua.ApiError{
		Type:   lua.ApiErrorRun,
		Object: lua.LString(place(err.File, err.Line) + "stack overflow: " + err.Text()),
		Cause:  err,
	})
}

// enterLoop counts a Go frame that is about to run Lua.
func (g *Guard) enterLoop(L *lua.LState) {
	if g.nest >= maxNest && (g.nest >= maxNest+errNest || g.spare == 0) {
		Raise(L, 1, "C stack overflow")
	}
	g.nest++
	if raw(L).stack.calls.full() {
		g.growCallStack(L)
	}
}

// closeUpvalues copies the registers from i on for the closures that use them.
// gopher-lua's own leaves each upvalue linked to the next and to the registers, and
// so a closure would keep the variables of others and its thread alive.
func (s *state) closeUpvalues(i int) {
	var kept *upvalue
	u := s.uvcache
	for ; u != nil && u.index < i; u = u.next {
		kept = u
	}
	if kept == nil {
		s.uvcache = nil
	} else {
		kept.next = nil
	}
	for u != nil {
		next := u.next
		u.value = u.reg.array[u.index]
		u.next, u.reg, u.closed = nil, nil, true
		u = next
	}
}

// setTop lowers the top and clears the registers above it.
func (r *registry) setTop(top int) {
	if top < r.top {
		clear(r.array[top:r.top])
	}
	r.top = top
}

func (r *registry) set(i int, v lua.LValue) {
	r.array[i] = v
	if i >= r.top {
		r.top = i + 1
	}
}

func (u *upvalue) get() lua.LValue {
	if u.closed || u.reg == nil {
		return u.value
	}
	return u.reg.array[u.index]
}
