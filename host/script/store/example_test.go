package store_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/script/store"
	"github.com/eslua/eslua/host/script/vm"
)

// A generation stays as it was when the directory changes: a call that holds it
// runs on.
func ExampleStore() {
	dir, err := os.MkdirTemp("", "scripts")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	save := func(text string) { _ = os.WriteFile(filepath.Join(dir, "hello.lua"), []byte(text), 0o600) }

	save("return 1")
	scripts, err := store.Open(context.Background(), dir, store.Config{}, vm.Compile, slog.New(slog.DiscardHandler), clock.System())
	if err != nil {
		panic(err)
	}
	call := scripts.Current()

	save("return 2")
	if err := scripts.Reload(context.Background()); err != nil { // with Run in a goroutine, this happens by itself
		panic(err)
	}
	was, _ := call.ReadFile("hello.lua")
	is, _ := scripts.Current().ReadFile("hello.lua")
	fmt.Println("the call has:", was)
	fmt.Println("new calls get:", is)
	fmt.Print(store.Diff(call, scripts.Current()))

	save("return return")
	fmt.Println(scripts.Reload(context.Background()))
	is, _ = scripts.Current().ReadFile("hello.lua")
	fmt.Println("new calls get:", is)
	// Output:
	// the call has: return 1
	// new calls get: return 2
	// --- a/hello.lua
	// +++ b/hello.lua
	// @@ -1,1 +1,1 @@
	// -return 1
	// \ No newline at end of file
	// +return 2
	// \ No newline at end of file
	// hello.lua:1: syntax error near 'return'
	// new calls get: return 2
}
