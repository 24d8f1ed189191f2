// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"os"
	"runtime/debug"

	"github.com/spf13/cobra"
)

func runCommand() *cobra.Command {
	o := defaultOptions()
	cmd := &cobra.Command{
		Use:   "run",
		Short: "Serve the telescope until interrupted",
		Long: "Serve the telescope until interrupted. The addresses in use are printed one on a line.\n" +
			"Each flag can be given in the environment too: SIDEROSTEP_LISTEN for --listen, and so on.\n" +
			"Flags go before the environment, that before the configuration file, that before the defaults.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := fromEnvironment(cmd.Flags()); err != nil {
				return err
			}
			if cmd.Flags().Changed("lx200-listen") && o.lx200 == "" {
				o.lx200 = lx200Off
			}
			o.out, o.log = cmd.OutOrStdout(), cmd.ErrOrStderr()
			modestMemory()
			m, err := newMain(o)
			if err != nil {
				return err
			}
			defer m.Close()
			if err := m.Run(cmd.Context()); err != nil {
				return err
			}
			return m.Close()
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.config, "config", o.config, "configuration file (default "+settingsName+" in the state folder, if it exists)")
	f.StringVar(&o.state, "state", o.state, "folder in which the program keeps its state")
	f.StringVar(&o.listen, "listen", o.listen, "address and port of the Alpaca API; port 0 lets the system choose (default as configured, :11111)")
	f.StringVar(&o.lx200, "lx200-listen", o.lx200, "address and port of the LX200 server; port 0 lets the system choose; off or \"\" for none (default as configured, 127.0.0.1:4030)")
	f.IntVar(&o.discoveryPort, "discovery-port", o.discoveryPort, "UDP port of Alpaca discovery; 0 lets the system choose; -1 as configured, 32227")
	f.Float64Var(&o.speed, "speed", o.speed, "seconds that pass for the simulated mount in one")
	f.Uint64Var(&o.seed, "seed", o.seed, "seed of the simulated world's chance")
	return cmd
}

// modestMemory trades a little work for a small heap, on a small computer,
// unless its user has said what to do.
func modestMemory() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(50)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(64 << 20)
	}
}
