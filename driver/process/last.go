// SPDX-License-Identifier: GPL-3.0-or-later

package process

import (
	"context"
	"crypto/sha256"
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

	Owner   int // of Origin
	meaning [sha256.Size]byte
}

// Means reports whether the count was one of an Origin's Meaning.
func (c LastCount) Means(meaning string) bool { return c.meaning == sha256.Sum256([]byte(meaning)) }

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

// Distrust notes that what an earlier daemon left at path is not to be trusted
// by a later one, because a third has used the state that goes with it. It
// returns fault.Refused when the earlier daemon lives.
func Distrust(path string) error {
	file, err := openFile(path, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if pid := holder(file, daemonByte); pid != 0 {
		file.Close()
		return fault.New(fault.Refused, "distrust executor memory", "its daemon runs, with process id %d", pid)
	}
	m, err := attach(file)
	if err != nil {
		file.Close()
		if errors.Is(err, fault.Invalid) {
			return nil // nobody trusts another version's
		}
		return err
	}
	m.distrusted.Store(1)
	return m.close()
}

func (m *Memory) lastCounts() (groups [][]LastCount) {
	for g := range m.boards {
		var axes []LastCount
		board, origin := &m.boards[g], &m.origins[g]
		for a := range min(int(m.axes[g]), maxAxes) {
			count, still := board.Last(a)
			trusted := still && board.Report(a).Lost == 0
			if !board.Served() { // the counts are those that the daemon began with
				trusted = origin.unsure == 0
			}
			axes = append(axes, LastCount{count, trusted && m.distrusted.Load() == 0, int(origin.owner), origin.meaning})
		}
		if axes != nil {
			groups = append(groups, axes)
		}
	}
	return groups
}
