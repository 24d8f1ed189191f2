// SPDX-License-Identifier: GPL-3.0-or-later

package action

import (
	"context"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/measure"
	"github.com/siderostep/siderostep/mount"
)

// Workshop is what the actions of tuning ask beside the mount. A nil part
// answers fault.Unsupported.
type Workshop struct {
	Measure *measure.Owner

	// FitTable returns the tables of an axis's motor by measured positions, as
	// waveform.Config's FitTable.
	FitTable func(axis int, positions []float64) (leaving, approaching []int, err error)

	Paddle Paddle

	// Aux sets an auxiliary line, by its pin of the parallel port: 1, 14, 16
	// or 17.
	Aux func(line int, on bool) error
}

// Tools returns the actions of measuring and tuning, of the hand paddle and of
// auxiliary lines.
func Tools(w Workshop) []Action {
	all := []Action{
		New("Measure:Start", "Begins a measurement; next says what to do. It is refused, with the reason, when things are not as it needs them.", w.startMeasure),
		New("Measure:Mark", "Says that what was to be done is done.", w.markMeasure),
		New("Measure:Status", "Tells what is to be done next.", w.measureStatus),
		New("Measure:Result", "Tells what was found so far, with the lines for the configuration file. With apply it also ends the measurement and puts in force what can change while running.", w.measureResult),
		New("Measure:Cancel", "Ends a measurement, stops what it moves and puts back what it has changed.", w.cancelMeasure),
		New("Encoder:Record", "Turns a motor one microstep after the other over whole electrical cycles, each way, with the encoders read after each; tells the motor's quarter steps.", w.recordEncoders),
	}
	all = append(all, w.tuning()...)
	return append(all, w.lines()...)
}

func (w Workshop) measure(op string) (*measure.Owner, error) {
	if w.Measure == nil {
		return nil, fault.New(fault.Unsupported, op, "nothing is measured here")
	}
	return w.Measure, nil
}

// axes are the axes by their words.
var axes = map[string]int{"azimuth": mount.AxisZ, "altitude": mount.AxisA}

func axisName(axis int) string { return [...]string{"azimuth", "altitude"}[axis] }

type measureParams struct {
	Kind       string   `json:"kind" oneof:"step_size,backlash,encoder,slew,spin,rate" doc:"step_size: of an axis, by a known angle; backlash; encoder: its sense and counts; slew: the fastest speed; spin: the tube against the azimuth axis; rate: slow motion, with the commanded microstep told"`
	Axis       *string  `json:"axis" oneof:"azimuth,altitude" doc:"azimuth (or right ascension) or altitude (or declination); azimuth without it"`
	Method     *string  `json:"method" oneof:"level,turn,marks,angle,encoder" doc:"for step_size: level (altitude, 0° to 90°), turn (a full one of azimuth), marks (two at a distance), angle (any known one) or encoder"`
	Separation *float64 `json:"separation" range:"0..100000" doc:"for marks: how far they are apart"`
	Distance   *float64 `json:"distance" range:"0..1000000" doc:"for marks: of the first from the axis, in the same unit"`
	Angle      *float64 `json:"angle_deg" range:"0..720" doc:"for angle: which it is; for slew: by how much each try turns"`
	Resolution *float64 `json:"resolution_arcsec" range:"0..3600" doc:"how finely the angle is known, or the first motion seen"`
	Low        *float64 `json:"low_deg_s" range:"0..20" doc:"for slew: where the search begins"`
	High       *float64 `json:"high_deg_s" range:"0..20" doc:"for slew: where it ends, at most twice the present speed"`
	Dot        *float64 `json:"dot_arcsec" range:"0..3600" doc:"for spin: diameter of the dot, 206265·pinhole/focal length"`
	Rate       *float64 `json:"rate_usteps_s" range:"-10000..10000" doc:"for rate: microsteps a second, of either sign"`
}

type measureAnswer struct {
	Kind  string `json:"kind" doc:"of the measurement in progress; empty for none"`
	Axis  string `json:"axis" doc:"azimuth or altitude"`
	Marks int    `json:"marks" doc:"made so far"`
	Next  string `json:"next" doc:"what to do next"`
	Done  bool   `json:"done" doc:"whether no more marks are needed"`
}

func measureOf(s measure.State, err error) (measureAnswer, error) {
	if err != nil {
		return measureAnswer{}, err
	}
	return measureAnswer{string(s.Kind), axisName(s.Axis), s.Marks, s.Next, s.Done}, nil
}

func (w Workshop) startMeasure(ctx context.Context, p measureParams) (measureAnswer, error) {
	m, err := w.measure("Measure:Start")
	if err != nil {
		return measureAnswer{}, err
	}
	return measureOf(m.Start(ctx, measure.Request{
		Kind: measure.Kind(p.Kind), Axis: axes[orEmpty(p.Axis)], Method: measure.Method(orEmpty(p.Method)),
		Separation: orZero(p.Separation), Distance: orZero(p.Distance), AngleDeg: orZero(p.Angle),
		ResolutionArcsec: orZero(p.Resolution), LowDegPerS: orZero(p.Low), HighDegPerS: orZero(p.High),
		DotArcsec: orZero(p.Dot), MicrostepsPerS: orZero(p.Rate),
	}))
}

func orEmpty(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

type markParams struct {
	Word    *string  `json:"word" oneof:"ok,stalled,again" doc:"for slew: ok or stalled, without which encoders tell; for backlash: again, to begin from here after going too far"`
	X       *float64 `json:"x" range:"-10000..10000" doc:"for spin: place of the dot on the screen, in its diameters"`
	Y       *float64 `json:"y" range:"-10000..10000" doc:"the same across"`
	Heading *float64 `json:"heading_deg" range:"-720..720" doc:"for spin: of the mount; without it what axis Z shows"`
}

func (w Workshop) markMeasure(ctx context.Context, p markParams) (measureAnswer, error) {
	m, err := w.measure("Measure:Mark")
	if err != nil {
		return measureAnswer{}, err
	}
	return measureOf(m.Mark(ctx, measure.Mark{Word: orEmpty(p.Word), X: p.X, Y: p.Y, HeadingDeg: p.Heading}))
}

func (w Workshop) measureStatus(context.Context, None) (measureAnswer, error) {
	m, err := w.measure("Measure:Status")
	if err != nil {
		return measureAnswer{}, err
	}
	return measureOf(m.State(), nil)
}

type resultParams struct {
	Apply bool `json:"apply" doc:"whether to end the measurement and put in force what can change while running"`
}

type resultAnswer struct {
	Quantity     string   `json:"quantity" doc:"what value is"`
	Unit         string   `json:"unit" doc:"unit of the numbers"`
	Value        float64  `json:"value" doc:"mean"`
	Spread       float64  `json:"spread" doc:"standard deviation of one measurement; 0 for a single one"`
	Count        int      `json:"count" doc:"measurements"`
	Accuracy     float64  `json:"accuracy" doc:"within which the value is believed; 0 for unknown"`
	Before       float64  `json:"before" doc:"the value in force"`
	Verified     bool     `json:"verified" doc:"whether the value in force was seen to be right"`
	Verification string   `json:"verification" doc:"why, or what to do for that"`
	Notes        []string `json:"notes" doc:"what else there is to say"`
	Lines        []string `json:"lines" doc:"lines for the configuration file"`
	Restart      []string `json:"restart" doc:"those of them that take effect at the next start only"`
}

func (w Workshop) measureResult(ctx context.Context, p resultParams) (resultAnswer, error) {
	m, err := w.measure("Measure:Result")
	if err != nil {
		return resultAnswer{}, err
	}
	var r measure.Result
	if p.Apply {
		r, err = m.Apply(ctx)
	} else {
		r, err = m.Result()
	}
	if err != nil {
		return resultAnswer{}, err
	}
	out := resultAnswer{
		Quantity: r.Quantity, Unit: r.Unit, Value: r.Value, Spread: r.Spread, Count: r.Count, Accuracy: r.Accuracy, Before: r.Before,
		Verified: r.Verified, Verification: r.Verification, Notes: append([]string{}, r.Notes...), Lines: []string{}, Restart: []string{},
	}
	for _, l := range r.Lines {
		out.Lines = append(out.Lines, l.Line())
		if l.Restart {
			out.Restart = append(out.Restart, l.Line())
		}
	}
	return out, nil
}

func (w Workshop) cancelMeasure(ctx context.Context, _ None) (measureAnswer, error) {
	m, err := w.measure("Measure:Cancel")
	if err != nil {
		return measureAnswer{}, err
	}
	if err := m.Cancel(ctx); err != nil {
		return measureAnswer{}, err
	}
	return measureOf(m.State(), nil)
}

type recordParams struct {
	Step   string   `json:"step" oneof:"start,status,cancel" doc:"start begins, and answers at once; status tells how far it is, and at last the result"`
	Axis   *string  `json:"axis" oneof:"azimuth,altitude" doc:"for start; azimuth without it"`
	Cycles *int     `json:"cycles" range:"1..50" doc:"for start: electrical cycles each way; 2 without it"`
	Rate   *float64 `json:"rate_usteps_s" range:"0.01..20" doc:"for start: most microsteps a second; 2 without it"`
}

type recordAnswer struct {
	Running    bool      `json:"running" doc:"whether it is under way"`
	Axis       string    `json:"axis" doc:"azimuth or altitude"`
	Done       int       `json:"done" doc:"microsteps so far"`
	Of         int       `json:"of" doc:"of how many; 0 during the run-up"`
	Fault      string    `json:"fault,omitempty" doc:"why the last one was not completed"`
	Correction []float64 `json:"quarter_steps" doc:"by how much the rotor goes too far clockwise at a0, a1 to d3, in full steps"`
	Spread     float64   `json:"spread_full_steps" doc:"standard deviation of one cycle's"`
	Counts     float64   `json:"counts_per_microstep" doc:"of the encoder; 4 or more are wanted"`
	Fine       bool      `json:"fine" doc:"whether the encoder is fine enough"`
	Positions  []float64 `json:"positions" doc:"mean place at each microstep of a full step, for Tune:FitTable"`
	Line       string    `json:"line,omitempty" doc:"line for the configuration file, which takes effect at the next start"`
	Lines      string    `json:"record,omitempty" doc:"what was read, a line for each microstep: its count, counts of the altitude and of the azimuth encoder"`
}

func (w Workshop) recordEncoders(_ context.Context, p recordParams) (recordAnswer, error) {
	m, err := w.measure("Encoder:Record")
	if err != nil {
		return recordAnswer{}, err
	}
	switch p.Step {
	case "start":
		r := measure.Recording{Axis: axes[orEmpty(p.Axis)], Cycles: 2, Rate: 2}
		if p.Cycles != nil {
			r.Cycles = *p.Cycles
		}
		if p.Rate != nil {
			r.Rate = *p.Rate
		}
		if err := m.StartRecord(r); err != nil {
			return recordAnswer{}, err
		}
	case "cancel":
		m.CancelRecord()
	}
	s := m.Recorded()
	out := recordAnswer{
		Running: s.Running, Axis: axisName(s.Axis), Done: s.Done, Of: s.Of, Correction: []float64{}, Positions: []float64{}, Lines: s.Lines,
	}
	if s.Fault != nil {
		out.Fault = s.Fault.Error()
	}
	if q := s.Found; !s.Running && q.Cycles > 0 {
		out.Correction, out.Spread, out.Counts, out.Fine, out.Positions = q.Correction[:], q.Spread, q.Microstep, q.Fine, q.Positions
	}
	if s.Setting != nil {
		out.Line = s.Setting.Line()
	}
	return out, nil
}
