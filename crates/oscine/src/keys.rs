//! Keys that steer a run, where standard input is a terminal.
//!
//! The terminal is told to hand over each key at once and to show none; nothing else about it changes, so that Ctrl-C
//! and Ctrl-Z mean what they always mean. It is put back when the keys are dropped, a panic included; what ends a
//! program politely (Ctrl-C, SIGTERM, SIGHUP) ends a run, and so drops them. A program in the background leaves the
//! terminal alone: it is somebody else's.

/// What a key asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// `r`: the script starts again from its first state.
    Reset,
    /// Space: the inputs are heard as they are, or no longer.
    Bypass,
    /// `m`: silence, or no longer.
    Mute,
    /// `q` or Esc: the end.
    Quit,
}

/// What there is to press, in words.
pub const HELP: &str = "r resets, space bypasses, m mutes, q quits";

/// The keys of the terminal, if there is one.
pub struct Keys {
    terminal: Option<terminal::Terminal>,
    reader: Reader,
}

impl Keys {
    /// Listens to the terminal, if standard input is one and as long as this program is in its foreground.
    pub fn listen() -> Self {
        Self { terminal: terminal::Terminal::open(), reader: Reader::default() }
    }

    /// Whether there is a terminal to listen to.
    pub fn are_heard(&self) -> bool {
        self.terminal.is_some()
    }

    /// The keys that were pressed since the last call. Does not wait.
    pub fn pressed(&mut self) -> Vec<Key> {
        if self.terminal.is_none() {
            // It may have been brought from the background.
            self.terminal = terminal::Terminal::open();
        }
        let mut bytes = [0; 64];
        let count = self.terminal.as_ref().map_or(0, |terminal| terminal.read(&mut bytes));
        self.reader.read(&bytes[..count])
    }
}

/// Tells keys from the sequences of bytes that other keys send: an arrow is Esc, `[` and a letter.
#[derive(Debug, Default)]
struct Reader {
    state: State,
}

#[derive(Debug, Default, PartialEq)]
enum State {
    #[default]
    Plain,
    /// After an Esc, which is a key of its own if nothing follows it.
    Escape,
    /// Within a sequence that ends with a byte from `@` on.
    Sequence,
}

impl Reader {
    /// The keys in what has come since the last look.
    fn read(&mut self, bytes: &[u8]) -> Vec<Key> {
        let mut keys = vec![];
        if bytes.is_empty() && self.state == State::Escape {
            self.state = State::Plain;
            keys.push(Key::Quit);
        }
        for byte in bytes {
            match (&self.state, byte) {
                (State::Escape, b'[' | b'O') => self.state = State::Sequence,
                (State::Sequence, b'@'..=b'~') => self.state = State::Plain,
                (State::Sequence, b' '..=b'?') => {}
                (_, 0x1b) => self.state = State::Escape,
                // With Alt a key sends Esc before itself.
                (State::Escape, _) => self.state = State::Plain,
                (_, byte) => {
                    self.state = State::Plain;
                    keys.extend(key(*byte));
                }
            }
        }
        keys
    }
}

fn key(byte: u8) -> Option<Key> {
    match byte {
        b'r' | b'R' => Some(Key::Reset),
        b' ' => Some(Key::Bypass),
        b'm' | b'M' => Some(Key::Mute),
        // Also Ctrl-C and Ctrl-D, where the terminal hands them over.
        b'q' | b'Q' | 3 | 4 => Some(Key::Quit),
        _ => None,
    }
}

#[cfg(unix)]
mod terminal {
    use std::io::{IsTerminal, stdin};

    use rustix::io::read;
    use rustix::process::getpgrp;
    use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcgetpgrp, tcsetattr};

    /// The terminal at standard input, which hands over keys one by one as long as this lives.
    pub(super) struct Terminal {
        before: Termios,
        ours: Termios,
    }

    impl Terminal {
        pub(super) fn open() -> Option<Self> {
            if !stdin().is_terminal() || !is_in_foreground() {
                return None;
            }
            let before = tcgetattr(stdin()).ok()?;
            let mut ours = before.clone();
            ours.local_modes -= LocalModes::ICANON | LocalModes::ECHO;
            // A read gives what there is, and nothing if there is nothing.
            ours.special_codes[SpecialCodeIndex::VMIN] = 0;
            ours.special_codes[SpecialCodeIndex::VTIME] = 0;
            tcsetattr(stdin(), OptionalActions::Now, &ours).ok()?;
            Some(Self { before, ours })
        }

        /// Reads what was typed; how many bytes that is.
        pub(super) fn read(&self, bytes: &mut [u8]) -> usize {
            if !is_in_foreground() || !self.is_ours() {
                return 0;
            }
            read(stdin(), bytes).unwrap_or(0)
        }

        /// Whoever had the terminal while this program was stopped may have left it otherwise: then a read would wait.
        fn is_ours(&self) -> bool {
            tcgetattr(stdin()).is_ok_and(|now| {
                !now.local_modes.contains(LocalModes::ICANON)
                    || tcsetattr(stdin(), OptionalActions::Now, &self.ours).is_ok()
            })
        }
    }

    impl Drop for Terminal {
        fn drop(&mut self) {
            if is_in_foreground() {
                // A terminal that has gone needs nothing.
                let _ = tcsetattr(stdin(), OptionalActions::Now, &self.before);
            }
        }
    }

    /// Whether the terminal is this program's to use; one in the background would be stopped for trying. A terminal
    /// that controls no program has no background.
    fn is_in_foreground() -> bool {
        tcgetpgrp(stdin()).map_or(true, |group| group == getpgrp())
    }
}

#[cfg(not(unix))]
mod terminal {
    /// There is none that keys are read from.
    pub(super) enum Terminal {}

    impl Terminal {
        pub(super) fn open() -> Option<Self> {
            None
        }

        pub(super) fn read(&self, _: &mut [u8]) -> usize {
            match *self {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Key, Reader};

    #[test]
    fn keys_are_told_from_the_sequences_of_others() {
        use Key::{Bypass, Mute, Quit, Reset};
        for (bytes, keys) in [
            (&b"r mq"[..], &[Reset, Bypass, Mute, Quit][..]),
            (b"RxMzQ", &[Reset, Mute, Quit]),
            // Arrows, Page Up, F1, Alt-m, and a click of the mouse.
            (b"\x1b[A\x1b[5~\x1bOPm", &[Mute]),
            (b"\x1bm", &[]),
            (b"\x1b[<0;12;7Mr", &[Reset]),
            (b"\x1b\x1b[Br", &[Reset]),
            (b"\xc3\xa9\xff\x00", &[]),
            (b"\x03", &[Quit]),
        ] {
            assert_eq!(Reader::default().read(bytes), keys, "{bytes:?}");
        }
    }

    #[test]
    fn escape_is_a_key_if_nothing_follows_it() {
        let mut reader = Reader::default();
        assert_eq!(reader.read(b"\x1b"), []);
        assert_eq!(reader.read(b""), [Key::Quit]);
        assert_eq!(reader.read(b""), []);
        // A sequence may come in two parts.
        assert_eq!(reader.read(b"\x1b"), []);
        assert_eq!(reader.read(b"[A"), []);
        assert_eq!(reader.read(b"m"), [Key::Mute]);
    }
}
