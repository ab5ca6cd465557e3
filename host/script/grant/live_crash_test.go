package grant

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// oddArguments hold what nobody expects: nothing, too much, what other commands take,
// formats of C, and numbers at the edges. UUID stands for the call.
var oddArguments = []string{
	"", " ", "UUID", "UUID UUID UUID UUID", "UUID " + strings.Repeat("x", 5000), strings.Repeat("x ", 500), strings.Repeat("a,", 500), strings.Repeat("a/", 300),
	strings.Repeat("a|", 300), strings.Repeat("a:", 300), strings.Repeat("(", 300), strings.Repeat("{a=b}", 100), strings.Repeat("[", 400), strings.Repeat("'", 99),
	"%s%s%s%s%n%n", "UUID %s%n%s%n %s%n", "-1", "UUID -1 -1 -1 -1", "2147483648", "UUID 2147483647 2147483647 2147483647", "UUID 0 0 0 0", "UUID on", "UUID off", "UUID start", "UUID stop",
	"UUID start 1 2 3 4", "UUID add a b c", "a=b", "UUID a=b", "a@b", "UUID a@b", "a/b/c/d/e", "insert/a/b/c", "a|b|c|d|e", "a|b", "|", "||", "/", "//", "@", "a@", "@b", ":", "::", ",", "=", "~", "!", "+1 none status", "json", "xml", "as json", "1.2.3.4 a", "1.2.3.4/99", "::/0",
	"UUID +1", "UUID both", "UUID aleg", "UUID 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17", "UUID audio 1000", "UUID video a=b c=d", "UUID both a b", "\u00e4\u00f6\u20ac UUID", "UUID \xff\xfe", "UUID \x01\x02", "1000@" + strings.Repeat("d", 2000), strings.Repeat("9", 400),
}

// crashTries is the number of texts that are sent.
const crashTries = 4000

// What the default grants let through crashes nothing, whatever its arguments are.
func TestLiveNothingCrashesFreeSWITCH(t *testing.T) {
	p := newShellTries(t)
	g := Default()
	g.Mine = new(Channels)
	var tries [][2]string
	for entry := range recorded(t).registered {
		kind, name, _ := strings.Cut(entry, " ")
		for _, arg := range oddArguments {
			switch kind {
			case "API":
				tries = append(tries, [2]string{"api", strings.TrimSpace(name + " " + arg)})
			case "APP":
				tries = append(tries, [2]string{"app", name + "|" + arg})
			}
		}
	}
	rand.New(rand.NewPCG(3, 4)).Shuffle(len(tries), func(i, j int) { tries[i], tries[j] = tries[j], tries[i] })
	sent, last := 0, ""
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("sent last:\n%s", last)
		}
	})
	for len(tries) > 0 && sent < crashTries {
		id := p.call()
		g.Mine.Add(id)
		var these []string
		for range batch {
			if len(tries) == 0 {
				break
			}
			how, text := tries[0][0], p.fill(tries[0][1], "made-crash", id)
			tries = tries[1:]
			if text, ok := permitted(p.values(&g, id), how, text); ok {
				these = append(these, fmt.Sprintf("%s %.200q", how, text))
				last += "\n" + these[len(these)-1]
				p.do(how, text, id)
				sent++
			}
		}
		last = strings.Join(these, "\n")
		p.API("msleep 50")
		p.API("uuid_kill " + id)
	}
	t.Logf("%d sent", sent)
}
