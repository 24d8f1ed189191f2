// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/config"
	"github.com/siderostep/siderostep/config/legacy"
	"github.com/siderostep/siderostep/internal/statefile"
	"github.com/siderostep/siderostep/mount"
)

// importer turns a config.dat of Scope II into files of ours.
type importer struct {
	legacy.Options
	from   string // "-" is standard input
	to     string // configuration file; "" is standard output
	state  string // folder; "" for none
	all    bool   // report comments and defaults, too
	report io.Writer
	out    io.Writer
}

func importConfigCommand() *cobra.Command {
	var i importer
	cmd := &cobra.Command{
		Use:   "import-config CONFIG.DAT",
		Short: "Turn a config.dat of Scope II into a configuration file",
		Long: "Turn a config.dat of Scope II into a configuration file, and tell what became of each line.\n" +
			"The file leaves hardware.enabled false: read docs/hardware.md, check what the report lists as\n" +
			"\"needs you\", then switch it on. Files that exist are not replaced. With lines that could not\n" +
			"be taken the exit status is 1, and the file is written all the same.",
		Example: "  siderostep import-config config.dat -o siderostep.toml --geometry altaz",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			i.from, i.out, i.report = args[0], cmd.OutOrStdout(), cmd.ErrOrStderr()
			if i.to != "" {
				i.report = cmd.OutOrStdout()
			}
			return i.run(cmd.InOrStdin(), clock.Real{}.Now())
		},
	}
	f := cmd.Flags()
	f.StringVarP(&i.to, "output", "o", "", "write the configuration to this file, and the report to standard output")
	f.StringVar(&i.state, "state", "", "write where the axes stand, the alignment and the focus position to this folder, too")
	f.StringVar(&i.Geometry, "geometry", "", "how the axes stand: altaz, fork, german, siderostat or altalt; without it the file is asked")
	f.StringVar(&i.Numbering, "numbering", legacy.Source, "whose numbers of the hand paddle's modes the file has: source or manual")
	f.BoolVar(&i.all, "all", false, "also report comments and defaults")
	return cmd
}

// run converts what in or the file has. at is now.
func (i importer) run(in io.Reader, at time.Time) error {
	if i.from != "-" {
		file, err := os.Open(i.from)
		if err != nil {
			return fmt.Errorf("import: %w", err)
		}
		defer file.Close()
		in = file
	}
	dat, _ := legacy.Parse(in)
	r, err := legacy.Convert(dat, i.Options)
	if err != nil {
		return err
	}
	if err := i.write(r.TOML); err != nil {
		return err
	}
	for _, n := range r.Notes {
		if i.all || n.Kind != legacy.Comment && n.Kind != legacy.Defaulted {
			fmt.Fprintln(i.report, n)
		}
	}
	if i.state != "" {
		if err := i.keep(r, at); err != nil {
			return err
		}
	}
	fmt.Fprintln(i.report, summary(r))
	if r.Count(legacy.Error) > 0 {
		return exitStatus(1)
	}
	return nil
}

// summary counts the notes.
func summary(r legacy.Result) string {
	var parts []string
	for k := legacy.Comment; k <= legacy.Error; k++ {
		if n := r.Count(k); n > 0 {
			parts = append(parts, fmt.Sprintf("%d %v", n, k))
		}
	}
	return strings.Join(parts, ", ")
}

// write writes the configuration, but over nothing.
func (i importer) write(text string) error {
	if i.to == "" {
		_, err := io.WriteString(i.out, text)
		return err
	}
	if err := absent(i.to); err != nil {
		return err
	}
	return statefile.Write(i.to, []byte(text))
}

// absent returns an error when there is such a file.
func absent(path string) error {
	_, err := os.Lstat(path)
	switch {
	case err == nil:
		return fmt.Errorf("import: %s is there already, and is not replaced; move it away or name another one", path)
	case errors.Is(err, fs.ErrNotExist):
		return nil
	}
	return fmt.Errorf("import: %w", err)
}

// keep writes the state folder, but over nothing.
func (i importer) keep(r legacy.Result, at time.Time) error {
	cfg, err := config.Parse(i.from, r.TOML)
	if err != nil {
		return err
	}
	dir, err := openState(i.state, slog.New(slog.NewTextHandler(i.report, nil)))
	if err != nil {
		return err
	}
	defer dir.Close()
	for _, name := range []string{mountName, alignmentName, focuserNames[0]} {
		if err := absent(dir.file(name)); err != nil {
			return err
		}
	}
	driven := driveOf(cfg)
	driven.RealMotors = true // a simulation knows nothing of where they stand
	wrote := func(name, what string, err error) error {
		if err == nil {
			fmt.Fprintf(i.report, "wrote %s: %s\n", dir.file(name), what)
		}
		return err
	}
	if m := r.State.Mount(at); m != nil {
		err := statefile.Save(dir.file(mountName), savedMount{Drive: driven, Mount: *m})
		if err := wrote(mountName, "where the axes stand, not trusted before a sync", err); err != nil {
			return err
		}
	}
	if f := r.State.Focuser(); f != nil {
		if err := wrote(focuserNames[0], "the focus position and its presets", statefile.Save(dir.file(focuserNames[0]), f)); err != nil {
			return err
		}
	}
	a, err := r.State.Alignment(cfg.Config, at)
	if a == nil || err != nil {
		i.unaligned(err)
		return nil
	}
	return wrote(alignmentName, aligned(a), statefile.Save(dir.file(alignmentName), savedAlignment{Drive: driven, Alignment: a}))
}

func (i importer) unaligned(err error) {
	if err != nil {
		fmt.Fprintf(i.report, "no alignment was written, for the inits make no pointing model: %v\n", err)
	}
}

func aligned(a *mount.Alignment) string {
	return fmt.Sprintf("the alignment, of %d inits", a.Book.Count())
}
