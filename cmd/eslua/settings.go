package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"strings"

	"github.com/eslua/eslua/host/operate/config"
)

// settings returns the configuration and the remaining arguments of a command.
// Flags win over the environment, which wins over the file.
func (p *program) settings(name string, args []string) (config.Config, []string, error) {
	o, rest, err := p.overrides(name, args)
	if err != nil {
		return config.Config{}, nil, err
	}
	c, err := o.load()
	return c, rest, err
}

// overrides returns the settings in a command's flags and the environment, and the
// remaining arguments.
func (p *program) overrides(name string, args []string) (o overrides, rest []string, err error) {
	flags := flag.NewFlagSet(name, flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.StringVar(&o.file, "config", p.getenv("ESLUA_CONFIG"), "")
	flags.StringVar(&o.listen, "listen", p.getenv("ESLUA_LISTEN"), "")
	flags.StringVar(&o.scripts, "scripts", p.getenv("ESLUA_SCRIPTS"), "")
	flags.StringVar(&o.password, "password", p.getenv("ESLUA_PASSWORD"), "")
	switch name {
	case "exec":
		flags.Func("limit", "", func(limit string) error { o.limits = append(o.limits, limit); return nil })
	case "serve":
		flags.BoolVar(&o.takeover, "takeover", false, "")
	}
	flags.Func("esl", "", func(addr string) error { o.nodes = append(o.nodes, addr); return nil })
	if err := parseFlags(flags, args); err != nil {
		return o, nil, err
	}
	if len(o.nodes) == 0 {
		o.nodes = strings.FieldsFunc(p.getenv("ESLUA_ESL"), func(r rune) bool { return r == ',' || r == ' ' })
	}
	return o, flags.Args(), nil
}

// parseFlags parses a command's flags. It returns flag.ErrHelp for -h and --help.
func parseFlags(flags *flag.FlagSet, args []string) error {
	err := flags.Parse(args)
	if err == nil || errors.Is(err, flag.ErrHelp) {
		return err
	}
	return &usageError{fmt.Sprintf("eslua %s: %v; eslua %[1]s -h lists its flags", flags.Name(), err)}
}

// overrides are the settings that flags and the environment can set.
type overrides struct {
	file, listen, scripts, password string
	nodes                           []string
	limits                          []string // name=value
	takeover                        bool     // how serve starts; not a setting
}

// load returns the configuration of the file, if there is one, with the overrides.
func (o overrides) load() (c config.Config, err error) {
	c = config.Default()
	if o.file != "" {
		if c, err = config.Load(o.file); err != nil {
			return config.Config{}, err
		}
	}
	return c, o.apply(&c)
}

// checkPasswords returns an error at the first node that has no password, which no
// event socket accepts.
func (o overrides) checkPasswords(nodes []config.Node) error {
	for _, n := range nodes {
		switch {
		case n.Password != "":
		case len(o.nodes) > 0:
			return &usageError{fmt.Sprintf("--esl %s needs a password: --password or ESLUA_PASSWORD", n.Address)}
		default:
			return &config.Error{File: o.file, Message: fmt.Sprintf("node %s has no password; add password: to it, or set ESLUA_PASSWORD", n.Label())}
		}
	}
	return nil
}

func (o overrides) apply(c *config.Config) error {
	if o.listen != "" {
		if err := c.Listen.Set(o.listen); err != nil {
			return &usageError{"--listen: " + err.Error()}
		}
	}
	if o.scripts != "" {
		c.Scripts = o.scripts
	}
	if len(o.nodes) > 0 {
		c.Nodes = nil
	}
	for _, text := range o.nodes {
		var n config.Node
		if err := n.Address.Set(text); err != nil {
			return &usageError{"--esl: " + err.Error()}
		}
		c.Nodes = append(c.Nodes, n)
	}
	if o.password != "" {
		for i := range c.Nodes {
			c.Nodes[i].Password = o.password
		}
	}
	for _, limit := range o.limits {
		name, value, _ := strings.Cut(limit, "=")
		if err := c.Limits.Set(name, value); err != nil {
			return &usageError{fmt.Sprintf("--limit %s: %v", limit, err)}
		}
	}
	return nil
}

// logger returns a logger that writes to stderr as configured.
func (p *program) logger(c config.Log) *slog.Logger {
	return p.loggerAt(slog.Level(c.Level), c.Format)
}

// loggerAt returns a logger whose level may change.
func (p *program) loggerAt(level slog.Leveler, format config.Format) *slog.Logger {
	o := &slog.HandlerOptions{Level: level}
	if format == "json" {
		return slog.New(slog.NewJSONHandler(p.stderr, o))
	}
	return slog.New(slog.NewTextHandler(p.stderr, o))
}
