// SPDX-License-Identifier: GPL-3.0-or-later

package focuser

import (
	"context"

	"github.com/siderostep/siderostep/driver"
)

// report is what an exchange with a servo came to. The loop takes it in.
type report func(now driver.Instant)

// job is an exchange, one or more requests. It may take seconds, and touches
// nothing but the device.
type job struct {
	ctx context.Context
	do  func(ctx context.Context, d Servo) report
}

// worker carries out one exchange after the other, outside of the loop. All
// fields but the channels belong to the loop.
type worker struct {
	device  Servo
	jobs    chan job
	reports chan report
	busy    bool
	look    bool               // the exchange is a mere look at the motor
	cancel  context.CancelFunc // ends the exchange
}

func newWorker(d Servo) worker {
	return worker{device: d, jobs: make(chan job, 1), reports: make(chan report, 1)}
}

// run carries out jobs until ctx ends, and closes the device.
func (w *worker) run(ctx context.Context) {
	defer w.device.Close()
	for {
		select {
		case <-ctx.Done():
			return
		case j := <-w.jobs:
			both, cancel := context.WithCancel(ctx)
			stop := context.AfterFunc(j.ctx, cancel)
			r := j.do(both, w.device)
			stop()
			cancel()
			w.reports <- r // there is room: one job at a time
		}
	}
}

// ask begins an exchange; busy must be false.
func (w *worker) ask(look bool, do func(ctx context.Context, d Servo) report) {
	j := job{do: do}
	j.ctx, w.cancel = context.WithCancel(context.Background())
	w.busy, w.look = true, look
	w.jobs <- j
}

// hurry breaks off a look at the motor, for something that must not wait.
func (w *worker) hurry() {
	if w.busy && w.look {
		w.cancel()
	}
}

// done returns the report of the exchange, once.
func (w *worker) done() (report, bool) {
	select {
	case r := <-w.reports:
		w.busy = false
		w.cancel()
		return r, true
	default:
		return nil, false
	}
}
