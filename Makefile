# Everything a clone needs: Go, Node, Python and a JDK. `make help` lists the targets.
# What a target downloads, it names first; all of it is pinned, verified and kept in
# $BANSHIFT_CACHE (default ~/.cache/banshift), so that a second run needs no network.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

GO ?= go
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
SBOM := github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod@v1.10.0
VULNDB := golang.org/x/vulndb@v0.0.0-20261105234957-e22db6528018
GOVULNCHECK := golang.org/x/vuln/cmd/govulncheck@v1.9.0
PARTS := deploy/parts
CACHE := $(or $(BANSHIFT_CACHE),$(or $(XDG_CACHE_HOME),$(HOME)/.cache)/banshift)
FUZZTIME ?= 10s
WEB_SOURCES := $(shell find web/src web/package.json web/package-lock.json web/tsconfig.json web/vite.config.js web/world.js -type f 2>/dev/null)
export BANSHIFT_CACHE := $(CACHE)

.PHONY: help
help: ## List the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

.PHONY: build
build: web/dist/banshift.js ## Build bin/banshift
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '-s -w -X main.version=$(VERSION)' -o bin/banshift ./cmd/banshift

.PHONY: demo
demo: build engine ## April 2018, simulated, through the whole pipeline to a report
	bin/banshift demo

.PHONY: test
test: build engine broker ## Run every test against the real engine, broker and browser
	@browser=$$($(PARTS)/browser/fetch); python=$$($(PARTS)/notebooks/fetch || true); \
	BANSHIFT_PYTHON=$${BANSHIFT_PYTHON:-$$python} CHROMIUM=$$browser GO=$(GO) .ci/test

.PHONY: engine
engine: ## Fetch the embedded ClickHouse engine (npm, 178 MB)
	@$(PARTS)/engine/fetch

.PHONY: broker
broker: ## Fetch the Kafka broker that tests start (Maven, 43 MB)
	@$(PARTS)/broker/fetch

.PHONY: browser
browser: ## Find or fetch a Chromium for the tests of the report
	@$(PARTS)/browser/fetch

.PHONY: race
race: build engine broker ## Run the tests of everything concurrent under the race detector
	$(GO) test -race -timeout 20m $(or $(PACKAGES),./...)

.PHONY: kills
kills: engine ## Kill a server KILLS (80) times under small inserts, at moments of SEED (7), and count again
	BANSHIFT_KILLS=$(or $(KILLS),80) BANSHIFT_SEED=$(or $(SEED),7) $(GO) test -count 1 -v -timeout 60m ./load -run TestServerKilledUnderInserts

.PHONY: soak
soak: engine broker ## Kill program, server (SHARDS of them, 1) and broker KILLS (50) times under RECORDS (1000000), at moments of SEED, and count again
	BANSHIFT_SOAK_SHARDS=$(or $(SHARDS),1) BANSHIFT_SOAK_KILLS=$(or $(KILLS),50) BANSHIFT_SOAK_RECORDS=$(or $(RECORDS),1000000) BANSHIFT_SEED=$(or $(SEED),) $(GO) test -count 1 -v -timeout 10h ./cmd/banshift -run '^TestSoak$$'

# Each fault by its test: a full disk, a slow one, tokens out of their window, retention, partitions, topics made again, TLS
# with SCRAM, a name that is gone, a wrong clock, and two runs of one directory.
FAULTS := TestDiskFull|TestDiskFullFromTheStart|TestDiskFullWhileFollowed|TestDiskFullUnderARun|TestSlowDisk|TestTokenWithoutRows|TestWindowOfTokensIsExceeded|TestRetentionOvertakesAReader|TestGapAtTheStartIsNeverSilent
FAULTS := $(FAULTS)|TestPartitionsAreAdded|TestTopicMadeAgainUnderAReader|TestTopicMadeAgainIsAnotherSource|TestRealBroker|TestBrokersNameIsGone|TestBrokersNameGoesWhileFollowed|TestClockADayAheadAndBack
.PHONY: faults
faults: engine broker ## Make each fault that docs/explanation/delivery.md lists, and print what was seen
	$(GO) test -count 1 -v -p 1 -timeout 60m ./load ./ingest/kafka ./cmd/banshift -run '^($(FAULTS))$$'
	$(GO) test -count 1 -v -timeout 60m ./cmd/banshift -run '^TestWritersAreKeptApart$$/directory-read-twice'

.PHONY: upgrade
upgrade: build engine broker ## Build the program of every version of the schema, fill stores with it, under load too, and go on with this one
	BANSHIFT_UPGRADE=1 $(GO) test -count 1 -v -timeout 60m ./cmd/banshift -run '^TestUpgrade$$'

.PHONY: check-alerts
check-alerts: ## Evaluate the alerts of deploy/prometheus by Prometheus's own engine
	cd deploy/prometheus && $(GO) vet . && $(GO) test .

.PHONY: check-compose
check-compose: build ## Load deploy/compose by the Compose Specification's own loader, check the Containerfile, and start the program in the image's files
	cd deploy/compose && $(GO) vet . && $(GO) test .

.PHONY: check-kubernetes
check-kubernetes: ## Build deploy/kubernetes by kustomize, and decode it strictly into the types of the Kubernetes API
	cd deploy/kubernetes && $(GO) vet . && $(GO) test .

.PHONY: release-notes
release-notes: ## Print what CHANGELOG.md says of VERSION (the tag that is checked out), or fail where it says nothing
	@awk -v wanted='$(patsubst v%,%,$(VERSION))' '/^## / { shown = $$2 == wanted || $$2 == "[" wanted "]"; next } shown { print; if (NF) said = 1 } \
		END { if (!said) { print "CHANGELOG.md has no section for " wanted > "/dev/stderr"; exit 1 } }' CHANGELOG.md

# ARCHIVE is one of make release.
.PHONY: check-archive
check-archive: engine broker ## Unpack ARCHIVE into an empty home, and have data of a topic on the page within two minutes by one command
	BANSHIFT_ARCHIVE=$(realpath $(ARCHIVE)) $(GO) test -count 1 -v ./cmd/banshift -run '^TestFromArchive$$'

# Debian's versions begin with a digit; what has no tag is older than any that has.
DEB_VERSION := $(shell git describe --tags --exact-match 2>/dev/null | sed -n 's/^v\([0-9].*\)/\1/p')
DEB_VERSION := $(or $(DEB_VERSION),0~$(shell git log -1 --format=%cd.%h --date=format:%Y%m%d))

.PHONY: check-package
check-package: build ## Build the Debian package twice, compare, ask lintian, and install, start and purge it in a fresh Debian (root, debootstrap); compare that for arm64 with it, and run its program (qemu-user)
	mkdir -p out/package
	cp deploy/debian/go.mod out/package/tidy.mod && cp deploy/debian/go.sum out/package/tidy.sum
	(cd deploy/debian && $(GO) mod tidy -e -modfile=$(CURDIR)/out/package/tidy.mod) 2>out/package/tidy.log
	cmp deploy/debian/go.mod out/package/tidy.mod
	for n in 1 2; do SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct) GO=$(GO) deploy/debian/build bin/banshift bin/banshift $$($(GO) env GOARCH) '$(DEB_VERSION)' out/package/$$n.deb; done
	cmp out/package/1.deb out/package/2.deb
	deploy/debian/check out/package/1.deb
	CGO_ENABLED=0 GOOS=linux GOARCH=arm64 $(GO) build -trimpath -ldflags '-s -w -X main.version=$(VERSION)' -o out/package/banshift-arm64 ./cmd/banshift
	SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct) GO=$(GO) deploy/debian/build out/package/banshift-arm64 bin/banshift arm64 '$(DEB_VERSION)' out/package/arm64.deb
	[ "$$($(GO) env GOARCH)" != amd64 ] || deploy/debian/check-arm64 out/package/1.deb out/package/arm64.deb

.PHONY: planted
planted: engine ## Plant ADDRESSES (1000000) of clients in all formats, and look for them everywhere
	BANSHIFT_PLANTED=$(or $(ADDRESSES),1000000) $(GO) test -count 1 -v -timeout 120m ./cmd/banshift -run TestPlantedAddressesOfAllFormats

.PHONY: writers
writers: engine broker ## Have several programs write one source: RECORDS (200000) a round, ROUNDS (10), moments of SEED (7)
	BANSHIFT_WRITERS_RECORDS=$(or $(RECORDS),200000) BANSHIFT_WRITERS_ROUNDS=$(or $(ROUNDS),10) BANSHIFT_SEED=$(or $(SEED),7) \
	$(GO) test -count 1 -v -timeout 180m ./cmd/banshift -run TestWritersAreKeptApart

.PHONY: processes
processes: engine broker ## Have 1, 2 and 4 processes store a topic of 8 partitions, RECORDS (3000000) in TURNS (3) turns; count again, and compare with one on a single core
	BANSHIFT_PROCESSES_RECORDS=$(or $(RECORDS),3000000) BANSHIFT_PROCESSES_TURNS=$(or $(TURNS),3) \
	$(GO) test -count 1 -v -timeout 120m ./cmd/banshift -run '^TestProcessesShareATopic$$'

.PHONY: fuzz
fuzz: web/dist/banshift.js ## Fuzz every target for FUZZTIME (10s) each
	.ci/fuzz $(FUZZTIME)

.PHONY: bench
bench: build engine broker ## Measure against what the engine does by itself with the same records
	BANSHIFT_PROGRAM=$(CURDIR)/bin/banshift $(GO) test -run '^$$' -bench . -benchtime 1x -p 1 -timeout 60m ./...

.PHONY: scale
scale: engine ## Make a seeded store of 20,000,000 client-hours, 60 countries, a year, in STORE
	$(GO) run ./deploy/scale --store $(STORE)

.PHONY: latency
latency: engine ## Measure the named queries on a store that make scale made in STORE
	$(GO) run ./deploy/scale --store $(STORE) --measure $(or $(RUNS),16)

.PHONY: calibrate
calibrate: build ## Measure false grades and power: real series below BANSHIFT_SHARED into docs/calibration.md and docs/alarms.md, simulated ones into docs/calibration-simulated.md (RUNS: 200)
	BANSHIFT_CALIBRATION=$(CURDIR)/docs/calibration.md $(GO) test ./transform/spike -run TestCurve -count=1 -timeout 30m
	BANSHIFT_ALARMS=$(CURDIR)/docs/alarms.md $(GO) test ./transform/spike/outlier -run TestAlarms -count=1 -timeout 30m
	bin/banshift calibrate --runs $(or $(RUNS),200) --out docs/calibration-simulated.md

.PHONY: calibrate-hours
calibrate-hours: ## Measure size and power of the test by the hour on simulated panels, into docs/calibration-hours.md (RUNS: 200)
	BANSHIFT_CALIBRATION_HOURS=$(CURDIR)/docs/calibration-hours.md BANSHIFT_RUNS=$(or $(RUNS),200) $(GO) test ./transform/spike -run TestHoursMeasured -count=1 -timeout 60m

.PHONY: alarm-rate
alarm-rate: ## Measure false alarms and delays of watch on simulated countries, into docs/alerts.md (RUNS: 100 bans a cell)
	BANSHIFT_ALARM_RATE=$(CURDIR)/docs/alerts.md BANSHIFT_RUNS=$(or $(RUNS),100) $(GO) test ./watch -run TestAlarmRate -count=1 -timeout 60m

.PHONY: privacy-cost
privacy-cost: ## Measure what released counts cost the effect of a ban, into docs/privacy-cost.md (RUNS: 10, SEED: 1)
	$(GO) run ./deploy/privacycost -runs $(or $(RUNS),10) -seed $(or $(SEED),1) -out docs/privacy-cost.md

.PHONY: newcomers
newcomers: ## Measure which servers count as an unknown tool's, into docs/newcomers.md (RUNS: 16)
	$(GO) run ./deploy/newcomers -runs $(or $(RUNS),16) -out docs/newcomers.md

.PHONY: lint
lint: web/dist/banshift.js ## gofmt, go vet, staticcheck (a pinned Go module)
	@unformatted=$$(gofmt -l $$(git ls-files '*.go')); [ -z "$$unformatted" ] || { echo "not gofmt'ed:"; echo "$$unformatted"; exit 1; }
	$(GO) vet ./...
	$(GO) vet .ci/testcount.go
	$(GO) run $(STATICCHECK) ./...

.PHONY: notebooks
notebooks: build engine ## Execute the notebooks (PyPI packages, about 195 MB)
	$(PARTS)/notebooks/execute

.PHONY: notebooks-html
notebooks-html: notebooks ## Execute the notebooks and list their HTML pages, which need neither script nor network
	@ls out/notebooks/*.html

.PHONY: readers
readers: engine ## Have every reader of Parquet read an export, Spark too (PyPI packages, about 456 MB; a JDK)
	spark=$$($(PARTS)/spark/fetch); python=$$($(PARTS)/notebooks/fetch); \
	PYTHONPATH=$$spark BANSHIFT_PYTHON=$$python BANSHIFT_READERS=spark $(GO) test -count 1 -v ./cmd/banshift -run '^TestReaders$$'

.PHONY: site
site: ## Make static pages of README.md and docs/ in out/site, and follow their links
	cd deploy/site && $(GO) run . -root $(CURDIR) -out $(CURDIR)/out/site

.PHONY: check-site
check-site: ## Test what makes the site, and follow every link of it
	cd deploy/site && $(GO) vet . && $(GO) test .

.PHONY: superset
superset: build engine ## Open the bundle of deploy/dashboards in a Superset, on a demo's store, and compare what Chromium shows with the queries (PyPI, 220 MB)
	@[ -d out/superset/store ] || bin/banshift demo --out out/superset > out/superset.log
	@$(PARTS)/superset/render out/superset

.PHONY: lab
lab: ## Capture real programs with known labels to OUT (out/lab), by SEED (1): Linux, root, Debian packages
	@python3 deploy/lab/lab.py --seed $(or $(SEED),1) --out $(or $(OUT),out/lab)

.PHONY: accuracy
accuracy: build ## Write docs/accuracy.md from labelled captures below BANSHIFT_SHARED
	.ci/accuracy bin/banshift $(BANSHIFT_SHARED)/data/captures

# What an archive holds with the program: units, alerts, boards, and what fetches the engine. Files have the time of the
# commit and no owner, so that two builds of a commit are the same bytes.
RELEASED := README.md CHANGELOG.md CONTRIBUTING.md SECURITY.md LICENSE docs deploy/systemd deploy/prometheus deploy/dashboards deploy/compose deploy/kubernetes deploy/parts/cache.sh deploy/parts/engine
.PHONY: release
release: build ## Build archives and Debian packages for linux amd64 and arm64 into out/release, with bills of materials (CycloneDX) and checksums
	rm -rf out/release && mkdir -p out/release
	for arch in amd64 arm64; do \
		name=banshift-$(VERSION)-linux-$$arch; mkdir out/release/$$name; \
		CGO_ENABLED=0 GOOS=linux GOARCH=$$arch $(GO) build -trimpath -ldflags '-s -w -X main.version=$(VERSION)' -o out/release/$$name/banshift ./cmd/banshift; \
		CGO_ENABLED=0 $(GO) run $(SBOM) bin -json -noserial -output out/release/$$name.cdx.json -version '$(VERSION)' out/release/$$name/banshift; \
		for part in $(RELEASED); do [ ! -e $$part ] || git ls-files -z -- $$part | xargs -0 cp --parents -t out/release/$$name; done; \
		tar -C out/release --sort=name --owner=0 --group=0 --numeric-owner --mtime=@$$(git log -1 --format=%ct) -cf - $$name | gzip -n > out/release/$$name.tar.gz; \
		SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct) GO=$(GO) deploy/debian/build out/release/$$name/banshift bin/banshift $$arch '$(DEB_VERSION)' "out/release/banshift_$(DEB_VERSION)_$$arch.deb"; \
		rm -rf out/release/$$name; \
	done
	[ "$$($(GO) env GOARCH)" != amd64 ] || deploy/debian/check-arm64 out/release/*-amd64.tar.gz out/release/*-arm64.tar.gz
	cd out/release && sha256sum *.tar.gz *.deb *.cdx.json > SHA256SUMS && cat SHA256SUMS

# vulndb DIRECTORY is where the module of known faults lies, as the module proxy gave it.
.PHONY: vuln
vuln: ## Compare what is linked with the pinned database of known faults (golang.org/x/vulndb, 20 MB); the toolchain's own are listed
	$(GO) run ./deploy/advisories db "$$($(GO) mod download -json $(VULNDB) | sed -n 's/^\t"Dir": "\(.*\)",*/\1/p')" out/vulndb
	$(GO) run $(GOVULNCHECK) -db "file://$(CURDIR)/out/vulndb" -format json ./cmd/banshift > out/vuln.json
	$(GO) run ./deploy/advisories judge out/vuln.json .

.PHONY: advisories
advisories: ## Write the list of known faults that a test holds go.mod against
	$(GO) run ./deploy/advisories list "$$($(GO) mod download -json $(VULNDB) | sed -n 's/^\t"Dir": "\(.*\)",*/\1/p')" go.mod > deploy/advisories/advisories.json

.PHONY: docs
docs: web/dist/banshift.js ## Write the generated references under docs/
	$(GO) generate ./...

.PHONY: check-docs
check-docs: docs ## Fail where a generated reference is not what is committed
	git diff --exit-code -- docs

.PHONY: pictures
pictures: build engine ## Take the pictures of docs/ from the demo, with a Chromium
	rm -rf out/pictures && mkdir -p out
	bin/banshift demo --out out/pictures > out/pictures.log
	CHROMIUM=$$($(PARTS)/browser/fetch) node web/test/pictures.mjs bin/banshift out/pictures docs

.PHONY: check-pictures
check-pictures: ## Fail where the pictures of docs/ are older than the page
	node web/test/pictures.mjs --check docs

.PHONY: clean
clean: ## Remove what was built; the cache of parts stays
	rm -rf bin out web/dist/* web/node_modules coverage.out

web/node_modules/.package-lock.json: web/package.json web/package-lock.json
	@command -v npm >/dev/null || { echo "npm is not on PATH: it builds the report's page; install Node 20.19 or newer" >&2; exit 1; }
	@echo "web: npm packages of web/package-lock.json, about 60 MB to download, 130 MB on disk: ECharts and its bundler, for the report" >&2
	cd web && npm ci --prefer-offline --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

web/dist/banshift.js: web/node_modules/.package-lock.json $(WEB_SOURCES)
	cd web && npm run --silent build
	@touch $@
