package rollout_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/operate/config"
	"github.com/eslua/eslua/host/script/rollout"
	"github.com/eslua/eslua/host/script/store"
	"github.com/eslua/eslua/host/script/vm"
)

// A pinned flow stays as it is while others change.
func ExampleRollout() {
	dir, err := os.MkdirTemp("", "scripts")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	save := func(name, text string) { _ = os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600) }
	save("menu.lua", "return 1")
	save("queue.lua", "return 1")

	log, clk := slog.New(slog.DiscardHandler), clock.System()
	scripts, err := store.Open(context.Background(), dir, store.Config{}, vm.Compile, log, clk)
	if err != nil {
		panic(err)
	}
	r := rollout.New(config.Config{}, rollout.Deps{Scripts: scripts, Log: log, Clock: clk})
	if _, _, err := r.Pin("menu", scripts.Current().Name()); err != nil {
		panic(err)
	}
	save("menu.lua", "return 2")
	save("queue.lua", "return 2")
	if err := scripts.Reload(context.Background()); err != nil {
		panic(err)
	}

	for _, flow := range []string{"menu", "queue"} {
		generation, begin := r.Choose(flow, "5ac3c5e2-0000-11f0-9d0a-000000000001")
		ended := begin()
		source, _ := generation.ReadFile(flow + ".lua")
		fmt.Println(flow, "runs:", source)
		ended(false)
	}
	// Output:
	// menu runs: return 1
	// queue runs: return 2
}
