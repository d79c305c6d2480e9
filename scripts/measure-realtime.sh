#!/usr/bin/env bash
# Measures how oscine keeps time on a JACK dummy server of its own, under no load, file copy and CPU load, in turn with the
# controls, and puts the tables and the plot into docs/realtime.md. Nothing else should run meanwhile.
#
# Usage: scripts/measure-realtime.sh [SECONDS [LOADS [FOLDER]]]
#   SECONDS  of the script under each load; each control takes a fifth of that besides [600]
#   LOADS    as of `oscine realtime --load` [none,copy,cpu]
#   FOLDER   where the series, the figures and the plot go [target/realtime]
# Environment: OSCINE (the binary), SCRIPT, RATE, FRAMES, SLICE (seconds of a turn), DOCS=no (leave docs/realtime.md alone)
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=${1:-600}
loads=${2:-none,copy,cpu}
folder=${3:-target/realtime}
oscine=${OSCINE:-${CARGO_TARGET_DIR:-target}/release/oscine}
script=${SCRIPT:-examples/vcs3.py}
rate=${RATE:-44100}
frames=${FRAMES:-64}

command -v jackd >/dev/null || { echo "jackd is not installed: scripts/install-packages.sh test" >&2; exit 1; }
[ -x "$oscine" ] || { echo "$oscine is not there: make build" >&2; exit 1; }
mkdir -p "$folder"

# A server of our own, whoever else runs one. Real-time priority as far as the system grants it.
server="oscine-realtime-$$"
export JACK_DEFAULT_SERVER="$server" JACK_NO_AUDIO_RESERVATION=1
jackd -n "$server" -R -P70 -d dummy -r "$rate" -p "$frames" >"$folder/jackd.log" 2>&1 </dev/null &
jackd=$!
end() {
    kill "$jackd" 2>/dev/null || true
    wait "$jackd" 2>/dev/null || true
}
trap end EXIT
trap 'exit 130' INT TERM
for _ in $(seq 50); do
    "$oscine" devices 2>/dev/null | grep -q '\[JACK\]' && break
    kill -0 "$jackd" 2>/dev/null || { echo "the JACK server did not start:" >&2; cat "$folder/jackd.log" >&2; exit 1; }
    sleep 0.2
done

slice=()
[ -n "${SLICE:-}" ] && slice=(--slice "$SLICE")
"$oscine" realtime "$script" -o JACK:system --samplerate "$rate" --blocksize "$frames" \
    --seconds "$seconds" --load "$loads" --controls "${slice[@]}" \
    --csv "$folder/series.csv" --plot "$folder/realtime.png" --stats "$folder/figures.json" --markdown >"$folder/tables.md"
# The same picture as lines, from the series.
"$oscine" realtime "$folder/series.csv" --plot "$folder/realtime.svg" >/dev/null
cat "$folder/tables.md"

if [ "${DOCS:-yes}" != no ]; then
    cp "$folder/realtime.png" docs/realtime.png
    python3 - "$folder/tables.md" docs/realtime.md <<'PYTHON'
import sys

tables, page = sys.argv[1:]
begin, end = "<!-- measured -->\n", "<!-- end of measured -->\n"
text = open(page).read()
before, rest = text.split(begin)
_, after = rest.split(end)
plot = "\n![Idle time, processing time and their sum under each load, of the script and both controls](realtime.png)\n"
open(page, "w").write(before + begin + open(tables).read() + plot + end + after)
PYTHON
    echo "docs/realtime.md and docs/realtime.png are up to date" >&2
fi
