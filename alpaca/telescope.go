// SPDX-License-Identifier: GPL-3.0-or-later

package alpaca

import (
	"fmt"
	"sync"
	"time"

	"github.com/siderostep/siderostep/model/pointing"
	"github.com/siderostep/siderostep/mount"
)

// telescope is ITelescopeV4 on a mount.
type telescope struct {
	*base
	mount    Mount
	blocking bool // whether CanSlew is true and blocking slews work

	order sync.Mutex // puts the commands that move the mount one after the other

	mu     sync.Mutex
	target target
}

func newTelescope(b *base, m Mount, blocking bool) *telescope {
	return &telescope{base: b, mount: m, blocking: blocking}
}

// telescopeMembers is the table of ITelescopeV4, beside the common members.
func telescopeMembers() []member[*telescope] {
	type t = *telescope
	ra, dec := param{name: "RightAscension", kind: decimal}, param{name: "Declination", kind: decimal}
	az, alt := param{name: "Azimuth", kind: decimal}, param{name: "Altitude", kind: decimal}
	axis := param{name: "Axis", kind: whole}
	yes := func(t) (bool, error) { return true, nil }
	blocks := func(t *telescope) (bool, error) { return t.blocking, nil }
	blocking := func(t *telescope, _ *call) error { return t.blocks() }
	german := func(t *telescope, _ *call) error { return t.hasPierSides() }

	return []member[t]{
		// What the telescope can do.
		getTruth("canfindhome", link, yes),
		get("canmoveaxis", truth, link, t.canMoveAxis, axis),
		getTruth("canpark", link, yes),
		getTruth("canpulseguide", link, yes),
		getTruth("cansetdeclinationrate", link, yes),
		getTruth("cansetguiderates", link, yes),
		getTruth("cansetpark", link, yes),
		getTruth("cansetpierside", link, seen(isGerman)),
		getTruth("cansetrightascensionrate", link, yes),
		getTruth("cansettracking", link, yes),
		getTruth("canslew", link, blocks),
		getTruth("canslewaltaz", link, blocks),
		getTruth("canslewaltazasync", link, yes),
		getTruth("canslewasync", link, yes),
		getTruth("cansync", link, yes),
		getTruth("cansyncaltaz", link, yes),
		getTruth("canunpark", link, yes),

		// What it is.
		getWhole("alignmentmode", link, seen(alignmentMode)),
		getNumber("aperturearea", link, seen(apertureArea)),
		getNumber("aperturediameter", link, seen(func(s *mount.Snapshot) float64 { return s.Config.Mount.ApertureMM / 1000 })),
		getNumber("focallength", link, seen(func(s *mount.Snapshot) float64 { return s.Config.Mount.FocalLengthMM / 1000 })),
		getWhole("equatorialsystem", link, func(t) (int, error) { return topocentric, nil }),
		get("axisrates", list, link, t.axisRates, axis),

		// Where it stands, and when.
		getTruth("doesrefraction", link, seen(func(s *mount.Snapshot) bool { return s.Config.Site.Refraction })),
		setTruth("doesrefraction", link, t.setRefraction, "DoesRefraction"),
		getNumber("siteelevation", link, seen(func(s *mount.Snapshot) float64 { return s.Config.Site.ElevationM })),
		setNumber("siteelevation", link, t.setElevation, "SiteElevation"),
		getNumber("sitelatitude", link, seen(func(s *mount.Snapshot) float64 { return s.Config.Site.LatitudeDeg })),
		setNumber("sitelatitude", link, t.setLatitude, "SiteLatitude"),
		getNumber("sitelongitude", link, seen(func(s *mount.Snapshot) float64 { return s.Config.Site.LongitudeDeg })),
		setNumber("sitelongitude", link, t.setLongitude, "SiteLongitude"),
		getNumber("siderealtime", link, t.siderealTime),
		get("utcdate", date, link, t.utcDate),
		put("utcdate", link, t.setUTCDate, param{name: "UTCDate", kind: date}),

		// Where it points.
		getNumber("rightascension", link, seen(rightAscension)),
		getNumber("declination", link, seen(func(s *mount.Snapshot) float64 { return s.Equatorial.Dec.Degrees() })),
		getNumber("azimuth", link, seen(func(s *mount.Snapshot) float64 { return degrees(s.Horizontal.Az) })),
		getNumber("altitude", link, seen(func(s *mount.Snapshot) float64 { return s.Horizontal.Alt.Degrees() })),
		getWhole("sideofpier", link, seen(func(s *mount.Snapshot) int { return pierNumber(s.Pier) })).onlyIf(german),
		setWhole("sideofpier", link|unpark, t.setSideOfPier, "SideOfPier").onlyIf(german),
		get("destinationsideofpier", whole, link, t.destinationSideOfPier, ra, dec).onlyIf(german),
		get("devicestate", list, link, t.deviceState),

		// How it moves.
		getTruth("athome", link, seen(func(s *mount.Snapshot) bool { return s.AtHome })),
		getTruth("atpark", link, seen(func(s *mount.Snapshot) bool { return s.Parked })),
		getTruth("slewing", link, t.slewing),
		getWhole("slewsettletime", link, seen(settleTime)),
		setWhole("slewsettletime", link, t.setSettleTime, "SlewSettleTime"),
		put("abortslew", link|unpark, moving((Mount).Abort)),
		put("findhome", link|unpark, moving((Mount).FindHome)),
		put("park", link, moving((Mount).Park)),
		put("setpark", link, func(t *telescope, c *call) error { return t.mount.SetPark(c.ctx) }),
		put("unpark", link, moving((Mount).Unpark)),
		put("moveaxis", link|unpark, t.moveAxis, axis, param{name: "Rate", kind: decimal}).onlyIf(t.hasAxis),

		// Slews and syncs.
		getNumber("targetrightascension", link, t.targetRightAscension),
		setNumber("targetrightascension", link, t.setTargetRightAscension, "TargetRightAscension"),
		getNumber("targetdeclination", link, t.targetDeclination),
		setNumber("targetdeclination", link, t.setTargetDeclination, "TargetDeclination"),
		put("slewtocoordinatesasync", link|unpark, t.slewToCoordinates, ra, dec),
		put("slewtotargetasync", link|unpark, t.slewToTarget),
		put("slewtoaltazasync", link|unpark, t.slewToAltAz, az, alt),
		put("slewtocoordinates", link|unpark, arriving(t.slewToCoordinates), ra, dec).within(slewLimit).onlyIf(blocking),
		put("slewtotarget", link|unpark, arriving(t.slewToTarget)).within(slewLimit).onlyIf(blocking),
		put("slewtoaltaz", link|unpark, arriving(t.slewToAltAz), az, alt).within(slewLimit).onlyIf(blocking),
		put("synctocoordinates", link|unpark, t.syncToCoordinates, ra, dec),
		put("synctotarget", link|unpark, t.syncToTarget),
		put("synctoaltaz", link|unpark, t.syncToAltAz, az, alt),

		// Tracking and guiding.
		getTruth("tracking", link, seen(func(s *mount.Snapshot) bool { return s.Tracking })),
		setTruth("tracking", link, t.setTracking, "Tracking"),
		getWhole("trackingrate", link, seen(func(s *mount.Snapshot) int { return driveNumber(s.Drive) })),
		setWhole("trackingrate", link, t.setTrackingRate, "TrackingRate"),
		get("trackingrates", list, link, t.trackingRates),
		getNumber("rightascensionrate", link, seen(rightAscensionRate)),
		setNumber("rightascensionrate", link, t.setRightAscensionRate, "RightAscensionRate"),
		getNumber("declinationrate", link, seen(func(s *mount.Snapshot) float64 { return s.DecRate.ArcsecPerSecond() })),
		setNumber("declinationrate", link, t.setDeclinationRate, "DeclinationRate"),
		getNumber("guideraterightascension", link, seen(func(s *mount.Snapshot) float64 { return s.Config.Mount.GuideRARate / 3600 })),
		setNumber("guideraterightascension", link, t.setGuideRateRA, "GuideRateRightAscension"),
		getNumber("guideratedeclination", link, seen(func(s *mount.Snapshot) float64 { return s.Config.Mount.GuideDecRate / 3600 })),
		setNumber("guideratedeclination", link, t.setGuideRateDec, "GuideRateDeclination"),
		getTruth("ispulseguiding", link, t.isPulseGuiding),
		put("pulseguide", link|unpark, t.pulseGuide, param{name: "Direction", kind: whole}, param{name: "Duration", kind: whole}),
	}
}

// seen makes a reader of the telescope from a reader of its snapshot.
func seen[V any](read func(*mount.Snapshot) V) func(*telescope) (V, error) {
	return func(t *telescope) (V, error) { return read(t.mount.Snapshot()), nil }
}

// present returns the newest snapshot and its age.
func (t *telescope) present() (*mount.Snapshot, time.Duration) {
	s := t.mount.Snapshot()
	for range 3 {
		age := t.mount.UTC().Sub(s.UTC)
		newest := t.mount.Snapshot()
		if newest == s {
			return s, age
		}
		s = newest // the clock may have been set between the two readings
	}
	return s, 0
}

func (t *telescope) parked() bool { return t.mount.Snapshot().Parked }

func (t *telescope) name() string { return t.mount.Snapshot().Config.Mount.Name }

func (t *telescope) description() string {
	m := t.mount.Snapshot().Config.Mount
	return fmt.Sprintf("%.0f mm f/%.3g telescope on a stepper driven %s mount", m.ApertureMM, m.FocalLengthMM/m.ApertureMM, m.Geometry)
}

// disconnected forgets the target. Tracking and motion go on.
func (t *telescope) disconnected() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.target = target{}
}

func isGerman(s *mount.Snapshot) bool { return s.Config.Mount.Geometry == pointing.German.String() }
