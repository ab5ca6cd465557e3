package conversation

import (
	"strconv"
	"strings"
)

// A frame is a packet of FreeSWITCH's in its parts.
type frame struct {
	head  string // lines, each with its end
	event string // the lines of an event that is its body
	body  string // of the event if there is one, else of the frame
}

// cutFrame takes a frame apart.
func cutFrame(raw string) frame {
	head, body, _ := strings.Cut(raw, "\n\n")
	f := frame{head: head + "\n", body: body}
	if headerOf(f.head, "Content-Type") == "text/event-plain" {
		event, inner, _ := strings.Cut(body, "\n\n")
		f.event, f.body = event+"\n", inner
	}
	return f
}

// join makes a frame of its parts, whose lengths may have changed.
func (f frame) join() string {
	body := f.body
	if f.event != "" {
		body = withLength(f.event, len(f.body)) + "\n" + f.body
	}
	return withLength(f.head, len(body)) + "\n" + body
}

// headerOf returns the value of a header as it is written.
func headerOf(lines, name string) string {
	for line := range strings.Lines(lines) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.EqualFold(key, name) {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// withLength corrects the Content-Length, if there is one.
func withLength(lines string, n int) string {
	was := headerOf(lines, "Content-Length")
	if was == "" || was == strconv.Itoa(n) {
		return lines
	}
	return eachLine(lines, func(name, value string) string {
		if strings.EqualFold(name, "Content-Length") {
			return strconv.Itoa(n)
		}
		return value
	})
}

// eachLine replaces the value of each header.
func eachLine(lines string, change func(name, value string) string) string {
	var out strings.Builder
	for line := range strings.Lines(lines) {
		name, value, ok := strings.Cut(line, ":")
		if !ok {
			out.WriteString(line)
			continue
		}
		text := strings.TrimRight(strings.TrimPrefix(value, " "), "\r\n")
		if changed := change(name, text); changed != text {
			line = name + ": " + changed + "\n"
		}
		out.WriteString(line)
	}
	return out.String()
}

// Commands takes apart what was sent. The lines of their heads end with \n alone.
func Commands(sent string) (list []string) {
	for sent != "" {
		var head strings.Builder
		for line := range strings.Lines(sent) {
			sent = sent[len(line):]
			line = strings.TrimRight(line, "\r\n")
			head.WriteString(line + "\n")
			if line == "" {
				break
			}
		}
		n, err := strconv.Atoi(headerOf(head.String(), "Content-Length"))
		if err != nil {
			n = 0
		}
		n = min(max(n, 0), len(sent))
		list = append(list, head.String()+sent[:n])
		sent = sent[n:]
	}
	return list
}
