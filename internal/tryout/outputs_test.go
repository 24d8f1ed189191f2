// SPDX-License-Identifier: GPL-3.0-or-later

package tryout

import (
	"context"
	"errors"
	"io"
	"math"
	"math/bits"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/driver/harness"
	"github.com/siderostep/siderostep/fault"
)

// The control words of a half step after the other, as stepper-core §1.1 has
// them: for four windings, and for five.
var (
	four = []uint32{0x01, 0x03, 0x02, 0x06, 0x04, 0x0C, 0x08, 0x09}
	five = []uint32{0x01, 0x03, 0x02, 0x06, 0x04, 0x0C, 0x08, 0x18, 0x10, 0x11}
)

// Lit by one motor's windings, the pattern's words are those of the original.
func TestHalfStepWords(t *testing.T) {
	tests := []struct {
		name, preset, motor string
		invert              bool
		want                []uint32
		word                func(levels uint32) uint32 // from pins
	}{
		{"altitude on pins 2 to 5", "bartels-pcb", "a", false, four, func(l uint32) uint32 { return l >> 2 & 0xF }},
		{"azimuth on pins 6 to 9", "bartels-pcb", "z", false, four, func(l uint32) uint32 { return l >> 6 & 0xF }},
		{"inverted: MotorOff minus the word", "bartels-pcb", "a", true, four, func(l uint32) uint32 { return 0xF - l>>2&0xF }},
		{"five windings, the fifth on pin 16", "five-phase", "a", false, five, func(l uint32) uint32 { return l>>2&0xF | l>>16&1<<4 }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, m := preset(t, tt.preset)
				m.Z.Invert, m.A.Invert = tt.invert, tt.invert
				b, ports := openFakes(t, c, m, nil)
				own, err := OfMotor(b.Wires, tt.motor)
				if err != nil {
					t.Fatal(err)
				}
				p := ports[harness.Parport]
				p.log = nil
				con, _ := console(t.Context(), strings.NewReader(""))
				if err := b.Play(t.Context(), con, HalfSteps(own, 2*len(tt.want), 0.2, time.Second), nil); err != nil {
					t.Fatal(err)
				}
				var got []uint32
				for _, e := range p.log {
					w := tt.word(e.levels)
					if bits.OnesCount32(w) > 2 {
						t.Errorf("%b: more than two lit", w)
					}
					if w != 0 && (len(got) == 0 || got[len(got)-1] != w) {
						got = append(got, w)
					}
				}
				if want := append(slices.Clone(tt.want), tt.want...); !slices.Equal(got, want) {
					t.Errorf("words %X, want %X", got, want)
				}
				if last := p.log[len(p.log)-1].levels; tt.word(last) != 0 {
					t.Errorf("left on: %b", tt.word(last))
				}
				// The second step: windings a and b, each a fifth of the time.
				high := shares(p.log, time.Second, 2*time.Second)
				lines := []int{own[0].Line, own[1].Line, own[2].Line}
				for i, want := range []float64{0.2, 0.2, 0} {
					if tt.invert {
						want = 1 - want
					}
					if got := high[lines[i]]; math.Abs(got-want) > 0.005 {
						t.Errorf("line %d was high for %.4f of the time, want %.4f", lines[i], got, want)
					}
				}
			})
		})
	}
}

// Each line of the harness is lit by itself, in order, at its share.
func TestLightsOneAfterTheOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, m := preset(t, "bartels-pcb")
		m.Z.Invert, m.A.Invert = true, true
		c.Focuser.ActiveLow = false
		b, ports := openFakes(t, c, m, nil)
		plan, err := Lights(b.Wires, LightOptions{Duty: 0.2, Each: 3 * time.Second})
		if err != nil {
			t.Fatal(err)
		}
		p := ports[harness.Parport]
		p.log = nil
		begin := p.now()
		con, out := console(t.Context(), strings.NewReader(""))
		if err := plan.Run(t.Context(), con, b, nil); err != nil {
			t.Fatal(err)
		}
		// Pins of z, a, rotator and focuser, as the circuit boards have them;
		// windings are high while off.
		order := []int{6, 7, 8, 9, 2, 3, 4, 5, 1, 14, 16, 17}
		for i := range order {
			from := time.Duration(begin) + time.Duration(3+3*i)*time.Second
			high := shares(p.log, from, from+3*time.Second)
			for j, line := range order {
				want := 0.0
				switch winding := line <= 9 && line != 1; {
				case winding && i == j:
					want = 0.8
				case winding:
					want = 1
				case i == j:
					want = 1
				}
				if math.Abs(high[line]-want) > 0.005 {
					t.Errorf("while pin %d is lit, pin %d is high for %.3f of the time, want %.3f", order[i], line, high[line], want)
				}
			}
		}
		for _, want := range []string{"everything is off", "z winding a (pin 6)", "focuser relay in (pin 17)", "rotator, clockwise, pulse 4", "a winding d and a", "Everything is off."} {
			if !strings.Contains(out.String(), want) {
				t.Errorf("nothing said of %q in\n%s", want, out)
			}
		}
	})
}

// The steps of a driver chip are made with the chip on, and taken back.
func TestPulsesAreTakenBack(t *testing.T) {
	c, m := preset(t, "pi-drv8825")
	own, err := OfMotor(Wires(c, m), "z")
	if err != nil {
		t.Fatal(err)
	}
	at, steps := 0, pulses(own, time.Second)
	was := false
	for _, s := range steps {
		on := map[string]bool{}
		for _, w := range s.On {
			on[w.Name] = true
		}
		if !on["z enable"] {
			t.Errorf("%v: the chip is off", s.On)
		}
		if on["z step"] && !was {
			if on["z direction"] {
				at++
			} else {
				at--
			}
			if at < 0 || at > 4 {
				t.Errorf("the motor is %d steps away", at)
			}
		}
		was = on["z step"]
	}
	if at != 0 || len(steps) != 16 {
		t.Errorf("it ends %d steps away after %d steps, want 0 after 16", at, len(steps))
	}
}

// Whenever ctx ends, everything is off at the end, and the end is good order.
func TestCtrlCLeavesEverythingOff(t *testing.T) {
	for _, after := range []time.Duration{0, 3500 * time.Millisecond, 4001 * time.Millisecond, 20 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			c, m := preset(t, "bartels-pcb")
			m.Z.Invert, m.A.Invert = true, true
			b, ports := openFakes(t, c, m, nil)
			plan, err := Lights(b.Wires, LightOptions{Duty: 0.5, Each: time.Second})
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), after)
			defer cancel()
			con, out := console(ctx, strings.NewReader(""))
			if err := plan.Run(ctx, con, b, nil); err != nil {
				t.Errorf("after %v: %v", after, err)
			}
			if p := ports[harness.Parport]; p.levels != p.use.OffHigh || p.levels != 0xFF<<2 {
				t.Errorf("after %v: levels %X, want pins 2 to 9 high and no other", after, p.levels)
			}
			if !strings.HasSuffix(out.String(), "Stopped.\nEverything is off.\n") {
				t.Errorf("after %v it ends with %q", after, out.String()[max(0, len(out.String())-60):])
			}
		})
	}
}

// A port that fails, or panics, is switched off all the same, and says so.
func TestFailureLeavesEverythingOff(t *testing.T) {
	for _, panics := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			c, m := preset(t, "bartels-pcb")
			b, ports := openFakes(t, c, m, nil)
			p := ports[harness.Parport]
			p.fail, p.panics = 30, panics
			plan, err := Lights(b.Wires, LightOptions{Duty: 0.5, Each: time.Second, Motor: "a"})
			if err != nil {
				t.Fatal(err)
			}
			con, out := console(t.Context(), strings.NewReader(""))
			if err := plan.Run(t.Context(), con, b, nil); !errors.Is(err, fault.Hardware) {
				t.Errorf("error %v, want a hardware failure", err)
			}
			if p.fail != 0 || p.levels != 0 {
				t.Errorf("levels %X after a failure in %d writes", p.levels, 30-p.fail)
			}
			if strings.Contains(out.String(), "Everything is off") {
				t.Error("said that all is well")
			}
		})
	}
}

// A person who does not read, and a panic while printing, keep nothing on.
func TestPrintingKeepsNothingOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, m := preset(t, "bartels-pcb")
		b, ports := openFakes(t, c, m, nil)
		plan, _ := Lights(b.Wires, LightOptions{Duty: 0.5, Each: time.Second})
		read, write := io.Pipe() // of which nobody reads
		done := make(chan error)
		go func() { done <- plan.Run(t.Context(), NewConsole(t.Context(), strings.NewReader(""), write), b, nil) }()
		_ = clock.Sleep(t.Context(), clock.Real{}, time.Hour)
		synctest.Wait()
		if l := ports[harness.Parport].levels; l != 0 {
			t.Errorf("levels %X after an hour", l)
		}
		read.Close()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		c, m := preset(t, "bartels-pcb")
		b, ports := openFakes(t, c, m, nil)
		plan, _ := Lights(b.Wires, LightOptions{Duty: 0.5, Each: time.Second})
		con := &Console{out: panicky{}}
		defer func() {
			if recover() == nil {
				t.Error("the panic got lost")
			}
			if l := ports[harness.Parport].levels; l != 0 {
				t.Errorf("levels %X after a panic", l)
			}
		}()
		_ = plan.Run(t.Context(), con, b, nil)
	})
}

type panicky struct{}

func (panicky) Write(b []byte) (int, error) {
	if strings.Contains(string(b), "winding b") {
		panic("no terminal")
	}
	return len(b), nil
}

// The keep-alive line toggles while something is tried, so that the gate lets
// the supply through, and stands still while it is itself what is tried.
func TestKeepAlive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, m := preset(t, "pi-transistors")
		b, ports := openFakes(t, c, m, nil)
		p := ports[harness.GPIO]
		toggles := func(steps []Step) (n int) {
			p.log = nil
			con, _ := console(t.Context(), strings.NewReader(""))
			if err := b.Play(t.Context(), con, steps, nil); err != nil {
				t.Fatal(err)
			}
			for i := range len(p.log) - 1 {
				if (p.log[i].levels^p.log[i+1].levels)>>24&1 == 1 {
					n++
				}
			}
			return n
		}
		w, err := Find(b.Wires, "z.lines[0]")
		if err != nil {
			t.Fatal(err)
		}
		if n := toggles([]Step{{On: []Wire{w}, Duty: 0.2, For: 2 * time.Second}}); n < 38 || n > 42 {
			t.Errorf("%d toggles in 2 s, want about 40: one every 50 ms", n)
		}
		keepAlive, err := Find(b.Wires, "keep_alive.line")
		if err != nil {
			t.Fatal(err)
		}
		plan, err := Hold(b.Wires, HoldOptions{Line: "24", For: time.Minute})
		if err != nil {
			t.Fatal(err)
		}
		if n := toggles(plan.Steps); n != 2 {
			t.Errorf("%v, held high, changed %d times, want 2", keepAlive, n)
		}
	})
}

// A held line is at its level, on or off, and all others are off.
func TestHold(t *testing.T) {
	tests := []struct {
		line      string
		low, warn bool
		want      uint32 // pins
	}{
		{"a.lines[1]", false, false, 0xFF << 2},
		{"a.lines[1]", true, true, 0xFF << 2 &^ (1 << 3)},
		{"17", false, true, 0xFF<<2 | 1<<17},
		{"hardware.focuser.lines[0]", true, false, 0xFF << 2},
	}
	for _, tt := range tests {
		synctest.Test(t, func(t *testing.T) {
			c, m := preset(t, "bartels-pcb")
			m.Z.Invert, m.A.Invert = true, true
			b, ports := openFakes(t, c, m, nil)
			plan, err := Hold(b.Wires, HoldOptions{Line: tt.line, Low: tt.low, For: time.Minute})
			if err != nil {
				t.Fatal(err)
			}
			if warned := strings.Contains(plan.Look, "is ON"); warned != tt.warn {
				t.Errorf("%s low %v: warned %v, want %v", tt.line, tt.low, warned, tt.warn)
			}
			p := ports[harness.Parport]
			go func() {
				_ = clock.Sleep(t.Context(), clock.Real{}, 30*time.Second+time.Millisecond)
				synctest.Wait()
				if p.levels != tt.want {
					t.Errorf("%s low %v: levels %X, want %X", tt.line, tt.low, p.levels, tt.want)
				}
			}()
			con, _ := console(t.Context(), strings.NewReader(""))
			begin := clock.Real{}.Now()
			if err := plan.Run(t.Context(), con, b, nil); err != nil {
				t.Fatal(err)
			}
			if d := (clock.Real{}).Now().Sub(begin); d < time.Minute || d > time.Minute+time.Second || p.levels != 0xFF<<2 {
				t.Errorf("%s: after %v levels are %X", tt.line, d, p.levels)
			}
		})
	}
}

func TestOptionsOutOfRange(t *testing.T) {
	c, m := preset(t, "bartels-pcb")
	wires := Wires(c, m)
	good := LightOptions{Duty: 0.2, Each: time.Second}
	for name, alter := range map[string]func(*LightOptions){
		"full current": func(o *LightOptions) { o.Duty = 1 },
		"no current":   func(o *LightOptions) { o.Duty = 0 },
		"no number":    func(o *LightOptions) { o.Duty = math.NaN() },
		"for ever":     func(o *LightOptions) { o.Each = time.Hour },
		"no time":      func(o *LightOptions) { o.Each = 0 },
		"no motor":     func(o *LightOptions) { o.Motor = "focuser2" },
		"no line":      func(o *LightOptions) { o.Line = "25" },
		"not its line": func(o *LightOptions) { o.Motor, o.Line = "z", "2" },
	} {
		o := good
		alter(&o)
		if _, err := Lights(wires, o); !errors.Is(err, fault.Invalid) {
			t.Errorf("%s: error %v", name, err)
		}
	}
	for _, o := range []HoldOptions{{Line: "2", For: 61 * time.Second}, {Line: "2"}, {Line: "11", For: time.Second}} {
		if _, err := Hold(wires, o); !errors.Is(err, fault.Invalid) {
			t.Errorf("hold %+v: error %v", o, err)
		}
	}
}

// A number on two ports is not guessed at.
func TestFindAmbiguous(t *testing.T) {
	wires := []Wire{{Key: "hardware.z.lines[0]", Port: harness.GPIO, Line: 17}, {Key: "hardware.a.lines[0]", Port: harness.Parport, Line: 17}}
	if _, err := Find(wires, "17"); err == nil || !strings.Contains(err.Error(), "z.lines[0] (GPIO 17), a.lines[0] (pin 17)") {
		t.Errorf("error %v", err)
	}
	if w, err := Find(wires, "a.lines[0]"); err != nil || w.Port != harness.Parport {
		t.Errorf("%v, %v", w, err)
	}
}

// The output enable of a PCA9685, low while on, is low while anything is
// tried, and high at the end.
func TestOutputEnable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, m := preset(t, "pi-transistors")
		for _, o := range []*harness.Output{&c.A, &c.Z} {
			o.Port = harness.PCA9685
		}
		c.A.Lines, c.Z.Lines = []int{0, 1, 2, 3}, []int{4, 5, 6, 7}
		c.PCA9685.OutputEnableLine = 4
		c.GPIO.AllowOnAtReset = true
		b, ports := openFakes(t, c, m, nil)
		gpio := ports[harness.GPIO]
		if gpio.levels>>4&1 != 1 {
			t.Error("enabled before anything is tried")
		}
		plan, err := Lights(b.Wires, LightOptions{Duty: 0.2, Each: time.Second, Motor: "z"})
		if err != nil {
			t.Fatal(err)
		}
		gpio.log = nil
		con, _ := console(t.Context(), strings.NewReader(""))
		if err := plan.Run(t.Context(), con, b, nil); err != nil {
			t.Fatal(err)
		}
		if high := shares(gpio.log, 0, time.Duration(gpio.log[len(gpio.log)-1].at)); high[4] > 0.001 {
			t.Errorf("disabled for %.3f of the time", high[4])
		}
		if gpio.levels>>4&1 != 1 {
			t.Error("enabled after the test")
		}
	})
}
