package push

import (
	"context"
	"reflect"
	"slices"
	"sync/atomic"

	"github.com/eslua/eslua/host/freeswitch/esl"
	"github.com/eslua/eslua/host/lanes"
	"github.com/eslua/eslua/host/operate/config"
	"github.com/eslua/eslua/host/outbox"
)

const (
	// width is the number of documents of a push that are shaped and kept at a time.
	width = 8
	// mostQueued bounds the documents of a push that wait for it.
	mostQueued = 20000
)

// A line is one push of the configuration, and what waits to be kept for it.
type line struct {
	config.Push
	pushes *Pushes
	tasks  *lanes.Tasks

	kept, dropped, failed atomic.Uint64 // documents: kept, dropped by the script, and lost for other reasons than a full queue
	told                  atomic.Uint64 // lost because of a full queue, as the log knows
}

// newLine returns a line for a push; one of those before if it is the same.
func newLine(p *Pushes, setting config.Push, before []*line) *line {
	for _, l := range before {
		if reflect.DeepEqual(l.Push, setting) {
			return l
		}
	}
	return &line{Push: setting, pushes: p, tasks: lanes.NewTasks(width, mostQueued)}
}

func (l *line) wantsEvent(e esl.Event) bool {
	return (l.On == "ALL" || string(l.On) == e.Name()) && (l.Subclass == "" || l.Subclass == e.Get("Event-Subclass"))
}

func (l *line) wantsNode(name string) bool {
	return len(l.Nodes) == 0 || slices.Contains(l.Nodes, name)
}

func (l *line) wantsFlow(f flow) bool { return len(l.Flows) == 0 || slices.Contains(l.Flows, f.name) }

// add queues a document about a channel. happened identifies what it is about.
func (l *line) add(ctx context.Context, channel, node, happened string, d Document) {
	text, err := d.text()
	if err != nil {
		l.lose("a document for endpoints cannot be written", channel, err)
		return
	}
	_, first := l.tasks.Add(channel, lanes.Task{Bytes: len(text) + 512, Do: func() {
		l.keep(ctx, channel, node, happened, d.Type, text)
		l.report()
	}})
	if first {
		l.pushes.deps.Log.Error("pushes are dropped: they cannot be kept as fast as they come, or not at all; until the queue is empty they are only counted", "push", l.Label(), "queue", mostQueued)
	}
}

// wait returns when nothing waits.
func (l *line) wait() {
	l.tasks.Wait()
	l.report()
}

// report tells how many were dropped, when nothing waits any more.
func (l *line) report() {
	waiting, lost := l.tasks.Figures()
	if told := l.told.Load(); waiting == 0 && lost > told && l.told.CompareAndSwap(told, lost) {
		l.pushes.deps.Log.Warn("pushes are kept again", "push", l.Label(), "dropped", lost-told)
	}
}

func (l *line) lose(what, channel string, err error) {
	l.failed.Add(1)
	l.pushes.deps.Log.Error(what, "push", l.Label(), "uuid", channel, "error", err)
}

// keep gives a document to the outbox, for each endpoint.
func (l *line) keep(ctx context.Context, channel, node, happened, kind string, text []byte) {
	if l.Script != "" {
		shaped, send, err := l.pushes.deps.Shape(ctx, l.Script, channel, node, text)
		if err != nil {
			l.lose("a push is dropped, because its script failed", channel, err)
			return
		}
		if !send {
			l.dropped.Add(1)
			return
		}
		text = shaped
	}
	for _, endpoint := range l.Endpoints {
		_, err := l.pushes.deps.Outbox.Accept(ctx, outbox.Push{
			ID:       identify(string(l.On), l.Subclass, string(l.Script), endpoint, happened),
			Endpoint: endpoint, Order: channel, Type: kind, Body: text,
		})
		if err != nil {
			l.lose("a push is dropped, because it cannot be kept", channel, err)
			continue
		}
		l.kept.Add(1)
	}
}
