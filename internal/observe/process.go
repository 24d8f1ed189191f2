// SPDX-License-Identifier: GPL-3.0-or-later

package observe

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"time"

	"github.com/siderostep/siderostep/clock"
)

// process is a program that was started here.
type process struct {
	cmd   *exec.Cmd
	ended chan struct{}
}

// patience is how long a program may take to start or to end on a busy
// machine.
const patience = time.Minute

// start starts a program and waits until it has told the addresses that
// follow some marks in its output. The output goes to log. It is killed when
// this program ends without having stopped it.
func start(ctx context.Context, log io.Writer, cmd *exec.Cmd, marks ...string) (*process, []string, error) {
	out, in, err := os.Pipe()
	if err != nil {
		return nil, nil, err
	}
	cmd.Stdout, cmd.Stderr = in, in
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	p := &process{cmd, make(chan struct{})}
	started, told := make(chan error), make(chan []string, 1)
	go func() {
		defer close(p.ended)
		defer out.Close()
		runtime.LockOSThread() // the thread's end is what Pdeathsig means
		err := cmd.Start()
		in.Close()
		started <- err
		if err != nil {
			return
		}
		defer func() { _ = cmd.Wait() }()
		addresses, missing := make([]string, len(marks)), len(marks)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			fmt.Fprintln(log, lines.Text())
			for i, mark := range marks {
				_, rest, ok := strings.Cut(lines.Text(), mark)
				if !ok || addresses[i] != "" {
					continue
				}
				addresses[i], _, _ = strings.Cut(rest, " ")
				if missing--; missing == 0 {
					told <- addresses
				}
			}
		}
	}()
	if err := <-started; err != nil {
		return nil, nil, err
	}
	late := clock.Real{}.NewTimer(patience)
	defer late.Stop()
	select {
	case addresses := <-told:
		return p, addresses, nil
	case <-p.ended:
		err = errors.New("it ended before it told its addresses")
	case <-late.C():
		err = fmt.Errorf("it has not told its addresses in %v", patience)
	case <-ctx.Done():
		err = ctx.Err()
	}
	p.Stop()
	return nil, nil, fmt.Errorf("%s: %w", cmd.Path, err)
}

// Stop asks the program to end, and waits until it has.
func (p *process) Stop() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	late := clock.Real{}.NewTimer(patience)
	defer late.Stop()
	select {
	case <-p.ended:
	case <-late.C():
		_ = p.cmd.Process.Kill()
		<-p.ended
	}
}
