package campaign

import (
	"context"
	"regexp"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/freeswitch/esl"
	"github.com/eslua/eslua/host/freeswitch/node"
)

// A nodePace is how fast this host's campaigns place calls on a node.
type nodePace struct {
	link *node.Link
	load
	limit  limit
	memory memory
}

// A memory says where a node keeps the marks of calls.
type memory struct {
	core string // the Core-UUID of the FreeSWITCH that has it
	name string // "": it keeps none
}

// memoryNow returns the name of the node's memory; Campaigns' mu is locked.
func (n *nodePace) memoryNow() string {
	if n.memory.core != n.link.Status().CoreUUID { // it was restarted
		return ""
	}
	return n.memory.name
}

// permits returns what the campaign permits a node, if it may dial at all.
func (d *Definition) permits(n *node.Link) (way Way, ok bool) {
	for _, way := range d.Nodes {
		if way.Name == n.Name() || way.Tag != "" && slices.Contains(n.Tags(), way.Tag) {
			return way, true
		}
	}
	return way, len(d.Nodes) == 0
}

func (n *nodePace) hasWeight() bool { return n.link.Weight() > 0 }

// isAhead reports whether the node takes the next call rather than another one: the one with
// fewer calls for its weight.
func (n *nodePace) isAhead(other *nodePace) bool {
	mine, others := n.link.Weight(), other.link.Weight()
	if mine == 0 || others == 0 {
		mine, others = 1, 1
	}
	return (n.calls+1)*others < (other.calls+1)*mine
}

// askEvery is the pause between questions to a node for its sessions per second.
const askEvery = time.Minute

// sessionsPerSecond finds the figure in what the command status says (mod_commands.c:status_function).
var sessionsPerSecond = regexp.MustCompile(`per Sec out of max (\d+)`)

// askNodes keeps the sessions per second of the nodes known, and their memories, until ctx
// ends.
func (c *Campaigns) askNodes(ctx context.Context) {
	var all sync.WaitGroup
	defer all.Wait()
	for _, n := range c.nodes {
		all.Go(func() {
			for ctx.Err() == nil {
				pause := time.Second
				if n.link.Up() && c.ask(ctx, n) {
					pause = askEvery
				}
				_ = clock.Sleep(ctx, c.deps.Clock, pause)
			}
		})
	}
}

func (c *Campaigns) ask(ctx context.Context, n *nodePace) bool {
	ctx, stop := context.WithTimeout(ctx, 10*time.Second)
	defer stop()
	text, err := n.link.API(ctx, "status")
	found := sessionsPerSecond.FindStringSubmatch(text)
	if err != nil || found == nil {
		return false
	}
	sessions, _ := strconv.Atoi(found[1])
	m := memory{core: n.link.Status().CoreUUID}
	if m.name = c.askMemory(ctx, n); m.core != n.link.Status().CoreUUID {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	n.limit.sessions, n.memory = sessions, m
	return true
}

// An ending hears how a call ends, by the event of its node.
type ending struct {
	heard chan struct{} // closed when the event has come
	end
}

// An end is how a call has ended.
type end struct {
	cause    string
	answered bool
	seconds  int
	result   string
}

// listen has all nodes tell which channels have ended; stop ends that.
func (c *Campaigns) listen() (stop func()) {
	var subs []*node.Subscription
	for _, n := range c.nodes {
		sub := n.link.Deliver(c.hear)
		subs = append(subs, sub)
		n.link.Replace(nil, []*node.Subscription{sub})
		if err := sub.Add(node.Interest{Event: "CHANNEL_HANGUP_COMPLETE"}); err != nil {
			c.deps.Log.Error("campaigns do not hear how calls end", "node", n.link.Name(), "error", err)
		}
	}
	return func() {
		for _, sub := range subs {
			sub.Close()
		}
	}
}

// hear notes how one of the calls has ended.
func (c *Campaigns) hear(e esl.Event) {
	if e.Name() != "CHANNEL_HANGUP_COMPLETE" {
		return
	}
	id := e.Get("Unique-ID")
	c.mu.Lock()
	end := c.calls[id]
	c.mu.Unlock()
	if end == nil {
		return
	}
	select {
	case <-end.heard:
		return
	default:
	}
	end.cause = e.Get("Hangup-Cause")
	answered := e.Get("Caller-Channel-Answered-Time")
	end.answered = answered != "" && answered != "0"
	end.seconds, _ = strconv.Atoi(e.Get("variable_billsec"))
	end.result = result(e.Get("variable_" + variableResult))
	close(end.heard)
}

// result returns what a flow has said of its call, "" if that is no such word.
func result(text string) string {
	if resultText.MatchString(text) {
		return text
	}
	return ""
}
