// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/siderostep/siderostep/conformance"
)

// mostFailures is the largest exit status that tells a number of failures:
// above it lie those of shells and signals.
const mostFailures = 125

func conformCommand() *cobra.Command {
	o := conformance.DefaultOptions("")
	var asJSON, lenient, quiet bool
	var devices, suites []string
	cmd := &cobra.Command{
		Use:   "conform URL",
		Short: "Check any Alpaca server against the standard; its mount will move",
		Long: "Check any Alpaca server against the standard. The mount will move over the whole sky.\n" +
			"The exit status is the number of failures, at most " + strconv.Itoa(mostFailures) + ".",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.BaseURL, o.Strict = args[0], !lenient
			for _, name := range devices {
				ref, err := parseDevice(name)
				if err != nil {
					return err
				}
				o.Devices = append(o.Devices, ref)
			}
			for _, s := range suites {
				o.Suites = append(o.Suites, conformance.Suite(s))
			}
			if !quiet && !asJSON {
				o.Progress = func(r conformance.Result) {
					if r.Verdict >= conformance.Issue {
						fmt.Fprintln(cmd.ErrOrStderr(), r)
					}
				}
			}
			report, err := conformance.Run(cmd.Context(), o)
			if report == nil {
				return err
			}
			write := report.WriteText
			if asJSON {
				write = report.WriteJSON
			}
			if err := write(cmd.OutOrStdout()); err != nil {
				return err
			}
			if err != nil {
				return err
			}
			if n := report.Failures(); n > 0 {
				return exitStatus(min(n, mostFailures))
			}
			return nil
		},
	}
	f := cmd.Flags()
	f.BoolVar(&asJSON, "json", false, "print JSON")
	f.BoolVar(&lenient, "lenient", false, "apply the standard's rules leniently")
	f.BoolVar(&quiet, "quiet", false, "say nothing before the report")
	f.StringSliceVar(&devices, "device", nil, "device to check, such as telescope/0 (default all)")
	f.StringSliceVar(&suites, "suite", nil, "suite to run: protocol, conformance, extra (default all)")
	f.StringSliceVar(&o.Only, "only", nil, "number of a check to run, such as T19 (default all)")
	f.Float64Var(&o.Speed, "speed", 1, "seconds that the server's simulated clock counts in one")
	return cmd
}

// parseDevice reads "telescope/0".
func parseDevice(s string) (conformance.DeviceRef, error) {
	kind, number, ok := strings.Cut(s, "/")
	n, err := strconv.Atoi(number)
	if !ok || err != nil || n < 0 || kind == "" {
		return conformance.DeviceRef{}, fmt.Errorf("device %q: write a type and a number, such as telescope/0", s)
	}
	return conformance.DeviceRef{Type: strings.ToLower(kind), Number: n}, nil
}
