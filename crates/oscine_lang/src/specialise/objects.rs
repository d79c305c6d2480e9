//! Attributes and methods of live objects, classes and modules.
//!
//! Which object is meant may be open while sound runs; then its class is, if it is open too, told by the address of its
//! record, since records of one class lie together.

use std::rc::Rc;

use crate::diagnostics::errors;
use crate::evaluate::value::{Class, Name, Value};
use crate::ir::{Compare, Operand};
use crate::syntax::ast::BinOp;

use super::calls::CallArgs;
use super::heap::{InstId, SlotId};
use super::kind::{Callee, Kind, Val};
use super::memory::Cells;
use super::{Told, Walk, Walker};

/// `super()` in a method of `class` called on `receiver`.
pub(crate) fn super_of(class: Rc<Class>, receiver: Val) -> Val {
    Val { kind: Kind::Super(Rc::new((class, receiver.kind))), ops: receiver.ops }
}

impl Walker<'_> {
    /// `object.name`
    pub(crate) fn attribute(&mut self, object: &Val, name: &Name) -> Walk<Val> {
        let object = &self.present_as_it_is(object, || format!("'NoneType' object has no attribute '{name}'"))?;
        let span = self.span;
        match &object.kind {
            Kind::Record(record) => {
                if let Some(index) = record.names.iter().position(|known| known == name) {
                    return object.items().and_then(|items| items.get(index).cloned()).ok_or(Told);
                }
                let class = record.class.clone();
                match class.lookup(name) {
                    Some((member, owner)) if owner.is_user && !matches!(member, Value::Bound(_)) => {
                        self.class_member(&member, Some(object), name)
                    }
                    _ => Ok(builtin_method(object, name)),
                }
            }
            Kind::Fresh(_) | Kind::Made(_) => {
                let Some(class) = self.class_of_object(object) else { return Err(Told) };
                match self.attribute_of_made(object, &class, name)? {
                    Some(value) => Ok(value),
                    None => self.attribute_of_class(object, &class, name),
                }
            }
            Kind::Object(insts) => {
                let insts = insts.clone();
                if !matches!(object.op(), Operand::I64(_)) && self.is_method_of_several(&insts, name) {
                    let bound = (object.kind.clone(), Callee::Named(name.clone()));
                    return Ok(Val { kind: Kind::Method(Rc::new(bound)), ops: object.ops.clone() });
                }
                self.by_class(object, &insts, |walker, object, insts| walker.object_attribute(object, insts, name))
            }
            Kind::Super(of) => {
                let (class, receiver) = (of.0.clone(), Val::new(of.1.clone(), object.ops.clone()));
                let own = match &receiver.kind {
                    Kind::Static(Value::Class(own)) => own.clone(),
                    _ => self.class_of_object(&receiver).unwrap_or_else(|| class.clone()),
                };
                let found = own
                    .mro
                    .borrow()
                    .iter()
                    .skip_while(|candidate| !Rc::ptr_eq(candidate, &class))
                    .skip(1)
                    .find_map(|candidate| candidate.members.get(name));
                match found {
                    Some(member) => self.class_member(&member, Some(&receiver), name),
                    None => self.refuse(errors::no_attribute(span, "super", name)),
                }
            }
            Kind::Static(Value::Module(module)) => {
                let module = module.clone();
                if module.file.is_some() {
                    let prefix = self.module_prefix(&module);
                    if module.globals.get(name).is_some() || self.heap.has_space_slot(&module.globals, name) {
                        let slot = self.heap.space_slot(&module.globals, name, &prefix);
                        return Ok(self.read_slot(slot));
                    }
                }
                match module.globals.get(name) {
                    Some(value) => Ok(self.heap.live(&value, name)),
                    None => self.refuse(errors::no_attribute(span, &format!("module '{}'", module.name), name)),
                }
            }
            Kind::Static(Value::Class(class)) => {
                let class = class.clone();
                match class.lookup(name) {
                    Some((member, _)) => match member {
                        Value::ClassMethod(_) => self.class_member(&member, Some(object), name),
                        Value::StaticMethod(function) => Ok(Val::fixed((*function).clone())),
                        _ => self.class_value(&class, name),
                    },
                    None => self.class_value(&class, name),
                }
            }
            Kind::Seq(seq) if matches!(seq.flavour, super::kind::Flavour::Array(_)) => {
                if let Some(value) = self.array_attribute(object, name)? {
                    return Ok(value);
                }
                Ok(builtin_method(object, name))
            }
            Kind::Complex { .. } => {
                Ok(Self::complex_attribute(object, name).unwrap_or_else(|| builtin_method(object, name)))
            }
            Kind::Float { .. } | Kind::Int | Kind::Bool => match (&**name, &object.kind) {
                ("real", _) => Ok(object.clone()),
                ("imag", Kind::Float { .. }) => Ok(Val::float(Operand::F64(0.0))),
                ("imag", _) => Ok(Val::int_const(0)),
                _ => Ok(builtin_method(object, name)),
            },
            Kind::Static(Value::Param(_) | Value::None) => {
                self.refuse(errors::no_attribute(span, "'NoneType' object", name))
            }
            Kind::Poison => Err(Told),
            _ => Ok(builtin_method(object, name)),
        }
    }

    /// Whether objects of several classes all have a method of that name.
    fn is_method_of_several(&self, insts: &[InstId], name: &Name) -> bool {
        let class = self.heap.class_of(insts[0]);
        insts.iter().any(|inst| self.heap.class_of(*inst) != class)
            && insts.iter().all(|inst| {
                let instance = &self.heap.instances[inst.0 as usize].value;
                instance.attributes.get(name).is_none()
                    && matches!(instance.class.lookup(name), Some((Value::Function(_), _)))
            })
    }

    /// A class's attribute: its own, or that of the first class it derives from that has it.
    fn class_value(&mut self, class: &Rc<Class>, name: &Name) -> Walk<Val> {
        let mut owners = class.mro.borrow().clone();
        owners.retain(|owner| owner.members.get(name).is_some() || self.heap.has_space_slot(&owner.members, name));
        self.first_owners_value(class, &owners, name)
    }

    /// Of several classes, the attribute of the first that has it by now.
    fn first_owners_value(&mut self, class: &Rc<Class>, owners: &[Rc<Class>], name: &Name) -> Walk<Val> {
        let words = format!("type object '{}'", class.name);
        let Some((owner, rest)) = owners.split_first() else {
            let span = self.span;
            return self.refuse(errors::no_attribute(span, &words, name));
        };
        let value = self.class_slot(owner, name)?;
        match &value.kind {
            Kind::Unbound => self.first_owners_value(class, rest, name),
            Kind::MaybeUnbound(inner) => {
                let own = Val::new((**inner).clone(), value.ops[1..].to_vec());
                if !rest.is_empty() {
                    return self.branch(
                        value.ops[0],
                        |_| Ok(own),
                        |walker| walker.first_owners_value(class, rest, name),
                    );
                }
                let is_missing = self.emit.not(value.ops[0]);
                let words = format!("{words} has no attribute '{name}'");
                self.fault_if(is_missing, super::emit::FaultText::new("AttributeError", &words), &[]);
                Ok(own)
            }
            _ => Ok(value),
        }
    }

    fn class_slot(&mut self, owner: &Rc<Class>, name: &Name) -> Walk<Val> {
        let slot = self.heap.space_slot(&owner.members, name, &format!("{}.", owner.name));
        Ok(self.read_slot(slot))
    }

    /// An attribute of an object of one class.
    fn object_attribute(&mut self, object: &Val, insts: &[InstId], name: &Name) -> Walk<Val> {
        let class = self.heap.instances[insts[0].0 as usize].value.class.clone();
        let member = class.lookup(name);
        if let Some((Value::Property(property), _)) = &member {
            let getter = property.get.clone();
            return self.call_bound(&getter, object);
        }
        let is_set = |inst: &InstId| self.heap.field_slot(*inst, name, false).is_some();
        // An attribute that only some of them have is one that the others may be given.
        if insts.iter().any(is_set)
            && let Some((slots, cells)) = self.field(object, insts, name, true)
        {
            let value = self.read_field(&slots, &cells, name)?;
            return match &value.kind {
                Kind::Unbound => self.attribute_of_class(object, &class, name),
                Kind::MaybeUnbound(inner) => {
                    let own = Val::new((**inner).clone(), value.ops[1..].to_vec());
                    if member.is_some() {
                        return self.branch(
                            value.ops[0],
                            |_| Ok(own),
                            |walker| walker.attribute_of_class(object, &class, name),
                        );
                    }
                    let is_missing = self.emit.not(value.ops[0]);
                    let words = format!("'{}' object has no attribute '{name}'", class.name);
                    self.fault_if(is_missing, super::emit::FaultText::new("AttributeError", &words), &[]);
                    Ok(own)
                }
                _ => Ok(value),
            };
        }
        self.attribute_of_class(object, &class, name)
    }

    /// An attribute that an object has from its class.
    fn attribute_of_class(&mut self, object: &Val, class: &Rc<Class>, name: &Name) -> Walk<Val> {
        match class.lookup(name) {
            Some((
                member @ (Value::Function(_) | Value::ClassMethod(_) | Value::StaticMethod(_) | Value::Bound(_)),
                _,
            )) => self.class_member(&member, Some(object), name),
            Some(_) => self.class_value(class, name),
            None => {
                if let Some((getter @ Value::Function(_), _)) = class.lookup("__getattr__") {
                    let bound = self.class_member(&getter, Some(object), name)?;
                    return self.call(&bound, CallArgs::new(vec![Val::fixed(Value::Str(name.clone()))]));
                }
                let span = self.span;
                self.refuse(errors::no_attribute(span, &format!("'{}' object", class.name), name))
            }
        }
    }

    /// What a member of a class is when it is reached through an object.
    fn class_member(&mut self, member: &Value, receiver: Option<&Val>, name: &Name) -> Walk<Val> {
        match (member, receiver) {
            (Value::Function(function), Some(receiver)) => Ok(Val {
                kind: Kind::Method(Rc::new((receiver.kind.clone(), Callee::Function(function.clone())))),
                ops: receiver.ops.clone(),
            }),
            (Value::ClassMethod(function), Some(receiver)) => {
                let class = match &receiver.kind {
                    Kind::Static(Value::Class(class)) => class.clone(),
                    _ => self.class_of_object(receiver).ok_or(Told)?,
                };
                let class = Val::fixed(Value::Class(class));
                self.class_member(function, Some(&class), name)
            }
            (Value::Bound(bound), Some(receiver)) if bound.is_method && bound.captured.is_empty() => Ok(Val {
                kind: Kind::Method(Rc::new((receiver.kind.clone(), Callee::Entry(bound.entry)))),
                ops: receiver.ops.clone(),
            }),
            (Value::StaticMethod(function), _) => Ok(Val::fixed((**function).clone())),
            (Value::Property(property), Some(receiver)) => {
                let getter = property.get.clone();
                self.call_bound(&getter, receiver)
            }
            _ => Ok(self.heap.live(member, name)),
        }
    }

    /// Calls a property's getter or the like.
    fn call_bound(&mut self, function: &Value, receiver: &Val) -> Walk<Val> {
        let callee = Val::fixed(function.clone());
        self.call(&callee, CallArgs::new(vec![receiver.clone()]))
    }

    /// The slots and the place of an attribute; `None` if the object has none of that name.
    fn field(&mut self, object: &Val, insts: &[InstId], name: &Name, create: bool) -> Option<(Vec<SlotId>, Cells)> {
        if let Operand::I64(cell) = object.op()
            && let Some(inst) = self.heap.instance_at(insts, cell)
        {
            let slot = self.heap.field_slot(inst, name, create)?;
            let cells = Cells::at(self.heap.slot_cell(slot));
            return Some((vec![slot], cells));
        }
        let slots: Vec<SlotId> =
            insts.iter().map(|inst| self.heap.field_slot(*inst, name, create)).collect::<Option<_>>()?;
        self.heap.merge(&slots);
        let offset = self.heap.field_offset(insts[0], name);
        let width = self.heap.slot(slots[0]).kind.width() as u32;
        let ranges = slots
            .iter()
            .map(|slot| {
                let cell = self.heap.slot_cell(*slot);
                (cell, cell + width)
            })
            .collect();
        Some((slots, Cells { base: object.op(), disp: i64::from(offset), ranges }))
    }

    fn read_field(&mut self, slots: &[SlotId], cells: &Cells, name: &Name) -> Walk<Val> {
        let span = self.span;
        let value = if let [slot] = slots {
            if self.heap.slot(*slot).is_written { self.load_slots(slots, cells) } else { self.read_slot(*slot) }
        } else if self.heap.slot(slots[0]).is_written {
            self.load_slots(slots, cells)
        } else {
            // Objects that agree about a constant need no memory for it.
            let values: Vec<Val> = slots.iter().map(|slot| self.read_slot(*slot)).collect();
            if values.iter().all(|value| *value == values[0]) {
                values[0].clone()
            } else {
                self.load_slots(slots, cells)
            }
        };
        match &value.kind {
            Kind::Clash(kinds) => {
                let (a, b) = super::kind::told_apart(&kinds.0, &kinds.1);
                self.refuse(errors::two_types(span, name, &a, &b))
            }
            _ => Ok(value),
        }
    }

    /// `object.name = value`
    pub(crate) fn set_attribute(&mut self, object: &Val, name: &Name, value: &Val) -> Walk<()> {
        let object = &self.present(object, || format!("'NoneType' object has no attribute '{name}'"))?;
        let span = self.span;
        match &object.kind {
            Kind::Fresh(_) | Kind::Made(_) => {
                let Some(class) = self.class_of_object(object) else { return Err(Told) };
                self.set_attribute_of_made(object, &class, name, value)
            }
            Kind::Object(insts) if insts.iter().any(|inst| self.heap.is_copied(*inst)) => {
                self.refuse(errors::changed_object(span, name))
            }
            Kind::Object(insts) => {
                let insts = insts.clone();
                self.by_class(object, &insts, |walker, object, insts| {
                    walker.set_object_attribute(object, insts, name, value)?;
                    Ok(Val::none())
                })?;
                Ok(())
            }
            Kind::Static(Value::Class(class)) if class.is_user => {
                let slot = self.heap.space_slot(&class.members, name, &format!("{}.", class.name));
                self.write_slot(slot, value, span)
            }
            Kind::Static(Value::Module(module)) if module.file.is_some() => {
                let module = module.clone();
                let prefix = self.module_prefix(&module);
                let slot = self.heap.space_slot(&module.globals, name, &prefix);
                self.write_slot(slot, value, span)
            }
            Kind::Seq(_) if matches!(&**name, "real" | "imag") && super::operators::is_array(object) => {
                self.set_part(object, name, value)
            }
            Kind::Poison => Err(Told),
            _ => {
                let what = format!("'{}' object", object.kind.type_name());
                self.refuse(errors::no_attribute(span, &what, name))
            }
        }
    }

    fn set_object_attribute(&mut self, object: &Val, insts: &[InstId], name: &Name, value: &Val) -> Walk<()> {
        let span = self.span;
        let class = self.heap.instances[insts[0].0 as usize].value.class.clone();
        if self.set_by_property(object, &class, name, value)? {
            return Ok(());
        }
        if is_overridden(&class, "__setattr__") {
            return self.refuse(errors::not_in_process(span, "a class with `__setattr__`"));
        }
        let Some((slots, cells)) = self.field(object, insts, name, true) else { return Err(Told) };
        let value = &self.fitting(slots[0], value)?;
        self.note_store(slots[0], value, span)?;
        self.store_slots(&slots, &cells, value);
        Ok(())
    }

    /// `object.name = value` where the name is a property of the class. `false` if it is none.
    pub(crate) fn set_by_property(&mut self, object: &Val, class: &Class, name: &Name, value: &Val) -> Walk<bool> {
        let Some((Value::Property(property), _)) = class.lookup(name) else { return Ok(false) };
        let setter = property.set.clone();
        if let Value::None = setter {
            let span = self.span;
            return self.refuse(errors::no_setter(span, &class.name, name));
        }
        let callee = Val::fixed(setter);
        self.call(&callee, CallArgs::new(vec![object.clone(), value.clone()]))?;
        Ok(true)
    }

    /// Walks once for each class that the object may be of.
    fn by_class(
        &mut self,
        object: &Val,
        insts: &Rc<Vec<InstId>>,
        walk: impl Fn(&mut Self, &Val, &[InstId]) -> Walk<Val> + Copy,
    ) -> Walk<Val> {
        if let Operand::I64(cell) = object.op()
            && let Some(inst) = self.heap.instance_at(insts, cell)
        {
            return walk(self, &Val::new(Kind::Object(Rc::new(vec![inst])), object.ops.clone()), &[inst]);
        }
        let mut classes: Vec<(u32, Vec<InstId>)> = vec![];
        for inst in insts.iter() {
            let class = self.heap.class_of(*inst);
            match classes.iter_mut().find(|(_, members)| self.heap.class_of(members[0]) == class) {
                Some((_, members)) => members.push(*inst),
                None => classes.push((0, vec![*inst])),
            }
        }
        for (first, members) in &mut classes {
            *first = members.iter().map(|inst| self.heap.instance_cell(*inst)).min().unwrap_or(0);
        }
        classes.sort_unstable();
        self.one_class(object, &classes, walk)
    }

    fn one_class(
        &mut self,
        object: &Val,
        classes: &[(u32, Vec<InstId>)],
        walk: impl Fn(&mut Self, &Val, &[InstId]) -> Walk<Val> + Copy,
    ) -> Walk<Val> {
        let members = &classes[0].1;
        let this = Val::new(Kind::Object(Rc::new(members.clone())), object.ops.clone());
        if classes.len() == 1 {
            return walk(self, &this, members);
        }
        let is_below = self.emit.int_compare(Compare::Lt, object.op(), Operand::I64(i64::from(classes[1].0)));
        let span = self.span;
        let path = self.path_below(span, 2000 + classes.len());
        self.branch(
            is_below,
            |walker| walker.on_path(path, |walker| walk(walker, &this, members)),
            |walker| walker.one_class(object, &classes[1..], walk),
        )
    }

    /// Whether an object of the script has an attribute, for `hasattr` and `getattr` with a default.
    pub(crate) fn surely_has(&mut self, object: &Val, name: &Name) -> Walk<bool> {
        let span = self.span;
        if let Kind::Fresh(_) | Kind::Made(_) = &object.kind {
            let Some(class) = self.class_of_object(object) else { return Err(Told) };
            return Ok(class.lookup(name).is_some() || self.attribute_of_made(object, &class, name)?.is_some());
        }
        let Kind::Object(insts) = &object.kind else {
            return self.refuse(errors::not_in_process(
                span,
                "asking whether something other than an object has an attribute",
            ));
        };
        let mut answers = insts.iter().map(|inst| {
            let instance = &self.heap.instances[inst.0 as usize].value;
            instance.attributes.get(name).is_some() || instance.class.lookup(name).is_some()
        });
        let first = answers.next().unwrap_or(false);
        if answers.any(|answer| answer != first) {
            return self
                .refuse(errors::not_in_process(span, "asking for an attribute that only some of the objects have"));
        }
        // Sound may give it the attribute later.
        let is_given = insts.iter().any(|inst| self.heap.field_slot(*inst, name, false).is_some());
        if !first && is_given {
            return self
                .refuse(errors::not_in_process(span, "asking for an attribute that is first set while sound runs"));
        }
        Ok(first)
    }

    // Methods.

    pub(crate) fn has_method(&self, object: &Val, name: &str) -> bool {
        if let Kind::Record(record) = &object.kind {
            return matches!(record.class.lookup(name), Some((Value::Function(_), _)));
        }
        if let Kind::Fresh(_) | Kind::Made(_) = &object.kind {
            return self.class_of_object(object).is_some_and(|class| is_overridden(&class, name));
        }
        let Kind::Object(insts) = &object.kind else { return false };
        insts.iter().all(|inst| is_overridden(&self.heap.instances[inst.0 as usize].value.class, name))
    }

    pub(crate) fn call_method(&mut self, object: &Val, name: &str, args: &[Val]) -> Walk<Val> {
        self.call_method_with(object, name, CallArgs::new(args.to_vec()))
    }

    /// Calls a special method: it is looked for in the class alone.
    pub(crate) fn call_method_with(&mut self, object: &Val, name: &str, args: CallArgs) -> Walk<Val> {
        let span = self.span;
        if let Kind::Record(_) | Kind::Fresh(_) | Kind::Made(_) = &object.kind {
            if !self.has_method(object, name) {
                return self.refuse(errors::no_attribute(span, &format!("'{}' object", object.kind.type_name()), name));
            }
            let method = self.attribute(object, &Name::from(name))?;
            return self.call(&method, args);
        }
        let Kind::Object(insts) = &object.kind else { return Err(Told) };
        let insts = insts.clone();
        let args = &args;
        self.by_class(object, &insts, |walker, object, insts| {
            let class = walker.heap.instances[insts[0].0 as usize].value.class.clone();
            match class.lookup(name) {
                Some((member, _)) => {
                    let method = walker.class_member(&member, Some(object), &Name::from(name))?;
                    walker.call(&method, args.clone())
                }
                None => walker.refuse(errors::no_attribute(span, &format!("'{}' object", class.name), name)),
            }
        })
    }

    pub(crate) fn object_truth(&mut self, object: &Val) -> Walk<Operand> {
        if self.has_method(object, "__bool__") {
            let result = self.call_method(object, "__bool__", &[])?;
            return self.truth(&result);
        }
        if self.has_method(object, "__len__") {
            let result = self.call_method(object, "__len__", &[])?;
            return self.truth(&result);
        }
        Ok(Operand::Bool(true))
    }

    /// A member of an `IntEnum` as its int; anything else as it is.
    pub(crate) fn without_enum(&mut self, value: &Val) -> Walk<Val> {
        let Kind::Object(insts) = &value.kind else { return Ok(value.clone()) };
        let is_int =
            |inst: &InstId| matches!(*self.heap.instances[inst.0 as usize].value.base_value.borrow(), Value::Int(_));
        if insts.iter().all(is_int) { self.attribute(value, &Name::from("_value_")) } else { Ok(value.clone()) }
    }

    /// Whether one of two operands is a namedtuple with a method of its own for the operator.
    pub(crate) fn has_record_method(&self, op: BinOp, left: &Val, right: &Val) -> bool {
        let is_record = |value: &Val| matches!(value.kind, Kind::Record(_));
        let name = special_name(op);
        (is_record(left) && self.has_method(left, &format!("__{name}__")))
            || (is_record(right) && self.has_method(right, &format!("__r{name}__")))
    }

    /// An operator on objects of the script.
    pub(crate) fn object_binary(&mut self, op: BinOp, left: &Val, right: &Val) -> Walk<Val> {
        let name = special_name(op);
        let (plain, reflected) = (format!("__{name}__"), format!("__r{name}__"));
        if self.has_method(left, &plain) {
            return self.call_method(left, &plain, std::slice::from_ref(right));
        }
        if self.has_method(right, &reflected) {
            return self.call_method(right, &reflected, std::slice::from_ref(left));
        }
        let span = self.span;
        self.refuse(errors::unsupported_operands(span, op.symbol(), &left.kind.type_name(), &right.kind.type_name()))
    }
}

/// The name of an operator's special method, without its underscores.
pub(crate) fn special_name(op: BinOp) -> &'static str {
    match op {
        BinOp::Add => "add",
        BinOp::Sub => "sub",
        BinOp::Mul => "mul",
        BinOp::Div => "truediv",
        BinOp::FloorDiv => "floordiv",
        BinOp::Mod => "mod",
        BinOp::Pow => "pow",
        BinOp::MatMul => "matmul",
        BinOp::LShift => "lshift",
        BinOp::RShift => "rshift",
        BinOp::BitAnd => "and",
        BinOp::BitOr => "or",
        BinOp::BitXor => "xor",
    }
}

/// Whether a class has a special method of its own, other than the one that every object has.
pub(super) fn is_overridden(class: &Class, name: &str) -> bool {
    class.lookup(name).is_some_and(|(_, owner)| owner.is_user)
}

/// A method of a built-in type.
fn builtin_method(object: &Val, name: &Name) -> Val {
    Val { kind: Kind::Method(Rc::new((object.kind.clone(), Callee::Builtin(name.clone())))), ops: object.ops.clone() }
}
