// SPDX-License-Identifier: GPL-3.0-or-later

package conformance

import (
	"context"
	"encoding/json"
	"time"
)

// Longest motions, in simulated time.
const (
	slewTimeout  = 300 * time.Second
	stopTimeout  = 30 * time.Second
	guideTimeout = 10 * time.Second
	moveTimeout  = 60 * time.Second // of focusers and rotators
)

// current returns a member's value as a parameter for writing it back, or the
// argument's sample if it cannot be read.
func (p *protocol) current(ctx context.Context, name string, a argument) param {
	var raw json.RawMessage
	if _, err := p.device.get(ctx, name, &raw); err != nil {
		return param{a.key, a.sample}
	}
	switch string(raw) {
	case "true":
		return param{a.key, "True"}
	case "false":
		return param{a.key, "False"}
	}
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return param{a.key, dotNetDate(text)}
	}
	return param{a.key, string(raw)}
}

// dotNetDate writes a date as ASCOM's client does, with seven digits of
// fraction and a Z; other text is returned unchanged.
func dotNetDate(text string) string {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return text
	}
	return t.UTC().Format("2006-01-02T15:04:05.0000000Z")
}

// getAndSet runs the GET template on a property and the PUT template with its
// current value.
func (p *protocol) getAndSet(ctx context.Context, m member) error {
	if err := p.get(ctx, m.name); err != nil {
		return err
	}
	if !m.write {
		return nil
	}
	return p.set(ctx, m.name, p.current(ctx, m.name, m.args[0]))
}

// properties runs getAndSet on all properties of a table, in its order.
func (p *protocol) properties(ctx context.Context, table []member) error {
	for _, m := range table {
		if !m.read || len(m.readArg) > 0 {
			continue
		}
		if err := p.getAndSet(ctx, m); err != nil {
			return err
		}
	}
	return nil
}

// focuser sends the templates to a focuser's members.
func (p *protocol) focuser(ctx context.Context) error {
	if err := p.properties(ctx, focuserMembers()); err != nil {
		return err
	}
	if err := p.set(ctx, "halt"); err != nil {
		return err
	}
	if err := p.set(ctx, "move", p.current(ctx, "position", argument{"Position", intArg, "0"})); err != nil {
		return err
	}
	_, err := p.waitFalse(ctx, "ismoving", moveTimeout)
	return err
}

// rotator sends the templates to a rotator's members. As in ConformU the
// parameter is always the current Position, so that each accepted Move turns
// the rotator by that angle.
func (p *protocol) rotator(ctx context.Context) error {
	if err := p.properties(ctx, rotatorMembers()); err != nil {
		return err
	}
	if err := p.set(ctx, "halt"); err != nil {
		return err
	}
	for _, name := range []string{"move", "moveabsolute", "movemechanical", "sync"} {
		angle := p.current(ctx, "position", argument{"Position", floatArg, "0"})
		if err := p.set(ctx, name, angle); err != nil {
			return err
		}
		if _, err := p.waitFalse(ctx, "ismoving", moveTimeout); err != nil {
			return err
		}
	}
	return nil
}
