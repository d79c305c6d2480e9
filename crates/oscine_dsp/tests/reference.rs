//! The tests' own integration of the circuits against `scipy.integrate.solve_ivp` (Radau, 1e-9), when `OSCINE_PYTHON` names an
//! interpreter that has it: what the other tests call the solution is the one that scipy finds.

#[path = "support/ladder_circuit.rs"]
mod ladder_circuit;
#[path = "support/radau.rs"]
mod radau;
#[path = "support/ring_circuit.rs"]
mod ring_circuit;
#[path = "support/solutions.rs"]
mod solutions;

use std::f64::consts::{PI, TAU};

use ladder_circuit::LadderCircuit;
use radau::states;
use ring_circuit::RingCircuit;
use solutions::Solutions;

fn sine(volts: f64, hz: f64) -> impl Fn(f64) -> f64 {
    move |t| volts * (TAU * hz * t).sin()
}

/// The root mean square of the difference by that of the solution.
fn apart(ours: &[f64], solved: &[f64]) -> f64 {
    assert_eq!(ours.len(), solved.len());
    let difference: f64 = ours.iter().zip(solved).map(|(a, b)| (a - b).powi(2)).sum();
    (difference / solved.iter().map(|y| y * y).sum::<f64>()).sqrt()
}

#[test]
fn the_ring_s_solution_is_scipy_s() {
    let Some(solutions) = Solutions::of("ring-levels") else { return };
    for volts in ["0.1", "0.5", "10"] {
        let solved = solutions.read(&format!("ring-{volts}-44100-out"));
        let level: f64 = volts.parse().expect("a number");
        let circuit = RingCircuit { modulator: sine(level, 200.0), carrier: sine(level, 500.0) };
        let states = states(&circuit, [0.0; 5], (0.0, 44_100.0), (solved.len(), 16));
        let error = apart(&states.iter().map(|state| state[1]).collect::<Vec<_>>(), &solved);
        println!("ring at {volts} V: {error:e}");
        assert!(error < if level > 1.0 { 1e-6 } else { 1e-8 }, "{volts} V: {error:e}");
    }
}

#[test]
fn the_ladder_s_solution_is_scipy_s() {
    let Some(solutions) = Solutions::of("vcs3-levels") else { return };
    for (name, slope_volts) in [("thermal", 0.052), ("gamma", 1.836 * 0.052)] {
        for volts in ["0.01", "0.1", "1", "10"] {
            let solved = solutions.read(&format!("vcs3-{name}-{volts}-48000-out"));
            let level: f64 = volts.parse().expect("a number");
            let (low, high) = (sine(level, 200.0), sine(0.5 * level, 1700.0));
            let resonance = 4.0;
            let speed = 8.0 * 0.026 * 48_000.0 * (PI * 1000.0 / 48_000.0).tan();
            let circuit = LadderCircuit { input: |t| low(t) + high(t), speed, resonance, slope_volts };
            let states = states(&circuit, [0.0; 4], (0.0, 48_000.0), (solved.len(), 32));
            let ours: Vec<f64> = states.iter().map(|state| (resonance + 0.5) * state[3]).collect();
            let error = apart(&ours, &solved);
            println!("ladder, {name}, at {volts} V: {error:e}");
            assert!(error < if level > 1.0 { 1e-7 } else { 1e-9 }, "{name} at {volts} V: {error:e}");
        }
    }
}
