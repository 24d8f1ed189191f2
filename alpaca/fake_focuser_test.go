// SPDX-License-Identifier: GPL-3.0-or-later

package alpaca

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/siderostep/siderostep/focuser"
)

// fakeFocuser moves at once.
type fakeFocuser struct {
	mu   sync.Mutex
	snap atomic.Pointer[focuser.Snapshot]
}

func newFakeFocuser() *fakeFocuser {
	cfg := focuser.DefaultConfig()
	f := &fakeFocuser{}
	f.snap.Store(&focuser.Snapshot{Config: &cfg, Position: cfg.StartPosition, Target: cfg.StartPosition, HasTemperature: true, TemperatureC: 7.25})
	return f
}

func (f *fakeFocuser) edit(change func(*focuser.Snapshot)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := *f.snap.Load()
	change(&s)
	f.snap.Store(&s)
}

func (f *fakeFocuser) Snapshot() *focuser.Snapshot { return f.snap.Load() }

func (f *fakeFocuser) Move(_ context.Context, to int) error {
	f.edit(func(s *focuser.Snapshot) {
		s.Fault = nil
		s.Position = min(max(to, 0), s.Config.MaxStep)
		s.Target = s.Position
	})
	return nil
}

func (f *fakeFocuser) Halt(context.Context) error {
	f.edit(func(s *focuser.Snapshot) { s.Moving = false })
	return nil
}

func (f *fakeFocuser) SetTempComp(_ context.Context, on bool) error {
	f.edit(func(s *focuser.Snapshot) { s.TempComp = on })
	return nil
}

func (f *fakeFocuser) Configure(_ context.Context, change func(*focuser.Config)) error {
	cfg := *f.Snapshot().Config
	change(&cfg)
	if err := cfg.Validate(); err != nil {
		return err
	}
	f.edit(func(s *focuser.Snapshot) { s.Config = &cfg })
	return nil
}
