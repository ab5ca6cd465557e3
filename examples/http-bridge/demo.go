package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/eslua/eslua/host/switchsim"
)

// show runs eslua beside a simulated FreeSWITCH, and calls two numbers.
func show(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "http-bridge-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	stop, err := startESLua(ctx, filepath.Join(dir, "eslua"))
	if err != nil {
		return err
	}
	defer stop()
	sim := switchsim.New(switchsim.Config{
		Listen: "-",
		Dialplan: switchsim.Dialplan{"default": {
			{Match: `^70\d\d$`, Actions: []switchsim.Action{{App: "socket", Data: "127.0.0.1:8084/httpBridge async full"}}},
		}},
		Endpoints: []switchsim.Endpoint{
			{Dial: "user/1000", Ring: time.Second, Script: []switchsim.Step{switchsim.After(2 * time.Second).Hangup()}},
			{Dial: "sofia/gateway/carrier/*", Cause: "GATEWAY_DOWN"},
			{Dial: "sofia/gateway/other/*", Ring: time.Second, Script: []switchsim.Step{switchsim.After(2 * time.Second).Hangup()}},
		},
	})
	if err := sim.Start(); err != nil {
		return err
	}
	defer sim.Close()
	for _, number := range []string{"7000", "7003", "7004"} {
		fmt.Printf("\ncaller   %s  1001 calls %s\n", time.Now().Format("15:04:05.000"), number)
		call := sim.Call(switchsim.Caller{Number: "1001", Name: "Ada", Destination: number})
		select {
		case <-call.Done():
		case <-ctx.Done():
			return ctx.Err()
		}
		fmt.Printf("caller   %s  the call has ended: %s\n", time.Now().Format("15:04:05.000"), call.Cause())
		time.Sleep(200 * time.Millisecond) // the service is told that too
	}
	return nil
}

// startESLua builds eslua and starts it with the example's configuration. It has told the
// service everything when stop returns.
func startESLua(ctx context.Context, program string) (stop func(), err error) {
	build := exec.CommandContext(ctx, "go", "build", "-o", program, "./cmd/eslua")
	if out, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%w: run it in the directory of eslua's go.mod\n%s", err, out)
	}
	eslua := exec.CommandContext(ctx, program, "serve", "--config", "examples/http-bridge/eslua.yaml", "--listen", "127.0.0.1:8084")
	log, err := eslua.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := eslua.Start(); err != nil {
		return nil, err
	}
	lines, said := bufio.NewReader(log), ""
	for !strings.Contains(said, "taking calls") {
		line, err := lines.ReadString('\n')
		if said += line; err != nil {
			_ = eslua.Wait()
			return nil, fmt.Errorf("eslua does not start:\n%s", said)
		}
	}
	read := make(chan struct{})
	go func() { defer close(read); _, _ = io.Copy(os.Stderr, lines) }()
	return func() {
		_ = eslua.Process.Signal(syscall.SIGTERM)
		<-read
		_ = eslua.Wait()
	}, nil
}
