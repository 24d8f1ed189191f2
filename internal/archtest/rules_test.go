// SPDX-License-Identifier: GPL-3.0-or-later

package archtest

// rule says what a package may import of ours. In paths, which are relative
// to the module, "x/..." stands for x and everything below it.
type rule struct {
	of   string
	may  []string
	why  string // the reason, for one who wants to import something else
	none bool   // may is empty on purpose
}

// rules has a row for every package; the first that matches counts.
var rules = []rule{
	{of: "fault", none: true, why: "fault is a vocabulary that everyone may import, so it imports nobody"},
	{of: "clock", none: true, why: "clock is a vocabulary that everyone may import, so it imports nobody"},
	{of: "model", may: []string{"fault"}, why: "model holds the units that everyone shares, so it knows no one else"},
	{of: "model/...", may: []string{"model/...", "fault"}, why: "model is pure mathematics: no clock, no device, no protocol"},
	{of: "driver", may: []string{"model", "fault", "clock"}, why: "driver and model meet only in units"},
	{of: "driver/...", may: []string{"driver/...", "model", "fault", "clock"}, why: "drivers know motors and units, but neither sky nor mount"},
	{
		of: "sim", may: []string{"model", "driver", "fault", "clock"},
		why: "the bench shares only units and port types with the controller; with its sky, its mount or its executor a wrong sign could cancel itself",
	},
	{
		of: "sim/box/...", may: []string{"sim/box/...", "model", "driver", "fault", "clock"},
		why: "the boxes on the bench are a second reading of the documents that the drivers were written from",
	},
	{of: "mount", may: []string{"model/...", "driver", "fault", "clock", "internal/loop"}, why: "mount knows the contracts of motors, not their makes, and no protocol"},
	{of: "focuser", may: []string{"model/...", "driver", "fault", "clock", "internal/loop"}, why: "focuser knows the contracts of motors, not their makes, and no protocol"},
	{of: "catalog/...", may: []string{"model/...", "fault"}, why: "catalogues are files and places on the sky, nothing that moves"},
	{of: "script/...", may: []string{"mount", "catalog", "model/...", "fault", "clock"}, why: "a script commands the mount, and reaches no device around it"},
	{of: "discovery", may: []string{"fault", "clock"}, why: "discovery tells a port number; it knows nothing of telescopes"},
	{of: "measure", may: []string{"mount", "model/...", "driver", "fault", "clock"}, why: "measurements command the mount, and read encoders through driver's contracts"},
	{of: "action", may: []string{"mount", "focuser", "measure", "catalog", "model/...", "fault"}, why: "actions command the telescope for every edge, and know none of them"},
	{
		of: "lx200/...", may: append(edge("lx200").may, "driver/serialline"),
		why: "an edge translates its protocol for the owners of the motion; a serial line is its transport, as the network is, and drives nothing",
	},
	edge("alpaca"), edge("web"), edge("handpad"), edge("metrics"),
	{of: "conformance/...", none: true, why: "conformance shares no code with what it judges, so that a misreading cannot hide on both sides"},
	{
		of: "config", may: []string{"mount", "focuser", "alpaca", "lx200", "web", "handpad", "metrics", "discovery", "catalog", "sim", "driver/...", "model/...", "fault", "internal/statefile"},
		why: "config composes the Config of the packages it serves",
	},
	{
		of: "config/legacy", may: []string{"config", "mount", "focuser", "lx200", "handpad", "driver/...", "model/...", "fault"},
		why: "it turns an old configuration into ours",
	},
	{of: "internal/tryout", may: []string{"driver/...", "handpad", "model/...", "fault", "clock"}, why: "test modes try ports and boxes themselves, without a telescope"},
	{of: "internal/loop", may: []string{"driver", "fault", "clock"}, why: "the loop keeps any owner of motion alive, whatever it owns"},
	{of: "internal/statefile", may: []string{"clock"}, why: "statefile keeps any value, whosever it is"},
	{of: "internal/vectorfile", may: []string{"model"}, why: "it reads numbers for tests"},
	{of: "internal/archtest", none: true, why: "it only looks at the others"},
	{
		of: "internal/rig", may: []string{"config", "mount", "focuser", "sim", "driver/...", "model/...", "fault", "clock"},
		why: "the rig puts the telescope together; servers and files are cmd's",
	},
	{of: "internal/night", may: []string{"..."}, why: "nights run the whole program"},
	{of: "internal/boxes", may: []string{"..."}, why: "the whole program drives every box on the bench"},
	{of: "internal/indi", may: []string{"..."}, why: "real clients run against the whole program"},
	{of: "internal/observe/...", may: []string{"..."}, why: "a real Prometheus watches the whole program"},
	{of: "internal/allsky/...", may: []string{"..."}, why: "it judges pointing models by the bench"},
	{of: "internal/report", may: []string{"model/...", "fault"}, why: "a report is drawn from a model and its stars"},
	{of: "cmd/...", may: []string{"..."}, why: "cmd wires everything"},
}

// edge is the rule of a package that translates one protocol.
func edge(name string) rule {
	return rule{
		of: name + "/...", may: []string{name + "/...", "mount", "focuser", "catalog", "script", "model/...", "fault", "clock"},
		why: "an edge translates its protocol for the owners of the motion; it never reaches around them to a driver, and never into another edge",
	}
}

// reserved names packages that only some may import.
var reserved = []struct {
	path string   // of the import, with everything below it
	to   []string // packages of ours
	why  string
}{
	{"periph.io", []string{"driver/gpio/...", "driver/pca9685/...", "sim/box/..."}, "boards are reached through driver's contracts"},
	{"github.com/prometheus", []string{"metrics/..."}, "metrics derives every figure from snapshots; nobody else counts for Prometheus"},
	{"github.com/gin-gonic/gin", []string{"alpaca/...", "web/...", "cmd/..."}, "HTTP belongs to the edges that speak it"},
	{"github.com/tarm/serial", []string{"driver/serialline"}, "serial lines are used in one way, which knows their traps"},
	{"github.com/BurntSushi/toml", []string{"config"}, "there is one configuration file and one reader of it"},
	{"github.com/google/renameio", []string{"internal/statefile"}, "files are replaced in one way, statefile.Write"},
	{"github.com/spf13", []string{"cmd/..."}, "the command line is cmd's"},
	{"MODULE/config", []string{"cmd/...", "config/legacy", "internal/rig", "internal/night"}, "each package is handed its own Config, and knows no file"},
	{"MODULE/sim", []string{"config", "internal/rig", "cmd/...", "internal/night", "internal/boxes"}, "nobody may know the simulated truth but tests and the wiring"},
	{"MODULE/conformance", []string{"cmd/..."}, "the checker stands outside"},
	{"MODULE/internal/statefile", []string{"config", "cmd/...", "internal/night"}, "owners are handed what was saved, and say what is to be saved"},
	{"MODULE/cmd", nil, "nothing builds upon the wiring"},
}

// pure lists what the mathematics must not import, with what it would mean.
var pure = []struct{ path, why string }{
	{"net", "the network"}, {"os", "the machine"}, {"sync", "shared state"}, {"syscall", "the machine"},
	{"io", "input and output"}, {"log", "a log"}, {"context", "waiting"}, {"math/rand", "chance"},
	{"MODULE/clock", "a clock"},
}

// forbidden lists calls that no source file may make, but for the exceptions.
var forbidden = []struct {
	pkg, name string
	why       string
}{
	{"time", "Now", clockWhy}, {"time", "Since", clockWhy}, {"time", "Until", clockWhy}, {"time", "Sleep", clockWhy},
	{"time", "After", clockWhy}, {"time", "AfterFunc", clockWhy}, {"time", "Tick", clockWhy},
	{"time", "NewTicker", clockWhy}, {"time", "NewTimer", clockWhy},
}

const clockWhy = "time is told and awaited by the clock.Clock that one was given, so that a night can pass in seconds"

// exceptions are packages that may look at the computer's clock themselves.
var exceptions = map[string]string{
	"clock":       "is where it is done",
	"conformance": "shares nothing with us, not even the clock, and measures a server in real time",
}
