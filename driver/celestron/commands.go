// SPDX-License-Identifier: GPL-3.0-or-later

package celestron

import (
	"context"
	"fmt"

	"github.com/siderostep/siderostep/fault"
)

// The focus motor's commands.
const (
	cmdPosition    byte = 0x01
	cmdGotoFast    byte = 0x02
	cmdSetPosition byte = 0x04
	cmdDone        byte = 0x13
	cmdGotoSlow    byte = 0x17
	cmdMovePlus    byte = 0x24
	cmdMoveMinus   byte = 0x25
	cmdCalibrate   byte = 0x2a
	cmdCalibration byte = 0x2b
	cmdLimits      byte = 0x2c
	cmdVersion     byte = 0xfe
)

// MaxPosition is the highest position that a command can carry: three bytes.
const MaxPosition = 1<<24 - 1

// MaxRate is the fastest rate of Move.
const MaxRate = 9

// All of these return the errors of an exchange: fault.Disconnected before
// Connect, fault.Hardware when there is no answer or the line is gone,
// fault.Cancelled when ctx ends. Positions are the motor's own, growing with
// the knob's counter-clockwise turn, away from the inner end of focus.

// Version returns the firmware's version, "major.minor" or
// "major.minor.build".
func (c *Client) Version(ctx context.Context) (string, error) {
	b, err := c.ask(ctx, cmdVersion, 2)
	switch {
	case err != nil:
		return "", err
	case len(b) >= 4:
		return fmt.Sprintf("%d.%d.%d", b[0], b[1], int(b[2])<<8|int(b[3])), nil
	}
	return fmt.Sprintf("%d.%d", b[0], b[1]), nil
}

// Position returns where the motor stands, 0 to MaxPosition.
func (c *Client) Position(ctx context.Context) (int, error) {
	b, err := c.ask(ctx, cmdPosition, 3)
	if err != nil {
		return 0, err
	}
	return int(b[0])<<16 | int(b[1])<<8 | int(b[2]), nil
}

// SetPosition makes the motor's counter say position from now on. What becomes
// of its limits is not documented; calibrate afterwards. It returns
// fault.Invalid for a position outside 0 to MaxPosition.
func (c *Client) SetPosition(ctx context.Context, position int) error {
	return c.send(ctx, cmdSetPosition, position)
}

// Goto sends the motor to a position, fast or slowly. It returns once the
// motor has taken the order; Done tells when it is there. It returns
// fault.Invalid for a position outside 0 to MaxPosition.
func (c *Client) Goto(ctx context.Context, position int, fast bool) error {
	if fast {
		return c.send(ctx, cmdGotoFast, position)
	}
	return c.send(ctx, cmdGotoSlow, position)
}

// send sends a command that carries a position.
func (c *Client) send(ctx context.Context, command byte, position int) error {
	if position < 0 || position > MaxPosition {
		return fault.New(fault.Invalid, op, "position %d; 0 to %d is accepted", position, MaxPosition)
	}
	_, err := c.ask(ctx, command, 0, byte(position>>16), byte(position>>8), byte(position))
	return err
}

// Done reports whether the last Goto is over.
func (c *Client) Done(ctx context.Context) (bool, error) {
	b, err := c.ask(ctx, cmdDone, 1)
	return err == nil && b[0] == 0xff, err
}

// Move turns the motor on and on: rate 1 (slowest) to MaxRate toward growing
// positions, negative the other way; 0 stops it. It returns fault.Invalid for
// another rate.
func (c *Client) Move(ctx context.Context, rate int) error {
	command := cmdMovePlus
	if rate < 0 {
		command, rate = cmdMoveMinus, -rate
	}
	if rate > MaxRate || rate < 0 {
		return fault.New(fault.Invalid, op, "rate %d; -%d to %d is accepted", rate, MaxRate, MaxRate)
	}
	_, err := c.ask(ctx, command, 0, byte(rate))
	return err
}

// Stop stops the motor.
func (c *Client) Stop(ctx context.Context) error { return c.Move(ctx, 0) }

// Calibrate begins to find the ends of the motor's travel, by driving to both,
// or gives that up.
func (c *Client) Calibrate(ctx context.Context, begin bool) error {
	var start byte
	if begin {
		start = 1
	}
	_, err := c.ask(ctx, cmdCalibrate, 0, start)
	return err
}

// Calibration reports whether calibration is over, and how far it is. Neither
// done nor beyond stage 0 means that it was given up.
func (c *Client) Calibration(ctx context.Context) (done bool, stage int, err error) {
	b, err := c.ask(ctx, cmdCalibration, 2)
	if err != nil {
		return false, 0, err
	}
	return b[0] != 0, int(b[1]), nil
}

// Limits returns the ends of the motor's travel. Without calibration the
// highest is not above the lowest.
func (c *Client) Limits(ctx context.Context) (lowest, highest int, err error) {
	b, err := c.ask(ctx, cmdLimits, 8)
	if err != nil {
		return 0, 0, err
	}
	var ends [2]uint32
	for i := range ends {
		w := b[4*i:]
		ends[i] = uint32(w[0])<<24 | uint32(w[1])<<16 | uint32(w[2])<<8 | uint32(w[3])
		if ends[i] > MaxPosition {
			return 0, 0, fault.New(fault.Hardware, op, "its travel is from %d to %d; positions end at %d", ends[0], ends[1], MaxPosition)
		}
	}
	return int(ends[0]), int(ends[1]), nil
}
