package grant

import (
	"slices"
	"strings"
	"sync"

	"github.com/eslua/eslua/host/freeswitch/syntax"
)

// Channels holds the channels that a script may act on without a grant: its call,
// the legs that it has dialled, and what it learned from FreeSWITCH as its own
// later on. Scheduled tasks are kept with them, by their number. A nil *Channels
// holds every channel.
type Channels struct {
	mu      sync.Mutex
	own     []string
	learned []string      // the latest maxLearned, so that a loop cannot fill the memory
	next    int           // the place of the next one among them
	event   func() string // returns that of the event for which the script is called; nil: there is none, or it is the first of own
	had     bool          // it is the first of own
}

const maxLearned = 256

// IsUUID reports whether a text is a UUID as FreeSWITCH makes them. A channel can have
// another name (origination_uuid), which looks like any word.
func IsUUID(text string) bool { return len(text) == 36 && uuids.MatchString(text) }

// Add adds a channel for as long as the script runs.
func (c *Channels) Add(uuid string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.own = append(c.own, strings.ToLower(uuid))
}

// Learn adds a channel that FreeSWITCH named in its answer to a command of the
// script. It forgets the oldest of many.
func (c *Channels) Learn(uuid string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	uuid = strings.Clone(strings.ToLower(uuid)) // it may be part of a long text
	if len(c.learned) < maxLearned {
		c.learned = append(c.learned, uuid)
		return
	}
	c.learned[c.next] = uuid
	c.next = (c.next + 1) % maxLearned
}

// Renew has the script act on the channel of another event, which event returns. Those of
// its earlier events are not its own any more; others may be forgotten.
func (c *Channels) Renew(event func() string) {
	c.mu.Lock()
	own := c.own
	c.own, c.event = nil, event
	if c.had && len(own) > 0 {
		own = own[1:]
	}
	c.had = false
	c.mu.Unlock()
	for _, uuid := range own {
		c.Learn(uuid)
	}
}

// Has reports whether a channel is the script's own.
func (c *Channels) Has(uuid string) bool {
	if c == nil {
		return true
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.event != nil {
		c.own, c.event, c.had = slices.Insert(c.own, 0, strings.ToLower(c.event())), nil, true
	}
	uuid = strings.ToLower(uuid)
	return uuid != "" && (slices.Contains(c.own, uuid) || slices.Contains(c.learned, uuid))
}

// Answered learns from FreeSWITCH's answer to a command line of the script: the leg
// of originate, a uuid made for one, a scheduled task.
func (g *Grants) Answered(line, answer string) {
	if g.Mine == nil {
		return
	}
	command, _, _ := strings.Cut(strings.TrimSpace(line), " ")
	answer = strings.TrimSpace(answer)
	switch strings.ToLower(command) {
	case "create_uuid":
	case "originate":
		answer = strings.TrimPrefix(answer, "+OK ")
	case "sched_api":
		answer = strings.TrimPrefix(answer, "+OK Added: ")
	default:
		return
	}
	if answer != "" && len(answer) <= 64 && !strings.ContainsAny(answer, " \n") {
		g.Mine.Learn(answer)
	}
}

// apiChannels says which words of a command name channels, for all that do not
// begin with "uuid_", whose first word does.
var apiChannels = map[string][]int{
	"avmd": {0}, "break": {0}, "pause": {0}, "tone_detect": {0}, "vmd": {0}, "start_tdd_detect": {0}, "stop_tdd_detect": {0},
	"spandsp_start_tone_detect": {0}, "spandsp_stop_tone_detect": {0},
	"sched_broadcast": {1}, "sched_hangup": {1}, "sched_transfer": {1}, "sched_del": {0}, "unsched_api": {0},
	"uuid_bridge": {0, 1, 2},
	"uuid_exists": {}, "uuid_getvar": {}, "uuid_dump": {}, "uuid_buglist": {}, // reading hurts nobody
}

// appChannels says the same of applications.
var appChannels = map[string][]int{
	"eavesdrop": {0}, "native_eavesdrop": {0}, "three_way": {0}, "intercept": {0}, "sched_cancel": {0},
}

// channels checks that the words of an argument that name channels name the
// script's own.
func (c check) channels(kind, name, arg, where string) error {
	places, ok := appChannels[name], true
	if kind == APICommand {
		if places, ok = apiChannels[name]; !ok && strings.HasPrefix(name, "uuid_") {
			places = []int{0}
		}
	}
	if len(places) == 0 {
		return nil
	}
	words := syntax.Split(arg, ' ', c.wordLimit(places[len(places)-1]+3))
	for len(words) > 0 && channelFlags[strings.ToLower(words[0])] {
		words = words[1:]
	}
	for _, at := range places {
		if err := c.channel(kind, name, wordAt(words, at), where); err != nil {
			return err
		}
	}
	return nil
}

// channelFlags lists the words that may stand before a channel's uuid, in
// uuid_hold, uuid_media and intercept.
var channelFlags = set("off toggle -bleg")

// channel checks one channel that a use of a command or an application names.
func (c check) channel(kind, name, uuid, where string) error {
	if uuid == "" {
		return nil
	}
	if c.grants.Mine.Has(uuid) { // it may be a SIP Call-ID
		return nil
	}
	uuid = uuid[:nameEnd(uuid)] // in a list, its delimiter and more may follow
	if uuid == sameChannel || c.grants.Mine.Has(uuid) {
		return nil
	}
	rule := c.grants.rule(kind)
	if rule.judge(name, "") == granted {
		return nil
	}
	err := refused(kind, name, where, elsewhere, rule)
	err.Channel = uuid
	return err
}
