// SPDX-License-Identifier: GPL-3.0-or-later

// Package tryout holds the test modes: what one does with new wiring before
// the telescope is driven by it. Lines are lit one by one, windings are put
// in order, a motor turns at a constant rate, a paddle's keys and an encoder
// box's counts are shown, a serial line is talked to, a focuser is moved.
//
// Each says first what to look for, and what to do when it is not seen. Each
// ends by itself or when its context ends, and whatever is on is switched off
// on the way out. What is on, is on for a time fixed beforehand, by a
// goroutine that waits for nobody: neither for a reader of the text, nor for
// an answer.
//
// Source: Scope II manual, "TestString", TestParallelPort, TestSerial,
// "Track", and its chapters on the circuit board and on hooking up motors;
// stepper-core §1.1, §5.3, §6, §9.
package tryout

import (
	"errors"
	"fmt"

	"github.com/siderostep/siderostep/fault"
)

const op = "test"

func invalid(format string, args ...any) error { return fault.New(fault.Invalid, op, format, args...) }

// guarded returns do's error, or its panic as one, so that whoever waits for
// it goes on to switch things off.
func guarded(do func() error) (err error) {
	defer func() {
		if reason := recover(); reason != nil {
			err = errors.Join(err, fault.New(fault.Hardware, op, "panic: %v", reason))
		}
	}()
	return do()
}

// plural returns "1 line", "2 lines".
func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
