"""What units are made with, checked: errors say which argument of which unit, and what is allowed."""

import oscine


def number(unit, name, value):
    """A float; of what is no number, TypeError."""
    try:
        # A text's number would be read, too.
        if not isinstance(value, str):
            return float(value)
    except TypeError:
        pass
    raise TypeError(f"{unit}(..., {name}=): a number, not {value!r}")


def one_of(unit, name, value, allowed):
    """One of these; of another, ValueError."""
    if value not in allowed:
        words = [f'"{one}"' if isinstance(one, str) else repr(one) for one in allowed]
        raise ValueError(f"{unit}(..., {name}=): {', '.join(words[:-1])} or {words[-1]}, not {value!r}")
    return value


def rate(unit, samplerate):
    """The sample rate of a unit in Hz: the script's where none is given."""
    if samplerate is None:
        return oscine.samplerate
    samplerate = number(unit, "samplerate", samplerate)
    if not samplerate > 0.0:
        raise ValueError(f"{unit}(..., samplerate=): a rate in Hz above 0, not {samplerate!r}")
    return samplerate
