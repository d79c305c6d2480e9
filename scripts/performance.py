#!/usr/bin/env python3
"""Measures and rewrites the measured parts of docs/performance.md, and its plots.

Usage: performance.py OSCINE PYTHON [OPTION ...]     (options of `oscine bench`, such as --rounds 51 --seconds 2)

A part of the page is what lies between `<!-- NAME -->` and `<!-- end of NAME -->`: `machine`, `bench`, `scaling` and `bounds`.
All else on the page is written by hand and left alone. Nothing is written unless all that was asked for could be measured.
"""

import pathlib
import platform
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "performance.md"

# Cycles a second of the machine for which the bounds were counted, in GHz: AMD Zen 4.
GHZ = 3.7

# Program, side, the chain or the work that bounds it, and its cycles a sample: counted by hand, as the page tells.
BOUNDS = [
    ("one_pole", "oscine", "product 3, sum 3", 6),
    ("one_pole_block", "oscine", "the same; the output of the last turn stays in a register", 6),
    ("one_pole", "oscine native", "difference 3, product 3, two sums 6", 12),
    ("biquad", "oscine", "`y` 3, times `a1` 3, two sums 6", 12),
    (
        "butterworth",
        "oscine native",
        "a section: product 3, differences 6, product 3, to `band` 6, to the new memory 6, through memory 7",
        31,
    ),
    (
        "ring_core",
        "oscine",
        "a step: `g` 4 products and a mask 13, its half 3, four sums 12, `K1` 3, half 3, three sums 9: 43; 30 steps",
        1290,
    ),
    ("ring_modulator", "oscine", "the same; the low-pass is beside it", 1290),
    (
        "ring_modulator",
        "oscine native",
        "a step of Newton's 69, 1.80 of them and 16 between them at twice the rate; the half-bands' work 37",
        318,
    ),
    (
        "ring_modulator",
        "oscine native, one of 8 voices",
        "the same for all eight; eight times the half-bands' work 37",
        (281 + 8 * 37) / 8,
    ),
    (
        "vcs3",
        "oscine",
        "a stage: difference 3, division by a constant 7, tanh 34, 9 to the next voltage: 53; four of them and a product "
        "an iteration: 215; 8.85 iterations",
        1903,
    ),
    ("vcs3", "oscine native", "a step of Newton's 162, 2.215 of them; 6 to the next sample", 365),
    ("vcs3", "oscine native, one of 8 voices", "the same for all eight", 365 / 8),
    ("sines64", "oscine", "none: 64 chains beside one another; 45 operations a sine at up to four a cycle", 720),
    ("sines64", "oscine native", "none; a vector of eight sines 14 cycles of products and sums on two units", 112),
]


def medians(tables):
    """Median in µs by program and side, from the Markdown of `oscine bench`."""
    times, program = {}, None
    for line in tables.splitlines():
        if line.startswith("### "):
            program = line.removeprefix("### ").split(":")[0]
        cells = [cell.strip() for cell in line.split("|")]
        if len(cells) > 4 and re.fullmatch(r"[\d.]+", cells[3]):
            times.setdefault((program, cells[1]), float(cells[3]))
    return times


def bounds(tables):
    """What bounds each kernel beside what was measured."""
    times = medians(tables)
    headings = ["program", "side", "chain or work, cycles", "bound, cycles", "ns", "median, ns", "bound / median"]
    lines = [f"| {' | '.join(headings)} |", "|---" * len(headings) + "|"]
    for program, side, chain, cycles in BOUNDS:
        ns, median = cycles / GHZ, times.get((program, side))
        measured = f"{1e3 * median:.4g} | {0.1 * ns / median:.0f} %" if median else "- | -"
        lines.append(f"| {program} | {side} | {chain} | {cycles:.0f} | {ns:.3g} | {measured} |")
    return "\n".join(lines)


def said(*command):
    """The first line that a command answers, or why there is none."""
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[0]
    except (OSError, subprocess.CalledProcessError, IndexError):
        return f"no {command[0]}"


def machine(oscine, python):
    """What the figures depend on."""
    cpu = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
    modules = "import numba, Cython, numpy, sys; print(sys.version.split()[0], numba.__version__, Cython.__version__)"
    versions = said(python, "-c", modules).split()
    known = dict(zip(("CPython", "Numba", "Cython"), versions, strict=False)) if len(versions) == 3 else {}
    rows = {
        "processor": cpu.group(1) if cpu else platform.processor(),
        "system": f"{platform.system()} {platform.machine()}",
        "oscine": said(oscine, "--version").removeprefix("oscine "),
        "gcc": said("gcc", "-dumpfullversion"),
        "Faust": said("faust", "--version").removeprefix("FAUST Version "),
        **known,
    }
    return "".join(f"| {name} | {value} |\n" for name, value in ({"": "", "---": "---"} | rows).items())


def measured(oscine, arguments):
    command = [oscine, "bench", "--markdown", *arguments]
    print(" ".join(map(str, command)), file=sys.stderr)
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, cwd=ROOT).stdout


def put(page, name, text):
    """The page with another part of that name."""
    begin, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->\n"
    if page.count(begin) != 1 or page.count(end) != 1:
        sys.exit(f"{PAGE}: no part {name}")
    before, rest = page.split(begin)
    return f"{before}{begin}\n{text.strip()}\n\n{end}{rest.split(end)[1]}"


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    oscine, python, options = str(pathlib.Path(sys.argv[1]).resolve()), sys.argv[2], sys.argv[3:]
    scripts = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "examples").glob("*.py"))
    parts = {
        "machine": machine(oscine, python),
        "bench": measured(
            oscine, ["--python", python, "--plot", "docs/performance.svg", *options, "--ready", *scripts]
        ),
        "scaling": measured(oscine, ["scaling", "--plot", "docs/scaling.svg", *options]),
    }
    parts["bounds"] = bounds(parts["bench"])
    page = PAGE.read_text(encoding="utf-8")
    for name, text in parts.items():
        page = put(page, name, text)
    PAGE.write_text(page, encoding="utf-8")


main()
