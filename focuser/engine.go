// SPDX-License-Identifier: GPL-3.0-or-later

package focuser

import (
	"context"

	"github.com/siderostep/siderostep/driver"
)

// engine makes a motor go to positions. The focuser's rules (limits,
// backlash, temperature, held keys) are above it, in state, and the same for
// every motor. The loop's goroutine is the only caller, but for run.
type engine interface {
	run(ctx context.Context)    // lives beside the loop, until ctx ends
	observe(now driver.Instant) // learn what the motor has done
	plan(now driver.Instant)    // see to it that it goes on
	halt(now driver.Instant)    // stop at once, for good
	still() bool                // nothing moves
	ready() error               // it can move now, or why it cannot
	position() int              // 0 to travel
	travel() int                // what the motor says max_step is; 0 when it says nothing
	trusted() bool              // the position is sure
	adopt(position int) error   // where the motor stands is called so from now on
	use(c *Config)              // other settings
	describe(n *Snapshot)       // fill in what only the engine knows
	goTo(now driver.Instant, to int, p pace)
	brake(now driver.Instant) int // stop with a ramp; returns where, as well as is known

	// over reports whether the latest goTo or brake has ended, and why it
	// ended otherwise than asked.
	over(now driver.Instant) (bool, error)
}

// Servo is a focus motor that keeps its own count and finds its way by
// itself, as driver/celestron's Client. Its positions grow inward; Limits
// tells the ends of its travel, which has none until it was calibrated. Its
// methods are called by one goroutine, and may take seconds; an error other
// than fault.Cancelled means that the line has to be opened anew.
type Servo interface {
	Connect(context.Context) error
	Close()
	Position(context.Context) (int, error)
	Goto(ctx context.Context, position int, fast bool) error
	Done(context.Context) (bool, error)
	Stop(context.Context) error
	Limits(context.Context) (lowest, highest int, err error)
	Calibrate(ctx context.Context, begin bool) error
	Calibration(context.Context) (done bool, stage int, err error)
}
