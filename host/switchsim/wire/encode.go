package wire

import "strconv"

// SWITCH_URL_UNSAFE (switch_utils.h) and the control and non-ASCII bytes.
var unsafeByte = func() (t [256]bool) {
	for i := range t {
		t[i] = i < 0x20 || i >= 0x7f
	}
	for _, b := range []byte("\r\n \"#%&+:;<=>?@[\\]^`{|}") {
		t[b] = true
	}
	return t
}()

const hexDigits = "0123456789ABCDEF"

// AppendEncoded appends s as FreeSWITCH encodes a header value in a plain event
// (switch_url_encode_opt): a % that two upper-case hex digits follow is left
// alone, which makes the encoding ambiguous.
func AppendEncoded(dst []byte, s string) []byte {
	start := 0
	for i := 0; i < len(s); i++ {
		b := s[i]
		if !unsafeByte[b] {
			continue
		}
		if b == '%' && i+2 < len(s) && upperHex(s[i+1]) && upperHex(s[i+2]) {
			continue
		}
		dst = append(dst, s[start:i]...)
		dst = append(dst, '%', hexDigits[b>>4], hexDigits[b&15])
		start = i + 1
	}
	return append(dst, s[start:]...)
}

// Decode undoes AppendEncoded; text that is not an escape stays as it is.
func Decode(s string) string {
	var out []byte
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c == '%' && i+2 < len(s) {
			if n, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil {
				c = byte(n)
				i += 2
			}
		}
		out = append(out, c)
	}
	return string(out)
}

func upperHex(b byte) bool { return b >= '0' && b <= '9' || b >= 'A' && b <= 'F' }
