// SPDX-License-Identifier: GPL-3.0-or-later

package config

import (
	"os"
	"regexp"
	"testing"
)

// The builder's page is copied from: each of its examples is a configuration
// without problems.
func TestExamplesOfTheBuildersPage(t *testing.T) {
	page, err := os.ReadFile("../docs/hardware.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```toml\n(.*?)```").FindAllStringSubmatch(string(page), -1)
	if len(blocks) < 5 {
		t.Fatalf("%d examples found", len(blocks))
	}
	for i, block := range blocks {
		if _, err := Parse("example", block[1]); err != nil {
			t.Errorf("example %d: %v\n%s", i+1, err, block[1])
		}
	}
}
