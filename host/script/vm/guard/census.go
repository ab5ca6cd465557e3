package guard

import (
	"unsafe"

	lua "github.com/yuin/gopher-lua"
)

// A Holder is a Go value that keeps memory alive for a script: the value of an
// object, or the owner of the state (Guard.Data).
type Holder interface {
	// Holds calls visit for each Lua value that it refers to, and for each of its
	// strings. It returns the bytes of everything else that it keeps alive.
	Holds(visit func(lua.LValue)) (bytes int)
}

// census counts the bytes that a script keeps alive: what hangs on its globals, its
// threads with their registers and frames, and its objects. That is more than
// the script can reach: gopher-lua keeps a table's keys whose values are nil. Tables
// that the machine's states share are not counted.
type census struct {
	g     *Guard
	bytes int64
	work  int64 // in units
	seen  pointers
	todo  []lua.LValue
	block uintptr             // of the last number
	texts [256]unsafe.Pointer // the string headers seen last
}

// census returns the bytes that are alive and the units of work it took.
func (g *Guard) census() (live, work int64) {
	c := &census{g: g}
	c.value(g.main)
	if h, ok := g.Data.(Holder); ok {
		c.bytes += int64(h.Holds(c.value))
	}
	c.value(g.main.G.Global)
	c.value(g.main.G.Registry)
	if t := g.main.G.CurrentThread; t != nil {
		c.value(t)
	}
	for _, mt := range rawGlobal(g.main.G).builtinMts {
		c.value(mt)
	}
	for len(c.todo) > 0 {
		v := c.todo[len(c.todo)-1]
		c.todo = c.todo[:len(c.todo)-1]
		c.inside(v)
	}
	return c.bytes, c.work
}

// value counts a string or number, and queues a value that refers to others.
func (c *census) value(v lua.LValue) {
	c.work++
	word := (*[2]unsafe.Pointer)(unsafe.Pointer(&v))[1]
	switch x := v.(type) {
	case lua.LString:
		if last := &c.texts[uintptr(word)>>4&255]; *last != word {
			*last = word
			c.text(string(x))
		}
	case lua.LNumber:
		if x >= 0 && x < lua.LNumber(len(small)) && lua.LNumber(int(x)) == x {
			return
		}
		// one reachable number keeps its whole block
		if b := uintptr(word) &^ (8*blockLen - 1); b != c.block {
			c.block = b
			if c.seen.addAddress(b) {
				c.bytes += 8 * blockLen
			}
		}
	case *lua.LTable:
		if x != nil && !c.g.shared.Tables[x] && c.seen.add(word) {
			c.todo = append(c.todo, x)
		}
	case *lua.LFunction, *lua.LUserData, *lua.LState:
		if word != nil && c.seen.add(word) {
			c.todo = append(c.todo, v)
		}
	}
}

// text counts a string, a long one only once.
func (c *census) text(s string) {
	if len(s) <= 64 || c.seen.add(unsafe.Pointer(unsafe.StringData(s))) {
		c.bytes += int64(len(s)) + 24
	}
}

func (c *census) inside(v lua.LValue) {
	switch x := v.(type) {
	case *lua.LTable:
		c.table(rawTable(x))
	case *lua.LFunction:
		c.function(x)
	case *lua.LUserData:
		c.bytes += 128
		if h, ok := x.Value.(Holder); ok {
			c.bytes += int64(h.Holds(c.value))
		}
		if x.Metatable != nil {
			c.value(x.Metatable)
		}
	case *lua.LState:
		c.thread(x)
	}
}

func (c *census) table(t *table) {
	c.bytes += 96 + 16*int64(cap(t.array))
	if len(t.keys) > 0 {
		c.bytes += mapSize(len(t.keys))
		c.work += int64(len(t.keys))
		for _, k := range t.keys { // also those whose values are nil
			c.value(k)
		}
		for _, v := range t.strdict {
			c.value(v)
		}
		for _, v := range t.dict {
			c.value(v)
		}
	}
	for _, v := range t.array {
		if v != nil {
			c.value(v)
		}
	}
	clear(t.array[len(t.array):cap(t.array)]) // table.remove leaves what it removes there
	c.value(t.Metatable)
}

func (c *census) function(f *lua.LFunction) {
	c.bytes += 96 + 8*int64(len(f.Upvalues))
	if !f.IsG && c.seen.add(unsafe.Pointer(f.Proto)) {
		c.proto(f.Proto)
	}
	if f.Env != nil {
		c.value(f.Env)
	}
	for _, u := range f.Upvalues {
		if u == nil || !c.seen.add(unsafe.Pointer(u)) {
			continue
		}
		c.bytes += upvalueSize
		if u := rawUpvalue(u); u.closed || u.reg == nil {
			if u.value != nil {
				c.value(u.value)
			}
		} else {
			c.registers(u.reg)
		}
	}
}

func (c *census) thread(L *lua.LState) {
	s := raw(L)
	calls := s.stack.calls
	c.bytes += 700 + int64(len(calls.array))*int64(unsafe.Sizeof(callFrame{}))
	c.registers(s.reg)
	if L.Parent != nil {
		c.value(L.Parent)
	}
	for i := range calls.sp {
		c.value(calls.array[i].Fn)
	}
	clear(calls.array[calls.sp:]) // calls that have ended would keep their functions alive
	for u := s.uvcache; u != nil; u = u.next {
		if c.seen.add(unsafe.Pointer(u)) {
			c.bytes += upvalueSize
		}
	}
}

func (c *census) registers(r *registry) {
	if !c.seen.add(unsafe.Pointer(r)) {
		return
	}
	c.value((*lua.LState)(r.handler[1])) // a closure with a variable in the registers keeps the thread alive
	c.bytes += 16 * int64(cap(r.array))
	for _, v := range r.array {
		if v != nil {
			c.value(v)
		}
	}
}

const upvalueSize = 80

// proto counts a compiled function with its names.
func (c *census) proto(p *lua.FunctionProto) {
	c.work += int64(len(p.Constants) + len(p.DbgLocals) + len(p.DbgCalls) + len(p.DbgUpvalues))
	c.bytes += int64(400 + 4*cap(p.Code) + (16+16)*cap(p.Constants) + 8*cap(p.FunctionPrototypes) +
		8*cap(p.DbgSourcePositions) + (8+40)*cap(p.DbgLocals) + 24*cap(p.DbgCalls) + 16*cap(p.DbgUpvalues))
	c.text(p.SourceName)
	for _, k := range p.Constants {
		c.value(k)
	}
	for _, v := range p.DbgLocals {
		c.text(v.Name)
	}
	for _, call := range p.DbgCalls {
		c.text(call.Name)
	}
	for _, name := range p.DbgUpvalues {
		c.text(name)
	}
	for _, child := range p.FunctionPrototypes {
		c.proto(child)
	}
}

// pointers is a set of addresses, with open addressing. Go's heap does not move.
type pointers struct {
	slots []uintptr
	n     int
}

// add reports whether p was not in the set.
func (s *pointers) add(p unsafe.Pointer) bool { return s.addAddress(uintptr(p)) }

func (s *pointers) addAddress(p uintptr) bool {
	if 4*(s.n+1) > 3*len(s.slots) {
		old := s.slots
		s.slots = make([]uintptr, max(256, 2*len(old)))
		s.n = 0
		for _, q := range old {
			if q != 0 {
				s.insert(q)
			}
		}
	}
	return s.insert(p)
}

func (s *pointers) insert(p uintptr) bool {
	mask := uintptr(len(s.slots) - 1)
	for i := (p >> 4) * 0x9E3779B97F4A7C15 >> 20 & mask; ; i = (i + 1) & mask {
		switch s.slots[i] {
		case 0:
			s.slots[i] = p
			s.n++
			return true
		case p:
			return false
		}
	}
}
