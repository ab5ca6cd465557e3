package esl

import (
	"context"

	"github.com/eslua/eslua/host/clock"
)

// A Job is a running bgapi command.
type Job struct {
	parcel
	uuid string
	done chan struct{}
	out  string // once done is closed
	err  error
}

// StartJob sends bgapi with a new job id. It registers the Job before it
// sends the command, so that no result comes too early. The BACKGROUND_JOB event
// goes to the Job and not to the event queue, even if nobody waits for it any
// longer. The connection must be subscribed to BACKGROUND_JOB, as plain or JSON.
func (c *Conn) StartJob(cmdline string) (*Job, error) {
	j := &Job{parcel: parcel{conn: c}, uuid: c.o.NewUUID(), done: make(chan struct{})}
	cmd, err := BgAPI(cmdline, j.uuid)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	if c.jobs == nil {
		c.jobs = make(map[string]*Job)
	}
	c.jobs[j.uuid] = j
	c.mu.Unlock()
	if err := c.post([]*Pending{{parcel: parcel{conn: c}, job: j}}, cmd); err != nil {
		c.forget(j)
		return nil, err
	}
	return j, nil
}

func (c *Conn) forget(j *Job) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.jobs, j.uuid)
}

// finishJob passes a BACKGROUND_JOB event to its Job, if the connection started it.
func (c *Conn) finishJob(e Event) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.jobs) == 0 || e.Name() != "BACKGROUND_JOB" {
		return false
	}
	id := e.Get("Job-UUID")
	j, ok := c.jobs[id]
	if ok {
		delete(c.jobs, id)
		j.arrived(len(e.raw))
		j.finish(e.Body(), nil)
	}
	return ok
}

// jobAccepted ends a job whose bgapi was refused. It is called under mu.
func (c *Conn) jobAccepted(j *Job, r Reply) {
	if err := r.Err(); err != nil && c.jobs[j.uuid] == j {
		delete(c.jobs, j.uuid)
		j.finish("", err)
	}
}

// finish sets the job's result. Only the caller that removed the job from the
// connection's jobs calls it, so it runs once.
func (j *Job) finish(out string, err error) {
	j.out, j.err = out, err
	close(j.done)
}

// UUID returns the Job-UUID.
func (j *Job) UUID() string { return j.uuid }

// Done returns a channel that is closed when the job has a result or was refused,
// or when the connection has ended.
func (j *Job) Done() <-chan struct{} { return j.done }

// Wait waits for the job's output and returns it unchanged ("+OK ...", "-ERR ..."). The
// error is a *ReplyError when the job was not accepted, a *DisconnectError, or
// that of ctx.
func (j *Job) Wait(ctx context.Context) (string, error) {
	defer func() {
		j.conn.mu.Lock()
		defer j.conn.mu.Unlock()
		j.release()
	}()
	blocker := clock.BlockerOf(ctx)
	blocker.Block()
	defer blocker.Unblock()
	for j.conn.owned && !j.Ready() {
		if err := j.conn.Await(ctx); err != nil {
			return "", err
		}
	}
	if err := either(j.done, ctx); err != nil {
		return "", err
	}
	return j.out, j.err
}

// Ready reports whether Wait returns at once.
func (j *Job) Ready() bool {
	select {
	case <-j.done:
		return true
	default:
		return false
	}
}
