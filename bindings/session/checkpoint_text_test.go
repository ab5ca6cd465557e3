package session

import (
	"testing"

	"github.com/eslua/eslua/host/call/checkpoint"
	lua "github.com/yuin/gopher-lua"
)

// FuzzCheckpointText holds that no text of a checkpoint does harm, and that a table that
// was read is written as a text that gives the same table.
func FuzzCheckpointText(f *testing.F) {
	for _, seed := range []string{"{}", "{n1;s3:abcs4:nametn1.5;f}", "{s4:task" + "k17;s1:t{n1;{}n2;n+Inf;}}", "{nNaN;t}", "{s9:short}", "{{}t}", "{n1;t", "k17;", "{n1;k-1;}", "{s1:an0x1p-2;}"} {
		f.Add(seed)
	}
	task := func(id int) lua.LValue { return &lua.LUserData{Value: Task{id: id}} }
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > checkpoint.MaxBytes {
			return
		}
		table, err := decodeTable(text, task)
		if err != nil {
			return
		}
		written, err := encodeTable(table)
		if err != nil {
			t.Fatalf("%q was read and cannot be written: %v", text, err)
		}
		again, err := decodeTable(written, task)
		if err != nil {
			t.Fatalf("%q was written and cannot be read: %v", written, err)
		}
		if same, _ := encodeTable(again); same != written {
			t.Errorf("%q became %q", written, same)
		}
	})
}
