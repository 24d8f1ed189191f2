// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model/focus"
)

func calcFocuserCommand() *cobra.Command {
	var f focusing
	cmd := &cobra.Command{
		Use:   "focuser",
		Short: "What a focuser's step is worth, and by how many steps autofocus should move",
		Long: "What a focuser's step is worth: focus (P1), put a spacer of known thickness in, focus again (P2).\n" +
			"By how many steps autofocus should move: from the positions of best focus and of a star three to five times as\n" +
			"large, or from several positions with the sizes (HFR) that a star has there. The telescope keeps such\n" +
			"measurements itself by its Actions Focus:StepSize and Focus:Increment.",
		Example: "  siderostep calc focuser --p1 20000 --p2 22500 --spacer-mm 5\n" +
			"  siderostep calc focuser --tried 200 --times 1.5\n" +
			"  siderostep calc focuser --p1 20000 --p2 20800 --points 9\n" +
			"  siderostep calc focuser --points 9 --hfr 19600=6.1,19800=3.4,20000=1.9,20200=3.2,20400=6.0",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			facts, err := f.facts()
			if err != nil {
				return err
			}
			return printFacts(cmd.OutOrStdout(), facts)
		},
	}
	flags := cmd.Flags()
	flags.IntVar(&f.p1, "p1", 0, "position of best focus")
	flags.IntVar(&f.p2, "p2", 0, "position of best focus with the spacer, or where a star is three to five times as large")
	flags.Float64Var(&f.spacerMM, "spacer-mm", 0, "thickness of the spacer, millimetres")
	flags.IntVar(&f.points, "points", 0, "points of an autofocus run, an odd number")
	flags.StringVar(&f.sizes, "hfr", "", "positions and the half flux radius of a star there: POSITION=HFR,...")
	flags.IntVar(&f.tried, "tried", 0, "increment that an autofocus run was made with")
	flags.Float64Var(&f.times, "times", 0, "how many times as large as the best the outermost star was, at P2 or in that run")
	flags.Float64Var(&f.ratio, "focal-ratio", 0, "focal ratio, for the critical focus zone")
	flags.Float64Var(&f.wavelength, "wavelength-nm", 550, "wavelength of the light, nanometres")
	return cmd
}

// focusing is what was measured.
type focusing struct {
	p1, p2, points    int
	spacerMM          float64
	sizes             string
	ratio, wavelength float64

	tried int
	times float64
}

// facts returns all that can be said of what was measured.
func (f focusing) facts() (facts []fact, err error) {
	add := func(name, value, remark string) { facts = append(facts, fact{name, value, remark}) }
	if f.ratio > 0 {
		zone, err := focus.CriticalZone(f.wavelength, f.ratio)
		if err != nil {
			return nil, err
		}
		add("critical focus zone", fmt.Sprintf("%.1f µm", zone), "")
	}
	switch {
	case f.spacerMM != 0:
		size, err := focus.StepSize([]focus.Spacer{{P1: f.p1, P2: f.p2, SpacerMM: f.spacerMM}})
		if err != nil {
			return nil, err
		}
		add("one step", fmt.Sprintf("%.4g µm", size.Mean), "focuser.step_um")
	case f.sizes != "":
		return f.ofSizes(facts)
	case f.points != 0:
		n, err := focus.Increment(f.p1, f.p2, f.points)
		if err != nil {
			return nil, err
		}
		remark := fmt.Sprintf("%d points", f.points)
		if f.times != 0 {
			advice, err := focus.SpanAdvice(1, f.times)
			if err != nil {
				return nil, err
			}
			if advice != "" {
				remark += "; " + advice
			}
		}
		add("autofocus increment", fmt.Sprintf("%d steps", n), remark)
	case f.tried != 0:
		n, err := focus.NextIncrement(f.tried, f.times)
		if err != nil {
			return nil, err
		}
		add("next autofocus increment", fmt.Sprintf("%d steps", n), "")
	}
	if len(facts) == 0 {
		return nil, fault.New(fault.Invalid, "calc focuser", "give --p1 and --p2 with --spacer-mm or --points, or --hfr, or --focal-ratio; blind, begin with an increment of %d steps and double or halve it", focus.BlindIncrement)
	}
	return facts, nil
}

func (f focusing) ofSizes(facts []fact) ([]fact, error) {
	var points []focus.Point
	for pair := range strings.SplitSeq(f.sizes, ",") {
		at, size, ok := strings.Cut(pair, "=")
		position, err := strconv.Atoi(strings.TrimSpace(at))
		hfr, err2 := strconv.ParseFloat(strings.TrimSpace(size), 64)
		if !ok || err != nil || err2 != nil {
			return nil, fault.New(fault.Invalid, "calc focuser", "%q in --hfr; accepted is POSITION=HFR, as 20000=1.9", pair)
		}
		points = append(points, focus.Point{Position: position, HFR: hfr})
	}
	curve, err := focus.Fit(points)
	if err != nil {
		return nil, err
	}
	facts = append(facts,
		fact{"best focus", fmt.Sprintf("%.0f", curve.Best), fmt.Sprintf("HFR %.2f, by a %s", curve.HFR1, curve.Shape)},
		fact{"three times as large", fmt.Sprintf("%.0f steps from there", curve.Span(focus.LeastSpan)), ""},
		fact{"five times as large", fmt.Sprintf("%.0f steps from there", curve.Span(focus.MostSpan)), ""})
	if f.points == 0 {
		return facts, nil
	}
	n, err := focus.Findings{Points: points}.Increment(4, f.points)
	if err != nil {
		return nil, err
	}
	return append(facts, fact{"autofocus increment", fmt.Sprintf("%d steps", n), fmt.Sprintf("%d points, to four times as large", f.points)}), nil
}
