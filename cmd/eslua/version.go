package main

import (
	"fmt"
	"runtime/debug"

	"github.com/spf13/cobra"
)

func versionCommand(p *program) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "print the version",
		Args:  noArguments,
		RunE: func(*cobra.Command, []string) error {
			fmt.Fprintln(p.stdout, "eslua", programVersion())
			return nil
		},
	}
}

// make build sets describedVersion to git's description of the source.
var describedVersion string

// programVersion returns the version of the program, or the commit it is built from.
func programVersion() string {
	info, ok := debug.ReadBuildInfo()
	switch {
	case describedVersion != "":
		return describedVersion
	case !ok:
		return "unknown"
	case info.Main.Version != "" && info.Main.Version != "(devel)":
		return info.Main.Version
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return s.Value
		}
	}
	return "(devel)"
}
