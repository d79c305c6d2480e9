//! The guard around everything that runs on the audio thread: denormals off, allocations forbidden, and with the feature
//! `rtsan` whatever may block: locks, sleeps, system calls.

/// The allocator that a binary or a test installs to have allocations on the audio thread abort:
///
/// ```
/// #[cfg(debug_assertions)]
/// #[global_allocator]
/// static ALLOCATOR: oscine_engine::AllocationGuard = oscine_engine::AllocationGuard;
/// ```
///
/// Where it is not installed, nothing is checked and nothing is paid.
pub use assert_no_alloc::AllocDisabler as AllocationGuard;

/// Runs `work` as audio work: subnormal numbers count as zero, and an allocation or a release of memory aborts the
/// program if [`AllocationGuard`] is its allocator; built for `RealtimeSanitizer`, so does whatever else may block.
#[expect(unsafe_code, reason = "the processor's floating-point mode can only be set so")]
pub(crate) fn guarded<T>(work: impl FnOnce() -> T) -> T {
    #[cfg(feature = "rtsan")]
    let _watched = Watched::begin();
    assert_no_alloc::assert_no_alloc(|| {
        // SAFETY: flush-to-zero changes results, not control flow, and ends with the closure. The compiler could fold
        // a constant subnormal operation in `work` with the other mode, which changes a value below 1e-307, no more.
        unsafe { no_denormals::no_denormals(work) }
    })
}

/// Where `RealtimeSanitizer` (Trevelyan, Apilo and others, LLVM 20) lets nothing pass that may block.
#[cfg(feature = "rtsan")]
struct Watched;

#[cfg(feature = "rtsan")]
impl Watched {
    fn begin() -> Self {
        rtsan_standalone::realtime_enter();
        Self
    }
}

#[cfg(feature = "rtsan")]
impl Drop for Watched {
    fn drop(&mut self) {
        rtsan_standalone::realtime_exit();
    }
}

#[cfg(test)]
mod tests {
    use std::hint::black_box;

    use super::guarded;

    #[test]
    fn subnormals_are_zero_inside_and_themselves_outside() {
        let half = |x: f64| black_box(x) * 0.5;
        assert_eq!(guarded(|| half(f64::MIN_POSITIVE)), 0.0);
        assert!(half(f64::MIN_POSITIVE) > 0.0);
    }

    /// Runs only as the child of the test below: it must abort.
    #[test]
    #[ignore = "aborts by design"]
    fn allocates_under_the_guard() {
        guarded(|| drop(black_box(Box::new(1))));
    }

    #[test]
    fn an_allocation_inside_aborts() {
        let child = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "realtime::tests::allocates_under_the_guard"])
            .output()
            .unwrap();
        // The sanitizer ends it first, at the message of the abort.
        #[cfg(all(unix, not(feature = "rtsan")))]
        assert_eq!(std::os::unix::process::ExitStatusExt::signal(&child.status), Some(6), "{child:?}");
        assert!(!child.status.success());
    }

    /// Runs only as the child of the test below: it must be stopped.
    #[test]
    #[cfg(feature = "rtsan")]
    #[ignore = "is stopped by design"]
    fn logs_under_the_guard() {
        use std::io::Write as _;
        let _ = guarded(|| std::io::stderr().write_all(b"from the audio thread"));
    }

    /// What the sanitizer cannot see it cannot forbid: this is seen, so the silence of all other tests means something.
    #[test]
    #[cfg(feature = "rtsan")]
    fn a_system_call_inside_is_a_violation() {
        let child = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "realtime::tests::logs_under_the_guard"])
            .output()
            .unwrap();
        let words = String::from_utf8_lossy(&child.stderr);
        assert!(words.contains("RealtimeSanitizer: unsafe-library-call"), "{words}");
        assert!(!child.status.success());
    }
}
