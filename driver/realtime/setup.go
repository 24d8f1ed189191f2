// SPDX-License-Identifier: GPL-3.0-or-later

package realtime

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Config says what a punctual process asks of the computer.
type Config struct {
	Priority   int  `toml:"realtime_priority" range:"0..98" restart:"yes" doc:"SCHED_FIFO priority of the executor; 0: an ordinary process"`
	LockMemory bool `toml:"lock_memory" restart:"yes" doc:"keep the executor's memory from being paged out"`
	CPU        int  `toml:"cpu" range:"-1..1023" restart:"yes" doc:"processor that the executor keeps to, best one set apart with isolcpus; -1: any"`
	SpinUS     int  `toml:"spin_us" range:"0..150" restart:"yes" doc:"microseconds before an event that a real-time executor waits awake, at most half of the time between events"`
}

// DefaultConfig asks for half of the greatest priority, locked memory, and no
// certain processor.
func DefaultConfig() Config { return Config{Priority: 50, LockMemory: true, CPU: -1, SpinUS: 100} }

// Grant is one thing asked for, and what came of it.
type Grant struct {
	Asked bool
	Err   error // nil: granted
}

func (g Grant) String() string {
	switch {
	case !g.Asked:
		return "not asked for"
	case g.Err != nil:
		return "refused (" + g.Err.Error() + ")"
	default:
		return "granted"
	}
}

// Report says what the computer granted, and what else makes it late.
type Report struct {
	FIFO, Locked, Pinned Grant

	Governor     string // of processor 0's frequency; "" when it has none
	ThrottlingUS int    // of each second, what real-time threads may use in all; -1: everything, 0: not known
	Synchronised bool   // the civil clock is disciplined
}

// Setup locks the calling goroutine to its thread and makes that as punctual
// as c asks and the computer permits. It is for a process that does nothing
// else: all its threads get the priority. The garbage collector is switched off
// for the whole process: it allocates nothing once it runs, and a limit far
// above what it needs starts the collector again if that were wrong.
func Setup(c Config) Report {
	runtime.LockOSThread()
	debug.SetGCPercent(-1)
	debug.SetMemoryLimit(128 << 20)
	r := Survey()
	if c.LockMemory {
		// On fault: Go reserves far more address space than it uses.
		r.Locked = Grant{true, unix.Mlockall(unix.MCL_CURRENT | unix.MCL_FUTURE | unix.MCL_ONFAULT)}
	}
	if c.CPU >= 0 {
		var set unix.CPUSet
		set.Set(c.CPU)
		r.Pinned = Grant{true, unix.SchedSetaffinity(0, &set)}
	}
	if c.Priority > 0 {
		r.FIFO = Grant{true, raise(c.Priority)}
	}
	return r
}

// raise gives every thread of the process the priority. Go's scheduler takes
// the processor away from a goroutine every 10 ms or so, a locked one too, and
// it is other threads that give it back: were they ordinary ones, the
// punctual thread would wait with them behind everyone else's work. Threads to
// come inherit the priority from those that start them.
func raise(priority int) error {
	for range 2 { // one may have been started meanwhile
		tasks, err := os.ReadDir("/proc/self/task")
		if err != nil {
			return err
		}
		for _, task := range tasks {
			tid, err := strconv.Atoi(task.Name())
			if err != nil {
				continue
			}
			err = unix.SchedSetAttr(tid, &unix.SchedAttr{
				Size: unix.SizeofSchedAttr, Policy: unix.SCHED_FIFO, Priority: uint32(priority),
			}, 0)
			if err != nil && !errors.Is(err, unix.ESRCH) { // it has ended
				return err
			}
		}
	}
	return nil
}

// Survey returns a Report in which nothing was asked for.
func Survey() Report {
	r := Report{
		Governor: strings.TrimSpace(read("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")),
	}
	// What cannot be read is not known; both are for people to look at.
	_, _ = fmt.Sscan(read("/proc/sys/kernel/sched_rt_runtime_us"), &r.ThrottlingUS)
	var x unix.Timex
	state, err := unix.Adjtimex(&x)
	r.Synchronised = err == nil && state != unix.TIME_ERROR && x.Status&unix.STA_UNSYNC == 0
	return r
}

func read(file string) string {
	text, err := os.ReadFile(file)
	if err != nil {
		return ""
	}
	return string(text)
}

// Lines returns the report for people, a line each.
func (r Report) Lines() []string {
	governor := r.Governor
	switch governor {
	case "":
		governor = "none"
	case "performance":
	default:
		governor += "; performance would make the executor more punctual"
	}
	throttling := "not known"
	switch {
	case r.ThrottlingUS < 0:
		throttling = "off"
	case r.ThrottlingUS > 0:
		throttling = fmt.Sprintf("after %d µs of each second", r.ThrottlingUS)
	}
	clock := "not synchronised"
	if r.Synchronised {
		clock = "synchronised"
	}
	return []string{
		"real-time priority: " + r.FIFO.String(),
		"locked memory: " + r.Locked.String(),
		"processor of its own: " + r.Pinned.String(),
		"frequency governor: " + governor,
		"real-time throttling: " + throttling,
		"civil clock: " + clock,
	}
}
