package socket

import (
	"fmt"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/eslua/eslua/host/script/vm"
	"github.com/eslua/eslua/host/script/vm/guard"
	lua "github.com/yuin/gopher-lua"
)

// A candidate is a connection that a script waits for.
type candidate struct {
	object lua.LValue
	tcp    *tcp
	ready  bool
}

// candidates reads a list of connections.
func candidates(a *vm.Args, i int) (list []candidate, err error) {
	t := a.Table(i)
	if t == nil {
		return nil, nil
	}
	for n := 1; ; n++ {
		v := t.RawGetInt(n)
		if v == lua.LNil {
			return list, nil
		}
		ud, _ := v.(*lua.LUserData)
		if ud == nil {
			return nil, fmt.Errorf("bad argument #%d to 'select': element %d is a %s and no connection of socket.tcp", i+1, n, v.Type())
		}
		sock, ok := ud.Value.(*tcp)
		if !ok {
			return nil, fmt.Errorf("bad argument #%d to 'select': element %d is no connection of socket.tcp", i+1, n)
		}
		if n > 4*mostOpen {
			return nil, fmt.Errorf("bad argument #%d to 'select': it holds more than %d connections", i+1, 4*mostOpen)
		}
		list = append(list, candidate{v, sock, false})
	}
}

// wait follows select.c:global_select: what is ready is listed and has its place by itself.
func wait(a *vm.Args) error {
	s := a.Instance().(*sockets)
	read, err := candidates(a, 0)
	if err != nil {
		return err
	}
	write, err := candidates(a, 1)
	if err != nil {
		return err
	}
	limit := time.Duration(-1)
	if a.Has(2) {
		limit = seconds(a.Number(2))
	}
	if n := look(read, (*tcp).readable) + look(write, (*tcp).writable); n == 0 {
		s.waitForAny(a, read, write, limit)
	}
	some := false
	ready := func(list []candidate) lua.LValue {
		a.ChargeMemory(guard.TableSize(len(list), len(list)))
		t, n := &lua.LTable{Metatable: lua.LNil}, 0
		for _, c := range list {
			if c.ready {
				n++
				some = true
				t.RawSetInt(n, c.object)
				t.RawSetH(c.object, lua.LNumber(n))
			}
		}
		return t
	}
	a.Return(ready(read), ready(write), lua.LNil)
	if !some {
		a.Return(ready(nil), ready(nil), lua.LString("timeout"))
	}
	return nil
}

// look notes what is ready without waiting.
func look(list []candidate, ready func(*tcp) bool) (n int) {
	for i := range list {
		_ = list[i].tcp.dialled() // a failure shows in what the script does then
		if list[i].ready = ready(list[i].tcp); list[i].ready {
			n++
		}
	}
	return n
}

func (t *tcp) readable() bool {
	return len(t.in) > 0 || t.lost != nil || t.client && t.conn == nil && t.dial == nil
}

func (t *tcp) writable() bool {
	return t.conn != nil && !t.full || t.client && t.conn == nil && t.dial == nil
}

// waitForAny waits until one of the connections is ready, each in a goroutine of its own.
func (s *sockets) waitForAny(a *vm.Args, read, write []candidate, limit time.Duration) {
	all := slices.Concat(read, write)
	until := func(deadline time.Time) {
		for _, c := range all {
			if c.tcp.conn != nil {
				_ = c.tcp.conn.SetDeadline(deadline)
			}
		}
	}
	until(time.Time{})
	enough := make(chan struct{})
	var once sync.Once
	interrupt := func() {
		once.Do(func() {
			close(enough)
			until(past)
		})
	}
	var running sync.WaitGroup
	wait := func(c *candidate, what func() bool) {
		running.Go(func() {
			if c.ready = what(); c.ready {
				interrupt()
			}
		})
	}
	seen := map[*tcp]bool{} // each is read once
	for i := range read {
		if t := read[i].tcp; t.conn != nil && !seen[t] {
			seen[t] = true
			wait(&read[i], func() bool { return t.read() == nil || t.lost != nil })
		}
	}
	for i := range write {
		switch t := write[i].tcp; {
		case t.dial != nil:
			wait(&write[i], func() bool { return closed(t.dial.done, enough) })
		case t.conn != nil:
			wait(&write[i], t.drained)
		}
	}
	s.wait(a, s.bound(limit), interrupt, func() {
		<-enough
		running.Wait()
	})
}

func closed(done, enough <-chan struct{}) bool {
	select {
	case <-done:
		return true
	case <-enough:
		return false
	}
}

// drained waits until a connection that did not take all that was sent takes more.
func (t *tcp) drained() bool {
	raw, err := t.conn.(syscall.Conn).SyscallConn()
	if err != nil {
		return true // a send says why
	}
	waited := false
	err = raw.Write(func(uintptr) bool {
		done := waited
		waited = true
		return done
	})
	if err == nil {
		t.full = false
	}
	return err == nil
}
