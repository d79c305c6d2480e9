//! Keeps somebody seated at a device that comes and goes.
//!
//! A device that fails is closed, its guest comes home with all its state, and the device is looked for again: after
//! 0.1 s, then after twice as long each time, up to 2 s. Meanwhile a guest that has somewhere else to be goes on there:
//! sound plays on in silence, so that its clock, its events and what is recorded of it stay in time. Nothing of this
//! touches the audio thread; [`Keeper::tend`] is called every now and then, and says what happened in words.

use std::time::{Duration, Instant};

use super::{DeviceError, Guest, Opened, Stream, Usher};

const FIRST_WAIT: Duration = Duration::from_millis(100);
const LONGEST_WAIT: Duration = Duration::from_secs(2);
/// A device that does not call for this long, nor at so many looks, has stopped.
const PATIENCE: Duration = Duration::from_secs(5);
const PATIENT_LOOKS: u32 = 20;
/// A device that was closed and keeps its guest for this long will not give it back.
const FAREWELL: Duration = Duration::from_secs(10);
/// A device that ran so long has come to stay: the next time it is looked for soon again.
const SETTLED: Duration = Duration::from_secs(10);

/// Opens a device anew, whenever it is asked to.
pub(crate) type Opener<T> = Box<dyn Fn() -> Result<Opened<T>, DeviceError> + Send>;

/// Keeps a guest at a device.
pub(crate) struct Keeper<T> {
    name: String,
    open: Opener<T>,
    /// Opens the place where the guest is while the device is away.
    shelter: Option<Opener<T>>,
    /// At the device, or, during an absence, in the shelter.
    sitting: Option<Sitting<T>>,
    absence: Option<Absence>,
    /// The device is closed, and the guest not home yet.
    leaving: Option<Usher<T>>,
    /// At home.
    guest: Option<Box<T>>,
    lost: Option<String>,
    watch: CallWatch,
    came: Instant,
    wait: Duration,
    /// A line that has not been told yet.
    news: Option<String>,
}

struct Sitting<T> {
    // Dropped first: the guest leaves its seat before the usher goes.
    stream: Box<dyn Stream>,
    usher: Usher<T>,
}

struct Absence {
    since: Instant,
    next_look: Instant,
    /// What was said last, which is not said twice.
    said: String,
}

/// Sees whether a device still calls.
struct CallWatch {
    calls: u64,
    since: Instant,
    looks: u32,
}

impl CallWatch {
    fn new(now: Instant) -> Self {
        Self { calls: 0, since: now, looks: 0 }
    }

    /// Whether the device has fallen silent. Time alone does not tell: the whole machine may have stood still.
    fn is_silent(&mut self, calls: u64, now: Instant) -> bool {
        if calls != self.calls {
            *self = Self { calls, since: now, looks: 0 };
        }
        self.looks += 1;
        self.looks > PATIENT_LOOKS && now.duration_since(self.since) > PATIENCE
    }
}

impl<T: Guest> Keeper<T> {
    /// Seats a guest, who is made for its stream, at the device that `open` opens; `name` is what people call it. A
    /// device that does not open is an error, unless `may_wait` is set and there is a shelter: then it is waited for.
    pub(crate) fn start(
        name: String,
        open: Opener<T>,
        shelter: Option<Opener<T>>,
        may_wait: bool,
        guest: impl FnOnce(&dyn Stream) -> Box<T>,
        now: Instant,
    ) -> Result<Self, DeviceError> {
        let (mut absence, mut news) = (None, None);
        let (stream, mut usher) = match (open(), &shelter) {
            (Err(error), Some(shelter)) if may_wait => {
                let said = error.to_string();
                news = Some(format!("{name} does not start: {said}; waiting for it"));
                absence = Some(Absence { since: now, next_look: now + FIRST_WAIT, said });
                shelter()?
            }
            (opened, _) => opened?,
        };
        let gone = |_| DeviceError::new(format!("{name} stopped as soon as it had started"));
        usher.send(guest(&*stream)).map_err(gone)?;
        Ok(Self {
            name,
            open,
            shelter,
            sitting: Some(Sitting { stream, usher }),
            absence,
            leaving: None,
            guest: None,
            lost: None,
            watch: CallWatch::new(now),
            came: now,
            wait: FIRST_WAIT,
            news,
        })
    }

    /// The stream that plays or listens now, if any does.
    pub(crate) fn stream(&self) -> Option<&dyn Stream> {
        self.sitting.as_ref().map(|sitting| &*sitting.stream)
    }

    /// Why nothing will sound any more, if that is so.
    pub(crate) fn lost(&self) -> Option<&str> {
        self.lost.as_deref()
    }

    /// Sees to the device. Gives lines for the user about what has changed since the last call.
    pub(crate) fn tend(&mut self, now: Instant) -> Vec<String> {
        let mut lines: Vec<String> = self.news.take().into_iter().collect();
        if self.absence.is_none() {
            lines.extend(self.notice_failure(now));
            lines.extend(self.sitting.iter_mut().flat_map(|sitting| sitting.stream.tend(now)));
        }
        if self.absence.is_some() {
            lines.extend(self.welcome_home(now));
            self.go_to_shelter();
            lines.extend(self.look_for_device(now));
        }
        lines
    }

    /// Closes a device that has failed.
    fn notice_failure(&mut self, now: Instant) -> Option<String> {
        let sitting = self.sitting.as_ref()?;
        let is_silent = self.watch.is_silent(sitting.usher.calls(), now);
        let silence = || is_silent.then(|| "it has not called for a while".to_owned());
        let why = sitting.stream.failure().or_else(silence)?;
        if now.duration_since(self.came) > SETTLED {
            self.wait = FIRST_WAIT;
        }
        self.absence = Some(Absence { since: now, next_look: now + self.wait, said: String::new() });
        self.leaving = self.sitting.take().map(|sitting| sitting.usher);
        Some(format!("{} stopped: {why}; waiting for it to come back", self.name))
    }

    fn welcome_home(&mut self, now: Instant) -> Option<String> {
        self.guest = self.leaving.as_mut()?.take_back();
        if self.guest.is_some() {
            self.leaving = None;
            self.lost = None;
            return None;
        }
        let since = self.absence.as_ref()?.since;
        if now.duration_since(since) < FAREWELL || self.lost.is_some() {
            return None;
        }
        self.lost = Some(format!("{} stopped and does not let go of the sound", self.name));
        self.lost.clone()
    }

    fn go_to_shelter(&mut self) {
        if self.guest.is_some()
            && let Some(Ok((stream, usher))) = self.shelter.as_ref().map(|open| open())
        {
            self.seat(stream, usher);
        }
    }

    /// Seats the guest that is at home, where it stays if the stream is gone already. Whether it sits.
    fn seat(&mut self, stream: Box<dyn Stream>, mut usher: Usher<T>) -> bool {
        if let Some(mut guest) = self.guest.take() {
            guest.moves();
            self.guest = usher.send(guest).err();
        }
        let sits = self.guest.is_none();
        if sits {
            self.sitting = Some(Sitting { stream, usher });
        }
        sits
    }

    /// Opens the device again if it is time to, and seats the guest there.
    fn look_for_device(&mut self, now: Instant) -> Option<String> {
        let absence = self.absence.as_mut()?;
        if now < absence.next_look || self.leaving.is_some() {
            return None;
        }
        self.wait = (2 * self.wait).min(LONGEST_WAIT);
        absence.next_look = now + self.wait;
        let (stream, usher) = match (self.open)() {
            Ok(opened) => opened,
            Err(error) => {
                let words = error.to_string();
                let is_news = absence.said != words;
                absence.said.clone_from(&words);
                return is_news.then(|| format!("{} is not back yet: {words}", self.name));
            }
        };
        let seconds = now.duration_since(absence.since).as_secs_f64();
        self.leaving = self.sitting.take().map(|sitting| sitting.usher);
        self.welcome_home(now);
        if self.guest.is_none() || !self.seat(stream, usher) {
            return None;
        }
        self.absence = None;
        self.watch = CallWatch::new(now);
        self.came = now;
        Some(format!("{} is back after {seconds:.1} s", self.name))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};
    use std::time::{Duration, Instant};

    use super::Keeper;
    use crate::devices::{DeviceError, Guest, Opened, Seat, Stream, seat};

    impl Guest for u32 {}

    /// A device of the test's: whether it is there, and what sits at it.
    #[derive(Default)]
    struct Simulated {
        refusal: Option<String>,
        failure: Option<String>,
        seat: Option<Seat<u32>>,
        opened: usize,
    }

    struct SimulatedStream(Arc<Mutex<Simulated>>);

    impl Stream for SimulatedStream {
        fn failure(&self) -> Option<String> {
            self.0.lock().unwrap().failure.clone()
        }
        fn channels(&self) -> usize {
            2
        }
        fn latency_frames(&self) -> usize {
            0
        }
    }

    impl Drop for SimulatedStream {
        fn drop(&mut self) {
            self.0.lock().unwrap().seat = None;
        }
    }

    fn open(device: &Arc<Mutex<Simulated>>) -> Result<Opened<u32>, DeviceError> {
        let mut simulated = device.lock().unwrap();
        simulated.opened += 1;
        if let Some(words) = &simulated.refusal {
            return Err(DeviceError::new(words.clone()));
        }
        let (place, usher) = seat();
        simulated.seat = Some(place);
        simulated.failure = None;
        Ok((Box::new(SimulatedStream(device.clone())), usher))
    }

    struct Rig {
        device: Arc<Mutex<Simulated>>,
        shelter: Arc<Mutex<Simulated>>,
        keeper: Keeper<u32>,
        now: Instant,
    }

    impl Rig {
        fn new(has_shelter: bool) -> Self {
            let (device, shelter) = (Arc::<Mutex<Simulated>>::default(), Arc::<Mutex<Simulated>>::default());
            let (at_device, at_shelter) = (device.clone(), shelter.clone());
            let shelter_opener = has_shelter.then(|| Box::new(move || open(&at_shelter)) as super::Opener<u32>);
            let now = Instant::now();
            let opener = Box::new(move || open(&at_device));
            let keeper = Keeper::start("D".to_owned(), opener, shelter_opener, false, |_| Box::new(41), now).unwrap();
            Self { device, shelter, keeper, now }
        }

        /// Has the device or the shelter call: counts the guest up, if it sits there.
        fn call(place: &Mutex<Simulated>) -> Option<u32> {
            let mut simulated = place.lock().unwrap();
            let guest = simulated.seat.as_mut()?.guest()?;
            *guest += 1;
            Some(*guest)
        }

        fn after(&mut self, ms: u64) -> Vec<String> {
            self.now += Duration::from_millis(ms);
            self.keeper.tend(self.now)
        }

        fn fail(&self, words: &str) {
            self.device.lock().unwrap().failure = Some(words.to_owned());
        }

        fn refuse(&self, words: Option<&str>) {
            self.device.lock().unwrap().refusal = words.map(str::to_owned);
        }
    }

    #[test]
    fn the_guest_goes_to_the_shelter_and_back_with_its_state() {
        let mut rig = Rig::new(true);
        assert_eq!(Rig::call(&rig.device), Some(42));
        assert!(rig.after(50).is_empty());
        rig.fail("unplugged");
        assert_eq!(rig.after(50), ["D stopped: unplugged; waiting for it to come back"]);
        assert_eq!(Rig::call(&rig.device), None);
        assert_eq!(Rig::call(&rig.shelter), Some(43));
        assert_eq!(rig.after(100), ["D is back after 0.1 s"]);
        assert_eq!((Rig::call(&rig.shelter), Rig::call(&rig.device)), (None, Some(44)));
        assert!(rig.after(50).is_empty());
    }

    #[test]
    fn a_device_that_does_not_start_is_an_error_or_waited_for() {
        for may_wait in [false, true] {
            let (device, shelter) = (Arc::<Mutex<Simulated>>::default(), Arc::<Mutex<Simulated>>::default());
            device.lock().unwrap().refusal = Some("busy".to_owned());
            let (at_device, at_shelter) = (device.clone(), shelter.clone());
            let shelter_opener = Some(Box::new(move || open(&at_shelter)) as super::Opener<u32>);
            let now = Instant::now();
            let opener = Box::new(move || open(&at_device));
            let started = Keeper::start("D".to_owned(), opener, shelter_opener, may_wait, |_| Box::new(41), now);
            let Ok(mut keeper) = started else {
                assert!(!may_wait);
                continue;
            };
            assert_eq!(keeper.tend(now), ["D does not start: busy; waiting for it"]);
            assert_eq!(Rig::call(&shelter), Some(42));
            device.lock().unwrap().refusal = None;
            let later = now + Duration::from_millis(100);
            assert_eq!((keeper.tend(later), Rig::call(&device)), (vec!["D is back after 0.1 s".to_owned()], Some(43)));
        }
    }

    #[test]
    fn it_looks_after_longer_and_longer_waits_and_says_a_reason_once() {
        let mut rig = Rig::new(false);
        rig.fail("unplugged");
        rig.refuse(Some("no such device"));
        rig.after(0);
        assert_eq!(rig.after(100), ["D is not back yet: no such device"]);
        let mut looks = vec![];
        let mut opened = rig.device.lock().unwrap().opened;
        for _ in 0..400 {
            assert!(rig.after(50).is_empty());
            let now_opened = rig.device.lock().unwrap().opened;
            if now_opened > opened {
                looks.push(rig.now);
                opened = now_opened;
            }
        }
        let gaps: Vec<u128> = looks.windows(2).map(|pair| pair[1].duration_since(pair[0]).as_millis()).collect();
        assert_eq!(gaps[..5], [400, 800, 1600, 2000, 2000]);
        rig.refuse(Some("runs at another rate"));
        let said: Vec<String> = (0..100).flat_map(|_| rig.after(50)).collect();
        assert_eq!(said, ["D is not back yet: runs at another rate"]);
        rig.refuse(None);
        let said: Vec<String> = (0..100).flat_map(|_| rig.after(50)).collect();
        assert_eq!(said.len(), 1, "{said:?}");
        assert_eq!(Rig::call(&rig.device), Some(42));
    }

    #[test]
    fn a_device_that_fails_again_at_once_is_not_run_after() {
        let mut rig = Rig::new(true);
        let mut opened = 0;
        for _ in 0..200 {
            rig.fail("breaks down");
            rig.after(50);
            opened = rig.device.lock().unwrap().opened;
        }
        assert!(opened < 10, "it was opened {opened} times in 10 s");
        // Once it has run for a while it is looked for at once again.
        rig.device.lock().unwrap().failure = None;
        while Rig::call(&rig.device).is_none() {
            rig.after(50);
        }
        for _ in 0..300 {
            rig.after(50);
            Rig::call(&rig.device);
        }
        rig.fail("breaks down");
        rig.after(50);
        assert_eq!(rig.after(100), ["D is back after 0.1 s"]);
    }

    #[test]
    fn a_device_that_calls_no_more_is_given_up_unless_time_itself_stood_still() {
        let mut rig = Rig::new(false);
        Rig::call(&rig.device);
        rig.after(50);
        assert!(rig.after(60_000).is_empty(), "one look after a long sleep tells nothing");
        let said: Vec<String> = (0..30).flat_map(|_| rig.after(50)).collect();
        assert_eq!(said[0], "D stopped: it has not called for a while; waiting for it to come back");
    }

    #[test]
    fn a_device_that_keeps_the_guest_is_said_to_and_no_other_is_opened() {
        let mut rig = Rig::new(true);
        Rig::call(&rig.device);
        let held = rig.device.lock().unwrap().seat.take();
        rig.fail("hangs");
        rig.after(50);
        assert_eq!(rig.keeper.lost(), None);
        assert_eq!(rig.after(10_000), ["D stopped and does not let go of the sound"]);
        assert!(rig.keeper.lost().is_some());
        assert!(rig.after(10_000).is_empty());
        drop(held);
        rig.after(10_000);
        assert_eq!(Rig::call(&rig.device), Some(43), "better late than never");
    }
}
