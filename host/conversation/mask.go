package conversation

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/eslua/eslua/host/answers"
	"github.com/eslua/eslua/host/freeswitch/esl"
	"github.com/eslua/eslua/host/operate/config"
	"github.com/eslua/eslua/host/trace"
)

// A Mask hides in a conversation what traces do not show. Where keys that the caller
// pressed are hidden, "<keys 0-4>" stands for the first four of them, so that a replay can
// put others in their place. A Mask is for one conversation, whose items it must see in
// order.
type Mask struct {
	mask   trace.Mask
	typed  string
	asked  map[int][]string // by leg, for each command that is not answered: the variable whose value it asks for
	digits map[string]bool  // variables into which keys are read
}

// NewMask returns a mask for one conversation.
func NewMask(cfg config.Trace) *Mask {
	return &Mask{mask: trace.NewMask(cfg), asked: map[int][]string{}, digits: map[string]bool{}}
}

// mostTyped bounds the keys that are remembered.
const mostTyped = 400

// leastTyped is how many keys make a text worth hiding: fewer are in every text.
const leastTyped = 3

// Sent masks what was sent, by the call or one of its legs.
func (m *Mask) Sent(leg int, commands string) string {
	var out strings.Builder
	for _, command := range Commands(commands) {
		out.WriteString(m.command(leg, command))
	}
	return out.String()
}

func (m *Mask) command(leg int, command string) string {
	words := strings.Fields(command[:strings.IndexByte(command+"\n", '\n')])
	asked := ""
	switch {
	case len(words) == 4 && words[1] == "uuid_getvar":
		asked = words[3]
	case len(words) == 2 && words[0] == "getvar":
		asked = words[1]
	}
	m.asked[leg] = append(m.asked[leg], asked)
	if m.mask.Digits() {
		m.reads(headerOf(command, "execute-app-name"), headerOf(command, "execute-app-arg"))
	}
	head, body, both := strings.Cut(command, "\n\n")
	head = eachLine(strings.TrimSuffix(m.text(head), "\n")+"\n", func(name, value string) string {
		if m.mask.Hides(name) {
			return trace.Masked
		}
		return value
	})
	if !both {
		return head // which is blank
	}
	body = m.text(body)
	return withLength(head, len(body)) + "\n" + body
}

// Answered masks the text of an answer.
func (m *Mask) Answered(text string) string {
	a, err := answers.Decode(text)
	if err != nil {
		return ""
	}
	m.Answer(a)
	text, _ = a.Encode() // it was decoded
	return text
}

// Answer masks an answer.
func (m *Mask) Answer(a *answers.Answer) { a.Mask(m.hides, m.hidden, m.text) }

// Hides reports whether the value of a name is hidden.
func (m *Mask) Hides(name string) bool { return m.mask.Hides(name) }

// reads notes the variable into which an application reads keys.
func (m *Mask) reads(app, arg string) {
	at := map[string]int{"read": 3, "play_and_get_digits": 7}[app]
	if words := strings.Fields(arg); at > 0 && len(words) > at {
		m.digits[words[at]] = true
	}
}

// Received masks a frame.
func (m *Mask) Received(leg int, raw string) string {
	f := cutFrame(raw)
	kind, asked := headerOf(f.head, "Content-Type"), ""
	if (kind == "command/reply" || kind == "api/response") && len(m.asked[leg]) > 0 {
		asked, m.asked[leg] = m.asked[leg][0], m.asked[leg][1:]
	}
	switch {
	case f.event != "":
		f.event = eachLine(f.event, m.header)
	case strings.HasPrefix(f.head, "Event-Name:"): // the answer to connect
		f.head = eachLine(f.head, m.header)
	case m.hides(asked):
		f.head = eachLine(f.head, func(name, value string) string {
			if name == "Reply-Text" {
				return m.hidden(value)
			}
			return value
		})
		f.body = m.hidden(f.body)
	default:
		f.head = m.text(f.head)
	}
	f.body = m.text(f.body)
	return f.join()
}

func (m *Mask) header(name, encoded string) string {
	value := esl.Decode(encoded)
	changed := value
	switch {
	case strings.EqualFold(name, "DTMF-Digit") && m.mask.Digits():
		if len(m.typed) < mostTyped {
			m.typed += value
			changed = span(len(m.typed)-len(value), len(m.typed))
		} else {
			changed = trace.Masked
		}
	case m.hides(strings.TrimPrefix(name, "variable_")):
		changed = m.hidden(value)
	case switchOwn.MatchString(name):
	default:
		changed = m.text(value)
	}
	if changed == value {
		return encoded
	}
	return esl.Encode(changed)
}

// switchOwn matches the headers in which FreeSWITCH describes a channel and an event: no
// keys come there, though their numbers may look so.
var switchOwn = regexp.MustCompile(`^(Event|Channel|Caller|Other-Leg|Hunt|FreeSWITCH|Core|Unique|Call|Answer|Presence|Content|Application-UUID)\b`)

func (m *Mask) hides(name string) bool { return name != "" && (m.mask.Hides(name) || m.digits[name]) }

// hidden returns what stands for a value that is hidden.
func (m *Mask) hidden(value string) string {
	at := strings.LastIndex(m.typed, value)
	switch {
	case value == "" || value == "_undef_":
		return value
	case m.mask.Digits() && at >= 0:
		return span(at, at+len(value))
	}
	return trace.Masked
}

func span(from, to int) string { return fmt.Sprintf("<keys %d-%d>", from, to) }

// text masks in a text the values of hidden names, and keys that the caller has pressed.
func (m *Mask) text(s string) string {
	s = m.mask.Text(s)
	if !m.mask.Digits() || len(m.typed) < leastTyped {
		return s
	}
	var out strings.Builder
	from := 0
	ids := ID.FindAllStringIndex(s, -1)
	for i := 0; i+leastTyped <= len(s); i++ {
		if len(ids) > 0 && i > ids[0][0]-leastTyped {
			i, ids = ids[0][1]-1, ids[1:]
			continue
		}
		if !strings.Contains(m.typed, s[i:i+leastTyped]) {
			continue
		}
		end := i + leastTyped
		for end < len(s) && strings.Contains(m.typed, s[i:end+1]) {
			end++
		}
		at := strings.LastIndex(m.typed, s[i:end])
		out.WriteString(s[from:i])
		out.WriteString(span(at, at+end-i))
		from, i = end, end-1
	}
	if from == 0 {
		return s
	}
	return out.String() + s[from:]
}

// ID matches an id such as a channel has.
var ID = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)

var spans = regexp.MustCompile(`(?:<|%3C)keys(?: |%20)(\d{1,4})-(\d{1,4})(?:>|%3E)`)

// Press returns a text in which keys stand where the recording has masked them.
func Press(s string, keys func(from, to int) string) string {
	return spans.ReplaceAllStringFunc(s, func(found string) string {
		part := spans.FindStringSubmatch(found)
		from, _ := strconv.Atoi(part[1])
		to, _ := strconv.Atoi(part[2])
		text := keys(from, to)
		if strings.HasPrefix(found, "%") {
			text = esl.Encode(text)
		}
		return text
	})
}

// Rewrite returns a frame in which keys stand where the recording has masked them, and
// replaced has been applied to everything else.
func Rewrite(raw string, keys func(from, to int) string, replaced *strings.Replacer) string {
	f := cutFrame(raw)
	change := func(s string) string { return replaced.Replace(Press(s, keys)) }
	f.head, f.event, f.body = change(f.head), change(f.event), change(f.body)
	return f.join()
}
