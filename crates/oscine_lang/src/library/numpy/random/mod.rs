//! `numpy.random`: `default_rng` with its generator, and the older functions that share one.

mod pcg;
mod twister;
mod ziggurat;

use std::cell::RefCell;
use std::hash::{BuildHasher, Hasher};
use std::rc::Rc;

use super::super::{Audio, Contribution, Entry};
use crate::evaluate::Interpreter;
use crate::evaluate::array::view::size_of;
use crate::evaluate::array::{Bound, as_index, bind};
use crate::evaluate::exceptions::raise;
use crate::evaluate::types::class;
use crate::evaluate::value::{Args, Array, Cells, Dtype, Instance, Namespace, Result, Value};
use pcg::Pcg;
use twister::Twister;

/// The rows of this file.
pub(crate) const CONTRIBUTION: Contribution = Contribution { entries: ENTRIES, constants: Vec::new };

const fn row(name: &'static str, load: fn(&mut Interpreter, Args) -> Result<Value>) -> Entry {
    Entry { name, load, audio: Audio::LoadOnly }
}

static ENTRIES: &[Entry] = &[
    row("numpy.random.default_rng", |_, args| {
        let bound = bind("default_rng", args, &["seed"])?;
        let seed = bound.int(0)?.map_or_else(
            || Ok(unforeseen()),
            |seed| u64::try_from(seed).map_err(|_| raise("ValueError", "expected non-negative integer")),
        )?;
        let attributes = Namespace::default();
        store(&attributes, Pcg::seeded(seed));
        let base_value = RefCell::new(Value::None);
        Ok(Value::Instance(Rc::new(Instance { class: class("numpy.random.Generator"), attributes, base_value })))
    }),
    row("numpy.random.Generator random", |_, args| {
        with_generator("random", args, &["self", "size", "dtype"], |rng, bound| draw(bound, 1, || rng.uniform()))
    }),
    row("numpy.random.Generator uniform", |_, args| {
        with_generator("uniform", args, &["self", "low", "high", "size"], |rng, bound| {
            scaled(bound, [1, 2, 3], [0.0, 1.0], true, || rng.uniform())
        })
    }),
    row("numpy.random.Generator standard_normal", |_, args| {
        with_generator("standard_normal", args, &["self", "size", "dtype"], |rng, bound| {
            draw(bound, 1, || rng.normal())
        })
    }),
    row("numpy.random.Generator normal", |_, args| {
        with_generator("normal", args, &["self", "loc", "scale", "size"], |rng, bound| {
            scaled(bound, [1, 2, 3], [0.0, 1.0], false, || rng.normal())
        })
    }),
    row("numpy.random.Generator integers", |_, args| {
        let parameters = &["self", "low", "high", "size", "dtype", "endpoint"];
        with_generator("integers", args, parameters, |rng, bound| {
            let is_closed = bound.flag_or(5, false)?;
            integers(bound, [1, 2, 3], is_closed, |last| rng.up_to(last))
        })
    }),
    row("numpy.random.seed", |_, args| {
        let bound = bind("seed", args, &["seed"])?;
        let seed = bound.int(0)?.map_or_else(
            || Ok(unforeseen() as u32),
            |seed| u32::try_from(seed).map_err(|_| raise("ValueError", "Seed must be between 0 and 2**32 - 1")),
        )?;
        SHARED.with_borrow_mut(|shared| *shared = Some(Twister::seeded(seed)));
        Ok(Value::None)
    }),
    row("numpy.random.rand", |_, args| {
        let bound = bind("rand", dimensions(args), &["size"])?;
        with_shared(|shared| draw(&bound, 0, || shared.uniform()))
    }),
    row("numpy.random.randn", |_, args| {
        let bound = bind("randn", dimensions(args), &["size"])?;
        with_shared(|shared| draw(&bound, 0, || shared.normal()))
    }),
    row("numpy.random.random", |_, args| {
        let bound = bind("random", args, &["size"])?;
        with_shared(|shared| draw(&bound, 0, || shared.uniform()))
    }),
    row("numpy.random.random_sample", |_, args| {
        let bound = bind("random_sample", args, &["size"])?;
        with_shared(|shared| draw(&bound, 0, || shared.uniform()))
    }),
    row("numpy.random.uniform", |_, args| {
        let bound = bind("uniform", args, &["low", "high", "size"])?;
        with_shared(|shared| scaled(&bound, [0, 1, 2], [0.0, 1.0], true, || shared.uniform()))
    }),
    row("numpy.random.standard_normal", |_, args| {
        let bound = bind("standard_normal", args, &["size"])?;
        with_shared(|shared| draw(&bound, 0, || shared.normal()))
    }),
    row("numpy.random.normal", |_, args| {
        let bound = bind("normal", args, &["loc", "scale", "size"])?;
        with_shared(|shared| scaled(&bound, [0, 1, 2], [0.0, 1.0], false, || shared.normal()))
    }),
    row("numpy.random.randint", |_, args| {
        let bound = bind("randint", args, &["low", "high", "size", "dtype"])?;
        with_shared(|shared| integers(&bound, [0, 1, 2], false, |last| shared.up_to(last)))
    }),
];

thread_local! {
    /// The generator that the older functions share; made from an unforeseen seed where a script sets none.
    static SHARED: RefCell<Option<Twister>> = const { RefCell::new(None) };
}

fn with_shared(work: impl FnOnce(&mut Twister) -> Result<Value>) -> Result<Value> {
    SHARED.with_borrow_mut(|shared| work(shared.get_or_insert_with(|| Twister::seeded(unforeseen() as u32))))
}

/// A seed that differs from run to run.
fn unforeseen() -> u64 {
    std::hash::RandomState::new().build_hasher().finish()
}

/// Works with the state of the generator that is the first argument, and keeps what it becomes.
fn with_generator(
    name: &'static str,
    args: Args,
    parameters: &'static [&'static str],
    work: impl FnOnce(&mut Pcg, &Bound) -> Result<Value>,
) -> Result<Value> {
    let bound = bind(name, args, parameters)?;
    let Value::Instance(object) = bound.required(0)? else { return Err(no_generator()) };
    let Some(Value::Array(words)) = object.attributes.get(STATE) else { return Err(no_generator()) };
    let words: [i64; 5] = words.ints().try_into().map_err(|_| no_generator())?;
    let mut generator = Pcg::from_words(words);
    let result = work(&mut generator, &bound)?;
    store(&object.attributes, generator);
    Ok(result)
}

/// The attribute that holds a generator's state; no script can name it.
const STATE: &str = "state of PCG64";

fn store(attributes: &Namespace, generator: Pcg) {
    attributes.set(STATE.into(), Value::Array(Array::from_ints(generator.to_words().to_vec())));
}

#[expect(clippy::unnecessary_box_returns, reason = "an error as `Result` carries it")]
fn no_generator() -> Box<crate::evaluate::value::Raised> {
    raise("TypeError", "this method needs a Generator, which default_rng() makes")
}

/// `rand(2, 3)`: the lengths as one shape.
fn dimensions(args: Args) -> Args {
    if args.positional.is_empty() {
        return args;
    }
    Args { positional: vec![Value::Tuple(Rc::new(args.positional))], ..args }
}

/// One number, or an array of the shape that `size=` gives.
fn draw(bound: &Bound, size: usize, mut next: impl FnMut() -> f64) -> Result<Value> {
    let shape = if bound.optional(size).is_some() { bound.shape(size)? } else { vec![] };
    let values = (0..size_of(&shape)).map(|_| next()).collect();
    Ok(Value::Array(Array::from_cells(Dtype::Float, shape, Cells::Float(values))))
}

/// Numbers moved and stretched by two parameters: an offset, and a scale or (an interval) an end.
fn scaled(
    bound: &Bound,
    [first, second, size]: [usize; 3],
    defaults: [f64; 2],
    is_interval: bool,
    mut next: impl FnMut() -> f64,
) -> Result<Value> {
    let offset = bound.float_or(first, defaults[0])?;
    let second = bound.float_or(second, defaults[1])?;
    let scale = if is_interval { second - offset } else { second };
    if !is_interval && scale < 0.0 {
        return Err(raise("ValueError", "scale < 0"));
    }
    draw(bound, size, || offset + scale * next())
}

/// Ints from `low` to `high`, which is excluded unless the interval is closed; from 0 if one bound is given.
fn integers(
    bound: &Bound,
    [low, high, size]: [usize; 3],
    is_closed: bool,
    mut next: impl FnMut(u64) -> u64,
) -> Result<Value> {
    let first = as_index(bound.required(low)?)?;
    let (low, high) = bound.int(high)?.map_or((0, first), |high| (first, high));
    let count = i128::from(high) - i128::from(low) + i128::from(is_closed);
    let Some(last) = u64::try_from(count - 1).ok() else {
        return Err(raise("ValueError", if is_closed { "low > high" } else { "low >= high" }));
    };
    let shape = if bound.optional(size).is_some() { bound.shape(size)? } else { vec![] };
    let values = (0..size_of(&shape)).map(|_| low.wrapping_add_unsigned(next(last))).collect();
    Ok(Value::Array(Array::from_cells(Dtype::Int, shape, Cells::Int(values))))
}
