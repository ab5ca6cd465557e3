package socket

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"time"

	"github.com/eslua/eslua/host/network"
	"github.com/eslua/eslua/host/script/vm"
	"github.com/eslua/eslua/host/script/vm/number"
	lua "github.com/yuin/gopher-lua"
)

// step is the number of bytes sent or received at once (buffer.c, buffer.h).
const step = 8192

var errPattern = errors.New("bad argument #1 to 'receive' (invalid receive pattern)")

var errNotConnected = errors.New("this socket has not been connected; write sock:connect(host, port) first")

// connected returns the object if it has once been connected.
func connected(a *vm.Args) (*tcp, error) {
	t := a.Self().(*tcp)
	if !t.client {
		return nil, errNotConnected
	}
	_ = t.dialled() // a failure shows as closed
	return t, nil
}

// receive follows buffer.c:buffer_meth_receive.
func receive(a *vm.Args) error {
	t, err := connected(a)
	if err != nil {
		return err
	}
	began := t.of.env.Clock.Now()
	got := taken{a: a, bytes: []byte(a.String(1))}
	if !a.Has(0) {
		err = t.line(&got, began)
	} else if n, ok := asNumber(a.Value(0)); ok {
		if most := n - len(got.bytes); n == 0 || most > 0 {
			err = t.count(&got, most, began)
		}
	} else {
		switch pattern := a.String(0); {
		case strings.HasPrefix(pattern, "*l"):
			err = t.line(&got, began)
		case strings.HasPrefix(pattern, "*a"):
			err = t.all(&got, began)
		default:
			return errPattern
		}
	}
	if err != nil {
		return give(a, err, lua.LString(got.bytes))
	}
	a.Return(lua.LString(got.bytes), lua.LNil, lua.LNil)
	return nil
}

func asNumber(v lua.LValue) (int, bool) {
	switch v := v.(type) {
	case lua.LNumber:
		return int(max(0, min(v, 1<<40))), true
	case lua.LString:
		x, ok := number.Parse(string(v))
		return int(max(0, min(x, 1<<40))), ok
	}
	return 0, false
}

// taken holds the bytes that a receive has read, charged as it grows.
type taken struct {
	a     *vm.Args
	bytes []byte
}

func (g *taken) add(data []byte) {
	g.a.ChargeCPU(len(data) / 16)
	if len(g.bytes)+len(data) > cap(g.bytes) {
		g.a.ChargeMemory(2 * (len(g.bytes) + len(data)))
	}
	g.bytes = append(g.bytes, data...)
}

// fill waits for bytes if there are none.
func (t *tcp) fill(a *vm.Args, began time.Time) error {
	switch {
	case len(t.in) > 0:
		return nil
	case t.lost != nil:
		return t.lost
	case t.conn == nil:
		return io.EOF
	}
	return t.do(a, began, t.read)
}

// read waits for bytes.
func (t *tcp) read() error {
	room := make([]byte, step)
	n, err := t.conn.Read(room)
	t.in, t.received = room[:n], t.received+int64(n)
	if err != nil && network.Word(err) != "timeout" {
		t.lost = err
	}
	if n > 0 {
		return nil
	}
	return err
}

// line takes a line without its end; a CR is left out wherever it is.
func (t *tcp) line(got *taken, began time.Time) error {
	for {
		if err := t.fill(got.a, began); err != nil {
			return err
		}
		i := bytes.IndexAny(t.in, "\r\n")
		if i < 0 {
			got.add(t.in)
			t.in = nil
			continue
		}
		end := t.in[i]
		got.add(t.in[:i])
		if t.in = t.in[i+1:]; end == '\n' {
			return nil
		}
	}
}

// count takes so many bytes, and waits for some if that is none.
func (t *tcp) count(got *taken, most int, began time.Time) error {
	for {
		if err := t.fill(got.a, began); err != nil {
			return err
		}
		n := min(most, len(t.in))
		got.add(t.in[:n])
		t.in = t.in[n:]
		if most -= n; most <= 0 {
			return nil
		}
	}
}

// all takes what comes until the connection is closed.
func (t *tcp) all(got *taken, began time.Time) error {
	before := len(got.bytes)
	for {
		err := t.fill(got.a, began)
		if err != nil && network.Word(err) == "closed" && len(got.bytes) > before {
			return nil
		}
		if err != nil {
			return err
		}
		got.add(t.in)
		t.in = nil
	}
}

func errNoData(a *vm.Args, method string) error {
	return errors.New("bad argument #1 to '" + method + "' (string expected, got " + a.Value(0).Type().String() + ")")
}

// send follows buffer.c:buffer_meth_send.
func send(a *vm.Args) error {
	t, err := connected(a)
	if err != nil {
		return err
	}
	if !a.Has(0) {
		return errNoData(a, "send")
	}
	data, began := a.String(0), t.of.env.Clock.Now()
	from, to := 1, -1
	if a.Has(1) {
		from = a.Int(1)
	}
	if a.Has(2) {
		to = a.Int(2)
	}
	if from < 0 {
		from = len(data) + from + 1
	}
	if to < 0 {
		to = len(data) + to + 1
	}
	from, to = max(from, 1), min(to, len(data))
	sent := 0
	if from <= to {
		a.ChargeCPU(len(data) / 16)
		sent, err = t.send(a, data[from-1:to], began)
	}
	at := lua.LNumber(sent + from - 1)
	if err != nil {
		return give(a, err, at)
	}
	a.Return(at, lua.LNil, lua.LNil)
	return nil
}

func (t *tcp) send(a *vm.Args, data string, began time.Time) (sent int, err error) {
	if t.conn == nil {
		return 0, io.EOF
	}
	t.full = false
	for sent < len(data) && err == nil {
		part := data[sent:min(len(data), sent+step)]
		err = t.do(a, began, func() error {
			n, err := io.WriteString(t.conn, part)
			sent += n
			return err
		})
	}
	t.sent += int64(sent)
	t.full = err != nil && network.Word(err) == "timeout"
	return sent, err
}
