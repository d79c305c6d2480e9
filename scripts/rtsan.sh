#!/usr/bin/env bash
# Plays with every feature in use while RealtimeSanitizer watches the audio callback: a lock, a sleep, an allocation or a
# system call in it ends the program and fails the test. Its runtime comes with Rust's own compiler on Linux.
set -euo pipefail
cd "$(dirname "$0")/.."

host=$(rustc -vV | sed -n 's/^host: //p')
library="$(rustc --print sysroot)/lib/rustlib/$host/lib/librustc-stable_rt.rtsan.a"
if [ ! -e "$library" ]; then
    library=$(find "$(rustc --print sysroot)/lib/rustlib/$host/lib" -name 'librustc*rt.rtsan.a' | head -n 1)
fi
if [ -z "$library" ]; then
    echo "this compiler has no runtime of RealtimeSanitizer for $host" >&2
    exit 1
fi
export RTSAN_ENABLE=1 RTSAN_LIB_PATH="$library"
# The engine's own tests, which go through every path of its callback, and a violation that must be found.
cargo test -p oscine_engine --features rtsan --lib
# The whole command, on the built-in device and on a real server.
cargo test -p oscine --features rtsan --test everything
cargo test -p oscine --features rtsan --test servers -- jack:: restart::
