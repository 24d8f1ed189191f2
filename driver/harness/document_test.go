// SPDX-License-Identifier: GPL-3.0-or-later

package harness

import (
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
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
