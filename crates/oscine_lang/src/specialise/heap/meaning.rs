//! What words of the state mean to a person: the names of objects, lists and constants that stand there as addresses or
//! numbers, by which a reload finds them again in another program.

use std::sync::Arc;

use crate::evaluate::value::Value;
use crate::specialise::kind::{Callee, Dim, Kind};

use super::{Heap, InstId, Origin, StorageId};

impl Heap {
    /// What each word of a kind stands for; `None` if its words are numbers that mean the same in every program. A word
    /// that is not listed means something in this program alone.
    pub(super) fn meaning(&self, kind: &Kind) -> Option<Arc<[(u64, String)]>> {
        let names: Vec<(u64, String)> = match kind {
            Kind::Float { .. } | Kind::Complex { .. } | Kind::Int | Kind::Bool => return None,
            Kind::Object(insts) => insts.iter().filter_map(|inst| self.named_instance(*inst)).collect(),
            Kind::Method(bound) => match (&bound.0, callee_name(&bound.1)) {
                (Kind::Object(insts), Some(method)) => insts
                    .iter()
                    .filter_map(|inst| self.named_instance(*inst))
                    .map(|(cell, name)| (cell, format!("{name}.{method}")))
                    .collect(),
                _ => vec![],
            },
            Kind::OneOf(values) => {
                let named = values.iter().enumerate();
                named.filter_map(|(index, value)| Some((index as u64, constant_name(value)?))).collect()
            }
            // The code relies on the shape, and on the length of what lies there.
            Kind::Seq(seq) if seq.dims.iter().chain(&seq.strides).all(|dim| matches!(dim, Dim::Fixed(_))) => {
                let shape = format!("{:?} {:?} {:?}", seq.flavour, seq.dims, seq.strides);
                seq.storages.iter().filter_map(|id| self.named_storage(*id, &shape)).collect()
            }
            _ => vec![],
        };
        Some(names.into())
    }

    fn named_instance(&self, inst: InstId) -> Option<(u64, String)> {
        let cell = self.layout.instances.get(&inst)?;
        Some((u64::from(*cell), self.instances[inst.0 as usize].path.clone()))
    }

    fn named_storage(&self, id: StorageId, shape: &str) -> Option<(u64, String)> {
        let storage = &self.storages[id.0 as usize];
        if !matches!(storage.origin, Origin::List(_) | Origin::Array(_)) {
            return None;
        }
        let cell = self.layout.storages.get(&id)?;
        Some((u64::from(*cell), format!("{} {shape} {}", storage.path, storage.count)))
    }
}

fn callee_name(callee: &Callee) -> Option<String> {
    match callee {
        Callee::Function(function) => constant_name(&Value::Function(function.clone())),
        Callee::Builtin(name) | Callee::Named(name) => Some(name.to_string()),
        Callee::Entry(entry) => Some(entry.name.to_owned()),
    }
}

/// What a constant is called in every program that has it.
fn constant_name(value: &Value) -> Option<String> {
    match value {
        Value::None => Some("None".to_owned()),
        Value::Str(text) => Some(format!("{text:?}")),
        Value::Builtin(entry) => Some(entry.name.to_owned()),
        Value::Class(class) => Some(format!("class {}", class.name)),
        // All lambdas are called the same.
        Value::Function(function) if !function.qualified_name.contains('<') => {
            Some(format!("{}.{}", function.module.name, function.qualified_name))
        }
        _ => None,
    }
}
