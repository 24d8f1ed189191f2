// SPDX-License-Identifier: GPL-3.0-or-later

package action

import (
	"context"
	"fmt"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/focuser"
	"github.com/siderostep/siderostep/model/focus"
)

// FocusMotor is what actions ask of a focuser. See focuser.Focuser for what
// each method does and which errors it returns.
type FocusMotor interface {
	Snapshot() *focuser.Snapshot
	Measure(ctx context.Context, change func(focus.Findings) (focus.Findings, error)) error
	Configure(ctx context.Context, change func(*focuser.Config)) error
	Preset(ctx context.Context, name string) error
	SavePreset(ctx context.Context, name string, position int) error
	RemovePreset(ctx context.Context, name string) error
	SetPosition(ctx context.Context, position int) error
	Calibrate(ctx context.Context, begin bool) error
}

var _ FocusMotor = (*focuser.Focuser)(nil)

// Focuser returns the actions of a focuser, for the device focuser.
func Focuser(f FocusMotor) []Action {
	a := focusMotor{f}
	return []Action{
		New("Focus:StepSize", "Measures how far one step moves the focal plane: focus at p1, put a spacer before the camera or eyepiece, focus again at p2. Several measurements are averaged; without parameters it tells what was found.", a.stepSize),
		New("Focus:Increment", "Tells by how many steps an autofocus program should move between its exposures: from best focus p1 and p2, where images are 3 to 5 times as large; or from the sizes of images (hfr) at positions, which are kept.", a.increment),
		New("Focus:Preset", "Moves to the position of a name, such as that of an eyepiece; without a name it lists them.", a.preset),
		New("Focus:SavePreset", "Gives a position a name, or takes it back.", a.savePreset),
		New("Focus:SetPosition", "Says where the focuser stands. Nothing moves.", a.setPosition),
		New("Focus:Speed", "Sets the speeds of motion while a key is held, until the end of the run, or tells them.", a.speed),
		New("Focus:Calibrate", "Makes a Celestron Focus Motor find the ends of its travel, by driving to both, or gives that up; without parameters it tells how that is.", a.calibrate),
	}
}

type focusMotor struct{ FocusMotor }

type spacerParams struct {
	P1     *int     `json:"p1" range:"0..10000000" doc:"position of focus without the spacer"`
	P2     *int     `json:"p2" range:"0..10000000" doc:"position of focus with it"`
	Spacer *float64 `json:"spacer_mm" range:"0.01..1000" doc:"thickness of the spacer; 5 to 10 is good"`
	Apply  bool     `json:"apply" doc:"whether to put the mean in force until the end of the run"`
	Clear  bool     `json:"clear" doc:"whether to forget all measurements before"`
}

type spacerAnswer struct {
	StepUM float64 `json:"step_um" doc:"mean, micrometres of the focal plane by one step"`
	Spread float64 `json:"spread_um" doc:"standard deviation of one measurement; 0 for a single one"`
	Count  int     `json:"count" doc:"measurements"`
	Before float64 `json:"before_um" doc:"the value in force; 0 for unknown"`
	Line   string  `json:"line,omitempty" doc:"for this focuser's section of the configuration file"`
}

func (a focusMotor) stepSize(ctx context.Context, p spacerParams) (spacerAnswer, error) {
	given := p.P1 != nil || p.P2 != nil || p.Spacer != nil
	if given && (p.P1 == nil || p.P2 == nil || p.Spacer == nil) {
		return spacerAnswer{}, fault.New(fault.Invalid, "Focus:StepSize", "a measurement needs p1, p2 and spacer_mm")
	}
	if given || p.Clear {
		err := a.Measure(ctx, func(f focus.Findings) (focus.Findings, error) {
			if p.Clear {
				f.Spacers = nil
			}
			if !given {
				return f, nil
			}
			return f.WithSpacer(focus.Spacer{P1: *p.P1, P2: *p.P2, SpacerMM: *p.Spacer})
		})
		if err != nil {
			return spacerAnswer{}, err
		}
	}
	s := a.Snapshot()
	out := spacerAnswer{Before: s.Config.StepUM}
	e, err := s.Findings.StepSize()
	if err != nil {
		if p.Apply {
			return spacerAnswer{}, fault.New(fault.Refused, "Focus:StepSize", "nothing was measured")
		}
		return out, nil
	}
	out.StepUM, out.Spread, out.Count, out.Line = e.Mean, e.Spread, e.N, fmt.Sprintf("step_um = %.4g", e.Mean)
	if p.Apply {
		err = a.Configure(ctx, func(c *focuser.Config) { c.StepUM = e.Mean })
	}
	return out, err
}

type incrementParams struct {
	P1       *int     `json:"p1" range:"0..10000000" doc:"position of best focus"`
	P2       *int     `json:"p2" range:"0..10000000" doc:"position where images are 3 to 5 times as large"`
	Points   *int     `json:"points" range:"3..101" doc:"exposures of the autofocus program, an odd number; 9 without it"`
	Position *int     `json:"position" range:"0..10000000" doc:"where an image had the size hfr; without it where the focuser is"`
	HFR      *float64 `json:"hfr" range:"0.01..1000" doc:"half flux radius of an image, in any unit"`
	Clear    bool     `json:"clear" doc:"whether to forget all sizes before"`
}

type incrementAnswer struct {
	Increment int     `json:"increment" doc:"steps between exposures; 200 to begin with where nothing is known"`
	From      string  `json:"from" doc:"what it comes from: p1 and p2, the curve of the sizes, or nothing"`
	Points    int     `json:"sizes" doc:"sizes kept"`
	Best      float64 `json:"best_position" doc:"of the curve"`
	BestHFR   float64 `json:"best_hfr" doc:"size of the image there"`
	Why       string  `json:"why,omitempty" doc:"why the sizes give no curve"`
}

// usualSpan is how many times as large images are at the ends of an autofocus
// run.
const usualSpan = 4

func (a focusMotor) increment(ctx context.Context, p incrementParams) (incrementAnswer, error) {
	points := 9
	if p.Points != nil {
		points = *p.Points
	}
	if (p.P1 == nil) != (p.P2 == nil) {
		return incrementAnswer{}, fault.New(fault.Invalid, "Focus:Increment", "give both p1 and p2")
	}
	if p.HFR != nil || p.Clear {
		at := a.Snapshot().Position
		if p.Position != nil {
			at = *p.Position
		}
		err := a.Measure(ctx, func(f focus.Findings) (focus.Findings, error) {
			if p.Clear {
				f.Points = nil
			}
			if p.HFR == nil {
				return f, nil
			}
			return f.WithPoint(focus.Point{Position: at, HFR: *p.HFR})
		})
		if err != nil {
			return incrementAnswer{}, err
		}
	}
	f := a.Snapshot().Findings
	out := incrementAnswer{Increment: focus.BlindIncrement, From: "nothing", Points: len(f.Points)}
	if c, err := f.Curve(); err == nil {
		out.Best, out.BestHFR = c.Best, c.HFR1
	} else if len(f.Points) > 0 {
		out.Why = err.Error()
	}
	var err error
	switch {
	case p.P1 != nil:
		out.From = "p1 and p2"
		out.Increment, err = focus.Increment(*p.P1, *p.P2, points)
	case out.BestHFR > 0:
		out.From = "curve"
		out.Increment, err = f.Increment(usualSpan, points)
	}
	return out, err
}

type presetParams struct {
	Name *string `json:"name" doc:"capitals make no difference"`
}

type presetEntry struct {
	Name     string `json:"name"`
	Position int    `json:"position"`
}

type focusAnswer struct {
	Position int           `json:"position" doc:"steps, outward positive"`
	Target   int           `json:"target" doc:"where it goes"`
	Moving   bool          `json:"moving" doc:"whether it is on its way"`
	Trusted  bool          `json:"trusted" doc:"whether position is sure"`
	Presets  []presetEntry `json:"presets" doc:"each with its name and position"`
}

func (a focusMotor) answer(err error) (focusAnswer, error) {
	if err != nil {
		return focusAnswer{}, err
	}
	s := a.Snapshot()
	out := focusAnswer{s.Position, s.Target, s.Moving, s.Trusted, []presetEntry{}}
	for _, p := range s.Presets {
		out.Presets = append(out.Presets, presetEntry(p))
	}
	return out, nil
}

func (a focusMotor) preset(ctx context.Context, p presetParams) (focusAnswer, error) {
	if p.Name == nil {
		return a.answer(nil)
	}
	return a.answer(a.Preset(ctx, *p.Name))
}

type savePresetParams struct {
	Name     string `json:"name" doc:"1 to 39 characters"`
	Position *int   `json:"position" range:"0..10000000" doc:"without it where the focuser is"`
	Remove   bool   `json:"remove" doc:"whether to forget the name"`
}

func (a focusMotor) savePreset(ctx context.Context, p savePresetParams) (focusAnswer, error) {
	if p.Remove {
		return a.answer(a.RemovePreset(ctx, p.Name))
	}
	at := a.Snapshot().Position
	if p.Position != nil {
		at = *p.Position
	}
	return a.answer(a.SavePreset(ctx, p.Name, at))
}

type positionParams struct {
	Position int `json:"position" range:"0..10000000" doc:"steps, outward positive"`
}

func (a focusMotor) setPosition(ctx context.Context, p positionParams) (focusAnswer, error) {
	return a.answer(a.SetPosition(ctx, p.Position))
}

type speedParams struct {
	Fast *float64 `json:"fast" range:"1..100000" doc:"steps a second"`
	Slow *float64 `json:"slow" range:"1..100000" doc:"steps a second, within fast"`
}

type speedAnswer struct {
	Fast float64 `json:"fast" doc:"steps a second"`
	Slow float64 `json:"slow" doc:"steps a second"`
}

func (a focusMotor) speed(ctx context.Context, p speedParams) (speedAnswer, error) {
	if p.Fast != nil || p.Slow != nil {
		err := a.Configure(ctx, func(c *focuser.Config) {
			if p.Fast != nil {
				c.FastRate = *p.Fast
			}
			if p.Slow != nil {
				c.SlowRate = *p.Slow
			}
		})
		if err != nil {
			return speedAnswer{}, err
		}
	}
	c := a.Snapshot().Config
	return speedAnswer{c.FastRate, c.SlowRate}, nil
}

type calibrateParams struct {
	On *bool `json:"on" doc:"true begins, false gives up"`
}

type calibrateAnswer struct {
	Possible bool   `json:"possible" doc:"whether the motor has ends to find"`
	Needed   bool   `json:"needed" doc:"whether they are not known: it does not move then"`
	Running  bool   `json:"running" doc:"whether it drives to them"`
	Stage    int    `json:"stage" doc:"of that, 1 to 12"`
	Low      int    `json:"low" doc:"one end, in the motor's own count"`
	High     int    `json:"high" doc:"the other"`
	Fault    string `json:"fault,omitempty" doc:"why the last one failed"`
}

func (a focusMotor) calibrate(ctx context.Context, p calibrateParams) (calibrateAnswer, error) {
	if p.On != nil {
		if err := a.Calibrate(ctx, *p.On); err != nil {
			return calibrateAnswer{}, err
		}
	}
	c := a.Snapshot().Calibration
	out := calibrateAnswer{c.Possible, c.Needed, c.Running, c.Stage, c.Low, c.High, ""}
	if c.Fault != nil {
		out.Fault = c.Fault.Error()
	}
	return out, nil
}
