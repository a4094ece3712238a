#!/bin/sh
# Prints a Python that the set-up can use, 3.11 or newer with venv. Where there is none, installs Debian's if it may (root, or
# sudo without a password), and names the packages if it may not. All it has to say goes to stderr.
# usage: system-packages.sh PYTHON
set -eu
wanted=$1
# The first python3 of the PATH may be an older one; one that was named is taken or refused, not replaced.
candidates=$wanted
[ "$wanted" = python3 ] && candidates="python3 /usr/bin/python3 python3.11 python3.12 python3.13 python3.14"

say() { echo "setup: $*" >&2; }
is_new() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }
has_venv() { "$1" -c 'import ensurepip, venv' 2>/dev/null; }

# Prints the first that will do, and ends.
print_usable() {
    for python in $candidates; do
        if is_new "$python" && has_venv "$python"; then
            [ "$python" = "$wanted" ] || say "$wanted is older than 3.11 or has no venv; using $python"
            echo "$python"
            exit 0
        fi
    done
}

print_usable
if [ "$wanted" != python3 ]; then
    say "$wanted is not there, is older than 3.11, or has no venv. Name another one:  make PYTHON=..."
    exit 1
fi
missing="python3 python3-venv"
if ! command -v apt-get >/dev/null 2>&1; then
    say "Python 3.11 or newer with venv is missing. Install it, then run make again; make PYTHON=... names one elsewhere."
    exit 1
fi
if [ "$(id -u)" = 0 ]; then
    as_root=
elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
    as_root=sudo
else
    say "Python 3.11 or newer with venv is missing. As root:  apt-get install $missing"
    say "Then run make again."
    exit 1
fi
say "installing $missing"
$as_root apt-get -qq update >&2
# shellcheck disable=SC2086  # a list of packages
$as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends $missing >/dev/null
print_usable
say "this system's python3 is older than 3.11. Install a newer one and name it:  make PYTHON=python3.11 ..."
exit 1
