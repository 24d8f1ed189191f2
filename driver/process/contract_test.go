// SPDX-License-Identifier: GPL-3.0-or-later

//go:build night

package process

import (
	"context"
	"encoding/json"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/driver/drivertest"
	"github.com/siderostep/siderostep/driver/realtime"
	"github.com/siderostep/siderostep/driver/record"
	"github.com/siderostep/siderostep/model"
)

// A planner with its executor in another process is driver.Motors.
func TestProcessContract(t *testing.T) {
	drivertest.Motors(t, func(t *testing.T) drivertest.Rig {
		t.Parallel() // it waits most of the time
		dir := tmpfs(t)
		portPath := filepath.Join(dir, "port")
		port, err := record.Open(portPath, portSize)
		if err != nil {
			t.Fatal(err)
		}
		o := options(filepath.Join(dir, "memory"), portPath, realtime.Config{CPU: -1})
		if o.Job, err = json.Marshal(testJob{Port: portPath, RealTime: realtime.Config{CPU: -1}, Patient: true}); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		s, err := Start(ctx, o)
		if err != nil {
			t.Fatal(err)
		}
		var running sync.WaitGroup
		running.Go(func() {
			if err := s.Run(ctx); err != nil {
				t.Error(err)
			}
		})
		t.Cleanup(func() {
			cancel()
			running.Wait()
			s.Close()
			port.Close()
		})
		read := reading{port: port}
		return drivertest.Rig{
			Motors: s.Motors(0), Axes: 2, Brake: hardBrake, MaxRate: 1.2 * slewRate,
			Made:      func(axis int) model.Microsteps { read.update(nil); return model.Microsteps(read.count[axis]) },
			Energised: func() bool { read.update(nil); return !read.off },
			Now:       realtime.Now,
			Sleep:     func(d time.Duration) { clock.Sleep(t.Context(), clock.Real{}, d) },
		}
	})
}
