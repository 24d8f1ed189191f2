// SPDX-License-Identifier: GPL-3.0-or-later

package alpaca

import (
	"context"
	"log/slog"
	"strings"
	"sync/atomic"

	"github.com/siderostep/siderostep/fault"
)

// base is what all devices have in common.
type base struct {
	kind     string // as in URLs: "telescope"
	title    string // as in configureddevices: "Telescope"
	number   int
	uniqueID string
	version  string // of the program, major.minor
	log      *slog.Logger
	actions  []Action

	// Whether clients want the device. It is one wish for all of them: their
	// ClientIDs are neither unique nor stable, so nobody can be counted by them.
	connected atomic.Bool
}

func (b *base) common() *base { return b }

// offline is that of hardware which always answers.
func (b *base) offline() error { return nil }

// unreachable is the error of a device whose hardware does not answer.
func (b *base) unreachable(kind, why error) error {
	return &fault.Error{Kind: kind, Msg: "the " + b.kind + " cannot be reached", Err: why}
}

// isConnected is the property Connected: clients want the device, and its
// hardware answers. ASCOM has it tell of the link to the hardware, and every
// value of a device that is not connected is refused: so nobody takes what the
// hardware last said for the present. The wish stays: a plug that is put back
// connects the device again by itself.
func isConnected(d device) bool { return d.common().connected.Load() && d.offline() == nil }

// Action is an ability of a device beyond its ASCOM interface.
type Action struct {
	Name string // unique in a device, whatever the case of its letters
	Doc  string // what it does and what parameters it takes, for people
	// Do performs the action and returns its result. An error has a fault
	// kind.
	Do func(ctx context.Context, parameters string) (string, error)
}

// describer is a device that can tell who it is.
type describer interface {
	device
	name() string
	description() string // at most 64 characters
	disconnected()       // is told when the device is disconnected
}

// commonMembers are the members of every ASCOM device.
func commonMembers[D describer]() []member[D] {
	return []member[D]{
		put("action", link, act[D], param{name: "Action", kind: words}, param{name: "Parameters", kind: words, optional: true}).answering(words),
		raw[D]("commandblind", none), raw[D]("commandbool", truth), raw[D]("commandstring", words),
		put("connect", nothing, func(d D, _ *call) error { return connect(d, true) }),
		put("disconnect", nothing, func(d D, _ *call) error { return connect(d, false) }),
		getTruth("connecting", nothing, func(D) (bool, error) { return false, nil }),
		getTruth("connected", nothing, func(d D) (bool, error) { return isConnected(d), nil }),
		setTruth("connected", nothing, func(d D, _ *call, on bool) error { return connect(d, on) }, "Connected"),
		getText("description", nothing, func(d D) (string, error) { return d.description(), nil }),
		getText("driverinfo", nothing, driverInfo[D]),
		getText("driverversion", nothing, func(d D) (string, error) { return d.common().version, nil }),
		getWhole("interfaceversion", nothing, func(D) (int, error) { return 4, nil }),
		getText("name", nothing, func(d D) (string, error) { return d.name(), nil }),
		get("supportedactions", list, nothing, actionNames[D]),
	}
}

// answering gives a PUT a Value.
func (m member[D]) answering(k kind) member[D] {
	m.reply = k
	return m
}

// raw is one of the deprecated members that send commands of the device's own
// language. No device here has one.
func raw[D describer](name string, reply kind) member[D] {
	none := func(D, *call) error { return missing("there are no raw commands; use the members or an action") }
	return put(name, link, none, param{name: "Command", kind: words}, param{name: "Raw", kind: truth, optional: true}).
		answering(reply).onlyIf(none)
}

// connect makes or ends the connection. Neither touches motion or tracking.
// What cannot be reached cannot be connected; "not connected" would be no
// answer to that, and ConformU takes it for none.
func connect[D describer](d D, on bool) error {
	b := d.common()
	if on {
		if err := d.offline(); err != nil {
			return b.unreachable(fault.Hardware, err)
		}
	}
	if b.connected.Swap(on) == on {
		return nil
	}
	if !on {
		d.disconnected()
	}
	b.log.Info("connection", "device", b.kind, "number", b.number, "connected", on)
	return nil
}

func driverInfo[D describer](d D) (string, error) {
	return "siderostep " + d.common().version + " " + d.common().kind + ": a stepper driven mount on the network", nil
}

func actionNames[D describer](d D, c *call) error {
	actions := d.common().actions
	names := make([]string, len(actions))
	for i, a := range actions {
		names[i] = a.Name
	}
	c.out = appendTexts(c.out, names)
	return nil
}

func act[D describer](d D, c *call) error {
	actions := d.common().actions
	if len(actions) == 0 {
		return missing("this device has no actions")
	}
	for _, a := range actions {
		if strings.EqualFold(a.Name, c.args[0].text) {
			return c.putText(a.Do(c.ctx, c.args[1].text))
		}
	}
	return fault.New(fault.UnknownAction, "", "there is no action %s; see supportedactions", quoted(c.args[0].text))
}
