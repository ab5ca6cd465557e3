package syntax_test

import (
	"fmt"

	"github.com/eslua/eslua/host/freeswitch/syntax"
)

// A name from the network stays one value, through every layer that reads it.
func ExampleDialString() {
	caller := syntax.Var{Name: "origination_caller_id_name", Value: `O'Neil, "Jo"`}
	d := syntax.DialString{
		Vars:   []syntax.Var{caller},
		Groups: [][]syntax.Leg{{{Endpoint: "user/1000"}, {Endpoint: "user/1001"}}, {{Endpoint: "sofia/gateway/gw/49301"}}},
	}
	text, err := d.Write()
	fmt.Println(text, err)
	read, err := syntax.ReadDialString(text)
	fmt.Println(read[0].Vars[0].Value, err)
	fmt.Println("originate " + syntax.Word(text) + " &park()")
	// Output:
	// {origination_caller_id_name=O\\\'Neil\, "Jo"}user/1000,user/1001|sofia/gateway/gw/49301 <nil>
	// O'Neil, "Jo" <nil>
	// originate '{origination_caller_id_name=O\\\\\\\'Neil\, "Jo"}user/1000,user/1001|sofia/gateway/gw/49301' &park()
}

func ExampleLiteral() {
	fmt.Println(syntax.Literal("a caller called ${system(ls)}"))
	// Output: a caller called \${system(ls)}
}
