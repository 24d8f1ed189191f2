// SPDX-License-Identifier: GPL-3.0-or-later

package box

import (
	"math/rand/v2"
	"sync"
	"time"

	"github.com/siderostep/siderostep/driver"
)

// Faults is what goes wrong between a device and the computer. The zero value,
// and nil, is a perfect connection. The fields are set before use; Silence and
// Unplug may be called at any time, by any goroutine.
//
// What a fault means on a chip or on plain lines, its type says.
type Faults struct {
	Seed    uint64        // of all chance
	Garbage float64       // probability that a byte from the device arrives as another one, 0 to 1
	Extra   float64       // probability that a random byte arrives before it, 0 to 1
	Lost    float64       // probability that it does not arrive, 0 to 1
	PerByte time.Duration // what a byte takes on its way, ≥ 0

	mu        sync.Mutex
	rng       *rand.Rand
	silent    []span
	unplugged []span
}

// span is the time from an instant, included, to another, excluded.
type span struct{ from, to driver.Instant }

func within(spans []span, at driver.Instant) bool {
	for _, s := range spans {
		if at >= s.from && at < s.to {
			return true
		}
	}
	return false
}

// Silence makes the device hear and say nothing from one instant to another.
func (f *Faults) Silence(from, to driver.Instant) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.silent = append(f.silent, span{from, to})
}

// Unplug takes the device's plug out at one instant and puts it back at
// another; driver.Never leaves it out.
func (f *Faults) Unplug(from, to driver.Instant) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.unplugged = append(f.unplugged, span{from, to})
}

// Silent reports whether the device hears and says nothing at an instant.
func (f *Faults) Silent(at driver.Instant) bool {
	if f == nil {
		return false
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return within(f.silent, at)
}

// Unplugged reports whether the plug is out at an instant.
func (f *Faults) Unplugged(at driver.Instant) bool {
	if f == nil {
		return false
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return within(f.unplugged, at)
}

// Slowness returns PerByte.
func (f *Faults) Slowness() time.Duration {
	if f == nil {
		return 0
	}
	return f.PerByte
}

// Spoil returns what arrives of the bytes in.
func (f *Faults) Spoil(in []byte) []byte {
	if f == nil || f.Garbage <= 0 && f.Extra <= 0 && f.Lost <= 0 {
		return in
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	out := make([]byte, 0, len(in))
	for _, b := range in {
		if f.chance(f.Extra) {
			out = append(out, byte(f.rng.Uint32()))
		}
		if f.chance(f.Lost) {
			continue
		}
		if f.chance(f.Garbage) {
			b ^= byte(1 + f.rng.IntN(255)) // never itself
		}
		out = append(out, b)
	}
	return out
}

// Loses reports, by chance, whether a byte is lost now.
func (f *Faults) Loses() bool {
	if f == nil {
		return false
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.chance(f.Lost)
}

// chance is true with probability p.
func (f *Faults) chance(p float64) bool {
	if p <= 0 {
		return false
	}
	if f.rng == nil {
		f.rng = rand.New(rand.NewPCG(f.Seed, 0x5eed))
	}
	return f.rng.Float64() < p
}
