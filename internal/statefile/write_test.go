// SPDX-License-Identifier: GPL-3.0-or-later

package statefile

import (
	"bufio"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// nobody is the user in whose name permissions are tried, since root may do
// everything.
const nobody = 65534

// asNobody runs the test again, as an ordinary user and with an addition to
// its environment, from a copy in dir: Go builds tests where only their user
// may go.
func asNobody(t *testing.T, dir, env string) {
	t.Helper()
	program, err := os.ReadFile(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	clone := filepath.Join(dir, "test")
	if err := os.WriteFile(clone, program, 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), clone, "-test.run=^"+t.Name()+"$")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), env)
	if os.Geteuid() == 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestPermissionErrorsNameTheFile(t *testing.T) {
	if dir := os.Getenv("STATEFILE_DIR"); dir != "" {
		path := filepath.Join(dir, "closed", "mount.json")
		if _, found, err := Open[state](path); found || !errors.Is(err, fs.ErrPermission) || !strings.Contains(err.Error(), path) {
			t.Errorf("Open: %v, %v; want a permission error that names %s", found, err, path)
		}
		path = filepath.Join(dir, "readonly", "mount.json")
		if err := Save(path, state{}); !errors.Is(err, fs.ErrPermission) || !strings.Contains(err.Error(), path) {
			t.Errorf("Save: %v; want a permission error that names %s", err, path)
		}
		_, _, err := Open[state](path) // damaged, and cannot be set aside
		if _, damaged := errors.AsType[*DamagedError](err); err == nil || damaged || !strings.Contains(err.Error(), "set aside") {
			t.Errorf("Open of a damaged file in a read-only folder: %v; want an error that stops the program", err)
		}
		return
	}
	dir := openDir(t)
	for name, mode := range map[string]os.FileMode{"closed": 0o000, "readonly": 0o555} {
		sub := filepath.Join(dir, name)
		if err := os.Mkdir(sub, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(sub, "mount.json"), []byte("damaged"), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(sub, mode); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = os.Chmod(sub, 0o755) })
	}
	asNobody(t, dir, "STATEFILE_DIR="+dir)
}

// openDir returns a temporary folder that any user can reach.
func openDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "statefile")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// A process that saves as fast as it can is killed at odd moments. What it
// leaves is always a whole value, and never an older one than it had reported
// as saved.
func TestKilledWhileSaving(t *testing.T) {
	if path := os.Getenv("STATEFILE_SAVE"); path != "" {
		for n := int64(1); ; n++ {
			if err := Save(path, state{Name: strings.Repeat("x", int(n%5000)), Count: n}); err != nil {
				t.Fatal(err)
			}
			if _, err := os.Stderr.WriteString(strconv.FormatInt(n, 10) + "\n"); err != nil {
				return
			}
		}
	}
	path := filepath.Join(t.TempDir(), "mount.json")
	for kill := range 12 {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$")
		cmd.Env = append(os.Environ(), "STATEFILE_SAVE="+path)
		stderr, err := cmd.StderrPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		last := killAfter(t, cmd, stderr, 1+kill)
		_ = cmd.Wait() // killed
		got, found, err := Open[state](path)
		if err != nil || !found || got.Count < last || got.Count > last+1 {
			t.Fatalf("kill %d: saved %d; found %v %d, error %v", kill, last, found, got.Count, err)
		}
	}
}

// killAfter kills cmd once it has reported some saves, and returns the number
// of the last that it reported.
func killAfter(t *testing.T, cmd *exec.Cmd, reports io.Reader, saves int) (last int64) {
	t.Helper()
	lines := bufio.NewScanner(reports)
	for lines.Scan() {
		n, err := strconv.ParseInt(lines.Text(), 10, 64)
		if err != nil {
			t.Fatalf("the saving process says %q", lines.Text())
		}
		last = n
		if saves--; saves == 0 {
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	return last
}

func TestWriteKeepsLinksAndPermissions(t *testing.T) {
	dir := t.TempDir()
	real, link := filepath.Join(dir, "real"), filepath.Join(dir, "link")
	if err := os.WriteFile(real, []byte("old"), 0o640); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(real, link); err != nil {
		t.Fatal(err)
	}
	if err := Write(link, []byte("new")); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(real); err != nil || string(text) != "new" {
		t.Errorf("the file behind the link holds %q, %v", text, err)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&fs.ModeSymlink == 0 {
		t.Errorf("the link became %v, %v", info.Mode(), err)
	}
	if info, err := os.Stat(real); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("permissions became %v, %v", info.Mode(), err)
	}
}
