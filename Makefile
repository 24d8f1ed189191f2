# siderostep: `make run` starts the daemon on a simulated mount, `make test`
# does all that the tests need. Plain `make` builds, lints and tests.

GO       ?= go
TAGS     := nomsgpack
VERSION  ?= $(shell git describe --tags --dirty 2>/dev/null)
LDFLAGS  := -s -w $(if $(VERSION),-X main.buildVersion=$(VERSION))
BUILD    := CGO_ENABLED=0 $(GO) build -tags $(TAGS) -trimpath -ldflags "$(LDFLAGS)"
FUZZTIME ?= 1m
ARGS     ?=

.PHONY: all run build lint test tools night kills fuzz golden bench bench-executor pointing footprint observe pictures conform cross cover clean

all: build lint test

# Needs Go and nothing else. ARGS="--speed 60 --listen :0" are handed on.
run: build
	./siderostep run $(ARGS)

build:
	$(BUILD) -o siderostep ./cmd/siderostep

# golangci-lint joins in where it is installed (v2.15.0).
lint:
	@test -z "$$(gofmt -l .)" || { gofmt -d .; exit 1; }
	$(GO) vet -tags $(TAGS) ./...
	$(GO) run honnef.co/go/tools/cmd/staticcheck@v0.8.2 -tags $(TAGS) ./...
	@if command -v golangci-lint >/dev/null; then golangci-lint run; else echo "golangci-lint is not installed: left out"; fi

# The race detector needs a C compiler, and discovery is tried between private
# network namespaces made with ip; tools installs what is missing.
#
# The evenings on the bench run without the race detector, which makes the
# bench's physics twenty times as slow; one of them, and every loop by itself,
# run with it. The dashboards and rules are tried without it too: what races
# there is Prometheus. So are INDI's drivers, the boxes on the bench and the
# evening with power cuts, which steer a telescope on the bench by the clock on
# the wall.
test: tools
	$(GO) test -race -tags $(TAGS) -shuffle=on -timeout 20m $$($(GO) list -tags $(TAGS) ./... | grep -v -e /internal/night -e /internal/observe -e /internal/indi -e /internal/boxes)
	$(GO) test -tags $(TAGS) -shuffle=on -timeout 20m ./internal/night ./internal/observe/... ./internal/indi ./internal/boxes ./cmd/siderostep

# What the tests need beside Go, from Debian.
tools:
	@missing=; \
	command -v gcc >/dev/null || missing="$$missing gcc libc6-dev"; \
	command -v ip >/dev/null || missing="$$missing iproute2"; \
	command -v prometheus >/dev/null && command -v promtool >/dev/null || missing="$$missing prometheus"; \
	command -v indiserver >/dev/null && command -v indi_lx200basic >/dev/null || missing="$$missing indi-bin"; \
	test -z "$$missing" && exit 0; \
	echo "installing for the tests:$$missing"; \
	sudo=; test "$$(id -u)" = 0 || sudo=sudo; \
	$$sudo apt-get update -qq && \
	DEBIAN_FRONTEND=noninteractive $$sudo apt-get install -y -qq --no-install-recommends $$missing >/dev/null

# Whole nights on the bench, with figures.
night:
	$(GO) test -tags "$(TAGS) night" -timeout 60m -v ./internal/night

# Ends the executor's process, and then its daemon, at random instants of a
# slew, KILLS times each, and looks at what was written to the lines.
KILLS ?= 500
kills:
	SIDEROSTEP_KILLS=$(KILLS) $(GO) test -tags "$(TAGS) night" -count=1 -timeout 60m -v -run Killed ./driver/process

# How punctual the executor's process is beside a load that makes garbage, and
# what it loses; SECONDS_EACH of every kind of run.
SECONDS_EACH ?= 15
bench-executor:
	$(GO) test -tags "$(TAGS) bench" -count=1 -timeout 15m -v -run TestBenchExecutor ./driver/process -seconds $(SECONDS_EACH)

# Each fuzz target of each package in turn.
fuzz:
	@for pkg in $$($(GO) list ./...); do \
		for target in $$($(GO) test -tags $(TAGS) -list '^Fuzz' $$pkg | grep '^Fuzz'); do \
			echo "$$pkg $$target"; \
			$(GO) test -tags $(TAGS) -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 5s $$pkg || exit 1; \
		done; \
	done

# Rewrites golden files; read the difference before committing it.
golden:
	@dirs=$$(grep -rl --include='*_test.go' 'flag.Bool("update"' . | xargs -r -n1 dirname | sort -u); \
	if [ -n "$$dirs" ]; then $(GO) test -tags $(TAGS) $$dirs -update; else echo "there are no golden files"; fi

bench:
	$(GO) test -tags $(TAGS) -run '^$$' -bench . -benchmem ./...

# How well mounts with faults point, all over the sky, after each step of their
# alignment; two peers on the same stars; speed of the model and its fit.
pointing:
	$(GO) test -tags "$(TAGS) night" -count=1 -v -run WholeTable ./internal/allsky
	$(GO) test -tags $(TAGS) -run '^$$' -bench 'Everything|Fit(30|500)' -benchmem ./model/fit

# Binary size, start, memory and processor share of the running daemon.
footprint: build
	./scripts/footprint.sh

# Prometheus with the rules of deploy/ on the running daemon, until Ctrl-C;
# MOUNT=host:port for another one than that of make run, ON=host:port for where
# it serves.
observe: tools
	@./scripts/observe.sh $(or $(MOUNT),127.0.0.1:11111) $(or $(ON),127.0.0.1:9590)

# The dashboards' pictures in docs/pictures, from twelve minutes of
# observing in real time on the bench.
pictures: tools build
	$(GO) run -tags $(TAGS) ./internal/observe/pictures -program ./siderostep

# make conform URL=http://telescope:11111
conform:
	@test -n "$(URL)" || { echo "usage: make conform URL=http://host:port"; exit 2; }
	@$(MAKE) --no-print-directory build
	./siderostep conform $(ARGS) $(URL)

cross:
	GOOS=linux GOARCH=arm GOARM=7 $(BUILD) -o build/siderostep-linux-armv7 ./cmd/siderostep
	GOOS=linux GOARCH=arm64 $(BUILD) -o build/siderostep-linux-arm64 ./cmd/siderostep
	GOOS=linux GOARCH=amd64 $(BUILD) -o build/siderostep-linux-amd64 ./cmd/siderostep
	CGO_ENABLED=0 GOOS=linux GOARCH=386 $(GO) vet -tags $(TAGS) ./...
	@ls -l build

cover:
	@mkdir -p build
	$(GO) test -tags $(TAGS) -coverpkg=./... -coverprofile=build/cover.out ./... || exit 1
	$(GO) tool cover -func=build/cover.out | tail -1
	$(GO) tool cover -html=build/cover.out -o build/cover.html

clean:
	rm -rf siderostep build
	$(GO) clean -testcache
