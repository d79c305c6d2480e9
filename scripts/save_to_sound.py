"""From save to sound: plays each script on the silent device, saves it over and over, and prints what the reloads took.

    python scripts/save_to_sound.py OSCINE SCRIPT ... [--saves N]

The times are those of the line `reloaded ... in N ms`: from when oscine saw the save to the first block of the new version.
"""

import argparse
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile

RELOADED = re.compile(r"^reloaded .* in (\d+) ms: ")
PLAYING = re.compile(r"^playing ")


def wait(lines, pattern):
    """What `pattern` finds in the next line that it fits."""
    seen = []
    for line in lines:
        seen.append(line)
        found = pattern.match(line)
        if found:
            return found
    raise SystemExit("oscine ended:\n" + "".join(seen))


def times(oscine, script, saves):
    """The milliseconds of each reload of a script that plays."""
    with tempfile.TemporaryDirectory() as folder:
        copy = pathlib.Path(folder, script.name)
        text = script.read_text(encoding="utf-8")
        copy.write_text(text, encoding="utf-8")
        playing = subprocess.Popen(
            [oscine, "run", str(copy), "-o", "null"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
        )
        try:
            wait(playing.stdout, PLAYING)
            measured = []
            for save in range(saves):
                copy.write_text(f"{text}\n# saved {save} times before\n", encoding="utf-8")
                measured.append(int(wait(playing.stdout, RELOADED)[1]))
            return measured
        finally:
            playing.kill()
            playing.wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("oscine", help="the program")
    parser.add_argument("scripts", nargs="+", type=pathlib.Path)
    parser.add_argument("--saves", type=int, default=20)
    options = parser.parse_args()
    width = max(len(script.stem) for script in options.scripts)
    print(f"{'':{width}}  {'least':>6}  {'median':>6}  {'most':>6}  ms from save to sound, {options.saves} saves")
    for script in options.scripts:
        measured = times(options.oscine, script, options.saves)
        least, most = min(measured), max(measured)
        print(f"{script.stem:{width}}  {least:6}  {statistics.median(measured):6.0f}  {most:6}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
