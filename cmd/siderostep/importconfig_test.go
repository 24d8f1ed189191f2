// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/siderostep/siderostep/config"
	"github.com/siderostep/siderostep/focuser"
	"github.com/siderostep/siderostep/internal/statefile"
)

// importDat runs the command on a file and returns what it prints.
func importDat(t *testing.T, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	var out, report bytes.Buffer
	cmd := importConfigCommand()
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	cmd.SetArgs(args)
	cmd.SetOut(&out)
	cmd.SetErr(&report)
	err = cmd.ExecuteContext(t.Context())
	return out.String(), report.String(), err
}

const dat = "InvertOutput 0\nAltFullStepSizeArcsec 2.75\nAzFullStepSizeArcsec 2.71\nMs 12\nLatitudeDeg 44\nLongitudeDeg 123\n" +
	"AccumMs.A 471264\nAccumMs.Z 2869368\nFocusPosition 42\nStartInitState 3\nNonsense 1\n"

func TestImportConfig(t *testing.T) {
	dir := t.TempDir()
	from, to, state := filepath.Join(dir, "config.dat"), filepath.Join(dir, "ours.toml"), filepath.Join(dir, "state")
	if err := os.WriteFile(from, []byte(dat), 0o644); err != nil {
		t.Fatal(err)
	}
	report, _, err := importDat(t, from, "-o", to, "--state", state, "--geometry", "altaz")
	if err != nil {
		t.Fatalf("%v\n%s", err, report)
	}
	for _, want := range []string{"line 11: doubtful: Nonsense 1: an unknown name", "mount.json", "focuser.json", "alignment.json", "needs you: hardware.enabled"} {
		if !strings.Contains(report, want) {
			t.Errorf("the report lacks %q:\n%s", want, report)
		}
	}
	cfg, err := config.Load(to)
	if err != nil {
		t.Fatal(err)
	}
	if cfg.Mount.A.FullStepArcsec != 2.75 || cfg.Mount.Z.Microsteps != 12 || cfg.Hardware.Enabled {
		t.Errorf("%+v", cfg.Mount)
	}

	// What run would find in the folder.
	folder, err := openState(state, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer folder.Close()
	if m, err := folder.openMount(cfg); err != nil || m != nil {
		t.Errorf("a simulation finds %v, %v", m, err)
	}
	cfg.Hardware.Enabled = true
	m, err := folder.openMount(cfg)
	if err != nil || m == nil {
		t.Fatalf("%v, %v", m, err)
	}
	if m.Counts[0] != 2869368 || m.Counts[1] != 471264 || m.Trusted {
		t.Errorf("counts %v, trusted %v", m.Counts, m.Trusted)
	}
	if m.Alignment == nil || m.Alignment.Book.Start != "none" {
		t.Errorf("alignment %+v", m.Alignment)
	}
	f, found, err := statefile.Read[focuser.Saved](filepath.Join(state, "focuser.json"))
	if err != nil || !found || f.Position != 42 {
		t.Errorf("focuser %+v, %v", f, err)
	}
	folder.Close()

	if _, _, err := importDat(t, from, "-o", to); err == nil || !strings.Contains(err.Error(), "is not replaced") {
		t.Errorf("over a file that exists: %v", err)
	}
	if _, _, err := importDat(t, from, "--state", state); err == nil || !strings.Contains(err.Error(), "is not replaced") {
		t.Errorf("over a state that exists: %v", err)
	}
}

func TestImportConfigPrints(t *testing.T) {
	from := filepath.Join(t.TempDir(), "config.dat")
	if err := os.WriteFile(from, []byte("Ms 99\nStartingHandpadMode 12\n; a remark\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	out, report, err := importDat(t, from, "--numbering", "manual", "--all")
	if status, ok := errors.AsType[exitStatus](err); !ok || status != 1 {
		t.Errorf("with an error in it: %v", err)
	}
	if _, err := config.Parse("stdout", out); err != nil {
		t.Error(err)
	}
	for _, want := range []string{"line 1: error", "grand_tour", "line 3: comment"} {
		if !strings.Contains(report, want) {
			t.Errorf("the report lacks %q:\n%s", want, report)
		}
	}
	for _, args := range [][]string{{from, "--geometry", "gem"}, {from, "--numbering", "book"}, {from + ".none"}, {}} {
		if _, _, err := importDat(t, args...); err == nil {
			t.Errorf("%q is accepted", args)
		}
	}
}
