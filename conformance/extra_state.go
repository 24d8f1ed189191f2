// SPDX-License-Identifier: GPL-3.0-or-later

package conformance

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// actionPaths is X8.
func (x *extra) actionPaths(ctx context.Context) error {
	var actions []string
	if _, err := x.device.get(ctx, "supportedactions", &actions); err != nil {
		return err
	}
	want := []int{notImplemented, actionNotImplemented}
	if len(actions) > 0 {
		want = []int{actionNotImplemented}
	}
	unknown := param{"Action", "siderostep:no-such-action"}
	x.mustAnswer("Action with an unknown name", x.put(ctx, "action", unknown, param{"Parameters", ""}), want...)
	x.mustAnswer("Action without Parameters", x.put(ctx, "action", unknown), want...)
	command, raw := param{"Command", "none"}, boolean("Raw", false)
	for _, member := range []string{"commandblind", "commandbool", "commandstring"} {
		x.mustAnswer(member, x.put(ctx, member, command, raw), 0, notImplemented)
		x.mustAnswer(member+" without Raw", x.put(ctx, member, command), 0, notImplemented)
	}
	return x.summing("X8", "Action and Command… refuse what is incomplete", func() error {
		for _, c := range []struct {
			member string
			params []param
		}{
			{"action", []param{{"Parameters", ""}}},
			{"commandblind", []param{raw}},
			{"commandbool", []param{raw}},
			{"commandstring", []param{raw}},
			{"commandstring", []param{command, {"Raw", junk}}},
		} {
			if err := x.refused(ctx, http.MethodPut, c.member, append(goodIDs(), c.params...)); err != nil {
				return err
			}
		}
		return nil
	})
}

// disconnected is X7: section 4 of the reference lists what works without a
// connection; everything else answers E407, whether implemented or not.
func (x *extra) disconnected(ctx context.Context) error {
	if err := x.put(ctx, "connected", boolean("Connected", false)); err != nil {
		return err
	}
	defer x.restore(ctx, func(ctx context.Context) error {
		return x.put(ctx, "connected", boolean("Connected", true))
	})
	for _, m := range membersOf(x.ref.Type) {
		if m.read {
			var raw json.RawMessage
			_, err := x.device.get(ctx, m.name, &raw, samples(m.readArg)...)
			x.mustAnswer("disconnected, GET "+m.name, err, x.offlineAnswers(m)...)
		}
		if m.write && !m.worksDisconnected {
			err := x.put(ctx, m.name, samples(m.args)...)
			x.mustAnswer("disconnected, PUT "+m.name, err, x.offlineAnswers(m)...)
		}
	}
	return nil
}

// offlineAnswers returns the error numbers that a member may answer with while
// disconnected.
func (x *extra) offlineAnswers(m member) []int {
	switch {
	case m.name == "description" || m.name == "supportedactions":
		return []int{0, notConnected}
	case m.worksDisconnected:
		return []int{0}
	case x.run.Strict:
		return []int{notConnected}
	}
	return []int{notConnected, notImplemented}
}

// stateEqualsReads is X10. Between two readings of DeviceState a value changes
// in one sense only, as the sky does; so a single read in between must lie
// between them, whatever the clock's speed.
func (x *extra) stateEqualsReads(ctx context.Context) error {
	before, err := x.deviceState(ctx)
	if err != nil {
		return err
	}
	single := make(map[string]json.RawMessage)
	for _, name := range sortedKeys(before) {
		if name == "TimeStamp" {
			continue
		}
		var raw json.RawMessage
		if _, err := x.device.get(ctx, strings.ToLower(name), &raw); !x.mustSucceed("GET "+name+", which is in DeviceState", err) {
			continue
		}
		single[name] = raw
	}
	after, err := x.deviceState(ctx)
	if err != nil {
		return err
	}
	for _, name := range sortedKeys(single) {
		raw := single[name]
		x.must(between(name, before[name], raw, after[name]),
			"%s is %s when read alone, must be as in DeviceState: %s, then %s", name, raw, before[name], after[name])
	}
	return nil
}

// between reports whether the value of a state item lies between two others.
func between(name string, before, single, after json.RawMessage) bool {
	var b, s, a float64
	if name == "UTCDate" {
		return datesBetween(before, single, after)
	}
	if json.Unmarshal(before, &b) != nil || json.Unmarshal(single, &s) != nil || json.Unmarshal(after, &a) != nil {
		return string(single) == string(before) || string(single) == string(after)
	}
	full, slack := 1e12, 1.0/3600
	switch name {
	case "RightAscension", "SiderealTime":
		full, slack = 24, 1.0/54000
	case "Azimuth", "Position", "MechanicalPosition":
		full = 360
	}
	whole, part := wrapHalf(a-b, full), wrapHalf(s-b, full)
	return part >= min(0, whole)-slack && part <= max(0, whole)+slack
}

// datesBetween is between for dates.
func datesBetween(before, single, after json.RawMessage) bool {
	var dates [3]time.Time
	for i, raw := range []json.RawMessage{before, single, after} {
		var text string
		if json.Unmarshal(raw, &text) != nil {
			return false
		}
		utc, err := time.Parse(time.RFC3339, text)
		if err != nil {
			return false
		}
		dates[i] = utc
	}
	const slack = time.Second
	return !dates[1].Before(dates[0].Add(-slack)) && !dates[1].After(dates[2].Add(slack))
}

// rateGaps is X9. Below the lowest range T22 looks.
func (t *telescope) rateGaps(ctx context.Context) error {
	defer t.restore(ctx, t.stopAxes)
	for axis, able := range t.canAxis {
		if !able {
			continue
		}
		rates, err := t.ratesOf(ctx, axis)
		if err != nil {
			return err
		}
		for i := 1; i < len(rates); i++ {
			middle := (rates[i-1].Maximum + rates[i].Minimum) / 2
			for _, rate := range []float64{middle, -middle} {
				_, err := t.move(ctx, axis, rate)
				t.mustAnswer(fmt.Sprintf("MoveAxis %d at %g°/s, between two ranges,", axis, rate), err, invalidValue)
			}
		}
	}
	return nil
}
