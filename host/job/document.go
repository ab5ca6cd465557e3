package job

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/eslua/eslua/host/freeswitch/lookup"
	"github.com/eslua/eslua/host/run"
	"github.com/eslua/eslua/host/script/grant"
	lua "github.com/yuin/gopher-lua"
)

// read returns the document that a script has left in XML_STRING, or for a dialplan in
// ACTIONS, as FreeSWITCH may have it; "" if it has left none.
func read(env *run.Env, request lookup.Request) (string, error) {
	st := env.State
	var doc *lookup.Element
	if text := lua.LVAsString(st.Global("XML_STRING")); len(text) > MaxAnswer {
		return "", tooLong(len(text))
	} else if text != "" {
		var err error
		if doc, err = lookup.Parse(text); err != nil {
			return "", fmt.Errorf("XML_STRING is not XML: %w", err)
		}
	} else if request.Section == "dialplan" && st.Global("ACTIONS") != lua.LNil {
		actions, err := actions(st.Global("ACTIONS"))
		if err != nil {
			return "", err
		}
		doc = lookup.Extension(cmp.Or(request.Get("Hunt-Context"), request.Get("Caller-Context"), "default"), actions)
	}
	if doc == nil {
		return "", nil
	}
	if err := (document{env.Grants, request.Section}).check(doc, nothing); err != nil {
		return "", fmt.Errorf("the answer is not passed on: %w", err)
	}
	text := doc.String()
	if len(text) > MaxAnswer {
		return "", tooLong(len(text))
	}
	return text, nil
}

func tooLong(n int) error { return fmt.Errorf("the answer has %d bytes, more than %d", n, MaxAnswer) }

// maxActions limits an extension.
const maxActions = 1000

// actions reads ACTIONS as the dialplan LUA does (mod_lua.cpp:lua_dialplan_hunt): each
// entry is an application, or a table of an application and its data.
func actions(v lua.LValue) ([]lookup.Action, error) {
	t, ok := v.(*lua.LTable)
	if !ok {
		return nil, errors.New("ACTIONS may only be a table")
	}
	var list []lookup.Action
	size := 0
	for k, entry := t.Next(lua.LNil); k != lua.LNil; k, entry = t.Next(k) {
		if len(list) == maxActions {
			return nil, fmt.Errorf("ACTIONS has more than %d entries", maxActions)
		}
		action, err := action(entry)
		if err != nil {
			return nil, err
		}
		if size += len(action.Application) + len(action.Data); size > MaxAnswer {
			return nil, tooLong(size)
		}
		list = append(list, action)
	}
	return list, nil
}

// action reads an entry of ACTIONS; of a table the first two elements.
func action(v lua.LValue) (a lookup.Action, err error) {
	t, ok := v.(*lua.LTable)
	if !ok {
		if !lua.LVCanConvToString(v) {
			return a, errors.New("ACTIONS may only contain strings or tables")
		}
		return lookup.Action{Application: lua.LVAsString(v)}, nil
	}
	k := lua.LNil
	for _, into := range []*string{&a.Application, &a.Data} {
		var word lua.LValue
		if k, word = t.Next(k); k == lua.LNil {
			break
		}
		if !lua.LVCanConvToString(word) {
			return a, errors.New("a table in ACTIONS may only contain strings: the application and its data")
		}
		*into = lua.LVAsString(word)
	}
	return a, nil
}

// A document is checked before FreeSWITCH gets it: it runs what stands there.
type document struct {
	grants  *grant.Grants
	section string
}

// check checks an element. known says what is known of what $1 stands for in it.
func (d document) check(e *lookup.Element, known known) error {
	err := d.checkOne(e, &known)
	if err != nil {
		if e.Line > 0 {
			return fmt.Errorf("line %d: <%s>: %w", e.Line, e.Name, err)
		}
		return fmt.Errorf("<%s>: %w", e.Name, err)
	}
	for _, c := range e.Children {
		if err := d.check(c, known); err != nil {
			return err
		}
	}
	return nil
}

func (d document) checkOne(e *lookup.Element, known *known) error {
	name := strings.ToLower(e.Name)
	switch d.section {
	case "configuration": // the admin has named the file
		return nil
	case "directory":
		switch name {
		case "variable":
			return d.grants.CheckVariable(e.Attr("name"), e.Attr("value"))
		case "param":
			return d.grants.CheckParam(e.Attr("name"), e.Attr("value"))
		}
		return nil
	}
	switch name {
	case "condition", "regex", "input":
		*known = matched(e)
		return cmp.Or(d.grants.CheckExpanded(e.Attr("field")), d.grants.CheckExpanded(e.Attr("expression")), d.grants.CheckExpanded(e.Attr("pattern")))
	case "expression":
		return d.grants.CheckExpanded(e.Text)
	case "action", "anti-action":
		err := d.action(e, e.Attr("data"), *known)
		if err == nil && e.Text != "" { // FreeSWITCH takes it instead
			err = d.action(e, e.Text, *known)
		}
		return err
	}
	return nil
}

// action checks an action of a dialplan, or of a phrase, which has a function.
func (d document) action(e *lookup.Element, data string, known known) error {
	if n, err := strconv.Atoi(e.Attr("loop")); e.Attr("loop") != "" && (err != nil || n > maxLoop) {
		return fmt.Errorf("loop is %.40q; write a number up to %d", e.Attr("loop"), maxLoop)
	}
	if known == nothing || joined.MatchString(data) || known == groups && whole.MatchString(data) {
		return d.applied(e, group.ReplaceAllString(data, "$${${1}${2}}")) // its value is not known
	}
	// A group that matches nothing, or that there is not, leaves nothing.
	return cmp.Or(d.applied(e, group.ReplaceAllString(data, "0")), d.applied(e, group.ReplaceAllString(data, "")))
}

// applied checks an action whose groups are filled.
func (d document) applied(e *lookup.Element, data string) error {
	application := e.Attr("application")
	switch function := strings.ToLower(e.Attr("function")); function {
	case "":
	case "execute":
		application, data, _ = strings.Cut(data, "(")
		data = strings.TrimSuffix(data, ")")
	case "play-file":
		application = "playback"
	default:
		return d.grants.CheckExpanded(data)
	}
	if application == "" {
		return nil
	}
	return d.grants.CheckAction(application, data)
}

// maxLoop limits how often an action can be repeated: FreeSWITCH makes a list of all.
const maxLoop = 100

// group matches what FreeSWITCH fills with a group (switch_regex.c:switch_perform_substitution).
var group = regexp.MustCompile(`\$(?:(\d{1,9})|\{(\d{1,9})\})`)

// joined matches a group that would be a part of something else: of ${, or of a byte
// that is written in hexadecimal.
var joined = regexp.MustCompile(`(\$|\\|%[0-9A-Fa-f]?)\$\{?\d`)

// known says which parts of what a condition matches are digits, + and *.
type known int

const (
	nothing    known = iota
	groups           // $1 and so on
	everything       // $0 too
)

// matched returns what is known of all that a condition can match.
func matched(e *lookup.Element) known {
	k := knownOf(e.Attr("expression") + e.Attr("pattern"))
	for _, c := range e.Children {
		switch strings.ToLower(c.Name) {
		case "regex":
			k = min(k, matched(c))
		case "expression":
			k = min(k, knownOf(c.Text))
		}
	}
	return k
}

func knownOf(pattern string) known {
	switch {
	case plainPattern.MatchString(pattern):
		return everything
	case plainGroups.MatchString(pattern):
		return groups
	}
	return nothing
}

const plainAtom = `[0-9]|\\d|\\\+|\\\*|\[[0-9+*-]+\]|[|?*+]|\{[0-9]+(,[0-9]*)?\}`

var (
	// plainPattern matches a regular expression that matches digits, + and * only.
	plainPattern = regexp.MustCompile(`^\^?(` + plainAtom + `|[()])*\$?$`)
	// plainGroups matches one whose groups do.
	plainGroups = regexp.MustCompile(`^\^?(` + plainAtom + `|[A-Za-z_.,:;@ -]|\\[DwWsS.]|\[[0-9A-Za-z_.+*-]+\]|\((` + plainAtom + `)*\))*\$?$`)
	// whole matches $0, which is everything that was matched.
	whole = regexp.MustCompile(`\$\{?0`)
)
