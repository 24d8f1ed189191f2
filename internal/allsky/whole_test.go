// SPDX-License-Identifier: GPL-3.0-or-later

//go:build night

package allsky

import (
	"flag"
	"fmt"
	"slices"
	"testing"

	"github.com/siderostep/siderostep/model"
)

var seeds = flag.Int("seeds", 5, "mounts to a row of the whole table")

// row is the mounts of one kind at one latitude.
type row struct {
	name string
	all  []judged // by seed
}

func (r *row) median(s step) model.Angle { return r.sorted(s)[(len(r.all)-1)/2] }
func (r *row) worst(s step) model.Angle  { return r.sorted(s)[len(r.all)-1] }

func (r *row) sorted(s step) []model.Angle {
	var v []model.Angle
	for _, rms := range r.all {
		v = append(v, rms[s])
	}
	slices.Sort(v)
	return v
}

// The whole table goes to standard output, as Markdown: make pointing.
func TestWholeTable(t *testing.T) {
	var rows []row
	for _, kind := range kinds {
		for _, latitude := range []float64{45, 10, -35} {
			var r row
			for seed := range *seeds {
				m := newMount(t, kind, latitude, uint64(seed)+1)
				r.name = m.String()
				r.all = append(r.all, evening(t, m))
			}
			rows = append(rows, r)
		}
	}
	fmt.Printf("All-sky rms pointing error: median and (worst) of %d mounts\n", *seeds)
	for _, block := range [][]step{
		{preset, two, three, twoZ3, threeZ, next}, {six, twelve, twentyFive, fifty, pays}, {onlyZ, tables, pmc},
	} {
		head(block, "")
		for _, r := range rows {
			fmt.Printf("| %s |", r.name)
			for _, s := range block {
				fmt.Printf(" %s (%s) |", size(r.median(s)), size(r.worst(s)))
			}
			fmt.Println()
		}
	}
	fmt.Println("\nPeers, on the same 50 stars: median, and as a multiple of ours")
	peers := []step{original, originalAll, sixFirst, sixExactly}
	head(peers, " 50 |")
	for _, r := range rows {
		fmt.Printf("| %s | %s |", r.name, size(r.median(fifty)))
		for _, s := range peers {
			fmt.Printf(" %s, %.0f× |", size(r.median(s)), float64(r.median(s)/r.median(fifty)))
		}
		fmt.Println()
	}
	fmt.Printf("\nWorst of all %d mounts, and goal:\n", len(rows)**seeds)
	for _, goal := range []struct {
		s    step
		most model.Angle
	}{{twoZ3, model.Arcmin(10)}, {next, model.Arcmin(10)}, {threeZ, model.Arcmin(10)}, {fifty, model.Arcsec(1.5 * centred)}, {pays, model.Arcsec(1.5 * centred)}} {
		worst, met := model.Angle(0), 0
		for _, r := range rows {
			worst = max(worst, r.worst(goal.s))
			for _, rms := range r.all {
				if rms[goal.s] <= goal.most {
					met++
				}
			}
		}
		fmt.Printf("%s: %s; at most %s: %d mounts\n", headings[goal.s], size(worst), size(goal.most), met)
	}
}

// head begins a table.
func head(block []step, more string) {
	fmt.Print("\n| mount |", more)
	for _, s := range block {
		fmt.Printf(" %s |", headings[s])
	}
	fmt.Print("\n|---|")
	if more != "" {
		fmt.Print("---|")
	}
	for range block {
		fmt.Print("---|")
	}
	fmt.Println()
}
