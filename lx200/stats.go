// SPDX-License-Identifier: GPL-3.0-or-later

package lx200

import (
	"maps"
	"sync"
)

// Result is what became of a command.
type Result uint8

// The results of commands.
const (
	Done       Result = iota
	Refused           // understood and declined
	Ignored           // accepted without effect, or its feature does not exist
	Unknown0          // no command begins with its first letter
	Unknown1          // … with its second
	Unknown2          // … with its third
	Unfinished        // no '#' in time
	Overlong          // no '#' within 128 bytes
	results
)

func (r Result) String() string {
	return [...]string{"done", "refused", "ignored", "U0", "U1", "U2", "unfinished", "overlong"}[r]
}

// Count names a counter: a command by its letters, "ACK" for the ACK byte and
// "?" for what is no command.
type Count struct {
	Command string
	Result  Result
}

// Stats are the counters since the start.
type Stats struct {
	Commands map[Count]uint64
	Refusals map[string]uint64 // by reason
	Accepted uint64            // connections served
	Rejected uint64            // connections closed without a byte
	Open     int               // connections now
	Recent   []string          // the last 16 commands or statuses, oldest first
	Raw      []byte            // the last 78 bytes received
}

const (
	recentCommands = 16
	recentBytes    = 78
)

// counters are Stats as they grow. Their memory is bounded: a command counts
// under a name from the table.
type counters struct {
	mu       sync.Mutex
	stats    Stats
	recent   [recentCommands]string
	recentN  int
	raw      [recentBytes]byte
	rawCount int
}

func (c *counters) command(name string, r Result, status string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stats.Commands == nil {
		c.stats.Commands, c.stats.Refusals = map[Count]uint64{}, map[string]uint64{}
	}
	c.stats.Commands[Count{name, r}]++
	c.recent[c.recentN%recentCommands] = status
	c.recentN++
}

func (c *counters) refusal(why string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stats.Refusals == nil {
		c.stats.Commands, c.stats.Refusals = map[Count]uint64{}, map[string]uint64{}
	}
	c.stats.Refusals[why]++
}

func (c *counters) received(b []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, x := range b[max(0, len(b)-recentBytes):] {
		c.raw[c.rawCount%recentBytes] = x
		c.rawCount++
	}
}

func (c *counters) connection(accepted bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if accepted {
		c.stats.Accepted++
		c.stats.Open++
	} else {
		c.stats.Rejected++
	}
}

func (c *counters) closed() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stats.Open--
}

func (c *counters) copy() Stats {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.stats
	s.Commands, s.Refusals = maps.Clone(s.Commands), maps.Clone(s.Refusals)
	for i := max(0, c.recentN-recentCommands); i < c.recentN; i++ {
		s.Recent = append(s.Recent, c.recent[i%recentCommands])
	}
	for i := max(0, c.rawCount-recentBytes); i < c.rawCount; i++ {
		s.Raw = append(s.Raw, c.raw[i%recentBytes])
	}
	return s
}
