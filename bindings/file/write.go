package file

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"syscall"

	"github.com/eslua/eslua/host/run"
	"github.com/eslua/eslua/host/script/vm"
	"github.com/eslua/eslua/host/script/vm/number"
	lua "github.com/yuin/gopher-lua"
)

const (
	keptText    = 32 << 10 // bytes of a file that are kept before they are written
	keptFiles   = 16       // files that may have such
	longestLine = 8 << 10  // bytes of a line of stdout
	mostText    = 1 << 20  // bytes of a text that is written
	writeCost   = 2000     // units of writing to the disk, which is some system calls
	permissions = 0o666    // of new files, as C makes them: the process' umask takes from it
)

// An output takes the bytes written to a file: below a granted directory, as lines, or
// nothing at all.
type output struct {
	path   string // as the script named it
	at     run.Place
	append bool
	same   fs.FileInfo // of the file that was opened
	kept   []byte      // what is to be written
	from   int64       // and its offset
	line   func(string)
}

// openToWrite opens a file in a mode that writes.
func (s *files) openToWrite(a *vm.Args, name, mode string) (*File, error) {
	at, err := s.env.ToWrite(name)
	if err != nil {
		return nil, err
	}
	a.ChargeCPU(writeCost)
	o := &output{path: name, at: at, append: mode[0] == 'a'}
	flags := os.O_WRONLY
	if mode[0] != 'r' {
		flags |= os.O_CREATE
		if err := o.countNew(s.env.Quota); err != nil {
			return nil, err
		}
	}
	file, err := o.open(flags)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	if mode[0] == 'w' {
		if err := file.Truncate(0); err != nil {
			return nil, err
		}
	}
	f := &File{open: true, out: o}
	if strings.HasSuffix(mode, "+") {
		f.reads = true
		if mode[0] != 'w' {
			if f.text, err = readWithin(at.Dir, at.Name, a.ChargeMemory); err != nil {
				return nil, err
			}
		}
	}
	if o.append && !f.reads {
		f.offset = o.same.Size()
	}
	return f, nil
}

// countNew counts the file if it is about to be made.
func (o *output) countNew(quota *run.Quota) error {
	root, err := os.OpenRoot(o.at.Dir)
	if err != nil {
		return err
	}
	defer root.Close()
	if _, err := root.Stat(o.at.Name); errors.Is(err, fs.ErrNotExist) {
		return quota.Make()
	}
	return nil
}

// open opens the file below its directory. Nothing but a regular file is opened: a pipe or a
// device would block.
func (o *output) open(flags int) (*os.File, error) {
	root, err := os.OpenRoot(o.at.Dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	if info, err := root.Stat(o.at.Name); err == nil {
		if err := regular(info); err != nil {
			return nil, err
		}
	}
	file, err := root.OpenFile(o.at.Name, flags|syscall.O_NONBLOCK, permissions)
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err == nil {
		err = regular(info)
	}
	if err == nil && o.same != nil && !o.append && !os.SameFile(o.same, info) {
		err = syscall.ESTALE
	}
	if err != nil {
		_ = file.Close()
		return nil, err
	}
	o.same = info
	return file, nil
}

// flush writes what is kept to the disk.
func (o *output) flush() error {
	if len(o.kept) == 0 {
		return nil
	}
	kept := o.kept
	o.kept = nil
	if o.line != nil {
		o.line(string(kept))
		return nil
	}
	flags := os.O_WRONLY
	if o.append {
		flags |= os.O_APPEND | os.O_CREATE // it may have been rotated
	}
	file, err := o.open(flags)
	if err != nil {
		return err
	}
	if o.append {
		_, err = file.Write(kept)
	} else {
		_, err = file.WriteAt(kept, o.from)
	}
	return errors.Join(err, file.Close())
}

// lines gives the lines of a text to the log, the last one when it ends.
func (o *output) lines(text string) {
	for {
		line, rest, ended := strings.Cut(text, "\n")
		o.kept = append(o.kept, line[:min(len(line), max(0, longestLine-len(o.kept)))]...)
		if !ended {
			return
		}
		o.line(string(o.kept))
		o.kept, text = o.kept[:0], rest
	}
}

// put writes text where the file is.
func (s *files) put(a *vm.Args, f *File, text string) error {
	o := f.out
	if o.line != nil {
		o.lines(text)
		return s.keep(f)
	}
	if o.append && f.reads {
		f.offset = int64(len(f.text))
	}
	if o.at.Dir != "" {
		if err := s.env.Quota.Write(f.offset, int64(len(text))); err != nil {
			return err
		}
	}
	if f.reads {
		return s.overwrite(a, f, text)
	}
	if len(o.kept) == 0 {
		o.from = f.offset
	}
	o.kept = append(o.kept, text...)
	f.offset += int64(len(text))
	if len(o.kept) < keptText {
		return s.keep(f)
	}
	a.ChargeCPU(writeCost)
	return s.written(f)
}

// overwrite writes text into a file that is read too, and is in memory.
func (s *files) overwrite(a *vm.Args, f *File, text string) error {
	o := f.out
	after := int(f.offset) + len(text)
	a.ChargeMemory(max(after, len(f.text)))
	a.ChargeCPU(max(after, len(f.text))/16 + writeCost)
	var b strings.Builder
	b.WriteString(f.text[:min(int(f.offset), len(f.text))])
	b.WriteString(strings.Repeat("\x00", max(0, int(f.offset)-len(f.text))))
	b.WriteString(text)
	if after < len(f.text) {
		b.WriteString(f.text[after:])
	}
	if o.at.Dir != "" {
		o.kept, o.from = []byte(text), f.offset
		if err := o.flush(); err != nil {
			return err
		}
	}
	f.text, f.offset = b.String(), int64(after)
	return nil
}

// keep notes that a file has text to be written. Of many such files, the oldest is
// written.
func (s *files) keep(f *File) error {
	if slices.Contains(s.unwritten, f) {
		return nil
	}
	s.unwritten = append(s.unwritten, f)
	if len(s.unwritten) > keptFiles {
		return s.written(s.unwritten[0])
	}
	return nil
}

// written writes what a file has kept.
func (s *files) written(f *File) error {
	if i := slices.Index(s.unwritten, f); i >= 0 {
		s.unwritten = slices.Delete(s.unwritten, i, i+1)
	}
	return f.out.flush()
}

// writeAll writes what all files have kept, before one of them is read, renamed or removed.
func (s *files) writeAll() {
	for _, f := range s.unwritten {
		if err := f.out.flush(); err != nil {
			s.env.Log.Error("file: what the script has written is lost", "file", f.out.path, "error", err)
		}
	}
	s.unwritten = nil
}

// write does file:write, whose result is the file.
func (s *files) write(a *vm.Args, f *File, self lua.LValue) error {
	if f.out == nil {
		a.Return(lua.LNil, lua.LString("Bad file descriptor"), lua.LNumber(syscall.EBADF))
		return nil
	}
	for i := range a.Len() {
		text := ""
		switch v := a.Value(i).(type) {
		case lua.LString:
			text = string(v)
		case lua.LNumber:
			text = number.String(float64(v))
		default:
			return fmt.Errorf("bad argument #%d to 'write' (string expected, got %s)", i+1, v.Type())
		}
		a.ChargeCPU(20 + len(text)/16)
		if err := s.put(a, f, text); err != nil {
			return s.failed(a, f.out.path, err)
		}
	}
	a.Return(self)
	return nil
}

// flush does file:flush, with the result of success.
func (s *files) flush(a *vm.Args, f *File, done lua.LValue) error {
	if f.out != nil && f.out.line == nil && len(f.out.kept) > 0 {
		a.ChargeCPU(writeCost)
		if err := s.written(f); err != nil {
			return s.failed(a, f.out.path, err)
		}
	}
	a.Return(done)
	return nil
}

// close does file:close.
func (s *files) close(a *vm.Args, f *File) error {
	if f.out != nil && f.out.line != nil { // stdout and stderr stay
		a.ReturnBool(true)
		return nil
	}
	err := s.flush(a, f, lua.LTrue)
	*f = File{}
	return err
}

// seek does file:seek.
func (s *files) seek(a *vm.Args, f *File) error {
	if f.out != nil && f.out.line != nil {
		a.Return(lua.LNil, lua.LString("Illegal seek"), lua.LNumber(syscall.ESPIPE))
		return nil
	}
	at := int64(0)
	switch whence := a.String(0); {
	case !a.Has(0), whence == "cur":
		at = f.offset
	case whence == "end" && (f.out == nil || f.reads):
		at = int64(len(f.text))
	case whence == "end":
		size, err := s.size(a, f)
		if err != nil {
			return s.failed(a, f.out.path, err)
		}
		at = size
	case whence != "set":
		return fmt.Errorf("bad argument #1 to 'seek' (invalid option '%.40s')", whence)
	}
	const most = 1 << 50
	if at += int64(min(max(a.Int(1), -most), most)); at < 0 {
		a.Return(lua.LNil, lua.LString("Invalid argument"), lua.LNumber(syscall.EINVAL))
		return nil
	}
	if f.out != nil && at != f.offset {
		if err := s.written(f); err != nil {
			return s.failed(a, f.out.path, err)
		}
	}
	f.offset = at
	a.Return(lua.LNumber(at))
	return nil
}

// size returns the size of a file that is only written.
func (s *files) size(a *vm.Args, f *File) (int64, error) {
	a.ChargeCPU(writeCost)
	if err := s.written(f); err != nil {
		return 0, err
	}
	file, err := f.out.open(os.O_WRONLY)
	if err != nil {
		return 0, err
	}
	return f.out.same.Size(), file.Close()
}
