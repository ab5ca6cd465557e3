package run

import (
	"fmt"
	"syscall"

	"github.com/eslua/eslua/host/script/vm/guard"
)

// fileWeight says how much making a file counts, beside what is written into it.
const fileWeight = 4096

// A Quota bounds what a run writes into files. A nil Quota bounds nothing.
type Quota struct {
	most    int64 // bytes in all; 0: no limit
	file    int64 // bytes of a file; 0: no limit
	written int64
}

// A QuotaError reports that a run has written too much, or that a file would become too
// large. It is an EFBIG.
type QuotaError struct{ limit, figure string }

func (e *QuotaError) Error() string {
	return fmt.Sprintf("file too large: the limit limits.%s of %s is reached", e.limit, e.figure)
}

// Is makes it an EFBIG.
func (e *QuotaError) Is(target error) bool { return target == syscall.EFBIG }

// Write counts bytes that are about to be written at a place of a file.
func (q *Quota) Write(at, bytes int64) error {
	switch {
	case q == nil:
		return nil
	case q.file > 0 && at+bytes > q.file:
		return &QuotaError{"file", guard.Size(q.file)}
	case q.most > 0 && q.written+bytes > q.most:
		return &QuotaError{"written", guard.Size(q.most)}
	}
	q.written += bytes
	return nil
}

// Make counts a file or a directory that is about to be made.
func (q *Quota) Make() error { return q.Write(0, fileWeight) }

// Renew forgets what has been written.
func (q *Quota) Renew() {
	if q != nil {
		q.written = 0
	}
}

// NewQuota returns a quota of so many bytes in all and for a file; 0 is no limit.
func NewQuota(most, file int64) *Quota { return &Quota{most: most, file: file} }
