// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"github.com/spf13/cobra"

	"github.com/siderostep/siderostep/driver/process"
	"github.com/siderostep/siderostep/internal/rig"
)

// executorCommand is what run starts to drive real motors: nobody else has a
// job for it.
func executorCommand() *cobra.Command {
	return &cobra.Command{
		Use:    "executor",
		Short:  "Drive the motors for siderostep run, which starts this",
		Hidden: true,
		Args:   cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			memory, job, err := process.Inherit()
			if err != nil {
				return err
			}
			equipment, tuning, err := rig.Equip(job)
			if err != nil {
				memory.Fail(err)
				return err
			}
			return process.Serve(cmd.Context(), memory, equipment, tuning)
		},
	}
}
