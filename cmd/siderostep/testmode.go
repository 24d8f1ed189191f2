// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/config"
	"github.com/siderostep/siderostep/driver/harness"
	"github.com/siderostep/siderostep/driver/process"
	"github.com/siderostep/siderostep/driver/record"
	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/internal/statefile"
	"github.com/siderostep/siderostep/internal/tryout"
)

func testCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "test",
		Short: "Try the wiring, one part at a time, before the telescope is driven by it",
		Long: "Try the wiring, one part at a time. Each test says first what to look for, and what to do when it is not seen.\n" +
			"It needs the state folder and the hardware for itself: stop siderostep run before.\n\n" +
			"A test that switches something on wants --yes; without, it says what it would do.\n" +
			"With --dry-run nothing is driven: what would be is recorded, and told in words.\n" +
			"Ctrl-C ends any of them, and switches everything off.",
		Args: cobra.NoArgs,
	}
	cmd.AddCommand(testOutputsCommand(), testTrackCommand(), testHandpadCommand(), testEncodersCommand(), testSerialCommand(), testFocusCommand())
	return cmd
}

// trial is one run of a test mode.
type trial struct {
	options
	yes    bool
	dryRun bool
	wiring string // of a dry run: one that others have built; "" for the configured one

	cfg     config.File
	held    *stateDir
	clock   clock.Clock
	console *tryout.Console
}

func newTrial() *trial { return &trial{options: defaultOptions(), clock: clock.Real{}} }

// stopSignals are those that would end, or stop, the program with something
// switched on: of a terminal that is closed, of a pipe that nobody reads, of
// Ctrl-Z.
func stopSignals() []os.Signal {
	return []os.Signal{
		os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT, syscall.SIGPIPE,
		syscall.SIGTSTP, syscall.SIGTTIN, syscall.SIGTTOU,
	}
}

// common gives a command the flags that all tests have.
func (t *trial) common(f *pflag.FlagSet) {
	f.StringVar(&t.config, "config", t.config, "configuration file (default "+settingsName+" in the state folder, if it exists)")
	f.StringVar(&t.state, "state", t.state, "folder in which the program keeps its state")
}

// harnessFlags gives it those of a test on the harness's lines.
func (t *trial) harnessFlags(f *pflag.FlagSet) {
	t.common(f)
	f.BoolVar(&t.dryRun, "dry-run", t.dryRun, "drive nothing: record what would be driven, and tell it in words")
	f.StringVar(&t.wiring, "wiring", t.wiring, "with --dry-run: a known wiring instead of the configured one: "+strings.Join(harness.Presets(), ", "))
}

func (t *trial) yesFlag(f *pflag.FlagSet) {
	f.BoolVar(&t.yes, "yes", t.yes, "really do it: motors may turn, and lines go on")
}

// run returns what a command does: read the configuration, take the state
// folder, and do the test, which any signal ends.
func (t *trial) run(do func(ctx context.Context) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, _ []string) error {
		ctx, restore := signal.NotifyContext(cmd.Context(), stopSignals()...)
		defer restore()
		shared := pflag.NewFlagSet("", pflag.ContinueOnError)
		for _, name := range []string{"config", "state"} { // not --yes
			shared.AddFlag(cmd.Flags().Lookup(name))
		}
		if err := fromEnvironment(shared); err != nil {
			return err
		}
		if err := t.validate(); err != nil {
			return err
		}
		var err error
		if t.cfg, err = t.load(); err != nil {
			return err
		}
		if t.held, err = openState(t.state, slog.New(slog.NewTextHandler(cmd.ErrOrStderr(), nil))); err != nil {
			return err
		}
		defer t.held.Close()
		t.console = tryout.NewConsole(ctx, cmd.InOrStdin(), cmd.OutOrStdout())
		t.out = cmd.OutOrStdout()
		return do(ctx)
	}
}

// say prints a line.
func (t *trial) say(text string) { fmt.Fprintln(t.out, text) }

// mayDrive reports whether something may be switched on, and says so if not.
func (t *trial) mayDrive() bool {
	if !t.yes && !t.dryRun {
		t.say("\nNothing was switched on. Add --yes to do it, or --dry-run to see the words that would be written.")
	}
	return t.yes || t.dryRun
}

// wires is the harness to be tried, and the recording of a dry run.
type wires struct {
	hardware harness.Config
	motors   harness.Motors
	list     []tryout.Wire
	folder   string // of the recording; "" for real lines
}

// harness returns the lines to be tried. Nothing is opened yet. It returns
// fault.Refused for real ones that are not enabled.
func (t *trial) harness() (w wires, err error) {
	w.hardware, w.motors = t.cfg.Hardware, t.cfg.Windings()
	switch {
	case t.wiring != "" && !t.dryRun:
		return w, fault.New(fault.Invalid, "test", "--wiring is for --dry-run; real lines are those of the configuration file")
	case t.wiring != "":
		if w.hardware, err = harness.Preset(t.wiring); err != nil {
			return w, err
		}
	case !w.hardware.Enabled && !t.dryRun:
		return w, fault.New(fault.Refused, "test", "hardware.enabled is false, so there are no real lines. Describe the wiring in section hardware of %s and set it to true, or try with --dry-run", t.settingsFile())
	}
	if t.dryRun {
		if w.hardware.Z.Drive == harness.None && w.hardware.A.Drive == harness.None {
			return w, fault.New(fault.Invalid, "test", "section hardware describes no wiring; take a known one with --wiring: %s", strings.Join(harness.Presets(), ", "))
		}
		if w.folder, err = os.MkdirTemp("", "siderostep-dry-run-"); err != nil {
			return w, err
		}
		if w.hardware, err = tryout.DryRun(w.hardware, filepath.Join(w.folder, "lines.rec")); err != nil {
			w.remove()
			return w, err
		}
	}
	if err = w.hardware.Validate(); err == nil {
		err = w.hardware.ValidateMotors(w.motors)
	}
	if err != nil {
		w.remove()
		return w, err
	}
	w.list = tryout.Wires(w.hardware, w.motors)
	return w, nil
}

// remove takes the recording away.
func (w *wires) remove() {
	if w.folder != "" {
		_ = os.RemoveAll(w.folder) // it is among the temporary files
	}
}

// tape returns what decodes the recording, once the lines are open; nil for
// real ones.
func (w *wires) tape() (*tryout.Tape, func(), error) {
	if w.folder == "" {
		return nil, func() {}, nil
	}
	p, err := record.Open(w.hardware.DryRun.File, 1)
	if err != nil {
		return nil, nil, err
	}
	return tryout.NewTape(w.list, p), func() { _ = p.Close() }, nil
}

// board opens the lines for f, and everything is off when it returns.
func (t *trial) board(ctx context.Context, w wires, moves bool, f func(b *tryout.Board, tape *tryout.Tape) error) (err error) {
	if err := t.alone(ctx, w, moves); err != nil {
		return err
	}
	b, err := tryout.OpenBoard(w.hardware, w.motors, tryout.Computer(w.hardware, t.clock), t.clock)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	tape, done, err := w.tape()
	if err != nil {
		return err
	}
	defer done()
	return f(b, tape)
}

// equipped opens the harness's drivers for f, and everything is off when it
// returns.
func (t *trial) equipped(ctx context.Context, w wires, moves bool, f func(h *harness.Harness, eq tryout.Equipment, tape *tryout.Tape) error) (err error) {
	if err := t.alone(ctx, w, moves); err != nil {
		return err
	}
	h, err := harness.Open(w.hardware, w.motors)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, h.Close()) }()
	tape, done, err := w.tape()
	if err != nil {
		return err
	}
	defer done()
	e := w.hardware.Executor
	eq := tryout.Equipment{
		PlannerTimeout: time.Duration(e.PlannerTimeout * float64(time.Second)),
		HoldAfterLoss:  time.Duration(e.HoldAfterLoss * float64(time.Second)),
		Off:            h.Off,
	}
	if h.HasKeepAlive() {
		eq.KeepAlive = h.KeepAlive
	}
	return f(h, eq, tape)
}

// alone sees to it that no executor of an earlier run has the lines. Before
// motors of the axes move, where they stand is noted to be no longer known.
func (t *trial) alone(ctx context.Context, w wires, moves bool) error {
	if w.folder != "" {
		return nil
	}
	memory := process.MemoryPath(t.held.path)
	if _, err := process.LastCounts(ctx, memory, t.clock); err != nil {
		return err
	}
	if !moves {
		return nil
	}
	if err := os.Remove(memory); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	saved, found, err := open[savedMount](t.held, mountName)
	if err != nil || !found || !saved.Mount.Trusted {
		return err
	}
	saved.Mount.Trusted = false
	t.say("The axes may move, so siderostep run will not trust where they stood: sync on a star afterwards.")
	return statefile.Save(t.held.file(mountName), saved)
}
