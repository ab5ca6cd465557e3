package node

import (
	"context"
	"strconv"
	"time"

	"github.com/eslua/eslua/host/freeswitch/esl"
)

// heartbeat is FreeSWITCH's default interval (event-heartbeat-interval of
// switch.conf.xml); each HEARTBEAT tells the real one.
const heartbeat = 20 * time.Second

// session is one authenticated connection. It belongs to the goroutine of Run.
type session struct {
	link      *Link
	conn      *esl.Conn
	asked     map[string]bool // names that were subscribed to on this connection
	questions []question
	up        bool

	seen     time.Time     // when something last came
	interval time.Duration // between heartbeats; 0: the node sends us none
}

// question is a command whose answer is looked at when it comes.
type question struct {
	pending *esl.Pending
	answer  func(esl.Reply)
}

// run subscribes, hands events out and watches for silence, until the
// connection or ctx ends.
func (s *session) run(ctx context.Context) error {
	s.interval, s.seen = heartbeat, s.link.clk.Now()
	if err := s.subscribe(); err != nil {
		return err
	}
	if err := s.askCore(); err != nil {
		return err
	}
	timer := s.link.clk.NewTimer(s.patience())
	defer func() { timer.Stop() }()
	for {
		if err := s.drain(); err != nil {
			return err
		}
		select {
		case <-s.conn.Wake():
			s.seen = s.link.clk.Now()
		case <-s.link.more:
			if err := s.subscribe(); err != nil {
				return err
			}
		case <-timer.C:
			left, err := s.listenForSilence()
			if err != nil {
				return err
			}
			timer = s.link.clk.NewTimer(left)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// drain takes all that has come: events, answers, and the connection's end.
func (s *session) drain() error {
	ended := s.conn.Err() // asked first: what came before the end is still handed out
	for e, ok := s.conn.Poll(); ok; e, ok = s.conn.Poll() {
		s.take(e)
	}
	if ended != nil {
		return ended
	}
	waiting := s.questions[:0]
	for _, q := range s.questions {
		r, err, ok := q.pending.Ready()
		switch {
		case !ok:
			waiting = append(waiting, q)
		case err == nil:
			q.answer(r)
		}
	}
	s.questions = waiting
	if !s.up && len(s.questions) == 0 {
		s.up = true
		s.link.setUp(s.conn)
	}
	return nil
}

func (s *session) take(e esl.Event) {
	if e.Name() == "HEARTBEAT" {
		s.link.noteCore(e.Get("Core-UUID"))
		if n, err := strconv.Atoi(e.Get("Heartbeat-Interval")); err == nil && n > 0 && s.interval > 0 {
			s.interval = time.Duration(n) * time.Second
		}
	}
	s.link.handOut(e)
}

// patience is how long nothing may come: three heartbeats, and half of one for
// the way.
func (s *session) patience() time.Duration {
	if s.interval == 0 {
		return longestPause // looked at again; nothing is due
	}
	return 3*s.interval + s.interval/2
}

// listenForSilence tells how long nothing may come from now on. While FreeSWITCH
// is busy with an API command of ours, it sends nothing on this connection.
func (s *session) listenForSilence() (left time.Duration, err error) {
	now := s.link.clk.Now()
	if s.link.answered.Swap(false) || s.link.inFlight.Load() > 0 || s.interval == 0 {
		s.seen = now
	}
	left = s.patience() - now.Sub(s.seen)
	if left <= 0 {
		return 0, &SilentError{Silence: now.Sub(s.seen)}
	}
	return left, nil
}

// askCore learns at once whether FreeSWITCH was restarted; a user who may not
// ask learns it from the next HEARTBEAT.
func (s *session) askCore() error {
	cmd, err := esl.API("global_getvar core_uuid")
	if err != nil {
		return err
	}
	return s.ask(cmd, func(r esl.Reply) {
		if id := r.Text(); len(id) == len("a816de5e-dd00-4676-ad5e-3df344958d3a") {
			s.link.noteCore(id)
		}
	})
}

func (s *session) ask(cmd esl.Command, answer func(esl.Reply)) error {
	sent, err := s.conn.Post(cmd)
	if err != nil {
		return err
	}
	s.questions = append(s.questions, question{sent[0], answer})
	return nil
}
