package dialplan

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"regexp/syntax"
	"strings"
	"time"

	"github.com/eslua/eslua/host/call/checkpoint"
	"github.com/eslua/eslua/host/operate/config"
)

const (
	// attempts is how often a call is handed over: it survives one death less.
	attempts = 4
	// pause is between two of them, in milliseconds: a second, so that a host that
	// restarts is up again, but nothing when the flow has ended.
	pause = "${cond(${regex(${" + checkpoint.Variable + "}|[.]ended[.])} == true ? 0 : 1000)}"
	// grace is what a script with a limit of its own gets to end by itself.
	grace = time.Minute
	// lost is the cause where the configuration names none.
	lost = "NORMAL_TEMPORARY_FAILURE"
)

// Write writes extensions as a file for FreeSWITCH's directory dialplan/default.
// listed are the hosts as the configuration has them.
func Write(w io.Writer, extensions []Extension, listed []config.Address) error {
	p := printer{}
	for _, h := range listed {
		p.hosts = append(p.hosts, hostOf(string(h)))
	}
	p.comment(0, "Written by eslua dialplan. Put this under dialplan/default/ of FreeSWITCH's",
		"configuration, then: fs_cli -x reloadxml",
		"",
		fmt.Sprintf("Each call is handed over up to %d times, so it survives %d deaths of a host: the", attempts, attempts-1),
		"next host, or the same one restarted, takes it. There is nothing it could loop in.",
		"When the flow has ended, the actions left for a host's death are passed over: eslua",
		"notes the end in the variable "+checkpoint.Variable+".",
		"",
		"No call is parked for ever: a host that takes the connection and says nothing is",
		"given up after 25 s, and one that dies at once; socket_resume=true is what makes the",
		"dialplan go on then (without it the call stays parked: mod_event_socket.c:",
		"socket_function; it is set each time, as a flow that begins a transfer takes it",
		"back). A machine that vanishes in mid call is noticed by TCP after about",
		"5 minutes (30 s and 9 probes 30 s apart), one that does not answer at all after",
		"net.ipv4.tcp_syn_retries. park_timeout, where a flow has limits: duration, ends what",
		"that does not.")
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
}

func (p *printer) line(depth int, text string) {
	p.out.WriteString(strings.Repeat("  ", depth) + text + "\n")
}

// comment leaves out what XML lets nobody say in one.
func (p *printer) comment(depth int, lines ...string) {
	var said []string
	for _, l := range lines {
		if !strings.Contains(l, "--") {
			said = append(said, strings.TrimRight(strings.Repeat("  ", depth)+"     "+l, " "))
		}
	}
	p.out.WriteString(strings.Repeat("  ", depth) + "<!-- " + strings.TrimLeft(strings.Join(said, "\n"), " ") + " -->\n")
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
	if x.Why != "" {
		p.comment(3, x.Why)
	}
	for n := range attempts {
		if n > 0 && n >= len(p.hosts) { // each host has been tried
			p.action("sleep", pause)
		}
		if x.Limit > 0 { // parking takes the variable
			p.action("set", fmt.Sprintf("park_timeout=%d:%s", int((x.Limit+grace)/time.Second), lost))
		}
		p.action("set", "socket_resume=true") // each time: a flow that begins a transfer takes it back
		p.action("socket", p.socket(x.Path, n))
	}
	if x.Limit > 0 {
		p.action("unset", "park_timeout")
	}
	p.fallback(x.Fallback)
	p.line(2, "</condition>")
	p.line(1, "</extension>")
}

// fallback is what comes when no host is left. It also comes when the flow has
// ended and neither hung up nor transferred its call.
func (p *printer) fallback(f config.Fallback) {
	switch f.Action {
	case config.Hangup:
		p.action("hangup", f.Data)
	case config.Transfer:
		p.action("transfer", f.Data)
	default:
		p.comment(3, "runs when the flow has ended and when no host is left: write here what shall come then")
		p.action("hangup", lost)
	}
}

// socket is the application's data: every host, beginning with the nth, so that
// a host that takes connections but serves none is not the first each time.
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

// originate are the lines of fs_cli that run the flow.
func (p *printer) originate(x Extension) []string {
	lines := []string{x.Name + ". From fs_cli, with these quotes (without them all after the first blank is lost):"}
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
	return append(lines, "or past the dialplan, so without what it does when a host dies:",
		"  originate {socket_resume=true}user/1000 '&socket("+data+")'",
		"  originate {execute_on_answer='socket "+data+"'}user/1000 &bridge(user/1001)")
}

// literal is the one text a pattern matches.
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
