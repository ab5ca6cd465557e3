package outbox

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/eslua/eslua/host/network"
)

// An Attempt describes one attempt to deliver a push.
type Attempt struct {
	Number int       `json:"attempt"` // from 1
	Start  time.Time `json:"start"`
	Millis int64     `json:"milliseconds"`
	Status int       `json:"status,omitempty"` // of the answer; 0: there was none
	Error  string    `json:"error,omitempty"`
	Answer string    `json:"answer,omitempty"` // its beginning
	Next   time.Time `json:"next,omitzero"`    // when the push is tried again
}

// mostAnswer limits how much of an answer is kept.
const mostAnswer = 512

// mostRead bounds how much of an answer is read: with its status an endpoint has said what
// becomes of the push, however long its body is, or if it breaks off.
const mostRead = 64 << 10

// describe notes what an endpoint has answered, and how long it asks to be left alone.
func (a *Attempt) describe(answer *network.Answer, err error, took time.Duration, now time.Time) (asked time.Duration) {
	a.Millis = took.Milliseconds()
	if err != nil {
		a.Error = shortened(err.Error())
		return 0
	}
	a.Status, a.Answer = answer.Status, shortened(string(answer.Body))
	if !a.delivered() {
		a.Error = "the endpoint answered " + strconv.Itoa(a.Status) + " " + http.StatusText(a.Status)
		if a.Status/100 == 3 {
			a.Error += "; a push follows no redirect, write the endpoint's final url into the configuration"
		}
		return retryAfter(answer.Header.Get("Retry-After"), now)
	}
	return 0
}

// blames reports whether an attempt that failed says that the endpoint takes no pushes at
// the moment. What else fails may be due to the push alone, such as a body that the
// endpoint cannot read: then only that push rests, or one script could keep all others'
// from being delivered.
func (a *Attempt) blames(err error) bool {
	switch a.Status {
	case 0:
		return network.Unreachable(err)
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

func (a *Attempt) delivered() bool { return a.Status/100 == 2 }

func shortened(text string) string {
	if len(text) > mostAnswer {
		text = text[:mostAnswer]
	}
	return strings.ToValidUTF8(text, "?")
}

// retryAfter reads the header (RFC 9110, 10.2.3): seconds or a date. More than a day is a
// day.
func retryAfter(text string, now time.Time) time.Duration {
	wait := time.Duration(0)
	if seconds, err := strconv.ParseUint(strings.TrimSpace(text), 10, 31); err == nil {
		wait = time.Duration(seconds) * time.Second
	} else if at, err := http.ParseTime(text); err == nil {
		wait = at.Sub(now)
	}
	return min(max(wait, 0), 24*time.Hour)
}

// record keeps an attempt. That it is kept is not waited for: what is lost with the
// process is an attempt that is made again.
func (o *Outbox) record(js jetstream.JetStream, id string, a Attempt) {
	text, err := json.Marshal(a)
	if err == nil {
		_, err = js.PublishAsync(attemptSubject+id, text)
	}
	if err != nil {
		o.Log.Warn("an attempt to deliver a push is not recorded", "error", err)
	}
}

// lastAttempt returns the latest attempt, and the zero Attempt if there was none.
func (o *Outbox) lastAttempt(ctx context.Context, js jetstream.JetStream, id string) (a Attempt, err error) {
	stream, err := js.Stream(ctx, attemptStream)
	if err != nil {
		return a, err
	}
	m, err := stream.GetLastMsgForSubject(ctx, attemptSubject+id)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return a, nil
	} else if err != nil {
		return a, err
	}
	return a, json.Unmarshal(m.Data, &a)
}
