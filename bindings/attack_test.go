package bindings_test

import (
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/eslua/eslua/bindings"
	"github.com/eslua/eslua/host/script/vm"
	"github.com/eslua/eslua/host/script/vm/guard"
	"github.com/eslua/eslua/host/testproc"
)

// Go functions charge the script while they work on its values: each attack ends
// with its limit, or at once, and holds no more memory than it may.
func TestAttacksThroughBindings(t *testing.T) {
	for name, c := range map[string]struct{ src, want string }{
		"json decoded and kept": {`local j = freeswitch.JSON() local s = "[" .. ("1,"):rep(100000) .. "1]" local t = {} while true do t[#t + 1] = j:decode(s) end`, "memory limit"},
		"json objects kept":     {`local j = freeswitch.JSON() local s = "[" .. ('{"a":[1]},'):rep(20000) .. "1]" local t = {} while true do t[#t + 1] = j:decode(s) end`, "memory limit"},
		"json keys kept": {`local j, p = freeswitch.JSON(), {} for i = 1, 8000 do p[i] = '"key number ' .. i .. '":{}' end
			local s, t = "{" .. table.concat(p, ",") .. "}", {} while true do t[#t + 1] = j:decode(s) end`, "memory limit"},
		"json strings kept":         {`local j = freeswitch.JSON() local s = '{"a":"' .. ("x"):rep(200000) .. '"}' local t = {} while true do t[#t + 1] = j:decode(s) end`, "memory limit"},
		"json encoded again":        {`local j, t = freeswitch.JSON(), {} for i = 1, 50000 do t[i] = 1e308 end while true do pcall(j.encode, j, t) end`, "burst limit"},
		"json of what is left out":  {`local j, x, t = freeswitch.JSON(), {1}, {} for i = 2, 50000 do x[i] = print end for i = 1, 50000 do t[i] = x end j:encode(t)`, "burst limit"},
		"json of a long text":       {`freeswitch.JSON():encode{("\1"):rep(7e6)}`, "longer than"},
		"json of a long key":        {`freeswitch.JSON():encode{[("\1"):rep(7e6)] = 1}`, "longer than"},
		"json with many blanks":     {`local j = freeswitch.JSON() j:return_unformatted_json(false) local t, u = {1}, {} for i = 1, 60 do t = {a = t} end for i = 1, 5000 do u[i] = t end j:encode(u)`, "longer than"},
		"json nested":               {`local j, s = freeswitch.JSON(), ("["):rep(100000) while true do j:decode(s) end`, "burst limit"},
		"json of blanks":            {`local j, s = freeswitch.JSON(), (" "):rep(250000) while true do j:decode(s) end`, "burst limit"},
		"json that contains itself": {`local t = {} t.t = t freeswitch.JSON():encode(t)`, "nested more than"},
		"dial with many variables":  {`local v = {} for i = 1, 20000 do v["k" .. i] = ("x"):rep(50) end while true do pcall(dial, {"user/1", vars = v}) end`, "burst limit"},
		"dial that multiplies": {`local v, e = {a = ("x"):rep(60000)}, {hunt = true}
			for i = 1, 128 do local l = {vars = v} for j = 1, 128 do l[j] = "user/1" end e[i] = l end dial(e)`, "cannot be dialled"},
		"dial that overrides":     {`local v, w = {}, {} for i = 1, 6000 do v["k" .. i] = "1" w["K" .. i] = "1" end while true do pcall(dial, {{"user/1", vars = w}, {"user/2", vars = w}, vars = v}) end`, "burst limit"},
		"a number as long text":   {`local s = ("0"):rep(4e6) .. "x" while true do pcall(freeswitch.msleep, s) end`, "burst limit"},
		"event with a long body":  {`local t, s = {}, ("x"):rep(1e6) while true do local e = freeswitch.Event("CUSTOM", "x") e:addBody(s) t[#t + 1] = e end`, "memory limit"},
		"event with many headers": {`local e, i = freeswitch.Event("CUSTOM", "x"), 0 while true do i = i + 1 e:addHeader("h" .. i, ("v"):rep(100)) end`, "would hold"},
		"event written again":     {`local e = freeswitch.Event("CUSTOM", "x") for i = 1, 1000 do e:addHeader("h" .. i, ("%"):rep(500)) end while true do e:serialize() e:serialize("json") e:serialize("xml") end`, "burst limit"},
		"quoted-printable grows":  {`local m, t = require "mime", ("\r\n"):rep(250000) m.qp(t, nil, ("m"):rep(60000))`, "memory limit"},
		"files opened again":      {`while true do io.open("none") end`, "burst limit"},
	} {
		t.Run(name, func(t *testing.T) {
			set := bindings.New(bindings.Deps{})
			m, err := vm.NewMachine(set.Modules()...)
			if err != nil {
				t.Fatal(err)
			}
			script, err := vm.Compile("attack.lua", []byte(c.src))
			if err != nil {
				t.Fatal(err)
			}
			limits := guard.Limits{Burst: 200 * time.Millisecond}
			switch {
			case c.want == "memory limit":
				limits.Burst = time.Hour
			case testing.Short() && !testproc.Race:
				limits.Burst /= 4
			}
			before := heap()
			st := m.NewState(vm.StateOptions{Limits: limits})
			defer st.Close()
			end := bindAlone(set, st, nil)
			err = st.Run(t.Context(), script, nil)
			end(t.Context())
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("ended with %.200v, want %s", err, c.want)
			}
			if held := heap() - before; held > 32<<20 {
				t.Errorf("holds %d MiB", held>>20)
			}
			runtime.KeepAlive(st)
		})
	}
}

func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
