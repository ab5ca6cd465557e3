package rollout

import (
	"context"
	"log/slog"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/config"
	"github.com/eslua/eslua/host/store"
)

// Deps is what a Rollout stands on.
type Deps struct {
	Scripts  *store.Store
	StateDir string // where decisions outlive a restart; "": in memory only
	Log      *slog.Logger
	Clock    clock.Clock
}

// Rollout says which generation a call gets. It is free for any number of
// goroutines.
type Rollout struct {
	deps Deps
}

// New makes a Rollout that goes on with what StateDir holds. Of cfg it uses the
// canaries of the flows. What cannot be read or found is logged, and the
// generation that serves is what calls get.
func New(cfg config.Config, d Deps) *Rollout { return &Rollout{deps: d} }

// Configure takes the canaries of another configuration. Those under way go on
// with their new settings; without one, a flow's calls get what is in the
// directory.
func (r *Rollout) Configure(cfg config.Config) {}

// Run follows the script directory and decides canaries whose window is over,
// until ctx ends.
func (r *Rollout) Run(ctx context.Context) error {
	<-ctx.Done()
	return nil
}

// Choose is the generation for a call of a flow. ended is to be called once when
// the call's script has ended; failed says that the script is to blame.
func (r *Rollout) Choose(flow, callUUID string) (g *store.Generation, ended func(failed bool)) {
	return r.deps.Scripts.Current(), func(bool) {}
}

// Serves is the generation that calls of a flow get, without a canary's share.
func (r *Rollout) Serves(flow string) *store.Generation { return r.deps.Scripts.Current() }

// Pin gives all calls of a flow, or of all flows if flow is "", an earlier (or
// the current) generation until Unpin. The prefix of its name is enough. With an
// error nothing has changed, except when it is a *SaveError.
func (r *Rollout) Pin(flow, generation string) (Record, error) { return Record{}, nil }

// Rollback gives all calls of a flow, or of all flows if flow is "", an earlier
// generation until the directory holds another version. Without a generation it
// is the newest earlier one in which that flow had another version than calls get
// now; said again, it goes further back.
func (r *Rollout) Rollback(flow, generation string) (Record, error) { return Record{}, nil }

// Unpin takes back a flow's pin or rollback, or that of all flows if flow is "".
// It returns what it took back.
func (r *Rollout) Unpin(flow string) (Record, error) { return Record{}, nil }

// Status is what an admin wants to know.
func (r *Rollout) Status() Status { return Status{} }

// Record is a pin or a rollback.
type Record struct {
	Flow       string    `json:"flow"`       // "" is all flows
	Generation string    `json:"generation"` // that calls get
	Until      string    `json:"until"`      // the version (of all flows: the generation) that was rolled back from; "" for a pin
	Why        string    `json:"why"`        // in words
	Since      time.Time `json:"since"`
}

// Pinned tells a pin from a rollback.
func (r Record) Pinned() bool { return r.Until == "" }

// Status is what is not simply as the script directory has it.
type Status struct {
	Records    []Record    `json:"records"`    // by flow
	Candidates []Candidate `json:"candidates"` // by flow
}

// Candidate is a canary under way.
type Candidate struct {
	Flow  string    `json:"flow"`
	Share int       `json:"share"` // per cent of the calls
	Since time.Time `json:"since"`
	Until time.Time `json:"until"` // end of the window
	Calls int       `json:"calls"` // that must have ended before it is decided
	Old   Arm       `json:"old"`
	New   Arm       `json:"new"`
}

// Arm is one of the two versions, with the calls begun since the canary was.
type Arm struct {
	Generation string `json:"generation"`
	Version    string `json:"version"`
	Started    int64  `json:"started"`
	Ended      int64  `json:"ended"`
	Failed     int64  `json:"failed"`
}

// SaveError says that a decision holds, but only until the host ends.
type SaveError struct {
	File string
	Err  error
}

func (e *SaveError) Error() string {
	return "decided, but it is forgotten when eslua ends, for it cannot be written: " + e.File + ": " + e.Err.Error()
}

func (e *SaveError) Unwrap() error { return e.Err }
