// SPDX-License-Identifier: GPL-3.0-or-later

package statefile

import (
	"bytes"
	"context"
	"log/slog"
	"time"

	"github.com/siderostep/siderostep/clock"
)

// Every is the shortest time between two saves.
const Every = time.Second

// Saver keeps a file up to date with a value that changes.
type Saver[T any] struct {
	Path  string
	Value func() T    // the present value; called from Run only
	Clock clock.Clock // should be a real one: it spares a real disk
	Log   *slog.Logger
	Count *Counter // of the saves; nil when nobody asks

	saved   []byte // as last written
	failing bool
}

// Run saves the value when it has changed, at most once in Every, and once
// more when ctx ends. It logs when saving begins to fail and when it works
// again; the error is that of the last save.
func (s *Saver[T]) Run(ctx context.Context) error {
	tick := s.Clock.NewTicker(Every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return s.Save()
		case <-tick.C():
			_ = s.Save() // logged
		}
	}
}

// Save saves the value now, if it has changed. It must not be called while
// Run runs.
func (s *Saver[T]) Save() error {
	text, err := encode(s.Value())
	if err == nil && bytes.Equal(text, s.saved) {
		return nil
	}
	if s.Count == nil {
		s.Count = new(Counter)
	}
	err = s.Count.Count(s.Clock, func() error {
		if err != nil {
			return err
		}
		return Write(s.Path, text)
	})
	if err == nil {
		s.saved = text
	}
	if failing := err != nil; failing != s.failing {
		s.failing = failing
		if failing {
			s.Log.Error("state is not being saved", "file", s.Path, "error", err)
		} else {
			s.Log.Info("state is being saved again", "file", s.Path)
		}
	}
	return err
}
