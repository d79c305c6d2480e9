//! Real servers of sound, each test with one of its own: a JACK server with a simulated card, a `PulseAudio` server with a
//! sink that leads nowhere. Where a server is not installed its tests say so and do nothing; `make test` installs them.
//!
//! A busy machine takes the processor away from servers and clients alike, for as long as it likes. So nothing is asserted
//! of time, nor of how often a server had to skip. JACK runs in its synchronous mode, in which it waits for its clients
//! and loses nothing of a period that it plays. What sounded is judged where nobody reported a gap; where somebody did, it
//! is played again, five times at most, and if the machine never leaves it alone, the test says that and judges nothing.
//! A fault that nobody reported is a failure at once.
#![cfg(target_os = "linux")]

mod jack;
mod jack_server;
mod latency;
mod probe;
mod pulse;
mod pulse_server;
mod restart;
mod running;
mod signal;
mod soak;

/// A sine of 440 Hz at half of full scale, in an even and an odd way of writing it.
const SINE: &str = "import math\nfrom oscine import samplerate\n\nphase = 0.0\n\ndef process():\n    global phase\n    \
                    phase = (phase + 440.0 / samplerate) % 1.0\n    return 0.5 * math.sin(2.0 * math.pi * phase)\n";

/// What `SINE` plays.
const SINE_HZ: f64 = 440.0;
const SINE_PEAK: f64 = 0.5;

/// How often something is played until it is left alone.
const ATTEMPTS: usize = 5;
