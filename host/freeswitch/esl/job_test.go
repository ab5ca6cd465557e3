package esl

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
)

func jobDone(id, out string) string {
	return plainBody(out, "Event-Name: BACKGROUND_JOB", "Job-UUID: "+id, "Job-Command: originate")
}

// numbered gives job ids 1, 2, 3.
func numbered() func() string {
	n := 0
	return func() string { n++; return fmt.Sprint("job-", n) }
}

func TestJobsGetTheirOwnResults(t *testing.T) {
	c, p := connected(t, Options{NewUUID: numbered()})
	var jobs []*Job
	for i := range 3 {
		j, err := c.StartJob("originate user/100" + fmt.Sprint(i))
		if err != nil {
			t.Fatal(err)
		}
		if got := p.command(); !strings.HasSuffix(got, "Job-UUID: "+j.UUID()+"\n") {
			t.Errorf("the peer read %q", got)
		}
		jobs = append(jobs, j)
	}
	// Results in another order, one before its own reply, one of a stranger, one as JSON.
	p.send(jobDone("job-3", "+OK c\n"), reply("+OK Job-UUID: job-1"), reply("+OK Job-UUID: job-2"), reply("+OK Job-UUID: job-3"),
		jobDone("job-of-another", "+OK x\n"), jobDone("job-1", "-ERR USER_BUSY\n"),
		"Content-Length: 66\nContent-Type: text/event-json\n\n", `{"Event-Name":"BACKGROUND_JOB","Job-UUID":"job-2","_body":"+OK b"}`)
	for i, want := range []string{"-ERR USER_BUSY\n", "+OK b", "+OK c\n"} {
		if out, err := jobs[i].Wait(t.Context()); err != nil || out != want {
			t.Errorf("job %d: %q, %v, want %q", i+1, out, err, want)
		}
	}
	if e, err := c.Next(t.Context()); err != nil || e.Get("Job-UUID") != "job-of-another" {
		t.Errorf("the queue holds %q, %v", e.Plain(), err)
	}
	if e, ok := c.Poll(); ok {
		t.Errorf("a job's result is in the queue as well: %q", e.Plain())
	}
}

func TestARefusedJobEnds(t *testing.T) {
	c, p := connected(t, Options{NewUUID: numbered()})
	j, err := c.StartJob("originate x")
	if err != nil {
		t.Fatal(err)
	}
	p.send(reply("-ERR permission denied"))
	var refused *ReplyError
	if _, err := j.Wait(t.Context()); !errors.As(err, &refused) {
		t.Error(err)
	}
	if len(c.jobs) != 0 {
		t.Error("the job is still waited for")
	}
}

// A peer that answers a job twice must not end it twice.
func TestAResultBeforeItsRefusal(t *testing.T) {
	c, p := connected(t, Options{NewUUID: numbered()})
	j, err := c.StartJob("status")
	if err != nil {
		t.Fatal(err)
	}
	p.send(jobDone("job-1", "UP\n"), reply("-ERR too late"), jobDone("job-1", "UP again\n"), plain("Event-Name: NEXT"))
	if out, err := j.Wait(t.Context()); err != nil || out != "UP\n" {
		t.Error(out, err)
	}
	for _, want := range []string{"BACKGROUND_JOB", "NEXT"} {
		if e, err := c.Next(t.Context()); err != nil || e.Name() != want {
			t.Error(e.Name(), err)
		}
	}
}

// FreeSWITCH's modules may write a Job-UUID into events of their own.
func TestOnlyABackgroundJobEventEndsAJob(t *testing.T) {
	c, p := connected(t, Options{NewUUID: numbered()})
	j, err := c.StartJob("originate x")
	if err != nil {
		t.Fatal(err)
	}
	p.send(reply("+OK Job-UUID: job-1"), plain("Event-Name: CUSTOM", "Job-UUID: job-1"), jobDone("job-1", "+OK result\n"))
	if out, err := j.Wait(t.Context()); err != nil || out != "+OK result\n" {
		t.Errorf("the job ended with %q, %v", out, err)
	}
	if e, err := c.Next(t.Context()); err != nil || e.Name() != "CUSTOM" {
		t.Errorf("the queue holds %q, %v", e.Name(), err)
	}
}

func TestAJobNobodyWaitsForStaysOutOfTheQueue(t *testing.T) {
	c, p := connected(t, Options{NewUUID: numbered()})
	j, err := c.StartJob("originate x")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := j.Wait(ctx); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	p.send(reply("+OK Job-UUID: job-1"), jobDone("job-1", "+OK late\n"), plain("Event-Name: NEXT"))
	if e, err := c.Next(t.Context()); err != nil || e.Name() != "NEXT" {
		t.Error(e.Name(), err)
	}
	<-j.Done()
}

func TestAJobWithALineBreakIsNotSent(t *testing.T) {
	c, _ := connected(t, Options{})
	var refused *FieldError
	if _, err := c.StartJob("originate x\n\napi shutdown"); !errors.As(err, &refused) {
		t.Error(err)
	}
}
