package session

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/eslua/eslua/host/call/legs"
	"github.com/eslua/eslua/host/freeswitch/esl"
	"github.com/eslua/eslua/host/freeswitch/syntax"
)

// dialled names the variables of the session for which a leg is dialled that say how that is
// done (switch_ivr_originate.c:switch_ivr_originate).
var dialled = []string{"group_confirm_key", "group_confirm_file", "group_confirm_read_timeout", "group_confirm_cancel_timeout", "group_confirm_timeout",
	"forked_dial", "fail_on_single_reject", "hangup_on_single_reject", "ignore_early_media", "originate_continue_on_timeout", "ignore_ring_ready",
	"monitor_early_media_ring", "monitor_early_media_ring_total", "monitor_early_media_fail", "return_ring_ready", "ring_ready", "progress_timeout", "language",
	"sip_cid_type", "sip_multipart", "rtp_video_fmtp", "sip-force-contact", "sip_sticky_contact"} // mod_sofia.c:sofia_outgoing_channel

// errLoop is returned for a call that has come here through too many others.
var errLoop = errors.New("max_forwards of the call is used up: it may go in a circle")

// forLeg returns what a leg that is dialled for this session gets from it, as
// FreeSWITCH gives it to the legs of a bridge (switch_ivr_originate.c:
// switch_ivr_originate): the caller that is shown, the exported variables, those that say
// how it is dialled, and the bond by which FreeSWITCH tells this session how the leg
// ended. r has the time-out that a call_timeout replaces.
func (s *Session) forLeg(ctx context.Context, r *legs.Request) error {
	dump, err := s.call.API(ctx, syntax.ForChannel("uuid_dump", s.call.UUID(), ""))
	if err = s.classifyErr(err); err != nil {
		return err
	}
	now := esl.ReadDump(dump)
	if maxForwards(now) <= 1 {
		return errLoop
	}
	value := func(name string) string { return now.Get("variable_" + name) }
	r.CallUUID = cmp.Or(now.Get("Channel-Call-UUID"), s.call.UUID())
	if seconds := value("call_timeout"); seconds != "" {
		r.Timeout = dialTimeout
		if n, _ := strconv.Atoi(leadingNumber.FindString(seconds)); n > 0 {
			r.Timeout = milliseconds(1000 * min(n, 3600))
		}
	}
	last := s.call.Snapshot()
	r.Caller = []syntax.Var{
		{Name: "origination_caller_id_name", Value: cmp.Or(value("effective_caller_id_name"), last.Get("Caller-Caller-ID-Name"))},
		{Name: "origination_caller_id_number", Value: cmp.Or(value("effective_caller_id_number"), last.Get("Caller-Caller-ID-Number"))},
	}
	for _, v := range []syntax.Var{
		{Name: "origination_ani", Value: cmp.Or(value("effective_ani"), now.Get("Caller-ANI"))},
		{Name: "origination_aniii", Value: cmp.Or(value("effective_aniii"), now.Get("Caller-ANI-II"))},
		{Name: "origination_privacy", Value: privacy(now)},
	} {
		if v.Value != "" {
			r.Caller = append(r.Caller, v)
		}
	}
	r.Variables = []syntax.Var{
		{Name: "signal_bond", Value: s.call.UUID()}, {Name: "originator", Value: s.call.UUID()},
		{Name: "max_forwards", Value: strconv.Itoa(maxForwards(now) - 1)}, {Name: "export_vars", Value: value("export_vars")},
	}
	r.Variables = append(r.Variables, s.progressVars()...)
	give := func(name, value string) {
		if err := s.set.env.Grants.CheckVariable(name, value); err != nil {
			s.log().Warn("a variable is not given to the leg", "variable", name, "error", err)
		} else if len(r.Variables) <= maxVariables {
			r.Variables = append(r.Variables, syntax.Var{Name: name, Value: value})
		}
	}
	for item := range strings.SplitSeq(value("export_vars"), ",") {
		if item == "" || len(r.Variables) > maxVariables {
			continue
		}
		exported, err := s.call.API(ctx, syntax.ForChannel("uuid_getvar", s.call.UUID(), syntax.Word(item))) // its name may have a colon
		switch {
		case err != nil:
			return s.classifyErr(err)
		case exported == "_undef_" || strings.HasPrefix(exported, "-ERR"):
			exported = ""
		}
		give(strings.TrimPrefix(strings.TrimPrefix(item, "nolocal:"), "_nolocal_"), exported)
	}
	names := dialled
	if copies := value("sip_copy_custom_headers"); copies == "" || switchTrue(copies) {
		names = slices.Concat(dialled, customHeaders(now))
	}
	for _, name := range names {
		if value := value(name); value != "" && !slices.ContainsFunc(r.Variables, func(v syntax.Var) bool { return strings.EqualFold(v.Name, name) }) {
			give(name, value)
		}
	}
	return nil
}

// maxForwards returns how many channels in a row a channel may begin, itself included
// (switch_core_session.c:switch_core_session_outgoing_channel).
func maxForwards(channel esl.Event) int {
	if v := channel.Get("variable_max_forwards"); v != "" {
		n, _ := strconv.Atoi(leadingNumber.FindString(v))
		return n
	}
	return 71
}

// privacy returns what a channel's caller hides from those who are called, "" if that is
// as FreeSWITCH has it for everybody.
func privacy(channel esl.Event) string {
	var hidden []string
	for _, h := range [][2]string{{"Caller-Privacy-Hide-Name", "hide_name"}, {"Caller-Privacy-Hide-Number", "hide_number"}} {
		if channel.Get(h[0]) == "true" {
			hidden = append(hidden, h[1])
		}
	}
	if len(hidden) > 0 && channel.Get("Caller-Screen-Bit") == "true" {
		hidden = append(hidden, "screen")
	}
	return strings.Join(hidden, ":")
}

// customHeaders returns the names of the variables that become headers of a leg's INVITE.
func customHeaders(channel esl.Event) (names []string) {
	for header := range channel.All() {
		if name, ok := strings.CutPrefix(header, "variable_sip_h_"); ok {
			names = append(names, "sip_h_"+name)
		}
	}
	return names
}

// dialStatus is FreeSWITCH's name for how dialling ended; a cause that is not here is
// its own (switch_ivr_originate.c).
var dialStatus = map[string]string{"ORIGINATOR_CANCEL": "CANCEL", "USER_BUSY": "BUSY", "NO_ANSWER": "NOANSWER",
	"DESTINATION_OUT_OF_ORDER": "INVALIDARGS", "INVALID_PROFILE": "INVALIDARGS", "CALL_REJECTED": "DONTCALL"}

// noteDialling sets the variables in which FreeSWITCH notes how dialling for a session
// went. The channel that was dialled is described by its uuid and its callee; there may be
// none.
func (s *Session) noteDialling(ctx context.Context, cause, uuid, callee string) {
	if s.ended() {
		return
	}
	vars := [][2]string{{"originate_disposition", cause}, {"DIALSTATUS", cmp.Or(dialStatus[cause], cause)}}
	end := "NONE"
	switch {
	case cause == "SUCCESS":
		vars = append(vars, [2]string{"signal_bond", uuid})
	case uuid != "":
		end = cause
		vars = append(vars, [2]string{"last_bridge_hangup_cause", cause})
	}
	if uuid != "" {
		vars = append(vars, [2]string{"originated_legs", uuid + ";" + callee}, [2]string{"originate_causes", uuid + ";" + end})
	}
	for _, v := range vars {
		name, value := v[0], v[1]
		if strings.HasPrefix(name, "originate") && strings.Contains(value, ";") { // one for each leg
			before, err := s.call.API(ctx, syntax.ForChannel("uuid_getvar", s.call.UUID(), name))
			if err == nil && before != "_undef_" && !strings.HasPrefix(before, "-") {
				value = "ARRAY::" + strings.TrimPrefix(before, "ARRAY::") + "|:" + value
			}
		}
		if _, err := s.call.API(ctx, syntax.ForChannel("uuid_setvar", s.call.UUID(), name+" "+syntax.Rest(value))); err != nil {
			_ = s.classifyErr(err)
			return
		}
	}
}
