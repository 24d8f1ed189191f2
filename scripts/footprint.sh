#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Prints what the daemon costs: size of the binary, time from start to the
# first answer, resident memory, and the share of one processor while it
# tracks at real time. Everything stays on loopback and ends by itself.
set -euo pipefail
cd "$(dirname "$0")/.."
bin=${1:-./siderostep}
state=$(mktemp -d)
trap 'kill "$pid" 2>/dev/null || true; wait 2>/dev/null || true; rm -rf "$state"' EXIT

start() {
	"$bin" run --listen 127.0.0.1:0 --discovery-port 0 --state "$state" >"$state/out" 2>"$state/log" &
	pid=$!
}
url() { grep -o 'http://[^ ]*' "$state/out" | head -n 1; }
put() { curl -sf -X PUT -d "$2" "$(url)/api/v1/telescope/0/$1" >/dev/null; }

echo "binary: $(stat -c %s "$bin") bytes"

times=()
for _ in 1 2 3 4 5; do
	before=$(date +%s%N)
	start
	until [ -n "$(url 2>/dev/null)" ] && curl -sf "$(url)/management/apiversions" >/dev/null 2>&1; do :; done
	times+=($((($(date +%s%N) - before) / 1000000)))
	kill -INT "$pid"
	wait "$pid" || true
done
echo "start to first answer: ${times[*]} ms (the asking itself, a new process each time, takes about 10 ms of it)"

start
until [ -n "$(url 2>/dev/null)" ]; do sleep 0.02; done
put connected Connected=true
put tracking Tracking=true
sleep 2
ticks() { awk '{print $14 + $15}' "/proc/$pid/stat"; }
was=$(ticks)
sleep 20
used=$(($(ticks) - was))
echo "tracking at real time: $((used * 100 / $(getconf CLK_TCK) / 20)).$((used * 1000 / $(getconf CLK_TCK) / 20 % 10)) % of one processor"
grep -E 'VmRSS|VmHWM' "/proc/$pid/status"
