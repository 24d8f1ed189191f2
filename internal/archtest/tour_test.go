// SPDX-License-Identifier: GPL-3.0-or-later

package archtest

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// quoted finds what a page sets in code type.
var quoted = regexp.MustCompile("`([^`]+)`")

// TestTourIsTrue reads docs/tour.md: every file that it names exists, and
// holds the functions named behind it.
func TestTourIsTrue(t *testing.T) {
	page, err := os.ReadFile("../../docs/tour.md")
	if err != nil {
		t.Fatal(err)
	}
	var file, source string
	checked := 0
	for _, m := range quoted.FindAllStringSubmatch(string(page), -1) {
		switch name := m[1]; {
		case strings.HasSuffix(name, ".go"):
			text, err := os.ReadFile(filepath.Join("../..", name))
			if err != nil {
				t.Errorf("docs/tour.md: %v", err)
			}
			file, source = name, string(text)
		case isFunction(name) && file != "" && !isPackage(name):
			checked++
			if !regexp.MustCompile(`(?m)^func (\([^)]*\) )?` + name + `[\[(]`).MatchString(source) {
				t.Errorf("docs/tour.md: %s holds no function %s", file, name)
			}
		}
	}
	if checked < 20 {
		t.Errorf("only %d functions were found in docs/tour.md", checked)
	}
}

func isFunction(name string) bool { return regexp.MustCompile(`^[A-Za-z]\w*$`).MatchString(name) }

// isPackage reports whether a word names one of our folders, or a member of
// the Alpaca API.
func isPackage(name string) bool {
	info, err := os.Stat(filepath.Join("../..", name))
	return err == nil && info.IsDir() || name == "slewing"
}
