package campaign

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/eslua/eslua/host/durable"
	"github.com/eslua/eslua/host/freeswitch/syntax"
	"github.com/eslua/eslua/host/operate/config"
	"github.com/eslua/eslua/host/spell"
)

// A Definition says what a campaign shall do.
type Definition struct {
	Name       string            `json:"name"`
	Flow       string            `json:"flow"`            // that has defined it
	To         []Way             `json:"to"`              // endpoints with {number} in them
	Nodes      []Way             `json:"nodes,omitempty"` // by name or tag, the first that fits counts; none: all
	FromNumber string            `json:"from_number,omitempty"`
	FromName   string            `json:"from_name,omitempty"`
	Variables  map[string]string `json:"variables,omitempty"`
	Timeout    int               `json:"timeout"`       // seconds to wait for an answer
	App        string            `json:"app,omitempty"` // what the callee gets, with Data; or
	Data       string            `json:"data,omitempty"`
	OnAnswer   string            `json:"on_answer,omitempty"` // a flow, with
	Args       []string          `json:"args,omitempty"`
	Rate       float64           `json:"rate"`                  // calls per second
	AtOnce     int               `json:"at_once"`               // calls, from dialling to hangup
	Retries    map[string]int    `json:"retries,omitempty"`     // how often, by outcome or cause
	RetryAfter int               `json:"retry_after,omitempty"` // seconds, twice as many after each further attempt
	Window     string            `json:"window"`
	Timezone   string            `json:"timezone,omitempty"`
	Timezones  map[string]string `json:"timezones,omitempty"` // by the first digits of a number
	DNC        string            `json:"dnc,omitempty"`       // bucket of numbers that are not called
	Priority   int               `json:"priority"`            // 0 to 9; a greater one goes first
}

// A Way is a route, a node, or each node that has a tag, and what it takes.
type Way struct {
	Name   string  `json:"name,omitempty"`
	Tag    string  `json:"tag,omitempty"`
	Rate   float64 `json:"rate,omitempty"`    // calls per second; 0: as the campaign's
	AtOnce int     `json:"at_once,omitempty"` // likewise
}

// The outcomes besides those of syntax.
const (
	Unknown     = "unknown"     // its host died, and nobody has heard how it ended
	DoNotCall   = "do not call" // the number is in the bucket of those that are not called
	longestWait = 24 * time.Hour
	mostRetries = 20
	mostWays    = 20
	mostRate    = 1_000_000 // of one endpoint or node; the campaign has a rate of its own
	mostTexts   = 64
)

// outcomes names those after which a number can be called again.
var outcomes = []string{
	string(syntax.Busy), string(syntax.NoAnswer), string(syntax.Rejected), string(syntax.Unallocated),
	string(syntax.Unreachable), string(syntax.GatewayDown), string(syntax.Cancelled), string(syntax.Failed), Unknown,
}

var resultText = regexp.MustCompile(`^[a-z][a-z0-9_ -]{0,39}$`)

// CheckName returns an error unless a campaign can have the name.
func CheckName(name string) error {
	return durable.CheckName("name of a campaign", name)
}

// Check returns what is wrong with a definition.
func (d *Definition) Check(most config.Campaigns) error {
	if err := CheckName(d.Name); err != nil {
		return err
	}
	switch {
	case len(d.To) == 0 || len(d.To) > mostWays:
		return fmt.Errorf(`to: write 1 to %d endpoints, such as "sofia/gateway/carrier/{number}"`, mostWays)
	case len(d.Nodes) > mostWays:
		return fmt.Errorf("nodes: at most %d", mostWays)
	case !(d.Rate > 0 && d.Rate <= float64(most.Rate)): // nor 0/0
		return fmt.Errorf("rate is %g calls per second; it can be up to %d (campaigns: rate: in the configuration)", d.Rate, most.Rate)
	case d.AtOnce < 1 || d.AtOnce > most.AtOnce:
		return fmt.Errorf("at_once is %d; it can be 1 to %d calls (campaigns: at_once: in the configuration)", d.AtOnce, most.AtOnce)
	case d.Timeout < 1 || d.Timeout > 300:
		return fmt.Errorf("timeout is %d; it can be 1 to 300 seconds", d.Timeout)
	case d.RetryAfter < 1 || d.RetryAfter > int(longestWait/time.Second):
		return fmt.Errorf("retry_after is %d; it can be 1 to %d seconds", d.RetryAfter, longestWait/time.Second)
	case d.Priority < 0 || d.Priority > 9:
		return fmt.Errorf("priority is %d; it can be 0 to 9, and 9 goes first", d.Priority)
	case len(d.Timezones) > 1000 || len(d.Variables) > mostTexts || len(d.Args) > mostTexts:
		return errors.New("there are too many timezones, variables or args")
	}
	for i, w := range slices.Concat(d.To, d.Nodes) {
		isRoute := i < len(d.To)
		if isRoute && strings.Count(w.Name, "{number}") != 1 {
			return fmt.Errorf(`to is %.80q; write where the number goes, once: "sofia/gateway/carrier/{number}"`, w.Name)
		}
		if isRoute && (strings.ContainsAny(w.Name, "|,") || strings.Contains(w.Name, ":_:")) {
			return fmt.Errorf(`to is %.80q; write one endpoint in each text: to = {"sofia/gateway/a/{number}", "sofia/gateway/b/{number}"}`, w.Name)
		}
		if !(w.Rate >= 0 && w.Rate <= mostRate) || w.AtOnce < 0 {
			return fmt.Errorf("%.80q has the rate %g and at_once %d; write a rate from 0 to %d, and at_once from 0", cmp.Or(w.Name, w.Tag), w.Rate, w.AtOnce, mostRate)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(d.Retries)) {
		if err := checkRetry(key, d.Retries[key]); err != nil {
			return err
		}
	}
	if _, err := parseWindow(d.Window); err != nil {
		return fmt.Errorf("window: %w", err)
	}
	for prefix, zone := range d.Timezones {
		if _, err := loadZone(zone); err != nil {
			return fmt.Errorf("timezones: %w", err)
		}
		if n, err := Normal(prefix); err != nil || n != prefix {
			return fmt.Errorf(`timezones: %.40q does not begin a number; write timezones = {["+49"] = "Europe/Berlin"}`, prefix)
		}
	}
	if _, err := loadZone(d.Timezone); err != nil {
		return fmt.Errorf("timezone: %w", err)
	}
	_, err := d.line("", Entry{Number: "0"}, call{uuid: "", listener: "127.0.0.1:8084", route: d.To[0].Name})
	return err
}

// checkRetry checks how often something is tried again.
func checkRetry(key string, times int) error {
	_, isCause := syntax.LookupCause(key)
	known := isCause && key == strings.ToUpper(key) || slices.Contains(outcomes, key) || resultText.MatchString(key) && key != string(syntax.Answered)
	switch {
	case key == string(syntax.Answered) || key == DoNotCall:
		return fmt.Errorf("retries: who has outcome %q is not called again", key)
	case !known:
		hint := ""
		if near := spell.Nearest(key, outcomes); near != "" {
			hint = fmt.Sprintf("; did you mean %q?", near)
		}
		return fmt.Errorf("retries: %.40q is no outcome (%s), no cause such as USER_BUSY, and no campaign_result of a flow%s", key, strings.Join(outcomes, ", "), hint)
	case times < 0 || times > mostRetries:
		return fmt.Errorf("retries: %s is %d; it can be 0 to %d", key, times, mostRetries)
	}
	return nil
}

// again returns how often a number may be called again after an attempt that ended so, and
// when. What the flow said (campaign_result) counts before the cause, and that before the outcome.
func (d *Definition) again(e Entry, a Attempt, now time.Time) (due time.Time, ok bool) {
	times, found := d.Retries[a.Result]
	if a.Result == "" || !found {
		if a.Outcome == string(syntax.Answered) {
			return due, false
		}
		if times, found = d.Retries[a.Cause]; !found {
			times = d.Retries[a.Outcome]
		}
	}
	n := len(e.Attempts)
	if n > times {
		return due, false
	}
	wait := min(time.Duration(cmp.Or(d.RetryAfter, 1))*time.Second<<min(n-1, 20), longestWait)
	return now.Add(wait), true
}

// zoneOf returns the time zone of a number's callee: its own, else that of its first digits,
// else the campaign's.
func (d *Definition) zoneOf(e Entry) string {
	if e.Zone != "" {
		return e.Zone
	}
	for n := min(len(e.Number), longestNumber); n > 0; n-- {
		if zone, ok := d.Timezones[e.Number[:n]]; ok {
			return zone
		}
	}
	return d.Timezone
}
