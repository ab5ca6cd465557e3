package syntax

import (
	"fmt"
	"strings"
)

// PathElement writes text as one element of the socket application's path. FreeSWITCH cuts
// that application's data at blanks, bars, colons and slashes, interprets quotes and
// dollars, and sends us the data in an encoding of the same kind that leaves %20
// unchanged (switch_utils.c:switch_url_encode_opt: a % before two
// upper-case hexadecimal digits), so that %20 would arrive as a blank: a lower-case
// letter protects %2f from that, and a second encoding a code without letters.
func PathElement(text string) string {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch hex := fmt.Sprintf("%02x", c); {
		case c == '-' && i > 0 && text[i-1] == '-': // would end an XML comment
			b.WriteString("%2d")
		case IsPlain(rune(c)):
			b.WriteByte(c)
		case strings.ContainsAny(hex, "abcdef"):
			b.WriteString("%" + hex)
		default:
			b.WriteString("%25" + hex)
		}
	}
	return b.String()
}

// IsPlain reports whether a character has no meaning to FreeSWITCH and in a path.
func IsPlain(r rune) bool {
	return r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || strings.ContainsRune("-._~*+", r)
}
