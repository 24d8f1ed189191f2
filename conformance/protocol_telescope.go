// SPDX-License-Identifier: GPL-3.0-or-later

package conformance

import (
	"context"
	"time"
)

// telescope sends the templates to a telescope's members: properties first,
// then the methods, in an order in which each is allowed.
func (p *protocol) telescope(ctx context.Context) error {
	for _, part := range []func(context.Context) error{
		p.telescopeProperties,
		p.telescopeParking,
		p.telescopeAxes,
		p.telescopeSlews,
		p.telescopeHorizontal,
	} {
		if err := part(ctx); err != nil {
			return err
		}
	}
	return nil
}

// telescopeProperties writes each writable property's own value back. ConformU
// forgets canfindhome, canslewasync and cansetrightascensionrate; here they
// are read like the others.
func (p *protocol) telescopeProperties(ctx context.Context) error {
	for _, m := range telescopeMembers() {
		if !m.read || len(m.readArg) > 0 {
			continue
		}
		if m.name == "targetdeclination" || m.name == "targetrightascension" {
			// To be read it must have been set.
			if err := p.set(ctx, m.name, param{m.args[0].key, m.args[0].sample}); err != nil {
				return err
			}
		}
		if err := p.getAndSet(ctx, m); err != nil {
			return err
		}
	}
	return nil
}

// telescopeParking parks, unparks and finds home, each a dozen times.
func (p *protocol) telescopeParking(ctx context.Context) error {
	if err := p.moved(ctx, "park"); err != nil {
		return err
	}
	if err := p.set(ctx, "setpark"); err != nil {
		return err
	}
	if err := p.set(ctx, "unpark"); err != nil {
		return err
	}
	if _, err := p.waitFalse(ctx, "atpark", slewTimeout); err != nil {
		return err
	}
	if err := p.moved(ctx, "findhome"); err != nil {
		return err
	}
	if err := p.track(ctx, true); err != nil {
		return err
	}
	return p.set(ctx, "abortslew")
}

// moved sends the PUT template to a method and waits for the motion to end.
func (p *protocol) moved(ctx context.Context, name string, args ...param) error {
	if err := p.set(ctx, name, args...); err != nil {
		return err
	}
	_, err := p.waitFalse(ctx, "slewing", slewTimeout)
	return err
}

// track sets Tracking if the mount can.
func (p *protocol) track(ctx context.Context, on bool) error {
	if err := p.put(ctx, "tracking", boolean("Tracking", on)); err != nil && !isRefusal(err, notImplemented) {
		return err
	}
	return nil
}

// telescopeAxes covers the members with parameters that hardly move.
func (p *protocol) telescopeAxes(ctx context.Context) error {
	for _, name := range []string{"axisrates", "canmoveaxis"} {
		if err := p.get(ctx, name, integer("Axis", 0)); err != nil {
			return err
		}
	}
	if err := p.axisRateKeys(ctx); err != nil {
		return err
	}
	ra, dec := p.place(ctx)
	if err := p.get(ctx, "destinationsideofpier", ra, dec); err != nil {
		return err
	}
	if err := p.moved(ctx, "moveaxis", integer("Axis", 0), param{"Rate", "0.0"}); err != nil {
		return err
	}
	if err := p.set(ctx, "pulseguide", integer("Direction", 0), integer("Duration", 0)); err != nil {
		return err
	}
	_, err := p.waitFalse(ctx, "ispulseguiding", 3*time.Second)
	if isRefusal(err, notImplemented) {
		return nil
	}
	return err
}

// axisRateKeys looks at the spelling of Minimum and Maximum.
func (p *protocol) axisRateKeys(ctx context.Context) error {
	var rates []map[string]any
	if _, err := p.device.get(ctx, "axisrates", &rates, integer("Axis", 0)); err != nil {
		if isRefusal(err, notImplemented) {
			return nil
		}
		return err
	}
	for _, r := range rates {
		_, low := r["Minimum"]
		_, high := r["Maximum"]
		if !low || !high {
			p.fileAs("G1", Issue, "GET axisrates: each range must have Minimum and Maximum, met %v", r)
		}
	}
	return nil
}

// place returns where the telescope points, as parameters.
func (p *protocol) place(ctx context.Context) (ra, dec param) {
	ra = p.current(ctx, "rightascension", argument{"RightAscension", floatArg, "0"})
	dec = p.current(ctx, "declination", argument{"Declination", floatArg, "0"})
	return param{"RightAscension", ra.value}, param{"Declination", dec.value}
}

// telescopeSlews slews and syncs to where the telescope points.
func (p *protocol) telescopeSlews(ctx context.Context) error {
	ra, dec := p.place(ctx)
	for _, name := range []string{"slewtocoordinatesasync", "slewtocoordinates"} {
		if err := p.moved(ctx, name, ra, dec); err != nil {
			return err
		}
	}
	if err := p.put(ctx, "targetrightascension", param{"TargetRightAscension", ra.value}); err != nil {
		return err
	}
	if err := p.put(ctx, "targetdeclination", param{"TargetDeclination", dec.value}); err != nil {
		return err
	}
	for _, name := range []string{"slewtotargetasync", "slewtotarget"} {
		if err := p.moved(ctx, name); err != nil {
			return err
		}
	}
	if err := p.set(ctx, "synctocoordinates", ra, dec); err != nil {
		return err
	}
	return p.set(ctx, "synctotarget")
}

// telescopeHorizontal slews and syncs to where the telescope points, not
// tracking.
func (p *protocol) telescopeHorizontal(ctx context.Context) error {
	if err := p.track(ctx, false); err != nil {
		return err
	}
	az := p.current(ctx, "azimuth", argument{"Azimuth", floatArg, "150"})
	alt := p.current(ctx, "altitude", argument{"Altitude", floatArg, "50"})
	args := []param{{"Azimuth", az.value}, {"Altitude", alt.value}}
	for _, name := range []string{"slewtoaltazasync", "slewtoaltaz"} {
		if err := p.moved(ctx, name, args...); err != nil {
			return err
		}
	}
	if err := p.set(ctx, "synctoaltaz", args...); err != nil {
		return err
	}
	return p.track(ctx, false)
}
