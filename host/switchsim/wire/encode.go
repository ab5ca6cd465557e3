package wire

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

// Decode undoes AppendEncoded; text that is no escape stays as it is.
func Decode(s string) string {
	i := 0
	for i < len(s) && s[i] != '%' {
		i++
	}
	if i == len(s) {
		return s
	}
	out := append(make([]byte, 0, len(s)), s[:i]...)
	for ; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			hi, lo := unhex(s[i+1]), unhex(s[i+2])
			if hi >= 0 && lo >= 0 {
				out = append(out, byte(hi<<4|lo))
				i += 2
				continue
			}
		}
		out = append(out, s[i])
	}
	return string(out)
}

func upperHex(b byte) bool { return b >= '0' && b <= '9' || b >= 'A' && b <= 'F' }

func unhex(b byte) int {
	switch {
	case b >= '0' && b <= '9':
		return int(b - '0')
	case b >= 'A' && b <= 'F':
		return int(b-'A') + 10
	case b >= 'a' && b <= 'f':
		return int(b-'a') + 10
	}
	return -1
}
