//! The routines against CPython and numpy, when `OSCINE_PYTHON` names an interpreter that has it.
//!
//! `referee.py` writes a case a line, arguments and result as 64-bit words in hex; floats as their bits.

use std::process::Command;

use super::{gamma, integers, random, rounding, sum};

/// The cases that the referee writes for a routine.
fn cases(routine: &str) -> Option<Vec<Vec<u64>>> {
    let python = std::env::var("OSCINE_PYTHON").ok()?;
    let output = Command::new(python).args(["-c", include_str!("referee.py"), routine]).output().expect("CPython runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("the referee writes ASCII");
    let word = |word| u64::from_str_radix(word, 16).expect("the referee writes hex");
    let cases: Vec<Vec<u64>> = text.lines().map(|line| line.split(' ').map(word).collect()).collect();
    assert!(cases.len() > 50, "the referee wrote {} cases", cases.len());
    Some(cases)
}

fn same(ours: f64, theirs: u64) -> bool {
    ours.to_bits() == theirs || (ours.is_nan() && f64::from_bits(theirs).is_nan())
}

#[test]
fn rounds_to_digits_as_cpython() {
    for case in cases("round").unwrap_or_default() {
        let (x, digits) = (f64::from_bits(case[0]), case[1] as i64);
        let ours = rounding::oscine_round_digits(x, digits);
        assert!(same(ours, case[2]), "round({x:e}, {digits}) = {ours:e}, not {:e}", f64::from_bits(case[2]));
    }
}

#[test]
fn divides_ints_as_cpython() {
    for case in cases("true_div").unwrap_or_default() {
        let (a, b) = (case[0] as i64, case[1] as i64);
        let ours = integers::oscine_int_true_div(a, b);
        assert!(same(ours, case[2]), "{a} / {b} = {ours:e}, not {:e}", f64::from_bits(case[2]));
    }
}

#[test]
fn sums_as_numpy() {
    for case in cases("sum").unwrap_or_default() {
        let (stride, expected) = (case[0] as i64, case[1]);
        let values = &case[2..];
        let count = values.len() as i64 / stride.abs();
        let first = if stride < 0 { values.len().saturating_sub(1) } else { 0 };
        // SAFETY: `count` cells, `stride` apart, from the first or back from the last, are within `values`.
        let ours = unsafe { sum::oscine_pairwise_sum(values.as_ptr().add(first), count, stride) };
        assert!(same(ours, expected), "{count} values {stride} apart: {ours:e}, not {:e}", f64::from_bits(expected));
    }
}

#[test]
fn draws_the_numbers_of_cpython() {
    for routine in ["random", "bits"] {
        let Some(cases) = cases(routine) else { return };
        let mut state = cases[0].clone();
        assert_eq!(state.len(), 625);
        for case in &cases[1..] {
            let state = state.as_mut_ptr();
            if routine == "random" {
                // SAFETY: the state has its 625 cells.
                let ours = unsafe { random::oscine_random_double(state) };
                assert!(same(ours, case[0]), "{ours}, not {}", f64::from_bits(case[0]));
            } else {
                // SAFETY: as above.
                let ours = unsafe { random::oscine_random_bits(state, case[1] as i64) };
                assert_eq!(ours, case[0] as i64);
            }
        }
    }
}

#[test]
fn gamma_and_its_logarithm_as_cpython() {
    for (routine, ours) in
        [("gamma", gamma::oscine_gamma as extern "C" fn(f64) -> f64), ("lgamma", gamma::oscine_lgamma)]
    {
        for case in cases(routine).unwrap_or_default() {
            let x = f64::from_bits(case[0]);
            assert!(same(ours(x), case[1]), "{routine}({x}) = {:e}, not {:e}", ours(x), f64::from_bits(case[1]));
        }
    }
}
