# `make demo` and `make test` need nothing but Python 3.11 or newer: each sets up all it uses.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SYSTEM_PACKAGES := lua5.3 lua5.4 lua-check lua-socket liblo-tools libportaudio2 iproute2 chromium ardour xvfb xdotool \
	dpf-source g++ pkg-config pulseaudio pulseaudio-utils libasound2-plugins

.PHONY: demo test lint bench docs clean

demo: $(VENV)/.core
	$(BIN)/cuewright demo

test: $(VENV)/.dev system lint
	$(BIN)/pytest

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy --strict daw_scripts/ableton/Cuewright

bench: $(VENV)/.core
	$(BIN)/cuewright bench engine

docs: $(VENV)/.core
	$(BIN)/python -m engine.protocol.generate
	$(BIN)/python -m engine.planning.presets

clean:
	rm -rf $(VENV) demo build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Cuewright needs Python 3.11 or newer; run: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv $(VENV) || { echo "No venv module; on Debian or Ubuntu: sudo apt-get install python3-venv"; exit 1; }

$(VENV)/.core: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	@touch $@

$(VENV)/.dev: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@ $(VENV)/.core

# The programs that the tests talk to; without them their tests are skipped (and fail in CI).
system:
	@if which lua5.3 lua5.4 luacheck oscsend ip chromium ardour Xvfb xdotool g++ pulseaudio pactl >/dev/null && [ -d /usr/share/dpf ] && lua5.4 -e 'require "socket"' 2>/dev/null; then :; \
	elif command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ]; then \
		apt-get update -qq && apt-get install -y -qq --no-install-recommends $(SYSTEM_PACKAGES); \
	else echo "Some tests will be skipped. To run them: sudo apt-get install $(SYSTEM_PACKAGES)"; fi
.PHONY: system
