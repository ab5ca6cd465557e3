package session

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/eslua/eslua/host/freeswitch/esl"
	"github.com/eslua/eslua/host/freeswitch/syntax"
	"github.com/eslua/eslua/host/script/vm"
	lua "github.com/yuin/gopher-lua"
)

// A recording names the file into which recordFile records.
type recording struct {
	file   string
	over   bool    // its RECORD_STOP has come
	itself bool    // nobody has stopped it
	prompt *prompt // that waits for it
	silent bool    // because of silence
}

// recordFile records into a file on FreeSWITCH's disk. Its result is 0 if a callback or
// uuid_break has stopped the recording, or if there can be none, else 1.
//
// The application record would do the same, but hangs a call up that moves meanwhile
// (mod_dptools.c:record_function). So a media bug records while the channel plays
// silence, which is also what record sends (record_waste_resources). When the silence
// ends, FreeSWITCH ends the recording, so that it does not go on where the call moves to,
// or when its host dies.
func recordFile(s *Session, a *vm.Args) (lua.LValue, error) {
	if !a.Has(0) || s.gone() {
		return no, nil
	}
	file := a.String(0)
	words := []string{syntax.Word(file)}
	for i := 1; i < a.Len(); i++ {
		words = append(words, strconv.Itoa(a.Int(i)))
	}
	arg := syntax.Literal(strings.Join(words, " "))
	p := &prompt{app: true, record: true, input: true, dtmf: true}
	if _, foreign := s.call.(*attached); foreign || !strings.Contains(file, ".") || strings.ContainsRune("{[", rune(file[0])) {
		// Nobody waits for another program's channel. A name without an extension means
		// the codec's own data, of which a media bug makes two files, and one that
		// begins with parameters is read in another way.
		_, ok, err := s.run(a, p, "record", noTerminators+arg)
		return intBool(ok), err
	}
	if _, err := s.granted(a, "record", arg); err != nil {
		return no, s.classifyErr(err)
	}
	r := &recording{file: file}
	if !strings.HasPrefix(file, "/") && !strings.Contains(file, "://") {
		for _, name := range []string{"sound_prefix", "sounds_dir"} {
			prefix, err := s.value(a, name)
			if err != nil {
				return no, s.classifyErr(err)
			}
			if prefix := lua.LVAsString(prefix); prefix != "" {
				r.file = prefix + "/" + file
				break
			}
		}
	}
	s.setOwn(a, "silence_hits_exhausted", "false") // before the hangup, after which none is set
	if ok, err := s.startRecording(a, r); err != nil || !ok {
		return no, err
	}
	follows := s.own(a, followsTransfer)
	if follows != "" {
		s.setOwn(a, followsTransfer, "")
	}
	err := s.whileSilent(a, p, r)
	if stopped := s.stopRecording(a, r); err == nil {
		err = stopped
	}
	s.call.FlushDigits() // as switch_ivr_record_file does
	if !s.ended() {
		s.setOwn(a, recordingVariable, "")
		if follows != "" {
			s.setOwn(a, followsTransfer, follows)
		}
	}
	if r.silent && !s.gone() {
		s.setOwn(a, "silence_hits_exhausted", "true")
	}
	return intBool(r.itself || s.ended() && !s.disconnected || s.call.Moved()), err
}

// followsTransfer has a transfer take the media bugs that record along to another channel
// (switch_ivr_async.c:switch_ivr_transfer_recordings), which is not meant for recordFile:
// mod_lua's is no media bug.
const followsTransfer = "recording_follow_transfer"

// recordingVariable names the file of the recording that ends with the silence.
const recordingVariable = "eslua_recording"

// whileSilent plays silence to the channel until the recording ends or a callback or
// uuid_break ends it. Where a callback executes an application, the silence ends before
// and goes on after it, and not the recording.
func (s *Session) whileSilent(a *vm.Args, p *prompt, r *recording) error {
	r.prompt = p
	defer func() { r.prompt = nil }()
	for p.again = true; p.again && !p.stopped && !r.over && !s.gone(); {
		p.again = false
		s.setOwn(a, recordingVariable, syntax.Rest(r.file))
		_, err := s.waitWithCallbacks(a, p, func() error {
			_, err := s.call.ExecuteThen(a.Context(), "playback", noTerminators+"silence_stream://-1,1400", "stop_record_session", "${"+recordingVariable+"}")
			if err == nil && r.over { // or it would end the next recording into this file
				_, err = s.call.WaitEvent(a.Context(), closeTime, hasStopped)
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// hasStopped reports whether an event is the end of the application that whileSilent has
// FreeSWITCH run after the silence.
func hasStopped(ev esl.Event) bool {
	return ev.Name() == "CHANNEL_EXECUTE_COMPLETE" && ev.Last("Application") == "stop_record_session"
}

// startRecording starts a recording as switch_ivr_play_say.c:switch_ivr_record_file
// does: only the caller is recorded, the time limit is passed when more seconds than it
// have passed, and silence counts from three seconds on if the script does not say
// otherwise. It reports whether there is a recording.
func (s *Session) startRecording(a *vm.Args, r *recording) (bool, error) {
	limit, threshold, silence := max(a.Int(1), 0), max(a.Int(2), 0), 0
	if limit > 0 {
		limit++
	}
	if threshold > 0 {
		if silence = max(a.Int(3), 0) * 1000; silence == 0 {
			silence = 3000
		}
	}
	vars := fmt.Sprintf("{RECORD_READ_ONLY=true,RECORD_WRITE_ONLY=false,RECORD_STEREO=false,RECORD_STEREO_SWAP=false,"+
		"RECORD_ANSWER_REQ=false,RECORD_BRIDGE_REQ=false,RECORD_CHECK_BRIDGE=false,RECORD_TOGGLE_ON_REPEAT=false,"+
		"RECORD_MIN_SEC=0,RECORD_PRE_BUFFER_FRAMES=1,"+
		"RECORD_INITIAL_TIMEOUT_MS=%d,RECORD_FINAL_TIMEOUT_MS=%d,RECORD_SILENCE_THRESHOLD=%d}", silence, silence, threshold)
	if !s.hearsRecordings {
		s.hearsRecordings = true
		if err := s.call.Subscribe(a.Context(), "RECORD_STOP"); err != nil {
			return false, s.classifyErr(err)
		}
	}
	reply, err := s.command(a.Context(), "start", syntax.Word(r.file), strconv.Itoa(limit), vars)
	if err != nil {
		return false, s.classifyErr(err)
	}
	if strings.HasPrefix(reply, "-") {
		s.log().Error("FreeSWITCH cannot record into this file", "file", r.file, "reply", strings.TrimSpace(reply))
		return false, nil
	}
	s.recording = r
	return true, nil
}

// closeTime limits FreeSWITCH's time to close the file of a recording.
const closeTime = 5 * time.Second

// stopRecording ends a recording and waits until FreeSWITCH has closed its file. A call
// that has moved on is recorded no more, even if the script has been ended.
func (s *Session) stopRecording(a *vm.Args, r *recording) error {
	ctx := context.WithoutCancel(a.Context())
	defer func() { s.recording = nil }()
	if s.disconnected {
		return nil
	}
	if !s.ended() && !r.over { // asking whether it has ended takes the events that have come
		if _, err := s.command(ctx, "stop", syntax.Word(r.file)); err != nil {
			return s.classifyErr(err)
		}
	}
	if s.call.Moved() || r.over {
		return nil
	}
	_, err := s.call.WaitEvent(ctx, closeTime, r.ends)
	return s.classifyErr(err)
}

// ends reports whether an event is the end of the recording.
func (r *recording) ends(ev esl.Event) bool {
	return ev.Name() == "RECORD_STOP" && ev.Get("Record-File-Path") == r.file
}

// command controls the recordings of the channel.
func (s *Session) command(ctx context.Context, words ...string) (string, error) {
	return s.call.API(ctx, syntax.ForChannel("uuid_record", s.call.UUID(), strings.Join(words, " ")))
}
