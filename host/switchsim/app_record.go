package switchsim

import (
	"strconv"
	"strings"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/switchsim/text"
	"github.com/eslua/eslua/host/switchsim/wire"
)

// recordApp runs "path [limit [silence_thresh [silence_hits]]]": until a
// terminator, the limit or the end of the call. Digits are flushed at the end.
func recordApp(c *channel, arg string) {
	argv := text.Split(arg, ' ', 4)
	if len(argv) == 0 {
		return
	}
	path := argv[0]
	w := wait{endless: true, digit: c.isTerminator}
	if limit := text.Number(nth(argv, 1)); limit > 0 {
		w.endless, w.limit = false, time.Duration(limit)*time.Second
	}
	c.set("playback_terminator_used", "")
	c.trace(WhoSwitch, "play", "records "+path)
	c.fire("RECORD_START", wire.Header{Name: "Record-File-Path", Value: path})
	began := c.sw.clk.Now()
	c.await(w)
	c.recorded(path, began)
	c.flushDigits()
	if !c.ready() { // as mod_dptools.c:record_function, also if the channel was only moved
		c.hangup("DESTINATION_OUT_OF_ORDER")
	}
}

// A recording is a file into which a media bug records while applications run.
type recording struct {
	path  string
	began time.Time
	end   *clock.Timer // nil: there is no limit
}

// recordSessionApp runs "path [+limit]".
func recordSessionApp(c *channel, arg string) {
	argv := text.Split(arg, ' ', 3)
	if len(argv) > 0 {
		c.startRecording(argv[0], text.Number(strings.TrimPrefix(nth(argv, 1), "+")))
	}
}

func stopRecordSessionApp(c *channel, arg string) { c.stopRecording(arg) }

func uuidRecordAPI(c *channel, argv []string) string {
	done := false
	switch argv[1] {
	case "start":
		done = c.startRecording(argv[2], text.Number(nth(argv, 3)))
	case "stop":
		done = c.stopRecording(argv[2])
	}
	if !done {
		return "-ERR Cannot " + argv[1] + " record session!\n"
	}
	return "+OK Success\n"
}

// startRecording begins to record and reports whether that is possible. The limit is
// passed when the clock shows so many more full seconds
// (switch_ivr_async.c:switch_ivr_record_session_event).
func (c *channel) startRecording(path string, limit int) bool {
	c.preAnswer()
	if _, found := c.sw.media.Length(path); !found || !c.hasMedia() {
		return false
	}
	now := c.sw.clk.Now()
	r := &recording{path: path, began: now}
	if limit > 0 {
		full := time.Unix(now.Unix()+int64(limit), 0)
		r.end = c.sw.clk.AfterFunc(full.Sub(now), func() { c.post(func() { c.stopRecording(path) }) })
	}
	swap(&c.mu, &c.recording, r)
	c.trace(WhoSwitch, "play", "records "+path)
	c.fire("RECORD_START", wire.Header{Name: "Record-File-Path", Value: path})
	return true
}

// stopRecording ends the recording into a path, or any ("all"), and reports whether
// there was one.
func (c *channel) stopRecording(path string) bool {
	c.mu.Lock()
	r := c.recording
	stops := r != nil && (path == "all" || path == r.path)
	if stops {
		c.recording = nil
	}
	c.mu.Unlock()
	if !stops {
		return false
	}
	if r.end != nil {
		r.end.Stop()
	}
	c.recorded(r.path, r.began)
	return true
}

// recorded tells what was recorded since a time.
func (c *channel) recorded(path string, since time.Time) {
	ms := c.sw.clk.Now().Sub(since).Milliseconds()
	c.setAll([][2]string{{"record_seconds", strconv.FormatInt(ms/1000, 10)},
		{"record_ms", strconv.FormatInt(ms, 10)}, {"record_samples", strconv.FormatInt(ms*8, 10)}})
	c.trace(WhoSwitch, "play", "records no more "+path)
	c.fire("RECORD_STOP", wire.Header{Name: "Record-File-Path", Value: path})
}
