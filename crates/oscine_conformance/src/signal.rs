//! The test signals that a program names.

/// The floats where arithmetic goes wrong: signed zeros, ties, subnormals, the largest, infinities, NaN.
const EDGES: &[f64] = &[
    0.0,
    -0.0,
    1.0,
    -1.0,
    0.5,
    -0.5,
    1.5,
    -1.5,
    2.5,
    -2.5,
    0.1,
    -0.1,
    1e-3,
    3.0,
    -3.0,
    7.25,
    1e16,
    -1e16,
    9_007_199_254_740_992.0,
    f64::MAX,
    f64::MIN,
    f64::MIN_POSITIVE,
    5e-324,
    -5e-324,
    f64::INFINITY,
    f64::NEG_INFINITY,
    f64::NAN,
];

/// The samples that `text` names: `ramp 8`, `triangle 24 7`, `values 1.0 nan`. Panics where it names none.
pub fn signal(text: &str) -> Vec<f64> {
    let mut words = text.split_whitespace();
    let name = words.next().unwrap_or("");
    if name == "values" {
        return words.map(|word| word.parse().unwrap_or_else(|_| panic!("not a number: {word:?}"))).collect();
    }
    if name == "edges" {
        return EDGES.to_vec();
    }
    let numbers: Vec<usize> =
        words.map(|word| word.parse().unwrap_or_else(|_| panic!("not a length: {text}"))).collect();
    let (frames, period) = (numbers[0], numbers.get(1).copied().unwrap_or(1));
    match name {
        "ramp" => (0..frames).map(|n| n as f64 / frames as f64).collect(),
        "impulse" => (0..frames).map(|n| if n == 0 { 1.0 } else { 0.0 }).collect(),
        "noise" => {
            let mut state: u64 = 12345;
            let mut next = || {
                state = (state * 1_103_515_245 + 12345) & 0x7FFF_FFFF;
                state as f64 / 1_073_741_824.0 - 1.0
            };
            (0..frames).map(|_| next()).collect()
        }
        "triangle" => (0..frames).map(|n| 4.0 * ((n as f64 / period as f64) % 1.0 - 0.5).abs() - 1.0).collect(),
        "square" => (0..frames).map(|n| if n % period < period / 2 { 1.0 } else { -1.0 }).collect(),
        _ => panic!("unknown signal {text:?}"),
    }
}
