// SPDX-License-Identifier: GPL-3.0-or-later

package night

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// plantedEnv marks a run of this test binary in which a fault was planted.
const plantedEnv = "SIDEROSTEP_PLANTED"

// The bench shares no mathematics with the controller: a sign that is wrong
// in the controller alone must show as a tube that points elsewhere. Each
// case compiles a copy of the controller with one sign changed and lets it
// find its first places.
func TestBenchExposesWrongSigns(t *testing.T) {
	if os.Getenv(plantedEnv) != "" {
		t.Skip("this is the run with the planted fault")
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, file, was, is, run string
	}{{
		name: "hour angle growing eastward", file: "model/frame.go", run: "TestFirstGotos/altaz/faultless",
		was: "return HourDec{HA: (lst - e.RA).WrapSigned(), Dec: e.Dec}",
		is:  "return HourDec{HA: (e.RA - lst).WrapSigned(), Dec: e.Dec}",
	}, {
		name: "longitude west positive", file: "model/sky/rotation.go", run: "TestFirstGotos/altaz/faultless",
		was: "(GAST(i) + longitude).Wrap()",
		is:  "(GAST(i) - longitude).Wrap()",
	}, {
		name: "refraction lowering the stars", file: "model/pointing/chain.go", run: "TestRefractedGotos/altaz",
		was: "c.Refraction.FromTrue(",
		is:  "-c.Refraction.FromTrue(",
	}} {
		t.Run(tt.name, func(t *testing.T) {
			source, err := os.ReadFile(filepath.Join(root, tt.file))
			if err != nil {
				t.Fatal(err)
			}
			planted := strings.Replace(string(source), tt.was, tt.is, 1)
			if planted == string(source) {
				t.Fatalf("%s no longer holds %q: choose another place for the wrong sign", tt.file, tt.was)
			}
			dir := t.TempDir()
			copied := filepath.Join(dir, "planted.go")
			overlay := filepath.Join(dir, "overlay.json")
			list, _ := json.Marshal(map[string]any{"Replace": map[string]string{filepath.Join(root, tt.file): copied}})
			for name, data := range map[string][]byte{copied: []byte(planted), overlay: list} {
				if err := os.WriteFile(name, data, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			cmd := exec.CommandContext(t.Context(), "go", "test", "-count=1", "-overlay="+overlay, "-run="+tt.run, "./internal/night")
			cmd.Dir = root
			cmd.Env = append(os.Environ(), plantedEnv+"=1")
			out, err := cmd.CombinedOutput()
			if err == nil {
				t.Fatalf("the bench did not notice:\n%s", out)
			}
			// The tube is elsewhere, runs into a limit there, or not even an
			// alignment can be made.
			exposed := false
			for _, words := range []string{"from the place", "limit", "mirror the sky"} {
				exposed = exposed || strings.Contains(string(out), words)
			}
			if !exposed {
				t.Fatalf("the run failed for another reason:\n%s", out)
			}
		})
	}
}
