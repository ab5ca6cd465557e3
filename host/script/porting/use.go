package porting

import (
	"errors"
	"fmt"
	"strings"

	"github.com/eslua/eslua/host/freeswitch/syntax"
	"github.com/eslua/eslua/host/script/grant"
	"github.com/eslua/eslua/host/script/lint"
)

// stand stands in a text that is checked for what the script's text does not show. It is
// right where a number, a name or an address is wanted.
const stand = "70707"

// own stands for the UUID of the script's own channel.
const own = "0a0a0a0a-0a0a-4a0a-8a0a-0a0a0a0a0a0a"

// A use is one call of a function by a script.
type use struct {
	report *Report
	file   string
	call   lint.Call
	driver string // of LuaSQL, that the script made last; "": not known
}

func (u use) remark(kind, format string, args ...any) {
	u.report.Remarks = append(u.report.Remarks, Remark{u.file, u.call.Line, kind, fmt.Sprintf(format, args...)})
}

// arg returns argument i as far as it is known, "" if there is none.
func (u use) arg(i int) string {
	if i < len(u.call.Args) {
		return strings.ReplaceAll(u.call.Args[i], lint.Own, lint.Unknown)
	}
	return ""
}

// text returns argument i with something in place of what is not known.
func (u use) text(i int) string {
	if i >= len(u.call.Args) {
		return ""
	}
	return strings.NewReplacer(lint.Own, own, lint.Unknown, stand).Replace(u.call.Args[i])
}

// media returns argument i as the name of a file to play or to record.
func (u use) media(i int) string {
	file := u.text(i)
	if name, computed := strings.CutSuffix(file, "."+stand); computed {
		return name + ".wav" // the text does not show the format
	}
	return file
}

func isKnown(text string) bool { return !strings.Contains(text, lint.Unknown) }

// check notes what a call uses, and returns why the default grants refuse it.
func (u use) check() error {
	g := grant.Default()
	g.Mine = &grant.Channels{}
	g.Mine.Add(own)
	switch u.call.Name {
	case "session:execute", "eslconnection:execute", "eslconnection:executeAsync":
		if !isKnown(u.arg(0)) {
			u.remark(Dynamic, "the application is known only when the script runs")
			return nil
		}
		u.report.Applications[u.arg(0)]++
		inside := &references{use: u, grants: g}
		text, err := syntax.Expand(u.text(1), inside)
		return errors.Join(append(inside.refused, err, g.CheckApp(u.arg(0), text))...)
	case "api:execute", "api:executeString", "eslconnection:api", "eslconnection:bgapi":
		return u.command(g)
	case "session:streamFile":
		return g.CheckApp("playback", u.media(0))
	case "session:recordFile":
		return g.CheckApp("record", u.media(0))
	case "session:read":
		return g.CheckApp("playback", u.media(2))
	case "session:playAndGetDigits":
		return errors.Join(g.CheckApp("playback", u.media(5)), g.CheckApp("playback", u.media(6)), g.CheckApp("transfer", u.text(10)))
	case "session:transfer":
		return g.CheckApp("transfer", strings.TrimSpace(u.text(0)+" "+u.text(1)+" "+u.text(2)))
	case "freeswitch.Session":
		if dial := u.text(0); strings.Contains(dial, "/") { // not the UUID of a channel
			return g.CheckDial(dial)
		}
	case "session:originate":
		return g.CheckDial(u.text(1))
	case "session:setVariable":
		if isKnown(u.arg(0)) {
			return g.CheckVariable(u.arg(0), u.text(1))
		}
	case "session:getVariable":
		if u.arg(0) == "default_password" { // a global one of FreeSWITCH's own vars.xml; a channel's own is permitted
			return g.CheckReading(u.arg(0))
		}
	case "freeswitch.setGlobalVariable":
		return g.CheckAPI("global_setvar " + u.text(0) + "=" + u.text(1))
	case "freeswitch.getGlobalVariable":
		return g.CheckAPI("global_getvar " + u.text(0))
	case "freeswitch.Event":
		if isKnown(u.arg(0) + u.arg(1)) {
			return g.CheckEvent(u.arg(0), [][2]string{{"Event-Subclass", u.arg(1)}}, "")
		}
	case "freeswitch.EventConsumer", "eventconsumer:bind":
		if u.arg(0) != "" && isKnown(u.arg(0)+u.arg(1)) {
			return g.CheckHearing(u.arg(0), u.arg(1))
		}
	case "freeswitch.Dbh":
		u.database(u.arg(0))
	case "luasqlenvironment:connect":
		u.luaSQL(u.arg(0), u.arg(3), u.arg(4))
	case "ivrmenu:bindAction":
		if app, data, _ := strings.Cut(u.arg(1), " "); strings.EqualFold(u.arg(0), "menu-exec-app") && isKnown(app) && app != "" {
			u.report.Applications[app]++
			return g.CheckApp(app, strings.ReplaceAll(data, lint.Unknown, stand))
		}
	case "freeswitch.email":
		u.mail(u.arg(0), u.arg(4))
	default:
		u.surroundings(u.arg(0), u.arg(1))
	}
	return nil
}

// references note the commands in the ${...} of a text that is filled in before it is
// checked.
type references struct {
	use
	grants  grant.Grants
	refused []error
}

// Variable returns what stands for a value.
func (r *references) Variable(string, bool) (string, error) { return stand, nil }

// Command notes an API command, and returns what stands for its output.
func (r *references) Command(name, arg string) (string, error) {
	if name = strings.TrimSpace(name); strings.Contains(name, stand) {
		r.remark(Dynamic, "the API command is known only when the script runs")
		return stand, nil
	}
	r.report.Commands[name]++
	if err := r.grants.CheckAPI(strings.TrimSpace(name + " " + arg)); err != nil {
		r.refused = append(r.refused, err)
	}
	return stand, nil
}

// command notes an API command, and returns why the default grants refuse it.
func (u use) command(g grant.Grants) error {
	line := u.text(0)
	if u.call.Name != "api:executeString" && len(u.call.Args) > 1 {
		line += " " + u.text(1)
	}
	name, _, _ := strings.Cut(strings.TrimSpace(u.arg(0)), " ")
	if !isKnown(name) {
		u.remark(Dynamic, "the API command is known only when the script runs")
		return nil
	}
	u.report.Commands[name]++
	inside := &references{use: u, grants: g}
	line, err := syntax.ExpandCommand(line, func(string, string) (syntax.Values, error) { return inside, nil })
	return errors.Join(append(inside.refused, err, g.CheckAPI(line))...)
}

// grants notes the grants that refusals ask for.
func (u use) grants(err error) {
	if several, ok := err.(interface{ Unwrap() []error }); ok {
		for _, one := range several.Unwrap() {
			u.grants(one)
		}
		return
	}
	var refused *grant.RefusedError
	if !errors.As(err, &refused) {
		return
	}
	name, _, computed := strings.Cut(refused.Name, stand)
	name = strings.TrimSpace(name)
	text := strings.ReplaceAll(refused.Error(), refused.Name, name)
	list := map[string]string{grant.APICommand: "api", grant.Application: "apps", grant.Use: "apps"}[refused.Kind]
	switch {
	case refused.Channel != "" && strings.Contains(refused.Channel, stand):
		if u.report.first("channel " + refused.Name) {
			u.remark(Dynamic, "%s acts on a channel: on one that is neither the call nor a leg of the script, it needs grants: {%s: {allow: [%s]}}", refused.Name, list, refused.Name)
		}
		return
	case computed && refused.Kind == grant.Use: // "dialplan ...", "file ..."
		u.remark(Dynamic, "whether %s needs a grant is known only when the script runs", u.call.Name)
		return
	case computed && name == "":
		u.remark(Dynamic, "the %s is known only when the script runs", refused.Kind)
		return
	case list != "":
		u.report.need(list, name)
	}
	u.remark(Grant, "%s", strings.ReplaceAll(text, stand, "..."))
}
