// SPDX-License-Identifier: GPL-3.0-or-later

// Package observe runs what deploy/ offers for Grafana and Prometheus as its
// users would: a real Prometheus scrapes the running daemon, and is asked what
// the panels of the dashboards ask. Its tests do so, and the pictures in the
// documents are made that way.
package observe
