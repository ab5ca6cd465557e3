package guard

import (
	"strings"

	"github.com/eslua/eslua/host/script/vm/compiler"
	lua "github.com/yuin/gopher-lua"
)

// Compile compiles source text; name is what errors show. The error is a
// *compiler.SyntaxError.
func Compile(name, src string) (*lua.FunctionProto, error) {
	if len(src) > 64*MaxSource {
		return nil, &compiler.SyntaxError{File: name, Line: 1, Message: "source limit of " + Size(64*MaxSource) + " reached"}
	}
	text, wrong := compiler.Read(name, src)
	if wrong != nil {
		return nil, wrong
	}
	return compile(text, func(int) {})
}

// compile compiles text, and corrects what the compiler says of the functions.
func compile(text *compiler.Text, charge func(units int)) (*lua.FunctionProto, error) {
	p, wrong := text.Compile(charge)
	if wrong != nil {
		return nil, wrong
	}
	correct(p)
	trim(p)
	return p, nil
}

// correct corrects a function and those inside it.
func correct(p *lua.FunctionProto) {
	makeRoom(p)
	numberBlocks(p)
	for _, child := range p.FunctionPrototypes {
		correct(child)
	}
}

// numberBlocks corrects where a table constructor stores the results of a call, or
// variable arguments, that follow a full block of elements: gopher-lua's compiler
// numbers them as that block.
func numberBlocks(p *lua.FunctionProto) {
	var last [256]int // block of the constructor in each register
	for i, inst := range p.Code {
		switch a := argA(inst); opcode(inst) {
		case lua.OP_NEWTABLE:
			last[a] = 0
		case lua.OP_SETLIST:
			if argB(inst) == 0 && argC(inst) == last[a] {
				p.Code[i] += 1 << 9 // C
			}
			last[a] = argC(inst)
		}
	}
}

// makeRoom corrects the number of registers of a function: gopher-lua's compiler
// does not count those of loop variables that nothing reads.
func makeRoom(p *lua.FunctionProto) {
	for _, inst := range p.Code {
		last := 0
		switch a := argA(inst); opcode(inst) {
		case lua.OP_FORPREP, lua.OP_FORLOOP:
			last = a + 3
		case lua.OP_TFORLOOP:
			last = a + max(5, 2+argC(inst))
		case lua.OP_SELF:
			last = a + 1
		case lua.OP_LOADNIL:
			last = argB(inst)
		case lua.OP_MOVE, lua.OP_MOVEN, lua.OP_LOADK, lua.OP_LOADBOOL, lua.OP_GETUPVAL, lua.OP_GETGLOBAL, lua.OP_GETTABLE,
			lua.OP_GETTABLEKS, lua.OP_NEWTABLE, lua.OP_CLOSURE, lua.OP_CONCAT, lua.OP_LEN, lua.OP_NOT, lua.OP_UNM,
			lua.OP_ADD, lua.OP_SUB, lua.OP_MUL, lua.OP_DIV, lua.OP_MOD, lua.OP_POW:
			last = a
		}
		p.NumUsedRegisters = uint8(min(255, max(int(p.NumUsedRegisters), last+1)))
	}
}

// trim frees the spare capacity that the compiler left in a function, some 7 KiB
// each.
func trim(p *lua.FunctionProto) {
	p.Code = exact(p.Code)
	p.Constants = exact(p.Constants)
	p.FunctionPrototypes = exact(p.FunctionPrototypes)
	p.DbgSourcePositions = exact(p.DbgSourcePositions)
	p.DbgLocals = exact(p.DbgLocals)
	p.DbgCalls = exact(p.DbgCalls)
	p.DbgUpvalues = exact(p.DbgUpvalues)
	mirror := rawProto(p)
	mirror.stringConstants = exact(mirror.stringConstants)
	for _, child := range p.FunctionPrototypes {
		trim(child)
	}
}

func exact[T any](s []T) []T { return append(make([]T, 0, len(s)), s...) }

// Load compiles text under L's budgets. name is what errors show. If the text does not
// compile, message says why.
func Load(L *lua.LState, text, name string, env *lua.LTable) (fn *lua.LFunction, message string) {
	return load(L, text, name, env, func(*compiler.Text) {})
}

// LoadTyped compiles what somebody types, one text after the other: an expression returns
// its values, and what is local to the text is global.
func LoadTyped(L *lua.LState, text, name string) (fn *lua.LFunction, message string) {
	if fn, _ = Load(L, "return "+text, name, L.G.Global); fn != nil {
		return fn, ""
	}
	return load(L, text, name, L.G.Global, (*compiler.Text).KeepLocals)
}

func load(L *lua.LState, text, name string, env *lua.LTable, prepare func(*compiler.Text)) (fn *lua.LFunction, message string) {
	g := Of(L)
	if len(text) > g.limits.Source {
		return nil, (&LimitError{Limit: "source", Figure: Size(int64(g.limits.Source))}).Text()
	}
	name = strings.Clone(name) // a part of a text would keep the whole alive
	g.ChargeCPU(L, 200+4*len(text))
	source, wrong := compiler.Read(name, text)
	if wrong != nil {
		return nil, wrong.Error()
	}
	g.ChargeCPU(L, source.Work)
	g.ChargeMemory(L, 20000+source.Memory)
	prepare(source)
	p, err := compile(source, func(units int) { g.ChargeCPU(L, units) })
	if err != nil {
		return nil, err.Error()
	}
	return &lua.LFunction{Proto: p, Env: env}, ""
}

// shortSource returns a chunk's name for errors, as lobject.c:luaO_chunkid.
func shortSource(name string) string {
	const most = 59
	switch {
	case strings.HasPrefix(name, "="):
		return name[1:min(len(name), most+1)]
	case strings.HasPrefix(name, "@"):
		name = name[1:]
		const room = most + 1 - len(` '...' `) - 1
		if len(name) > room {
			return "..." + name[len(name)-room:]
		}
		return name
	}
	line, _, cut := strings.Cut(strings.ReplaceAll(name, "\r", "\n"), "\n")
	const room = most + 1 - len(` [string "..."] `) - 1
	if len(line) > room {
		line, cut = line[:room], true
	}
	if cut {
		line += "..."
	}
	return `[string "` + line + `"]`
}

// NewFunction returns a function of the state that runs a compiled chunk.
func (g *Guard) NewFunction(p *lua.FunctionProto) *lua.LFunction {
	return &lua.LFunction{Proto: p, Env: g.main.G.Global}
}

func baseLoadstring(L *lua.LState) int {
	text, ok := L.Get(1).(lua.LString)
	if !ok {
		TypeError(L, 1, "string")
	}
	name := text
	if s, ok := L.Get(2).(lua.LString); ok {
		name = s
	}
	return loaded(L, string(text), string(name), L.G.Global)
}

// baseLoad takes a reader function, as in 5.1, or a string, mode and env, as in
// 5.2.
func baseLoad(L *lua.LState) int {
	var text string
	name := "=(load)"
	switch v := L.Get(1).(type) {
	case lua.LString:
		text, name = string(v), string(v)
	case *lua.LFunction:
		var failed lua.LValue
		if text, failed = readAll(L, v); failed != nil {
			L.Push(lua.LNil)
			L.Push(failed)
			return 2
		}
	default:
		TypeError(L, 1, "function")
	}
	if s, ok := L.Get(2).(lua.LString); ok {
		name = string(s)
	}
	env := L.G.Global
	if t, ok := L.Get(4).(*lua.LTable); ok {
		env = t
	}
	return loaded(L, text, name, env)
}

func loaded(L *lua.LState, text, name string, env *lua.LTable) int {
	fn, message := Load(L, text, shortSource(name), env)
	if fn == nil {
		L.Push(lua.LNil)
		L.Push(lua.LString(message))
		return 2
	}
	L.Push(fn)
	return 1
}

// readAll joins the pieces that a reader function returns. load returns what it
// raises, as in PUC Lua.
func readAll(L *lua.LState, reader *lua.LFunction) (text string, failed lua.LValue) {
	g := Of(L)
	var b strings.Builder
	kept := 0
	defer func() { g.Keep(-kept) }()
	for {
		var piece lua.LValue
		err, _ := g.Enter(L, func() {
			L.Push(reader)
			L.Call(0, 1)
			piece = L.Get(-1)
			L.Pop(1)
		})
		if raised, ok := err.(*lua.ApiError); ok {
			g.ChargeCPU(L, 500)
			return "", raised.Object
		}
		g.MustRun(L)
		if piece == lua.LNil || piece == lua.LString("") {
			return b.String(), nil
		}
		s, ok := piece.(lua.LString)
		if !ok {
			return "", lua.LString(position(L, 1) + "reader function must return a string")
		}
		if b.Len()+len(s) > g.limits.Source {
			return "", lua.LString((&LimitError{Limit: "source", Figure: Size(int64(g.limits.Source))}).Text())
		}
		g.ChargeCPU(L, 100+len(s)/16)
		g.ChargeMemory(L, len(s))
		b.WriteString(string(s))
		g.Keep(b.Cap() - kept)
		kept = b.Cap()
	}
}
