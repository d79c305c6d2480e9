"""Counts the instructions of the listed kernels under Valgrind, and holds them against those that the repository has.

    python scripts/gate.py [--bless]

The kernels are listed in `crates/oscine_bench/benches/kernels`, the counts in `crates/oscine_bench/counts.toml`: a table for
each architecture with its vectors. A kernel whose count is more than 3 % from the table's fails, upwards and downwards: a
count that is too high hides whatever is lost later. So does one that is in the list or in the table alone. `--bless` writes
this machine's table anew; look at the difference before committing it.

Where there is no Valgrind, or no table for the machine, this says so and passes. Other compilers and C libraries emit and
hold other instructions: where these are not the table's, differences are told and nothing fails.
"""

import argparse
import json
import os
import pathlib
import platform
import re
import shutil
import subprocess
import sys
import tomllib

ROOT = pathlib.Path(__file__).resolve().parent.parent
COUNTS = ROOT / "crates/oscine_bench/counts.toml"
TOOLS = ROOT / ".venv"
TOLERANCE = 0.03
BLESS = "make bless-counts"
HEAD = f"""\
# Instructions that each kernel of crates/oscine_bench/benches/kernels takes for its counted turns, under Valgrind.
# Written by `{BLESS}`, compared by `make gate`.
"""


class Stop(Exception):
    """Something without which nothing can be counted."""


def run(*command, **options):
    """The standard output of a command; what it says beside that is shown."""
    done = subprocess.run([str(word) for word in command], cwd=ROOT, text=True, stdout=subprocess.PIPE, **options)
    if done.returncode != 0:
        print(done.stdout, file=sys.stderr)
        raise Stop(f"`{' '.join(map(str, command))}` ended with status {done.returncode}")
    return done.stdout


def install_runner():
    """gungraun-runner of the version that the benches are built with; once, and outside the workspace's own artifacts."""
    lock = tomllib.loads((ROOT / "Cargo.lock").read_text())
    version = next(p["version"] for p in lock["package"] if p["name"] == "gungraun")
    runner = TOOLS / "bin/gungraun-runner"
    if runner.exists() and run(runner, "--version").split()[-1] == version:
        return
    environment = {name: value for name, value in os.environ.items() if name != "CARGO_TARGET_DIR"}
    # It starts programs and reads files; optimising it takes longer than it ever runs.
    run("cargo", "install", "gungraun-runner", "--quiet", "--locked", "--version", version, "--root", TOOLS, "--force",
        "--profile", "dev", "--config", "profile.dev.debug=false", env=environment)  # fmt: skip


def bench(*action):
    """A cargo command on the bench that counts, in the profile whose build is quick."""
    return ["cargo", *action, "--quiet", "--profile", "gate", "-p", "oscine_bench",
            "--features", "instructions", "--bench", "instructions"]  # fmt: skip


def build():
    """The program that has the kernels."""
    for line in run(*bench("build"), "--message-format", "json").splitlines():
        message = json.loads(line)
        if message.get("executable") and message["target"]["name"] == "instructions":
            return message["executable"]
    raise Stop("cargo built no program")


def count(names):
    """The instructions of each kernel."""
    path = os.pathsep.join([str(TOOLS / "bin"), os.environ["PATH"]])
    options = ["--parallel", "--output-format=json", "--nosummary"]
    lines = run(*bench("bench"), "--", *options, env=os.environ | {"PATH": path})
    counts = {}
    for line in lines.splitlines():
        if not line.startswith("{"):
            continue
        summary = json.loads(line)
        number = int(summary["id"].rpartition("_")[2])
        counts[names[number]] = instructions(summary)
    if set(counts) != set(names):
        raise Stop(f"not counted: {', '.join(sorted(set(names) - set(counts)))}")
    return {name: counts[name] for name in names}


def instructions(summary):
    """The number in what gungraun says of one kernel, all threads together."""
    return summary["profiles"][0]["data"]["total"]["metrics"]["Ir"]["values"]["new"]


def made_with():
    """What else decides about instructions."""
    rustc = re.search(r"rustc (\S+)", run("rustc", "--version"))[1]
    return f"rustc {rustc}, {' '.join(platform.libc_ver())}"


def judge(table, counts):
    """What is wrong with the counts, a line for each kernel."""
    for name in [*counts, *(name for name in table if name not in counts)]:
        if name not in table:
            yield f"{name}: {counts[name]} instructions, and no count to compare them with"
        elif name not in counts:
            yield f"{name}: a count of a kernel that is not listed any more"
        elif abs(counts[name] - table[name]) > TOLERANCE * table[name]:
            yield f"{name}: {table[name]} -> {counts[name]} instructions, {counts[name] / table[name] - 1:+.1%}"


def write(tables):
    """The file with all tables."""
    text = HEAD
    for key, table in sorted(tables.items()):
        width = max(len(name) for name in table["instructions"]) + 2
        text += f'\n["{key}"]\nwith = "{table["with"]}"\n\n["{key}".instructions]\n'
        for name, number in table["instructions"].items():
            quoted = f'"{name}"'
            text += f"{quoted:<{width}} = {number}\n"
    COUNTS.write_text(text)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bless", action="store_true", help="write this machine's counts into the file")
    is_blessing = parser.parse_args().bless
    if not shutil.which("valgrind"):
        print("gate: no Valgrind here, so no instructions are counted")
        return 1 if is_blessing else 0
    install_runner()
    # Valgrind has a processor of its own: only what runs in it sees which vectors there are.
    key, *names = run("valgrind", "--quiet", "--tool=none", build(), "--describe").splitlines()
    tables = tomllib.loads(COUNTS.read_text()) if COUNTS.exists() else {}
    if key not in tables and not is_blessing:
        print(f"gate: counts.toml has no counts for {key}; `{BLESS}` would write them")
        return 0
    counts, tools = count(names), made_with()
    old = tables.get(key, {"with": tools, "instructions": {}})
    complaints = list(judge(old["instructions"], counts))
    print("\n".join(complaints), end="\n" if complaints else "")
    if is_blessing:
        write(tables | {key: {"with": tools, "instructions": counts}})
        print(f"gate: {len(counts)} counts for {key} written")
    elif tools != old["with"]:
        print(f"gate: {len(complaints)} of {len(counts)} kernels differ; that is not judged, as the counts were made with\n"
              f"{old['with']}, and this is {tools}; `{BLESS}` writes them anew")  # fmt: skip
    elif complaints:
        print(f"gate: {len(complaints)} of {len(counts)} kernels are not within {TOLERANCE:.0%} of their counts.")
        print(f"Where more is meant, and wherever it is less, `{BLESS}` and commit the file with a word on why.")
        return 1
    else:
        print(f"gate: {len(counts)} kernels within {TOLERANCE:.0%} of their counts")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Stop as reason:
        sys.exit(f"gate: {reason}")
