package switchsim

import (
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/eslua/eslua/host/switchsim/text"
)

const version = "1.11.3-dev+git~20260821T141014Z~cc93a683ca~64bit"

func (s *Switch) hostname() string { return s.identity[1].Value }

func bgapiAPI(s *Switch, args string, _ *channel) string {
	s.spawn(func() { s.API(args) })
	return "+OK Job-UUID: " + s.newUUID() + "\n"
}

func logAPI(s *Switch, args string, _ *channel) string {
	s.logLine("", args)
	return ok
}

func md5API(_ *Switch, args string, _ *channel) string {
	sum := md5.Sum([]byte(args))
	return hex.EncodeToString(sum[:])
}

func moduleExistsAPI(_ *Switch, args string, _ *channel) string {
	return strconv.FormatBool(strings.HasPrefix(args, "mod_"))
}

func userExistsAPI(s *Switch, args string, _ *channel) string {
	_, found := s.endpoint("user/" + nth(strings.Fields(args), 1))
	return strconv.FormatBool(found)
}

func sofiaAPI(*Switch, string, *channel) string {
	line := strings.Repeat("=", 97) + "\n"
	return "                     Name\t   Type\t                                      Data\tState\n" + line +
		"                 internal\tprofile\t              sip:mod_sofia@127.0.0.1:5060\tRUNNING (0)\n" + line + "1 profile 0 aliases\n"
}

func globalGetvarAPI(s *Switch, args string, _ *channel) string {
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

func globalSetvarAPI(s *Switch, args string, _ *channel) string {
	part := text.Split(args, '=', 3)
	if len(part) == 0 || part[0] == "" {
		return usage("<var>=<value> [=<value2>]")
	}
	part = append(part, "", "") // without a value the variable is deleted
	if old := part[2]; old == "" || old == s.global(part[0]) {
		s.setGlobal(part[0], part[1])
	}
	return "+OK"
}

// evalAPI expands "[uuid:<uuid> ]text". With a uuid the names are those of the
// channel's event headers: ${Unique-ID}, ${variable_foo}; not ${foo}.
func evalAPI(s *Switch, args string, c *channel) string {
	api := func(cmd, args string) string { return s.runAPI(cmd, args, c) }
	if rest, found := strings.CutPrefix(args, "uuid:"); found {
		uuid, format, _ := strings.Cut(rest, " ")
		other := s.locate(uuid)
		if other == nil {
			return "-ERR no reply\n"
		}
		e := other.event("CHANNEL_DATA", nil, nil)
		return text.Expand(format, func(name string) string {
			if v := e.Get(name); v != "" {
				return v
			}
			return s.global(name)
		}, api)
	}
	if c != nil {
		return c.expand(args)
	}
	return text.Expand(args, s.global, api)
}

func uptimeAPI(s *Switch, _ string, _ *channel) string {
	return strconv.Itoa(int(s.clk.Now().Sub(s.started).Seconds())) + "\n"
}

func strepochAPI(s *Switch, _ string, _ *channel) string {
	return strconv.FormatInt(s.clk.Now().Unix(), 10)
}

func strftimeAPI(s *Switch, args string, _ *channel) string {
	if args == "" {
		args = "%Y-%m-%d %T"
	}
	return strftime(s.clk.Now(), args)
}

func (s *Switch) status() string {
	count, peak := s.channelCounts()
	return fmt.Sprintf("UP %s\nFreeSWITCH (Version 1.11.3-dev git cc93a68 2026-08-21 14:10:14Z 64bit) is ready\n"+
		"%d session(s) since startup\n%d session(s) - peak %d, last 5min %d \n"+
		"0 session(s) per Sec out of max 2000, peak %d, last 5min %d \n20000 session(s) max\n"+
		"min idle cpu 0.00/99.00\nCurrent Stack Size/Max 240K/8192K\n",
		uptime(s.clk.Now().Sub(s.started)), s.sessions.Load(), count, peak, peak, peak, peak)
}

// uptime formats a duration as status and HEARTBEAT do.
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

// strftime formats t by the common directives; "epoch|" in front replaces t.
func strftime(t time.Time, format string) string {
	if at, rest, found := strings.Cut(format, "|"); found {
		t, format = time.Unix(int64(text.Number(at)), 0), rest
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

// msleepAPI waits in the goroutine that runs the command.
func msleepAPI(s *Switch, args string, _ *channel) string {
	timer := s.clk.NewTimer(time.Duration(text.Number(args)) * time.Millisecond)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-s.closing:
	}
	return ok
}

// sofiaContactAPI returns where a user is registered: everyone who can be dialled is.
func sofiaContactAPI(s *Switch, args string, _ *channel) string {
	if _, ok := s.endpoint("user/" + args); !ok {
		return "error/user_not_registered"
	}
	return "sofia/internal/sip:" + args + "@127.0.0.1:5066"
}
