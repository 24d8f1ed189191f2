// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/siderostep/siderostep/config"
)

// LX200 is served on this computer unless something else is said.
func TestLX200Options(t *testing.T) {
	for _, tt := range []struct {
		flag, file string
		enabled    bool
		listen     string
	}{
		{"", "", true, "127.0.0.1:4030"},
		{"off", "", false, "127.0.0.1:4030"},
		{":4031", "", true, ":4031"},
		{"", "[lx200.tcp]\nenabled = false\n", false, "127.0.0.1:4030"},
		{"127.0.0.1:0", "[lx200.tcp]\nenabled = false\nlisten = ':1'\n", true, "127.0.0.1:0"},
	} {
		o := testOptions(t.TempDir())
		o.lx200 = tt.flag
		if tt.file != "" {
			o.config = filepath.Join(o.state, "my.toml")
			if err := os.WriteFile(o.config, []byte(tt.file), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if err := o.validate(); err != nil {
			t.Error(err)
		}
		cfg, err := o.load()
		if err != nil || cfg.LX200.TCP.Enabled != tt.enabled || cfg.LX200.TCP.Listen != tt.listen {
			t.Errorf("%q %q: %v %q, %v", tt.flag, tt.file, cfg.LX200.TCP.Enabled, cfg.LX200.TCP.Listen, err)
		}
	}
	if got := config.Default().LX200.Serial.Device; got != "" {
		t.Errorf("by default there is a serial line, %s", got)
	}
}

// A port in use leaves the telescope without LX200, and says so; but not
// when the command line asks for just that port.
func TestLX200PortInUse(t *testing.T) {
	taken, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	dir := t.TempDir()
	o := testOptions(filepath.Join(dir, "state"))
	o.lx200, o.config = "", filepath.Join(dir, "my.toml")
	if err := os.WriteFile(o.config, []byte("[lx200.tcp]\nlisten = '"+taken.Addr().String()+"'\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	p := launch(t, o)
	if got := p.get("/healthz"); got != "ok\n" {
		t.Errorf("/healthz says %q", got)
	}
	if err := p.stop(); err != nil {
		t.Error(err)
	}
	if want := "cannot serve LX200 on " + taken.Addr().String(); !strings.Contains(p.log.String(), want) || strings.Contains(p.out.String(), "lx200") {
		t.Errorf("the log has no %q:\n%s\nannounced:\n%s", want, p.log, p.out)
	}
	o.lx200, o.out, o.log = taken.Addr().String(), p.out, p.log
	if m, err := newMain(o); err == nil || !strings.Contains(err.Error(), "cannot serve LX200 on ") {
		t.Errorf("the port asked for is in use: %v", err)
		if m != nil {
			_ = m.Close()
		}
	}
}

// A serial line that is not there is waited for.
func TestLX200SerialLineMissing(t *testing.T) {
	o := testOptions(t.TempDir())
	o.lx200, o.config = "off", filepath.Join(t.TempDir(), "my.toml")
	if err := os.WriteFile(o.config, []byte("[lx200.serial]\ndevice = '/nowhere/ttyUSB0'\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	p := launch(t, o)
	if p.main.lx200Listener != nil {
		t.Error("switched off, and listens")
	}
	for p.main.lx200.Stats().LinesFailed == 0 {
		p.get("/healthz")
	}
	if err := p.stop(); err != nil {
		t.Error(err)
	}
	if !strings.Contains(p.log.String(), "serial line cannot be opened; trying again\" server=LX200") {
		t.Errorf("the log has\n%s", p.log)
	}
}

// What a client of the real telescope hears of a target below the horizon,
// and what the page shows of it.
func TestLX200Page(t *testing.T) {
	o := testOptions(t.TempDir())
	p := launch(t, o)
	c, err := net.Dial("tcp", p.main.lx200Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for _, say := range [...][2]string{
		{":Sd-89*00#:Sr00:00:00#:MS#", "111Object below horizon.#"}, // from the north
		{":GVD#", built().UTC().Format("Jan _2 2006#")},
	} {
		if _, err := io.WriteString(c, say[0]); err != nil {
			t.Fatal(err)
		}
		_ = c.SetReadDeadline(time.Now().Add(time.Minute))
		got := make([]byte, len(say[1]))
		if n, err := io.ReadFull(c, got); string(got) != say[1] {
			t.Fatalf("%q was answered by %q, %v", say[0], got[:n], err)
		}
	}
	if page, _ := p.get("/lx200").(string); !strings.Contains(page, "       3  MS refused\n       4  GVD\n") || !strings.Contains(page, `MS#:GVD#"`) {
		t.Errorf("/lx200 is\n%s", page)
	}
	if err := p.stop(); err != nil {
		t.Error(err)
	}
}

// A program built without a revision has the date of its file.
func TestBuilt(t *testing.T) {
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if got := built(); !got.Equal(file.ModTime()) { // test programs have no revision
		t.Errorf("built at %v, want %v", got, file.ModTime())
	}
}
