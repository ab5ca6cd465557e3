package bindings_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/eslua/eslua/host/script/grant"
)

// hostilePieces are pieces of values and texts that could change what FreeSWITCH
// executes.
var hostilePieces = []string{"${a}", "${b}", "${c}", "${a:1}", "${n${a}}", "${md5(${b})}", "${nothing}", "$", "{", "}", "'", `\'`, `\`, `\\`, ",", "=", ";", ":", "::",
	" ", "%[", "]", "execute_on_", "answer", "api_hangup_hook", "system x", "loop", "back/app=", "inline", "^^:", "1"}

func pieced(rnd *rand.Rand) string {
	var b strings.Builder
	for range 1 + rnd.IntN(5) {
		b.WriteString(hostilePieces[rnd.IntN(len(hostilePieces))])
	}
	return b.String()
}

// Whatever a script sets and executes, the switch executes only what passes the check
// when it is taken as it is, and so was checked.
func TestWhatIsCheckedIsWhatRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rnd := rand.New(rand.NewPCG(3, 4))
		var script strings.Builder
		script.WriteString("local s, try = session, pcall s:answer()\n")
		apps := []string{"set", "export", "multiset", "eval", "log", "set_profile_var", "push", "event", "unset"}
		for range 400 {
			for _, name := range []string{"a", "b", "c"} {
				fmt.Fprintf(&script, "try(s.setVariable, s, %q, %s)\n", name, luaString(pieced(rnd)))
			}
			fmt.Fprintf(&script, "try(s.execute, s, %q, %s)\n", apps[rnd.IntN(len(apps))], luaString(pieced(rnd)+pieced(rnd)))
		}
		h, o := run(t, script.String())
		record, _ := h.sw.Record(o.uuid)
		g := grant.Default()
		ran := 0
		for _, e := range record.Entries {
			if sent, ok := strings.CutPrefix(e.What, "execute "); ok && e.Kind == "command" && strings.Contains(strings.ReplaceAll(sent, `\$`, ""), "${") {
				t.Errorf("%s is sent, of which the switch may make what nobody has checked", e.What)
			}
			app, arg, _ := strings.Cut(e.What, " ")
			if e.Kind != "execute" || app == "socket" {
				continue
			}
			ran++
			if err := g.CheckApp(app, arg); err != nil {
				t.Errorf("the switch ran %s, although %v", e.What, err)
			}
			if strings.Contains(arg, "${") && app != "log" {
				t.Errorf("the switch ran %s, of which it may expand a part", e.What)
			}
		}
		if ran < 100 {
			t.Errorf("only %d applications ran", ran)
		}
	})
}

// A script sees no difference: what is expanded for the check is what FreeSWITCH would
// have made of it.
func TestArgumentsAreExpandedAsFreeSWITCHDoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rnd := rand.New(rand.NewPCG(5, 6))
		plain := []string{"${a}", "${b}", "${list[1]}", "${a:1:2}", "${a:-2}", "${nothing}", "$${domain}", "${md5(${a})}", `\'`, `\n`, "'", "x", " ", ",", "5$"}
		var script strings.Builder
		script.WriteString("local s = session s:answer() s:setVariable('a', 'value') s:setVariable('b', \"it's\") s:setVariable('list', 'ARRAY::one|:two') r = ''\n")
		for i := range 300 {
			var b strings.Builder
			for range 1 + rnd.IntN(5) {
				b.WriteString(plain[rnd.IntN(len(plain))])
			}
			fmt.Fprintf(&script, "s:execute('set', 'x=%d' .. %s) r = r .. tostring(s:getVariable('x')) .. '\\n'\n", i, luaString(b.String()))
		}
		checked, o := run(t, script.String())
		checked.grants = &grant.Grants{API: grant.Rule{Allow: []grant.Name{"*"}}, Apps: grant.Rule{Allow: []grant.Name{"*"}}, FireEvents: true}
		_, unchecked := checked.runScript(script.String())
		got, want := strings.Split(o.text("r"), "\n"), strings.Split(unchecked.text("r"), "\n")
		if len(got) != len(want) || len(got) != 301 {
			t.Fatalf("%d and %d results", len(got), len(want))
		}
		for i := range got {
			if got[i] != want[i] {
				t.Errorf("set makes %q, by FreeSWITCH's own expansion %q", got[i], want[i])
			}
		}
	})
}

// A script reads a variable of its channel whatever its name says, and no global one that
// holds a password.
func TestAPasswordIsTheChannelsOrTheSwitchs(t *testing.T) {
	for script, want := range map[string]string{
		`session:setVariable("agent_password", "1234") r = session:getVariable("agent_password")`:                                               "1234",
		`session:setVariable("agent_password", "1234") session:execute("set", "r=${agent_password}") r = session:getVariable("r")`:              "1234",
		`session:setVariable("default_password", "own") r = session:getVariable("default_password")`:                                            "own",
		`r = tostring(session:getVariable("agent_password"))`:                                                                                   "nil",
		`r = select(2, pcall(session.getVariable, session, "default_password"))`:                                                                `"global_getvar password"`,
		`r = select(2, pcall(session.execute, session, "set", "r=${default_password}"))`:                                                        `"global_getvar password"`,
		`r = select(2, pcall(freeswitch.API().executeString, freeswitch.API(), "expand uuid:" .. session.uuid .. " echo ${default_password}"))`: `"global_getvar password"`,
		`session:setVariable("agent_password", "1234") session:hangup() r = session:getVariable("agent_password")`:                              "1234",
		`session:hangup() r = select(2, pcall(session.getVariable, session, "default_password"))`:                                               `"global_getvar password"`,
	} {
		synctest.Test(t, func(t *testing.T) {
			h := open(t, script)
			h.sw.API("global_setvar default_password=1234")
			h.call()
			o := h.end()
			if o.err != nil || !strings.Contains(o.text("r"), want) {
				t.Errorf("%s: %s, %v", script, o.text("r"), o.err)
			}
		})
	}
}
