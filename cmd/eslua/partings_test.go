package main

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"testing/synctest"

	"github.com/google/uuid"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/freeswitch/esl"
	"github.com/eslua/eslua/host/freeswitch/esl/livetest"
	"github.com/eslua/eslua/host/freeswitch/syntax"
	"github.com/eslua/eslua/host/operate/config"
	"github.com/eslua/eslua/host/script/grant"
	"github.com/eslua/eslua/host/switchsim"
	"github.com/eslua/eslua/host/testproc"
	"github.com/eslua/eslua/host/testproc/memnet"
)

const (
	// partingsFile has a line for each case: what mod_lua's freeswitch.bridge makes of the
	// channels.
	partingsFile = "testdata/partings.modlua"
	// differentFile has a line for each case in which eslua differs: it leaves a leg alone
	// that has moved on, which mod_lua hangs up unless its script ends within milliseconds
	// (switch_cpp.cpp:CoreSession::destroy).
	differentFile = "testdata/partings.eslua"
)

// A way is one in which a bridged caller and leg part: an API command, in which words
// such as CALLER stand for uuids.
type way struct{ name, command string }

// moved is the extension, in the inline dialplan, to which a way transfers.
const moved = "set:after=moved,sleep:1500,hangup:USER_NOT_REGISTERED"

var ways = []way{
	{"callerHangsUp", "uuid_kill FAR_CALLER CALL_REJECTED"},
	{"legHangsUp", "uuid_kill FAR_LEG USER_BUSY"},
	{"callerIsKilled", "uuid_kill CALLER CALL_REJECTED"},
	{"legIsKilled", "uuid_kill LEG USER_BUSY"},
	{"callerIsTransferred", "uuid_transfer CALLER " + moved + " inline"},
	{"legIsTransferred", "uuid_transfer LEG " + moved + " inline"},
	{"bothAreTransferred", "uuid_transfer CALLER -both " + moved + " inline"},
	{"otherIsTransferred", "uuid_transfer CALLER -bleg " + moved + " inline"},
	{"bothAreTransferredApart", "uuid_dual_transfer CALLER set:after=here,sleep:1500,hangup:NO_ROUTE_DESTINATION/inline " + moved + "/inline"},
	{"callerIsBridgedAway", "uuid_bridge CALLER THIRD"},
	{"legIsBridgedAway", "uuid_bridge LEG THIRD"},
	{"callerIsFetched", "uuid_bridge THIRD CALLER"}, // as a phone does with REFER and Replaces
	{"legIsFetched", "uuid_bridge THIRD LEG"},
	{"callerIsIntercepted", "uuid_transfer THIRD intercept:CALLER inline"},
	{"legIsIntercepted", "uuid_transfer THIRD intercept:LEG inline"},
	{"callerIsParked", "uuid_park CALLER"},
	{"legIsParked", "uuid_park LEG"},
	{"nothing", "uuid_break CALLER"},
	{"nothingEither", "uuid_break LEG"},
}

// afters are the variables that say what becomes of a channel after its bridge.
var afters = []struct{ name, code string }{
	{"plain", ""},
	{"hangup", `session:setVariable("hangup_after_bridge", "true")`},
	{"park", `session:setVariable("park_after_bridge", "true") session:setVariable("park_timeout", "1:NETWORK_OUT_OF_ORDER")`},
	{"transfer", `session:setVariable("transfer_after_bridge", "set\\:after=transferred,sleep\\:300,hangup\\:NO_ANSWER:inline")`},
	{"legPark", `leg:setVariable("park_after_bridge", "true") leg:setVariable("park_timeout", "1:NETWORK_OUT_OF_ORDER")`},
	{"legTransfer", `leg:setVariable("transfer_after_bridge", "set\\:after=transferred,sleep\\:300,hangup\\:NO_ANSWER:inline")`},
}

// kinds are the kinds of leg: dialled by the script, or by another program.
var kinds = []struct{ name, code string }{
	{"dialled", `local leg = freeswitch.Session("{origination_uuid=" .. it .. ",ignore_early_media=true}" .. far)`},
	{"foreign", `api:execute("originate", "{origination_uuid=" .. it .. ",ignore_early_media=true}" .. far .. " &park()") session:sleep(200) local leg = freeswitch.Session(it)`},
}

// roles are the channels of a call, in the order in which those that are still up are hung
// up in the end.
var roles = [...]string{"CALLER", "LEG", "THIRD"}

// A parting is one call: a way, the kind of its leg, and what its variables say.
type parting struct {
	name, script, command string

	id       [len(roles)]string // uuids
	far      [len(roles)]string // those of the far ends
	channels [len(roles)]strings.Builder
	begun    bool
	up       int    // the channels that have not ended
	line     string // from the script
}

// partings returns the calls whose channels part in this way.
func (w way) partings() (list []*parting) {
	for _, k := range kinds {
		for _, after := range afters {
			p := &parting{name: k.name + "-" + w.name + "-" + after.name, command: w.command, up: 2}
			for role := range p.id {
				p.id[role] = uuid.NewString()
			}
			third := ""
			if strings.Contains(w.command, "THIRD") {
				p.up++
				third = `api:execute("originate", "{origination_uuid=" .. third .. ",ignore_early_media=true}" .. far .. " &park()")`
			}
			p.script = `local it, third, api, me = argv[1], argv[2], freeswitch.API(), session:get_uuid()
session:answer()
local far = "` + farEnd + `"
` + k.code + "\n" + third + "\n" + after.code + `
freeswitch.bridge(session, leg)
local e = freeswitch.Event("CUSTOM", "eslua::parted")
e:addHeader("Call", me)
e:addHeader("Line", tostring(session:ready()) .. " " .. tostring(session:getVariable("bridge_hangup_cause")))
e:fire()`
			list = append(list, p)
		}
	}
	return list
}

// farEnd is the end of the channels. It does not answer at once: FreeSWITCH may lose a channel
// that is transferred while it is about to enter CS_EXECUTE.
const farEnd = "loopback/m:^:sleep:100^answer^park/default/inline"

// schedule has the two part, and all channels end after that.
func (p *parting) schedule(t *testing.T, sw *switchEvents) {
	if p.begun {
		return
	}
	p.begun = true
	words := []string{"FAR_CALLER", p.far[0], "FAR_LEG", p.far[1]}
	for role, name := range roles {
		words = append(words, name, p.id[role])
	}
	commands := []string{"+2 none " + strings.NewReplacer(words...).Replace(p.command)}
	for role, id := range p.id[:] {
		commands = append(commands, fmt.Sprintf("+%d none uuid_kill %s NO_USER_RESPONSE", 6+2*role, id))
	}
	for _, c := range commands {
		if _, err := sw.conn.StartJob("sched_api " + c); err != nil {
			t.Fatal(err)
		}
	}
}

// over reports whether the script and all channels have ended.
func (p *parting) over() bool { return p.up == 0 && p.line != "" }

// playPartings places the calls and waits for their end. The applications run the scripts.
func playPartings(ctx context.Context, t *testing.T, sw *switchEvents, list []*parting, application func(i int, p *parting) string) {
	t.Helper()
	subscribe, err := esl.Subscribe("plain", "CHANNEL_BRIDGE", "CHANNEL_ANSWER", "CHANNEL_EXECUTE", "CHANNEL_HANGUP_COMPLETE", "CUSTOM", "eslua::parted")
	sw.do(ctx, t, subscribe, err)
	for i, p := range list {
		if _, err := sw.conn.StartJob("originate {origination_uuid=" + p.id[0] + "}" + farEnd + " 'm:^:" + application(i, p) +
			"^set:after=dialplan^sleep:300^hangup:NORMAL_UNSPECIFIED' inline"); err != nil {
			t.Fatal(err)
		}
	}
	for slices.ContainsFunc(list, func(p *parting) bool { return !p.over() }) {
		e, err := sw.conn.Next(ctx)
		if err != nil {
			for _, p := range list {
				if !p.over() {
					t.Errorf("%s has not ended: %s", p.name, p.outcome())
				}
			}
			t.Fatal(err)
		}
		for _, p := range list {
			if role := slices.Index(p.id[:], cmp.Or(e.Get("Call"), e.Get("Unique-ID"))); role >= 0 {
				p.note(t, sw, role, e)
			}
		}
	}
}

// note notes an event of one of the call's channels.
func (p *parting) note(t *testing.T, sw *switchEvents, role int, e esl.Event) {
	t.Helper()
	out := &p.channels[role]
	mark, marked := strings.CutPrefix(e.Last("Application-Data"), "after=")
	switch name := e.Name(); {
	case name == "CHANNEL_ANSWER":
		p.far[role] = strings.Clone(e.Get("variable_other_loopback_leg_uuid"))
	case name == "CHANNEL_BRIDGE" && role == 0:
		p.schedule(t, sw)
	case name == "CUSTOM":
		p.line = strings.Clone(e.Get("Line"))
		p.schedule(t, sw) // if they were not bridged, for there are other channels
	case name == "CHANNEL_HANGUP_COMPLETE":
		fmt.Fprintf(out, " %s", e.Get("Hangup-Cause"))
		for _, v := range []string{"bridge_hangup_cause", "last_bridge_hangup_cause"} {
			fmt.Fprintf(out, " %s", cmp.Or(e.Get("variable_"+v), "-"))
		}
		p.up--
	case name == "CHANNEL_EXECUTE" && marked && !strings.Contains(out.String(), mark):
		fmt.Fprintf(out, " %s", mark)
	}
}

// outcome returns what the script and the channels say: where each went on, its cause,
// bridge_hangup_cause and last_bridge_hangup_cause.
func (p *parting) outcome() string {
	out := "script " + p.line
	for role, name := range roles {
		if text := p.channels[role].String(); text != "" {
			out += "; " + strings.ToLower(name) + text
		}
	}
	return out
}

// recordedPartings returns the outcomes of each case. Some have more than one under mod_lua,
// because FreeSWITCH's threads race there.
func recordedPartings(t *testing.T, file string) map[string][]string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	outcomes := map[string][]string{}
	for line := range strings.Lines(string(text)) {
		name, outcome, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		outcomes[name] = append(outcomes[name], outcome)
	}
	return outcomes
}

// sameOutcome compares two outcomes. The caller's thread notes the two causes in the other
// channels while these hang up (switch_ivr_bridge.c:1809, switch_channel.c:
// switch_channel_perform_hangup), so that there either may be missing.
func sameOutcome(a, b string) bool {
	x, y := strings.Fields(a), strings.Fields(b)
	other := false
	return len(x) == len(y) && !slices.ContainsFunc(x, func(word string) bool {
		at := y[0]
		y = y[1:]
		other = other || word == "leg"
		return word != at && !(other && (word == "-" || at == "-"))
	})
}

func hasOutcome(list []string, outcome string) bool {
	return slices.ContainsFunc(list, func(s string) bool { return sameOutcome(s, outcome) })
}

// comparePartings has a way played until its outcomes are among the recorded ones.
func comparePartings(t *testing.T, w way, recorded map[string][]string, tries int, play func([]*parting)) {
	t.Helper()
	list := w.partings()
	for try := 1; len(list) > 0; try++ {
		play(list)
		if try == tries {
			for _, p := range list {
				if got, want := p.outcome(), recorded[p.name]; !hasOutcome(want, got) {
					t.Errorf("%s\n    got  %s\n    want %s", p.name, got, strings.Join(want, "\n      or "))
				}
			}
			return
		}
		again := map[string]bool{}
		for _, p := range list {
			again[p.name] = !hasOutcome(recorded[p.name], p.outcome())
		}
		list = slices.DeleteFunc(w.partings(), func(p *parting) bool { return !again[p.name] })
	}
}

// TestPartings compares the end of freeswitch.bridge with that under mod_lua, for each way
// in which two channels part. The application socket may be one to which another follows
// when its host dies.
func TestPartings(t *testing.T) {
	t.Parallel()
	for _, w := range ways {
		t.Run(w.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				network := memnet.New()
				sim := simulated(t, switchsim.Config{Listener: network.Listen(), Dial: network.Dial})
				nc, err := network.Dial(t.Context(), sim.Addr())
				if err != nil {
					t.Fatal(err)
				}
				w.run(t.Context(), t, logIn(t.Context(), t, nc, "ClueCon"), network.Listen(), 1)
			})
		})
	}
}

func TestLivePartings(t *testing.T) {
	address, password := livetest.Address(t)
	for _, w := range ways {
		t.Run(w.name, func(t *testing.T) {
			w.run(testproc.Context(t), t, dialSwitch(t, address, password), listening(t), liveTries)
		})
	}
}

// liveTries are the tries of FreeSWITCH, whose threads race.
const liveTries = 3

func (w way) run(ctx context.Context, t *testing.T, sw *switchEvents, l net.Listener, tries int) {
	cfg, files := config.Default(), fstest.MapFS{}
	cfg.Grants.API.Allow = []grant.Name{"originate", "uuid_exists", "uuid_bridge", "uuid_setvar"}
	for _, p := range w.partings() {
		files[p.name+".lua"] = &fstest.MapFile{Data: []byte(p.script)}
	}
	serving(t, l, cfg, clock.System(), nil, seams{guest: true, scripts: files})
	recorded := recordedPartings(t, partingsFile)
	maps.Copy(recorded, recordedPartings(t, differentFile))
	comparePartings(t, w, recorded, tries, func(list []*parting) {
		playPartings(ctx, t, sw, list, func(i int, p *parting) string {
			return [...]string{"", "set:socket_resume=true^"}[i%2] +
				"socket:" + l.Addr().String() + "/" + p.name + "/" + p.id[1] + "/" + p.id[2] + " async full"
		})
	})
}

// TestLivePartingsUnderModLua shows that the file says what mod_lua does. With -update it
// adds what is not there.
func TestLivePartingsUnderModLua(t *testing.T) {
	address, password := livetest.Address(t)
	dir, err := os.MkdirTemp("", "eslua-partings")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil { // FreeSWITCH may be another user
		t.Fatal(err)
	}
	recorded := recordedPartings(t, partingsFile)
	for _, w := range ways {
		t.Run(w.name, func(t *testing.T) {
			sw := dialSwitch(t, address, password)
			comparePartings(t, w, recorded, liveTries, func(list []*parting) {
				playPartings(testproc.Context(t), t, sw, list, func(_ int, p *parting) string {
					write(t, dir, p.name+".lua", p.script)
					return "lua:" + syntax.Word(filepath.Join(dir, p.name+".lua")) + " " + p.id[1] + " " + p.id[2]
				})
				for _, p := range list {
					if *updateGolden && !hasOutcome(recorded[p.name], p.outcome()) {
						recorded[p.name] = append(recorded[p.name], p.outcome())
					}
				}
			})
		})
	}
	if *updateGolden {
		var file strings.Builder
		for _, w := range ways {
			for _, p := range w.partings() {
				for _, outcome := range recorded[p.name] {
					fmt.Fprintf(&file, "%s: %s\n", p.name, outcome)
				}
			}
		}
		if err := os.WriteFile(partingsFile, []byte(file.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
