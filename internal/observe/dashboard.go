// SPDX-License-Identifier: GPL-3.0-or-later

package observe

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Dashboard is as much of a Grafana dashboard as matters here.
type Dashboard struct {
	UID           string
	Title         string
	Description   string
	Tags          []string
	SchemaVersion int
	Panels        []Panel
	Links         []struct {
		Type        string
		Tags        []string
		IncludeVars bool
	}
	Templating struct {
		List []Variable
	}
	Annotations struct {
		List []struct {
			Name, Expr, IconColor string
			Datasource            Source
		}
	}
}

// Variable is a choice above a dashboard.
type Variable struct {
	Name, Type string
	Datasource *Source
	Query      json.RawMessage // a word, or an object with the query
}

// Source is where a panel's data come from.
type Source struct{ Type, UID string }

// Panel is one picture of a dashboard; a row holds nothing.
type Panel struct {
	ID          int
	Type        string
	Title       string
	Description string
	Datasource  *Source
	GridPos     Box
	Targets     []Target
	FieldConfig struct {
		Defaults  Defaults
		Overrides []Override
	}
	Options struct {
		TextMode string
	}
}

// Box is a place on the grid, which is 24 wide.
type Box struct{ X, Y, W, H int }

// Target is one query of a panel.
type Target struct {
	RefID        string
	Datasource   *Source
	Expr         string
	LegendFormat string
	Instant      bool
	Format       string
}

// Defaults is how the values of a panel are shown.
type Defaults struct {
	Unit       string
	Decimals   *int
	Min, Max   *float64
	NoValue    string
	Thresholds struct {
		Steps []struct {
			Color string
			Value *float64
		}
	}
	Mappings []struct {
		Options map[string]struct{ Text, Color string }
	}
	Custom struct {
		DrawStyle         string
		ScaleDistribution struct{ Type string }
		ThresholdsStyle   struct{ Mode string }
	}
}

// Override changes the display of one series.
type Override struct {
	Matcher    struct{ ID, Options string }
	Properties []struct {
		ID    string
		Value any
	}
}

// Dashboards reads all dashboards in a folder, in the order of their names.
func Dashboards(folder string) (map[string]*Dashboard, error) {
	files, err := filepath.Glob(filepath.Join(folder, "*.json"))
	if err != nil {
		return nil, err
	}
	all := map[string]*Dashboard{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		d := new(Dashboard)
		if err := json.Unmarshal(text, d); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		all[strings.TrimSuffix(filepath.Base(file), ".json")] = d
	}
	return all, nil
}

// Fill puts values in the place of variables, as Grafana does: rateInterval,
// a duration of PromQL, is at least four scrapes.
func Fill(expr, rateInterval string) string {
	return strings.NewReplacer("$__rate_interval", rateInterval, "$mount", ".*", "$location", ".*").Replace(expr)
}

// QueryText returns the query of a variable.
func (v Variable) QueryText() string {
	var words string
	if json.Unmarshal(v.Query, &words) == nil {
		return words
	}
	var object struct{ Query string }
	if json.Unmarshal(v.Query, &object) == nil {
		return object.Query
	}
	return ""
}
