package dialplan

import (
	"cmp"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/eslua/eslua/host/freeswitch/syntax"
	"github.com/eslua/eslua/host/spell"
)

var oneVariable = regexp.MustCompile(`^\$\{([^{}]+)\}$`)

// causes checks the hangup causes and the SIP codes in an action. earlier are the
// actions before it, which may set a variable that holds one.
func (c *checker) causes(s step, earlier []step) {
	switch words := strings.Fields(s.data); s.app {
	case "hangup":
		if m := oneVariable.FindStringSubmatch(s.data); m != nil {
			for _, set := range earlier {
				if value, ok := strings.CutPrefix(set.data, m[1]+"="); ok && set.app == "set" {
					c.cause(set.at, value)
				}
			}
			return
		}
		c.cause(s.at, s.data)
	case "sched_hangup":
		if len(words) > 1 {
			c.cause(s.at, words[1])
		}
	case "respond":
		c.respond(s.at, s.data)
	case "set", "export":
		name, value, _ := strings.Cut(s.data, "=")
		if name = strings.TrimPrefix(name, "nolocal:"); name == "continue_on_fail" || name == "failure_causes" {
			c.causeList(s.at, name, value)
		}
	}
}

func (c *checker) cause(at origin, text string) {
	if text == "" || strings.Contains(text, "$") {
		return
	}
	if _, err := syntax.ParseCause(text); err != nil {
		c.report(at, false, "FreeSWITCH hangs up with NORMAL_CLEARING here: %v", err)
	}
}

// causeList checks a list of causes that is compared with the cause of a call
// (switch_channel.c:switch_channel_handle_cause).
func (c *checker) causeList(at origin, name, list string) {
	known := append(syntax.CauseNames(), "TRUE", "FALSE")
	for cause := range strings.SplitSeq(list, ",") {
		_, isCause := syntax.CauseName(cause)
		if meant := spell.Typo(strings.ToUpper(cause), known); meant != "" && !isCause && !strings.Contains(cause, "$") {
			c.report(at, false, "no call ends with the cause %q of %s; did you mean %s?", cause, name, meant)
		}
	}
}

var leadingNumber = regexp.MustCompile(`^\s*\d+`)

// respond checks the SIP status of the application respond, which FreeSWITCH reads with
// atoi (mod_sofia.c:sofia_receive_message).
func (c *checker) respond(at origin, data string) {
	word, _, _ := strings.Cut(data, " ")
	code, _ := strconv.Atoi(strings.TrimSpace(leadingNumber.FindString(data)))
	if data == "" || strings.Contains(word, "$") || code >= 100 && code <= 699 {
		return
	}
	sends := strconv.Itoa(code)
	if code == 0 {
		sends = "488 Not Acceptable Here"
	}
	instead := "write a status such as 486 Busy Here"
	name := strings.ToUpper(word)
	if cause, ok := syntax.LookupCause(cmp.Or(spell.Typo(name, syntax.CauseNames()), name)); ok && code == 0 {
		instead = fmt.Sprintf("did you mean %d (%s)?", cause.SIP, cause.Name)
	}
	c.report(at, false, "respond needs a SIP status, and %q is none, so FreeSWITCH sends %s; %s", word, sends, instead)
}
