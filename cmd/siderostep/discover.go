// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"encoding/json"
	"time"

	"github.com/spf13/cobra"

	"github.com/siderostep/siderostep/discovery"
)

func discoverCommand() *cobra.Command {
	var o discovery.FindOptions
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "discover [HOST...]",
		Short: "Find Alpaca servers on the local network, and at hosts beyond it",
		RunE: func(cmd *cobra.Command, hosts []string) error {
			o.Hosts = hosts
			servers, err := discovery.Find(cmd.Context(), o)
			if err != nil && len(servers) == 0 {
				return err
			}
			discovery.DescribeAll(cmd.Context(), servers)
			if !asJSON {
				return discovery.WriteText(cmd.OutOrStdout(), servers)
			}
			if servers == nil {
				servers = []discovery.Server{}
			}
			enc := json.NewEncoder(cmd.OutOrStdout())
			enc.SetIndent("", "  ")
			return enc.Encode(servers)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.Flags().DurationVar(&o.Timeout, "timeout", 2*time.Second, "how long to wait for answers")
	cmd.Flags().IntVar(&o.Port, "port", discovery.DefaultPort, "UDP port to ask on")
	return cmd
}
