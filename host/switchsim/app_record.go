package switchsim

import (
	"strconv"
	"time"

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
	file := wire.Header{Name: "Record-File-Path", Value: path}
	c.trace(WhoSwitch, "play", "records "+path)
	c.fire("RECORD_START", file)
	began := c.sw.clk.Now()
	c.await(w)
	ms := c.sw.clk.Now().Sub(began).Milliseconds()
	c.setAll([][2]string{{"record_seconds", strconv.FormatInt(ms/1000, 10)},
		{"record_ms", strconv.FormatInt(ms, 10)}, {"record_samples", strconv.FormatInt(ms*8, 10)}})
	c.fire("RECORD_STOP", file)
	c.flushDigits()
}

// recordSessionApp records while other applications run.
func recordSessionApp(c *channel, arg string) {
	argv := text.Split(arg, ' ', 2)
	if len(argv) == 0 {
		return
	}
	swap(&c.mu, &c.recording, argv[0])
	c.fire("RECORD_START", wire.Header{Name: "Record-File-Path", Value: argv[0]})
}

func stopRecordSessionApp(c *channel, arg string) {
	c.mu.Lock()
	path := c.recording
	stops := path != "" && (arg == "" || arg == "all" || arg == path)
	if stops {
		c.recording = ""
	}
	c.mu.Unlock()
	if stops {
		c.fire("RECORD_STOP", wire.Header{Name: "Record-File-Path", Value: path})
	}
}
