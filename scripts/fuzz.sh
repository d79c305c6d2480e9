#!/usr/bin/env bash
# Has libFuzzer look for bytes that make a reader of bytes panic, or AddressSanitizer speak, from the corpus of the tests on.
#
# Usage: scripts/fuzz.sh [SECONDS [TARGET ...]]      60 seconds for each of all targets
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=${1:-60}
shift || true
targets=("$@")
[ "${#targets[@]}" -gt 0 ] || targets=(osc midi_bytes midi_file automation_csv automation_json sound_file)
target=${CARGO_TARGET_DIR:-$PWD/target}
scripts/install-packages.sh fuzz
if ! command -v cargo-fuzz >/dev/null; then
    export PATH="$target/tools/bin:$PATH"
    command -v cargo-fuzz >/dev/null || cargo install --quiet --root "$target/tools" cargo-fuzz
fi
# In the versions of everything that the project has.
[ -e fuzz/Cargo.lock ] || cp Cargo.lock fuzz/Cargo.lock
OSCINE_CORPUS="$PWD/fuzz/corpus" cargo test --quiet -p oscine --test fuzz -- --ignored --exact write_corpus
for name in "${targets[@]}"; do
    echo "== $name, $seconds s"
    # cargo-fuzz asks for a nightly compiler; the stable one has what it needs.
    RUSTC_BOOTSTRAP=1 CARGO_TARGET_DIR="$target/fuzz" cargo fuzz run "$name" -- -max_total_time="$seconds" -max_len=65536 \
        -rss_limit_mb=4096 -print_final_stats=1
done
