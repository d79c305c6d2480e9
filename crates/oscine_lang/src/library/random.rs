//! `random`: CPython's generator bit for bit.
//!
//! MT19937 (M. Matsumoto, T. Nishimura, "Mersenne Twister", ACM TOMACS 8, 1998), seeded by an array as its authors'
//! `init_by_array` does; a double takes 53 bits of two words. The functions around it draw as `Lib/random.py` of
//! CPython 3.11 draws, number by number, so that a seed gives what it gives there. Without a seed it begins as if seeded
//! with 0: a script sounds the same every time.
//!
//! The state is live: an object of class `Random` with the attributes `words` (an int array of 624 words and the index) and
//! `gauss_next`. The functions of the module are bound to one such object.

use std::cell::RefCell;
use std::rc::Rc;

use super::{Audio, Contribution, Entry};
use crate::evaluate::Interpreter;
use crate::evaluate::calls::{count_args, match_args};
use crate::evaluate::exceptions::raise;
use crate::evaluate::types::{class, type_name};
use crate::evaluate::value::{
    Args, Array, ArrayData, Bound, Cells, Dtype, Instance, List, Module, Name, Namespace, Result, Value,
};
use crate::syntax::ast::BinOp;

type Load = fn(&mut Interpreter<'_>, Args) -> Result<Value>;

const fn row(name: &'static str, load: Load) -> Entry {
    Entry { name, load, audio: Audio::LoadOnly }
}

const fn rule(name: &'static str, load: Load) -> Entry {
    Entry { name, load, audio: Audio::Rule }
}

pub(super) const CONTRIBUTION: Contribution = Contribution { entries: ENTRIES, constants: Vec::new };

/// The methods of `Random`; each is also a function of the module.
static ENTRIES: &[Entry] = &[
    row("random.Random", make),
    row("random.Random seed", seed),
    rule("random.Random random", random),
    rule("random.Random uniform", uniform),
    rule("random.Random triangular", triangular),
    rule("random.Random gauss", gauss),
    rule("random.Random normalvariate", normal),
    rule("random.Random expovariate", exponential),
    rule("random.Random randint", randint),
    rule("random.Random randrange", randrange),
    rule("random.Random choice", choice),
    row("random.Random choices", choices),
    row("random.Random shuffle", shuffle),
    row("random.Random sample", sample),
    row("random.Random getrandbits", getrandbits),
    row("random.Random lognormvariate", log_normal),
];

const WORDS: usize = 624;

/// Gives a new copy of the module its generator, and binds its functions to it.
pub(super) fn configure(module: &Module) {
    let generator = new_generator(0);
    for entry in ENTRIES {
        if let Some((_, name)) = entry.name.split_once(' ') {
            let captured = vec![generator.clone()];
            module.globals.set(Name::from(name), Value::Bound(Rc::new(Bound { entry, captured, is_method: false })));
        }
    }
}

fn new_generator(seed: u64) -> Value {
    let data = ArrayData { dtype: Dtype::Int, cells: RefCell::new(Cells::Int(seeded(&key_of(seed)))) };
    let words = Array { data: Rc::new(data), offset: 0, shape: vec![WORDS + 1], strides: vec![1] };
    let attributes = Namespace::default();
    attributes.set(Name::from("words"), Value::Array(words));
    attributes.set(Name::from("gauss_next"), Value::None);
    let base_value = RefCell::new(Value::None);
    Value::Instance(Rc::new(Instance { class: class("random.Random"), attributes, base_value }))
}

/// A seed as 32-bit words, the lowest first.
fn key_of(seed: u64) -> Vec<u32> {
    let (low, high) = (seed as u32, (seed >> 32) as u32);
    if high > 0 { vec![low, high] } else { vec![low] }
}

/// `init_by_array`: the words and the index, which says that all are used up.
fn seeded(key: &[u32]) -> Vec<i64> {
    let mut state = [0u32; WORDS];
    state[0] = 19_650_218;
    for i in 1..WORDS {
        let before = state[i - 1] ^ state[i - 1] >> 30;
        state[i] = before.wrapping_mul(1_812_433_253).wrapping_add(i as u32);
    }
    let (mut i, mut j) = (1, 0);
    for _ in 0..WORDS.max(key.len()) {
        let before = (state[i - 1] ^ state[i - 1] >> 30).wrapping_mul(1_664_525);
        state[i] = (state[i] ^ before).wrapping_add(key[j]).wrapping_add(j as u32);
        i += 1;
        j += 1;
        if i >= WORDS {
            state[0] = state[WORDS - 1];
            i = 1;
        }
        if j >= key.len() {
            j = 0;
        }
    }
    for _ in 1..WORDS {
        let before = (state[i - 1] ^ state[i - 1] >> 30).wrapping_mul(1_566_083_941);
        state[i] = (state[i] ^ before).wrapping_sub(i as u32);
        i += 1;
        if i >= WORDS {
            state[0] = state[WORDS - 1];
            i = 1;
        }
    }
    state[0] = 0x8000_0000;
    state.iter().map(|&word| i64::from(word)).chain([WORDS as i64]).collect()
}

/// The next word of a state.
fn next_word(cells: &mut [i64]) -> u32 {
    if cells[WORDS] >= WORDS as i64 {
        for k in 0..WORDS {
            let y = cells[k] as u32 & 0x8000_0000 | cells[(k + 1) % WORDS] as u32 & 0x7FFF_FFFF;
            let twist = if y & 1 == 1 { 0x9908_B0DF } else { 0 };
            cells[k] = i64::from(cells[(k + 397) % WORDS] as u32 ^ y >> 1 ^ twist);
        }
        cells[WORDS] = 0;
    }
    let mut y = cells[cells[WORDS] as usize] as u32;
    cells[WORDS] += 1;
    y ^= y >> 11;
    y ^= y << 7 & 0x9D2C_5680;
    y ^= y << 15 & 0xEFC6_0000;
    y ^ y >> 18
}

/// The generator that a method was called on.
fn generator(args: &Args) -> Result<Rc<Instance>> {
    match args.positional.first() {
        Some(Value::Instance(generator)) if generator.class.derives_from(&class("random.Random")) => {
            Ok(generator.clone())
        }
        _ => Err(raise("TypeError", "a method of Random needs its object")),
    }
}

fn with_words<R>(generator: &Instance, work: impl FnOnce(&mut [i64]) -> R) -> Result<R> {
    let broken = || raise("ValueError", "the random generator's state is broken");
    let Some(Value::Array(words)) = generator.attributes.get("words") else { return Err(broken()) };
    match &mut *words.data.cells.borrow_mut() {
        Cells::Int(cells) if cells.len() == WORDS + 1 && cells[WORDS] >= 0 => Ok(work(cells)),
        _ => Err(broken()),
    }
}

fn double(generator: &Instance) -> Result<f64> {
    with_words(generator, |cells| {
        let (a, b) = (next_word(cells) >> 5, next_word(cells) >> 6);
        (f64::from(a) * 67_108_864.0 + f64::from(b)) * (1.0 / 9_007_199_254_740_992.0)
    })
}

/// So many random bits, at most 64.
fn bits(generator: &Instance, count: u32) -> Result<u64> {
    with_words(generator, |cells| match count {
        0 => 0,
        1..=32 => u64::from(next_word(cells) >> (32 - count)),
        _ => {
            let low = u64::from(next_word(cells));
            let high = u64::from(next_word(cells) >> (64 - count));
            high << 32 | low
        }
    })
}

/// A whole number below `n`, which is at least 1.
fn below(generator: &Instance, n: u64) -> Result<u64> {
    let count = 64 - n.leading_zeros();
    loop {
        let number = bits(generator, count)?;
        if number < n {
            return Ok(number);
        }
    }
}

/// The arguments after the generator.
fn rest(mut args: Args) -> Args {
    args.positional.remove(0);
    args
}

fn real(value: Option<Value>, otherwise: f64) -> Result<f64> {
    let Some(value) = value else { return Ok(otherwise) };
    value.as_float().ok_or_else(|| raise("TypeError", format!("must be real number, not {}", type_name(&value))))
}

fn make(it: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    let [wanted] = match_args("Random", ["x"], 0, args)?;
    let made = new_generator(0);
    if let Some(wanted) = wanted {
        seed(it, Args { positional: vec![made.clone(), wanted], ..Args::default() })?;
    }
    Ok(made)
}

fn seed(it: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    let generator = generator(&args)?;
    let [wanted, _] = match_args("seed", ["a", "version"], 0, rest(args))?;
    let number = match wanted.unwrap_or(Value::Int(0)) {
        Value::None => 0,
        // CPython seeds with a float's hash.
        Value::Float(value) => it.hash(&Value::Float(value))?.unsigned_abs(),
        Value::Str(_) => {
            return Err(raise("NotImplementedError", "oscine seeds the random generator with numbers only"));
        }
        other => it.int_of(&other)?.unsigned_abs(),
    };
    with_words(&generator, |cells| cells.copy_from_slice(&seeded(&key_of(number))))?;
    generator.attributes.set(Name::from("gauss_next"), Value::None);
    Ok(Value::None)
}

fn random(_: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    let generator = generator(&args)?;
    count_args("Random.random", &rest(args), 0, 0)?;
    double(&generator).map(Value::Float)
}

fn uniform(it: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    let generator = generator(&args)?;
    let [a, b] = match_args("uniform", ["a", "b"], 2, rest(args))?;
    let (a, b) = (a.unwrap_or(Value::None), b.unwrap_or(Value::None));
    let span = it.binary(BinOp::Sub, &b, &a)?;
    let offset = it.binary(BinOp::Mul, &span, &Value::Float(double(&generator)?))?;
    it.binary(BinOp::Add, &a, &offset)
}

fn triangular(_: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    let generator = generator(&args)?;
    let [low, high, mode] = match_args("triangular", ["low", "high", "mode"], 0, rest(args))?;
    let (mut low, mut high) = (real(low, 0.0)?, real(high, 1.0)?);
    let mut u = double(&generator)?;
    if high == low {
        return Ok(Value::Float(low));
    }
    let mut c = match mode {
        None | Some(Value::None) => 0.5,
        mode => (real(mode, 0.0)? - low) / (high - low),
    };
    if u > c {
        u = 1.0 - u;
        c = 1.0 - c;
        std::mem::swap(&mut low, &mut high);
    }
    Ok(Value::Float(low + (high - low) * (u * c).sqrt()))
}

fn gauss(_: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    let generator = generator(&args)?;
    let [mu, sigma] = match_args("gauss", ["mu", "sigma"], 0, rest(args))?;
    let (mu, sigma) = (real(mu, 0.0)?, real(sigma, 1.0)?);
    let kept = generator.attributes.get("gauss_next").and_then(|kept| kept.as_float());
    let z = if let Some(kept) = kept {
        generator.attributes.set(Name::from("gauss_next"), Value::None);
        kept
    } else {
        let angle = double(&generator)? * std::f64::consts::TAU;
        let length = (-2.0 * (1.0 - double(&generator)?).ln()).sqrt();
        generator.attributes.set(Name::from("gauss_next"), Value::Float(angle.sin() * length));
        angle.cos() * length
    };
    Ok(Value::Float(mu + z * sigma))
}

/// Kinderman and Monahan's ratio of uniforms, ACM TOMS 3, 1977.
fn normal_number(generator: &Instance) -> Result<f64> {
    let constant = 4.0 * (-0.5f64).exp() / 2f64.sqrt();
    loop {
        let u1 = double(generator)?;
        let u2 = 1.0 - double(generator)?;
        let z = constant * (u1 - 0.5) / u2;
        if z * z / 4.0 <= -u2.ln() {
            return Ok(z);
        }
    }
}

fn normal(_: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    let generator = generator(&args)?;
    let [mu, sigma] = match_args("normalvariate", ["mu", "sigma"], 0, rest(args))?;
    let (mu, sigma) = (real(mu, 0.0)?, real(sigma, 1.0)?);
    Ok(Value::Float(mu + normal_number(&generator)? * sigma))
}

fn log_normal(_: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    let generator = generator(&args)?;
    let [mu, sigma] = match_args("lognormvariate", ["mu", "sigma"], 2, rest(args))?;
    let (mu, sigma) = (real(mu, 0.0)?, real(sigma, 1.0)?);
    Ok(Value::Float((mu + normal_number(&generator)? * sigma).exp()))
}

fn exponential(_: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    let generator = generator(&args)?;
    let [rate] = match_args("expovariate", ["lambd"], 1, rest(args))?;
    let rate = real(rate, 1.0)?;
    let number = -(1.0 - double(&generator)?).ln();
    crate::evaluate::arithmetic::float_div(number, rate).map(Value::Float)
}

/// A whole number of `start`, `start + step`, ... before `stop`.
fn in_range(generator: &Instance, start: i64, stop: i64, step: i64, words: String) -> Result<Value> {
    let count = crate::evaluate::value::Range { start, stop, step }.len();
    if count == 0 {
        return Err(raise("ValueError", words));
    }
    let index = below(generator, count as u64)?;
    Ok(Value::Int(start.wrapping_add((index as i64).wrapping_mul(step))))
}

fn whole(value: &Value, which: &str) -> Result<i64> {
    match crate::evaluate::array::plain(value).as_int() {
        Some(number) => Ok(number),
        None => Err(raise("ValueError", format!("non-integer {which} for randrange()"))),
    }
}

fn randint(_: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    let generator = generator(&args)?;
    let [a, b] = match_args("randint", ["a", "b"], 2, rest(args))?;
    let (a, b) = (whole(&a.unwrap_or(Value::None), "arg 1")?, whole(&b.unwrap_or(Value::None), "stop")?);
    let stop = b.checked_add(1).ok_or_else(crate::evaluate::arithmetic::int_overflow)?;
    let words = format!("empty range for randrange() ({a}, {stop}, {})", stop.wrapping_sub(a));
    in_range(&generator, a, stop, 1, words)
}

fn randrange(_: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    let generator = generator(&args)?;
    let [start, stop, step] = match_args("randrange", ["start", "stop", "step"], 1, rest(args))?;
    let start = whole(&start.unwrap_or(Value::None), "arg 1")?;
    let Some(stop) = stop.filter(|stop| !matches!(stop, Value::None)) else {
        return in_range(&generator, 0, start, 1, "empty range for randrange()".to_owned());
    };
    let stop = whole(&stop, "stop")?;
    let step = step.map_or(Ok(1), |step| whole(&step, "step"))?;
    if step == 0 {
        return Err(raise("ValueError", "zero step for randrange()"));
    }
    let words = format!("empty range for randrange() ({start}, {stop}, {})", stop.wrapping_sub(start));
    in_range(&generator, start, stop, step, words)
}

fn choice(it: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    let generator = generator(&args)?;
    let [values] = match_args("choice", ["seq"], 1, rest(args))?;
    let values = values.unwrap_or(Value::None);
    let length = it.length(&values)?;
    if length == 0 {
        return Err(raise("IndexError", "Cannot choose from an empty sequence"));
    }
    let index = below(&generator, length as u64)?;
    it.get_item(&values, &Value::Int(index as i64))
}

fn choices(it: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    let generator = generator(&args)?;
    let [values, weights, cumulative, count] =
        match_args("choices", ["population", "weights", "cum_weights", "k"], 1, rest(args))?;
    let values = it.list_of(&values.unwrap_or(Value::None))?;
    let count = count.map_or(Ok(1), |count| it.int_of(&count))?;
    if values.is_empty() {
        return Err(raise("IndexError", "list index out of range"));
    }
    let is_given = |value: &Option<Value>| value.as_ref().is_some_and(|value| !matches!(value, Value::None));
    let sums: Option<Vec<f64>> = if is_given(&weights) || is_given(&cumulative) {
        let is_sum = is_given(&cumulative);
        let source = if is_sum { cumulative } else { weights };
        let mut total = 0.0;
        let mut sums = vec![];
        for weight in it.list_of(&source.unwrap_or(Value::None))? {
            let weight = real(Some(weight), 0.0)?;
            total = if is_sum { weight } else { total + weight };
            sums.push(total);
        }
        if sums.len() != values.len() {
            return Err(raise("ValueError", "The number of weights does not match the population"));
        }
        if sums.last().is_none_or(|total| *total <= 0.0) {
            return Err(raise("ValueError", "Total of weights must be greater than zero"));
        }
        Some(sums)
    } else {
        None
    };
    let mut chosen = vec![];
    for _ in 0..count.max(0) {
        it.step()?;
        let number = double(&generator)?;
        let index = match &sums {
            None => (number * values.len() as f64).floor() as usize,
            Some(sums) => {
                let wanted = number * sums[sums.len() - 1];
                sums[..sums.len() - 1].partition_point(|sum| *sum <= wanted)
            }
        };
        chosen.push(values[index.min(values.len() - 1)].clone());
    }
    Ok(Value::List(Rc::new(List(chosen.into()))))
}

fn shuffle(it: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    let generator = generator(&args)?;
    let [values] = match_args("shuffle", ["x"], 1, rest(args))?;
    let values = values.unwrap_or(Value::None);
    for index in (1..it.length(&values)?).rev() {
        let other = Value::Int(below(&generator, index as u64 + 1)? as i64);
        let index = Value::Int(index as i64);
        let (a, b) = (it.get_item(&values, &index)?, it.get_item(&values, &other)?);
        it.set_item(&values, &index, b)?;
        it.set_item(&values, &other, a)?;
    }
    Ok(Value::None)
}

fn sample(it: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    let generator = generator(&args)?;
    let [values, count, _] = match_args("sample", ["population", "k", "counts"], 2, rest(args))?;
    let mut pool = it.list_of(&values.unwrap_or(Value::None))?;
    let (n, count) = (pool.len(), it.int_of(&count.unwrap_or(Value::None))?);
    let Some(count) = usize::try_from(count).ok().filter(|count| *count <= n) else {
        return Err(raise("ValueError", "Sample larger than population or is negative"));
    };
    // CPython copies a small population and remembers what it chose of a large one; both draw differently.
    let mut set_size = 21.0;
    if count > 5 {
        set_size += 4f64.powf(((count * 3) as f64).log(4.0).ceil());
    }
    let mut chosen = vec![];
    if n as f64 <= set_size {
        for index in 0..count {
            let at = below(&generator, (n - index) as u64)? as usize;
            chosen.push(pool[at].clone());
            pool[at] = pool[n - index - 1].clone();
        }
    } else {
        let mut taken = std::collections::HashSet::new();
        for _ in 0..count {
            let mut at = below(&generator, n as u64)?;
            while !taken.insert(at) {
                at = below(&generator, n as u64)?;
            }
            chosen.push(pool[at as usize].clone());
        }
    }
    Ok(Value::List(Rc::new(List(chosen.into()))))
}

fn getrandbits(it: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    let generator = generator(&args)?;
    let [count] = match_args("getrandbits", ["k"], 1, rest(args))?;
    let count = it.int_of(&count.unwrap_or(Value::None))?;
    match u32::try_from(count) {
        Ok(count) if count <= 63 => Ok(Value::Int(bits(&generator, count)? as i64)),
        Ok(_) => Err(crate::evaluate::arithmetic::int_overflow()),
        Err(_) => Err(raise("ValueError", "number of bits must be non-negative")),
    }
}
