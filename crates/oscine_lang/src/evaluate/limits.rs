//! What keeps a script's load time from never ending: a budget of time, and limits on the depth of calls.
//!
//! The clock is looked at every thousand steps (a step is a call or a turn of a loop). Depth is limited as CPython limits
//! it, by a count of calls, and by the address of the stack besides, because one call of Python may take many of ours.

use std::cell::Cell;
use std::time::{Duration, Instant};

use super::exceptions::raise;
use super::value::Result;

/// CPython's `sys.getrecursionlimit()`.
const MOST_CALLS: usize = 1000;

/// The stack of [`on_large_stack`]: enough for [`MOST_CALLS`] in an unoptimised build.
const STACK_BYTES: usize = 512 << 20;

/// What is left free below the deepest call, for code that does not count.
const RESERVE_BYTES: usize = 256 << 10;

/// What a thread of unknown size is trusted to have.
const SMALL_STACK_BYTES: usize = 1 << 20;

thread_local! {
    /// The lowest address that the evaluator may reach on this thread; 0 where it is not known.
    static FLOOR: Cell<usize> = const { Cell::new(0) };
}

/// An address near the top of the stack.
fn stack_address() -> usize {
    let here = 0u8;
    std::ptr::from_ref(&here) as usize
}

/// Runs `work` on a thread whose stack holds the deepest recursion that Python permits.
pub fn on_large_stack<R: Send>(work: impl FnOnce() -> R + Send) -> R {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, || {
            FLOOR.set(stack_address().saturating_sub(STACK_BYTES - RESERVE_BYTES));
            work()
        });
        match thread.map(std::thread::ScopedJoinHandle::join) {
            Ok(Ok(result)) => result,
            Ok(Err(panic)) => std::panic::resume_unwind(panic),
            Err(error) => panic!("no thread to load the script on: {error}"),
        }
    })
}

/// What a load may still use.
#[derive(Debug)]
pub(crate) struct Limits {
    deadline: Instant,
    seconds: u64,
    steps: u32,
    calls: usize,
    floor: usize,
}

impl Limits {
    pub(crate) fn new(budget: Duration) -> Self {
        let known = FLOOR.get();
        let floor = if known > 0 { known } else { stack_address().saturating_sub(SMALL_STACK_BYTES - RESERVE_BYTES) };
        Self { deadline: Instant::now() + budget, seconds: budget.as_secs(), steps: 0, calls: 0, floor }
    }

    /// Counts a step; an error when the time is up.
    pub(crate) fn step(&mut self) -> Result<()> {
        self.steps = self.steps.wrapping_add(1);
        if self.steps.is_multiple_of(1024) && Instant::now() > self.deadline {
            let seconds = self.seconds;
            return Err(raise("load-time limit", format!("the script was still loading after {seconds} seconds")));
        }
        Ok(())
    }

    /// Counts a call of Python that begins.
    pub(crate) fn enter(&mut self) -> Result<()> {
        self.step()?;
        self.check_stack()?;
        if self.calls >= MOST_CALLS {
            return Err(raise("RecursionError", "maximum recursion depth exceeded"));
        }
        self.calls += 1;
        Ok(())
    }

    /// Counts a call that ends.
    pub(crate) fn leave(&mut self) {
        self.calls -= 1;
    }

    /// An error where the stack comes to its end.
    pub(crate) fn check_stack(&self) -> Result<()> {
        if stack_address() < self.floor {
            return Err(raise("RecursionError", "maximum recursion depth exceeded"));
        }
        Ok(())
    }
}
