# headgate: what people and CI run. `make help` lists the targets.
#
# Nothing but Go and make is needed to begin with: each target installs what else it
# uses where it can (Debian, as root or with sudo) and says what is missing elsewhere.

SHELL = /bin/sh
GO ?= go
GOFMT = $(shell $(GO) env GOROOT)/bin/gofmt

# What is built and tested is what is shipped: no C.
export CGO_ENABLED = 0

# Pinned tools: run through the module proxy, so that nothing is installed for good.
STATICCHECK = honnef.co/go/tools/cmd/staticcheck@v0.8.2
GOVULNCHECK = golang.org/x/vuln/cmd/govulncheck@v1.8.0

# Programs that tests start, PROGRAM[:SOURCE]; see .ci/setup.
TEST_TOOLS = gzip prlimit:util-linux sqlite3 zstd openssl gpg:gnupg dbus-run-session:dbus,dbus-daemon gnome-keyring-daemon:gnome-keyring \
	sshd:openssh-server vsftpd proftpd:unpack=proftpd-core,proftpd-mod-crypto nginx:nginx-light \
	postgres:postgresql,postgresql-client mariadbd:mariadb-server,mariadb-client \
	toxiproxy-server:go=github.com/Shopify/toxiproxy/v2/cmd/server@v2.5.0 \
	versitygw:go=github.com/versity/versitygw/cmd/versitygw@v1.8.0
BENCH_TOOLS = rclone lftp sqlite3 mlr:miller npm:npm,nodejs python3 psql:postgresql,postgresql-client mariadbd:mariadb-server,mariadb-client
RACE_TOOLS = gcc:gcc,libc6-dev

# What runs under the race detector, which makes tests up to ten times slower: the packages that
# do several things at a time. Where most of the time goes to another program or into mathematics,
# PACKAGE:TEST,TEST names the tests that share something between goroutines. The rest of
# the tree does one thing at a time, or keeps its parallel work in processes.
RACE_PACKAGES ?= ./connector/blob ./connector/file ./connector/http ./connector/netguard ./connector/record \
	./connector/spool ./connector/sqldb ./connector/sqlite ./connector/tree \
	./connector/codec/gzip ./connector/codec/zstd ./connector/codec/internal/... \
	./connector/format/jsonl ./connector/format/parquet ./connector/conntest/servers \
	./flow ./flow/engine ./flow/plan ./flow/state ./flow/step/... ./cmd/runcmd ./cmd/internal/cli ./cmd/internal/ui ./cmd/internal/redact \
	./connector/codec/pgp:TestGnuPG/close_early,TestGnuPG/reader_error \
	./connector/s3:TestStore,TestLargeObjects ./connector/ftp:TestParallel,TestResume \
	./connector/sftp:TestStore,TestCloseWhileReading,TestTunnel \
	./connector/postgres:TestSource,TestSink ./connector/mysql:TestSource,TestSink \
	./vault/store:TestBusy,TestCompaction
FUZZTIME ?= 10s
SIZE ?= 1m
RUNS ?= 5

.PHONY: help build test lint fmt fmt-check vet staticcheck mod vuln race fuzz cross bench clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

build: ## bin/headgate, one static file
	$(GO) build -trimpath -ldflags '-s -w' -o bin/headgate .

test: ## set up what tests need, vet, run every test
	@sh .ci/setup $(TEST_TOOLS)
	$(GO) vet ./...
	$(GO) test -timeout 20m ./...

lint: fmt-check vet staticcheck mod ## format, vet, staticcheck, go.mod

fmt: ## format the tree
	$(GOFMT) -w $$(sh .ci/gofiles)

fmt-check:
	@bad=$$($(GOFMT) -l $$(sh .ci/gofiles)) || exit 1; \
	if [ -n "$$bad" ]; then echo "not formatted (make fmt):"; echo "$$bad"; exit 1; fi

vet:
	$(GO) vet ./...

staticcheck:
	$(GO) run $(STATICCHECK) ./...

mod: ## go.mod and go.sum say what the code uses
	@GO='$(GO)' sh .ci/mod

vuln: ## known vulnerabilities, where their database can be reached
	@GO='$(GO)' sh .ci/vuln $(GOVULNCHECK)

race: ## what works in parallel, under the race detector
	@sh .ci/setup $(RACE_TOOLS) $(TEST_TOOLS)
	@GO='$(GO)' sh .ci/race $(RACE_PACKAGES)

fuzz: ## every fuzz target for FUZZTIME (10s); a finding is an error
	@GO='$(GO)' sh .ci/fuzz $(FUZZTIME)

cross: ## build for the other systems
	@for t in linux/arm64 darwin/arm64 windows/amd64; do \
		echo "build $$t"; \
		GOOS=$${t%/*} GOARCH=$${t#*/} $(GO) build ./... || exit 1; \
	done

bench: ## compare with other tools: SIZE=1m|10m RUNS=5, results in bench/RESULTS.md
	@sh .ci/setup $(BENCH_TOOLS)
	$(GO) run ./bench/compare -size $(SIZE) -runs $(RUNS) $(BENCHFLAGS)

clean: ## remove what was built
	rm -rf bin
