// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/workshop"
)

func calcCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "calc",
		Short: "Work out a drive, its gears, its motors, a focuser, or the turning of the field",
		Long:  "Work out a drive before it is built: step sizes and speeds, what errors of gears mean on the sky, the current of motors, the turning of the field.",
		Args:  cobra.NoArgs,
	}
	cmd.AddCommand(calcDriveCommand(), calcFocuserCommand(), calcGearCommand(), calcMotorCommand(), calcRotationCommand())
	return cmd
}

// fact is one line of an answer.
type fact struct {
	name   string
	value  string
	remark string
}

func printFacts(w io.Writer, facts []fact) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, f := range facts {
		if f.remark == "" {
			fmt.Fprintf(t, "%s\t%s\n", f.name, f.value)
		} else {
			fmt.Fprintf(t, "%s\t%s\t%s\n", f.name, f.value, f.remark)
		}
	}
	return t.Flush()
}

func calcDriveCommand() *cobra.Command {
	d := workshop.Drive{StepsPerTurn: 200, Microsteps: 10}
	var want, halfSteps, slew, pwmHz, perPeriod, bearing, shaft float64
	cmd := &cobra.Command{
		Use:   "drive",
		Short: "Step sizes, speeds and the reduction wanted",
		Example: "  siderostep calc drive --reduction 4308\n" +
			"  siderostep calc drive --microstep-arcsec 0.25 --bearing 600 --shaft 12",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var facts []fact
			switch {
			case (d.Reduction == 0) == (want == 0):
				return fault.New(fault.Invalid, "calc drive", "give either --reduction or --microstep-arcsec, the microstep wanted")
			case want != 0:
				d.Reduction = workshop.Reduction(d.StepsPerTurn, d.Microsteps, model.Arcsec(want))
				facts = append(facts, fact{"reduction wanted", fmt.Sprintf("%.1f", d.Reduction), ""})
			}
			if err := d.Validate(); err != nil {
				return err
			}
			if bearing > 0 && shaft > 0 {
				facts = append(facts, fact{"reducer before the shaft", fmt.Sprintf("%.1f", workshop.Reducer(d.Reduction, bearing, shaft)), "13 to 500 is usual"})
			}
			facts = append(facts,
				fact{"full step", fmt.Sprintf("%.6g arcsec", d.FullStep().Arcsec()), "full_step_arcsec"},
				fact{"microstep", fmt.Sprintf("%.4g arcsec", d.Microstep().Arcsec()), "1/4 to 1/2 arcsec is usual"},
				fact{fmt.Sprintf("slew at %.0f half steps/s", halfSteps), fmt.Sprintf("%.3g deg/s", d.Slew(halfSteps).DegreesPerSecond()), "5000 is usual, 8000 was reached"},
				fact{fmt.Sprintf("half steps for %.3g deg/s", slew), fmt.Sprintf("%.0f per s", d.HalfSteps(model.DegreesPerSecond(slew))), ""},
				fact{"fastest microstepping", fmt.Sprintf("%.3g deg/s", d.Microstepping(pwmHz, perPeriod).DegreesPerSecond()), fmt.Sprintf("%.0f periods/s of %.0f microsteps", pwmHz, perPeriod)})
			return printFacts(cmd.OutOrStdout(), facts)
		},
	}
	f := cmd.Flags()
	f.Float64Var(&d.StepsPerTurn, "steps", d.StepsPerTurn, "full steps in one turn of the motor")
	f.IntVar(&d.Microsteps, "microsteps", d.Microsteps, "microsteps in a full step")
	f.Float64Var(&d.Reduction, "reduction", 0, "turns of the motor in one turn of the axis, all stages multiplied")
	f.Float64Var(&want, "microstep-arcsec", 0, "motion of the axis by one microstep that is wanted")
	f.Float64Var(&bearing, "bearing", 0, "diameter of the bearing that the last shaft or roller drives")
	f.Float64Var(&shaft, "shaft", 0, "diameter of that shaft or roller")
	f.Float64Var(&halfSteps, "half-steps", 5000, "half steps per second of a slew")
	f.Float64Var(&slew, "slew", 1, "speed of a slew, degrees per second")
	f.Float64Var(&pwmHz, "pwm-hz", 1000, "periods of pulse-width modulation in a second")
	f.Float64Var(&perPeriod, "microsteps-per-period", 5, "microsteps in one such period, at most")
	return cmd
}

func calcGearCommand() *cobra.Command {
	var errorArcsec, after, teeth, diameter, threads, radius, distance float64
	cmd := &cobra.Command{
		Use:   "gear",
		Short: "Errors on the sky, periods of worms, teeth of cast wheels, tapers of rollers",
		Example: "  siderostep calc gear --error-arcsec 40 --after 12\n" +
			"  siderostep calc gear --teeth 359\n" +
			"  siderostep calc gear --diameter 21 --threads 18\n" +
			"  siderostep calc gear --roller-radius 1 --from-axis 11.5",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var facts []fact
			if errorArcsec > 0 && after > 0 {
				facts = append(facts, fact{"error on the sky", fmt.Sprintf("%.3g arcsec", workshop.AtSky(model.Arcsec(errorArcsec), after).Arcsec()), ""})
			}
			if teeth > 0 {
				facts = append(facts, fact{"period of the worm", fmt.Sprintf("%.1f s", workshop.WormPeriod(teeth).Seconds()), "at the sidereal rate"})
			}
			if diameter > 0 && threads > 0 {
				facts = append(facts, fact{"teeth", fmt.Sprintf("%.0f", workshop.CastTeeth(diameter, threads)), "count them: the rod sinks in"})
			}
			if radius > 0 && distance > 0 {
				taper, err := workshop.RollerTaper(radius, distance)
				if err != nil {
					return err
				}
				facts = append(facts, fact{"taper of the roller", fmt.Sprintf("%.3f deg", taper.Degrees()), "also the tilt of its shaft"})
			}
			if len(facts) == 0 {
				return fault.New(fault.Invalid, "calc gear", "give at least one of --error-arcsec with --after, --teeth, --diameter with --threads, --roller-radius with --from-axis")
			}
			return printFacts(cmd.OutOrStdout(), facts)
		},
	}
	f := cmd.Flags()
	f.Float64Var(&errorArcsec, "error-arcsec", 0, "error of a gear")
	f.Float64Var(&after, "after", 0, "reduction between that gear and the axis")
	f.Float64Var(&teeth, "teeth", 0, "teeth of the worm wheel on the axis, times the reductions after it")
	f.Float64Var(&diameter, "diameter", 0, "diameter of a wheel cast or pressed on a threaded rod")
	f.Float64Var(&threads, "threads", 0, "threads of the rod in one unit of that length")
	f.Float64Var(&radius, "roller-radius", 0, "radius of a conical roller at its outer end")
	f.Float64Var(&distance, "from-axis", 0, "distance of that end from the azimuth axis")
	return cmd
}

func calcRotationCommand() *cobra.Command {
	var lat, az, alt, distance, blur float64
	cmd := &cobra.Command{
		Use:     "rotation",
		Short:   "How fast the field of an alt-azimuth mount turns, and the longest exposure",
		Example: "  siderostep calc rotation --latitude 44 --azimuth 180 --altitude 60 --distance 1000 --blur 1",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if lat < -90 || lat > 90 {
				return fault.New(fault.Invalid, "calc rotation", "latitude %v; accepted is -90 to 90", lat)
			}
			if !(distance > 0) || !(blur > 0) {
				return fault.New(fault.Invalid, "calc rotation", "--distance and --blur must be above 0")
			}
			rate, err := workshop.FieldRotation(model.Horizontal{Az: model.Degrees(az), Alt: model.Degrees(alt)}, model.Degrees(lat))
			if err != nil {
				return err
			}
			longest := "without limit"
			if d := workshop.LongestExposure(rate, distance, blur); d < 24*time.Hour {
				longest = d.Round(100 * time.Millisecond).String()
			}
			return printFacts(cmd.OutOrStdout(), []fact{
				{"field rotation", fmt.Sprintf("%.4f deg/min", rate.DegreesPerSecond()*60), "north through east positive"},
				{"longest exposure", longest, fmt.Sprintf("until a star %g from the guide star has moved by %g", distance, blur)},
			})
		},
	}
	f := cmd.Flags()
	f.Float64Var(&lat, "latitude", 44, "latitude of the place, degrees")
	f.Float64Var(&az, "azimuth", 180, "azimuth of the object, degrees")
	f.Float64Var(&alt, "altitude", 45, "altitude of the object, degrees")
	f.Float64Var(&distance, "distance", 1000, "distance of the worst star from the guide star, such as pixels")
	f.Float64Var(&blur, "blur", 1, "how far it may move, in the same unit")
	return cmd
}
