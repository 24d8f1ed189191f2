// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/siderostep/siderostep/config"
	"github.com/siderostep/siderostep/internal/statefile"
	"github.com/siderostep/siderostep/mount"
)

// analysisStars writes the script's stars.dat to a folder, and returns its
// path.
func analysisStars(t *testing.T, dir string) string {
	t.Helper()
	script, err := os.ReadFile("testdata/script/analysis.txt")
	if err != nil {
		t.Fatal(err)
	}
	_, stars, ok := strings.Cut(string(script), "-- stars.dat --\n")
	if !ok {
		t.Fatal("the script has no stars.dat")
	}
	path := filepath.Join(dir, "stars.dat")
	if err := os.WriteFile(path, []byte(stars), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// The stars in the state folder are analysed for the place and the mount that
// they were noted at, whatever the configuration says; the folder stays as it
// is.
func TestAnalysisOfKeptStars(t *testing.T) {
	dir := t.TempDir()
	dat := analysisStars(t, dir)
	cfg := config.Default().Config
	cfg.Site.LatitudeDeg = 48
	a, err := mount.Preset(cfg, time.Date(2026, 11, 5, 21, 0, 0, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	if a.Book, err = legacyBook(dat); err != nil {
		t.Fatal(err)
	}
	kept := filepath.Join(dir, alignmentName)
	if err := statefile.Save(kept, savedAlignment{driveOf(config.File{Config: cfg}), a}); err != nil {
		t.Fatal(err)
	}
	before, _ := os.ReadFile(kept)
	var out, stderr bytes.Buffer
	if status := execute(context.Background(), []string{"analysis", "compare", "--state", dir}, &out, &stderr); status != 0 {
		t.Fatalf("status %d: %s", status, &stderr)
	}
	if text := out.String(); !strings.Contains(text, "Judged by 23 of the stars; 1 left out") || !strings.Contains(text, "Recommended: automatic") {
		t.Errorf("compare:\n%s", text)
	}
	out.Reset()
	night := filepath.Join(dir, "night")
	if status := execute(context.Background(), []string{"analysis", "report", "--state", dir, "--out", night, "--format", "svg"}, &out, &stderr); status != 0 {
		t.Fatalf("status %d: %s", status, &stderr)
	}
	report, err := os.ReadFile(filepath.Join(night, "report.md"))
	if err != nil {
		t.Fatal(err)
	}
	// The configured step, 2.5″, is told with what it should be.
	for _, want := range []string{"latitude 48.0000°", "from 2.5 to 2.49"} {
		if !strings.Contains(string(report), want) {
			t.Errorf("the report does not say %q:\n%s", want, report)
		}
	}
	if after, _ := os.ReadFile(kept); !bytes.Equal(before, after) {
		t.Error("the state file was changed")
	}
}
