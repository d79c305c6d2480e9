"""A polyphonic synthesiser: two detuned saws, an envelope and a resonant low-pass filter for each note.

    saw       s[n] = 2 phase - 1 - b(phase), where the polynomial b (PolyBLEP) rounds the step off over one sample to
              either side of it, which takes away most of the aliasing
    envelope  e[n] = e[n-1] + k (target - e[n-1]), with one k and target each for attack, decay and release
    filter    trapezoidal state-variable filter: g = tan(pi f / samplerate), its frequency f follows the envelope

It waits for notes: `oscine run examples/poly_synth.py --midi PORT`, `oscine render examples/poly_synth.py --midi
song.mid -o song.wav`. A note that takes the voice of another starts from where its envelope stands, so that nothing
clicks.

Source: V. Valimaki and A. Huovilainen, "Antialiasing Oscillators in Subtractive Synthesis", IEEE Signal Processing
Magazine 24 (2007), for PolyBLEP; A. Simper, "Solving the Continuous SVF Equations Using Trapezoidal Integration" (2013).
"""

from math import exp, pi, tan, tanh

from oscine import param, samplerate, voices

VOICES = 16
BEND = 2.0  # semitones that the wheel bends up or down
OVERSHOOT = 1.3  # the attack aims above its end, so that it gets there
SILENT = 1e-4  # a released note ends at -80 dB

cutoff = param(700.0, 40.0, 12000.0, unit="Hz", scale="log")
resonance = param(0.35, 0.0, 1.0)
sweep = param(2.5, 0.0, 6.0, unit="octaves", label="Envelope to cutoff")
detune = param(7.0, 0.0, 50.0, unit="cents")
attack = param(0.005, 0.001, 2.0, unit="s", scale="log")
decay = param(0.6, 0.01, 5.0, unit="s", scale="log")
sustain = param(0.4, 0.0, 1.0)
release = param(0.3, 0.01, 5.0, unit="s", scale="log")
volume = param(0.3, 0.0, 1.0)

rise = fall = fade = spread = damping = 0.0


def approach(seconds):
    """The share of the way that is left which one sample goes, to have gone 63 % of it after `seconds`."""
    return 1.0 - exp(-1.0 / (seconds * samplerate))


def update():
    global rise, fall, fade, spread, damping
    rise, fall, fade = approach(attack), approach(decay / 3.0), approach(release / 3.0)
    spread = 2.0 ** (detune / 2400.0)
    damping = 2.0 * (1.0 - 0.97 * resonance)


class Saw:
    def __init__(self, phase):
        self.phase = phase

    def tick(self, step):
        """One sample; `step` is the frequency as a share of the sample rate."""
        self.phase += step
        if self.phase >= 1.0:
            self.phase -= 1.0
        y = 2.0 * self.phase - 1.0
        if self.phase < step:
            t = self.phase / step
            y -= t + t - t * t - 1.0
        elif self.phase > 1.0 - step:
            t = (self.phase - 1.0) / step
            y -= t * t + t + t + 1.0
        return y


class Voice:
    def __init__(self):
        self.low, self.high = Saw(0.0), Saw(0.37)
        self.note = 69.0
        self.bend = 0.0
        self.step = 0.0
        self.strength = 0.0
        self.level = 0.0
        self.is_held = False
        self.is_rising = False
        self.band = 0.0
        self.bass = 0.0
        self.done = True

    def note_on(self, note, velocity):
        self.note = float(note)
        self.tune()
        self.strength = velocity
        self.is_held = self.is_rising = True
        self.done = False

    def note_off(self):
        self.is_held = self.is_rising = False

    def pitch_bend(self, value):
        self.bend = BEND * value
        self.tune()

    def tune(self):
        self.step = 440.0 * 2.0 ** ((self.note + self.bend - 69.0) / 12.0) / samplerate

    def envelope(self):
        if self.is_rising:
            self.level += rise * (OVERSHOOT - self.level)
            if self.level >= 1.0:
                self.level = 1.0
                self.is_rising = False
        elif self.is_held:
            self.level += fall * (sustain - self.level)
        else:
            self.level -= fade * self.level
        if self.level < SILENT and not self.is_rising:
            self.done = not self.is_held
        return self.level

    def filter(self, x, frequency):
        """The low-pass output of the state-variable filter."""
        g = tan(pi * min(frequency / samplerate, 0.45))
        band = (self.band + g * (x - self.bass)) / (1.0 + g * (g + damping))
        bass = self.bass + g * band
        self.band = 2.0 * band - self.band
        self.bass = 2.0 * bass - self.bass
        return bass

    def tick(self):
        level = self.envelope()
        saws = self.low.tick(self.step / spread) + self.high.tick(self.step * spread)
        # A harder note is brighter as well as louder.
        y = self.filter(saws, cutoff * 2.0 ** (sweep * level * self.strength))
        return level * self.strength * y


synth = voices(Voice, VOICES)


def note_on(note, velocity):
    synth.note_on(note, velocity)


def note_off(note):
    synth.note_off(note)


def control_change(number, value):
    synth.control_change(number, value)


def pitch_bend(value):
    synth.pitch_bend(value)


def process():
    # Many notes at once are rounded off, not clipped.
    return tanh(volume * synth.tick())
