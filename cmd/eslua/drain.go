package main

import (
	"context"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/eslua/eslua/host/clock"
)

// tellEvery is how often the log says how many calls are left.
const tellEvery = 30 * time.Second

// departure is the time from the first signal to the last call's end.
type departure struct {
	clock      clock.Clock
	until      time.Time
	late, tell *clock.Timer  // nil before
	closed     chan struct{} // with the port
}

// leave takes no new calls: FreeSWITCH goes to the next host of its list.
func (s *service) leave(ctx context.Context, d *departure, aside *sync.WaitGroup) {
	s.draining.Store(true)
	s.moveLegs(ctx, aside) // while the port still answers, so that no leg is dialled to a deaf one
	s.listener.Refuse()
	patience := s.drainTime()
	d.until = s.clock.Now().Add(patience)
	d.late, d.tell = s.clock.NewTimer(patience), s.clock.NewTimer(tellEvery)
	s.log.Info("taking no new calls; a second signal ends the others", "calls", s.app.server.Calls(), "until", d.until.Format(time.TimeOnly))
	s.systemd.Stopping(s.callsLeft(d))
	s.app.admin.SetDraining(d.until)
	s.app.rollout.Retire()
	d.closed = make(chan struct{})
	aside.Go(func() {
		defer close(d.closed)
		s.listener.Drain(ctx)
	})
}

// moveLegs has the legs that the calls still dial come to a port of their own,
// until ctx ends.
func (s *service) moveLegs(ctx context.Context, aside *sync.WaitGroup) {
	host, _, _ := net.SplitHostPort(s.listener.Addr().String())
	l, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		s.log.Warn("the calls that are left can dial no more", "error", err)
		return
	}
	_, port, _ := net.SplitHostPort(l.Addr().String())
	s.app.legs.Redirect(port)
	aside.Go(func() { _ = s.app.server.Serve(ctx, l) }) // it says nothing but why the first one did not begin
}

// tellLeft says how many calls are left.
func (s *service) tellLeft(d *departure) {
	d.tell = s.clock.NewTimer(tellEvery)
	s.log.Info("waiting for the calls that are left", "calls", s.app.server.Calls(), "until", d.until.Format(time.TimeOnly))
	s.systemd.Status(s.callsLeft(d))
}

// giveBack says why the calls that are left end here; abort ends their context,
// once the last that were on their way have come.
func (s *service) giveBack(why string, d *departure, aside *sync.WaitGroup, abort func()) {
	s.log.Warn("ending the calls that are left; their dialplans go on", "calls", s.app.server.Calls(), "why", why)
	aside.Go(func() {
		<-d.closed
		abort()
	})
}

func (s *service) callsLeft(d *departure) string {
	return fmt.Sprintf("taking no new calls; %d left, at most until %s", s.app.server.Calls(), d.until.Format(time.TimeOnly))
}

func (d *departure) told() <-chan time.Time { return channel(d.tell) }
func (d *departure) over() <-chan time.Time { return channel(d.late) }

func channel(t *clock.Timer) <-chan time.Time {
	if t == nil {
		return nil
	}
	return t.C
}

func (d *departure) stop() {
	if d.late != nil {
		d.late.Stop()
		d.tell.Stop()
	}
}
