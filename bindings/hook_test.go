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

// When a script is changed while its last version is slow, that one has 30 seconds for what it has
// got; then its function is stopped, and the new version handles what is left, in its order. One that is
// removed has as long.
func TestASlowVersionHandsOver(t *testing.T) {
	testproc.Bubble(t, func(t *testing.T) {
		cfg := config.Default()
		cfg.Limits.Duration = config.Duration(time.Hour)
		source := func(version string, more string) map[string]string {
			return map[string]string{"hooks/a.lua": `on("CHANNEL_ANSWER", function(e)
	local n = tonumber(e:getHeader("n"))
	tell("` + version + ` " .. n)
	if n == 2 or n == 11 then freeswitch.msleep(1e6) end
	if n < 10 then freeswitch.msleep(5e3) end
end)` + more}
		}
		site, peer, told, stop := startHooks(t, cfg, source("one", `on("CHANNEL_ANSWER", {n = "4"}, function(e) tell("unwanted " .. e:getHeader("n")) end)`), nil)
		defer stop()
		logged := func() string {
			log := site.log.Handler().(*lines)
			log.mu.Lock()
			defer log.mu.Unlock()
			return strings.Join(log.all, "\n")
		}
		begin := time.Now()
		for n := 1; n <= 4; n++ {
			peer.send(nil, message(n))
		}
		time.Sleep(time.Second)
		site.save(source("two", ""))
		time.Sleep(time.Second)
		for n := 20; n <= 22; n++ {
			peer.send(nil, message(n))
		}
		time.Sleep(15 * time.Second)
		if got := told.take(); !slices.Equal(got, []string{"one 1", "one 2"}) {
			t.Errorf("while the first version has time, handled are %v", got)
		}
		time.Sleep(time.Until(begin.Add(2 * time.Minute)))
		if got := told.take(); !slices.Equal(got, []string{"two 3", "two 4", "two 20", "two 21", "two 22"}) {
			t.Errorf("after that, handled are %v", got)
		}
		log := logged()
		if !strings.Contains(log, "the earlier version of a hook is slow") || !strings.Contains(log, "events=2 unwanted=1") || !strings.Contains(log, "a function of a hook was stopped") {
			t.Errorf("the log has %s", log)
		}

		peer.send(nil, message(11))
		peer.send(nil, message(12))
		time.Sleep(time.Second)
		site.save(map[string]string{"hooks/other.lua": ""})
		time.Sleep(25 * time.Second)
		if st := site.source.Status()[0].Hooks; len(st) != 2 {
			t.Errorf("a removed script has time, and there are %+v", st)
		}
		time.Sleep(10 * time.Second)
		if got, log := told.take(), logged(); !slices.Equal(got, []string{"two 11"}) || !strings.Contains(log, "these are lost") || !strings.Contains(log, "events=1") {
			t.Errorf("at the end handled are %v, and the log has %s", got, log)
		}
		if st := site.source.Status()[0].Hooks; len(st) != 1 {
			t.Errorf("after that there are %+v", st)
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
