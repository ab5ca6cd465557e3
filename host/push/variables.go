package push

import (
	"strings"

	"github.com/eslua/eslua/host/freeswitch/esl"
)

const (
	// mostValue bounds the value of a variable or header, mostValues all of a document.
	mostValue  = 8 << 10
	mostValues = 64 << 10
)

// values holds variables or headers that are pushed, up to mostValues.
type values struct {
	m    map[string]string
	size int
	cut  bool // some did not fit
}

func (v *values) add(name, value string) {
	name = limited(name, mostShort)
	kept := cut(value, mostValue)
	v.cut = v.cut || len(value) > mostValue
	if v.size += len(name) + len(kept); v.size > mostValues {
		v.cut = true
		return
	}
	if v.m == nil {
		v.m = map[string]string{}
	}
	v.m[name] = kept
}

// chosen returns the variables of an event's channel that are named.
func chosen(e esl.Event, names []string) (v values) {
	var prefixes []string
	for _, name := range names {
		if prefix, ok := strings.CutSuffix(name, "*"); ok {
			prefixes = append(prefixes, strings.ToLower(prefix))
		} else if value, ok := e.Lookup("variable_" + name); ok {
			v.add(name, value)
		}
	}
	if len(prefixes) == 0 {
		return v
	}
	for header, value := range e.All() {
		name, ok := strings.CutPrefix(header, "variable_")
		if _, there := v.m[name]; ok && !there && hasPrefix(name, prefixes) && !secret(name) {
			v.add(name, value)
		}
	}
	return v
}

func hasPrefix(name string, prefixes []string) bool {
	name = strings.ToLower(name)
	for _, prefix := range prefixes {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

// secrets mark the names of variables and headers that hold passwords, keys (SDP has
// those of SRTP) or the checkpoints of flows, which a pattern does not mean.
var secrets = []string{"password", "passwd", "secret", "token", "crypto", "_key", "auth", "sdp", "eslua_"}

func secret(name string) bool {
	name = strings.ToLower(name)
	for _, part := range secrets {
		if strings.Contains(name, part) {
			return true
		}
	}
	return false
}

// headers returns what an event says besides variables.
func headers(e esl.Event) (v values) {
	for name, value := range e.All() {
		if !strings.HasPrefix(name, "variable_") && !secret(name) {
			v.add(name, value)
		}
	}
	return v
}
