//go:build !race

package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/eslua/eslua/host/testproc"
)

// A stranger is a connection to eslua whose other end is no FreeSWITCH.
type stranger struct {
	nc     net.Conn
	id     string // of its call
	random *rand.Rand
}

const strangeConnect = "Event-Name: CHANNEL_DATA\nChannel-State: CS_EXECUTE\nChannel-State-Number: 4\nUnique-ID: %[1]s\nAnswer-State: answered\n" +
	"variable_socket_host: 127.0.0.1\nvariable_socket_path: %[2]s\nvariable_current_application: socket\nvariable_current_application_data: 127.0.0.1%%3A8084/%[2]s%%20async%%20full\n" +
	"Content-Type: command/reply\nReply-Text: %%2BOK%%0A\nSocket-Mode: async\nControl: full\n\n"

// handOver hands over a call of a flow.
func (s stranger) handOver(flow string) {
	w := writer{nc: s.nc}
	for r := bufio.NewReader(s.nc); w.err == nil; {
		c, err := readCommand(r)
		if err != nil {
			return
		}
		if bytes.HasPrefix(c, []byte("connect")) {
			w.text(fmt.Sprintf(strangeConnect, s.id, flow))
			continue
		}
		w.text(agreed)
		if bytes.HasPrefix(c, []byte("myevents")) || bytes.HasPrefix(c, []byte("auth")) {
			return
		}
	}
}

// flood sends text again and again.
func (s stranger) flood(text string) {
	for err := error(nil); err == nil; {
		_, err = s.nc.Write([]byte(text))
	}
}

func (s stranger) say(text string) { _, _ = s.nc.Write([]byte(text)) }

// wait waits until eslua closes the connection.
func (s stranger) wait() {
	for err := error(nil); err == nil; {
		_, err = s.nc.Read(make([]byte, 512))
	}
}

// event returns an event of the stranger's call, with a header of so many bytes.
func (s stranger) event(name string, size int) string {
	body := "Event-Name: " + name + "\nEvent-Sequence: 4711\nChannel-State: CS_EXECUTE\nChannel-State-Number: 4\nUnique-ID: " + s.id +
		"\nAnswer-State: answered\nDTMF-Digit: 1\nDTMF-Duration: 2000\nDTMF-Source: RTP\nvariable_x: " + strings.Repeat("x", size) + "\n\n"
	return fmt.Sprintf("Content-Length: %d\nContent-Type: text/event-plain\n\n%s", len(body), body)
}

func framed(kind string, body string) string {
	return fmt.Sprintf("Content-Type: %s\nContent-Length: %d\n\n%s", kind, len(body), body)
}

// hostilities lists what a stranger may do, before and after it has handed over a call.
var hostilities = []func(s stranger){
	stranger.wait,
	func(s stranger) {}, // close at once
	func(s stranger) { s.say("Content-Type: text/ev") },
	func(s stranger) { s.say(s.event("DTMF", 100)[:200]); s.wait() },
	func(s stranger) {
		s.say("Content-Type: api/response\nContent-Length: 16777216\n\n")
		s.say(strings.Repeat("x", 16<<20-1))
		s.wait()
	},
	func(s stranger) { s.say("X: " + strings.Repeat("x", 1<<20-10)); s.wait() },
	func(s stranger) { s.say("Event-Name: CHANNEL_DATA\nX: " + strings.Repeat("x", 1<<20-100)); s.wait() },
	func(s stranger) { s.flood("X: y\n") },
	func(s stranger) { s.flood("\n") },
	func(s stranger) { s.flood(strings.Repeat(s.event("DTMF", 1000), 20)) },
	func(s stranger) { s.flood(s.event("CHANNEL_EXECUTE_COMPLETE", 900<<10)) },
	func(s stranger) { s.flood(strings.Repeat(s.event("CHANNEL_EXECUTE", 1), 100)) },
	func(s stranger) { s.flood(strings.Repeat(s.event("HEARTBEAT", 1), 100)) },
	func(s stranger) { s.say(s.event("CHANNEL_STATE", 900<<10)); s.wait() },
	func(s stranger) { s.flood(framed("text/disconnect-notice", strings.Repeat("n", 900<<10))) },
	func(s stranger) { s.flood(framed("text/event-json", `{"a":["`+strings.Repeat(`","`, 300<<10)+`"]}`)) },
	func(s stranger) { s.flood(framed("api/response", strings.Repeat("=", 1<<20))) },
	func(s stranger) { s.flood(framed("api/response", strings.Repeat("=", 15<<20))) },
	func(s stranger) { s.flood(strings.Repeat(agreed, 100)) },
	func(s stranger) { s.flood(strings.Repeat(framed("log/data", "x"), 100)) },
	func(s stranger) {
		for i := range 200 { // a byte now and then
			<-time.After(10 * time.Millisecond)
			s.say("Content-Type: text/event-plain\nX: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n"[i%60 : i%60+1])
		}
	},
	func(s stranger) {
		garbage := make([]byte, 4<<10)
		for i := range garbage {
			garbage[i] = byte(s.random.UintN(256))
		}
		s.flood(string(garbage))
	},
}

// act does something hostile, maybe after it has handed over a call.
func (s stranger) act(flows ...string) {
	if s.random.IntN(3) > 0 {
		s.handOver(flows[s.random.IntN(len(flows))])
	}
	hostilities[s.random.IntN(len(hostilities))](s)
}

// strange dials, from an address of its own because one has only so many ports, and
// acts on the connection until it or ctx ends.
func (b *besieged) strange(ctx context.Context, i int, random *rand.Rand, act func(stranger)) {
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 9, byte(1+i%250))}}
	nc, err := dialer.DialContext(ctx, "tcp", b.listen)
	if err != nil { // eslua has ended
		<-ctx.Done()
		return
	}
	defer context.AfterFunc(ctx, func() { _ = nc.Close() })()
	defer nc.Close()
	act(stranger{nc: nc, id: fmt.Sprintf("57a41600-0000-0000-0000-%012d", i), random: random})
}

func strangeFlows() map[string]string {
	return map[string]string{
		"sleeps.lua":  `session:sleep(3600000)`,
		"listens.lua": `n = 0 function heard() n = n + 1 end session:setInputCallback("heard") session:sleep(3600000)`,
		"asks.lua":    `local api = freeswitch.API() while session:ready() do pcall(api.execute, api, "show", "calls") end`,
	}
}

// TestStrangers serves honest calls while whoever can reach the port, and a node, send
// what no FreeSWITCH sends: sizes that are announced and not sent, heads without an
// end, floods, silence. What each does is drawn at random.
func TestStrangers(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	node := listening(t)
	defer node.Close()
	b := besiege(t, strangeFlows(), fmt.Sprintf("nodes: [{address: %q, password: x}]\n", node.Addr()))
	ctx, stop := context.WithCancel(context.Background())
	var strangers sync.WaitGroup
	strangers.Go(func() {
		for random := rand.New(rand.NewPCG(seed, 1000)); ; {
			nc, err := node.Accept()
			if err != nil {
				return
			}
			s := stranger{nc: nc, random: random}
			s.say("Content-Type: auth/request\n\n")
			s.act("")
			_ = nc.Close()
		}
	})
	for i := range testproc.Short(120, 60) {
		strangers.Go(func() {
			random := rand.New(rand.NewPCG(seed, uint64(i)))
			for ctx.Err() == nil {
				b.strange(ctx, i, random, func(s stranger) { s.act("sleeps", "listens", "asks", "none") })
			}
		})
	}
	b.honest(testproc.Short(300, 40))
	if mib := b.memory(); mib > 1000 {
		t.Errorf("the process had %d MiB", mib)
	}
	b.end()
	stop()
	_ = node.Close()
	strangers.Wait()
}

// TestFloodsOfDigits: no honest call fails beside calls whose callers press keys
// without an end.
func TestFloodsOfDigits(t *testing.T) {
	b, floods := digitFloods(t)
	b.under(floods, testproc.Short(200, 60))
	b.end()
}

// BenchmarkFloodsOfDigits measures how much such calls take from the others.
func BenchmarkFloodsOfDigits(bench *testing.B) {
	b, floods := digitFloods(bench)
	b.measure(bench, floods)
}

func digitFloods(t testing.TB) (b *besieged, attack func(ctx context.Context)) {
	b = besiege(t, strangeFlows(), "")
	return b, func(ctx context.Context) {
		var floods sync.WaitGroup
		for i := range 50 {
			floods.Go(func() {
				b.strange(ctx, i, nil, func(s stranger) {
					s.handOver([]string{"sleeps", "listens"}[i%2])
					_ = s.nc.(*net.TCPConn).SetWriteBuffer(64 << 10) // filling more would be this process's work, not eslua's
					s.flood(strings.Repeat(s.event("DTMF", 1000), 20))
				})
			})
		}
		floods.Wait()
	}
}

// TestACrowdOfSilentConnections connects and says nothing, more often than
// there may be calls, is in no call's way.
func TestACrowdOfSilentConnections(t *testing.T) {
	most := testproc.Short(10000, 1000)
	b := besiege(t, map[string]string{}, fmt.Sprintf("calls: {max: %d}\n", most))
	ctx, stop := context.WithCancel(context.Background())
	var crowd, arrived sync.WaitGroup
	arrived.Add(most)
	places := make(chan struct{}, most+most/20)
	crowd.Go(func() {
		for i := 0; ctx.Err() == nil; i++ {
			places <- struct{}{}
			crowd.Go(func() {
				defer func() { <-places }()
				b.strange(ctx, i, nil, func(s stranger) {
					if i < most {
						arrived.Done()
					}
					s.wait()
				})
			})
		}
	})
	arrived.Wait()
	b.honest(testproc.Short(100, 40))
	b.end()
	stop()
	crowd.Wait()
}
