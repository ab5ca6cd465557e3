package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/eslua/eslua/host/operate/config"
	"github.com/eslua/eslua/host/script/store"
	"github.com/eslua/eslua/host/script/vm"
	"github.com/spf13/cobra"
)

func checkCommand(p *program) *cobra.Command {
	c := &cobra.Command{
		Use:   "check [flags] [PATH...]",
		Short: "report what is wrong with the configuration and the scripts",
		Long: `Report what is wrong with the configuration, and with the scripts in PATH, else in its script
directory, else here. A directory is one script tree; a file is checked in the tree that it
belongs to.`,
		Example: examples(
			"check the configuration and its scripts", "eslua check --config /etc/eslua/eslua.yaml",
			"check one script", "eslua check scripts/menu.lua",
			"see what scripts of mod_lua need to run here", "eslua check --port /usr/share/freeswitch/scripts",
		),
	}
	c.ValidArgsFunction = files("lua")
	o := p.overrides(c, "config", "scripts")
	porting := c.Flags().Bool("port", false, "tell what scripts of mod_lua need to run here: what differs, grants, databases")
	asJSON := c.Flags().Bool("json", false, "print JSON")
	c.RunE = func(c *cobra.Command, paths []string) error {
		return p.check(c.Context(), o, paths, *porting, *asJSON)
	}
	return c
}

// check prints the mistakes in the configuration, if one is named, and in scripts.
func (p *program) check(ctx context.Context, o *overrides, paths []string, porting, asJSON bool) error {
	ctx, stop := p.untilSignal(ctx)
	defer stop()
	cfg, err := o.load()
	if cfg.Scripts == "" && len(paths) == 1 && checkScripts(paths[0]) == nil { // as serve --scripts has it
		cfg.Scripts = paths[0]
	}
	if o.file != "" {
		err = config.Join(err, o.checkConfig(ctx, cfg))
	}
	var found checkReport
	if found.Problems, err = settingProblems(err); err != nil {
		return err
	}
	if len(found.Problems) > 0 {
		err = &reportedError{exitConfig}
	}
	switch {
	case len(paths) > 0:
	case cfg.Scripts != "" && checkScripts(cfg.Scripts) == nil:
		paths = []string{cfg.Scripts}
	case o.file == "": // else the flows are those of the program
		paths = []string{"."}
	}
	if porting {
		return cmp.Or(p.checkPort(ctx, paths, cfg, found.Problems, asJSON), err)
	}
	work := p.working("checking scripts")
	defer work.done()
	for _, path := range paths {
		dir, files, unusable := checkTarget(path, cfg.Scripts)
		if unusable != nil {
			return unusable
		}
		problems, unusable := checkTree(ctx, dir, files, cfg, work)
		if unusable != nil {
			return unusable
		}
		if err == nil && slices.ContainsFunc(problems, func(p store.Problem) bool { return !p.Warning }) {
			err = &reportedError{exitFailed}
		}
		found.Problems = append(found.Problems, problems...)
	}
	work.done()
	if asJSON {
		return cmp.Or(p.printJSON(found), err)
	}
	for _, problem := range found.Problems {
		p.printProblem(problem)
	}
	return err
}

// A checkReport holds what eslua check --json tells.
type checkReport struct {
	Problems []store.Problem `json:"problems"`
}

// settingProblems returns the settings that cannot be used as problems of their file;
// err is one about something else.
func settingProblems(of error) (problems []store.Problem, err error) {
	problems = []store.Problem{}
	var list config.Errors
	var one *config.Error
	switch {
	case of == nil:
	case errors.As(of, &list):
	case errors.As(of, &one):
		list = config.Errors{one}
	default:
		return nil, of
	}
	for _, setting := range list {
		problems = append(problems, store.Problem{File: setting.File, Line: setting.Line, Message: setting.Message})
	}
	return problems, nil
}

func (p *program) printProblem(problem store.Problem) {
	in := red
	if problem.Warning {
		in, problem.Message = yellow, "warning: "+problem.Message
	}
	in.line(p.stdout, "%s", problem)
}

func (p *program) printJSON(report any) error {
	out := json.NewEncoder(p.stdout)
	out.SetEscapeHTML(false)
	out.SetIndent("", "  ")
	return out.Encode(report)
}

// checkConfig returns the mistakes in settings that are each right by themselves.
func (o overrides) checkConfig(ctx context.Context, cfg config.Config) error {
	wrongStart := o.checkStart(cfg)
	if checkScripts(cfg.Scripts) != nil {
		return wrongStart
	}
	flows, err := flowsOf(ctx, cfg.Scripts)
	if err != nil {
		return err
	}
	wrong := cfg.MisspeltGrants(o.file)
	for _, n := range cfg.NamedFlows() {
		if n.Setting != "flows" && store.IsHook(config.FlowName(n.Flow)) {
			wrong = append(wrong, o.errorAt((&store.HookError{Flow: n.Flow}).Error(), n.Path...))
			continue
		}
		if n.Exists(func(flow string) bool { return slices.Contains(flows.all, flow) }) {
			continue
		}
		message := config.DescribeFlows(n.Flow, flows.own)
		if n.Setting == "flows" && slices.Contains(flows.all, config.FlowName(n.Flow)) {
			message = "write " + config.FlowName(n.Flow)
		}
		if cfg.Scripts == "" {
			message += " (in the program; scripts: names a directory of your own)"
		}
		wrong = append(wrong, o.errorAt(fmt.Sprintf("there is no flow %q; %s", n.Flow, message), n.Path...))
	}
	return config.Join(wrongStart, wrong.Err())
}

// checkTree returns the problems of a script tree, or of some of its files, with the
// names of the files as the command line has them.
func checkTree(ctx context.Context, dir string, files []string, cfg config.Config, work *working) ([]store.Problem, error) {
	compile := func(name string, source []byte) (*vm.Script, error) {
		work.step()
		return vm.Compile(name, source)
	}
	problems, err := store.Check(ctx, dir, files, checkedTrees(cfg), compile)
	for i := range problems {
		if problems[i].File != "" {
			problems[i].File = filepath.Join(dir, problems[i].File)
		}
	}
	return problems, err
}

// checkTarget returns the tree of a path and which of its files to report on; nil is
// all. A file below scripts belongs to that tree.
func checkTarget(path, scripts string) (dir string, files []string, err error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", nil, fmt.Errorf("%s: no such file or directory", path)
	case err != nil:
		return "", nil, err
	case info.IsDir():
		return path, nil, nil
	case filepath.Ext(path) == ".yaml" || filepath.Ext(path) == ".yml":
		return "", nil, &usageError{fmt.Sprintf("%s is not a script; to check a configuration: eslua check --config %[1]s", path)}
	case filepath.Ext(path) != ".lua":
		return "", nil, &usageError{fmt.Sprintf("%s is not a script: the name of a script ends in .lua", path)}
	}
	if scripts != "" {
		if below, err := within(scripts, path); err == nil && filepath.IsLocal(below) {
			return scripts, []string{below}, nil
		}
	}
	return filepath.Dir(path), []string{filepath.Base(path)}, nil
}

// within returns the name of a file relative to a directory.
func within(dir, file string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	if file, err = filepath.Abs(file); err != nil {
		return "", err
	}
	return filepath.Rel(dir, file)
}
