// SPDX-License-Identifier: GPL-3.0-or-later

package conformance

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"
)

// outcome is what one of several concurrent requests got.
type outcome struct {
	answer *answer
	want   uint32 // ClientTransactionID
	err    error
}

// manyClients is X11: 50 clients, each with four requests, all at once.
func (d *device) manyClients(ctx context.Context) error {
	const clients, each = 50, 4
	outcomes := make([]outcome, clients*each)
	var wg sync.WaitGroup
	for n := range clients {
		wg.Go(func() {
			for i := range each {
				ref := d.run.Devices[(n+i)%len(d.run.Devices)]
				outcomes[n*each+i] = d.oneOfMany(ctx, ref, "connected", n, uint32(n*each+i+1))
			}
		})
	}
	wg.Wait()
	seen := make(map[uint32]bool)
	wrong, twice := 0, 0
	for _, o := range outcomes {
		if o.err != nil {
			return o.err
		}
		if len(o.answer.flaws) > 0 || o.answer.stid == 0 || o.answer.ctid != o.want {
			wrong++
		}
		if seen[o.answer.stid] {
			twice++
		}
		seen[o.answer.stid] = true
	}
	d.must(wrong == 0, "of %d concurrent answers %d have wrong identifiers", len(outcomes), wrong)
	d.must(twice == 0, "of %d concurrent answers %d repeat a ServerTransactionID", len(outcomes), twice)
	return nil
}

// oneOfMany makes one request as client n.
func (d *device) oneOfMany(ctx context.Context, ref DeviceRef, member string, n int, ctid uint32) outcome {
	rq := request{
		verb: http.MethodGet, path: fmt.Sprintf("/api/v1/%s/%d/%s", ref.Type, ref.Number, member),
		params: []param{integer("ClientID", n+1), integer("ClientTransactionID", int(ctid))},
	}
	re, err := d.run.client.do(ctx, rq)
	if err != nil {
		return outcome{err: err}
	}
	if re.status != http.StatusOK {
		return outcome{err: &refusal{call: rq.String(), status: re.status, message: re.excerpt()}}
	}
	a, err := parseAnswer(re)
	return outcome{answer: a, want: ctid, err: err}
}

// polling is X15. A computer busy with other things may delay a few reads, so
// that the 95th percentile is judged; it states the slowest too.
func (d *device) polling(ctx context.Context) error {
	const (
		clients = 3
		ticks   = 20
		limit   = 100 * time.Millisecond
	)
	for _, ref := range d.run.Devices {
		disconnect, err := newDevice(d.run, ref).connected(ctx)
		if err != nil {
			return err
		}
		defer d.restore(ctx, disconnect)
	}
	times := make([][]time.Duration, clients)
	errs := make([]error, clients)
	var wg sync.WaitGroup
	for n := range clients {
		wg.Go(func() { times[n], errs[n] = d.poll(ctx, n, ticks) })
	}
	wg.Wait()
	var all []time.Duration
	for n := range clients {
		if errs[n] != nil {
			return errs[n]
		}
		all = append(all, times[n]...)
	}
	p95, slowest := percentile(all, 0.95), percentile(all, 1)
	d.must(p95 < limit, "95 %% of %d reads must take less than %s: %s (slowest %s)", len(all), limit, round(p95), round(slowest))
	return nil
}

// connected connects a device and returns what leaves it as it was.
func (d *device) connected(ctx context.Context) (undo func(context.Context) error, err error) {
	was, err := d.getBool(ctx, "connected")
	if err != nil {
		return nil, err
	}
	undo = func(ctx context.Context) error { return d.put(ctx, "connected", boolean("Connected", was)) }
	return undo, d.put(ctx, "connected", boolean("Connected", true))
}

// poll reads every device's state at 10 Hz, in real time, as one client, and
// returns how long each read took.
func (d *device) poll(ctx context.Context, n, ticks int) ([]time.Duration, error) {
	var times []time.Duration
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for i := range ticks {
		for _, ref := range d.run.Devices {
			o := d.oneOfMany(ctx, ref, "devicestate", n, uint32(i+1))
			if o.err != nil {
				return nil, o.err
			}
			times = append(times, o.answer.duration())
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-tick.C:
		}
	}
	return times, nil
}

// percentile returns the value that the given share of times does not exceed.
func percentile(times []time.Duration, share float64) time.Duration {
	if len(times) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(times))
	i := int(share*float64(len(sorted))+0.5) - 1
	return sorted[min(max(i, 0), len(sorted)-1)]
}
