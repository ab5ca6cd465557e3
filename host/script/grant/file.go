package grant

import (
	"cmp"
	"regexp"
	"strings"

	"github.com/eslua/eslua/host/freeswitch/syntax"
)

// A file that is played or recorded has a format: what stands before :// in its name, or
// its ending (switch_core_file.c:switch_core_perform_file_open). Some formats ask a
// server or run a program. The formats of which FreeSWITCH's source says that they read
// and write files of the switch are known here; all others need a grant: file http.

// streamFormats lists the formats that a name may begin with.
var streamFormats = set(`tone_stream silence_stream local_stream file_string file tts`)

// endings lists the formats by which a file's name may end: of mod_sndfile, mod_shout,
// mod_opusfile, mod_native_file, mod_png, mod_fsv and, for video, mod_av.
var endings = set(`wav wave wavex aif aiff aifc au snd raw r8 r16 r24 r32 paf iff svx nist sph voc ircam sf w64 mat mat4 mat5 pvf xi htk
	sds avr sd2 flac caf wve ogg oga mpc mpc2k rf64 m1a mp1 mp2 mp3 mpga ul ulaw al alaw gsm vox adpcm opus spx
	pcmu pcma g722 g723 g729 g7221 g726-16 g726-24 g726-32 g726-40 aal2-g726-16 aal2-g726-24 aal2-g726-32 aal2-g726-40 ilbc speex
	silk siren7 siren14 bv16 bv32 amr amr-wb codec2 lpc dvi4 l16 isac celt g728
	fsv yuv png jpg jpeg bmp tif tiff
	mp4 m4a m4v mov mkv webm`)

// libavs lists the endings of files that libav opens, which takes the name for an address
// when it has a colon.
var libavs = set(`mp4 m4a m4v mov mkv webm`)

var (
	fileParams = regexp.MustCompile(`^\s*(\{[^{}]*\}\s*)+`)
	timeLimit  = regexp.MustCompile(`\s+\+[0-9]+\s*$`)
)

// withoutParams returns the name of a file without the {name=value} before it.
func withoutParams(name string) string {
	if !strings.Contains(name, "{") { // of nearly every file
		return name
	}
	return name[len(fileParams.FindString(name)):]
}

func withoutTimeLimit(name string) string {
	if !strings.Contains(name, "+") {
		return name
	}
	return timeLimit.ReplaceAllString(name, "")
}

// files checks the name of a file, or of several with ! between them, as in
// file_string.
func (c check) files(names, where string) error {
	if err := c.streams(names, where); err != nil || strings.Contains(names, "tts://") {
		return err
	}
	for piece := range strings.SplitSeq(withoutParams(stripQuotes(names)), "!") {
		if err := c.ending(unwrapped(piece), where); err != nil {
			return err
		}
	}
	return nil
}

// unwrapped returns the name of the file that FreeSWITCH opens in the end, of one with
// parameters in front and in formats that open another one: file_string://NAME and
// file://HOST/NAME, which is decoded (mod_dptools.c:file_url_file_open).
func unwrapped(name string) string {
	for {
		inner := strings.TrimSpace(withoutParams(name))
		if format, rest, ok := strings.Cut(inner, "://"); ok && strings.EqualFold(format, "file_string") {
			inner = rest
		} else if ok && strings.EqualFold(format, "file") {
			_, path, _ := strings.Cut(rest, "/")
			inner = "/" + urlDecoded(path)
		}
		if inner == name {
			return name
		}
		name = inner
	}
}

// streams checks the formats by which names of files begin, wherever in the text they
// are.
func (c check) streams(names, where string) error {
	for before, rest, ok := strings.Cut(stripQuotes(names), "://"); ok; before, rest, ok = strings.Cut(rest, "://") {
		at := len(before)
		for at > 0 && (inName(before[at-1]) && before[at-1] != '.' || before[at-1] == '+') {
			at--
		}
		name := strings.ToLower(before[at:])
		if !streamFormats[name] {
			if err := c.format(cmp.Or(name, "unknown"), where); err != nil {
				return err
			}
		}
	}
	return nil
}

// ending checks the ending of one file's name.
func (c check) ending(name, where string) error {
	lower := strings.ToLower(name)
	ending := endingOf(lower)
	if ending == "" || strings.Contains(name, "://") || strings.HasPrefix(lower, "say:") || strings.HasPrefix(lower, "phrase:") {
		return nil // a format by its beginning, none, or a text
	}
	if !endings[ending] {
		return c.format(ending, where)
	}
	if at := strings.IndexByte(lower, ':'); at > 1 && libavs[ending] {
		return c.format(stripWord(lower[:at]), where)
	}
	return nil
}

// endingOf returns what follows the last dot of a name, "" if that is no word.
func endingOf(name string) string {
	at := strings.LastIndexByte(name, '.')
	if at < 0 || strings.ContainsFunc(name[at:], func(r rune) bool { return r >= 0x80 || !inName(byte(r)) }) {
		return ""
	}
	return name[at+1:]
}

// stripWord returns the word at the end of a text.
func stripWord(s string) string {
	at := len(s)
	for at > 0 && inName(s[at-1]) {
		at--
	}
	return cmp.Or(s[at:], "unknown")
}

// format checks a format that is not among those that are known.
func (c check) format(name, where string) error {
	why, ok := formats[name]
	if !ok {
		why = unknown
	}
	return c.use("file", name, why, where)
}

// formats says why some formats need a grant.
var formats = table{
	"shell_stream": program,
	"http":         network, "https": network, "http_cache": network, "shout": network, "shouts": network, "rtmp": network, "rtmps": network, "rtsp": network,
	"youtube": network, "memcache": network, "av": network, "vlc": network,
	"imgk": unread, "pdf": unread, "gif": unread,
}

// filesAt says which words of the argument of an application or a command name files;
// nil is the whole argument.
var filesAt = map[string]map[string][]int{
	Application: {
		"playback": nil, "loop_playback": nil, "endless_playback": nil, "record_session": nil, "record": {0}, "read": {2},
		"play_and_get_digits": {5, 6}, "play_and_detect_speech": {0}, "displace_session": {0}, "decode_video": nil, "play_fsv": nil,
		"play_yuv": {0}, "video_write_overlay": {0}, "soft_hold": {1, 2}, "fifo": {2, 3}, "txfax": nil, "mutex": {2},
	},
	APICommand: {"uuid_displace": {2}, "uuid_record": {2}},
}

// holdStreams lists what takes names of files among other words: only the beginnings of
// names are found there.
var holdStreams = set("phrase page uuid_fileman directory")

// filesOf checks the files in the argument of an application or a command.
func (c check) filesOf(kind, name, data, where string) error {
	places, ok := filesAt[kind][name]
	switch {
	case holdStreams[name], ok && places != nil && c.unquoted:
		return c.streams(data, where)
	case !ok:
		return nil
	case places == nil:
		return c.files(withoutTimeLimit(data), where)
	}
	words := syntax.Split(data, ' ', places[len(places)-1]+2)
	for _, at := range places {
		if err := c.files(wordAt(words, at), where); err != nil {
			return err
		}
	}
	return nil
}
