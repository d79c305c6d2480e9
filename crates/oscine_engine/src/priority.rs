//! What keeps other work of the machine from making the sound late: a real-time priority for the thread that computes
//! it, and memory that stays where it is.
//!
//! On Linux and BSD the thread asks for `SCHED_FIFO` itself, in its first callback, unless it has a real-time policy
//! already, as the threads of a JACK client do; a thread of `SCHED_FIFO` runs until it waits by itself or one of a
//! higher priority is ready. Where the limit of the user is lower, the highest priority that is granted is taken. macOS
//! runs its audio threads by deadlines of its own, which asking for a policy would take from them; on Windows a thread
//! asks for the highest priority there is. See sched(7) and mlockall(2).

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// Priorities that are asked for, until one is granted: above those that an ordinary user's programs have, below those
/// of the sound server, which has to wake this one.
const AUDIO: [u8; 6] = [70, 50, 30, 20, 10, 1];
/// The watchdog's: it has to stop an audio thread that does not end by itself, on a machine with one processor too.
const WATCHDOG: [u8; 7] = [95, 80, 60, 40, 25, 15, 2];
/// The stack that an audio thread is expected to use; the machine code of a script uses little.
const STACK_BYTES: usize = 64 * 1024;

/// How the audio thread runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Priority {
    /// Real-time, `SCHED_FIFO` or `SCHED_RR`.
    Realtime {
        /// 1 to 99; the higher goes first.
        level: u8,
        /// Whether whoever made the thread had seen to it, as a JACK server does.
        was_given: bool,
    },
    /// The highest that the system has.
    Highest,
    /// As the system's own audio threads do.
    BySystem,
    /// Like any other thread: the system refused.
    Refused,
    /// Like any other thread: nobody asked.
    Ordinary,
}

impl fmt::Display for Priority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Realtime { level, was_given: false } => write!(f, "SCHED_FIFO priority {level}"),
            Self::Realtime { level, was_given: true } => write!(f, "real-time priority {level}, as it was given"),
            Self::Highest => f.write_str("highest priority"),
            Self::BySystem => f.write_str("the system's audio priority"),
            Self::Refused => f.write_str("no real-time priority: the system does not allow it (see docs/devices.md)"),
            Self::Ordinary => f.write_str("ordinary priority"),
        }
    }
}

impl Priority {
    fn code(self) -> u32 {
        match self {
            Self::Realtime { level, was_given } => 256 + u32::from(level) + if was_given { 256 } else { 0 },
            Self::Highest => 1,
            Self::BySystem => 2,
            Self::Refused => 3,
            Self::Ordinary => 4,
        }
    }

    fn from_code(code: u32) -> Option<Self> {
        match code {
            0 => None,
            1 => Some(Self::Highest),
            2 => Some(Self::BySystem),
            3 => Some(Self::Refused),
            4 => Some(Self::Ordinary),
            code => Some(Self::Realtime { level: (code % 256) as u8, was_given: code >= 512 }),
        }
    }
}

/// Asks for a priority on the thread that plays, and tells the control side what came of it.
#[derive(Clone)]
pub(crate) struct Promotion {
    is_wanted: bool,
    granted: Arc<AtomicU32>,
}

impl Promotion {
    pub(crate) fn new(is_wanted: bool) -> Self {
        Self { is_wanted, granted: Arc::default() }
    }

    /// To be called once by the audio thread, before it computes. Neither allocates nor waits.
    pub(crate) fn ask(&self) {
        touch_stack();
        let priority = system::promote(self.is_wanted.then_some(&AUDIO[..]));
        self.granted.store(priority.code(), Relaxed);
    }

    /// What the latest audio thread has; `None` before it has asked.
    pub(crate) fn granted(&self) -> Option<Priority> {
        Priority::from_code(self.granted.load(Relaxed))
    }
}

/// Puts the calling thread, a watchdog, above all audio threads. Where the system refuses, audio threads have most
/// often no priority either.
pub(crate) fn watch_over_audio() {
    system::promote(Some(&WATCHDOG));
}

/// Has the pages of the stack that audio work will use in memory, before it does.
#[inline(never)]
#[expect(clippy::large_stack_arrays, reason = "the stack is what it is for, and threads have eight times as much")]
fn touch_stack() {
    std::hint::black_box(&mut [0u8; STACK_BYTES]);
}

/// Keeps the memory that the process has now, and the pages of it that are used later, from being moved out to the disk.
/// The reason in words if the system refuses.
pub(crate) fn lock_memory() -> Result<(), String> {
    system::lock_memory()
}

#[cfg(all(unix, not(any(target_os = "macos", target_os = "ios"))))]
mod system {
    use std::io;

    use thread_priority::{
        RealtimeThreadSchedulePolicy, ThreadPriority, ThreadPriorityValue, ThreadSchedulePolicy,
        set_thread_priority_and_policy, thread_native_id, thread_schedule_policy_param,
    };

    use super::Priority;

    pub(super) fn promote(levels: Option<&[u8]>) -> Priority {
        let own = thread_native_id();
        if let Ok((ThreadSchedulePolicy::Realtime(_), has)) = thread_schedule_policy_param(own) {
            return Priority::Realtime { level: has.sched_priority.clamp(0, 99) as u8, was_given: true };
        }
        let Some(levels) = levels else { return Priority::Ordinary };
        let policy = ThreadSchedulePolicy::Realtime(RealtimeThreadSchedulePolicy::Fifo);
        let is_granted = |level: &u8| {
            ThreadPriorityValue::try_from(*level).is_ok_and(|level| {
                set_thread_priority_and_policy(own, ThreadPriority::Crossplatform(level), policy).is_ok()
            })
        };
        let granted = levels.iter().copied().find(is_granted);
        granted.map_or(Priority::Refused, |level| Priority::Realtime { level, was_given: false })
    }

    /// On Linux pages are locked as they come into use: to have all of them in memory, whole stacks and libraries, would
    /// cost more than it is worth. Memory that is mapped later is not included, for where a user may lock only so much,
    /// it could not be had any more.
    #[expect(unsafe_code, reason = "memory can only be locked so")]
    pub(super) fn lock_memory() -> Result<(), String> {
        #[cfg(any(target_os = "linux", target_os = "android"))]
        let flags = libc::MCL_CURRENT | libc::MCL_ONFAULT;
        #[cfg(not(any(target_os = "linux", target_os = "android")))]
        let flags = libc::MCL_CURRENT;
        // SAFETY: it changes where pages lie, not what is in them, and takes no pointer.
        if unsafe { libc::mlockall(flags) } == 0 {
            return Ok(());
        }
        let error = io::Error::last_os_error();
        Err(match error.raw_os_error() {
            Some(libc::ENOMEM | libc::EPERM) => "the system does not allow so much (`ulimit -l`)".to_owned(),
            _ => error.to_string(),
        })
    }
}

#[cfg(any(target_os = "macos", target_os = "ios"))]
mod system {
    use super::Priority;

    pub(super) fn promote(levels: Option<&[u8]>) -> Priority {
        if levels.is_some() { Priority::BySystem } else { Priority::Ordinary }
    }

    pub(super) fn lock_memory() -> Result<(), String> {
        Err("this system does not lock memory".to_owned())
    }
}

#[cfg(not(unix))]
mod system {
    use super::Priority;

    pub(super) fn promote(levels: Option<&[u8]>) -> Priority {
        match levels.map(|_| thread_priority::set_current_thread_priority(thread_priority::ThreadPriority::Max)) {
            Some(Ok(())) => Priority::Highest,
            Some(Err(_)) => Priority::Refused,
            None => Priority::Ordinary,
        }
    }

    pub(super) fn lock_memory() -> Result<(), String> {
        Err("this system does not lock memory".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::{Priority, Promotion};

    #[test]
    fn what_was_granted_reaches_the_control_side() {
        let levels = [1, 70, 99].map(|level| Priority::Realtime { level, was_given: false });
        let given = Priority::Realtime { level: 65, was_given: true };
        let all = [given, Priority::Highest, Priority::BySystem, Priority::Refused, Priority::Ordinary];
        for priority in all.into_iter().chain(levels) {
            assert_eq!(Priority::from_code(priority.code()), Some(priority));
        }
        assert_eq!(Priority::from_code(0), None);
    }

    #[test]
    fn who_does_not_want_it_is_left_alone_and_who_has_it_is_not_asked_for() {
        let promotion = Promotion::new(false);
        assert_eq!(promotion.granted(), None);
        let asked = promotion.clone();
        std::thread::spawn(move || asked.ask()).join().unwrap();
        assert_eq!(promotion.granted(), Some(Priority::Ordinary));

        let (first, second) = (Promotion::new(true), Promotion::new(false));
        let (asked, asked_again) = (first.clone(), second.clone());
        std::thread::spawn(move || {
            asked.ask();
            asked_again.ask();
        })
        .join()
        .unwrap();
        // A thread that was raised has its level from then on, whoever asks.
        if let Some(Priority::Realtime { level, .. }) = first.granted() {
            assert_eq!(second.granted(), Some(Priority::Realtime { level, was_given: true }));
        } else {
            assert_ne!(first.granted(), None);
        }
    }
}
