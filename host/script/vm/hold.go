package vm

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/eslua/eslua/host/script/vm/guard"
	lua "github.com/yuin/gopher-lua"
	luar "layeh.com/gopher-luar"
)

// A Holder says what it keeps alive for a script, so that the memory limit counts
// it. The Go values of all objects are Holders; what State.Bind binds may be one.
type Holder = guard.Holder

// Embed Nothing in the Go value of an object that keeps nothing alive but itself.
type Nothing struct{}

// Holds returns 0.
func (Nothing) Holds(func(lua.LValue)) int { return 0 }

// Holds visits what the state refers to outside its tables and threads.
func (s *State) Holds(visit func(lua.LValue)) (bytes int) {
	for _, t := range []*lua.LTable{s.loaded, s.preload, s.packages} {
		if t != nil {
			visit(t)
		}
	}
	for _, instance := range s.bound {
		if h, ok := instance.(Holder); ok {
			bytes += h.Holds(visit)
		}
	}
	return bytes
}

// checkValue refuses a class whose objects do not say what they hold.
func checkValue(c *Class) error {
	if c.Value == nil {
		return fmt.Errorf("the class %s is declared without a Value: the memory limit must know what its objects hold", c.Name)
	}
	return nil
}

// checkRecord refuses a record that luar could not compare: == would panic.
func checkRecord(c *Class) error {
	if err := checkValue(c); err != nil {
		return err
	}
	if t := reflect.TypeOf(c.Value); t.Kind() == reflect.Pointer || !t.Comparable() {
		return fmt.Errorf("the record %s is a %s: it must be a struct that == can compare, without functions, maps and slices", c.Name, t)
	}
	return nil
}

// Record wraps a small Go value as a result that is not an object of a class. Lua sees
// its exported methods and fields; it must have no pointer to anything that Lua may not
// change.
func (a *Args) Record(v Holder) lua.LValue {
	a.state.guard.ChargeMemory(a.L, 8192) // the type's metatable, at first use
	luar.GetConfig(a.L).MethodNames = recordMethods
	return luar.New(a.L, v)
}

// recordMethods returns the names that scripts have for a method of a record.
func recordMethods(_ reflect.Type, m reflect.Method) []string {
	if m.Name == "Holds" {
		return nil
	}
	return []string{m.Name, strings.ToLower(m.Name[:1]) + m.Name[1:]}
}
