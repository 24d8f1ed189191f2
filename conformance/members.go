// SPDX-License-Identifier: GPL-3.0-or-later

package conformance

// argKind says what a parameter's value must parse as.
type argKind int

const (
	boolArg argKind = iota
	intArg
	floatArg
	textArg
)

// argument is a parameter of a member, with a value that every device takes.
type argument struct {
	key    string
	kind   argKind
	sample string
}

// member is what can be asked of a device at one URL.
type member struct {
	name    string
	read    bool       // GET is allowed
	readArg []argument // parameters of GET
	write   bool       // PUT is allowed
	args    []argument // parameters of PUT
	// worksDisconnected marks members that need no connection.
	worksDisconnected bool
	// optionalArgs marks parameters of PUT that may be left out.
	optionalArgs bool
}

func property(name string) member { return member{name: name, read: true} }

func writable(name string, a argument) member {
	return member{name: name, read: true, write: true, args: []argument{a}}
}

func method(name string, args ...argument) member {
	return member{name: name, write: true, args: args}
}

func query(name string, args ...argument) member {
	return member{name: name, read: true, readArg: args}
}

// offline marks a member as working without a connection.
func offline(m member) member {
	m.worksDisconnected = true
	return m
}

// samples returns the members' arguments as parameters.
func samples(args []argument) []param {
	out := make([]param, len(args))
	for i, a := range args {
		out[i] = param{a.key, a.sample}
	}
	return out
}

// commonMembers returns what every device has.
func commonMembers() []member {
	command := []argument{{"Command", textArg, "none"}, {"Raw", boolArg, "false"}}
	return []member{
		{name: "action", write: true, args: []argument{{"Action", textArg, "none"}, {"Parameters", textArg, ""}}, optionalArgs: true},
		{name: "commandblind", write: true, args: command, optionalArgs: true},
		{name: "commandbool", write: true, args: command, optionalArgs: true},
		{name: "commandstring", write: true, args: command, optionalArgs: true},
		offline(method("connect")),
		offline(writable("connected", argument{"Connected", boolArg, "True"})),
		offline(property("connecting")),
		offline(property("description")),
		property("devicestate"),
		offline(method("disconnect")),
		offline(property("driverinfo")),
		offline(property("driverversion")),
		offline(property("interfaceversion")),
		offline(property("name")),
		offline(property("supportedactions")),
	}
}

// capabilityFlags returns a telescope's constant flags.
func capabilityFlags() []string {
	return []string{
		"canfindhome", "canpark", "canpulseguide", "cansetdeclinationrate", "cansetguiderates",
		"cansetpark", "cansetpierside", "cansetrightascensionrate", "cansettracking", "canslew",
		"canslewaltaz", "canslewaltazasync", "canslewasync", "cansync", "cansyncaltaz", "canunpark",
	}
}

// telescopeMembers returns what only a telescope has.
func telescopeMembers() []member {
	axis := argument{"Axis", intArg, "0"}
	ra := argument{"RightAscension", floatArg, "1.5"}
	dec := argument{"Declination", floatArg, "10.5"}
	az := argument{"Azimuth", floatArg, "150.5"}
	alt := argument{"Altitude", floatArg, "50.5"}
	var out []member
	for _, flag := range capabilityFlags() {
		out = append(out, property(flag))
	}
	return append(out,
		query("canmoveaxis", axis),
		property("alignmentmode"), property("altitude"), property("aperturearea"), property("aperturediameter"),
		property("athome"), property("atpark"), property("azimuth"), property("declination"),
		writable("declinationrate", argument{"DeclinationRate", floatArg, "0"}),
		writable("doesrefraction", argument{"DoesRefraction", boolArg, "False"}),
		property("equatorialsystem"), property("focallength"),
		writable("guideratedeclination", argument{"GuideRateDeclination", floatArg, "0.002"}),
		writable("guideraterightascension", argument{"GuideRateRightAscension", floatArg, "0.002"}),
		property("ispulseguiding"), property("rightascension"),
		writable("rightascensionrate", argument{"RightAscensionRate", floatArg, "0"}),
		writable("sideofpier", argument{"SideOfPier", intArg, "0"}),
		property("siderealtime"),
		writable("siteelevation", argument{"SiteElevation", floatArg, "100"}),
		writable("sitelatitude", argument{"SiteLatitude", floatArg, "50"}),
		writable("sitelongitude", argument{"SiteLongitude", floatArg, "10"}),
		property("slewing"),
		writable("slewsettletime", argument{"SlewSettleTime", intArg, "0"}),
		writable("targetdeclination", dec.as("TargetDeclination")),
		writable("targetrightascension", ra.as("TargetRightAscension")),
		writable("tracking", argument{"Tracking", boolArg, "False"}),
		writable("trackingrate", argument{"TrackingRate", intArg, "0"}),
		property("trackingrates"),
		writable("utcdate", argument{"UTCDate", textArg, "2026-01-02T03:04:05Z"}),
		query("axisrates", axis),
		query("destinationsideofpier", ra, dec),
		method("abortslew"), method("findhome"),
		method("moveaxis", axis, argument{"Rate", floatArg, "0"}),
		method("park"), method("setpark"), method("unpark"),
		method("pulseguide", argument{"Direction", intArg, "0"}, argument{"Duration", intArg, "0"}),
		method("slewtoaltaz", az, alt), method("slewtoaltazasync", az, alt),
		method("slewtocoordinates", ra, dec), method("slewtocoordinatesasync", ra, dec),
		method("slewtotarget"), method("slewtotargetasync"),
		method("synctoaltaz", az, alt), method("synctocoordinates", ra, dec), method("synctotarget"),
	)
}

// as returns the argument under another name.
func (a argument) as(key string) argument {
	a.key = key
	return a
}

// focuserMembers returns what only a focuser has.
func focuserMembers() []member {
	return []member{
		property("absolute"), property("ismoving"), property("maxincrement"), property("maxstep"),
		property("position"), property("stepsize"),
		writable("tempcomp", argument{"TempComp", boolArg, "False"}),
		property("tempcompavailable"), property("temperature"),
		method("halt"), method("move", argument{"Position", intArg, "0"}),
	}
}

// rotatorMembers returns what only a rotator has.
func rotatorMembers() []member {
	angle := argument{"Position", floatArg, "0"}
	return []member{
		property("canreverse"), property("ismoving"), property("mechanicalposition"), property("position"),
		writable("reverse", argument{"Reverse", boolArg, "False"}),
		property("stepsize"), property("targetposition"),
		method("halt"), method("move", angle), method("moveabsolute", angle),
		method("movemechanical", angle), method("sync", angle),
	}
}

// membersOf returns all members of a type of device. Of types that the checker
// does not know it returns the common members.
func membersOf(kind string) []member {
	switch kind {
	case "telescope":
		return append(commonMembers(), telescopeMembers()...)
	case "focuser":
		return append(commonMembers(), focuserMembers()...)
	case "rotator":
		return append(commonMembers(), rotatorMembers()...)
	}
	return commonMembers()
}
