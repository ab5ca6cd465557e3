package cjson

import "testing"

// What cJSON answers to texts is recorded in bindings/testdata/modlua. Here a reader
// must only come to an end, at every text.
func FuzzReader(f *testing.F) {
	for _, text := range []string{`"\u1\\"`, `"\ud83d\u1\\"`, "[1", `{"a":[1,{"b":null}],"c":-1.5e+3}`, "\xEF\xBB\xBF1", "\"\\", "{\"a\x00"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r := NewReader(text)
		for stack := []Kind(nil); ; {
			v, err := r.Value()
			if err != nil {
				return
			}
			if v.Kind == Array || v.Kind == Object {
				stack = append(stack, v.Kind)
			}
			for {
				if len(stack) == 0 {
					return
				}
				_, more, err := r.Next(stack[len(stack)-1])
				if err != nil {
					return
				}
				if more {
					break
				}
				stack = stack[:len(stack)-1]
			}
		}
	})
}
