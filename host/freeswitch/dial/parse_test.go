package dial

import (
	"errors"
	"strings"
)

// FreeSWITCH's own reading of a dial string, ported from switch_ivr_originate.c,
// switch_event.c and switch_utils.c of cc93a683 step by step. It shares nothing
// with what this package writes, so that it can disagree.

// call is one endpoint FreeSWITCH would call and its channel's variables.
type call struct {
	endpoint string
	vars     map[string]string // by lower-case name
}

var errParse = errors.New("parse error")

// originate is switch_ivr_originate up to the channels it makes.
func originate(dial string) ([][]call, error) {
	if strings.Contains(dial, ":_:") {
		return nil, errors.New("several calls (enterprise originate)")
	}
	check := !strings.Contains(strings.ToLower(dial), "origination_nested_vars=true")
	data := strings.TrimLeft(dial, " ")
	general := map[string]string{}
	for _, b := range []string{"<>", "{}"} {
		for strings.HasPrefix(data, b[:1]) {
			rest, ok := brackets(data, b[0], b[1], ',', general)
			if !ok {
				return nil, errParse
			}
			data = rest
		}
	}
	data = strings.TrimLeft(data, " ")
	if data == "" {
		return nil, errors.New("no origination URL specified")
	}
	var groups [][]call
	for _, pipe := range separate(data, '|', 128) {
		var group []call
		for _, peer := range separate(hideCommas(pipe), ',', 128) {
			local := map[string]string{}
			chanType := strings.TrimLeft(peer, " ")
			for strings.HasPrefix(chanType, "[") {
				if end := endParen(chanType, '[', ']'); end >= 0 {
					chanType = strings.ReplaceAll(chanType[:end], "\x01", ",") + chanType[end:]
				}
				rest, ok := brackets(chanType, '[', ']', 2, local)
				if !ok {
					return nil, errParse
				}
				chanType = rest
			}
			c := call{endpoint: strings.TrimLeft(chanType, " "), vars: map[string]string{}}
			order := []map[string]string{local, general}
			if v := general["local_var_clobber"]; v == "true" {
				order = []map[string]string{general, local}
			}
			for _, vars := range order {
				for name, value := range vars {
					if !check || !varCheck(value) {
						c.vars[name] = value
					}
				}
			}
			group = append(group, c)
		}
		groups = append(groups, group)
	}
	return groups, nil
}

// hideCommas is the loop that protects the commas inside [...].
func hideCommas(s string) string {
	p := []byte(s)
	end, quoted, alt := -1, false, false
	for i := range p {
		if end < 0 && p[i] == '[' {
			if n := endParen(string(p[i:]), '[', ']'); n >= 0 {
				end = i + n
			}
			alt = i+2 < len(p) && p[i+1] == '^' && p[i+2] == '^'
			quoted = false
		}
		if p[i] == '\'' {
			quoted = !quoted
		}
		if end >= 0 && i < end && p[i] == ',' && (i == 0 || p[i-1] != '\\') {
			if p[i] = 2; quoted || alt {
				p[i] = 1
			}
		}
		if i == end {
			end = -1
		}
	}
	return string(p)
}

// brackets is switch_event_create_brackets.
func brackets(data string, open, shut, delim byte, vars map[string]string) (rest string, ok bool) {
	end := endParen(data, open, shut)
	if end < 0 {
		return "", false
	}
	list := strings.TrimLeft(data, " ")[1:]
	list = list[:end-(len(data)-len(list))]
	rest = data[end+1:]
	if strings.HasPrefix(list, "^^") && len(list) > 2 {
		delim, list = list[2], list[3:]
	}
	for _, item := range separate(list, delim, 1024) {
		if pair := separate(item, '=', 2); len(pair) == 2 {
			name, value := strings.ToLower(pair[0]), pair[1]
			if array, ok := strings.CutPrefix(value, "ARRAY::"); ok && !strings.Contains(array, "|:") {
				value = array // a list of one is its value
			}
			if vars[name] = value; value == "" {
				delete(vars, name)
			}
		}
	}
	return rest, true
}

// endParen is switch_find_end_paren; -1 for none.
func endParen(s string, open, shut byte) int {
	i := len(s) - len(strings.TrimLeft(s, " "))
	if i >= len(s) || s[i] != open {
		return -1
	}
	depth := 1
	for i++; i < len(s); i++ {
		switch s[i] {
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

// separate is switch_separate_string for a delimiter that is no blank.
func separate(s string, delim byte, most int) []string {
	if strings.HasPrefix(s, "^^") && len(s) > 3 {
		delim, s = s[2], s[3:]
	}
	var raw []string
	starting, quoted, start := true, false, 0
	i := 0
	for i < len(s) && len(raw) < most-1 || starting && i < len(s) {
		if starting {
			starting, start = false, i
			if len(raw) == most-1 {
				break
			}
			continue
		}
		switch {
		case s[i] == '\\':
			i++
		case s[i] == '\'' && (quoted || strings.Contains(s[i+1:], "'")):
			quoted = !quoted
		case s[i] == delim && !quoted:
			raw = append(raw, s[start:i])
			starting = true
		}
		i++
	}
	if !starting {
		raw = append(raw, s[start:])
	}
	for i := range raw {
		raw[i] = cleanup(raw[i], delim)
	}
	return raw
}

// cleanup is cleanup_separated_string.
func cleanup(s string, delim byte) string {
	s = strings.TrimLeft(s, " ")
	var out []byte
	end, quoted := 0, false
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			e := s[i+1]
			plain := map[byte]byte{'n': '\n', 'r': '\r', 't': '\t', 's': ' '}
			u, special := plain[e]
			if e == '\'' || e == '"' || e == delim || e == '\\' {
				u, special = e, true
			}
			if special {
				i++
				out = append(out, u)
				end = len(out)
				continue
			}
		}
		if s[i] == '\'' && (quoted || strings.Contains(s[i+1:], "'")) {
			if quoted = !quoted; quoted {
				end = len(out)
			}
			continue
		}
		out = append(out, s[i])
		if s[i] != ' ' || quoted {
			end = len(out)
		}
	}
	return string(out[:end])
}

// varCheck is switch_string_var_check_const.
func varCheck(s string) bool {
	dollar := false
	for i := range len(s) {
		switch {
		case s[i] == '$':
			dollar = true
		case dollar && s[i] == '{':
			return true
		case s[i] != '\\':
			dollar = false
		}
	}
	return false
}
