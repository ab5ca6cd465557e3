package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"syscall"
	"time"
)

// callsAtOnce is the number of calls under way at a time.
const callsAtOnce = 50

// servePeer obeys its parent's lines. "calls <addr> <n>" makes n calls. "idle <addr>
// <n>" makes n calls at once, answers "idle" when all of them wait for the end of
// their playback, and ends them when another line comes. Both answer "done".
func servePeer(in io.Reader, out io.Writer) error {
	rec, err := loadRecorded()
	if err != nil {
		return err
	}
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		var verb, addr string
		var n int
		if _, err := fmt.Sscan(lines.Text(), &verb, &addr, &n); err != nil {
			return err
		}
		p := peer{rec: rec, addr: addr}
		workers := callsAtOnce
		var waiting sync.WaitGroup
		if verb == "idle" {
			workers = n
			waiting.Add(n)
			p.pause = make(chan struct{})
			p.paused = waiting.Done
		}
		failed := make(chan error, workers)
		for w := range workers {
			go func() { failed <- p.work(w, (n+workers-1-w)/workers) }()
		}
		if verb == "idle" {
			waiting.Wait()
			fmt.Fprintln(out, "idle")
			lines.Scan()
			close(p.pause)
		}
		for range workers {
			if err := <-failed; err != nil {
				return err
			}
		}
		fmt.Fprintln(out, "done")
	}
	return lines.Err()
}

type peer struct {
	rec    recorded
	addr   string
	pause  chan struct{}
	paused func()
}

// work makes calls one after the other, from an address of its own: one address has
// only so many ports within a minute.
func (p *peer) work(worker, calls int) error {
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, byte(1+worker/250), byte(1+worker%250))}}
	for range calls {
		nc, err := p.dial(&dialer)
		if err != nil {
			return err
		}
		err = p.call(nc)
		_ = nc.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

// dial retries until the host has opened its port, which eslgo does late.
func (p *peer) dial(d *net.Dialer) (net.Conn, error) {
	for begin := time.Now(); ; {
		nc, err := d.Dial("tcp", p.addr)
		if !errors.Is(err, syscall.ECONNREFUSED) || time.Since(begin) > 5*time.Second {
			return nc, err
		}
	}
}

const (
	notice = "Content-Type: text/disconnect-notice\nContent-Disposition: disconnect\nContent-Length: 4\n\nBye\n"
	agreed = "Content-Type: command/reply\nReply-Text: +OK\n\n"
	apiOK  = "Content-Type: api/response\nContent-Length: 4\n\n+OK\n"
)

// call answers a host's commands until it sends exit or closes. A host that leaves
// something out of the call is an error, because its figure would be too good.
func (p *peer) call(nc net.Conn) error {
	r := bufio.NewReader(nc)
	w := writer{nc: nc}
	var did []string
	for w.err == nil {
		c, err := readCommand(r)
		if err != nil {
			break // the host is done with the call
		}
		id := commandHeader(c, "event-uuid: ")
		c = bytes.ToLower(c) // eslgo writes headers in a case of its own
		switch {
		case bytes.HasPrefix(c, []byte("connect")):
			w.frames(p.rec.connect, "")
		case bytes.Contains(c, []byte("execute-app-name: answer")):
			did = append(did, "answer")
			w.frames(p.rec.answer, id)
		case bytes.Contains(c, []byte("execute-app-name: playback")):
			did = append(did, "playback")
			if p.pause != nil {
				p.paused()
				<-p.pause
			}
			w.frames(p.rec.playback, id)
		case bytes.HasPrefix(c, []byte("api uuid_kill")):
			did = append(did, "hangup")
			w.text(apiOK)
			w.frames(p.rec.hangup[1:], "")
		case bytes.Contains(c, []byte("call-command: hangup")):
			did = append(did, "hangup")
			w.text(agreed)
			w.frames(p.rec.hangup[1:], "")
		case bytes.HasPrefix(c, []byte("api ")):
			w.text(apiOK)
		case bytes.HasPrefix(c, []byte("exit")):
			w.text(agreed)
			w.text(notice)
			return whole(did)
		default:
			w.text(agreed)
		}
	}
	return whole(did)
}

func whole(did []string) error {
	if got := strings.Join(did, ", "); got != "answer, playback, hangup" {
		return fmt.Errorf("the host's call was not answer, playback, hangup but %q", got)
	}
	return nil
}

// writer sends as FreeSWITCH does: every frame with a write of its own, an event's
// head and body with one each (mod_event_socket.c:read_packet), and with TCP_NODELAY.
type writer struct {
	nc         net.Conn
	head, body []byte
	err        error
}

func (w *writer) frames(frames []frame, id string) {
	for _, f := range frames {
		head, body := f.render(w.head[:0], w.body[:0], id)
		w.send(head)
		if len(body) > 0 {
			w.send(body)
		}
		w.head, w.body = head, body
	}
}

func (w *writer) text(s string) { w.send([]byte(s)) }

func (w *writer) send(b []byte) {
	if w.err == nil {
		_, w.err = w.nc.Write(b)
	}
}

// readCommand returns the next command; the hosts send none with a body.
func readCommand(r *bufio.Reader) ([]byte, error) {
	var c []byte
	for {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return nil, err
		}
		if len(bytes.TrimRight(line, "\r\n")) == 0 {
			if len(c) == 0 {
				continue
			}
			return c, nil
		}
		c = append(c, line...)
	}
}

func commandHeader(command []byte, header string) string {
	_, rest, ok := strings.Cut(strings.ToLower(string(command)), header)
	if !ok {
		return ""
	}
	start := len(command) - len(rest)
	return string(command[start : start+strings.IndexAny(rest, "\r\n")])
}
