// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"bufio"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"siderostep": main})
}

// TestScripts plays testdata/script. Beside testscript's own commands there
// are
//
//	serve NAME ARG...   runs "siderostep run ARG..." in the background and sets
//	                    $NAME_alpaca, $NAME_discovery and $NAME_port to what it
//	                    prints; its log goes to NAME.err
//	signal NAME SIGNAL  sends TERM or KILL to it and waits for its end; its exit
//	                    status is in $NAME_status then
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("XDG_STATE_HOME", filepath.Join(e.WorkDir, "state"))
			e.Setenv("HOME", e.WorkDir)
			e.Setenv("SIDEROSTEP_LX200_LISTEN", "127.0.0.1:0")
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"serve": serve, "signal": send},
	})
}

// serve starts a program and waits for its addresses.
func serve(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) == 0 {
		ts.Fatalf("usage: serve NAME ARG...")
	}
	name := args[0]
	program, err := exec.LookPath("siderostep")
	ts.Check(err)
	cmd := exec.Command(program, append([]string{"run"}, args[1:]...)...)
	cmd.Dir = ts.MkAbs(".")
	for _, key := range []string{"XDG_STATE_HOME", "HOME", "PATH", "SIDEROSTEP_LX200_LISTEN"} {
		cmd.Env = append(cmd.Env, key+"="+ts.Getenv(key))
	}
	stdout, err := cmd.StdoutPipe()
	ts.Check(err)
	stderr, err := os.Create(ts.MkAbs(name + ".err"))
	ts.Check(err)
	cmd.Stderr = stderr
	ts.Check(cmd.Start())
	ts.Check(stderr.Close())
	ts.Setenv(name+"_pid", strconv.Itoa(cmd.Process.Pid))
	ts.Defer(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	for lines := bufio.NewScanner(stdout); lines.Scan(); {
		words := strings.Fields(lines.Text())
		ts.Setenv(name+"_"+words[1], words[len(words)-1])
		if words[1] == "discovery" { // there is one in each script
			ts.Setenv(name+"_address", strings.TrimPrefix(ts.Getenv(name+"_alpaca"), "http://"))
			_, port, _ := net.SplitHostPort(words[len(words)-1])
			ts.Setenv(name+"_port", port)
			return
		}
	}
	text, _ := os.ReadFile(ts.MkAbs(name + ".err"))
	ts.Fatalf("%s printed no addresses:\n%s", name, text)
}

// send sends a signal to a program that serve started, and waits for its end.
func send(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: signal NAME TERM|KILL")
	}
	pid, err := strconv.Atoi(ts.Getenv(args[0] + "_pid"))
	ts.Check(err)
	signal, ok := map[string]syscall.Signal{"TERM": syscall.SIGTERM, "KILL": syscall.SIGKILL}[args[1]]
	if !ok {
		ts.Fatalf("unknown signal %s", args[1])
	}
	ts.Check(syscall.Kill(pid, signal))
	var status syscall.WaitStatus
	_, err = syscall.Wait4(pid, &status, 0, nil)
	ts.Check(err)
	ts.Setenv(args[0]+"_status", strconv.Itoa(status.ExitStatus()))
}
