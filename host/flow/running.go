package flow

import (
	"time"
)

// RunningCall is a call whose flow runs.
type RunningCall struct {
	UUID       string    `json:"uuid"` // the channel's
	Flow       string    `json:"flow"`
	Generation string    `json:"generation"`
	Version    string    `json:"version"` // of the flow
	Since      time.Time `json:"since"`   // when the flow began
}

// Counts are the runs of one flow since the host began.
type Counts struct {
	Flow string `json:"flow"` // "" are calls whose flow there was not
	Tally
	Versions []VersionCounts `json:"versions"` // the last few, and those that still run; the newest first
}

// VersionCounts are the runs of one version of a flow.
type VersionCounts struct {
	Version    string `json:"version"`
	Generation string `json:"generation"` // the newest that had it
	Tally
}

// Tally counts runs. What has started and not ended runs now.
type Tally struct {
	Started int64 `json:"started"`
	Ended   int64 `json:"ended"`
	Failed  int64 `json:"failed"` // of those that ended: the script raised an error or reached a limit
}

// Running are the calls whose flows run now, the oldest first.
func (r *Runner) Running() []RunningCall { return nil }

// Counts are the runs of all flows, by name.
func (r *Runner) Counts() []Counts { return nil }
