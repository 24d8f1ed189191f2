// SPDX-License-Identifier: GPL-3.0-or-later

// Command siderostep turns a stepper-driven telescope mount into an ASCOM
// Alpaca instrument, or simulates one. This package is the wiring and the
// command line; what the telescope does is decided elsewhere.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

func main() {
	ctx, restore := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// The first signal stops the program in good order; a second one finds
	// the usual way of dying.
	context.AfterFunc(ctx, restore)
	os.Exit(execute(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// exitStatus ends the program with a status of its own and no message.
type exitStatus int

func (s exitStatus) Error() string { return fmt.Sprintf("exit status %d", int(s)) }

// execute runs one command line and returns the exit status: 0, 1 for a
// failure told on stderr, or the command's own.
func execute(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	root := commands()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if status, ok := errors.AsType[exitStatus](err); ok {
		return int(status)
	}
	if err != nil {
		fmt.Fprintf(stderr, "siderostep: %v\n", err)
		return 1
	}
	return 0
}

func commands() *cobra.Command {
	root := &cobra.Command{
		Use:           "siderostep",
		Short:         "A stepper-driven telescope mount as a network instrument",
		SilenceErrors: true,
		SilenceUsage:  true,
		Version:       version(),
	}
	root.AddCommand(runCommand(), analysisCommand(), boxCommand(), calcCommand(), checkCommand(), conformCommand(), discoverCommand(),
		executorCommand(), importConfigCommand(), stateCommand(), testCommand(), versionCommand())
	return root
}
