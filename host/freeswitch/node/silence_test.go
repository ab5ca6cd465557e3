package node

import (
	"testing"
	"time"
)

// quiet is the time in which FreeSWITCH may say nothing: three heartbeats and a half.
const quiet = 70 * time.Second

func TestASilentNodeIsGivenUp(t *testing.T) {
	w := newWorld(t, Node{}, Options{})
	p := w.up(1, core)
	w.clk.Advance(quiet - time.Second)
	w.beat(p, otherCore, 20)
	w.clk.Advance(time.Second) // the first look: something has come
	w.clk.WaitForTimers(1)
	w.clk.Advance(quiet - 2*time.Second)
	if !w.link.Up() {
		t.Fatal("given up a second early")
	}
	w.clk.Advance(time.Second)
	p.expectEnd()
	w.log.wait(1, "no HEARTBEAT for 1m10s: the node or the network has failed")
}

func TestALongCommandIsNotSilence(t *testing.T) {
	w := newWorld(t, Node{}, Options{})
	p := w.up(1, core)
	answer := make(chan string)
	go func() {
		out, err := w.link.API(t.Context(), "originate user/1000 &park()")
		if err != nil {
			t.Error(err)
		}
		answer <- out
	}()
	p.expect("api originate user/1000 &park()")
	for range 3 {
		w.clk.Advance(quiet)
		w.clk.WaitForTimers(1)
	}
	p.send(apiResponse("-ERR NO_ANSWER\n"))
	if out := <-answer; out != "-ERR NO_ANSWER\n" {
		t.Error(out)
	}
	w.clk.Advance(quiet) // counts again from here: FreeSWITCH could not send before
	w.clk.WaitForTimers(1)
	if !w.link.Up() {
		t.Error("given up although it has just answered")
	}
	w.clk.Advance(quiet)
	p.expectEnd()
}

func TestTheNodeTellsItsInterval(t *testing.T) {
	w := newWorld(t, Node{}, Options{})
	p := w.up(1, core)
	w.beat(p, otherCore, 60)
	w.clk.Advance(quiet)
	w.clk.WaitForTimers(1)
	w.clk.Advance(210*time.Second - quiet - time.Second)
	if !w.link.Up() {
		t.Fatal("given up early")
	}
	w.clk.Advance(time.Second)
	p.expectEnd()
}

func TestWithoutHeartbeatsNothingIsDue(t *testing.T) {
	w := newWorld(t, Node{}, Options{})
	p := <-w.dialled
	defer p.hangUp()
	p.greet()
	p.expect("event plain HEARTBEAT")
	p.send(reply("-ERR permission denied"))
	p.expect("event plain BACKGROUND_JOB")
	p.send(reply("+OK event listener enabled plain"))
	p.expect("api global_getvar core_uuid")
	p.send(apiResponse(core))
	w.log.wait(1, "connected to FreeSWITCH")
	w.log.wait(1, "esl-allowed-events")
	for range 10 {
		w.clk.Advance(quiet)
		w.clk.WaitForTimers(1)
	}
	if !w.link.Up() {
		t.Error("given up for want of heartbeats that were refused")
	}
}
