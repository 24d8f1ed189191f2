// SPDX-License-Identifier: GPL-3.0-or-later

package indi

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// programs are what these tests need, from Debian's indi-bin.
var programs = []string{"indiserver", "indi_setprop", "indi_getprop"}

// need skips the test where INDI is not installed, and fails it in CI, where
// it must be.
func need(t *testing.T, driver string) {
	t.Helper()
	for _, name := range append(programs, driver) {
		if _, err := exec.LookPath(name); err == nil {
			continue
		}
		const why = "%s is not installed: `make tools`, or apt-get install indi-bin, brings INDI's drivers"
		if os.Getenv("CI") == "true" {
			t.Fatalf(why, name)
		}
		t.Skipf(why, name)
	}
}

// client is an indiserver with one driver, and whoever gives it orders.
type client struct {
	t      *testing.T
	h      *house
	device string // the driver's name for the telescope
	port   string
	out    *output
	kill   func() // ends indiserver and driver at once, as kill -9 does
}

// output is what programs print.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// run starts indiserver with a driver, and returns once the driver answers.
func run(h *house, driver, device string) *client {
	h.t.Helper()
	need(h.t, driver)
	for range 5 { // a free port may be taken by the time that it is used
		c := &client{t: h.t, h: h, device: device, port: freePort(h.t), out: &output{}}
		ended := c.start(driver)
		for end := time.Now().Add(patience); time.Now().Before(end); {
			if _, ok := c.ask("CONNECTION.CONNECT"); ok {
				return c
			}
			select {
			case <-ended:
				end = time.Now()
			default:
			}
		}
		c.kill()
	}
	h.t.Fatalf("indiserver with %s did not start", driver)
	return nil
}

// start starts indiserver, in a process group of its own that ends with the
// test, or with the whole test program, whichever is first.
func (c *client) start(driver string) (ended chan struct{}) {
	c.t.Helper()
	home := c.t.TempDir()
	cmd := exec.Command("indiserver", "-v", "-p", c.port, "-u", "siderostep-test-"+c.port, driver)
	cmd.Env = append(os.Environ(), "HOME="+home)
	cmd.Stdout, cmd.Stderr = c.out, c.out
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	started := make(chan error)
	ended = make(chan struct{})
	go func() {
		defer close(ended)
		runtime.LockOSThread() // the thread's end is what Pdeathsig means
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait() // it is killed
		}
	}()
	if err := <-started; err != nil {
		c.t.Fatal(err)
	}
	c.kill = sync.OnceFunc(func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		<-ended
	})
	c.t.Cleanup(func() {
		c.kill()
		if c.t.Failed() {
			c.t.Logf("indiserver on port %s:\n%s", c.port, c.out)
		}
	})
	return ended
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
}

// ask returns the value of PROPERTY.ELEMENT.
func (c *client) ask(name string) (string, bool) {
	out, err := exec.Command("indi_getprop", "-p", c.port, "-t", "5", "-1", c.device+"."+name).Output()
	return strings.TrimSpace(string(out)), err == nil
}

func (c *client) text(name string) string {
	c.t.Helper()
	var text string
	c.h.eventually("the driver tells "+name, func() (ok bool) {
		text, ok = c.ask(name)
		return ok
	})
	return text
}

func (c *client) number(name string) float64 {
	c.t.Helper()
	v, err := strconv.ParseFloat(c.text(name), 64)
	if err != nil {
		c.t.Fatalf("%s: %v", name, err)
	}
	return v
}

// state is Idle, Ok, Busy or Alert.
func (c *client) state(property string) string {
	c.t.Helper()
	return c.text(property + "._STATE")
}

// set gives an order, as PROPERTY.ELEMENT=value or PROPERTY.E1;E2=v1;v2.
func (c *client) set(order string, args ...any) {
	c.t.Helper()
	order = fmt.Sprintf(order, args...)
	out, err := exec.Command("indi_setprop", "-p", c.port, "-t", "30", c.device+"."+order).CombinedOutput()
	if err != nil {
		c.t.Fatalf("indi_setprop %s: %v\n%s", order, err, out)
	}
}

// becomes waits until an element has a value, or a property a state.
func (c *client) becomes(name, value string) {
	c.t.Helper()
	c.h.eventually(name+" is "+value, func() bool {
		got, ok := c.ask(name)
		return ok && got == value
	})
}

// connect brings the driver to the telescope.
func (c *client) connect() {
	c.t.Helper()
	if c.h.serial {
		c.set("CONNECTION_MODE.CONNECTION_SERIAL=On")
		c.set("DEVICE_AUTO_SEARCH.INDI_DISABLED=On")
		c.set("DEVICE_PORT.PORT=%s", c.h.where)
	} else {
		host, port, _ := net.SplitHostPort(c.h.where)
		c.set("CONNECTION_MODE.CONNECTION_TCP=On")
		c.set("DEVICE_ADDRESS.ADDRESS;PORT=%s;%s", host, port)
	}
	c.set("POLLING_PERIOD.PERIOD_MS=250") // a quarter of what is usual, for haste
	c.set("CONNECTION.CONNECT=On")
	c.becomes("CONNECTION._STATE", "Ok")
	c.becomes("CONNECTION.CONNECT", "On")
}
