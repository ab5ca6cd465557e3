package main

import (
	"fmt"

	"github.com/eslua/eslua/host/operate/admin"
	"github.com/eslua/eslua/host/operate/config"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// A hostFlag names the running eslua that a command talks to.
type hostFlag struct {
	*program
	file, socket string
}

// host declares the flags of a command that talks to the running eslua, among f.
func (p *program) host(c *cobra.Command, f *pflag.FlagSet) *hostFlag {
	h := &hostFlag{program: p}
	p.fromEnvironment(f, &h.file, "config", "ESLUA_CONFIG", "the configuration `FILE`")
	f.StringVar(&h.socket, "admin", "", "the `SOCKET` of the running eslua, where --config does not name it")
	complete(c, "config", files("yaml", "yml"))
	complete(c, "admin", cobra.FixedCompletions(nil, cobra.ShellCompDirectiveDefault))
	return h
}

func (h *hostFlag) client() *admin.Client {
	socket := h.socket
	if socket == "" && h.file != "" {
		c, err := config.Load(h.file)
		if socket = c.Admin; err != nil { // the eslua that runs has not read it like this
			fmt.Fprintln(h.stderr, err)
			socket = config.AdminOf(h.file)
		}
	}
	return h.seams.adminClient(admin.SocketPath(socket, h.getenv))
}
