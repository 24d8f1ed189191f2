// SPDX-License-Identifier: GPL-3.0-or-later

package handpad

import (
	"context"

	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/mount"
)

// move moves the telescope: at the centring rate while tracking as motion of
// the target, so that the stars keep still beneath, else axis by axis.
func (p *Paddle) move(ctx context.Context, n *mount.Snapshot, w wish) error {
	p.nudging = false
	if n.Activity == mount.Held && n.Holder != Client { // the paddle is nearest to the telescope
		if err := p.parts.Mount.Abort(ctx); err != nil {
			return err
		}
	}
	if !w.slew && n.Tracking {
		if ra, dec, ok := p.skyRates(n, w); ok {
			p.nudging = true
			return p.parts.Mount.Nudge(ctx, Client, ra, dec)
		}
	}
	return p.hold(ctx, n, w)
}

// skyRates returns the rates at which w moves the target; ok is false where
// they are beyond what the mount accepts, near the celestial pole.
func (p *Paddle) skyRates(n *mount.Snapshot, w wish) (ra, dec model.Rate, ok bool) {
	centre := model.ArcsecPerSecond(p.config.CentreRate)
	ra, dec = skyRates(n, centre.Mul(float64(w.z)), centre.Mul(float64(w.a)))
	most := p.parts.Mount.MaxOffset()
	return ra, dec, ra.Abs() <= most && dec.Abs() <= most
}

// hold holds axes in motion. It fails only when none of them moves.
func (p *Paddle) hold(ctx context.Context, n *mount.Snapshot, w wish) (refusal error) {
	m := p.parts.Mount
	own := trackingRates(n)
	ways := [2]int{mount.AxisZ: w.z, mount.AxisA: w.a}
	fastest := [2]float64{mount.AxisZ: n.Config.Mount.Z.MaxRate, mount.AxisA: n.Config.Mount.A.MaxRate}
	moves := false
	for axis, way := range ways {
		var rate model.Rate
		if way != 0 {
			most := model.DegreesPerSecond(fastest[axis])
			speed := model.ArcsecPerSecond(p.config.CentreRate)
			if w.slew {
				speed = most.Mul(p.config.SlewShare)
			}
			rate = max(-most, min(speed.Mul(float64(way))+own[axis], most))
			err := m.MoveAxis(ctx, Client, axis, rate)
			if err == nil {
				moves = true
				continue
			}
			refusal = err
		}
		if s := m.Snapshot(); s.Holder == Client && s.HeldRates[axis] != 0 {
			if err := m.MoveAxis(ctx, Client, axis, 0); err != nil {
				return err
			}
		}
	}
	if moves && refusal != nil {
		p.complain(refusal)
		return nil
	}
	return refusal
}
