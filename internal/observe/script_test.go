// SPDX-License-Identifier: GPL-3.0-or-later

package observe

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// make observe needs no more than make tools brings, finds the daemon, and
// does not call before Prometheus serves.
func TestObserveScript(t *testing.T) {
	need(t, "prometheus")
	ctx, cancel := context.WithTimeout(t.Context(), 2*patience)
	defer cancel()
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "up 1\n") }))
	defer page.Close()
	// The script has what is part of every Debian, and Prometheus.
	bin := t.TempDir()
	for _, name := range []string{"bash", "dirname", "mkdir", "sed", "sleep", "timeout", "prometheus"} {
		path, err := exec.LookPath(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(path, filepath.Join(bin, name)); err != nil {
			t.Fatal(err)
		}
	}
	free, err := net.Listen("tcp", "127.0.0.2:0") // where nobody else looks for a port
	if err != nil {
		t.Fatal(err)
	}
	listen := free.Addr().String()
	free.Close()
	cmd := exec.Command(filepath.Join(bin, "bash"), "../../scripts/observe.sh", strings.TrimPrefix(page.URL, "http://"), listen, t.TempDir())
	cmd.Env = []string{"PATH=" + bin}
	said := &strings.Builder{}
	p, at, err := start(ctx, io.MultiWriter(said, t.Output()), cmd, "Prometheus at http://")
	if err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	defer p.Stop()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+at[0]+"/-/ready", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := client.Do(r)
	if err != nil {
		t.Fatalf("it called too early: %v", err)
	}
	resp.Body.Close()
	p.Stop() // and so nobody writes to what was said any more
	if resp.StatusCode != http.StatusOK || at[0] != listen {
		t.Errorf("%s answers %s; want 200 from %s", at[0], resp.Status, listen)
	}
	if strings.Contains(said.String(), "nothing answers") {
		t.Errorf("it did not find the daemon: %s", said)
	}
}
