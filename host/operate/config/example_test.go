package config_test

import (
	"fmt"

	"github.com/eslua/eslua/host/operate/config"
)

// Errors name the file, the line and what to write.
func ExampleParse() {
	_, err := config.Parse("eslua.yaml", []byte("listen: 127.0.0.1:8084\nfallback: hangup BUSSY\n"))
	fmt.Println(err)
	_, err = config.Parse("eslua.yaml", []byte("lissten: 127.0.0.1:8084\n"))
	fmt.Println(err)
	// Output:
	// eslua.yaml:2: "BUSSY" is not a hangup cause; did you mean USER_BUSY?
	// eslua.yaml:1: unknown setting "lissten"; did you mean listen?
}
