package grant

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

func TestGrantsFromConfiguration(t *testing.T) {
	g := Default()
	err := yaml.UnmarshalWithOptions([]byte(`
api: {allow: [system, sofia profile], deny: [originate]}
apps:
  only: [bridge, park]
read: [/etc/eslua/prompts/, /srv]
fire_events: false
`), &g, yaml.Strict())
	if err != nil {
		t.Fatal(err)
	}
	if g.CheckAPI("sofia profile internal rescan") != nil || g.CheckAPI("originate user/1 &park") == nil ||
		g.CheckApp("log", "x") == nil || g.CheckApp("bridge", "user/1") != nil || g.CheckEvent("CUSTOM", nil, "") == nil {
		t.Errorf("not what was written: %+v", g)
	}
	if g.Read[0] != "/etc/eslua/prompts" {
		t.Errorf("read: %v", g.Read)
	}
	// A flow's grants are read over the general ones.
	if err := yaml.UnmarshalWithOptions([]byte("api: {deny: [uuid_kill]}\n"), &g, yaml.Strict()); err != nil {
		t.Fatal(err)
	}
	if g.CheckAPI("system ls") != nil || g.CheckAPI("uuid_kill 1") == nil || g.CheckAPI("originate user/1 park") == nil && g.Apps.Only == nil {
		t.Errorf("the general rule is lost: %+v", g)
	}
}

func TestMistakesHaveALine(t *testing.T) {
	for source, want := range map[string]string{
		"api:\n  alow: [system]\n":                `[2:3] unknown field "alow"`,
		"api:\n  allow: [a]\n  only: [b]\n":       `[2:8] allow: adds to the default and only: replaces it`,
		"api:\n  allow:\n    - system ls -l\n":    `[3:7] "system ls -l" is not a name to grant`,
		"read:\n  - prompts\n":                    `[2:5] "prompts" is not an absolute path`,
		"fire_events: true\napi: {only: [a, '']}": `[2:17] "" is not a name to grant`,
		"apps: everything\n":                      `[1:7] `,
	} {
		var g Grants
		if err := yaml.UnmarshalWithOptions([]byte(source), &g, yaml.Strict()); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q:\n got %v\nwant %s", source, err, want)
		}
	}
}

func TestReading(t *testing.T) {
	g := Grants{Read: []Directory{"/srv/data", "/etc/eslua"}}
	for file, want := range map[string]string{
		"/srv/data/a/b.txt":          "/srv/data a/b.txt",
		"/srv/data/../data/b.txt":    "/srv/data b.txt",
		"/etc/eslua//x":              "/etc/eslua x",
		"/srv/data":                  "/srv/data .",
		"/srv/data/../../etc/passwd": "",
		"/srv/database":              "",
		"/srv":                       "",
		"a/b.txt":                    "",
		"../srv/data/a":              "",
		"":                           "",
	} {
		dir, name, err := g.CheckRead(file)
		var refused *RefusedError
		switch {
		case want == "":
			if !errors.As(err, &refused) || refused.Kind != Reading || !strings.Contains(err.Error(), "grants: read:") {
				t.Errorf("%q: %v, %q", file, err, name)
			}
		case err != nil || dir+" "+name != want || filepath.IsAbs(name):
			t.Errorf("%q: %q %q %v", file, dir, name, err)
		}
	}
}
