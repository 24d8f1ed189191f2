// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/siderostep/siderostep/config"
	"github.com/siderostep/siderostep/internal/report"
	"github.com/siderostep/siderostep/internal/statefile"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/align"
	"github.com/siderostep/siderostep/model/fit"
	"github.com/siderostep/siderostep/model/pointing"
)

// analysis is what the command line says about an analysis.
type analysis struct {
	options
	from     string // analysis.dat; "" for the stars in state
	mode     string
	terms    []string
	latitude float64 // degrees; as configured where it is not given
	geometry string

	flags *pflag.FlagSet
}

func analysisCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "analysis",
		Short: "Find a pointing model of stars, compare models, report what is wrong with the mount",
		Long: "Find a pointing model of the stars that the telescope keeps, or of those of an analysis.dat (--from).\n" +
			"Nothing is changed: how to use a model is said with it.",
		Args: cobra.NoArgs,
	}
	cmd.AddCommand(analysisFitCommand(), analysisCompareCommand(), analysisReportCommand())
	return cmd
}

func analysisFitCommand() *cobra.Command {
	var asJSON bool
	a, cmd := newAnalysis("fit", "Fit a model, and tell how far each star is from it")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		in, err := a.input()
		if err != nil {
			return err
		}
		r, err := report.Fit(in)
		if err != nil {
			return err
		}
		if asJSON {
			return report.WriteFitJSON(cmd.OutOrStdout(), in, r)
		}
		return report.WriteFit(cmd.OutOrStdout(), in, r)
	}
	a.chooseModel()
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func analysisCompareCommand() *cobra.Command {
	var asJSON bool
	a, cmd := newAnalysis("compare", "Compare models on the same stars, and recommend one")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		in, err := a.input()
		if err != nil {
			return err
		}
		c, err := report.Compare(in)
		if err != nil {
			return err
		}
		if asJSON {
			return c.WriteJSON(cmd.OutOrStdout())
		}
		return c.WriteText(cmd.OutOrStdout())
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func analysisReportCommand() *cobra.Command {
	var out, format string
	a, cmd := newAnalysis("report", "Write a report with the five plots and the residual map")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		f, err := report.ParseFormat(format)
		if err != nil {
			return err
		}
		in, err := a.input()
		if err != nil {
			return err
		}
		r, err := report.New(in)
		if err != nil {
			return err
		}
		files, err := r.Files(f)
		if err != nil {
			return err
		}
		if err := os.MkdirAll(out, 0o755); err != nil {
			return fmt.Errorf("report: %w", err)
		}
		for _, file := range files {
			path := filepath.Join(out, file.Name)
			if err := statefile.Write(path, file.Content); err != nil {
				return fmt.Errorf("report: %w", err)
			}
			fmt.Fprintln(cmd.OutOrStdout(), path)
		}
		return nil
	}
	a.chooseModel()
	cmd.Flags().StringVar(&out, "out", "", "folder to write to; it is made if need be")
	cmd.Flags().StringVar(&format, "format", report.PNG.String(), "of the pictures: png or svg")
	_ = cmd.MarkFlagRequired("out") // never fails: the flag is there
	return cmd
}

// newAnalysis returns a command with the flags that say where the stars are.
func newAnalysis(use, short string) (*analysis, *cobra.Command) {
	a := &analysis{options: defaultOptions(), mode: fit.Auto.String()}
	cmd := &cobra.Command{Use: use, Short: short, Args: cobra.NoArgs}
	a.flags = cmd.Flags()
	a.flags.StringVar(&a.from, "from", "", "analysis.dat to read the stars from (default: those in the state folder)")
	a.flags.StringVar(&a.state, "state", a.state, "folder in which the program keeps its state")
	a.flags.StringVar(&a.config, "config", "", "configuration file (default siderostep.toml in the state folder)")
	a.flags.Float64Var(&a.latitude, "latitude", 0, "with --from: latitude in degrees, north positive (default as configured)")
	a.flags.StringVar(&a.geometry, "geometry", "", "with --from: altaz, fork, german, siderostat or altalt (default as configured)")
	cmd.MarkFlagsMutuallyExclusive("from", "state")
	return a, cmd
}

// chooseModel adds the flags that choose a model.
func (a *analysis) chooseModel() {
	a.flags.StringVar(&a.mode, "mode", a.mode, "how the model is made: auto, taki, rotation or fit")
	a.flags.StringSliceVar(&a.terms, "terms", nil, "terms to fit, such as attitude,Z1,Z2,Z3,TF (default as many as the stars can carry)")
}

// input reads the stars, and how the mount stands under which sky.
func (a *analysis) input() (report.Input, error) {
	in := report.Input{}
	mode, err := fit.ParseMode(a.mode)
	if err != nil {
		return in, err
	}
	cfg, err := a.telescope()
	if err != nil {
		return in, err
	}
	if a.from == "" {
		err = a.saved(&in, &cfg)
	} else {
		in.Book, err = legacyBook(a.from)
	}
	if err != nil {
		return in, err
	}
	g, err := pointing.ParseGeometry(cfg.Mount.Geometry)
	if err != nil {
		return in, err
	}
	site := cfg.Site
	in.Options.Setup = fit.SetupOf(g, site.Latitude(), site.Air())
	in.Options.Mode, in.Options.Tables = mode, mode == fit.Full
	known := fit.PartsOf(pointing.New(in.Options.Setup.Nominal, cfg.Mount.Errors(), model.Axes{}), in.Options.Setup)
	in.Options.Known = &known
	in.Options.Criteria.Disagreement = model.Degrees(cfg.Alignment.MaxDisagreementDeg)
	for _, t := range a.terms {
		in.Options.Free = append(in.Options.Free, fit.Term(strings.TrimSpace(t)))
	}
	return in, nil
}

// telescope returns the configuration, with what the command line says of
// place and mount. A latitude that nobody gave is not guessed.
func (a *analysis) telescope() (config.File, error) {
	cfg, err := a.load()
	if err != nil {
		return cfg, err
	}
	given := a.flags.Changed("latitude")
	if a.from == "" {
		if given || a.geometry != "" {
			return cfg, errors.New("--latitude and --geometry go with --from: the stars in the state folder have their own")
		}
		return cfg, nil
	}
	if path, err := a.configFile(); err != nil {
		return cfg, err
	} else if path == "" && !given {
		return cfg, errors.New("the stars do not say where they were seen: give --latitude, or --config")
	}
	if given {
		if !(a.latitude >= -90 && a.latitude <= 90) {
			return cfg, fmt.Errorf("latitude %g: accepted are -90 to 90", a.latitude)
		}
		cfg.Site.LatitudeDeg = a.latitude
	}
	if a.geometry != "" {
		cfg.Mount.Geometry = a.geometry
	}
	return cfg, nil
}

// saved takes the stars of the state folder, with the place and the mount
// that they belong to.
func (a *analysis) saved(in *report.Input, cfg *config.File) error {
	s, err := read[savedAlignment](a.state, alignmentName)
	if err != nil {
		return err
	}
	if s == nil || s.Alignment == nil || !s.Alignment.OnStars() {
		return fmt.Errorf("%s keeps no stars: note some at the telescope, or give an analysis.dat with --from", a.state)
	}
	if err := s.Alignment.Check(); err != nil {
		return fmt.Errorf("%s: %w", filepath.Join(a.state, alignmentName), err)
	}
	in.Book, in.FullStepA = s.Alignment.Book, s.Drive.AFullStepArcsec
	cfg.Site.LatitudeDeg, cfg.Mount.Geometry = s.Alignment.Place.LatitudeDeg, s.Drive.Geometry
	return nil
}

// legacyBook reads an analysis.dat.
func legacyBook(path string) (align.Book, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return align.Book{}, fmt.Errorf("%s: no such file", path)
	}
	if err != nil {
		return align.Book{}, err
	}
	obs, err := fit.ParseAnalysis(path, text)
	if err != nil {
		return align.Book{}, err
	}
	var b align.Book
	for _, o := range obs {
		o.Name = strings.TrimPrefix(o.Name, path+" ") // "line 7": every star is of this file
		b.Points = append(b.Points, align.Entry{Observation: o})
	}
	return b, nil
}
