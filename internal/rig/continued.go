// SPDX-License-Identifier: GPL-3.0-or-later

package rig

import (
	"fmt"

	"github.com/siderostep/siderostep/config"
	"github.com/siderostep/siderostep/driver/harness"
	"github.com/siderostep/siderostep/driver/process"
	"github.com/siderostep/siderostep/focuser"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/mount"
)

func focusOutputs(f config.File) [2]harness.Output {
	return [2]harness.Output{f.Hardware.Focuser, f.Hardware.Focuser2}
}

// meaning returns what the counts of a group stand for: where it differs from
// that of an earlier run, that run's counts say nothing.
func meaning(f config.File, group int) string {
	if group != mountGroup {
		c, o := focusers(f)[group-focuserGroup], focusOutputs(f)[group-focuserGroup]
		return fmt.Sprintf("%s %v %+v", c.Motor, c.Reverse, o)
	}
	m, h := &f.Mount, &f.Hardware
	axis := func(a mount.Axis, w config.Motor, o harness.Output) string {
		return fmt.Sprint(a.FullStepArcsec, a.FullStepArcsecCCW, a.Microsteps, w.Windings, w.Reverse, fmt.Sprintf("%+v", o))
	}
	return fmt.Sprint(m.Geometry, axis(m.Z, f.Motors.Z, h.Z), axis(m.A, f.Motors.A, h.A),
		f.Rotator.Enabled, f.Rotator.StepAngle, fmt.Sprintf("%+v", h.Rotator))
}

// origin describes the counts that a group begins with.
func origin(f config.File, p *Parts, group int) process.Origin {
	o := process.Origin{Owner: group, Meaning: meaning(f, group)}
	if group == mountGroup {
		o.Unsure = p.Mount != nil && (!p.Mount.Trusted || p.Mount.Moving)
	} else if s := p.Focusers[group-focuserGroup]; s != nil {
		o.Unsure = s.Unsure || s.Moving
	}
	return o
}

// continued puts where the last executor left its motors into what was saved.
// What it left of motors that are now others, or wired otherwise, is not
// taken over, and nothing is trusted then.
func continued(f config.File, p *Parts, last [][]process.LastCount) {
	for _, counts := range last {
		if len(counts) == 0 {
			continue
		}
		n := counts[0].Owner
		same := counts[0].Means(meaning(f, n))
		switch {
		case n == mountGroup:
			p.Mount = continuedMount(f, p.Mount, counts, same && len(counts) == 3)
		case n > mountGroup && n < groups:
			continuedFocuser(&p.Focusers[n-focuserGroup], counts, same && len(counts) == 1)
		}
	}
}

func continuedMount(f config.File, saved *mount.Saved, counts []process.LastCount, same bool) *mount.Saved {
	if !same {
		unsure := mount.Saved{Counts: f.StartCounts(saved)}
		if saved != nil {
			unsure = *saved
			unsure.Trusted = false
		}
		return &unsure
	}
	var at [3]model.Microsteps
	trusted := true
	for k, c := range counts {
		at[k], trusted = c.Count, trusted && c.Trusted
	}
	return f.Continued(saved, at, trusted)
}

func continuedFocuser(saved **focuser.Saved, counts []process.LastCount, same bool) {
	v := focuser.Saved{}
	if *saved != nil {
		v = **saved
	}
	switch {
	case same:
		v.Position, v.Moving = int(counts[0].Count), false
		v.Unsure = v.Unsure || !counts[0].Trusted
	case *saved == nil:
		return // as at a first start
	default:
		v.Unsure = true
	}
	*saved = &v
}
