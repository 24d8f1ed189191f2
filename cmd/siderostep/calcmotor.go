// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/siderostep/siderostep/driver/waveform"
	"github.com/siderostep/siderostep/fault"
)

func calcMotorCommand() *cobra.Command {
	var volts, amps, supply, wanted float64
	cmd := &cobra.Command{
		Use:   "motor",
		Short: "What current a motor bears from a supply, and for which share of the time its windings may be on",
		Long: "What current a motor bears from a supply, and for which share of the time its windings may be on.\n" +
			"It is for windings that nothing but their resistance limits: a supply of two to four times the rated voltage\n" +
			"makes a motor fast, and burns it when the windings stay on.",
		Example: "  siderostep calc motor --rated-volts 6 --rated-amps 1.2 --supply-volts 12",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			for _, v := range []struct {
				flag  string
				value float64
			}{{"rated-volts", volts}, {"rated-amps", amps}, {"supply-volts", supply}, {"amps", wanted}} {
				if !(v.value > 0) {
					return fault.New(fault.Invalid, "calc motor", "--%s is %v; it must be above 0", v.flag, v.value)
				}
			}
			ohms := volts / amps
			facts := []fact{
				{"resistance of a winding", fmt.Sprintf("%.3g ohm", ohms), "winding_ohms"},
				{"rated power", fmt.Sprintf("%.3g W", volts*amps), ""},
				{fmt.Sprintf("mean current from %g V", supply), fmt.Sprintf("%.3g A at most", waveform.RatedCurrent(volts, amps, supply)), ""},
				{"windings on", fmt.Sprintf("%.3g %% of the time at most", 100*waveform.RatedDuty(volts, supply)), "supply_volts and rated_volts see to it"},
				{"unlimited current", fmt.Sprintf("%.3g A", supply/ohms), "what half steps draw at rest: it is why holding is short"},
			}
			duty := fmt.Sprintf("%.3g %% of the time", 100*waveform.Duty(wanted, ohms, supply))
			if waveform.Duty(wanted, ohms, supply) > waveform.RatedDuty(volts, supply) {
				duty += ": too much for this motor"
			}
			facts = append(facts, fact{fmt.Sprintf("for %g A, as for tracking", wanted), duty, "current_amps"})
			if ohms <= 1 {
				facts = append(facts, fact{"such low windings", "need a current limiter", fmt.Sprintf("sense resistor %.2g ohm", 0.6/amps)})
			}
			return printFacts(cmd.OutOrStdout(), facts)
		},
	}
	f := cmd.Flags()
	f.Float64Var(&volts, "rated-volts", 0, "rated voltage of a winding")
	f.Float64Var(&amps, "rated-amps", 0, "rated current of a winding")
	f.Float64Var(&supply, "supply-volts", 12, "voltage of the supply")
	f.Float64Var(&wanted, "amps", 0.1, "mean current that is wanted")
	return cmd
}
