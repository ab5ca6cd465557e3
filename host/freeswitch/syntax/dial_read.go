package syntax

import (
	"errors"
	"fmt"
	"strings"
)

// ReadDialString reads a dial string as FreeSWITCH does
// (switch_ivr_originate.c:switch_ivr_originate). It returns several if the text
// joins them with ":_:"; they are dialled at once
// (switch_ivr_enterprise_originate).
func ReadDialString(text string) ([]DialString, error) {
	general, text, err := readVariables(strings.TrimLeft(text, " "), '<', '>', ',', nil)
	if err != nil {
		return nil, err
	}
	var all []DialString
	for _, one := range strings.SplitN(strings.TrimLeft(text, " "), ":_:", maxPeers) {
		d := DialString{Vars: general}
		if err := d.read(one); err != nil {
			return nil, err
		}
		all = append(all, d)
	}
	return all, nil
}

func (d *DialString) read(text string) (err error) {
	text = strings.TrimLeft(text, " ")
	for _, brackets := range []string{"<>", "{}"} {
		if d.Vars, text, err = readVariables(text, brackets[0], brackets[1], ',', d.Vars); err != nil {
			return err
		}
	}
	text = strings.TrimLeft(text, " ")
	if text == "" {
		return errors.New("the dial string names no endpoint")
	}
	for _, piece := range Split(text, '|', maxPeers) {
		var group []Leg
		for _, peer := range Split(hideCommas(piece), ',', maxPeers) {
			leg, err := readLeg(strings.TrimLeft(peer, " "))
			if err != nil {
				return err
			}
			group = append(group, leg)
		}
		d.Groups = append(d.Groups, group)
	}
	return nil
}

// The commas inside [...] are hidden from the split at commas, as FreeSWITCH's
// UNQUOTED_ESC_COMMA, at which variables are split, and QUOTED_ESC_COMMA.
const (
	separatingComma = '\x02'
	quotedComma     = '\x01'
)

func hideCommas(s string) string {
	text := []byte(s)
	end, quoted, ownDelimiter := -1, false, false
	for i := range text {
		if end < 0 && text[i] == '[' {
			if n := closing(string(text[i:]), '[', ']'); n >= 0 {
				end = i + n
			}
			ownDelimiter = strings.HasPrefix(string(text[i+1:]), "^^")
			quoted = false
		}
		if text[i] == '\'' {
			quoted = !quoted
		}
		if i < end && text[i] == ',' && text[i-1] != '\\' {
			if text[i] = separatingComma; quoted || ownDelimiter {
				text[i] = quotedComma
			}
		}
		if i == end {
			end = -1
		}
	}
	return string(text)
}

func readLeg(text string) (leg Leg, err error) {
	for err == nil && strings.HasPrefix(text, "[") {
		if end := closing(text, '[', ']'); end >= 0 {
			text = strings.ReplaceAll(text[:end], string(quotedComma), ",") + text[end:]
		}
		leg.Vars, text, err = readGroup(text, '[', ']', separatingComma, leg.Vars)
	}
	leg.Endpoint = strings.TrimLeft(text, " ")
	return leg, err
}

// readVariables reads all groups of variables that text begins with and adds
// them to vars.
func readVariables(text string, open, shut, delim byte, vars []Var) ([]Var, string, error) {
	var err error
	for err == nil && strings.HasPrefix(text, string(open)) {
		vars, text, err = readGroup(text, open, shut, delim, vars)
	}
	return vars, text, err
}

// readGroup reads the one group of variables that text begins with
// (switch_event.c:switch_event_create_brackets).
func readGroup(text string, open, shut, delim byte, vars []Var) ([]Var, string, error) {
	end := closing(text, open, shut)
	if end < 0 {
		return vars, text, fmt.Errorf("the %q in a dial string has no matching %q", open, shut)
	}
	list := text[1:end]
	if strings.HasPrefix(list, "^^") && len(list) > 2 {
		delim, list = list[2], list[3:]
	}
	for _, item := range Split(list, delim, 1024) {
		if pair := Split(item, '=', 2); len(pair) == 2 {
			vars = append(vars, Var{pair[0], pair[1]})
		}
	}
	return vars, text[end+1:], nil
}

// closing returns the index of the bracket that closes the one text begins
// with, -1 if there is none (switch_utils.c:switch_find_end_paren).
func closing(text string, open, shut byte) int {
	depth := 0
	for i := range len(text) {
		switch text[i] {
		case open:
			depth++
		case shut:
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}
