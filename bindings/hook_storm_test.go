package bindings_test

import (
	"fmt"
	"log/slog"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/eslua/eslua/host/freeswitch/node"
	"github.com/eslua/eslua/host/operate/config"
	"github.com/eslua/eslua/host/script/grant"
	"github.com/eslua/eslua/host/testproc"
	"github.com/eslua/eslua/host/testproc/memnet"
)

// A stormHook is one of the hooks of the storm: what it wants, and how its script says so.
type stormHook struct {
	args  string
	wants func(kind, cause string) bool
	extra string
}

func stormHooks() (hooks []stormHook) {
	kinds := []string{"CHANNEL_STATE", "CHANNEL_ANSWER", "CHANNEL_HANGUP_COMPLETE"}
	causes := []string{"USER_BUSY", "NO_ANSWER", "NORMAL_CLEARING", "CALL_REJECTED"}
	hooks = append(hooks,
		stormHook{`"ALL", `, func(string, string) bool { return true }, ""},
		stormHook{`"CUSTOM my::thing", `, func(kind, _ string) bool { return kind == "CUSTOM" }, ""},
		stormHook{`"CHANNEL_ANSWER", {["Hangup-Cause"] = "user_busy"}, `, func(kind, cause string) bool { return kind == "CHANNEL_ANSWER" && cause == "USER_BUSY" }, "freeswitch.msleep(1)"},
		stormHook{`"CHANNEL_STATE", `, func(kind, _ string) bool { return kind == "CHANNEL_STATE" }, `if n % 50 == 0 then error("no") end`},
		stormHook{`"CHANNEL_STATE", {["Hangup-Cause"] = {"NO_ANSWER", "USER_BUSY"}}, `, func(kind, cause string) bool {
			return kind == "CHANNEL_STATE" && (cause == "NO_ANSWER" || cause == "USER_BUSY")
		}, `if n % 400 == 399 then while true do end end`},
	)
	for i := len(hooks); i < 20; i++ {
		kind, cause := kinds[i%3], causes[i%4]
		hooks = append(hooks, stormHook{fmt.Sprintf("%q, {[\"Hangup-Cause\"] = %q}, ", kind, cause), func(k, c string) bool { return k == kind && c == cause }, ""})
	}
	return hooks
}

// Three nodes send 10,000 events a second into 20 hooks, whose scripts change every second,
// while the nodes are cut off and restarted: each hook gets each event that arrives, once, and
// those of a channel in their order.
func TestHooksLoseNothing(t *testing.T) {
	testproc.Bubble(t, func(t *testing.T) {
		hooks := stormHooks()
		var mu sync.Mutex
		got := map[string][]string{} // by hook and channel
		changes := map[string]int{}
		site := &hookSite{t: t, log: slog.New(slog.DiscardHandler)}
		save := func(version int) {
			files := map[string]string{"hooks/nodes.lua": `for _, what in ipairs{"connected", "lost", "restarted"} do on("eslua::node_" .. what, function(e, node) tell("node|" .. what .. "|" .. node) end) end`}
			for i, h := range hooks {
				files[fmt.Sprintf("hooks/h%d.lua", i)] = fmt.Sprintf("-- %d\nlocal n = 0\non(%sfunction(e) n = n + 1 tell(\"%d|\" .. e:getHeader(\"Unique-ID\") .. \"|\" .. e:getHeader(\"n\")) %s end)", version, h.args, i, h.extra)
			}
			site.save(files)
		}
		cfg := config.Default()
		cfg.Limits.Burst, cfg.Flows = config.Duration(20*time.Millisecond), map[string]config.Flow{}
		for i := range hooks {
			cfg.Flows[fmt.Sprintf("hooks/h%d", i)] = config.Flow{Workers: 1 + i%2*2, Queue: 10_000}
		}
		cfg.Grants.Apps.Allow = []grant.Name{"hear all"}
		save(0)
		network := memnet.New()
		var peers []*socketNode
		var nodes []node.Node
		for i := range 3 {
			l := network.Listen()
			defer l.Close()
			core := fmt.Sprintf("a816de5e-dd00-4676-ad5e-3df34495%04d", i)
			peer := &socketNode{}
			peer.core.Store(&core)
			go peer.serve(l)
			defer peer.cut()
			peers = append(peers, peer)
			nodes = append(nodes, node.Node{Name: fmt.Sprint("fs", i), Address: l.Addr().String(), Password: "ClueCon"})
		}
		stop := site.run(cfg, nodes, node.Options{Dial: network.Dial}, teller(func(text string) {
			mu.Lock()
			defer mu.Unlock()
			if hook, rest, _ := strings.Cut(text, "|"); hook == "node" {
				changes[rest]++
			} else {
				at := strings.LastIndexByte(text, '|')
				got[text[:at]] = append(got[text[:at]], text[at+1:])
			}
		}))
		var observers []*node.Subscription
		for _, l := range site.links {
			if err := l.AwaitFirst(t.Context()); err != nil {
				t.Fatal(err)
			}
			observer := l.Subscribe(node.Bounds{Events: 1 << 20, Bytes: 1 << 30})
			if err := observer.Add(node.Interest{Event: "ALL"}); err != nil {
				t.Fatal(err)
			}
			observers = append(observers, observer)
		}
		time.Sleep(10 * time.Second) // all hooks are loaded, and FreeSWITCH has answered
		send := storm{peers: peers}
		const second = 100 // ticks
		for tick := range testproc.Size(5, 2, 1) * second {
			send.tick()
			if tick%second == second/2 { // events wait, and come while the new version is loaded
				save(tick/second + 1)
				for range 4 {
					runtime.Gosched()
					send.tick()
				}
			}
			time.Sleep(time.Second / second)
			if tick%70 == 35 {
				victim := peers[tick/70%3]
				core := fmt.Sprintf("b816de5e-dd00-4676-ad5e-3df3449%05d", tick)
				victim.core.Store(&core)
				victim.cut()
			}
		}
		time.Sleep(time.Minute)
		want, events := map[string][]string{}, 0
		for _, observer := range observers {
			for e, ok := observer.Poll(); ok; e, ok = observer.Poll() {
				if e.Get("n") == "" {
					continue
				}
				events++
				for i, h := range hooks {
					if h.wants(e.Name(), e.Get("Hangup-Cause")) {
						key := fmt.Sprint(i, "|", e.Get("Unique-ID"))
						want[key] = append(want[key], e.Get("n"))
					}
				}
			}
			observer.Close()
		}
		stop()
		mu.Lock()
		defer mu.Unlock()
		if events < send.sent/4 { // the others came while a node was away
			t.Errorf("%d of %d events arrived", events, send.sent)
		}
		wrong := 0
		for key, events := range want {
			if !slices.Equal(got[key], events) && wrong < 5 {
				wrong++
				t.Errorf("hook and channel %s got %d events, want %d:\n%v\n%v", key, len(got[key]), len(events), got[key], events)
			}
		}
		if len(got) != len(want) {
			t.Errorf("%d lanes, want %d", len(got), len(want))
		}
		for _, h := range site.source.Status() {
			for _, f := range h.Hooks {
				if f.Lost > 0 {
					t.Errorf("%s has lost %d", f.Hook, f.Lost)
				}
			}
		}
		if changes["lost|fs0"] == 0 || changes["restarted|fs0"] == 0 || changes["connected|fs0"] == 0 {
			t.Errorf("of the nodes the hooks were told %v", changes)
		}
	})
}

// A storm sends events of 60 channels.
type storm struct {
	peers []*socketNode
	sent  int
	each  [60]int
}

// tick sends those of 10 ms.
func (s *storm) tick() {
	kinds := []string{"CHANNEL_STATE", "CHANNEL_ANSWER", "CUSTOM", "CHANNEL_HANGUP_COMPLETE"}
	causes := []string{"USER_BUSY", "NO_ANSWER", "NORMAL_CLEARING", "CALL_REJECTED"}
	for p, peer := range s.peers {
		var b strings.Builder
		for range 34 {
			channel := s.sent % 20 * 3
			channel += p
			kind := kinds[s.sent*7%11%4]
			text := fmt.Sprintf("Event-Name: %s\nCore-UUID: %s\nUnique-ID: c%d\n", kind, *peer.core.Load(), channel)
			if kind == "CUSTOM" {
				text += "Event-Subclass: my%3A%3Athing\n"
			}
			b.WriteString(framed(text + fmt.Sprintf("n: %d\nHangup-Cause: %s\n\n", s.each[channel], causes[s.sent/3*5%13%4])))
			s.each[channel]++
			s.sent++
		}
		peer.send(nil, []byte(b.String()))
	}
}
