//! What a program takes over from the one that it replaces while sound runs.
//!
//! State is matched by name and shape. Of each unit (a variable, an array, a deque with its places and length) either
//! all cells are copied or none: when both programs write it, its entries have the same paths, lengths and types (an
//! int may become a float), and its first value was not edited. A unit whose ints could lie outside of what the new
//! program proved of them starts at its first value, for the code relies on that without looking. Parameters keep their
//! present values by name, unless their default was edited.
//!
//! Addresses, and numbers of strings and functions, mean nothing in another program: what they stand for is looked up
//! by its name there. Where that is gone, the unit starts at its first value.
//!
//! All of this is settled on the control thread, but for the looking up; the audio thread only copies.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Weak};

use oscine_dsp::Param;
use oscine_lang::ir::{ParamCells, Program, StateEntry, Type};

use crate::machine::Machine;

/// A plan for copying state, and what comes of it by name.
#[derive(Debug)]
pub struct Takeover {
    /// The program whose instances can be taken over from.
    pub(crate) from: Weak<Machine>,
    /// Whether nothing that the new program writes starts at its first value.
    is_whole: bool,
    /// What is copied of each unit.
    copies: Box<[Box<[Copy]>]>,
    /// For each parameter, the old one whose value it keeps.
    pub(crate) params: Box<[Option<usize>]>,
    /// Variables and parameters that go on as they are.
    pub kept: Vec<String>,
    /// Those that start at their first value: new ones, edited ones, and those of another shape.
    pub fresh: Vec<String>,
    /// Those that are gone.
    pub dropped: Vec<String>,
}

/// Cells that are copied.
#[derive(Debug, Clone)]
struct Copy {
    from: u32,
    to: u32,
    count: u32,
    conversion: Conversion,
}

/// How a word of the old program is said in the new one.
#[derive(Debug, Clone)]
enum Conversion {
    Number(fn(u64) -> u64),
    Name(Names),
}

/// Words that stand for something.
#[derive(Debug, Clone)]
struct Names {
    /// Those of the old program in order, each with what stands for the same in the new one.
    words: Box<[(u64, Option<u64>)]>,
    /// The first values of the cells in both.
    first: Box<[(u64, u64)]>,
}

impl Names {
    /// The new word for the old one that is in the cell of this index; `None` if what it stands for is gone.
    fn translate(&self, index: usize, word: u64) -> Option<u64> {
        let (old_first, new_first) = self.first[index];
        match self.words.binary_search_by_key(&word, |(old, _)| *old) {
            Ok(at) if self.words[at].1.is_some() => self.words[at].1,
            _ => (word == old_first).then_some(new_first),
        }
    }
}

impl Takeover {
    /// What `new` takes over from `old`.
    pub fn new(new: &Machine, old: &Arc<Machine>) -> Self {
        let mut plan = Self {
            from: Arc::downgrade(old),
            is_whole: false,
            copies: Box::default(),
            params: Box::default(),
            kept: vec![],
            fresh: vec![],
            dropped: vec![],
        };
        plan.match_params(new.program(), old.program());
        plan.match_state(new.program(), old.program());
        plan
    }

    fn match_params(&mut self, new: &Program, old: &Program) {
        self.params = new.params.iter().map(|param| counterpart(&param.param, &old.params)).collect();
        for (param, taken) in new.params.iter().zip(&self.params) {
            if taken.is_some() { &mut self.kept } else { &mut self.fresh }.push(param.param.name.clone());
        }
        let is_gone = |name: &&String| !new.params.iter().any(|param| param.param.name == **name);
        self.dropped = old.params.iter().map(|param| &param.param.name).filter(is_gone).cloned().collect();
    }

    fn match_state(&mut self, new: &Program, old: &Program) {
        let (new_units, old_units) = (units(new), units(old));
        let mut copies = vec![];
        for (name, unit) in &new_units {
            let unit_copies = old_units.get(name).and_then(|old_unit| match_unit((new, unit), (old, old_unit)));
            if unit_copies.is_some() { &mut self.kept } else { &mut self.fresh }.push((*name).to_owned());
            copies.extend(unit_copies);
        }
        self.is_whole = copies.len() == new_units.len();
        self.copies = copies.into();
        let is_param = |name: &str| new.params.iter().any(|param| param.param.name == name);
        let gone = old_units.keys().filter(|name| !new_units.contains_key(*name) && !is_param(name));
        self.dropped.extend(gone.map(|name| (*name).to_owned()));
    }

    /// Copies what is taken over. Whether that is all that the new program writes.
    pub(crate) fn copy(&self, old: &[u64], new: &mut [u64]) -> bool {
        let mut is_whole = self.is_whole;
        for unit in &self.copies {
            if !unit.iter().all(|copy| copy.is_understood(old)) {
                is_whole = false;
                continue;
            }
            for Copy { from, to, count, conversion } in unit {
                let (from, to, count) = (*from as usize, *to as usize, *count as usize);
                let cells = new[to..to + count].iter_mut().zip(&old[from..from + count]);
                match conversion {
                    Conversion::Number(conversion) => cells.for_each(|(to, from)| *to = conversion(*from)),
                    Conversion::Name(names) => cells.enumerate().for_each(|(index, (to, from))| {
                        *to = names.translate(index, *from).unwrap_or(*to);
                    }),
                }
            }
        }
        is_whole
    }
}

impl Copy {
    /// Whether all that its cells stand for is there in the new program.
    fn is_understood(&self, old: &[u64]) -> bool {
        let Conversion::Name(names) = &self.conversion else { return true };
        let cells = &old[self.from as usize..(self.from + self.count) as usize];
        cells.iter().enumerate().all(|(index, word)| names.translate(index, *word).is_some())
    }
}

/// The old parameter whose value `param` keeps.
fn counterpart(param: &Param, old: &[ParamCells]) -> Option<usize> {
    let is_same = |old: &Param| old.name == param.name && old.kind == param.kind && old.default == param.default;
    old.iter().position(|old| is_same(&old.param))
}

/// The units that the running program writes, by name; parameters, which the host writes, are none.
fn units(program: &Program) -> BTreeMap<&str, Vec<&StateEntry>> {
    let params: HashSet<u32> = program.params.iter().flat_map(|param| param.cells.iter().copied()).collect();
    let mut units: BTreeMap<&str, Vec<&StateEntry>> = BTreeMap::new();
    for entry in program.entries.iter().filter(|entry| entry.written && !params.contains(&entry.cell)) {
        units.entry(&entry.unit).or_default().push(entry);
    }
    units
}

/// The copies that take a unit over, if it can be.
fn match_unit(new: (&Program, &[&StateEntry]), old: (&Program, &[&StateEntry])) -> Option<Box<[Copy]>> {
    if new.1.len() != old.1.len() {
        return None;
    }
    // Several entries of a unit may have one path: they are told apart by their order.
    let mut by_path: HashMap<&str, Vec<&StateEntry>> = HashMap::new();
    for entry in old.1.iter().rev() {
        by_path.entry(&entry.path).or_default().push(entry);
    }
    new.1.iter().map(|entry| match_entry((new.0, entry), (old.0, by_path.get_mut(&*entry.path)?.pop()?))).collect()
}

fn match_entry((new, to): (&Program, &StateEntry), (old, from): (&Program, &StateEntry)) -> Option<Copy> {
    if from.count != to.count {
        return None;
    }
    let (old_first, new_first) = (first(old, from)?, first(new, to)?);
    let conversion = match (&from.stands_for, &to.stands_for) {
        (None, None) => Conversion::Number(match_numbers((to, new_first), (from, old_first))?),
        (Some(old), Some(new)) => Conversion::Name(match_names((new, new_first), (old, old_first))?),
        _ => return None,
    };
    Some(Copy { from: from.cell, to: to.cell, count: to.count, conversion })
}

fn match_numbers((to, new): (&StateEntry, &[u64]), (from, old): (&StateEntry, &[u64])) -> Option<fn(u64) -> u64> {
    let conversion: fn(u64) -> u64 = match (from.ty, to.ty) {
        (from, to) if from == to => |word| word,
        (Type::I64 | Type::Bool, Type::F64) => |word| (word as i64 as f64).to_bits(),
        (Type::Bool, Type::I64) => |word| word,
        _ => return None,
    };
    let bounds = if from.ty == Type::Bool { Some((0, 1)) } else { from.bounds };
    let is_within = match (bounds, to.bounds) {
        (_, None) => true,
        (Some((low, high)), Some((least, most))) => least <= low && high <= most,
        (None, Some(_)) => false,
    };
    let is_untouched = old.iter().map(|word| conversion(*word)).eq(new.iter().copied());
    (is_within && is_untouched).then_some(conversion)
}

type Meanings<'m> = (&'m [(u64, String)], &'m [u64]);

fn match_names((to, new_first): Meanings, (from, old_first): Meanings) -> Option<Names> {
    let by_name: HashMap<&str, u64> = to.iter().map(|(word, name)| (name.as_str(), *word)).collect();
    let mut words: Vec<(u64, Option<u64>)> =
        from.iter().map(|(word, name)| (*word, by_name.get(name.as_str()).copied())).collect();
    words.sort_unstable();
    if !words.iter().any(|(_, counterpart)| counterpart.is_some()) {
        return None;
    }
    let name = |known: &[(u64, String)], word: u64| {
        known.iter().find(|(listed, _)| *listed == word).map(|(_, name)| name.clone())
    };
    // Of an optional that is `None` at first the word is zero, and stands for nothing.
    let is_untouched = |(old, new): (&u64, &u64)| (*old, *new) == (0, 0) || name(from, *old) == name(to, *new);
    let first = old_first.iter().copied().zip(new_first.iter().copied()).collect();
    old_first.iter().zip(new_first).all(is_untouched).then(|| Names { words: words.into(), first })
}

/// The first values of an entry's cells.
fn first<'p>(program: &'p Program, entry: &StateEntry) -> Option<&'p [u64]> {
    program.state.get(entry.cell as usize..(entry.cell + entry.count) as usize)
}
