// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"log/slog"
	"os"

	"github.com/siderostep/siderostep/action"
	"github.com/siderostep/siderostep/alpaca"
	"github.com/siderostep/siderostep/catalog"
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

// telescopeActions are the telescope's actions beyond ASCOM, for Alpaca.
func telescopeActions(m action.Mount, l *catalog.Library) []alpaca.Action {
	var all []alpaca.Action
	for _, a := range append(action.Telescope(m), action.Catalogs(m, l)...) {
		all = append(all, alpaca.Action{Name: a.Name, Doc: a.Doc, Do: a.Do})
	}
	return all
}
