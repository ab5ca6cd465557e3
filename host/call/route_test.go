package call

import (
	"reflect"
	"testing"

	"github.com/eslua/eslua/host/operate/config"
)

func TestChoose(t *testing.T) {
	c, err := config.Parse("eslua.yaml", []byte(`
routes:
  - {destination: '^7(\d\d)(\d)$', context: ^public$, flow: conference, args: [room, $1, 'x$2$0']}
  - {caller: '^\+49', flow: german.lua}
`))
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		path string
		a    arrival
		want route
		none bool
	}{
		"path":               {path: "inviteToConf/7001", want: route{"inviteToConf", []string{"7001"}}},
		"path wins":          {path: "a", a: arrival{destination: "7123", context: "public"}, want: route{"a", []string{}}},
		"path with .lua":     {path: "/a.lua", want: route{"a", []string{}}},
		"encoded path":       {path: "a/ivr%2Fhi%20there.wav/2", want: route{"a", []string{"ivr/hi there.wav", "2"}}},
		"broken encoding":    {path: "a/50%/x", want: route{"a", []string{"50%", "x"}}},
		"destination":        {a: arrival{destination: "7123", context: "public"}, want: route{"conference", []string{"room", "12", "x37123"}}},
		"context differs":    {a: arrival{destination: "7123", context: "default"}, none: true},
		"caller":             {a: arrival{destination: "1", caller: "+491"}, want: route{"german", []string{}}},
		"nothing":            {a: arrival{destination: "1"}, none: true},
		"path of slash only": {path: "/", none: true},
	} {
		got, ok := fromPath(tc.path)
		if !ok {
			got, ok = choose(tc.a, c.Routes, "")
		}
		if ok == tc.none || ok && !reflect.DeepEqual(got, tc.want) {
			t.Errorf("%s: got %#v, %v; want %#v", name, got, ok, tc.want)
		}
	}
	if got, ok := choose(arrival{}, nil, "welcome.lua"); !ok || got.flow != "welcome" {
		t.Errorf("default flow: got %v, %v", got, ok)
	}
}
