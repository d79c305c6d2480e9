//! The place from which a device plays: the audio side of a [`Feed`] may take it, and comes home when the device is gone.
//!
//! A device is opened with an empty seat, which plays silence; once it runs, the control side sends the feed there by a
//! queue. Whatever ends the device (a stream that is dropped, a server that dies, a thread that is torn down) drops the
//! seat, and the feed with all its state goes back by another queue, for the next device.

use rtrb::{Consumer, Producer, RingBuffer};

use crate::feed::Feed;

/// The device's end.
pub(crate) struct Seat {
    coming: Consumer<Box<Feed>>,
    feed: Option<Box<Feed>>,
    going: Producer<Box<Feed>>,
}

/// The control side's end.
pub(crate) struct Usher {
    to_seat: Producer<Box<Feed>>,
    from_seat: Consumer<Box<Feed>>,
}

/// An empty seat, and who brings a feed there and back.
pub(crate) fn seat() -> (Seat, Usher) {
    let (to_seat, coming) = RingBuffer::new(1);
    let (going, from_seat) = RingBuffer::new(1);
    (Seat { coming, feed: None, going }, Usher { to_seat, from_seat })
}

impl Seat {
    /// What the device heard since the last call, a slice of the same frames for each channel; to be called before the
    /// [`fill`](Self::fill) of the same frames.
    pub(crate) fn hear(&mut self, channels: &[&[f32]]) {
        if let Some(feed) = self.feed() {
            feed.hear(channels);
        }
    }

    /// Fills `out` with frames of `channels` samples each; with silence as long as nobody sits here.
    pub(crate) fn fill(&mut self, out: &mut [f32], channels: usize) {
        match self.feed() {
            Some(feed) => feed.fill(out, channels),
            None => out.fill(0.0),
        }
    }

    fn feed(&mut self) -> Option<&mut Feed> {
        if self.feed.is_none() {
            self.feed = self.coming.pop().ok();
            if let Some(feed) = &mut self.feed {
                feed.begin();
            }
        }
        self.feed.as_deref_mut()
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        if let Some(feed) = self.feed.take().or_else(|| self.coming.pop().ok()) {
            // There is room for one, and there is only one.
            let _ = self.going.push(feed);
        }
    }
}

impl Usher {
    /// Sends the feed to the seat; gives it back if the seat is gone.
    pub(crate) fn send(&mut self, feed: Box<Feed>) -> Result<(), Box<Feed>> {
        if self.to_seat.is_abandoned() {
            return Err(feed);
        }
        self.to_seat.push(feed).map_err(|rtrb::PushError::Full(feed)| feed)
    }

    /// The feed, once the device is gone.
    pub(crate) fn take_back(&mut self) -> Option<Box<Feed>> {
        self.from_seat.pop().ok()
    }
}
