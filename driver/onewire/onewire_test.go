// SPDX-License-Identifier: GPL-3.0-or-later

package onewire

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/fault"
)

var _ driver.Thermometer = (*Thermometer)(nil)

// slaveText is w1_slave of the DS18B20's register value raw, in 1/16 °C.
func slaveText(raw int, verdict string) string {
	b := fmt.Sprintf("%02x %02x 4b 46 7f ff 0c 10 1c", raw&0xff, raw>>8&0xff)
	return fmt.Sprintf("%s : crc=1c %s\n%s t=%d\n", b, verdict, b, raw*1000/16)
}

func TestParse(t *testing.T) {
	for _, tt := range []struct {
		text string
		want float64
		err  string // part of it
	}{
		// The data sheet's table of register values and temperatures.
		{slaveText(0x07d0, "YES"), 125, ""},
		{slaveText(0x0191, "YES"), 25.062, ""},
		{slaveText(0x00a2, "YES"), 10.125, ""},
		{slaveText(0x0008, "YES"), 0.5, ""},
		{slaveText(0, "YES"), 0, ""},
		{slaveText(-8, "YES"), -0.5, ""},
		{slaveText(-0x370, "YES"), -55, ""},
		{"23125\n", 23.125, ""},
		{"-1250\n", -1.25, ""},
		{"0", 0, ""},
		{"84999\n", 84.999, ""},
		{"85000\n", 0, "has not measured"},
		{slaveText(0x0550, "YES"), 0, "has not measured"},
		{slaveText(0x0191, "NO"), 0, "checksum"},
		{"00 00 00 00 00 00 00 00 00 : crc=00 YES\n00 00 00 00 00 00 00 00 00 t=0\n", 0, "short circuit"},
		{"125001", 0, "125.001"},
		{"-55001", 0, "-55.001"},
		{"", 0, "not a temperature"},
		{"12.5\n", 0, "not a temperature"},
		{"99999999999999999999\n", 0, "not a temperature"},
		{"91 01 4b 46 7f ff 0c 10 1c : crc=1c YES\n", 0, "not a temperature"},
		{"91 01 : crc=1c YES\n91 02 t=25062\n", 0, "not the text"},
		{"91 01 : crc=1c YES\n91 01\n", 0, "not the text"},
		{"23125\n23125\n", 0, "not the text"},
		{slaveText(0x0191, "YES") + "x\n", 0, "not a temperature"},
	} {
		got, err := parse(tt.text)
		if (err == nil) != (tt.err == "") || got != tt.want {
			t.Errorf("%q: %v, %v", tt.text, got, err)
		}
		if err != nil && (!errors.Is(err, fault.Hardware) || !strings.Contains(err.Error(), tt.err)) {
			t.Errorf("%q: %v, want %q", tt.text, err, tt.err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("23125\n")
	f.Add(slaveText(0x0191, "YES"))
	f.Add(slaveText(-8, "NO"))
	f.Fuzz(func(t *testing.T, text string) {
		v, err := parse(text)
		if err == nil && !(v >= -55 && v <= 125 && v != 85) || math.IsNaN(v) {
			t.Errorf("%v", v)
		}
		if err == nil && strings.Contains(text, "NO") {
			t.Errorf("%q has no right checksum", text)
		}
	})
}

func TestConfig(t *testing.T) {
	if err := DefaultConfig().Validate(); err != nil {
		t.Error(err)
	}
	for _, c := range []Config{{"x", 0}, {"x", 121}, {"x", math.NaN()}, {"", 1}} {
		if _, err := New(c, clock.Real{}, nil); !errors.Is(err, fault.Invalid) {
			t.Errorf("%v: %v", c, err)
		}
	}
}

// sensor is a file and the thermometer on it, which looks every 10 s, in a
// bubble.
func sensor(t *testing.T, f func(t *testing.T, th *Thermometer, write func(string))) {
	t.Helper()
	defer goleak.VerifyNone(t)
	name := filepath.Join(t.TempDir(), "temperature")
	synctest.Test(t, func(t *testing.T) {
		th, err := New(Config{name, 10}, clock.Real{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- th.Run(ctx) }()
		f(t, th, func(text string) {
			if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		})
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func TestThermometer(t *testing.T) {
	sensor(t, func(t *testing.T, th *Thermometer, write func(string)) {
		want := func(v float64) {
			t.Helper()
			synctest.Wait()
			if got, err := th.Celsius(); got != v || err != nil {
				t.Errorf("%v, %v; want %v", got, err, v)
			}
		}
		synctest.Wait()
		if _, err := th.Celsius(); !errors.Is(err, fault.Hardware) || !errors.Is(err, os.ErrNotExist) {
			t.Errorf("before the file is there: %v", err)
		}
		write("12500\n")
		time.Sleep(10 * time.Second)
		want(12.5)
		write("12750\n")
		time.Sleep(9 * time.Second)
		want(12.5) // it is not read for being asked
		time.Sleep(time.Second)
		want(12.75)
		write(slaveText(0x0191, "NO"))
		time.Sleep(stale)
		want(12.75) // the last good one still counts
		if n, err := th.Failures(); n != 31 || err == nil {
			t.Errorf("%d failures, %v", n, err)
		}
		time.Sleep(time.Second)
		if v, err := th.Celsius(); v != 0 || !errors.Is(err, fault.Hardware) || !strings.Contains(err.Error(), "checksum") {
			t.Errorf("stale: %v, %v", v, err)
		}
		write("-500\n")
		time.Sleep(10 * time.Second)
		want(-0.5)
		if _, err := th.Failures(); err != nil {
			t.Error(err)
		}
	})
}

// Whoever asks while the sensor is busy is answered at once.
func TestSlowSensor(t *testing.T) {
	defer goleak.VerifyNone(t)
	name := filepath.Join(t.TempDir(), "temperature")
	if err := syscall.Mkfifo(name, 0o600); err != nil {
		t.Fatal(err)
	}
	th, err := New(Config{name, 100}, clock.Real{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- th.Run(ctx) }()
	sensor, err := os.OpenFile(name, os.O_WRONLY, 0) // Run is reading now
	if err != nil {
		t.Fatal(err)
	}
	if _, err := th.Celsius(); !errors.Is(err, fault.Hardware) { // or it would hang
		t.Error(err)
	}
	cancel()
	_, _ = sensor.WriteString("21000\n")
	sensor.Close()
	<-done
	if v, err := th.Celsius(); v != 21 || err != nil {
		t.Errorf("%v, %v", v, err)
	}
}
