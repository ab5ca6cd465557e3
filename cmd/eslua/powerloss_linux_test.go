package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/eslua/eslua/host/testproc"
)

// A losable is a file system of its own, which loses what was not synced, as with the
// machine's power.
type losable struct {
	t     *testing.T
	image string
	dir   string // where it is mounted
}

func newLosable(t *testing.T, kind string) *losable {
	t.Helper()
	work := t.TempDir()
	l := &losable{t, filepath.Join(work, "image"), filepath.Join(work, "disk")}
	err := os.Mkdir(l.dir, 0o700)
	if err == nil {
		err = os.WriteFile(l.image, nil, 0o600)
	}
	if err == nil {
		err = os.Truncate(l.image, 1<<30)
	}
	if err != nil {
		t.Fatal(err)
	}
	l.run("mkfs."+kind, "-q", l.image)
	l.mount()
	t.Cleanup(func() { l.run("umount", l.dir) })
	return l
}

func (l *losable) run(program string, args ...string) {
	l.t.Helper()
	if out, err := exec.Command(program, args...).CombinedOutput(); err != nil {
		l.t.Fatalf("%s %s: %v: %s", program, strings.Join(args, " "), err, out)
	}
}

func (l *losable) mount() { l.run("mount", "-o", "loop", l.image, l.dir) }

// goingDown is XFS_IOC_GOINGDOWN, which ext4 has too; withoutLog loses the part of the
// journal that was not synced (fs/xfs/libxfs/xfs_fs.h).
const (
	goingDown  = 0x8004587d
	withoutLog = 2
)

// lose takes the power away: from here on nothing reaches the disk.
func (l *losable) lose() {
	l.t.Helper()
	dir, err := os.Open(l.dir)
	if err != nil {
		l.t.Fatal(err)
	}
	defer dir.Close()
	if err := unix.IoctlSetPointerInt(int(dir.Fd()), goingDown, withoutLog); err != nil {
		l.t.Fatal(err)
	}
}

// restore gives it the power again: it has what was synced.
func (l *losable) restore() {
	l.t.Helper()
	l.run("umount", l.dir)
	l.mount()
}

// freeze returns when no thread of the host runs any more.
func (m *mortal) freeze(t *testing.T) {
	t.Helper()
	err := m.cmd.Process.Signal(syscall.SIGSTOP)
	if err == nil {
		err = unix.Waitid(unix.P_PID, m.cmd.Process.Pid, nil, unix.WSTOPPED|unix.WNOWAIT, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestWhatIsKeptOutlivesPowerLosses does what TestWhatIsKeptOutlivesKills does, and the
// machine of the host loses everything that was not synced. It mounts file systems: it
// needs root, and ESLUA_POWER_LOSS, which names their kind, ext4 or xfs.
func TestWhatIsKeptOutlivesPowerLosses(t *testing.T) {
	kind := os.Getenv("ESLUA_POWER_LOSS")
	if kind == "" {
		t.Skip("ESLUA_POWER_LOSS names no file system")
	}
	t.Parallel()
	disk := newLosable(t, kind)
	k := newKeeper(t, disk.dir)
	ctx := testproc.Context(t)
	_, pushes := killSize()
	for range testproc.Size(8, 3, 2) {
		k.live(ctx, pushes, func() {
			k.freeze(t) // it keeps and tells nothing more
			disk.lose()
			k.kill()
			disk.restore()
		})
	}
	k.check(ctx)
}
