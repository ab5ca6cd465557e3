package checkpoint

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
)

// Variable names the channel variable that holds the checkpoint.
const Variable = "eslua_checkpoint"

// MaxBytes limits the value that the variable gets.
const MaxBytes = 4 << 10

// formatVersion is the first word of a value in the format of record.text.
const formatVersion = "1"

// A place tells when in the channel's life a flow runs. Two runs with the same place
// are one run that the end of a host has interrupted.
type place struct {
	Profile string // Caller-Profile-Index
	Path    string // the call's
	Flow    string
}

// A Stamp identifies the script of a run.
type Stamp struct{ Flow, Generation, Version string }

// A record is the parsed value of the variable.
type record struct {
	place
	generation, version string
	ended               bool   // the flow has ended by itself
	saved               string // the script's text, or ""
	tasks               []int  // scheduled since the script last saved
}

// text returns the value of the variable: words of letters, digits, "-" and "_",
// joined by dots. FreeSWITCH gives no meaning to any of these.
func (r record) text() string {
	status := "running"
	if r.ended {
		status = "ended"
	}
	words := []string{formatVersion, word(r.Profile), word(r.Path), word(r.Flow), word(r.generation), word(r.version), status, word(r.saved)}
	for _, id := range r.tasks {
		words = append(words, strconv.Itoa(id))
	}
	return strings.Join(words, ".")
}

// taskAdded begins the word that FreeSWITCH itself appends; see Checkpoint.Schedule.
const taskAdded = "+OK Added: "

func parse(value string) (r record, err error) {
	words := strings.Split(value, ".")
	if words[0] != formatVersion {
		return r, fmt.Errorf("its format is %.20q, this eslua reads %s", words[0], formatVersion)
	}
	if len(words) < 8 || words[6] != "running" && words[6] != "ended" {
		return r, fmt.Errorf("it is damaged: %d words", len(words))
	}
	r.ended = words[6] == "ended"
	for i, to := range []*string{1: &r.Profile, &r.Path, &r.Flow, &r.generation, &r.version, 7: &r.saved} {
		if to == nil {
			continue
		}
		decoded, err := encoding.DecodeString(words[i])
		if err != nil {
			return record{}, fmt.Errorf("it is damaged in word %d: %w", i+1, err)
		}
		*to = string(decoded)
	}
	for _, w := range words[8:] {
		// A word without a number is FreeSWITCH's reason why it did not schedule.
		if id, err := strconv.Atoi(strings.TrimSpace(strings.TrimPrefix(w, taskAdded))); err == nil && id > 0 {
			r.tasks = append(r.tasks, id)
		}
	}
	return r, nil
}

var encoding = base64.RawURLEncoding.Strict()

func word(s string) string { return encoding.EncodeToString([]byte(s)) }

// Read returns the script of the run that wrote a value of the variable.
func Read(value string) (Stamp, error) {
	r, err := parse(value)
	return Stamp{Flow: r.Flow, Generation: r.generation, Version: r.version}, err
}
