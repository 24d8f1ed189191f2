// SPDX-License-Identifier: GPL-3.0-or-later

package night

import (
	"encoding/json"
	"errors"
	"flag"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/siderostep/siderostep/action"
	"github.com/siderostep/siderostep/catalog"
	"github.com/siderostep/siderostep/fault"
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
	for _, a := range append(action.Telescope(o.Mount), action.Catalogs(o.Mount, l)...) {
		d.actions[a.Name] = a
	}
	return d
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
	all := append(action.Telescope(nil), action.Catalogs(nil, nil)...)
	want := "# Actions\n\nWhat the telescope can be told beyond ASCOM's interfaces, through the method Action of the Alpaca telescope:\n" +
		"the name as Action, a JSON object as Parameters (which may be empty), a JSON object as answer. SupportedActions lists\n" +
		"the names. Beside these it has Halt, Resume and Status. A parameter beyond its limits is refused in a sentence that says what is accepted.\n" +
		"\n<!-- Written by make golden from the declarations in package action. -->\n" + action.Markdown(all)
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != want {
		t.Errorf("%s is not what the declarations say (%v): run make golden", path, err)
	}
}
