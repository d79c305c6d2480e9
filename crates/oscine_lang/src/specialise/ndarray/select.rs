//! Whole arrays of indices, and masks: they make new arrays. How many elements a mask selects is known only while sound
//! runs; there is room for all.

use crate::diagnostics::errors;
use crate::evaluate::value::Dtype;
use crate::ir::{BoolBinary, Compare, Inst, IntBinary, MessagePart, Operand, Type, Var};

use super::{Told, View, Walk, Walker};
use crate::specialise::emit::FaultText;
use crate::specialise::kind::{Flavour, Kind, Val};

/// What an index selects.
enum Selection {
    /// The elements at which a mask is true.
    Mask(View),
    /// One array of indices, or an int, for each of the first axes.
    Places(Vec<Val>),
}

impl Walker<'_> {
    fn selection(&mut self, view: &View, index: &Val) -> Walk<Selection> {
        let span = self.span;
        let parts = match &index.kind {
            Kind::Tuple(_) => index.items().unwrap_or_default(),
            _ => vec![index.clone()],
        };
        if parts.len() > view.dims.len() {
            let (axes, used) = (view.dims.len(), parts.len());
            let words = format!("too many indices for array: array is {axes}-dimensional, but {used} were indexed");
            self.fault(FaultText::new("IndexError", &words), &[]);
            return Err(Told);
        }
        let mut places = vec![];
        for part in &parts {
            if let Kind::Int = part.kind {
                places.push(part.clone());
                continue;
            }
            if !super::is_sequence(part) {
                return self.refuse(errors::not_in_process(span, "slices next to arrays of indices"));
            }
            let part = self.as_view(part)?;
            match part.flavour {
                Flavour::Array(Dtype::Int) => places.push(part.val()),
                Flavour::Array(Dtype::Bool) if parts.len() == 1 && part.dims.len() == view.dims.len() => {
                    self.check_fits(&part, view)?;
                    return Ok(Selection::Mask(part));
                }
                Flavour::Array(Dtype::Bool) => {
                    return self.refuse(errors::not_in_process(span, "a mask of other dimensions than the array"));
                }
                _ => return self.refuse(errors::index_type(span, "numpy.ndarray")),
            }
        }
        Ok(Selection::Places(places))
    }

    /// The part of a view at one index of each of its first axes.
    fn part_at(&mut self, view: &View, places: &[Val]) -> Walk<View> {
        let mut part = view.clone();
        for (axis, place) in places.iter().enumerate() {
            let at = self.array_index(place, part.dims[0], axis)?;
            part = self.subview(&part, at);
        }
        Ok(part)
    }

    /// `view[index]`
    pub(super) fn selected(&mut self, view: &View, index: &Val) -> Walk<Val> {
        let Flavour::Array(own) = view.flavour else { return Err(Told) };
        match self.selection(view, index)? {
            Selection::Places(places) => {
                let (mut dims, inputs) = self.aligned(&places)?;
                let outer = dims.len();
                dims.extend(&view.dims[places.len()..]);
                let new = self.new_array_like(own, &dims)?;
                self.for_each(&dims[..outer], &mut |walker, index| {
                    let places = walker.elements_at(&inputs, index);
                    let part = walker.part_at(view, &places)?;
                    let mut target = new.clone();
                    for at in index {
                        target = walker.subview(&target, *at);
                    }
                    walker.copy(&part, &target)
                })?;
                Ok(new.val())
            }
            Selection::Mask(mask) => {
                let greatest = view.dims.iter().try_fold(1i64, |count, dim| {
                    self.emit.interval(*dim).and_then(|(_, greatest)| count.checked_mul(greatest))
                });
                let Some(greatest) = greatest else {
                    let span = self.span;
                    return self.refuse(errors::unknown_length(span, "what a mask selects"));
                };
                let new = self.new_array(own, &[greatest]);
                let count = self.emit.mutable(Type::I64);
                self.emit.assign(count, Operand::I64(0));
                self.where_true(&mask, &mut |walker, index| {
                    let at = walker.next_of(count);
                    let element = walker.read(view, index);
                    walker.write(&new, &[at], &element)
                })?;
                let count = self.emit.snapshot(Operand::Var(count));
                self.emit.bound(count, (0, greatest));
                Ok(View { dims: vec![count], ..new }.val())
            }
        }
    }

    /// `view[index] = value`
    pub(super) fn set_selected(&mut self, view: &View, index: &Val, value: &Val) -> Walk<()> {
        let mut from = None;
        if !value.kind.is_scalar() {
            let given = self.as_view(value)?;
            from = Some(if self.overlaps(&given, view) { self.copied(&given)? } else { given });
        }
        match self.selection(view, index)? {
            Selection::Places(places) => {
                let (mut dims, inputs) = self.aligned(&places)?;
                let outer = dims.len();
                dims.extend(&view.dims[places.len()..]);
                let from = match from {
                    Some(given) => {
                        let shape = View { dims: dims.clone(), ..view.clone() };
                        self.check_fits(&given, &shape)?;
                        Some(self.stretched(&given, &dims))
                    }
                    None => None,
                };
                self.for_each(&dims[..outer], &mut |walker, index| {
                    let places = walker.elements_at(&inputs, index);
                    let part = walker.part_at(view, &places)?;
                    let Some(mut source) = from.clone() else { return walker.assign_view(&part, value) };
                    for at in index {
                        source = walker.subview(&source, *at);
                    }
                    walker.copy(&source, &part)
                })
            }
            Selection::Mask(mask) => {
                let Some(from) = from.filter(|from| !from.dims.is_empty()) else {
                    return self.where_true(&mask, &mut |walker, index| walker.write(view, index, value));
                };
                let from = self.flattened(&from)?;
                self.set_masked(view, &mask, &from)
            }
        }
    }

    /// Writes the elements of a line to where a mask is true; there must be as many, or one for all.
    fn set_masked(&mut self, view: &View, mask: &View, from: &View) -> Walk<()> {
        let length = from.dims[0];
        let count = self.emit.mutable(Type::I64);
        self.emit.assign(count, Operand::I64(0));
        self.where_true(mask, &mut |walker, _| {
            walker.next_of(count);
            Ok(())
        })?;
        let total = self.emit.snapshot(Operand::Var(count));
        let differs = self.emit.int_compare(Compare::Ne, total, length);
        let is_many = self.emit.int_compare(Compare::Ne, length, Operand::I64(1));
        let is_wrong = self.emit.bool_binary(BoolBinary::And, differs, is_many);
        let text = FaultText {
            exception: "ValueError".to_owned(),
            message: vec![
                MessagePart::Text("NumPy boolean array indexing assignment cannot assign ".to_owned()),
                MessagePart::Int,
                MessagePart::Text(" input values to the ".to_owned()),
                MessagePart::Int,
                MessagePart::Text(" output values where the mask is true".to_owned()),
            ],
        };
        self.fault_if(is_wrong, text, &[length, total]);
        if !self.is_alive {
            return Err(Told);
        }
        let stride = self.emit.select(is_many, from.strides[0], Operand::I64(0));
        let from = View { strides: vec![stride], ..from.clone() };
        self.emit.assign(count, Operand::I64(0));
        self.where_true(mask, &mut |walker, index| {
            let at = walker.next_of(count);
            let element = walker.read(&from, &[at]);
            walker.write(view, index, &element)
        })
    }

    /// The present value of a counter, which then goes on by one.
    fn next_of(&mut self, counter: Var) -> Operand {
        let present = self.emit.snapshot(Operand::Var(counter));
        let next = self.emit.index_binary(IntBinary::Add, present, Operand::I64(1));
        self.emit.assign(counter, next);
        present
    }

    /// Walks once for every index at which a mask is true.
    fn where_true(&mut self, mask: &View, turn: &mut dyn FnMut(&mut Self, &[Operand]) -> Walk<()>) -> Walk<()> {
        self.for_each(&mask.dims, &mut |walker, index| {
            let is_selected = walker.read(mask, index);
            walker.emit.open();
            let result = turn(walker, index);
            let then = walker.emit.close();
            walker.emit.push(Inst::If { condition: is_selected.op(), then, otherwise: vec![] });
            result
        })
    }
}
