#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Runs Prometheus with the rules of deploy/ on a running daemon, until Ctrl-C.
# Its data stay in build/prometheus.
#
#   scripts/observe.sh [HOST:PORT of the daemon] [HOST:PORT to serve on] [folder for the data]
set -euo pipefail
cd "$(dirname "$0")/.."
mount=${1:-127.0.0.1:11111}
listen=${2:-127.0.0.1:9590}
data=${3:-build/prometheus}
mkdir -p "$data"

# answers HOST:PORT PATH: whether HTTP status 200 comes back within ten seconds.
answers() {
	local host=${1%:*}
	host=${host#[} host=${host%]}
	# shellcheck disable=SC2016
	timeout 10 bash -c 'exec 3<>"/dev/tcp/$1/$2" && printf "GET %s HTTP/1.0\r\n\r\n" "$3" >&3 && read -r _ status _ <&3 && [ "$status" = 200 ]' \
		- "${host:-127.0.0.1}" "${1##*:}" "$2" 2>/dev/null
}

sed -e "s|127\.0\.0\.1:11111|$mount|" -e "s|- rules/|- $PWD/deploy/rules/|" deploy/prometheus.yml >"$data/prometheus.yml"
answers "$mount" /metrics ||
	echo "nothing answers at http://$mount/metrics yet (make run starts the simulated mount); Prometheus will go on asking" >&2
if answers "$listen" /-/ready; then
	echo "a Prometheus serves at http://$listen already; ON=host:port chooses another place" >&2
	exit 1
fi
# The flag has Prometheus 2.40 to 3.8 take native histograms; others only
# mention that they do not know it.
prometheus --config.file="$data/prometheus.yml" --storage.tsdb.path="$data/data" \
	--web.listen-address="$listen" --log.level=warn --enable-feature=native-histograms &
trap 'kill -TERM $! 2>/dev/null; wait' INT TERM EXIT
until answers "$listen" /-/ready; do
	kill -0 $! 2>/dev/null || exit 1
	sleep 0.2
done
echo "Prometheus at http://$listen scrapes http://$mount/metrics; Ctrl-C ends it"
echo "alerts: http://$listen/alerts   data source for Grafana: http://$listen   dashboards: deploy/dashboards"
wait $!
