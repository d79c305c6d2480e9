//! What filters at audio time refuse: arguments that would otherwise give another filter than scipy's.

use std::path::Path;

use crate::evaluate::LoadOptions;
use crate::pipeline;

/// The words of the first error of a `process` that computes `expression`; nothing if it compiles.
fn refused(expression: &str) -> String {
    let text = format!(
        "import numpy as np\nfrom scipy import signal\nsos = np.array([[1.0, 0.5, 0.25, 1.0, 0.1, 0.2]])\n\
         scaled = 2.0 * sos\nzero = np.array([0.0, 0.5])\ndef process(x: np.ndarray):\n    y = {expression}\n    return x\n"
    );
    let options = LoadOptions { sample_rate: 48000.0, block_frames: 8 };
    match pipeline::compile(Path::new("script.py"), text, options, &mut |_| {}) {
        Ok(_) => String::new(),
        Err(failure) => failure.diagnostics[0].message.clone(),
    }
}

#[test]
fn arguments_that_scipy_does_not_know_are_refused() {
    assert_eq!(refused("signal.lfilter([1.0], [1.0, 0.5], x)"), "");
    assert!(refused("signal.lfilter([1.0], [1.0, 0.5], x, order=2)").contains("unexpected keyword argument 'order'"));
    assert!(refused("signal.sosfilt(sos, x, sos=sos)").contains("multiple values for argument 'sos'"));
    assert!(refused("signal.butter(2)").contains("missing required argument: 'Wn'"));
    assert!(refused("signal.lfilter([1.0], [1.0, 0.5], x, axis=1)").contains("axis 1 is out of bounds"));
}

#[test]
fn a_design_that_is_not_a_digital_filter_is_refused() {
    assert_eq!(refused("signal.butter(2, 0.1 + 0.1 * abs(x[0]), 'LOW', False)"), "");
    assert!(refused("signal.butter(2, 0.1 + 0.1 * abs(x[0]), analog=True)").contains("analogue filter"));
    assert!(refused("signal.butter(2, 0.5, output='abc')").contains("'abc' is not a valid output form."));
}

#[test]
fn coefficients_and_memory_have_the_shapes_that_scipy_demands() {
    assert_eq!(refused("signal.sosfilt(sos, x, zi=np.zeros((1, 2)))"), "");
    let told = refused("signal.sosfilt(sos, x, zi=np.zeros(2))");
    assert!(told.contains("zi must have shape (1, 2), got (2,)."), "{told}");
    let told = refused("signal.lfilter([1.0], [1.0, 0.5], x, zi=np.zeros(3))");
    assert!(told.contains("Unexpected shape for zi: expected (1,), found (3,)."), "{told}");
    let told = refused("signal.lfilter([[1.0, 0.5]], [1.0, 0.5], x)");
    assert!(told.contains("Parameter b is not a non-empty 1d array, since b.shape=(1, 2)!"), "{told}");
}

#[test]
fn what_scipy_always_raises_is_told_when_compiling() {
    assert!(refused("signal.sosfilt(scaled, x)").contains("should be all ones"));
    assert!(refused("signal.lfilter([1.0], zero, x)").contains("coefficient a[0] == 0"));
    assert!(refused("signal.butter(2, -0.1)").contains("must be greater than 0"));
    assert!(refused("signal.butter(2, 1.5)").contains("must be 0 < Wn < 1"));
    assert!(refused("signal.butter(2, (0.4, 0.2), 'band')").contains("Wn[0] must be less than Wn[1]"));
    assert_eq!(refused("signal.lfilter([1.0], [1.0 + x[0] * x[0], 0.5], x)"), "");
}
