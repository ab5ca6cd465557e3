// Command http-bridge stands for a web service that says where calls go, as
// scripts/httpBridge.lua asks it.
//
//	go run ./examples/http-bridge          serves on 127.0.0.1:8080
//	go run ./examples/http-bridge -demo    and shows calls through a simulated FreeSWITCH
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"time"
)

const address = "127.0.0.1:8080"

// routes says where the calls to a number go.
var routes = map[string]string{
	"7000": `{"dial": {"type": "user", "user": "1000"}}`,
	"7001": `{"dial": {"type": "gateway", "gateway": "carrier", "number": "123456"}, "variables": {"origination_caller_id_number": "5551234"}}`,
	"7002": `{"dial": {"type": "ip", "ip": "127.0.0.1:5080", "number": "123456", "sofia": "external"}}`,
	"7003": `{"dial": {"type": "dialstring", "dialstring": "sofia/gateway/carrier/123456,sofia/gateway/other/123456"}}`,
	"7004": `{"dial": {"type": "hangup", "cause": 17}}`,
	"7005": `{"dial": {"type": "hangup", "sipcode": 404}}`,
}

// A service answers what scripts/httpBridge.lua asks, and shows what it is told.
type service struct{ out io.Writer }

func (s service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	fmt.Fprintf(s.out, "service  %s  %s\n", time.Now().Format("15:04:05.000"), r.URL.RawQuery)
	if q.Get("action") != "request" {
		return
	}
	answer, ok := routes[q.Get("called")]
	if !ok {
		answer = `{"dial": {"type": "hangup", "cause": "UNALLOCATED_NUMBER"}}`
	}
	fmt.Fprintf(s.out, "         answers %s\n", answer)
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, answer)
}

func main() {
	demo := flag.Bool("demo", false, "show calls through a simulated FreeSWITCH")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := serve(ctx, *demo); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// serve serves until ctx or the demonstration ends.
func serve(ctx context.Context, demo bool) error {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	server := &http.Server{Handler: service{os.Stdout}, ReadHeaderTimeout: time.Minute}
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	fmt.Println("asked at http://" + address + "/calls")
	if demo {
		err = show(ctx)
	} else {
		<-ctx.Done()
	}
	_ = server.Close()
	<-served
	return err
}
