#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Runs Prometheus with the rules of deploy/ on a running daemon, until Ctrl-C.
# Its data stay in build/prometheus.
#
#   scripts/observe.sh [HOST:PORT of the daemon] [HOST:PORT to serve on]
set -euo pipefail
cd "$(dirname "$0")/.."
mount=${1:-127.0.0.1:11111}
listen=${2:-127.0.0.1:9590}
data=build/prometheus
mkdir -p "$data"
sed -e "s|127\.0\.0\.1:11111|$mount|" -e "s|- rules/|- $PWD/deploy/rules/|" deploy/prometheus.yml >"$data/prometheus.yml"
curl -sf -o /dev/null --max-time 5 "http://$mount/metrics" ||
	echo "nothing answers at http://$mount/metrics yet (make run starts the simulated mount); Prometheus will go on asking" >&2
prometheus --config.file="$data/prometheus.yml" --storage.tsdb.path="$data/data" \
	--web.listen-address="$listen" --log.level=warn &
trap 'kill -TERM $! 2>/dev/null; wait' INT TERM EXIT
echo "Prometheus at http://$listen scrapes http://$mount/metrics; Ctrl-C ends it"
echo "alerts: http://$listen/alerts   data source for Grafana: http://$listen   dashboards: deploy/dashboards"
wait $!
