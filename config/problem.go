// SPDX-License-Identifier: GPL-3.0-or-later

package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Problem is one thing wrong with a configuration file.
type Problem struct {
	File string
	Line int    // from 1; 0 when it belongs to no line
	Key  string // "mount.z.park_deg", or "" when the text is not TOML
	Text string // what is wrong and what is accepted; names the key
}

// Error gives the problem on one line, as compilers do.
func (p Problem) Error() string {
	if p.Line == 0 {
		return fmt.Sprintf("%s: %s", p.File, p.Text)
	}
	return fmt.Sprintf("%s:%d: %s", p.File, p.Line, p.Text)
}

// Problems is everything wrong with a configuration file, in the order of
// its lines.
type Problems []Problem

// Error gives each problem on its own line.
func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, one := range p {
		lines[i] = one.Error()
	}
	return strings.Join(lines, "\n")
}

// concerns reports whether a problem lies in one of the named sections.
func (p Problems) concerns(sections []string) bool {
	return slices.ContainsFunc(p, func(one Problem) bool {
		top, _, _ := strings.Cut(one.Key, ".")
		return slices.Contains(sections, top)
	})
}

func (p Problems) sort() {
	slices.SortStableFunc(p, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Key, b.Key))
	})
}
