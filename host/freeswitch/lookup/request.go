// Package lookup reads and writes what FreeSWITCH exchanges with an XML server: the
// requests of mod_xml_curl, and documents.
//
// FreeSWITCH does not read an answer as XML alone. It writes it to a file, which it
// reads line by line before (switch_xml.c:preprocess): <X-PRE-PROCESS cmd="exec"> runs
// a program there, $${name} becomes a global variable, a line with <?xml or <include>
// is dropped. Write writes a document in which nothing of this is left to happen.
package lookup

import (
	"errors"
	"net/url"
	"strings"
)

// A Request tells what FreeSWITCH looks up.
type Request struct {
	Hostname string // of the FreeSWITCH that asks
	Section  string // dialplan, directory, configuration, phrases ...
	TagName  string
	KeyName  string
	KeyValue string
	Params   [][2]string // of the event that FreeSWITCH passes with it; empty: none
}

// Get returns a parameter, "" if there is none.
func (r Request) Get(name string) string {
	for _, p := range r.Params {
		if strings.EqualFold(p[0], name) {
			return p[1]
		}
	}
	return ""
}

// The keys that a request begins with, in this order. FreeSWITCH writes their values as
// they are, and those of the parameters behind them encoded
// (mod_xml_curl.c:xml_url_fetch).
var keys = [...]string{"hostname", "section", "tag_name", "key_name", "key_value"}

var errNoSection = errors.New("the request names no section; mod_xml_curl sends hostname=...&section=...&tag_name=...&key_name=...&key_value=...")

// ParseRequest reads the body of a POST or the query of a GET.
func ParseRequest(text string) (r Request, err error) {
	values := [len(keys)]*string{&r.Hostname, &r.Section, &r.TagName, &r.KeyName, &r.KeyValue}
	rest := text
	for i, key := range keys {
		value, ok := strings.CutPrefix(rest, key+"=")
		if !ok {
			return anyOrder(text)
		}
		// What a caller has sent may hold an & that FreeSWITCH does not encode. Its own
		// parameters hold none, and Event-Name is the first of them.
		last := key == keys[len(keys)-1]
		if at := strings.LastIndex(value, "&Event-Name="); last && at >= 0 {
			*values[i], rest = value[:at], value[at+1:]
			continue
		}
		*values[i], rest, _ = strings.Cut(value, "&")
	}
	r.Params = pairs(rest)
	if r.Section == "" {
		return r, errNoSection
	}
	return r, nil
}

// anyOrder reads a request that another program than FreeSWITCH has written.
func anyOrder(text string) (r Request, err error) {
	for _, p := range pairs(text) {
		switch p[0] {
		case "hostname":
			r.Hostname = p[1]
		case "section":
			r.Section = p[1]
		case "tag_name":
			r.TagName = p[1]
		case "key_name":
			r.KeyName = p[1]
		case "key_value":
			r.KeyValue = p[1]
		default:
			r.Params = append(r.Params, p)
		}
	}
	if r.Section == "" {
		return r, errNoSection
	}
	return r, nil
}

func pairs(text string) (list [][2]string) {
	for pair := range strings.SplitSeq(text, "&") {
		name, value, _ := strings.Cut(pair, "=")
		if name == "" {
			continue
		}
		if decoded, err := url.PathUnescape(value); err == nil { // a + stands for itself
			value = decoded
		}
		list = append(list, [2]string{name, value})
	}
	return list
}
