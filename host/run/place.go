package run

import (
	"context"
	"path/filepath"
	"strings"

	"github.com/eslua/eslua/host/script/vm"
)

// A Place is where a path that a script names leads.
type Place struct {
	Tree string // the name in the script's tree, if it is there
	// Else the directory that is granted, and the name below it. Open it with an os.Root
	// of the directory, so that no symbolic link leads out of it.
	Dir, Name string
}

// ToRead returns where a path leads that a script wants to read: a relative one and one
// below the script directory, eslua's or FreeSWITCH's, into the tree of the run; another
// one into a directory that is granted. The error is a *grant.RefusedError.
func (e *Env) ToRead(ctx context.Context, path string) (Place, error) {
	if !filepath.IsAbs(path) {
		if name, ok := vm.InTree(path); ok {
			return Place{Tree: name}, nil
		}
	}
	if name, ok := inside(e.Root, path); ok {
		return Place{Tree: name}, nil
	}
	if e.Written != nil {
		if place, err := e.ToWrite(path); err == nil {
			return place, nil
		}
	}
	dir, name, err := e.Grants.CheckRead(path)
	if err == nil {
		return Place{Dir: dir, Name: name}, nil
	}
	if name, ok := inside(e.switchScripts(ctx, path), path); ok {
		return Place{Tree: name}, nil
	}
	return Place{}, err
}

// ToWrite returns where a path leads that a script wants to change: into a directory that
// is granted, and not into the script directory. The error is a *grant.RefusedError.
func (e *Env) ToWrite(path string) (Place, error) {
	dir, name, err := e.Grants.CheckWrite(path)
	if err == nil && e.Written != nil {
		dir, err = e.Written(dir)
	}
	if err != nil {
		return Place{}, err
	}
	return Place{Dir: dir, Name: name}, nil
}

// inside returns the name of a path below a directory, if it is there.
func inside(dir, path string) (name string, ok bool) {
	if dir == "" || !filepath.IsAbs(path) {
		return "", false
	}
	rel, err := filepath.Rel(dir, path)
	if err != nil {
		return "", false
	}
	return vm.InTree(filepath.ToSlash(rel))
}

// switchScripts returns the script directory of the run's FreeSWITCH, under which scripts
// of mod_lua know their files; "" if there is none. It is asked for once.
func (e *Env) switchScripts(ctx context.Context, path string) string {
	if !filepath.IsAbs(path) {
		return ""
	}
	if e.scriptDir == nil {
		dir, err := e.Switch.API(ctx, "global_getvar script_dir")
		dir = strings.TrimSpace(dir)
		if err != nil || !filepath.IsAbs(dir) || filepath.Clean(dir) == "/" {
			dir = ""
		}
		e.scriptDir = &dir
	}
	return *e.scriptDir
}
