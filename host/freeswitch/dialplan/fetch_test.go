package dialplan

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestAnAddressIsAskedAsModXMLCurlDoes(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost || r.FormValue("section") != "dialplan" || r.FormValue("Hunt-Context") != "default" {
			t.Errorf("asked %s %v", r.Method, r.Form)
		}
		_, _ = w.Write([]byte("<document type=\"freeswitch/xml\">\n<section name=\"dialplan\">\n<context name=\"default\">\n<extension name=\"x\">\n<condition>\n" +
			`<action application="socket" data="127.0.0.1:8084/` + r.FormValue("Hunt-Destination-Number") + ` async full"/>` +
			"\n</condition></extension></context></section></document>"))
	}))
	defer s.Close()
	source, err := Fetch(t.Context(), s.URL, "7001")
	if err != nil {
		t.Fatal(err)
	}
	compare(t, Check([]Source{source}, known), s.URL+":", []string{
		"6: no action follows this socket", "6: socket_resume is not set", `6: there is no flow "7001"`,
	})
}

func TestFetchTakesWhatFreeSWITCHWouldTake(t *testing.T) {
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		want   string // of the error
	}{
		"a plain file": {func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPost {
				w.WriteHeader(http.StatusMethodNotAllowed)
			}
			_, _ = w.Write([]byte("<a/>"))
		}, ""},
		"not there": {http.NotFound, "404 Not Found"},
		"a fault":   {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) }, "500"},
		"not 200":   {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }, "204"},
		"endless": {func(w http.ResponseWriter, _ *http.Request) {
			for range fetchLimit/1000 + 10 {
				if _, err := w.Write([]byte(strings.Repeat(" ", 1000))); err != nil {
					return
				}
			}
		}, "longer than 4 MiB"},
	} {
		t.Run(name, func(t *testing.T) {
			s := httptest.NewServer(c.answer)
			defer s.Close()
			_, err := Fetch(t.Context(), s.URL, "1")
			if (err == nil) != (c.want == "") || err != nil && (!strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), s.URL)) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}
