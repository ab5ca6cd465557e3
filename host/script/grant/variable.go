package grant

import (
	"cmp"
	"regexp"
	"strings"

	"github.com/eslua/eslua/host/freeswitch/syntax"
)

// A carrier says how a variable's value reaches a command or an application.
type carrier uint8

const (
	harmless       carrier = iota
	executes               // "app data", "app:data" or "app::data"
	callsAPI               // "command arguments"
	callsHook              // "command::arguments" or "command arguments"
	callsColon             // "command:arguments"
	bridges                // the arguments of uuid_bridge
	namesApp               // the application alone; its data are in another variable
	holdsData              // the data of an application that another variable names
	namesFile              // a file, or with group_confirm_key=exec "app data"
	broadcasts             // a file or "app::data"
	parks                  // the same, and becomes part of an inline extension
	routes                 // "extension:dialplan:context"
	extends                // "extension dialplan context"
	routesOnFail           // "cause extension dialplan context"
	dialplans              // a dialplan whose extension comes from elsewhere
	inlines                // an extension; the dialplan is inline unless one is named
	joinsInline            // becomes part of an inline extension
	joinsDial              // becomes part of a dial string
	namesChannels          // channels that FreeSWITCH acts on
	namesVariable          // becomes the beginning of a variable's name
	runsProgram            // a shell command
	namesLog               // a part of the name of a file
	endsExpansion          // whether FreeSWITCH removes the escapes that keep a checked text as it is
	flagsMember            // what a member of a conference may do
	passesPin              // how a conference is entered without its pin
	logsIn                 // whether a mailbox asks for no password
	namesDirectory         // a directory, of which other texts are made
	plays                  // a file that is played
	writes                 // a file or a directory that is written
	records                // a file that is recorded
	namesEnding            // the ending of a file that is written
	asksServer             // a server that is asked
	quotedBySQL            // part of a query, in quotes or none
	buffers                // how many bytes FreeSWITCH allocates, and fills
	quotedInCDR            // part of a line of call records, in double quotes
	handsOn                // the path of an application socket that has none of its own
)

// carriers lists the variables known by their whole name. source_test.go finds
// every variable that FreeSWITCH reads where it executes, transfers, calls or
// expands, and demands a verdict on each.
var carriers = map[string]carrier{
	"api_hangup_hook": callsHook, "api_reporting_hook": callsHook,
	"record_post_process_exec_api": callsColon,
	"xfer_uuids":                   bridges,
	"exec_after_bridge_app":        namesApp, "exec_after_bridge_arg": holdsData,
	"bridge_pre_execute_app": namesApp, "bridge_pre_execute_data": holdsData,
	"bridge_pre_execute_aleg_app": namesApp, "bridge_pre_execute_aleg_data": holdsData,
	"bridge_pre_execute_bleg_app": namesApp, "bridge_pre_execute_bleg_data": holdsData,
	"current_application": namesApp, "current_application_data": holdsData, // mod_fifo.c:fifo_function
	"loopback_app": namesApp, "loopback_app_arg": holdsData,
	"group_confirm_file": namesFile, "group_confirm_error_file": namesFile,
	"drop_dtmf_masking_file": broadcasts,
	"transfer_after_bridge":  routes, "transfer_after_early_bridge": routes, "hold_hangup_xfer_exten": routes,
	"transfer_on_fail": routesOnFail, "vm_operator_extension": extends, "campon_fallback_exten": extends,
	"mutex_orbit_exten": extends,
	"xml":               dialplans, // mod_valet_parking.c:valet_on_dtmf takes the variable of this name
	"page_dp":           dialplans, "page_exten": inlines, "inline_destination": inlines, "page_path": joinsInline,
	"valet_parking_orbit_exten": joinsInline, "valet_parking_orbit_context": joinsInline,
	"valet_parking_orbit_exit_key": joinsInline, "valet_parking_timeout": joinsInline,
	"fsk_uri": joinsInline, "fsk_simplify_profile": joinsInline,
	"conference_auto_outcall_prefix": joinsDial, "sip_redirect_profile": joinsDial,
	"bridge_to": namesChannels, "bridge_uuid": namesChannels, "signal_bond": namesChannels, "signal_bridge_to": namesChannels,
	"last_bridge_to": namesChannels, "soft_holding_uuid": namesChannels, "holding_uuid": namesChannels,
	"channel_swap_uuid": namesChannels, "uuid_bridge": namesChannels, "blind_transfer_uuid": namesChannels,
	"other_loopback_leg_uuid": namesChannels, "other_loopback_from_uuid": namesChannels, "rtmp_three_way_uuid": namesChannels,
	"fifo_bridge_uuid": namesChannels, "call_uuid": namesChannels, "uuid": namesChannels, "originator": namesChannels,
	// switch_channel.c:switch_channel_get_partner_uuid takes it for the channel that this one is connected to.
	"originate_signal_bond": namesChannels, "att_xfer_kill_uuid": namesChannels, "t38_peer": namesChannels, "fifo_serviced_uuid": namesChannels,
	"fifo_outbound_uuid": namesChannels, "loopback_from_uuid": namesChannels,
	"originating_leg_uuid":    namesChannels, // switch_ivr_originate.c; the detail of a call goes to that channel's (host/push)
	"ent_originate_aleg_uuid": namesChannels, "spy_uuid": namesChannels, "sip_barging_uuid": namesChannels,
	"fifo_import_prefix":           namesVariable,
	"accountcode":                  namesLog,      // mod_cdr_csv.c:my_on_reporting
	"app_disable_expand_variables": endsExpansion, // switch_core_session.c:switch_core_session_exec
	"conference_member_flags":      flagsMember, "conference_enforce_security": passesPin, "conference_moderator_pin": passesPin,
	"voicemail_authorized": logsIn,
	"recordings_dir":       namesDirectory, "sounds_dir": namesDirectory, "sound_prefix": namesDirectory, "storage_dir": namesDirectory,
	"vm_message_ext": namesEnding, "native_backup_extension": namesEnding, // mod_voicemail.c:voicemail_leave_main, switch_ivr_play_say.c
	"cdr_csv_base": writes, "format_cdr_base": writes, "json_cdr_base": writes, "xml_cdr_base": writes, "fax_trace_dir": writes, "fax_spool": writes, "fax_prefix": namesLog,
	"bert_debug_io_file": writes, "sip_msrp_file_name": writes,
	"conference_auto_record": records, "sofia_record_file": records, "fifo_record_template": records,
	"campon_announce_sound": plays, "conference_enter_sound": plays, "conference_exit_sound": plays, "conference_moh_sound": plays,
	"conference_perpetual_sound": plays, "cc_bridge_failed_outbound_announce": plays, "cc_outbound_announce": plays, "cc_warning_tone": plays,
	"fifo_announce": plays, "fifo_chime_list": plays, "fifo_consumer_wrapup_sound": plays, "fifo_music": plays, "fifo_orbit_announce": plays,
	"fifo_outbound_announce": plays, "fifo_override_announce": plays, "pa_hold_file": plays, "pa_ring_file": plays, "page_beep": plays,
	"record_indication": plays, "audio_file": plays, "ringback": plays, "transfer_ringback": plays, "valet_ext_prompt": plays, "video_logo_path": plays,
	"voicemail_greeting_path": plays,
	// mod_nibblebill, mod_lcr and mod_cdr_sqlite expand them in what the admin has written.
	"nibble_account": quotedBySQL, "nibble_rate": quotedBySQL, "nibble_increment": quotedBySQL, "lrn": quotedBySQL, "intrastate": quotedBySQL,
	"intralata": quotedBySQL, "max_rate": quotedBySQL,
	"caller_id_name": quotedInCDR, "caller_id_number": quotedInCDR, "destination_number": quotedInCDR, "context": quotedInCDR,
	"start_stamp": quotedInCDR, "answer_stamp": quotedInCDR, "end_stamp": quotedInCDR, "duration": quotedInCDR, "billsec": quotedInCDR,
	"hangup_cause": quotedInCDR, "bleg_uuid": quotedInCDR, "read_codec": quotedInCDR, "write_codec": quotedInCDR,
	"enable_file_write_buffering": buffers,                                      // switch_ivr_async.c:switch_ivr_record_session_event
	"socket_path":                 handsOn,                                      // mod_event_socket.c:socket_function
	"enum_nameserver":             asksServer,                                   // mod_enum.c:enum_lookup
	"spool_path":                  runsProgram, "audio_spool_path": runsProgram, // switch_core_file.c:switch_core_file_close
}

// heldApps lists the applications whose argument another variable may hold: what is
// in it is found there too.
var heldApps = set(`transfer execute_extension deflect bridge att_xfer set export bridge_export push unshift hash db
	phrase speak record record_session group callcenter page`)

// bareName returns a variable's name without what may stand around it.
func bareName(name string) string {
	name, _, _ = strings.Cut(strings.ToLower(strings.TrimSpace(name)), "[")
	for cut := ""; cut != name; {
		cut = name
		name = strings.TrimPrefix(strings.TrimPrefix(name, "nolocal:"), "_nolocal_")
	}
	return name
}

// carrierOf returns the carrier of a variable by its name.
func carrierOf(name string) carrier {
	name = bareName(name)
	if c, ok := carriers[name]; ok {
		return c
	}
	return familyOf(name)
}

// familyOf returns the carrier of a variable that has it by a part of its name.
func familyOf(name string) carrier {
	switch {
	// FreeSWITCH looks these up by prefix, and some modules add prefixes of their own.
	case strings.Contains(name, "execute_on_"), strings.Contains(name, "record_post_process_exec_app"):
		return executes
	case strings.Contains(name, "api_on_"), strings.Contains(name, "api_after_bridge"), strings.Contains(name, "api_before_bridge"):
		return callsAPI
	case strings.HasPrefix(name, "system_on_"):
		return runsProgram
	case strings.HasPrefix(name, "conference_member_flags_"): // its end is a flag, too
		return passesPin
	case strings.HasSuffix(name, "dialplan"):
		return dialplans
	case strings.HasSuffix(name, "hold_music"):
		return parks
	case strings.Contains(name, "pre_call_banner"), strings.HasPrefix(name, "cc_moh"):
		return broadcasts
	}
	return harmless
}

func carries(name string) bool { return carrierOf(name) != harmless }

// isText reports whether a variable's value is no command, but a file's name or a text
// between quotes.
func isText(name string) bool {
	switch carrierOf(name) {
	case plays, records, quotedBySQL, quotedInCDR:
		return true
	}
	return false
}

// variable checks a variable and its value. The end of the value may be unknown, so
// that other text may follow it.
func (c check) variable(name, value, where string) error {
	if value = strings.TrimLeft(value, " "); value == "" {
		return nil
	}
	if where == "" {
		where = name + "=" + value
	}
	if sentNames.MatchString(name) {
		if err := c.oneLine(value); err != nil {
			return err
		}
	}
	if list, ok := strings.CutPrefix(value, "ARRAY::"); ok && carries(name) { // each element is executed
		for _, one := range strings.Split(list, "|:") {
			if err := cmp.Or(c.count(one), c.carried(name, one, where)); err != nil {
				return err
			}
		}
		return nil
	}
	return c.carried(name, value, where)
}

// carried checks what a variable carries to where its name says.
func (c check) carried(name, value, where string) error {
	switch carrierOf(name) {
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
	case bridges:
		return c.api("uuid_bridge "+value, where)
	case namesApp:
		app := value[:nameEnd(value)]
		if known, _ := c.appArgument(strings.ToLower(app), "", where); known && !heldApps[strings.ToLower(app)] {
			if err := c.unclear("held-argument", "the argument of "+app+" would be in another variable", where); err != nil {
				return err
			}
		}
		return c.app(app, "", where)
	case holdsData:
		c.maybe = true
		return cmp.Or(c.transfer(syntax.Split(value, ' ', c.wordLimit(4)), 0, where), c.broadcast(value, where), c.dial(value))
	case namesFile:
		end := nameEnd(value)
		if rest := value[end:]; !strings.HasPrefix(rest, "::") && (strings.Contains(value[:end], ".") || rest != "" && strings.IndexByte("/:", rest[0]) >= 0) {
			return c.files(value, where)
		}
		return c.executed(value, where)
	case broadcasts:
		return c.broadcast(value, where)
	case parks:
		return cmp.Or(c.broadcast(value, where), c.listed(value, where))
	case routes:
		if c.unquoted {
			return c.anyTarget(strings.Split(value, ":"), ":", where)
		}
		w := syntax.Split(value, ':', 4)
		return c.target(wordAt(w, 0), wordAt(w, 1), where)
	case extends:
		return c.transfer(syntax.Split(value, ' ', c.wordLimit(4)), 0, where)
	case routesOnFail:
		return c.transfer(syntax.Split(value, ' ', c.wordLimit(4)), 1, where)
	case dialplans:
		return c.target(anything, value, where)
	case inlines:
		return c.inline(value, where)
	case joinsInline:
		return c.listed(value, where)
	case joinsDial:
		return c.dialPart(value, where)
	case namesChannels:
		return c.channel(Use, useName("variable", bareName(name)), value, where)
	case namesVariable, endsExpansion:
		return c.variableUse(name, unread, where)
	case runsProgram:
		return c.variableUse(name, program, where)
	case passesPin:
		return c.variableUse(name, others, where)
	case logsIn:
		if strings.EqualFold(value[:nameEnd(value)], "false") {
			return nil
		}
		return c.variableUse(name, others, where)
	case flagsMember:
		return c.memberFlags(value, where)
	case handsOn:
		return cmp.Or(c.namedIn(value, where), c.stored(value, where))
	case asksServer:
		return c.variableUse(name, network, where)
	case buffers:
		if !plainBuffer.MatchString(value) {
			return c.variableUse(name, crashes, where)
		}
		return nil
	case plays:
		return cmp.Or(c.tones(value, where), c.files(value, where))
	case writes:
		return c.variableUse(name, written, where)
	case records:
		return cmp.Or(c.recorded(value, where), c.files(value, where))
	case namesEnding:
		if !endings[strings.ToLower(value)] {
			return c.variableUse(name, written, where)
		}
		return nil
	case namesLog:
		if strings.ContainsAny(value, `/\"`) {
			return cmp.Or(c.variableUse(name, written, where), c.stored(value, where))
		}
	case quotedBySQL:
		if strings.ContainsAny(value, `"'\;`) {
			return cmp.Or(c.variableUse(name, injects, where), c.stored(value, where))
		}
	case quotedInCDR:
		if strings.Contains(value, `"`) {
			return cmp.Or(c.variableUse(name, injects, where), c.stored(value, where))
		}
	case namesDirectory:
		if !plainPath.MatchString(value) {
			return c.variableUse(name, unread, where)
		}
		return nil
	}
	return c.stored(value, where)
}

// variableUse checks the use of a variable that is granted by its name.
func (c check) variableUse(name string, why reason, where string) error {
	return c.use("variable", bareName(name), why, where)
}

// stored checks a text that is kept where the admin's dialplan may put it into a place
// that is executed, as FreeSWITCH's own does with the last number that somebody dialled:
// a dial string, app::argument, an extension and its dialplan.
func (c check) stored(value, where string) error {
	if err := cmp.Or(c.header(value), c.dial(value)); err != nil {
		return err
	}
	c.maybe = true
	app, _, colons := strings.Cut(value[:nameEnd(value)], "!")
	if _, why := appTable.need(strings.ToLower(app), ""); strings.Contains(value, "::") && (colons || why != unknown) {
		if err := c.broadcast(value, where); err != nil {
			return err
		}
	}
	return c.anyTarget(strings.Fields(stripQuotes(value)), " ", where)
}

// kept checks what hash and db insert.
func (c check) kept(arg, where string) error {
	w := syntax.Split(arg, '/', c.wordLimit(4))
	if len(w) > 2 && !strings.EqualFold(w[0], "select") {
		c.starts(aTask)
		if isMark(w[1] + "_" + w[2]) { // the key that mod_hash makes
			if err := c.permit(APICommand, "hash", "eslua_campaign", where); err != nil {
				return err
			}
		}
	}
	return c.stored(strings.Join(w[min(3, len(w)):], "/"), where)
}

// isMark reports whether a key of mod_hash is one under which campaigns keep what has become of
// their calls.
func isMark(key string) bool { return strings.HasPrefix(unquotedKey.Replace(key), "eslua_campaign_") }

var unquotedKey = strings.NewReplacer("'", "", `"`, "", `\`, "", " ", "")

// plainBuffer matches a word, and up to 999,999 bytes, whatever the list around it adds.
var plainBuffer = regexp.MustCompile(`^([A-Za-z]+|[0-9]{1,6})([^A-Za-z0-9]|$)`)

var plainPath = regexp.MustCompile(`^[A-Za-z0-9_./-]+$`)

// unknownValue checks a variable that is set to what only FreeSWITCH knows.
func (c check) unknownValue(name, where string) error {
	if !carries(name) || isText(name) {
		return nil
	}
	return c.variableUse(name, reason("would get a value that only FreeSWITCH will know"), where)
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

// dialPart checks the beginning of a dial string that FreeSWITCH completes: whole
// brackets, or a part of one address.
func (c check) dialPart(value, where string) error {
	rest := value
	for strings.HasPrefix(rest, "{") || strings.HasPrefix(rest, "[") || strings.HasPrefix(rest, "<") {
		end := strings.IndexAny(rest, "}]>")
		if end < 0 {
			break
		}
		rest = rest[end+1:]
	}
	if strings.ContainsAny(rest, ",|{}[]<>") || strings.Contains(strings.ToLower(rest), "loop") {
		return c.unclear("dial-part", "FreeSWITCH would complete a dial string", where)
	}
	return nil
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
