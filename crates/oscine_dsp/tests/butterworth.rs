//! Butterworth designs against what they are on paper (half power at the edges, unity in the band), and against
//! `scipy.signal.butter` coefficient by coefficient, when `OSCINE_PYTHON` names an interpreter that has it.

use std::process::Command;

use oscine_dsp::design::{Band, Complex, butterworth_ba, butterworth_sos, section_count};

const EDGES: [(f64, f64); 7] =
    [(0.01, 0.02), (0.1, 0.3), SYMMETRIC, (0.2, 0.4), (0.5, 0.9), (0.003, 0.8), (0.45, 0.55)];
const SYMMETRIC: (f64, f64) = (0.25, 0.75);
const BANDS: [(Band, &str); 4] =
    [(Band::Low, "lowpass"), (Band::High, "highpass"), (Band::Pass, "bandpass"), (Band::Stop, "bandstop")];

fn sections(band: Band, order: usize, (low, high): (f64, f64)) -> Vec<f64> {
    let mut sos = vec![0.0; 6 * section_count(band, order)];
    butterworth_sos(band, order, low, high, &mut sos);
    sos
}

fn transfer(band: Band, order: usize, (low, high): (f64, f64)) -> (Vec<f64>, Vec<f64>) {
    let count = band.poles(order) + 1;
    let (mut b, mut a) = (vec![0.0; count], vec![0.0; count]);
    butterworth_ba(band, order, low, high, &mut b, &mut a);
    (b, a)
}

/// The gain of a polynomial quotient in `1/z` at a frequency of which 1 is Nyquist.
fn gain(b: &[f64], a: &[f64], frequency: f64) -> f64 {
    let angle = -std::f64::consts::PI * frequency;
    let delay = Complex::new(angle.cos(), angle.sin());
    let value = |c: &[f64]| c.iter().rev().fold(Complex::real(0.0), |sum, &c| sum * delay + Complex::real(c));
    (value(b) / value(a)).abs()
}

#[test]
fn half_power_at_the_edges_and_unity_in_the_band() {
    for (band, name) in BANDS {
        for order in 1..=12 {
            for edges in EDGES {
                let sos = sections(band, order, edges);
                let at = |f: f64| sos.chunks(6).map(|s| gain(&s[..3], &s[3..], f)).product::<f64>();
                let edge_gains = match band {
                    Band::Low | Band::High => vec![at(edges.0)],
                    Band::Pass | Band::Stop => vec![at(edges.0), at(edges.1)],
                };
                for measured in edge_gains {
                    assert!(
                        (measured - 0.5_f64.sqrt()).abs() < 1e-7,
                        "{name} {order} {edges:?}: {measured} at an edge"
                    );
                }
                let inside = match band {
                    Band::Low | Band::Stop => 0.0,
                    Band::High => 1.0,
                    Band::Pass => {
                        // The centre is the geometric mean of the warped edges.
                        let warped = |f: f64| (std::f64::consts::PI * f / 2.0).tan();
                        (warped(edges.0) * warped(edges.1)).sqrt().atan() * 2.0 / std::f64::consts::PI
                    }
                };
                assert!((at(inside) - 1.0).abs() < 1e-7, "{name} {order} {edges:?}: {} inside", at(inside));
            }
        }
    }
}

#[test]
fn both_forms_are_the_same_filter() {
    for (band, name) in BANDS {
        for order in 1..=4 {
            let sos = sections(band, order, (0.2, 0.4));
            let (b, a) = transfer(band, order, (0.2, 0.4));
            for f in [0.1, 0.25, 0.3, 0.7] {
                let product: f64 = sos.chunks(6).map(|s| gain(&s[..3], &s[3..], f)).product();
                assert!((product - gain(&b, &a, f)).abs() < 1e-10, "{name} {order} at {f}");
            }
        }
    }
}

/// Prints the designs in the order of the loops below, a row a line.
const SCIPY: &str = "
from scipy.signal import butter
EDGES = [(0.01, 0.02), (0.1, 0.3), (0.25, 0.75), (0.2, 0.4), (0.5, 0.9), (0.003, 0.8), (0.45, 0.55)]
for band in ('lowpass', 'highpass', 'bandpass', 'bandstop'):
    for order in range(1, 13):
        for edges in EDGES:
            wn = edges if band.startswith('band') else edges[0]
            print(*map(repr, map(float, butter(order, wn, band, output='sos').ravel())))
            b, a = butter(order, wn, band)
            print(*map(repr, map(float, [*b, *a])))
";

#[test]
fn agrees_with_scipy() {
    let Ok(python) = std::env::var("OSCINE_PYTHON") else { return };
    let output = Command::new(python).args(["-W", "ignore", "-c", SCIPY]).output().expect("the interpreter runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("numbers are text");
    let mut rows = text.lines().map(|line| line.split(' ').map(|n| n.parse::<f64>().expect("a number")).collect());
    let (mut worst_sos, mut worst_ba) = (0.0_f64, 0.0_f64);
    for (band, name) in BANDS {
        for order in 1..=12 {
            for edges in EDGES {
                let expected: Vec<f64> = rows.next().expect("a row of sections");
                let ours = sections(band, order, edges);
                assert_eq!(expected.len(), ours.len(), "{name} {order}");
                // A band symmetric about half of Nyquist has pairs of poles equally far from the unit circle: rounding
                // says which of their sections comes first.
                let section_pairs = expected.chunks(6).zip(ours.chunks(6)).filter(|_| edges != SYMMETRIC);
                for (e, o) in section_pairs {
                    let scale = e[..3].iter().fold(f64::MIN_POSITIVE, |m, v| m.max(v.abs()));
                    for (i, (e, o)) in e.iter().zip(o).enumerate() {
                        let error = (e - o).abs() / if i < 3 { scale } else { 1.0 };
                        worst_sos = worst_sos.max(error);
                    }
                }
                let expected: Vec<f64> = rows.next().expect("a row of b, a");
                let (b, a) = transfer(band, order, edges);
                assert_eq!(expected.len(), b.len() + a.len());
                let (eb, ea) = expected.split_at(b.len());
                for (e, o) in [(eb, &b), (ea, &a)] {
                    let scale = e.iter().fold(f64::MIN_POSITIVE, |m, v| m.max(v.abs()));
                    for (e, o) in e.iter().zip(o) {
                        worst_ba = worst_ba.max((e - o).abs() / scale);
                    }
                }
            }
        }
    }
    assert!(worst_sos < 1e-13 && worst_ba < 1e-12, "sections {worst_sos:e}, b and a {worst_ba:e}");
}
