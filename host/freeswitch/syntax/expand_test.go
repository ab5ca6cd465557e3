package syntax

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/eslua/eslua/host/switchsim/text"
)

// given are the values that the tests expand with.
type given map[string]string

func (g given) Variable(name string, _ bool) (string, error) { return g[name], nil }
func (g given) Command(name, arg string) (string, error)     { return command(name, arg), nil }

func command(name, arg string) string { return "<" + name + " " + arg + ">" }

func ExampleExpand() {
	out, err := Expand(`${a:1:2} ${x${n}} ${md5(${a} (b))}, \${a}, it\'s`, given{"a": "abcd", "n": "1", "x1": "y"})
	fmt.Println(out, err)
	// Output: bc y <md5 abcd (b)>, ${a}, its <nil>
}

func TestExpandAsFreeSWITCH(t *testing.T) {
	for r := range recorded[struct{ In, Out string }](t, "expand.jsonl") {
		if got, err := Expand(r.In, given{"x": "LEAK"}); err != nil || got != r.Out {
			t.Errorf("%q is expanded to %q, by FreeSWITCH to %q (%v)", r.In, got, r.Out, err)
		}
	}
}

// meaningful has pieces of texts that mean something to FreeSWITCH's expansion.
var meaningful = []string{"${a}", "${b}", "${list[1]}", "${list}", "${a:1}", "${a:-2}", "${a:1:3}", "${a:9}", "${v${n}}", "$${a}", "${md5(x)}",
	"${echo ${a}}", "${echo(${va})}", `\`, `'`, `\'`, `\\`, `\$`, `\n`, "$", "{", "}", "a", " ", ",", "(x)"}

func generated(rnd *rand.Rand) string {
	var b strings.Builder
	for range 1 + rnd.IntN(6) {
		b.WriteString(meaningful[rnd.IntN(len(meaningful))])
	}
	return b.String()
}

var generatedWith = given{"a": "value", "n": "a", "va": "it's $5", "list": "ARRAY::one|:two", "list[1]": "two"}

// Two readers of the same rules agree.
func TestExpandAgreesWithTheSimulator(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 1))
	for range 20_000 {
		in := generated(rnd)
		got, err := Expand(in, generatedWith)
		want := text.Expand(in, func(name string) string { return generatedWith[name] }, command)
		if err != nil || got != want {
			t.Fatalf("%q is expanded to %q, by the simulator to %q (%v)", in, got, want, err)
		}
		again, err := Expand(Unexpanded(got), generatedWith)
		if err != nil || again != got {
			t.Fatalf("%q is sent as %q, of which FreeSWITCH makes %q (%v)", got, Unexpanded(got), again, err)
		}
	}
}

func TestExpandIsBounded(t *testing.T) {
	long := given{"a": strings.Repeat("x", 60<<10)}
	for _, in := range []string{"${a}${a}", strings.Repeat("${b}", 300), strings.Repeat("${", 100) + strings.Repeat("}", 100), strings.Repeat("${x ", 100) + strings.Repeat("}", 100)} {
		if _, err := Expand(in, long); err == nil {
			t.Errorf("%.20s passes", in)
		}
	}
}
