package job

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/operate/config"
	"github.com/eslua/eslua/host/queue"
	"github.com/eslua/eslua/host/run"
)

const (
	// againAfter lets a queue rest that cannot be asked.
	againAfter = 5 * time.Second
	// noteWithin limits how long it may take to note how a message ended.
	noteWithin = 30 * time.Second
)

// runQueues runs the scripts of the queues, one for each message, and returns when they
// have ended. Retire lets them take no more messages, and the end of ctx ends them.
func (s *Source) runQueues(ctx context.Context) {
	var workers sync.WaitGroup
	defer workers.Wait()
	for ctx.Err() == nil && s.serving.Err() == nil {
		taking, stop := context.WithCancel(ctx)
		for name, q := range s.cfg.Load().Queues {
			for range q.Workers() {
				workers.Go(func() { s.workOff(ctx, taking, name, q) })
			}
		}
		select {
		case <-s.queuesChanged:
		case <-s.serving.Done():
		case <-ctx.Done():
		}
		stop()
	}
}

// workOff runs the script for one message after the other until taking ends.
func (s *Source) workOff(ctx, taking context.Context, name string, q config.Queue) {
	for taking.Err() == nil {
		d, err := s.deps.Queues.Next(taking, name)
		switch {
		case err == nil:
			err := s.run(ctx, job{kind: Queue, name: q.Script.Name(), args: q.Script.Args(), sw: s.patiently(), message: d})
			s.finish(ctx, d, err)
		case taking.Err() == nil:
			s.deps.Log.Warn("the messages of a queue wait, for it cannot be asked", "queue", name, "error", err)
			_ = clock.Sleep(taking, s.deps.Clock, againAfter)
		}
	}
}

// finish notes how the script of a message has ended.
func (s *Source) finish(ctx context.Context, d *queue.Delivery, failure error) {
	note, stop := context.WithTimeout(context.WithoutCancel(ctx), noteWithin)
	defer stop()
	var err error
	switch {
	case failure == nil, errors.As(failure, new(run.Exit)):
		err = d.Ack(note)
	case ctx.Err() != nil:
		d.Return()
	default:
		err = d.Fail(note, failure.Error(), 0)
	}
	if err != nil {
		s.deps.Log.Error("a message may come again, for it is not noted how its script ended", "queue", d.Queue, "message", d.ID, "error", err)
	}
}
