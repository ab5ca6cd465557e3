package switchsim

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/eslua/eslua/host/switchsim/wire"
)

// The values of Entry.Who.
const (
	WhoCaller = "caller" // the scripted person: digits, hangup
	WhoSwitch = "switch" // the switch itself: states, applications
	WhoApp    = "app"    // the application at the event socket
)

// An Entry tells what happened to a channel or, without a UUID, to a connection
// that controls none.
type Entry struct {
	At      time.Time
	UUID    string // channel
	Channel string // channel's name, e.g. "sofia/internal/1000@switchsim"
	Who     string // WhoCaller, WhoSwitch or WhoApp
	// Kind is one of: begin, route, progress, answer, socket, command, execute,
	// play, complete, dtmf, bridge, unbridge, conference, hangup, end, error.
	Kind string
	What string // one readable line
}

// Record describes one channel, living or gone.
type Record struct {
	UUID        string
	Channel     string
	Direction   string // "inbound" or "outbound"
	Dial        string // the dial string of an outbound one
	Number      string // caller id number
	Destination string
	State       string // CS_EXECUTE ...
	Answered    bool
	Cause       string // final hangup cause, empty while alive
	Conference  string // the conference it is in
	Played      []string
	Entries     []Entry
}

const (
	maxRecords = 10000 // channels remembered after their end
	maxEntries = 2000  // entries remembered per channel
)

// journal records what happened, for tests and the demo.
type journal struct {
	hook func(Entry)
	off  bool // keeps no records

	mu        sync.Mutex // taken before channel.mu
	order     []*page
	pages     map[string]*page
	noChannel []Entry
	more      chan struct{} // closed and replaced with every entry
}

// A page holds the entries of one channel.
type page struct {
	c       *channel
	entries []Entry
	played  []string
}

func newJournal(hook func(Entry), off bool) *journal {
	return &journal{hook: hook, off: off, pages: map[string]*page{}, more: make(chan struct{})}
}

// begin opens a page for a channel; beyond maxRecords it drops the oldest ones of
// channels that are down.
func (j *journal) begin(c *channel) {
	if j.off {
		return
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	p := &page{c: c}
	j.pages[c.uuid] = p
	j.order = append(j.order, p)
	for len(j.order) > maxRecords && j.order[0].c.down() {
		delete(j.pages, j.order[0].c.uuid)
		j.order = j.order[1:]
	}
}

// add appends an entry to its channel's page, with the path that it plays.
func (j *journal) add(e Entry, path string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if p := j.pages[e.UUID]; p != nil && len(p.entries) < maxEntries {
		p.entries = append(p.entries, e)
		if path != "" {
			p.played = append(p.played, path)
		}
	} else if e.UUID == "" && len(j.noChannel) < maxEntries {
		j.noChannel = append(j.noChannel, e)
	}
	close(j.more)
	j.more = make(chan struct{})
	if j.hook != nil {
		j.hook(e)
	}
}

func (j *journal) silent() bool { return j.off && j.hook == nil }

// trace records what happened to the channel. It must not be called with mu held.
func (c *channel) trace(who, kind, what string) {
	if !c.sw.journal.silent() {
		c.sw.journal.add(Entry{c.sw.clk.Now(), c.uuid, c.currentName(), who, kind, what}, "")
	}
}

// tracePlay records the start of a path.
func (c *channel) tracePlay(path string) {
	if !c.sw.journal.silent() {
		c.sw.journal.add(Entry{c.sw.clk.Now(), c.uuid, c.currentName(), WhoSwitch, "play", "plays " + path}, path)
	}
}

// traceCommand records a command of the application in readable form.
func (l *connection) traceCommand(cmd wire.Command) {
	if l.sw.journal.silent() {
		return
	}
	what := cmd.Line
	if hasPrefix(what, "sendmsg") {
		switch cmd.Get("call-command") {
		case "execute":
			arg := cmd.Get("execute-app-arg")
			if arg == "" {
				arg = cmd.Body
			}
			what = strings.TrimSpace("execute " + cmd.Get("execute-app-name") + " " + arg)
		default:
			what = strings.TrimSpace(cmd.Get("call-command") + " " + cmd.Get("hangup-cause"))
		}
	}
	if hasPrefix(what, "auth ") || hasPrefix(what, "userauth ") {
		what = "auth"
	}
	e := Entry{At: l.sw.clk.Now(), Who: WhoApp, Kind: "command", What: what}
	if l.channel != nil {
		e.UUID, e.Channel = l.channel.uuid, l.channel.currentName()
	}
	l.sw.journal.add(e, "")
}

// Records returns the records of all channels so far, oldest first.
func (s *Switch) Records() []Record {
	s.journal.mu.Lock()
	pages := slices.Clone(s.journal.order)
	s.journal.mu.Unlock()
	list := make([]Record, 0, len(pages))
	for _, p := range pages {
		list = append(list, s.record(p))
	}
	return list
}

// Record returns the record of a channel.
func (s *Switch) Record(uuid string) (Record, bool) {
	p := s.journal.page(uuid)
	if p == nil {
		return Record{}, false
	}
	return s.record(p), true
}

func (j *journal) page(uuid string) *page {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.pages[uuid]
}

func (s *Switch) record(p *page) Record {
	s.journal.mu.Lock()
	entries := slices.Clone(p.entries)
	played := slices.Clone(p.played)
	s.journal.mu.Unlock()
	c := p.c
	c.mu.Lock()
	defer c.mu.Unlock()
	return Record{
		UUID: c.uuid, Channel: c.name, Direction: c.direction, Dial: c.dialString, Number: c.caller.cidNumber,
		Destination: c.caller.destination, State: c.running.String(), Answered: c.answered,
		Cause: c.cause, Conference: c.conference, Played: played, Entries: entries,
	}
}

// WaitFor blocks until an Entry matches, a past one too, or ctx ends.
func (s *Switch) WaitFor(ctx context.Context, match func(Entry) bool) (Entry, error) {
	for {
		s.journal.mu.Lock()
		more := s.journal.more
		all := slices.Clone(s.journal.noChannel)
		for _, p := range s.journal.order {
			all = append(all, p.entries...)
		}
		s.journal.mu.Unlock()
		for _, e := range all {
			if match(e) {
				return e, nil
			}
		}
		select {
		case <-more:
		case <-ctx.Done():
			return Entry{}, ctx.Err()
		}
	}
}
