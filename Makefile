.DEFAULT_GOAL := help
FUZZTIME ?= 30
BENCH ?= .
BENCHTIME ?= 1s

.PHONY: help
help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: run
run: ## Start the daemon on 127.0.0.1:8080
	go run ./cmd/helixrouter

.PHONY: test
test: ## Run the tests, the house rules of internal/archtest among them
	go test ./...

.PHONY: race
race: ## Run the tests under the race detector
	go test -race ./...

.PHONY: lint
lint: ## Run go vet and staticcheck, and golangci-lint where it is installed
	go vet ./...
	go tool -modfile=tools.mod staticcheck ./...
	@if command -v golangci-lint >/dev/null; then golangci-lint run ./...; else echo "golangci-lint is not installed: skipped"; fi

.PHONY: deploy
deploy: ## Lint the deploy kit: image, systemd units, Kubernetes manifests
	.ci/deploy

.PHONY: fuzz
fuzz: ## Fuzz every target for FUZZTIME seconds (30)
	.ci/fuzz $(FUZZTIME) 86400

.PHONY: bench
bench: ## Run the benchmarks that match BENCH (.) for BENCHTIME (1s), six times, for benchstat
	go test -run='^$$' -bench='$(BENCH)' -benchtime=$(BENCHTIME) -benchmem -count=6 ./...

.PHONY: ci
ci: ## Run what has to pass before a change lands
	.ci/run

.PHONY: cover
cover: ## Run the tests and show the coverage of each function, in cover.out too
	go test -coverprofile=cover.out -coverpkg=./... ./...
	go tool cover -func=cover.out
