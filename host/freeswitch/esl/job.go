package esl

import "context"

// Job is a bgapi command under way.
type Job struct {
	uuid string
	done chan struct{}
	out  string // once done is closed
	err  error
}

// StartJob sends bgapi under a job id chosen here, whose waiter stands before
// the command is sent: no result is too quick for it. The BACKGROUND_JOB goes to
// the Job and not to the event queue, also when nobody waits for it any more.
// The connection must be subscribed to BACKGROUND_JOB, as plain or JSON.
func (c *Conn) StartJob(cmdline string) (*Job, error) {
	j := &Job{uuid: c.o.NewUUID(), done: make(chan struct{})}
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
	if err := c.post([]*Pending{{conn: c, job: j}}, cmd); err != nil {
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

// takeJob gives a BACKGROUND_JOB to its Job, if it was started here.
func (c *Conn) takeJob(e Event) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.jobs) == 0 || e.Name() != "BACKGROUND_JOB" {
		return false
	}
	id := e.Get("Job-UUID")
	j, ok := c.jobs[id]
	if ok {
		delete(c.jobs, id)
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

// finish is called once, by whoever took the job out of the connection's jobs.
func (j *Job) finish(out string, err error) {
	j.out, j.err = out, err
	close(j.done)
}

// UUID is the Job-UUID.
func (j *Job) UUID() string { return j.uuid }

// Done is closed when the result, a refusal or the connection's end has come.
func (j *Job) Done() <-chan struct{} { return j.done }

// Wait is the job's output as FreeSWITCH gave it ("+OK ...", "-ERR ..."). The
// error is a *ReplyError when the job was not accepted, a *DisconnectError, or
// that of ctx.
func (j *Job) Wait(ctx context.Context) (string, error) {
	select {
	case <-j.done:
		return j.out, j.err
	case <-ctx.Done():
		return "", ctx.Err()
	}
}
