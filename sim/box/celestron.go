// SPDX-License-Identifier: GPL-3.0-or-later

package box

import (
	"encoding/binary"
	"sync"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/fault"
)

// CelestronConfig is a Celestron focus motor on its telescope.
type CelestronConfig struct {
	Position   int     // at power-up, steps
	Min, Max   int     // soft limits that a calibration finds, steps; 24 bits, Min < Max
	Overrun    int     // how far the motor runs past them, steps, ≥ 0
	Calibrated bool    // it has been calibrated before
	Fast, Slow float64 // speeds of the two gotos, steps per second, > 0

	Version [4]byte // major, minor, build high, build low
	Short   bool    // answers with major and minor only
	Echo    bool    // everything sent comes back first, as on a wire that both ends share
}

// DefaultCelestron returns a calibrated motor in the middle of its travel. Its
// speeds and its travel are not documented.
func DefaultCelestron() CelestronConfig {
	return CelestronConfig{
		Position: 20000, Max: 40000, Overrun: 500, Calibrated: true,
		Fast: 500, Slow: 50, Version: [4]byte{7, 16, 0x1F, 0x90},
	}
}

// Addresses and commands of the AUX protocol.
const (
	auxPreamble = 0x3B
	auxFocuser  = 0x12

	auxGetPosition      = 0x01
	auxGotoFast         = 0x02
	auxSetPosition      = 0x04
	auxDone             = 0x13
	auxGotoSlow         = 0x17
	auxMovePlus         = 0x24
	auxMoveMinus        = 0x25
	auxCalibrate        = 0x2A
	auxCalibrationState = 0x2B
	auxLimits           = 0x2C
	auxVersion          = 0xFE
)

// Celestron is the Celestron focus motor behind its USB port.
//
// Assumed where the documents are silent: commands that set something are
// answered with an empty frame; commands that are unknown or of a wrong length
// with none; limits are 0 and 0 until calibrated, when the motor obeys all the
// same and only the stops end its way; a new motion or stop ends a
// calibration; set position renames where the motor stands; state 12 is that
// of a finished calibration; a position below 0 is a two's complement.
type Celestron struct {
	cfg CelestronConfig

	mu      sync.Mutex
	motor   focusMotor
	in      []byte
	last    driver.Instant
	ignored int
}

// NewCelestron returns a motor that has just been switched on, or
// fault.Invalid.
func NewCelestron(cfg CelestronConfig) (*Celestron, error) {
	const most = 1 << 23
	low, high := cfg.Min-cfg.Overrun, cfg.Max+cfg.Overrun
	switch {
	case cfg.Min >= cfg.Max || cfg.Overrun < 0 || low < -most || high >= most:
		return nil, fault.New(fault.Invalid, "new Celestron focus motor", "limits %d to %d with an overrun of %d: they must ascend and fit into 24 bits", cfg.Min, cfg.Max, cfg.Overrun)
	case cfg.Position < low || cfg.Position > high:
		return nil, fault.New(fault.Invalid, "new Celestron focus motor", "position %d: %d to %d is accepted", cfg.Position, low, high)
	case !(cfg.Fast > 0 && cfg.Slow > 0):
		return nil, fault.New(fault.Invalid, "new Celestron focus motor", "speeds %v and %v steps/s: they must be above 0", cfg.Fast, cfg.Slow)
	}
	return &Celestron{cfg: cfg, motor: focusMotor{
		low: float64(low), high: float64(high), fast: cfg.Fast, slow: cfg.Slow,
		shaft: float64(cfg.Position), learned: cfg.Calibrated,
	}}, nil
}

// CelestronTruth is what the motor has really done.
type CelestronTruth struct {
	Position float64 // of the shaft, steps, whatever the count was set to
	Moving   bool
	EndStops int // times it ran against a stop, calibrations apart
	Ignored  int // frames that had a wrong checksum or were for another device
}

// Truth returns it for an instant.
func (c *Celestron) Truth(at driver.Instant) CelestronTruth {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.motor.advance(at)
	return CelestronTruth{c.motor.shaft, c.motor.moving(), c.motor.endStops, c.ignored}
}

// Take implements Box.
func (c *Celestron) Take(at driver.Instant, in []byte) (out []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.motor.advance(at)
	if at.Sub(c.last) > patience {
		c.in = c.in[:0]
	}
	c.last = at
	if c.cfg.Echo {
		out = append(out, in...)
	}
	c.in = append(c.in, in...)
	for {
		f, n := c.frame()
		if n == 0 {
			return out
		}
		c.in = c.in[n:]
		out = append(out, c.obey(f)...)
	}
}

// frame returns the first frame received, from its length to the end of its
// data, and how many bytes it ends after. A frame that is not for us is nil;
// 0 bytes mean that there is none yet.
func (c *Celestron) frame() (f []byte, n int) {
	for n < len(c.in) && c.in[n] != auxPreamble {
		n++
	}
	rest := c.in[n:]
	if len(rest) < 2 {
		c.in = rest
		return nil, 0
	}
	length := int(rest[1])
	if length < 3 {
		return nil, n + 1
	}
	if len(rest) < length+3 {
		c.in = rest
		return nil, 0
	}
	f = rest[1 : length+2]
	if checksum(f) != rest[length+2] {
		c.ignored++
		return nil, n + 1 // the next preamble may stand within
	}
	if f[2] != auxFocuser {
		c.ignored++
		f = nil
	}
	return f, n + length + 3
}

// checksum returns the two's complement of the sum of bytes.
func checksum(b []byte) byte {
	var sum byte
	for _, c := range b {
		sum += c
	}
	return -sum
}

// obey does the command of a frame (length, source, destination, command,
// data) and returns the frame that answers it.
func (c *Celestron) obey(f []byte) []byte {
	if f == nil {
		return nil
	}
	data, ok := c.command(f[3], f[4:])
	if !ok {
		return nil
	}
	reply := append([]byte{byte(3 + len(data)), auxFocuser, f[1], f[3]}, data...)
	return append(append([]byte{auxPreamble}, reply...), checksum(reply))
}

// command does one command; ok is false when there is no answer.
func (c *Celestron) command(cmd byte, data []byte) (reply []byte, ok bool) {
	m := &c.motor
	want := map[byte]int{auxGotoFast: 3, auxGotoSlow: 3, auxSetPosition: 3, auxMovePlus: 1, auxMoveMinus: 1, auxCalibrate: 1}
	if len(data) != want[cmd] {
		return nil, false
	}
	switch cmd {
	case auxVersion:
		if c.cfg.Short {
			return c.cfg.Version[:2], true
		}
		return c.cfg.Version[:], true
	case auxGetPosition:
		n := m.count()
		return []byte{byte(n >> 16), byte(n >> 8), byte(n)}, true
	case auxSetPosition:
		m.offset = float64(position(data)) - m.shaft
	case auxGotoFast:
		m.goTo(position(data), m.fast)
	case auxGotoSlow:
		m.goTo(position(data), m.slow)
	case auxDone:
		if m.moving() {
			return []byte{0}, true
		}
		return []byte{0xFF}, true
	case auxMovePlus, auxMoveMinus:
		if data[0] > 9 {
			return nil, false
		}
		m.move(map[byte]int{auxMovePlus: 1, auxMoveMinus: -1}[cmd], int(data[0]))
	case auxCalibrate:
		if data[0] == 0 {
			m.abort()
		} else {
			m.calibrate()
		}
	case auxCalibrationState:
		done, state := m.calibration()
		return []byte{map[bool]byte{true: 1}[done], byte(state)}, true
	case auxLimits:
		return c.limits(), true
	default:
		return nil, false
	}
	return nil, true
}

// limits returns the soft limits as they are sent.
func (c *Celestron) limits() []byte {
	var low, high uint32
	if c.motor.learned {
		low, high = uint32(int32(c.cfg.Min)), uint32(int32(c.cfg.Max))
	}
	return binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, low), high)
}

// position returns the number in three bytes, sign extended.
func position(b []byte) int {
	return int(int32(uint32(b[0])<<24|uint32(b[1])<<16|uint32(b[2])<<8) >> 8)
}
