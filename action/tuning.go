// SPDX-License-Identifier: GPL-3.0-or-later

package action

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/measure"
)

func (w Workshop) tuning() []Action {
	return []Action{
		New("Tune:Get", "Tells the settings of motors and gears that are in force.", w.getTuning),
		New("Tune:Set", "Changes such settings, all or none of those given: what can change while running until the end of the run, the rest is only answered as lines for the configuration file.", w.setTuning),
		New("Tune:Snapshot", "Keeps copies of these settings by name, compares them with those in force, and restores them. It keeps a log of changes.", w.snapshotTuning),
		New("Tune:FitTable", "Makes a motor's table of currents from where its rotor really stands at the microsteps of a full step.", w.fitTable),
	}
}

type tuneParams struct {
	Under *string `json:"under" doc:"only keys that begin with this, such as mount.z"`
}

type settingEntry struct {
	Key     string          `json:"key"`
	Value   json.RawMessage `json:"value"`
	Doc     string          `json:"doc"`
	Accepts string          `json:"accepts"`
	Restart bool            `json:"restart"`
}

type tuneAnswer struct {
	Settings []settingEntry `json:"settings" doc:"each with its key and value, what it means (doc) and accepts, and whether it takes effect at the next start only (restart)"`
}

func (w Workshop) getTuning(_ context.Context, p tuneParams) (tuneAnswer, error) {
	m, err := w.measure("Tune:Get")
	if err != nil {
		return tuneAnswer{}, err
	}
	out := tuneAnswer{Settings: []settingEntry{}}
	for _, s := range m.Tuning() {
		if strings.HasPrefix(s.Key, orEmpty(p.Under)) {
			out.Settings = append(out.Settings, settingEntry{s.Key, json.RawMessage(s.Value), s.Doc, s.Accepts, s.Restart})
		}
	}
	return out, nil
}

type tuneSetParams struct {
	Values map[string]json.RawMessage `json:"values" doc:"new values by key, such as {\"mount.z.max_rate_deg_per_s\": 2.5}"`
}

type changeEntry struct {
	Key  string `json:"key"`
	From string `json:"from"`
	To   string `json:"to"`
}

type setAnswer struct {
	Changed []changeEntry `json:"changed" doc:"what is in force now: key, and value before (from) and after (to)"`
	Restart []string      `json:"restart" doc:"lines for the configuration file, which take effect at the next start"`
}

func changes(all []measure.Change) []changeEntry {
	out := []changeEntry{}
	for _, c := range all {
		out = append(out, changeEntry(c))
	}
	return out
}

func tunedOf(t measure.Tuned) setAnswer {
	out := setAnswer{changes(t.Changed), []string{}}
	for _, s := range t.Restart {
		out.Restart = append(out.Restart, s.Line())
	}
	return out
}

func (w Workshop) setTuning(ctx context.Context, p tuneSetParams) (setAnswer, error) {
	m, err := w.measure("Tune:Set")
	if err != nil {
		return setAnswer{}, err
	}
	values := map[string]string{}
	for key, v := range p.Values {
		values[key] = string(v)
	}
	t, err := m.Set(ctx, values)
	return tunedOf(t), err
}

type copyParams struct {
	Step string  `json:"step" oneof:"list,save,compare,restore,delete" doc:"what to do"`
	Name *string `json:"name" doc:"of the copy; for all but list"`
}

type copyEntry struct {
	Name string    `json:"name"`
	UTC  time.Time `json:"utc"`
	Keys int       `json:"keys"`
}

type logEntry struct {
	UTC     time.Time     `json:"utc"`
	What    string        `json:"what"`
	Name    string        `json:"name,omitempty"`
	Changes []changeEntry `json:"changes"`
}

type copyAnswer struct {
	Copies  []copyEntry   `json:"copies" doc:"each with its name, time (utc) and number of keys"`
	Differs []changeEntry `json:"differs" doc:"for compare: what would change"`
	Changed []changeEntry `json:"changed" doc:"for restore: what is in force now"`
	Restart []string      `json:"restart" doc:"for restore: lines for the configuration file, which take effect at the next start"`
	Log     []logEntry    `json:"log" doc:"latest changes: when, what (set, saved, restored, deleted or a measurement), of which copy (name), and the changes"`
}

// shownEntries is how much of the log an answer has.
const shownEntries = 50

func (w Workshop) snapshotTuning(ctx context.Context, p copyParams) (copyAnswer, error) {
	m, err := w.measure("Tune:Snapshot")
	if err != nil {
		return copyAnswer{}, err
	}
	if p.Step != "list" && p.Name == nil {
		return copyAnswer{}, fault.New(fault.Invalid, "Tune:Snapshot", "%s needs a name", p.Step)
	}
	out := copyAnswer{Differs: []changeEntry{}, Changed: []changeEntry{}, Restart: []string{}, Copies: []copyEntry{}, Log: []logEntry{}}
	switch p.Step {
	case "save":
		_, err = m.Save(*p.Name)
	case "delete":
		err = m.Delete(*p.Name)
	case "compare":
		var d []measure.Change
		d, err = m.Compare(*p.Name)
		out.Differs = changes(d)
	case "restore":
		var t measure.Tuned
		t, err = m.Restore(ctx, *p.Name)
		done := tunedOf(t)
		out.Changed, out.Restart = done.Changed, done.Restart
	}
	if err != nil {
		return copyAnswer{}, err
	}
	s := m.Saved()
	for _, c := range s.Copies {
		out.Copies = append(out.Copies, copyEntry{c.Name, c.Time, len(c.Values)})
	}
	for _, e := range s.Log[max(0, len(s.Log)-shownEntries):] {
		out.Log = append(out.Log, logEntry{e.Time, e.What, e.Name, changes(e.Changes)})
	}
	return out, nil
}

type fitTableParams struct {
	Axis      string    `json:"axis" oneof:"azimuth,altitude" doc:"whose motor"`
	Positions []float64 `json:"positions" doc:"mean place of the rotor at microstep 0, 1 and so on to the next full step, in full steps from the winding being left, over four full steps or more"`
}

type fitTableAnswer struct {
	Leaving     []int    `json:"leaving" doc:"counts for the winding being left"`
	Approaching []int    `json:"approaching" doc:"counts for the winding being approached"`
	Lines       []string `json:"lines" doc:"lines for the configuration file, which take effect at the next start"`
}

func (w Workshop) fitTable(_ context.Context, p fitTableParams) (fitTableAnswer, error) {
	if w.FitTable == nil {
		return fitTableAnswer{}, fault.New(fault.Unsupported, "Tune:FitTable", "no tables of currents are made here")
	}
	leaving, approaching, err := w.FitTable(axes[p.Axis], p.Positions)
	if err != nil {
		return fitTableAnswer{}, err
	}
	line := func(key string, counts []int) string {
		words := strings.Join(strings.Fields(fmt.Sprint(counts)), ", ")
		return fmt.Sprintf("motors.%s.%s = %s", [...]string{"z", "a"}[axes[p.Axis]], key, words)
	}
	return fitTableAnswer{leaving, approaching, []string{line("pwm", leaving), line("pwm_approaching", approaching)}}, nil
}
