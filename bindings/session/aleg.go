package session

import (
	"cmp"
	"context"
	"strings"

	"github.com/eslua/eslua/host/freeswitch/syntax"
)

// forLeg returns what a leg that is dialled for this session gets from it, as
// FreeSWITCH gives it to the legs of a bridge (switch_ivr_originate.c:
// switch_ivr_originate): the caller that is shown, the exported variables, and the bond
// by which FreeSWITCH tells this session how the leg ended.
func (s *Session) forLeg(ctx context.Context) (caller, vars []syntax.Var, err error) {
	value := func(name string) (string, error) {
		reply, err := s.call.API(ctx, syntax.ForChannel("uuid_getvar", s.call.UUID(), syntax.Word(name)))
		if err != nil || reply == "_undef_" || strings.HasPrefix(reply, "-ERR") {
			return "", s.classifyErr(err)
		}
		return reply, nil
	}
	last := s.call.Snapshot()
	var v [3]string
	for i, name := range []string{"effective_caller_id_name", "effective_caller_id_number", "export_vars"} {
		if v[i], err = value(name); err != nil {
			return nil, nil, err
		}
	}
	caller = []syntax.Var{
		{Name: "origination_caller_id_name", Value: cmp.Or(v[0], last.Get("Caller-Caller-ID-Name"))},
		{Name: "origination_caller_id_number", Value: cmp.Or(v[1], last.Get("Caller-Caller-ID-Number"))},
	}
	vars = []syntax.Var{{Name: "signal_bond", Value: s.call.UUID()}, {Name: "originator", Value: s.call.UUID()}}
	for item := range strings.SplitSeq(v[2], ",") {
		if item == "" || len(vars) > maxVariables {
			continue
		}
		exported, err := value(item)
		if err != nil {
			return nil, nil, err
		}
		name := strings.TrimPrefix(strings.TrimPrefix(item, "nolocal:"), "_nolocal_")
		if err := s.set.env.Grants.CheckVariable(name, exported); err != nil {
			s.log().Warn("an exported variable is not given to the leg", "variable", name, "error", err)
			continue
		}
		vars = append(vars, syntax.Var{Name: name, Value: exported})
	}
	return caller, vars, nil
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
