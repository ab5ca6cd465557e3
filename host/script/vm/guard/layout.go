package guard

import (
	"context"
	"fmt"
	"reflect"
	"unsafe"

	lua "github.com/yuin/gopher-lua"
)

// Version names the gopher-lua that this package mirrors.
const Version = "v1.1.2"

// The types below mirror gopher-lua's unexported ones field by field; Check
// compares them with those linked in. Keep the order and the names.

type callFrame struct {
	Idx        int
	Fn         *lua.LFunction
	Parent     *callFrame
	Pc         int
	Base       int
	LocalBase  int
	ReturnBase int
	NArgs      int
	NRet       int
	TailCall   int
}

type callStack struct {
	array []callFrame
	sp    int
}

// A stackRef is the interface value that holds a *callStack.
type stackRef struct {
	tab   unsafe.Pointer
	calls *callStack
}

type registry struct {
	array   []lua.LValue
	top     int
	growBy  int
	maxSize int
	alloc   unsafe.Pointer
	handler [2]unsafe.Pointer
}

type upvalue struct {
	next   *upvalue
	reg    *registry
	index  int
	value  lua.LValue
	closed bool
}

type table struct {
	Metatable lua.LValue
	array     []lua.LValue
	dict      map[lua.LValue]lua.LValue
	strdict   map[string]lua.LValue
	keys      []lua.LValue
	k2i       map[lua.LValue]int
}

type global struct {
	MainThread    *lua.LState
	CurrentThread *lua.LState
	Registry      *lua.LTable
	Global        *lua.LTable
	builtinMts    map[int]lua.LValue
	tempFiles     [3]uintptr
	gccount       int32
}

type state struct {
	G            *lua.Global
	Parent       *lua.LState
	Env          *lua.LTable
	Panic        func(*lua.LState)
	Dead         bool
	Options      lua.Options
	stop         int32
	reg          *registry
	stack        stackRef
	alloc        unsafe.Pointer
	currentFrame *callFrame
	wrapped      bool
	uvcache      *upvalue
	hasErrorFunc bool
	mainLoop     func(*lua.LState, *callFrame)
	ctx          context.Context
	ctxCancelFn  context.CancelFunc
}

type proto struct {
	SourceName         string
	LineDefined        int
	LastLineDefined    int
	NumUpvalues        uint8
	NumParameters      uint8
	IsVarArg           uint8
	NumUsedRegisters   uint8
	Code               []uint32
	Constants          []lua.LValue
	FunctionPrototypes []*lua.FunctionProto
	DbgSourcePositions []int
	DbgLocals          []*lua.DbgLocalInfo
	DbgCalls           []lua.DbgCall
	DbgUpvalues        []string
	stringConstants    []string
}

func raw(L *lua.LState) *state             { return (*state)(unsafe.Pointer(L)) }
func rawTable(t *lua.LTable) *table        { return (*table)(unsafe.Pointer(t)) }
func rawUpvalue(u *lua.Upvalue) *upvalue   { return (*upvalue)(unsafe.Pointer(u)) }
func rawGlobal(g *lua.Global) *global      { return (*global)(unsafe.Pointer(g)) }
func rawProto(p *lua.FunctionProto) *proto { return (*proto)(unsafe.Pointer(p)) }

// jumpTable has gopher-lua's function for each instruction. It returns 1 when
// the loop that runs the instruction must return.
//
//go:linkname jumpTable github.com/yuin/gopher-lua.jumpTable
var jumpTable [lua.OP_NOP + 1]func(L *lua.LState, inst uint32, base *callFrame) int

//go:linkname callGFunction github.com/yuin/gopher-lua.callGFunction
func callGFunction(L *lua.LState, tailcall bool) bool

//go:linkname switchToParentThread github.com/yuin/gopher-lua.switchToParentThread
func switchToParentThread(L *lua.LState, nargs int, haserror bool, kill bool)

// Check returns an error if the linked gopher-lua differs from the one that this
// package was written against.
func Check() error {
	L := lua.NewState(lua.Options{SkipOpenLibs: true, CallStackSize: 1})
	defer L.Close()
	ls := reflect.TypeOf(*L)
	fieldType := func(name string) reflect.Type {
		f, ok := ls.FieldByName(name)
		if !ok {
			return reflect.TypeOf(0)
		}
		return f.Type
	}
	stack := reflect.ValueOf(L).Elem().FieldByName("stack")
	if !stack.IsValid() || stack.Kind() != reflect.Interface {
		return differs("LState.stack is no interface")
	}
	for _, pair := range []struct{ theirs, ours reflect.Type }{
		{ls, reflect.TypeFor[state]()},
		{fieldType("reg"), reflect.TypeFor[*registry]()},
		{fieldType("currentFrame"), reflect.TypeFor[*callFrame]()},
		{stack.Elem().Type(), reflect.TypeFor[*callStack]()},
		{reflect.TypeFor[lua.LTable](), reflect.TypeFor[table]()},
		{reflect.TypeFor[lua.Upvalue](), reflect.TypeFor[upvalue]()},
		{reflect.TypeFor[lua.Global](), reflect.TypeFor[global]()},
		{reflect.TypeFor[lua.FunctionProto](), reflect.TypeFor[proto]()},
	} {
		if err := compare(pair.theirs, pair.ours); err != nil {
			return err
		}
	}
	if lua.OP_NOP != 41 || lua.OP_CALL != 31 || lua.OP_CONCAT != 24 || lua.OP_SETTABLE != 11 {
		return differs("the instruction numbers")
	}
	return nil
}

func compare(theirs, ours reflect.Type) error {
	if ours.Kind() == reflect.Pointer {
		if theirs.Kind() != reflect.Pointer {
			return differs(theirs.String() + " is no pointer")
		}
		theirs, ours = theirs.Elem(), ours.Elem()
	}
	if theirs.Kind() != reflect.Struct || theirs.NumField() != ours.NumField() || theirs.Size() != ours.Size() {
		return differs(theirs.String())
	}
	for i := range ours.NumField() {
		a, b := theirs.Field(i), ours.Field(i)
		if a.Name != b.Name || a.Offset != b.Offset || a.Type.Size() != b.Type.Size() || !alike(a.Type, b.Type) {
			return differs(theirs.String() + "." + a.Name)
		}
	}
	return nil
}

// alike compares kinds, which differ where the mirror is deliberately untyped.
func alike(a, b reflect.Type) bool {
	switch b.Kind() {
	case reflect.UnsafePointer:
		return a.Kind() == reflect.Pointer
	case reflect.Array:
		return a.Kind() == reflect.Interface || a.Kind() == reflect.Slice
	case reflect.Struct:
		return a.Kind() == reflect.Interface || a == b
	}
	return a.Kind() == b.Kind()
}

func differs(what string) error {
	return fmt.Errorf("gopher-lua is not %s, which the limits on scripts were written for: %s differs; "+
		"build with the go.mod of this repository", Version, what)
}
