package main

import (
	"context"
	"fmt"

	"github.com/eslua/eslua/bindings"
	"github.com/eslua/eslua/bindings/reference"
)

// printDoc prints the Lua reference: all names, what one of them does, or how mod_lua's
// names are in eslua.
func printDoc(p *program, _ context.Context, args []string) error {
	ref := reference.New(bindings.New(bindings.Deps{}).Modules())
	switch len(args) {
	case 0:
		ref.Overview(p.stdout)
		return nil
	case 1:
	default:
		return &usageError{"eslua doc takes one name: eslua doc session:read"}
	}
	if args[0] == "mod_lua" {
		ref.ModLua(p.stdout)
		return nil
	}
	entries := ref.Find(args[0])
	if len(entries) == 0 {
		message := fmt.Sprintf("scripts have nothing named %q", args[0])
		if meant := ref.Nearest(args[0]); meant != "" {
			message += fmt.Sprintf("; did you mean %s?", meant)
		} else {
			message += "; eslua doc lists all names"
		}
		return &usageError{message}
	}
	for i, e := range entries {
		if i > 0 {
			fmt.Fprintln(p.stdout)
		}
		e.Text(p.stdout)
	}
	return nil
}
