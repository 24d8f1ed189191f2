// SPDX-License-Identifier: GPL-3.0-or-later

package harness

import (
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"

	"github.com/siderostep/siderostep/driver/waveform"
)

const document = "../../docs/hardware.md"

func readDocument(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Every example of the builder's page can be used as it stands: its keys
// exist, nothing conflicts, and invert_output is there where it must be.
func TestExamplesOfTheDocument(t *testing.T) {
	blocks := regexp.MustCompile("(?s)```toml\n(.*?)```").FindAllStringSubmatch(readDocument(t), -1)
	if len(blocks) < 5 {
		t.Fatalf("%d examples found", len(blocks))
	}
	for i, block := range blocks {
		file := struct {
			Hardware Config                        `toml:"hardware"`
			Motors   struct{ Z, A toml.Primitive } `toml:"motors"`
		}{Hardware: DefaultConfig()}
		meta, err := toml.Decode(block[1], &file)
		if err != nil {
			t.Errorf("example %d: %v", i+1, err)
			continue
		}
		m := Motors{Z: waveform.DefaultConfig(), A: waveform.DefaultConfig()}
		if meta.IsDefined("motors") {
			if err := meta.PrimitiveDecode(file.Motors.Z, &m.Z); err != nil {
				t.Error(err)
			}
			if err := meta.PrimitiveDecode(file.Motors.A, &m.A); err != nil {
				t.Error(err)
			}
		}
		if unknown := meta.Undecoded(); len(unknown) > 0 {
			t.Errorf("example %d: unknown keys %v", i+1, unknown)
		}
		if err := file.Hardware.Validate(); err != nil {
			t.Errorf("example %d: %v", i+1, err)
		}
		if err := file.Hardware.ValidateMotors(m); err != nil {
			t.Errorf("example %d: %v", i+1, err)
		}
		z, a := file.Hardware.NeedsExplicitInvert()
		if z && !meta.IsDefined("motors", "z", "invert_output") || a && !meta.IsDefined("motors", "a", "invert_output") {
			t.Errorf("example %d does not say invert_output", i+1)
		}
	}
}

// The header's table has every line and every pin of the header once, and the
// resistors as they are.
func TestHeaderOfTheDocument(t *testing.T) {
	_, section, _ := strings.Cut(readDocument(t), "## 3. Raspberry Pi header")
	section, _, _ = strings.Cut(section, "Keep away")
	pins, lines := map[int]bool{}, map[int]bool{}
	for _, row := range regexp.MustCompile(`\| (\d+) \| (\d+) \| (up|down) `).FindAllStringSubmatch(section, -1) {
		line, _ := strconv.Atoi(row[1])
		pin, _ := strconv.Atoi(row[2])
		if (line <= 8) != (row[3] == "up") {
			t.Errorf("GPIO %d is pulled %s", line, row[3])
		}
		pins[pin], lines[line] = true, true
	}
	for _, other := range []int{6, 9, 14, 20, 25, 30, 34, 39, 1, 17, 2, 4} { // ground and supplies
		pins[other] = true
	}
	if len(lines) != 28 || len(pins) != 40 {
		t.Errorf("%d lines on %d pins; want 28 lines, and 40 pins with ground and supplies", len(lines), len(pins))
	}
}

// The presets that the page describes are those it shows.
func TestPresetsOfTheDocument(t *testing.T) {
	text := readDocument(t)
	for _, name := range Presets() {
		if !strings.Contains(text, "`"+name+"`") {
			t.Errorf("%s is not mentioned", name)
		}
	}
}
