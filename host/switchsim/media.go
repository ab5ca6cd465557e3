package switchsim

import (
	"strconv"
	"strings"
	"time"
)

// forever is a path that never ends by itself.
const forever = time.Duration(-1)

// mediaLength says how long a path plays; ok is false for a path that is not
// there.
func (s *Switch) mediaLength(path string) (d time.Duration, ok bool) {
	if d, found := s.cfg.Media[path]; found {
		return d, true
	}
	if _, rest, found := brackets(path, '{', '}'); found && rest != path {
		vars, rest, _ := brackets(path, '{', '}')
		d, ok := s.mediaLength(rest)
		for _, v := range vars {
			if v[0] == "loops" {
				d = repeat(d, number(v[1]))
			}
		}
		return d, ok
	}
	kind, rest, found := strings.Cut(path, "://")
	if !found {
		kind, rest = "", path
	}
	switch kind {
	case "tone_stream":
		return toneLength(rest), true
	case "silence_stream":
		ms, _, _ := strings.Cut(rest, ",")
		if n := number(ms); n >= 0 {
			return time.Duration(n) * time.Millisecond, true
		}
		return forever, true
	case "file_string":
		return s.sumOf(strings.Split(rest, "!"))
	case "local_stream":
		return forever, true
	}
	if s.cfg.StrictMedia && !strings.HasPrefix(path, "say:") && !strings.HasPrefix(path, "phrase:") {
		return 0, false
	}
	if s.cfg.DefaultMedia > 0 {
		return s.cfg.DefaultMedia, true
	}
	return time.Second, true
}

func (s *Switch) sumOf(paths []string) (sum time.Duration, ok bool) {
	for _, p := range paths {
		d, found := s.mediaLength(p)
		if !found {
			return 0, false
		}
		if d == forever {
			return forever, true
		}
		sum += d
	}
	return sum, true
}

func repeat(d time.Duration, loops int) time.Duration {
	if loops < 0 || d == forever {
		return forever
	}
	return d * time.Duration(max(loops, 1))
}

// toneLength adds up a TGML string: %(on,off,freq...) parts, L=n repeats them,
// loops=n repeats all (teletone; mod_tone_stream).
func toneLength(spec string) time.Duration {
	loops, partLoops := 1, 1
	var sum time.Duration
	for _, part := range strings.Split(spec, ";") {
		name, value, assigned := strings.Cut(part, "=")
		switch {
		case assigned && strings.EqualFold(name, "loops"):
			loops = number(value)
		case assigned && strings.EqualFold(name, "L"):
			partLoops = max(number(value), 1)
		case strings.HasPrefix(part, "%("):
			var one time.Duration
			for part != "" {
				args, rest, _ := strings.Cut(strings.TrimPrefix(part, "%("), ")")
				fields := strings.Split(args, ",")
				one += milliseconds(fields[0])
				if len(fields) > 1 {
					one += milliseconds(fields[1])
				}
				part = strings.TrimLeft(rest, " ")
				if !strings.HasPrefix(part, "%(") {
					break
				}
			}
			sum += one * time.Duration(partLoops)
		}
	}
	return repeat(sum, loops)
}

func milliseconds(s string) time.Duration {
	f, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
	if err != nil || f < 0 || f > 1e9 {
		return 0
	}
	return time.Duration(f * float64(time.Millisecond))
}
