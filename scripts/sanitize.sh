#!/usr/bin/env bash
# Runs the engine's tests under the sanitizers that Rust's stable compiler brings (its flags for them are unstable, hence
# RUSTC_BOOTSTRAP), and the tests of its queues and parameters under Valgrind's memcheck. A finding fails.
#
# Usage: scripts/sanitize.sh [thread|address|valgrind ...]      without a name, all of them
set -euo pipefail
cd "$(dirname "$0")/.."

target=${CARGO_TARGET_DIR:-$PWD/target}
host=$(rustc -vV | sed -n 's/^host: //p')
# What crosses threads without a queue of rtrb's, and what is made of such queues. These need no device and no clock.
meetings=(board:: watch_word:: schedule:: control:: devices::seat:: devices::capture:: devices::listening:: histogram::)

# The tests of the guard end a child of theirs on purpose, and a sanitizer would speak of that.
sanitized() {
    local name=$1
    shift
    RUSTC_BOOTSTRAP=1 CARGO_TARGET_DIR="$target/sanitize-$name" CARGO_PROFILE_DEV_DEBUG=line-tables-only \
        RUSTFLAGS="-Zsanitizer=$name -Cunsafe-allow-abi-mismatch=sanitizer" \
        cargo test --target "$host" -p oscine_engine --lib -- --skip realtime::tests::an_allocation "$@"
}

[ $# -gt 0 ] || set -- thread address valgrind
for check in "$@"; do
    case $check in
        thread)
            # The standard library comes without instrumentation: what it does inside a queue of its own is not seen, and
            # scripts/tsan-suppressions.txt names what is told of it wrongly.
            TSAN_OPTIONS="halt_on_error=1 suppressions=$PWD/scripts/tsan-suppressions.txt" sanitized thread
            ;;
        address)
            ASAN_OPTIONS=detect_leaks=0 sanitized address
            ;;
        valgrind)
            scripts/install-packages.sh sanitize
            tests=$(cargo test -p oscine_engine --lib --no-run --message-format=json |
                sed -n 's/.*"executable":"\([^"]*oscine_engine-[^"]*\)".*/\1/p' | tail -n 1)
            # Memory alone: Valgrind's tools for races (drd, helgrind) take every atomic of Rust for one, since on this
            # processor it is an ordinary load or store; ThreadSanitizer knows them. The test that is left out is minutes
            # of sound on one thread, and ten times as many here.
            valgrind --quiet --error-exitcode=9 --leak-check=no "$tests" --test-threads 1 \
                --skip a_sine_that_passes_from_clock_to_clock "${meetings[@]}"
            ;;
        *)
            echo "thread, address or valgrind, not $check" >&2
            exit 2
            ;;
    esac
done
