package grant

import (
	"strconv"
	"strings"

	"github.com/eslua/eslua/host/freeswitch/syntax"
)

// silentAPI are the commands that neither expand, keep nor execute their
// arguments: whatever stands in them is only text.
var silentAPI = map[string]bool{
	"log": true, "md5": true, "url_encode": true, "sql_escape": true, "chat": true,
	"uuid_chat": true, "uuid_send_message": true, "uuid_send_text": true, "uuid_send_info": true,
}

// api checks a command line and, where a command takes commands, applications,
// dial strings or variables, those too. What stands anywhere in a text has been
// looked for by text already.
func (c *check) api(line, where string) error {
	if err := c.enter(APICommand, where); err != nil {
		return err
	}
	defer c.leave()
	line = strings.TrimSpace(holed(line))
	if line == "" {
		return nil
	}
	name, arg, _ := strings.Cut(line, " ")
	name, arg = strings.TrimSpace(name), strings.TrimSpace(arg)
	if err := c.named(APICommand, name, arg, where); err != nil {
		return err
	}
	if where == "" {
		where = line
	}
	switch strings.ToLower(name) {
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
		return c.api(word(syntax.Split(arg, ' ', c.most(3)), 2), where)
	case "json":
		return c.json(arg, where)
	case "originate":
		return c.originate(arg, where)
	case "uuid_broadcast":
		return c.broadcastAt(syntax.Split(arg, ' ', c.most(4)), 1, where)
	case "sched_broadcast":
		return c.broadcastAt(syntax.Split(arg, ' ', c.most(4)), 2, where)
	case "uuid_transfer":
		return c.transfer(syntax.Split(arg, ' ', c.most(5)), 1, where)
	case "sched_transfer":
		return c.transfer(syntax.Split(arg, ' ', c.most(6)), 2, where)
	case "uuid_deflect":
		return c.transfer(syntax.Split(arg, ' ', c.most(5)), 1, where)
	case "uuid_dual_transfer":
		for _, w := range syntax.Split(arg, ' ', c.most(3)) {
			if err := c.slashTarget(w, where); err != nil {
				return err
			}
		}
		return nil
	case "uuid_setvar":
		w := syntax.Split(arg, ' ', c.most(3))
		return c.variable(word(w, 1), word(w, 2), where)
	case "uuid_setvar_multi":
		_, list, _ := strings.Cut(arg, " ")
		return c.pairs(syntax.Split(list, ';', 256), where)
	case "global_setvar":
		return c.pairs([]string{plain(arg)}, where)
	case "tone_detect":
		return c.appAt(syntax.Split(arg, ' ', c.most(8)), 5, where)
	case "uuid_record":
		return c.text(urlDecoded(arg), false) // session_record_function decodes its variables
	case "url_decode":
		return c.text(urlDecoded(arg), false)
	case "curl":
		return c.web(arg, where)
	}
	return c.dial(arg)
}

// afterUUID takes the "uuid:... " off that bgapi and expand may begin with.
func afterUUID(arg string) string {
	if len(arg) > 5 && strings.EqualFold(arg[:5], "uuid:") {
		_, arg, _ = strings.Cut(arg, " ")
	}
	return arg
}

// originate is mod_commands.c:originate_function.
func (c *check) originate(arg, where string) error {
	w := syntax.Split(arg, ' ', c.most(10))
	if c.loose {
		return first(c.dial(arg), c.anyTarget(w, " ", where), c.anyAmpersand(arg, where))
	}
	if rest, ok := strings.CutPrefix(word(w, 1), "&"); ok {
		return first(c.dial(word(w, 0)), c.ampersand(rest, where))
	}
	return first(c.dial(word(w, 0)), c.target(word(w, 1), word(w, 2), where))
}

// ampersand is the app(data) behind an "&"; the first ")" ends it.
func (c *check) ampersand(s, where string) error {
	s, _, _ = strings.Cut(s, ")")
	app, data, _ := strings.Cut(s, "(")
	return c.app(app, data, where)
}

// anyAmpersand takes every "&" for the beginning of an application.
func (c *check) anyAmpersand(s, where string) error {
	for i := strings.IndexByte(s, '&'); i >= 0; i = strings.IndexByte(s, '&') {
		s = s[i+1:]
		if err := c.count(s); err != nil {
			return err
		}
		if err := first(c.app(s[:nameEnd(s)], "", where), c.ampersand(s, where)); err != nil {
			return err
		}
	}
	return nil
}

// web lets curl speak to the web, and only with a grant to files.
func (c *check) web(arg, where string) error {
	address := strings.ToLower(strings.TrimLeft(plain(arg), " "))
	if strings.HasPrefix(address, "http://") || strings.HasPrefix(address, "https://") || !strings.Contains(address, ":") && !unknown(address) {
		return nil // without a scheme curl guesses among network protocols
	}
	return c.named(APICommand, "curl", "file", where)
}

// urlDecoded is switch_utils.c:switch_url_decode: what is no code stays.
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

// first is the first error.
func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
