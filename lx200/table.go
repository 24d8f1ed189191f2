// SPDX-License-Identifier: GPL-3.0-or-later

package lx200

import (
	"maps"
	"slices"

	"github.com/siderostep/siderostep/model/align"
	"github.com/siderostep/siderostep/mount"
)

// commandTable is the tables of reference §3 made ready. It is never changed.
type commandTable struct {
	words  map[string]command // without a parameter
	heads  map[string]command // with one
	names  []string           // of all commands, and first of what is none
	codes  []string           // for the page, by number
	family []int              // in families, by number
	ack    int                // number of the ACK byte
	first  [2][256]bool       // letters with which a command begins, and those that scope.exe knew
}

var table = newTable(words(), heads())

func newTable(words, heads map[string]command) *commandTable {
	t := &commandTable{words: words, heads: heads}
	names := map[string]bool{ackName: true}
	for _, m := range []map[string]command{words, heads} {
		for name, cmd := range m {
			names[name] = true
			t.first[0][name[0]] = true
			t.first[1][name[0]] = t.first[1][name[0]] || !cmd.later
		}
	}
	t.names = append([]string{other}, slices.Sorted(maps.Keys(names))...)
	t.ack = slices.Index(t.names, ackName)
	for i, name := range t.names {
		code, ok := codes[name]
		if !ok {
			code = name
		}
		t.codes = append(t.codes, code)
		t.family = append(t.family, slices.Index(families[:], familyOf(name)))
		for _, m := range []map[string]command{words, heads} {
			if cmd, ok := m[name]; ok {
				cmd.number = i
				m[name] = cmd
			}
		}
	}
	return t
}

// ackName counts the ACK byte; the letters :ACK# count there too.
const ackName = "ACK"

// lookup finds the command of a frame and its parameter. The result is Done,
// or says how much of the command is unknown.
func (t *commandTable) lookup(frame []byte, bartels bool) (cmd command, arg []byte, r Result) {
	known := func(cmd command) bool { return !cmd.later || !bartels || frame[0] == 'Q' }
	if len(frame) == 0 {
		return cmd, nil, Unknown0
	}
	if cmd, ok := t.words[string(frame)]; ok && known(cmd) {
		return cmd, nil, Done
	}
	if bartels && len(frame) > 2 && frame[0] == 'M' && frame[1] == 'G' {
		return t.words["MG"], nil, Done // scope.exe read no more
	}
	for n := min(3, len(frame)); n > 0; n-- {
		cmd, ok := t.heads[string(frame[:n])]
		if !ok || !known(cmd) {
			continue
		}
		next := byte(0)
		if len(frame) > n {
			next = frame[n]
		}
		switch string(frame[:n]) {
		case "T": // :TX# is no rate, and must not be answered as one
			if next < '0' || next > '9' {
				return cmd, nil, Unknown1
			}
		case "XS":
			if next < '0' || next > '9' {
				return cmd, nil, Unknown2
			}
		}
		return cmd, frame[n:], Done
	}
	letters := &t.first[0]
	if bartels {
		letters = &t.first[1]
	}
	if letters[frame[0]] {
		return cmd, nil, Unknown1
	}
	return cmd, nil, Unknown0
}

func words() map[string]command {
	return map[string]command{
		// 3.1 identity and alignment
		"ACK": {do: letters},
		"AA":  {do: trackingOn(align.AltAz), needs: steer}, "AP": {do: trackingOn(align.Equatorial), needs: steer}, "AL": {do: trackingOff, needs: steer},
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
		"RG": {do: chooseRate(rateGuide), needs: steer}, "RC": {do: chooseRate(rateCentre), needs: steer},
		"RM": {do: chooseRate(rateCentre), needs: steer}, "RS": {do: chooseRate(rateSlew), needs: steer},
		"R0": presetRate(0.25), "R1": presetRate(0.5), "R2": presetRate(1), "R3": presetRate(2), "R4": presetRate(4),
		"R5": presetRate(8), "R6": presetRate(20), "R7": presetRate(48), "R8": presetRate(240), "R9": presetRate(100000),

		// 3.5 tracking, PEC, park
		"TQ": {do: silent(siderealRate), needs: steer}, "TS": {do: silent(driveRate(mount.DriveSolar)), needs: steer, later: true},
		"TL": {do: silent(driveRate(mount.DriveLunar)), needs: steer, later: true}, "TM": {do: silent(customRate(0)), needs: steer, later: true},
		"T+": {do: silent(customRate(0.1)), needs: steer, later: true}, "T-": {do: silent(customRate(-0.1)), needs: steer, later: true},
		"Te": {do: answerTracking(true), needs: steer, denied: "0", later: true}, "Td": {do: answerTracking(false), needs: steer, denied: "0", later: true},
		"$Q":   {do: silent(togglePEC), needs: steer},
		"$QA+": {do: silent(switchPEC(mount.AxisA, true)), needs: steer}, "$QA-": {do: silent(switchPEC(mount.AxisA, false)), needs: steer},
		"$QZ+": {do: silent(switchPEC(mount.AxisZ, true)), needs: steer}, "$QZ-": {do: silent(switchPEC(mount.AxisZ, false)), needs: steer},
		"hP": {do: park, needs: steer}, "hW": {do: silent(unpark), needs: steer, later: true}, "I": {do: silent(unpark), needs: steer, later: true},
		"hR": {do: answering(unpark), needs: steer, denied: "0", later: true}, "hN": {do: trackingOff, needs: steer, later: true},
		"hS": {do: constant(""), later: true}, "hF": {do: constant(""), later: true}, "hC": {do: constant(""), later: true},

		// 3.5 rotator
		"r+": {do: silent(derotate(true)), needs: steer}, "r-": {do: silent(derotate(false)), needs: steer},
		"rA": {do: rotatorPresent, later: true}, "GX98": {do: rotatorKind, later: true}, "rG": {do: rotatorAngle, later: true},
		"rT": {do: rotatorState, later: true}, "rI": {do: rotatorLeast, later: true}, "rM": {do: rotatorMost, later: true},
		"rQ": {do: silent(rotatorStop), later: true},
		"r>": {do: silent(rotateBy(1)), needs: steer, later: true}, "r<": {do: silent(rotateBy(-1)), needs: steer, later: true},
		"rC": {do: silent(rotateHalfway), needs: steer, later: true}, "rZ": {do: silent(rotatorZero), needs: steer, later: true},
		"rR": {do: silent(rotatorReverse), needs: steer, later: true},

		// 3.6 focuser
		"F+": {do: focusKey(1), needs: steer}, "F-": {do: focusKey(-1), needs: steer}, "FQ": {do: focusStop},
		"FF": {do: focusSpeed(false), needs: steer}, "FS": {do: focusSpeed(true), needs: steer},
		"F1": {do: focusSpeed(true), needs: steer, later: true}, "F2": {do: focusSpeed(true), needs: steer, later: true},
		"F3": {do: focusSpeed(false), needs: steer, later: true}, "F4": {do: focusSpeed(false), needs: steer, later: true},
		"FA": {do: focusPresent, later: true}, "Fg": {do: focusSteps, later: true}, "FG": {do: focusMicrons, later: true},
		"FT": {do: focusState, later: true}, "FM": {do: focusMost, later: true}, "FI": {do: focusLeast, later: true},
		"FZ": {do: silent(focusZero), needs: steer, later: true},

		// 3.7, 3.8 accepted and ignored
		"H": {do: constant(""), later: true}, "LI": {do: constant("#")}, "Sq": {do: nextQuality, needs: steer},

		// 3.9 custom
		"XGG": {do: guideRate}, "XGM": {do: centreRate}, "XGR": {do: fieldAngle},
		"XGF": {do: sayFocusSpeed(false)}, "XgF": {do: sayFocusSpeed(false)}, "XGf": {do: sayFocusSpeed(true)}, "Xgf": {do: sayFocusSpeed(true)}, "XGP": {do: focusPosition}, "Xgp": {do: focusPosition},
		"XX": {do: constant("")},

		// 3.10 in highest precision
		"GRH": {do: fineRA, later: true}, "GDH": {do: fineDec, later: true}, "GrH": {do: fineTargetRA, later: true}, "GdH": {do: fineTargetDec, later: true},
		"GAH": {do: fineAlt, later: true}, "GZH": {do: fineAz, later: true}, "GSH": {do: fineSidereal, later: true}, "GLH": {do: fineLocalTime, later: true},
		"GtH": {do: fineLatitude, later: true}, "GgH": {do: fineLongitude, later: true}, "GX90": {do: guideTimesSidereal, later: true},
	}
}

func heads() map[string]command {
	unused := command{do: constant("1"), needs: steer, denied: "0"} // for settings that no telescope here has
	return map[string]command{
		"U": {do: toggleForm},

		"Sr": {do: answering(setRA), needs: steer, denied: "0"}, "Sd": {do: answering(setDec), needs: steer, denied: "0"},
		"Sa": {do: answering(setAlt), needs: steer, denied: "0", later: true}, "Sz": {do: answering(setAz), needs: steer, denied: "0", later: true},

		"Rg": {do: silent(setGuideRate), needs: steer}, "RA": {do: silent(ownRate(mount.AxisZ)), needs: steer, later: true},
		"RE": {do: silent(ownRate(mount.AxisA)), needs: steer, later: true}, "Sw": {do: answering(maxRate), needs: steer, denied: "0"},
		"Mg": {do: silent(pulse), needs: steer, later: true}, "MG": {do: answering(pulse), needs: steer, denied: "0", later: true},
		"ST": {do: answering(rateHertz), needs: steer, denied: "0", later: true}, "T": {do: answering(rateHertz), needs: steer, denied: "0", later: true},
		"$Q": {do: anyPEC, needs: steer},

		"rS": {do: answering(rotateTo), needs: steer, denied: "0", later: true}, "rr": {do: silent(rotateRelative), needs: steer, later: true},
		"FS": {do: answering(focusTo), needs: steer, denied: "0", later: true}, "FR": {do: silent(focusBy), needs: steer, later: true},

		"St": {do: answering(setLatitude), needs: steer, denied: "0"}, "Sg": {do: answering(setLongitude), needs: steer, denied: "0"},
		"SG": {do: answering(setOffset), needs: steer, denied: "0"}, "SL": {do: answering(setTime), needs: steer, denied: "0"},
		"SC": {do: setDate, needs: steer, denied: "0"}, "SS": {do: answering(setSidereal), needs: steer, denied: "0"},
		"SM": setName(0), "SN": setName(1), "SO": setName(2), "SP": setName(3),
		"W": {do: constant("")}, "SB": {do: constant("0"), later: true},

		"B": {do: constant("")}, "$BA": {do: constant(""), later: true}, "$BZ": {do: constant(""), later: true},
		"f": {do: constant(""), later: true}, "g": {do: constant(""), later: true}, "L": {do: constant(""), later: true},
		"Lo": {do: constant("1")}, "Ls": {do: constant("1")}, "Sb": unused, "Sf": unused, "SF": unused, "Sl": unused, "Ss": unused, "Sy": unused,
		"Sh": {do: answering(setHigh), needs: steer, denied: "0"}, "So": {do: answering(setLow), needs: steer, denied: "0", later: true},

		"XSG": {do: silent(setGuideWhole), needs: steer}, "XS": {do: silent(setGuideWhole), needs: steer}, "XSM": {do: silent(setCentre), needs: steer},
		"XSF": {do: silent(setFocusSpeed(false)), needs: steer}, "XsF": {do: silent(setFocusSpeed(false)), needs: steer},
		"XSf": {do: silent(setFocusSpeed(true)), needs: steer}, "Xsf": {do: silent(setFocusSpeed(true)), needs: steer},
		"XSN": {do: nameObject, needs: steer}, "XN": {do: nameObject, needs: steer},
		"XH": {do: paddle, needs: steer}, "XI": {do: initialise, needs: full}, "XZ": {do: silent(scrollLine), needs: full},
	}
}
