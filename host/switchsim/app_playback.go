package switchsim

import (
	"strconv"
	"strings"
	"time"

	"github.com/eslua/eslua/host/switchsim/wire"
)

// playback is what is being played, for uuid_fileman.
type playback struct {
	path   string
	paused bool
	stop   bool
	skip   time.Duration
}

// fileStatus is what switch_ivr_play_file returns.
type fileStatus uint8

const (
	filePlayed fileStatus = iota
	fileMissing
	fileError // hangup or transfer
)

// report sets the Application-Response of the playback family.
func (c *channel) report(st fileStatus) {
	switch st {
	case filePlayed:
		c.respond("FILE PLAYED")
	case fileMissing:
		c.respond("FILE NOT FOUND")
	default:
		c.respond("PLAYBACK ERROR")
	}
}

func playbackApp(c *channel, arg string) {
	path, _, _ := strings.Cut(arg, "@@")
	c.set("playback_terminator_used", "")
	c.report(c.playFile(path, c.terminated))
}

// loopPlaybackApp is "+N path"; digits are not looked at.
func loopPlaybackApp(c *channel, arg string) {
	loops := 1
	if rest, ok := strings.CutPrefix(arg, "+"); ok {
		count, path, _ := strings.Cut(rest, " ")
		loops, arg = number(count), path
	}
	if arg == "" {
		c.hangup("DESTINATION_OUT_OF_ORDER")
		return
	}
	c.playAll(arg, loops)
}

func (c *channel) playAll(path string, loops int) {
	st := filePlayed
	for n := 0; (loops < 0 || n < loops) && c.ready(); n++ {
		if st = c.playFile(path, nil); st != filePlayed {
			break
		}
	}
	c.report(st)
}

// terminated is the playback family's on_dtmf: it takes every digit and stops on
// playback_terminators (default *; any; none).
func (c *channel) terminated(d digit) bool {
	terms := c.get("playback_terminators")
	switch {
	case terms == "":
		terms = "*"
	case strings.EqualFold(terms, "none"):
		return false
	case strings.EqualFold(terms, "any"):
		terms = "1234567890*#"
	}
	if strings.IndexByte(terms, d.char) < 0 {
		return false
	}
	c.set("playback_terminator_used", string(d.char))
	return true
}

// playFile plays a path; a missing one flushes the digits.
func (c *channel) playFile(path string, onDigit func(digit) bool) fileStatus {
	d, ok := c.sw.mediaLength(path)
	if !ok {
		c.flushDigits()
		c.trace(WhoSwitch, "error", "file not found: "+path)
		return fileMissing
	}
	return c.playFor(path, d, onDigit)
}

// playFor takes the time a path takes, with the events and variables of
// switch_ivr_play_file.
func (c *channel) playFor(path string, d time.Duration, onDigit func(digit) bool) fileStatus {
	if !c.ready() {
		return fileError
	}
	pb := &playback{path: path}
	c.mu.Lock()
	outer := c.playing
	c.playing = pb
	st := start{app: "", path: path, at: c.sw.clk.Now()}
	if c.scripted {
		c.starts = append(c.starts, st)
	}
	c.mu.Unlock()
	c.tracePlay(path)
	c.changed()
	headers := playbackHeaders(path)
	c.fire("PLAYBACK_START", headers...)
	began := c.sw.clk.Now()
	out := c.playUntil(pb, d, onDigit)
	played := c.sw.clk.Now().Sub(began)
	if d != forever && out == timedOut {
		played = d
	}
	c.mu.Lock()
	c.playing = outer
	ms := played.Milliseconds()
	samples := strconv.FormatInt(ms*8, 10)
	c.vars.set("playback_last_offset_pos", samples)
	c.vars.set("playback_seconds", strconv.FormatInt(ms/1000, 10))
	c.vars.set("playback_ms", strconv.FormatInt(ms, 10))
	c.vars.set("playback_samples", samples)
	c.mu.Unlock()
	status := "done"
	if out != timedOut {
		status = "break"
	}
	c.fire("PLAYBACK_STOP", append(headers, wire.Header{Name: "Playback-Status", Value: status})...)
	if out == hungUp || out == moved {
		return fileError
	}
	return filePlayed
}

// playUntil waits for the end, however uuid_fileman moves it.
func (c *channel) playUntil(pb *playback, d time.Duration, onDigit func(digit) bool) outcome {
	p := pause{d: d, forever: d == forever, digit: onDigit}
	p.stop = func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		return pb.stop || pb.skip != 0 || pb.paused != p.forever && d != forever
	}
	for {
		began := c.sw.clk.Now()
		out := c.pause(p)
		p.d -= c.sw.clk.Now().Sub(began)
		if out != stopped {
			return out
		}
		c.mu.Lock()
		if pb.stop {
			c.mu.Unlock()
			return interrupted
		}
		p.d, pb.skip = p.d-pb.skip, 0
		p.forever = pb.paused || d == forever
		c.mu.Unlock()
	}
}

func playbackHeaders(path string) []wire.Header {
	h := make([]wire.Header, 0, 3)
	for _, kind := range []string{"local_stream", "tone_stream"} {
		if strings.HasPrefix(path, kind+"://") {
			h = append(h, wire.Header{Name: "Playback-File-Type", Value: kind})
		}
	}
	return append(h, wire.Header{Name: "Playback-File-Path", Value: path})
}

// sayApp, phraseApp and speakApp are as long as Config.Media says for "say:...",
// "phrase:..." and "speak:...".
func sayApp(c *channel, arg string) {
	c.set("playback_terminator_used", "")
	c.playFile("say:"+arg, c.terminated)
}

func phraseApp(c *channel, arg string) {
	if arg == "" {
		c.respond("NOTHING")
		return
	}
	c.set("playback_terminator_used", "")
	c.playFile("phrase:"+strings.Replace(arg, ",", ":", 1), c.terminated)
	c.respond("PHRASE PLAYED")
}

// speakApp is engine|voice|text; without engine or voice the call is lost.
func speakApp(c *channel, arg string) {
	argv := separate(arg, '|', 4)
	engine, voice, text := arrayAt(argv, 0), arrayAt(argv, 1), arrayAt(argv, 2)
	if len(argv) < 3 {
		text = arrayAt(argv, len(argv)-1)
		engine, voice = c.get("tts_engine"), c.get("tts_voice")
	}
	if engine == "" || voice == "" {
		c.hangup("DESTINATION_OUT_OF_ORDER")
		return
	}
	c.set("playback_terminator_used", "")
	c.playFile("speak:"+text, c.terminated)
}

func broadcastApp(c *channel, arg string) {
	c.playFile(arg, nil)
	c.respond("BROADCAST_SENT")
}
