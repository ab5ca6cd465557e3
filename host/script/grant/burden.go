package grant

import (
	"fmt"
	"strings"
	"sync/atomic"
)

// A Burden bounds what one run has FreeSWITCH start and keep, which FreeSWITCH does not
// bound: legs, recordings, scheduled tasks, jobs of bgapi, events, rows of db and hash,
// and the texts of variables and applications, which a channel keeps until it ends
// (switch_core_session.c:switch_core_session_exec logs each application with its
// argument). A leg and a recording weigh as much as aLeg, everything else that is
// started as aTask, and a text as long as it is. What only answers weighs nothing.
type Burden struct {
	most int64
	full func()
	used atomic.Int64
}

const (
	aTask int64 = 4 << 10
	aLeg  int64 = 64 << 10
)

// NewBurden returns a Burden of at most so many bytes. It calls full for each use that
// would be more.
func NewBurden(most int64, full func()) *Burden { return &Burden{most: most, full: full} }

// A BurdenError says that a run has had FreeSWITCH start and keep as much as it may.
type BurdenError struct{ Most int64 }

func (e *BurdenError) Error() string {
	return fmt.Sprintf("switch limit of %d KiB reached: this script has had FreeSWITCH start and keep too much "+
		"(legs, recordings, tasks, jobs, events, rows, variables); let it do less, or raise limits: {switch: %dKiB} in the configuration", e.Most>>10, e.Most>>9)
}

// add adds a use, or returns a *BurdenError. What does not fit is not added, so that a
// smaller use may.
func (b *Burden) add(n int64) error {
	if b == nil || n == 0 {
		return nil
	}
	if b.used.Add(n) > b.most {
		b.used.Add(-n)
		b.full()
		return &BurdenError{b.most}
	}
	return nil
}

// StartTask counts a task that eslua itself has FreeSWITCH start for the script. The
// error is a *BurdenError.
func (g *Grants) StartTask() error { return g.Burden.add(aTask) }

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
