package syntax

import (
	"strings"
	"testing"
)

func TestParseCause(t *testing.T) {
	for text, want := range map[string]string{
		"USER_BUSY": "USER_BUSY", "user_busy": "USER_BUSY", "17": "USER_BUSY", "0": "NONE", "016": "NORMAL_CLEARING",
		"487": "ORIGINATOR_CANCEL", "825": "REJECT_ALL", "REJECT_ALL": "REJECT_ALL", "4": "4", "99999": "99999",
	} {
		if got, err := ParseCause(text); got != want || err != nil {
			t.Errorf("%q is read as %q, %v; want %q", text, got, err, want)
		}
	}
	for _, text := range []string{"", "BUSSY", "USER BUSY", "USER_BUSY ", "-1", "+16", "100000", "17x"} {
		if got, err := ParseCause(text); err == nil || got != "" || !strings.Contains(err.Error(), "USER_BUSY") {
			t.Errorf("%q is read as %q, %v", text, got, err)
		}
	}
}

// TestCausesAsFreeSWITCH holds the table against the recorded answers, in which
// FreeSWITCH reads any other word as NORMAL_CLEARING.
func TestCausesAsFreeSWITCH(t *testing.T) {
	for r := range recorded[struct{ In, Name string }](t, "cause.jsonl") {
		cause, known := LookupCause(r.In)
		switch name, err := ParseCause(r.In); {
		case known:
			if cause.Name != r.Name || name != r.Name {
				t.Errorf("%s is %v, FreeSWITCH says %s", r.In, cause, r.Name)
			}
		case r.Name == "UNKNOWN":
			if name != r.In {
				t.Errorf("%s is read as %q, %v", r.In, name, err)
			}
		case err == nil:
			t.Errorf("%s is read as %s", r.In, name)
		}
	}
}

func TestCausesAreDistinct(t *testing.T) {
	for i, c := range causes {
		if i > 0 && causes[i-1].Number >= c.Number {
			t.Errorf("%v is not in the order of numbers", c)
		}
		if got, ok := LookupCause(c.Name); !ok || got != c {
			t.Errorf("%v is looked up as %v", c, got)
		}
	}
}
