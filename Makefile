# make help lists what can be made. Go and a C compiler are all it needs.

GO ?= go
PREFIX ?= /usr/local
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null)

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: ## build bin/eslua
	$(GO) build -trimpath -ldflags "-X main.describedVersion=$(VERSION)" -o bin/eslua ./cmd/eslua

install: build ## install bin/eslua, a configuration if there is none, and the systemd unit (PREFIX, DESTDIR)
	install -D -m 755 bin/eslua $(DESTDIR)$(PREFIX)/bin/eslua
	test -e $(DESTDIR)/etc/eslua/eslua.yaml || install -D -m 640 $$(getent group eslua >/dev/null && echo -g eslua) examples/eslua.yaml $(DESTDIR)/etc/eslua/eslua.yaml
	install -d $(DESTDIR)/etc/systemd/system
	sed 's#/usr/local/bin/#$(PREFIX)/bin/#' examples/systemd/eslua.service > $(DESTDIR)/etc/systemd/system/eslua.service

# The package's program needs no libc; a release has a tag such as v1.2.
PACKAGE_BUILD ?= CGO_ENABLED=0 $(GO) build -trimpath
PACKAGE_VERSION ?= $(or $(patsubst v%,%,$(filter v%,$(shell git describe --tags --match 'v[0-9]*' 2>/dev/null))),0.0.$(shell git rev-list --count HEAD 2>/dev/null || echo 0))
NFPM ?= $(GO) run github.com/goreleaser/nfpm/v2/cmd/nfpm@v2.43.4

package: ## build a Debian package in bin/ (examples/package)
	rm -rf bin/package && mkdir -p bin/package/man
	$(PACKAGE_BUILD) -ldflags "-s -w -X main.describedVersion=$(PACKAGE_VERSION)" -o bin/package/eslua ./cmd/eslua
	bin/package/eslua man bin/package/man && gzip -9 -n bin/package/man/*
	for shell in bash zsh fish; do bin/package/eslua completion $$shell >bin/package/completion.$$shell || exit 1; done
	sed -n '/^\[Unit\]/,$$p' examples/systemd/eslua.service | sed 's#/usr/local/bin/#/usr/bin/#' | tee bin/package/eslua@.service >bin/package/eslua.service
	ARCH=$$($(GO) env GOARCH) PACKAGE_VERSION=$(PACKAGE_VERSION) $(NFPM) package --config examples/package/nfpm.yaml --packager deb --target bin/

demo: build ## two simulated calls and an edit while they run, no FreeSWITCH needed
	@bin/eslua demo

# A test that hangs ends itself (host/testproc); the time-out is for a machine that gives
# the tests next to nothing. Most of the time goes into compiling, a tenth of which would be
# information for debuggers.
TEST_FLAGS := -timeout 15m -gcflags=all=-dwarf=false

test: ## vet, every test, and all but the longest ones under the race detector
	$(GO) test $(TEST_FLAGS) -vet=all ./...
	$(GO) test $(TEST_FLAGS) -vet=off -race -short ./...

live: ## every test that wants a real FreeSWITCH: ESLUA_LIVE=host:port make live
	@test -n "$(ESLUA_LIVE)" || { echo "set ESLUA_LIVE=host:port (and ESLUA_LIVE_PASSWORD) to a FreeSWITCH's event socket"; exit 2; }
	$(GO) test -count=1 -p 1 -run Live ./...

bench: ## the benchmarks; each figure has its reference beside it
	$(GO) test -run '^$$' -bench . -benchtime 1s ./...

fuzz: ## every fuzz target for FUZZTIME (10s)
	@for f in $$(grep -rl --include='*_test.go' '^func Fuzz' . | xargs -n1 dirname | sort -u); do \
	  for t in $$(grep -h -o '^func Fuzz[A-Za-z0-9]*' $$f/*_test.go | cut -c6-); do \
	    echo "$$f $$t"; $(GO) test -run '^$$' -fuzz "^$$t$$" -fuzztime $${FUZZTIME:-10s} -fuzzminimizetime 10x $$f || exit 1; \
	  done; done

lint: ## golangci-lint with the linters kept in .golangci.yml
	$(GO) run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0 run

.PHONY: help build install package demo test live bench fuzz lint
.DEFAULT_GOAL := help
