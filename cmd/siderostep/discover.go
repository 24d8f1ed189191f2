// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"encoding/json"
	"errors"
	"net"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/siderostep/siderostep/discovery"
)

func discoverCommand() *cobra.Command {
	var o discovery.FindOptions
	var asJSON, asTargets bool
	sd := defaultServiceDiscovery()
	cmd := &cobra.Command{
		Use:   "discover [HOST | URL]...",
		Short: "Find Alpaca servers on the local network, and at places beyond it",
		Long: "Find Alpaca servers on the local network. A HOST is asked by discovery too, where broadcasts do not reach it;\n" +
			"a server at a URL (http://mount1:11111, or mount1:11111) needs no discovery at all.\n\n" +
			"With --prometheus-sd, print those that have metrics as Prometheus' HTTP service discovery wants them,\n" +
			"with the labels name and location; with --serve, serve that list at /sd and keep it up to date.\n" +
			"A server that is silent for three rounds leaves the list, unless its URL was given.",
		Example: "  siderostep discover --prometheus-sd --serve\n" +
			"  siderostep discover --prometheus-sd http://mount1:11111 http://mount2:11111",
		RunE: func(cmd *cobra.Command, args []string) error {
			given, hosts, err := places(args)
			if err != nil {
				return err
			}
			o.Hosts = hosts
			if asTargets || sd.serve {
				sd.out, sd.log = cmd.OutOrStdout(), cmd.ErrOrStderr()
				return sd.run(cmd.Context(), discovery.WatchOptions{Find: o, Given: given})
			}
			servers, err := discovery.Find(cmd.Context(), o)
			servers = append(servers, given...)
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
		PreRunE: func(cmd *cobra.Command, _ []string) error {
			for _, name := range []string{"listen", "every"} {
				if cmd.Flags().Changed(name) && !sd.serve {
					return errors.New("--" + name + " goes with --serve")
				}
			}
			return nil
		},
	}
	f := cmd.Flags()
	f.BoolVar(&asJSON, "json", false, "print JSON")
	f.DurationVar(&o.Timeout, "timeout", 2*time.Second, "how long to wait for answers")
	f.IntVar(&o.Port, "port", discovery.DefaultPort, "UDP port to ask on")
	f.BoolVar(&asTargets, "prometheus-sd", false, "print the servers that have metrics, for Prometheus' HTTP service discovery")
	f.BoolVar(&sd.serve, "serve", false, "serve that list over HTTP until interrupted")
	f.StringVar(&sd.listen, "listen", sd.listen, "with --serve: address and port; port 0 lets the system choose")
	f.DurationVar(&sd.every, "every", sd.every, "with --serve: time from one look at the network to the next")
	cmd.MarkFlagsMutuallyExclusive("json", "prometheus-sd")
	cmd.MarkFlagsMutuallyExclusive("json", "serve")
	return cmd
}

// places tells servers at a URL, or an address and a port, from hosts to ask.
func places(args []string) (given []discovery.Server, hosts []string, err error) {
	for _, arg := range args {
		if _, _, err := net.SplitHostPort(arg); err != nil && !strings.Contains(arg, "://") {
			hosts = append(hosts, arg)
			continue
		}
		s, err := discovery.ParseServer(arg)
		if err != nil {
			return nil, nil, err
		}
		given = append(given, s)
	}
	return given, hosts, nil
}
