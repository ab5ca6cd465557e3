package replay

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/conversation"
	"github.com/eslua/eslua/host/testproc/memnet"
)

// NewNetwork returns a network for a host and its Peer, on which nobody else is.
func NewNetwork() *memnet.Network { return memnet.New() }

// A Peer is the FreeSWITCH of a recorded call, and of the legs that it dialled.
type Peer struct {
	recorded *conversation.Conversation
	keys     string
	clock    clock.Clock
	lines    map[int]*line // by leg; 0 is the call's own

	mu   sync.Mutex // guards these
	mask *conversation.Mask
	same names
}

// A line is a connection of the host's.
type line struct {
	conn net.Conn
	in   *bufio.Reader
}

// NewPeer returns the Peer of a recorded call. Where the recording has masked keys, it presses
// the given ones, and 1 2 3 ... where these end.
func NewPeer(recorded *conversation.Conversation, keys string, clk clock.Clock) *Peer {
	return &Peer{
		recorded: recorded, keys: keys, clock: clk, lines: map[int]*line{},
		mask: conversation.NewMask(recorded.Settings.Trace), same: newNames(),
	}
}

// Rename says that the recording calls something by another name, such as the generation.
func (p *Peer) Rename(theirs, ours string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.same.learn(theirs, ours)
}

// Patience bounds how much longer than it did a flow may take, before it is said to have gone
// another way.
const Patience = time.Hour

// Play hands the call to a host, and returns where its flow goes another way, nil if it goes
// the same way. The connections stay open until End.
func (p *Peer) Play(ctx context.Context, dial func(context.Context) (net.Conn, error)) (*Parting, error) {
	r := p.recorded
	for i, item := range r.Items {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if item.Kind == conversation.Answered {
			continue // a Player's
		}
		l, err := p.line(ctx, item, dial)
		if err != nil {
			return nil, err
		}
		switch item.Kind {
		case conversation.Received:
			if err := p.until(ctx, item.At); err != nil {
				return nil, err
			}
			if _, err := io.WriteString(l.conn, p.frames(r.Items[i:])); err != nil && item.Leg == 0 {
				return p.more(l), nil
			}
		case conversation.Sent:
			for _, want := range conversation.Commands(item.Text) {
				if parting := p.expect(l, item, want); parting != nil {
					return parting, nil
				}
			}
		}
	}
	if r.Cut {
		return &Parting{Cut: true, At: p.now()}, nil
	}
	if l := p.lines[0]; l != nil {
		return p.more(l), nil
	}
	return nil, errNothing
}

var errNothing = fmt.Errorf("nothing was said in this call")

// line returns the connection that an item came on, and makes it when its first item is due.
func (p *Peer) line(ctx context.Context, item conversation.Item, dial func(context.Context) (net.Conn, error)) (*line, error) {
	if l := p.lines[item.Leg]; l != nil {
		return l, nil
	}
	at := item.At
	if item.Leg == 0 {
		at = 0
	}
	if err := p.until(ctx, at); err != nil {
		return nil, err
	}
	conn, err := dial(ctx)
	if err != nil {
		return nil, err
	}
	l := &line{conn, bufio.NewReader(conn)}
	p.lines[item.Leg] = l
	return l, nil
}

// frames returns a frame, and those that came with it.
func (p *Peer) frames(items []conversation.Item) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var all strings.Builder
	for i, item := range items {
		if item.Leg != items[0].Leg {
			continue
		}
		if i > 0 && item.Kind != conversation.Together {
			break
		}
		frame := p.same.rewrite(item.Text, p.key)
		p.mask.Received(item.Leg, frame)
		all.WriteString(frame)
	}
	return all.String()
}

// End ends the connections.
func (p *Peer) End() {
	for _, l := range p.lines {
		_ = l.conn.Close()
	}
}

// key returns the keys that were masked.
func (p *Peer) key(from, to int) string {
	var b strings.Builder
	for i := from; i < to; i++ {
		key := "1234567890"[i%10]
		if i < len(p.keys) {
			key = p.keys[i]
		}
		b.WriteByte(key)
	}
	return b.String()
}

func (p *Peer) now() time.Duration { return p.clock.Now().Sub(p.recorded.Began) }

func (p *Peer) until(ctx context.Context, at time.Duration) error {
	return clock.Sleep(ctx, p.clock, at-p.now())
}

// expect reads the next command, which must be as it was.
func (p *Peer) expect(l *line, item conversation.Item, want string) *Parting {
	sent, err := p.command(l, max(p.now(), item.At)+Patience)
	p.mu.Lock()
	defer p.mu.Unlock()
	want = p.same.replace(want)
	if err != nil {
		return &Parting{At: item.At, Want: want}
	}
	if masked := p.mask.Sent(item.Leg, sent); !p.same.matches(want, masked) {
		return &Parting{At: p.now(), Want: want, Sent: masked}
	}
	return nil
}

// more returns a Parting if the flow sends something more.
func (p *Peer) more(l *line) *Parting {
	sent, err := p.command(l, p.now()+Patience)
	if err != nil {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return &Parting{At: p.now(), Sent: p.mask.Sent(0, sent)}
}

// command reads one command until a time.
func (p *Peer) command(l *line, until time.Duration) (string, error) {
	if err := l.conn.SetReadDeadline(time.Now().Add(until - p.now())); err != nil {
		return "", err
	}
	var head strings.Builder
	length := 0
	for {
		text, err := l.in.ReadString('\n')
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
	if _, err := io.ReadFull(l.in, body); err != nil {
		return "", err
	}
	return head.String() + string(body), nil
}
