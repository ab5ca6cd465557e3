package legs

import (
	"context"

	"github.com/eslua/eslua/host/freeswitch/syntax"
)

// FlipCallerID exchanges the leg's caller and callee when what runs now has ended.
// FreeSWITCH does so to a dialled channel that gets something to execute, as if the
// callee had called (switch_channel.c:switch_channel_sort_cid).
func (l *Leg) FlipCallerID() error {
	for _, v := range l.flipped() {
		if err := l.Start("set_profile_var", v); err != nil {
			return err
		}
	}
	return nil
}

// restoreCallerID takes back FreeSWITCH's exchange: the caller of a dialled leg is who
// dials it, for the script and for the call's record.
func (l *Leg) restoreCallerID(ctx context.Context) {
	if l.Snapshot().Get("variable_channel_cid_flipped") != "yes" {
		return
	}
	vars := l.flipped()
	last := len(vars) - 1
	for _, v := range vars[:last] {
		if l.Start("set_profile_var", v) != nil {
			return // the leg has gone: the script hears of it
		}
	}
	_, _ = l.Execute(ctx, "set_profile_var", vars[last])
}

// freeOtherHalf takes the bond to the session that dials off the other half of a loopback,
// which gets the variables of the dial string, too. FreeSWITCH would hand what the leg is to
// display on to that session: its own number (mod_loopback.c:channel_receive_message).
func (l *Leg) freeOtherHalf(ctx context.Context) {
	other := l.Snapshot().Get("variable_other_loopback_leg_uuid")
	if other == "" || l.Snapshot().Get("variable_signal_bond") == "" {
		return
	}
	_, _ = l.API(ctx, syntax.ForChannel("uuid_setvar", other, "signal_bond")) // an error is that the leg has gone: the script hears of it
}

// flipped returns the arguments of set_profile_var that exchange caller and callee.
func (l *Leg) flipped() []string {
	var v [4]string
	l.Snapshot().Pick([]string{"Caller-Callee-ID-Name", "Caller-Callee-ID-Number", "Caller-Caller-ID-Name", "Caller-Caller-ID-Number"}, v[:])
	return []string{
		syntax.Literal("caller_id_name=" + v[0]), syntax.Literal("caller_id_number=" + v[1]),
		syntax.Literal("callee_id_name=" + v[2]), syntax.Literal("callee_id_number=" + v[3]),
	}
}
