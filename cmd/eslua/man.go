package main

import (
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
)

func manCommand() *cobra.Command {
	return &cobra.Command{
		Use:               "man DIRECTORY",
		Short:             "write the manual pages into a directory",
		Long:              "Write a manual page for each command into a directory. The Debian package has them already.",
		Args:              exactly(1, "eslua man DIRECTORY"),
		ValidArgsFunction: directories,
		RunE: func(c *cobra.Command, args []string) error {
			c.Root().DisableAutoGenTag = true // which differs each day
			err := doc.GenManTree(c.Root(), &doc.GenManHeader{Title: "ESLUA", Section: "1", Source: "eslua " + programVersion(), Manual: "eslua"}, args[0])
			if err != nil {
				return fmt.Errorf("eslua man: %w", err)
			}
			return nil
		},
	}
}
