//! Open Sound Control over UDP: parameters, notes, reset, bypass and mute, from whatever sends them (OSC 1.0, M. Wright,
//! 2002; type tags of 1.1).
//!
//! The way of a packet: [`packet`] takes bytes to messages with their times, [`command`] takes a message to what it asks
//! for, given the parameters that there are; both are pure, and [`read`] is the two in a row. [`server`] has the socket
//! and the thread, does what was asked through a handle of the player's, and replies in the words of [`reply`].

mod command;
mod packet;
mod pattern;
mod reply;
mod server;

pub use command::{Command, Refused};
pub use packet::{MAX_PACKET_BYTES, Malformed, When};
pub use server::{Counts, Endpoint, Server};

use oscine_dsp::Param;

/// What each message of a packet asks for, and when.
pub type Asked = Vec<(When, Result<Command, Refused>)>;

/// What a packet asks for, in order, and when: each by itself, since one message may be wrong and the next right.
///
/// Any bytes are an answer or an error. The time and memory that it takes are bounded by the packet's length times the
/// number of parameters.
pub fn read(packet: &[u8], params: &[Param]) -> Result<Asked, Malformed> {
    let mut asked = vec![];
    for (when, message) in packet::messages(packet)? {
        asked.extend(command::of_message(&message, params).into_iter().map(|command| (when, command)));
    }
    Ok(asked)
}

#[cfg(test)]
mod tests;
