// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/siderostep/siderostep/driver/harness"
	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
)

// auxLog keeps what the auxiliary lines were set to.
type auxLog []uint32

func (l *auxLog) SetAux(v uint32) { *l = append(*l, v) }

func TestAuxiliaryLines(t *testing.T) {
	var got auxLog
	a := &auxLines{executor: &got, wired: 3}
	for _, do := range []struct {
		line int
		on   bool
		kind error
	}{
		{1, true, nil}, {16, true, nil}, {16, true, nil}, {1, false, nil}, {14, true, nil},
		{17, true, fault.Unsupported}, {2, true, fault.Invalid}, {0, false, fault.Invalid},
	} {
		if err := a.set(do.line, do.on); !errors.Is(err, do.kind) {
			t.Errorf("line %d: %v, want %v", do.line, err, do.kind)
		}
	}
	a.change(harness.AuxBalance, true)
	if want := []uint32{1, 5, 4, 6, 0x16}; !slices.Equal(got, want) {
		t.Errorf("set to %x, want %x", got, want)
	}
}

// The recorded places have the form of the original's data files.
func TestRecordedPlaces(t *testing.T) {
	path := filepath.Join(t.TempDir(), recordName)
	at := time.Date(2026, 11, 5, 21, 3, 4, 0, time.UTC)
	for _, p := range []model.Equatorial{
		{RA: model.Hours(5.5), Dec: model.Degrees(-0.25)},
		{RA: model.Hours(23.99999), Dec: model.Degrees(89.99999)}, // rounds up
	} {
		if err := recordPlace(path, p, at); err != nil {
			t.Fatal(err)
		}
	}
	want := "05 30 00 -00 15 00 recorded 2026-11-05 21:03:04\n00 00 00 +90 00 00 recorded 2026-11-05 21:03:04\n"
	if text, err := os.ReadFile(path); err != nil || string(text) != want {
		t.Errorf("%s%v, want\n%s", text, err, want)
	}
}
