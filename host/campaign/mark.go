package campaign

import (
	"cmp"
	"context"
	"errors"
	"strconv"
	"strings"
)

// A mark is what a call leaves in the memory of its node (mod_hash), so that a host which
// was not there can learn what has become of it: one when the channel is made, before
// anybody is dialled, and another one when it has ended. Whoever has written the outcome
// removes it.
type mark struct {
	made bool // the channel was made
	end  *end // nil: it has not ended
}

const (
	markRealm = "eslua_campaign"
	markMade  = "made"
	markEnded = "ended"
	memoryKey = "memory"
)

// marks returns the variables that have a call leave its marks.
//
// FreeSWITCH runs api_on_originate when it has made the channel and has not started it
// (switch_ivr_originate.c:switch_ivr_originate), and api_reporting_hook when it reports the
// end, where it replaces variables (switch_core_state_machine.c:api_hook). A variable that
// refers to others is accepted only if "origination_nested_vars=true" is somewhere in the dial
// string; as the value of another variable it stays without effect on what the channel does
// later. The other values were written by syntax, which refuses references. user/ dials once
// more inside, and needs the variable itself, which is removed from the channel.
//
// Both halves of a loopback have the variables; only the outbound one says what to do.
func marks(uuid, endpoint string) string {
	key := "/" + markRealm + "/" + uuid + "/"
	text := "campaign_marks=origination_nested_vars=true,campaign_mark_outbound=insert" +
		",api_on_originate_campaign=hash insert" + key + markMade +
		",api_reporting_hook=hash ${campaign_mark_${direction}}" + key + markEnded + " ${hangup_cause} ${answer_epoch} ${billsec}"
	if !strings.HasPrefix(endpoint, "sofia/") && !strings.HasPrefix(endpoint, "loopback/") {
		text += ",origination_nested_vars=true,api_on_originate_campaign_again=uuid_setvar " + uuid + " origination_nested_vars"
	}
	return "{" + text + "}"
}

// readMark reads what the node keeps of a call.
func readMark(text string) (m mark) {
	words := strings.Fields(text)
	switch {
	case len(words) == 1 && words[0] == markMade:
		m.made = true
	case len(words) == 4 && words[0] == markEnded:
		epoch, _ := strconv.Atoi(words[2])
		m.made, m.end = true, &end{cause: words[1], answered: epoch > 0}
		m.end.seconds, _ = strconv.Atoi(words[3])
	}
	return m
}

var errNoMarks = errors.New("the node keeps no marks, or has lost those of the time when the call was placed")

// mark reads the call's mark. The error may be errNoMarks.
func (f *following) mark() (m mark, err error) {
	memory := f.entry.last().Memory
	if memory == "" || f.node == nil {
		return m, errNoMarks
	}
	text, err := f.api("hash select/" + markRealm + "/" + f.uuid)
	if err != nil {
		return m, err
	}
	if now, err := f.api("hash select/" + markRealm + "/" + memoryKey); err != nil || now != memory {
		return m, cmp.Or(err, errNoMarks)
	}
	return readMark(text), nil
}

// unmark removes the call's mark once it has made the last one: its outcome is kept.
func (f *following) unmark() {
	if f.entry.last().Memory != "" && f.node != nil {
		f.heardWithin(madeWithin)
		ctx, stop := context.WithTimeout(context.WithoutCancel(f.ctx), madeWithin)
		defer stop()
		_, _ = f.node.link.API(ctx, "hash delete/"+markRealm+"/"+f.uuid) // one that stays is some bytes, until FreeSWITCH ends
	}
}

// askMemory returns the name of the node's memory, which is another one when it has
// forgotten: FreeSWITCH or mod_hash was started again. "" if it has none.
func (c *Campaigns) askMemory(ctx context.Context, n *nodePace) string {
	out, err := n.link.API(ctx, "hash insert_ifempty/"+markRealm+"/"+memoryKey+"/"+c.deps.NewID())
	if err != nil || strings.HasPrefix(out, "-ERR") && !strings.Contains(out, "exists") { // mod_hash is not loaded, or too old
		return ""
	}
	out, err = n.link.API(ctx, "hash select/"+markRealm+"/"+memoryKey)
	if err != nil || strings.HasPrefix(out, "-ERR") {
		return ""
	}
	return strings.TrimSpace(out)
}
