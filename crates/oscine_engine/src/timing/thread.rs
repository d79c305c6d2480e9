//! What the system knows of the audio thread: how much processor time it used, read by the thread itself, and what else
//! held it up, read from outside, so that it costs that thread nothing.

/// The system's account of a thread since it began. Linux keeps all of it; other systems none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ThreadAccount {
    /// Its real-time priority, 1 to 99; 0 for an ordinary thread.
    pub realtime_priority: u32,
    /// How often the scheduler took the processor from it.
    pub involuntary_switches: u64,
    /// How often it gave it up by itself, as when it waits for the next period.
    pub voluntary_switches: u64,
    /// Pages of memory that it had to wait for, without the disk.
    pub minor_faults: u64,
    /// The same from the disk.
    pub major_faults: u64,
    /// Time that it was ready and had no processor, in ns.
    pub waited_ns: u64,
}

impl ThreadAccount {
    /// What has happened since `before`; the priority is that of now.
    #[must_use]
    pub fn since(&self, before: &Self) -> Self {
        Self {
            realtime_priority: self.realtime_priority,
            involuntary_switches: self.involuntary_switches.saturating_sub(before.involuntary_switches),
            voluntary_switches: self.voluntary_switches.saturating_sub(before.voluntary_switches),
            minor_faults: self.minor_faults.saturating_sub(before.minor_faults),
            major_faults: self.major_faults.saturating_sub(before.major_faults),
            waited_ns: self.waited_ns.saturating_sub(before.waited_ns),
        }
    }
}

/// The number by which the system knows the calling thread; never 0.
#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "the thread's number can only be asked for so")]
pub(super) fn own_id() -> Option<u64> {
    // SAFETY: it takes nothing, changes nothing and cannot fail.
    Some(unsafe { libc::gettid() } as u64)
}

#[cfg(not(target_os = "linux"))]
pub(super) fn own_id() -> Option<u64> {
    None
}

/// Raises the calling thread to the real-time priority of others that never share their time. Whether the system granted
/// it.
#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "a thread's priority can only be set so")]
pub(super) fn raise(realtime_priority: u32) -> bool {
    let wanted = libc::sched_param { sched_priority: realtime_priority as i32 };
    // SAFETY: the pointer is to a local value of the type that the call reads; 0 is the calling thread.
    unsafe { libc::sched_setscheduler(0, libc::SCHED_FIFO, &raw const wanted) == 0 }
}

#[cfg(not(target_os = "linux"))]
pub(super) fn raise(_realtime_priority: u32) -> bool {
    false
}

/// Processor time that the calling thread has used so far, in ns.
#[cfg(unix)]
#[expect(unsafe_code, reason = "the thread's own clock can only be read so")]
pub(super) fn cpu_ns() -> Option<u64> {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the pointer is to a local value of the type that the call writes; it neither waits nor allocates.
    let status = unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time) };
    (status == 0).then_some(time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64)
}

#[cfg(not(unix))]
pub(super) fn cpu_ns() -> Option<u64> {
    None
}

/// The account of thread `id` of this process, if the system gives one.
pub(crate) fn account(id: u64) -> Option<ThreadAccount> {
    let read = |name: &str| std::fs::read_to_string(format!("/proc/self/task/{id}/{name}")).ok();
    let mut account = parse_stat(&read("stat")?)?;
    if let Some(status) = read("status") {
        let number = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            line.and_then(|rest| rest.trim_start_matches(':').trim().parse().ok()).unwrap_or(0)
        };
        account.voluntary_switches = number("voluntary_ctxt_switches");
        account.involuntary_switches = number("nonvoluntary_ctxt_switches");
    }
    if let Some(schedule) = read("schedstat") {
        account.waited_ns = schedule.split_whitespace().nth(1).and_then(|word| word.parse().ok()).unwrap_or(0);
    }
    Some(account)
}

/// Faults and priority from `/proc/PID/task/TID/stat`, whose second field may hold anything between its brackets.
fn parse_stat(stat: &str) -> Option<ThreadAccount> {
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    // The field after the brackets is the third by the manual's count.
    let field = |number: usize| fields.get(number - 3)?.parse::<u64>().ok();
    Some(ThreadAccount {
        minor_faults: field(10)?,
        major_faults: field(12)?,
        realtime_priority: field(40)? as u32,
        ..ThreadAccount::default()
    })
}

#[cfg(test)]
mod tests {
    use super::{ThreadAccount, parse_stat};

    #[test]
    fn a_line_of_stat_is_read_by_the_manuals_count() {
        let mut fields: Vec<String> = (3..=52).map(|number| number.to_string()).collect();
        fields[0] = "S".to_owned();
        let line = format!("77 (a) b (c) {}", fields.join(" "));
        let expected =
            ThreadAccount { minor_faults: 10, major_faults: 12, realtime_priority: 40, ..ThreadAccount::default() };
        assert_eq!(parse_stat(&line), Some(expected));
        assert_eq!(parse_stat("77 (a) S 1 2"), None);
        assert_eq!(parse_stat(""), None);
    }

    #[test]
    fn an_account_of_a_while_is_the_difference() {
        let before = ThreadAccount { realtime_priority: 0, minor_faults: 5, waited_ns: 7, ..ThreadAccount::default() };
        let after = ThreadAccount { realtime_priority: 65, minor_faults: 9, waited_ns: 7, ..ThreadAccount::default() };
        let expected = ThreadAccount { realtime_priority: 65, minor_faults: 4, ..ThreadAccount::default() };
        assert_eq!(after.since(&before), expected);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_thread_has_an_account_and_a_clock() {
        let id = super::own_id().expect("an id");
        let first = super::account(id).expect("an account");
        std::thread::sleep(std::time::Duration::from_millis(1));
        let second = super::account(id).expect("an account");
        assert!(second.voluntary_switches > first.voluntary_switches, "{first:?} {second:?}");
        let before = super::cpu_ns().expect("a clock");
        let mut sum = 0u64;
        while super::cpu_ns().expect("a clock") == before {
            sum = std::hint::black_box(sum + 1);
        }
        assert_eq!(super::account(u64::from(u32::MAX)), None);
    }
}
