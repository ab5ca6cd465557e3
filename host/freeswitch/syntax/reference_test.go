package syntax

import "fmt"

func ExampleReferences() {
	for r := range References(`to ${user_data(${name}@a (b) var x)}, \${escaped} $${global}`, true) {
		fmt.Printf("%v %q %q\n", r.Command, r.Name, r.Arg)
	}
	// Output:
	// true "user_data" "${name}@a (b) var x"
	// false "name" ""
	// false "global" ""
}
