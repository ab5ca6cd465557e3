package main

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/eslua/eslua/host/trace"
)

// writeTest writes a test for eslua test from what a call did: who called, which keys they
// pressed and when, and what must be true then. What was masked has to be filled in.
func writeTest(w io.Writer, l trace.Ladder) {
	fmt.Fprintf(w, "-- From the call %s of %s, generation %s.\n", lineOf(l.UUID), l.Since.Format("2006-01-02 15:04:05"), l.Generation)
	var acts, apps []string
	ended, hangs := false, false
	for i, r := range l.Steps {
		if i > 0 && r.N > l.Steps[i-1].N+1 {
			apps = append(apps, "...")
			fmt.Fprintf(w, "-- %s of its trace are missing.\n", count(r.N-l.Steps[i-1].N-1, "line"))
		}
		switch r.Kind {
		case trace.Function:
			hangs = hangs || strings.Contains(r.What, ":hangup(")
		case trace.End:
			ended = true
		case trace.Key:
			key := strings.TrimPrefix(r.What, "presses ")
			if key == r.What || key == "a key" {
				key = "0"
				fmt.Fprintf(w, "-- The key at %.2f s was masked: write it in the place of 0.\n", r.Ms/1000)
			}
			acts = append(acts, fmt.Sprintf("[%.2f] = %s", r.Ms/1000, luaText("press "+key)))
		case trace.Hangup:
			if !ended && !hangs {
				acts = append(acts, fmt.Sprintf("[%.2f] = %s", r.Ms/1000, luaText("hangup "+l.Cause)))
			}
		case trace.App:
			if !ended {
				apps = append(apps, strings.ReplaceAll(r.What, "<masked>", "*"))
			}
		}
	}
	if len(apps) == 0 || apps[0] != "answer" {
		apps = append([]string{"..."}, apps...) // a call of a test begins unanswered
	}
	apps = slices.Compact(append(apps, "...")) // "..." once is enough
	fmt.Fprintf(w, "test(%s, function(t)\n  local call = t:call{flow = %s", luaText("the call "+l.UUID), luaText(l.Flow))
	if len(l.Args) > 0 {
		fmt.Fprintf(w, ", args = %s", luaList(l.Args))
	}
	if l.Caller != "" {
		fmt.Fprintf(w, ", caller = %s", luaText(l.Caller))
	}
	if len(acts) > 0 {
		fmt.Fprintf(w, ", at = {%s}", strings.Join(acts, ", "))
	}
	fmt.Fprintf(w, "}\n  call:expect{\n    apps = %s,\n", luaList(apps))
	if l.Cause != "" && l.Until.After(l.Since) {
		fmt.Fprintf(w, "    cause = %s,\n", luaText(l.Cause))
	}
	if l.Failed {
		text, _, _ := strings.Cut(l.Error, "<masked>")
		text, _, _ = strings.Cut(text, " (generation ") // which the test does not have
		fmt.Fprintf(w, "    error = %s,\n", luaText(text))
	}
	fmt.Fprintf(w, "  }\nend)\n")
}

func luaList(texts []string) string {
	quoted := make([]string, len(texts))
	for i, text := range texts {
		quoted[i] = luaText(text)
	}
	return "{" + strings.Join(quoted, ", ") + "}"
}

// luaText writes a text as Lua does: a caller may have sent any byte of it.
func luaText(text string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := range len(text) {
		switch c := text[i]; {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c < ' ' || c == 0x7f:
			b.WriteString(`\` + fmt.Sprintf("%03d", c))
		default:
			b.WriteByte(c)
		}
	}
	return b.String() + `"`
}

// lineOf writes a text into a comment.
func lineOf(text string) string {
	quoted := strconv.Quote(text)
	return quoted[1 : len(quoted)-1]
}
