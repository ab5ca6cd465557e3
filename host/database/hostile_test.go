package database

import (
	"encoding/binary"
	"fmt"
	"net"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/operate/config"
	"github.com/eslua/eslua/host/testproc"
)

// pg returns a message of PostgreSQL's.
func pg(kind byte, body string) string {
	return string(kind) + string(binary.BigEndian.AppendUint32(nil, uint32(len(body)+4))) + body
}

// my returns a packet of MySQL's.
func my(sequence byte, body string) string {
	return string([]byte{byte(len(body)), byte(len(body) >> 8), byte(len(body) >> 16), sequence}) + body
}

var (
	column = "c\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x19\xff\xff\xff\xff\xff\xff\x00\x00"
	// wellMeant are what a server says, each after something that it was told.
	wellMeant = map[string][]string{
		config.PostgreSQL: {
			pg('R', "\x00\x00\x00\x00") + pg('S', "a\x00b\x00") + pg('Z', "I"), pg('I', "") + pg('Z', "I"),
			pg('T', "\x00\x01"+column) + pg('D', "\x00\x01\x00\x00\x00\x01x") + pg('A', "\x00\x00\x00\x01a\x00b\x00") + pg('C', "SELECT 1\x00") + pg('Z', "I"),
		},
		config.MySQL: {
			my(0, "\x0a8.0.0\x00\x01\x00\x00\x0012345678\x00\xff\xf7\x21\x02\x00\xff\x81\x15\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00123456789012\x00mysql_native_password\x00"),
			my(2, "\x00\x00\x00\x02\x00\x00\x00"), my(1, "\x00\x00\x00\x02\x00\x00\x00"), my(1, "\x00\x00\x00\x02\x00\x00\x00"),
			my(1, "\x01") + my(2, "\x03def\x00\x00\x00\x01c\x00\x0c\x21\x00\x00\x01\x00\x00\xfd\x00\x00\x00\x00\x00") + my(3, "\xfe\x00\x00\x02\x00") + my(4, "\x01x") + my(5, "\xfe\x00\x00\x02\x00"),
		},
	}
	// lies replace the last thing.
	lies = map[string][]string{
		config.PostgreSQL: {
			"T\x7f\xff\xff\xff", "D\x7f\xff\xff\xff\x00\x01", pg('T', "\xff\xff"+strings.Repeat(column, 3000)), pg('T', "\x00\x01"+column) + pg('D', "\xff\xff"),
			pg('T', "\x00\x01"+column) + pg('D', "\x00\x01\x7f\xff\xff\xffx"), strings.Repeat(pg('A', "\x00\x00\x00\x01a\x00"+strings.Repeat("x", 8000)+"\x00"), 4000),
			strings.Repeat(pg('N', "Mx\x00\x00"), 1<<20), strings.Repeat(pg('T', "\x00\x01"+column), 100000), "E\x3f\xff\xff\xff",
		},
		config.MySQL: {
			my(1, "\xfe\x00\x00\x00\x00\x01\x00\x00\x00"), my(1, "\xfe\xff\xff\xff\xff\xff\xff\xff\xff"), my(1, "\xfe\x00\x00\x00\x80\x00\x00\x00\x00junk"), my(1, "\xfd\xff\xff\xff"), my(1, "\xfd\xff\xff\xffjunk"), my(1, "\xfc\xff\xff"),
			my(1, "\x01") + my(2, "\x03def\x00\x00\x00\x01c\x00\x0c\x21\x00\x00\x01\x00\x00\xfd\x00\x00\x00\x00\x00") + my(3, "\xfe\x00\x00\x0a\x00") + my(4, "\xfe\x00\x00\x0a\x00") + my(5, "\xfe\x00\x00\x00\x00\x01\x00\x00\x00"),
			my(1, "\xfb/etc/passwd"), "\xff\xff\xff\x01" + strings.Repeat("x", 1<<21), strings.Repeat(my(1, "\x00\x00\x00\x0a\x00\x00\x00"), 1<<18), my(1, "\xff"), my(1, ""),
		},
	}
)

// TestHostileServers gives scripts servers that lie: with each byte of what a server says made
// another one, cut at each byte, and with numbers that no server means. Whatever they say, the
// process goes on, takes little memory for it, and the script has an error or a result.
func TestHostileServers(t *testing.T) {
	for kind, said := range wellMeant {
		t.Run(kind, func(t *testing.T) {
			s := newLiar(t, kind)
			if err := s.ask(said); err != nil {
				t.Fatal("what it means well is not understood:", err)
			}
			s.mu.Lock()
			s.patience = 10 * time.Millisecond
			s.mu.Unlock()
			for _, lie := range lies[kind] {
				s.hears(append(slices.Clone(said[:len(said)-1]), lie))
			}
			for turn := range said {
				for i := 0; i < len(said[turn]); i += testproc.Short(1, 7) {
					cut := append(slices.Clone(said[:turn]), said[turn][:i])
					s.hears(cut)
					if kind == config.MySQL && turn < len(said)-1 {
						continue // a goroutine of the driver stays for each panic before it has connected
					}
					for _, b := range []byte{0, 1, 0x7f, 0xfb, 0xfc, 0xfd, 0xfe, 0xff} {
						other := []byte(said[turn])
						other[i] = b
						s.hears(append(append(slices.Clone(said[:turn]), string(other)), said[turn+1:]...))
					}
				}
			}
			t.Logf("%d lies", s.told)
		})
	}
}

// A liar is a server that says what it is given, whatever it is told.
type liar struct {
	*testing.T
	d        *Databases
	mu       sync.Mutex
	says     []string
	patience time.Duration // for who waits for what does not come
	told     int
}

func newLiar(t *testing.T, kind string) *liar {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &liar{T: t, patience: time.Minute}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() { s.talk(conn, kind) })
		}
	})
	t.Cleanup(func() { _ = l.Close(); all.Wait() })
	host, port, _ := net.SplitHostPort(l.Addr().String())
	dsn := map[string]string{
		config.PostgreSQL: fmt.Sprintf("pgsql://host=%s port=%s user=x dbname=x sslmode=disable", host, port),
		config.MySQL:      fmt.Sprintf("mysql://Server=%s;Port=%s;Database=x;Uid=x;Pwd=x", host, port),
	}[kind]
	s.d = open(t, config.Database{DSN: config.DSN(dsn), Timeout: config.Duration(20 * time.Second)}, clock.System())
	return s
}

func (s *liar) talk(conn net.Conn, kind string) {
	defer conn.Close()
	s.mu.Lock()
	says, patience := s.says, s.patience
	s.mu.Unlock()
	buf := make([]byte, 64<<10)
	for i, text := range says {
		_ = conn.SetReadDeadline(time.Now().Add(patience))
		if i > 0 || kind == config.PostgreSQL {
			if _, err := conn.Read(buf); err != nil {
				return
			}
		}
		if _, err := conn.Write([]byte(text)); err != nil {
			return
		}
	}
	_ = conn.(*net.TCPConn).CloseWrite()
	for {
		if _, err := conn.Read(buf); err != nil {
			return
		}
		_ = conn.SetReadDeadline(time.Now().Add(patience))
	}
}

// ask runs a command against the server.
func (s *liar) ask(says []string) error {
	s.mu.Lock()
	s.says = says
	s.mu.Unlock()
	h, err := s.d.Open(s.Context(), "test")
	if err != nil {
		return err
	}
	defer h.discard()
	defer h.Release()
	rows, err := h.Query(s.Context(), "select c", nil)
	if err != nil {
		return err
	}
	for {
		row, err := rows.Next()
		if err != nil || row == nil {
			return err
		}
	}
}

// hears runs a command against the server and measures what it takes.
func (s *liar) hears(says []string) {
	s.Helper()
	s.told++
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	err := s.ask(says)
	runtime.ReadMemStats(&after)
	if took := after.TotalAlloc - before.TotalAlloc; took > 64<<20 {
		s.Errorf("%.200q takes %d MiB: %v", strings.Join(says, "|"), took>>20, err)
	}
}
