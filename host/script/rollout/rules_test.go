package rollout

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// TestRules goes through what an admin may do, step by step. A step is
//
//	command => what calls of the flows get, or ! and part of the error
//
// where "a2 b1" are versions of the flows a and b, "-" is a flow that does
// not exist, and #0, #1 ... are the generations in the order in which they served.
func TestRules(t *testing.T) {
	for name, c := range map[string]struct {
		config string
		steps  []string
	}{
		"no overrides": {steps: []string{
			"look => a1 b1", "edit a 2 => a2 b1", "edit b 2 => a2 b2", "remove b => a2 b-",
		}},
		"a pin holds over edits, of its flow and others": {steps: []string{
			"edit a 2 => a2 b1", "pin a #0 => a1 b1", "edit a 3 => a1 b1", "edit b 2 => a1 b2", "unpin a => a3 b2",
		}},
		"a pin of all holds everything": {steps: []string{
			"edit a 2 => a2 b1", "pin * #0 => a1 b1", "edit b 2 => a1 b1", "edit c 1 => a1 b1 c-", "unpin * => a2 b2 c1",
		}},
		"a flow's own override comes before that of all": {steps: []string{
			"edit a 2", "edit b 2 => a2 b2", "pin * #0 => a1 b1", "pin a #1 => a2 b1", "unpin * => a2 b2", "pin * #0", "unpin a => a1 b1",
		}},
		"a new pin replaces the old one": {steps: []string{
			"edit a 2", "edit a 3", "pin a #0 => a1 b1", "pin a #1 => a2 b1", "unpin a => a3 b1",
		}},
		"a rollback ends with the next version": {steps: []string{
			"edit a 2 => a2 b1", "rollback a => a1 b1", "edit b 2 => a1 b2", "edit a 3 => a3 b2",
		}},
		"a rollback ends with an edit back": {steps: []string{
			"edit a 2", "rollback a => a1 b1", "edit a 1 => a1 b1", "edit a 2 => a2 b1",
		}},
		"a rollback passes over generations with the same version": {steps: []string{
			"edit a 2", "edit b 2", "edit b 3 => a2 b3", "rollback a => a1 b3",
		}},
		"a repeated rollback goes further back": {steps: []string{
			"edit a 2", "edit a 3", "edit a 4 => a4 b1", "rollback a => a3 b1", "rollback a => a2 b1", "rollback a => a1 b1",
			"rollback a => ! nothing to roll back to: no generation before ", "look => a1 b1", "unpin a => a4 b1",
		}},
		"a rollback never goes to what was rolled back": {steps: []string{
			"edit a 2", "edit b 2", "edit a 3", "edit a 2 => a2 b2", "rollback a #3 => a3 b2", "rollback a => a1 b2",
		}},
		"a rollback to a generation": {steps: []string{
			"edit a 2", "edit a 3", "rollback a #0 => a1 b1", "edit a 4 => a4 b1",
		}},
		"a rollback to the same version": {steps: []string{
			"edit a 2", "edit b 2", "rollback a #1 => ! nothing to roll back", "look => a2 b2",
		}},
		"a rollback of all": {steps: []string{
			"edit a 2", "edit b 2 => a2 b2", "rollback * => a2 b1", "rollback * => a1 b1", "rollback * => ! has another version of all flows", "edit b 3 => a2 b3",
		}},
		"a removed flow is brought back": {steps: []string{
			"remove b => a1 b-", "rollback b => a1 b1", "edit a 2 => a2 b1", "edit b 2 => a2 b2",
		}},
		"with the ending": {steps: []string{"edit a 2", "rollback a.lua => a1 b1", "unpin a.lua => a2 b1", "pin a.lua #0 => a1 b1"}},
		"unknown": {steps: []string{
			"rollback x => ! no flow \"x\"; the flows are a, b", "pin x #0 => ! no flow \"x\"; the flows are a, b", "pin a zz => ! zz", "unpin a => ! no pin or rollback of flow a; those in force are of: none",
			"pin b #0", "unpin a => ! those in force are of: flow b",
			"edit c 1", "pin c #0 => ! has no flow \"c\"; the flows are a, b", "rollback c #0 => ! has no flow \"c\"", "rollback c => ! has another version of flow c",
			"pin a => ! name a generation; there are ",
		}},
		"a restart changes nothing": {steps: []string{
			"edit a 2", "edit b 2", "pin a #0", "rollback b => a1 b1", "restart => a1 b1", "edit b 3 => a1 b3", "restart => a1 b3", "unpin a => a2 b3", "restart => a2 b3",
		}},
		"what is edited while eslua is down ends a rollback": {steps: []string{
			"edit a 2", "rollback a => a1 b1", "down a 3 => a3 b1",
		}},

		"a canary is compared with what all calls got last": {config: "flows: {a: {canary: 20%}}", steps: []string{
			"look => a1 b1", "edit a 2 => a1/2 b1", "edit b 2 => a1/2 b2", "edit a 3 => a1/3 b2", "edit a 1 => a1 b2",
		}},
		"a restart does not promote": {config: "flows: {a: {canary: 20%}}", steps: []string{
			"edit a 2 => a1/2 b1", "restart => a1/2 b1", "down a 3 => a1/3 b1", "down a 1 => a1 b1", "down a 4 => a1/4 b1",
		}},
		"a rollback rejects what is tried": {config: "flows: {a: {canary: 20%}}", steps: []string{
			"edit a 2 => a1/2 b1", "rollback a => a1 b1", "edit a 3 => a1/3 b1", "rollback a => a1 b1", "unpin a => a1/3 b1",
		}},
		"a pin is a promotion": {config: "flows: {a: {canary: 20%}}", steps: []string{
			"edit a 2 => a1/2 b1", "pin a #1 => a2 b1", "unpin a => a2 b1", "edit a 3 => a2/3 b1",
		}},
		"after a pin what is new is tried": {config: "flows: {a: {canary: 20%}}", steps: []string{
			"edit a 2 => a1/2 b1", "pin a #0 => a1 b1", "edit a 3 => a1 b1", "unpin a => a1/3 b1",
		}},
		"a rollback of all is of those with a canary too": {config: "flows: {a: {canary: 20%}}", steps: []string{
			"edit b 2", "edit a 2 => a1/2 b2", "pin * #0 => a1 b1", "unpin * => a1/2 b2", "rollback * #0 => a1 b1", "edit b 3 => a1/2 b3",
		}},
		"no canary for the new and the removed": {config: "flows: {a: {canary: 20%}, c: {canary: 20%}}", steps: []string{
			"edit c 1 => a1 b1 c1", "edit c 2 => a1 b1 c1/2", "remove c => a1 b1 c-", "edit c 3 => a1 b1 c1/3",
		}},
		"taken out of the configuration": {config: "flows: {a: {canary: 20%}}", steps: []string{
			"edit a 2 => a1/2 b1", "configure {} => a2 b1", "configure {flows: {a: {canary: 20%}}} => a2 b1", "edit a 3 => a2/3 b1",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, c.config, "a", "b")
			for _, step := range c.steps {
				command, want, _ := strings.Cut(step, " => ")
				err := w.do(command)
				if part, ok := strings.CutPrefix(want, "! "); ok || err != nil {
					if err == nil || !ok || !strings.Contains(err.Error(), part) {
						t.Fatalf("%s: error %v; want %q", command, err, part)
					}
					continue
				}
				for field := range strings.FieldsSeq(want) {
					if got := field[:1] + w.gets(field[:1]); got != field {
						t.Errorf("%s: calls get %s, want %s; status %+v", command, got, field, w.Status())
					}
				}
			}
		})
	}
}

// gets returns the versions that calls of a flow get: that of Stable, and after a
// slash the other one.
func (w *world) gets(flow string) string {
	most := versionIn(w.Stable(flow), flow)
	all := most
	for v := range w.call100(flow, nil) {
		if v != most {
			all += "/" + v
		}
	}
	return all
}

func (w *world) do(command string) error {
	w.Helper()
	words := append(strings.Fields(command), "", "")
	verb, flow, what := words[0], strings.TrimPrefix(words[1], "*"), words[2]
	if n, ok := strings.CutPrefix(what, "#"); ok {
		i, err := strconv.Atoi(n)
		must(w, err)
		what = w.generations[i]
	}
	var warning string
	var err error
	switch verb {
	case "look":
	case "edit":
		w.edit(flow, what)
	case "remove":
		must(w, os.Remove(filepath.Join(w.dir, flow+".lua")))
		w.reload()
	case "restart":
		w.stop()
		w.start()
	case "down":
		w.stop()
		w.put(flow, "return "+what)
		w.start()
	case "configure":
		w.Configure(configure(w, strings.TrimPrefix(command, "configure ")))
	case "pin":
		_, warning, err = w.Pin(flow, what)
	case "rollback":
		_, warning, err = w.Rollback(flow, what)
	case "unpin":
		_, warning, err = w.Unpin(flow)
	default:
		w.Fatalf("what is %q?", command)
	}
	if warning != "" {
		w.Errorf("%s: %s", command, warning)
	}
	return err
}
