//! Which addresses a message is for: one, or all that match its pattern.

use rosc::address::{Matcher, OscAddress};

/// A longer one is meant to keep somebody busy.
const MAX_PATTERN_BYTES: usize = 1024;

/// An address of a message.
pub(super) enum Pattern<'a> {
    /// One without wildcards.
    Plain(&'a str),
    /// One with some.
    Wild(Box<Matcher>),
}

impl<'a> Pattern<'a> {
    /// `?`, `*`, `[abc]` and `{one,other}` are wildcards. `None` if they are not well formed.
    pub(super) fn new(address: &'a str) -> Option<Self> {
        if !address.contains(['?', '*', '[', '{']) {
            return Some(Self::Plain(address));
        }
        if address.len() > MAX_PATTERN_BYTES {
            return None;
        }
        Matcher::new(address).ok().map(|matcher| Self::Wild(Box::new(matcher)))
    }

    /// Whether it is for that address.
    pub(super) fn is_for(&self, address: &str) -> bool {
        match self {
            Self::Plain(plain) => *plain == address,
            Self::Wild(matcher) => {
                OscAddress::new(address.to_owned()).is_ok_and(|address| matcher.match_address(&address))
            }
        }
    }
}

/// The address of a parameter: `voice.decay` and `voices[2].decay` are `/param/voice/decay` and `/param/voices/2/decay`.
pub(super) fn param_address(name: &str) -> String {
    format!("/param/{}", by_slashes(name))
}

/// With `/` for what separates the parts of a name.
pub(super) fn by_slashes(name: &str) -> String {
    name.replace(['.', '['], "/").replace(']', "")
}
