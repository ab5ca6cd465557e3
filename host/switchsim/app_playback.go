package switchsim

import (
	"strconv"
	"strings"
	"time"

	"github.com/eslua/eslua/host/switchsim/media"
	"github.com/eslua/eslua/host/switchsim/text"
	"github.com/eslua/eslua/host/switchsim/wire"
)

// A playback is a path that is being played; uuid_fileman changes it.
type playback struct {
	paused bool
	stop   bool
	skip   time.Duration
}

// A fileStatus is the result of switch_ivr_play_file.
type fileStatus uint8

const (
	filePlayed fileStatus = iota
	fileMissing
	fileError // hangup or transfer
)

// String returns the Application-Response.
func (st fileStatus) String() string {
	return [...]string{"FILE PLAYED", "FILE NOT FOUND", "PLAYBACK ERROR"}[st]
}

func playbackApp(c *channel, arg string) {
	path, _, _ := strings.Cut(arg, "@@")
	c.respond(c.playTerminable(path).String())
}

// loopPlaybackApp runs "[+N ]path"; digits stay in the queue.
func loopPlaybackApp(c *channel, arg string) {
	loops := 1
	if rest, ok := strings.CutPrefix(arg, "+"); ok {
		count, path, _ := strings.Cut(rest, " ")
		loops, arg = text.Number(count), path
	}
	if arg == "" {
		c.hangup("DESTINATION_OUT_OF_ORDER")
		return
	}
	c.playAll(arg, loops)
}

// playAll plays a path several times, or without end if loops is negative.
func (c *channel) playAll(path string, loops int) {
	st := filePlayed
	for n := 0; (loops < 0 || n < loops) && st == filePlayed && c.ready(); n++ {
		st = c.playFile(path, nil)
	}
	c.respond(st.String())
}

// gentonesApp runs "tones[|loops]".
func gentonesApp(c *channel, arg string) {
	tones, loops, repeated := strings.Cut(arg, "|")
	d := media.Tones(tones)
	if repeated {
		d = media.Repeat(d, text.Number(loops))
	}
	c.playFor(tones, d, c.isTerminator)
}

// sayApp plays for the time that Config.Media has for "say:..."; phraseApp and
// speakApp likewise, with "phrase:..." and "speak:...".
func sayApp(c *channel, arg string) { c.playTerminable("say:" + arg) }

func phraseApp(c *channel, arg string) {
	if arg == "" {
		c.respond("NOTHING")
		return
	}
	c.playTerminable("phrase:" + strings.Replace(arg, ",", ":", 1))
	c.respond("PHRASE PLAYED")
}

// speakApp runs "[engine|voice|]text"; without an engine or a voice the call is lost.
func speakApp(c *channel, arg string) {
	argv := text.Split(arg, '|', 4)
	engine, voice, words := nth(argv, 0), nth(argv, 1), nth(argv, 2)
	if len(argv) < 3 {
		engine, voice, words = c.get("tts_engine"), c.get("tts_voice"), nth(argv, len(argv)-1)
	}
	if engine == "" || voice == "" {
		c.hangup("DESTINATION_OUT_OF_ORDER")
		return
	}
	c.playTerminable("speak:" + words)
}

func broadcastApp(c *channel, arg string) {
	c.playFile(arg, nil)
	c.respond("BROADCAST_SENT")
}

// playTerminable plays a path that playback_terminators can stop.
func (c *channel) playTerminable(path string) fileStatus {
	c.set("playback_terminator_used", "")
	return c.playFile(path, c.isTerminator)
}

// isTerminator reports whether a digit is one of playback_terminators (default *;
// any; none), and records it in playback_terminator_used.
func (c *channel) isTerminator(d digit) bool {
	terminators := c.get("playback_terminators")
	switch {
	case terminators == "":
		terminators = "*"
	case strings.EqualFold(terminators, "none"):
		return false
	case strings.EqualFold(terminators, "any"):
		terminators = "1234567890*#"
	}
	if strings.IndexByte(terminators, d.char) < 0 {
		return false
	}
	c.set("playback_terminator_used", string(d.char))
	return true
}

// playFile plays a path. onDigit gets every digit, or none is taken if it is nil;
// a missing path flushes them.
func (c *channel) playFile(path string, onDigit func(digit) bool) fileStatus {
	d, ok := c.sw.media.Length(path)
	if !ok {
		c.flushDigits()
		c.trace(WhoSwitch, "error", "file not found: "+path)
		return fileMissing
	}
	return c.playFor(path, d, onDigit)
}

// playFor takes the time that a path plays, with the events and variables of
// switch_ivr_play_file.
func (c *channel) playFor(path string, d time.Duration, onDigit func(digit) bool) fileStatus {
	if !c.ready() {
		return fileError
	}
	pb := &playback{}
	outer := swap(&c.mu, &c.playing, pb)
	c.tracePlay(path)
	c.started(start{path: path})
	headers := playbackHeaders(path)
	c.fire("PLAYBACK_START", headers...)
	began := c.sw.clk.Now()
	out := c.playUntil(pb, d, onDigit)
	played := c.sw.clk.Now().Sub(began)
	if d != media.Forever && out == timedOut {
		played = d
	}
	swap(&c.mu, &c.playing, outer)
	ms := played.Milliseconds()
	samples := strconv.FormatInt(ms*8, 10)
	c.setAll([][2]string{{"playback_last_offset_pos", samples}, {"playback_seconds", strconv.FormatInt(ms/1000, 10)},
		{"playback_ms", strconv.FormatInt(ms, 10)}, {"playback_samples", samples}})
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

// playUntil waits for the end of a path, wherever uuid_fileman moves it.
func (c *channel) playUntil(pb *playback, d time.Duration, onDigit func(digit) bool) outcome {
	w := wait{limit: d, endless: d == media.Forever, digit: onDigit}
	w.until = func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		return pb.stop || pb.skip != 0 || pb.paused != w.endless && d != media.Forever
	}
	for {
		began := c.sw.clk.Now()
		out := c.await(w)
		w.limit -= c.sw.clk.Now().Sub(began)
		if out != conditionMet {
			return out
		}
		c.mu.Lock()
		stop := pb.stop
		w.limit, pb.skip = w.limit-pb.skip, 0
		w.endless = pb.paused || d == media.Forever
		c.mu.Unlock()
		if stop {
			return interrupted
		}
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

// controlPlayback applies a uuid_fileman command: stop, pause (toggles), seek by so many
// milliseconds; others have no effect. It reports false if nothing is playing.
func (c *channel) controlPlayback(command string) bool {
	name, value, _ := strings.Cut(command, ":")
	c.mu.Lock()
	defer c.mu.Unlock()
	pb := c.playing
	if pb == nil {
		return false
	}
	switch name {
	case "stop":
		pb.stop = true
	case "pause":
		pb.paused = !pb.paused
	case "seek":
		pb.skip += time.Duration(text.Number(value)) * time.Millisecond
	}
	return true
}
