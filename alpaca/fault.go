// SPDX-License-Identifier: GPL-3.0-or-later

package alpaca

import (
	"errors"

	"github.com/siderostep/siderostep/fault"
)

// ASCOM error numbers.
const (
	notImplemented       = 0x400
	invalidValue         = 0x401
	valueNotSet          = 0x402
	notConnected         = 0x407
	invalidWhileParked   = 0x408
	invalidOperation     = 0x40B
	actionNotImplemented = 0x40C
	operationCancelled   = 0x40E // not 0x40D, which is reserved
	unspecified          = 0x4FF
	driverFault          = 0x500 // and on to 0xFFF
)

// errorNumbers is the one table that turns kinds of failure into ASCOM error
// numbers.
var errorNumbers = [...]struct {
	kind   error
	number int
}{
	{fault.Unsupported, notImplemented},
	{fault.Invalid, invalidValue},
	{fault.Unset, valueNotSet},
	{fault.Disconnected, notConnected},
	{fault.UnknownAction, actionNotImplemented},
	{fault.Parked, invalidWhileParked},
	{fault.Refused, invalidOperation},
	{fault.BelowLimit, invalidOperation},
	{fault.AboveLimit, invalidOperation},
	{fault.Cancelled, operationCancelled},
	{fault.Hardware, driverFault},
	{fault.Late, driverFault + 1},
	{fault.Full, driverFault + 2},
}

// errorNumber returns the ASCOM number of err: 0 for nil, 0x4FF for an error
// of no known kind.
func errorNumber(err error) int {
	if err == nil {
		return 0
	}
	// The outermost kind is the verdict; one further in is only its cause.
	if e := (*fault.Error)(nil); errors.As(err, &e) {
		for _, row := range errorNumbers {
			if e.Kind == row.kind {
				return row.number
			}
		}
	}
	for _, row := range errorNumbers {
		if errors.Is(err, row.kind) {
			return row.number
		}
	}
	return unspecified
}

// refusal is a request that was not understood: an HTTP status and a text.
type refusal struct {
	status int
	text   string
}

func (r *refusal) Error() string { return r.text }
