// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/siderostep/siderostep/config"
	"github.com/siderostep/siderostep/model/horizon"
)

// readSkyline reads the file of mount.horizon_file, nil for none. A relative
// path counts from the folder of the configuration file.
func readSkyline(cfg config.File, configFile string) (*horizon.Profile, error) {
	path := cfg.Mount.HorizonFile
	if path == "" {
		return nil, nil
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(filepath.Dir(configFile), path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("mount.horizon_file: %w", err)
	}
	return horizon.Parse(path, string(text))
}
