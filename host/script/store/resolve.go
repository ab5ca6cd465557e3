package store

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// resolve follows the links in an absolute path to a directory. points are the
// names that, when they change, make it another directory: each link (a deploy's
// "current"), and the directory itself or the first name that is missing. The
// parents of points contain no links.
func resolve(dir string) (resolved string, points []string, err error) {
	const maxLinks = 40 // as in the kernel
	at := filepath.VolumeName(dir) + string(filepath.Separator)
	rest := splitPath(dir[len(at):])
	for links := 0; len(rest) > 0; {
		next := filepath.Join(at, rest[0])
		rest = rest[1:]
		info, err := os.Lstat(next)
		if err != nil {
			return "", append(points, next), err
		}
		if info.Mode()&fs.ModeSymlink == 0 {
			at = next
			continue
		}
		points = append(points, next)
		target, err := os.Readlink(next)
		if links++; err == nil && links > maxLinks {
			err = &fs.PathError{Op: "readlink", Path: next, Err: syscall.ELOOP}
		}
		if err != nil {
			return "", points, err
		}
		if filepath.IsAbs(target) {
			at = filepath.VolumeName(target) + string(filepath.Separator)
			target = target[len(at):]
		}
		rest = append(splitPath(target), rest...)
	}
	return at, append(points, at), nil
}

func splitPath(path string) []string {
	return strings.FieldsFunc(path, func(r rune) bool { return os.IsPathSeparator(uint8(r)) })
}
