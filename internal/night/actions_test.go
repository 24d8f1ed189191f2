// SPDX-License-Identifier: GPL-3.0-or-later

package night

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/siderostep/siderostep/action"
	"github.com/siderostep/siderostep/catalog"
	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/driver/waveform"
	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/measure"
	"github.com/siderostep/siderostep/model"
)

var update = flag.Bool("update", false, "rewrite golden files")

// desk performs actions on a telescope and remembers which.
type desk struct {
	*observer
	actions map[string]action.Action
	done    map[string]bool
}

func (o *observer) desk() *desk { return o.deskWith(catalog.NewLibrary()) }

func (o *observer) deskWith(l *catalog.Library) *desk {
	d := &desk{o, map[string]action.Action{}, map[string]bool{}}
	d.add(action.Telescope(o.Mount), action.Catalogs(o.Mount, l))
	return d
}

func (d *desk) add(lists ...[]action.Action) {
	for _, a := range slices.Concat(lists...) {
		d.actions[a.Name] = a
	}
}

// ask performs an action and returns its answer.
func (d *desk) ask(name, params string) map[string]any {
	d.t.Helper()
	d.done[name] = true
	text, err := d.actions[name].Do(d.t.Context(), params)
	if err != nil {
		d.t.Fatalf("%s %s: %v", name, params, err)
	}
	var answer map[string]any
	if err := json.Unmarshal([]byte(text), &answer); err != nil {
		d.t.Fatalf("%s: %s: %v", name, text, err)
	}
	return answer
}

// refused demands an error of a kind, with words in it.
func (d *desk) refused(name, params string, kind error, words string) {
	d.t.Helper()
	_, err := d.actions[name].Do(d.t.Context(), params)
	if !errors.Is(err, kind) || !strings.Contains(err.Error(), words) {
		d.t.Errorf("%s %s: %v; want %v with %q", name, params, err, kind, words)
	}
}

func list(answer map[string]any, key string) []any { return answer[key].([]any) }

// eye is how well an observer centres a star.
var eye = model.Arcsec(20)

// centred brings what the bench's camera shows at a place to its middle, with
// direction keys, to within an eye's accuracy.
func (o *observer) centred(place model.Equatorial) {
	o.t.Helper()
	for range 12 {
		truth := o.Truth().Equatorial
		ra, dec := (place.RA - truth.RA).WrapSigned(), place.Dec-truth.Dec
		if place.Separation(truth) < eye {
			return
		}
		const seconds = 4
		fast := model.ArcsecPerSecond(590)
		limit := func(v model.Angle) model.Rate { return max(-fast, min(fast, model.Rate(v.Mul(1.0/seconds)))) }
		o.do(o.Mount.Nudge(o.t.Context(), "hand", limit(ra), limit(dec)))
		o.after(seconds * time.Second)
		o.do(o.Mount.Nudge(o.t.Context(), "hand", 0, 0))
		o.after(time.Second)
	}
	o.t.Fatalf("the star is still %v from the middle", place.Separation(o.Truth().Equatorial))
}

// Every action does what it says, on a telescope that has just been put up.
func TestActions(t *testing.T) {
	f := telescope("altaz", true)
	f.Simulator.Aligned = false
	f.Simulator.BaseTiltNorthArcmin, f.Simulator.ZZeroDeg = 50, 3
	f.Simulator.Z1Arcsec, f.Simulator.Z3Arcsec = 600, 900
	evening(t, f, func(o *observer) {
		t, d := o.t, o.desk()
		d.refused("Align:Init", `{"n":2,"ra_h":1,"dec_deg":50}`, fault.Refused, "init 2 comes after init 1")
		d.refused("Align:Init", `{}`, fault.Refused, "no target")
		d.refused("Align:Undo", ``, fault.Refused, "no star")
		d.refused("Model:Fit", ``, fault.Refused, "there are no stars")
		d.refused("Model:Restore", ``, fault.Refused, "")
		d.refused("Align:AltitudeOffset", ``, fault.Refused, "two inits")
		d.refused("Align:ClosestInit", ``, fault.Refused, "two stars")
		d.refused("Align:Kill", ``, fault.Refused, "confirm")
		d.refused("Model:Export", `{"file":"pmc"}`, fault.Refused, "no pmc")
		d.refused("Align:Polar", `{"step":"next"}`, fault.Refused, "no polar alignment")
		d.refused("Align:Polar", `{"step":"start"}`, fault.Invalid, "two stars")
		d.refused("Align:Polar", `{"step":"start","stars":[{"name":"a","ra_h":1,"dec_deg":40},{"ra_h":5,"dec_deg":50}]}`, fault.Unsupported, "no polar axis")
		if a := d.ask("Align:Polar", `{"step":"cancel"}`); a["stage"] != 0.0 {
			t.Errorf("%v", a)
		}
		d.refused("Catalog:Get", `{"name":"M 111"}`, fault.Invalid, "no object named")
		d.refused("Catalog:Browse", `{"file":"nothing"}`, fault.Invalid, "")

		if s := d.ask("Align:Start", `{"mode":"altaz"}`); s["start"] != "altaz" {
			t.Errorf("status %v", s)
		}
		o.do(o.Mount.SetTracking(t.Context(), true))
		d.avoidSun()
		take := func(name, params string) map[string]any {
			star := d.ask("Catalog:Goto", params)
			o.arrive()
			o.centred(model.Equatorial{RA: model.Hours(star["ra_h"].(float64)), Dec: model.Degrees(star["dec_deg"].(float64))})
			text, _ := json.Marshal(map[string]any{"name": star["name"], "ra_h": star["ra_h"], "dec_deg": star["dec_deg"]})
			return d.ask(name, string(text))
		}
		stars := list(d.ask("Align:Suggest", `{"count":2}`), "stars")
		for i, s := range stars {
			named, _ := json.Marshal(map[string]any{"name": s.(map[string]any)["name"]})
			if a := take("Align:Init", string(named)); a["n"] != float64(i+1) {
				t.Errorf("init %d: %v", i+1, a)
			}
		}
		if s := d.ask("Align:Status", ``); len(list(s, "inits")) != 2 {
			t.Errorf("%v", s)
		}
		d.ask("Align:AltitudeOffset", `{"apply":false}`)
		for _, s := range list(d.ask("Align:Suggest", `{"count":12,"magnitude":3.5}`), "stars") {
			named, _ := json.Marshal(map[string]any{"name": s.(map[string]any)["name"]})
			take("Analysis:Add", string(named))
		}
		fitted := d.ask("Model:Fit", `{"apply":true}`)
		t.Logf("14 stars: rms %.1f″, leave-one-out %.1f″", fitted["rms_arcsec"], fitted["leave_one_out_arcsec"])
		if rms := fitted["rms_arcsec"].(float64); rms > 1.5*eye.Arcsec() {
			t.Errorf("rms %.1f″", rms)
		}
		// Gotos, judged by the bench.
		for _, name := range []string{"M 13", "M 81", "M 3"} {
			got := d.ask("Catalog:Get", `{"name":"`+name+`"}`)
			if got["alt_deg"].(float64) < 15 {
				continue
			}
			d.ask("Catalog:Goto", `{"name":"`+name+`"}`)
			o.arrive()
			place := model.Equatorial{RA: model.Hours(got["ra_h"].(float64)), Dec: model.Degrees(got["dec_deg"].(float64))}
			o.within(name, place, model.Arcmin(1))
		}
		if n := len(list(d.ask("Analysis:List", ``), "stars")); n != 14 {
			t.Errorf("%d stars are listed", n)
		}
		d.ask("Model:BuildCurve", `{"curve":"alt_vs_az"}`)
		text := d.ask("Model:Export", `{"file":"altazec"}`)["text"].(string)
		if n := strings.Count(text, "\n"); n != 72 {
			t.Errorf("the table has %d lines", n)
		}
		imported, _ := json.Marshal(map[string]string{"file": "altazec", "text": text})
		d.ask("Model:Import", string(imported))
		d.refused("Model:Import", `{"file":"altazec","text":"0 x"}`, fault.Invalid, "altazec:1")
		if m := d.ask("Model:Get", ``); m["alt_vs_az"] != true {
			t.Errorf("%v", m)
		}
		if m := d.ask("Model:AppendResiduals", ``); m["pmc"] != true {
			t.Errorf("%v", m)
		}
		if m := d.ask("Model:Set", `{"pmc":false,"z1_deg":0.1}`); m["pmc"] != false || m["z1_deg"] != 0.1 {
			t.Errorf("%v", m)
		}
		d.refused("Model:Set", `{"pmc":true}`, fault.Refused, "no such table")
		d.ask("Model:Restore", `{}`)
		d.ask("Align:ClosestInit", ``)
		for shape, n := range map[string]int{"two_star": 2, "column": 4, "ring": 72} {
			if got := len(list(d.ask("Analysis:Plan", `{"shape":"`+shape+`"}`), "places")); got != n {
				t.Errorf("%s: %d places", shape, got)
			}
		}
		if files := list(d.ask("Catalog:List", ``), "catalogs"); len(files) != 3 {
			t.Errorf("%d catalogues", len(files))
		}
		if page := list(d.ask("Catalog:Browse", `{"file":"messier","page":4}`), "objects"); len(page) != 110-4*24 {
			t.Errorf("the last page has %d objects", len(page))
		}
		if found := list(d.ask("Catalog:Search", `{"text":"globular","file":"mess*"}`), "objects"); len(found) != 29 {
			t.Errorf("%d globular clusters in Messier's list", len(found))
		}
		first := d.ask("Catalog:Closest", `{"file":"bstars","move":true}`)["object"].(map[string]any)["name"]
		o.arrive()
		if again := d.ask("Catalog:Closest", `{"file":"bstars","rule":"not_visited"}`)["object"].(map[string]any)["name"]; again == first {
			t.Errorf("%v is not visited", again)
		}
		d.notebook()
		d.tour()
		d.follow()
		d.outlook()
		d.ask("Align:Undo", ``)
		d.history()
		d.ask("Analysis:Purge", `{"confirm":true}`)
		if s := d.ask("Align:Kill", `{"confirm":true}`); len(list(s, "inits")) != 0 || s["points"] != 0.0 {
			t.Errorf("%v", s)
		}
		d.wrongClock()
		d.home()
		d.refused("Align:Drift", `{"step":"start"}`, fault.Unsupported, "no polar axis")
		if a := d.ask("Align:Drift", `{"step":"status"}`); a["known"] != false {
			t.Errorf("%v", a)
		}
		d.refused("Mount:Flip", `{"side":"other"}`, fault.Unsupported, "only a German mount")
		d.ask("Mount:Flip", `{}`)
		d.tools()
		for name := range d.actions {
			if !d.done[name] {
				t.Errorf("%s was not tried", name)
			}
		}
	})
}

// docs/actions.md is what the declarations say.
func TestActionsAreDocumented(t *testing.T) {
	const path = "../../docs/actions.md"
	all := slices.Concat(action.Telescope(nil), action.Catalogs(nil, nil), action.Tools(action.Workshop{}))
	want := "# Actions\n\nWhat the telescope can be told beyond ASCOM's interfaces, through the method Action of the Alpaca telescope\n" +
		"and of each focuser: the name as Action, a JSON object as Parameters (which may be empty), a JSON object as answer. SupportedActions lists\n" +
		"the names. Beside these it has Halt, Resume and Status. A parameter beyond its limits is refused in a sentence that says what is accepted.\n" +
		"\n<!-- Written by make golden from the declarations in package action. -->\n\n## Of the telescope\n" + action.Markdown(all) +
		"\n## Of a focuser\n" + action.Markdown(action.Focuser(nil))
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != want {
		t.Errorf("%s is not what the declarations say (%v): run make golden", path, err)
	}
}

// hand is a paddle that remembers what was done with it.
type hand struct {
	mode, design string
	keys         []string
}

func (h *hand) SetMode(_ context.Context, word string) error {
	if word != "guide" {
		return fault.New(fault.Invalid, "hand paddle", "there is no mode %q; there is guide", word)
	}
	h.mode = word
	return nil
}

func (h *hand) Key(_ context.Context, source, key string, down bool) error {
	h.keys = append(h.keys, fmt.Sprint(source, " ", key, " ", down))
	return nil
}

func (h *hand) SetDesign(_ context.Context, design string) error {
	h.design = design
	return nil
}

func (h *hand) Status() action.PaddleStatus {
	return action.PaddleStatus{Mode: h.mode, Design: h.design, Keys: h.keys}
}

// tools are the actions of motors, encoders, measuring and tuning, on a mount
// that stands.
func (d *desk) tools() {
	d.add(action.Tools(action.Workshop{}), action.Focuser(d.Focusers[0]))
	for _, name := range []string{"Measure:Start", "Handpad:Mode", "Aux:Set", "Tune:FitTable"} {
		d.refused(name, map[string]string{
			"Measure:Start": `{"kind":"rate"}`, "Aux:Set": `{"line":1}`, "Tune:FitTable": `{"axis":"azimuth","positions":[0,1]}`,
		}[name], fault.Unsupported, "")
	}
	h, aux, latch := &hand{design: "direct"}, map[int]bool{}, &measure.Latch{}
	motors := waveform.DefaultConfig()
	owner := measure.New(measure.Parts{Mount: d.Mount, Clock: clock.Real{}, Encoders: latch, Fixed: measure.Settings("motors.z", motors)})
	go func() { _ = owner.Run(d.t.Context()) }()
	d.add(action.Tools(action.Workshop{
		Measure: owner, Paddle: h,
		FitTable: func(_ int, p []float64) ([]int, []int, error) { return motors.FitTable(p) },
		Aux:      func(line int, on bool) error { aux[line] = on; return nil },
	}))
	d.steps()
	d.boxes(latch)
	d.handGuiding()
	d.measuring()
	d.tuningTable()
	d.paddleAndAux(h, aux)
	d.focusing()
}

// steps are the motors' own actions.
func (d *desk) steps() {
	d.refused("Mount:Step", `{"kind":"micro"}`, fault.Invalid, "either azimuth or altitude")
	before := d.Mount.Snapshot()
	d.ask("Mount:Step", `{"kind":"half","azimuth":-30}`)
	s := d.arrive()
	if n := s.Reports[0].Emitted - before.Reports[0].Emitted; n != -300 {
		d.t.Errorf("%d microsteps instead of -300", n)
	}
	d.ask("Mount:TrackByRate", `{"azimuth_usteps_s":-400,"accel_z":-10}`)
	d.after(8 * time.Second)
	if a := d.ask("Mount:TrackByRate", `{}`); a["held"] != true || number(a, "azimuth_usteps_s") > -475 || number(a, "azimuth_usteps_s") < -485 {
		d.t.Errorf("%v", a)
	}
	d.after(8 * time.Second)
	if a := d.ask("Mount:TrackByRate", `{"on":false}`); a["held"] != false {
		d.t.Errorf("%v", a)
	}
	d.arrive()
	d.after(2 * time.Second)
	if a := d.ask("Mount:MotorEnable", `{"on":false}`); a["on"] != false || a["position_trusted"] != false {
		d.t.Errorf("%v", a)
	}
	d.after(time.Second)
	if t := d.Truth(); t.Z.Energised || t.A.Energised {
		d.t.Error("windings are on")
	}
	if a := d.ask("Mount:MotorEnable", `{"on":true}`); a["on"] != true {
		d.t.Errorf("%v", a)
	}
	d.after(time.Second)
	if t := d.Truth(); !t.Z.Energised || !t.A.Energised {
		d.t.Error("windings are off")
	}
}

// boxes are the encoders.
func (d *desk) boxes(latch *measure.Latch) {
	d.refused("Encoder:Init", ``, fault.Refused, "not been read")
	d.refused("Mount:ResetToEncoders", ``, fault.Refused, "not been read")
	d.refused("Encoder:Record", `{"step":"start"}`, fault.Refused, "not been read")
	at := d.Mount.Instant()
	z, a := d.Bench.Encoders(at)
	count := model.Degrees(360.0 / 8192)
	r := driver.EncoderReading{At: at, Angles: [2]model.Angle{count.Mul(float64(z)), count.Mul(float64(a))}, Count: [2]model.Angle{count, count}}
	latch.Put(r)
	d.do(d.Mount.ReadEncoders(d.t.Context(), r))
	if a := d.ask("Encoder:Init", ``); a["known"] != true || number(a, "dz_deg") != 0 {
		d.t.Errorf("%v", a)
	}
	d.ask("Mount:ResetToEncoders", ``)
	if a := d.ask("Encoder:Get", ``); number(a, "resets") != 1 || math.Abs(number(a, "count_a_arcsec")-158.203) > 0.001 {
		d.t.Errorf("%v", a)
	}
	d.ask("Encoder:Record", `{"step":"start","cycles":1,"rate_usteps_s":10}`)
	d.refused("Measure:Start", `{"kind":"backlash"}`, fault.Refused, "being recorded")
	d.ask("Encoder:Record", `{"step":"cancel"}`)
	d.after(5 * time.Second)
	if a := d.ask("Encoder:Record", `{"step":"status"}`); a["running"] != false || a["fault"] == nil {
		d.t.Errorf("%v", a)
	}
	d.arrive()
}

// handGuiding is guiding by hand, and the drift that it tells.
func (d *desk) handGuiding() {
	ctx := d.t.Context()
	d.refused("Guide:Start", `{"mode":"stay"}`, fault.Refused, "")
	d.do(d.Mount.SetTracking(ctx, true))
	d.after(2 * time.Second)
	if a := d.ask("Guide:Start", `{"mode":"return"}`); a["mode"] != "return" {
		d.t.Errorf("%v", a)
	}
	d.do(d.Mount.NudgeAxes(ctx, "hand", 0, model.ArcsecPerSecond(5)))
	d.after(8 * time.Second)
	d.do(d.Mount.NudgeAxes(ctx, "hand", 0, 0))
	d.after(22 * time.Second)
	a := d.ask("Guide:Stop", `{"update_drift":true}`)
	if math.Abs(number(a, "a_arcsec")-40) > 1 || math.Abs(number(a, "alt_arcsec_min")-80) > 4 {
		d.t.Errorf("%v", a)
	}
	d.refused("Guide:Stop", ``, fault.Refused, "off")
	if a := d.ask("Drift:Clear", `{"what":"accumulated"}`); number(a, "alt_arcsec_min") != 0 {
		d.t.Errorf("%v", a)
	}
	if a := d.ask("Drift:Set", `{"az_arcsec_min":6}`); math.Abs(number(a, "az_arcsec_min")-6) > 1e-9 || number(a, "ra_deg_h") != 0 {
		d.t.Errorf("%v", a)
	}
	if a := d.ask("Drift:Clear", ``); number(a, "az_arcsec_min") != 0 {
		d.t.Errorf("%v", a)
	}
	if a := d.ask("Guide:Angle", `{"deg":10}`); number(a, "deg") != 10 {
		d.t.Errorf("%v", a)
	}
	d.refused("Measure:Start", `{"kind":"backlash"}`, fault.Refused, "tracking is on")
	d.do(d.Mount.SetTracking(ctx, false))
	d.after(2 * time.Second)
}

// measuring is a step size by a known angle, which is right.
func (d *desk) measuring() {
	d.refused("Measure:Mark", ``, fault.Refused, "no measurement")
	d.refused("Measure:Result", ``, fault.Refused, "no measurement")
	d.refused("Measure:Start", `{"kind":"step_size","method":"level"}`, fault.Invalid, "axis A only")
	d.ask("Measure:Start", `{"kind":"step_size","method":"angle","axis":"altitude","angle_deg":10}`)
	d.ask("Measure:Mark", ``)
	d.ask("Mount:Step", `{"kind":"micro","altitude":288000}`)
	d.refused("Measure:Mark", ``, fault.Refused, "wait until it stands")
	d.arrive()
	d.ask("Measure:Mark", ``)
	if a := d.ask("Measure:Status", ``); number(a, "marks") != 2 || a["kind"] != "step_size" || a["axis"] != "altitude" {
		d.t.Errorf("%v", a)
	}
	a := d.ask("Measure:Result", `{"apply":true}`)
	if math.Abs(number(a, "value")-2.5) > 1e-6 || a["verified"] != true || list(a, "restart")[0] != "mount.a.full_step_arcsec = 2.5" {
		d.t.Errorf("%v", a)
	}
	d.ask("Measure:Start", `{"kind":"spin","dot_arcsec":5}`)
	if a := d.ask("Measure:Cancel", ``); a["kind"] != "" {
		d.t.Errorf("%v", a)
	}
}

// tuningTable are the settings, their copies, and a table of currents.
func (d *desk) tuningTable() {
	if a := d.ask("Tune:Get", `{"under":"mount.z.accel"}`); len(list(a, "settings")) != 1 {
		d.t.Errorf("%v", a)
	}
	d.ask("Tune:Snapshot", `{"step":"save","name":"master"}`)
	d.refused("Tune:Set", `{"values":{"mount.z.accel_deg_per_s2":1.5,"mount.z.ramp_s":50}}`, fault.Invalid, "mount.z.ramp_s is 50, but must be in 0.02..5")
	d.refused("Tune:Set", `{"values":{"mount.sun_avoidance":"off"}}`, fault.Invalid, "no setting")
	d.refused("Tune:Set", `{"values":{"mount.z.max_deg":700}}`, fault.Invalid, "no setting")
	d.refused("Tune:Set", `{"values":{"mount.z.accel_deg_per_s2":"fast"}}`, fault.Invalid, "must be a number")
	a := d.ask("Tune:Set", `{"values":{"mount.z.accel_deg_per_s2":1.5,"mount.z.full_step_arcsec":2.6,"motors.z.pwm_shape":"sine"}}`)
	if len(list(a, "changed")) != 1 || len(list(a, "restart")) != 2 || list(a, "restart")[0] != `motors.z.pwm_shape = "sine"` {
		d.t.Errorf("%v", a)
	}
	if got := d.Mount.Snapshot().Config.Mount.Z.Accel; got != 1.5 {
		d.t.Errorf("%g°/s²", got)
	}
	if a := d.ask("Tune:Snapshot", `{"step":"compare","name":"MASTER"}`); len(list(a, "differs")) != 1 {
		d.t.Errorf("%v", a)
	}
	if a := d.ask("Tune:Snapshot", `{"step":"restore","name":"master"}`); len(list(a, "changed")) != 1 || len(list(a, "copies")) != 1 {
		d.t.Errorf("%v", a)
	}
	if got := d.Mount.Snapshot().Config.Mount.Z.Accel; got != 2 {
		d.t.Errorf("%g°/s²", got)
	}
	d.ask("Tune:Snapshot", `{"step":"delete","name":"master"}`)
	d.refused("Tune:Snapshot", `{"step":"restore","name":"master"}`, fault.Invalid, "no copy")
	d.refused("Tune:Snapshot", `{"step":"save"}`, fault.Invalid, "needs a name")
	even := `[0,0.1,0.2,0.3,0.4,0.5,0.6,0.7,0.8,0.9,1]`
	if a := d.ask("Tune:FitTable", `{"axis":"azimuth","positions":`+even+`}`); len(list(a, "leaving")) != 10 || !strings.HasPrefix(list(a, "lines")[0].(string), "motors.z.pwm = [100,") {
		d.t.Errorf("%v", a)
	}
	d.refused("Tune:FitTable", `{"axis":"azimuth","positions":[0,1]}`, fault.Invalid, "")
}

func (d *desk) paddleAndAux(h *hand, aux map[int]bool) {
	if a := d.ask("Handpad:Mode", `{"mode":"guide"}`); a["mode"] != "guide" || a["design"] != "direct" {
		d.t.Errorf("%v", a)
	}
	d.refused("Handpad:Mode", `{"mode":"gide"}`, fault.Invalid, "there is guide")
	d.ask("Handpad:Key", `{"key":"left"}`)
	d.ask("Handpad:Key", `{"key":"up","down":true}`)
	d.refused("Handpad:Key", `{"key":"up"}`, fault.Invalid, "down")
	if got := strings.Join(h.keys, ", "); got != "action left true, action left false, action up true" {
		d.t.Errorf("%s", got)
	}
	if a := d.ask("Handpad:Design", `{"design":"multiplexed"}`); a["design"] != "multiplexed" {
		d.t.Errorf("%v", a)
	}
	d.ask("Aux:Set", `{"line":14,"on":true}`)
	d.refused("Aux:Set", `{"line":2,"on":true}`, fault.Invalid, "1, 14, 16 or 17")
	if !aux[14] || len(aux) != 1 {
		d.t.Errorf("%v", aux)
	}
}

// focusing are the actions of the focuser.
func (d *desk) focusing() {
	d.refused("Focus:StepSize", `{"p1":1000}`, fault.Invalid, "needs p1, p2 and spacer_mm")
	d.refused("Focus:StepSize", `{"apply":true}`, fault.Refused, "nothing was measured")
	d.ask("Focus:StepSize", `{"p1":1000,"p2":6000,"spacer_mm":10}`)
	a := d.ask("Focus:StepSize", `{"p1":6000,"p2":1000,"spacer_mm":10,"apply":true}`)
	if number(a, "step_um") != 2 || number(a, "count") != 2 || a["line"] != "step_um = 2" || d.Focusers[0].Snapshot().Config.StepUM != 2 {
		d.t.Errorf("%v", a)
	}
	if a := d.ask("Focus:Increment", ``); number(a, "increment") != 200 || a["from"] != "nothing" {
		d.t.Errorf("%v", a)
	}
	if a := d.ask("Focus:Increment", `{"p1":1000,"p2":1600,"points":7}`); number(a, "increment") != 200 || a["from"] != "p1 and p2" {
		d.t.Errorf("%v", a)
	}
	d.refused("Focus:Increment", `{"p1":1000,"p2":1600,"points":8}`, fault.Invalid, "odd")
	for at := -3; at <= 3; at++ { // HFR² = 2² + (x/100)²
		a = d.ask("Focus:Increment", fmt.Sprintf(`{"position":%d,"hfr":%g}`, 5000+200*at, math.Sqrt(4+4*float64(at*at))))
	}
	if a["from"] != "curve" || math.Abs(number(a, "best_position")-5000) > 1 || math.Abs(number(a, "increment")-200*math.Sqrt(15)/4) > 1 {
		d.t.Errorf("%v", a)
	}
	d.ask("Focus:SavePreset", `{"name":"Nagler 13","position":900}`)
	d.ask("Focus:SavePreset", `{"name":"camera"}`)
	if a := d.ask("Focus:Preset", ``); len(list(a, "presets")) != 2 {
		d.t.Errorf("%v", a)
	}
	d.ask("Focus:Preset", `{"name":"nagler 13"}`)
	d.refused("Focus:Preset", `{"name":"Plössl"}`, fault.Invalid, "")
	d.refused("Focus:SetPosition", `{"position":5}`, fault.Refused, "")
	d.after(2 * time.Minute)
	if got := d.Focusers[0].Snapshot().Position; got != 900 {
		d.t.Errorf("at %d", got)
	}
	if a := d.ask("Focus:SetPosition", `{"position":7000}`); number(a, "position") != 7000 {
		d.t.Errorf("%v", a)
	}
	if a := d.ask("Focus:SavePreset", `{"name":"camera","remove":true}`); len(list(a, "presets")) != 1 {
		d.t.Errorf("%v", a)
	}
	if a := d.ask("Focus:Speed", `{"fast":300,"slow":30}`); number(a, "fast") != 300 || number(a, "slow") != 30 {
		d.t.Errorf("%v", a)
	}
	d.refused("Focus:Calibrate", `{"on":true}`, fault.Unsupported, "")
	if a := d.ask("Focus:Calibrate", ``); a["possible"] != false {
		d.t.Errorf("%v", a)
	}
}
