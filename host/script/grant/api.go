package grant

import (
	"cmp"
	"regexp"
	"strconv"
	"strings"

	"github.com/eslua/eslua/host/freeswitch/syntax"
)

// silentAPI lists the commands that neither expand, store nor execute their
// arguments: for them, everything is only text.
var silentAPI = set(`acl cond echo escape log md5 quote_shell_arg regex replace sql_escape strepoch strftime strftime_tz
	tolower toupper url_decode url_encode uuid_chat uuid_send_message uuid_send_text uuid_send_info`)

// apiArguments are the commands that take applications or extensions at fixed
// places.
var apiArguments = map[string][]argument{
	"uuid_broadcast":  {{broadcastApp, 4, 1}},
	"sched_broadcast": {{broadcastApp, 4, 2}},
	"uuid_transfer":   {{extension, 5, 1}},
	"sched_transfer":  {{extension, 6, 2}},
	"uuid_deflect":    {{extension, 5, 1}},
	"uuid_limit":      {{overflow, 8, 5}},
	"uuid_drop_dtmf":  {{broadcastApp, 5, 3}}, // sets drop_dtmf_masking_file
	"tone_detect":     {{application, 8, 5}},
}

// api checks a command line and the commands, applications, dial strings and
// variables in its argument. Method text has checked what can occur anywhere.
func (c check) api(line, where string) error {
	c, err := c.nested(where)
	if err != nil {
		return err
	}
	line = strings.TrimSpace(line)
	if line == "" {
		return nil
	}
	name, arg, _ := strings.Cut(line, " ")
	name, arg = strings.ToLower(strings.TrimSpace(name)), strings.TrimSpace(arg)
	if err := c.permit(APICommand, name, arg, where); err != nil {
		return err
	}
	if name == "bgapi" || name == "expand" || name == "eval" {
		if err := c.longUUID(line, stripQuotes(line)); err != nil {
			return err
		}
	}
	if where == "" {
		where = line
	}
	if err := c.filesOf(APICommand, name, arg, where); err != nil {
		return err
	}
	if sent[name] {
		if err := c.oneLine(arg); err != nil {
			return err
		}
	}
	_, err = c.apiArgument(name, arg, where)
	return err
}

// apiArgument checks the argument of a command, and reports whether the command has
// a form that is known here.
func (c check) apiArgument(name, arg, where string) (known bool, err error) {
	if list, ok := apiArguments[name]; ok {
		return true, c.arguments(list, arg, where)
	}
	switch name {
	case "bgapi":
		return true, c.api(afterUUID(arg), where)
	case "eval":
		return true, nil
	case "expand":
		return true, c.api(syntax.Unescape(afterUUID(arg)), where)
	case "xml_wrap":
		if len(arg) > 8 && strings.EqualFold(arg[:8], "encoded ") {
			arg = arg[8:]
		}
		return true, c.api(arg, where)
	case "sched_api":
		if strings.Contains(stripQuotes(arg), "@") && repeating.MatchString(stripQuotes(arg)) {
			if err := c.named(APICommand, "sched_api", "@", repeats, where); err != nil {
				return true, err
			}
		}
		_, arg, _ = strings.Cut(arg, " ")
		_, arg, _ = strings.Cut(arg, " ")
		return true, c.api(strings.TrimSuffix(arg, "&"), where)
	case "alias":
		return true, c.api(wordAt(syntax.Split(arg, ' ', c.wordLimit(3)), 2), where)
	case "json":
		return true, c.json(arg, where)
	case "originate":
		return true, c.originate(arg, where)
	case "conference":
		return true, c.conference(arg, where)
	case "callcenter_config":
		return true, c.callcenter(arg, where)
	case "chat":
		w := syntax.Split(arg, '|', c.wordLimit(5))
		return true, cmp.Or(c.oneLine(wordAt(w, 1)), c.chat(wordAt(w, 0), wordAt(w, 2), wordAt(w, 3), where))
	case "page":
		c.legs(arg)
		return true, c.dial(arg)
	case "fifo_member":
		return true, c.dial(arg)
	case "group":
		return true, c.group(APICommand, arg, where)
	case "replace":
		return true, c.replacing(arg, where)
	case "uuid_display":
		return true, c.stored(arg, where)
	case "hash", "db":
		return true, c.kept(arg, where)
	case "uuid_dual_transfer":
		c.maybe = c.maybe || c.unquoted
		for _, w := range syntax.Split(arg, ' ', c.wordLimit(3)) {
			if err := c.slashTarget(w, where); err != nil {
				return true, err
			}
		}
		return true, nil
	case "uuid_getvar":
		return true, c.reading(wordAt(syntax.Split(arg, ' ', c.wordLimit(4)), 1), where)
	case "uuid_setvar":
		w := syntax.Split(arg, ' ', c.wordLimit(3))
		return true, c.variable(wordAt(w, 1), wordAt(w, 2), where)
	case "uuid_setvar_multi":
		_, list, _ := strings.Cut(arg, " ")
		return true, c.pairs(syntax.Split(list, ';', 256), where)
	case "global_setvar":
		return true, c.pairs([]string{stripQuotes(arg)}, where)
	case "global_getvar":
		return true, c.global(stripQuotes(arg), where)
	case "user_data", "domain_data":
		if isSecret(stripQuotes(arg)) {
			return true, c.permit(APICommand, name, "password", where)
		}
		return true, nil
	case "enum", "enum_auto":
		return true, c.lookup(APICommand, name, arg, where)
	case "msleep":
		if !shortSleep.MatchString(stripQuotes(arg)) {
			return true, c.named(APICommand, name, "long", holds, where)
		}
		return true, nil
	case "avmd": // avmd_api_main reads the second word
		if len(syntax.Split(arg, ' ', c.wordLimit(3))) < 2 || c.unquoted {
			return true, c.named(APICommand, name, "short", crashes, where)
		}
		return true, nil
	case "uuid_write_png":
		return true, c.written(APICommand, name, arg, where)
	case "uuid_record":
		if w := syntax.Split(arg, ' ', 5); !strings.EqualFold(wordAt(w, 1), "stop") {
			c.records(wordAt(w, 3))
		}
		return true, c.recorded(arg, where)
	}
	return false, c.dial(arg)
}

// repeating matches the time of a task that FreeSWITCH repeats until somebody deletes it
// (mod_commands.c:sched_api_function). The group of a task that is deleted with a channel
// is no bound, because the channel may have ended before. shortSleep matches up to 9,999
// milliseconds: the thread that waits is the call's, even after its hangup, or a job's.
var (
	repeating  = regexp.MustCompile(`^\s*@`)
	shortSleep = regexp.MustCompile(`^\s*[0-9]{0,4}\s*$`)
)

// lookup checks the arguments of enum. The domain that follows the number, also behind
// a * in it, is asked for routes, in which FreeSWITCH expands ${system ...}
// (mod_enum.c:parse_naptr), and of which more than 1,024 bytes overwrite its stack
// (mod_enum.c:enum_api).
func (c check) lookup(kind, name, arg, where string) error {
	if plainNumber.MatchString(arg) {
		return nil
	}
	return c.named(kind, name, "domain", network, where)
}

var plainNumber = regexp.MustCompile(`^\s*[+0-9]*\s*$`)

// replacing checks the argument of replace. FreeSWITCH replaces an empty text for ever,
// and makes the whole result in memory (switch_utils.c:switch_string_replace).
func (c check) replacing(arg, where string) error {
	readings := []string{arg}
	if c.unquoted {
		readings = append(readings, stripQuotes(arg))
	}
	for _, arg := range readings {
		delim := byte('|')
		if len(arg) > 2 && strings.HasPrefix(arg, "m:") && strings.IndexByte("|~/", arg[2]) >= 0 {
			delim, arg = arg[2], arg[3:]
		}
		w := syntax.Split(arg, delim, 3)
		if len(w) < 3 {
			continue
		}
		if w[1] == "" || strings.Count(w[0], w[1])*len(w[2]) > maxBytes {
			return tooMuch("replace with nothing to replace, or with a result of more than 1 MiB, which takes all of FreeSWITCH's memory,", where)
		}
	}
	return nil
}

// afterUUID removes the "uuid:... " that bgapi and expand may begin with.
func afterUUID(arg string) string {
	if len(arg) > 5 && strings.EqualFold(arg[:5], "uuid:") {
		_, arg, _ = strings.Cut(arg, " ")
	}
	return arg
}

// global checks the name of a global variable that is read; without a name the
// command shows all of them.
func (c check) global(name, where string) error {
	if name == "" {
		return c.permit(APICommand, "global_getvar", "password", where)
	}
	return c.reading(name, where)
}

// originate checks the argument of originate (mod_commands.c:originate_function).
func (c check) originate(arg, where string) error {
	w := syntax.Split(arg, ' ', c.wordLimit(10))
	if err := cmp.Or(c.stored(wordAt(w, 4), where), c.stored(wordAt(w, 5), where)); err != nil { // the caller's name and number
		return err
	}
	c.legs(wordAt(w, 0))
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

// anyAmpersand checks what follows every "&" as an application. Most of them are
// in addresses and the like, so only known names count.
func (c check) anyAmpersand(s, where string) error {
	c.maybe = true
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

// recorded checks the name of a file that is recorded. With a spool directory,
// FreeSWITCH has a shell move the file to its place (switch_core_file_close).
func (c check) recorded(path, where string) error {
	if bare := strings.ToLower(urlDecoded(stripQuotes(path))); strings.Contains(bare, "spool_path") {
		if err := c.variableUse("spool_path", program, where); err != nil {
			return err
		}
	}
	if strings.ContainsAny(stripQuotes(path), ";|&`<>\n") || strings.Contains(path, "$(") {
		return c.use("file", "shell-signs", program, where)
	}
	return nil
}

// written checks the path of a file that is made with any name, unlike those of record,
// whose ending FreeSWITCH must know as one of sound: it could take the place of
// FreeSWITCH's configuration.
func (c check) written(kind, name, path, where string) error {
	rule := c.grants.rule(kind)
	if writtenEnding.MatchString(stripQuotes(path)) || rule.judge(name, "") == granted {
		return nil
	}
	return refused(kind, name, where, anyFile, rule)
}

var writtenEnding = regexp.MustCompile(`(?i)\.(fsv|tiff?|png)\s*$`)

// urlDecoded decodes a text as switch_utils.c:switch_url_decode does.
func urlDecoded(s string) string {
	if strings.IndexByte(s, '%') < 0 {
		return s
	}
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
