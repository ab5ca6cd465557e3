package bindings_test

import (
	"testing"
	"testing/synctest"
)

// The language of a phrase cannot end the bracket that it is sent in.
func TestALanguageIsAName(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, o := run(t, `
		r, r2 = pcall(session.sayPhrase, session, "welcome", "x", "en]execute_on_answer=y")
		r3 = pcall(session.sayPhrase, session, "welcome", "x", "en-GB")
		r4 = pcall(session.sayPhrase, session, "welcome", "x", "en,a=b")`)
		o.want(t, "r", "false", "r2", `test.lua:2: sayPhrase: the language is a name such as en, not "en]execute_on_answer=y"`, "r3", "true", "r4", "false")
	})
}
