//! Bytes to messages. rosc decodes; what it would decode without a bound is refused before.

use std::time::SystemTime;

use rosc::{OscMessage, OscPacket, OscTime};

/// The most that a datagram holds.
pub const MAX_PACKET_BYTES: usize = 65_536;
/// Bundles within bundles, and arrays within arrays. A decoder that calls itself for each must not be led too deep.
const MAX_DEPTH: usize = 8;

/// Why bytes are no packet, in a word or two for whoever looks for the reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Malformed(pub &'static str);

/// When a message is to be obeyed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// As soon as it is here.
    Now,
    /// At that time; if it is past, as soon as it is here.
    At(SystemTime),
}

/// The messages of a packet, in order, each with the time of the bundle that it is in.
pub(super) fn messages(packet: &[u8]) -> Result<Vec<(When, OscMessage)>, Malformed> {
    if packet.len() > MAX_PACKET_BYTES {
        return Err(Malformed("too long"));
    }
    if let Some(address) = address_alone(packet) {
        return Ok(vec![(When::Now, OscMessage { addr: address.to_owned(), args: vec![] })]);
    }
    check_depth(packet, MAX_DEPTH)?;
    let (rest, decoded) = rosc::decoder::decode_udp(packet).map_err(|_| Malformed("not a packet of OSC"))?;
    if !rest.is_empty() {
        return Err(Malformed("more bytes than it says"));
    }
    let mut messages = vec![];
    flatten(decoded, When::Now, &mut messages);
    Ok(messages)
}

fn flatten(packet: OscPacket, when: When, messages: &mut Vec<(When, OscMessage)>) {
    match packet {
        OscPacket::Message(message) => messages.push((when, message)),
        OscPacket::Bundle(bundle) => {
            let when = time(bundle.timetag);
            bundle.content.into_iter().for_each(|packet| flatten(packet, when, messages));
        }
    }
}

/// A time tag of 1 is "immediately"; one from before 1970 cannot but be past.
fn time(tag: OscTime) -> When {
    const SECONDS_FROM_1900_TO_1970: u32 = 2_208_988_800;
    if tag.seconds < SECONDS_FROM_1900_TO_1970 { When::Now } else { When::At(tag.into()) }
}

/// An address without type tags, as senders older than these write a message without arguments.
fn address_alone(packet: &[u8]) -> Option<&str> {
    let end = packet.iter().position(|byte| *byte == 0)?;
    let is_all = packet.len() == padded(end + 1) && packet[end..].iter().all(|byte| *byte == 0);
    let address = str::from_utf8(&packet[..end]).ok()?;
    (is_all && address.starts_with('/')).then_some(address)
}

fn padded(bytes: usize) -> usize {
    bytes.next_multiple_of(4)
}

/// Refuses what lies deeper than `depth`, and pieces that are no multiple of four bytes, as all have to be.
fn check_depth(packet: &[u8], depth: usize) -> Result<(), Malformed> {
    if !packet.len().is_multiple_of(4) {
        return Err(Malformed("no multiple of four bytes"));
    }
    if !packet.starts_with(b"#bundle\0") {
        return check_arrays(packet);
    }
    let deeper = depth.checked_sub(1).ok_or(Malformed("too many bundles within bundles"))?;
    let mut rest = packet.get(16..).unwrap_or_default();
    while let Some((size, after)) = rest.split_first_chunk::<4>() {
        let size = u32::from_be_bytes(*size) as usize;
        let element = after.get(..size).ok_or(Malformed("shorter than it says"))?;
        check_depth(element, deeper)?;
        rest = &after[size..];
    }
    Ok(())
}

/// Looks at the type tags, which are the second string of a message.
fn check_arrays(message: &[u8]) -> Result<(), Malformed> {
    let Some(address_end) = message.iter().position(|byte| *byte == 0) else { return Ok(()) };
    let mut depth = 0usize;
    for byte in message.iter().skip(padded(address_end + 1)).take_while(|byte| **byte != 0) {
        match byte {
            b'[' => depth += 1,
            b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MAX_DEPTH {
            return Err(Malformed("too many arrays within arrays"));
        }
    }
    Ok(())
}
