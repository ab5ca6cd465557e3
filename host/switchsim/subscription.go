package switchsim

import (
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/eslua/eslua/host/switchsim/wire"
)

// myevents is the fixed list of mod_event_socket.c's myevents command.
var myevents = []string{
	"CHANNEL_ANSWER", "CHANNEL_APPLICATION", "CHANNEL_BRIDGE", "CHANNEL_CREATE", "CHANNEL_DATA",
	"CHANNEL_DESTROY", "CHANNEL_EXECUTE", "CHANNEL_EXECUTE_COMPLETE", "CHANNEL_HANGUP",
	"CHANNEL_HANGUP_COMPLETE", "CHANNEL_ORIGINATE", "CHANNEL_UUID", "CHANNEL_OUTGOING",
	"CHANNEL_PARK", "CHANNEL_PROGRESS", "CHANNEL_PROGRESS_MEDIA", "CHANNEL_STATE",
	"CHANNEL_UNBRIDGE", "CHANNEL_UNPARK", "DETECTED_SPEECH", "DTMF", "NOTALK", "TALK",
}

// known are the event names of switch_event.c.
var known = func() map[string]bool {
	m := map[string]bool{}
	for _, name := range strings.Fields(`CUSTOM CLONE CHANNEL_CREATE CHANNEL_DESTROY CHANNEL_STATE
		CHANNEL_CALLSTATE CHANNEL_ANSWER CHANNEL_HANGUP CHANNEL_HANGUP_COMPLETE CHANNEL_EXECUTE
		CHANNEL_EXECUTE_COMPLETE CHANNEL_HOLD CHANNEL_UNHOLD CHANNEL_BRIDGE CHANNEL_UNBRIDGE
		CHANNEL_PROGRESS CHANNEL_PROGRESS_MEDIA CHANNEL_OUTGOING CHANNEL_PARK CHANNEL_UNPARK
		CHANNEL_APPLICATION CHANNEL_ORIGINATE CHANNEL_UUID CHANNEL_DATA DTMF TALK NOTALK
		DETECTED_SPEECH DETECTED_TONE CODEC RECORD_START RECORD_STOP PLAYBACK_START PLAYBACK_STOP
		MEDIA_BUG_START MEDIA_BUG_STOP TEXT RECV_RTCP_MESSAGE SEND_RTCP_MESSAGE CALL_SECURE
		CALL_UPDATE SESSION_HEARTBEAT CALL_SETUP_REQ CALL_SETUP_RESULT CALL_DETAIL FAILURE
		INBOUND_CHAN OUTBOUND_CHAN BACKGROUND_JOB API ADD_SCHEDULE DEL_SCHEDULE EXE_SCHEDULE
		RE_SCHEDULE PRIVATE_COMMAND COMMAND MESSAGE SEND_MESSAGE RECV_MESSAGE SEND_INFO RECV_INFO
		NOTIFY NOTIFY_IN PRESENCE_IN PRESENCE_OUT PRESENCE_PROBE MESSAGE_WAITING MESSAGE_QUERY
		ROSTER PHONE_FEATURE PHONE_FEATURE_SUBSCRIBE DEVICE_STATE PUBLISH UNPUBLISH STARTUP
		SHUTDOWN SHUTDOWN_REQUESTED HEARTBEAT MODULE_LOAD MODULE_UNLOAD RELOADXML LOG TRAP NAT
		SESSION_CRASH CERT_RELOAD GENERAL REQUEST_PARAMS CONFERENCE_DATA_QUERY CONFERENCE_DATA
		CLIENT_DISCONNECTED SERVER_DISCONNECTED SOCKET_DATA ALL`) {
		m[name] = true
	}
	return m
}()

// subscription is what one connection wants to hear.
type subscription struct {
	mu         sync.Mutex
	on         bool // LFLAG_EVENTS: events are delivered at all
	all        bool
	names      map[string]bool
	subclasses map[string]bool
	filters    []filter
	format     string // plain, json, xml
}

type filter struct{ header, value string }

func (s *subscription) wants(name, subclass string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.wantsLocked(name, subclass)
}

func (s *subscription) wantsLocked(name, subclass string) bool {
	switch {
	case !s.on:
		return false
	case s.all:
		return true
	case name == "CUSTOM" && subclass != "":
		return s.subclasses[subclass]
	}
	return s.names[name]
}

// passes applies the filters: any positive one must match, a negative one that
// matches drops, and with only negative ones nothing passes
// (mod_event_socket.c:event_handler).
func (s *subscription) passes(e *wire.Event) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.filters) == 0 {
		return true
	}
	pass := false
	for _, f := range s.filters {
		value := e.Get(f.header)
		if value == "" {
			continue
		}
		want, negative := f.value, false
		switch {
		case strings.HasPrefix(want, "-"):
			want, negative = want[1:], true
		case strings.HasPrefix(want, "+"):
			want = want[1:]
		}
		if !matchFilter(want, f.value, value) {
			continue
		}
		if negative {
			return false
		}
		pass = true
	}
	return pass
}

// matchFilter compares without case, or as a regular expression when the raw
// value begins with "/".
func matchFilter(want, raw, value string) bool {
	if !strings.HasPrefix(raw, "/") {
		return strings.EqualFold(want, value)
	}
	re, err := regexp.Compile(strings.TrimSuffix(raw[1:], "/"))
	return err == nil && re.MatchString(value)
}

// enable adds names of an event command; every word after CUSTOM is a subclass.
// It reports whether there was any valid name.
func (s *subscription) enable(words []string, allowed func(name string) bool) (valid, permitted bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.names == nil {
		s.names, s.subclasses = map[string]bool{}, map[string]bool{}
	}
	custom := false
	for _, word := range words {
		name := eventName(word)
		if !custom && !allowed(name) {
			return valid, false
		}
		switch {
		case custom:
			s.subclasses[word] = true
		case name == "ALL":
			s.all, valid = true, true
		case known[name]:
			s.names[name], valid = true, true
			custom = name == "CUSTOM"
		}
	}
	if valid {
		s.on = true
	}
	return valid, true
}

// disable is nixevent.
func (s *subscription) disable(words []string) (valid bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	custom := false
	for _, word := range words {
		name := eventName(word)
		switch {
		case custom:
			delete(s.subclasses, word)
		case name == "ALL":
			s.all, s.names, s.subclasses, valid = false, nil, nil, true
		case known[name]:
			if s.all { // nixing one of "all" leaves the others
				s.all, s.names = false, map[string]bool{}
				for n := range known {
					s.names[n] = true
				}
			}
			delete(s.names, name)
			valid, custom = true, name == "CUSTOM"
		}
	}
	return valid
}

// silence is noevents; it reports whether events were on.
func (s *subscription) silence() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	was := s.on
	s.on, s.all, s.names, s.subclasses = false, false, nil, nil
	return was
}

func (s *subscription) setFormat(format string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.format = format
}

func (s *subscription) formatName() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.format == "" {
		return "plain"
	}
	return s.format
}

func (s *subscription) addFilter(f filter) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.filters = append(s.filters, f)
}

// dropFilter removes filters on a header (with one value or all), or all.
func (s *subscription) dropFilter(header, value string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.filters = slices.DeleteFunc(s.filters, func(f filter) bool {
		if strings.EqualFold(header, "all") {
			return true
		}
		return strings.EqualFold(f.header, header) && (value == "" || f.value == value)
	})
}

// eventName is the name in its usual form; a 13-character prefix such as
// SWITCH_EVENT_ is skipped (switch_name_event).
func eventName(word string) string {
	name := strings.ToUpper(word)
	if !known[name] && len(name) > 13 && known[name[13:]] {
		return name[13:]
	}
	return name
}
