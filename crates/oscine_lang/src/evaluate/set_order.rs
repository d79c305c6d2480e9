//! The order in which a set of ints is iterated.
//!
//! A set has no order that a script should rely on, but scripts print sets of small ints, and CPython's order of those is
//! the same every time: that of its hash table (`Objects/setobject.c`), where an int hashes to itself. The table is
//! rebuilt here from the order of insertion. Strings hash to another value in each run of CPython, so that there is
//! no order to follow; they, and anything else, stay in order of insertion.

use super::value::{Key, QuickMap, Value};

/// How many neighbours of a slot are tried before another slot.
const LINEAR_PROBES: usize = 9;

/// The elements in order of iteration.
pub(crate) fn in_order(items: &QuickMap<Key, Value>) -> Vec<Value> {
    let hashes: Option<Vec<i64>> = items
        .keys()
        .map(|key| match key {
            Key::Int(-1) => Some(-2),
            Key::Int(value) if value.unsigned_abs() < (1 << 61) - 1 => Some(*value),
            _ => None,
        })
        .collect();
    let Some(hashes) = hashes else { return items.values().cloned().collect() };
    let mut table: Vec<Option<usize>> = vec![None; 8];
    for (index, &hash) in hashes.iter().enumerate() {
        put(&mut table, index, hash);
        let used = index + 1;
        if used * 5 >= (table.len() - 1) * 3 {
            let wanted = if used > 50_000 { used * 2 } else { used * 4 };
            let mut size = 8;
            while size <= wanted {
                size *= 2;
            }
            let old = std::mem::replace(&mut table, vec![None; size]);
            for index in old.into_iter().flatten() {
                put(&mut table, index, hashes[index]);
            }
        }
    }
    table.into_iter().flatten().filter_map(|index| items.get_index(index).map(|(_, value)| value.clone())).collect()
}

fn put(table: &mut [Option<usize>], index: usize, hash: i64) {
    let mask = table.len() - 1;
    let (mut slot, mut perturb) = (hash as usize & mask, hash as usize);
    loop {
        let probes = if slot + LINEAR_PROBES <= mask { LINEAR_PROBES } else { 0 };
        if let Some(free) = (slot..=slot + probes).find(|&free| table[free].is_none()) {
            table[free] = Some(index);
            return;
        }
        perturb >>= 5;
        slot = (slot.wrapping_mul(5).wrapping_add(1).wrapping_add(perturb)) & mask;
    }
}
