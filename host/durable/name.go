package durable

import (
	"fmt"
	"regexp"
)

var name = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// IsName reports whether a text can stand in the name of a stream and in a subject.
func IsName(text string) bool { return name.MatchString(text) }

// CheckName returns an error unless a text IsName; what is it, such as "name of a queue"?
func CheckName(what, text string) error {
	if !IsName(text) {
		return fmt.Errorf("%.80q is no %s; write 1 to 64 letters, digits, - and _", text, what)
	}
	return nil
}
