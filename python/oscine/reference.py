"""The referee: runs a script under CPython and writes what it computes.

    python -m oscine.reference SCRIPT [-i [NAME=]IN.npy] -o OUT.npy [--samplerate HZ] [--blocksize FRAMES]
                               [--channels N] [--frames N] [--set NAME=VALUE] [--event "FRAME NAME ARGUMENTS"]

Inputs are `.npy` arrays `(frames,)` or `(frames, channels)`; the output is float64 of the same layout. Each channel of an
input fills one argument of `process`, by name or in order, except that a script of one input and one output runs one
fresh instance for each channel. `update` runs before the first sample, after every `--set`. An event is a call of one of
the script's event functions before that frame, "4800 note_on 60 0.5"; in block form, before the block that has the frame.
"""

import argparse
import importlib.util
import inspect
import pathlib
import sys

import numpy as np

import oscine
from oscine._form import is_block_form


class UsageError(Exception):
    """The call, not the script, is at fault."""


class Script:
    """One instance of a script: its module, freshly executed, ready for its first sample."""

    def __init__(self, path, settings=()):
        self.text = pathlib.Path(path).read_text(encoding="utf-8")
        spec = importlib.util.spec_from_file_location("script", path)
        self.module = importlib.util.module_from_spec(spec)
        sys.path.insert(0, str(pathlib.Path(path).resolve().parent))
        try:
            spec.loader.exec_module(self.module)
        finally:
            sys.path.pop(0)
        self.process = getattr(self.module, "process", None)
        self.arguments = inspect.signature(self.process).parameters if self.process else {}
        self.block_form = self.process is not None and is_block_form(self.text, self.process)
        for name, value in settings:
            self._set(name, value)
        if hasattr(self.module, "update"):
            self.module.update()

    def hear(self, name, *arguments):
        """Calls an event function, if the script has it."""
        function = getattr(self.module, name, None)
        if function is not None:
            function(*arguments)

    def _set(self, path, text):
        owner = self.module
        *way, name = path.split(".")
        for part in way:
            owner = getattr(owner, part)
        present = getattr(owner, name)
        if isinstance(present, bool):
            value = {"true": True, "1": True, "on": True, "false": False, "0": False, "off": False}[text.lower()]
        else:
            value = type(present)(text)
        setattr(owner, name, value)


def match_inputs(arguments, inputs):
    """The samples of each connected argument, by name: `inputs` are `(name or None, (frames, channels) array)`."""
    matched = {}
    for name, samples in inputs:
        if name is not None:
            if name not in arguments:
                raise UsageError(f"process has no input `{name}`")
            matched[name] = samples[:, 0]
    free = (name for name in arguments if name not in matched)
    for name, samples in inputs:
        if name is None:
            for channel in samples.T:
                argument = next(free, None)
                if argument is None:
                    raise UsageError("more channels of input than process has arguments")
                matched[argument] = channel
    for name, argument in arguments.items():
        if name not in matched and argument.default is inspect.Parameter.empty:
            raise UsageError(f"input `{name}` is not connected")
    return matched


def fit(samples, frames):
    """`samples`, cut or zero-padded to `frames`."""
    return np.pad(samples, ((0, max(0, frames - len(samples))), (0, 0)))[:frames]


def frames_of(script, inputs, frames, blocksize, events=()):
    """Yields the outputs of each of `frames` frames of `inputs`, a block at once in block form.

    `events` are `(frame, name, *arguments)`. A script without inputs has the form of what it returns.
    """
    n = 0
    waiting = sorted(events, key=lambda event: event[0])
    while n < frames:
        last = n + blocksize - 1 if script.block_form else n
        while waiting and waiting[0][0] <= last:
            script.hear(*waiting.pop(0)[1:])
        if script.block_form:
            block = {name: np.zeros(blocksize) for name in inputs}
            for name, samples in inputs.items():
                part = samples[n : min(n + blocksize, frames)]
                block[name][: len(part)] = part
            y = script.process(**block)
        else:
            y = script.process(**{name: float(samples[n]) for name, samples in inputs.items()})
        y = y if isinstance(y, tuple) else (y,)
        if script.block_form or (not inputs and isinstance(y[0], np.ndarray) and y[0].ndim == 1):
            yield from np.column_stack(y)[: frames - n]
            n += blocksize
        else:
            yield y
            n += 1


def render(script, inputs, frames, blocksize, events=()):
    """What one instance gives for `frames` frames of `inputs`, as `(frames, outputs)`."""
    return np.array(list(frames_of(script, inputs, frames, blocksize, events)), dtype=float)


def run(path, inputs=(), *, samplerate=48000.0, blocksize=64, frames=None, channels=None, settings=(), events=()):
    """The script's output as `(frames, channels)`."""
    oscine._configure(samplerate, blocksize)
    script = Script(path, settings)
    if script.process is None:
        raise UsageError(f"{path} defines no process")
    if frames is None:
        if not inputs:
            raise UsageError("a script without inputs needs --frames")
        frames = max(len(samples) for _, samples in inputs)
    inputs = [(name, fit(samples, frames)) for name, samples in inputs]
    if len(script.arguments) == 1 and len(inputs) == 1:
        samples = inputs[0][1]
        if channels is not None and samples.shape[1] == 1:
            samples = np.repeat(samples, channels, axis=1)
        if samples.shape[1] > 1:
            (argument,) = script.arguments
            instances = [script] + [Script(path, settings) for _ in range(samples.shape[1] - 1)]
            return np.column_stack(
                [render(one, {argument: x}, frames, blocksize, events) for one, x in zip(instances, samples.T)]
            )
    matched = match_inputs(script.arguments, inputs)
    return render(script, matched, frames, blocksize, events)


def read(text):
    """`[NAME=]FILE` as `(name or None, (frames, channels) array)`."""
    name, separator, path = text.rpartition("=")
    samples = np.load(path).astype(float)
    return (name if separator else None), samples.reshape(len(samples), -1)


def read_event(text):
    """`FRAME NAME ARGUMENTS` as `(frame, name, *arguments)`."""
    frame, name, *arguments = text.split()
    return int(frame), name, *(float(a) if "." in a else int(a) for a in arguments)


def main():
    parser = argparse.ArgumentParser(prog="python -m oscine.reference", description="Run a script under CPython.")
    parser.add_argument("script")
    parser.add_argument("-i", "--input", action="append", default=[], type=read, metavar="[NAME=]FILE")
    parser.add_argument("-o", "--output", required=True, metavar="FILE")
    parser.add_argument("--samplerate", type=float, default=48000.0)
    parser.add_argument("--blocksize", type=int, default=64)
    parser.add_argument("-c", "--channels", type=int)
    parser.add_argument("--frames", type=int, help="default: the longest input's")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--event", action="append", default=[], type=read_event, metavar="'FRAME NAME ARGUMENTS'")
    options = parser.parse_args()
    try:
        output = run(
            options.script,
            options.input,
            samplerate=options.samplerate,
            blocksize=options.blocksize,
            frames=options.frames,
            channels=options.channels,
            settings=[tuple(text.split("=", 1)) for text in options.set],
            events=options.event,
        )
    except UsageError as error:
        parser.error(str(error))
    np.save(options.output, output[:, 0] if output.shape[1] == 1 else output)


if __name__ == "__main__":
    main()
