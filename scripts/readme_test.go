package scripts

import (
	"os"
	"strings"
	"testing"
)

// TestREADMEShowsAFlow that ships.
func TestREADMEShowsAFlow(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	source, err := Files.ReadFile("noAnswer.lua")
	if err != nil {
		t.Fatal(err)
	}
	_, code, _ := strings.Cut(string(source), "\n\n") // without its head comment
	if !strings.Contains(string(readme), "```lua\n"+code+"```\n") {
		t.Errorf("the README does not show scripts/noAnswer.lua as it is:\n%s", code)
	}
}
