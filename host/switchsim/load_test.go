package switchsim_test

import (
	"bufio"
	"fmt"
	"net"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/eslua/eslua/host/switchsim"
)

// serveBare answers every socket with the same few commands and reads packets
// until the switch closes; it is the least an application can do.
func serveBare(ln net.Listener, each func(c net.Conn)) (stop func()) {
	var wg sync.WaitGroup
	wg.Add(1)
	go func() {
		defer wg.Done()
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			wg.Add(1)
			go func() {
				defer wg.Done()
				defer c.Close()
				each(c)
			}()
		}
	}()
	return func() { ln.Close(); wg.Wait() }
}

// Two thousand calls at once (three hundred with -short), each under an
// application's control, each with a prompt and a scheduled hangup: all end as they
// should, with few goroutines.
func TestTwoThousandCalls(t *testing.T) {
	calls := 2000
	if testing.Short() {
		calls = 300
	}
	clk := manual()
	a := listen(t)
	sw := start(t, switchsim.Config{Clock: clk, Dialplan: switchsim.Dialplan{"default": {
		{Match: "app", Actions: actions("answer", "socket "+a.addr()+" async full")}}}})
	var playing sync.WaitGroup
	playing.Add(calls)
	stop := serveBare(a.ln, func(c net.Conn) {
		br := bufio.NewReader(c)
		fmt.Fprint(c, "connect\n\n")
		raw, err := readPacket(br)
		if err != nil {
			return
		}
		data, _ := parsePacket(raw)
		fmt.Fprintf(c, "linger 5\n\nmyevents\n\napi sched_hangup +60 %s\n\n", data.get("Unique-ID"))
		fmt.Fprint(c, "sendmsg\ncall-command: execute\nexecute-app-name: playback\nexecute-app-arg: tone_stream://%(3600000,0,440)\n\n")
		for {
			raw, err := readPacket(br)
			if err != nil {
				return
			}
			switch {
			case strings.Contains(raw, "Event-Name: CHANNEL_EXECUTE\n") && strings.Contains(raw, "Application: playback\n"):
				playing.Done()
			case strings.Contains(raw, "Event-Name: CHANNEL_HANGUP_COMPLETE\n"):
				fmt.Fprint(c, "exit\n\n")
			}
		}
	})
	defer stop()
	before := runtime.NumGoroutine()
	list := make([]*switchsim.Call, calls)
	for i := range list {
		list[i] = sw.Call(switchsim.Caller{Number: fmt.Sprint(i), Destination: "app"})
	}
	playing.Wait()
	// Per call: the channel, the listener, its reader, and one of this test's.
	if n := runtime.NumGoroutine() - before; n > 4*calls+20 {
		t.Errorf("%d goroutines for %d calls", n, calls)
	}
	clk.WaitForTimer(60 * time.Second)
	clk.Advance(60 * time.Second)
	for _, c := range list {
		<-c.Done()
		if c.Cause() != "ALLOTTED_TIMEOUT" {
			t.Fatal(c.Cause())
		}
	}
}

// BenchmarkCall measures a whole call with a bare application, to know what the
// simulator itself costs when it is the peer of another benchmark.
func BenchmarkCall(b *testing.B) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	stop := serveBare(ln, func(c net.Conn) {
		fmt.Fprint(c, "connect\n\nlinger 5\n\nmyevents\n\n")
		fmt.Fprint(c, "sendmsg\ncall-command: execute\nexecute-app-name: playback\nexecute-app-arg: silence_stream://0\n\n")
		fmt.Fprint(c, "sendmsg\ncall-command: hangup\n\n")
		br := bufio.NewReaderSize(c, 16<<10)
		for {
			raw, err := readPacket(br)
			if err != nil {
				return
			}
			if strings.Contains(raw, "Event-Name: CHANNEL_HANGUP_COMPLETE\n") {
				fmt.Fprint(c, "exit\n\n")
			}
		}
	})
	defer stop()
	sw := switchsim.New(switchsim.Config{Heartbeat: -1, NoJournal: true, Dialplan: switchsim.Dialplan{"default": {
		{Match: "app", Actions: actions("answer", "socket "+ln.Addr().String()+" async full")}}}})
	if err := sw.Start(); err != nil {
		b.Fatal(err)
	}
	defer sw.Close()
	b.ReportAllocs()
	for b.Loop() {
		<-sw.Call(switchsim.Caller{Number: "1", Destination: "app"}).Done()
	}
}
