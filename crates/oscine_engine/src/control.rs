//! How changes reach the audio side: handles that control threads own, one each.
//!
//! A handle has two ways. A parameter's *target* is a word that the audio side looks at when a block begins: the last
//! write wins, nothing can be full, and the change is heard in the next block. *Orders* (events, changes for a frame or a
//! moment, a reset) travel through a queue of the handle's own, one writer and one reader, in their order; if it is full,
//! the order is lost and counted. Neither way ever makes the audio side wait. Handles do wait for one another, shortly,
//! where they look names up; an event needs no names.

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};
use std::time::Instant;

use oscine_dsp::{Event, Face, Param};
use rtrb::Producer;

use crate::board::Board;
use crate::schedule::Change;
use crate::score::Controller;
use crate::stats::Stats;
use crate::wiring::Wiring;

/// When something is to happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    /// When the next block begins.
    NextBlock,
    /// At that frame of the run, or when the next block begins if it is past.
    Frame(u64),
    /// At that moment, plus a constant delay of about a block, so that the distances between moments are kept.
    Moment(Instant),
}

/// What a control thread asks of the audio side.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Order {
    Change(At, Change),
    /// Back to the state before the first sample.
    Reset,
    /// Silence, or no longer.
    Mute(bool),
    /// The inputs in the place of the processor's sound, or no longer.
    Bypass(bool),
}

/// Names and targets of the parameters that there are now.
struct Directory {
    /// The name of each id.
    names: Vec<String>,
    params: Vec<Param>,
    board: Arc<Board>,
    maps: Vec<(Controller, String)>,
}

/// What all handles share.
pub(crate) struct Shared {
    directory: RwLock<Directory>,
    stats: Arc<Stats>,
}

impl Shared {
    /// For a processor with this face, and how the audio side finds its parameters.
    pub(crate) fn new(face: &Face, maps: Vec<(Controller, String)>, stats: Arc<Stats>) -> (Arc<Self>, Box<Wiring>) {
        let names: Vec<String> = face.params.iter().map(|param| param.name.clone()).collect();
        let wiring = Box::new(Wiring::new(&names, face, &maps));
        let directory = Directory { names, params: face.params.clone(), board: wiring.board().clone(), maps };
        (Arc::new(Self { directory: RwLock::new(directory), stats }), wiring)
    }

    /// Sends a processor with another face to the audio side by `send`, which tells whether it could. Until that is
    /// settled no handle writes a target, so that none is lost: it is either taken before the change or finds the new
    /// one.
    pub(crate) fn swap(&self, face: &Face, send: impl FnOnce(Box<Wiring>) -> bool) -> bool {
        let mut directory = self.directory.write().unwrap_or_else(PoisonError::into_inner);
        let mut names = directory.names.clone();
        let new = face.params.iter().map(|param| &param.name).filter(|name| !directory.names.contains(name));
        names.extend(new.cloned());
        let wiring = Box::new(Wiring::new(&names, face, &directory.maps));
        let board = wiring.board().clone();
        let is_sent = send(wiring);
        if is_sent {
            *directory =
                Directory { names, params: face.params.clone(), board, maps: std::mem::take(&mut directory.maps) };
        }
        is_sent
    }

    fn directory(&self) -> RwLockReadGuard<'_, Directory> {
        self.directory.read().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A control thread's hand on what plays; [`Player::control`](crate::Player::control) gives one to each that asks.
pub struct Control {
    lane: Producer<Order>,
    shared: Arc<Shared>,
}

impl Control {
    pub(crate) fn new(lane: Producer<Order>, shared: Arc<Shared>) -> Self {
        Self { lane, shared }
    }

    /// The parameters that there are now, in order.
    pub fn params(&self) -> Vec<Param> {
        self.shared.directory().params.clone()
    }

    /// The value that a parameter has, or is on its way to; `None` where there is none of that name. A value that was
    /// just set is told when the audio side has taken it.
    pub fn value(&self, name: &str) -> Option<f64> {
        let directory = self.shared.directory();
        let id = directory.id(name)?;
        Some(directory.board.present(id))
    }

    /// Moves a parameter to the permitted value nearest to `value`, along its ramp, from the next block on. `false` if
    /// there is none of that name.
    pub fn set(&self, name: &str, value: f64) -> bool {
        let directory = self.shared.directory();
        let id = directory.id(name);
        if let Some(id) = id {
            directory.board.want(id, value);
        }
        id.is_some()
    }

    /// The same at a time. `false` if there is none of that name; that the queue was full is counted only.
    pub fn set_at(&mut self, name: &str, value: f64, at: At) -> bool {
        let id = self.shared.directory().id(name);
        if let Some(id) = id {
            self.order(Order::Change(at, Change::Param { id, value }));
        }
        id.is_some()
    }

    /// Delivers an event. Whether there was room for it. Neither waits nor allocates.
    pub fn event(&mut self, event: Event, at: At) -> bool {
        self.order(Order::Change(at, Change::Event(event)))
    }

    /// Starts the processor again from its first state, out of its silence after trouble. Whether there was room for
    /// the message.
    pub fn reset(&mut self) -> bool {
        self.order(Order::Reset)
    }

    /// Fades to silence, or back. Whether there was room for the message.
    pub fn mute(&mut self, is_on: bool) -> bool {
        self.order(Order::Mute(is_on))
    }

    /// Fades to the inputs as they are, where the outputs have some, or back to what the processor makes of them; it
    /// computes on meanwhile. Whether there was room for the message.
    pub fn bypass(&mut self, is_on: bool) -> bool {
        self.order(Order::Bypass(is_on))
    }

    fn order(&mut self, order: Order) -> bool {
        let is_sent = self.lane.push(order).is_ok();
        if !is_sent {
            self.shared.stats.add_lost_change();
        }
        is_sent
    }
}

impl Directory {
    /// The id of a parameter that there is now.
    fn id(&self, name: &str) -> Option<usize> {
        self.params.iter().any(|param| param.name == name).then(|| self.names.iter().position(|n| n == name))?
    }
}

#[cfg(test)]
mod tests {
    use oscine_dsp::{Event, Param};

    use super::At;
    use crate::devices::Guest;
    use crate::patch::Inputs;
    use crate::rig::{Rig, rig};
    use crate::testing::{Faulting, Tones, gain_param};

    const NOTE: Event = Event::NoteOn { note: 10, velocity: 1.0 };

    fn named(name: &str) -> Tones {
        Tones::with(Param { name: name.to_owned(), ..gain_param() })
    }

    fn tones(block: usize) -> Rig {
        rig(Box::new(Tones::new()), Inputs::none(), block, None)
    }

    #[test]
    fn a_target_is_heard_in_the_next_block_and_told_back() {
        let mut rig = tones(4);
        assert!(rig.control.event(NOTE, At::NextBlock));
        assert_eq!(rig.play(2), [10.0; 2]);
        for value in [7.0, 3.0] {
            assert!(rig.control.set("gain", value));
        }
        assert!(!rig.control.set("gian", 5.0));
        assert_eq!((rig.control.value("gain"), rig.control.value("gian")), (Some(1.0), None));
        // The block under way ends as it began; the change is in the next.
        assert_eq!(rig.play(6), [10.0, 10.0, 30.0, 30.0, 30.0, 30.0]);
        assert_eq!(rig.control.value("gain"), Some(3.0));
    }

    #[test]
    fn a_change_for_a_frame_comes_at_that_frame() {
        let mut rig = tones(4);
        assert!(rig.control.event(NOTE, At::Frame(5)));
        assert!(rig.control.set_at("gain", 2.0, At::Frame(7)));
        assert!(!rig.control.set_at("gian", 2.0, At::Frame(7)));
        assert_eq!(rig.play(12), [0.0, 0.0, 0.0, 0.0, 0.0, 10.0, 10.0, 20.0, 20.0, 20.0, 20.0, 20.0]);
        assert!(rig.control.event(Event::NoteOff { note: 10 }, At::Frame(3)));
        assert_eq!(rig.play(1), [0.0], "what is past comes at once");
    }

    #[test]
    fn events_keep_their_distances_whatever_the_device_asks_for() {
        // Moments between the callbacks, in frames.
        let moments = [1.0, 3.0, 8.0, 9.0, 15.0, 30.0, 31.0, 47.0];
        for (block, portion, delay) in [(16, 16, 16), (16, 64, 64), (64, 16, 64), (24, 36, 48)] {
            let mut rig = tones(block);
            let mut heard = rig.play(portion);
            let mut left = moments.iter().enumerate().peekable();
            while heard.len() < 300 {
                while let Some((n, at)) = left.next_if(|(_, at)| **at <= heard.len() as f64) {
                    let event = Event::NoteOn { note: n as i64 + 1, velocity: 1.0 };
                    let moment = rig.moment(*at);
                    assert!(rig.control.event(event, At::Moment(moment)));
                }
                heard.extend(rig.play(portion));
            }
            let first = |note: usize| heard.iter().position(|heard| *heard == (note + 1) as f32).unwrap();
            let frames: Vec<usize> = (0..moments.len()).map(first).collect();
            let expected: Vec<usize> = moments.iter().map(|at| *at as usize + delay).collect();
            assert_eq!(frames, expected, "blocks of {block}, portions of {portion}");
        }
    }

    #[test]
    fn events_of_a_callback_come_at_their_frames_of_it() {
        for (block, portion, delay) in [(16, 16, 0), (16, 64, 0), (64, 16, 48), (24, 36, 12), (5, 7, 4)] {
            let mut rig = tones(block);
            let mut heard = vec![];
            for n in 0..40 {
                let event = Event::NoteOn { note: n + 1, velocity: 1.0 };
                // Early and late ones, and none in between.
                let offset = (5 * n as usize) % portion;
                rig.feed.hear_events(portion, (n % 3 < 2).then_some((offset, event)).into_iter());
                heard.extend(rig.play(portion));
            }
            heard.extend((0..4).flat_map(|_| rig.play(portion)));
            for n in (0..40).filter(|n| n % 3 < 2) {
                let frame = heard.iter().position(|heard| *heard == (n + 1) as f32);
                let expected = n * portion + (5 * n) % portion + delay;
                assert_eq!(frame, Some(expected), "blocks of {block}, portions of {portion}");
            }
        }
    }

    #[test]
    fn notes_of_a_callback_end_with_it() {
        let mut rig = tones(4);
        rig.feed.hear_events(4, [(1, NOTE)].into_iter());
        assert_eq!(rig.play(4), [0.0, 10.0, 10.0, 10.0]);
        rig.feed.end_notes();
        assert_eq!(rig.play(4), [0.0; 4]);
        rig.feed.hear_events(4, [(3, NOTE)].into_iter());
        assert_eq!(rig.play(4), [0.0, 0.0, 0.0, 10.0]);
        rig.feed.moves();
        assert_eq!(rig.play(4), [0.0; 4], "on another device");
    }

    #[test]
    fn a_moment_to_come_is_waited_for() {
        let mut rig = tones(4);
        rig.play(4);
        let moment = rig.moment(20.0);
        assert!(rig.control.event(NOTE, At::Moment(moment)));
        let heard: Vec<f32> = (0..10).flat_map(|_| rig.play(4)).collect();
        assert_eq!(heard.iter().position(|sample| *sample > 0.0), Some(20));
    }

    #[test]
    fn a_full_queue_is_counted_and_targets_are_never_full() {
        let mut rig = tones(4);
        let room = (0..20).filter(|_| rig.control.event(NOTE, At::Frame(100))).count();
        assert_eq!((room, rig.stats.snapshot().lost_changes), (16, 4));
        (0..100).for_each(|n| assert!(rig.control.set("gain", f64::from(n))));
        rig.play(4);
        assert_eq!(rig.control.value("gain"), Some(99.0));
    }

    #[test]
    fn after_a_reload_a_name_means_the_same_and_a_number_never_another() {
        let mut rig = rig(Box::new(named("a")), Inputs::none(), 4, None);
        assert!(rig.control.event(NOTE, At::NextBlock));
        // For a block to come, in which `a` is gone and `b` has its place.
        assert!(rig.control.set_at("a", 5.0, At::Frame(22)));
        assert!(rig.control.set_at("a", 6.0, At::Frame(42)));
        rig.play(4);
        rig.swap(Box::new(named("b")));
        assert!(!rig.control.set("a", 9.0), "there is no `a` now");
        assert_eq!(rig.control.params()[0].name, "b");
        assert_eq!(rig.play(28).last(), Some(&10.0));
        assert_eq!((rig.control.value("b"), rig.control.value("a")), (Some(1.0), None));
        rig.swap(Box::new(named("a")));
        assert_eq!(rig.play(32).last(), Some(&60.0), "the one planned for when `a` is back comes true");
    }

    #[test]
    fn a_target_written_before_a_reload_is_not_lost() {
        let mut rig = tones(4);
        assert!(rig.control.event(NOTE, At::NextBlock));
        rig.play(4);
        rig.swap(Box::new(Tones::new()));
        assert!(rig.control.set("gain", 2.0));
        assert_eq!(rig.play(16)[15], 20.0);
    }

    #[test]
    fn while_silent_parameters_move_and_events_pass() {
        let mut rig = rig(Box::new(Faulting::at(2)), Inputs::none(), 4, None);
        rig.play(8);
        assert!(rig.control.event(NOTE, At::Frame(9)));
        rig.play(8);
        assert!(rig.control.reset());
        assert_eq!(rig.play(2), [1.0; 2], "no stale event comes after the reset");
    }
}
