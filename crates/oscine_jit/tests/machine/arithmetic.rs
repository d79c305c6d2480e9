//! Every operation against Rust's or against values that CPython printed.

use oscine_lang::ir::{Compare, FloatBinary, FloatUnary, IntBinary, Op, Type};

use super::support::{floats, ints};

const SPECIAL: [f64; 16] = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    0.5,
    -2.5,
    3.5,
    1e300,
    -1e300,
    f64::INFINITY,
    f64::NEG_INFINITY,
    f64::NAN,
    f64::MIN_POSITIVE,
    5e-324,
    -5e-324,
    4_503_599_627_370_497.5,
];

fn pairs() -> Vec<(f64, f64)> {
    SPECIAL.iter().flat_map(|&x| SPECIAL.iter().map(move |&y| (x, y))).collect()
}

/// Equal bits, or both NaN.
fn assert_floats(name: &str, got: &[u64], expected: impl Fn(f64, f64) -> f64) {
    for (&(x, y), word) in pairs().iter().zip(got) {
        let (got, expected) = (f64::from_bits(*word), expected(x, y));
        let same = got.to_bits() == expected.to_bits() || got.is_nan() && expected.is_nan();
        assert!(same, "{name}({x:e}, {y:e}) gave {got:e}, not {expected:e}");
    }
}

#[test]
fn float_operations_of_one_operand_are_rusts() {
    type Case = (FloatUnary, fn(f64) -> f64);
    let cases: [Case; 7] = [
        (FloatUnary::Neg, |x| -x),
        (FloatUnary::Abs, f64::abs),
        (FloatUnary::Sqrt, f64::sqrt),
        (FloatUnary::Floor, f64::floor),
        (FloatUnary::Ceil, f64::ceil),
        (FloatUnary::Trunc, f64::trunc),
        (FloatUnary::RoundEven, f64::round_ties_even),
    ];
    for (op, expected) in cases {
        let got = floats(Type::F64, |x, _| Op::FloatUnary(op, x), &pairs());
        assert_floats(&format!("{op:?}"), &got, |x, _| expected(x));
    }
}

#[test]
fn float_operations_of_two_operands_are_rusts() {
    type Case = (FloatBinary, fn(f64, f64) -> f64);
    let cases: [Case; 5] = [
        (FloatBinary::Add, |x, y| x + y),
        (FloatBinary::Sub, |x, y| x - y),
        (FloatBinary::Mul, |x, y| x * y),
        (FloatBinary::Div, |x, y| x / y),
        (FloatBinary::CopySign, f64::copysign),
    ];
    for (op, expected) in cases {
        let got = floats(Type::F64, |x, y| Op::FloatBinary(op, x, y), &pairs());
        assert_floats(&format!("{op:?}"), &got, expected);
    }
}

/// CPython's `float_rem`, numpy's result where the divisor is zero.
pub(crate) fn python_mod(x: f64, y: f64) -> f64 {
    let remainder = x % y;
    if y == 0.0 || remainder.is_nan() {
        f64::NAN
    } else if remainder == 0.0 {
        0f64.copysign(y)
    } else if (y < 0.0) != (remainder < 0.0) {
        remainder + y
    } else {
        remainder
    }
}

/// CPython's `float_floor_div`, numpy's result where the divisor is zero.
pub(crate) fn python_floor_div(x: f64, y: f64) -> f64 {
    if y == 0.0 {
        return x / y;
    }
    let remainder = x % y;
    let mut quotient = (x - remainder) / y;
    if remainder != 0.0 && (y < 0.0) != (remainder < 0.0) {
        quotient -= 1.0;
    }
    if quotient == 0.0 {
        return 0f64.copysign(x / y);
    }
    let floor = quotient.floor();
    if quotient - floor > 0.5 { floor + 1.0 } else { floor }
}

#[test]
fn float_division_rounds_down_as_python_does() {
    let got = floats(Type::F64, |x, y| Op::FloatBinary(FloatBinary::Mod, x, y), &pairs());
    assert_floats("%", &got, python_mod);
    let got = floats(Type::F64, |x, y| Op::FloatBinary(FloatBinary::FloorDiv, x, y), &pairs());
    assert_floats("//", &got, python_floor_div);
}

#[test]
fn values_that_cpython_printed() {
    let cases = [(5.5, 2.0), (-5.5, 2.0), (5.5, -2.0), (1.0, 0.1), (-1.0, 0.1), (0.3, 0.1), (7.0, 7.0)];
    let floor: Vec<f64> = [2.0, -3.0, -3.0, 9.0, -10.0, 2.0, 1.0].to_vec();
    let modulo: Vec<f64> =
        vec![1.5, 0.5, -0.5, 0.099_999_999_999_999_95, 5.551_115_123_125_783e-17, 0.099_999_999_999_999_98, 0.0];
    let as_floats = |words: Vec<u64>| -> Vec<f64> { words.into_iter().map(f64::from_bits).collect() };
    let got = floats(Type::F64, |x, y| Op::FloatBinary(FloatBinary::FloorDiv, x, y), &cases);
    assert_eq!(as_floats(got), floor);
    let got = floats(Type::F64, |x, y| Op::FloatBinary(FloatBinary::Mod, x, y), &cases);
    assert_eq!(as_floats(got), modulo);
}

/// It is made of other instructions for most constants, whatever is divided.
#[test]
fn division_by_a_constant_is_the_same_division() {
    use oscine_lang::ir::Operand::F64;
    for y in [2.0, 0.25, -4.0, 3.0, -0.052, 44_100.0, 1e300, 1.0, -1.0, f64::MIN_POSITIVE, 2f64.powi(1023), 5e-324, 0.0]
    {
        let cases: Vec<_> = SPECIAL.iter().map(|x| (*x, 0.0)).collect();
        for (op, expected) in [
            (FloatBinary::Div, (|x, y| x / y) as fn(f64, f64) -> f64),
            (FloatBinary::Mod, python_mod),
            (FloatBinary::FloorDiv, python_floor_div),
        ] {
            let got = floats(Type::F64, |x, _| Op::FloatBinary(op, x, F64(y)), &cases);
            for ((x, _), word) in cases.iter().zip(got) {
                let (got, expected) = (f64::from_bits(word), expected(*x, y));
                let same = got.to_bits() == expected.to_bits() || got.is_nan() && expected.is_nan();
                assert!(same, "{op:?}({x:e}, {y:e}) gave {got:e}, not {expected:e}");
            }
        }
    }
}

#[test]
fn comparisons_of_floats_are_false_for_nan_but_not_equal() {
    type Case = (Compare, fn(&f64, &f64) -> bool);
    let cases: [Case; 6] = [
        (Compare::Eq, f64::eq),
        (Compare::Ne, f64::ne),
        (Compare::Lt, f64::lt),
        (Compare::Le, f64::le),
        (Compare::Gt, f64::gt),
        (Compare::Ge, f64::ge),
    ];
    for (op, expected) in cases {
        let got = floats(Type::Bool, |x, y| Op::FloatCompare(op, x, y), &pairs());
        for ((x, y), word) in pairs().iter().zip(got) {
            assert_eq!(word, u64::from(expected(x, y)), "{op:?}({x:e}, {y:e})");
        }
    }
}

#[test]
fn floats_become_ints_toward_zero() {
    let cases = [0.9, -0.9, 2.5, -2.5, 9_223_372_036_854_774_784.0, -9_223_372_036_854_775_808.0];
    let pairs: Vec<_> = cases.iter().map(|x| (*x, 0.0)).collect();
    let got = floats(Type::I64, |x, _| Op::FloatToInt(x), &pairs);
    let expected = [0, 0, 2, -2, 9_223_372_036_854_774_784, i64::MIN];
    assert_eq!(got.iter().map(|w| *w as i64).collect::<Vec<_>>(), expected);
}

const INTS: [i64; 11] = [0, 1, -1, 2, -2, 7, -7, 64, i64::MAX, i64::MIN, 1 << 53];

fn int_pairs(keep: impl Fn(i64, i64) -> bool) -> Vec<(i64, i64)> {
    let all = INTS.iter().flat_map(|&x| INTS.iter().map(move |&y| (x, y)));
    all.filter(|&(x, y)| keep(x, y)).collect()
}

fn assert_ints(op: IntBinary, cases: &[(i64, i64)], expected: impl Fn(i64, i64) -> i64) {
    let got = ints(Type::I64, |x, y| Op::IntBinary(op, x, y, None), cases);
    for (&(x, y), word) in cases.iter().zip(got) {
        assert_eq!(word as i64, expected(x, y), "{op:?}({x}, {y})");
    }
}

#[test]
fn int_division_rounds_down() {
    let cases = int_pairs(|x, y| y != 0 && !(x == i64::MIN && y == -1));
    assert_ints(IntBinary::FloorDiv, &cases, |x, y| {
        let (quotient, remainder) = (x / y, x % y);
        if remainder != 0 && (remainder < 0) != (y < 0) { quotient - 1 } else { quotient }
    });
    assert_ints(IntBinary::Mod, &cases, |x, y| {
        let remainder = x % y;
        if remainder != 0 && (remainder < 0) != (y < 0) { remainder + y } else { remainder }
    });
    // Not a value that Python's ints of any size would give, but no crash.
    assert_ints(IntBinary::FloorDiv, &[(i64::MIN, -1)], |_, _| i64::MIN);
    assert_ints(IntBinary::Mod, &[(i64::MIN, -1)], |_, _| 0);
}

#[test]
fn int_operations_without_a_site_wrap() {
    let all = int_pairs(|_, _| true);
    assert_ints(IntBinary::Add, &all, i64::wrapping_add);
    assert_ints(IntBinary::Sub, &all, i64::wrapping_sub);
    assert_ints(IntBinary::Mul, &all, i64::wrapping_mul);
    assert_ints(IntBinary::And, &all, |x, y| x & y);
    assert_ints(IntBinary::Or, &all, |x, y| x | y);
    assert_ints(IntBinary::Xor, &all, |x, y| x ^ y);
    assert_ints(IntBinary::Shl, &int_pairs(|_, y| (0..64).contains(&y)), |x, y| x << y);
    assert_ints(IntBinary::Shr, &int_pairs(|_, y| y >= 0), |x, y| x >> y.min(63));
}
