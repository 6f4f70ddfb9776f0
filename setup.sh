#!/usr/bin/env bash
# Makes the virtual environment from the lock. Called by make; argument: the folder to make it in.
set -euo pipefail
venv=$1
need=()
if [ -z "${PYTHON:-}" ]; then need+=(python3 python3-venv); fi
if [ ${#need[@]} -gt 0 ]; then
    if [ "$(id -u)" -ne 0 ]; then
        echo "Python 3.11 to 3.13 with venv is needed. As root:  apt-get install ${need[*]}" >&2
        exit 1
    fi
    echo "installing ${need[*]} ..."
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${need[@]}" >/dev/null
    PYTHON=python3
fi
echo "making $venv with $($PYTHON --version) ..."
rm -rf "$venv"
"$PYTHON" -m venv "$venv"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes \
    --requirement requirements.lock
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --ignore-requires-python \
    --requirement tests/stock.lock
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
