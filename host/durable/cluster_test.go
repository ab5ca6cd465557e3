package durable

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/operate/config"
	"github.com/eslua/eslua/host/testproc"
)

// free returns an address on which nobody listens.
func free(t *testing.T) *net.TCPAddr {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr)
}

// startCluster starts three NATS servers and returns their URLs.
func startCluster(t *testing.T) (servers []*server.Server, urls []string) {
	var routes []*url.URL
	var ports []int
	for range 3 {
		at := free(t)
		ports = append(ports, at.Port)
		routes = append(routes, &url.URL{Scheme: "nats", Host: at.String()})
	}
	for i := range 3 {
		s, err := server.NewServer(&server.Options{
			ServerName: fmt.Sprint("n", i), Host: "127.0.0.1", Port: -1, NoSigs: true, JetStream: true, StoreDir: t.TempDir(),
			Cluster: server.ClusterOpts{Name: "c", Host: "127.0.0.1", Port: ports[i]}, Routes: routes,
		})
		if err != nil {
			t.Fatal(err)
		}
		s.Start()
		t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
		servers = append(servers, s)
	}
	for _, s := range servers {
		if !s.ReadyForConnections(time.Minute) {
			t.Fatal("a NATS server does not start")
		}
		urls = append(urls, s.ClientURL())
	}
	return servers, urls
}

// On a cluster of three servers nothing is lost, and no claim, when one of them ends.
func TestACluster(t *testing.T) {
	servers, urls := startCluster(t)
	c := config.Default().NATS
	c.Servers = urls
	s := New(c, t.TempDir(), Network{}, slog.New(slog.DiscardHandler), clock.System())
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = s.Run(ctx) })
	defer running.Wait()
	defer stop()
	js, err := s.JetStream()
	if err != nil {
		t.Fatal(err)
	}
	// again asks until the servers have chosen a leader.
	again := func(ask func(context.Context) error) {
		t.Helper()
		for ctx := testproc.Context(t); ; {
			short, stop := context.WithTimeout(ctx, 2*time.Second)
			err := ask(short)
			if stop(); err == nil {
				return
			} else if ctx.Err() != nil {
				t.Fatal(err)
			}
		}
	}
	again(func(ctx context.Context) error {
		_, err := js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{Name: "S", Subjects: []string{"s"}, Replicas: s.Replicas()})
		return err
	})
	put := func(text string) {
		t.Helper()
		again(func(ctx context.Context) error {
			_, err := js.Publish(ctx, "s", []byte(text), jetstream.WithMsgID(text))
			return err
		})
	}
	put("1")
	claim := func(host string, want bool) {
		t.Helper()
		again(func(ctx context.Context) error {
			mine, err := s.Claim(ctx, "hooks/night 0 2 * * *", host)
			if err == nil && mine != want {
				t.Errorf("%s has the claim: %v", host, mine)
			}
			return err
		})
	}
	claim("one", true)
	claim("two", false)
	st := s.Status()
	if st.Kind != "cluster" || !st.Connected || st.Server == "" {
		t.Errorf("%+v", st)
	}
	for _, server := range servers { // the one to which the store is connected
		if server.ClientURL() == st.Server {
			server.Shutdown()
			server.WaitForShutdown()
		}
	}
	put("2")
	claim("two", false)
	claim("one", true)
	again(func(ctx context.Context) error {
		stream, err := js.Stream(ctx, "S")
		if err == nil && stream.CachedInfo().State.Msgs != 2 {
			err = fmt.Errorf("%d messages are kept, not 2", stream.CachedInfo().State.Msgs)
		}
		return err
	})
}
