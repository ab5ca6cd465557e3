package main

import (
	"encoding/json"
	"io"
	"net/http/httptest"
	"testing"

	"github.com/eslua/eslua/host/operate/config"
)

// TestService asks it for every number, and for one that it does not know.
func TestService(t *testing.T) {
	for number := range map[string]bool{"7000": true, "7001": true, "7002": true, "7003": true, "7004": true, "7005": true, "1": true} {
		w := httptest.NewRecorder()
		service{io.Discard}.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", "/calls?action=request&called="+number, nil))
		var answer struct{ Dial struct{ Type string } }
		if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil || answer.Dial.Type == "" || number == "1" && answer.Dial.Type != "hangup" {
			t.Errorf("%s: %q, %v", number, w.Body, err)
		}
	}
}

func TestConfiguration(t *testing.T) {
	cfg, err := config.Load("eslua.yaml")
	if err != nil || cfg.Flows["httpBridge"].Settings["url"] != "http://"+address+"/calls" {
		t.Errorf("%v: %v", cfg.Flows, err)
	}
}
