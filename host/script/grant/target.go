package grant

import (
	"cmp"
	"regexp"
	"strings"

	"github.com/eslua/eslua/host/freeswitch/syntax"
)

// transfer checks an extension and its dialplan among words, after the -bleg or
// -both that a transfer may have.
func (c check) transfer(w []string, at int, where string) error {
	if c.unquoted {
		return c.anyTarget(w, " ", where)
	}
	switch exten := strings.ToLower(wordAt(w, at)); {
	case exten == "-bleg" || exten == "-both":
		return c.transfer(w, at+1, where)
	case strings.HasPrefix(exten, "-"): // the API command skips it, the application does not
		return cmp.Or(c.target(exten, wordAt(w, at+1), where), c.transfer(w, at+1, where))
	}
	return c.target(wordAt(w, at), wordAt(w, at+1), where)
}

// anyTarget takes every piece for the dialplan, and any pieces before it for the
// extension.
func (c check) anyTarget(pieces []string, sep, where string) error {
	c.maybe = true
	if name, arg := dialplanArgument(strings.Join(pieces, sep)); name != "" {
		if err := c.dialplan(name, arg, where); err != nil {
			return err
		}
	}
	for i := 1; i < len(pieces); i++ {
		if !strings.ContainsAny(pieces[i], "Ll") || !executingDialplan.MatchString(pieces[i]) {
			continue
		}
		for j := range i {
			exten := strings.Join(pieces[j:i], sep)
			if err := cmp.Or(c.count(exten), c.target(exten, pieces[i], where)); err != nil {
				return err
			}
		}
	}
	return nil
}

// executingDialplan finds a dialplan that executes what the extension says.
var executingDialplan = regexp.MustCompile(`(?i)(^|[^A-Za-z0-9_])(inline|lua)([^A-Za-z0-9_]|$)`)

// slashTarget checks the extension/dialplan/context of uuid_dual_transfer.
func (c check) slashTarget(s, where string) error {
	if list, ok := strings.CutSuffix(s, "/inline"); ok {
		return c.inline(list, where)
	}
	exten, rest, _ := strings.Cut(s, "/")
	dialplan, _, _ := strings.Cut(rest, "/")
	return c.target(exten, dialplan, where)
}

// target checks an extension in a list of dialplans. The dialplan inline executes
// the extension itself, or the text after "inline:"; LUA runs a script
// (switch_core_state_machine.c:switch_core_standard_on_routing). Without a
// dialplan it is the channel's, which may be inline too.
func (c check) target(exten, dialplans, where string) error {
	if dialplans == "" {
		c.maybe = true
		return c.inline(exten, where)
	}
	for _, dialplan := range strings.Split(stripQuotes(dialplans), ",") {
		name, arg, _ := strings.Cut(strings.TrimSpace(dialplan), ":")
		name = strings.ToLower(name[:nameEnd(name)])
		switch {
		case name == "inline":
			if arg == "" {
				arg = exten
			}
			if err := c.inline(arg, where); err != nil {
				return err
			}
		default:
			if err := cmp.Or(c.dialplan(name, arg, where), c.stored(exten, where)); err != nil {
				return err
			}
		}
	}
	return nil
}

// dialplanArgument finds a dialplan with an argument that names a file or a domain,
// where quotes hide the ends of words.
func dialplanArgument(s string) (name, arg string) {
	for i := range len(s) {
		if s[i] != ':' {
			continue
		}
		begin := i
		for begin > 0 && i-begin < len("directory") && inName(s[begin-1]) {
			begin--
		}
		name = strings.ToLower(s[begin:i])
		if !dialplanFiles[name] || begin > 0 && inName(s[begin-1]) {
			continue
		}
		end := i + 1
		for end < len(s) && end-i < 256 && strings.IndexByte(` ,:"<>=`, s[end]) < 0 {
			end++
		}
		if arg = s[i+1 : end]; strings.ContainsAny(arg, "/.") {
			return name, arg
		}
	}
	return "", ""
}

var dialplanFiles = set("xml enum lcr directory translate")

// dialplan checks a dialplan that looks the extension up itself. Its argument is the
// file that XML reads in place of the configuration (mod_dialplan_xml.c:dialplan_hunt),
// of which a recording without a head (.raw, .PCMU) will do, and the domain that enum asks for a dial
// string (mod_enum.c:enum_dialplan_hunt).
func (c check) dialplan(name, arg, where string) error {
	_, why := dialplanTable.need(name, "")
	switch {
	case name == "", c.maybe && why == unknown:
		return nil
	case name == anything:
		return c.unclear("unknown-name", "only FreeSWITCH will know what is executed", where)
	case why != "":
		return c.use("dialplan", name, why, where)
	case arg == "":
		return nil
	case name == "xml":
		why = program
	case name == "enum":
		why = network
	default:
		why = unread
	}
	return c.use("dialplan", name+"-argument", why, where)
}

// inline checks app:data,app:data; "m:x:" in front changes the delimiter to x
// (mod_dptools.c:inline_dialplan_hunt).
func (c check) inline(list, where string) error {
	delim := byte(',')
	if len(list) > 3 && list[0] == 'm' && list[1] == ':' && list[3] == ':' {
		delim, list = list[2], list[4:]
	}
	for _, piece := range syntax.Split(list, delim, 128) {
		name, data, _ := strings.Cut(piece, ":")
		if err := c.app(name, data, where); err != nil {
			return err
		}
	}
	return nil
}

// listed checks a text that FreeSWITCH puts into an inline extension: what follows
// a comma in it is an application, whatever quotes it has.
func (c check) listed(s, where string) error {
	c.maybe = true
	pieces := strings.Split(stripQuotes(s), ",")
	for _, piece := range pieces[1:] {
		if err := c.count(piece); err != nil {
			return err
		}
		name, data, _ := strings.Cut(piece, ":")
		if err := c.app(name, data, where); err != nil {
			return err
		}
	}
	return nil
}

// broadcast checks a file, app::data or app!cause::data
// (switch_ivr_async.c:switch_ivr_broadcast).
func (c check) broadcast(path, where string) error {
	if path == "" {
		return nil
	}
	app, data := "playback", path
	if i := strings.IndexByte(path, ':'); i >= 0 && strings.HasPrefix(path[i:], "::") {
		app, data = path[:i], path[i+2:]
		app, _, _ = strings.Cut(app, "!")
	}
	return c.app(app, data, where)
}

// dial checks the endpoints of a dial string; assignments finds its variables. Of
// all endpoints only loopback executes what its name says:
// loopback/app=name:data and loopback/extension/context/dialplan
// (mod_loopback.c). Quotes may stand inside its name. Where such an endpoint ends
// depends on quotes and brackets far away, so that both readings are checked, to the
// next comma or bar and to the end. A backslash in the variables at the beginning
// ({a=b\,c}, as dial{} writes it) has no effect on what follows them.
func (c check) dial(s string) error {
	const prefix = "loopback/"
	bare := stripQuotes(s)
	head := s[:variablesEnd(s)]
	body, begin := s[len(head):], len(stripQuotes(head)) // in bare
	simple := bare[begin:] == body && !strings.ContainsAny(head, `'"`) && !strings.ContainsAny(strings.TrimPrefix(body, "}"), `'"\[]{}<>()`)
	if err := cmp.Or(c.oneLine(strings.ReplaceAll(head, `\\`, "")), c.oneLine(s[len(head):])); err != nil && anyEndpoint.MatchString(bare) {
		return err
	}
	for i := 0; i+len(prefix) <= len(bare); i++ {
		if bare[i] != 'l' && bare[i] != 'L' || !strings.EqualFold(bare[i:i+len(prefix)], prefix) {
			continue
		}
		if err := c.count(bare); err != nil {
			return err
		}
		rest, long := bare[i+len(prefix):], c
		long.unquoted = c.unquoted || bare != s
		long.maybe = c.maybe || !long.unquoted
		if err := c.loopback(rest[:endpointEnd(rest)], rest); err != nil {
			return err
		}
		if simple && i >= begin {
			continue // the next comma or bar is the end
		}
		if err := long.loopback(rest, rest); err != nil {
			return err
		}
	}
	return c.numbers(bare)
}

// variablesEnd returns where the {...} ends with which a dial string may begin
// (switch_utils.h:switch_find_end_paren). Escapes are resolved once in it, and several
// times in what follows.
func variablesEnd(s string) int {
	depth := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '{':
			depth++
		case '}':
			depth--
		case ' ':
			continue
		}
		if depth <= 0 {
			return i
		}
	}
	return 0
}

// oneLine checks a text that becomes a part of a SIP request, with its line breaks: to
// FreeSWITCH's event socket, at which such a request may be aimed, each line after an
// empty one is a command (seen with the user of an address and with eight variables).
func (c check) oneLine(s string) error {
	if strings.ContainsAny(s, "\r\n") || strings.Contains(s, `\n`) || strings.Contains(s, `\r`) {
		return c.unclear("line-break", "a line break would be in what becomes a SIP request", s)
	}
	return nil
}

// header checks a text that is kept under any name, as the admin's dialplan may put it
// into a SIP request: no line of it is a header, or a password for the event socket.
func (c check) header(s string) error {
	if (strings.ContainsAny(s, "\r\n") || strings.Contains(s, `\r`) || strings.Contains(s, `\n`)) && headerLine.MatchString(s) {
		return c.oneLine(s)
	}
	return nil
}

// sent lists the applications and commands whose argument becomes a SIP message.
var sent = set("redirect respond deflect send_info send_display uuid_deflect uuid_redirect uuid_display uuid_send_info uuid_phone_event")

var (
	headerLine  = regexp.MustCompile(`(?i)([\r\n]|\\[rn])\s*([!-9;-~]+\s*:|(user)?auth\s)`)
	anyEndpoint = regexp.MustCompile(`(?i)(sofia|user|group|gateway|verto[a-z.]*|loopback|error|null)/`)
	sentNames   = regexp.MustCompile(`(?i)sip|caller|callee|effective|origination|domain|display|presence|number|user`)
)

// numbers checks a text that may hold a caller's number: the admin's dialplan may keep
// it and transfer to it later, as FreeSWITCH's own does with the last caller's.
func (c check) numbers(bare string) error {
	_, bare, _ = strings.Cut(bare, "=")
	c.maybe = true
	return c.anyTarget(strings.FieldsFunc(bare, func(r rune) bool { return r == ' ' || r == '=' }), " ", bare)
}

func endpointEnd(s string) int {
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case ',', '|', ' ':
			return i
		}
	}
	return len(s)
}

func (c check) loopback(s, where string) error {
	where = "loopback/" + where
	if len(s) > 4 && strings.EqualFold(s[:4], "app=") {
		name, data, _ := strings.Cut(s[4:], ":")
		return c.app(name, data, where)
	}
	exten, rest, _ := strings.Cut(s, "/")
	_, dialplan, _ := strings.Cut(rest, "/")
	return c.target(exten, dialplan, where)
}
