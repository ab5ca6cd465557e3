package session

import (
	"github.com/eslua/eslua/host/script/vm"
	lua "github.com/yuin/gopher-lua"
)

// digitMethods declares the methods that collect digits.
func digitMethods() []vm.Func {
	fewest := func(least string) vm.Param { return num("least", "the fewest digits that count, "+least+" to 128") }
	most := num("most", "the most digits; the last one ends the input")
	first := num("timeout", "milliseconds to wait for the first digit, once the prompt has ended; 1000 at least where the variable sensitive_dtmf is true")
	return []vm.Func{
		blocking(vm.Func{
			Name: "getDigits", Native: "CoreSession::getDigits(int,char *,int)\nCoreSession::getDigits(int,char *,int,int)\nCoreSession::getDigits(int,char *,int,int,int)",
			Params: []vm.Param{most, str("terminators", `keys that end the input and are not returned, such as "#"`), num("timeout", "milliseconds to wait for the first digit; 0: without limit"),
				opt(num("interdigit", "milliseconds to wait for each further digit"), "timeout"), opt(num("absolute", "milliseconds for the whole input; 0: without limit"), "0")},
			Results: digits,
			Differs: "With the variable sensitive_dtmf no digits are heard; ask with session:read then.",
			Doc:     "Collects digits without a prompt, those typed ahead first. No callback is called for them.",
			Example: `local pin = session:getDigits(4, "#", 5000)`,
		}, empty, runs("Returns the digits that were typed ahead, without waiting."), getDigits),
		blocking(vm.Func{
			Name: "collectDigits", Native: "CoreSession::collectDigits(int)\nCoreSession::collectDigits(int,int)", Params: []vm.Param{num("timeout", "milliseconds in all; with a second argument, milliseconds between two digits; 0: without limit"), opt(num("absolute", "milliseconds in all; 0: without limit"), "none")},
			Results: zero,
			Differs: "With the variable sensitive_dtmf no digits are heard.",
			Doc:     "Gives digits to the callbacks until the time is over or a callback stops it. Without a callback it returns at once.",
			Example: "function pressed(s, kind, data) return \"stop\" end\nsession:setInputCallback(\"pressed\")\nsession:collectDigits(5000)",
		}, noChannel, returns(no), collectDigits),
		blocking(vm.Func{
			Name: "read", Native: "CoreSession::read(int,int,char const *,int,char const *,int)",
			Params: []vm.Param{fewest("1"), most, str("file", "the prompt; nil or \"\" for none"), first,
				str("terminators", `keys that end the input and are not returned, such as "#"; "" for none`), opt(num("interdigit", "milliseconds to wait for each further digit"), "timeout")},
			Results: digits,
			Differs: "With the variable sensitive_dtmf the time-out is 1000 ms at least. The variable eslua_digits is set.",
			Doc:     "Plays a prompt and collects digits. The first digit ends the prompt. Digits typed ahead count.",
			Example: `local choice = session:read(1, 1, "ivr/ivr-enter_destination_telephone_number.wav", 5000, "#")`,
		}, empty, runs(`Does nothing and returns "". The variable read_result is not set any more.`), read),
		blocking(vm.Func{
			Name: "playAndGetDigits", Native: "CoreSession::playAndGetDigits(int,int,int,int,char *,char *,char *,char *,char const *,int,char const *)",
			Params: []vm.Param{fewest("0"), most, num("tries", "how often the prompt is played"), first, str("terminators", `keys that end the input and are not returned; "" for none`),
				str("file", "the prompt"), str("bad_file", `played after an input that does not match; "" for none`), str("pattern", "a regular expression of FreeSWITCH that the digits must match"),
				opt(str("variable", "the channel variable that gets the digits"), "eslua_digits"), opt(num("interdigit", "milliseconds to wait for each further digit"), "timeout"),
				opt(str("transfer", `where the call goes after the last try, as "EXTENSION DIALPLAN CONTEXT"`), "nowhere")},
			Results: []vm.Result{{Name: "digits", Kind: vm.String, Doc: `the digits that match; "" if no try did`}},
			Differs: "With the variable sensitive_dtmf the time-out is 1000 ms at least. Without a variable's name eslua_digits is set.",
			Doc:     "Plays a prompt and collects digits until they match the pattern, a number of times.",
			Example: "local pin = session:playAndGetDigits(4, 4, 3, 5000, \"#\", \"ivr/ivr-please_enter_pin_followed_by_pound.wav\",\n  \"ivr/ivr-that_was_an_invalid_entry.wav\", \"\\\\d{4}\")",
		}, empty, runs(`Does nothing and returns "". The variable read_result is not set any more.`), playAndGetDigits),
		live(vm.Func{
			Name: "flushDigits", Results: zero,
			Doc:     "Forgets the digits typed ahead.",
			Example: `session:flushDigits()`,
		}, noChannel, runs("Forgets the digits and returns 0."), flushDigits),
		live(vm.Func{
			Name: "flushEvents", Results: zero,
			Doc:     "Forgets the events that wait for the input callback.",
			Example: `session:flushEvents()`,
		}, noChannel, runs("Forgets the events and returns 0."), func(s *Session, _ *vm.Args) (lua.LValue, error) { s.events = nil; return no, nil }),
	}
}
