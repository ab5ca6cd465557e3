package main

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/eslua/eslua/host/database"
	"github.com/eslua/eslua/host/durable"
	"github.com/eslua/eslua/host/network"
	"github.com/eslua/eslua/host/operate/config"
	"github.com/eslua/eslua/host/operate/logbound"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// overrides declares the flags of a command that set settings, of which its help shows
// some. Flags win over the environment, which wins over the file.
func (p *program) overrides(c *cobra.Command, shown ...string) *overrides {
	o, f := &overrides{}, c.Flags()
	p.fromEnvironment(f, &o.file, "config", "ESLUA_CONFIG", "the configuration `FILE`")
	p.fromEnvironment(f, &o.listen, "listen", "ESLUA_LISTEN", "the `HOST:PORT` to which FreeSWITCH connects; default 127.0.0.1:8084")
	p.fromEnvironment(f, &o.scripts, "scripts", "ESLUA_SCRIPTS", "the `DIRECTORY` of the flows; default: the flows built into the program")
	f.StringArrayVar(&o.nodes, "esl", strings.FieldsFunc(p.getenv("ESLUA_ESL"), func(r rune) bool { return r == ',' || r == ' ' }),
		"the `HOST:PORT` of the event socket of a FreeSWITCH to connect to; may be repeated (ESLUA_ESL)")
	f.Lookup("esl").DefValue = "[]"
	p.fromEnvironment(f, &o.password, "password", "ESLUA_PASSWORD", "its `PASSWORD`, which ps shows; the environment does not")
	complete(c, "config", files("yaml", "yml"))
	complete(c, "scripts", directories)
	f.VisitAll(func(flag *pflag.Flag) { flag.Hidden = !slices.Contains(shown, flag.Name) })
	return o
}

// overrides hold the settings that flags and the environment can set.
type overrides struct {
	file, listen, scripts, password string
	nodes                           []string
	limits                          []string // name=value
	takeover                        bool     // how serve starts; not a setting
}

// load returns the configuration of the file, if there is one, with the overrides. If
// there are errors, it holds what can be read.
func (o overrides) load() (c config.Config, err error) {
	c = config.Default()
	if o.file != "" {
		c, err = config.Load(o.file)
	}
	return c, config.Join(err, o.apply(&c))
}

// loadToServe returns the configuration for serve; the error tells everything that
// prevents a start.
func (o overrides) loadToServe() (config.Config, error) {
	c, err := o.load()
	return c, config.Join(err, o.checkStart(c))
}

// checkStart returns what prevents a start although every setting can be read: nodes
// without a password, which no event socket accepts, a missing directory, and databases
// that no driver can find.
func (o overrides) checkStart(c config.Config) error {
	wrong, err := o.passwordErrors(c.Nodes)
	if err != nil {
		return err
	}
	wrong = append(wrong, o.databaseErrors(c)...)
	wrong = append(wrong, o.durableErrors(c)...)
	if err := network.CheckFiles(c.HTTP); err != nil {
		wrong = append(wrong, o.errorAt(err.Error(), "http"))
	}
	if err := network.CheckMailFiles(c.Mail); err != nil {
		wrong = append(wrong, o.errorAt(err.Error(), "mail"))
	}
	if err := checkScripts(c.Scripts); err != nil && o.scripts == "" {
		wrong = append(wrong, o.errorAt("scripts: "+err.Error(), "scripts"))
	} else if err != nil {
		return &usageError{"--scripts: " + err.Error()}
	}
	return wrong.Err()
}

// errorAt returns an error about the setting with a path in the file.
func (o overrides) errorAt(message string, path ...any) *config.Error {
	return &config.Error{File: o.file, Line: config.Line(o.file, path...), Message: message}
}

func (o overrides) passwordErrors(nodes []config.Node) (wrong config.Errors, err error) {
	for i, n := range nodes {
		switch {
		case n.Password != "", n.Label() == "": // which has been told
		case len(o.nodes) > 0:
			return nil, &usageError{fmt.Sprintf("--esl %s needs the password of FreeSWITCH's event_socket.conf.xml: set ESLUA_PASSWORD, or write --password P, which ps shows", n.Address)}
		default:
			wrong = append(wrong, o.errorAt(fmt.Sprintf("node %s has no password; add password: to it, or set ESLUA_PASSWORD", n.Label()), "nodes", i))
		}
	}
	return wrong, nil
}

func (o overrides) databaseErrors(c config.Config) (wrong config.Errors) {
	for _, name := range slices.Sorted(maps.Keys(c.Databases)) {
		if dsn := c.Databases[name].DSN; dsn != "" {
			if err := database.Check(dsn); err != nil {
				wrong = append(wrong, o.errorAt("dsn: "+err.Error(), "databases", name, "dsn"))
			}
			if below, err := within(c.Scripts, dsn.Rest()); err == nil && dsn.SQLite() && c.Scripts != "" && filepath.IsLocal(below) {
				wrong = append(wrong, o.errorAt("dsn: a database in the script directory would make a generation of the scripts with each write; keep it elsewhere", "databases", name, "dsn"))
			}
		}
	}
	return wrong
}

func (o overrides) durableErrors(c config.Config) (wrong config.Errors) {
	nowhere := stateDir(c) == "" && len(c.NATS.Servers) == 0
	for _, s := range []struct {
		setting, what string
		names         []string
	}{
		{"endpoints", "an endpoint", slices.Sorted(maps.Keys(c.Endpoints))},
		{"buckets", "a bucket", slices.Sorted(maps.Keys(c.Buckets))},
		{"queues", "a queue", slices.Sorted(maps.Keys(c.Queues))},
	} {
		for _, name := range s.names {
			if err := durable.CheckName("name of "+s.what, name); err != nil {
				wrong = append(wrong, o.errorAt(s.setting+": "+err.Error(), s.setting, name))
			}
		}
		if nowhere && len(s.names) > 0 {
			wrong = append(wrong, o.errorAt(s.setting+" need a place for what they keep; write state: DIRECTORY (/var/lib/eslua), or nats: {servers: [nats://HOST:4222]}", s.setting))
		}
	}
	return wrong
}

// checkScripts returns an error if dir is not a directory that can be read; "" stands for
// the flows of the program.
func checkScripts(dir string) error {
	if dir == "" {
		return nil
	}
	_, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%s cannot be read by this user: permission denied", dir)
	case err != nil:
		return fmt.Errorf("%s is not a directory; leave it out for the built-in flows", dir)
	}
	return nil
}

func (o overrides) apply(c *config.Config) error {
	if o.listen != "" {
		if err := c.Listen.Set(o.listen); err != nil {
			return &usageError{"--listen or ESLUA_LISTEN: " + err.Error()}
		}
	}
	if o.scripts != "" {
		c.Scripts = o.scripts
	}
	if len(o.nodes) > 0 {
		c.Nodes = nil
	}
	for _, text := range o.nodes {
		n := config.Node{Weight: 1}
		if err := n.Address.Set(text); err != nil {
			return &usageError{"--esl or ESLUA_ESL: " + err.Error()}
		}
		c.Nodes = append(c.Nodes, n)
	}
	if o.password != "" {
		for i := range c.Nodes {
			c.Nodes[i].Password = o.password
		}
	}
	for _, limit := range o.limits {
		name, value, ok := strings.Cut(limit, "=")
		if !ok {
			return &usageError{fmt.Sprintf("--limit %s has no value; write --limit NAME=VALUE, for example --limit memory=8MiB", limit)}
		}
		if err := c.Limits.Set(name, value); err != nil {
			return &usageError{fmt.Sprintf("--limit %s: %v", limit, err)}
		}
	}
	return nil
}

// logHandler returns a bounded handler that writes to stderr in the configured
// format. Close it at the end.
func (p *program) logHandler(level slog.Leveler, c config.Log) *logbound.Handler {
	var to slog.Handler
	o := &slog.HandlerOptions{Level: level}
	if c.Format == "json" {
		to = slog.NewJSONHandler(p.stderr, o)
	} else {
		to = slog.NewTextHandler(p.stderr, o)
	}
	return logbound.New(to, c.Rate, p.clock)
}
