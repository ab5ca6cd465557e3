package main

import (
	"context"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/eslua/eslua/host/clock"
)

// reportPeriod separates two lines in the log that say how many calls remain.
const reportPeriod = 30 * time.Second

// A drain is the state of a service that takes no new calls. Its channels never
// fire before it has begun.
type drain struct {
	clock            clock.Clock
	until            time.Time
	deadline, report *clock.Timer  // nil before it begins
	closed           chan struct{} // when no more calls can arrive
}

// startDrain takes no new calls, so that FreeSWITCH goes to the next host of its list.
func (s *service) startDrain(ctx context.Context, d *drain, background *sync.WaitGroup) {
	s.draining.Store(true)
	s.moveLegs(ctx, background) // before the listener refuses, so that no leg is dialled to it
	s.listener.Refuse()
	timeout := s.drainTime()
	d.until = s.clock.Now().Add(timeout)
	d.deadline, d.report = s.clock.NewTimer(timeout), s.clock.NewTimer(reportPeriod)
	s.log.Info("taking no new calls; a second signal ends the remaining ones", "calls", s.app.server.Calls(), "until", d.until.Format(time.TimeOnly))
	s.systemd.Stopping(s.drainStatus(d))
	s.app.admin.SetDraining(d.until)
	s.app.rollout.Retire()
	s.app.jobs.Retire()
	s.app.lists.Retire()
	s.app.durable.Yield()
	if s.handover.Load() {
		s.app.jobs.StopHooks()
		if s.lookups != nil {
			background.Go(func() { s.lookups.Drain(ctx) })
		}
	}
	d.closed = make(chan struct{})
	background.Go(func() {
		defer close(d.closed)
		s.listener.Drain(ctx)
	})
}

// moveLegs gives the legs that the remaining calls dial a port of their own, until
// ctx ends.
func (s *service) moveLegs(ctx context.Context, background *sync.WaitGroup) {
	host, _, _ := net.SplitHostPort(s.listener.Addr().String())
	l, err := s.seams.open(net.JoinHostPort(host, "0"))
	if err != nil {
		s.log.Warn("the remaining calls cannot dial any more", "error", err)
		return
	}
	_, port, _ := net.SplitHostPort(l.Addr().String())
	s.app.legs.Redirect(port)
	background.Go(func() { _ = s.app.server.Serve(ctx, l) }) // it fails only as the first Serve did
}

// reportRemaining logs how many calls remain.
func (s *service) reportRemaining(d *drain) {
	d.report = s.clock.NewTimer(reportPeriod)
	s.log.Info("waiting for the remaining calls", "calls", s.app.server.Calls(), "until", d.until.Format(time.TimeOnly))
	s.systemd.Status(s.drainStatus(d))
}

// giveBack gives the remaining calls back to their dialplans: abort ends their
// context, once the last connections on their way have arrived.
func (s *service) giveBack(why string, d *drain, background *sync.WaitGroup, abort func()) {
	s.log.Warn("ending the remaining calls; their dialplans continue", "calls", s.app.server.Calls(), "why", why)
	background.Go(func() {
		<-d.closed
		abort()
	})
}

func (s *service) drainStatus(d *drain) string {
	return fmt.Sprintf("taking no new calls; %d remain, at most until %s", s.app.server.Calls(), d.until.Format(time.TimeOnly))
}

func (d *drain) reportDue() <-chan time.Time { return channel(d.report) }
func (d *drain) expired() <-chan time.Time   { return channel(d.deadline) }

func channel(t *clock.Timer) <-chan time.Time {
	if t == nil {
		return nil
	}
	return t.C
}

func (d *drain) stop() {
	if d.deadline != nil {
		d.deadline.Stop()
		d.report.Stop()
	}
}
