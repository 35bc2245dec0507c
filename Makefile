# Two commands: `make demo` and `make test`. Both need only git, make and Python >= 3.11.
PYTHON ?= python3
BIN := .venv/bin
# make demo CITIES=441800: one city (or several, with commas) instead of the province
CITIES ?=

.PHONY: packages demo test test-quick lint types layers docs wheel readme city clean

.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed, this is %d.%d" % sys.version_info[:2] if sys.version_info < (3, 11) else 0)'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[all,docs,test]'
	touch $@

packages:
	tools/install_system_packages.sh

demo: .venv/installed
	rm -rf outputs/guangdong/study
	$(BIN)/infraplan new guangdong outputs/guangdong/study --results .. $(if $(CITIES),--cities $(CITIES))
	$(BIN)/infraplan run outputs/guangdong/study --overwrite
	@echo
	@echo "打开 / open: outputs/guangdong/index.html"

# make test: all tests; make test-quick: all but those marked thorough
TESTS := -m pytest -n 2 --dist loadfile --no-loadscope-reorder

test: .venv/installed
	$(BIN)/python $(TESTS)

test-quick: .venv/installed
	$(BIN)/python $(TESTS) -m "not thorough"

lint: .venv/installed
	$(BIN)/ruff check infraplan tests tools benchmarks examples
	$(BIN)/ruff format --check --quiet infraplan tests tools benchmarks examples

types: .venv/installed
	$(BIN)/mypy infraplan

layers: .venv/installed
	$(BIN)/lint-imports

docs: .venv/installed
	$(BIN)/python tools/build_docs.py build/site

wheel: .venv/installed
	$(BIN)/python tools/check_wheel.py

readme: .venv/installed
	$(BIN)/python tools/run_readme.py README.md

# make city: the city of the tutorial, whose figures are compared with its page
city: .venv/installed
	rm -rf build/city
	$(BIN)/infraplan new guangdong build/city/study --results .. --cities 442000
	$(BIN)/infraplan run build/city/study
	$(BIN)/python tools/check_readme_figures.py build/city/summary.json docs/tutorial/first-city.md

clean:
	rm -rf .venv outputs/guangdong build docs/generated
