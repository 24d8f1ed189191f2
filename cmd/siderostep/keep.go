// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"syscall"

	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/config"
	"github.com/siderostep/siderostep/focuser"
	"github.com/siderostep/siderostep/internal/statefile"
	"github.com/siderostep/siderostep/mount"
)

// The files of the state folder, beside the settings.
const (
	mountName     = "mount.json"
	alignmentName = "alignment.json"
	measuresName  = "tuning.json"
	identityName  = "identity.json"
	lockName      = "lock"
)

// focuserNames are the files of the focusers, by section.
var focuserNames = [2]string{"focuser.json", "focuser2.json"}

// savedMount is what mount.json holds: the mount's state but for its alignment,
// and what has to be the same for it to mean anything.
type savedMount struct {
	Drive drive       `json:"drive"`
	Mount mount.Saved `json:"mount"`
}

// savedAlignment is what alignment.json holds: it changes with every star, not
// with every step, and may be long.
type savedAlignment struct {
	Drive     drive            `json:"drive"`
	Alignment *mount.Alignment `json:"alignment"`
}

// drive is what gives motor counts their meaning.
type drive struct {
	Geometry         string  `json:"geometry"`
	ZFullStepArcsec  float64 `json:"z_full_step_arcsec"`
	ZCCWArcsec       float64 `json:"z_full_step_arcsec_ccw,omitempty"`
	ZMicrosteps      int     `json:"z_microsteps"`
	AFullStepArcsec  float64 `json:"a_full_step_arcsec"`
	ACCWArcsec       float64 `json:"a_full_step_arcsec_ccw,omitempty"`
	AMicrosteps      int     `json:"a_microsteps"`
	RotatorArcsec    float64 `json:"rotator_step_arcsec"`
	RotatorIsPresent bool    `json:"rotator_is_present"`
	RealMotors       bool    `json:"real_motors,omitempty"` // whose counts a simulation does not know
}

func driveOf(f config.File) drive {
	c := f.Config
	z, a := c.Mount.Z, c.Mount.A
	return drive{c.Mount.Geometry, z.FullStepArcsec, z.FullStepArcsecCCW, z.Microsteps, a.FullStepArcsec, a.FullStepArcsecCCW, a.Microsteps, c.Rotator.StepAngle, c.Rotator.Enabled, f.Hardware.Enabled}
}

// stateDir is the folder in which a run keeps its state. It is this run's
// alone.
type stateDir struct {
	path string
	lock *os.File
	log  *slog.Logger
}

// openState makes the folder if need be, and locks it.
func openState(path string, log *slog.Logger) (*stateDir, error) {
	if err := os.MkdirAll(path, 0o755); err != nil {
		return nil, fmt.Errorf("state folder: %w", err)
	}
	lock, err := os.OpenFile(filepath.Join(path, lockName), os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, fmt.Errorf("state folder: %w", err)
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = lock.Close()
		return nil, fmt.Errorf("state folder %s is in use by another siderostep; give this one another with --state", path)
	}
	return &stateDir{path: path, lock: lock, log: log}, nil
}

// Close lets others have the folder.
func (d *stateDir) Close() error { return d.lock.Close() }

func (d *stateDir) file(name string) string { return filepath.Join(d.path, name) }

// open reads one of the folder's files. A damaged one was set aside: that is
// logged, and the program goes on as at a first start.
func open[T any](d *stateDir, name string) (value T, found bool, err error) {
	value, found, err = statefile.Open[T](d.file(name))
	if damage, ok := errors.AsType[*statefile.DamagedError](err); ok {
		d.log.Warn(damage.Error() + "; going on as at a first start")
		err = nil
	}
	return value, found, err
}

// openMount returns the mount's saved state, or nil at a first start and
// when the configured mount is no longer the one it is of. The alignment is
// left out where it was made at another place, or is damaged. Where only the
// alignment is left, the axes are taken to be at home, which is not trusted.
func (d *stateDir) openMount(c config.File) (*mount.Saved, error) {
	saved, found, err := open[savedMount](d, mountName)
	switch {
	case err != nil:
		return nil, err
	case !found:
		a, err := d.openAlignment(c)
		if a == nil {
			return nil, err
		}
		d.log.Warn("the alignment is known, and not where the axes stand: they are taken to be at home; sync on a star")
		return &mount.Saved{Counts: c.StartCounts(nil), Alignment: a}, err
	case saved.Drive != driveOf(c):
		d.log.Warn("the mount is not the one whose state was saved; going on as at a first start", "saved", saved.Drive.Geometry, "now", c.Mount.Geometry)
		return nil, nil
	}
	saved.Mount.Alignment, err = d.openAlignment(c)
	return &saved.Mount, err
}

func (d *stateDir) openAlignment(c config.File) (*mount.Alignment, error) {
	saved, found, err := open[savedAlignment](d, alignmentName)
	switch {
	case err != nil || !found || saved.Alignment == nil:
		return nil, err
	case saved.Drive != driveOf(c):
		d.log.Warn("the mount is not the one of the saved alignment; it is forgotten")
		return nil, nil
	case !saved.Alignment.Place.Near(c.Site.Place()):
		d.log.Warn("the site is not the one of the saved alignment; it is forgotten")
		return nil, nil
	}
	if err := saved.Alignment.Check(); err != nil {
		d.log.Error("the saved alignment makes no sense; going on without it", "error", err)
		return nil, nil
	}
	return saved.Alignment, nil
}

// openFocuser returns a focuser's saved state, or nil.
func (d *stateDir) openFocuser(name string) (*focuser.Saved, error) {
	saved, found, err := open[focuser.Saved](d, name)
	if err != nil || !found {
		return nil, err
	}
	return &saved, nil
}

// identity is what identity.json holds: the unique ID of each device, by
// which clients know it again, by "telescope/0".
type identity struct {
	Devices map[string]string `json:"devices"`
}

// openIdentity returns the devices' unique IDs: those of earlier runs, and new
// ones for devices that had none, already saved.
func (d *stateDir) openIdentity(devices ...string) (identity, error) {
	id, _, err := open[identity](d, identityName)
	if err != nil {
		return id, err
	}
	known := len(id.Devices)
	id.Devices = maps.Clone(id.Devices)
	if id.Devices == nil {
		id.Devices = map[string]string{}
	}
	for _, name := range devices {
		if id.Devices[name] == "" {
			id.Devices[name] = newUUID()
		}
	}
	if len(id.Devices) == known {
		return id, nil
	}
	return id, statefile.Save(d.file(identityName), id)
}

// newUUID returns a random UUID. Source: RFC 9562, version 4.
func newUUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// settings are what clients can change at run time.
type settings struct {
	mount    mount.Config
	focusers [2]focuser.Config
}

// settingsFile keeps settings in the configuration file.
type settingsFile struct {
	path  string
	kept  settings // in the file
	tried settings // last written, or failed to be
	log   *slog.Logger
	count *statefile.Counter
}

// keep writes down what differs from what the file has. What cannot be
// written is logged, and tried again with the next change.
func (f *settingsFile) keep(now settings) {
	if now == f.tried {
		return
	}
	f.tried = now
	changes := config.Diff("", f.kept.mount, now.mount)
	for i, section := range [2]string{"focuser", "focuser2"} {
		maps.Copy(changes, config.Diff(section, f.kept.focusers[i], now.focusers[i]))
	}
	if err := f.count.Count(clock.Real{}, func() error { return config.Set(f.path, changes) }); err != nil {
		f.log.Error("changed settings are in force but could not be kept", "error", err)
		return
	}
	f.kept = now
	f.log.Info("changed settings kept", "file", f.path, "keys", len(changes))
}
