package main

import (
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/eslua/eslua/host/switchsim"
)

// TestDrainEndsComputingScripts: whatever scripts compute, with budgets of hours, and
// however they catch errors, the end of the drain time ends them. Those that wait for
// their turn in the slow lane end too.
func TestDrainEndsComputingScripts(t *testing.T) {
	t.Parallel()
	kinds := []string{
		`while true do end`,
		`while true do pcall(function() while true do end end) end`,
		`local api = freeswitch.API() while true do pcall(api.execute, api, "system", ("x' "):rep(1300000)) end`,
		`while true do pcall(session.setVariable, session, "x", ("="):rep(300000)) end`,
		`while true do pcall(session.execute, session, "set", "x=" .. ("a]="):rep(20000)) end`,
		`local s = ("x=x "):rep(60000) while true do load(s) end`,
		`local s = "{" .. ('"a":["x"],'):rep(50000) .. '"z":"z"}' while true do freeswitch.Event("json", s) end`,
		`local s = ("a"):rep(20000) while true do s:find("(.*)(.*)%1%2b") end`,
		`while true do coroutine.wrap(function() while true do pcall(error) end end)() end`,
		`local t = setmetatable({}, {__index = function(t, k) return t[k .. "x"] end}) while true do pcall(function() return t.x end) end`,
		`while session:ready() do freeswitch.msleep(0) end while true do end`,
		`function gone() while true do end end session:setHangupHook("gone") while true do session:ready() end`,
	}
	site := newSite(t, freeAddress(t))
	var b strings.Builder
	b.WriteString("local kind = session:getVariable(\"caller_id_number\")\nprint(\"computes\")\n")
	for i, source := range kinds {
		b.WriteString("if kind == '" + strconv.Itoa(i) + "' then " + source + " end\n")
	}
	site.write("scripts/call.lua", b.String())
	run := site.serving("drain: 10ms\nlimits: {burst: 24h, cpu: 24h, after_hangup: 24h}")
	for i := range kinds {
		site.sim.Call(switchsim.Caller{Number: strconv.Itoa(i), Destination: "short"})
	}
	for range kinds {
		run.next(t, "computes")
	}
	run.signals <- syscall.SIGTERM
	run.next(t, "ending the remaining calls")
	run.endsItself(t)
}
