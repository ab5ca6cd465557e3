package flowtest

import (
	"fmt"
	"testing"
	"testing/synctest"
)

// Virtually runs fn, and whatever it starts, in a time of their own: it passes only while
// all of them wait, and then at once. This is the bubble of testing/synctest in which
// eslua's own calls are tested. It wants a testing.T, of which it needs no more than that
// it is there (testing.go:testingSynctestTest; TestVirtually holds it).
func Virtually(fn func()) (err error) {
	defer func() {
		if why := recover(); why != nil { // everybody waits, and nothing is to come
			err = fmt.Errorf("the test cannot go on: %v", why)
		}
	}()
	synctest.Test(new(testing.T), func(*testing.T) { fn() })
	return nil
}
