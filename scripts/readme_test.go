package scripts

import (
	"os"
	"strings"
	"testing"
)

// TestREADMEShowsTheFlow that ships.
func TestREADMEShowsTheFlow(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	source, err := Files.ReadFile("inviteToConf.lua")
	if err != nil {
		t.Fatal(err)
	}
	_, code, _ := strings.Cut(string(source), "\n\n") // without its head comment
	if !strings.Contains(string(readme), "```lua\n"+code+"```\n") {
		t.Errorf("the README does not show scripts/inviteToConf.lua as it is:\n%s", code)
	}
}
