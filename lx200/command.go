// SPDX-License-Identifier: GPL-3.0-or-later

package lx200

import (
	"context"
	"log/slog"
	"time"

	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/mount"
)

// call is one command on its way to a reply.
type call struct {
	ctx    context.Context
	s      *Server
	sess   *Session
	arg    []byte // what follows the command's letters
	out    []byte // the reply
	result Result
	err    error
}

func (c *call) say(text string)           { c.out = append(c.out, text...) }
func (c *call) snapshot() *mount.Snapshot { return c.s.mount.Snapshot() }
func (c *call) bartels() bool             { return c.s.cfg.bartels() }

// ignore notes a command that is accepted and has no effect.
func (c *call) ignore() { c.result = Ignored }

// fail notes why a command had no effect. It says nothing to the client.
func (c *call) fail(err error) {
	c.err, c.result = err, Refused
	if fault.KindOf(err) == fault.Unsupported {
		c.result = Ignored
	}
}

// invalid is a parameter that cannot be read or is out of range.
func (c *call) invalid() error {
	return fault.New(fault.Invalid, "lx200", "%q is malformed or out of range", c.arg)
}

// needs is what a configured mode must grant for a command.
type needs uint8

const (
	look  needs = iota // readonly will do
	steer              // goto
	full
)

// command is a row of the tables.
type command struct {
	do     func(*call)
	needs  needs
	denied string // the reply where the mode does not grant it
	later  bool   // unknown to scope.exe: no reply from profile bartels
}

// answering makes a method that answers 1, or 0 on an error.
func answering(do func(*call) error) func(*call) {
	return func(c *call) {
		if err := do(c); err != nil {
			c.fail(err)
			c.say("0")
			return
		}
		c.say("1")
	}
}

// silent makes a method without a reply.
func silent(do func(*call) error) func(*call) {
	return func(c *call) {
		if err := do(c); err != nil {
			c.fail(err)
		}
	}
}

// constant makes a method with a fixed reply and no effect.
func constant(text string) func(*call) {
	return func(c *call) {
		c.say(text)
		if text == "" || text == "1" {
			c.ignore()
		}
	}
}

// lookup finds a command by its letters and returns its name and parameter.
func lookup(frame []byte) (cmd command, name string, arg []byte, ok bool) {
	if cmd, ok = words[string(frame)]; ok {
		return cmd, string(frame), nil, true
	}
	for n := min(3, len(frame)); n > 0; n-- {
		if cmd, ok = heads[string(frame[:n])]; ok {
			if frame[0] == 'T' && !(len(frame) > 1 && frame[1] >= '0' && frame[1] <= '9') {
				break // :TX# is no rate, and must not be answered as one
			}
			return cmd, string(frame[:n]), frame[n:], true
		}
	}
	return command{}, "", nil, false
}

// firstLetters are those with which a command begins.
var firstLetters = func() (known [256]bool) {
	for w := range words {
		known[w[0]] = true
	}
	for w := range heads {
		known[w[0]] = true
	}
	return known
}()

// execute answers one frame. The reply holds until the session's next one.
func (s *Server) execute(ctx context.Context, sess *Session, frame []byte) []byte {
	if len(frame) == 0 {
		s.counts.command("?", Unknown0, "U0")
		return nil
	}
	stop := frame[0] == 'Q'
	cmd, name, arg, ok := lookup(frame)
	if ok && cmd.later && s.cfg.bartels() && !stop {
		ok = false
	}
	if !ok {
		r := Unknown1
		if !firstLetters[frame[0]] {
			r = Unknown0
		}
		s.counts.command("?", r, r.String())
		s.log.Debug("lx200 unknown command", "client", sess.key, "frame", string(frame))
		return nil
	}
	if stop { // before anything that may wait
		c := &call{ctx: ctx, s: s, sess: sess, arg: arg}
		cmd.do(c)
		return s.finish(c, name)
	}
	sess.mu.Lock()
	defer sess.mu.Unlock()
	s.pace(ctx, sess)
	s.heard(sess)
	c := &call{ctx: ctx, s: s, sess: sess, arg: arg}
	if s.granted() < cmd.needs {
		c.say(cmd.denied)
		c.fail(errReadOnly)
	} else {
		cmd.do(c)
	}
	return s.finish(c, name)
}

// finish counts a command and returns its reply.
func (s *Server) finish(c *call, name string) []byte {
	status := name
	if c.result != Done {
		status += " " + c.result.String()
	}
	s.counts.command(name, c.result, status)
	if c.err != nil {
		s.counts.refusal(reason(c.err))
		s.log.Debug("lx200 command refused", "client", c.sess.key, "command", name, slog.Any("err", c.err))
	}
	return c.out
}

func (s *Server) granted() needs {
	switch s.cfg.Mode {
	case "full":
		return full
	case "readonly":
		return look
	}
	return steer
}

// pace delays a session that sends too many commands in a second.
func (s *Server) pace(ctx context.Context, x *Session) {
	now := s.clock.Now()
	if now.Sub(x.second) >= time.Second {
		x.second, x.commands = now, 0
	}
	if x.commands++; x.commands > s.cfg.MaxCommands {
		if clock.Sleep(ctx, s.clock, x.second.Add(time.Second).Sub(now)) == nil {
			x.second, x.commands = s.clock.Now(), 1
		}
	}
}

// words are the commands without a parameter, heads those with one. Both are
// never changed. Source: reference §3.
var words = map[string]command{
	// 3.1 identity and alignment
	"ACK": {do: letters}, "AA": {do: trackingOn, needs: steer}, "AP": {do: trackingOn, needs: steer}, "AL": {do: trackingOff, needs: steer},
	"GVP": {do: product}, "GVF": {do: firmware}, "GVD": {do: builtDate}, "GVN": {do: version, later: true}, "GVT": {do: builtTime, later: true},
	"GW": {do: status, later: true}, "P": {do: highPrecision, later: true},

	// 3.2 getters
	"GR": {do: getRA}, "GD": {do: getDec}, "Gr": {do: targetRA}, "Gd": {do: targetDec}, "GA": {do: getAlt}, "GZ": {do: getAz},
	"GS": {do: sidereal}, "GL": {do: localTime}, "Ga": {do: localTime}, "GC": {do: localDate}, "Gc": {do: clockFormat}, "GG": {do: utcOffset},
	"Gt": {do: latitude}, "Gg": {do: longitude}, "GM": {do: siteName(0)}, "GN": {do: siteName(1)}, "GO": {do: siteName(2)}, "GP": {do: siteName(3)},
	"GT": {do: trackingRate, later: true}, "GF": {do: constant("100#")}, "Gq": {do: quality},
	"Gh": {do: highLimit, later: true}, "Go": {do: lowLimit, later: true},
	"Gb": {do: constant("+00.0#"), later: true}, "Gf": {do: constant("+20.0#"), later: true}, "Gl": {do: constant("200'#"), later: true},
	"Gs": {do: constant("000'#"), later: true}, "Gy": {do: constant("GPDCO#"), later: true}, "GH": {do: constant("0#"), later: true},
	"D": {do: distance}, "h?": {do: homeState, later: true},

	// 3.3 goto, sync, stop
	"MS": {do: gotoTarget, needs: steer, denied: "2Read only.#"}, "MG": {do: gotoTarget, needs: steer, denied: "2Read only.#"},
	"MA": {do: gotoHorizontal, needs: steer, denied: "1", later: true},
	"CM": {do: syncTarget, needs: steer, denied: "Match fail: read only#"}, "CS": {do: syncSilently, needs: steer, later: true},
	"Q": {do: stopAll}, "Qn": {do: stopKey(mount.AxisA)}, "Qs": {do: stopKey(mount.AxisA)}, "Qe": {do: stopKey(mount.AxisZ)}, "Qw": {do: stopKey(mount.AxisZ)},

	// 3.4 motion and rates
	"Mn": {do: moveKey(mount.AxisA, 1), needs: steer}, "Ms": {do: moveKey(mount.AxisA, -1), needs: steer},
	"Me": {do: moveKey(mount.AxisZ, 1), needs: steer}, "Mw": {do: moveKey(mount.AxisZ, -1), needs: steer},
	"RG": {do: chooseRate(rateGuide), needs: steer}, "RC": {do: chooseRate(rateCenter), needs: steer},
	"RM": {do: chooseRate(rateCenter), needs: steer}, "RS": {do: chooseRate(rateSlew), needs: steer},

	// 3.5 tracking, rotator, park
	"TQ": {do: silent(siderealRate), needs: steer}, "TS": {do: silent(driveRate(mount.DriveSolar)), needs: steer, later: true},
	"TL": {do: silent(driveRate(mount.DriveLunar)), needs: steer, later: true}, "TM": {do: silent(missing), needs: steer, later: true},
	"T+": {do: silent(missing), needs: steer, later: true}, "T-": {do: silent(missing), needs: steer, later: true},
	"Te": {do: answering(setTracking(true)), needs: steer, denied: "0", later: true}, "Td": {do: answering(setTracking(false)), needs: steer, denied: "0", later: true},
	"$Q": {do: silent(missing), needs: steer}, "$QA+": {do: silent(missing), needs: steer}, "$QA-": {do: silent(missing), needs: steer},
	"$QZ+": {do: silent(missing), needs: steer}, "$QZ-": {do: silent(missing), needs: steer},
	"r+": {do: silent(derotate(true)), needs: steer}, "r-": {do: silent(derotate(false)), needs: steer},
	"hP": {do: park, needs: full}, "hW": {do: silent(unpark), needs: steer, later: true}, "I": {do: silent(unpark), needs: steer, later: true},
	"hR": {do: answering(unpark), needs: steer, denied: "0", later: true}, "hN": {do: trackingOff, needs: steer, later: true},
	"hS": {do: constant(""), later: true}, "hF": {do: constant(""), later: true}, "hC": {do: constant(""), later: true},

	// 3.6 focuser
	"F+": {do: focusKey(1), needs: steer}, "F-": {do: focusKey(-1), needs: steer}, "FQ": {do: focusStop},
	"FF": {do: focusSpeed(false), needs: steer}, "FS": {do: focusSpeed(true), needs: steer},
	"F1": {do: focusSpeed(true), needs: steer, later: true}, "F2": {do: focusSpeed(true), needs: steer, later: true},
	"F3": {do: focusSpeed(false), needs: steer, later: true}, "F4": {do: focusSpeed(false), needs: steer, later: true},
	"FA": {do: focusPresent, later: true}, "Fg": {do: focusSteps, later: true}, "FG": {do: focusMicrons, later: true},
	"FT": {do: focusState, later: true}, "FM": {do: focusMost, later: true}, "FI": {do: focusLeast, later: true},

	// 3.7, 3.8 accepted and ignored
	"H": {do: constant(""), later: true}, "LI": {do: constant("#")}, "Sq": {do: nextQuality},

	// 3.9 custom
	"XGG": {do: guideRate}, "XGM": {do: centerRate}, "XGR": {do: fieldAngle},
	"XGF": {do: fastFocus}, "XgF": {do: fastFocus}, "XGf": {do: slowFocus}, "Xgf": {do: slowFocus}, "XGP": {do: focusPosition}, "Xgp": {do: focusPosition},
	"XX": {do: constant("")},
}

var heads = map[string]command{
	"U": {do: toggleForm},

	"Sr": {do: answering(setRA), needs: steer, denied: "0"}, "Sd": {do: answering(setDec), needs: steer, denied: "0"},
	"Sa": {do: answering(setAlt), needs: steer, denied: "0", later: true}, "Sz": {do: answering(setAz), needs: steer, denied: "0", later: true},

	"R0": presetRate(0.25), "R1": presetRate(0.5), "R2": presetRate(1), "R3": presetRate(2), "R4": presetRate(4),
	"R5": presetRate(8), "R6": presetRate(20), "R7": presetRate(48), "R8": presetRate(240), "R9": presetRate(100000),
	"Rg": {do: silent(setGuideRate), needs: steer}, "RA": {do: silent(ownRate(mount.AxisZ)), needs: steer, later: true},
	"RE": {do: silent(ownRate(mount.AxisA)), needs: steer, later: true}, "Sw": {do: answering(maxRate), needs: steer, denied: "0"},
	"Mg": {do: silent(pulse), needs: steer, later: true}, "MG": {do: answering(pulse), needs: steer, denied: "0", later: true},
	"ST": {do: answering(rateHz), needs: steer, denied: "0", later: true}, "T": {do: answering(rateHz), needs: steer, denied: "0", later: true},

	"St": {do: answering(setLatitude), needs: steer, denied: "0"}, "Sg": {do: answering(setLongitude), needs: steer, denied: "0"},
	"SG": {do: answering(setOffset), needs: steer, denied: "0"}, "SL": {do: answering(setTime), needs: steer, denied: "0"},
	"SC": {do: setDate, needs: steer, denied: "0"}, "SS": {do: answering(setSidereal), needs: steer, denied: "0"},
	"SM": setName(0), "SN": setName(1), "SO": setName(2), "SP": setName(3),
	"W": {do: constant("")}, "SB": {do: constant("0"), later: true},

	"B": {do: constant("")}, "$BA": {do: constant(""), later: true}, "$BZ": {do: constant(""), later: true},
	"f": {do: constant(""), later: true}, "g": {do: constant(""), later: true}, "L": {do: constant(""), later: true},
	"Lo": {do: constant("1")}, "Ls": {do: constant("1")}, "Sb": {do: constant("1")}, "Sf": {do: constant("1")}, "SF": {do: constant("1")},
	"Sl": {do: constant("1")}, "Ss": {do: constant("1")}, "Sy": {do: constant("1")},
	"Sh": {do: answering(setHigh), needs: steer, denied: "0"}, "So": {do: answering(setLow), needs: steer, denied: "0", later: true},

	"XSG": {do: silent(setGuideWhole), needs: full}, "XS": {do: silent(setGuideWhole), needs: full}, "XSM": {do: silent(setCenter), needs: full},
	"XSF": {do: silent(setFast), needs: full}, "XsF": {do: silent(setFast), needs: full},
	"XSf": {do: silent(setSlow), needs: full}, "Xsf": {do: silent(setSlow), needs: full},
	"XSN": {do: constant("")}, "XN": {do: constant("")},
	"XH": {do: handpad}, "XI": {do: initialise, needs: full}, "XZ": {do: silent(missing), needs: steer},
}

// presetRate is :R0# to :R9#, in times sidereal; the axes hold it within their
// fastest. Source: OnStepX.
func presetRate(times float64) command {
	return command{needs: steer, later: true, do: func(c *call) {
		v := times * model.Sidereal.DegreesPerSecond()
		c.sess.rate, c.sess.own = rateOwn, [2]float64{v, v}
	}}
}
