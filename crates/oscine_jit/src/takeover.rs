//! What a program takes over from the one that it replaces while sound runs.
//!
//! State is matched by name and shape. Of each unit (a variable, an array, a deque with its places and length) either
//! all cells are copied or none: when both programs write it, its entries have the same paths, lengths and types (an
//! int may become a float), and its first value was not edited. Addresses mean nothing in another program, so a unit
//! that holds some starts at its first value; so does one whose ints could lie outside of what the new program proved of
//! them, for its code relies on that without looking. Parameters keep their present values by name, unless their
//! default was edited.
//!
//! All of this is settled on the control thread; the audio thread only copies.

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
    copies: Box<[Copy]>,
    /// For each parameter, the old one whose value it keeps.
    pub(crate) params: Box<[Option<usize>]>,
    /// Variables and parameters that go on as they are.
    pub kept: Vec<String>,
    /// Those that start at their first value: new ones, edited ones, and those of another shape.
    pub fresh: Vec<String>,
    /// Those that are gone.
    pub dropped: Vec<String>,
}

#[derive(Debug, Clone, Copy)]
struct Copy {
    from: u32,
    to: u32,
    count: u32,
    conversion: fn(u64) -> u64,
}

impl Takeover {
    /// What `new` takes over from `old`.
    pub fn new(new: &Machine, old: &Arc<Machine>) -> Self {
        let mut plan = Self {
            from: Arc::downgrade(old),
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
            copies.extend(unit_copies.into_iter().flatten());
        }
        self.copies = copies.into();
        let is_param = |name: &str| new.params.iter().any(|param| param.param.name == name);
        let gone = old_units.keys().filter(|name| !new_units.contains_key(*name) && !is_param(name));
        self.dropped.extend(gone.map(|name| (*name).to_owned()));
    }

    /// Copies what is taken over.
    pub(crate) fn copy(&self, old: &[u64], new: &mut [u64]) {
        for copy in &self.copies {
            let (from, to, count) = (copy.from as usize, copy.to as usize, copy.count as usize);
            for (to, from) in new[to..to + count].iter_mut().zip(&old[from..from + count]) {
                *to = (copy.conversion)(*from);
            }
        }
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
fn match_unit(new: (&Program, &[&StateEntry]), old: (&Program, &[&StateEntry])) -> Option<Vec<Copy>> {
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
    let first = |program: &Program, entry: &StateEntry| {
        program.state.get(entry.cell as usize..(entry.cell + entry.count) as usize).map(<[u64]>::to_vec)
    };
    let is_untouched = first(old, from)?.into_iter().map(conversion).eq(first(new, to)?);
    let is_taken = from.count == to.count && !from.refers && !to.refers && is_within && is_untouched;
    is_taken.then_some(Copy { from: from.cell, to: to.cell, count: to.count, conversion })
}
