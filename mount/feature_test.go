// SPDX-License-Identifier: GPL-3.0-or-later

package mount

import (
	"errors"
	"testing"

	"github.com/siderostep/siderostep/fault"
)

func TestLackingFeatures(t *testing.T) {
	m, ctx := new(Mount), t.Context()
	for name, err := range map[string]error{
		"switch PEC": m.SwitchPEC(ctx, AxisZ, true), "toggle PEC": m.TogglePEC(ctx),
		"scroll line": m.RunScrollLine(ctx, "trackoff"),
	} {
		if !errors.Is(err, fault.Unsupported) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
