// SPDX-License-Identifier: GPL-3.0-or-later

package lx200

import (
	"context"

	"github.com/siderostep/siderostep/driver/serialline"
)

// Line is a serial line: its name, and how to open it.
type Line struct {
	Name string
	Open serialline.Opener
}

// Lines returns the serial line that is configured, or none.
func (c Config) Lines() []Line {
	if c.Serial.Device == "" {
		return nil
	}
	return []Line{{Name: c.Serial.Device, Open: serialline.Device(c.Serial.Device, c.Serial.Baud)}}
}

// tend answers the client of a serial line, again and again, until ctx ends.
// One that sends so much more than is executed that bytes were dropped counts
// as lost: what is left of its frames could mean anything.
func (s *Server) tend(ctx context.Context, l Line) {
	line := serialline.New(l.Name, l.Open, s.clock, s.log.With("server", "LX200"))
	s.mu.Lock()
	s.lines = append(s.lines, line)
	s.mu.Unlock()
	line.Run(ctx, func(ctx context.Context, c *serialline.Conn) error {
		return s.converse(ctx, s.open(c, l.Name, s.serial))
	})
}
