// SPDX-License-Identifier: GPL-3.0-or-later

package alpaca

import (
	"context"
	"time"

	"github.com/siderostep/siderostep/focuser"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/pointing"
	"github.com/siderostep/siderostep/mount"
)

// Mount is what this edge asks of the mount. See mount.Mount for what each
// method does and which errors it returns.
type Mount interface {
	Snapshot() *mount.Snapshot
	UTC() time.Time
	Await(ctx context.Context, done func(*mount.Snapshot) bool) (*mount.Snapshot, error)
	Heard(client string)
	Halt()
	Resume(context.Context) error

	SlewEquatorial(context.Context, model.Equatorial) error
	SlewHorizontal(context.Context, model.Horizontal) error
	SyncEquatorial(context.Context, model.Equatorial) error
	SyncHorizontal(context.Context, model.Horizontal) error
	MoveAxis(ctx context.Context, client string, axis int, rate model.Rate) error
	PulseGuide(context.Context, mount.Direction, time.Duration) error
	Abort(context.Context) error
	Park(context.Context) error
	Unpark(context.Context) error
	SetPark(context.Context) error
	FindHome(context.Context) error
	Flip(context.Context, pointing.PierSide) error
	DestinationPier(model.Equatorial) (pointing.PierSide, error)

	SetTracking(context.Context, bool) error
	SetDriveRate(context.Context, mount.DriveRate) error
	SetRateOffsets(ctx context.Context, ra, dec *model.Rate) error
	SetUTC(context.Context, time.Time) error
	Configure(context.Context, func(*mount.Config)) error

	RotateTo(context.Context, model.Angle) error
	RotateBy(context.Context, model.Angle) error
	RotateMechanical(context.Context, model.Angle) error
	SyncRotator(context.Context, model.Angle) error
	HaltRotator(context.Context) error
}

// Focuser is what this edge asks of a focuser. See focuser.Focuser.
type Focuser interface {
	Snapshot() *focuser.Snapshot
	Move(ctx context.Context, position int) error
	Halt(context.Context) error
	SetTempComp(ctx context.Context, on bool) error
	Configure(context.Context, func(*focuser.Config)) error
}

var (
	_ Mount   = (*mount.Mount)(nil)
	_ Focuser = (*focuser.Focuser)(nil)
)
