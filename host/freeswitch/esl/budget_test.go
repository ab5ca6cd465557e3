package esl

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"testing"
)

func TestAPeerThatHasNotAnsweredMaySendLittle(t *testing.T) {
	filler := strings.Repeat("x", maxGreeting)
	for name, c := range map[string]struct{ sends, want string }{
		"an announced body":   {"Content-Type: api/response\nContent-Length: 16777216\n\n", "over the limit of 65483 bytes"},
		"a head":              {"X: " + filler, "more than 65536 bytes before `connect` or the login was answered"},
		"heads together":      {strings.Repeat("Content-Type: log/data\nX: "+filler[:6<<10]+"\n\n", 11), "more than 65536 bytes"},
		"bodies together":     {strings.Repeat("Content-Type: text/surprise\nContent-Length: 30000\n\n"+filler[:30000], 3), "over the limit of 5"},
		"many events":         {strings.Repeat(plain("Event-Name: DTMF"), maxGreetingEvents+1), "events before it has answered"},
		"a head of an answer": {"Event-Name: CHANNEL_DATA\nX: " + strings.Repeat("x", maxAnswer), "headers are longer than 262144 bytes"},
		"a refused login":     {reply("-ERR invalid") + "X: " + filler, "more than 65536 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			c2, p := greeting(t, Options{})
			if _, err := c2.Post(must(t)(Auth("ClueCon"))); err != nil {
				t.Fatal(err)
			}
			_, _ = p.nc.Write([]byte(c.sends)) // the connection may end before all is sent
			<-c2.Done()
			if !strings.Contains(c2.Err().Error(), c.want) {
				t.Errorf("%v, want %s", c2.Err(), c.want)
			}
		})
	}
}

// A caller's INVITE of 64 KiB, all of it encoded, is in the answer to connect; and
// events of as much may follow it in the same packet.
func TestTheAnswerToConnectMayBeLong(t *testing.T) {
	c, p := greeting(t, Options{})
	sent, err := c.Post(must(t)(Connect()), must(t)(MyEvents("plain")))
	if err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("%3D", 64<<10)
	p.send("Event-Name: CHANNEL_DATA\nvariable_sip_h_X-Long: " + long + "\nContent-Type: command/reply\nReply-Text: %2BOK%0A\n\n" +
		reply("+OK Events Enabled") + plain("Event-Name: CHANNEL_EXECUTE", "variable_sip_h_X-Long: "+long))
	for _, s := range sent {
		if _, err := s.Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if e, err := c.Next(t.Context()); err != nil || len(e.Get("variable_sip_h_X-Long")) != 64<<10 {
		t.Error(err)
	}
}

func TestOnlyAnOutputThatWasAskedForMayBeLong(t *testing.T) {
	output := strings.Repeat("a call\n", 1<<20)
	c, p := connected(t, Options{})
	answer := func() {
		p.command()
		p.send(apiResponse(output))
	}
	go answer()
	if r, err := c.Do(t.Context(), must(t)(API("show calls"))); err != nil || r.Text() != output {
		t.Fatalf("%d bytes, %v", len(r.Text()), err)
	}
	job, err := c.StartJob("show calls")
	if err != nil {
		t.Fatal(err)
	}
	p.command()
	p.send(reply("+OK Job-UUID: x"), plainBody(output, "Event-Name: BACKGROUND_JOB", "Job-UUID: "+job.UUID()))
	if out, err := job.Wait(t.Context()); err != nil || out != output {
		t.Fatalf("%d bytes, %v", len(out), err)
	}
	for _, unasked := range []string{apiResponse(output), plainBody(output, "Event-Name: BACKGROUND_JOB", "Job-UUID: x")} {
		c, p := connected(t, Options{})
		_, _ = p.nc.Write([]byte(unasked))
		<-c.Done()
		if !strings.Contains(c.Err().Error(), "over the limit of 1048576 bytes") {
			t.Error(c.Err())
		}
	}
}

func TestTheLargestHolderGoesFirst(t *testing.T) {
	b := NewBudget(1 << 20)
	var conns [4]*Conn
	var peers [4]*peer
	for i := range conns {
		conns[i], peers[i] = connected(t, Options{Budget: b})
	}
	event := func(kib int) string { return plain("Event-Name: A", "X: "+strings.Repeat("x", kib<<10)) }
	peers[0].send(event(100))
	<-conns[0].Wake()
	peers[1].send(event(500)[:400<<10]) // the reader holds it
	peers[2].send(event(200))
	<-conns[2].Wake()
	holds(b, 800<<10)
	peers[3].send(event(400))
	<-conns[1].Done()
	var largest *BudgetError
	if err := conns[1].Err(); !errors.As(err, &largest) || largest.Limit != 1<<20 || largest.Held < 400<<10 {
		t.Errorf("the largest holder ended with %v", err)
	}
	for _, i := range []int{0, 2, 3} {
		if e, err := conns[i].Next(t.Context()); err != nil || e.Name() != "A" {
			t.Errorf("connection %d: %v", i, err)
		}
	}
	if b.ended.Load() != 1 {
		t.Errorf("%d connections were ended", b.ended.Load())
	}
}

// holds waits until so many bytes are held.
func holds(b *Budget, bytes int64) {
	for b.held.Load() < bytes {
		runtime.Gosched()
	}
}

func TestWhatAConnectionHoldsIsCounted(t *testing.T) {
	b := NewBudget(64 << 20)
	c, p := connected(t, Options{Budget: b})
	held := func(what string, want int) {
		t.Helper()
		if got := int(b.held.Load()); got < want || got > want+5000 {
			t.Errorf("%s: %d bytes are held, want %d", what, got, want)
		}
	}
	e := plain("Event-Name: A", "X: "+strings.Repeat("x", 100_000))
	p.send(e, e)
	holds(b, 200_000)
	held("two events", 200_000)
	for _, what := range []string{"one event and one that is kept", "one that is kept in place of another"} {
		kept, err := c.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		c.Keep(kept)
		held(what, int(b.held.Load()))
	}
	held("the second event only", 100_000)
	c.Keep(Event{})
	held("nothing", 0)

	sent, err := c.Post(must(t)(API("show calls")))
	if err != nil {
		t.Fatal(err)
	}
	job, err := c.StartJob("show calls")
	if err != nil {
		t.Fatal(err)
	}
	output := strings.Repeat("x", 2<<20)
	p.send(apiResponse(output), reply("+OK Job-UUID: x"), plainBody(output, "Event-Name: BACKGROUND_JOB", "Job-UUID: "+job.UUID()))
	<-job.Done()
	held("two outputs", 4<<20)
	if _, err := sent[0].Wait(t.Context()); err != nil {
		t.Error(err)
	}
	held("one output", 2<<20)
	if _, err := job.Wait(t.Context()); err != nil {
		t.Error(err)
	}
	held("all taken", 0)

	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Do(ended, must(t)(API("show calls"))); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	p.send(apiResponse(output), plain("Event-Name: B"))
	if e, err := c.Next(t.Context()); err != nil || e.Name() != "B" {
		t.Fatal(err)
	}
	held("an output that nobody waits for", 0)
	p.send(e, e[:50_000])
	holds(b, 150_000)
	_ = c.Close()
	held("after the end", 0)
	if _, ok := c.Poll(); !ok || b.held.Load() != 0 {
		t.Errorf("the event from before the end is there: %v, %d bytes", ok, b.held.Load())
	}
}
