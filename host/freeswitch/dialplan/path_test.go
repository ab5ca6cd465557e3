package dialplan

import (
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/eslua/eslua/host/freeswitch/syntax"
)

// overTheWire returns a socket's path as eslua receives it: FreeSWITCH cuts the data
// into words and hosts, encodes it as it prints variables
// (switch_utils.c:switch_url_encode_opt), and we decode that.
func overTheWire(t *testing.T, data string) (parts []string) {
	t.Helper()
	first, _, _ := strings.Cut(data, " ")
	if strings.ContainsAny(first, `|'"\$`) {
		t.Fatalf("FreeSWITCH reads more than one host or a quote in %q", first)
	}
	i := strings.LastIndexByte(first, ':')
	if i != strings.IndexByte(first, ':') {
		t.Fatalf("FreeSWITCH takes another colon of %q for the port's", first)
	}
	var wire strings.Builder
	for i := 0; i < len(first); i++ {
		upper := func(c byte) bool { return strings.IndexByte("0123456789ABCDEF", c) >= 0 }
		if first[i] == '%' && i+2 < len(first) && upper(first[i+1]) && upper(first[i+2]) || first[i] != '%' {
			wire.WriteByte(first[i])
		} else {
			wire.WriteString("%25")
		}
	}
	seen, err := url.PathUnescape(wire.String())
	if err != nil || strings.ContainsAny(seen, " |") {
		t.Fatalf("%q arrives as %q: %v", first, seen, err)
	}
	_, path, _ := strings.Cut(seen, "/")
	for part := range strings.SplitSeq(path, "/") {
		plain, err := url.PathUnescape(part)
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, plain)
	}
	return parts
}

func FuzzEncodedPartsArriveAsTheyWere(f *testing.F) {
	for _, seed := range []string{"7001", "a b", "a/b", "a|b", "a:b", "%20", "100%", "it's", `a\nb`, "${x}", "$1", "", "a--b", "größe", "%41", "\x00\xff"} {
		f.Add(seed, "2")
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		path := syntax.PathElement(a) + "/" + syntax.PathElement(b)
		got := overTheWire(t, "127.0.0.1:8084/"+path+" async full")
		if len(got) != 2 || got[0] != a || got[1] != b {
			t.Fatalf("%q, %q was written %s and arrived as %q", a, b, path, got)
		}
		if strings.Contains(path, "--") || regexp.MustCompile(`[<>&]`).MatchString(path) {
			t.Fatalf("%q means something in XML or its comments", path)
		}
	})
}

func TestArgumentsKeepTheGroupsOfTheirRoute(t *testing.T) {
	for arg, want := range map[string]string{
		"$1": "$1", "a$1": "a$1", "$12": "${1}2", "$1 b": "$1%2520b", "$": "%2524", "$x": "%2524x", "$$1": "%2524$1",
	} {
		if got := encodedArgument(arg); got != want {
			t.Errorf("%s is written %s, want %s", arg, got, want)
		}
	}
}

func TestGroupsThatNeedNoEncoding(t *testing.T) {
	for _, c := range []struct {
		pattern string
		n       int
		want    bool
	}{
		{`^invite(7\d\d\d)$`, 1, true},
		{`^(\w+)$`, 1, true},
		{`^(\+?\d{1,14})$`, 1, true},
		{`^(.+)$`, 1, false},
		{`^([^/]+)$`, 1, false},
		{`^(\d+)/(.*)$`, 1, true},
		{`^(\d+)/(.*)$`, 2, false},
		{`^(a(b|:))$`, 1, false},
		{`^(?:a:)(b)$`, 0, false},
		{`^\d+$`, 0, true},
		{`(`, 1, false},
	} {
		if got := safeGroup(c.pattern, c.n); got != c.want {
			t.Errorf("group %d of %s: %v, want %v", c.n, c.pattern, got, c.want)
		}
	}
}
