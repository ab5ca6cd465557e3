package bindings_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/eslua/eslua/host/script/grant"
	"github.com/eslua/eslua/host/script/vm"
	"github.com/eslua/eslua/host/switchsim"
)

// hostile lists texts that callers may send as their name or number. Those that
// try to run a command set the global variable pwned, for which the flow of the
// test has no grant.
var hostile = []string{
	"]", "[", "}", "{", "'", "''", `"`, ",", "a,b=c", "=", "^^", "^^:a=b:c=d", "|", "a|b", "&", "&park()", "$", "$$", "$1",
	`\`, `\\`, `\'`, `\n`, "<a=b>", " blanks around ", "%[a=b]", "%", ":_:", "ARRAY::a|:b", "::", "a\tb",
	"line\nfeed", "carriage\rreturn", "\r\n\r\nexit\r\n\r\n", "a\n\napi global_setvar pwned=1\n\n", "NUL\x00byte", "\x01\x02", "\xff\xfe", "Zoë 😀",
	"${global_setvar(pwned=1)}", "$${global_setvar(pwned=1)}", `\${global_setvar(pwned=1)}`, `\\${global_setvar(pwned=1)}`, `$\{global_setvar(pwned=1)}`,
	"${global_setvar pwned=1}", "${pwned}",
	"x,execute_on_answer=set_global pwned=1", "x],execute_on_answer=set_global pwned=1", "x}{execute_on_answer='set_global pwned=1'}",
	`x\,execute_on_answer=set_global pwned=1`, `x',execute_on_answer='set_global pwned=1`, "^^:a:execute_on_answer=set_global pwned=1",
	"x:_:loopback/app=set_global:pwned=1", "x}loopback/app=set_global:pwned=1", "x]loopback/app=set_global:pwned=1,user/1001", "x|loopback/app=set_global:pwned=1",
	"' &set_global(pwned=1) '", " &set_global(pwned=1)", "x inline", "set_global:pwned=1 inline",
}

const hostileFlow = `
	local v = %s
	local function try(f, ...)
		local ok, why = pcall(f, ...)
		return ok and "sent" or why
	end
	r = try(session.setVariable, session, "h1", v)
	r2 = try(session.execute, session, "set", "h2=" .. v)
	r3 = try(function()
		local leg = freeswitch.Session(dial{"user/1001", vars = {h3 = v}})
		finished = tostring(leg:getVariable("h3"))
		leg:hangup()
	end)
	r4 = try(function() freeswitch.Session("user/1001", session):hangup() end) -- shows the caller's name
	session:execute("log", "INFO well")`

const hostileGlobal = `
	local v = %s
	freeswitch.setGlobalVariable("h5", "")
	ready, hooked = "sent", ""
	local ok, why = pcall(freeswitch.setGlobalVariable, "h5", v)
	if not ok then ready = why end
	hooked = tostring(freeswitch.getGlobalVariable("h5"))`

// What a caller sends arrives as it is, or an error says why it does not; nothing
// in it is run.
func TestNothingACallerSendsMeansAnythingElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t, ``, bob)
		denied := &grant.Grants{API: grant.Rule{Deny: []grant.Name{"global_setvar"}}, Apps: grant.Rule{Deny: []grant.Name{"set_global"}}}
		setter := &grant.Grants{API: grant.Rule{Allow: []grant.Name{"global_setvar"}}}
		for _, text := range hostile {
			var err error
			h.grants = denied
			if h.script, err = vm.Compile("test.lua", fmt.Appendf(nil, hostileFlow, luaText(text))); err != nil {
				t.Fatal(err)
			}
			call := h.sw.Call(switchsim.Caller{Number: "1000", Name: text, Destination: "flow"})
			o := h.end()
			if o.err != nil {
				t.Errorf("%q: %v", text, o.err)
			}
			arrived := func(way, outcome, got string) {
				switch {
				case outcome == "sent" && got == text:
				case outcome == "sent" && strings.HasPrefix(text, got+"\x00"): // cut there, as in mod_lua
				case strings.HasPrefix(outcome, "test.lua:") && saysWhy(outcome) && (got == "" || got == "nil"):
				default:
					t.Errorf("%q by %s is %q there, %s", text, way, got, outcome)
				}
			}
			arrived("setVariable", o.text("r"), call.Variable("h1"))
			if !dialplanText(text) {
				arrived("execute set", o.text("r2"), call.Variable("h2"))
			}
			arrived("dial", o.text("r3"), o.text("finished"))
			call.Hangup("NORMAL_CLEARING")
			<-call.Done()
			h.grants = setter
			_, o = h.runScript(fmt.Sprintf(hostileGlobal, luaText(text)))
			arrived("setGlobalVariable", o.text("ready"), o.text("hooked"))
			if pwned := h.sw.API("global_getvar pwned"); strings.Contains(pwned, "1") {
				t.Fatalf("%q was run", text)
			}
		}
		for _, r := range h.sw.Records() {
			for _, e := range r.Entries {
				name, _, _ := strings.Cut(e.What, " ")
				if e.Kind == "execute" && !strings.Contains(" socket set set_profile_var log park answer ", " "+name+" ") {
					t.Errorf("the switch executed %q", e.What)
				}
			}
		}
	})
}

// saysWhy reports whether an error says what cannot be sent or is not granted.
func saysWhy(message string) bool {
	for _, part := range []string{"grants", "control character", "${ in it", "NUL", "line feed", "line end", "CR"} {
		if strings.Contains(message, part) {
			return true
		}
	}
	return false
}

// dialplanText reports whether an application changes the text in its argument, as
// the dialplan does: it resolves escapes, trims the edges and expands variables.
func dialplanText(s string) bool {
	return strings.ContainsAny(s, `\`) || strings.Contains(s, "${") || strings.Trim(s, " ") != s
}

// luaText writes a text as Lua source.
func luaText(s string) string {
	var out strings.Builder
	for i := range len(s) {
		fmt.Fprintf(&out, `\%03d`, s[i])
	}
	return `"` + out.String() + `"`
}
