//! Arrays that share their cells while sound runs, where load time has copies and CPython's outputs are no test of both;
//! and what is refused of complex numbers.

use std::path::Path;
use std::sync::Arc;

use oscine_dsp::Processor;
use oscine_lang::evaluate::LoadOptions;
use oscine_lang::pipeline;

/// What a script without inputs gives.
fn run(text: &str, frames: usize) -> Vec<f64> {
    let options = LoadOptions { sample_rate: 48_000.0, block_frames: 4 };
    let checked = pipeline::compile(Path::new("script.py"), text.to_owned(), options, &mut |_| {})
        .unwrap_or_else(|failure| panic!("{text}\n{:?}", failure.diagnostics));
    let machine = oscine_jit::compile(checked.program, oscine_jit::Options::default()).expect("it translates");
    let mut output = vec![0.0; frames];
    machine.instantiate(Arc::default()).process(&[], &mut [&mut output]).expect("no fault");
    output
}

#[test]
fn real_and_imaginary_parts_are_the_cells_of_the_array() {
    let script = "import numpy as np\nz = np.array([1 + 2j, 3 + 4j, 5 + 6j])\n\ndef process():\n    \
                  re, im = z.real, z.imag[::2]\n    re[0] += 10.0\n    im *= 2.0\n    z[1] = 100j\n    \
                  return z[0].real + 1000.0 * z[2].imag + 100000.0 * re[1] + 1000000.0 * z.imag[1]\n";
    assert_eq!(run(script, 2), [11.0 + 12000.0 + 1e8, 21.0 + 24000.0 + 1e8]);
}

#[test]
fn a_table_whose_parts_are_only_read_is_a_constant() {
    let script =
        "import numpy as np\nz = np.array([1 + 2j, 3 + 4j])\n\ndef process():\n    return z.real[1] + z[0].imag\n";
    assert_eq!(run(script, 1), [5.0]);
}

#[test]
fn what_is_not_there_for_complex_numbers_is_refused_in_words() {
    let cases = [
        ("x * 1j", "`process` returns a complex where a float is expected"),
        ("1.0 if x + 1j < 2 else 0.0", "unsupported operand type(s) for <: 'complex' and 'int'"),
        ("((x + 1j) % 2).real", "unsupported operand type(s) for %: 'complex' and 'int'"),
        ("float(x + 1j)", "float() takes a number, not a complex"),
        ("math.sqrt(x + 0j)", "`math.sqrt` of complex numbers cannot run while sound does"),
        ("np.maximum(z, x)[0].real", "`np.maximum` of complex numbers cannot run while sound does"),
        ("z.max().real", "`max` of complex numbers cannot run while sound does"),
        ("float((z < x)[0])", "the order of complex numbers cannot run while sound does"),
        ("np.fft.rfft(z)[0].real", "np.fft.rfft() takes real numbers: use np.fft.fft()"),
        (
            "np.fft.fft(z, norm='loud')[0].real",
            "Invalid norm value loud; should be \"backward\", \"ortho\" or \"forward\".",
        ),
        (
            "np.fft.fft(z.reshape(1, 2))[0].real",
            "a transform of an array of several dimensions cannot run while sound does",
        ),
        ("np.fft.fft(z, 0)[0].real", "Invalid number of FFT data points (0) specified."),
    ];
    for (expression, words) in cases {
        let text = format!(
            "import math\nimport numpy as np\nz = np.array([1 + 2j, 3 + 4j])\n\n\
             def process(x: float):\n    return {expression}\n"
        );
        let options = LoadOptions { sample_rate: 48_000.0, block_frames: 4 };
        let Err(failure) = pipeline::compile(Path::new("script.py"), text, options, &mut |_| {}) else {
            panic!("{expression} compiles");
        };
        assert_eq!(failure.diagnostics[0].message, words, "{expression}");
    }
}
