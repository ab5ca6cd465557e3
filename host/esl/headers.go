package esl

import "strings"

// nextLine cuts the first line off a block of header lines.
func nextLine(block string) (line, rest string) {
	i := strings.IndexByte(block, '\n')
	if i < 0 {
		return block, ""
	}
	return block[:i], block[i+1:]
}

// lookup finds the first header called name, in any case. Lines that are no
// header are passed over: an unencoded value with a newline (getvar) makes them.
func lookup(block, name string) (value string, ok bool) {
	for block != "" {
		var line string
		line, block = nextLine(block)
		if len(line) > len(name) && line[len(name)] == ':' && strings.EqualFold(line[:len(name)], name) {
			return headerValue(line[len(name)+1:]), true
		}
	}
	return "", false
}

// headerValue strips what belongs to the line and not to the value: the one
// blank FreeSWITCH writes behind the colon, and the CR of a CRLF peer.
func headerValue(s string) string {
	if s != "" && s[0] == ' ' {
		s = s[1:]
	}
	return strings.TrimSuffix(s, "\r")
}

func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}
