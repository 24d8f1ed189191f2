// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"log/slog"
	"os"
	"slices"

	"github.com/siderostep/siderostep/action"
	"github.com/siderostep/siderostep/alpaca"
	"github.com/siderostep/siderostep/catalog"
	"github.com/siderostep/siderostep/measure"
	"github.com/siderostep/siderostep/mount"
)

// openCatalogs reads the user's catalogues beside the built-in ones. What is
// wrong in them is logged, and told by the action Catalog:List.
func openCatalogs(cfg catalog.Config, log *slog.Logger) (*catalog.Library, error) {
	l := catalog.NewLibrary()
	if cfg.Folder == "" {
		return l, nil
	}
	if err := l.Add(os.DirFS(cfg.Folder), catalog.Equinox(cfg.Equinox)); err != nil {
		return nil, err
	}
	for _, p := range l.Problems {
		log.Warn("catalogue", "problem", p.String())
	}
	return l, nil
}

// buildMeasures builds the owner of measurements.
func (m *Main) buildMeasures() error {
	saved, found, err := open[measure.Saved](m.state, measuresName)
	if err != nil {
		return err
	}
	parts := measure.Parts{
		Mount: m.mount, Clock: m.clock,
		Fixed: slices.Concat(measure.Settings("motors", m.cfg.Motors), measure.Settings("encoders", m.cfg.Encoders)),
	}
	if found {
		parts.Saved = &saved
	}
	if m.rig.Encoders != nil {
		parts.Encoders = &m.readings
	}
	m.measures = measure.New(parts)
	return nil
}

// tools are the actions of the workshop: measuring, tuning, paddle, lines.
func (m *Main) tools() []action.Action {
	w := action.Workshop{Measure: m.measures, FitTable: m.fitTable, Paddle: paddleStatus{m.paddle}}
	if m.aux != nil {
		w.Aux = m.aux.set
	}
	return action.Tools(w)
}

// fitTable returns better tables for the motor of an axis.
func (m *Main) fitTable(axis int, positions []float64) (leaving, approaching []int, err error) {
	motor := m.cfg.Motors.Z
	if axis == mount.AxisA {
		motor = m.cfg.Motors.A
	}
	return motor.FitTable(positions)
}

// forAlpaca are actions beyond ASCOM, as Alpaca offers them.
func forAlpaca(actions []action.Action) (all []alpaca.Action) {
	for _, a := range actions {
		all = append(all, alpaca.Action{Name: a.Name, Doc: a.Doc, Do: a.Do})
	}
	return all
}
