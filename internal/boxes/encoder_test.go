// SPDX-License-Identifier: GPL-3.0-or-later

package boxes

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/driver/encoder"
	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/internal/rig"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/mount"
	"github.com/siderostep/siderostep/sim"
	"github.com/siderostep/siderostep/sim/box"
)

// shafts is an encoder box on a pseudo-terminal, its encoders on the axes of
// the bench.
type shafts struct {
	*scope
	box    *box.Encoder
	line   *box.Line
	faults *box.Faults
	count  model.Angle // the larger one of both axes

	mu    sync.Mutex
	spoil *box.Faults // of the burst that there is now; nil for none
	n     int         // replies in it
}

// Take implements box.Box: in a burst every other reply is spoiled. Three
// spoiled ones in a row, of a box whose replies look like anything, could be
// taken for a tube that is pushed.
func (s *shafts) Take(at driver.Instant, in []byte) []byte {
	out := s.box.Take(at, in)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.spoil == nil || len(out) == 0 {
		return out
	}
	if s.n++; s.n%2 == 0 {
		return out
	}
	return s.spoil.Spoil(out)
}

// burst spoils replies from now on; nil ends that.
func (s *shafts) burst(f *box.Faults) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.spoil, s.n = f, 0
}

// encoders returns a telescope with encoders of a protocol.
func encoders(t *testing.T, c encoder.Config) *shafts {
	f := perfect()
	f.Mount.Encoders.Use = true
	f.Encoders = c
	f.Encoders.Device = filepath.Join(t.TempDir(), "encoders")
	f.Encoders.PollS, f.Encoders.ReplyMS, f.Encoders.WriteDelayMS = 0.2, 180, 1
	s := &shafts{faults: &box.Faults{Seed: 1}, count: model.Turn.Mul(1 / float64(min(c.CountsZ, c.CountsA)))}
	open(t, f, rig.Parts{Clock: clock.NewScaled(hasty)}, func(sc *scope) {
		s.scope = sc
		s.plugIn(f.Encoders)
	})
	s.eventually("the encoders are read", func() bool { return s.Mount.Snapshot().Encoders.Known })
	return s
}

// plugIn puts the box at its line.
func (s *shafts) plugIn(c encoder.Config) {
	s.Helper()
	var err error
	s.box, err = box.NewEncoder(box.EncoderConfig{
		Protocol: c.Protocol, Counts: [2]int{c.CountsZ, c.CountsA}, Reversed: [2]bool{c.ReverseZ, c.ReverseA},
		Axes: func() (az, alt model.Angle) {
			truth := s.Truth()
			return truth.Axes.Z, truth.Axes.A
		},
	})
	if err != nil {
		s.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	s.line = box.NewLine(s, s.clock, s.faults)
	_, done, err := s.line.Serve(ctx, c.Device)
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			s.Error(err)
		}
	})
}

// agrees fails the test unless the mount, its encoders and the tube agree
// within two counts, by a reading that is yet to be made.
func (s *shafts) agrees(when string) {
	s.Helper()
	from := s.Mount.Instant().Add(time.Second)
	var n *mount.Snapshot
	s.eventually(when+": the encoders are read", func() bool {
		n = s.Mount.Snapshot()
		return n.Encoders.Known && !n.Encoders.Stale && n.Encoders.At > from
	})
	s.near(when+": encoders against axis Z", n.Encoders.Difference.Z, 0, 2*s.count)
	s.near(when+": encoders against axis A", n.Encoders.Difference.A, 0, 2*s.count)
	n = s.Mount.Snapshot()
	truth := s.Truth()
	s.near(when+": axis Z", n.Axes.Z, truth.Axes.Z, 2*s.count)
	s.near(when+": axis A", n.Axes.A, truth.Axes.A, 2*s.count)
}

// shows fails the test unless Alpaca and LX200 say where the tube points.
func (s *shafts) shows(when string) {
	s.Helper()
	truth := s.Truth().Horizontal
	const digit = model.Angle(1.0 / 3600 * 3.141592653589793 / 180)
	s.near(when+": altitude by Alpaca", model.Degrees(s.alpaca.number("telescope/0/altitude")), truth.Alt, 2*s.count)
	s.near(when+": azimuth by Alpaca", model.Degrees(s.alpaca.number("telescope/0/azimuth")), truth.Az, 2*s.count)
	s.near(when+": altitude by LX200", s.lx200.angle(":GA#"), truth.Alt, 2*s.count+digit)
	s.near(when+": azimuth by LX200", s.lx200.angle(":GZ#"), truth.Az, 2*s.count+digit)
}

// pushed pushes the tube by hand, without tracking, and sees that the
// telescope notices.
func (s *shafts) pushed(when string, z, a float64) {
	s.Helper()
	s.alpaca.put("telescope/0/tracking", "Tracking", false)
	s.still()
	before := s.Mount.Snapshot()
	resets := len(before.Encoders.Resets)
	s.Bench.Push(sim.AxisZ, model.Degrees(z))
	s.Bench.Push(sim.AxisA, model.Degrees(a))
	s.eventually(when+": the push is seen", func() bool {
		n := s.Mount.Snapshot()
		return (n.Axes.Z-before.Axes.Z-model.Degrees(z)).Abs() <= 2*s.count && (n.Axes.A-before.Axes.A-model.Degrees(a)).Abs() <= 2*s.count
	})
	s.agrees(when)
	s.shows(when)
	n := s.Mount.Snapshot()
	if got := len(n.Encoders.Resets) - resets; got != 1 {
		s.Errorf("%s: %d corrections of the position, want 1", when, got)
	}
	if !n.Trusted || n.Reports[0].Emitted != before.Reports[0].Emitted || n.Reports[1].Emitted != before.Reports[1].Emitted {
		s.Errorf("%s: trusted %v, motors from %v to %v", when, n.Trusted, before.Reports, n.Reports)
	}
}

// place is where a slew went, and where the tube then really pointed: up to two
// counts beside it, when encoders have said where it is.
type place struct{ to, tube model.Equatorial }

// goes slews to a place, and tracks it.
func (s *shafts) goes(ha, dec float64) place {
	s.Helper()
	to := s.slew(ha, dec)
	tube := s.Truth().Equatorial
	if d := tube.Separation(to); d > 3*s.count {
		s.Errorf("a slew ended %.1f″ from its place", d.Arcsec())
	}
	return place{to, tube}
}

// tracks fails the test unless the telescope still tracks a place.
func (s *shafts) tracks(when string, p place) {
	s.Helper()
	n := s.Mount.Snapshot()
	if !n.Tracking || n.Slewing || n.Stopped != nil || !n.Trusted {
		s.Errorf("%s: tracking %v, slewing %v, stopped %v, trusted %v", when, n.Tracking, n.Slewing, n.Stopped, n.Trusted)
	}
	if d := s.Truth().Equatorial.Separation(p.tube); d > model.Arcsec(5) {
		s.Errorf("%s: the tube has moved by %.1f″", when, d.Arcsec())
	}
	if d := s.Mount.Snapshot().Target.Separation(p.to); d > model.Arcsec(0.1) {
		s.Errorf("%s: the target has moved by %.1f″", when, d.Arcsec())
	}
}

// boxesOfEncoders are all that tell angles, with encoders of different counts,
// some of which count backward.
func boxesOfEncoders() []encoder.Config {
	with := func(protocol string, z, a int, reverseZ, reverseA bool) encoder.Config {
		c := encoder.DefaultConfig()
		c.Protocol, c.CountsZ, c.CountsA, c.ReverseZ, c.ReverseA = protocol, z, a, reverseZ, reverseA
		return c
	}
	return []encoder.Config{
		with(box.BSeg, 8192, 8192, false, false),
		with(box.ResetViaR, 10000, 8000, true, false),
		with(box.ResetViaZ, 36000, 4096, false, true), // azimuth without a sign, altitude with one
		with(box.NoReset, 8192, 32766, true, true),
		with(box.Ek, 65534, 9000, false, true),
		with(box.SkyCommander, 16384, 40000, true, false),
		with(box.LM629, 100000, 8192, false, false),
	}
}

func TestEncoders(t *testing.T) {
	t.Parallel()
	for _, c := range boxesOfEncoders() {
		t.Run(c.Protocol, func(t *testing.T) {
			t.Parallel()
			s := encoders(t, c)
			to := s.goes(-1, 30)
			s.tracks("after a slew", to)
			s.agrees("after a slew")
			s.shows("after a slew")
			s.pushed("pushed by hand", 12, -7)

			to = s.goes(1, 20)
			s.unplugged(to)
			s.pushed("pushed after the plug was back", -5, 9)

			to = s.goes(-2, 40)
			s.disturbed(to)
			s.pushed("pushed about one axis", 0, 2)
		})
	}
}

// unplugged pulls the box's plug while tracking, and puts it back.
func (s *shafts) unplugged(to place) {
	s.Helper()
	for range 2 {
		out := s.line.Now()
		s.faults.Unplug(out, out.Add(8*time.Second))
		s.eventually("readings end", func() bool { return s.Encoders.Status().State == encoder.Closed })
		s.eventually("readings are stale", func() bool { return s.Mount.Snapshot().Encoders.Stale })
		s.tracks("unplugged", to)
		s.eventually("readings come back", func() bool { return !s.Mount.Snapshot().Encoders.Stale })
		s.tracks("plugged in again", to)
		s.agrees("plugged in again")
	}
}

// disturbed lets the line garble, add, lose and keep back bytes while
// tracking.
func (s *shafts) disturbed(to place) {
	s.Helper()
	resets := len(s.Mount.Snapshot().Encoders.Resets)
	for _, f := range []*box.Faults{
		{Seed: 2, Garbage: 0.5}, {Seed: 3, Extra: 0.7}, {Seed: 4, Lost: 0.3}, {Seed: 5, Garbage: 1, Extra: 1, Lost: 0.2},
	} {
		s.burst(f)
		s.passes(5 * time.Second)
		s.tracks("amidst noise", to)
		s.burst(nil)
		s.agrees("after noise")
	}
	from := s.line.Now()
	s.faults.Silence(from, from.Add(7*time.Second))
	s.eventually("readings are stale", func() bool { return s.Mount.Snapshot().Encoders.Stale })
	s.tracks("in silence", to)
	s.eventually("readings come back", func() bool { return !s.Mount.Snapshot().Encoders.Stale })
	s.agrees("after silence")
	if n := len(s.Mount.Snapshot().Encoders.Resets) - resets; n != 0 {
		s.Errorf("noise and silence made %d corrections of the position", n)
	}
	s.tracks("after all", to)
	tally := s.Encoders.Status()
	s.Logf("reads %d, silent %d, garbage %d, refused %d, jumps %d", tally.Reads, tally.Silent, tally.Garbage, tally.Refused, tally.Jumps)
	if tally.Garbage+tally.Refused == 0 || tally.Silent == 0 {
		s.Errorf("the noise was never met: %+v", tally.Tally)
	}
}

// A Sky Commander that answers with places on the sky is of no use to a mount
// that wants angles of its axes: a telescope with one does not start, and says
// why.
func TestBoxThatTellsTheSky(t *testing.T) {
	t.Parallel()
	f := perfect()
	f.Encoders.Protocol, f.Encoders.Device = box.SkyCommanderR, filepath.Join(t.TempDir(), "encoders")
	_, err := rig.New(f, rig.Parts{Clock: clock.Real{}, Seed: 1})
	if !errors.Is(err, fault.Unsupported) || !strings.Contains(err.Error(), "places on the sky") {
		t.Errorf("%v", err)
	}
}
