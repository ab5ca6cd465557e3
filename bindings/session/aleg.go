package session

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/eslua/eslua/host/freeswitch/esl"
	"github.com/eslua/eslua/host/freeswitch/syntax"
)

// dialled are the variables of the session for which a leg is dialled that say how that is
// done (switch_ivr_originate.c:switch_ivr_originate).
var dialled = []string{"group_confirm_key", "group_confirm_file", "group_confirm_read_timeout", "group_confirm_cancel_timeout", "group_confirm_timeout",
	"forked_dial", "fail_on_single_reject", "hangup_on_single_reject", "ignore_early_media", "originate_continue_on_timeout", "ignore_ring_ready",
	"monitor_early_media_ring", "monitor_early_media_ring_total", "monitor_early_media_fail", "return_ring_ready", "ring_ready", "progress_timeout", "language"}

// forLeg returns what a leg that is dialled for this session gets from it, as
// FreeSWITCH gives it to the legs of a bridge (switch_ivr_originate.c:
// switch_ivr_originate): the caller that is shown, the exported variables, those that say
// how it is dialled, and the bond by which FreeSWITCH tells this session how the leg
// ended. timeout is call_timeout, or as it was given.
func (s *Session) forLeg(ctx context.Context, given time.Duration) (caller, vars []syntax.Var, timeout time.Duration, err error) {
	dump, err := s.call.API(ctx, syntax.ForChannel("uuid_dump", s.call.UUID(), ""))
	if err = s.classifyErr(err); err != nil {
		return nil, nil, 0, err
	}
	now := esl.ReadDump(dump)
	value := func(name string) string { return now.Get("variable_" + name) }
	timeout = given
	if seconds := value("call_timeout"); seconds != "" {
		timeout = dialTimeout
		if n, _ := strconv.Atoi(leadingNumber.FindString(seconds)); n > 0 {
			timeout = milliseconds(1000 * min(n, 3600))
		}
	}
	last := s.call.Snapshot()
	caller = []syntax.Var{
		{Name: "origination_caller_id_name", Value: cmp.Or(value("effective_caller_id_name"), last.Get("Caller-Caller-ID-Name"))},
		{Name: "origination_caller_id_number", Value: cmp.Or(value("effective_caller_id_number"), last.Get("Caller-Caller-ID-Number"))},
	}
	vars = []syntax.Var{{Name: "signal_bond", Value: s.call.UUID()}, {Name: "originator", Value: s.call.UUID()}}
	give := func(name, value string) {
		if err := s.set.env.Grants.CheckVariable(name, value); err != nil {
			s.log().Warn("a variable is not given to the leg", "variable", name, "error", err)
		} else if len(vars) <= maxVariables {
			vars = append(vars, syntax.Var{Name: name, Value: value})
		}
	}
	for item := range strings.SplitSeq(value("export_vars"), ",") {
		if item == "" || len(vars) > maxVariables {
			continue
		}
		exported, err := s.call.API(ctx, syntax.ForChannel("uuid_getvar", s.call.UUID(), syntax.Word(item))) // its name may have a colon
		switch {
		case err != nil:
			return nil, nil, 0, s.classifyErr(err)
		case exported == "_undef_" || strings.HasPrefix(exported, "-ERR"):
			exported = ""
		}
		give(strings.TrimPrefix(strings.TrimPrefix(item, "nolocal:"), "_nolocal_"), exported)
	}
	for _, name := range dialled {
		if value := value(name); value != "" && !slices.ContainsFunc(vars, func(v syntax.Var) bool { return strings.EqualFold(v.Name, name) }) {
			give(name, value)
		}
	}
	return caller, vars, timeout, nil
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
