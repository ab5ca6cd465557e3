package store

import (
	"crypto/sha256"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"

	"github.com/eslua/eslua/host/disk"
	"github.com/eslua/eslua/host/flock"
)

// A blobKind is a subdirectory of a blobStore.
type blobKind string

const (
	fileBlobs     blobKind = "files"       // contents of files, by their hash
	manifestBlobs blobKind = "generations" // manifests, by the generation's name
)

// A blobStore keeps the history's bytes by name in a directory. Only one
// goroutine at a time may write and remove; others may read at any time.
type blobStore struct {
	dir      string          // made when it is first written to
	verified map[string]bool // files that are known to be undamaged; used by putFiles only
	// The file system, replaced in tests.
	write func(dir string, files map[string]string) error
	read  func(name string) ([]byte, error)
}

func newBlobStore(dir string) *blobStore {
	return &blobStore{dir: dir, write: disk.WriteFiles, read: os.ReadFile}
}

func (b *blobStore) path(kind blobKind, name string) string {
	return filepath.Join(b.dir, string(kind), name)
}

// putFiles writes the files that are missing or damaged. All are on the disk when
// it returns.
func (b *blobStore) putFiles(files map[string]string) error {
	missing := maps.Clone(files)
	maps.DeleteFunc(missing, func(name, _ string) bool { return b.has(name) })
	if err := b.write(b.path(fileBlobs, ""), missing); err != nil {
		return err
	}
	b.verified = map[string]bool{}
	for name := range files {
		b.verified[name] = true
	}
	return nil
}

// has reports whether a file exists with the bytes that its name promises.
func (b *blobStore) has(name string) bool {
	if b.verified[name] {
		_, err := os.Stat(b.path(fileBlobs, name))
		return err == nil
	}
	text, err := os.ReadFile(b.path(fileBlobs, name))
	return err == nil && hexSum(sha256.Sum256(text)) == name
}

func (b *blobStore) putManifest(name, text string) error {
	return b.write(b.path(manifestBlobs, ""), map[string]string{name: text})
}

func (b *blobStore) get(kind blobKind, name string) (string, error) {
	text, err := b.read(b.path(kind, name))
	return string(text), err
}

// names lists the complete blobs of a kind.
func (b *blobStore) names(kind blobKind) ([]string, error) {
	entries, err := os.ReadDir(b.path(kind, ""))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var names []string
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".") {
			names = append(names, e.Name())
		}
	}
	return names, err
}

// removeUnfinished removes files that a crash left incomplete. The caller holds the
// exclusive lock.
func (b *blobStore) removeUnfinished() error {
	return errors.Join(disk.RemoveUnfinished(b.path(fileBlobs, "")), disk.RemoveUnfinished(b.path(manifestBlobs, "")))
}

// lock locks the directory against other processes: processes that write share the
// lock; a process that removes holds it exclusively and does not wait for it.
// unlock may be called after an error, too.
func (b *blobStore) lock(exclusive bool) (unlock func(), err error) {
	if err := disk.MakeDir(b.dir); err != nil {
		return func() {}, err
	}
	f, err := os.OpenFile(filepath.Join(b.dir, "lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return func() {}, err
	}
	lock := flock.Shared
	if exclusive {
		lock = flock.Exclusive
	}
	return func() { _ = flock.Release(f) }, lock(f)
}
