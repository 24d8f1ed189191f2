// SPDX-License-Identifier: GPL-3.0-or-later

package conformance

import "context"

// siblings is X20: a server that serves two devices of a type, two focusers
// say, must not take one for the other.
func (d *device) siblings(ctx context.Context) error {
	first := map[string]*device{} // by type
	pairs := 0
	for _, ref := range d.run.Devices {
		two := newDevice(d.run, ref)
		one := first[ref.Type]
		if one == nil {
			first[ref.Type] = two
			continue
		}
		pairs++
		for _, pair := range [][2]*device{{one, two}, {two, one}} {
			if err := d.disconnectOne(ctx, pair[0], pair[1]); err != nil {
				return err
			}
		}
	}
	if pairs == 0 {
		d.ok("not tested: there are no two devices of one type")
	}
	return nil
}

// disconnectOne connects two devices and disconnects one of them again.
func (d *device) disconnectOne(ctx context.Context, stays, goes *device) error {
	for _, x := range []*device{stays, goes} {
		if err := x.put(ctx, "connected", boolean("Connected", true)); err != nil {
			return err
		}
		defer d.restore(ctx, func(ctx context.Context) error { return x.put(ctx, "connected", boolean("Connected", false)) })
	}
	if err := goes.put(ctx, "connected", boolean("Connected", false)); err != nil {
		return err
	}
	for _, x := range []*device{stays, goes} {
		got, err := x.getBool(ctx, "connected")
		if err != nil {
			return err
		}
		d.must(got == (x == stays), "Connected of %s is %t after %s was disconnected and %s was not", x.ref, got, goes.ref, stays.ref)
	}
	return nil
}
