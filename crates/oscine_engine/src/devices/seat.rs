//! The place from which a device plays or listens: what sits there is lent to it, and comes home when the device is gone.
//!
//! A device is opened with an empty seat, which plays silence and hears nothing; once it runs, the control side sends
//! there what is to sit by a queue. Whatever ends the device (a stream that is dropped, a server that dies, a thread that
//! is torn down) drops the seat, and its guest with all its state goes back by another queue, for the next device.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use rtrb::{Consumer, Producer, RingBuffer};

use crate::feed::Feed;

/// Who may sit at a device.
pub(crate) trait Guest {
    /// The next device is another one, or the same anew. Never called while it sits at one.
    fn moves(&mut self) {}

    /// It has sat down: what follows is a callback of the device. Called on the device's thread.
    fn sits(&mut self) {}
}

/// The device's end.
pub(crate) struct Seat<T> {
    coming: Consumer<Box<T>>,
    guest: Option<Box<T>>,
    going: Producer<Box<T>>,
    calls: Arc<AtomicU64>,
}

/// The control side's end.
pub(crate) struct Usher<T> {
    to_seat: Producer<Box<T>>,
    from_seat: Consumer<Box<T>>,
    calls: Arc<AtomicU64>,
}

/// An empty seat, and who brings a guest there and back.
pub(crate) fn seat<T>() -> (Seat<T>, Usher<T>) {
    let (to_seat, coming) = RingBuffer::new(1);
    let (going, from_seat) = RingBuffer::new(1);
    let calls = Arc::new(AtomicU64::new(0));
    (Seat { coming, guest: None, going, calls: calls.clone() }, Usher { to_seat, from_seat, calls })
}

impl<T: Guest> Seat<T> {
    /// Who sits here, if anybody does; to be called once a callback.
    pub(crate) fn guest(&mut self) -> Option<&mut T> {
        self.calls.fetch_add(1, Relaxed);
        if self.guest.is_none() {
            self.guest = self.coming.pop().ok();
            if let Some(guest) = &mut self.guest {
                guest.sits();
            }
        }
        self.guest.as_deref_mut()
    }
}

impl Seat<Feed> {
    /// Fills `out` with frames of `channels` samples each; with silence as long as nobody sits here.
    pub(crate) fn fill(&mut self, out: &mut [f32], channels: usize) {
        match self.guest() {
            Some(feed) => feed.fill(out, channels),
            None => out.fill(0.0),
        }
    }
}

impl<T> Drop for Seat<T> {
    fn drop(&mut self) {
        if let Some(guest) = self.guest.take().or_else(|| self.coming.pop().ok()) {
            // There is room for one, and there is only one.
            let _ = self.going.push(guest);
        }
    }
}

impl<T> Usher<T> {
    /// Sends a guest to the seat; gives it back if the seat is gone.
    pub(crate) fn send(&mut self, guest: Box<T>) -> Result<(), Box<T>> {
        if self.to_seat.is_abandoned() {
            return Err(guest);
        }
        self.to_seat.push(guest).map_err(|rtrb::PushError::Full(guest)| guest)
    }

    /// The guest, once the device is gone.
    pub(crate) fn take_back(&mut self) -> Option<Box<T>> {
        self.from_seat.pop().ok()
    }

    /// How often the device has called.
    pub(crate) fn calls(&self) -> u64 {
        self.calls.load(Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::seat;

    #[test]
    fn a_guest_comes_sits_and_goes_home_whenever_the_device_ends() {
        let (mut place, mut usher) = seat::<u32>();
        assert_eq!(place.guest(), None);
        assert!(usher.send(Box::new(7)).is_ok());
        assert_eq!((place.guest(), usher.calls()), (Some(&mut 7), 2));
        assert_eq!(usher.take_back(), None, "it sits still");
        drop(place);
        assert_eq!(usher.take_back(), Some(Box::new(7)));
        assert_eq!(usher.send(Box::new(8)), Err(Box::new(8)), "there is no seat any more");
    }

    #[test]
    fn a_guest_that_had_not_sat_down_goes_home_too() {
        let (place, mut usher) = seat::<u32>();
        assert!(usher.send(Box::new(7)).is_ok());
        drop(place);
        assert_eq!(usher.take_back(), Some(Box::new(7)));
    }
}
