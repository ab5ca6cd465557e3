package main

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/eslua/eslua/host/testproc"
	"golang.org/x/sys/unix"
)

// A typing is a person at a pseudo-terminal, on which eslua runs.
type typing struct {
	*testing.T
	cmd    *exec.Cmd
	master *os.File
	seen   chan string
	screen string // what came and was not waited for yet
}

// atTerminal runs a program on a pseudo-terminal.
func atTerminal(t *testing.T, env []string, program string, args ...string) *typing {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	p := &typing{T: t, master: master, seen: make(chan string)}
	var number int
	raw, _ := master.SyscallConn()
	err = raw.Control(func(fd uintptr) {
		_ = unix.IoctlSetPointerInt(int(fd), unix.TIOCSPTLCK, 0)
		_ = unix.IoctlSetWinsize(int(fd), unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: 120})
		number, _ = unix.IoctlGetInt(int(fd), unix.TIOCGPTN)
	})
	if err != nil {
		t.Fatal(err)
	}
	slave, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	p.cmd = exec.CommandContext(testproc.Context(t), program, args...)
	p.cmd.Stdin, p.cmd.Stdout, p.cmd.Stderr = slave, slave, slave
	p.cmd.Env = env
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_ = slave.Close()
	go func() {
		defer close(p.seen)
		for buf := make([]byte, 4096); ; {
			n, err := master.Read(buf)
			if err != nil {
				return
			}
			p.seen <- string(buf[:n])
		}
	}()
	t.Cleanup(func() {
		_ = p.master.Close()
		for range p.seen {
			continue
		}
		_ = p.cmd.Process.Kill()
		_ = p.cmd.Wait()
	})
	return p
}

// types types a text and waits until the screen shows another one behind it.
func (p *typing) types(text, until string) string {
	p.Helper()
	if _, err := p.master.WriteString(text); err != nil {
		p.Fatal(err)
	}
	for {
		if before, after, ok := strings.Cut(p.screen, until); ok {
			p.screen = after
			return before
		}
		more, ok := <-p.seen
		if !ok {
			p.Fatalf("typed %q: the screen shows %q and not %q", text, p.screen, until)
		}
		p.screen += more
	}
}

// A person types at a terminal.
func TestConsoleAtATerminal(t *testing.T) {
	s := startServe(t, "--listen", "127.0.0.1:0", "--scripts", directory(t, map[string]string{"menu.lua": `session:answer()`}))
	s.next(t, "taking calls")
	home := t.TempDir()
	env := []string{"HOME=" + home, "TERM=xterm", "PATH=" + os.Getenv("PATH")}
	program := programFile(t, testproc.Binary(t))
	p := atTerminal(t, env, program, "console", "--admin", s.socket)
	p.types("", "or /help.")
	p.types("", "eslua> ")
	p.types("1 + 1\r", "\n2\r\n")
	p.types("local mine = {alpha = 'A\\27[2J'}\r", "eslua> ")
	p.types("mine.al\t\r", "\n\"A\\027[2J\"\r\n")
	p.types("string.for\t'%q'\x7f\x7fd', 5)\r", "\n\"5\"\r\n")
	p.types("function f()\r", ">> ")
	p.types("return 7 end\r", "eslua> ")
	p.types("f()\r", "\n7\r\n")
	p.types("\x1b[A\r", "\n7\r\n") // the line before
	p.types("print('\\27[2J')\r", `\u001b[2J`)
	p.types("x = {\r", ">> ")
	p.types("1", "1")          // which the terminal shows when it does not take Ctrl-C for a signal
	p.types("\x03", "eslua> ") // what was typed is forgotten
	s.next(t, "print(")
	p.types("freeswitch.msleep(1e9)\r", "\n")
	s.next(t, "msleep(1e9)")
	p.types("\x03", "interrupted\r\n")
	p.types("mine.alpha:sub(1, 1)\r", "\n\"A\"\r\n")
	p.types("/quit\r", "")
	if err := p.cmd.Wait(); err != nil {
		t.Error(err)
	}
	s.next(t, "a console was closed")
	kept, err := os.ReadFile(home + "/.local/state/eslua/console_history")
	if info, _ := os.Stat(home + "/.local/state/eslua/console_history"); err != nil || !strings.Contains(string(kept), "f()\nprint") || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %q", err, kept)
	}

	p = atTerminal(t, env, program, "console", "--admin", s.socket)
	p.types("", "eslua> ")
	p.types("\x1b[A\r", "eslua> ") // the last line of the console before
	_ = p.cmd.Wait()
	s.next(t, "a console was closed")

	p = atTerminal(t, env, program, "console", "--admin", s.socket)
	p.types("", "eslua> ")
	p.types("while true do freeswitch.msleep(1) end\r", "\n")
	s.next(t, "while true")
	_ = p.master.Close() // the terminal hangs up
	s.next(t, "a console was closed")

	p = atTerminal(t, env, program, "console", "--admin", s.socket)
	p.types("", "eslua> ")
	s.signals <- syscall.SIGTERM
	p.types("", "eslua has ended")
	if err := p.cmd.Wait(); err == nil {
		t.Error("the console of a host that has ended succeeds")
	}
	if code := s.over(); code != exitFine {
		t.Error(code)
	}
}
