// SPDX-License-Identifier: GPL-3.0-or-later

package process

import (
	"context"
	"errors"
	"io/fs"

	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
)

// LastCount is where the last executor left a motor.
type LastCount struct {
	Count   model.Microsteps
	Trusted bool // it stood still when the executor ended, and was never left behind
}

// LastCounts returns where the executor of an earlier daemon left its motors,
// by group and axis; nil when there was none since the computer was started,
// or one of another version. It is for a new daemon, before Start: an
// executor that still lives is brought to its end first. It returns
// fault.Refused when the earlier daemon lives.
func LastCounts(ctx context.Context, path string, c clock.Clock) ([][]LastCount, error) {
	file, err := openFile(path, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if err := evict(ctx, file, c); err != nil {
		file.Close()
		return nil, err
	}
	m, err := attach(file)
	if err != nil {
		file.Close()
		if errors.Is(err, fault.Invalid) {
			return nil, nil
		}
		return nil, err
	}
	defer m.close()
	if !m.valid() {
		return nil, nil
	}
	return m.lastCounts(), nil
}

func (m *Memory) lastCounts() (groups [][]LastCount) {
	for g := range m.boards {
		var axes []LastCount
		for a := range min(int(m.axes[g]), maxAxes) {
			count, still := m.boards[g].Last(a)
			axes = append(axes, LastCount{count, still && m.boards[g].Report(a).Lost == 0})
		}
		if axes != nil {
			groups = append(groups, axes)
		}
	}
	return groups
}
