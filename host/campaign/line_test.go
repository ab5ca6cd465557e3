package campaign

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/eslua/eslua/host/freeswitch/syntax"
	"github.com/eslua/eslua/host/switchsim/text"
)

// hostile makes texts of what means something to FreeSWITCH.
func hostile(r *rand.Rand) string {
	pieces := []string{
		"'", "\"", "\\", ",", "|", ":_:", "{", "}", "[", "]", "(", ")", "<", ">", "=", "^^", "^^;", "~", " ", "  ", "\t", "&", "&park()", "$", "@evil", "/",
		"origination_uuid=x", "api_on_answer=system", "ä", "\x80", "a", "b1", "00", "+", "%20", "inline", "\\s", "\\n", "''",
	}
	var b strings.Builder
	for range r.IntN(8) {
		b.WriteString(pieces[r.IntN(len(pieces))])
	}
	return b.String()
}

// TestHostileLists: whatever a list has in it, what is sent parses back to it with
// FreeSWITCH's rules, as one endpoint and one application; or the row is refused.
func TestHostileLists(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	d := usual("survey")
	d.App, d.OnAnswer, d.Variables = "", "greet", map[string]string{"customer": "x,y'z"}
	sent := 0
	for range 5000 {
		row := Row{"number": hostile(r), "name": hostile(r), "note": hostile(r)}
		if r.IntN(3) > 0 {
			row["number"] = fmt.Sprint(r.IntN(1e6))
		}
		d.FromName = hostile(r)
		e, err := row.Entry()
		if err != nil {
			continue
		}
		line, err := d.line("survey", e, call{uuid: "0-1", listener: "127.0.0.1:8084", route: "sofia/gateway/carrier/{number}"})
		if err != nil {
			if !errors.As(err, new(*syntax.DialError)) {
				t.Errorf("%q: %v", row, err)
			}
			continue
		}
		sent++
		args := text.Split(strings.TrimPrefix(line, "originate "), ' ', 10)
		if len(args) != 2 || args[1] != "&socket(127.0.0.1:8084/greet async full)" || strings.ContainsAny(line, "\r\n") {
			t.Fatalf("%q is sent as %q", row, line)
		}
		read, err := syntax.ReadDialString(args[0])
		if err != nil || len(read) != 1 || len(read[0].Groups) != 1 || len(read[0].Groups[0]) != 1 {
			t.Fatalf("%q is sent as %q, read as %+v, %v", row, line, read, err)
		}
		vars := map[string]string{}
		for _, v := range read[0].Vars {
			vars[v.Name] = v.Value
		}
		number, _ := Normal(row["number"])
		for name, want := range map[string]string{
			"campaign": "survey", "campaign_number": number, "campaign_name": row["name"], "campaign_note": row["note"], "customer": "x,y'z",
			"origination_caller_id_name": d.FromName, "origination_uuid": "0-1", "api_on_answer": "", "socket_resume": "true",
		} {
			if vars[name] != want {
				t.Fatalf("%q is sent as %q: %s is %q, want %q", row, line, name, vars[name], want)
			}
		}
		if got := read[0].Groups[0][0].Endpoint; got != "sofia/gateway/carrier/"+number {
			t.Fatalf("%q dials %q", row, got)
		}
	}
	if sent < 500 {
		t.Errorf("only %d were sent", sent)
	}
}

// TestNumbers has numbers as people write them, and what is none.
func TestNumbers(t *testing.T) {
	for text, want := range map[string]string{"+49 (30) 123-456": "+4930123456", "030/123 456": "030123456", "*98#": "*98#", "alice": "alice", "5551234": "5551234"} {
		if got, err := Normal(text); got != want || err != nil {
			t.Errorf("%q is %q, %v", text, got, err)
		}
	}
	for _, text := range []string{"", " ", "+", "1,2", "1|2", "1@evil.example", "a=b", "1;2", "$1", "${x}", "1\n2", "{a=b}1", "1'2", `1\2`, "1.2", "1:2", "++1", strings.Repeat("1", 41)} {
		if got, err := Normal(text); err == nil {
			t.Errorf("%q is the number %q", text, got)
		}
	}
}
