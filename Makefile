# `make help` lists the targets. Each does its own set-up.
SHELL := /bin/bash
SWIFT := swift
# librdkafka 2.2 or newer: the system's where it is new enough, else the one that `make setup` puts below .tools.
LINK := -Xlinker -rpath -Xlinker $(CURDIR)/.tools/lib
RELEASE := -c release $(LINK)
# One optimised build serves the tests and the processes that they start.
TESTS := $(RELEASE) -Xswiftc -enable-testing --scratch-path .build-tests

PREFIX ?= /usr/local

.PHONY: help setup build install uninstall test faults simulate mutants demo docs bench bench-read compare bench-micro \
	instructions soak fuzz sanitize format proto lint

help: ## This list.
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "%-12s %s\n", $$1, $$2}' Makefile

setup: ## Installs what a fresh Debian 12 with Swift 6.3 lacks; nothing when nothing is missing.
	@bash tools/setup.sh

build: setup ## Builds .build/release/cairn.
	$(SWIFT) build $(RELEASE) --product cairn

install: build ## Puts program, libraries, manual page and completions below PREFIX (/usr/local).
	bash tools/install.sh .build/release/cairn "$(DESTDIR)$(PREFIX)"

uninstall: ## Removes what `make install` with the same PREFIX put there.
	bash tools/install.sh --remove "$(DESTDIR)$(PREFIX)"

demo: build ## A simulated hunt on a private Postgres, Redis and broker; verifies itself at the end. ARGS="--seconds 30"
	.build/release/cairn demo $(ARGS)

test: setup ## Unit, property and service tests on real services. FILTER=regex runs a part.
	bash tools/test.sh $(if $(FILTER),--filter '$(FILTER)')

faults: setup ## Every fault on real servers and workers, and a table of what each did: docs/reliability.md. ROW=regex
	ROW='$(ROW)' bash tools/faults.sh

simulate: setup ## Seeded worlds full of faults, audited from outside. SEEDS=20000 SEED=1 MINUTES=10 COVERAGE=1
	$(SWIFT) build $(TESTS) --product cairn-simulation
	.build-tests/release/cairn-simulation --seed $(or $(SEED),1) $(if $(SEEDS),--seeds $(SEEDS)) \
		$(if $(MINUTES),--minutes $(MINUTES)) $(if $(SEEDS)$(MINUTES),,--seeds 1000) $(if $(COVERAGE),--coverage)

docs: build ## Writes docs/configuration.md and docs/man/cairn.1 anew.
	mkdir -p docs/man
	.build/release/cairn config reference >docs/configuration.md
	.build/release/cairn manual >docs/man/cairn.1

# Of `make bench` and `make compare`, with the names of cairn-bench's options.
BENCH := $(if $(N),--count $(N)) $(if $(MIX),--mix $(MIX)) $(if $(RUNS),--runs $(RUNS)) \
	$(if $(SECONDS),--seconds $(SECONDS)) $(if $(RATE),--rate $(RATE)) $(ARGS)

bench: setup ## Measures this cairn, exact runs only: docs/benchmarks.md. N=1000000 MIX=R|W RUNS=1 SECONDS=20 RATE=n BASE=revision
	BASE='$(BASE)' bash tools/bench.sh $(BENCH)

bench-read: setup ## A board that moves, read by many, exact answers only: docs/benchmarks.md. PLAYERS=1000000 SECONDS=30 RATE=n SCANS=5000
	$(SWIFT) build $(RELEASE) --product cairn
	$(SWIFT) build $(RELEASE) --product cairn-bench
	CAIRN_TOOLS=$(CURDIR)/.tools .build/release/cairn-bench read --name "$$(git describe --always --dirty)" \
		$(if $(PLAYERS),--players $(PLAYERS)) $(if $(SECONDS),--seconds $(SECONDS)) \
		$(if $(RATE),--rate $(RATE)) $(if $(SCANS),--scans $(SCANS)) $(ARGS)

compare: setup ## Measures cairn and other systems at the same job, in turn: docs/benchmarks.md. PEERS=folder N=n MIX=R|W RUNS=5 RATE=20000 SECONDS=20
	$(if $(PEERS),,$(error name the folder of the other systems: make compare PEERS=folder))
	bash tools/compare.sh '$(PEERS)' $(BENCH)

soak: build ## Load while workers come and go; ends with exactness and flatness: docs/reliability.md. MINUTES=30
	$(SWIFT) build $(RELEASE) --product cairn-bench
	CAIRN_TOOLS=$(CURDIR)/.tools .build/release/cairn-bench soak --minutes $(or $(MINUTES),30) $(ARGS)

fuzz: setup ## Feeds the decoders and the hunt file's reader with bytes nobody thought of. SECONDS=60 TARGET=json|protobuf|record|hunt
	bash tools/fuzz.sh $(or $(SECONDS),60) $(TARGET)

sanitize: setup ## All tests under ThreadSanitizer, then under AddressSanitizer. KIND=thread|address, FILTER=regex
	bash tools/sanitize.sh '$(KIND)' $(if $(FILTER),--filter '$(FILTER)')

bench-micro: setup ## Measures single stages of a scan's way, and ranking. FILTER=regex runs a part.
	cd Benchmarks && $(SWIFT) package $(RELEASE) -Xswiftc -enable-testing benchmark \
		$(if $(FILTER),--filter '$(FILTER)')

instructions: setup ## Instructions of a scan, under callgrind, compared with a baseline: docs/benchmarks.md. RENEW=1 KAFKA=1
	RENEW='$(RENEW)' KAFKA='$(KAFKA)' bash tools/instructions.sh

format: ## Formats the Swift code in place.
	$(SWIFT) format --in-place --recursive Package.swift Sources Tests lua migrations \
		Benchmarks/Package.swift Benchmarks/Benchmarks

# Needs protoc (Debian: protobuf-compiler). The plugin comes from the package that the tests link.
proto: ## Writes the tests' Swift code for proto/cairn/v1/scan.proto anew.
	$(SWIFT) build $(TESTS) --product protoc-gen-swift
	protoc --plugin=.build-tests/release/protoc-gen-swift --proto_path=proto --swift_opt=FileNaming=DropPath \
		--swift_out=Tests/ScanWireTests/Generated proto/cairn/v1/scan.proto

mutants: setup ## Plants known defects and shows that the simulation finds each. FILTER=name runs some, SERVERS=1 those in SQL and Lua.
	bash tools/mutants.sh $(if $(SERVERS),--servers) $(FILTER)

lint: ## Checks format, file lengths and imports.
	bash tools/lint.sh
