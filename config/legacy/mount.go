// SPDX-License-Identifier: GPL-3.0-or-later

package legacy

import (
	"fmt"
	"math"

	"github.com/siderostep/siderostep/model/pointing"
	"github.com/siderostep/siderostep/mount"
)

// site is where the telescope stands, and the air above.
func (c *converter) site() {
	if !c.has("LatitudeDeg") || !c.has("LongitudeDeg") {
		c.ledger.tell(0, Operator, "site.latitude_deg, site.longitude_deg: LatitudeDeg or LongitudeDeg is not in the file; the original's default is in Oregon")
	}
	c.keep("site.latitude_deg", c.num("LatitudeDeg"), "LatitudeDeg")
	west := c.num("LongitudeDeg")
	c.change("site.longitude_deg", eastOf(west), "east is positive: −("+number(west)+")", "LongitudeDeg")
	c.keep("site.elevation_m", c.num("Height"), "Height")
	zone, summer := c.num("Tz"), c.num("DST")
	c.change("lx200.utc_offset_h", summer-zone, fmt.Sprintf("DST − Tz = %s − (%s), for the clock of LX200 clients; the program itself keeps UTC", number(summer), number(zone)), "Tz", "DST")
	c.keep("catalog.equinox", c.num("DataFileCoordYear"), "DataFileCoordYear")
	c.refraction()
}

// eastOf returns the east longitude, −180 (not included) to 180.
func eastOf(west float64) float64 {
	east := math.Remainder(-west, 360)
	if east <= -180 {
		east += 360
	}
	return east + 0 // no −0
}

func (c *converter) refraction() {
	names := []string{"RefractFlag"}
	switch n := c.int("RefractFlag"); {
	case n == 1 && c.int("StartInitState") == 1:
		c.put("site.refraction", false, names...)
		c.tell(Converted, names, "site.refraction = false (an equatorial start, StartInitState 1, switches 1 off)")
	case n == 0 || n == 1 || n == 2:
		c.change("site.refraction", n != 0, "0 is off, 1 and 2 are ways to do it, of which there is one here, for all mounts", names...)
	default:
		c.tell(Error, names, "RefractFlag is 0, 1 or 2; it is taken to be 0")
		c.put("site.refraction", false, names...)
	}
}

// mechanics is the tube on its axes.
func (c *converter) mechanics() {
	for _, z := range []string{"1", "2", "3"} {
		name := "Z" + z + "Deg"
		v := c.num(name)
		c.change("mount.z"+z+"_arcmin", 60*v, number(v)+"° × 60", name)
	}
	name := "MaxConsecutiveSlews"
	n := c.clamp("mount.max_consecutive_slews", c.num(name), 1, 20, name)
	c.keep("mount.max_consecutive_slews", int(n), name)
	name = "MsArcsecSec"
	rate := c.clamp("lx200.centre_arcsec_per_s", c.num(name), 1, 9999, name)
	c.keep("lx200.centre_arcsec_per_s", rate, name)
	c.keep("handpad.centre_arcsec_per_s", rate, name)
	c.keep("mount.a.backlash_arcmin", c.num("AltBacklashArcmin"), "AltBacklashArcmin")
	c.keep("mount.z.backlash_arcmin", c.num("AzBacklashArcmin"), "AzBacklashArcmin")
	c.tell(Kept, []string{"Siderostat"}, "mount.geometry = %q", c.geometry)
}

// limits are those of the axes, and home within them.
func (c *converter) limits() {
	here := c.base.Config
	here.Site.LatitudeDeg = c.num("LatitudeDeg")
	here = here.ForGeometry(c.geometry.String())
	c.axisLimits("mount.z.", here.Mount.Z, "AzLowLimitDeg", "AzHighLimitDeg", "HomeAzDeg")
	c.axisLimits("mount.a.", here.Mount.A, "AltLowLimitDeg", "AltHighLimitDeg", "HomeAltDeg")
}

// axisLimits sets the limits of one axis. here is what suits the geometry at
// this latitude.
func (c *converter) axisLimits(key string, here mount.Axis, low, high, home string) {
	lo, hi, pair := here.MinDeg, here.MaxDeg, []string{"LatitudeDeg"}
	if c.hasAny(low, high) {
		switch l, h := c.num(low), c.num(high); {
		case l == h:
			c.tell(Converted, []string{low, high}, "equal limits are none; here those of the geometry hold, %g to %g", lo, hi)
		case l > h:
			c.tell(Error, []string{low, high}, "%s, %g, is above %s, %g; the limits of the geometry hold, %g to %g", low, l, high, h, lo, hi)
		default:
			lo, hi, pair = l, h, []string{low, high}
			c.tell(Kept, pair, "%smin_deg = %g, %smax_deg = %g", key, lo, key, hi)
		}
	}
	if pair[0] == low || !c.isDefault(key+"min_deg", lo) || !c.isDefault(key+"max_deg", hi) {
		c.put(key+"min_deg", lo, pair...)
		c.put(key+"max_deg", hi, pair...)
	}
	c.axisHome(key, here.HomeDeg, lo, hi, home, pair)
}

// axisHome sets home and park of an axis with limits from lo to hi.
func (c *converter) axisHome(key string, usual, lo, hi float64, name string, pair []string) {
	at, names := usual, pair
	if c.hasAny("HomeAltDeg", "HomeAzDeg") {
		at, names = c.num(name), []string{name}
		for _, turn := range []float64{-360, 360} {
			if v := at + turn; (at < lo || at > hi) && v >= lo && v <= hi {
				at = v
			}
		}
		c.tell(Kept, names, "%shome_deg and park_deg = %g", key, at)
	}
	if in := math.Max(lo, math.Min(hi, at)); in != at {
		c.tell(Doubtful, names, "%shome_deg would be %g, beyond the limits of its axis, %g to %g; %g is taken", key, at, lo, hi, in)
		at = in
	}
	c.put(key+"home_deg", at, names...)
	c.put(key+"park_deg", at, names...)
}

// meridian is what a German mount does there.
func (c *converter) meridian() {
	const on, off, old = "AutoGEMFlipOnFuzzDeg", "AutoGEMFlipOffFuzzDeg", "AutoGEMFlipFuzzDeg"
	all := []string{"GEMFlipPossible", "AutoGEMFlip", on, off, old}
	if c.geometry != pointing.German {
		c.drop(Obsolete, fmt.Sprintf("mount.geometry is %q: nothing flips", c.geometry), all...)
		return
	}
	c.tell(Kept, []string{"GEMFlipPossible"}, "mount.geometry = %q", c.geometry)
	atLimit := map[bool]string{true: "flip", false: "stop"}[c.yes("AutoGEMFlip")]
	c.change("mount.at_limit", atLimit, "1 flips by itself", "AutoGEMFlip")
	past, before, names := c.num(on), c.num(off), []string{on, off}
	if c.has(old) {
		if c.hasAny(on, off) {
			c.tell(Doubtful, []string{old}, "an old name, not taken beside %s and %s", on, off)
		} else {
			past, before, names = c.num(old), c.num(old), []string{old}
			c.tell(Doubtful, names, "the manual's name of both %s and %s; the source of 2009 passes over it, so that it had 0", on, off)
		}
	}
	c.put("mount.past_meridian_deg", past, names[0])
	c.put("mount.before_meridian_deg", before, names[len(names)-1])
	c.tell(Kept, names[:1], "mount.past_meridian_deg = %s (flipped is looking east)", format(past))
	c.tell(Kept, names[len(names)-1:], "mount.before_meridian_deg = %s (not flipped is looking west)", format(before))
}
