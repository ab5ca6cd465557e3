package guard

import (
	"reflect"
	"testing"
	"unsafe"
)

// A mirror that differs from what it mirrors in anything is found.
func TestCompareFindsEveryDifference(t *testing.T) {
	type theirs struct {
		a int32
		b any
		c *int
	}
	type mirror struct {
		a int32
		b [2]unsafe.Pointer
		c unsafe.Pointer
	}
	type fewer struct {
		a int32
		b [3]unsafe.Pointer
	}
	type named struct {
		x int32
		b [2]unsafe.Pointer
		c unsafe.Pointer
	}
	type kind struct {
		a uint32
		b [2]unsafe.Pointer
		c unsafe.Pointer
	}
	type order struct {
		b [2]unsafe.Pointer
		a int32
		c unsafe.Pointer
	}
	type untyped struct {
		a int32
		b [2]unsafe.Pointer
		c uintptr
	}
	of := reflect.TypeFor[theirs]()
	if err := compare(of, reflect.TypeFor[mirror]()); err != nil {
		t.Error(err)
	}
	if err := compare(reflect.PointerTo(of), reflect.TypeFor[*mirror]()); err != nil {
		t.Error(err)
	}
	for _, other := range []reflect.Type{
		reflect.TypeFor[fewer](), reflect.TypeFor[named](), reflect.TypeFor[kind](), reflect.TypeFor[order](), reflect.TypeFor[untyped](), reflect.TypeFor[*mirror](),
	} {
		if compare(of, other) == nil {
			t.Errorf("%v passes for %v", other, of)
		}
	}
	if compare(reflect.TypeFor[[4]uint64](), reflect.TypeFor[mirror]()) == nil {
		t.Error("an array passes for a struct")
	}
}
