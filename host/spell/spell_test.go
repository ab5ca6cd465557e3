package spell

import (
	"strings"
	"testing"
)

func TestNearest(t *testing.T) {
	words := []string{strings.Repeat("x", 64), strings.Repeat("y", 65), "listen", "limits", "log", "USER_BUSY", "BUSY_EVERYWHERE", "NO_ANSWER"}
	for word, want := range map[string]string{
		"lissten": "listen", "LIMIT": "limits", "BUSSY": "USER_BUSY", "user_bussy": "USER_BUSY", "ANSWER": "NO_ANSWER",
		"": "", "x": "", strings.Repeat("x", 63) + "z": strings.Repeat("x", 64), strings.Repeat("y", 64) + "z": "", "lag": "log", "lisetn": "listen", "ears": "", "NOISE": "",
	} {
		if got := Nearest(word, words); got != want {
			t.Errorf("%q: %q, want %q", word, got, want)
		}
	}
}

func TestTypo(t *testing.T) {
	known := []string{"answer", "answered", "playAndGetDigits", "id", "ready", strings.Repeat("x", 70)}
	for name, want := range map[string]string{
		"anwser": "answer", "ANSWER": "answer", "answere": "answer", "reday": "ready", "redy": "ready", "raedy": "ready", "rdy": "", "ix": "", "ID": "id",
		"playAndGetDigit": "playAndGetDigits", "playandgetdigts": "", "playAndGotDigit": "playAndGetDigits", "answer": "", "": "", strings.Repeat("x", 69): "",
	} {
		if got := Typo(name, known); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "abc", 3}, {"abc", "", 3}, {"kitten", "sitting", 3}, {"same", "same", 0}, {"ab", "ba", 1}, {"flwos", "flows", 1}} {
		if got := distance(c.a, c.b); got != c.want {
			t.Errorf("%s, %s: %d, want %d", c.a, c.b, got, c.want)
		}
	}
}
