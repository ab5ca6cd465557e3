package legs

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/eslua/eslua/host/freeswitch/syntax"
	"github.com/google/uuid"
)

// line returns the originate command that brings the leg to our listener. It
// sets the variables that the dial string does not set itself.
func (r Request) line(token, id string) string {
	set := variables(r.dialled())
	var vars []syntax.Var
	for _, v := range append(r.own(id), r.Variables...) {
		if _, given := set[strings.ToLower(v.Name)]; !given {
			vars = append(vars, v)
		}
	}
	return "originate " + syntax.Word(withVariables(r.Dial, vars)) + " " +
		syntax.Word("&socket("+r.Listener+"/"+pathPrefix+token+" async full)")
}

// finish removes from the leg what was set to dial it, and sets what cannot be set before
// the channel exists. If the leg has gone, the script hears of it.
func (r Request) finish(ctx context.Context, leg *Leg) {
	set, unset := variables(r.dialled()), ""
	for _, v := range r.own("") {
		if _, given := set[v.Name]; !given {
			unset += v.Name + "=;"
		}
	}
	if uuid.Validate(r.CallUUID) == nil { // switch_ivr_originate.c:switch_ivr_originate
		unset += "call_uuid=" + r.CallUUID
	}
	if unset != "" {
		_, _ = leg.API(ctx, syntax.ForChannel("uuid_setvar_multi", leg.UUID(), strings.TrimSuffix(unset, ";")))
	}
}

// own returns the variables that are set while the leg is dialled.
func (r Request) own(id string) []syntax.Var {
	return append([]syntax.Var{
		{Name: "origination_uuid", Value: id},
		{Name: "originate_timeout", Value: strconv.Itoa(max(1, int(r.Timeout/time.Second)))},
	}, r.Caller...)
}

// withVariables puts variables in front of a dial string, into the group it
// begins with unless that one has another delimiter ("{^^:a=b:c=d}").
func withVariables(dial string, vars []syntax.Var) string {
	group := syntax.Variables(vars)
	if group != "" && strings.HasPrefix(dial, "{") && !strings.HasPrefix(dial, "{^^") {
		return strings.TrimSuffix(group, "}") + "," + dial[1:]
	}
	return group + dial
}

// dialled reads the dial string. FreeSWITCH has the last word on one that
// cannot be read.
func (r Request) dialled() []syntax.DialString {
	all, err := syntax.ReadDialString(r.Dial)
	if err != nil {
		return nil
	}
	return all
}

// endpoint returns the endpoint that is dialled, "" if it is not one.
func (r Request) endpoint() string {
	all := r.dialled()
	if len(all) != 1 || len(all[0].Groups) != 1 || len(all[0].Groups[0]) != 1 {
		return ""
	}
	return all[0].Groups[0][0].Endpoint
}

// ownUUID returns the id that the leg's channel will have, "" if that cannot be
// known before the channel exists: the dial string brings something else, or
// rings several endpoints, which cannot share an id.
func (r Request) ownUUID() string {
	all := r.dialled()
	if id, given := variables(all)["origination_uuid"]; given {
		if uuid.Validate(id) != nil {
			return ""
		}
		return id
	}
	if r.endpoint() == "" {
		return ""
	}
	return uuid.NewString()
}

// variables returns every variable that dial strings set for one leg or all, by
// its name in lower case: FreeSWITCH's are the same in any case.
func variables(all []syntax.DialString) map[string]string {
	set := map[string]string{}
	add := func(vars []syntax.Var) {
		for _, v := range vars {
			set[strings.ToLower(v.Name)] = v.Value
		}
	}
	for _, d := range all {
		add(d.Vars)
		for _, group := range d.Groups {
			for _, leg := range group {
				add(leg.Vars)
			}
		}
	}
	return set
}
