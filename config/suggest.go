// SPDX-License-Identifier: GPL-3.0-or-later

package config

import (
	"reflect"
	"slices"
	"strings"
)

// nearest returns the known key or section that somebody who wrote path may
// have meant: one spelt much alike, or one of that name in another section.
func nearest(path []string) (known string, ok bool) {
	wrong := strings.Join(path, ".")
	wrongName := path[len(path)-1]
	best := max(2, len(wrongName)/3) + 1
	consider := func(candidate []string) {
		whole, name := strings.Join(candidate, "."), candidate[len(candidate)-1]
		if len(wrongName) > len(name)+best { // too long to be meant, or to be measured
			return
		}
		d := min(distance(wrong, whole), distance(wrongName, name)+1)
		if d < best {
			known, ok, best = whole, true, d
		}
	}
	var sections func(t reflect.Type, under []string)
	sections = func(t reflect.Type, under []string) {
		for _, f := range fieldsOf(t) {
			path := append(slices.Clone(under), f.name)
			consider(path)
			if f.isSection() {
				sections(f.typ, path)
			}
		}
	}
	sections(fileType, nil)
	return known, ok
}

// distance returns the number of letters to insert, delete, replace or swap
// with a neighbour to turn a into b, whatever their case (optimal string
// alignment).
func distance(a, b string) int {
	a, b = strings.ToLower(a), strings.ToLower(b)
	var before []int
	last := make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := range len(a) {
		row := make([]int, len(b)+1)
		row[0] = i + 1
		for j := range len(b) {
			change := last[j]
			if a[i] != b[j] {
				change++
			}
			row[j+1] = min(change, last[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, last = last, row
	}
	return last[len(b)]
}
