package push

import (
	"flag"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the documents into the README.md of the example")

// TestREADMEListsEveryField holds what the example's page says of the documents to what
// is sent.
func TestREADMEListsEveryField(t *testing.T) {
	const (
		readme = "../../examples/push/README.md"
		begin  = "<!-- documents: written by go test ./host/push -update -->\n"
		end    = "<!-- end of documents -->\n"
	)
	var table strings.Builder
	table.WriteString("| type | field of data | what it is |\n|---|---|---|\n")
	for _, d := range []struct {
		kind string
		data any
	}{{callEnded, Call{}}, {recordingFinished, Recorded{}}, {eventPrefix + "NAME", Event{}}} {
		for _, f := range reflect.VisibleFields(reflect.TypeOf(d.data)) {
			if f.Anonymous {
				continue
			}
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			if f.Tag.Get("doc") == "" {
				t.Errorf("%s of %s has no doc", name, d.kind)
			}
			fmt.Fprintf(&table, "| `%s` | `%s` | %s |\n", d.kind, name, f.Tag.Get("doc"))
		}
	}
	source, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, _ := strings.Cut(string(source), begin)
	have, after, ok := strings.Cut(rest, end)
	if !ok {
		t.Fatalf("%s has no place for the documents", readme)
	}
	if have == table.String() {
		return
	}
	if !*update {
		t.Fatalf("%s differs from what is sent; run go test ./host/push -update", readme)
	}
	if err := os.WriteFile(readme, []byte(before+begin+table.String()+end+after), 0o644); err != nil {
		t.Fatal(err)
	}
}
