// SPDX-License-Identifier: GPL-3.0-or-later

package tryout

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Console is the person at the terminal.
type Console struct {
	out   io.Writer
	lines <-chan string // what was typed, a line each; closed at its end
}

// NewConsole returns the person who reads out and types into in. Reading
// ends with ctx, but for a read that already waits: nothing can end that.
func NewConsole(ctx context.Context, in io.Reader, out io.Writer) *Console {
	lines := make(chan string)
	go func() {
		defer close(lines)
		for s := bufio.NewScanner(in); s.Scan(); {
			select {
			case lines <- s.Text():
			case <-ctx.Done():
				return
			}
		}
	}()
	return &Console{out: out, lines: lines}
}

// say prints a line. That nobody reads it stops nothing: a broken pipe comes
// as a signal too.
func (c *Console) say(format string, args ...any) { _, _ = fmt.Fprintf(c.out, format+"\n", args...) }

// ask prints a question and returns the answer, in small letters. At the end
// of the input it returns io.EOF.
func (c *Console) ask(ctx context.Context, question string) (string, error) {
	_, _ = fmt.Fprint(c.out, question+" ")
	select {
	case line, ok := <-c.lines:
		if !ok {
			return "", io.EOF
		}
		return strings.ToLower(strings.TrimSpace(line)), nil
	case <-ctx.Done():
		c.say("")
		return "", ctx.Err()
	}
}

// done turns the end of ctx, which is how a person ends a test, into good
// order.
func (c *Console) done(ctx context.Context, err error) error {
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		c.say("Stopped.")
		return nil
	}
	return err
}
