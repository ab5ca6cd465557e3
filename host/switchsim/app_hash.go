package switchsim

import (
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/eslua/eslua/host/switchsim/text"
)

// hashTable keeps the values of mod_hash.
type hashTable struct {
	mu     sync.Mutex
	values map[string]string
}

func hashApp(c *channel, arg string) { c.sw.hash.run(arg) }

func hashAPI(s *Switch, args string, _ *channel) string { return s.hash.run(args) }

// run runs "insert/realm/key/value", "insert_ifempty/realm/key/value", "delete/realm/key" and
// "select/realm/key" (mod_hash.c:hash_api_function).
func (h *hashTable) run(arg string) string {
	argv := text.Split(arg, '/', 4)
	key := nth(argv, 1) + "_" + nth(argv, 2)
	h.mu.Lock()
	defer h.mu.Unlock()
	value, found := h.values[key]
	switch op := nth(argv, 0); {
	case op == "insert" && len(argv) == 4:
		h.values[key] = argv[3]
	case op == "insert_ifempty" && len(argv) == 4 && found:
		return "-ERR key already exists\n"
	case op == "insert_ifempty" && len(argv) == 4:
		h.values[key] = argv[3]
	case op == "delete" && len(argv) == 3 && found:
		delete(h.values, key)
	case op == "delete" && len(argv) == 3:
		return "-ERR Not found\n"
	case op == "select" && len(argv) == 3:
		return value
	default:
		return "-ERR Usage: hash [insert|insert_ifempty|delete|delete_ifmatch|select]/<realm>/<key>/<value>\n"
	}
	return ok
}

// hashDumpAPI lists the values for "db" and "all"; there are no limits
// (mod_hash.c:hash_dump_function).
func hashDumpAPI(s *Switch, args string, _ *channel) string {
	argv := text.Split(args, ' ', 4)
	if mode := nth(argv, 0); mode != "db" && mode != "all" {
		return "Usage: all|limit|db [<realm>]\n"
	}
	realm := ""
	if len(argv) == 2 {
		realm = argv[1] + "_"
	}
	s.hash.mu.Lock()
	defer s.hash.mu.Unlock()
	var out strings.Builder
	for _, key := range slices.Sorted(maps.Keys(s.hash.values)) {
		if strings.Contains(key, realm) {
			out.WriteString("D/" + key + "/" + s.hash.values[key] + "\n")
		}
	}
	return out.String()
}
