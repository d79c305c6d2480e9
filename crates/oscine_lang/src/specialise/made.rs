//! Objects that sound makes: `Vec(a, b) + Vec(c, d)`, a dataclass as a result, a helper that lives for one sample.
//!
//! No memory is given out for them. While such an object is [`Kind::Fresh`], each of its attributes is a variable of a
//! scope of its own, so that branches and loops treat an attribute as they treat a variable (scalar replacement of
//! aggregates, as in Choi et al., "Escape analysis for Java", OOPSLA 1999). Where it meets another object, is carried
//! round a loop or is kept in the state, it becomes its values ([`Kind::Made`]): from there on it may be read, but not
//! changed, since a change would not be seen by those who hold the same object. What was changed before is no matter.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use crate::diagnostics::errors;
use crate::evaluate::value::{Class, Name, Value};
use crate::evaluate::{abstract_method, enum_members, is_enum};
use crate::ir::{BoolBinary, MessagePart, Operand};

use super::calls::CallArgs;
use super::emit::FaultText;
use super::heap::InstId;
use super::kind::{FreshKind, Kind, Val};
use super::objects::is_overridden;
use super::scope::{Around, Scope, Snapshot};
use super::{Path, Walk, Walker};

/// What is known of the objects made in this walk and in those before.
#[derive(Debug, Default)]
pub(crate) struct MadeObjects {
    /// Those of this walk, by their scopes.
    open: HashMap<usize, Fresh>,
    /// The places whose objects are changed after they were made; their attributes are variables that loops carry.
    changed: HashSet<Path>,
    /// The places whose objects became values in a loop that they were made outside of.
    kept_in_loops: HashSet<Path>,
}

/// An object that is not yet its values.
#[derive(Debug)]
struct Fresh {
    /// Whether its `__init__` has not returned.
    is_new: bool,
    /// Whether it became its values somewhere.
    is_kept: bool,
    /// How many loops were around it when it was made.
    turns: usize,
}

impl MadeObjects {
    /// Another function is walked.
    pub(crate) fn begin_entry(&mut self) {
        self.open.clear();
    }
}

/// Whether a class is written in Python and derives from nothing that keeps a value of its own.
fn is_plain(class: &Class) -> bool {
    let is_harmless = |base: &Rc<Class>| {
        base.is_user
            || matches!(&*base.name, "object" | "ABC" | "Generic" | "Protocol" | "abc.ABC")
            || base.name.starts_with("typing.")
    };
    class.mro.borrow().iter().all(is_harmless)
        && class.lookup("__new__").is_none_or(|(_, owner)| !owner.is_user)
        && class.lookup("__setattr__").is_none_or(|(member, owner)| !owner.is_user || matches!(member, Value::Bound(_)))
}

impl Walker<'_> {
    /// `Class(...)`
    pub(crate) fn new_object(&mut self, class: &Rc<Class>, args: CallArgs) -> Walk<Val> {
        let span = self.span;
        if is_enum(class) {
            return self.member_of_value(class, &args);
        }
        if !is_plain(class) {
            return self.refuse(errors::makes_object(span, &class.name));
        }
        if let Some(method) = abstract_method(class) {
            let words = format!("can't instantiate abstract class {} with abstract method {method}", class.name);
            return self.refuse(errors::wrong_arguments(span, &words));
        }
        let path = self.path_below(span, Rc::as_ptr(class) as usize);
        let module = self.scopes.list[self.scopes.present].module.clone();
        let scope = Scope { path, def: None, module, around: Around::Nothing, is_captured: true, receiver: None };
        let outer = self.scopes.open(scope);
        let scope = std::mem::replace(&mut self.scopes.present, outer);
        self.made.open.insert(scope, Fresh { is_new: true, is_kept: false, turns: self.turns_open });
        for name in self.heap.fields_of(class) {
            self.scopes.shared.push((scope, name));
        }
        let object = Val::new(Kind::Fresh(Rc::new(FreshKind { class: class.clone(), scope, path })), vec![]);
        let result = self.initialise(&object, class, args);
        if let Some(fresh) = self.made.open.get_mut(&scope) {
            fresh.is_new = false;
        }
        if !self.made.changed.contains(&path) {
            self.scopes.shared.retain(|(known, _)| *known != scope);
        }
        result.map(|()| object)
    }

    fn initialise(&mut self, object: &Val, class: &Rc<Class>, args: CallArgs) -> Walk<()> {
        let span = self.span;
        match class.lookup("__init__") {
            Some((Value::Function(init), owner)) if owner.is_user => {
                self.call_function(&init, Some(object.clone()), args)?;
                Ok(())
            }
            Some((Value::Bound(bound), _)) if bound.entry.name == "dataclass __init__" => {
                match bound.captured.first() {
                    Some(Value::Tuple(fields)) => self.initialise_dataclass(object, class, &fields.clone(), args),
                    _ => Ok(()),
                }
            }
            _ if args.positional.is_empty() && args.keywords.is_empty() => Ok(()),
            _ => self.refuse(errors::wrong_arguments(span, &format!("{}() takes no arguments", class.name))),
        }
    }

    /// What the `__init__` of a dataclass does.
    fn initialise_dataclass(&mut self, object: &Val, class: &Rc<Class>, fields: &[Value], args: CallArgs) -> Walk<()> {
        let span = self.span;
        let error = |words: String| errors::wrong_arguments(span, &format!("{}.__init__() {words}", class.name));
        let flag = |field: &Value, name: &str| matches!(of_field(field, name), Some(Value::Bool(true)));
        let named: Vec<(Name, &Value)> = fields
            .iter()
            .filter_map(|field| match of_field(field, "name") {
                Some(Value::Str(name)) => Some((name, field)),
                _ => None,
            })
            .collect();
        let by_position: Vec<&(Name, &Value)> =
            named.iter().filter(|(_, field)| flag(field, "init") && !flag(field, "kw_only")).collect();
        if args.positional.len() > by_position.len() {
            let (most, given) = (by_position.len() + 1, args.positional.len() + 1);
            return self.refuse(error(format!("takes {most} positional arguments but {given} were given")));
        }
        let mut values: HashMap<Name, Val> =
            by_position.iter().zip(args.positional).map(|((name, _), value)| (name.clone(), value)).collect();
        for (name, value) in args.keywords {
            if !named.iter().any(|(known, field)| *known == name && flag(field, "init")) {
                return self.refuse(error(format!("got an unexpected keyword argument '{name}'")));
            }
            if values.insert(name.clone(), value).is_some() {
                return self.refuse(error(format!("got multiple values for argument '{name}'")));
            }
        }
        let mut after = vec![];
        for (name, field) in &named {
            let value = match (values.get(name), of_field(field, "default_factory"), of_field(field, "default")) {
                (Some(value), _, _) => value.clone(),
                (None, Some(factory), _) => {
                    let factory = self.heap.live(&factory, name);
                    self.call(&factory, CallArgs::default())?
                }
                (None, None, Some(default)) => self.heap.live(&default, name),
                (None, None, None) if flag(field, "init") => {
                    return self.refuse(error(format!("missing 1 required positional argument: '{name}'")));
                }
                _ => continue,
            };
            if flag(field, "init_only") {
                after.push(value);
            } else {
                self.set_variable_of(object, name, value);
            }
        }
        if self.has_method(object, "__post_init__") {
            self.call_method(object, "__post_init__", &after)?;
        }
        Ok(())
    }

    fn set_variable_of(&mut self, object: &Val, name: &Name, value: Val) {
        if let Kind::Fresh(fresh) = &object.kind {
            self.heap.note_field(&fresh.class, name);
            self.scopes.set(fresh.scope, name.clone(), value);
        }
    }

    /// `object.name = value` of an object that sound made.
    pub(crate) fn set_attribute_of_made(
        &mut self,
        object: &Val,
        class: &Rc<Class>,
        name: &Name,
        value: &Val,
    ) -> Walk<()> {
        let span = self.span;
        if self.set_by_property(object, class, name, value)? {
            return Ok(());
        }
        if is_overridden(class, "__setattr__") {
            let words = format!("cannot assign to field '{name}'");
            self.fault(FaultText::new("dataclasses.FrozenInstanceError", &words), &[]);
            return Err(super::Told);
        }
        let Kind::Fresh(fresh) = &object.kind else {
            return self.refuse(errors::changed_object(span, name));
        };
        let is_kept_in_loop = self.made.kept_in_loops.contains(&fresh.path);
        let state = self.made.open.get(&fresh.scope);
        if state.is_none_or(|state| !state.is_new) {
            if state.is_none_or(|state| state.is_kept) || is_kept_in_loop {
                return self.refuse(errors::changed_object(span, name));
            }
            if self.made.changed.insert(fresh.path) {
                self.heap.changed = true;
            }
        }
        self.set_variable_of(object, name, value.clone());
        Ok(())
    }

    /// `object.name` of an object that sound made, if it has an attribute of its own of that name.
    pub(crate) fn attribute_of_made(&mut self, object: &Val, class: &Rc<Class>, name: &Name) -> Walk<Option<Val>> {
        if let Some((Value::Property(property), _)) = class.lookup(name) {
            let callee = Val::fixed(property.get.clone());
            return self.call(&callee, CallArgs::new(vec![object.clone()])).map(Some);
        }
        let value = match &object.kind {
            Kind::Fresh(fresh) => self.scopes.get(fresh.scope, name).cloned(),
            Kind::Made(record) => {
                let index = record.names.iter().position(|known| known == name);
                index.and_then(|index| object.fields()?.get(index).cloned())
            }
            _ => None,
        };
        let Some(value) = value else { return Ok(None) };
        match &value.kind {
            Kind::Unbound => Ok(None),
            Kind::Clash(kinds) => {
                let (a, b) = super::kind::told_apart(&kinds.0, &kinds.1);
                let span = self.span;
                self.refuse(errors::two_types(span, name, &a, &b))
            }
            Kind::MaybeUnbound(inner) => {
                let is_missing = self.emit.not(value.ops[0]);
                let words = format!("'{}' object has no attribute '{name}'", class.name);
                self.fault_if(is_missing, FaultText::new("AttributeError", &words), &[]);
                Ok(Some(Val::new((**inner).clone(), value.ops[1..].to_vec())))
            }
            _ => Ok(Some(value)),
        }
    }

    /// The class of an object, whether it lives or was made by sound.
    pub(crate) fn class_of_object(&self, object: &Val) -> Option<Rc<Class>> {
        match &object.kind {
            Kind::Object(insts) => Some(self.heap.instances[insts[0].0 as usize].value.class.clone()),
            Kind::Fresh(fresh) => Some(fresh.class.clone()),
            Kind::Made(record) | Kind::Record(record) => Some(record.class.clone()),
            _ => None,
        }
    }

    /// A value without fresh objects: each is its values, and must not be changed from now on.
    pub(crate) fn settled(&mut self, value: &Val) -> Val {
        if !holds_fresh(&value.kind) {
            return value.clone();
        }
        let variables = self.scopes.variables.clone();
        self.settled_in(value, &variables)
    }

    /// The same, by the variables of another way.
    pub(crate) fn settled_in(&mut self, value: &Val, variables: &Snapshot) -> Val {
        if !holds_fresh(&value.kind) {
            return value.clone();
        }
        match &value.kind {
            Kind::Fresh(fresh) => {
                let names = self.heap.fields_of(&fresh.class);
                let mut items = vec![];
                for name in &names {
                    let unbound = Val::new(Kind::Unbound, vec![]);
                    let item = variables.get(fresh.scope).and_then(|own| own.get(name)).cloned().unwrap_or(unbound);
                    items.push(self.settled_in(&item, variables));
                }
                if let Some(state) = self.made.open.get_mut(&fresh.scope) {
                    state.is_kept = true;
                    if self.turns_open > state.turns && self.made.kept_in_loops.insert(fresh.path) {
                        self.heap.changed = true;
                    }
                }
                Val::made(&fresh.class, &Rc::new(names), items)
            }
            Kind::Tuple(_) => {
                let items = value.items().unwrap_or_default();
                Val::tuple(items.iter().map(|item| self.settled_in(item, variables)).collect())
            }
            Kind::Record(record) => {
                let items = value.items().unwrap_or_default();
                let items = items.iter().map(|item| self.settled_in(item, variables)).collect();
                Val::record(&record.class, &record.names, items)
            }
            Kind::Method(bound) => {
                let receiver = self.settled_in(&Val::new(bound.0.clone(), value.ops.clone()), variables);
                let kind = Kind::Method(Rc::new((receiver.kind, bound.1.clone())));
                Val { kind, ops: receiver.ops }
            }
            _ => value.clone(),
        }
    }

    /// A value as it can meet one of kind `other`: a live object that meets one made by sound is its values, too.
    pub(crate) fn like(&mut self, value: &Val, other: &Kind) -> Val {
        let value = self.settled(value);
        match (&value.kind, other) {
            (_, Kind::Optional(inner) | Kind::MaybeUnbound(inner)) => self.like(&value, inner),
            (Kind::Object(insts), Kind::Made(record)) if self.heap.are_all_of(insts, &record.class) => {
                self.heap.note_copied(insts);
                let names = self.heap.fields_of(&record.class);
                let class = record.class.clone();
                let mut items = vec![];
                for name in &names {
                    let has_it = insts.iter().any(|inst| self.heap.field_slot(*inst, name, false).is_some());
                    let item = if has_it { self.attribute(&value, name) } else { Ok(Val::new(Kind::Unbound, vec![])) };
                    items.push(item.unwrap_or_else(|_| Val::poison()));
                }
                Val::made(&class, &Rc::new(names), items)
            }
            (Kind::Tuple(kinds), Kind::Tuple(others)) if kinds.len() == others.len() => {
                let items = value.items().unwrap_or_default();
                Val::tuple(items.iter().zip(&**others).map(|(item, other)| self.like(item, other)).collect())
            }
            _ => value,
        }
    }

    /// The fields that one of a dataclass's own comparisons looks at.
    pub(crate) fn compared_fields(&mut self, object: &Val, method: &str) -> Walk<Option<Val>> {
        let Some(class) = self.class_of_object(object) else { return Ok(None) };
        let Some((Value::Bound(bound), _)) = class.lookup(method) else { return Ok(None) };
        let (true, Some(Value::Tuple(fields))) = (bound.entry.name.starts_with("dataclass __"), bound.captured.first())
        else {
            return Ok(None);
        };
        let mut items = vec![];
        for field in fields.iter() {
            if let (Some(Value::Str(name)), Some(Value::Bool(true))) =
                (of_field(field, "name"), of_field(field, "compare"))
            {
                items.push(self.attribute(object, &name)?);
            }
        }
        Ok(Some(Val::tuple(items)))
    }

    /// `Mode(value)`: the member of that value.
    fn member_of_value(&mut self, class: &Rc<Class>, args: &CallArgs) -> Walk<Val> {
        let span = self.span;
        let [value] = &args.positional[..] else {
            return self.refuse(errors::wrong_arguments(span, "an enumeration takes one value"));
        };
        let value = self.without_enum(value)?;
        let mut insts: Vec<InstId> = vec![];
        let mut chosen = None;
        let mut is_any = Operand::Bool(false);
        for member in enum_members(class) {
            let member = self.heap.live(&member, &class.name);
            let Kind::Object(own) = &member.kind else { continue };
            insts.extend(own.iter());
            let own_value = self.attribute(&member, &Name::from("value"))?;
            let is_this = self.is_equal(&value, &own_value)?;
            chosen = Some(match chosen {
                None => member.op(),
                Some(others) => self.emit.select(is_this, member.op(), others),
            });
            is_any = self.emit.bool_binary(BoolBinary::Or, is_any, is_this);
        }
        insts.sort_unstable();
        let is_none = self.emit.not(is_any);
        let rest = MessagePart::Text(format!(" is not a valid {}", class.name));
        let (shown, given) = match (&value.kind, value.constant()) {
            (_, Some(Value::Str(text))) => (MessagePart::Text(format!("'{text}'")), vec![]),
            (Kind::Int, _) => (MessagePart::Int, vec![value.op()]),
            _ => (MessagePart::Text("the value".to_owned()), vec![]),
        };
        let text = FaultText { exception: "ValueError".to_owned(), message: vec![shown, rest] };
        self.fault_if(is_none, text, &given);
        if !self.is_alive {
            return Err(super::Told);
        }
        let chosen = chosen.ok_or(super::Told)?;
        Ok(Val::new(Kind::Object(Rc::new(insts)), vec![chosen]))
    }

    /// Whether two objects are one, of which sound made at least one.
    pub(crate) fn is_same_made(&mut self, left: &Val, right: &Val) -> Walk<Operand> {
        match (&left.kind, &right.kind) {
            (Kind::Fresh(a), Kind::Fresh(b)) => Ok(Operand::Bool(a.scope == b.scope)),
            (Kind::Fresh(_), Kind::Object(_)) | (Kind::Object(_), Kind::Fresh(_)) => Ok(Operand::Bool(false)),
            _ => {
                let span = self.span;
                self.refuse(errors::not_in_process(span, "asking whether two objects that sound made are the same one"))
            }
        }
    }
}

/// A part of what a dataclass says of a field.
fn of_field(field: &Value, name: &str) -> Option<Value> {
    match field {
        Value::Instance(field) => field.attributes.get(name),
        _ => None,
    }
}

/// Whether a kind has an object that is not yet its values.
fn holds_fresh(kind: &Kind) -> bool {
    match kind {
        Kind::Fresh(_) => true,
        Kind::Tuple(kinds) => kinds.iter().any(holds_fresh),
        Kind::Record(record) => record.items.iter().any(holds_fresh),
        Kind::Method(bound) => holds_fresh(&bound.0),
        _ => false,
    }
}
