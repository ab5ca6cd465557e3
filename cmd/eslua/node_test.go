package main

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/switchsim"
	"github.com/eslua/eslua/host/testproc"
)

// TestNodesAreDrained: what an admin sees and does, what hooks are told of it, and that jobs
// go elsewhere, also after a restart of the host.
func TestNodesAreDrained(t *testing.T) {
	t.Parallel()
	testproc.Bubble(t, func(t *testing.T) {
		site := newJobSite(t, map[string]string{
			"hooks/nodes": `for _, kind in ipairs{"lost", "connected", "restarted", "drained", "resumed"} do
  on("eslua::node_" .. kind, function(e, node) freeswitch.consoleLog("info", node .. " is " .. kind .. " " .. e:getHeader("Node") .. "\n") end)
end`,
			"where": `freeswitch.consoleLog("info", "at " .. api:execute("global_getvar", "which") .. "\n")`,
		})
		second := simulatedOn(t, site.net, switchsim.Config{Globals: map[string]string{"which": "fs2"}})
		site.configure("")
		yaml := "nodes:\n" +
			"  - {name: fs1, address: '" + site.sim.Addr() + "', password: ClueCon, weight: 0, tags: [edge]}\n" +
			"  - {name: fs2, address: '" + second.Addr() + "', password: ClueCon, tags: [media]}\n" +
			"state: " + t.TempDir() + "\n"
		write(t, site.dir, "eslua.yaml", yaml)
		start := func() *server {
			s := startServeOn(t, site.net, "--config", site.dir+"/eslua.yaml", "--scripts", site.dir)
			for range 2 {
				s.next(t, "connected to FreeSWITCH")
			}
			time.Sleep(time.Second) // of the bubble: the hook is loaded
			return s
		}
		s := start()
		time.Sleep(30 * time.Second) // of the bubble: a HEARTBEAT has come
		eslua := func(want string, args ...string) {
			t.Helper()
			var out strings.Builder
			p := &program{stdout: &out, stderr: &out, getenv: noEnv, clock: clock.System(), seams: s.seams}
			code := p.main(t.Context(), slices.Insert(args, 1, "--admin", s.socket))
			for part := range strings.SplitSeq(want, "|") {
				if !strings.Contains(out.String(), part) {
					t.Errorf("%v ends with %d and does not say %q:\n%s", args, code, part, out.String())
				}
			}
		}
		eslua("fs1|0 edge|1 media|0 of 20000|up", "node")
		eslua("at fs2", "run", "where")
		eslua("fs2 gets no new calls until: eslua node resume fs2", "node", "drain", "fs2")
		s.next(t, "fs2 is drained fs2")
		eslua("DRAINED|node fs2 is drained and gets no new calls until", "status")
		eslua(`"draining": {`, "node", "list", "--json")
		eslua(`there is no node "fs9"; the configuration has (nodes:): fs1, fs2`, "node", "resume", "fs9")
		eslua("usage:", "node", "drian", "fs1")
		eslua("at \n", "run", "where")
		second.Cut("")
		s.next(t, "fs2 is lost fs2")
		s.next(t, "fs2 is connected fs2")
		if code := s.end(); code != exitFine {
			t.Errorf("exit code %d", code)
		}
		s = start()
		eslua("DRAINED", "node")
		eslua("fs2 gets new calls again", "node", "resume", "fs2")
		s.next(t, "fs2 is resumed fs2")
		s.ends(t)
	})
}
