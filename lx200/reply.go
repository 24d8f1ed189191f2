// SPDX-License-Identifier: GPL-3.0-or-later

package lx200

import (
	"errors"

	"github.com/siderostep/siderostep/fault"
)

// replies is the one table that turns kinds of failure into what :MS# says
// and :CM# gives as its reason. Set commands answer 0 to each of them, and
// commands without a reply nothing. Only 0, 1 and 2 may lead the reply to
// :MS#: Stellarium drops its link at any other byte (reference §3.3).
var replies = [...]struct {
	kind   error
	slew   string // reply to :MS#, without '#'
	reason string // a word for :CM# and for the counters
}{
	{fault.Unsupported, "2Not supported.", "not supported"},
	{fault.Invalid, "2Invalid target.", "invalid target"},
	{fault.Unset, "2No target set.", "no target"},
	{fault.Disconnected, "2Hardware fault.", "not connected"},
	{fault.UnknownAction, "2Not supported.", "not supported"},
	{fault.Parked, "2Mount parked.", "parked"},
	{fault.Refused, "2Not possible now.", "not possible now"},
	{fault.BelowLimit, "2Outside limits.", "outside limits"},
	{fault.AboveLimit, "2Outside limits.", "outside limits"},
	{fault.Cancelled, "2Cancelled.", "cancelled"},
	{fault.Hardware, "2Hardware fault.", "hardware fault"},
	{fault.Late, "2Hardware fault.", "hardware late"},
	{fault.Full, "2Hardware fault.", "hardware busy"},
}

// Refusals of this edge's own, beside those of the mount.
var (
	errReadOnly  = errors.New("read only")
	errInUse     = errors.New("in use by another client")
	errSlewing   = errors.New("slew in progress")
	errUnaligned = errors.New("not aligned")
	errLow       = errors.New("below horizon")
	errHigh      = errors.New("above altitude limit")

	errMode       = errors.New("not in this mode")
	errNotAllowed = errors.New("not allowed by the configuration")
)

// slewReply returns the reply to :MS# and its kin for err, without '#'.
func slewReply(err error) string {
	switch {
	case err == nil:
		return "0"
	case errors.Is(err, errReadOnly):
		return "2Read only."
	case errors.Is(err, errInUse):
		return "2In use by another client."
	case errors.Is(err, errSlewing):
		return "2Slew in progress."
	case errors.Is(err, errUnaligned):
		return "2Mount not aligned."
	case errors.Is(err, errLow):
		return "1Object below horizon."
	case errors.Is(err, errHigh):
		return "2Above altitude limit."
	}
	for _, row := range replies {
		if fault.KindOf(err) == row.kind {
			return row.slew
		}
	}
	return "2Hardware fault."
}

// reason returns a few words for err.
func reason(err error) string {
	for _, own := range [...]error{errReadOnly, errInUse, errSlewing, errUnaligned, errLow, errHigh, errMode, errNotAllowed} {
		if errors.Is(err, own) {
			return own.Error()
		}
	}
	for _, row := range replies {
		if fault.KindOf(err) == row.kind {
			return row.reason
		}
	}
	return "failed"
}
