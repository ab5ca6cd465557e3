package grant

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// A Burden bounds what one run has FreeSWITCH start and keep, which FreeSWITCH does not
// bound: legs, recordings, scheduled tasks, jobs of bgapi, events, rows of db and hash,
// and the texts of variables and applications, which a channel keeps until it ends
// (switch_core_session.c:switch_core_session_exec logs each application with its
// argument). A leg weighs as much as aLeg, a recording by how long it may become,
// everything else that is started as aTask, and a text as long as it is. What only
// answers weighs nothing.
type Burden struct {
	most   int64
	full   func()
	common *Common
	used   atomic.Int64
}

const (
	aTask int64 = 4 << 10
	aLeg  int64 = 64 << 10

	// Recordings fill the disk. One weighs at least as much as a leg.
	aSecond          = 1 << 10
	mostOfARecording = 1 << 20 // also of one without an end
)

// NewBurden returns a Burden of at most so many bytes. It calls full for each use that
// would be more. What FreeSWITCH starts is part of a common burden too, unless that is
// nil.
func NewBurden(most int64, common *Common, full func()) *Burden {
	return &Burden{most: most, common: common, full: full}
}

// Renew forgets what was used, for a script that is called again and again.
func (b *Burden) Renew() {
	if b != nil {
		b.used.Store(0)
	}
}

// A Common burden is that of several runs together: of those of a flow whose calls
// FreeSWITCH itself has dialled, and of the calls of a script under hooks/. Without it a
// flow that has FreeSWITCH dial itself would have a new burden with each copy, and a hook
// that fires its own event with each event. It is as large as that of one run for legs and
// recordings, which begins again when FreeSWITCH has room, and for everything else.
type Common struct {
	who string
	now func() time.Time

	mu    sync.Mutex
	legs  share
	tasks share
}

// A share is used from a time on.
type share struct {
	used  int64
	began time.Time
}

// commonTime is the least time that a common burden must last.
const commonTime = 10 * time.Second

// NewCommon returns a common burden. Errors say who has it.
func NewCommon(who string, now func() time.Time) *Common { return &Common{who: who, now: now} }

// add adds what is started, and reports false if it does not fit. Room says that
// FreeSWITCH needs room for it.
func (c *Common) add(started, most int64, room bool) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := &c.legs
	if !room {
		s = &c.tasks
		if now := c.now(); now.Sub(s.began) >= commonTime {
			*s = share{began: now}
		}
	}
	if s.used+started > most {
		return false
	}
	s.used += started
	return true
}

// Due reports whether the burden of legs has lasted long enough to begin again, if
// FreeSWITCH has room. It does so once in commonTime.
func (c *Common) Due() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.now()
	if now.Sub(c.legs.began) < commonTime {
		return false
	}
	c.legs.began = now
	return true
}

// Renew begins with legs again.
func (c *Common) Renew() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.legs.used = 0
}

// A BurdenError says that a run has had FreeSWITCH start and keep as much as it may.
type BurdenError struct {
	Most   int64
	Common *Common // that is full; nil: it is the run's own burden
	Room   bool    // it was for what needs room in FreeSWITCH
}

func (e *BurdenError) Error() string {
	if e.Common != nil {
		what := "(tasks, events, rows)"
		if e.Room {
			what = "(legs, recordings), or more than half of its sessions are in use"
		}
		return fmt.Sprintf("switch limit of %d KiB reached by %s: within %v they have had FreeSWITCH start and keep too much %s; let them do less, or raise limits: {switch: %dKiB} in the configuration",
			e.Most>>10, e.Common.who, commonTime, what, e.Most>>9)
	}
	return fmt.Sprintf("switch limit of %d KiB reached: this script has had FreeSWITCH start and keep too much "+
		"(legs, recordings, tasks, jobs, events, rows, variables); let it do less, or raise limits: {switch: %dKiB} in the configuration", e.Most>>10, e.Most>>9)
}

// add adds a use, by what it starts and the size of its texts, or returns a *BurdenError.
// What does not fit is not added, so that a smaller use may.
// Room says that FreeSWITCH needs room for what is started.
func (b *Burden) add(started, size int64, room bool) error {
	if b == nil || started+size == 0 {
		return nil
	}
	if b.used.Add(started+size) > b.most {
		b.used.Add(-started - size)
		b.full()
		return &BurdenError{Most: b.most}
	}
	if b.common != nil && !b.common.add(started, b.most, room) {
		b.used.Add(-started - size)
		b.full()
		return &BurdenError{b.most, b.common, room}
	}
	return nil
}

// StartTask counts a task that eslua itself has FreeSWITCH start for the script. The
// error is a *BurdenError.
func (g *Grants) StartTask() error { return g.Burden.add(aTask, 0, false) }

// starts counts what FreeSWITCH starts for the text.
func (c check) starts(weight int64) {
	if !c.maybe {
		c.spent.burden += weight
		c.spent.room = c.spent.room || weight >= aLeg
	}
}

// legs counts the legs of a dial string: one more than the separators outside of
// brackets, or of all of them if brackets stay open.
func (c check) legs(dial string) {
	outside, all, depth := int64(1), int64(1), 0
	for i := range len(dial) {
		switch dial[i] {
		case '{', '[', '<':
			depth++
		case '}', ']', '>':
			depth--
		case ',', '|':
			all++
			if depth <= 0 {
				outside++
			}
		}
	}
	if depth > 0 {
		outside = all
	}
	c.starts(aLeg * (outside + int64(strings.Count(dial, ":_:"))))
}

// records counts what a recording weighs beyond a leg, by the word that says after how
// many seconds it ends.
func (c check) records(seconds string) {
	n, err := strconv.ParseInt(seconds, 10, 64)
	if err != nil || n <= 0 || n > mostOfARecording/aSecond || c.unquoted {
		n = mostOfARecording / aSecond
	}
	c.starts(max(0, n*aSecond-aLeg))
}

// weights says what a command or an application starts by itself.
var weights = map[string]map[string]int64{
	APICommand: weighed(`originate uuid_setvar uuid_setvar_multi uuid_display uuid_send_dtmf uuid_recv_dtmf`,
		`bgapi sched_api sched_broadcast sched_hangup sched_transfer uuid_broadcast uuid_displace uuid_limit presence chat page
		uuid_preprocess tone_detect spandsp_start_tone_detect start_tdd_detect avmd vmd uuid_session_heartbeat
		uuid_send_message uuid_send_text uuid_send_info uuid_chat uuid_phone_event uuid_transfer uuid_dual_transfer uuid_deflect uuid_bridge
		uuid_park msleep enum enum_auto stun host_lookup gethost sofia_dig`,
		`uuid_record`),
	Application: weighed(``,
		`sched_broadcast sched_hangup sched_transfer broadcast limit limit_execute limit_hash limit_hash_execute fifo valet_park
		conference callcenter page presence displace_session tone_detect spandsp_start_tone_detect spandsp_start_fax_detect
		spandsp_start_dtmf detect_speech play_and_detect_speech bind_meta_app bind_digit_action soft_hold conference_set_auto_outcall
		set_global avmd avmd_start vmd enable_heartbeat sched_heartbeat send_info fax_detect directory voicemail`,
		`record record_session record_fsv rxfax`),
}

// weighed returns the weights of commands: of a text alone, of a task, of a leg.
func weighed(texts, tasks, legs string) map[string]int64 {
	m := map[string]int64{}
	for weight, names := range map[int64]string{1: texts, aTask: tasks, aLeg: legs} {
		for name := range set(names) {
			m[name] = weight
		}
	}
	return m
}
