package grant

import (
	"cmp"
	"strconv"
	"strings"

	"github.com/eslua/eslua/host/freeswitch/syntax"
)

// silentAPI lists the commands that neither expand, store nor execute their
// arguments: for them, everything is only text.
var silentAPI = map[string]bool{
	"log": true, "md5": true, "url_encode": true, "sql_escape": true, "chat": true,
	"uuid_chat": true, "uuid_send_message": true, "uuid_send_text": true, "uuid_send_info": true,
}

// apiArguments are the commands that take applications or extensions at fixed
// places.
var apiArguments = map[string][]argument{
	"uuid_broadcast":  {{broadcastApp, 4, 1}},
	"sched_broadcast": {{broadcastApp, 4, 2}},
	"uuid_transfer":   {{extension, 5, 1}},
	"sched_transfer":  {{extension, 6, 2}},
	"uuid_deflect":    {{extension, 5, 1}},
	"tone_detect":     {{application, 8, 5}},
}

// api checks a command line and the commands, applications, dial strings and
// variables in its argument. Method text has checked what can occur anywhere.
func (c check) api(line, where string) error {
	c, err := c.nested(APICommand, where)
	if err != nil {
		return err
	}
	line = strings.TrimSpace(holed(line))
	if line == "" {
		return nil
	}
	name, arg, _ := strings.Cut(line, " ")
	name, arg = strings.TrimSpace(name), strings.TrimSpace(arg)
	if err := c.permit(APICommand, name, arg, where); err != nil {
		return err
	}
	if where == "" {
		where = line
	}
	name = strings.ToLower(name)
	if list, ok := apiArguments[name]; ok {
		return c.arguments(list, arg, where)
	}
	switch name {
	case "bgapi", "expand":
		return c.api(afterUUID(arg), where)
	case "xml_wrap":
		if len(arg) > 8 && strings.EqualFold(arg[:8], "encoded ") {
			arg = arg[8:]
		}
		return c.api(arg, where)
	case "sched_api":
		_, arg, _ = strings.Cut(arg, " ")
		_, arg, _ = strings.Cut(arg, " ")
		return c.api(strings.TrimSuffix(arg, "&"), where)
	case "alias":
		return c.api(wordAt(syntax.Split(arg, ' ', c.wordLimit(3)), 2), where)
	case "json":
		return c.json(arg, where)
	case "originate":
		return c.originate(arg, where)
	case "uuid_dual_transfer":
		for _, w := range syntax.Split(arg, ' ', c.wordLimit(3)) {
			if err := c.slashTarget(w, where); err != nil {
				return err
			}
		}
		return nil
	case "uuid_setvar":
		w := syntax.Split(arg, ' ', c.wordLimit(3))
		return c.variable(wordAt(w, 1), wordAt(w, 2), where)
	case "uuid_setvar_multi":
		_, list, _ := strings.Cut(arg, " ")
		return c.pairs(syntax.Split(list, ';', 256), where)
	case "global_setvar":
		return c.pairs([]string{stripQuotes(arg)}, where)
	case "uuid_record":
		return c.text(urlDecoded(arg), false) // session_record_function decodes its variables
	case "url_decode":
		return c.text(urlDecoded(arg), false)
	case "curl":
		return c.web(arg, where)
	}
	return c.dial(arg)
}

// afterUUID removes the "uuid:... " that bgapi and expand may begin with.
func afterUUID(arg string) string {
	if len(arg) > 5 && strings.EqualFold(arg[:5], "uuid:") {
		_, arg, _ = strings.Cut(arg, " ")
	}
	return arg
}

// originate checks the argument of originate (mod_commands.c:originate_function).
func (c check) originate(arg, where string) error {
	w := syntax.Split(arg, ' ', c.wordLimit(10))
	if c.unquoted {
		return cmp.Or(c.dial(arg), c.anyTarget(w, " ", where), c.anyAmpersand(arg, where))
	}
	if rest, ok := strings.CutPrefix(wordAt(w, 1), "&"); ok {
		return cmp.Or(c.dial(wordAt(w, 0)), c.ampersand(rest, where))
	}
	return cmp.Or(c.dial(wordAt(w, 0)), c.target(wordAt(w, 1), wordAt(w, 2), where))
}

// ampersand checks the app(data) after an "&"; the first ")" ends it.
func (c check) ampersand(s, where string) error {
	s, _, _ = strings.Cut(s, ")")
	app, data, _ := strings.Cut(s, "(")
	return c.app(app, data, where)
}

// anyAmpersand checks what follows every "&" as an application.
func (c check) anyAmpersand(s, where string) error {
	for i := strings.IndexByte(s, '&'); i >= 0; i = strings.IndexByte(s, '&') {
		s = s[i+1:]
		if err := c.count(s); err != nil {
			return err
		}
		if err := cmp.Or(c.app(s[:nameEnd(s)], "", where), c.ampersand(s, where)); err != nil {
			return err
		}
	}
	return nil
}

// web checks the address for curl: without a grant it may only be on the web.
func (c check) web(arg, where string) error {
	address := strings.ToLower(strings.TrimLeft(stripQuotes(arg), " "))
	if strings.HasPrefix(address, "http://") || strings.HasPrefix(address, "https://") || !strings.Contains(address, ":") && !isUnknown(address) {
		return nil // without a scheme curl guesses among network protocols
	}
	return c.permit(APICommand, "curl", "file", where)
}

// urlDecoded decodes a text as switch_utils.c:switch_url_decode does.
func urlDecoded(s string) string {
	var out strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if b, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil {
				out.WriteByte(byte(b))
				i += 2
				continue
			}
		}
		out.WriteByte(s[i])
	}
	return out.String()
}
