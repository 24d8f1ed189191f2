// SPDX-License-Identifier: GPL-3.0-or-later

// Package onewire reads a DS18B20 thermometer, or one of its family, through
// the file in which Linux shows it.
//
// The sensor takes up to 0.75 s for a reading, so a goroutine fetches one at
// an interval, and whoever asks is answered at once.
package onewire

import (
	"context"
	"io"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/fault"
)

// Config says where the thermometer is.
type Config struct {
	File      string  `toml:"file" restart:"yes" doc:"file of a 1-wire thermometer, as /sys/bus/w1/devices/28-0123456789ab/temperature or w1_slave; empty for none"`
	IntervalS float64 `toml:"interval_s" range:"1..120" restart:"yes" doc:"time between two readings"`
}

// DefaultConfig returns a Config without a thermometer.
func DefaultConfig() Config { return Config{IntervalS: 15} }

// Validate returns fault.Invalid, naming the key, for an interval that
// cannot serve.
func (c Config) Validate() error {
	if !(c.IntervalS >= 1 && c.IntervalS <= 120) {
		return fault.New(fault.Invalid, "configuration", "interval_s is %g, but must be 1 to 120", c.IntervalS)
	}
	return nil
}

// stale is the age at which a temperature is no longer one. A night's air
// changes by some tenths of a degree in that time.
const stale = 5 * time.Minute

// Thermometer is a driver.Thermometer. Its methods may be called from any
// goroutine.
type Thermometer struct {
	config Config
	clock  clock.Clock
	log    *slog.Logger

	mu      sync.Mutex
	celsius float64
	at      time.Time // of celsius; zero when there never was one
	err     error     // of the latest attempt
	failed  uint64
}

// New returns a thermometer that knows nothing until it Runs. It returns
// fault.Invalid for a Config that cannot serve. log may be nil.
func New(cfg Config, c clock.Clock, log *slog.Logger) (*Thermometer, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if cfg.File == "" {
		return nil, fault.New(fault.Invalid, "configuration", "file is empty, but must name a thermometer")
	}
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Thermometer{config: cfg, clock: c, log: log.With("file", cfg.File)}, nil
}

// Run reads the thermometer until ctx ends. A reading under way is waited
// for.
func (t *Thermometer) Run(ctx context.Context) error {
	tick := t.clock.NewTicker(time.Duration(t.config.IntervalS * float64(time.Second)))
	defer tick.Stop()
	for {
		t.look()
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C():
		}
	}
}

// look fetches one reading, and logs when that begins or ceases to work.
func (t *Thermometer) look() {
	celsius, err := fetch(t.config.File)
	now := t.clock.Now()
	t.mu.Lock()
	worked := t.err == nil
	t.err = err
	if err == nil {
		t.celsius, t.at = celsius, now
	} else {
		t.failed++
	}
	t.mu.Unlock()
	switch {
	case err != nil && worked:
		t.log.Warn("thermometer cannot be read", "err", err)
	case err == nil && !worked:
		t.log.Info("thermometer is read again", "celsius", celsius)
	}
}

// fileMax is more than such a file ever holds.
const fileMax = 4096

func fetch(name string) (float64, error) {
	f, err := os.Open(name)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, fileMax))
	if err != nil {
		return 0, err
	}
	return parse(string(text))
}

// Celsius returns the latest temperature, or fault.Hardware when there is
// none of the last five minutes.
func (t *Thermometer) Celsius() (float64, error) {
	now := t.clock.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.at.IsZero() && now.Sub(t.at) <= stale {
		return t.celsius, nil
	}
	return 0, &fault.Error{Kind: fault.Hardware, Op: op, Msg: "no recent reading of " + t.config.File, Err: t.err}
}

// Failures returns how many attempts to read failed, and the error of the
// latest attempt if it did.
func (t *Thermometer) Failures() (uint64, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.failed, t.err
}
