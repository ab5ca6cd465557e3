package switchsim

import (
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/eslua/eslua/host/switchsim/wire"
)

const version = "1.11.3-dev+git~20260821T141014Z~cc93a683ca~64bit"

func systemAPIs() map[string]apiCommand {
	return map[string]apiCommand{
		"status": func(s *Switch, _ string, _ *channel) string { return s.status() },
		"version": func(*Switch, string, *channel) string {
			return "FreeSWITCH Version " + version + " (git cc93a68 2026-08-21 14:10:14Z 64bit)\n"
		},
		"hostname":   func(s *Switch, _ string, _ *channel) string { return s.hostname() },
		"switchname": func(s *Switch, _ string, _ *channel) string { return s.hostname() },
		"uptime": func(s *Switch, _ string, _ *channel) string {
			return strconv.Itoa(int(s.clk.Now().Sub(s.started).Seconds())) + "\n"
		},
		"create_uuid":   func(s *Switch, _ string, _ *channel) string { return s.newUUID() },
		"show":          showAPI,
		"conference":    conferenceAPI,
		"global_getvar": globalGetvar,
		"global_setvar": globalSetvar,
		"eval":          evalAPI,
		"expand": func(s *Switch, args string, c *channel) string {
			return s.API(evalAPI(s, args, c))
		},
		"strftime": func(s *Switch, args string, _ *channel) string {
			if args == "" {
				args = "%Y-%m-%d %T"
			}
			return strftime(s.clk.Now(), args)
		},
		"strepoch": func(s *Switch, _ string, _ *channel) string { return strconv.FormatInt(s.clk.Now().Unix(), 10) },
		"log": func(s *Switch, args string, _ *channel) string {
			word, text, _ := strings.Cut(args, " ")
			level, valid := logLevel(word)
			if !valid {
				level, text = 7, args
			}
			s.logLine(level, "", text)
			return ok
		},
		"echo":    func(_ *Switch, args string, _ *channel) string { return args },
		"toupper": func(_ *Switch, args string, _ *channel) string { return strings.ToUpper(args) },
		"tolower": func(_ *Switch, args string, _ *channel) string { return strings.ToLower(args) },
		"md5": func(_ *Switch, args string, _ *channel) string {
			sum := md5.Sum([]byte(args))
			return hex.EncodeToString(sum[:])
		},
		"url_encode": func(_ *Switch, args string, _ *channel) string { return string(wire.AppendEncoded(nil, args)) },
		"url_decode": func(_ *Switch, args string, _ *channel) string { return wire.Decode(args) },
		"module_exists": func(_ *Switch, args string, _ *channel) string {
			return strconv.FormatBool(strings.HasPrefix(args, "mod_"))
		},
		"user_exists": func(s *Switch, args string, _ *channel) string {
			argv := strings.Fields(args)
			_, found := s.endpoint("user/" + arrayAt(argv, 1))
			return strconv.FormatBool(found)
		},
		"bgapi": func(s *Switch, args string, _ *channel) string {
			id := s.newUUID()
			s.spawn(func() { s.API(args) })
			return "+OK Job-UUID: " + id + "\n"
		},
		"sofia": func(*Switch, string, *channel) string {
			line := strings.Repeat("=", 97) + "\n"
			return "                     Name\t   Type\t                                      Data\tState\n" + line +
				"                 internal\tprofile\t              sip:mod_sofia@127.0.0.1:5060\tRUNNING (0)\n" + line + "1 profile 0 aliases\n"
		},
	}
}

func globalGetvar(s *Switch, args string, _ *channel) string {
	if args != "" {
		return s.global(args)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var b strings.Builder
	for name, value := range s.globals {
		b.WriteString(name + "=" + value + "\n")
	}
	return b.String()
}

func globalSetvar(s *Switch, args string, _ *channel) string {
	pair := separate(args, '=', 2)
	if len(pair) < 2 {
		return usage("<var>=<value> [=<value2>]")
	}
	s.setGlobal(pair[0], pair[1])
	return "+OK"
}

// evalAPI expands [uuid:<uuid> ]text. With a uuid the names are those of the
// channel's event headers: ${Unique-ID}, ${variable_foo}; not ${foo}.
func evalAPI(s *Switch, args string, c *channel) string {
	api := func(cmd, args string) string { return s.runAPI(cmd, args, c) }
	if rest, found := strings.CutPrefix(args, "uuid:"); found {
		uuid, text, _ := strings.Cut(rest, " ")
		other := s.locate(uuid)
		if other == nil {
			return "-ERR no reply\n"
		}
		e := other.event("CHANNEL_DATA", nil, nil)
		return expand(text, func(name string) string {
			if v := e.Get(name); v != "" {
				return v
			}
			return s.global(name)
		}, api)
	}
	if c != nil {
		return c.expand(args)
	}
	return expand(args, s.global, api)
}

func (s *Switch) status() string {
	s.mu.Lock()
	count, peak := len(s.channels), s.peak
	s.mu.Unlock()
	return fmt.Sprintf("UP %s\nFreeSWITCH (Version 1.11.3-dev git cc93a68 2026-08-21 14:10:14Z 64bit) is ready\n"+
		"%d session(s) since startup\n%d session(s) - peak %d, last 5min %d \n"+
		"0 session(s) per Sec out of max 2000, peak %d, last 5min %d \n20000 session(s) max\n"+
		"min idle cpu 0.00/99.00\nCurrent Stack Size/Max 240K/8192K\n",
		uptime(s.clk.Now().Sub(s.started)), s.sessions.Load(), count, peak, peak, peak, peak)
}

// uptime as status and HEARTBEAT print it.
func uptime(d time.Duration) string {
	days := int(d / (24 * time.Hour))
	parts := []struct {
		n    int
		name string
	}{
		{days / 365, "year"}, {days % 365, "day"}, {int(d.Hours()) % 24, "hour"}, {int(d.Minutes()) % 60, "minute"},
		{int(d.Seconds()) % 60, "second"}, {int(d.Milliseconds()) % 1000, "millisecond"}, {int(d.Microseconds()) % 1000, "microsecond"},
	}
	words := make([]string, len(parts))
	for i, p := range parts {
		words[i] = strconv.Itoa(p.n) + " " + p.name
		if p.n != 1 {
			words[i] += "s"
		}
	}
	return strings.Join(words, ", ")
}

// strftime knows the common directives; an "epoch|" in front is taken as the time.
func strftime(t time.Time, format string) string {
	if at, rest, found := strings.Cut(format, "|"); found {
		t, format = time.Unix(int64(number(at)), 0), rest
	}
	layouts := map[byte]string{'Y': "2006", 'm': "01", 'd': "02", 'H': "15", 'M': "04", 'S': "05", 'T': "15:04:05",
		'F': "2006-01-02", 'y': "06", 'a': "Mon", 'A': "Monday", 'b': "Jan", 'B': "January", 'I': "03", 'p': "PM", 'Z': "MST", 'z': "-0700"}
	var b strings.Builder
	for i := 0; i < len(format); i++ {
		if format[i] != '%' || i+1 == len(format) {
			b.WriteByte(format[i])
			continue
		}
		i++
		switch layout, known := layouts[format[i]]; {
		case known:
			b.WriteString(t.Format(layout))
		case format[i] == 's':
			b.WriteString(strconv.FormatInt(t.Unix(), 10))
		case format[i] == '%':
			b.WriteByte('%')
		default:
			b.WriteByte('%')
			b.WriteByte(format[i])
		}
	}
	return b.String()
}
