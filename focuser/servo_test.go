// SPDX-License-Identifier: GPL-3.0-or-later

package focuser

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/driver/celestron"
	"github.com/siderostep/siderostep/driver/celestron/celestrontest"
	"github.com/siderostep/siderostep/fault"
)

func celestronConfig() Config {
	cfg := DefaultConfig()
	cfg.Motor, cfg.Port, cfg.MaxStep = Celestron, "/dev/ttyACM0", 12345
	return cfg
}

// servoOn starts a focuser on a simulated motor.
func servoOn(t *testing.T, m *celestrontest.Motor, p Parts, change func(*Config)) (f *Focuser, end func()) {
	t.Helper()
	cfg := celestronConfig()
	if change != nil {
		change(&cfg)
	}
	p.Servo = celestron.New(func() (celestron.Line, error) {
		line, err := m.Open()
		if err != nil {
			return nil, err
		}
		return line, nil
	}, clock.Real{})
	return start(t, cfg, p)
}

// calibrated starts a focuser on a motor at 20000 of 1000 to 41000: positions
// 0 to 40000, now 21000.
func calibrated(t *testing.T, change func(*Config)) (*Focuser, *celestrontest.Motor) {
	t.Helper()
	m := celestrontest.New(clock.Real{}, 20000, 1000, 41000).Calibrated()
	f, _ := servoOn(t, m, Parts{}, change)
	if s := pass(f, time.Second); s.Offline != nil || !s.Connected() || !s.Trusted {
		t.Fatalf("offline: %v", s.Offline)
	}
	return f, m
}

func TestServoMoves(t *testing.T) {
	bubble(t, "positions", func(t *testing.T) {
		f, m := calibrated(t, nil)
		s := f.Snapshot()
		if s.Position != 21000 || s.Target != 21000 || s.Config.MaxStep != 40000 || s.Moving || s.Fault != nil {
			t.Fatalf("connected: at %d of %d, target %d, moving %v, %v", s.Position, s.Config.MaxStep, s.Target, s.Moving, s.Fault)
		}
		if c := s.Calibration; c != (Calibration{Possible: true, Low: 1000, High: 41000}) {
			t.Errorf("calibration %+v", c)
		}
		for _, tt := range []struct{ to, want int }{{30000, 30000}, {0, 0}, {-10, 0}, {40000, 40000}, {40010, 40000}, {20001, 20001}} {
			check(t, "move", f.Move(t.Context(), tt.to), nil)
			if s := f.Snapshot(); !s.Moving && s.Position != tt.want || s.Target != tt.want {
				t.Errorf("to %d: moving %v, target %d", tt.to, s.Moving, s.Target)
			}
			s := wait(t, f)
			if s.Position != tt.want || m.Position() != 41000-tt.want || s.Fault != nil {
				t.Errorf("to %d: at %d, motor at %d, %v", tt.to, s.Position, m.Position(), s.Fault)
			}
		}
	})
	bubble(t, "a travel beyond all use", func(t *testing.T) {
		m := celestrontest.New(clock.Real{}, 90000, 0, 100000).Calibrated()
		f, _ := servoOn(t, m, Parts{}, nil)
		if s := pass(f, time.Second); s.Config.MaxStep != 60000 || s.Position != 10000 {
			t.Errorf("at %d of %d", s.Position, s.Config.MaxStep)
		}
		m.Push(-40000) // to 50000, where positions do not reach
		if s := pass(f, 3*time.Second); s.Position != 50000 {
			t.Errorf("pushed: at %d", s.Position)
		}
		m.Push(-40000)
		if s := pass(f, 3*time.Second); s.Position != 60000 {
			t.Errorf("pushed beyond: at %d", s.Position)
		}
	})
	bubble(t, "what is sent", func(t *testing.T) {
		f, m := calibrated(t, nil)
		m.Requests()
		check(t, "move", f.Move(t.Context(), 21000-20000+1000), nil) // the motor's 39000
		wait(t, f)
		if all := bytes.Join(m.Requests(), nil); !bytes.Contains(all, []byte{0x3b, 6, 0x20, 0x12, 0x02, 0x00, 0x98, 0x58, 0xd6}) {
			t.Errorf("no fast goto 39000 in % X", all)
		}
	})
	bubble(t, "polling", func(t *testing.T) {
		f, m := calibrated(t, nil)
		pass(f, 5*time.Second)
		m.Requests()
		pass(f, 20*time.Second)
		if n := len(m.Requests()); n < 16 || n > 24 { // two each 2 s
			t.Errorf("%d requests in 20 idle seconds", n)
		}
		check(t, "move", f.Move(t.Context(), 1000), nil)
		pass(f, 100*time.Millisecond)
		m.Requests()
		pass(f, 5*time.Second)
		if n := len(m.Requests()); n < 16 || n > 22 { // two each half second
			t.Errorf("%d requests in 5 s of motion", n)
		}
	})
}

func TestServoHaltAndKeys(t *testing.T) {
	bubble(t, "halt", func(t *testing.T) {
		f, m := calibrated(t, nil)
		check(t, "move", f.Move(t.Context(), 0), nil)
		pass(f, 2*time.Second)
		check(t, "halt", f.Halt(t.Context()), nil)
		s := wait(t, f)
		if m.Position() > 24500 || s.Position != 41000-m.Position() || s.Target != s.Position || s.Fault != nil {
			t.Errorf("halted after 2 s of 2000 steps/s: at %d, target %d, motor at %d, %v", s.Position, s.Target, m.Position(), s.Fault)
		}
	})
	bubble(t, "halt at once", func(t *testing.T) { // before the order was sent
		f, m := calibrated(t, nil)
		check(t, "move", f.Move(t.Context(), 0), nil)
		check(t, "halt", f.Halt(t.Context()), nil)
		if s := wait(t, f); m.Position() > 20200 || s.Position != 41000-m.Position() {
			t.Errorf("at %d, motor at %d", s.Position, m.Position())
		}
	})
	bubble(t, "redirect", func(t *testing.T) {
		f, m := calibrated(t, nil)
		check(t, "move", f.Move(t.Context(), 0), nil)
		pass(f, 2*time.Second)
		check(t, "move", f.Move(t.Context(), 30000), nil)
		if s := wait(t, f); s.Position != 30000 || m.Position() != 11000 {
			t.Errorf("at %d, motor at %d", s.Position, m.Position())
		}
	})
	bubble(t, "keys", func(t *testing.T) {
		f, m := calibrated(t, nil)
		m.Requests()
		for _, tt := range []struct {
			way  int
			fast bool
			want int // steps per second outward
		}{{1, false, 100}, {1, true, 2000}, {-1, true, -2000}, {-1, false, -100}} {
			check(t, "jog", f.Jog(t.Context(), Hold{By: "me", Way: tt.way, Fast: tt.fast}), nil)
			pass(f, time.Second)
			from := m.Position()
			pass(f, time.Second)
			if got := from - m.Position(); got < tt.want-2 || got > tt.want+2 {
				t.Errorf("direction %d, fast %v: %d steps/s", tt.way, tt.fast, got)
			}
		}
		check(t, "let go", f.Jog(t.Context(), Hold{By: "me"}), nil)
		if s := wait(t, f); s.Position != 41000-m.Position() || s.Holder != "" {
			t.Errorf("at %d, motor at %d", s.Position, m.Position())
		}
		check(t, "jog", f.Jog(t.Context(), Hold{By: "me", Way: 1}), nil)
		if s := pass(f, 13*time.Second); s.Moving || s.Holder != "" {
			t.Error("nobody holds the key, and the motor moves")
		}
	})
	bubble(t, "backlash", func(t *testing.T) {
		for _, b := range []int{500, -500} {
			f, m := calibrated(t, func(c *Config) { c.BacklashSteps = b })
			var path []int
			for _, to := range []int{25000, 20000, 30000, 29990} {
				check(t, "move", f.Move(t.Context(), to), nil)
				path = path[:0]
				s := pass(f, 20*time.Millisecond)
				for ; s.Moving; s = pass(f, 20*time.Millisecond) {
					path = append(path, 41000-m.Position())
				}
				last := to
				for _, at := range path {
					if at != to {
						last = at
					}
				}
				if s.Position != to || b > 0 && last > to || b < 0 && last < to {
					t.Errorf("backlash %d: at %d by way of %d", b, s.Position, last)
				}
			}
		}
	})
	bubble(t, "the end of the run stops it", func(t *testing.T) {
		m := celestrontest.New(clock.Real{}, 20000, 1000, 41000).Calibrated()
		f, end := servoOn(t, m, Parts{}, nil)
		pass(f, time.Second)
		check(t, "move", f.Move(t.Context(), 0), nil)
		pass(f, time.Second)
		end()
		at := m.Position()
		time.Sleep(time.Minute)
		if m.Position() != at || at > 23000 {
			t.Errorf("left at %d, now at %d", at, m.Position())
		}
	})
}

func TestServoCalibration(t *testing.T) {
	fresh := func(t *testing.T) (*Focuser, *celestrontest.Motor) {
		m := celestrontest.New(clock.Real{}, 20000, 1000, 41000)
		f, _ := servoOn(t, m, Parts{}, nil)
		if s := pass(f, time.Second); !s.Calibration.Needed || s.Trusted || s.Offline != nil {
			t.Fatalf("%+v, sure %v, %v", s.Calibration, s.Trusted, s.Offline)
		}
		return f, m
	}
	bubble(t, "needed", func(t *testing.T) {
		f, m := fresh(t)
		err := f.Move(t.Context(), 100)
		if check(t, "move", err, fault.Refused); !strings.Contains(err.Error(), "calibrate it first") {
			t.Error(err)
		}
		check(t, "key", f.Jog(t.Context(), Hold{By: "me", Way: 1}), fault.Refused)
		check(t, "set", f.SetPosition(t.Context(), 100), fault.Unsupported)
		if pass(f, 5*time.Second); m.Position() != 20000 {
			t.Error("it moved")
		}
	})
	bubble(t, "to its end", func(t *testing.T) {
		f, m := fresh(t)
		check(t, "calibrate", f.Calibrate(t.Context(), true), nil)
		check(t, "again", f.Calibrate(t.Context(), true), nil)
		stage := 0
		for range 18 {
			s := pass(f, time.Second)
			if !s.Calibration.Running || !s.Moving || s.Calibration.Stage < stage {
				t.Fatalf("%+v, moving %v", s.Calibration, s.Moving)
			}
			stage = s.Calibration.Stage
			check(t, "move", f.Move(t.Context(), 100), fault.Refused)
		}
		s := pass(f, 5*time.Second)
		if stage < 9 || s.Moving || s.Calibration != (Calibration{Possible: true, Low: 1000, High: 41000}) || s.Position != 40000 || s.Config.MaxStep != 40000 || !s.Trusted {
			t.Errorf("stage %d; %+v, at %d of %d", stage, s.Calibration, s.Position, s.Config.MaxStep)
		}
		check(t, "move", f.Move(t.Context(), 100), nil)
		if s := wait(t, f); s.Position != 100 || m.Position() != 40900 {
			t.Errorf("at %d", s.Position)
		}
	})
	for name, give := range map[string]func(*Focuser, *testing.T) error{
		"given up": func(f *Focuser, t *testing.T) error { return f.Calibrate(t.Context(), false) },
		"halted":   func(f *Focuser, t *testing.T) error { return f.Halt(t.Context()) },
	} {
		bubble(t, name, func(t *testing.T) {
			f, m := fresh(t)
			check(t, "give up what has not begun", f.Calibrate(t.Context(), false), nil)
			check(t, "calibrate", f.Calibrate(t.Context(), true), nil)
			pass(f, 5*time.Second)
			m.Requests()
			check(t, name, give(f, t), nil)
			s := pass(f, 5*time.Second)
			if s.Calibration.Running || s.Moving || !s.Calibration.Needed || !errors.Is(s.Calibration.Fault, fault.Cancelled) {
				t.Errorf("%+v, moving %v", s.Calibration, s.Moving)
			}
			all := bytes.Join(m.Requests(), nil)
			abort := bytes.Index(all, []byte{0x3b, 4, 0x20, 0x12, 0x2a, 0, 0xa0})
			if stop := bytes.Index(all, []byte{0x3b, 4, 0x20, 0x12, 0x24, 0, 0xa6}); abort < 0 || stop < abort {
				t.Errorf("neither abort nor stop in % X", all)
			}
		})
	}
	bubble(t, "given up at once", func(t *testing.T) {
		f, m := fresh(t)
		check(t, "calibrate", f.Calibrate(t.Context(), true), nil)
		check(t, "give up", f.Calibrate(t.Context(), false), nil)
		pass(f, 30*time.Second)
		if s := f.Snapshot(); s.Calibration.Running || !s.Calibration.Needed || m.Position() != 20000 {
			t.Errorf("%+v, motor at %d", s.Calibration, m.Position())
		}
	})
	bubble(t, "anew", func(t *testing.T) {
		f, m := calibrated(t, nil)
		check(t, "calibrate", f.Calibrate(t.Context(), true), nil)
		check(t, "move at once", f.Move(t.Context(), 100), fault.Refused)
		s := pass(f, 5*time.Second)
		check(t, "move", f.Move(t.Context(), 100), fault.Refused)
		if !s.Calibration.Running || s.Trusted || m.Position() != 20000 {
			t.Errorf("%+v, sure %v", s.Calibration, s.Trusted)
		}
	})
	bubble(t, "found nothing", func(t *testing.T) {
		m := celestrontest.New(clock.Real{}, 500, 500, 500)
		f, _ := servoOn(t, m, Parts{}, nil)
		pass(f, time.Second)
		check(t, "calibrate", f.Calibrate(t.Context(), true), nil)
		s := pass(f, 30*time.Second)
		if s.Calibration.Running || !errors.Is(s.Calibration.Fault, fault.Hardware) || !s.Calibration.Needed {
			t.Errorf("%+v", s.Calibration)
		}
	})
	bubble(t, "while moving", func(t *testing.T) {
		f, _ := calibrated(t, nil)
		check(t, "move", f.Move(t.Context(), 0), nil)
		pass(f, time.Second)
		check(t, "calibrate", f.Calibrate(t.Context(), true), fault.Refused)
	})
}

func TestServoTroubles(t *testing.T) {
	bubble(t, "never there", func(t *testing.T) {
		m := celestrontest.New(clock.Real{}, 20000, 1000, 41000).Calibrated()
		m.Change(func(u *celestrontest.Troubles) { u.Unplugged = true })
		var log strings.Builder
		f, end := servoOn(t, m, Parts{Saved: &Saved{Position: 777}, Log: slog.New(slog.NewTextHandler(&log, nil))}, nil)
		defer func() {
			end()
			if n := strings.Count(log.String(), "cannot be reached"); n != 1 {
				t.Errorf("logged %d times that it cannot be reached", n)
			}
		}()
		s := pass(f, 20*time.Second)
		if s.Connected() || !errors.Is(s.Offline, fault.Hardware) || s.Fault != s.Offline || s.Trusted || s.Position != 777 {
			t.Errorf("offline %v, fault %v, at %d", s.Offline, s.Fault, s.Position)
		}
		check(t, "move", f.Move(t.Context(), 100), fault.Hardware)
		check(t, "key", f.Jog(t.Context(), Hold{By: "me", Way: 1}), fault.Hardware)
		check(t, "calibrate", f.Calibrate(t.Context(), true), fault.Hardware)
		check(t, "halt", f.Halt(t.Context()), nil)
		m.Change(func(u *celestrontest.Troubles) { u.Unplugged = false })
		if s := pass(f, 6*time.Second); s.Offline != nil || s.Position != 21000 || s.Target != 21000 || s.Fault != nil {
			t.Errorf("plugged in: %v, %v, at %d, target %d", s.Offline, s.Fault, s.Position, s.Target)
		}
	})
	bubble(t, "unplugged while idle", func(t *testing.T) {
		f, m := calibrated(t, nil)
		m.Change(func(u *celestrontest.Troubles) { u.Unplugged = true })
		if s := pass(f, 3*time.Second); s.Offline == nil || s.Moving {
			t.Errorf("offline %v, moving %v", s.Offline, s.Moving)
		}
		m.Push(300)
		m.Change(func(u *celestrontest.Troubles) { u.Unplugged = false })
		if s := pass(f, 6*time.Second); s.Offline != nil || s.Position != 20700 || s.Fault != nil {
			t.Errorf("offline %v, at %d, fault %v", s.Offline, s.Position, s.Fault)
		}
	})
	bubble(t, "unplugged while moving", func(t *testing.T) {
		f, m := calibrated(t, nil)
		check(t, "move", f.Move(t.Context(), 1000), nil)
		pass(f, time.Second)
		m.Change(func(u *celestrontest.Troubles) { u.Unplugged = true })
		s := pass(f, 2*time.Second)
		if s.Offline == nil || s.Moving || !errors.Is(s.Fault, fault.Hardware) {
			t.Errorf("offline %v, moving %v, fault %v", s.Offline, s.Moving, s.Fault)
		}
		m.Change(func(u *celestrontest.Troubles) { u.Unplugged = false })
		s = pass(f, 5*time.Second) // its motor went on by itself
		if s.Offline != nil || !s.Moving || !errors.Is(s.Fault, fault.Hardware) {
			t.Errorf("plugged in: offline %v, moving %v, fault %v", s.Offline, s.Moving, s.Fault)
		}
		check(t, "halt", f.Halt(t.Context()), nil)
		if s := wait(t, f); s.Position < 2000 || s.Position != 41000-m.Position() {
			t.Errorf("halted at %d", s.Position)
		}
		check(t, "move", f.Move(t.Context(), 1000), nil)
		if s := wait(t, f); s.Position != 1000 || s.Fault != nil {
			t.Errorf("at %d, %v", s.Position, s.Fault)
		}
	})
	for name, trouble := range map[string]func(*celestrontest.Troubles){
		"noise":   func(u *celestrontest.Troubles) { u.Noise = []byte{0x3b, 9, 0x55, 0x3b} },
		"echo":    func(u *celestrontest.Troubles) { u.Echo, u.Chatter = true, true },
		"corrupt": func(u *celestrontest.Troubles) { u.Corrupt = 2 },
		"lost":    func(u *celestrontest.Troubles) { u.Silent = 2 },
		"slow":    func(u *celestrontest.Troubles) { u.Delay = 1500 * time.Millisecond },
	} {
		bubble(t, name, func(t *testing.T) {
			f, m := calibrated(t, nil)
			m.Change(trouble)
			begun := time.Now()
			check(t, "move", f.Move(t.Context(), 22000), nil)
			if took := time.Since(begun); took > 0 {
				t.Errorf("the command took %v", took)
			}
			if s := wait(t, f); s.Position != 22000 || s.Fault != nil || m.Position() != 19000 {
				t.Errorf("at %d, motor at %d, %v", s.Position, m.Position(), s.Fault)
			}
		})
	}
	bubble(t, "silence, then back", func(t *testing.T) {
		f, m := calibrated(t, nil)
		m.Change(func(u *celestrontest.Troubles) { u.Silent = 1000 })
		if s := pass(f, 9*time.Second); s.Offline == nil {
			t.Error("nobody noticed the silence")
		}
		if m.InUse() {
			t.Error("the line is kept open: a device plugged in again would get another name")
		}
		m.Change(func(u *celestrontest.Troubles) { u.Silent = 0 })
		if s := pass(f, 12*time.Second); s.Offline != nil {
			t.Errorf("answers again: %v", s.Offline)
		}
	})
	bubble(t, "halt does not wait for a lost answer", func(t *testing.T) {
		f, m := calibrated(t, nil)
		check(t, "move", f.Move(t.Context(), 1000), nil)
		pass(f, 900*time.Millisecond)
		m.Change(func(u *celestrontest.Troubles) { u.Silent = 1 }) // the next look at it
		pass(f, 600*time.Millisecond)
		check(t, "halt", f.Halt(t.Context()), nil)
		pass(f, 300*time.Millisecond)
		at := m.Position()
		if pass(f, time.Second); m.Position() != at {
			t.Error("still moves")
		}
	})
	bubble(t, "never says that it stands", func(t *testing.T) {
		f, m := calibrated(t, nil)
		check(t, "move", f.Move(t.Context(), 1000), nil)
		pass(f, time.Second)
		m.Change(func(u *celestrontest.Troubles) { u.Busy = true })
		check(t, "halt", f.Halt(t.Context()), nil)
		if s := pass(f, 2*time.Second); s.Target != 41000-m.Position() || s.Fault != nil || s.Moving {
			t.Errorf("target %d, motor at %d, %v", s.Target, m.Position(), s.Fault)
		}
		check(t, "move", f.Move(t.Context(), 1000), nil)
		if s := wait(t, f); s.Position != 1000 || s.Fault != nil {
			t.Errorf("at %d, %v", s.Position, s.Fault)
		}
		if pass(f, 5*time.Second).Moving {
			t.Error("moves again")
		}
	})
	bubble(t, "unplugged while it is calibrated", func(t *testing.T) {
		f, m := calibrated(t, nil)
		check(t, "calibrate", f.Calibrate(t.Context(), true), nil)
		pass(f, 3*time.Second)
		m.Change(func(u *celestrontest.Troubles) { u.Unplugged = true })
		pass(f, 3*time.Second)
		m.Change(func(u *celestrontest.Troubles) { *u = celestrontest.Troubles{} })
		s := pass(f, 6*time.Second)
		if s.Calibration.Running || !errors.Is(s.Calibration.Fault, fault.Hardware) || s.Offline != nil {
			t.Errorf("%+v, offline %v", s.Calibration, s.Offline)
		}
	})
	bubble(t, "held fast", func(t *testing.T) {
		f, m := calibrated(t, nil)
		m.Change(func(u *celestrontest.Troubles) { u.Stuck = true })
		check(t, "move", f.Move(t.Context(), 22000), nil)
		if s := pass(f, 9*time.Second); !s.Moving {
			t.Errorf("given up early: %v", s.Fault)
		}
		s := pass(f, 5*time.Second)
		if s.Moving || !errors.Is(s.Fault, fault.Hardware) || !strings.Contains(s.Fault.Error(), "not moved") {
			t.Errorf("moving %v, %v", s.Moving, s.Fault)
		}
	})
	bubble(t, "stops short", func(t *testing.T) {
		f, m := calibrated(t, nil)
		m.Change(func(u *celestrontest.Troubles) { u.Deaf = true })
		check(t, "move", f.Move(t.Context(), 22000), nil)
		s := wait(t, f)
		if !errors.Is(s.Fault, fault.Hardware) || !strings.Contains(s.Fault.Error(), "1000 steps from") || s.Position != 21000 || s.Target != 21000 {
			t.Errorf("at %d, target %d, %v", s.Position, s.Target, s.Fault)
		}
	})
	bubble(t, "turned by hand", func(t *testing.T) {
		f, m := calibrated(t, nil)
		m.Push(-1234)
		if s := pass(f, 3*time.Second); s.Position != 22234 || s.Moving {
			t.Errorf("at %d, moving %v", s.Position, s.Moving)
		}
	})
	bubble(t, "the end of the run while nobody answers", func(t *testing.T) {
		m := celestrontest.New(clock.Real{}, 20000, 1000, 41000).Calibrated()
		f, end := servoOn(t, m, Parts{}, nil)
		pass(f, time.Second)
		check(t, "move", f.Move(t.Context(), 1000), nil)
		m.Change(func(u *celestrontest.Troubles) { u.Silent = 1000 })
		pass(f, time.Second)
		begun := time.Now()
		end()
		if took := time.Since(begun); took > 11*time.Second {
			t.Errorf("took %v to end", took)
		}
	})
}

// The rules above the motor are those of every focuser.
func TestServoRules(t *testing.T) {
	bubble(t, "settings", func(t *testing.T) {
		f, _ := calibrated(t, nil)
		check(t, "max_step", f.Configure(t.Context(), func(c *Config) { c.MaxStep = 5 }), fault.Refused)
		check(t, "step_um", f.Configure(t.Context(), func(c *Config) { c.StepUM = 3 }), nil)
		if c := f.Snapshot().Config; c.StepUM != 3 || c.MaxStep != 40000 {
			t.Errorf("%+v", c)
		}
	})
	bubble(t, "presets and temperature", func(t *testing.T) {
		m := celestrontest.New(clock.Real{}, 20000, 1000, 41000).Calibrated()
		a := &air{celsius: 10}
		f, _ := servoOn(t, m, Parts{Thermometer: a, Saved: &Saved{Position: 1, Presets: []Preset{{"Ethos", 39000}}}}, nil)
		pass(f, time.Second)
		check(t, "preset", f.Preset(t.Context(), "ethos"), nil)
		if s := wait(t, f); s.Position != 39000 {
			t.Errorf("at %d", s.Position)
		}
		check(t, "on", f.SetTempComp(t.Context(), true), nil)
		a.set(8, nil)
		for range 50 {
			if pass(f, 100*time.Millisecond).Moving {
				t.Error("moving for the temperature shows")
			}
		}
		if s := pass(f, 20*time.Second); m.Position() != 41000-39040 || s.Position != 39040 || s.Moving {
			t.Errorf("2° colder: at %d", s.Position)
		}
	})
	bubble(t, "slack is not learned from a position read", func(t *testing.T) {
		for saved, want := range map[[2]int]int{{100, 0}: 500, {21000, 0}: 0, {21000, 70}: 70, {40000, 70}: 500} {
			m := celestrontest.New(clock.Real{}, 20000, 1000, 41000).Calibrated()
			f, _ := servoOn(t, m, Parts{Saved: &Saved{Position: saved[0], Slack: saved[1]}}, func(c *Config) { c.BacklashSteps = 500 })
			if s := pass(f, time.Second); s.Slack != want || s.Position != 21000 {
				t.Errorf("saved at %d with %d: at %d with %d, want %d", saved[0], saved[1], s.Position, s.Slack, want)
			}
		}
	})
}
