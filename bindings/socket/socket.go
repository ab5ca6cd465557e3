// Package socket owns what scripts use of LuaSocket besides connections: the clock of the
// module socket, and the module socket.url.
package socket

import (
	_ "embed"
	"math"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/run"
	"github.com/eslua/eslua/host/script/vm"
	lua "github.com/yuin/gopher-lua"
)

//go:embed url.lua
var urlSource string

// Module declares the module socket.
type Module struct{}

// Bind returns the environment of the run.
func (Module) Bind(env *run.Env) any { return env }

// URL declares the module socket.url.
type URL struct{}

// Bind returns nothing: the module has no state.
func (URL) Bind(*run.Env) any { return nil }

// Declare declares the table.
func (Module) Declare() *vm.Module {
	return &vm.Module{
		Name: "socket", Required: true, AfterHangup: "Works as before: it does not concern the call.",
		Doc:       "The clock of LuaSocket.",
		Constants: []vm.Constant{{Name: "_VERSION", Value: lua.LString("LuaSocket 3.0.0"), Doc: "the version of LuaSocket whose functions it has"}},
		Funcs: []vm.Func{
			{
				Name: "gettime", Results: []vm.Result{{Name: "seconds", Kind: vm.Number, Doc: "seconds since 1970, with their fraction"}},
				Doc: "Returns the time.", Example: "print(require(\"socket\").gettime())",
				Go: func(a *vm.Args) error {
					a.Return(lua.LNumber(float64(a.Instance().(*run.Env).Clock.Now().UnixMicro()) / 1e6))
					return nil
				},
			},
			{
				Name: "sleep", Params: []vm.Param{{Name: "seconds", Kind: vm.Number, Doc: "how long to wait"}},
				Doc: "Waits. The hangup of the call ends it.", Example: "require(\"socket\").sleep(0.2)",
				AfterHangup: "Waits all the same.",
				Go: func(a *vm.Args) error {
					env := a.Instance().(*run.Env)
					ctx, stop := env.Aside(a.Context())
					defer stop()
					const year = 365 * 24 * 3600
					seconds := a.Number(0)
					if math.IsNaN(seconds) {
						seconds = 0
					}
					err := clock.Sleep(ctx, env.Clock, time.Duration(min(max(seconds, 0), year)*float64(time.Second)))
					if err != nil && a.Context().Err() == nil {
						return nil // the call has hung up
					}
					return err
				},
			},
		},
	}
}

// Declare declares the table.
func (URL) Declare() *vm.Module {
	const most = 64 << 10
	text := func(name, doc string) vm.Param { return vm.Param{Name: name, Kind: vm.String, Most: most, Doc: doc} }
	parts := vm.Param{Name: "parts", Kind: vm.Table, Doc: "as parse returns them"}
	url := vm.Result{Name: "url", Kind: vm.String, Doc: "the URL"}
	return &vm.Module{
		Name: "socket.url", Required: true, AfterHangup: "Works as before: it does not concern the call.",
		Doc: "Takes URLs apart and puts them together, as LuaSocket's module does.", Source: urlSource,
		Funcs: []vm.Func{
			{Name: "escape", Params: []vm.Param{text("text", "any text")}, Results: []vm.Result{{Name: "escaped", Kind: vm.String, Doc: "with % and two digits for all but letters, digits and _"}},
				Doc: "Writes a text so that it can be a part of a URL.", Example: "print(require(\"socket.url\").escape(\"a b&c\"))"},
			{Name: "unescape", Params: []vm.Param{text("text", "a part of a URL")}, Results: []vm.Result{{Name: "text", Kind: vm.String, Doc: "as it was"}},
				Doc: "Reads what escape writes.", Example: "print(require(\"socket.url\").unescape(\"a%20b\"))"},
			{Name: "parse", Params: []vm.Param{text("url", "the URL"), {Name: "default", Kind: vm.Table, Optional: true, Default: "none", Doc: "parts that the URL may lack"}},
				Results: []vm.Result{{Name: "parts", Kind: vm.Table, Doc: "url, scheme, authority, userinfo, user, password, host, port, path, params, query, fragment"}},
				Doc:     "Takes a URL apart.", Example: "print(require(\"socket.url\").parse(\"http://example.com:8080/x?y=1\").host)"},
			{Name: "build", Params: []vm.Param{parts}, Results: []vm.Result{url}, Doc: "Puts a URL together.", Example: "print(require(\"socket.url\").build({scheme = \"http\", host = \"example.com\", path = \"/\"}))"},
			{Name: "absolute", Params: []vm.Param{text("base", "a URL"), text("relative", "another one, which may be relative to it")}, Results: []vm.Result{url},
				Doc: "Returns what a relative URL means in a page.", Example: "print(require(\"socket.url\").absolute(\"http://example.com/a/b\", \"../c\"))"},
			{Name: "parse_path", Params: []vm.Param{text("path", "a path")}, Results: []vm.Result{{Name: "segments", Kind: vm.Table, Doc: "its parts, unescaped; is_absolute and is_directory tell the rest"}},
				Doc: "Takes a path apart.", Example: "print(require(\"socket.url\").parse_path(\"/a/b%20c/\")[2])"},
			{Name: "build_path", Params: []vm.Param{{Name: "segments", Kind: vm.Table, Doc: "as parse_path returns them"}, {Name: "unsafe", Kind: vm.Any, Optional: true, Default: "false", Doc: "true: they are not escaped"}},
				Results: []vm.Result{{Name: "path", Kind: vm.String, Doc: "the path"}}, Doc: "Puts a path together.", Example: "print(require(\"socket.url\").build_path({\"a\", \"b c\", is_absolute = 1}))"},
		},
	}
}
