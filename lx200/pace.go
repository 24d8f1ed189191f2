// SPDX-License-Identifier: GPL-3.0-or-later

package lx200

import (
	"context"
	"time"

	"github.com/siderostep/siderostep/clock"
)

// budget is what a connection has sent in a second. Each has its own, so that
// one that floods the server delays no other from its address. Guarded by
// conn.mu.
type budget struct {
	second   time.Time // in which commands are counted
	commands int
	waste    int // bytes since the last command or since they counted as one
}

// pace delays a connection that sends too much in a second: commands, whether
// known or not, and what is none by the length of the longest. A stop is never
// delayed.
func (s *Server) pace(ctx context.Context, c *conn, what event) {
	b := &c.budget
	switch what {
	case complete, summed, cut, asked:
		b.waste = 0
		if f := c.frames.frame(); what != asked && len(f) > 0 && f[0] == 'Q' {
			return
		}
	default:
		if b.waste++; b.waste < maxFrame {
			return
		}
		b.waste = 0
	}
	now := s.clock.Now()
	if now.Sub(b.second) >= time.Second {
		b.second, b.commands = now, 0
	}
	if b.commands++; b.commands > s.cfg.MaxCommands {
		if clock.Sleep(ctx, s.clock, b.second.Add(time.Second).Sub(now)) == nil {
			b.second, b.commands = s.clock.Now(), 1
		}
	}
}
