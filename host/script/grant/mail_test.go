package grant

import (
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

func TestMail(t *testing.T) {
	var g Grants
	if err := yaml.Unmarshal([]byte(`mail: [office@x.org, "*@Y.org"]`), &g); err != nil {
		t.Fatal(err)
	}
	for address, want := range map[string]bool{
		"office@x.org": true, "Office@X.ORG": true, "other@x.org": false, "a@y.org": true, "a@z.y.org": false, "a@notY.org": false, `"a@y.org"@evil.org`: false, `"x@evil.org"@y.org`: true, "": false,
	} {
		if err := g.CheckMail(address); (err == nil) != want {
			t.Errorf("%s: %v", address, err)
		}
	}
	if err := (&Grants{}).CheckMail("a@x.org"); err == nil || !strings.Contains(err.Error(), `write grants: {mail: ["a@x.org"]}`) {
		t.Error(err)
	}
	if err := (&Grants{Mail: []Recipient{"*"}}).CheckMail("a@x.org"); err != nil {
		t.Error(err)
	}
	for _, wrong := range []string{"x", "*@", "*x@y.org", "A <a@x.org>", "@x.org"} {
		if err := yaml.Unmarshal([]byte(`mail: ["`+wrong+`"]`), new(Grants)); err == nil || !strings.Contains(err.Error(), "is not a mail address; write office@example.com") {
			t.Errorf("%s: %v", wrong, err)
		}
	}
}
