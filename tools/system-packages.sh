#!/bin/sh
# The system packages that the set-up needs: installed where this may (root, or sudo without a password), named where not.
# usage: system-packages.sh PYTHON
set -eu
python=$1
missing=

have_python() { "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }
have_venv() { "$python" -c 'import ensurepip, venv' 2>/dev/null; }

have_python || missing="$missing python3"
have_python && have_venv || missing="$missing python3-venv"
# A zone file is needed for civil days; the tzdata package of Python serves where the system has none.

[ -n "$missing" ] || exit 0

if ! command -v apt-get >/dev/null 2>&1; then
    echo "setup: this machine lacks:$missing (Python 3.11 or newer with venv). Install it, then run make again." >&2
    exit 1
fi
if [ "$(id -u)" = 0 ]; then
    as_root=
elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
    as_root=sudo
else
    echo "setup: this machine lacks:$missing. As root:  apt-get install$missing   then run make again." >&2
    exit 1
fi
echo "setup: installing$missing"
$as_root apt-get -qq update
# shellcheck disable=SC2086  # a list of packages
DEBIAN_FRONTEND=noninteractive $as_root apt-get -qq install -y --no-install-recommends $missing >/dev/null
if ! have_python; then
    echo "setup: $python is older than 3.11. Name a newer one:  make PYTHON=python3.11 ..." >&2
    exit 1
fi
