// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/siderostep/siderostep/config"
	"github.com/siderostep/siderostep/driver/celestron"
	"github.com/siderostep/siderostep/driver/executor"
	"github.com/siderostep/siderostep/driver/harness"
	"github.com/siderostep/siderostep/driver/serialline"
	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/focuser"
	"github.com/siderostep/siderostep/internal/tryout"
	"github.com/siderostep/siderostep/mount"
)

func testOutputsCommand() *cobra.Command {
	t := newTrial()
	light := tryout.LightOptions{Duty: 0.2, Each: time.Second}
	finder := tryout.DefaultFinder("")
	hold := tryout.HoldOptions{For: 30 * time.Second}
	var duty, each float64 = 20, 0
	var windings, inputs bool
	cmd := &cobra.Command{
		Use:   "outputs",
		Short: "Light the lines one by one, find the order of the windings, hold a line for a meter",
		Example: "  siderostep test outputs --dry-run --wiring bartels-pcb\n" +
			"  siderostep test outputs --motor z --yes\n" +
			"  siderostep test outputs --motor z --windings --yes\n" +
			"  siderostep test outputs --hold z.lines[0] --seconds 60 --yes\n" +
			"  siderostep test outputs --inputs",
		Args: cobra.NoArgs,
	}
	cmd.RunE = t.run(func(ctx context.Context) error {
		w, err := t.harness()
		if err != nil {
			return err
		}
		defer w.remove()
		if each > 0 {
			light.Each = time.Duration(each * float64(time.Second))
			hold.For = light.Each
		}
		light.Duty, finder.Duty = duty/100, duty/100
		light.Motor = finder.Motor
		switch {
		case inputs:
			return t.inputs(ctx, w, tryout.Inputs)
		case windings:
			return t.windings(ctx, w, finder)
		case hold.Line != "":
			plan, err := tryout.Hold(w.list, hold)
			return t.plan(ctx, w, plan, err)
		default:
			plan, err := tryout.Lights(w.list, light)
			return t.plan(ctx, w, plan, err)
		}
	})
	f := cmd.Flags()
	t.harnessFlags(f)
	t.yesFlag(f)
	f.StringVar(&finder.Motor, "motor", "", "only this motor: z, a, rotator, focuser or focuser2")
	f.StringVar(&light.Line, "line", "", "only this line: its number, or its key, as z.lines[0]")
	f.Float64Var(&duty, "duty", duty, "share of time in which windings are on, percent, 1 to 50")
	f.Float64Var(&each, "seconds", each, "seconds for each line (default 1), or for which --hold holds (default 30, at most 60)")
	f.BoolVar(&windings, "windings", false, "find the order of the four leads of --motor")
	f.IntVar(&finder.Cycles, "cycles", finder.Cycles, "with --windings: cycles of four full steps for each try")
	f.Float64Var(&finder.Rate, "rate", finder.Rate, "with --windings: half steps per second")
	f.StringVar(&hold.Line, "hold", "", "hold this line high, for a meter; all others are off")
	f.BoolVar(&hold.Low, "low", false, "with --hold: low instead")
	f.BoolVar(&inputs, "inputs", false, "show the levels of the input lines instead")
	cmd.MarkFlagsMutuallyExclusive("windings", "hold", "inputs", "line")
	return cmd
}

// plan tells a plan, and runs it if that may be.
func (t *trial) plan(ctx context.Context, w wires, p tryout.Plan, err error) error {
	if err != nil {
		return err
	}
	p.Tell(t.console)
	if !t.mayDrive() {
		return nil
	}
	return t.board(ctx, w, true, func(b *tryout.Board, tape *tryout.Tape) error { return p.Run(ctx, t.console, b, tape) })
}

func (t *trial) windings(ctx context.Context, w wires, o tryout.FinderOptions) error {
	o.Reverse = w.motors.Z.Reverse
	if o.Motor == "a" {
		o.Reverse = w.motors.A.Reverse
	}
	f, err := tryout.NewFinder(w.list, o)
	if err != nil {
		return err
	}
	f.Tell(t.console)
	if !t.mayDrive() {
		return nil
	}
	return t.board(ctx, w, true, func(b *tryout.Board, tape *tryout.Tape) error { return f.Find(ctx, t.console, b, tape) })
}

// inputs shows input lines by one of tryout's ways.
func (t *trial) inputs(ctx context.Context, w wires, show func(context.Context, *tryout.Console, *tryout.Board, tryout.InputOptions) error) error {
	return t.board(ctx, w, false, func(b *tryout.Board, _ *tryout.Tape) error {
		return show(ctx, t.console, b, tryout.InputOptions{Settle: 20 * time.Millisecond})
	})
}

func testHandpadCommand() *cobra.Command {
	t := newTrial()
	cmd := &cobra.Command{
		Use:   "handpad",
		Short: "Show the hand paddle's lines and keys as they change",
		Args:  cobra.NoArgs,
	}
	cmd.RunE = t.run(func(ctx context.Context) error {
		w, err := t.harness()
		if err != nil {
			return err
		}
		defer w.remove()
		return t.inputs(ctx, w, tryout.Paddle)
	})
	t.harnessFlags(cmd.Flags())
	return cmd
}

func testTrackCommand() *cobra.Command {
	t := newTrial()
	var z, a, accel float64
	var seconds float64 = 60
	cmd := &cobra.Command{
		Use:   "track",
		Short: "Turn the axes' motors at a constant rate, in either sense",
		Example: "  siderostep test track --z 1 --yes\n" +
			"  siderostep test track --a -1500 --accel 500 --seconds 20 --yes",
		Args: cobra.NoArgs,
	}
	cmd.RunE = t.run(func(ctx context.Context) error {
		w, err := t.harness()
		if err != nil {
			return err
		}
		defer w.remove()
		o := tryout.TrackOptions{For: time.Duration(seconds * float64(time.Second)), Axes: [2]tryout.TrackAxis{
			mount.AxisZ: trackAxis("z", z, accel, t.cfg.Mount.Z, t.cfg.Motors.Z, w.hardware.Z),
			mount.AxisA: trackAxis("a", a, accel, t.cfg.Mount.A, t.cfg.Motors.A, w.hardware.A),
		}}
		if err := tryout.CheckTrack(o); err != nil {
			return err
		}
		tryout.TellTrack(t.console, o)
		if !t.mayDrive() {
			return nil
		}
		return t.equipped(ctx, w, true, func(h *harness.Harness, eq tryout.Equipment, tape *tryout.Tape) error {
			g := h.Mount()
			eq.Axes, eq.Outputs = g.Axes, g.Outputs
			halfStepAbove(&eq.Axes[mount.AxisZ], t.cfg.Motors.Z, o.Axes[mount.AxisZ])
			halfStepAbove(&eq.Axes[mount.AxisA], t.cfg.Motors.A, o.Axes[mount.AxisA])
			return tryout.Track(ctx, t.console, eq, o, t.clock, tape)
		})
	})
	f := cmd.Flags()
	t.harnessFlags(f)
	t.yesFlag(f)
	f.Float64Var(&z, "z", 0, "rate of motor Z, azimuth or right ascension, microsteps per second; negative: counter-clockwise")
	f.Float64Var(&a, "a", 0, "rate of motor A, altitude or declination")
	f.Float64Var(&accel, "accel", 0, "acceleration of the ramps, microsteps per second² (default that of slews)")
	f.Float64Var(&seconds, "seconds", seconds, "seconds after which it stops; 0: not before Ctrl-C")
	return cmd
}

// trackAxis returns what the rate test is told of an axis.
func trackAxis(name string, rate, accel float64, a mount.Axis, m config.Motor, o harness.Output) tryout.TrackAxis {
	perDegree := 3600 / a.FullStepArcsec * float64(a.Microsteps)
	t := tryout.TrackAxis{Name: name, Rate: rate, Accel: accel, MaxRate: a.MaxRate * perDegree, PerDegree: perDegree}
	if accel == 0 {
		t.Accel = a.Accel * perDegree
	}
	if o.Drive == harness.Windings {
		t.Cycle = a.Microsteps * m.Windings
	}
	return t
}

// halfStepAbove tells an executor's axis from which rate on it makes half
// steps.
func halfStepAbove(to *executor.Axis, m config.Motor, a tryout.TrackAxis) {
	if to.Kind == executor.Windings {
		to.HalfStepAbove = m.HalfStepAbove * a.PerDegree
	}
}

func testFocusCommand() *cobra.Command {
	t := newTrial()
	second := false
	o := tryout.FocusOptions{Steps: 200}
	cmd := &cobra.Command{
		Use:   "focus",
		Short: "Move a focuser a little way out and in, and back",
		Args:  cobra.NoArgs,
	}
	cmd.RunE = t.run(func(ctx context.Context) error {
		c, name := t.cfg.Focuser, "focuser"
		if second {
			c, name = t.cfg.Focuser2, "focuser2"
		}
		if o.Rate == 0 {
			o.Rate = c.SlowRate
			if c.Motor == focuser.Relays {
				o.Rate = c.RelayRate
			}
		}
		o.Accel, o.Relay, o.Reverse = c.Accel, c.Motor == focuser.Relays, c.Reverse
		if err := tryout.CheckFocus(o); err != nil {
			return err
		}
		if o.Rate > c.TopRate() {
			return fault.New(fault.Invalid, "test focus", "rate %g steps/s: %s is made for %g at most", o.Rate, name, c.TopRate())
		}
		if c.Motor == focuser.Celestron {
			return t.focusServo(ctx, c, o)
		}
		return t.focusMotor(ctx, second, name, o)
	})
	f := cmd.Flags()
	t.harnessFlags(f)
	t.yesFlag(f)
	f.BoolVar(&second, "second", second, "the second focuser, of section focuser2")
	f.IntVar(&o.Steps, "steps", o.Steps, fmt.Sprintf("steps of each move, 1 to %d", tryout.MaxFocusSteps))
	f.Float64Var(&o.Rate, "rate", 0, "steps per second (default the configured slow rate); not of a Celestron Focus Motor")
	return cmd
}

// focusServo moves a Celestron Focus Motor.
func (t *trial) focusServo(ctx context.Context, c focuser.Config, o tryout.FocusOptions) error {
	if t.dryRun {
		return fault.New(fault.Unsupported, "test focus", "a Celestron Focus Motor has no dry run; try it on siderostep box celestron")
	}
	tryout.TellFocus(t.console, o)
	if !t.mayDrive() {
		return nil
	}
	open := serialline.Device(c.Port, celestron.Baud)
	motor := celestron.New(func() (celestron.Line, error) {
		rw, err := open()
		if err != nil {
			return nil, err
		}
		return serialline.Attach(rw, t.clock), nil
	}, t.clock)
	return tryout.FocusServo(ctx, t.console, motor, o, t.clock)
}

// focusMotor moves a motor of the harness.
func (t *trial) focusMotor(ctx context.Context, second bool, name string, o tryout.FocusOptions) error {
	w, err := t.harness()
	if err != nil {
		return err
	}
	defer w.remove()
	if _, err := tryout.OfMotor(w.list, name); err != nil {
		return err
	}
	tryout.TellFocus(t.console, o)
	if !t.mayDrive() {
		return nil
	}
	return t.equipped(ctx, w, false, func(h *harness.Harness, eq tryout.Equipment, tape *tryout.Tape) error {
		g, _ := h.Focuser()
		if second {
			g, _ = h.Focuser2()
		}
		eq.Axes, eq.Outputs = g.Axes, g.Outputs
		return tryout.Focus(ctx, t.console, eq, o, t.clock, tape)
	})
}
