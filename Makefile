# Fulcrum: power governor for NVIDIA Jetson. `make run` shows it on a virtual board; `make test` tests it.
SHELL := /bin/sh
PREFIX ?= /usr
DESTDIR ?=
SWIFT ?= swift
# The installed daemon carries the Swift runtime inside; switching that rebuilds everything, hence a build folder of its own.
STATIC := --configuration release --static-swift-stdlib --scratch-path .build-static
VERSION := $(shell sed -n 's/.*current = "\(.*\)"/\1/p' Sources/Governor/FulcrumVersion.swift)

FUZZ_SECONDS ?= 600

.PHONY: help setup build run compare test fuzz bench kernels models install uninstall deb fmt lint clean

help:
	@echo "make setup      install what the build needs (Debian, Ubuntu)"
	@echo "make run        build, then govern a virtual Jetson for about two minutes (needs root for FUSE and eBPF; asks sudo)"
	@echo "make compare    build, then let each search strategy govern a virtual Jetson, and print one table (about two minutes)"
	@echo "make test       build and run all tests (those that need root are skipped, and counted, without it)"
	@echo "make fuzz       feed hostile bytes to the parsers of ring records, context switches and kernel text, FUZZ_SECONDS CPU seconds each"
	@echo "make kernels    load and count the probes on an older kernel, x86-64 and arm64, in QEMU (needs root, downloads 120 MB)"
	@echo "make bench      measure and print the costs that docs/benchmarks.md lists"
	@echo "make models     make the reference models in models/ from measured tables (FULCRUM_DATA)"
	@echo "make install    install daemon, tools, units and rules under DESTDIR/PREFIX;  make uninstall  takes them away"
	@echo "make deb        build a Debian package into dist/"
	@echo "make fmt lint   format the sources; check the format"

setup:
	@scripts/setup.sh

build: setup
	$(SWIFT) build --configuration release

run: build
	@.build/release/fulcrum-demo

compare: build
	@.build/release/fulcrum-demo strategies

test: setup
	@scripts/test.sh

fuzz: setup
	$(SWIFT) build --configuration release --product fuzz
	@for subject in ctxsw ring sysfs; do .build/release/fuzz $$subject --cpu-seconds $(FUZZ_SECONDS) || exit 1; done

kernels: setup
	@scripts/kernels.sh

bench: setup
	@scripts/bench.sh

models: build
	@scripts/models.sh

static: setup
	$(SWIFT) build $(STATIC) --product fulcrumd
	$(SWIFT) build $(STATIC) --product fulcrumctl

install: static
	install -d $(DESTDIR)$(PREFIX)/sbin $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/lib/fulcrum \
	    $(DESTDIR)$(PREFIX)/share/fulcrum/models $(DESTDIR)$(PREFIX)/lib/systemd/system $(DESTDIR)$(PREFIX)/lib/udev/rules.d $(DESTDIR)$(PREFIX)/lib/sysusers.d \
	    $(DESTDIR)/etc/fulcrum/conf.d
	install -m 755 .build-static/release/fulcrumd $(DESTDIR)$(PREFIX)/sbin/fulcrumd
	install -m 755 .build-static/release/fulcrumctl $(DESTDIR)$(PREFIX)/bin/fulcrumctl
	install -m 644 etc/defaults.toml $(DESTDIR)$(PREFIX)/lib/fulcrum/defaults.toml
	install -m 644 models/README.md models/SHA256SUMS models/*.fulcrum-model $(DESTDIR)$(PREFIX)/share/fulcrum/models/
	test -e $(DESTDIR)/etc/fulcrum/fulcrum.toml || \
	    install -m 644 etc/fulcrum.toml $(DESTDIR)/etc/fulcrum/fulcrum.toml
	sed 's|/usr/|$(PREFIX)/|' systemd/fulcrumd.service >$(DESTDIR)$(PREFIX)/lib/systemd/system/fulcrumd.service
	chmod 644 $(DESTDIR)$(PREFIX)/lib/systemd/system/fulcrumd.service
	install -m 644 systemd/fulcrum.sysusers $(DESTDIR)$(PREFIX)/lib/sysusers.d/fulcrum.conf
	install -m 644 udev/60-fulcrum.rules $(DESTDIR)$(PREFIX)/lib/udev/rules.d/60-fulcrum.rules
	@test -n "$(DESTDIR)" || echo "Installed. Start with: systemd-sysusers && systemctl daemon-reload && systemctl enable --now fulcrumd"

uninstall:
	-test -n "$(DESTDIR)" || test ! -d /run/systemd/system || systemctl disable --now fulcrumd
	rm -f $(DESTDIR)$(PREFIX)/sbin/fulcrumd $(DESTDIR)$(PREFIX)/bin/fulcrumctl \
	    $(DESTDIR)$(PREFIX)/lib/fulcrum/defaults.toml $(DESTDIR)$(PREFIX)/lib/systemd/system/fulcrumd.service \
	    $(DESTDIR)$(PREFIX)/lib/sysusers.d/fulcrum.conf $(DESTDIR)$(PREFIX)/lib/udev/rules.d/60-fulcrum.rules
	rm -rf $(DESTDIR)$(PREFIX)/share/fulcrum
	-rmdir $(DESTDIR)$(PREFIX)/lib/fulcrum
	@test -z "$(DESTDIR)" || find $(DESTDIR)$(PREFIX) -depth -type d -empty -delete
	@echo "Left in place: $(DESTDIR)/etc/fulcrum"

deb: setup
	@scripts/deb.sh "$(VERSION)"

fmt:
	$(SWIFT) format --in-place --recursive --parallel Package.swift Sources Tests Plugins

lint:
	$(SWIFT) format lint --strict --recursive --parallel Package.swift Sources Tests Plugins

clean:
	rm -rf .build .build-static dist
