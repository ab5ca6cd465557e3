package bindings_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/eslua/eslua/host/script/grant"
)

// A shell is a FreeSWITCH whose command system answers.
type shell struct {
	lines []string
	said  string
}

func (s *shell) API(_ context.Context, line string) (string, error) {
	s.lines = append(s.lines, line)
	return s.said, nil
}

func (s *shell) BgAPI(context.Context, string) (string, error) { return "", nil }

func (s *shell) SendEvent(context.Context, string, [][2]string, string) error { return nil }

// Programs run on FreeSWITCH's machine where the command system is granted, and nowhere
// else; of the environment a script sees what it is granted.
func TestProgramsAndTheEnvironment(t *testing.T) {
	t.Setenv("ESLUA_MINE", "mine")
	t.Setenv("ESLUA_OTHER", "other")
	synctest.Test(t, func(t *testing.T) {
		h := open(t, ``)
		h.grants = &grant.Grants{Env: []string{"ESLUA_MINE", "ESLUA_UNSET"}}
		s := &shell{}
		o := h.execute(`r = tostring(os.getenv("ESLUA_MINE")) .. tostring(os.getenv("ESLUA_OTHER")) .. tostring(os.getenv("ESLUA_UNSET"))
			r2 = select(2, pcall(function() os.execute("ls") end)) r3 = select(2, pcall(function() io.popen("ls") end)) r4 = tostring(os.execute())`, s, "")
		if o.err != nil {
			t.Fatal(o.err)
		}
		o.want(t, "r", "minenilnil", "r4", "false")
		for _, name := range []string{"r2", "r3"} {
			if !strings.Contains(o.text(name), "grants: {api: {allow: [system]}}") {
				t.Errorf("%s is %q", name, o.text(name))
			}
		}
		if len(s.lines) > 0 {
			t.Errorf("%q was run", s.lines)
		}
		h.grants = &grant.Grants{API: grant.Rule{Allow: []grant.Name{"system"}}}
		s.said = "3\n"
		o = h.execute(`local ok, how, code = os.execute("echo 'a'; exit 3") r = tostring(ok) .. how .. code r2 = select(2, pcall(os.execute, "a\nb"))
			local f = io.popen("date") r3 = f:read("*l") .. tostring(f:close()) r4 = tostring(os.execute()) .. tostring((pcall(io.popen, "cat", "w")))`, s, "")
		o.want(t, "r", "nilexit3", "r3", "3true", "r4", "truefalse")
		if want := `system sh -c 'echo '\''a'\''; exit 3' >/dev/null 2>&1; echo $?|system date`; strings.Join(s.lines, "|") != want {
			t.Errorf("these were run: %q", s.lines)
		}
	})
}
