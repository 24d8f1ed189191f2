// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"github.com/siderostep/siderostep/config"
	"github.com/siderostep/siderostep/driver/harness"
	"github.com/siderostep/siderostep/driver/process"
	"github.com/siderostep/siderostep/driver/record"
	"github.com/siderostep/siderostep/internal/statefile"
	"github.com/siderostep/siderostep/mount"
)

// try runs a command with its arguments and input, and returns what it prints.
func try(t *testing.T, cmd *cobra.Command, in io.Reader, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	cmd.SetArgs(args)
	cmd.SetIn(in)
	cmd.SetOut(&out)
	cmd.SetErr(io.Discard)
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	err := cmd.ExecuteContext(t.Context())
	return out.String(), err
}

// realLines writes a configuration whose motors are on a recorded port, which
// is as real as any to the program, and returns its file and that of the
// recording.
func realLines(t *testing.T, dir string) (settings, recording string) {
	t.Helper()
	recording = filepath.Join(dir, "lines.rec")
	text := `
[hardware]
enabled = true
dry_run.file = "` + recording + `"
keep_alive = { port = "dry_run", line = 8 }
z = { drive = "windings", port = "dry_run", lines = [4, 5, 6, 7] }
a = { drive = "windings", port = "dry_run", lines = [0, 1, 2, 3] }
focuser = { drive = "relay", port = "dry_run", lines = [9, 10] }
[motors.z]
invert_output = true
[motors.a]
invert_output = true
[focuser]
enabled = true
motor = "relay"
`
	settings = filepath.Join(dir, settingsName)
	if err := os.WriteFile(settings, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := config.Load(settings); err != nil {
		t.Fatal(err)
	}
	return settings, recording
}

// levels returns what stands on a recorded port's lines, and how many writes
// made it so.
func levels(t *testing.T, file string) (word uint32, writes uint64) {
	t.Helper()
	p, err := record.Open(file, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	return p.Levels(), p.Written()
}

// Without hardware there is nothing to try but a dry run.
func TestTestModesRefuseWithoutHardware(t *testing.T) {
	for _, args := range [][]string{{"outputs"}, {"outputs", "--inputs"}, {"outputs", "--yes"}, {"track", "--z", "1", "--yes"}, {"handpad"}, {"focus", "--yes"}} {
		_, err := try(t, testCommand(), strings.NewReader(""), append(args, "--state", t.TempDir())...)
		if err == nil || !strings.Contains(err.Error(), "hardware.enabled is false") {
			t.Errorf("%v: error %v", args, err)
		}
	}
}

// Without --yes nothing is opened, and what would be is told.
func TestTestModesWantYes(t *testing.T) {
	for _, args := range [][]string{
		{"outputs"},
		{"outputs", "--motor", "z", "--windings"},
		{"outputs", "--hold", "a.lines[0]"},
		{"track", "--a", "-5"},
		{"focus"},
	} {
		dir := t.TempDir()
		_, recording := realLines(t, dir)
		out, err := try(t, testCommand(), strings.NewReader(""), append(args, "--state", dir)...)
		if err != nil || !strings.Contains(out, "What to look for") || !strings.Contains(out, "Nothing was switched on. Add --yes") {
			t.Errorf("%v: %v\n%s", args, err, out)
		}
		if _, err := os.Stat(recording); err == nil {
			t.Errorf("%v: a port was opened", args)
		}
	}
}

// With it, it is done, and everything is off at the end: windings high, as
// they are inverted, all else low.
func TestTestModesDoIt(t *testing.T) {
	const off = 0xFF
	for _, tt := range []struct {
		args []string
		says string
	}{
		{[]string{"outputs", "--motor", "z", "--seconds", "0.1"}, "z winding c and d"},
		{[]string{"outputs", "--hold", "z.lines[1]", "--low", "--seconds", "0.1"}, "z winding b (line 5) is held low"},
		{[]string{"track", "--z", "-20", "--seconds", "0.5"}, "count -"},
		{[]string{"focus", "--steps", "5"}, "Back where it began"},
	} {
		t.Run(tt.args[0]+" "+tt.args[1], func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			_, recording := realLines(t, dir)
			out, err := try(t, testCommand(), strings.NewReader(""), append(tt.args, "--yes", "--state", dir)...)
			if err != nil || !strings.Contains(out, tt.says) || !strings.Contains(out, "verything is off.") {
				t.Errorf("%v\n%s", err, out)
			}
			if word, writes := levels(t, recording); word != off || writes < 4 {
				t.Errorf("levels %X after %d writes, want %X", word, writes, off)
			}
		})
	}
}

// The order of the windings is asked for, and printed.
func TestTestOutputsWindings(t *testing.T) {
	out, err := try(t, testCommand(), strings.NewReader("reversed\n"), "outputs", "--dry-run", "--wiring", "pi-transistors", "--motor", "a", "--windings", "--cycles", "2", "--rate", "100", "--state", t.TempDir())
	if err != nil || !strings.Contains(out, "[hardware.a]\nlines = [16, 17, 18, 19]\n\n[motors.a]\nreverse = true\n") {
		t.Errorf("%v\n%s", err, out)
	}
	if !strings.Contains(out, "recorded: ") || !strings.Contains(out, "a winding d") {
		t.Errorf("no decoded words in\n%s", out)
	}
}

// A run of siderostep with the same state folder keeps every test out.
func TestTestModesWantTheFolder(t *testing.T) {
	dir := t.TempDir()
	realLines(t, dir)
	held, err := openState(dir, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	for _, args := range [][]string{{"outputs", "--yes"}, {"track", "--z", "1", "--yes"}, {"handpad"}, {"encoders"}, {"focus", "--yes"}} {
		_, err := try(t, testCommand(), strings.NewReader(""), append(args, "--state", dir)...)
		if err == nil || !strings.Contains(err.Error(), "in use by another siderostep") {
			t.Errorf("%v: error %v", args, err)
		}
	}
}

// After motors may have turned, what was known of where they stand is not
// trusted any more; after a dry run it is.
func TestTestModesDistrustThePlace(t *testing.T) {
	dir := t.TempDir()
	realLines(t, dir)
	save := func() {
		if err := statefile.Save(filepath.Join(dir, mountName), savedMount{Mount: mount.Saved{Trusted: true}}); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(process.MemoryPath(dir), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { os.Remove(process.MemoryPath(dir)) })
	}
	trusted := func() bool {
		v, err := read[savedMount](dir, mountName)
		if err != nil || v == nil {
			t.Fatalf("%v, %v", v, err)
		}
		return v.Mount.Trusted
	}
	for _, args := range [][]string{{"--dry-run"}, {}} {
		save()
		if _, err := try(t, testCommand(), strings.NewReader(""), append(args, "track", "--z", "1", "--state", dir)[len(args):]...); err != nil || !trusted() {
			t.Errorf("without --yes: %v, trusted %v", err, trusted())
		}
	}
	if _, err := try(t, testCommand(), strings.NewReader(""), "track", "--z", "1", "--seconds", "0.1", "--dry-run", "--state", dir); err != nil || !trusted() {
		t.Errorf("after a dry run: %v, trusted %v", err, trusted())
	}
	out, err := try(t, testCommand(), strings.NewReader(""), "track", "--z", "1", "--seconds", "0.1", "--yes", "--state", dir)
	if err != nil || trusted() || !strings.Contains(out, "will not trust where they stood") {
		t.Errorf("%v, trusted %v\n%s", err, trusted(), out)
	}
	if _, err := os.Stat(process.MemoryPath(dir)); err == nil {
		t.Error("the executor's memory still has the old counts")
	}
}

// --yes is not to be had from the environment, where it would be forgotten.
func TestYesIsNotFromTheEnvironment(t *testing.T) {
	dir := t.TempDir()
	realLines(t, dir)
	t.Setenv("SIDEROSTEP_YES", "true")
	t.Setenv("SIDEROSTEP_STATE", dir)
	out, err := try(t, testCommand(), strings.NewReader(""), "outputs", "--motor", "z")
	if err != nil || !strings.Contains(out, "Nothing was switched on") {
		t.Errorf("%v\n%s", err, out)
	}
}

// What cannot be meant is told before anything happens.
func TestTestModesRefuseNonsense(t *testing.T) {
	for _, tt := range []struct {
		args []string
		want string
	}{
		{[]string{"outputs", "--duty", "100", "--yes"}, "accepted are 1 to 50"},
		{[]string{"outputs", "--motor", "q", "--yes"}, `motor "q" has no lines`},
		{[]string{"outputs", "--hold", "99", "--yes"}, `no output line is "99"; there are z.lines[0] (line 4)`},
		{[]string{"outputs", "--hold", "0", "--seconds", "61", "--yes"}, "1m0s"},
		{[]string{"outputs", "--windings", "--yes"}, "--motor z or --motor a"},
		{[]string{"outputs", "--wiring", "bartels-pcb"}, "--wiring is for --dry-run"},
		{[]string{"outputs", "--wiring", "mine", "--dry-run"}, "bartels-pcb"},
		{[]string{"outputs", "--dry-run", "--config", "/dev/null"}, "take a known one with --wiring"},
		{[]string{"track", "--yes"}, "both rates are 0"},
		{[]string{"track", "--z", "1e9", "--yes"}, "max_rate_deg_per_s allows"},
		{[]string{"focus", "--second", "--yes"}, `"focuser2" has no lines`},
		{[]string{"handpad"}, "hardware.inputs.paddle is empty"},
		{[]string{"encoders"}, "--protocol"},
		{[]string{"encoders", "--protocol", "bseg", "--device", "/dev/x", "--counts", "1"}, "two numbers"},
	} {
		dir := t.TempDir()
		realLines(t, dir)
		if out, err := try(t, testCommand(), strings.NewReader(""), append(tt.args, "--state", dir)...); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%v: error %v, want one with %q\n%s", tt.args, err, tt.want, out)
		}
	}
	if _, err := try(t, testCommand(), strings.NewReader(""), "serial", "/dev/null", "--baud", "1234"); err == nil || !strings.Contains(err.Error(), "--baud") {
		t.Errorf("error %v", err)
	}
}

// Each known wiring can be tried dry.
func TestDryRunOfEveryWiring(t *testing.T) {
	for _, name := range harness.Presets() {
		if name == "five-phase" {
			continue // its motors have five windings, those of the default four
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out, err := try(t, testCommand(), strings.NewReader(""), "outputs", "--dry-run", "--wiring", name, "--line", "a.lines[0]", "--seconds", "0.1", "--state", t.TempDir())
			if err != nil || !strings.Contains(out, "recorded: ") {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

// said hands on the first line that is printed.
type said struct {
	once sync.Once
	line chan string
}

func (s *said) Write(b []byte) (int, error) {
	s.once.Do(func() { s.line <- string(b) })
	return len(b), nil
}

// A box on the bench answers the test of the encoders.
func TestBoxAnswersTheEncoderTest(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	cmd, first := boxCommand(), &said{line: make(chan string, 1)}
	link := filepath.Join(t.TempDir(), "box")
	cmd.SetArgs([]string{"encoder:reset_via_r", "--link", link, "--counts", "8000,4000"})
	cmd.SetOut(first)
	done := make(chan error, 1)
	go func() { done <- cmd.ExecuteContext(ctx) }()
	if line := <-first.line; line != "box encoder:reset_via_r "+link+"\n" {
		t.Errorf("printed %q", line)
	}
	out, err := try(t, testCommand(), strings.NewReader(""),
		"encoders", "--protocol", "reset_via_r", "--device", link, "--counts", "8000,4000", "--seconds", "0.01", "--state", t.TempDir())
	if err != nil || !strings.Contains(out, "z raw ") && !strings.Contains(out, "no reply") {
		t.Errorf("%v\n%s", err, out)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	for _, args := range [][]string{{"toaster"}, {"celestron", "--counts", "1"}, {"celestron", "--lost", "2"}} {
		if _, err := try(t, boxCommand(), strings.NewReader(""), args...); err == nil {
			t.Errorf("%v: no error", args)
		}
	}
}

// A signal of any kind that ends a program leaves everything off.
func TestSignalsLeaveEverythingOff(t *testing.T) {
	for _, s := range []os.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT, syscall.SIGPIPE, syscall.SIGTSTP} {
		if !slices.Contains(stopSignals(), s) {
			t.Errorf("%v would end, or stop, the program with something on", s)
			continue
		}
		dir := t.TempDir()
		_, recording := realLines(t, dir)
		lit := make(chan struct{})
		go func() {
			// Lit: at its level for on, low, in the recording.
			defer close(lit)
			for t.Context().Err() == nil {
				if _, err := os.Stat(recording); err == nil {
					if word, writes := levels(t, recording); writes > 2 && word != 0xFF {
						break
					}
				}
				time.Sleep(time.Millisecond)
			}
			p, _ := os.FindProcess(os.Getpid())
			if err := p.Signal(s); err != nil {
				t.Error(err)
			}
		}()
		out, err := try(t, testCommand(), strings.NewReader(""), "outputs", "--hold", "z.lines[0]", "--low", "--seconds", "60", "--yes", "--state", dir)
		<-lit
		if err != nil || !strings.Contains(out, "Stopped.\nEverything is off.") {
			t.Errorf("%v: %v\n%s", s, err, out)
		}
		if word, _ := levels(t, recording); word != 0xFF {
			t.Errorf("%v: levels %X", s, word)
		}
	}
}
