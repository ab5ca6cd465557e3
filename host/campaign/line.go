package campaign

import (
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/eslua/eslua/host/freeswitch/syntax"
)

// The variables by which a call's channel, and its flow, know the campaign. Those of the
// list's columns begin with campaign_ too.
const (
	variableName   = "campaign"
	variableNumber = "campaign_number"
	variableResult = columnPrefix + resultColumn
	columnPrefix   = "campaign_"
	resultColumn   = "result"
)

// A call is one attempt, to be made.
type call struct {
	uuid     string // of its channel
	listener string // of the host that serves it
	route    string
	marked   bool // it leaves marks on its node
}

// line returns the command that makes a call. Everything in it is escaped as FreeSWITCH
// reads it, so that nothing in a list means anything else there.
func (d *Definition) line(campaign string, e Entry, c call) (string, error) {
	vars := []syntax.Var{
		{Name: "origination_uuid", Value: c.uuid},
		{Name: "originate_timeout", Value: strconv.Itoa(d.Timeout)},
		{Name: "ignore_early_media", Value: "true"}, // who answers has answered
		{Name: variableName, Value: campaign},
		{Name: variableNumber, Value: e.Number},
		{Name: "origination_caller_id_number", Value: d.FromNumber},
		{Name: "origination_caller_id_name", Value: d.FromName},
	}
	for _, name := range slices.Sorted(maps.Keys(e.Columns)) {
		vars = append(vars, syntax.Var{Name: columnPrefix + name, Value: e.Columns[name]})
	}
	if d.OnAnswer != "" { // else the callee hears silence for ever when the host of the flow dies
		vars = append(vars, syntax.Var{Name: "socket_resume", Value: "true"})
	}
	for _, name := range slices.Sorted(maps.Keys(d.Variables)) {
		if !slices.ContainsFunc(vars[:5], func(v syntax.Var) bool { return strings.EqualFold(v.Name, name) }) {
			vars = append(vars, syntax.Var{Name: name, Value: d.Variables[name]})
		}
	}
	endpoint := strings.Replace(c.route, "{number}", e.Number, 1)
	dial, err := syntax.DialString{Vars: vars, Groups: [][]syntax.Leg{{{Endpoint: endpoint}}}}.Write()
	if err != nil {
		return "", err
	}
	then, err := d.then(c.listener)
	if err != nil {
		return "", err
	}
	if c.marked {
		dial = marks(c.uuid, endpoint) + dial
	}
	return "originate " + syntax.Word(dial) + " " + syntax.Word(then), nil
}

// Line returns a command as the campaign sends it for a number, for a check of what it is
// permitted.
func (d *Definition) Line(route, number, listener string) (string, error) {
	return d.line(d.Name, Entry{Number: number}, call{uuid: "00000000-0000-0000-0000-000000000000", listener: listener, route: route})
}

// then returns what the callee gets, as originate takes it.
func (d *Definition) then(listener string) (string, error) {
	switch {
	case d.OnAnswer != "" && d.App == "":
		path := listener
		for _, element := range append([]string{d.OnAnswer}, d.Args...) {
			path += "/" + syntax.PathElement(element)
		}
		return "&socket(" + path + " async full)", nil
	case d.App != "" && !strings.ContainsAny(d.App, "() &") && !strings.Contains(d.Data, ")") && d.Args == nil && d.OnAnswer == "":
		return "&" + d.App + "(" + d.Data + ")", nil
	}
	return "", errors.New(`on_answer: write what the callee gets: a flow (on_answer = "survey"), or an application and its data without the sign ) (on_answer = {"playback", "hello.wav"}); args are those of a flow`)
}
