package bindings_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/eslua/eslua/host/freeswitch/node"
	"github.com/eslua/eslua/host/operate/config"
	"github.com/eslua/eslua/host/testproc"
	"github.com/eslua/eslua/host/testproc/memnet"
)

// A told records what hooks tell, with the time in the bubble.
type told struct {
	mu  sync.Mutex
	all []string
}

func (r *told) add(text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = append(r.all, text)
}

// take returns what was told since it was called last.
func (r *told) take() (all []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	all, r.all = r.all, nil
	return all
}

// startHooks runs hooks beside one node, which sends what the test has.
func startHooks(t *testing.T, cfg config.Config, files map[string]string, claim func(context.Context, string) (bool, error)) (site *hookSite, peer *socketNode, r *told, stop func()) {
	r = &told{}
	log := &lines{t: t}
	site = &hookSite{t: t, log: log.logger(), claim: claim}
	site.save(files)
	network := memnet.New()
	l := network.Listen()
	core := "a816de5e-dd00-4676-ad5e-3df344958d3a"
	peer = &socketNode{}
	peer.core.Store(&core)
	go peer.serve(l)
	end := site.run(cfg, []node.Node{{Name: "fs", Address: l.Addr().String(), Password: "ClueCon"}}, node.Options{Dial: network.Dial}, teller(r.add))
	if err := site.links[0].AwaitFirst(t.Context()); err != nil {
		t.Fatal(err)
	}
	time.Sleep(time.Second)
	return site, peer, r, func() { end(); _ = l.Close(); peer.cut() }
}

func message(n int) []byte {
	return []byte(framed(fmt.Sprintf("Event-Name: CHANNEL_ANSWER\nUnique-ID: c\nn: %d\n\n", n)))
}

// A script that reaches a limit is loaded again, an error ends one call, and the next event
// comes in each case.
func TestAHookOutlivesItsLimits(t *testing.T) {
	testproc.Bubble(t, func(t *testing.T) {
		cfg := config.Default()
		cfg.Limits.Burst = config.Duration(20 * time.Millisecond)
		site, peer, told, stop := startHooks(t, cfg, map[string]string{"hooks/a.lua": `local seen = 0
local bad = {
	function() error("no") end, function() while true do end end, function() local t = {} while true do t[#t + 1] = ("x"):rep(1e5) .. #t end end,
	function() freeswitch.msleep(1e9) end, function() local function f() return 1 + f() end f() end, function() error(setmetatable({}, {__tostring = error})) end,
	function() for i = 1, 3e3 do pcall(freeswitch.Event("CUSTOM", "a::b").fire, freeswitch.Event("CUSTOM", "a::b")) end error("too much") end,
}
on("CHANNEL_ANSWER", function(e)
	seen = seen + 1
	local n = tonumber(e:getHeader("n"))
	tell(n .. ":" .. seen)
	if n % 2 == 1 then bad[(n + 1) / 2]() end
end)`}, nil)
		defer stop()
		var got []string
		for n := 1; n <= 14; n++ {
			peer.send(nil, message(n))
		}
		time.Sleep(10 * time.Minute)
		got = told.take()
		var numbers []string
		for _, text := range got {
			n, _, _ := strings.Cut(text, ":")
			numbers = append(numbers, n)
		}
		if !slices.Equal(numbers, strings.Fields("1 2 3 4 5 6 7 8 9 10 11 12 13 14")) {
			t.Errorf("handled are %v", got)
		}
		if got[1] != "2:2" || got[3] != "4:1" || got[7] != "8:1" {
			t.Errorf("an error ends the state, or a limit does not: %v", got)
		}
		for _, st := range site.source.Status() {
			for _, f := range st.Hooks {
				if f.Handled != 14 || f.Failed < 6 || f.Lost != 0 || f.Restarts < 3 || f.Last == nil {
					t.Errorf("%+v", f)
				}
			}
		}
	})
}

// Functions are called at their times, over changes of the script; a cluster's schedule runs
// on one host.
func TestTimers(t *testing.T) {
	testproc.Bubble(t, func(t *testing.T) {
		begin := time.Now() // midnight in UTC
		source := func(version string) map[string]string {
			return map[string]string{"hooks/a.lua": `-- ` + version + `
every(600, function() tell("every") end)
cron("*/30 1-2 * * *", function() tell("cron") end, {timezone = "Europe/Berlin"})
cron("0 * * * *", function() tell("hourly") end)
after(2400, function() tell("after ` + version + `") end)
local cancelled = after(60, function() tell("cancelled") end)
assert(cancelled:cancel() and not cancelled:cancel())
on("CHANNEL_ANSWER", function(e) after(1, function() tell("later " .. e:getHeader("n")) end) end)`}
		}
		cfg := config.Default()
		cfg.Flows = map[string]config.Flow{"hooks/a": {Workers: 3}}
		claimed := ""
		site, peer, told, stop := startHooks(t, cfg, source("1"), func(_ context.Context, name string) (bool, error) {
			claimed = name
			return !strings.Contains(name, "hooks/a 0 * * * *"), nil
		})
		defer stop()
		until := func(minutes int) []string {
			time.Sleep(time.Until(begin.Add(time.Duration(minutes)*time.Minute + 30*time.Second)))
			all := told.take()
			slices.Sort(all)
			return all
		}
		check := func(minutes int, want ...string) {
			t.Helper()
			if got := until(minutes); !slices.Equal(got, want) {
				t.Errorf("after %d minutes: %v, want %v", minutes, got, want)
			}
		}
		check(25, "every", "every") // midnight is 1:00 in Berlin, and the script was loaded a moment later
		site.save(source("2"))
		peer.send(nil, message(7)) // to either version
		time.Sleep(time.Minute)
		check(35, "cron", "every", "later 7")
		check(50, "after 1", "every", "every")
		check(70, "after 2", "cron", "every", "every")
		if !strings.HasPrefix(claimed, "hooks/a ") {
			t.Errorf("claimed is %q", claimed)
		}
	})
}
