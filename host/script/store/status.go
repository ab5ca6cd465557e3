package store

import (
	"slices"
	"time"
)

// A Status describes the script tree to the admin.
type Status struct {
	Dir        string    `json:"dir,omitempty"`        // "" for the embedded scripts
	Generation string    `json:"generation"`           // that serves
	Loaded     time.Time `json:"since"`                // when it began to serve
	Scripts    int       `json:"count"`                // in it
	Problems   []Problem `json:"problems,omitempty"`   // of the directory as it is now, warnings included
	Refused    bool      `json:"refused"`              // the directory as it is now does not serve because of them
	Since      time.Time `json:"wrong_since,omitzero"` // when the first problem that is not a warning appeared; zero without any
	Swaps      uint64    `json:"swaps"`                // generations that began to serve, the first included
	Refusals   uint64    `json:"refusals"`             // states of the directory that were refused
}

// Status returns the status that was published last. It never waits for the disk.
func (s *Store) Status() Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.published
}

// Refusal returns why the directory as it is now does not serve, as the end of an error
// about a script that is not among those that do; "" if it serves.
func (s *Store) Refusal() string {
	st := s.Status()
	if err := asError(st.Problems); st.Refused && err != nil {
		return "; what was saved last does not serve: " + err.Error()
	}
	return ""
}

// Changed returns a channel that is closed when another generation serves or the
// problems change. Call it before Current or Status, so that no change is missed.
func (s *Store) Changed() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.changed
}

// publish makes the status visible and wakes goroutines that wait for a change.
func (s *Store) publish() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.published = s.status
	close(s.changed)
	s.changed = make(chan struct{})
}

// report puts problems into the status, and logs the new ones.
func (s *Store) report(problems []Problem, refused bool) {
	known := s.status.Problems
	s.status.Problems, s.status.Refused = problems, refused
	switch wrong := len(withoutWarnings(problems)) > 0; {
	case wrong && s.status.Since.IsZero():
		s.status.Since = s.clk.Now()
	case !wrong && !s.status.Since.IsZero():
		s.log.Info("scripts: all problems are solved", "problem_since", s.status.Since)
		s.status.Since = time.Time{}
	}
	for _, p := range problems {
		switch {
		case slices.Contains(known, p):
		case p.Warning:
			s.log.Warn("scripts: " + p.Error())
		case refused:
			s.log.Error("scripts: "+p.Error(), "still_serving", s.status.Generation)
		default:
			s.log.Error("scripts: " + p.Error())
		}
	}
}

// reportWriter reports that a script is open for writing and waited for.
func (s *Store) reportWriter(file string) {
	problems := []Problem{{File: file, Message: "another process has it open for writing; changes take effect when it is closed"}}
	if s.hasWriter && slices.Equal(s.status.Problems, problems) {
		return
	}
	s.hasWriter = true
	s.report(problems, true)
	s.publish()
}
