#!/usr/bin/env bash
# Installs the Debian or Ubuntu packages that building and testing oscine need; does nothing where they are present.
# Usage: scripts/install-packages.sh build|test|peers
set -euo pipefail

# Elsewhere the compiler's own installation brings all of it.
if [ "$(uname -s)" != Linux ]; then
    exit 0
fi

packages=(gcc libc6-dev pkg-config libasound2-dev libjack-jackd2-dev)
if [ "${1:-build}" = test ]; then
    packages+=(python3 python3-venv jackd2 pulseaudio pulseaudio-utils libasound2-plugins valgrind)
fi
if [ "${1:-build}" = sanitize ]; then
    packages+=(valgrind)
fi
if [ "${1:-build}" = fuzz ]; then
    packages+=(g++)
fi
if [ "${1:-build}" = peers ]; then
    packages+=(g++ faust)
fi

# What matters is that the tool works, whoever installed it: a package is missing only if its tool is.
is_present() {
    case "$1" in
        gcc) command -v cc >/dev/null ;;
        g++) command -v g++ >/dev/null ;;
        faust) command -v faust >/dev/null ;;
        libc6-dev) [ -e /usr/include/stdio.h ] ;;
        pkg-config) command -v pkg-config >/dev/null ;;
        libjack-jackd2-dev) pkg-config --exists jack 2>/dev/null ;;
        jackd2) command -v jackd >/dev/null ;;
        pulseaudio) command -v pulseaudio >/dev/null ;;
        pulseaudio-utils) command -v parec >/dev/null ;;
        libasound2-plugins) ls /usr/lib/*/alsa-lib/libasound_module_pcm_pulse.so >/dev/null 2>&1 ;;
        valgrind) command -v valgrind >/dev/null ;;
        libasound2-dev) pkg-config --exists alsa 2>/dev/null ;;
        python3) command -v python3 >/dev/null ;;
        python3-venv) python3 -c 'import ensurepip, venv' 2>/dev/null ;;
    esac
}

missing=()
for package in "${packages[@]}"; do
    is_present "$package" || missing+=("$package")
done
if [ "${#missing[@]}" -eq 0 ]; then
    exit 0
fi

as_root=()
if [ "$(id -u)" -ne 0 ]; then
    as_root=(sudo)
fi
if ! command -v apt-get >/dev/null || { [ "${#as_root[@]}" -gt 0 ] && ! command -v sudo >/dev/null; }; then
    echo "oscine needs these packages, which cannot be installed from here: ${missing[*]}" >&2
    echo "Install them (the names are Debian's) and run the command again." >&2
    exit 1
fi

echo "installing ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
if ! { "${as_root[@]}" apt-get update -q && "${as_root[@]}" apt-get install -y -q --no-install-recommends "${missing[@]}"; }; then
    echo "These packages could not be installed: ${missing[*]}" >&2
    echo "Install them by hand and run the command again." >&2
    exit 1
fi
