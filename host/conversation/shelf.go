package conversation

import (
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/eslua/eslua/host/disk"
)

// A shelf is the directory of the files. One goroutine uses it.
type shelf struct {
	dir   string
	files []kept // the oldest first
	size  int64
}

// A kept is a file on the shelf.
type kept struct {
	name  string
	size  int64
	since time.Time
}

// Ending ends the names of recorded calls.
const Ending = ".call"

// open looks at the files that are there.
func (s *shelf) open() error {
	if err := disk.MakeDir(s.dir); err != nil {
		return err
	}
	if err := disk.RemoveUnfinished(s.dir); err != nil {
		return err
	}
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if info, err := e.Info(); err == nil && info.Mode().IsRegular() && strings.HasSuffix(e.Name(), Ending) {
			s.files = append(s.files, kept{e.Name(), info.Size(), info.ModTime()})
			s.size += info.Size()
		}
	}
	slices.SortFunc(s.files, func(a, b kept) int { return cmp.Or(a.since.Compare(b.since), cmp.Compare(a.name, b.name)) })
	return nil
}

// add writes a file.
func (s *shelf) add(name, file string, now time.Time) error {
	if err := disk.WriteFiles(s.dir, map[string]string{name: file}); err != nil {
		return err
	}
	s.files = append(s.files, kept{name, int64(len(file)), now})
	s.size += int64(len(file))
	return nil
}

// trim removes the files that are older than oldest, and the oldest ones while all are
// larger than size.
func (s *shelf) trim(oldest time.Time, size int64) {
	for len(s.files) > 0 && (s.files[0].since.Before(oldest) || s.size > size) {
		_ = os.Remove(filepath.Join(s.dir, s.files[0].name)) // somebody may have removed it, or will
		s.size -= s.files[0].size
		s.files = s.files[1:]
	}
}

// name returns the name of a conversation's file.
func (c *Conversation) name() string {
	plain := func(s string) string {
		return strings.Map(func(r rune) rune {
			if r == '-' || r == '_' || '0' <= r && r <= '9' || 'a' <= r|0x20 && r|0x20 <= 'z' {
				return r
			}
			return '_'
		}, s[:min(len(s), 64)])
	}
	return c.Began.UTC().Format("20060102-150405.000") + "-" + plain(c.Ladder.Flow) + "-" + plain(c.Ladder.UUID) + Ending
}
