package campaign

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/eslua/eslua/host/durable"
)

// The subjects of the stream. Each has one message, the last one.
const (
	prefix       = "eslua.campaign."
	recordPart   = "record"   // .NAME: a Record
	leasePart    = "lease"    // .NAME: the id of the host that leads it
	progressPart = "progress" // .NAME: a Progress
	numberPart   = "number"   // .NAME.KEY: an Entry
)

func subject(parts ...string) string { return prefix + strings.Join(parts, ".") }

// parts splits a subject of the stream.
func parts(subject string) (kind, name, key string) {
	list := strings.Split(strings.TrimPrefix(subject, prefix), ".")
	list = append(list, "", "", "")
	return list[0], list[1], list[2]
}

// errChanged means that somebody else has written since.
var errChanged = errors.New("somebody else has changed it")

// headerWrite tells apart who wrote a message.
const headerWrite = "Eslua-Write"

// newStream describes the stream of all campaigns.
func (c *Campaigns) newStream() *durable.Stream {
	return c.deps.Store.Stream(jetstream.StreamConfig{
		Name: "ESLUA_CAMPAIGNS", Description: "eslua: campaigns and their numbers", Subjects: []string{prefix + ">"},
		MaxMsgsPerSubject: 1, MaxBytes: int64(c.config.Load().Size), MaxMsgSize: 64 << 10, Discard: jetstream.DiscardNew, AllowRollup: true, AllowMsgTTL: true, Duplicates: time.Second,
	}, c.deps.Clock)
}

// write writes a subject's message if the last one still has a sequence, 0: if there is none.
func (c *Campaigns) write(ctx context.Context, subject string, value any, last uint64) (sequence uint64, err error) {
	m, id, err := c.message(subject, value)
	if err != nil {
		return 0, err
	}
	tries := 0
	err = c.stream().Do(ctx, func(ctx context.Context, js jetstream.JetStream, _ jetstream.Stream) error {
		tries++
		ack, err := js.PublishMsg(ctx, m, jetstream.WithExpectLastSequencePerSubject(last))
		if err == nil {
			sequence = ack.Sequence
		}
		return err
	})
	if !isWrongSequence(err) {
		return sequence, err
	}
	if tries > 1 { // an attempt whose answer was lost may have been what changed it
		if now, sequence, err := c.last(ctx, subject); err == nil && now.Header.Get(headerWrite) == id {
			return sequence, nil
		}
	}
	return 0, errChanged
}

// message makes one.
func (c *Campaigns) message(subject string, value any) (m *nats.Msg, id string, err error) {
	m, id = nats.NewMsg(subject), c.deps.NewID()
	m.Header.Set(headerWrite, id)
	m.Data, err = json.Marshal(value)
	return m, id, err
}

func isWrongSequence(err error) bool {
	var api *jetstream.APIError
	return errors.As(err, &api) && api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequence
}

// last returns the last message of a subject.
func (c *Campaigns) last(ctx context.Context, subject string) (m *jetstream.RawStreamMsg, sequence uint64, err error) {
	err = c.stream().Do(ctx, func(ctx context.Context, _ jetstream.JetStream, s jetstream.Stream) (err error) {
		m, err = s.GetLastMsgForSubject(ctx, subject)
		return err
	})
	if err != nil {
		return nil, 0, err
	}
	return m, m.Sequence, nil
}

// read reads the last message of a subject; found is false if there is none.
func (c *Campaigns) read(ctx context.Context, subject string, into any) (sequence uint64, found bool, err error) {
	m, sequence, err := c.last(ctx, subject)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return 0, false, nil
	}
	if err == nil {
		err = json.Unmarshal(m.Data, into)
	}
	return sequence, err == nil, err
}

// entry reads the entry of a sequence; found is false if another one has replaced it.
func (c *Campaigns) entry(ctx context.Context, sequence uint64) (e Entry, found bool, err error) {
	var m *jetstream.RawStreamMsg
	err = c.stream().Do(ctx, func(ctx context.Context, _ jetstream.JetStream, s jetstream.Stream) (err error) {
		m, err = s.GetMsg(ctx, sequence)
		return err
	})
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return e, false, nil
	}
	if err == nil {
		err = json.Unmarshal(m.Data, &e)
	}
	return e, err == nil, err
}

// The states of a campaign.
const (
	Loading = "loading" // its list is read for the first time
	Running = "running"
	Paused  = "paused"
	Stopped = "stopped" // by hand, for good
	Ended   = "ended"   // all its numbers are done
)

// A Record is a campaign as it is kept.
type Record struct {
	Definition
	State   string    `json:"state"`
	Created time.Time `json:"created"`
	Changed time.Time `json:"changed"` // when State last changed
}

// change changes a record, again if somebody else does so at the same time.
func (c *Campaigns) change(ctx context.Context, name string, change func(r *Record, found bool) error) error {
	for {
		var r Record
		sequence, found, err := c.read(ctx, subject(recordPart, name), &r)
		if err != nil {
			return err
		}
		before := r.State
		if err := change(&r, found && r.Name != ""); err != nil {
			return err
		}
		if r.State != before {
			r.Changed = c.deps.Clock.Now()
		}
		if _, err = c.write(ctx, subject(recordPart, name), r, sequence); !errors.Is(err, errChanged) {
			if errors.Is(err, durable.ErrFull) {
				err = fmt.Errorf("campaigns have no room: %w; raise campaigns: size: in the configuration, or remove one that has ended (eslua campaign remove NAME)", err)
			}
			return err
		}
	}
}
