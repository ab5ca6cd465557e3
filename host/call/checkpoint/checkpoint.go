// Package checkpoint owns the one channel variable in which a flow's run keeps,
// in FreeSWITCH, what the next host needs to go on when this one has died: what
// the script wants kept, which flow and version wrote it, and the timed hangups
// it has not accounted for yet. What the kept text means is the script
// bindings' business.
//
// The variable is bound to one run of an extension: FreeSWITCH counts the
// channel's caller profiles, and every transfer makes a new one. So a transfer
// leaves the checkpoint behind in the very step in which it happens.
package checkpoint

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
)

// Variable is the channel variable.
const Variable = "eslua_checkpoint"

// MostBytes is how long its value may be.
const MostBytes = 4 << 10

// format is the number of the format below.
const format = "1"

// Place is where in the channel's life a flow runs: two runs with the same
// Place are one, interrupted by a host's end.
type Place struct {
	Profile string // Caller-Profile-Index
	Path    string // of the socket application
	Flow    string
}

// Stamp says which script runs.
type Stamp struct{ Flow, Generation, Version string }

// record is the variable's value in parts.
type record struct {
	Place
	generation, version string
	ended               bool   // the flow has ended by itself
	kept                string // by the script; "" is nothing
	tasks               []int  // scheduled since the script last kept something
}

// text is the value. No byte of it means anything to FreeSWITCH: words of
// digits, letters, "-" and "_", with dots between them.
func (r record) text() string {
	status := "running"
	if r.ended {
		status = "ended"
	}
	words := []string{format, word(r.Profile), word(r.Path), word(r.Flow), word(r.generation), word(r.version), status, word(r.kept)}
	for _, id := range r.tasks {
		words = append(words, strconv.Itoa(id))
	}
	return strings.Join(words, ".")
}

// scheduled is what FreeSWITCH puts at the end itself, see Keeper.Schedule.
const scheduled = "+OK Added: "

func parse(value string) (r record, err error) {
	words := strings.Split(value, ".")
	if words[0] != format {
		return r, fmt.Errorf("its format is %.20q, this eslua writes %s", words[0], format)
	}
	if len(words) < 8 || words[6] != "running" && words[6] != "ended" {
		return r, fmt.Errorf("it is damaged: %d words", len(words))
	}
	r.ended = words[6] == "ended"
	for i, to := range []*string{1: &r.Profile, &r.Path, &r.Flow, &r.generation, &r.version, 7: &r.kept} {
		if to == nil {
			continue
		}
		plain, err := encoding.DecodeString(words[i])
		if err != nil {
			return record{}, fmt.Errorf("it is damaged in word %d: %w", i+1, err)
		}
		*to = string(plain)
	}
	for _, w := range words[8:] {
		// What is no number was not scheduled: FreeSWITCH said why not.
		if id, err := strconv.Atoi(strings.TrimSpace(strings.TrimPrefix(w, scheduled))); err == nil && id > 0 {
			r.tasks = append(r.tasks, id)
		}
	}
	return r, nil
}

var encoding = base64.RawURLEncoding.Strict()

func word(s string) string { return encoding.EncodeToString([]byte(s)) }
