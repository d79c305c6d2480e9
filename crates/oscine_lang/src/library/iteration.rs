//! `itertools` and `operator`.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use super::{Audio, Contribution, Entry};
use crate::evaluate::Interpreter;
use crate::evaluate::calls::{count_args, match_args};
use crate::evaluate::exceptions::raise;
use crate::evaluate::iterate::Iter;
use crate::evaluate::itertools::{Tee, Tool};
use crate::evaluate::value::{Args, Bound, Result, Value};
use crate::syntax::ast::{BinOp, CmpOp, UnaryOp};

type Load = fn(&mut Interpreter<'_>, Args) -> Result<Value>;

const fn row(name: &'static str, load: Load) -> Entry {
    Entry { name, load, audio: Audio::LoadOnly }
}

const fn rule(name: &'static str, load: Load) -> Entry {
    Entry { name, load, audio: Audio::Rule }
}

pub(super) const CONTRIBUTION: Contribution = Contribution { entries: ENTRIES, constants: Vec::new };

static ENTRIES: &[Entry] = &[
    row("itertools.count", count),
    row("itertools.cycle", cycle),
    row("itertools.repeat", repeat),
    row("itertools.chain", |_, args| Ok(chain(Iter::Values(args.positional.into_iter())))),
    row("itertools.chain from_iterable", chain_from_iterable),
    row("itertools.islice", islice),
    row("itertools.takewhile", |it, args| filtered(it, &args, Tool::TakeWhile)),
    row("itertools.dropwhile", |it, args| filtered(it, &args, |function, iter| Tool::DropWhile(function, iter, false))),
    row("itertools.starmap", |it, args| filtered(it, &args, Tool::StarMap)),
    row("itertools.filterfalse", filter_false),
    row("itertools.accumulate", accumulate),
    row("itertools.zip_longest", zip_longest),
    row("itertools.pairwise", pairwise),
    row("itertools.groupby", group_by),
    row("itertools.tee", tee),
    row("itertools.product", product),
    row("itertools.permutations", |it, args| arrangements(it, args, Kind::Permutations)),
    row("itertools.combinations", |it, args| arrangements(it, args, Kind::Combinations)),
    row("itertools.combinations_with_replacement", |it, args| arrangements(it, args, Kind::WithReplacement)),
    rule("operator.add", |it, args| operate(it, &args, BinOp::Add)),
    rule("operator.sub", |it, args| operate(it, &args, BinOp::Sub)),
    rule("operator.mul", |it, args| operate(it, &args, BinOp::Mul)),
    rule("operator.truediv", |it, args| operate(it, &args, BinOp::Div)),
    rule("operator.floordiv", |it, args| operate(it, &args, BinOp::FloorDiv)),
    rule("operator.mod", |it, args| operate(it, &args, BinOp::Mod)),
    rule("operator.pow", |it, args| operate(it, &args, BinOp::Pow)),
    rule("operator.and_", |it, args| operate(it, &args, BinOp::BitAnd)),
    rule("operator.or_", |it, args| operate(it, &args, BinOp::BitOr)),
    rule("operator.xor", |it, args| operate(it, &args, BinOp::BitXor)),
    rule("operator.lt", |it, args| relate(it, &args, CmpOp::Lt)),
    rule("operator.le", |it, args| relate(it, &args, CmpOp::Le)),
    rule("operator.gt", |it, args| relate(it, &args, CmpOp::Gt)),
    rule("operator.ge", |it, args| relate(it, &args, CmpOp::Ge)),
    rule("operator.eq", |it, args| relate(it, &args, CmpOp::Eq)),
    rule("operator.ne", |it, args| relate(it, &args, CmpOp::Ne)),
    rule("operator.neg", neg),
    row("operator.getitem", get_item),
    row("operator.itemgetter", |_, args| getter("operator.itemgetter call", args)),
    row("operator.attrgetter", |_, args| getter("operator.attrgetter call", args)),
    row("operator.itemgetter call", item_getter),
    row("operator.attrgetter call", attribute_getter),
];

fn operate(it: &mut Interpreter<'_>, args: &Args, op: BinOp) -> Result<Value> {
    count_args("operator", args, 2, 2)?;
    it.binary(op, &args.positional[0], &args.positional[1])
}

fn relate(it: &mut Interpreter<'_>, args: &Args, op: CmpOp) -> Result<Value> {
    count_args("operator", args, 2, 2)?;
    it.compare(op, &args.positional[0], &args.positional[1])
}

fn neg(it: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    count_args("neg", &args, 1, 1)?;
    it.unary(UnaryOp::Neg, &args.positional[0])
}

fn get_item(it: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    count_args("getitem", &args, 2, 2)?;
    it.get_item(&args.positional[0], &args.positional[1])
}

/// A function that looks something up: the keys go before its argument, in a tuple.
fn getter(call: &str, args: Args) -> Result<Value> {
    let Some(entry) = super::entry(call) else { return Ok(Value::None) };
    let captured = vec![Value::Tuple(Rc::new(args.positional))];
    Ok(Value::Bound(Rc::new(Bound { entry, captured, is_method: false })))
}

fn item_getter(it: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    let [Value::Tuple(keys), object] = args.positional.as_slice() else {
        return Err(raise("TypeError", "itemgetter expected 1 argument"));
    };
    let found: Result<Vec<Value>> = keys.iter().map(|key| it.get_item(object, key)).collect();
    Ok(one_or_tuple(found?))
}

fn attribute_getter(it: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    let [Value::Tuple(paths), object] = args.positional.as_slice() else {
        return Err(raise("TypeError", "attrgetter expected 1 argument"));
    };
    let mut found = vec![];
    for path in paths.iter() {
        let Value::Str(path) = path else { return Err(raise("TypeError", "attribute name must be a string")) };
        let mut value = object.clone();
        for name in path.split('.') {
            value = it.get_attribute(&value, name)?;
        }
        found.push(value);
    }
    Ok(one_or_tuple(found))
}

fn one_or_tuple(mut values: Vec<Value>) -> Value {
    if values.len() == 1 { values.remove(0) } else { Value::Tuple(Rc::new(values)) }
}

fn count(_: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    let [start, step] = match_args("count", ["start", "step"], 0, args)?;
    Ok(Tool::Count(start.unwrap_or(Value::Int(0)), step.unwrap_or(Value::Int(1))).into_value())
}

fn cycle(it: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    count_args("cycle", &args, 1, 1)?;
    Ok(Tool::Cycle(it.iterate(&args.positional[0])?, vec![], 0).into_value())
}

fn repeat(it: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    let [value, times] = match_args("repeat", ["object", "times"], 1, args)?;
    let times = times.map(|times| it.int_of(&times)).transpose()?;
    Ok(Tool::Repeat(value.unwrap_or(Value::None), times).into_value())
}

fn chain(iterables: Iter) -> Value {
    Tool::Chain(iterables, None).into_value()
}

fn chain_from_iterable(it: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    count_args("from_iterable", &args, 1, 1)?;
    Ok(chain(it.iterate(&args.positional[0])?))
}

fn islice(it: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    count_args("islice", &args, 2, 4)?;
    let iter = it.iterate(&args.positional[0])?;
    let mut numbers = vec![];
    for value in &args.positional[1..] {
        let number = if matches!(value, Value::None) { None } else { Some(it.int_of(value)?) };
        if number.is_some_and(|number| number < 0) {
            let words = "Indices for islice() must be None or an integer: 0 <= x <= sys.maxsize.";
            return Err(raise("ValueError", words));
        }
        numbers.push(number);
    }
    let (start, stop, step) = match numbers.as_slice() {
        [stop] => (0, *stop, 1),
        [start, stop] => (start.unwrap_or(0), *stop, 1),
        [start, stop, step, ..] => (start.unwrap_or(0), *stop, step.unwrap_or(1)),
        [] => (0, None, 1),
    };
    if step == 0 {
        return Err(raise("ValueError", "Step for islice() must be a positive integer or None."));
    }
    Ok(Tool::Slice(iter, 0, start, stop, step).into_value())
}

fn filtered(it: &mut Interpreter<'_>, args: &Args, make: fn(Value, Iter) -> Tool) -> Result<Value> {
    count_args("itertools", args, 2, 2)?;
    let iter = it.iterate(&args.positional[1])?;
    Ok(make(args.positional[0].clone(), iter).into_value())
}

fn filter_false(it: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    count_args("filterfalse", &args, 2, 2)?;
    let iter = it.iterate(&args.positional[1])?;
    Ok(Iter::Filter(args.positional[0].clone(), Box::new(iter), false).into_value())
}

fn accumulate(it: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    let [values, function, initial] = match_args("accumulate", ["iterable", "func", "initial"], 1, args)?;
    let iter = it.iterate(&values.unwrap_or(Value::None))?;
    let function = function.unwrap_or(Value::None);
    match initial.filter(|initial| !matches!(initial, Value::None)) {
        None => Ok(Tool::Accumulate(iter, function, None).into_value()),
        Some(initial) => {
            let first = Iter::Values(vec![initial].into_iter()).into_value();
            let both = Iter::Values(vec![first, iter.into_value()].into_iter());
            let chained = it.iterate(&chain(both))?;
            Ok(Tool::Accumulate(chained, function, None).into_value())
        }
    }
}

fn zip_longest(it: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    let filling = args.keywords.iter().find(|(name, _)| &**name == "fillvalue").map(|(_, value)| value.clone());
    let iters: Result<Vec<Option<Iter>>> = args.positional.iter().map(|values| it.iterate(values).map(Some)).collect();
    Ok(Tool::ZipLongest(iters?, filling.unwrap_or(Value::None)).into_value())
}

fn pairwise(it: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    count_args("pairwise", &args, 1, 1)?;
    Ok(Tool::Pairwise(it.iterate(&args.positional[0])?, None).into_value())
}

fn group_by(it: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    let [values, key] = match_args("groupby", ["iterable", "key"], 1, args)?;
    let iter = it.iterate(&values.unwrap_or(Value::None))?;
    Ok(Tool::GroupBy(iter, key.unwrap_or(Value::None), None).into_value())
}

fn tee(it: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    let [values, count] = match_args("tee", ["iterable", "n"], 1, args)?;
    let count = count.map_or(Ok(2), |count| it.int_of(&count))?.clamp(0, 1 << 16) as usize;
    let source = it.iterate(&values.unwrap_or(Value::None))?;
    let shared = Rc::new(RefCell::new(Tee { source, waiting: vec![VecDeque::new(); count] }));
    Ok(Value::Tuple(Rc::new((0..count).map(|index| Tool::Tee(shared.clone(), index).into_value()).collect())))
}

fn product(it: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    let repeat = args.keywords.iter().find(|(name, _)| &**name == "repeat").map(|(_, value)| value.clone());
    let repeat = repeat.map_or(Ok(1), |repeat| it.int_of(&repeat))?.clamp(0, 64);
    let mut pools = vec![];
    for values in &args.positional {
        pools.push(it.list_of(values)?);
    }
    let pools: Vec<Vec<Value>> = (0..repeat).flat_map(|_| pools.iter().cloned()).collect();
    let mut rows: Vec<Vec<Value>> = vec![vec![]];
    for pool in &pools {
        it.step()?;
        crate::evaluate::iterate::check_size(rows.len().saturating_mul(pool.len()))?;
        rows = rows
            .iter()
            .flat_map(|row| pool.iter().map(move |value| [row.as_slice(), std::slice::from_ref(value)].concat()))
            .collect();
    }
    Ok(tuples(rows))
}

fn tuples(rows: Vec<Vec<Value>>) -> Value {
    let tuples: Vec<Value> = rows.into_iter().map(|row| Value::Tuple(Rc::new(row))).collect();
    Iter::Values(tuples.into_iter()).into_value()
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Permutations,
    Combinations,
    WithReplacement,
}

fn arrangements(it: &mut Interpreter<'_>, args: Args, kind: Kind) -> Result<Value> {
    let least = if kind == Kind::Permutations { 1 } else { 2 };
    let [values, length] = match_args("itertools", ["iterable", "r"], least, args)?;
    let pool = it.list_of(&values.unwrap_or(Value::None))?;
    let length = match length {
        None | Some(Value::None) => pool.len() as i64,
        Some(length) => it.int_of(&length)?,
    };
    let Ok(length) = usize::try_from(length) else { return Err(raise("ValueError", "r must be non-negative")) };
    let mut rows: Vec<Vec<usize>> = vec![vec![]];
    for _ in 0..length {
        let mut longer = vec![];
        for row in &rows {
            it.step()?;
            crate::evaluate::iterate::check_size(longer.len())?;
            let first = match kind {
                Kind::Permutations => 0,
                Kind::Combinations => row.last().map_or(0, |last| last + 1),
                Kind::WithReplacement => row.last().copied().unwrap_or(0),
            };
            for index in first..pool.len() {
                if kind != Kind::Permutations || !row.contains(&index) {
                    longer.push([row.as_slice(), &[index]].concat());
                }
            }
        }
        rows = longer;
    }
    Ok(tuples(rows.into_iter().map(|row| row.into_iter().map(|index| pool[index].clone()).collect()).collect()))
}
