// SPDX-License-Identifier: GPL-3.0-or-later

package process

import (
	"context"
	"os"
	"os/exec"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/driver/realtime"
	"github.com/siderostep/siderostep/fault"
)

// child is one executor process.
type child struct {
	m     *Memory
	cmd   *exec.Cmd
	born  driver.Instant
	stale int           // looks in a row that found it silent
	done  chan struct{} // closed when it has ended
	err   error         // of its end; to be read after done
}

// launch starts an executor process, and waits until it serves.
func (s *Supervisor) launch(ctx context.Context) (*child, error) {
	const op = "start executor process"
	job, err := jobFile(s.opt.Job)
	if err != nil {
		return nil, err
	}
	defer job.Close()
	s.m.stage.Store(starting)
	s.m.failureLength.Store(0)
	c := &child{m: s.m, born: realtime.Now(), done: make(chan struct{})}
	c.cmd = exec.Command(s.opt.Command[0], s.opt.Command[1:]...) //nolint:noctx // it outlives ctx: motors need time to brake
	c.cmd.Stderr = s.opt.Stderr
	c.cmd.ExtraFiles = []*os.File{s.m.file, job}            // memoryFD, jobFD
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // the terminal's interrupt is for the daemon
	if err := c.cmd.Start(); err != nil {
		return nil, fault.Wrap(fault.Hardware, op, err)
	}
	go func() {
		c.err = c.cmd.Wait()
		close(c.done)
	}()
	for range startTimeout / watchLaunch {
		if s.m.stage.Load() == serving {
			s.pid.Store(int64(c.pid()))
			return c, nil
		}
		select {
		case <-c.done:
			return nil, fault.New(fault.Hardware, op, "%s", c.why())
		default:
		}
		if err := clock.Sleep(ctx, s.opt.Clock, watchLaunch); err != nil {
			c.kill()
			<-c.done
			return nil, fault.Wrap(fault.Cancelled, op, err)
		}
	}
	c.kill()
	<-c.done
	return nil, fault.New(fault.Hardware, op, "it does not serve after %v", startTimeout)
}

const watchLaunch = 5 * time.Millisecond

// jobFile returns a nameless file that holds job.
func jobFile(job []byte) (*os.File, error) {
	const op = "hand over executor job"
	fd, err := unix.MemfdCreate("siderostep-job", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, fault.Wrap(fault.Hardware, op, err)
	}
	file := os.NewFile(uintptr(fd), "executor job")
	if _, err = file.Write(job); err == nil {
		_, err = file.Seek(0, 0)
	}
	if err != nil {
		file.Close()
		return nil, fault.Wrap(fault.Hardware, op, err)
	}
	return file, nil
}

func (c *child) pid() int { return c.cmd.Process.Pid }

func (c *child) age() time.Duration { return realtime.Now().Sub(c.born) }

// hangs reports whether the process has been silent for too long. It must be
// found so more than once: a computer that stood still itself proves nothing.
func (c *child) hangs(now driver.Instant) bool {
	if c.m.silent(now) <= staleAfter {
		c.stale = 0
		return false
	}
	c.stale++
	return c.stale > 3
}

// kill ends the process at once. Its end is seen by done.
func (c *child) kill() { _ = c.cmd.Process.Kill() } // it may have ended already

// end lets the process end by itself, and kills it when it does not.
func (c *child) end(on clock.Clock) {
	_ = c.cmd.Process.Signal(syscall.SIGTERM) // likewise
	timer := on.NewTimer(stopTimeout)
	defer timer.Stop()
	select {
	case <-c.done:
	case <-timer.C():
		c.kill()
		<-c.done
	}
}

// why says how a process came to its end.
func (c *child) why() string {
	how := "without an error"
	if c.err != nil {
		how = "by " + c.err.Error()
	}
	if text := c.m.failureText(); text != "" {
		return text + " (ended " + how + ")"
	}
	return "it ended " + how
}
