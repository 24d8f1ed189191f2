// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/siderostep/siderostep/focuser"
	"github.com/siderostep/siderostep/internal/statefile"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/mount"
)

// savedState is all that the state folder holds.
type savedState struct {
	Mount     *savedMount     `json:"mount"`
	Alignment *savedAlignment `json:"alignment"`
	Focuser   *focuser.Saved  `json:"focuser"`
	Focuser2  *focuser.Saved  `json:"focuser2,omitempty"`
	Identity  *identity       `json:"identity"`
}

func stateCommand() *cobra.Command {
	dir := stateFolder()
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "state",
		Short: "Show what is remembered from the last run",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := readState(dir)
			if err != nil {
				return err
			}
			if asJSON {
				enc := json.NewEncoder(cmd.OutOrStdout())
				enc.SetIndent("", "  ")
				return enc.Encode(s)
			}
			w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
			fmt.Fprintf(w, "folder\t%s\n", dir)
			s.print(w)
			return w.Flush()
		},
	}
	cmd.Flags().StringVar(&dir, "state", dir, "folder in which the program keeps its state")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func readState(dir string) (s savedState, err error) {
	if s.Mount, err = read[savedMount](dir, mountName); err != nil {
		return s, err
	}
	if s.Alignment, err = read[savedAlignment](dir, alignmentName); err != nil {
		return s, err
	}
	if s.Focuser, err = read[focuser.Saved](dir, focuserNames[0]); err != nil {
		return s, err
	}
	if s.Focuser2, err = read[focuser.Saved](dir, focuserNames[1]); err != nil {
		return s, err
	}
	s.Identity, err = read[identity](dir, identityName)
	return s, err
}

// read returns a file's value, nil when there is none.
func read[T any](dir, name string) (*T, error) {
	v, found, err := statefile.Read[T](filepath.Join(dir, name))
	if err != nil || !found {
		return nil, err
	}
	return &v, nil
}

func (s savedState) print(w *tabwriter.Writer) {
	if s.Mount == nil {
		fmt.Fprintln(w, "mount\tnothing saved")
	} else {
		s.Mount.print(w)
	}
	if s.Alignment != nil && s.Alignment.Alignment != nil {
		a := s.Alignment.Alignment
		r := a.Models.Current
		fmt.Fprintf(w, "pointing model\trevision %d, %s: %d inits, %d points, rms %.1f arcsec\n", r.Revision, r.Note, a.Book.Count(), len(a.Book.Points), r.RMS.Arcsec())
	}
	for _, f := range []struct {
		name  string
		saved *focuser.Saved
	}{{"focuser", s.Focuser}, {"second focuser", s.Focuser2}} {
		if f.saved != nil {
			fmt.Fprintf(w, "%s\tposition %d\n", f.name, f.saved.Position)
		}
	}
	if s.Identity == nil {
		return
	}
	for _, name := range slices.Sorted(maps.Keys(s.Identity.Devices)) {
		fmt.Fprintf(w, "%s\tunique id %s\n", name, s.Identity.Devices[name])
	}
}

func (s *savedMount) print(w *tabwriter.Writer) {
	m := s.Mount
	degrees := func(n model.Microsteps, fullStepArcsec float64, microsteps int) float64 {
		return model.Arcsec(fullStepArcsec / float64(max(microsteps, 1))).Mul(float64(n)).Degrees()
	}
	fmt.Fprintf(w, "mount\t%s, saved %s\n", s.Drive.Geometry, m.UTC.Format(time.RFC3339))
	fmt.Fprintf(w, "axis Z\t%.4f°, %d microsteps\n", degrees(m.Counts[mount.AxisZ], s.Drive.ZFullStepArcsec, s.Drive.ZMicrosteps), m.Counts[mount.AxisZ])
	fmt.Fprintf(w, "axis A\t%.4f°, %d microsteps\n", degrees(m.Counts[mount.AxisA], s.Drive.AFullStepArcsec, s.Drive.AMicrosteps), m.Counts[mount.AxisA])
	if s.Drive.RotatorIsPresent {
		fmt.Fprintf(w, "rotator\t%.4f°, %d steps\n", degrees(-m.Counts[mount.AxisRotator], s.Drive.RotatorArcsec, 1), m.Counts[mount.AxisRotator])
	}
	fmt.Fprintf(w, "parked\t%s\n", yesNo(m.Parked))
	fmt.Fprintf(w, "position trusted\t%s\n", yesNo(m.Trusted && !m.Moving))
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
