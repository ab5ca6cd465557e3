package http

import (
	_ "embed"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/eslua/eslua/host/network"
	"github.com/eslua/eslua/host/run"
	"github.com/eslua/eslua/host/script/vm"
	"github.com/eslua/eslua/host/script/vm/guard"
	"github.com/eslua/eslua/host/script/vm/luajson"
	lua "github.com/yuin/gopher-lua"
)

//go:embed luasocket.lua
var luaSocket string

// LuaSocket declares socket.http.
type LuaSocket struct{ Client *network.Client }

// Bind returns what the run asks.
func (m LuaSocket) Bind(env *run.Env) any { return &requests{env: env, client: m.Client} }

// LuaSec declares ssl.https.
type LuaSec struct{ Client *network.Client }

// Bind returns what the run asks.
func (m LuaSec) Bind(env *run.Env) any { return &requests{env: env, client: m.Client} }

// Declare declares the table.
func (LuaSocket) Declare() *vm.Module {
	return library("socket.http", "Asks HTTP servers, as LuaSocket's module does. ", "http://crm.example.com/caller")
}

// Declare declares the table.
func (LuaSec) Declare() *vm.Module {
	https := library("ssl.https", "Asks HTTPS servers, as LuaSec's module does, but certificates are always verified: a server with one of its own needs http: roots: in the configuration. ", "https://crm.example.com/caller")
	https.Constants = []vm.Constant{{Name: "PORT", Value: lua.LNumber(443), Doc: "the port that a URL without one means"}}
	return https
}

func library(name, doc, url string) *vm.Module {
	return &vm.Module{
		Outside: true,
		Name:    name, Required: true, Source: luaSocket,
		AfterHangup: "Works as before. A request that is under way when the call hangs up ends with an error.",
		Doc: doc + "Only granted hosts are asked (grants: hosts:), also by redirects; how long an answer may be is set in the configuration (http:). " +
			"The field TIMEOUT is how many seconds the server may take, 60 at first; USERAGENT is what it is told. There is no proxy.",
		Funcs: []vm.Func{{
			Name: "request",
			Params: []vm.Param{
				{Name: "request", Kind: vm.Any, Doc: "the URL, or a table: url, method, headers, source and sink (of ltn12), redirect (false: redirects are answers), maxredirects"},
				{Name: "body", Kind: vm.String, Optional: true, Default: "none", Most: luajson.MaxText, Doc: "with a URL: is sent, by POST, as application/x-www-form-urlencoded"},
			},
			Results: []vm.Result{{Name: "body", Kind: vm.Any, Doc: "the text of the answer, or 1 if a table was given; nil if there is no answer"}, {Name: "code", Kind: vm.Any, Doc: "the number of its status, or why there is none"},
				{Name: "headers", Kind: vm.Table, Doc: "by name in lower case"}, {Name: "status", Kind: vm.String, Doc: "the first line of the answer"}},
			Doc:     "Asks a server and waits for the answer. " + notGranted,
			Example: fmt.Sprintf("local request = require(%q).request\nlocal body, code, headers, status = request(%q)\nif code ~= 200 then print(status or code) end", name, url),
			Go:      askOnce,
		}},
	}
}

// askOnce asks a server without following a redirect, for luasocket.lua.
func askOnce(a *vm.Args) error {
	s, t := a.Instance().(*requests), a.Table(0)
	if t == nil {
		return errors.New("request: write a URL or a table")
	}
	r := network.Request{Method: "GET", URL: lua.LVAsString(t.RawGetString("url")), Header: http.Header{}, Stay: true}
	if v := t.RawGetString("method"); v != lua.LNil {
		r.Method = strings.ToUpper(lua.LVAsString(v))
		if r.Method == "" || strings.Trim(r.Method, tokenBytes) != "" || r.Method == http.MethodConnect {
			return fmt.Errorf("request: %.40q is no method; write one of %s", v.String(), strings.Join(methods, ", "))
		}
	}
	if err := readHeaders(a, t, r.Header); err != nil {
		return err
	}
	for _, own := range []string{"Content-Length", "Transfer-Encoding", "Connection", "Te"} { // are the connection's
		r.Header.Del(own)
	}
	body := lua.LVAsString(t.RawGetString("body"))
	if len(body) > luajson.MaxText {
		return fmt.Errorf("request: the body holds %d bytes, and at most %d are possible", len(body), luajson.MaxText)
	}
	a.ChargeCPU(len(body) / 64)
	r.Body = []byte(body)
	if n, ok := t.RawGetString("timeout").(lua.LNumber); ok && n > 0 {
		r.Connect = time.Duration(min(float64(n), longest.Seconds()) * float64(time.Second))
		r.Response = r.Connect
	}
	chargeRequest(a, r)
	ctx, stop := s.env.Aside(a.Context())
	defer stop()
	answer, err := s.do(ctx, r)
	if err != nil {
		if wrong := mistake(err); wrong != nil {
			return wrong
		}
		a.Return(lua.LNil, lua.LString(network.Word(err)))
		return nil
	}
	a.ChargeMemory(guard.TableSize(0, len(answer.Header)))
	headers := &lua.LTable{Metatable: lua.LNil}
	for name, values := range answer.Header {
		value := strings.Join(values, ", ")
		a.ChargeMemory(len(name) + len(value) + 64)
		a.SetKey(headers, strings.ToLower(name), lua.LString(value))
	}
	text := lua.LValue(lua.LString(answer.Body))
	if r.Method == http.MethodHead || answer.Status == http.StatusNoContent || answer.Status == http.StatusNotModified {
		text = lua.LNil
	}
	a.Return(lua.LNumber(answer.Status), headers, lua.LString(answer.Line), text)
	return nil
}
