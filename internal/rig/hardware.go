// SPDX-License-Identifier: GPL-3.0-or-later

package rig

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/config"
	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/driver/harness"
	"github.com/siderostep/siderostep/driver/process"
	"github.com/siderostep/siderostep/driver/realtime"
	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/focuser"
)

// job is what the executor's process is told to do: the wiring, and the pace
// of each axis, by group.
type job struct {
	Hardware harness.Config `json:"hardware"`
	Motors   harness.Motors `json:"motors"`
	Paces    [groups][]Pace `json:"paces"`
	Groups   []int          `json:"groups"` // that there are, in the order of the process's
}

// newJob returns the job of a configuration.
func newJob(f config.File, p Parts) job {
	j := job{Hardware: f.Hardware, Motors: f.Windings(), Groups: []int{mountGroup}}
	paces := mountPaces(f, p.Mount)
	j.Paces[mountGroup] = paces[:]
	for i, c := range focusers(f) {
		if c.Enabled && c.Motor != focuser.Celestron {
			j.Groups = append(j.Groups, focuserGroup+i)
			j.Paces[focuserGroup+i] = []Pace{focusPace(c, focusOutputs(f)[i], p.Focusers[i])}
		}
	}
	return j
}

// executors returns what plays each group of the job on a harness.
func (j *job) executors(h *harness.Harness) ([]process.Group, error) {
	var list []process.Group
	for _, n := range j.Groups {
		g, ok := h.Mount(), true
		switch n {
		case focuserGroup:
			g, ok = h.Focuser()
		case focuserGroup + 1:
			g, ok = h.Focuser2()
		}
		if !ok || len(g.Axes) != len(j.Paces[n]) {
			return nil, fault.New(fault.Invalid, "hardware", "%s is enabled, but hardware.%s drives no motor",
				[...]string{"mount", "focuser", "focuser2"}[n], [...]string{"z", "focuser", "focuser2"}[n])
		}
		list = append(list, process.Group{
			Config:  onHardware(g, j.Paces[n], j.Hardware.Executor),
			Outputs: g.Outputs,
		})
	}
	return list, nil
}

// Equip opens what a job names, for the executor's process. Everything is off
// when it returns; on an error nothing stays open.
func Equip(text []byte) (process.Equipment, process.Tuning, error) {
	var j job
	if err := json.Unmarshal(text, &j); err != nil {
		return process.Equipment{}, process.Tuning{}, fault.Wrap(fault.Invalid, "executor", err)
	}
	h, err := harness.Open(j.Hardware, j.Motors)
	if err != nil {
		return process.Equipment{}, process.Tuning{}, err
	}
	eq := process.Equipment{Inputs: h.Inputs(), Verify: h.Verify, Off: h.Off, Close: h.Close}
	if eq.Groups, err = j.executors(h); err != nil {
		_ = h.Close()
		return process.Equipment{}, process.Tuning{}, err
	}
	if h.HasKeepAlive() {
		eq.KeepAlive = h.KeepAlive
	}
	eq.Aux, eq.AuxMask = h.Aux()
	tuning := process.DefaultTuning()
	tuning.RealTime = j.Hardware.Executor.Config
	return eq, tuning, nil
}

// buildHardware starts the process that drives real motors. Where an earlier
// run's has left them goes before what that run had saved.
func (r *Rig) buildHardware(f config.File, p *Parts) error {
	if p.Clock.Speed() != 1 {
		return fault.New(fault.Invalid, "hardware", "real motors turn in real time: --speed must be 1")
	}
	r.Epoch = realtime.Epoch(p.Clock)
	ctx := context.Background()
	last, err := process.LastCounts(ctx, p.Memory, p.Clock)
	if err != nil {
		return err
	}
	continued(f, p, last)
	if f.Rotator.Enabled && f.Hardware.Rotator.Drive == harness.None {
		p.Log.Warn("the field rotator is enabled, but no motor turns it: hardware.rotator.drive is none")
	}
	j := newJob(f, *p)
	text, err := json.Marshal(j)
	if err != nil {
		return err
	}
	drawn, err := harness.OnPaper(f.Hardware, f.Windings())
	if err != nil {
		return err
	}
	planned, err := j.executors(drawn)
	if err != nil {
		return err
	}
	o := process.Options{
		Path: p.Memory, Command: p.Command, Job: text, Clock: p.Clock, Log: p.Log.With("process", "executor"),
		Clear: func() error { return harness.SwitchOff(f.Hardware, f.Windings()) },
	}
	for i, g := range planned {
		o.Groups = append(o.Groups, g.Config)
		o.Origins = append(o.Origins, origin(f, p, j.Groups[i]))
	}
	supervisor, err := process.Start(ctx, o)
	if err != nil {
		return fmt.Errorf("real motors: %w", err)
	}
	r.Executor, r.motors = supervisor, &hardwareMotors{supervisor, j.Groups}
	for _, line := range supervisor.Status().RealTime.Lines() {
		o.Log.Info("punctuality: " + line)
	}
	return nil
}

// hardwareMotors are executors in a process of their own. Their memory is
// kept mapped: snapshots and metrics may be read after the motors have ended.
type hardwareMotors struct {
	*process.Supervisor
	groups []int
}

func (m *hardwareMotors) group(i int) (driver.Motors, func() clock.Tally) {
	for at, n := range m.groups {
		if n == i {
			planner := m.Motors(at)
			return planner, planner.Lateness
		}
	}
	return nil, nil
}

func (m *hardwareMotors) run(ctx context.Context) error { return m.Run(ctx) }
