package legs

import (
	"strconv"
	"strings"
	"time"

	"github.com/eslua/eslua/host/freeswitch/syntax"
	"github.com/google/uuid"
)

// line is the originate command that brings the leg to our listener. Its id is
// ours unless the dial string brings one or rings several people, who cannot
// share one.
func (o Order) line(token, id string) string {
	vars := make([][2]string, 0, len(o.Variables)+2)
	add := func(name, value string) {
		if value != "" && !strings.Contains(o.Dial, name+"=") {
			vars = append(vars, [2]string{name, value})
		}
	}
	add("origination_uuid", id)
	add("originate_timeout", strconv.Itoa(max(1, int(o.Timeout/time.Second))))
	for _, v := range o.Variables {
		add(v[0], v[1])
	}
	return "originate " + syntax.Word(withVariables(o.Dial, vars)) + " " +
		syntax.Word("&socket("+o.Listener+"/"+pathPrefix+token+" async full)")
}

// withVariables puts variables in front of a dial string, into the group it
// begins with unless that one chose another delimiter ("{^^:a=b:c=d}").
func withVariables(dial string, vars [][2]string) string {
	group := syntax.Variables(vars)
	if group != "" && strings.HasPrefix(dial, "{") && !strings.HasPrefix(dial, "{^^") {
		return strings.TrimSuffix(group, "}") + "," + dial[1:]
	}
	return group + dial
}

// ownUUID is the id the leg's channel will have, "" if that cannot be said
// before it is there.
func ownUUID(dial string) string {
	if _, rest, ok := strings.Cut(dial, "origination_uuid="); ok {
		id, _, _ := strings.Cut(strings.TrimLeft(rest, "'"), "'")
		if end := strings.IndexAny(id, ",}] "); end >= 0 {
			id = id[:end]
		}
		if uuid.Validate(id) == nil {
			return id
		}
		return ""
	}
	if strings.ContainsAny(destination(dial), ",|") || strings.Contains(dial, ":_:") {
		return ""
	}
	return uuid.NewString()
}

// destination is a dial string without the groups of variables in front.
func destination(dial string) string {
	for {
		dial = strings.TrimLeft(dial, " ")
		end := -1
		switch {
		case strings.HasPrefix(dial, "{"):
			end = strings.IndexByte(dial, '}')
		case strings.HasPrefix(dial, "<"):
			end = strings.IndexByte(dial, '>')
		case strings.HasPrefix(dial, "["):
			end = strings.IndexByte(dial, ']')
		}
		if end < 0 {
			return dial
		}
		dial = dial[end+1:]
	}
}
