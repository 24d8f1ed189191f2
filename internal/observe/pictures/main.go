// SPDX-License-Identifier: GPL-3.0-or-later

// Command pictures draws the dashboards of deploy/ for the documents. It runs
// the daemon on the bench in real time through a short evening, lets a
// Prometheus scrape it, and plots what the panels ask for. Faster than real
// time it could not be: Prometheus counts rates in seconds of its own. On a
// busy computer the pictures show that it was busy.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"time"

	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/internal/observe"
)

func main() {
	program := flag.String("program", "./siderostep", "the daemon")
	deploy := flag.String("deploy", "deploy", "folder with dashboards and rules")
	out := flag.String("out", "docs/pictures", "folder for the pictures")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *program, *deploy, *out); err != nil {
		fmt.Fprintln(os.Stderr, "pictures:", err)
		stop()
		os.Exit(1)
	}
}

const scrapes = 2 * time.Second

func run(ctx context.Context, program, deploy, out string) error {
	boards, err := observe.Dashboards(filepath.Join(deploy, "dashboards"))
	if err != nil {
		return err
	}
	folder, err := os.MkdirTemp("", "pictures")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	if err := os.MkdirAll("build", 0o755); err != nil {
		return err
	}
	log, err := os.Create(filepath.Join("build", "pictures.log"))
	if err != nil {
		return err
	}
	defer log.Close()
	daemon, err := observe.StartDaemon(ctx, log, program, folder)
	if err != nil {
		return err
	}
	defer daemon.Stop()
	prometheus, err := observe.StartPrometheus(ctx, log, deploy, "prometheus.yml", folder, true,
		"127.0.0.1:11111", daemon.URL[len("http://"):], "_interval: 5s", fmt.Sprintf("_interval: %v", scrapes))
	if err != nil {
		return err
	}
	defer prometheus.Stop()

	from := clock.Real{}.Now()
	if err := evening(ctx, daemon); err != nil {
		return err
	}
	p := &page{ctx: ctx, data: prometheus, from: from, to: clock.Real{}.Now()}
	for name, board := range boards {
		file := filepath.Join(out, name+".png")
		if err := p.draw(board, file); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
	}
	return nil
}
