// SPDX-License-Identifier: GPL-3.0-or-later

package boxes

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"testing"

	"github.com/siderostep/siderostep/driver/process"
	"github.com/siderostep/siderostep/internal/rig"
	"github.com/siderostep/siderostep/model"
)

// The test's program is also the executor process, as siderostep's is, and the
// daemon that is killed.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case "executor":
			exit(executorMain())
		case "daemon":
			exit(daemonMain(os.Args[2:]))
		}
	}
	flag.Parse()
	// These tests wait for most of their time, so there may be more of them
	// than processors.
	if err := flag.Set("test.parallel", "16"); err != nil {
		exit(err)
	}
	os.Exit(m.Run())
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, os.Args[1], err)
		os.Exit(1)
	}
	os.Exit(0)
}

// executorMain is what `siderostep executor` does.
func executorMain() error {
	ctx, cancel := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer cancel()
	memory, job, err := process.Inherit()
	if err != nil {
		return err
	}
	equipment, tuning, err := rig.Equip(job)
	if err != nil {
		memory.Fail(err)
		return err
	}
	return process.Serve(ctx, memory, equipment, tuning)
}

// daemonMain is a telescope on real motors in a folder, which slews until it is
// killed.
func daemonMain(args []string) error {
	ctx := context.Background()
	r, err := rig.New(onHardware(args[0]), hardwareParts(args[0]))
	if err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()
	if err := r.Mount.Unpark(ctx); err != nil {
		return err
	}
	at := r.Mount.Snapshot().Horizontal
	to := model.Horizontal{Az: at.Az + model.Degrees(60), Alt: at.Alt + model.Degrees(30)}
	if err := r.Mount.SlewHorizontal(ctx, to); err != nil {
		return err
	}
	return <-ended
}
