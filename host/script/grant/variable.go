package grant

import (
	"cmp"
	"strings"

	"github.com/eslua/eslua/host/freeswitch/syntax"
)

// A carrier says how a variable's value reaches a command or an application.
type carrier uint8

const (
	harmless     carrier = iota
	executes             // "app data", "app:data" or "app::data"
	callsAPI             // "command arguments"
	callsHook            // "command::arguments" or "command arguments"
	callsColon           // "command:arguments"
	namesApp             // the application alone; its data are in another variable
	holdsData            // the data of an application that another variable names
	namesFile            // a file, or with group_confirm_key=exec "app data"
	broadcasts           // a file or "app::data"
	routes               // "extension:dialplan:context"
	routesOnFail         // "cause extension dialplan context"
	dialplans            // a dialplan whose extension comes from elsewhere
	inlines              // an extension; the dialplan is inline unless one is named
	joinsInline          // becomes part of an inline extension
	runsProgram          // a shell command
)

// carriers lists the variables known by their whole name (found in FreeSWITCH's
// source by searching for everything that is executed, transferred or called).
var carriers = map[string]carrier{
	"api_hangup_hook": callsHook, "api_reporting_hook": callsHook,
	"record_post_process_exec_api": callsColon,
	"exec_after_bridge_app":        namesApp, "exec_after_bridge_arg": holdsData,
	"bridge_pre_execute_app": namesApp, "bridge_pre_execute_data": holdsData,
	"bridge_pre_execute_aleg_app": namesApp, "bridge_pre_execute_aleg_data": holdsData,
	"bridge_pre_execute_bleg_app": namesApp, "bridge_pre_execute_bleg_data": holdsData,
	"loopback_app": namesApp, "loopback_app_arg": holdsData,
	"group_confirm_file": namesFile, "group_confirm_error_file": namesFile,
	"drop_dtmf_masking_file": broadcasts,
	"transfer_after_bridge":  routes, "hold_hangup_xfer_exten": routes,
	"transfer_on_fail": routesOnFail,
	"page_dp":          dialplans, "page_exten": inlines, "page_path": joinsInline,
	"valet_parking_orbit_exten": joinsInline, "valet_parking_orbit_context": joinsInline,
}

// carrierOf returns the carrier of a variable by its name, which may have nolocal:
// in front or an index at the end.
func carrierOf(name string) carrier {
	name, _, _ = strings.Cut(strings.ToLower(strings.TrimSpace(name)), "[")
	name = strings.TrimPrefix(strings.TrimPrefix(name, "nolocal:"), "_nolocal_")
	if c, ok := carriers[name]; ok {
		return c
	}
	switch {
	// FreeSWITCH looks these up by prefix, and some modules add prefixes of their own.
	case strings.Contains(name, "execute_on_"), strings.Contains(name, "record_post_process_exec_app"):
		return executes
	case strings.Contains(name, "api_on_"), strings.Contains(name, "api_after_bridge"), strings.Contains(name, "api_before_bridge"):
		return callsAPI
	case strings.HasPrefix(name, "system_on_"):
		return runsProgram
	case strings.HasSuffix(name, "dialplan"):
		return dialplans
	case strings.HasSuffix(name, "hold_music"), strings.Contains(name, "pre_call_banner"), strings.HasPrefix(name, "cc_moh"):
		return broadcasts
	}
	return harmless
}

func carries(name string) bool { return carrierOf(name) != harmless }

// variable checks a variable and its value. The end of the value may be unknown, so
// that other text may follow it.
func (c check) variable(name, value, where string) error {
	name, value = holed(name), holed(value)
	if isUnknown(name) && !c.grants.Apps.everything() {
		return unknowable(Application, name, where)
	}
	if value = strings.TrimLeft(value, " "); value == "" {
		return nil
	}
	if where == "" {
		where = name + "=" + value
	}
	if list, ok := strings.CutPrefix(value, "ARRAY::"); ok && carries(name) { // each element is executed
		for _, one := range strings.Split(list, "|:") {
			if err := c.count(list); err != nil {
				return err
			}
			if err := c.carried(carrierOf(name), one, where); err != nil {
				return err
			}
		}
		return nil
	}
	return c.carried(carrierOf(name), value, where)
}

func (c check) carried(kind carrier, value, where string) error {
	switch kind {
	case executes:
		return c.executed(value, where)
	case callsAPI:
		return c.api(upToValueEnd(value), where)
	case callsHook:
		command, arg, ok := strings.Cut(value, "::")
		if at := strings.IndexByte(value, ':'); ok && at == len(command) {
			return c.api(command+" "+arg, where)
		}
		return c.api(upToValueEnd(value), where)
	case callsColon:
		command, arg, _ := strings.Cut(value, ":")
		return c.api(upToValueEnd(command)+" "+arg, where)
	case namesApp:
		return c.app(value[:nameEnd(value)], "", where)
	case holdsData:
		return cmp.Or(c.transfer(syntax.Split(value, ' ', c.wordLimit(4)), 0, where), c.broadcast(value, where), c.dial(value))
	case namesFile:
		end := nameEnd(value)
		if name := value[:end]; strings.Contains(name, ".") || end < len(value) && strings.IndexByte("/:", value[end]) >= 0 {
			return nil
		}
		return c.executed(value, where)
	case broadcasts:
		return c.broadcast(value, where)
	case routes:
		if c.unquoted {
			return c.anyTarget(strings.Split(value, ":"), ":", where)
		}
		w := syntax.Split(value, ':', 4)
		return c.target(wordAt(w, 0), wordAt(w, 1), where)
	case routesOnFail:
		return c.transfer(syntax.Split(value, ' ', c.wordLimit(4)), 1, where)
	case dialplans:
		return c.target(hole, value, where)
	case inlines:
		return c.inline(value, where)
	case joinsInline:
		return c.inline("playback:"+value, where)
	case runsProgram:
		return c.permit(Application, "system", "", where)
	}
	return cmp.Or(c.copied(value, where), c.dial(value))
}

// copied checks the application of app::data in any variable, because it may be
// copied into one that is broadcast. Most values with "::" are something else.
func (c check) copied(value, where string) error {
	app, _, _ := strings.Cut(value[:nameEnd(value)], "!")
	rule := Rule{Allow: c.grants.Apps.Allow, Deny: c.grants.Apps.Deny}
	if ok, _ := rule.permits(deniedApps, strings.ToLower(app), ""); ok || !strings.Contains(value, "::") {
		return nil
	}
	return c.broadcast(value, where)
}

// executed checks a value that is executed
// (switch_channel.c:switch_channel_execute_on_value).
func (c check) executed(value, where string) error {
	// The name ends at a blank, a colon, or the delimiter of the list around it: no
	// application has such a byte in its name.
	end := nameEnd(value)
	data := strings.TrimPrefix(value[end:], "::")
	if len(data) == len(value)-end && data != "" {
		data = data[1:]
	}
	return c.app(value[:end], data, where)
}

// upToValueEnd cuts a name where the list around it may end it, and keeps the text
// after a blank or a colon as its argument.
func upToValueEnd(value string) string {
	end := nameEnd(value)
	if end == len(value) || value[end] == ' ' || value[end] == ':' {
		return value
	}
	return value[:end] + " " + value[end+1:]
}
