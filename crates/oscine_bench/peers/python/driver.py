"""Runs a workload in Python: interpreted, by Numba, or by Cython; times itself.

Speaks the protocol of c/driver.c, where that is described. Before anything else it writes how many milliseconds it took to
make the kernel ready, its first call included.

Usage: driver.py KIND PROGRAM PEERS FRAMES INPUTS
PROGRAM names the script, PEERS the sources for Numba, Cython and C; KIND is a key of KINDS.
"""

import signal

# Ctrl-C is for who started this; it ends without words.
signal.signal(signal.SIGINT, signal.SIG_DFL)

import functools
import importlib.util
import inspect
import pathlib
import sys
import time
import types

import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
PEERS = HERE.parent


def load(name, path):
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def interpreted(program, peers, x):
    """The script as a user wrote it, sample by sample where its process takes samples."""
    from oscine._form import is_block_form

    path = PEERS.parent / "scripts" / f"{program}.py"
    process = load("script", path).process
    if is_block_form(path.read_text(encoding="utf-8"), process):

        def kernel(y):
            if len(y):
                y[:] = process(*x)
    elif inspect.signature(process).parameters:

        def kernel(y):
            for n in range(len(y)):
                y[n] = process(*x[:, n])
    else:

        def kernel(y):
            for n in range(len(y)):
                y[n] = process()

    return kernel


def numba(program, peers, x, **options):
    """The file for Numba, every function of it compiled but the `process` by which oscine runs the same file."""
    import numba

    module = load("numba_kernel", PEERS / "numba" / f"{peers}.py")
    # As numpy does and C: no check of every division.
    jit = numba.njit(error_model="numpy", **options)
    for name, value in list(vars(module).items()):
        if isinstance(value, types.FunctionType) and name != "process":
            setattr(module, name, jit(value))
    return functools.partial(module.kernel, *module.arguments, *x)


def build(name, sources, folder):
    """Compiles a module of Cython into a folder and imports it."""
    from Cython.Build import cythonize
    from setuptools import Extension
    from setuptools.dist import Distribution

    flags = ["-O3", "-march=native"]
    extension = Extension(name, [str(source) for source in sources], extra_compile_args=flags, libraries=["m"])
    modules = cythonize([extension], quiet=True, build_dir=str(folder), force=True)
    command = Distribution({"ext_modules": modules}).get_command_obj("build_ext")
    command.build_lib = command.build_temp = str(folder)
    command.ensure_finalized()
    command.run()
    return load(name, command.get_ext_fullpath(name)).process


def cython(program, peers, x):
    sources = [PEERS / "cython" / f"{peers}.pyx"]
    return functools.partial(build(peers, sources, PEERS / "built" / f"cython-{program}"), x)


def cython_c(program, peers, x):
    sources = [PEERS / "cython" / "native.pyx", PEERS / "c" / f"{peers}.c"]
    return functools.partial(build("native", sources, PEERS / "built" / f"native-{program}"), x)


KINDS = {
    "interpreted": interpreted,
    "numba": numba,
    "numba-fast-math": functools.partial(numba, fastmath=True),
    "cython": cython,
    "cython-c": cython_c,
}
NEEDED = {
    "interpreted": [],
    "numba": ["numba"],
    "numba-fast-math": ["numba"],
    "cython": ["Cython", "setuptools"],
    "cython-c": ["Cython", "setuptools"],
}


def resident_bytes():
    """Memory of this process now, and the most that it had; zeros where the system does not tell."""
    try:
        lines = pathlib.Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return 0, 0
    sizes = {line.split(":")[0]: int(line.split()[1]) * 1024 for line in lines if line.startswith(("VmRSS", "VmHWM"))}
    return sizes.get("VmRSS", 0), sizes.get("VmHWM", 0)


def main():
    kind, program, peers, frames, inputs = *sys.argv[1:4], int(sys.argv[4]), int(sys.argv[5])
    for module in NEEDED[kind]:
        # Loading the compiler is no part of compiling.
        importlib.import_module(module)
    import oscine

    oscine.samplerate, oscine.blocksize = 44100.0, frames
    x = np.frombuffer(sys.stdin.buffer.read(8 * inputs * frames)).reshape(inputs, frames).copy()
    y = np.zeros(frames)
    before, _ = resident_bytes()
    begin = time.perf_counter()
    kernel = KINDS[kind](program, peers, x)
    kernel(y[:0])
    print((time.perf_counter() - begin) * 1e3, flush=True)
    for line in sys.stdin.buffer:
        blocks = int(line)
        begin = time.perf_counter_ns()
        for _ in range(blocks):
            kernel(y)
        end = time.perf_counter_ns()
        now, most = resident_bytes()
        print((end - begin) / blocks / frames, max(now - before, 0), most, *map(repr, map(float, y)), flush=True)


main()
