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

// Finding is something amiss in a dialplan, with what to write instead.
type Finding struct {
	File    string
	Line    int
	Message string
	Remark  bool // it may be meant so
}

func (f Finding) String() string {
	if f.Remark {
		return fmt.Sprintf("%s:%d: remark: %s", f.File, f.Line, f.Message)
	}
	return fmt.Sprintf("%s:%d: %s", f.File, f.Line, f.Message)
}

// Known is what a dialplan is held against.
type Known struct {
	Hosts   []config.Address          // ours
	Flows   []string                  // in the script tree; nil: not known
	Answers func(address string) bool // whether something listens there; nil: not asked
}

// Check says what is wrong with the dialplans of files, directories and http(s)
// addresses, in order of file and line. What cannot be known before a call comes
// (variables, and what stands in files that are not read) is left alone. Sockets
// that lead to somebody else's hosts are remarked upon and left alone too.
func Check(sources []Source, known Known) []Finding {
	r := reader{vars: map[string]string{}}
	var trees []*element
	for _, from := range sources {
		for _, s := range from.read(&r) {
			tree, b := parse(s)
			if b != nil {
				r.say(b.at.file, b.at.line, "FreeSWITCH cannot read this XML: %s", b.message)
			}
			trees = append(trees, tree...)
		}
	}
	c := checker{known: known, findings: r.findings, resumed: truth(r.vars["socket_resume"])}
	for _, tree := range trees {
		c.hearOf(tree)
	}
	for _, tree := range trees {
		c.walk(tree)
	}
	slices.SortFunc(c.findings, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Message, b.Message))
	})
	return slices.Compact(c.findings) // a file may be included from several
}

type checker struct {
	known    Known
	resumed  bool     // socket_resume may be set before any extension is reached
	nested   []string // numbers whose extensions are run inside others
	findings []Finding
}

func (c *checker) say(at origin, remark bool, format string, args ...any) {
	c.findings = append(c.findings, Finding{at.file, at.line, fmt.Sprintf(format, args...), remark})
}

func (c *checker) walk(e *element) {
	if e.name == "extension" {
		c.extension(stepsOf(e), truth(e.attr("continue")) || c.inside(e))
		return
	}
	for _, child := range e.children {
		c.walk(child)
	}
}

// hearOf notes what extensions do for others.
func (c *checker) hearOf(e *element) {
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
		goesOn := truth(e.attr("continue")) || slices.ContainsFunc(steps, func(s step) bool {
			return s.app == "transfer" || s.app == "execute_extension"
		})
		c.resumed = c.resumed || goesOn && resumes || truth(e.attr("continue")) && !sure
	case "variable", "param": // of a user, a gateway, a profile
		c.resumed = c.resumed || e.attr("name") == "socket_resume" && truth(e.attr("value"))
	}
	for _, child := range e.children {
		c.hearOf(child)
	}
}

// inside tells whether another extension may run this one within itself.
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

// step is an action of an extension.
type step struct {
	app, data string
	at        origin
	condition *element
	anti      bool
}

// with tells whether two steps can both be taken by one call.
func (s step) with(other step) bool { return s.condition != other.condition || s.anti == other.anti }

// stepsOf are the actions of an extension, in order.
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

// extension checks the actions of one. goesOn: others may come after them.
func (c *checker) extension(steps []step, goesOn bool) {
	for i, s := range steps {
		c.originate(s)
		if s.app != "socket" || !c.socket(s.at, s.data, asAction) {
			continue
		}
		before := slices.DeleteFunc(slices.Clone(steps[:i]), func(o step) bool { return !s.with(o) })
		if resumes, sure := resume(before); sure && !resumes && !c.resumed {
			c.say(s.at, false, `socket_resume is not set before this socket: a call whose host dies early stays parked, or waits for what its application plays; write <action application="set" data="socket_resume=true"/> in front of it`)
		} else if again := c.again(before); again {
			c.say(s.at, true, `a flow that begins a transfer takes socket_resume back, and its host may die just then: this socket would have it no more; write <action application="set" data="socket_resume=true"/> in front of it too`)
		}
		if !goesOn && !slices.ContainsFunc(steps[i+1:], s.with) {
			c.say(s.at, false, `nothing comes after this socket: a call is hung up as if all were well when eslua is not there or dies; write what shall come then behind it, for example <action application="hangup" data="%s"/>`, lost)
		}
	}
}

// again tells whether the last of steps that is a socket comes after the last
// that sets socket_resume.
func (c *checker) again(steps []step) bool {
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

// resume tells whether steps set socket_resume; not for sure when one of them
// may do so out of sight.
func resume(steps []step) (resumes, sure bool) {
	sure = true
	for _, s := range steps {
		switch s.app {
		case "set", "export", "multiset", "set_global", "bridge_export", "":
			for _, m := range resumeSetting.FindAllStringSubmatch(s.data, -1) {
				resumes, sure = truth(m[1]), !strings.Contains(m[1], "$")
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

// truth is switch_true.
func truth(value string) bool {
	switch strings.ToLower(value) {
	case "yes", "on", "true", "t", "enabled", "active", "allow":
		return true
	}
	return value != "" && strings.Trim(value, "0123456789") == "" && strings.Trim(value, "0") != ""
}
