package bindings_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/eslua/eslua/host/script/grant"
	"github.com/eslua/eslua/host/switchsim"
)

const tryAll = `
	session:answer()
	local function try(what)
		what.on_answer = what.on_answer or {"park"}
		local r = originate(what)
		return tostring(r.answered) .. " " .. r.outcome .. " " .. r.cause .. " " .. tostring(r.code)
	end
`

// TestOriginateOutcomes has the outcomes that a real FreeSWITCH gave (inbound-control.jsonl
// of the captures, and TestLiveOriginate).
func TestOriginateOutcomes(t *testing.T) {
	for to, want := range map[string]string{
		`"user/1001"`:                                          "true answered SUCCESS 142",
		`"user/1002"`:                                          "false busy USER_BUSY 17",
		`"user/1003", timeout = 5`:                             "false no answer NO_ANSWER 19",
		`{{"user/1003", timeout = 3}}`:                         "false no answer ALLOTTED_TIMEOUT 802",
		`"user/9999"`:                                          "false unreachable SUBSCRIBER_ABSENT 20",
		`"sofia/gateway/nope/1"`:                               "false gateway down INVALID_GATEWAY 808",
		`"sofia/internal/1000@127.0.0.1:5999"`:                 "false gateway down NORMAL_TEMPORARY_FAILURE 41",
		`"error/CALL_REJECTED"`:                                "false rejected CALL_REJECTED 21",
		`"error/UNALLOCATED_NUMBER"`:                           "false unallocated UNALLOCATED_NUMBER 1",
		`{"user/1002", "user/1001"}`:                           "true answered SUCCESS 142",
		`{"user/1002", "user/1001", hunt = true}`:              "false busy USER_BUSY 17",
		`{"sofia/gateway/nope/1", "user/1001", hunt = true}`:   "true answered SUCCESS 142",
		`{"user/1003", "user/1001", hunt = true, timeout = 4}`: "true answered SUCCESS 142",
		`{"user/1002", "user/1001", hunt = true, vars = {fail_on_single_reject = "never"}}`: "true answered SUCCESS 142",
	} {
		synctest.Test(t, func(t *testing.T) {
			h, o := runWith(t, tryAll+`r = try{to = `+to+`}`, bob, busy, silent)
			o.want(t, "r", want)
			h.sw.API("hupall")
		})
	}
}

// TestOriginateGivesTheCalleeAFlow: with arguments that say the same at the other end.
func TestOriginateGivesTheCalleeAFlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t, tryAll+`if session:getVariable("is_outbound") then return end
			r = try{to = "user/1001", on_answer = "flow two", args = {"a b", "x/y|z", "50%"}}`, bob)
		grants := grant.Default()
		grants.Own = []string{h.addr}
		h.grants = &grants
		h.call()
		for range 2 { // the callee's flow is one
			if o := h.end(); o.err != nil || o.globals["r"] != nil && o.text("r") != "true answered SUCCESS 142" {
				t.Errorf("a flow ended with %v, %s", o.err, o.text("r"))
			}
		}
		want, found := h.addr+"/flow%2520two/a%2520b/x%2fy%7cz/50%2525 async full", false
		for _, r := range h.sw.Records() {
			for _, e := range r.Entries {
				found = found || strings.Contains(e.What, want)
			}
		}
		if !found {
			t.Errorf("no channel got socket %s: %v", want, h.sw.Records())
		}
		h.sw.API("hupall")
	})
}

// TestOriginateEndsWithTheCall: who dialled has hung up, so nobody rings any longer, not
// even the phones that are tried after the first.
func TestOriginateEndsWithTheCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		other := switchsim.Endpoint{Dial: "user/1004", Silent: true}
		h := open(t, `session:answer() originate{to = {"user/1003", "user/1004", hunt = true}, on_answer = {"park"}}`, silent, other)
		began := time.Now()
		h.call(switchsim.OnAnswer().After(10 * time.Second).Hangup())
		o := h.end()
		if took := time.Since(began); took < 10*time.Second || took > 12*time.Second {
			t.Errorf("the script ended %v after the call began, want 10 s (%v)", took, o.err)
		}
		synctest.Wait()
		if left := h.sw.API("show channels count"); !strings.Contains(left, "0 total") {
			t.Errorf("channels are left: %s", left)
		}
	})
}

func TestOriginateSaysWhatIsWrong(t *testing.T) {
	for source, want := range map[string]string{
		`{on_answer = {"park"}}`:                                                              `originate: to is a nil; write an endpoint such as "user/1000", or a table of them`,
		`{to = "user/1001"}`:                                                                  `on_answer is missing: write what the callee gets`,
		`{to = "user/1001,user/1002", on_answer = {"park"}}`:                                  `a text is one endpoint`,
		`{to = "{a=b}user/1001", on_answer = {"park"}}`:                                       `a text is one endpoint`,
		`{to = "1001", on_answer = {"park"}}`:                                                 `an endpoint begins with its type`,
		`{to = {}, on_answer = {"park"}}`:                                                     `to has no endpoint`,
		`{to = "user/1001", on_answer = {"park"}, caller = "1"}`:                              `there is no field "caller" here`,
		`{to = "user/1001", on_answer = {"park"}, variables = 5}`:                             `variables is a number`,
		`{to = "user/1001", on_answer = {"playback", "a) b"}}`:                                `its data without the sign )`,
		`{to = "user/1001", on_answer = {"system", "reboot"}}`:                                `not granted`,
		`{to = "user/1001", on_answer = {"park"}, confirm = {key = "exec"}}`:                  `confirm needs a key`,
		`{to = "user/1001", on_answer = {"park"}, node = "fs9"}`:                              `there is no node "fs9"; the configuration has (nodes:): none`,
		`{to = "user/1001", on_answer = {"park"}, variables = {api_on_answer = ""}}`:          ``,
		`{to = "user/1001", on_answer = {"park"}, variables = {api_on_answer = "reloadxml"}}`: `not granted`,
		`{to = "user/1001", on_answer = {"park"}, from = {name = "a\nb"}}`:                    `control character`,
		`{to = "user/1001", on_answer = {"park"}, from = {name = {}}}`:                        `from: name is a table`,
		`{to = "user/1001", on_answer = "x", args = "a"}`:                                     `args is a string`,
	} {
		synctest.Test(t, func(t *testing.T) {
			_, o := runWith(t, `r = select(2, pcall(originate, `+source+`)) r = type(r) == "string" and r or ""`, bob)
			if got := o.text("r"); !strings.Contains(got, want) || want == "" && got != "" {
				t.Errorf("originate%s\n said %q\n want %q", source, got, want)
			}
		})
	}
}

// TestOriginateCarriesWhatItIsGiven: names and numbers arrive as they are, whatever signs
// they have.
func TestOriginateCarriesWhatItIsGiven(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, o := runWith(t, tryAll+`
			local r1 = originate{to = "user/1001", on_answer = {"park"}, from = {number = "55,5|6'7", name = "O'Neil, [x] {y} \\ z"}, variables = {customer = "a=b,c:_:d"}}
			local api = freeswitch.API()
			r = api:execute("uuid_getvar", r1.uuid .. " origination_caller_id_name")
			r2 = api:execute("uuid_getvar", r1.uuid .. " origination_caller_id_number")
			r3 = api:execute("uuid_getvar", r1.uuid .. " customer")`, bob)
		o.want(t, "r", `O'Neil, [x] {y} \ z`, "r2", `55,5|6'7`, "r3", "a=b,c:_:d")
		h.sw.API("hupall")
	})
}
