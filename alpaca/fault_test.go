// SPDX-License-Identifier: GPL-3.0-or-later

package alpaca

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/siderostep/siderostep/fault"
)

func TestEveryKindHasANumber(t *testing.T) {
	for _, kind := range fault.Kinds() {
		if n := errorNumber(fmt.Errorf("wrapped: %w", kind)); n == unspecified {
			t.Errorf("%v has no row in errorNumbers", kind)
		}
	}
}

// The numbers are those of the ASCOM documentation, not of our constants.
func TestErrorNumbers(t *testing.T) {
	for _, tt := range []struct {
		err  error
		want int
	}{
		{nil, 0},
		{fault.New(fault.Unsupported, "", ""), 1024},
		{fault.New(fault.Invalid, "", ""), 1025},
		{fault.New(fault.Unset, "", ""), 1026},
		{fault.New(fault.Disconnected, "", ""), 1031},
		{fault.New(fault.Parked, "", ""), 1032},
		{fault.New(fault.Refused, "", ""), 1035},
		{fault.New(fault.BelowLimit, "", ""), 1035},
		{fault.New(fault.AboveLimit, "", ""), 1035},
		{fault.New(fault.UnknownAction, "", ""), 1036},
		{fault.New(fault.Cancelled, "", ""), 1038},
		{fault.New(fault.Hardware, "", ""), 1280},
		{fault.New(fault.Late, "", ""), 1281},
		{fault.New(fault.Full, "", ""), 1282},
		{errors.New("something"), 1279},
		{fault.Wrap(fault.Cancelled, "slew", context.Canceled), 1038},
		{fault.Wrap(fault.Refused, "", fault.New(fault.Invalid, "", "")), 1035},
	} {
		if got := errorNumber(tt.err); got != tt.want {
			t.Errorf("errorNumber(%v) = %d, want %d", tt.err, got, tt.want)
		}
	}
}
