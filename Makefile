# Two commands: `make run` and `make test`. Each sets up all it needs and can be run again at once.
PYTHON ?= python3
BIN := .venv/bin
# One at a time: with --jobs=2, lint and test are set up beside each other.
PIP := flock .venv/.made $(BIN)/pip install --quiet
# A process that may not keep what it compiled compiles all of it again at each start.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run demo test lint bench migration lock translations clean

run: .venv/.app
	$(BIN)/takedown init < /dev/null
	$(BIN)/takedown run

demo: .venv/.app
	$(BIN)/takedown demo

test: .venv/.test
	tools/need chromium redis-server libpangoft2-1.0-0 strace nginx apache2-bin lighttpd \
		lighttpd-mod-openssl haproxy
# One more than there are cores: some tests wait, and the longest come first.
	$(BIN)/python -m pytest -n $$(($$(nproc) + 1)) --dist loadfile --no-loadscope-reorder

lint: .venv/.lint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/bandit --quiet --configfile pyproject.toml --exclude takedown/stats --recursive config notices sandbox scheduler takedown
# The figures' SQL is put together from our own columns and files; what is asked is bound.
	$(BIN)/bandit --quiet --configfile pyproject.toml --skip B101,B404,B603,B606,B608 --recursive takedown/stats
	$(BIN)/python tools/translations.py check

bench: .venv/.test
	tools/need curl nginx
	tools/unpack postfix .venv/.postfix
	$(BIN)/python -m benchmarks

# For those who change the code.
migration: .venv/.app
	$(BIN)/python -m takedown.migrations "$(m)"

translations: .venv/.lint
	$(BIN)/python tools/translations.py update

lock: .venv/.lint
	tools/lock $(BIN)

clean:
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .import_linter_cache

.venv/.made:
	tools/need python3-venv
	$(PYTHON) -m venv .venv
	touch $@

.venv/.app: requirements/app.txt setup.cfg pyproject.toml | .venv/.made
	$(PIP) --require-hashes -r requirements/app.txt
	$(PIP) --no-deps --no-build-isolation --editable .
	touch $@

.venv/.test: requirements/test.txt | .venv/.app
	$(PIP) --require-hashes -r requirements/test.txt
	touch $@

.venv/.lint: requirements/lint.txt | .venv/.app
	$(PIP) --require-hashes -r requirements/lint.txt
	touch $@
