package conversation

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/operate/config"
)

// Deps lists everything that a Recorder needs.
type Deps struct {
	Dir   string         // of the files
	Rand  func() float64 // decides which calls are recorded
	Log   *slog.Logger
	Clock clock.Clock
}

// A Recorder records calls, and keeps the files. Its methods may be called from any
// goroutine.
type Recorder struct {
	dir   string
	rand  func() float64
	log   *slog.Logger
	clock clock.Clock

	cfg   atomic.Pointer[config.Record]
	held  atomic.Int64 // bytes
	queue chan pending
	count *prometheus.CounterVec

	lost atomic.Int64 // calls, since the log said so

	// of the goroutine that writes
	shelf shelf
	told  time.Time
}

// A pending is a call that is to be written.
type pending struct {
	Conversation
	held int64
}

// mostPending bounds the calls that wait to be written; what they hold is bounded too.
const mostPending = 1000

// New returns a Recorder.
func New(cfg config.Record, d Deps) *Recorder {
	r := &Recorder{dir: d.Dir, rand: d.Rand, log: d.Log, clock: d.Clock, queue: make(chan pending, mostPending), shelf: shelf{dir: d.Dir}}
	r.count = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "eslua_recorded_calls_total", Help: "Calls that were to be recorded (record: of the configuration), by what came of it: written, or lost.",
	}, []string{"result"})
	r.Configure(cfg)
	return r
}

// Configure sets which calls are recorded from now on, and what is kept.
func (r *Recorder) Configure(cfg config.Record) { r.cfg.Store(&cfg) }

// Register registers the metrics.
func (r *Recorder) Register(to prometheus.Registerer) { to.MustRegister(r.count) }

// Tape returns a tape for a new connection, of a call or of a leg; nil if calls are not
// recorded.
func (r *Recorder) Tape() *Tape {
	cfg := r.cfg.Load()
	if r.dir == "" || cfg.Off() {
		return nil
	}
	return &Tape{recorder: r, sampled: cfg.Share > 0 && r.rand()*100 < float64(cfg.Share), began: r.clock.Now()}
}

// Begins reports whether the call of a tape may be kept. Nothing more is recorded of one that
// may not.
func (r *Recorder) Begins(t *Tape) bool {
	may := t.sampled || r.cfg.Load().Failed.Always()
	if !may {
		t.Release()
	}
	return may
}

// Keeps reports whether the call of a tape is kept.
func (r *Recorder) Keeps(t *Tape, failed bool) bool {
	return t != nil && (t.sampled || failed && r.cfg.Load().Failed.Always())
}

// Keep has a call written that is over.
func (r *Recorder) Keep(t *Tape, h Header) {
	items, held, cut := t.eject()
	h.Began, h.Cut = t.began, cut
	select {
	case r.queue <- pending{Conversation{h, items}, held}:
	default:
		r.held.Add(-held)
		r.lost.Add(1)
		r.count.WithLabelValues("lost").Inc()
	}
}

// take counts bytes if they may be held.
func (r *Recorder) take(n int64) bool {
	if r.held.Add(n) > mostOfAll {
		r.held.Add(-n)
		return false
	}
	return true
}

// every is how often files are looked at that may have become too old.
const every = time.Hour

// Run writes files until ctx ends, and then those that wait.
func (r *Recorder) Run(ctx context.Context) error {
	if r.dir == "" {
		if !r.cfg.Load().Off() {
			r.log.Warn("calls are not recorded: there is no directory for what survives a restart; set state: DIRECTORY in the configuration")
		}
		return nil
	}
	for opened := false; ; {
		if !opened && !r.cfg.Load().Off() {
			opened = true
			r.tell(r.shelf.open())
		}
		timer := r.clock.NewTimer(every)
		select {
		case p := <-r.queue:
			r.write(&p)
		case <-timer.C:
			r.tidy()
		case <-ctx.Done():
			timer.Stop()
			for {
				select {
				case p := <-r.queue:
					r.write(&p)
					continue
				default:
				}
				return nil
			}
		}
		timer.Stop()
	}
}

// write writes one call, and removes what is too much then.
func (r *Recorder) write(p *pending) {
	defer r.held.Add(-p.held)
	p.mask()
	file, err := p.Encode()
	if err == nil {
		err = r.shelf.add(p.name(), file, r.clock.Now())
	}
	result := "written"
	if err != nil {
		result = "lost"
		r.lost.Add(1)
	}
	r.count.WithLabelValues(result).Inc()
	r.tell(err)
	r.tidy()
}

func (r *Recorder) tidy() {
	cfg := r.cfg.Load()
	r.shelf.trim(r.clock.Now().Add(-time.Duration(cfg.Keep)), int64(cfg.Size))
}

// quiet is how long the log says nothing of further calls that were lost.
const quiet = time.Minute

var errTooMany = errors.New("more calls end than can be written")

// tell logs how many calls were lost, and why the last one was.
func (r *Recorder) tell(err error) {
	now := r.clock.Now()
	if err == nil && r.lost.Load() == 0 || !r.told.IsZero() && now.Before(r.told.Add(quiet)) {
		return
	}
	r.told = now
	r.log.Error("calls could not be recorded; eslua goes on without", "lost", r.lost.Swap(0), "directory", r.dir, "error", cmp.Or(err, errTooMany))
}

// mask hides what traces do not show.
func (c *Conversation) mask() {
	m := NewMask(c.Settings.Trace)
	for i := range c.Items {
		item := &c.Items[i]
		switch item.Kind {
		case Received, Together:
			item.Text = m.Received(item.Leg, item.Text)
		case Sent:
			item.Text = m.Sent(item.Leg, item.Text)
		case Answered:
			item.Text = m.Answered(item.Text)
		}
	}
	settings := map[string]any{}
	for name, value := range c.Settings.Settings {
		if text, ok := value.(string); ok && m.mask.Hides(name) && text != "" {
			value = "<masked>"
		}
		settings[name] = value
	}
	c.Settings.Settings = settings
}
