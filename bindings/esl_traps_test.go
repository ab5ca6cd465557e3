package bindings_test

import (
	"fmt"
	"net/netip"
	"os"
	"strings"
	"testing"

	"github.com/eslua/eslua/host/freeswitch/esl/livetest"
	host "github.com/eslua/eslua/host/run"
)

// The traps of FreeSWITCH's library ESL are there as in the real one.
func TestESLTraps(t *testing.T) {
	h, address := eslHost(t)
	compareESLTraps(t, h, address)
}

func TestLiveESLTraps(t *testing.T) {
	address, _ := livetest.Address(t)
	h, _ := eslHost(t)
	compareESLTraps(t, h, netip.MustParseAddrPort(address))
}

func compareESLTraps(t *testing.T, h *harness, address netip.AddrPort) {
	t.Helper()
	script, err := os.ReadFile("testdata/esl_traps.lua")
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile("testdata/esl_traps.txt")
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	h.print = func(line string) { out.WriteString(line + "\n") }
	if o := h.execute(fmt.Sprintf("PORT = %d ", address.Port())+string(script), host.NoSwitch{}, ""); o.err != nil {
		t.Error(o.err)
	}
	compareLines(t, out.String(), string(want))
}
