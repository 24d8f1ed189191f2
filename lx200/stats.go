// SPDX-License-Identifier: GPL-3.0-or-later

package lx200

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/siderostep/siderostep/clock"
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
	return [results]string{"done", "refused", "ignored", "U0", "U1", "U2", "unfinished", "overlong"}[r]
}

// Count names a counter: a command by its letters, "ACK" for the ACK byte and
// "other" for what is no command.
type Count struct {
	Command string
	Result  Result
}

// Stats are the counters since the start, and what is open now. Everything in
// it is bounded: the names are those of closed lists.
type Stats struct {
	Commands map[Count]uint64  // those that came, by letters and result
	Families []Family          // the same summed by what they are about; always all, in the same order
	Took     clock.Tally       // known commands, from a frame's end until the reply is ready
	Refusals map[string]uint64 // refused commands by reason

	Connections int // TCP connections now
	Sessions    int // clients remembered: remote addresses and serial lines
	Accepted    uint64
	Rejected    [rejections]uint64 // connections closed without a byte, by Rejection
	Idle        uint64             // connections closed because their client was silent
	Stuck       uint64             // connections closed because their client took no reply

	LinesConfigured int    // serial lines that are served
	LinesOpen       int    // of these now
	LinesOpened     uint64 // times that one was opened, the first time of each included
	Reopened        uint64 // times that one was opened again
	LinesFailed     uint64 // times that one could not be opened
	LinesLost       uint64 // times that one was lost while open

	BytesIn, BytesOut uint64
	Noise             uint64 // bytes outside of frames
	Broken            uint64 // frames dropped at a control byte
	BadSums           uint64 // frames with a wrong checksum

	Stopped uint64 // direction key motions ended by a deadline or with their serial line
	Object  string // the object that a client has named last; "" for none
}

// Family is what all commands of a kind have come to.
type Family struct {
	Name    string          // of the list below
	Results [results]uint64 // by Result
	Took    time.Duration   // from a frame's end until its reply is ready, summed
}

// The families of commands.
var families = [...]string{
	"identity", "get", "target", "goto", "sync", "stop", "move", "rate", "guide", "tracking", "park", "rotator",
	"focuser", "site", "custom", "constant", "other",
}

// Rejection is why a connection is closed without a byte.
type Rejection uint8

// The rejections.
const (
	OffNetwork   Rejection = iota // its address is in none of the allowed networks
	TooMany                       // connections at a time
	TooManyOfOne                  // connections at a time from its address
	TooFast                       // connections in a second from its address
	rejections
)

func (r Rejection) String() string {
	return [rejections]string{"network", "clients", "address", "rate"}[r]
}

// familyOf returns the family of a command's name.
func familyOf(name string) string {
	begins := func(any ...string) bool {
		return slices.ContainsFunc(any, func(p string) bool { return strings.HasPrefix(name, p) })
	}
	switch {
	case begins("ACK", "GV", "GW", "U") || name == "P":
		return "identity"
	case name == "MS", name == "MA", name == "MG":
		return "goto"
	case begins("MG", "Mg"):
		return "guide"
	case begins("GX98", "r"):
		return "rotator"
	case begins("G", "D", "h?"):
		return "get"
	case begins("C"):
		return "sync"
	case begins("Q"):
		return "stop"
	case begins("M"):
		return "move"
	case begins("R", "Sw"):
		return "rate"
	case begins("T", "ST", "A", "$Q"):
		return "tracking"
	case begins("h", "I"):
		return "park"
	case begins("F"):
		return "focuser"
	case begins("Sr", "Sd", "Sa", "Sz"):
		return "target"
	case begins("St", "Sg", "SG", "SL", "SC", "SS", "SM", "SN", "SO", "SP", "Sh", "So", "W"):
		return "site"
	case begins("X"):
		return "custom"
	case name == other:
		return "other"
	}
	return "constant"
}

const other = "other"

const (
	recentCommands = 16
	recentBytes    = 78
)

// Trace is the last that was heard, as scope.exe showed it on its screen.
type Trace struct {
	Count  int      // commands and statuses so far
	Recent []string // the last 16 of them, oldest first, by the codes of scope.exe
	Raw    []byte   // the last 78 bytes received
}

// counters are Stats as they grow. What every command touches is atomic.
type counters struct {
	commands [][results]atomic.Uint64 // by command.number; the first is other
	took     []atomic.Int64           // nanoseconds, by number of the family
	all      clock.Durations

	accepted, idle, stuck  atomic.Uint64
	rejected               [rejections]atomic.Uint64
	connections            atomic.Int64
	in, out                atomic.Uint64
	noise, broken, badSums atomic.Uint64
	stopped                atomic.Uint64
	mu                     sync.Mutex // guards what follows
	refusals               map[string]uint64
	recent                 [recentCommands]row
	recentN                int
	raw                    [recentBytes]byte
	rawCount               int
}

// row is what became of one command.
type row struct {
	code   string
	result Result
}

func newCounters() *counters {
	return &counters{
		commands: make([][results]atomic.Uint64, len(table.names)), took: make([]atomic.Int64, len(families)),
		refusals: map[string]uint64{},
	}
}

// command counts one command, by its number. What is none takes no time that
// says anything of the others.
func (c *counters) command(number int, r Result, took time.Duration, code string) {
	c.commands[number][r].Add(1)
	if number != 0 {
		c.took[table.family[number]].Add(int64(took))
		c.all.Add(took)
	}
	c.status(code, r)
}

// framing counts what did not become a command.
func (c *counters) framing(r Result) {
	c.commands[0][r].Add(1)
	code := "Un"
	if r == Overlong {
		code = "overlong"
	}
	c.status(code, r)
}

func (c *counters) status(code string, r Result) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.recent[c.recentN%recentCommands] = row{code, r}
	c.recentN++
}

func (c *counters) refusal(why string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.refusals[why]++
}

func (c *counters) received(b []byte) {
	c.in.Add(uint64(len(b)))
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, x := range b[max(0, len(b)-recentBytes):] {
		c.raw[c.rawCount%recentBytes] = x
		c.rawCount++
	}
}

// Stats returns the counters. It is cheap, and never waits for a command.
func (s *Server) Stats() Stats {
	c := s.counts
	n := Stats{
		Commands:    map[Count]uint64{},
		Took:        c.all.Load(),
		Families:    make([]Family, len(families)),
		Connections: int(c.connections.Load()), Accepted: c.accepted.Load(), Idle: c.idle.Load(), Stuck: c.stuck.Load(),
		BytesIn: c.in.Load(), BytesOut: c.out.Load(),
		Noise: c.noise.Load(), Broken: c.broken.Load(), BadSums: c.badSums.Load(), Stopped: c.stopped.Load(),
	}
	for i, name := range families {
		n.Families[i] = Family{Name: name, Took: time.Duration(c.took[i].Load())}
	}
	for i, name := range table.names {
		for r := range results {
			if v := c.commands[i][r].Load(); v > 0 {
				n.Commands[Count{name, r}] = v
				n.Families[table.family[i]].Results[r] += v
			}
		}
	}
	for i := range n.Rejected {
		n.Rejected[i] = c.rejected[i].Load()
	}
	c.mu.Lock()
	n.Refusals = maps.Clone(c.refusals)
	c.mu.Unlock()
	s.mu.Lock()
	n.Sessions, n.Object = len(s.sessions), s.object
	lines := s.lines
	s.mu.Unlock()
	n.LinesConfigured = len(lines)
	for _, l := range lines {
		k := l.Counts()
		if k.Open {
			n.LinesOpen++
		}
		n.LinesOpened += k.Opened
		n.Reopened += max(k.Opened, 1) - 1
		n.LinesFailed += k.Failed
		n.LinesLost += k.Lost
	}
	return n
}

// Trace returns the last that was heard.
func (s *Server) Trace() Trace {
	c := s.counts
	c.mu.Lock()
	defer c.mu.Unlock()
	t := Trace{Count: c.recentN}
	for i := max(0, c.recentN-recentCommands); i < c.recentN; i++ {
		r := c.recent[i%recentCommands]
		text := r.code
		if r.result == Refused || r.result == Ignored {
			text += " " + r.result.String()
		}
		t.Recent = append(t.Recent, text)
	}
	for i := max(0, c.rawCount-recentBytes); i < c.rawCount; i++ {
		t.Raw = append(t.Raw, c.raw[i%recentBytes])
	}
	return t
}
