package recovery

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

func TestAcceptedConnections(t *testing.T) {
	const head = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
	row := func(local, state, inode string) string {
		return "   0: " + local + " 0100007F:C350 " + state + " 00000000:00000000 00:00000000 00000000     0        0 " + inode + " 1 0000000000000000 20 4 30 10 -1\n"
	}
	inodes := map[string]bool{}
	accepted(head+
		row("0100007F:1F94", "01", "established")+
		row("0100007F:1F94", "08", "closed-by-the-peer")+
		row("00000000:1F94", "0A", "listening")+
		row("0100007F:1F94", "06", "time-wait")+
		row("0100007F:1F94", "01", "0")+ // not accepted yet
		row("0100007F:1F95", "01", "another-port")+
		"   9: 0100007F:1F94 0100007F:C350 01\n", 8084, inodes)
	if got := strings.Join(slices.Sorted(maps.Keys(inodes)), " "); got != "closed-by-the-peer established" {
		t.Errorf("accepted connections: %s", got)
	}
}

func TestOthersWantsAPort(t *testing.T) {
	for _, port := range []string{"", "x", "-1", "65536"} {
		if _, err := (local{}).others(port); err == nil {
			t.Errorf("port %q is taken for one", port)
		}
	}
}
