// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/sim/box"
)

func boxCommand() *cobra.Command {
	var o boxOptions
	o.counts = []int{8192, 8192}
	cmd := &cobra.Command{
		Use:   "box KIND",
		Short: "Run a simulated serial box on a pseudo-terminal, to try without hardware",
		Long: "Run a simulated serial box on a pseudo-terminal until interrupted, and print the path under which it is found.\n" +
			"Kinds: " + strings.Join(box.Kinds(), ", ") + ".\n" +
			"Its encoders stand still unless --z or --a turn them.",
		Example: "  siderostep box " + box.Kinds()[1] + " --z 0.5\n" +
			"  siderostep test encoders --protocol " + box.BSeg + " --device PATH",
		Args:      cobra.ExactArgs(1),
		ValidArgs: box.Kinds(),
		RunE: func(cmd *cobra.Command, args []string) error {
			b, err := o.build(args[0], clock.Real{})
			if err != nil {
				return err
			}
			path, done, err := box.NewLine(b, clock.Real{}, &box.Faults{Seed: o.seed, Garbage: o.garbage, Lost: o.lost}).Serve(cmd.Context(), o.link)
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "box %s %s\n", args[0], path)
			return <-done
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.link, "link", "", "path under which the box is to be found (default one in a folder of its own)")
	f.IntSliceVar(&o.counts, "counts", o.counts, "counts per turn of the encoders of azimuth and altitude")
	f.Float64Var(&o.rates[0], "z", 0, "degrees per second by which azimuth turns")
	f.Float64Var(&o.rates[1], "a", 0, "degrees per second by which altitude turns")
	f.BoolVar(&o.noise, "noise", false, "counts go to and fro by one")
	f.Float64Var(&o.garbage, "garbage", 0, "share of bytes that arrive as others, 0 to 1")
	f.Float64Var(&o.lost, "lost", 0, "share of bytes that are lost, 0 to 1")
	f.Uint64Var(&o.seed, "seed", 1, "seed of chance")
	return cmd
}

// boxOptions are what a simulated box is made with.
type boxOptions struct {
	link          string
	counts        []int
	rates         [2]float64 // degrees per second
	noise         bool
	garbage, lost float64
	seed          uint64
}

// build returns a box whose axes turn from now on.
func (o *boxOptions) build(kind string, c clock.Clock) (box.Box, error) {
	if len(o.counts) != 2 {
		return nil, fault.New(fault.Invalid, "box", "--counts takes two numbers, of azimuth and altitude: --counts 8192,8192")
	}
	for _, share := range []float64{o.garbage, o.lost} {
		if !(share >= 0 && share <= 1) {
			return nil, fault.New(fault.Invalid, "box", "a share of %g: accepted are 0 to 1", share)
		}
	}
	begin := c.Now()
	axes := func() (az, alt model.Angle) {
		t := c.Now().Sub(begin).Seconds()
		return model.Degrees(o.rates[0] * t), model.Degrees(o.rates[1] * t)
	}
	return box.New(kind, box.Options{Axes: axes, Counts: [2]int(o.counts), Noise: o.noise, Seed: o.seed})
}
