// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/siderostep/siderostep/config"
)

func checkCommand() *cobra.Command {
	var print bool
	o := defaultOptions()
	cmd := &cobra.Command{
		Use:   "check [FILE]",
		Short: "Check a configuration file, and tell all that is wrong with it",
		Long: "Check a configuration file, and tell all that is wrong with it, line by line.\n" +
			"Without FILE it checks the one that run would read.",
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if print {
				return config.PrintDefault(cmd.OutOrStdout())
			}
			if len(args) == 1 {
				o.config = args[0]
			}
			path, err := o.configFile()
			if err != nil {
				return err
			}
			if path == "" {
				fmt.Fprintln(cmd.OutOrStdout(), "no configuration file: defaults apply")
				return nil
			}
			cfg, err := config.Load(path)
			if err != nil {
				return err
			}
			if _, err := readSkyline(cfg, path); err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s: no problems\n", path)
			return nil
		},
	}
	cmd.Flags().BoolVar(&print, "print-default", false, "print a complete, commented configuration file instead")
	cmd.Flags().StringVar(&o.state, "state", o.state, "folder in which the program keeps its state")
	return cmd
}
