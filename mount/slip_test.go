// SPDX-License-Identifier: GPL-3.0-or-later

package mount

import (
	"testing"
	"time"

	"github.com/siderostep/siderostep/model"
)

// Readings that are beyond the threshold, but do not agree with each other,
// are noise: nothing follows them, however many there are.
func TestNoiseIsNoPush(t *testing.T) {
	t.Parallel()
	boxed(t, nil, func(r *benched) {
		r.do(r.SetTracking(r.t.Context(), true)) // the windings are on
		r.reading(2)
		r.do(r.SetTracking(r.t.Context(), false))
		before := r.reading(3)
		for i := range 12 {
			r.after(time.Second)
			noisy := r.encoders()
			noisy.Angles[i%2] += model.Degrees(float64(20 + 7*i*i%90))
			r.do(r.ReadEncoders(r.t.Context(), noisy))
		}
		s := r.Snapshot()
		if s.Axes != before.Axes || s.Counts.EncoderResets != before.Counts.EncoderResets {
			r.t.Errorf("at %v, before %v; resets %v", s.Axes, before.Axes, s.Counts.EncoderResets)
		}
	})
}
