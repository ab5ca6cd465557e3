package admin

import "context"

// Watched is what tells of the host; it is asked at each scrape, and so is cheap.
type Watched interface {
	// Status is the host now. Listen to Metrics is not its business. With calls
	// it lists what runs, one by one.
	Status(calls bool) Status
}

// Kept is the scripts' history, and what may be done with it. A flow "" is all
// of them; a generation is a prefix of its name. Errors are for the admin.
type Kept interface {
	// History is the generations that served, newest first; with a flow, those
	// that brought it another version.
	History(flow string) ([]Change, error)
	// Diff is a unified diff. Without from it is what serves less what served
	// before it; without to it ends at what serves.
	Diff(flow, from, to string) (string, error)
	// Rollback lets an earlier generation serve until the directory changes;
	// without one it is that before what serves. The answer says what was done.
	Rollback(flow, generation string) (string, error)
	Pin(flow, generation string) (string, error)
	Unpin(flow string) (string, error)
}

// Steered is the host as a whole.
type Steered interface {
	// Reload reads configuration and scripts anew, as SIGHUP does.
	Reload(ctx context.Context) error
	// Drain takes no new calls and ends when the last is over, as SIGTERM does.
	Drain()
}

// Deps is what a Server stands on.
type Deps struct {
	Watched
	Kept
	Steered
}
