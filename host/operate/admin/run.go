package admin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/eslua/eslua/host/job"
)

// A runOrder is the body of POST /run.
type runOrder struct {
	job.Order
	Detach bool `json:"detach"`
}

// A report is a line of the answer to POST /run. The last one has Done.
type report struct {
	Print *string `json:"print,omitempty"`
	Level string  `json:"level,omitempty"`
	Said  string  `json:"said,omitempty"`
	Done  bool    `json:"done,omitempty"`
	Error string  `json:"error,omitempty"`
}

// run runs a script, whose output it sends line by line. The script ends when the client
// goes.
func (s *Server) run(w http.ResponseWriter, r *http.Request) {
	o, ok := read[runOrder](w, r)
	if !ok {
		return
	}
	err := s.deps.Jobs.Check(o.Order)
	if err == nil && o.Detach {
		err = s.deps.Jobs.Start(r.Context(), o.Order)
	}
	if err != nil {
		reply(w, nil, err)
		return
	}
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(time.Time{}) // it would end the request's context
	_ = control.SetWriteDeadline(time.Time{})
	w.Header().Set("Content-Type", "application/x-ndjson")
	var writing sync.Mutex
	send := func(line report) {
		writing.Lock()
		defer writing.Unlock()
		_ = json.NewEncoder(w).Encode(line) // the client may have gone, which ends the context
		_ = control.Flush()
	}
	if o.Detach {
		send(report{Done: true})
		return
	}
	o.Print = func(line string) { send(report{Print: &line}) }
	o.Said = func(level, line string) { send(report{Level: level, Said: line}) }
	done := report{Done: true}
	if err := s.deps.Jobs.Execute(r.Context(), o.Order); err != nil {
		done.Error = err.Error()
	}
	send(done)
}

// Run has a script run in the running eslua, passes on what it prints and writes to the
// log, and returns its error. With detach it returns when the script has begun.
func (c *Client) Run(ctx context.Context, o job.Order, detach bool) error {
	return c.lines(ctx, http.MethodPost, "/run", runOrder{o, detach}, func(lines *json.Decoder) (end bool, err error) {
		var line report
		switch err := lines.Decode(&line); {
		case ctx.Err() != nil:
			return false, ctx.Err()
		case err != nil:
			return false, fmt.Errorf("eslua has ended, and with it the script: %w", err)
		case line.Done && line.Error != "":
			return false, errors.New(line.Error)
		case line.Print != nil:
			o.Print(*line.Print)
		case !line.Done:
			o.Said(line.Level, line.Said)
		}
		return line.Done, nil
	})
}
