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

// A candidate is a socket that a script waits for.
type candidate struct {
	object lua.LValue
	sock   waitable
	ready  bool
}

// A waitable is a socket as select sees it.
type waitable interface {
	readable() bool
	writable() bool
	until(deadline time.Time)
	arrival() (wait func() bool)                    // waits until something has come; nil: nothing can come
	room(enough <-chan struct{}) (wait func() bool) // waits until something can be sent, or enough; nil: nothing can be sent
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
			return nil, fmt.Errorf("bad argument #%d to 'select': element %d is a %s and no socket", i+1, n, v.Type())
		}
		sock, ok := ud.Value.(waitable)
		if !ok {
			return nil, fmt.Errorf("bad argument #%d to 'select': element %d is no socket", i+1, n)
		}
		if n > 4*mostOpen {
			return nil, fmt.Errorf("bad argument #%d to 'select': it holds more than %d sockets", i+1, 4*mostOpen)
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
	if n := look(read, waitable.readable) + look(write, waitable.writable); n == 0 {
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
func look(list []candidate, ready func(waitable) bool) (n int) {
	for i := range list {
		if list[i].ready = ready(list[i].sock); list[i].ready {
			n++
		}
	}
	return n
}

func (t *tcp) readable() bool {
	_ = t.dialled() // a failure shows in what the script does then
	return len(t.in) > 0 || t.lost != nil || t.client && t.conn == nil && t.dial == nil
}

func (t *tcp) writable() bool {
	_ = t.dialled()
	return t.conn != nil && !t.full || t.client && t.conn == nil && t.dial == nil
}

func (t *tcp) until(deadline time.Time) {
	if t.conn != nil {
		_ = t.conn.SetDeadline(deadline)
	}
}

func (t *tcp) arrival() func() bool {
	if t.conn == nil {
		return nil
	}
	return func() bool { return t.read() == nil || t.lost != nil }
}

func (t *tcp) room(enough <-chan struct{}) func() bool {
	switch {
	case t.dial != nil:
		return func() bool { return closed(t.dial.done, enough) }
	case t.conn != nil:
		return t.drained
	}
	return nil
}

// waitForAny waits until one of the connections is ready, each in a goroutine of its own.
func (s *sockets) waitForAny(a *vm.Args, read, write []candidate, limit time.Duration) {
	all := slices.Concat(read, write)
	until := func(deadline time.Time) {
		for _, c := range all {
			c.sock.until(deadline)
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
	seen := map[waitable]bool{} // each is read once
	for i := range read {
		sock := read[i].sock
		if arrival := sock.arrival(); arrival != nil && !seen[sock] {
			seen[sock] = true
			wait(&read[i], arrival)
		}
	}
	for i := range write {
		if room := write[i].sock.room(enough); room != nil {
			wait(&write[i], room)
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
	err = raw.Write(hasRoom)
	if err == nil {
		t.full = false
	}
	return err == nil
}
