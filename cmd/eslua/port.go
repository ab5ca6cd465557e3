package main

import (
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/eslua/eslua/bindings"
	"github.com/eslua/eslua/host/operate/config"
	"github.com/eslua/eslua/host/script/lint"
	"github.com/eslua/eslua/host/script/porting"
	"github.com/eslua/eslua/host/script/store"
)

// A portReport is the output of eslua check --port.
type portReport struct {
	Problems []store.Problem `json:"problems"` // what check finds
	*porting.Report
	YAML string `json:"yaml"` // to add to the configuration
}

// checkPort prints what has to be looked at before scripts of mod_lua's run here.
func (p *program) checkPort(ctx context.Context, paths []string, cfg config.Config, settings []store.Problem, asJSON bool) error {
	r := portReport{Problems: settings, Report: porting.NewReport()}
	checker := lint.New(bindings.New(bindings.Deps{}).Modules())
	work := p.working("checking scripts")
	defer work.done()
	for _, path := range paths {
		dir, files, err := checkTarget(path, cfg.Scripts)
		if err != nil {
			return err
		}
		problems, err := checkTree(ctx, dir, files, cfg, work)
		if err != nil {
			return err
		}
		r.Problems = append(r.Problems, problems...)
		if len(files) == 0 {
			if files, err = scriptsBelow(ctx, dir); err != nil {
				return err
			}
		}
		for _, file := range files {
			file = filepath.Join(dir, file)
			source, err := os.ReadFile(file)
			if err != nil {
				return err
			}
			if calls, err := checker.Calls(file, string(source)); err == nil { // else it is among the problems
				r.Add(file, calls)
			}
		}
	}
	work.done()
	if r.YAML = r.Report.YAML(); asJSON {
		if err := p.printJSON(r); err != nil {
			return err
		}
	} else {
		p.printPort(r)
	}
	if slices.ContainsFunc(r.Problems[len(settings):], func(p store.Problem) bool { return !p.Warning }) {
		return &reportedError{exitFailed}
	}
	return nil
}

// scriptsBelow returns the scripts of a directory.
func scriptsBelow(ctx context.Context, dir string) (files []string, err error) {
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			return nil // it is among the problems
		case d.IsDir() && strings.HasPrefix(d.Name(), ".") && path != dir:
			return filepath.SkipDir
		case d.Type().IsRegular() && filepath.Ext(path) == ".lua":
			name, err := filepath.Rel(dir, path)
			files = append(files, name)
			return err
		}
		return nil
	})
	return files, err
}

func (p *program) printPort(r portReport) {
	type line struct {
		file string
		line int
		text string
	}
	var lines []line
	for _, problem := range r.Problems {
		if problem.Warning {
			problem.Message = "warning: " + problem.Message
		}
		lines = append(lines, line{problem.File, problem.Line, problem.Error()})
	}
	for _, m := range r.Remarks {
		lines = append(lines, line{m.File, m.Line, fmt.Sprintf("%s:%d: %s: %s", m.File, m.Line, m.Kind, m.Message)})
	}
	slices.SortStableFunc(lines, func(a, b line) int {
		return cmp.Or(cmp.Compare(a.file, b.file), cmp.Compare(a.line, b.line))
	})
	for _, l := range lines {
		printLine(p.stdout, "%s", l.text)
	}
	for _, used := range []struct {
		what  string
		names map[string]int
	}{{"applications", r.Applications}, {"API commands", r.Commands}} {
		if len(used.names) > 0 {
			printLine(p.stdout, "%s: %s", used.what, strings.Join(slices.Sorted(maps.Keys(used.names)), ", "))
		}
	}
	switch {
	case r.YAML != "":
		fmt.Fprintf(p.stdout, "add to the configuration (grants: of the flow, or for all flows):\n%s", r.YAML)
	case len(lines) == 0:
		printLine(p.stdout, "nothing to look at")
	}
}
