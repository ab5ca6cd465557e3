package store

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// A manifest describes a generation in the history: all but the bytes of its files.
type manifest struct {
	Entry
	broken []string       // files with errors when it began to serve
	files  map[string]sum // by name
}

// manifestHead is the first line. Another format would have another.
const manifestHead = "eslua generation 1"

// encode writes a manifest as lines that an admin can read. The last line is a
// hash of the others.
func (m *manifest) encode() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\nname %s\nserved %s\nscripts %d\n", manifestHead, m.Generation, m.Served.UTC().Format(time.RFC3339Nano), m.Scripts)
	for _, list := range []struct {
		key   string
		names []string
	}{{"added", m.Added}, {"edited", m.Edited}, {"removed", m.Removed}, {"broken", m.broken}} {
		for _, name := range list.names {
			fmt.Fprintf(&b, "%s %q\n", list.key, name)
		}
	}
	for _, name := range sortedKeys(m.files) {
		fmt.Fprintf(&b, "file %x %q\n", m.files[name], name)
	}
	return b.String() + "sum " + hexSum(sha256.Sum256([]byte(b.String()))) + "\n"
}

// parseManifest reads what encode wrote, and nothing else.
func parseManifest(text string) (manifest, error) {
	m := manifest{files: map[string]sum{}}
	at := strings.LastIndex(strings.TrimSuffix(text, "\n"), "\n") + 1
	if text[at:] != "sum "+hexSum(sha256.Sum256([]byte(text[:at])))+"\n" {
		return m, errors.New("its content has changed since it was written")
	}
	head, rest, _ := strings.Cut(text[:at], "\n")
	if head != manifestHead {
		return m, fmt.Errorf("it begins with %q, not with %q", head, manifestHead)
	}
	for line := range strings.Lines(rest) {
		key, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		if err := m.set(key, value); err != nil {
			return m, fmt.Errorf("its line %q: %w", line, err)
		}
	}
	if name := treeName(m.files); m.Generation != name {
		return m, fmt.Errorf("its files are those of generation %s", name)
	}
	return m, nil
}

func (m *manifest) set(key, value string) (err error) {
	switch key {
	case "name":
		m.Generation = value
	case "served":
		m.Served, err = time.Parse(time.RFC3339Nano, value)
	case "scripts":
		m.Scripts, err = strconv.Atoi(value)
	case "added", "edited", "removed", "broken":
		list := map[string]*[]string{"added": &m.Added, "edited": &m.Edited, "removed": &m.Removed, "broken": &m.broken}[key]
		var name string
		name, err = strconv.Unquote(value)
		*list = append(*list, name)
	case "file":
		digits, quoted, _ := strings.Cut(value, " ")
		var bytes []byte
		var name string
		bytes, err = hex.DecodeString(digits)
		if err == nil && len(bytes) != len(sum{}) {
			err = errors.New("a hash has 64 hexadecimal digits")
		}
		if err == nil {
			name, err = strconv.Unquote(quoted)
		}
		if err == nil {
			m.files[name] = sum(bytes)
		}
	default:
		err = errors.New("unknown")
	}
	return err
}

// treeName returns the name of a generation with these files.
func treeName(files map[string]sum) string {
	h := sha256.New()
	for _, name := range sortedKeys(files) {
		fmt.Fprintf(h, "%s\x00%x\n", name, files[name])
	}
	return hex.EncodeToString(h.Sum(nil)[:6])
}

// changes returns the sorted names of the files in which two trees differ.
func changes(from, to map[string]sum) (added, edited, removed []string) {
	for _, name := range sortedKeys(to) {
		switch was, ok := from[name]; {
		case !ok:
			added = append(added, name)
		case was != to[name]:
			edited = append(edited, name)
		}
	}
	for _, name := range sortedKeys(from) {
		if _, ok := to[name]; !ok {
			removed = append(removed, name)
		}
	}
	return added, edited, removed
}
