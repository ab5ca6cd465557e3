package dialplan

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"regexp/syntax"
	"strings"
	"time"

	"github.com/eslua/eslua/host/operate/config"
)

const (
	// attempts is the number of times that a call is handed over: it survives one failure less.
	attempts = 4
	// grace is the time in which a script that exceeds its own limit can end by itself.
	grace = time.Minute
	// defaultCause is the hangup cause where the configuration has no fallback.
	defaultCause = "NORMAL_TEMPORARY_FAILURE"
)

// Variables names the channel variables by which a dialplan learns how a flow ended.
type Variables struct {
	State string // contains ".ended." when the flow has ended
	Cause string // if the dialplan sets it, it is NORMAL_CLEARING when the flow has ended well
}

// Write writes extensions as a file for FreeSWITCH's directory dialplan/default.
// The configuration lists the hosts.
func Write(w io.Writer, extensions []Extension, hosts []config.Address, v Variables) error {
	// Between two attempts there is a second, so that a host that restarts is up
	// again, but nothing if the flow has ended.
	p := printer{cause: v.Cause, pause: "${cond(${regex(${" + v.State + "}|[.]ended[.])} == true ? 0 : 1000)}"}
	for _, h := range hosts {
		p.hosts = append(p.hosts, hostOf(string(h)))
	}
	p.comment(0, "Written by eslua dialplan. Put this under dialplan/default/ of FreeSWITCH's",
		"configuration, then: fs_cli -x reloadxml",
		"",
		fmt.Sprintf("Each call is handed over up to %d times, so it survives %d failures of a host: the", attempts, attempts-1),
		"next host, or the same one restarted, continues it. It cannot loop.",
		"When the flow has ended, the actions that are there for a failed host do nothing:",
		"eslua records the end in the variable "+v.State+", and sets "+v.Cause+" to NORMAL_CLEARING",
		"if the flow has ended well.",
		"",
		"No call stays parked. A host that accepts the connection but sends nothing is",
		"abandoned after 25 s, a host that fails at once; socket_resume=true makes the",
		"dialplan continue then (without it the call stays parked: mod_event_socket.c:",
		"socket_function; it is set each time because a flow that starts a transfer unsets",
		"it). TCP notices a machine that vanishes during a call after about 5 minutes (30 s",
		"and 9 probes 30 s apart), and one that does not answer at all after",
		"net.ipv4.tcp_syn_retries. Where a flow has limits: duration, park_timeout ends any",
		"other wait.")
	p.line(0, "<include>")
	for _, x := range extensions {
		p.extension(x)
	}
	p.line(0, "</include>")
	_, err := w.Write(p.out.Bytes())
	return err
}

type printer struct {
	out   bytes.Buffer
	hosts []string
	cause string // the variable
	pause string // between two attempts, in milliseconds
}

func (p *printer) line(depth int, text string) {
	p.out.WriteString(strings.Repeat("  ", depth) + text + "\n")
}

// comment writes lines as one comment, and leaves out lines that XML does not allow
// in a comment.
func (p *printer) comment(depth int, lines ...string) {
	var allowed []string
	for _, l := range lines {
		if !strings.Contains(l, "--") {
			allowed = append(allowed, strings.TrimRight(strings.Repeat("  ", depth)+"     "+l, " "))
		}
	}
	p.out.WriteString(strings.Repeat("  ", depth) + "<!-- " + strings.TrimLeft(strings.Join(allowed, "\n"), " ") + " -->\n")
}

func (p *printer) action(app, data string) {
	p.line(3, `<action application="`+app+`" data="`+escaped(data)+`"/>`)
}

func (p *printer) extension(x Extension) {
	p.comment(1, p.originate(x)...)
	p.line(1, `<extension name="`+escaped(x.Name)+`">`)
	last := len(x.Conditions) - 1
	for _, c := range x.Conditions[:last] {
		p.line(2, `<condition field="`+c.Field+`" expression="`+escaped(c.Expression)+`"/>`)
	}
	p.line(2, `<condition field="`+x.Conditions[last].Field+`" expression="`+escaped(x.Conditions[last].Expression)+`">`)
	if x.NoPath != "" {
		p.comment(3, x.NoPath)
	}
	cause := defaultCause
	if x.Fallback.Action == config.Hangup {
		cause = x.Fallback.Data
	}
	p.action("set", p.cause+"="+cause)
	for n := range attempts {
		if n > 0 && n >= len(p.hosts) { // each host has been tried
			p.action("sleep", p.pause)
		}
		if x.Limit > 0 { // parking takes the variable
			p.action("set", fmt.Sprintf("park_timeout=%d:%s", int((x.Limit+grace)/time.Second), defaultCause))
		}
		p.action("set", "socket_resume=true") // each time: a flow that starts a transfer unsets it
		p.action("socket", p.socket(x.Path, n))
	}
	if x.Limit > 0 {
		p.action("unset", "park_timeout")
	}
	p.fallback(x.Fallback)
	p.line(2, "</condition>")
	p.line(1, "</extension>")
}

// fallback writes what happens to a call when no host is left. When the flow has
// ended well and neither hung up nor transferred the call, that is a hangup.
func (p *printer) fallback(f config.Fallback) {
	ended := "${" + p.cause + "}"
	switch {
	case f.Action == config.Transfer && !strings.ContainsAny(f.Data, ":?'(){}$"):
		p.action("transfer", "${cond("+ended+" == NORMAL_CLEARING ? hangup inline : "+f.Data+")}")
	case f.Action == config.Transfer:
		p.action("transfer", f.Data)
	default:
		if f.Action == config.Continue {
			p.comment(3, "runs when the flow has ended and when no host is left: replace it with what you want then")
		}
		p.action("hangup", ended)
	}
}

// socket returns the application's data: every host, beginning with the nth, so
// that a host that accepts connections but serves none is not the first each time.
func (p *printer) socket(path string, n int) string {
	var list []string
	for i := range p.hosts {
		host := p.hosts[(n+i)%len(p.hosts)]
		if path != "" {
			host += "/" + path
		}
		list = append(list, host)
	}
	return strings.Join(list, "|") + " async full"
}

// originate returns the commands for fs_cli that run the flow.
func (p *printer) originate(x Extension) []string {
	lines := []string{x.Name + ". From fs_cli, with these quotes (without them everything after the first blank is lost):"}
	called := x.Conditions[len(x.Conditions)-1].Expression
	if number, ok := literal(called); ok {
		lines = append(lines, "  originate user/1000 "+number)
	} else {
		lines = append(lines, "  originate user/1000 NUMBER    (one that matches "+called+")")
	}
	if x.Path == "" || strings.Contains(x.Path, "$") {
		return lines
	}
	data := p.socket(x.Path, 0)
	return append(lines, "or without the dialplan, and so without its fallback when a host fails:",
		"  originate {socket_resume=true}user/1000 '&socket("+data+")'",
		"  originate {execute_on_answer='socket "+data+"'}user/1000 &bridge(user/1001)")
}

// literal returns the only text that a pattern matches.
func literal(pattern string) (string, bool) {
	re, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil || re.Op != syntax.OpConcat || len(re.Sub) != 3 || re.Sub[1].Op != syntax.OpLiteral ||
		re.Sub[0].Op != syntax.OpBeginText || re.Sub[2].Op != syntax.OpEndText {
		return "", false
	}
	return string(re.Sub[1].Rune), true
}

func escaped(text string) string {
	var b bytes.Buffer
	_ = xml.EscapeText(&b, []byte(text)) // a bytes.Buffer takes everything
	return b.String()
}
