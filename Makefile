# Works with GNU make on Linux, macOS and Windows. Everything runs in an environment of its own, `.venv`.
PYTHON ?= python3
ifeq ($(OS),Windows_NT)
  PYTHON := python
  BIN := .venv/Scripts
  EXE := .exe
else
  BIN := .venv/bin
  EXE :=
endif
PY := $(BIN)/python$(EXE)
MIRROR ?= $(LOCALITIES_MIRROR)
AREA ?= Glasgow City
QGIS_PYTHON ?= /usr/bin/python3
OUT ?= qgis-pictures

# every process of the tests would compile every module anew
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help run run-real test coverage test-mirror browser-check pictures test-pythons lint audit mutate docs bench drills team qgis-check deploy-check release ui sample clean

help: ## this list
	@$(PYTHON) -c "import re; [print(f'{m[1]:14}{m[2]}') for m in re.finditer(r'(?m)^([a-z-]+):.*?## (.*)$$', open('Makefile').read())]"

.venv/ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(PY) -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable ".[ui]"
	$(PY) -c "open('.venv/ready', 'w').close()"

.venv/ready-to-test: .venv/ready
	$(PY) -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable ".[test,lint]"
	$(PY) -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --no-deps gdal-utils
	$(PY) -c "open('.venv/ready-to-test', 'w').close()"

run: .venv/ready ## make the environment, run everything on the fictional sample, say where the outputs are
	$(BIN)/localities run --sample

run-real: .venv/ready ## real data for one partnership: make run-real AREA="Fife" MIRROR=folder
	$(BIN)/localities run --area "$(AREA)" $(if $(MIRROR),--mirror "$(MIRROR)")

test: .venv/ready-to-test ## every test that needs no real data
	$(PY) -m pytest -n 2 --dist loadscope --no-loadscope-reorder

coverage: .venv/ready-to-test ## the same tests with branch coverage (at least 85 %), a quarter slower
	$(PY) -m pytest -n 2 --dist loadscope --no-loadscope-reorder --cov --cov-report=term

test-mirror: .venv/ready-to-test ## tests on all of Scotland; LOCALITIES_MIRROR names the folder of real data
	$(PY) -m pytest -n 2 --dist loadscope --no-loadscope-reorder -m mirror tests

browser-check: .venv/ready-to-test ## pages in headless Chromium: clicks, keys, print, accessibility; PAGES=folder for others than the sample's
	$(PY) -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable ".[browser]"
	$(if $(PAGES),LOCALITIES_PAGES="$(PAGES)") $(PY) -m pytest tests/browser/check_explorer.py

pictures: .venv/ready-to-test ## the pictures of the README, of the sample, in headless Chromium
	$(PY) -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable ".[browser]"
	$(PY) -m tests.browser.pictures

test-pythons: .venv/ready-to-test ## the tests on Python 3.11, 3.12 and 3.13; fails where one is not installed
	$(PY) -m nox --session tests

lint: .venv/ready-to-test ## format, style and types: ruff (with the checks of bandit) and mypy
	$(PY) -m ruff format --check
	$(PY) -m ruff check
	$(PY) -m mypy

audit: .venv/ready-to-test ## known vulnerabilities of the pinned packages; asks a public database, so it needs the network
	$(PY) -m pip install --quiet --disable-pip-version-check "pip-audit>=2.7,<3"
	$(PY) -m pip_audit --requirement constraints.txt --no-deps --disable-pip

mutate: .venv/ready-to-test ## change deciding lines one by one: at least 90 % must make a test fail (not on Windows)
	$(PY) -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable ".[mutate]"
	$(PY) -m mutmut run
	$(PY) -m tests.mutation

docs: .venv/ready ## build the documentation site into site/
	$(PY) -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable ".[docs]"
	$(PY) -m sphinx --builder html --quiet --fail-on-warning --keep-going docs site

bench: .venv/ready-to-test ## time the budgets of the design on real data; PEERS=1 compares its drawing with other tools, AGREEMENT=1 with what residents drew, AGAINST=revision holds old and new against each other and keeps it in docs/BENCHMARKS.md
	$(if $(PEERS),$(PY) -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable ".[peers]")
	$(PY) -m tests.bench $(if $(PEERS),--peers) $(if $(AGREEMENT),--agreement) $(if $(AGAINST),--against $(AGAINST) --record)

drills: .venv/ready-to-test ## what goes wrong at night, done on purpose: a table of faults; ONLY="kills full-disks", REAL=folder of real data, KILLS=20
	$(PY) -m tests.drills $(if $(ONLY),--only $(ONLY)) $(if $(REAL),--mirror "$(REAL)" --in-a-row 3) $(if $(KILLS),--kills $(KILLS))

team: .venv/ready-to-test ## a team's machines on this one, with real servers on loopback: a table of faults; ONLY="races dask" (needs Debian's ceph-mon, ceph-osd, radosgw, postgresql)
	$(PY) -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable ".[dask]"
	$(PY) -m tests.team $(if $(ONLY),--only $(ONLY))

qgis-check: ## open GeoPackages in QGIS without a screen: make qgis-check FILES="a.gpkg b.gpkg" [OUT=folder] [QGIS_PYTHON=python3 that has qgis]
	$(QGIS_PYTHON) tests/qgis/check.py $(FILES) $(OUT)

deploy-check: .venv/ready-to-test ## hold compose.yaml against the schema of Compose; VALUES_SCHEMA=values.schema.json of Dagster's chart for values.yaml
	$(PY) -m pip install --quiet --disable-pip-version-check "check-jsonschema>=0.31,<1"
	$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec deploy/server/compose.yaml
	$(if $(VALUES_SCHEMA),$(BIN)/check-jsonschema --schemafile "$(VALUES_SCHEMA)" deploy/cluster/values.yaml)

release: .venv/ready-to-test ## wheel, notes and image of the version that the tag names, into dist/; TRY=1 before there is a tag
	$(PY) deploy/release.py $(if $(TRY),--untagged)

ui: .venv/ready ## Dagster's web page, on the working folder
	$(BIN)/localities ui

sample: .venv/ready-to-test ## write data/sample again from its seed
	$(PY) -m tests.sample_country

clean: ## remove the environment (outputs stay)
	$(PYTHON) -c "import shutil; shutil.rmtree('.venv', ignore_errors=True)"
