// SPDX-License-Identifier: GPL-3.0-or-later

package encoder

import (
	"bytes"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/driver/serialline"
)

// noise draws one thing that may happen to a reply on its way. None of them
// turns a digit or a sign into another, which nobody could notice.
func noise(t *rapid.T) func(r []byte) []byte {
	place := rapid.IntRange(0, 1000).Draw(t, "place")
	junk := rapid.SliceOfN(rapid.SampledFrom([]byte("\x00\xff?\r\t+-Q*")), 1, 6).Draw(t, "junk")
	kind := rapid.SampledFrom([]string{"none", "none", "none", "before", "behind", "within", "lost", "twice", "doubled", "silent"}).Draw(t, "noise")
	return func(r []byte) []byte {
		switch at := place % len(r); kind {
		case "before":
			return append(bytes.Clone(junk), r...)
		case "behind":
			return append(bytes.Clone(r), junk...)
		case "within":
			in := bytes.ReplaceAll(bytes.ReplaceAll(junk, []byte("+"), []byte("?")), []byte("-"), []byte("!"))
			return append(append(bytes.Clone(r[:at]), in...), r[at:]...)
		case "lost":
			return append(bytes.Clone(r[:at]), r[at+1:]...)
		case "twice":
			return append(bytes.Clone(r[:at+1]), r[at:]...)
		case "doubled":
			return append(bytes.Clone(r), r...)
		case "silent":
			return []byte{}
		}
		return r
	}
}

// Any motion that axes can make comes through any box and any noise exactly,
// or is reported as an error, with every whole turn of it.
func TestMotionComesThrough(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		cfg := configOf(rapid.SampledFrom([]string{"bseg", "reset_via_r", "reset_via_z", "no_reset", "ek", "sky_commander"}).Draw(rt, "protocol"))
		cfg.CountsZ = rapid.IntRange(100, most16).Draw(rt, "counts per turn of Z")
		cfg.CountsA = rapid.IntRange(100, most16).Draw(rt, "counts per turn of A")
		cfg.GearZ = rapid.SampledFrom([]float64{0.5, 1, 8}).Draw(rt, "gear of Z")
		cfg.ReverseZ, cfg.ReverseA = rapid.Bool().Draw(rt, "reverse Z"), rapid.Bool().Draw(rt, "reverse A")
		per := [2]int{cfg.CountsZ, cfg.CountsA}
		gear := [2]float64{cfg.GearZ, cfg.GearA}
		type move struct {
			wait  time.Duration
			turn  [2]int
			noise func([]byte) []byte
		}
		moves := make([]move, rapid.IntRange(2, 40).Draw(rt, "moves"))
		for i := range moves {
			m := &moves[i]
			m.wait = time.Duration(rapid.IntRange(100, 1000).Draw(rt, "ms")) * time.Millisecond
			for j := range m.turn { // at most the fastest rate
				top := int(cfg.MaxRate * m.wait.Seconds() * gear[j] * float64(per[j]) / 360)
				m.turn[j] = rapid.IntRange(-top, top).Draw(rt, "turn")
			}
			m.noise = noise(rt)
		}
		start := [2]int{}
		for j := range start {
			start[j] = rapid.IntRange(-(per[j]-1)/2, per[j]/2).Draw(rt, "start")
		}
		synctest.Test(t, func(t *testing.T) {
			far := &fakeBox{protocol: cfg.Protocol, perTurn: per, turned: start}
			rw, _ := far.open()
			conn := serialline.Attach(rw, clock.Real{})
			defer conn.Close()
			box, err := NewBox(cfg, conn, clock.Real{}, time.Now())
			if err != nil {
				t.Error(err)
				return
			}
			check(t, box, start[0], start[1])
			good := time.Now()
			for _, m := range moves {
				time.Sleep(m.wait)
				far.turn(m.turn[0], m.turn[1])
				start[0], start[1] = start[0]+m.turn[0], start[1]+m.turn[1]
				far.set(func() { far.noise = m.noise })
				r, err := box.Read(t.Context())
				synctest.Wait()
				switch {
				case err == nil:
					good = time.Now()
					same(t, cfg, r, start[0], start[1])
				case !errors.Is(err, ErrReply):
					t.Error(err)
				}
				if cfg.MaxRate*(time.Since(good).Seconds()+2)*max(cfg.GearZ, cfg.GearA) >= 180 {
					return // whole turns may be missed from here on, which Gaps counts
				}
			}
		})
	})
}
