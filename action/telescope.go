// SPDX-License-Identifier: GPL-3.0-or-later

package action

import (
	"context"

	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/align"
	"github.com/siderostep/siderostep/model/ephemeris"
	"github.com/siderostep/siderostep/model/fit"
	"github.com/siderostep/siderostep/model/pointing"
	"github.com/siderostep/siderostep/mount"
)

// Mount is what actions ask of the mount. See mount.Mount for what each
// method does and which errors it returns.
type Mount interface {
	Snapshot() *mount.Snapshot
	BeginAlignment(ctx context.Context, start align.Start) error
	Initialise(ctx context.Context, init int, name string, place model.Equatorial) (int, error)
	AddPoint(ctx context.Context, name string, place model.Equatorial, sigma model.Angle) error
	UndoStar(ctx context.Context) error
	KillInits(ctx context.Context) error
	PurgePoints(ctx context.Context) error
	ClosestInits(ctx context.Context) error
	AltitudeOffset(ctx context.Context, apply bool) (z3 model.Angle, gain float64, err error)
	FitModel(ctx context.Context, mode fit.Mode, apply bool) (fit.Result, error)
	UseModel(ctx context.Context, note string, change func(fit.Parts, align.Book, fit.Setup) (fit.Parts, error)) error
	RestoreModel(ctx context.Context, revision int) error
	PolarStart(ctx context.Context, first, second model.Equatorial) error
	PolarNext(ctx context.Context) error
	PolarEnd(ctx context.Context) error
	SlewEquatorial(ctx context.Context, to model.Equatorial) error
	SlewHorizontal(ctx context.Context, to model.Horizontal) error
	Follow(ctx context.Context, body ephemeris.Body) error
	SetRateOffsets(ctx context.Context, ra, dec *model.Rate) error
	ImportPoints(ctx context.Context, stars []fit.Observation) error
	DriftStart(ctx context.Context) error
	DriftMark(ctx context.Context, north, sigma model.Angle) error
	DriftEnd(ctx context.Context) error
	ResetHome(ctx context.Context) error
	Flip(ctx context.Context, to pointing.PierSide) error
	Configure(ctx context.Context, change func(*mount.Config)) error
	StepMotor(ctx context.Context, axis, microsteps int) error
	TrackByRate(ctx context.Context, client string, rates, accels [2]model.Rate) error
	MoveAxis(ctx context.Context, client string, axis int, rate model.Rate) error
	Heard(client string)
	ReleaseMotors(ctx context.Context) error
	Resume(ctx context.Context) error
	InitEncoders(ctx context.Context) error
	ResetToEncoders(ctx context.Context) error
	BeginGuiding(ctx context.Context, mode mount.GuideMode) error
	EndGuiding(ctx context.Context, updateDrift bool) error
	SetDrift(ctx context.Context, z, a model.Rate) error
}

var _ Mount = (*mount.Mount)(nil)

// Telescope returns the actions of the telescope.
func Telescope(m Mount) []Action {
	t := telescope{m}
	all := t.alignment()
	all = append(all, t.polarAlignment()...)
	all = append(all, t.models()...)
	all = append(all, t.motion()...)
	all = append(all, t.limits()...)
	all = append(all, t.motors()...)
	all = append(all, t.encoders()...)
	all = append(all, t.guiding()...)
	return append(all, t.plans()...)
}

type telescope struct{ mount Mount }
