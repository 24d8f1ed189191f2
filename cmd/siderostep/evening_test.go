// SPDX-License-Identifier: GPL-3.0-or-later

//go:build !race

package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// daemon is the program as a process of its own, which can be killed.
type daemon struct {
	t    *testing.T
	cmd  *exec.Cmd
	base string
}

// startDaemon starts the program and waits for its address.
func startDaemon(t *testing.T, dir string, args ...string) *daemon {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	d := &daemon{t: t, cmd: exec.Command(self)}
	d.cmd.Args = append([]string{"siderostep", "run", "--state", dir, "--listen", "127.0.0.1:0", "--lx200-listen", "off", "--discovery-port", "0"}, args...)
	d.cmd.Stderr = os.Stderr
	out, err := d.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := d.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.kill)
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if words := strings.Fields(lines.Text()); len(words) == 3 && words[1] == "alpaca" {
			d.base = words[2]
			go func() { _, _ = io.Copy(io.Discard, out) }()
			return d
		}
	}
	t.Fatal("the program printed no address")
	return nil
}

// kill ends the program as a power cut would.
func (d *daemon) kill() {
	_ = d.cmd.Process.Kill()
	_ = d.cmd.Wait()
}

// call sends an Alpaca request to the telescope and returns its value.
func (d *daemon) call(verb, member string, form url.Values) any {
	d.t.Helper()
	var resp *http.Response
	var err error
	form.Set("ClientID", "1")
	if target := d.base + "/api/v1/telescope/0/" + member; verb == http.MethodPut {
		req, bad := http.NewRequestWithContext(d.t.Context(), verb, target, strings.NewReader(form.Encode()))
		if bad != nil {
			d.t.Fatal(bad)
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		resp, err = http.DefaultClient.Do(req)
	} else {
		resp, err = http.Get(target + "?" + form.Encode())
	}
	if err != nil {
		d.t.Fatal(err)
	}
	defer resp.Body.Close()
	var answer struct {
		Value        any
		ErrorNumber  int
		ErrorMessage string
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil || answer.ErrorNumber != 0 {
		d.t.Fatalf("%s %v: %v, %#x %s", member, form, err, answer.ErrorNumber, answer.ErrorMessage)
	}
	return answer.Value
}

func (d *daemon) put(member string, pairs ...string) {
	d.t.Helper()
	form := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	d.call(http.MethodPut, member, form)
}

func (d *daemon) get(member string) any {
	d.t.Helper()
	return d.call(http.MethodGet, member, url.Values{})
}

// action performs an Action and returns its answer.
func (d *daemon) action(name, params string) map[string]any {
	d.t.Helper()
	text := d.call(http.MethodPut, "action", url.Values{"Action": {name}, "Parameters": {params}}).(string)
	var answer map[string]any
	if err := json.Unmarshal([]byte(text), &answer); err != nil {
		d.t.Fatalf("%s: %s: %v", name, text, err)
	}
	return answer
}

func (d *daemon) arrive() {
	d.t.Helper()
	for end := time.Now().Add(2 * time.Minute); d.get("slewing") == true; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			d.t.Fatal("the slew never ended")
		}
	}
}

// seen returns how far the middle of the field is from the target, along
// right ascension (on the sky) and declination in degrees: what an eye at the
// guide camera sees, and the only truth that leaves the bench.
func (d *daemon) seen() (ra, dec float64) {
	d.t.Helper()
	resp, err := http.Get(d.base + "/metrics")
	if err != nil {
		d.t.Fatal(err)
	}
	defer resp.Body.Close()
	found := 0
	for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
		name, value, _ := strings.Cut(lines.Text(), " ")
		v, _ := strconv.ParseFloat(value, 64)
		switch name {
		case `siderostep_truth_target_offset_radians{coordinate="ra"}`:
			ra, found = v*180/math.Pi, found+1
		case `siderostep_truth_target_offset_radians{coordinate="dec"}`:
			dec, found = v*180/math.Pi, found+1
		}
	}
	if found != 2 {
		d.t.Fatal("the bench tells no truth about the target")
	}
	return ra, dec
}

func number(v float64) string { return strconv.FormatFloat(v, 'f', 9, 64) }

// centre goes to a star and brings it to the middle of the field.
func (d *daemon) centre(name string) (ra, dec float64) {
	d.t.Helper()
	star := d.action("Catalog:Goto", fmt.Sprintf(`{"name":%q}`, name))
	ra, dec = star["ra_h"].(float64), star["dec_deg"].(float64)
	toRA, toDec := ra, dec
	for range 8 {
		d.arrive()
		x, y := d.seen()
		// Where the tube really is, as if by the eyepiece: the target moved by what is seen.
		cos := math.Cos(dec * math.Pi / 180)
		offRA, offDec := (toRA-ra)*15*cos+x, toDec-dec+y
		if math.Hypot(offRA, offDec) < 20.0/3600 {
			return ra, dec
		}
		toRA, toDec = toRA-offRA/cos/15, toDec-offDec
		d.put("slewtocoordinatesasync", "RightAscension", number(math.Mod(toRA+24, 24)), "Declination", number(toDec))
	}
	d.t.Fatalf("%s does not come to the middle", name)
	return ra, dec
}

// An evening with a German mount that nobody has aligned: two bright stars by
// eye, a model run, gotos on both sides of the meridian, power cuts at rest and
// in the middle of a slew. What was learned of the sky outlives them. The race
// detector would make the bench too slow for the speed.
func TestEveningWithPowerCuts(t *testing.T) {
	dir := t.TempDir()
	cfg := filepath.Join(dir, "siderostep.toml")
	text := "[mount]\ngeometry = 'german'\n[simulator]\nmount = 'german'\naligned = false\nbase_tilt_north_arcmin = 60\nbase_twist_arcmin = -90\nz_zero_deg = 2\n" +
		"z1_arcsec = 400\nz2_arcsec = -300\nz3_arcsec = 500\n"
	if err := os.WriteFile(cfg, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	state := filepath.Join(dir, "state")
	start := func() *daemon {
		d := startDaemon(t, state, "--config", cfg, "--speed", "20")
		d.put("connected", "Connected", "True")
		return d
	}
	d := start()
	d.action("Align:Start", `{"mode":"preset"}`)
	d.put("unpark")
	d.put("tracking", "Tracking", "True")
	stars := d.action("Align:Suggest", `{"count":2,"lowest_deg":30}`)["stars"].([]any)
	take := func(name, action string) {
		t.Helper()
		ra, dec := d.centre(name)
		d.action(action, fmt.Sprintf(`{"name":%q,"ra_h":%s,"dec_deg":%s}`, name, number(ra), number(dec)))
	}
	for _, s := range stars {
		take(s.(map[string]any)["name"].(string), "Align:Init")
	}
	for _, s := range d.action("Align:Suggest", `{"count":12,"magnitude":4,"lowest_deg":25}`)["stars"].([]any) {
		take(s.(map[string]any)["name"].(string), "Analysis:Add")
	}
	fitted := d.action("Model:Fit", `{"apply":true}`)
	t.Logf("14 stars: rms %.1f″, leave-one-out %.1f″", fitted["rms_arcsec"], fitted["leave_one_out_arcsec"])
	revision := d.action("Model:Get", ``)["revision"]

	// lands goes to the Messier objects on both sides of the meridian.
	lands := func() {
		t.Helper()
		sides := map[any]int{}
		var objects []any
		for page := range 5 {
			objects = append(objects, d.action("Catalog:Browse", fmt.Sprintf(`{"file":"messier","page":%d}`, page))["objects"].([]any)...)
		}
		for _, o := range objects {
			o := o.(map[string]any)
			if o["alt_deg"].(float64) < 30 {
				continue
			}
			form := url.Values{"RightAscension": {number(o["ra_h"].(float64))}, "Declination": {number(o["dec_deg"].(float64))}}
			side := d.call(http.MethodGet, "destinationsideofpier", form)
			if sides[side] > 0 {
				continue
			}
			sides[side]++
			d.action("Catalog:Goto", fmt.Sprintf(`{"name":%q}`, o["name"]))
			d.arrive()
			x, y := d.seen()
			off := math.Hypot(x, y) * 3600
			t.Logf("%v, pier side %v: %.1f″ off", o["name"], side, off)
			if off > 90 {
				t.Errorf("%v is %.0f″ from the middle", o["name"], off)
			}
		}
		if len(sides) == 0 {
			t.Error("no object is high enough")
		}
	}
	lands()

	// A flip at the meridian: the same star, from the other side of the pier.
	lst := d.get("siderealtime").(float64)
	d.put("slewtocoordinatesasync", "RightAscension", number(math.Mod(lst+0.2, 24)), "Declination", "20")
	d.arrive()
	before := d.get("sideofpier").(float64)
	d.put("sideofpier", "SideOfPier", strconv.Itoa(1-int(before)))
	d.arrive()
	x, y := d.seen()
	t.Logf("after the flip: %.1f″ off", math.Hypot(x, y)*3600)
	if d.get("sideofpier") == before || math.Hypot(x, y)*3600 > 90 {
		t.Errorf("the flip ended on pier side %v, %.0f″ off", d.get("sideofpier"), math.Hypot(x, y)*3600)
	}

	// A power cut while tracking. The state is at most a second old.
	time.Sleep(1500 * time.Millisecond)
	d.kill()
	d = start()
	if got := d.action("Model:Get", ``); got["revision"] != revision || got["stars"].(float64) < 12 {
		t.Errorf("after the power cut the model is revision %v of %v stars, was %v", got["revision"], got["stars"], revision)
	}
	if n := len(d.action("Align:Status", ``)["inits"].([]any)); n != 2 {
		t.Errorf("%d inits are left", n)
	}
	d.put("tracking", "Tracking", "True")
	lands()

	// And one in the middle of a slew, which the mount admits.
	d.put("slewtocoordinatesasync", "RightAscension", number(math.Mod(d.get("siderealtime").(float64)+3, 24)), "Declination", "20")
	d.kill()
	d = start()
	if d.action("Model:Get", ``)["revision"] != revision {
		t.Error("the model was lost in the middle of a slew")
	}
	d.put("tracking", "Tracking", "True")
	d.centre(stars[0].(map[string]any)["name"].(string))
	d.put("synctocoordinates", "RightAscension", number(d.get("rightascension").(float64)), "Declination", number(d.get("declination").(float64)))
	d.put("park")
	d.arrive()
	if d.get("atpark") != true {
		t.Error("not parked at the end")
	}
}
