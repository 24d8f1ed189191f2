// SPDX-License-Identifier: GPL-3.0-or-later

package tryout

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/siderostep/siderostep/driver/serialline"
)

// SerialOptions are the serial terminal.
type SerialOptions struct {
	Hex bool   // show what comes in as hexadecimal numbers, too
	End string // what is sent after each line: none, cr, lf or crlf
}

const serialText = `A terminal on a serial line. What you type is sent when you press Enter, with %s
after it.

  ?     sends the last line again
  !     ends it, and so does Ctrl-C
  \r \n \t \xHH send a carriage return, a line feed, a tab, any byte;
  \? \! \\ at the beginning send these signs themselves.

What to look for: what the other end answers, with signs that cannot be printed
as <CR>, <TAB> or <9F>. Nothing: the speed, receive and transmit exchanged, no
power, or another end of line (--end). Rubbish: the speed.
The counts per turn of an encoder box that does not keep them from its reset:
set them here as its manual says, then start without switching it off.
`

// ends are what may be sent after a line.
func ends() map[string]string {
	return map[string]string{"none": "", "cr": "\r", "lf": "\n", "crlf": "\r\n"}
}

// Serial is a terminal on an open line, until "!", the end of the input or
// that of ctx. It returns serialline's errors when the line is lost.
//
// Source: Scope II manual, TestSerial.
func Serial(ctx context.Context, c *Console, conn *serialline.Conn, o SerialOptions) error {
	end, ok := ends()[o.End]
	if !ok {
		return invalid("end of line %q: accepted are none, cr, lf, crlf", o.End)
	}
	c.say(serialText, map[string]string{"": "nothing", "\r": "<CR>", "\n": "<LF>", "\r\n": "<CR><LF>"}[end])
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	came := make(chan []byte)
	failed := make(chan error, 1)
	go func() { failed <- listen(ctx, conn, came) }()
	return c.done(ctx, converse(ctx, c, conn, o.Hex, end, came, failed))
}

// listen hands on what comes in until ctx ends or the line fails.
func listen(ctx context.Context, conn *serialline.Conn, came chan<- []byte) error {
	buf := make([]byte, 256)
	for ctx.Err() == nil {
		n, err := conn.ReadFor(buf, 200*time.Millisecond)
		if n > 0 {
			select {
			case came <- append([]byte(nil), buf[:n]...):
			case <-ctx.Done():
			}
		}
		if err != nil && !errors.Is(err, serialline.ErrOverrun) {
			return err
		}
	}
	return ctx.Err()
}

func converse(ctx context.Context, c *Console, conn *serialline.Conn, hex bool, end string, came <-chan []byte, failed <-chan error) error {
	last := ""
	for {
		select {
		case b := <-came:
			c.say("%s", show(b, hex))
		case err := <-failed:
			return err
		case <-ctx.Done():
			return ctx.Err()
		case line, ok := <-c.lines:
			switch {
			case !ok || line == "!":
				return nil
			case line == "?":
				line = last
			}
			b, err := unescape(line)
			if err != nil {
				c.say("%v", err)
				continue
			}
			last = line
			if _, err := conn.Write(append(b, end...)); err != nil {
				return err
			}
			c.say("sent %s", show(append(b, end...), hex))
		}
	}
}

// show returns bytes for people.
func show(b []byte, hex bool) string {
	text := printable(b)
	if hex {
		return fmt.Sprintf("% 02X   %s", b, text)
	}
	return text
}

func printable(b []byte) string {
	var s strings.Builder
	for _, c := range b {
		switch {
		case c == '\r':
			s.WriteString("<CR>")
		case c == '\n':
			s.WriteString("<LF>")
		case c == '\t':
			s.WriteString("<TAB>")
		case c < ' ' || c > '~':
			fmt.Fprintf(&s, "<%02X>", c)
		default:
			s.WriteByte(c)
		}
	}
	return s.String()
}

// unescape returns the bytes of a typed line. It returns fault.Invalid for a
// backslash that begins nothing known.
func unescape(line string) ([]byte, error) {
	var b []byte
	for rest := line; rest != ""; {
		if rest[0] != '\\' {
			b, rest = append(b, rest[0]), rest[1:]
			continue
		}
		if len(rest) < 2 {
			return nil, invalid(`a \ at the end: write \\`)
		}
		sign := rest[1]
		rest = rest[2:]
		switch sign {
		case 'r':
			b = append(b, '\r')
		case 'n':
			b = append(b, '\n')
		case 't':
			b = append(b, '\t')
		case '\\', '?', '!':
			b = append(b, sign)
		case 'x':
			if len(rest) < 2 {
				return nil, invalid(`\x%s: two hexadecimal digits are wanted`, rest)
			}
			v, err := strconv.ParseUint(rest[:2], 16, 8)
			if err != nil {
				return nil, invalid(`\x%s: two hexadecimal digits are wanted`, rest[:2])
			}
			b, rest = append(b, byte(v)), rest[2:]
		default:
			return nil, invalid(`\%c is not known; accepted are \r \n \t \xHH \\ \? \!`, sign)
		}
	}
	return b, nil
}
