//! What is known of the attributes of objects that sound makes, and of live objects that meet them.

use std::rc::Rc;

use crate::evaluate::value::{Class, Name};
use crate::specialise::kind::{Kind, RecordKind, join};

use super::{Heap, InstId};

impl Heap {
    /// The attributes that objects of a class were seen to have, each at the same place in all walks.
    pub(crate) fn fields_of(&self, class: &Rc<Class>) -> Vec<Name> {
        self.fields.get(&(Rc::as_ptr(class) as usize)).cloned().unwrap_or_default()
    }

    /// Notes that an object that sound makes has an attribute.
    pub(crate) fn note_field(&mut self, class: &Rc<Class>, name: &Name) {
        let known = self.fields.entry(Rc::as_ptr(class) as usize).or_default();
        if !known.contains(name) {
            known.push(name.clone());
            self.changed = true;
        }
    }

    /// Whether all of some live objects are of this very class.
    pub(crate) fn are_all_of(&self, insts: &[InstId], class: &Rc<Class>) -> bool {
        insts.iter().all(|inst| Rc::ptr_eq(&self.instances[inst.0 as usize].value.class, class))
    }

    /// Notes that the values of live objects are copied: nothing may change them from now on.
    pub(crate) fn note_copied(&mut self, insts: &[InstId]) {
        for inst in insts {
            self.changed |= self.copied.insert(*inst);
        }
    }

    /// Whether the values of a live object were copied.
    pub(crate) fn is_copied(&self, inst: InstId) -> bool {
        self.copied.contains(&inst)
    }

    /// A kind as it can meet `other`: a live object that meets one made by sound is its values.
    pub(crate) fn made_like(&mut self, kind: &Kind, other: &Kind) -> Kind {
        match (kind, other) {
            (Kind::Object(insts), Kind::Made(record)) if self.are_all_of(insts, &record.class) => {
                self.note_copied(insts);
                self.values_of(&insts.clone(), &record.class)
            }
            (Kind::Optional(inner), Kind::Optional(other)) => Kind::Optional(Rc::new(self.made_like(inner, other))),
            (Kind::MaybeUnbound(inner), Kind::MaybeUnbound(other)) => {
                Kind::MaybeUnbound(Rc::new(self.made_like(inner, other)))
            }
            (Kind::Optional(inner), Kind::Made(_)) => Kind::Optional(Rc::new(self.made_like(inner, other))),
            (Kind::MaybeUnbound(inner), Kind::Made(_)) => Kind::MaybeUnbound(Rc::new(self.made_like(inner, other))),
            (Kind::Object(_), Kind::Optional(other) | Kind::MaybeUnbound(other)) => self.made_like(kind, other),
            (Kind::Tuple(kinds), Kind::Tuple(others)) if kinds.len() == others.len() => {
                let kinds = kinds.iter().zip(&**others).map(|(kind, other)| self.made_like(kind, other)).collect();
                Kind::Tuple(Rc::new(kinds))
            }
            _ => kind.clone(),
        }
    }

    /// The kind that holds the values of any of some live objects of one class.
    fn values_of(&mut self, insts: &[InstId], class: &Rc<Class>) -> Kind {
        for inst in insts {
            let names: Vec<Name> =
                self.instances[inst.0 as usize].value.attributes.0.borrow().keys().cloned().collect();
            names.iter().for_each(|name| self.note_field(class, name));
        }
        let names = self.fields_of(class);
        let mut items = vec![Kind::Poison; names.len()];
        for inst in insts {
            for (name, kind) in names.iter().zip(&mut items) {
                let own = match self.field_slot(*inst, name, false) {
                    Some(slot) => self.slot(slot).kind.clone(),
                    None => Kind::Unbound,
                };
                let clash = Kind::Clash(Rc::new((kind.clone(), own.clone())));
                *kind = join(kind, &own).unwrap_or(clash);
            }
        }
        let class = class.clone();
        Kind::Made(Rc::new(RecordKind { class, names: Rc::new(names), items: Rc::new(items) }))
    }
}
