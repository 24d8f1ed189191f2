// SPDX-License-Identifier: GPL-3.0-or-later

package observe

import (
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// starter names, in the environment of the test program, that it is to be one
// that starts another and never stops it.
const starter = "SIDEROSTEP_TEST_STARTER"

// What was started ends with who started it, however that ends. A pipe whose
// other end both hold is closed only when both are gone.
func TestProcessesEndWithTheirStarter(t *testing.T) {
	if os.Getenv(starter) != "" {
		abandon(t)
	}
	alive, theirs, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer alive.Close()
	cmd := exec.Command(os.Args[0], "-test.run=^TestProcessesEndWithTheirStarter$")
	cmd.Env = append(os.Environ(), starter+"=1")
	cmd.ExtraFiles = []*os.File{theirs}
	err = cmd.Start()
	theirs.Close()
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}()
	if err := alive.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	told := make([]byte, 20)
	n, err := alive.Read(told)
	if err != nil {
		t.Fatalf("nothing was started: %v", err)
	}
	child, err := strconv.Atoi(strings.TrimSpace(string(told[:n])))
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := alive.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	if _, err := alive.Read(told); err != io.EOF {
		_ = syscall.Kill(child, syscall.SIGKILL)
		t.Errorf("the child outlived its parent: %v", err)
	}
}

// abandon starts a program that would run for ten minutes, tells its number
// on the pipe, and waits to be killed.
func abandon(t *testing.T) {
	pipe := os.NewFile(3, "pipe")
	cmd := exec.Command("sh", "-c", "echo listening $$ now; exec sleep 600")
	cmd.ExtraFiles = []*os.File{pipe}
	_, number, err := start(t.Context(), io.Discard, cmd, "listening ")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(pipe, number[0]+"\n"); err != nil {
		t.Fatal(err)
	}
	select {}
}
