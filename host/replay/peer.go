package replay

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/conversation"
	"github.com/eslua/eslua/host/testproc/memnet"
)

// NewNetwork returns a network for a host and its Peer, on which nobody else is.
func NewNetwork() *memnet.Network { return memnet.New() }

// A Peer is the FreeSWITCH of a recorded call.
type Peer struct {
	Recorded *conversation.Conversation
	Keys     string // that the caller presses where the recording has masked them; where it ends, 1 2 3 ...
	Clock    clock.Clock
	Names    map[string]string // what the recording calls by another name, such as the generation

	conn net.Conn
	in   *bufio.Reader
	mask *conversation.Mask
	same names
}

// Patience bounds how much longer than it did a flow may take, before it is said to have gone
// another way.
const Patience = time.Hour

// A Parting says where a flow went another way than it did in the recorded call.
type Parting struct {
	At         time.Duration // since the call's connection
	Want, Sent string        // commands; Want "": the real call sent nothing more, Sent "": nothing came
	Cut        bool          // the recording ends here, and the flow has done nothing else than then
}

func (p *Parting) String() string {
	switch {
	case p.Cut:
		return "the recording ends here: the call was too large to be recorded whole"
	case p.Sent == "":
		return fmt.Sprintf("the flow does not send what the real call sent: %s", line(p.Want))
	case p.Want == "":
		return fmt.Sprintf("the flow sends what the real call did not send: %s", line(p.Sent))
	}
	return fmt.Sprintf("the flow sends %s; the real call sent %s", line(p.Sent), line(p.Want))
}

// Play hands the call to a host, and returns where its flow goes another way, nil if it goes
// the same way. The connection stays open until End.
func (p *Peer) Play(ctx context.Context, dial func(context.Context) (net.Conn, error)) (*Parting, error) {
	r := p.Recorded
	if err := p.until(ctx, 0); err != nil {
		return nil, err
	}
	var err error
	if p.conn, err = dial(ctx); err != nil {
		return nil, err
	}
	p.in, p.mask, p.same = bufio.NewReader(p.conn), conversation.NewMask(r.Settings.Trace), newNames(p.Names)
	for i, item := range r.Items {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		switch item.Kind {
		case conversation.Received:
			if err := p.until(ctx, item.At); err != nil {
				return nil, err
			}
			if _, err := io.WriteString(p.conn, p.frames(r.Items[i:])); err != nil {
				if parting := p.gone(item.At); parting != nil {
					return parting, nil
				}
				return nil, nil
			}
		case conversation.Sent:
			for _, want := range conversation.Commands(item.Text) {
				if parting := p.expect(item.At, want); parting != nil {
					return parting, nil
				}
			}
		}
	}
	if r.Cut {
		return &Parting{Cut: true, At: p.now()}, nil
	}
	return p.gone(p.now()), nil
}

// frames returns a frame, and those that came with it.
func (p *Peer) frames(items []conversation.Item) string {
	var all strings.Builder
	for i, item := range items {
		if i > 0 && item.Kind != conversation.Together {
			break
		}
		frame := p.same.rewrite(item.Text, p.key)
		p.mask.Received(frame)
		all.WriteString(frame)
	}
	return all.String()
}

// End ends the connection.
func (p *Peer) End() {
	if p.conn != nil {
		_ = p.conn.Close()
	}
}

// key returns the keys that were masked.
func (p *Peer) key(from, to int) string {
	var b strings.Builder
	for i := from; i < to; i++ {
		key := "1234567890"[i%10]
		if i < len(p.Keys) {
			key = p.Keys[i]
		}
		b.WriteByte(key)
	}
	return b.String()
}

func (p *Peer) now() time.Duration { return p.Clock.Now().Sub(p.Recorded.Began) }

func (p *Peer) until(ctx context.Context, at time.Duration) error {
	return clock.Sleep(ctx, p.Clock, at-p.now())
}

// expect reads the next command, which must be as it was.
func (p *Peer) expect(at time.Duration, want string) *Parting {
	sent, err := p.command(max(p.now(), at) + Patience)
	want = p.same.replace(want)
	if err != nil {
		return &Parting{At: at, Want: want}
	}
	if masked := p.mask.Sent(sent); !p.same.matches(want, masked) {
		return &Parting{At: p.now(), Want: want, Sent: masked}
	}
	return nil
}

// gone returns a Parting if the flow sends something more.
func (p *Peer) gone(time.Duration) *Parting {
	sent, err := p.command(p.now() + Patience)
	if err != nil {
		return nil
	}
	return &Parting{At: p.now(), Sent: p.mask.Sent(sent)}
}

// command reads one command until a time.
func (p *Peer) command(until time.Duration) (string, error) {
	if err := p.conn.SetReadDeadline(time.Now().Add(until - p.now())); err != nil {
		return "", err
	}
	var head strings.Builder
	length := 0
	for {
		text, err := p.in.ReadString('\n')
		if err != nil {
			return "", err
		}
		text = strings.TrimRight(text, "\r\n") + "\n"
		head.WriteString(text)
		if name, value, ok := strings.Cut(text, ":"); ok && strings.EqualFold(name, "Content-Length") {
			length, _ = strconv.Atoi(strings.TrimSpace(value))
		}
		if text == "\n" {
			break
		}
	}
	body := make([]byte, length)
	if _, err := io.ReadFull(p.in, body); err != nil {
		return "", err
	}
	return head.String() + string(body), nil
}

// line writes a command on one line.
func line(command string) string {
	app, arg, kind := "", "", ""
	for text := range strings.Lines(command) {
		name, value, _ := strings.Cut(strings.TrimSpace(text), ":")
		value = strings.TrimSpace(value)
		switch strings.ToLower(name) {
		case "execute-app-name":
			app = value
		case "execute-app-arg":
			arg = value
		case "call-command":
			kind = value
		}
	}
	if kind == "execute" {
		return strings.TrimSpace(app + " " + arg)
	}
	return strings.ReplaceAll(strings.TrimSpace(command), "\n", "; ")
}
