// Package media says how long a path plays, for a switch that has no media.
package media

import (
	"strconv"
	"strings"
	"time"

	"github.com/eslua/eslua/host/switchsim/text"
)

// A path whose length is Forever never ends by itself.
const Forever = time.Duration(-1)

// Library knows the lengths of paths. A tone_stream or silence_stream is parsed
// and needs no entry.
type Library struct {
	Lengths map[string]time.Duration
	Default time.Duration                                           // length of a path without an entry; zero is 1 s
	Strict  bool                                                    // a path without an entry does not exist
	Ask     func(path string) (d time.Duration, exists, known bool) // before the entries; nil: nobody
}

// Length returns how long a path plays; ok is false if the path does not exist.
func (l Library) Length(path string) (d time.Duration, ok bool) {
	if l.Ask != nil {
		if d, exists, known := l.Ask(path); known {
			return d, exists
		}
	}
	if d, found := l.Lengths[path]; found {
		return d, true
	}
	if vars, rest, found := text.Brackets(path, '{', '}'); found && rest != path {
		d, ok := l.Length(rest)
		for _, v := range vars {
			if v[0] == "loops" {
				d = Repeat(d, text.Number(v[1]))
			}
		}
		return d, ok
	}
	kind, rest, found := strings.Cut(path, "://")
	if !found {
		kind = ""
	}
	switch kind {
	case "tone_stream":
		return Tones(rest), true
	case "silence_stream":
		ms, _, _ := strings.Cut(rest, ",")
		if n := text.Number(ms); n >= 0 {
			return time.Duration(n) * time.Millisecond, true
		}
		return Forever, true
	case "file_string":
		return l.sum(strings.Split(rest, "!"))
	case "local_stream":
		return Forever, true
	}
	switch {
	case strings.HasPrefix(path, "/nowhere/"), strings.HasPrefix(path, "/proc/"), l.Strict && !strings.HasPrefix(path, "say:") && !strings.HasPrefix(path, "phrase:"):
		return 0, false
	case l.Default > 0:
		return l.Default, true
	}
	return time.Second, true
}

func (l Library) sum(paths []string) (sum time.Duration, ok bool) {
	for _, path := range paths {
		d, found := l.Length(path)
		if !found {
			return 0, false
		}
		if d == Forever {
			return Forever, true
		}
		sum += d
	}
	return sum, true
}

// Repeat returns the length of d played loops times; negative loops never end.
func Repeat(d time.Duration, loops int) time.Duration {
	if loops < 0 || d == Forever {
		return Forever
	}
	return d * time.Duration(max(loops, 1))
}

// Tones returns the length of a TGML string: %(on,off,freq...) parts, L=n repeats
// the parts that follow, loops=n repeats all (teletone; mod_tone_stream).
func Tones(spec string) time.Duration {
	loops, partLoops := 1, 1
	var sum time.Duration
	for _, part := range strings.Split(spec, ";") {
		name, value, assigned := strings.Cut(part, "=")
		switch {
		case assigned && strings.EqualFold(name, "loops"):
			loops = text.Number(value)
		case assigned && strings.EqualFold(name, "L"):
			partLoops = max(text.Number(value), 1)
		default:
			for strings.HasPrefix(part, "%(") {
				args, rest, _ := strings.Cut(part[2:], ")")
				fields := strings.Split(args, ",")
				one := milliseconds(fields[0])
				if len(fields) > 1 {
					one += milliseconds(fields[1])
				}
				sum += one * time.Duration(partLoops)
				part = strings.TrimLeft(rest, " ")
			}
		}
	}
	return Repeat(sum, loops)
}

func milliseconds(s string) time.Duration {
	f, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
	if err != nil || f < 0 || f > 1e9 {
		return 0
	}
	return time.Duration(f * float64(time.Millisecond))
}
