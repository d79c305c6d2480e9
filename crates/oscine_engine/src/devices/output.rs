//! The output of a run, and what it hears: found by a name, opened, kept.

use std::sync::{Arc, Mutex, OnceLock};
use std::time::Instant;

use super::capture::{CaptureEar, capture};
use super::keeper::{Keeper, Opener};
use super::listening::{Delay, Ear, ring};
use super::null::Null;
use super::{
    CaptureWish, Device, DeviceError, ITSELF, ListenWish, MidiWish, NULL, Opened, Stream, Wish, channel_names, choice,
};
use crate::feed::Feed;
use crate::midi::Port;
use crate::source::Source;
use crate::stats::Stats;

/// What finds a device, or finds it again after it was gone.
type Finder = dyn Fn() -> Result<Box<dyn Device>, DeviceError> + Send + Sync;

/// A device, and the way to find it again.
#[derive(Clone)]
struct Found {
    device: Arc<dyn Device>,
    finder: Arc<Finder>,
    /// Nobody asked for this one: that it does not start is no mistake of the call.
    is_default: bool,
}

impl Found {
    /// A device that `choose` finds by a name. A number may be another device's by the time it is looked for again, so
    /// that is done by its full name.
    fn named(name: &str, choose: fn(&str) -> Result<Box<dyn Device>, DeviceError>) -> Result<Self, DeviceError> {
        let device = choose(name)?;
        let full = device.info().full_name();
        Ok(Self {
            device: device.into(),
            finder: Arc::new(move || choose(&full).map_err(not_there)),
            is_default: false,
        })
    }

    /// The default one; found again as long as it is the default one or is listed.
    fn default_output() -> Result<Self, DeviceError> {
        let device = choice::default_output()?;
        let full = device.info().full_name();
        let finder = move || match choice::default_output() {
            Ok(device) if device.info().full_name() == full => Ok(device),
            _ => choice::output(&full).map_err(not_there),
        };
        Ok(Self { device: device.into(), finder: Arc::new(finder), is_default: true })
    }

    fn null() -> Self {
        Self { device: Arc::new(Null::new()), finder: Arc::new(|| Ok(Box::new(Null::new()))), is_default: false }
    }

    /// What opens the device, now and again.
    fn opener<T: 'static>(
        &self,
        open: impl Fn(&dyn Device) -> Result<Opened<T>, DeviceError> + Send + 'static,
    ) -> Opener<T> {
        let known = Mutex::new(Some(self.device.clone()));
        let finder = self.finder.clone();
        Box::new(move || match known.lock().ok().and_then(|mut known| known.take()) {
            Some(device) => open(&*device),
            None => open(&*finder()?),
        })
    }
}

/// What else is there helps to choose a device, and not to wait for one.
fn not_there(error: DeviceError) -> DeviceError {
    if error.to_string().contains('\n') { DeviceError::new("it is not there") } else { error }
}

/// An output that sound can be played on.
#[derive(Clone)]
pub struct Output {
    found: Found,
    captures: Arc<Mutex<Captures>>,
}

#[derive(Default)]
struct Captures {
    wishes: Vec<CaptureWish>,
    ears: Vec<CaptureEar>,
    midi: Vec<MidiWish>,
}

impl Output {
    /// The output that plays if none is asked for, or, where there is none, the built-in silent one with the reason.
    pub fn system_default() -> (Self, Option<DeviceError>) {
        match Found::default_output() {
            Ok(found) => (Self::new(found), None),
            Err(error) => (Self::new(Found::null()), Some(error)),
        }
    }

    /// The output with that name, with that part of a name, with that number in [`list`](super::list), or `HOST:NAME`; `null` is the
    /// built-in one.
    pub fn named(name: &str) -> Result<Self, DeviceError> {
        if name == NULL { Ok(Self::new(Found::null())) } else { Found::named(name, choice::output).map(Self::new) }
    }

    fn new(found: Found) -> Self {
        Self { found, captures: Arc::default() }
    }

    /// What people call it.
    pub fn name(&self) -> String {
        self.found.device.info().said()
    }

    /// The rate nearest to `sample_rate` that it runs at, in Hz.
    pub fn nearest_rate(&self, sample_rate: f64) -> f64 {
        self.found.device.nearest_rate(sample_rate)
    }

    /// Listens to the input of that name, part of a name, number or `HOST:NAME`: a source, and, unless the callback of
    /// this output hears it, who feeds it. `names` are those of the script's inputs that it is for.
    ///
    /// Where output and input are of one JACK server, both are one client, and the source hears what the server gives in
    /// the very callback in which it is played. Otherwise samples travel between two clocks, and a resampler follows
    /// what these drift apart.
    pub fn listen(
        &self,
        name: &str,
        names: &[String],
        sample_rate: f64,
        block_frames: usize,
        stats: &Arc<Stats>,
    ) -> Result<Listening, DeviceError> {
        let found = Found::named(name, choice::input)?;
        if !self.found.device.hears_in_callback(&*found.device) {
            return listen(&found, names, sample_rate, block_frames, stats);
        }
        let channels = found.device.info().inputs;
        let (ear, source) = capture(channels, block_frames);
        let wish = CaptureWish { channels: channel_names(names, channels), device: found.device.info().name.clone() };
        if let Ok(mut captures) = self.captures.lock() {
            captures.wishes.push(wish);
            captures.ears.push(ear);
        }
        Ok((Box::new(source), None))
    }

    /// Hears the MIDI that comes in by `port`, of one channel, 1 to 16, or of all, in the very callback that plays, if it
    /// can: on a JACK server, where each message then sounds at the frame that it is for. Whether it does; if not, the
    /// port has to be [listened to](Port::connect) apart.
    pub fn listen_to_midi(&self, port: &Port, channel: Option<u8>) -> bool {
        let hears = self.found.device.hears_midi_of(port.host());
        if let Ok(mut captures) = self.captures.lock()
            && hears
        {
            captures.midi.push(MidiWish { port: port.own_name().to_owned(), channel });
        }
        hears
    }

    /// Whether it can be heard without a cable.
    pub fn can_hear_itself(&self) -> bool {
        self.found.device.hears_itself()
    }

    /// Listens to what is played on this output itself, before any loudspeaker, if it can: a JACK server connects its
    /// output to its input, and the built-in device gives back each block with the next.
    pub fn hear_itself(&self, block_frames: usize) -> Result<Listening, DeviceError> {
        if !self.can_hear_itself() {
            let words = format!("{} cannot hear itself: connect it to an input by a cable", self.name());
            return Err(DeviceError::new(words));
        }
        let (ear, source) = capture(1, block_frames);
        if let Ok(mut captures) = self.captures.lock() {
            captures.wishes.push(CaptureWish { channels: vec!["loop".to_owned()], device: ITSELF.to_owned() });
            captures.ears.push(ear);
        }
        Ok((Box::new(source), None))
    }

    /// Has `feed`, given the ears for what is heard in the callback, play here for as long as the keeper lives.
    pub(crate) fn play(
        &self,
        playing: Playing,
        feed: impl FnOnce(Vec<CaptureEar>) -> Box<Feed>,
    ) -> Result<Keeper<Feed>, DeviceError> {
        let captures = self.captures.lock().map(|mut captures| std::mem::take(&mut *captures)).unwrap_or_default();
        let Captures { wishes, ears, midi } = captures;
        let playing = Arc::new(playing);
        let played = playing.clone();
        let open = self.found.opener(move |device| {
            let nearest = device.nearest_rate(played.sample_rate);
            if nearest != played.sample_rate {
                let rate = played.sample_rate;
                return Err(DeviceError::new(format!("it runs at {nearest} Hz, and this sound at {rate} Hz")));
            }
            device.play(&played.wish(&wishes, &midi))
        });
        let shelter = Box::new(move || Null::new().play(&playing.wish(&[], &[])));
        Keeper::start(self.name(), open, Some(shelter), self.found.is_default, move |_| feed(ears), Instant::now())
    }
}

/// What is to be played, for as often as a device is opened.
pub(crate) struct Playing {
    /// In Hz.
    pub(crate) sample_rate: f64,
    /// The script's block.
    pub(crate) block_frames: usize,
    /// Outputs of the processor.
    pub(crate) outputs: usize,
    pub(crate) stats: Arc<Stats>,
}

impl Playing {
    fn wish<'a>(&'a self, captures: &'a [CaptureWish], midi: &'a [MidiWish]) -> Wish<'a> {
        let Self { sample_rate, block_frames, outputs, ref stats } = *self;
        Wish { sample_rate, block_frames, outputs, captures, midi, stats }
    }
}

/// Listens to a device on a clock of its own.
fn listen(
    found: &Found,
    names: &[String],
    sample_rate: f64,
    block_frames: usize,
    stats: &Arc<Stats>,
) -> Result<Listening, DeviceError> {
    let (names, counted) = (names.to_vec(), stats.clone());
    let channels = OnceLock::new();
    // A device of other rates is brought to this one on the way.
    let rate = found.device.nearest_input_rate(sample_rate);
    let open = found.opener(move |device| {
        let opened = device.listen(&ListenWish { sample_rate: rate, names: &names, stats: &counted })?;
        let own = opened.0.channels();
        let wanted = *channels.get_or_init(|| own);
        if own == wanted {
            Ok(opened)
        } else {
            Err(DeviceError::new(format!("it has {own} channels, and had {wanted}")))
        }
    });
    let mut made = None;
    let make_ear = |stream: &dyn Stream| {
        let (ear, source) = ring(stream.channels(), rate, sample_rate, block_frames, stats);
        made = Some((source, ear.delay()));
        Box::new(ear)
    };
    let keeper = Keeper::start(found.device.info().said(), open, None, false, make_ear, Instant::now())?;
    let (source, delay) = made.ok_or_else(|| DeviceError::new("the device hears nothing"))?;
    Ok((Box::new(source), Some(Listener { keeper, delay })))
}

/// Listens to an input device for as long as it lives, and looks for it again when it is gone.
pub struct Listener {
    keeper: Keeper<Ear>,
    delay: Delay,
}

impl Listener {
    /// Sees to the device; to be called every now and then. Gives lines for the user about what has changed.
    pub fn tend(&mut self) -> Vec<String> {
        self.keeper.tend(Instant::now())
    }

    /// Why nothing will be heard any more, if that is so.
    pub fn lost_device(&self) -> Option<String> {
        self.keeper.lost().map(str::to_owned)
    }

    /// Frames between a sound and its arrival at the script: what the device says by now, and what the way from its
    /// clock to that of the output takes.
    pub fn latency_frames(&self) -> usize {
        self.delay.after(self.keeper.stream().map_or(0, Stream::latency_frames))
    }
}

/// An input's samples, and who feeds them if they have a device of their own.
pub type Listening = (Box<dyn Source>, Option<Listener>);

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};
    use std::time::Duration;

    use rtrb::RingBuffer;

    use super::{Found, Null, Output};
    use crate::StopFlag;
    use crate::devices::listening::Ear;
    use crate::devices::{Device, DeviceError, DeviceInfo, ListenWish, Opened, Stream, Wish};
    use crate::feed::Feed;
    use crate::files::Sound;
    use crate::patch::Inputs;
    use crate::player::{LiveConfig, Player};
    use crate::source::SoundSource;
    use crate::stats::Stats;
    use crate::testing::{Accumulator, Overheard};

    #[derive(Default)]
    struct State {
        is_broken: bool,
        rate: f64,
    }

    /// The built-in device, made to break down, to stay away and to come back at another rate.
    struct Fragile(Null, Arc<Mutex<State>>);

    struct FragileStream(Box<dyn Stream>, Arc<Mutex<State>>);

    impl Stream for FragileStream {
        fn failure(&self) -> Option<String> {
            self.1.lock().unwrap().is_broken.then(|| "it broke".to_owned())
        }
        fn channels(&self) -> usize {
            self.0.channels()
        }
        fn latency_frames(&self) -> usize {
            self.0.latency_frames()
        }
    }

    impl Device for Fragile {
        fn info(&self) -> &DeviceInfo {
            self.0.info()
        }
        fn nearest_rate(&self, _: f64) -> f64 {
            self.1.lock().unwrap().rate
        }
        fn play(&self, wish: &Wish) -> Result<Opened<Feed>, DeviceError> {
            let (stream, usher) = self.0.play(wish)?;
            Ok((Box::new(FragileStream(stream, self.1.clone())), usher))
        }
        fn listen(&self, _: &ListenWish) -> Result<Opened<Ear>, DeviceError> {
            Err(DeviceError::new("it has no ear"))
        }
    }

    fn fragile(state: &Arc<Mutex<State>>) -> Output {
        let (own, found) = (state.clone(), state.clone());
        let finder = move || {
            if found.lock().unwrap().is_broken {
                return Err(DeviceError::new("it is not there"));
            }
            Ok(Box::new(Fragile(Null::new(), found.clone())) as Box<dyn Device>)
        };
        Output::new(Found { device: Arc::new(Fragile(Null::new(), own)), finder: Arc::new(finder), is_default: false })
    }

    /// Tends until a line with `words` comes, however slow the machine is.
    fn tend_until(player: &mut Player, words: &str) {
        for _ in 0..60_000 {
            if player.tend().iter().any(|line| line.contains(words)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        panic!("nobody said `{words}`");
    }

    #[test]
    fn sound_goes_on_from_the_same_state_through_breakdown_absence_and_return() {
        const RATE: f64 = 8000.0;
        let state = Arc::new(Mutex::new(State { is_broken: false, rate: RATE }));
        let (to, mut heard) = RingBuffer::new(1 << 21);
        let ones = Sound { sample_rate: None, channels: vec![vec![1.0]] };
        let stats = Arc::new(Stats::new(RATE));
        let config = LiveConfig {
            sample_rate: RATE,
            block_frames: 16,
            frames: None,
            score: crate::score::Score::default(),
            stop: StopFlag::default(),
            stats: stats.clone(),
            safety: crate::guard::Safety { limit_db: None, ..crate::guard::Safety::default() },
            tape: None,
            is_realtime: false,
        };
        let processor = Box::new(Overheard(Box::new(Accumulator::new()), to));
        let inputs = Inputs::in_order(Box::new(SoundSource::looped(Arc::new(ones))));
        let mut player = Player::start(config, processor, inputs, &fragile(&state)).unwrap();
        let play_on = |stats: &Stats| {
            let until = stats.snapshot().frames + 100;
            while stats.snapshot().frames < until {
                std::thread::sleep(Duration::from_millis(1));
            }
        };
        play_on(&stats);
        state.lock().unwrap().is_broken = true;
        tend_until(&mut player, "stopped: it broke");
        tend_until(&mut player, "is not back yet: it is not there");
        play_on(&stats);
        *state.lock().unwrap() = State { is_broken: false, rate: 48_000.0 };
        tend_until(&mut player, "it runs at 48000 Hz, and this sound at 8000 Hz");
        play_on(&stats);
        state.lock().unwrap().rate = RATE;
        tend_until(&mut player, "is back after");
        play_on(&stats);
        assert_eq!(player.lost_device(), None);
        drop(player);
        let heard: Vec<f64> = std::iter::from_fn(|| heard.pop().ok()).collect();
        assert!(heard.len() >= 400);
        assert!(
            heard.iter().enumerate().all(|(n, sample)| *sample == (n + 1) as f64),
            "a frame was lost or came twice"
        );
    }

    #[test]
    fn the_device_that_was_found_is_opened_first_and_looked_for_later() {
        let state = Arc::new(Mutex::new(State { is_broken: false, rate: 48_000.0 }));
        let output = fragile(&state);
        let open = output.found.opener(|device| {
            assert_eq!(device.nearest_rate(44_100.0), 48_000.0);
            Err::<Opened<Feed>, _>(DeviceError::new("opened"))
        });
        // The device that was found at first is used at first, and looked for from then on.
        assert_eq!(open().err().unwrap().to_string(), "opened");
        state.lock().unwrap().is_broken = true;
        assert_eq!(open().err().unwrap().to_string(), "it is not there");
    }
}
