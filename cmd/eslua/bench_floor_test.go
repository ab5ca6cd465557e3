package main

import (
	"bytes"
	"context"
	"io"
	"net"
	"strconv"
	"sync"
)

// floorServer does the least a host can do: it writes the same commands and skips the
// expected frames by their length. It parses and decides nothing.
func floorServer(ctx context.Context, l net.Listener) {
	stop := context.AfterFunc(ctx, func() { _ = l.Close() })
	defer stop()
	var calls sync.WaitGroup
	defer calls.Wait()
	for {
		nc, err := l.Accept()
		if err != nil {
			return
		}
		calls.Go(func() {
			defer nc.Close()
			floorCall(nc)
		})
	}
}

// floorSteps are the commands and the number of frames that answer each.
var floorSteps = []struct {
	command string
	frames  int
}{
	{"connect\n\nlinger 10\n\nmyevents plain\n\n", 3},
	{"sendmsg\ncall-command: execute\nexecute-app-name: answer\nEvent-UUID: 11111111-1111-1111-1111-111111111111-1\nevent-lock: true\n\n", 4},
	{"sendmsg\ncall-command: execute\nexecute-app-name: playback\nexecute-app-arg: tone_stream://%(400,0,440)\nEvent-UUID: 11111111-1111-1111-1111-111111111111-2\nevent-lock: true\n\n", 3},
	{"api uuid_kill 76992de5-44e1-4843-8a86-8fb1e513402d NORMAL_CLEARING\n\n", 8},
	{"exit\n\n", 1},
}

func floorCall(nc net.Conn) {
	s := skipper{nc: nc, buf: make([]byte, 16<<10)}
	for _, step := range floorSteps {
		if _, err := io.WriteString(nc, step.command); err != nil {
			return
		}
		for range step.frames {
			if err := s.skip(); err != nil {
				return
			}
		}
	}
}

type skipper struct {
	nc         net.Conn
	buf        []byte
	start, end int
}

var (
	headEnd = []byte("\n\n")
	length  = []byte("Content-Length: ")
)

// skip reads one frame.
func (s *skipper) skip() error {
	for {
		if i := bytes.Index(s.buf[s.start:s.end], headEnd); i >= 0 {
			head := s.buf[s.start : s.start+i]
			s.start += i + len(headEnd)
			if j := bytes.Index(head, length); j >= 0 {
				digits := head[j+len(length):]
				if k := bytes.IndexByte(digits, '\n'); k >= 0 {
					digits = digits[:k]
				}
				n, err := strconv.Atoi(string(digits))
				if err != nil {
					return err
				}
				return s.discard(n)
			}
			return nil
		}
		if err := s.fill(); err != nil {
			return err
		}
	}
}

func (s *skipper) discard(n int) error {
	for n > s.end-s.start {
		n -= s.end - s.start
		s.start = s.end
		if err := s.fill(); err != nil {
			return err
		}
	}
	s.start += n
	return nil
}

func (s *skipper) fill() error {
	if s.start > 0 {
		s.end = copy(s.buf, s.buf[s.start:s.end])
		s.start = 0
	}
	n, err := s.nc.Read(s.buf[s.end:])
	s.end += n
	return err
}
