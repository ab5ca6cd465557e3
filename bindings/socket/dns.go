package socket

import (
	"net/netip"
	"os"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/network"
	"github.com/eslua/eslua/host/run"
	"github.com/eslua/eslua/host/script/vm"
	"github.com/eslua/eslua/host/script/vm/guard"
	lua "github.com/yuin/gopher-lua"
)

// DNS declares the table socket.dns.
type DNS struct{ Dialer *network.Dialer }

type names struct {
	env    *run.Env
	dialer *network.Dialer
}

// Bind returns what looks up the run's names.
func (m DNS) Bind(env *run.Env) any { return &names{env, m.Dialer} }

// Declare declares the table.
func (DNS) Declare() *vm.Module {
	why := vm.Result{Name: "why", Kind: vm.Any, Doc: "what is more; the reason if there is none"}
	return &vm.Module{
		Outside: true,
		Name:    "socket.dns", Required: true, AfterHangup: "Works as before: it does not concern the call.",
		Doc: "Looks hosts up that the flow is granted by name (grants: hosts:), as LuaSocket's socket.dns does. To connect, a name is better: an address needs a grant of its own.",
		Funcs: []vm.Func{
			{
				Name: "toip", Params: []vm.Param{host()}, Results: []vm.Result{{Name: "ip", Kind: vm.String, Doc: "its first address; nil if there is none"}, why},
				Doc: "Returns the address of a host, and a table with name, alias and ip.", Example: "print(require(\"socket\").dns.toip(\"localhost\"))",
				Go: func(a *vm.Args) error {
					list, err := lookup(a)
					if err != nil || len(list) == 0 {
						return notFound(a, err, "host not found")
					}
					all, none := newList(a, len(list)), newList(a, 0)
					for i, ip := range list {
						a.SetIndex(all, i+1, lua.LString(ip.String()))
					}
					t := newList(a, 0)
					a.SetKey(t, "name", lua.LString(a.String(0)))
					a.SetKey(t, "alias", none)
					a.SetKey(t, "ip", all)
					a.Return(lua.LString(list[0].String()), t)
					return nil
				},
			},
			{
				Name: "getaddrinfo", Params: []vm.Param{host()}, Results: []vm.Result{{Name: "addresses", Kind: vm.Table, Doc: "a list of {family = \"inet\", addr = \"192.0.2.7\"}"}, why},
				Doc: "Returns all addresses of a host.", Example: "for _, at in ipairs(require(\"socket\").dns.getaddrinfo(\"localhost\")) do print(at.family, at.addr) end",
				Go: func(a *vm.Args) error {
					list, err := lookup(a)
					if err != nil {
						return notFound(a, err, "host or service not provided, or not known")
					}
					all := newList(a, len(list))
					for i, ip := range list {
						t, family := newList(a, 0), "inet"
						if ip.Is6() {
							family = "inet6"
						}
						a.SetKey(t, "family", lua.LString(family))
						a.SetKey(t, "addr", lua.LString(ip.String()))
						a.SetIndex(all, i+1, t)
					}
					a.Return(all)
					return nil
				},
			},
			{
				Name: "gethostname", Results: []vm.Result{{Name: "name", Kind: vm.String, Doc: "the name of this machine"}}, Doc: "Returns the name of the machine on which eslua runs.", Example: "print(require(\"socket\").dns.gethostname())",
				Go: func(a *vm.Args) error {
					name, err := os.Hostname()
					a.ReturnString(name)
					return err
				},
			},
		},
	}
}

func newList(a *vm.Args, n int) *lua.LTable {
	a.ChargeMemory(guard.TableSize(n, 0))
	return &lua.LTable{Metatable: lua.LNil}
}

// notFound returns that there is no such host, or raises an error that is a mistake.
func notFound(a *vm.Args, err error, text string) error {
	if wrong := raised(err); wrong != nil {
		return wrong
	}
	a.Return(lua.LNil, lua.LString(text))
	return nil
}

func lookup(a *vm.Args) (list []netip.Addr, err error) {
	s := a.Instance().(*names)
	if s.dialer == nil {
		return nil, nil
	}
	ctx, stop := s.env.Aside(a.Context())
	defer stop()
	a.ChargeCPU(callCost)
	blocker := clock.BlockerOf(ctx)
	blocker.Block()
	defer blocker.Unblock()
	list, err = s.dialer.Lookup(ctx, s.env.Grants, a.String(0))
	for i := range list {
		list[i] = list[i].Unmap()
	}
	return list, err
}
