"""`voices`: a pool of voices for notes, in the Python that sound runs.

The binary includes this text and compiles it with the script that imports it, so that CPython and oscine run one source.

`order` holds the voices by the time of their last note: first those that sound, the oldest first, then those that are
free, the longest free first; its last element is how many sound. Only those are ticked. What `order`, `notes` and
`keys` hold has the length of the pool, so that a reload keeps all of it or, if the pool's size was edited, none.
"""

import numpy as np

import oscine
from oscine._outputs import outputs

# What the key of a voice does; at first and when it is silent, it is up.
_UP, _DOWN, _PEDAL = 0, 1, 2

# A controller's number as MIDI has it.
_SUSTAIN, _SOUND_OFF, _NOTES_OFF = 64, 120, 123

# A note as young as this is stolen last: at its start it is quieter than it will be.
_YOUNG_SECONDS = 0.01
# What is heard of a voice is remembered so long, if that is all that tells how loud it is.
_HEARD_SECONDS = 0.02

_NEEDED = (
    ("note_on", "note_on(note, velocity)", "start a note"),
    ("note_off", "note_off()", "release it"),
    ("done", "done", "be true once it is silent"),
)


def voices(voice, count, /, *arguments, steal="oldest", channels=None, **keywords):
    """A pool of `count` voices that play notes.

    `voice` is a class, or a function that gives a new object at each call; it is called with `arguments` and `keywords`.
    A voice has `note_on(note, velocity)`, `note_off()`, `tick()` (one sample; a tuple of several channels) or `process()`
    (a block), and `done`, an attribute, property or method that is true once it is silent.

    When all sound, a new note takes the voice of the "oldest" note, one whose key is up if there is any, or the
    "quietest": by the voices' `level` (attribute, property or method) if they have one, else by what was heard of them.

    `channels` is how many `tick` gives, where its `return` does not show it.
    """
    if not callable(voice):
        raise TypeError(f"voices(Voice, count): Voice must be a class or a function that makes a voice, not {_kind(voice)}")
    if isinstance(count, bool) or not isinstance(count, int):
        raise TypeError(f"voices(Voice, count): count must be an int, not {_kind(count)}")
    if not 1 <= count <= 1024:
        raise ValueError(f"voices(Voice, count): count must be from 1 to 1024, not {count}")
    if steal not in ("oldest", "quietest"):
        raise ValueError(f'voices(..., steal=): "oldest" or "quietest", not {steal!r}')
    made = [voice(*arguments, **keywords) for _ in range(count)]
    for one in made:
        _check(one)
    for i, one in enumerate(made[1:]):
        if one is made[i]:
            raise ValueError(f"each voice must be an object of its own: {_name(voice)}() gave the same one twice")
    if channels is None:
        channels = outputs(made[0].tick) if hasattr(made[0], "tick") else outputs(made[0].process)
    return Voices(made, steal, channels)


def _kind(value):
    return type(value).__name__


def _name(voice):
    return getattr(voice, "__name__", _kind(voice))


def _check(one):
    for name, written, purpose in _NEEDED:
        if not hasattr(one, name):
            raise TypeError(f"{_kind(one)} has no `{name}`: a voice needs `{written}`, to {purpose}")
    for name in ("note_on", "note_off"):
        if not callable(getattr(one, name)):
            raise TypeError(f"`{name}` of {_kind(one)} must be a method")
    if not hasattr(one, "tick") and not hasattr(one, "process"):
        raise TypeError(f"{_kind(one)} has no `tick`: a voice needs `tick()`, one sample, or `process()`, a block")


class Voices:
    """Voices and who of them plays which note."""

    def __init__(self, made, steal, channels):
        count = len(made)
        self.voices = made
        self.channels = channels
        self.order = list(range(count)) + [0]
        self.notes = [0] * count
        self.keys = [_UP] * count
        self.pedal = False
        first = made[0]
        self._ticks = hasattr(first, "tick")
        self._blocks = hasattr(first, "process")
        self._asks_done = callable(first.done)
        self._by_level = steal == "quietest"
        self._has_level = hasattr(first, "level")
        self._asks_level = self._has_level and callable(first.level)
        self._has_controls = hasattr(first, "control_change")
        if self._by_level:
            self.now = 0
            self.started = [0] * count
            self._young = int(_YOUNG_SECONDS * oscine.samplerate)
        if self._by_level and not self._has_level:
            self.heard = [0.0] * count
            self._fading = 1.0 - 1.0 / (_HEARD_SECONDS * oscine.samplerate)

    def __len__(self):
        return len(self.voices)

    def __iter__(self):
        return iter(self.voices)

    def __getitem__(self, index):
        return self.voices[index]

    @property
    def active(self):
        """How many voices sound."""
        return self.order[-1]

    # Notes.

    def note_on(self, note, velocity):
        """Starts a note: on the voice that plays it already, else on a free one, else on one that is stolen."""
        if velocity <= 0:
            self.note_off(note)
            return
        place = self._playing(note)
        if place < 0:
            place = self.order[-1]
            if place < len(self.voices):
                self.order[-1] = place + 1
            else:
                place = self._stolen()
        voice = self.order[place]
        self._shift(place, self.order[-1] - 1)
        self.notes[voice] = note
        self.keys[voice] = _DOWN
        if self._by_level:
            self.started[voice] = self.now
            if not self._has_level:
                self.heard[voice] = 0.0
        self.voices[voice].note_on(note, velocity)

    def note_off(self, note):
        """Releases a note, or leaves that to the pedal."""
        place = self._playing(note)
        if place >= 0:
            voice = self.order[place]
            if self.keys[voice] == _DOWN:
                if self.pedal:
                    self.keys[voice] = _PEDAL
                else:
                    self._release(voice)
                    self._free()

    def sustain(self, down):
        """Moves the pedal: while it is down, a note whose key goes up sounds on."""
        self.pedal = bool(down)
        if not self.pedal:
            for place in range(self.order[-1]):
                if self.keys[self.order[place]] == _PEDAL:
                    self._release(self.order[place])
            self._free()

    def all_off(self):
        """Releases all notes, those that the pedal holds too."""
        self.pedal = False
        for place in range(self.order[-1]):
            if self.keys[self.order[place]] != _UP:
                self._release(self.order[place])
        self._free()

    def silence(self):
        """Ends all notes at once, without their release."""
        for place in range(self.order[-1]):
            self.keys[self.order[place]] = _UP
        self.order[-1] = 0

    def control_change(self, number, value):
        """Follows the pedal (64) and what ends all notes (120, 123), and hands a controller on to voices that ask for it."""
        if number == _SUSTAIN:
            self.sustain(value >= 0.5)
        elif number == _SOUND_OFF:
            self.silence()
        elif number == _NOTES_OFF:
            self.all_off()
        if self._has_controls:
            for i in range(len(self.voices)):
                self.voices[i].control_change(number, value)

    def pitch_bend(self, value):
        """Hands the wheel on to all voices, to silent ones for their next note."""
        for i in range(len(self.voices)):
            self.voices[i].pitch_bend(value)

    def channel_pressure(self, value):
        """Hands the pressure of all keys on to all voices, to silent ones for their next note."""
        for i in range(len(self.voices)):
            self.voices[i].pressure(value)

    def poly_pressure(self, note, value):
        """Hands the pressure of one key on to the voice that plays its note."""
        place = self._playing(note)
        if place >= 0:
            self.voices[self.order[place]].pressure(value)

    def _release(self, voice):
        self.keys[voice] = _UP
        self.voices[voice].note_off()

    def _playing(self, note):
        """The place of the voice that plays `note`, -1 if none does."""
        found = -1
        for place in range(self.order[-1]):
            if self.notes[self.order[place]] == note:
                found = place
        return found

    def _stolen(self):
        """The place of the voice that a new note takes."""
        if self._by_level:
            return self._quietest()
        oldest = 0
        for place in range(len(self.voices) - 1, -1, -1):
            if self.keys[self.order[place]] == _UP:
                oldest = place
        return oldest

    def _quietest(self):
        quietest = 0
        least = self._level(self.order[0])
        for place in range(1, len(self.voices)):
            voice = self.order[place]
            if self.now - self.started[voice] >= self._young:
                level = self._level(voice)
                if level < least:
                    quietest = place
                    least = level
        return quietest

    def _level(self, voice):
        if not self._has_level:
            return self.heard[voice]
        return self.voices[voice].level() if self._asks_level else self.voices[voice].level

    def _shift(self, place, until):
        """Moves what is at `place` of the order back to `until`, those between one place forward."""
        voice = self.order[place]
        for i in range(place, until):
            self.order[i] = self.order[i + 1]
        self.order[until] = voice

    # Sound.

    def tick(self, *inputs):
        """One sample: the sum of the voices that sound, each given `inputs`; of several channels, a tuple."""
        if self._by_level:
            self.now += 1
        if self.channels > 1:
            return self._tick_channels(inputs)
        total = 0.0
        ended = False
        for place in range(self.order[-1]):
            voice = self.voices[self.order[place]]
            sample = self._tick_one(voice, inputs)
            total += sample
            if self._by_level and not self._has_level:
                self._hear(place, abs(sample))
            if self._is_done(voice):
                ended = True
        if ended:
            self._free()
        return total

    def _tick_channels(self, inputs):
        total = (0.0,) * self.channels
        ended = False
        for place in range(self.order[-1]):
            voice = self.voices[self.order[place]]
            samples = self._tick_one(voice, inputs)
            total = tuple([total[i] + samples[i] for i in range(self.channels)])
            if self._by_level and not self._has_level:
                self._hear(place, max([abs(samples[i]) for i in range(self.channels)]))
            if self._is_done(voice):
                ended = True
        if ended:
            self._free()
        return total

    def _tick_one(self, voice, inputs):
        return voice.tick(*inputs) if self._ticks else voice.process(*inputs)

    def _hear(self, place, level):
        voice = self.order[place]
        self.heard[voice] = max(level, self.heard[voice] * self._fading)

    def _is_done(self, voice):
        return voice.done() if self._asks_done else voice.done

    def _free(self):
        """Moves voices that are done behind those that sound."""
        place = 0
        for _ in range(self.order[-1]):
            if self._is_done(self.voices[self.order[place]]):
                self.keys[self.order[place]] = _UP
                self._shift(place, len(self.voices) - 1)
                self.order[-1] -= 1
            else:
                place += 1

    def process(self, *inputs):
        """One block: the sum of what the voices that sound make of it; of several channels, a tuple of arrays."""
        if not self._blocks:
            return self._process_by_ticks(inputs)
        if self._by_level:
            self.now += oscine.blocksize
        if self.channels > 1:
            return self._process_channels(inputs)
        total = np.zeros(oscine.blocksize)
        ended = False
        for place in range(self.order[-1]):
            voice = self.voices[self.order[place]]
            block = voice.process(*inputs)
            total += block
            if self._by_level and not self._has_level:
                self._hear(place, np.max(np.abs(block)))
            if self._is_done(voice):
                ended = True
        if ended:
            self._free()
        return total

    def _process_channels(self, inputs):
        total = tuple([np.zeros(oscine.blocksize) for _ in range(self.channels)])
        ended = False
        for place in range(self.order[-1]):
            voice = self.voices[self.order[place]]
            blocks = voice.process(*inputs)
            for i in range(self.channels):
                total[i][:] += blocks[i]
            if self._by_level and not self._has_level:
                self._hear(place, max([np.max(np.abs(blocks[i])) for i in range(self.channels)]))
            if self._is_done(voice):
                ended = True
        if ended:
            self._free()
        return total

    def _process_by_ticks(self, inputs):
        total = np.zeros(oscine.blocksize)
        for n in range(oscine.blocksize):
            total[n] = self.tick(*[x[n] for x in inputs])
        return total
