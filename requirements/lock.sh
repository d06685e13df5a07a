#!/bin/sh
# Pins every dependency with its hashes: run after changing the dependencies in pyproject.toml.
set -eu
cd "$(dirname "$0")/.."
OPTIONS="--quiet --generate-hashes --strip-extras --allow-unsafe --no-header
  --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-emit-options"
pip-compile $OPTIONS --extra dev --output-file requirements/dev.txt pyproject.toml
pip-compile $OPTIONS --constraint requirements/dev.txt --output-file requirements/runtime.txt pyproject.toml
pip-compile $OPTIONS --output-file requirements/bench.txt requirements/bench.in
