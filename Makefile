# make run · make test: the two commands. `make help` lists the rest.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules --no-print-directory

PORT ?= 8000
BIN := .venv/bin
# Holds a Node.js only where the machine's own is too old (scripts/setup.sh node).
export PATH := $(CURDIR)/.venv/node/bin:$(PATH)
export PYTHONNOUSERSITE := 1

# A stamp is older than its sources exactly when its work must be done again.
STAMPS := .venv/stamps
BUILT := phone/node_modules/.built
FOREIGN := tests/foreign/node_modules/.installed
SOURCES := $(shell find phone admin/assets sync/words sync/data tests/vectors \
	\( -name node_modules -o -name dist -o -name test-results -o -name __pycache__ \) -prune -o -type f -print 2>/dev/null)

.PHONY: help run test test-full bench build screenshots wheel sbom lock clean setup dev chromium faults webkit

help:
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

run: export SOTAY_BASE_URL ?= http://127.0.0.1:$(PORT)
run: export SOTAY_BASE_URL ?= http://127.0.0.1:$(PORT)
run: setup build ## cài đặt, tạo dữ liệu mẫu, chạy trên http://127.0.0.1:8000 / set up, sample data, serve
	@scripts/setup.sh port $(PORT)
	@$(BIN)/sotay migrate
	@$(BIN)/sotay demo --if-empty
	@$(BIN)/sotay serve --port $(PORT) --with-worker --show-demo

test: dev build chromium faults webkit $(FOREIGN) ## kiểm tra tất cả / everything that must hold
	@scripts/step.sh "ruff: lint"            $(BIN)/ruff check .
	@scripts/step.sh "ruff: format"          $(BIN)/ruff format --check .
	@scripts/step.sh "mypy --strict"         $(BIN)/mypy
	@scripts/step.sh "imports go one way"    $(BIN)/lint-imports --no-logo
	@scripts/step.sh "phone: types"          npm --prefix phone run --silent check
	@scripts/step.sh "phone: tests"          npm --prefix phone run --silent test
	@scripts/step.sh "phone: size"           npm --prefix phone run --silent size
	@scripts/step.sh "pytest: faults, alone" $(BIN)/pytest tests/faults $(PYTEST)
	@scripts/step.sh "pytest: side by side"  $(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder --ignore tests/faults $(PYTEST)

test-full: dev build chromium faults webkit $(FOREIGN) ## kiểm tra dài / the long form of every test
	@$(BIN)/pytest --full $(PYTEST)

bench: dev build $(STAMPS)/bench $(FOREIGN) ## đo tốc độ / ours against its limits, ratios in one run
	@for file in benchmarks/bench_*.py; do scripts/step.sh "$$file" $(BIN)/python "$$file"; done

build: $(BUILT) ## dựng ứng dụng điện thoại và trang quản trị / the phone app and the panel's assets

screenshots: dev build chromium ## vẽ lại hình trong tài liệu / draw the pictures of the docs anew
	@$(BIN)/python scripts/screenshots.py

wheel: $(STAMPS)/dev build ## gói cài đặt / the wheel, in dist/
	@rm -rf dist
	@$(BIN)/python -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir dist .
	@ls dist

sbom: $(STAMPS)/dev ## danh mục thành phần / what is inside, as CycloneDX, in dist/sbom.json
	@mkdir -p dist && $(BIN)/python scripts/sbom.py > dist/sbom.json
	@grep -c '"purl"' dist/sbom.json

lock: $(STAMPS)/dev ## ghi lại lock/ (UPGRADE=--upgrade: bản mới nhất) / write lock/ anew
	@scripts/lock.sh $(UPGRADE)

clean: ## xoá mọi thứ dựng được; giữ var/ / remove all that can be built again; keeps var/
	rm -rf .venv phone/node_modules tests/foreign/node_modules phone/dist admin/built server/built dist test-results
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

setup: $(STAMPS)/run
dev: $(STAMPS)/dev
chromium faults webkit:
	@scripts/setup.sh $@

$(STAMPS)/run: lock/run.txt pyproject.toml
	@scripts/setup.sh run
	@mkdir -p $(@D) && touch $@

$(STAMPS)/dev: lock/dev.txt pyproject.toml
	@scripts/setup.sh dev
	@mkdir -p $(@D) && touch $@ $(STAMPS)/run

$(STAMPS)/bench: lock/bench.txt $(STAMPS)/dev
	@scripts/setup.sh bench
	@mkdir -p $(@D) && touch $@

phone/node_modules/.installed $(FOREIGN): %/node_modules/.installed: %/package-lock.json %/package.json
	@scripts/setup.sh node
	@echo "· npm ci ($*/)"
	@npm --prefix $* ci --loglevel=error --no-audit --no-fund </dev/null
	@touch $@

$(BUILT): phone/node_modules/.installed $(SOURCES)
	@echo "· npm run build (phone/)"
	@npm --prefix phone run --silent build
	@touch $@

ifeq ($(wildcard phone/dist/index.html),)
.PHONY: $(BUILT)
endif
