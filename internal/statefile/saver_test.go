// SPDX-License-Identifier: GPL-3.0-or-later

package statefile

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/siderostep/siderostep/clock"
)

func TestSaverSavesChangesAndTheEnd(t *testing.T) {
	path := filepath.Join(t.TempDir(), "mount.json")
	synctest.Test(t, func(t *testing.T) {
		var count, asked atomic.Int64
		s := &Saver[state]{
			Path: path, Clock: clock.Real{}, Log: slog.New(slog.DiscardHandler),
			Value: func() state { asked.Add(1); return state{Count: count.Load()} },
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- s.Run(ctx) }()

		saved := func() int64 {
			v, _, err := Read[state](path)
			if err != nil {
				t.Error(err)
			}
			return v.Count
		}
		count.Store(5)
		time.Sleep(Every + time.Millisecond)
		if got := saved(); got != 5 {
			t.Errorf("after %v, %d is saved, not 5", Every, got)
		}
		before, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * Every)
		after, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if !os.SameFile(before, after) {
			t.Error("an unchanged value was written again")
		}
		if n := asked.Load(); n > 11 {
			t.Errorf("the value was asked for %d times in 11 s", n)
		}
		count.Store(6)
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if got := saved(); got != 6 {
			t.Errorf("at the end, %d is saved, not 6", got)
		}
		if c := s.Count.Load(); c.Done != 2 || c.Failed != 0 || c.Took.Count() != 2 || !c.Last.Equal(time.Now()) {
			t.Errorf("counted %d, failed %d, last at %v; want 2, 0, now", c.Done, c.Failed, c.Last)
		}
	})
}

func TestSaverLogsTroubleOnce(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "missing")
	var log bytes.Buffer
	n := int64(0)
	s := &Saver[state]{
		Path: filepath.Join(dir, "mount.json"), Clock: clock.Real{}, Log: slog.New(slog.NewTextHandler(&log, nil)),
		Value: func() state { n++; return state{Count: n} },
	}
	for range 3 {
		if s.Save() == nil {
			t.Error("saving into a missing folder succeeded")
		}
	}
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if err := s.Save(); err != nil {
			t.Error(err)
		}
	}
	if c := s.Count.Load(); c.Done != 3 || c.Failed != 3 || c.Took.Count() != 3 {
		t.Errorf("counted %d done, %d failed; want 3, 3", c.Done, c.Failed)
	}
	if got := strings.Count(log.String(), "not being saved"); got != 1 {
		t.Errorf("trouble was logged %d times:\n%s", got, &log)
	}
	if got := strings.Count(log.String(), "saved again"); got != 1 {
		t.Errorf("the end of trouble was logged %d times:\n%s", got, &log)
	}
}
