"""The declaration of a parameter: checked here, read by the engine."""

import math


def param(
    default,
    min=None,
    max=None,
    *,
    unit="",
    scale="linear",
    step=None,
    smooth=0.02,
    label=None,
    group=None,
    choices=None,
    midi=None,
):
    """A value that may be moved while sound runs, by slider, MIDI, OSC, the command line or Python.

    Assign it to a module global or to an attribute: that path is its name. It is a float; an int where `default`, `min`
    and `max` are ints; a bool for `param(True)` or `param(False)`; a str where `choices` are given.

    `min` and `max` bound it, in `unit`; `scale` says how a slider's travel maps to that range, "linear" or "log"; `step`
    is the distance between permitted values; a float reaches a new value along a ramp of `smooth` seconds, in equal
    steps, or in equal ratios on a log scale; `label` is shown to people in place of the name, under the heading `group`;
    `midi` is the number of the controller, 0 to 127, that moves it.

    Raises ValueError or TypeError where these do not fit together.
    """
    if midi is not None:
        number = "midi must be a controller number from 0 to 127, not "
        if isinstance(midi, bool) or not isinstance(midi, int):
            raise TypeError(number + type(midi).__name__)
        if not 0 <= midi <= 127:
            raise ValueError(number + str(midi))
    if choices is not None:
        return _choice(default, min, max, choices)
    if isinstance(default, str):
        raise ValueError("a parameter that is a string needs choices=[...]")
    if isinstance(default, bool):
        if min is not None or max is not None:
            raise ValueError("a parameter that is True or False takes no min and max")
        return default
    for name, value in (("default", default), ("min", min), ("max", max)):
        if value is None:
            raise ValueError(f"a number needs {name}: param(default, min, max)")
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise TypeError(f"{name} must be a number, not {type(value).__name__}")
        if not math.isfinite(value):
            raise ValueError(f"{name} must be finite, not {value}")
    if not min < max:
        raise ValueError(f"min must be less than max, not {min} and {max}")
    if not min <= default <= max:
        raise ValueError(f"default {default} is not between {min} and {max}")
    if scale not in ("linear", "log"):
        raise ValueError(f'scale must be "linear" or "log", not {scale!r}')
    if scale == "log" and min <= 0:
        raise ValueError(f"a log scale needs min above 0, not {min}")
    if step is not None and not step > 0:
        raise ValueError(f"step must be above 0, not {step}")
    if not smooth >= 0:
        raise ValueError(f"smooth must be 0 or more seconds, not {smooth}")
    if isinstance(default, int) and isinstance(min, int) and isinstance(max, int):
        return default
    return float(default)


def _choice(default, min, max, choices):
    if min is not None or max is not None:
        raise ValueError("a parameter with choices takes no min and max")
    names = list(choices)
    for name in names:
        if not isinstance(name, str):
            raise TypeError(f"choices must be strings, not {type(name).__name__}")
    if default not in names:
        raise ValueError(f"default {default!r} is not one of {names}")
    return default
