//! Processes that compute or build, so that whoever interrupts a measurement leaves none behind.
//!
//! A child belongs to the code that started it, which ends it by dropping it. From another thread all can be ended at once;
//! whoever waits for an answer of theirs then sees the end of it, and no new one starts.

use std::io::{Error, ErrorKind, Read};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

type Shared = Arc<Mutex<Child>>;

#[derive(Debug, Default)]
struct State {
    alive: Vec<Shared>,
    is_over: bool,
}

/// All children of a measurement.
#[derive(Debug, Clone, Default)]
pub struct Children(Arc<Mutex<State>>);

/// One that runs; it ends with its owner.
#[derive(Debug)]
pub(crate) struct Running {
    child: Shared,
    all: Children,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Children {
    /// Ends all, and lets no other start.
    pub fn end(&self) {
        let mut state = locked(&self.0);
        state.is_over = true;
        for child in state.alive.drain(..) {
            // It may have ended by itself.
            _ = locked(&child).kill();
        }
    }

    /// Whether they have been ended.
    pub fn are_over(&self) -> bool {
        locked(&self.0).is_over
    }

    pub(crate) fn start(&self, command: &mut Command) -> Result<Running, Error> {
        let mut state = locked(&self.0);
        if state.is_over {
            return Err(Error::new(ErrorKind::Interrupted, "interrupted"));
        }
        let child = Arc::new(Mutex::new(command.spawn()?));
        state.alive.push(child.clone());
        Ok(Running { child, all: self.clone() })
    }

    /// Runs a command to its end without input; what it wrote to standard error comes back.
    pub(crate) fn run(&self, command: &mut Command) -> Result<(ExitStatus, String), Error> {
        let running = self.start(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()))?;
        let stderr = locked(&running.child).stderr.take();
        let mut bytes = vec![];
        // It ends when the child does. Nobody else holds the lock then for longer than it takes to kill.
        stderr.map_or(Ok(0), |mut stderr| stderr.read_to_end(&mut bytes))?;
        let status = locked(&running.child).wait()?;
        Ok((status, String::from_utf8_lossy(&bytes).into_owned()))
    }
}

impl Running {
    /// Its standard input and output, once.
    pub(crate) fn pipes(&self) -> Option<(ChildStdin, ChildStdout)> {
        let mut child = locked(&self.child);
        child.stdin.take().zip(child.stdout.take())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        locked(&self.all.0).alive.retain(|other| !Arc::ptr_eq(other, &self.child));
        let mut child = locked(&self.child);
        // It may have ended by itself.
        _ = child.kill();
        _ = child.wait();
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::io::Read;
    use std::process::{Command, Stdio};

    use super::Children;

    #[test]
    fn who_waits_sees_the_end_and_nothing_starts_after_it() {
        let children = Children::default();
        let mut sleep = Command::new("sleep");
        let running = children.start(sleep.arg("600").stdin(Stdio::piped()).stdout(Stdio::piped())).unwrap();
        let (_input, mut output) = running.pipes().unwrap();
        let other = children.clone();
        let ending = std::thread::spawn(move || other.end());
        let mut text = String::new();
        output.read_to_string(&mut text).unwrap();
        ending.join().unwrap();
        assert!(text.is_empty() && children.are_over());
        assert!(children.run(Command::new("sleep").arg("0")).is_err());
    }
}
