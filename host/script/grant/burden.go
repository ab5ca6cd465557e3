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

// Common counts the burden of all runs of a flow whose calls FreeSWITCH itself has dialled.
// Without it a flow that has FreeSWITCH dial itself would have a new burden with each
// copy. It is as large as that of one run, and begins again when FreeSWITCH has room.
type Common struct {
	used  atomic.Int64
	mu    sync.Mutex
	began time.Time
}

// commonTime is the least time that a common burden must last.
const commonTime = 10 * time.Second

// Due reports whether the burden has lasted long enough to begin again, if FreeSWITCH has
// room. It does so once in commonTime.
func (c *Common) Due(now time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now.Sub(c.began) < commonTime {
		return false
	}
	c.began = now
	return true
}

// Renew begins again.
func (c *Common) Renew() { c.used.Store(0) }

// A BurdenError says that a run has had FreeSWITCH start and keep as much as it may.
type BurdenError struct {
	Most   int64
	Common *Common // that is full; nil: it is the run's own burden
}

func (e *BurdenError) Error() string {
	if e.Common != nil {
		return fmt.Sprintf("switch limit of %d KiB reached by the calls of this flow that FreeSWITCH itself has dialled: within %v they have had it "+
			"start and keep too much (legs, recordings, tasks, rows), or more than half of its sessions are in use; let them do less, or raise limits: {switch: %dKiB} in the configuration",
			e.Most>>10, commonTime, e.Most>>9)
	}
	return fmt.Sprintf("switch limit of %d KiB reached: this script has had FreeSWITCH start and keep too much "+
		"(legs, recordings, tasks, jobs, events, rows, variables); let it do less, or raise limits: {switch: %dKiB} in the configuration", e.Most>>10, e.Most>>9)
}

// add adds a use, by what it starts and the size of its texts, or returns a *BurdenError.
// What does not fit is not added, so that a smaller use may.
func (b *Burden) add(started, size int64) error {
	if b == nil || started+size == 0 {
		return nil
	}
	if b.used.Add(started+size) > b.most {
		b.used.Add(-started - size)
		b.full()
		return &BurdenError{b.most, nil}
	}
	if b.common != nil && b.common.used.Add(started) > b.most {
		b.common.used.Add(-started)
		b.used.Add(-started - size)
		b.full()
		return &BurdenError{b.most, b.common}
	}
	return nil
}

// StartTask counts a task that eslua itself has FreeSWITCH start for the script. The
// error is a *BurdenError.
func (g *Grants) StartTask() error { return g.Burden.add(aTask, 0) }

// starts counts what FreeSWITCH starts for the text.
func (c check) starts(weight int64) {
	if !c.maybe {
		c.spent.burden += weight
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
