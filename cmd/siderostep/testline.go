// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"context"
	"os/signal"
	"time"

	"github.com/spf13/cobra"

	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/driver/serialline"
	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/internal/tryout"
)

func testEncodersCommand() *cobra.Command {
	t := newTrial()
	var protocol, device string
	var baud int
	var counts []int
	var seconds float64
	cmd := &cobra.Command{
		Use:   "encoders",
		Short: "Show what the encoder box says, and count a turn of the tube",
		Example: "  siderostep test encoders\n" +
			"  siderostep test encoders --protocol reset_via_r --device /dev/ttyUSB0 --counts 8192,8192",
		Args: cobra.NoArgs,
	}
	cmd.RunE = t.run(func(ctx context.Context) error {
		c := t.cfg.Encoders
		if protocol != "" {
			c.Protocol = protocol
		}
		if device != "" {
			c.Device = device
		}
		if baud != 0 {
			c.Baud = baud
		}
		switch len(counts) {
		case 0:
		case 2:
			c.CountsZ, c.CountsA = counts[0], counts[1]
		default:
			return fault.New(fault.Invalid, "test encoders", "--counts takes two numbers, of z and of a: --counts 8192,8192")
		}
		return tryout.Encoders(ctx, t.console, c.Opener(), tryout.EncoderOptions{Config: c, For: time.Duration(seconds * float64(time.Second))}, t.clock)
	})
	f := cmd.Flags()
	t.common(f)
	f.StringVar(&protocol, "protocol", "", "how the box talks (default encoders.protocol)")
	f.StringVar(&device, "device", "", "its serial device (default encoders.device)")
	f.IntVar(&baud, "baud", 0, "speed of the line (default encoders.baud)")
	f.IntSliceVar(&counts, "counts", nil, "counts per turn of the encoders of z and a (default as configured)")
	f.Float64Var(&seconds, "seconds", 0, "seconds after which it ends; 0: not before Ctrl-C")
	return cmd
}

func testSerialCommand() *cobra.Command {
	o := tryout.SerialOptions{End: "cr"}
	baud := 9600
	cmd := &cobra.Command{
		Use:   "serial DEVICE",
		Short: "A terminal on a serial line",
		Long:  "A terminal on a serial line, 8 data bits, no parity, 1 stop bit. It needs no configuration.",
		Example: "  siderostep test serial /dev/ttyUSB0 --hex\n" +
			"  siderostep test serial /dev/ttyUSB0 --baud 19200 --end none",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx, restore := signal.NotifyContext(cmd.Context(), stopSignals()...)
			defer restore()
			if err := serialline.CheckBaud("--baud", baud); err != nil {
				return err
			}
			rw, err := serialline.Device(args[0], baud)()
			if err != nil {
				return err
			}
			conn := serialline.Attach(rw, clock.Real{})
			defer func() { _ = conn.Close() }()
			console := tryout.NewConsole(ctx, cmd.InOrStdin(), cmd.OutOrStdout())
			return tryout.Serial(ctx, console, conn, o)
		},
	}
	f := cmd.Flags()
	f.IntVar(&baud, "baud", baud, "speed of the line")
	f.BoolVar(&o.Hex, "hex", o.Hex, "show what comes in and goes out as hexadecimal numbers, too")
	f.StringVar(&o.End, "end", o.End, "what is sent after each line: none, cr, lf, crlf")
	return cmd
}
