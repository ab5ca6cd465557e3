package dialplan

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/eslua/eslua/host/freeswitch/syntax"
	"github.com/eslua/eslua/host/operate/config"
)

// A Finding is a mistake in a dialplan, with what to write instead.
type Finding struct {
	File    string
	Line    int
	Message string
	Remark  bool // it may be intended
	More    int  // other places that get the same remark, after this one
}

func (f Finding) String() string {
	message := f.Message
	if f.Remark {
		message = "remark: " + message
	}
	switch f.More {
	case 0:
	case 1:
		message += " (and 1 more place)"
	default:
		message += fmt.Sprintf(" (and %d more places)", f.More)
	}
	return fmt.Sprintf("%s:%d: %s", f.File, f.Line, message)
}

// Known holds the facts that a dialplan is checked against.
type Known struct {
	Hosts    []config.Address          // of eslua
	Flows    []string                  // in the script tree; nil: unknown
	PathOnly bool                      // only the path names a flow: there is neither a route nor default_flow
	Answers  func(address string) bool // whether something listens there; nil: not checked
}

// Check returns the mistakes in dialplans, in order of file and line. It ignores
// everything that depends on a call (variables, files that are not read).
// Sockets that lead to other hosts get a remark and no further check.
func Check(sources []Source, known Known) []Finding {
	r := reader{vars: map[string]string{}}
	var trees []*element
	for _, from := range sources {
		for _, s := range from.read(&r) {
			tree, b := parse(s)
			if b != nil {
				r.report(b.at.file, b.at.line, "FreeSWITCH cannot read this XML: %s", b.message)
			}
			trees = append(trees, tree...)
		}
	}
	c := checker{known: known, findings: r.findings, resumed: isTrue(r.vars["socket_resume"])}
	c.spelling(trees, "include", true)
	for _, tree := range trees {
		c.collect(tree)
	}
	for _, tree := range trees {
		c.walk(tree)
	}
	slices.SortFunc(c.findings, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Message, b.Message))
	})
	return grouped(slices.Compact(c.findings)) // a file may be included from several
}

// grouped keeps the first of equal remarks, with the number of the others.
func grouped(findings []Finding) (list []Finding) {
	first := map[string]int{} // places in list
	for _, f := range findings {
		at, again := first[f.Message]
		switch {
		case !f.Remark:
		case again:
			list[at].More++
			continue
		default:
			first[f.Message] = len(list)
		}
		list = append(list, f)
	}
	return list
}

type checker struct {
	known    Known
	resumed  bool     // socket_resume may be set before any extension is reached
	nested   []string // numbers that execute_extension is given
	findings []Finding
}

func (c *checker) report(at origin, remark bool, format string, args ...any) {
	c.findings = append(c.findings, Finding{File: at.file, Line: at.line, Message: fmt.Sprintf(format, args...), Remark: remark})
}

func (c *checker) walk(e *element) {
	switch {
	case e.name == "section" && e.attr("name") == "chatplan": // its fields are an event's
		return
	case e.name == "extension":
		c.conditions(e)
		c.extension(stepsOf(e), isTrue(e.attr("continue")) || c.inside(e))
		return
	}
	for _, child := range e.children {
		c.walk(child)
	}
}

// collect notes what extensions do that matters to others.
func (c *checker) collect(e *element) {
	switch e.name {
	case "extension":
		steps := stepsOf(e)
		for _, s := range steps {
			if s.app == "execute_extension" {
				number, _, _ := strings.Cut(s.data, " ")
				c.nested = append(c.nested, number)
			}
		}
		resumes, sure := resume(steps)
		continues := isTrue(e.attr("continue")) || slices.ContainsFunc(steps, func(s step) bool {
			return s.app == "transfer" || s.app == "execute_extension"
		})
		c.resumed = c.resumed || continues && resumes || isTrue(e.attr("continue")) && !sure
	case "variable", "param": // of a user, a gateway, a profile
		c.resumed = c.resumed || e.attr("name") == "socket_resume" && isTrue(e.attr("value"))
	}
	for _, child := range e.children {
		c.collect(child)
	}
}

// inside reports whether another extension may execute this one.
func (c *checker) inside(e *element) bool {
	return slices.ContainsFunc(c.nested, func(number string) bool {
		if strings.Contains(number, "$") {
			return true
		}
		return slices.ContainsFunc(e.children, func(condition *element) bool {
			pattern, err := regexp.Compile(condition.attr("expression"))
			return condition.attr("field") == "destination_number" && (err != nil || pattern.MatchString(number))
		})
	})
}

// A step is an action of an extension.
type step struct {
	app, data string
	at        origin
	condition *element
	anti      bool
}

// sameCall reports whether one call can run both steps.
func (s step) sameCall(other step) bool {
	return s.condition != other.condition || s.anti == other.anti
}

// stepsOf returns the actions of an extension, in order.
func stepsOf(e *element) (steps []step) {
	for _, child := range e.children {
		switch child.name {
		case "condition":
			steps = append(steps, stepsOf(child)...)
		case "action", "anti-action":
			steps = append(steps, step{child.attr("application"), child.attr("data"), child.at, e, child.name == "anti-action"})
		}
	}
	return steps
}

// extension checks the actions of one; continues says that other extensions may
// follow.
func (c *checker) extension(steps []step, continues bool) {
	for i, s := range steps {
		c.originate(s)
		if meant := syntax.MeantApplication(s.app); meant != "" && !strings.Contains(s.app, "$") {
			c.report(s.at, false, "FreeSWITCH has no application %q and hangs up here; did you mean %s?", s.app, meant)
		}
		earlier := slices.DeleteFunc(slices.Clone(steps[:i]), func(o step) bool { return !s.sameCall(o) })
		c.causes(s, earlier)
		if s.app != "socket" || !c.socket(s.at, s.data, asAction) {
			continue
		}
		if resumes, sure := resume(earlier); sure && !resumes && !c.resumed {
			c.report(s.at, false, `socket_resume is not set before this socket. If the host fails early, the call stays parked or waits for the end of its application. Add <action application="set" data="socket_resume=true"/> before this action`)
		} else if c.lostResume(earlier) {
			c.report(s.at, true, `socket_resume is not set again before this socket. A flow that starts a transfer unsets it, so a host that fails at that moment loses the call here. Add <action application="set" data="socket_resume=true"/> before this action too`)
		}
		if !continues && !slices.ContainsFunc(steps[i+1:], s.sameCall) {
			c.report(s.at, false, `no action follows this socket. If eslua is down, the call ends as if all were well. Add a fallback after it, for example <action application="hangup" data="%s"/>`, defaultCause)
		}
	}
}

// lostResume reports whether a socket of ours is the last of the steps that sets
// or, by a transfer in its flow, unsets socket_resume.
func (c *checker) lostResume(steps []step) bool {
	for _, s := range slices.Backward(steps) {
		if s.app == "socket" {
			return slices.ContainsFunc(syntax.SocketHosts(s.data), c.leadsToUs)
		}
		if _, sure := resume([]step{s}); !sure || resumeSetting.MatchString(s.data) {
			return false
		}
	}
	return false
}

var resumeSetting = regexp.MustCompile(`(?:^|[^\w])socket_resume=([^;,|~\s]*)`)

// resume reports whether steps set socket_resume; it is not sure if one of them
// may do so unseen.
func resume(steps []step) (resumes, sure bool) {
	sure = true
	for _, s := range steps {
		switch s.app {
		case "set", "export", "multiset", "set_global", "bridge_export", "":
			for _, m := range resumeSetting.FindAllStringSubmatch(s.data, -1) {
				resumes, sure = isTrue(m[1]), !strings.Contains(m[1], "$")
			}
			if name, _, _ := strings.Cut(s.data, "="); strings.Contains(name, "$") {
				sure = false
			}
		case "lua", "javascript", "python", "python3", "perl", "v8", "jsrun", "execute_extension", "httapi", "managed", "java":
			sure = false
		}
		if strings.Contains(s.data, "uuid_setvar") {
			sure = false
		}
	}
	return resumes, sure
}

// isTrue reads a value as FreeSWITCH does (switch_utils.h:switch_true).
func isTrue(value string) bool {
	switch strings.ToLower(value) {
	case "yes", "on", "true", "t", "enabled", "active", "allow":
		return true
	}
	return value != "" && strings.Trim(value, "0123456789") == "" && strings.Trim(value, "0") != ""
}
