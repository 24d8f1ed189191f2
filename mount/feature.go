// SPDX-License-Identifier: GPL-3.0-or-later

package mount

import (
	"context"

	"github.com/siderostep/siderostep/fault"
)

// The commands below are for features that a telescope may have or lack. On
// one that lacks them they return fault.Unsupported, and nothing has changed.

func lacking(op, what string) error {
	return fault.New(fault.Unsupported, op, "this telescope has no %s", what)
}

// SwitchPEC switches periodic error correction of AxisZ or AxisA.
func (m *Mount) SwitchPEC(_ context.Context, axis int, on bool) error {
	return lacking("PEC", "periodic error correction")
}

// TogglePEC switches periodic error correction of both axes over.
func (m *Mount) TogglePEC(context.Context) error {
	return lacking("PEC", "periodic error correction")
}

// RunScrollLine executes one line of a scroll file.
func (m *Mount) RunScrollLine(_ context.Context, line string) error {
	return lacking("scroll line", "scroll files")
}
