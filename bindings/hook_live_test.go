package bindings_test

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/eslua/eslua/host/freeswitch/esl/livetest"
	"github.com/eslua/eslua/host/freeswitch/node"
	"github.com/eslua/eslua/host/operate/config"
)

// Hooks get the events of a real FreeSWITCH that their filters want: hangups by their cause,
// and those of a conference, in their order; they act on the event's channel.
func TestLiveHooks(t *testing.T) {
	address, password := livetest.Address(t)
	seen := make(chan string, 1000)
	log := loadedLog{(&lines{t: t}).logger().Handler(), make(chan struct{}, 1)}
	site := &hookSite{t: t, log: slog.New(log)}
	site.save(map[string]string{"hooks/live.lua": `
on("CHANNEL_HANGUP_COMPLETE", {["Hangup-Cause"] = "USER_BUSY", variable_hooks = "live"}, function(e, node)
	tell("busy " .. node .. " " .. e:getHeader("Caller-Destination-Number"))
end)
on("CHANNEL_HANGUP_COMPLETE", {["Hangup-Cause"] = {"CALL_REJECTED", "NO_ANSWER"}, variable_hooks = "live"}, function(e) tell("other " .. e:getHeader("Hangup-Cause")) end)
on("CUSTOM conference::maintenance", {["Conference-Name"] = "hooks-live"}, function(e)
	tell("conference " .. e:getHeader("Action"))
end)
on("CHANNEL_PARK", {variable_hooks = "live"}, function(e) -- the event's channel is the script's own
	freeswitch.API():executeString("uuid_kill " .. e:getHeader("Unique-ID") .. " NO_ANSWER")
end)`})
	cfg := config.Default()
	stop := site.run(cfg, []node.Node{{Name: "live", Address: address, Password: password}}, node.Options{}, teller(func(text string) { seen <- text }))
	defer stop()
	link := site.links[0]
	if err := link.AwaitFirst(t.Context()); err != nil {
		t.Fatal(err)
	}
	<-log.loaded
	next := func(want string) {
		t.Helper()
		for {
			select {
			case got := <-seen:
				if got == want {
					return
				}
				if !strings.HasPrefix(got, "conference ") {
					t.Errorf("a hook told %q, want %q", got, want)
					return
				}
			case <-time.After(20 * time.Second):
				t.Fatalf("no hook told %q", want)
			}
		}
	}
	do := func(command string) {
		t.Helper()
		if answer, err := link.BgAPI(t.Context(), command); err != nil || strings.HasPrefix(answer, "-ERR") {
			t.Fatalf("%s: %s, %v", command, answer, err)
		}
	}
	do("originate {hooks=live}null/1 &hangup(NORMAL_CLEARING)") // wanted by nobody
	do("originate {hooks=live}null/2 &hangup(USER_BUSY)")
	next("busy live 2")
	do("originate {hooks=live}null/3 &hangup(CALL_REJECTED)")
	next("other CALL_REJECTED")
	do("originate {hooks=live}null/4 &park()")
	next("other NO_ANSWER")
	do("originate {hooks=live}null/5 &conference(hooks-live@default)")
	next("conference add-member")
	do("conference hooks-live kick all")
	next("conference del-member")
	next("conference conference-destroy")
	for _, st := range site.source.Status() {
		for _, h := range st.Hooks {
			if h.Lost+h.Failed > 0 {
				t.Errorf("%+v", h)
			}
			t.Logf("%d events were handled, half of them within %v", h.Handled, h.Half)
		}
	}
}
