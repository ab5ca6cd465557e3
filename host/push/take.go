package push

import (
	"context"
	"slices"

	"github.com/eslua/eslua/host/freeswitch/esl"
	"github.com/eslua/eslua/host/operate/config"
)

// take handles an event of a node.
func (p *Pushes) take(ctx context.Context, a arrival) {
	e := a.event
	switch e.Name() {
	case ended:
		p.end(ctx, a.node, e)
	case stopped:
		p.recorded(ctx, a.node, e)
	}
	channel := short(e.Get("Unique-ID"))
	for _, l := range p.active {
		if l.On == config.CallEnd || l.On == config.Recording || !l.wantsEvent(e) || !l.wantsNode(a.node) {
			continue
		}
		if f, _ := p.flowOf(channel); l.wantsFlow(f) {
			l.add(ctx, channel, a.node, sequence(e), Document{eventPrefix + short(e.Name()), happened(e), newEvent(e, a.node, l.Variables)})
		}
	}
}

// sequence identifies an event.
func sequence(e esl.Event) string { return e.Get("Core-UUID") + "/" + e.Get("Event-Sequence") }

// end handles the last event of a channel. A leg that another channel has dialled
// belongs to that one's document, unless it has outlived it.
func (p *Pushes) end(ctx context.Context, node string, e esl.Event) {
	uuid, created := short(e.Get("Unique-ID")), short(e.Get("Caller-Channel-Created-Time"))
	if p.ledger.isOld(uuid, created) {
		return
	}
	by := originatorOf(e)
	if by != "" && p.ledger.addLeg(by, describe(e)) {
		p.forgetFlow(uuid)
		return
	}
	served, known := p.flowOf(uuid)
	if !known {
		served = kept(e)
	}
	if parent, ok := p.ledger.done.get(by); ok && served.name == "" {
		served = parent.flow
	}
	p.ledger.ends[uuid] = created
	p.ledger.wait(p.deps.Clock.Now(), known, e.Size(), func() {
		call := Call{Leg: describe(e), Node: node, Flow: served.name, Version: served.version, Originator: by}
		if o := p.ledger.take(uuid); o != nil {
			call.Legs, call.Recordings = o.legs, o.recordings
		}
		call.addOther(e)
		delete(p.ledger.ends, uuid)
		p.ledger.done.put(uuid, done{created, served})
		p.forgetFlow(uuid)
		for _, l := range p.active {
			if l.On != config.CallEnd || !l.wantsNode(node) || !l.wantsFlow(served) {
				continue
			}
			v := chosen(e, l.Variables)
			call.Variables, call.Truncated = v.m, v.cut
			l.add(ctx, uuid, node, uuid+"/"+created, Document{callEnded, call.End, call})
		}
	})
}

// addOther adds the leg with which the call was bridged last, if its end is not known.
func (c *Call) addOther(e esl.Event) {
	if e.Get("Other-Type") == "" {
		return
	}
	if other := profile(e, "Other-Leg"); other.UUID != "" && !slices.ContainsFunc(c.Legs, func(l Leg) bool { return l.UUID == other.UUID }) {
		c.Legs = append(c.Legs, other)
	}
}

// recorded handles the end of a recording.
func (p *Pushes) recorded(ctx context.Context, node string, e esl.Event) {
	uuid := short(e.Get("Unique-ID"))
	r := recording(e)
	p.ledger.addRecording(uuid, r)
	if !slices.ContainsFunc(p.active, func(l *line) bool { return l.On == config.Recording }) {
		return
	}
	served, known := p.flowOf(uuid)
	if by := originatorOf(e); !known && by != "" {
		served, known = p.flowOf(by)
	}
	if !known {
		served = kept(e)
	}
	p.ledger.wait(p.deps.Clock.Now(), known, e.Size(), func() {
		for _, l := range p.active {
			if l.On != config.Recording || !l.wantsNode(node) || !l.wantsFlow(served) {
				continue
			}
			v := chosen(e, l.Variables)
			l.add(ctx, uuid, node, sequence(e), Document{recordingFinished, r.Ended, Recorded{
				Recording: r, Call: uuid, Node: node, Flow: served.name, Version: served.version, Variables: v.m, Truncated: v.cut}})
		}
	})
}
