//go:build !race

package main

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/eslua/eslua/host/switchsim"
	"github.com/eslua/eslua/host/testproc"
)

// worst are programs that do what hurt most before it was bounded: memory that no
// census counts, processor time inside of Go functions, lines for the log.
var worst = map[string]string{
	"dead keys": `local t = {}
		while true do
			local k = ""
			for i = 1, 60 do local key = ("k"):rep(20000) .. i .. math.random(); t[key] = 1; t[key] = nil end
			session:sleep(1)
		end`,
	"frames": `local function deep(n, s) if n > 0 then local x = ("x"):rep(1000) .. n; return deep(n - 1, x) .. "" end return "" end
		while true do coroutine.wrap(function() pcall(deep, 2000, "") end)(); session:sleep(1) end`,
	"session state": `while true do session:set_tts_params(("x"):rep(60000), ("y"):rep(60000)); session:setHangupHook("f", ("z"):rep(1000000)); session:setInputCallback("f", ("z"):rep(1000000)); session:sleep(1) end`,
	"events": `local n = {} for i = 1, 20000 do n[#n+1] = '"H' .. i .. '":["a","b"]' end
		local text = "{" .. table.concat(n, ",") .. "}"
		while true do pcall(freeswitch.Event, "json", text) end`,
	"merge": `local a, b = freeswitch.Event("CUSTOM", "x::y"), freeswitch.Event("CUSTOM", "x::z")
		for i = 1, 5000 do a:addHeader("H" .. i, "v"); b:addHeader("H" .. i, "v") end
		while true do pcall(function() a:merge(b) end) end`,
	"equals signs": `while true do pcall(session.setVariable, session, "x", ("="):rep(300000)) end`,
	"api":          `local api = freeswitch.API() while true do pcall(api.execute, api, "system", ("x' "):rep(1300000)) end`,
	"globals":      `while true do pcall(freeswitch.setGlobalVariable, "x", ("="):rep(300000)) end`,
	"index chain": `local t = {} for i = 1, 95 do t = setmetatable({}, {__index = t}) end
		local key = ("k"):rep(14000000)
		while true do local x = t[key] end`,
	"load": `local locals = {} for i = 1, 180 do locals[i] = "local v" .. i .. " = 1" end
		local one = table.concat(locals, "\n")
		local text = "" for i = 1, 50 do text = text .. "local function f() " .. one .. "\n" end
		text = text .. (" end"):rep(50)
		while true do pcall(load, text) end`,
	"census":    `local t = {} for i = 1, 90000 do t[i] = {} end while true do collectgarbage() collectgarbage("count") local x = ("x"):rep(1000000) end`,
	"patterns":  `while true do local s = ("a"):rep(100000); pcall(string.find, s, ("a?"):rep(50) .. ("a"):rep(50)) ; pcall(string.rep, "x", 1e7) end`,
	"prints":    `local s = ("x"):rep(100000) while true do print(s) freeswitch.consoleLog("err", s) end`,
	"headers":   `while true do pcall(session.getVariable, session, "") local e = freeswitch.Event("CUSTOM", "x::y") e:getHeader("") end`,
	"errors":    `while true do pcall(error, ("x"):rep(1000000)) error(("e"):rep(13000000)) end`,
	"computing": `while true do end`,
	"sort":      `local t = {} for i = 1, 100000 do t[i] = math.random() end while true do table.sort(t, function(a, b) return a < b end) end`,
	"requests":  `while true do for i = 1, 20 do session:setVariable("x" .. i, "1") end end`,
}

// TestSiege runs honest calls beside fifty that do their worst: no honest call fails,
// and SIGTERM ends the process in the middle of it.
func TestSiege(t *testing.T) {
	b, attack := siege(t)
	ctx, stop := context.WithCancel(context.Background())
	var attacks sync.WaitGroup
	attacks.Go(func() { attack(ctx) })
	b.honest(testproc.Short(200, 60))
	b.end()
	stop()
	attacks.Wait()
}

// BenchmarkSiege measures how much the others slow honest calls down.
func BenchmarkSiege(bench *testing.B) {
	b, attack := siege(bench)
	b.measure(bench, attack)
}

func siege(t testing.TB) (b *besieged, attack func(ctx context.Context)) {
	var names []string
	flows := map[string]string{}
	for name, source := range worst {
		name = strings.ReplaceAll(name, " ", "_")
		flows[name+".lua"] = source
		names = append(names, name)
	}
	b = besiege(t, flows, "")
	return b, func(ctx context.Context) {
		var hostile sync.WaitGroup
		for i := range 50 {
			hostile.Go(func() {
				for ctx.Err() == nil {
					c := b.sim.Call(switchsim.Caller{Number: "666", Destination: names[i%len(names)]})
					select {
					case <-c.Done():
						select { // fifty calls at a time, and not as many as can be dialled
						case <-time.After(time.Second):
						case <-ctx.Done():
						}
					case <-ctx.Done():
						c.Hangup("")
						<-c.Done()
					}
				}
			})
		}
		hostile.Wait()
	}
}
