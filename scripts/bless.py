"""Writes what CPython says into the conformance tests, or checks that it still says so.

    python scripts/bless.py [--check] [FILE.md ...]        (default: tests/language/*.md and docs/divergences.md)

A test is a heading `## name`, a `py` block and an `output` block; only this script writes the latter. A program without
`process` prints while it loads: its output is what it prints. A program with `process` is rendered: its output is a line
for each frame, each output channel's value as a hexadecimal float. An exception that ends either is a last line
`line N: Name: message`. The first comment lines of a program say what it is given:

    # input: SIGNAL            the samples of the next argument (or `# input name: SIGNAL`)
    # frames: 16               for a program without inputs
    # samplerate: 48000        # blocksize: 8
    # set: cutoff=500          before the first sample
    # ulp: 2                   outputs may differ from these by so many units in the last place
    # peak: 1e-12              outputs may differ by this share of the largest

SIGNAL is `ramp N` (n/N), `impulse N`, `noise N` (a linear congruential generator), `triangle N PERIOD`, `square N PERIOD`,
`edges` (the floats where arithmetic goes wrong) or `values A B C ...`.
"""

import argparse
import contextlib
import io
import os
import pathlib
import platform
import re
import sys
import tempfile
import traceback
import warnings

REFEREE = "3.11"  # later versions word some exceptions otherwise
ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "python"))
# Programs follow one another in one file within one second, and some are of one length: Python's cache of compiled files
# would take one for another.
sys.dont_write_bytecode = True
# Programs that raise on purpose are suspicious to the compiler; what they do is in their outputs.
warnings.simplefilter("ignore", SyntaxWarning)

import numpy as np  # noqa: E402

import oscine  # noqa: E402
from oscine import reference  # noqa: E402

TEST = re.compile(r"^```py\n(?P<source>.*?)^```\n(?:\n?^```output\n(?P<output>.*?)^```\n)?", re.M | re.S)
OPTION = re.compile(r"# (\w+)(?: (\w+))?: (.*)")
EDGES = (
    "0.0 -0.0 1.0 -1.0 0.5 -0.5 1.5 -1.5 2.5 -2.5 0.1 -0.1 1e-3 3.0 -3.0 7.25 1e16 -1e16 9007199254740993.0 "
    "1.7976931348623157e308 -1.7976931348623157e308 2.2250738585072014e-308 5e-324 -5e-324 inf -inf nan"
)


def signal(text):
    """The samples that a SIGNAL names."""
    name, *arguments = text.split()
    if name == "values":
        return [float(a) for a in arguments]
    if name == "edges":
        return [float(a) for a in EDGES.split()]
    frames, period = int(arguments[0]), int(arguments[1]) if len(arguments) > 1 else 1
    if name == "ramp":
        return [n / frames for n in range(frames)]
    if name == "impulse":
        return [1.0] + [0.0] * (frames - 1)
    if name == "noise":
        samples, state = [], 12345
        for _ in range(frames):
            state = (state * 1103515245 + 12345) & 0x7FFFFFFF
            samples.append(state / 1073741824.0 - 1.0)
        return samples
    if name == "triangle":
        return [4.0 * abs((n / period) % 1.0 - 0.5) - 1.0 for n in range(frames)]
    if name == "square":
        return [1.0 if n % period < period // 2 else -1.0 for n in range(frames)]
    raise SystemExit(f"unknown signal {text!r}")


def options_of(source):
    """What the first comment lines ask for."""
    options = {"inputs": [], "set": []}
    for line in source.splitlines():
        found = OPTION.fullmatch(line)
        if not found:
            break
        key, name, value = found.groups()
        if key == "input":
            options["inputs"].append((name, signal(value)))
        elif key == "set":
            options["set"].append(tuple(value.split("=", 1)))
        else:
            options[key] = float(value)
    return options


def told(error, path):
    """`line N: Name: message` for an exception that left the script."""
    name, words = type(error).__name__, str(error)
    if isinstance(error, SyntaxError):
        return f"line {error.lineno}: {name}: {error.msg}"
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == path]
    if not lines:
        raise error
    return f"line {lines[-1]}: {name}: {words}".rstrip(" :")


def run(source, path):
    """What CPython says of a program, line by line."""
    pathlib.Path(path).write_text(source, encoding="utf-8")
    options = options_of(source)
    blocksize = int(options.get("blocksize", 64))
    oscine._configure(options.get("samplerate", 48000.0), blocksize)
    printed, lines = io.StringIO(), []
    try:
        with contextlib.redirect_stdout(printed), np.errstate(all="ignore"):
            script = reference.Script(path, options["set"])
            if script.process is not None:
                frames = int(options.get("frames", max((len(values) for _, values in options["inputs"]), default=0)))
                samples = [(name, reference.fit(np.array(values)[:, None], frames)) for name, values in options["inputs"]]
                inputs = reference.match_inputs(script.arguments, samples)
                for row in reference.frames_of(script, inputs, frames, blocksize):
                    lines.append(" ".join(float(value).hex() for value in row))
    except Exception as error:
        lines.append(told(error, path))
    return printed.getvalue().splitlines() + lines


def agree(old, new, options):
    """Whether two outputs are the same within a program's own allowance: numpy rounds differently on some machines."""
    ulp, peak = int(options.get("ulp", 0)), options.get("peak", 0.0)
    if not (ulp or peak) or len(old) != len(new):
        return old == new
    try:
        old, new = (np.array([[float.fromhex(v) for v in line.split()] for line in text]) for text in (old, new))
    except ValueError:
        return old == new
    if old.shape != new.shape or (np.isnan(old) != np.isnan(new)).any():
        return False
    largest = np.abs(old[np.isfinite(old)]).max(initial=0.0)
    with np.errstate(all="ignore"):
        return not (np.abs(old - new) > np.maximum(ulp * np.spacing(np.abs(old)), peak * largest)).any()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="fail where CPython says something else")
    parser.add_argument("files", nargs="*", type=pathlib.Path)
    arguments = parser.parse_args()
    files = arguments.files or [*sorted((ROOT / "tests" / "language").glob("*.md")), ROOT / "docs" / "divergences.md"]
    stale = programs = 0
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "script.py")
        for file in files:
            text = file.read_text(encoding="utf-8")

            def blessed(test):
                nonlocal programs
                programs += 1
                lines = run(test["source"], path)
                old = (test["output"] or "").splitlines()
                if arguments.check and old and agree(old, lines, options_of(test["source"])):
                    lines = old
                output = "".join(line + "\n" for line in lines)
                return f"```py\n{test['source']}```\n\n```output\n{output}```\n"

            new = TEST.sub(blessed, text)
            if new != text:
                stale += 1
                if arguments.check:
                    print(f"{file}: CPython says something else; run `make bless` and look at the difference")
                else:
                    file.write_text(new, encoding="utf-8")
    version = ".".join(platform.python_version_tuple()[:2])
    if arguments.check and stale and version != REFEREE:
        print(f"The outputs are those of CPython {REFEREE}; this is {version}, whose words may differ: no failure.")
        stale = 0
    print(f"{programs} programs in {len(files)} files, {stale} files {'differ' if arguments.check else 'written'}")
    return 1 if arguments.check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
