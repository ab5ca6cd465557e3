package admin

import (
	"context"

	"github.com/eslua/eslua/host/job"
)

// StatusSource reports on the running eslua.
type StatusSource interface {
	// Status returns a snapshot. The Server fills in Metrics. With calls, Running
	// lists every call. It is cheap enough for every health check.
	Status(calls bool) Status
}

// ScriptControl shows the history of the scripts and decides what new calls get.
// The flow "" means all flows; a generation may be named by a prefix. Errors are
// written for the admin.
type ScriptControl interface {
	// History returns the generations that served, newest first; with a flow, only
	// the generations that changed it.
	History(flow string) ([]Change, error)
	// Diff returns a unified diff. Without from and to it shows the last change:
	// from the previous generation to the script directory.
	Diff(flow, from, to string) (string, error)
	// Rollback serves an earlier generation until the directory changes; without a
	// generation, the one before. The text tells the admin the result.
	Rollback(flow, generation string) (string, error)
	// Pin serves a generation until Unpin.
	Pin(flow, generation string) (string, error)
	// Unpin ends a pin or a rollback.
	Unpin(flow string) (string, error)
}

// ProcessControl controls the process as signals do.
type ProcessControl interface {
	// Drain takes no new calls and ends the process after the last one, as SIGTERM does.
	// With handover, another eslua has them from now on.
	Drain(handover bool)
	// Works returns an error unless the process does its work: see systemd's watchdog.
	Works(ctx context.Context) error
}

// JobControl runs scripts for the admin.
type JobControl interface {
	// Check returns an error if there is nothing to run.
	Check(job.Order) error
	// Execute runs a script to its end.
	Execute(context.Context, job.Order) error
	// Start has a script run in the background.
	Start(context.Context, job.Order) error
}
