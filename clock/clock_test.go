// SPDX-License-Identifier: GPL-3.0-or-later

package clock

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestManualFiresInOrder(t *testing.T) {
	start := time.Date(2026, 3, 20, 20, 0, 0, 0, time.UTC)
	m := NewManual(start)
	ticker := m.NewTicker(3 * time.Second)
	late, early := m.NewTimer(5*time.Second), m.NewTimer(2*time.Second)
	m.Advance(time.Second)
	select {
	case at := <-early.C():
		t.Fatalf("a timer of 2 s fired after 1 s, at %v", at)
	default:
	}
	m.Advance(9 * time.Second)
	for name, c := range map[string]struct {
		ch   <-chan time.Time
		want time.Duration
	}{"early": {early.C(), 2 * time.Second}, "late": {late.C(), 5 * time.Second}, "ticker": {ticker.C(), 3 * time.Second}} {
		if at := <-c.ch; at.Sub(start) != c.want {
			t.Errorf("%s fired at %v, want %v", name, at.Sub(start), c.want)
		}
	}
	select {
	case at := <-ticker.C():
		t.Errorf("a tick nobody waited for was kept: %v", at.Sub(start))
	default:
	}
	ticker.Stop()
	m.Advance(time.Minute)
	select {
	case <-ticker.C():
		t.Error("a stopped ticker fired")
	default:
	}
	if late.Stop() {
		t.Error("a timer that has fired says it was stopped")
	}
	if got := m.Now().Sub(start); got != 70*time.Second {
		t.Errorf("the clock reads %v after 70 s", got)
	}
}

func TestScaledRunsFaster(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		real, fast := time.Now(), NewScaled(60)
		start := fast.Now()
		if err := Sleep(t.Context(), fast, 5*time.Minute); err != nil {
			t.Fatal(err)
		}
		if got := time.Since(real); got != 5*time.Second {
			t.Errorf("5 minutes at 60 times life took %v", got)
		}
		if got := fast.Now().Sub(start); got != 5*time.Minute {
			t.Errorf("the clock advanced by %v", got)
		}
		ticker := fast.NewTicker(time.Minute)
		defer ticker.Stop()
		<-ticker.C()
		<-ticker.C()
		if got := time.Since(real); got != 7*time.Second {
			t.Errorf("two ticks of a minute took %v", got-5*time.Second)
		}
		if fast.Speed() != 60 || (Real{}).Speed() != 1 || NewManual(real).Speed() != 0 {
			t.Error("wrong speeds")
		}
	})
}

func TestSleepEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := Sleep(ctx, Real{}, time.Hour); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("sleep ended with %v", err)
		}
	})
}
