package switchsim

import "github.com/eslua/eslua/host/switchsim/wire"

// dialPickup makes the channel of pickup/KEY, which waits until an application pickup
// with that key answers it (mod_dptools.c:pickup_outgoing_channel).
func (s *Switch) dialPickup(t target, key string, o origination) *channel {
	p := &profile{destination: key, source: "src/switch_ivr_originate.c", calleeName: "Outbound Call", calleeNumber: key}
	c := s.newOutbound(t, "pickup/"+key, codec{}, p, o)
	c.vars.set("process_cdr", "false")
	c.vars.setAll(t.vars)
	c.pickup, c.pickupVars = key, t.vars
	c.dialOut()
	return c
}

// pickupApp puts its channel in the place of one that was dialled as pickup/KEY
// (mod_dptools.c:pickup_function). Without such a channel it does nothing.
func pickupApp(c *channel, key string) {
	dialled := c.sw.awaitedPickup(key)
	if dialled == nil {
		return
	}
	c.setAll(dialled.pickupVars)
	dialled.mu.Lock()
	name, number := dialled.caller.cidName, dialled.caller.cidNumber
	dialled.mu.Unlock()
	c.mu.Lock()
	p := *c.caller
	p.calleeName, p.calleeNumber = p.cidName, p.cidNumber
	p.cidName, p.cidNumber = name, number
	c.caller = &p
	c.mu.Unlock()
	c.fireWith("CALL_UPDATE", []wire.Header{{Name: "Direction", Value: "RECV"}})
	c.setState(csHibernate)
	dialled.update(func() { dialled.pickedUpBy = c })
}

// awaitedPickup returns the oldest channel that waits to be picked up with a key, nil
// if there is none.
func (s *Switch) awaitedPickup(key string) (oldest *channel) {
	for _, c := range s.upChannels() {
		if c.pickup == key && load(&c.mu, &c.pickedUpBy) == nil && (oldest == nil || c.number < oldest.number) {
			oldest = c
		}
	}
	return oldest
}

// swapped returns the channel that a dialled one stands for: itself, or the one that
// has picked it up, which then takes its place
// (switch_ivr_originate.c:check_channel_status).
func (c *channel) swapped() *channel {
	by := swap(&c.mu, &c.pickedUpBy, nil)
	if by == nil {
		return c
	}
	c.hangup("PICKED_OFF")
	by.set("picked_up_uuid", c.uuid)
	return by
}
