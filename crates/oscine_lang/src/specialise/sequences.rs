//! Items of lists, tuples, dicts and strings; lists made while sound runs.

use std::rc::Rc;

use crate::diagnostics::errors;
use crate::evaluate::value::{Dtype, Key, Name, Value};
use crate::ir::{BoolBinary, Compare, IntBinary, MessagePart, Operand};
use crate::syntax::ast::BinOp;

use super::emit::FaultText;
use super::heap::{DictId, SlotId};
use super::kind::{Flavour, Kind, Lazy, Val, join};
use super::{Told, Walk, Walker};

/// A tuple with more elements than this is indexed in memory.
const MOST_SELECTED: usize = 4;

impl Walker<'_> {
    /// `object[index]`
    pub(crate) fn item(&mut self, object: &Val, index: &Val) -> Walk<Val> {
        let index = &self.with_slices(index);
        let object = &self.present(object, || "'NoneType' object is not subscriptable".to_owned())?;
        let span = self.span;
        match &object.kind {
            Kind::Tuple(_) => self.tuple_item(object, index),
            Kind::Seq(seq) if matches!(seq.flavour, Flavour::Array(_)) => self.array_item(object, index),
            Kind::Seq(seq) => {
                if let Kind::Lazy(lazy) = &index.kind {
                    return self.list_slice(object, &lazy.clone());
                }
                let (flavour, storages) = (seq.flavour, seq.storages.clone());
                let length = object.dim(0).unwrap_or(Operand::I64(0));
                let at = self.checked_index(index, length, index_words(flavour, false))?;
                Ok(self.load_element(flavour, &storages, object.op(), at))
            }
            Kind::Dict(id) => self.dict_item(*id, index),
            kind if kind.is_object() => self.call_method(object, "__getitem__", std::slice::from_ref(index)),
            Kind::Static(Value::Str(text)) => {
                let length = text.chars().count() as i64;
                let place = index.as_int().map(|i| if i < 0 { i + length } else { i });
                match place.and_then(|i| text.chars().nth(usize::try_from(i).ok()?)) {
                    Some(letter) => Ok(Val::fixed(Value::Str(Rc::from(letter.to_string().as_str())))),
                    None => self.refuse(errors::not_in_process(span, "an index into a string that is not a constant")),
                }
            }
            Kind::Lazy(lazy) => match &**lazy {
                Lazy::Range(_) => {
                    let counted = self.counted(object)?;
                    let at = self.checked_index(index, counted.length, "range object index out of range")?;
                    self.element_of(&counted.elements, at)
                }
                _ => self.refuse(errors::not_subscriptable(span, &object.kind.type_name())),
            },
            Kind::Static(Value::Range(_)) => {
                let counted = self.counted(object)?;
                let at = self.checked_index(index, counted.length, "range object index out of range")?;
                self.element_of(&counted.elements, at)
            }
            Kind::Static(Value::Deque(_) | Value::List(_)) => self.deque_item(object, index),
            Kind::Poison => Err(Told),
            _ => self.refuse(errors::not_subscriptable(span, &object.kind.type_name())),
        }
    }

    /// `object[index] = value`
    pub(crate) fn set_item(&mut self, object: &Val, index: &Val, value: &Val) -> Walk<()> {
        let index = &self.with_slices(index);
        let object = &self.present(object, || "'NoneType' object does not support item assignment".to_owned())?;
        let span = self.span;
        match &object.kind {
            Kind::Seq(seq) if matches!(seq.flavour, Flavour::Array(_)) => self.set_array_item(object, index, value),
            Kind::Seq(seq) if seq.flavour == Flavour::List => {
                if let Kind::Lazy(lazy) = &index.kind {
                    return self.set_list_slice(object, &lazy.clone(), value);
                }
                let storages = seq.storages.clone();
                let length = object.dim(0).unwrap_or(Operand::I64(0));
                let at = self.checked_index(index, length, index_words(Flavour::List, true))?;
                self.store_element(Flavour::List, &storages, object.op(), at, value)
            }
            Kind::Dict(id) if index.constant().is_none() => {
                let candidates = self.candidates(*id);
                self.set_one_key(&candidates, index, value)
            }
            Kind::Dict(id) => {
                let (id, key) = (*id, self.constant_key(index)?);
                match self.heap.item_slot(id, &key) {
                    Some(slot) => self.write_slot(slot, value, span),
                    None => self.refuse(errors::allocates(
                        span,
                        "a new key in a dict",
                        "give the key a first value at load time, outside `process`",
                    )),
                }
            }
            kind if kind.is_object() => {
                self.call_method(object, "__setitem__", &[index.clone(), value.clone()])?;
                Ok(())
            }
            Kind::Static(Value::Deque(_) | Value::List(_)) => self.set_deque_item(object, index, value),
            Kind::Poison => Err(Told),
            _ => self.refuse(errors::no_item_assignment(span, &object.kind.type_name())),
        }
    }

    /// An index whose slices were made while the script loaded, as if they were written in place.
    fn with_slices(&mut self, index: &Val) -> Val {
        match &index.kind {
            Kind::Static(Value::Slice(bounds)) => {
                let bounds = bounds.clone();
                let live = |walker: &mut Self, at: usize| match &bounds[at] {
                    Value::None => None,
                    bound => Some(walker.heap.live(bound, "slice")),
                };
                Val::lazy(Lazy::Slice([live(self, 0), live(self, 1), live(self, 2)]))
            }
            Kind::Tuple(kinds) if kinds.iter().any(|kind| matches!(kind, Kind::Static(Value::Slice(_)))) => {
                Val::tuple(index.items().iter().flatten().map(|item| self.with_slices(item)).collect())
            }
            _ => index.clone(),
        }
    }

    /// An index as a distance from the start, after Python's check of its bounds.
    pub(crate) fn checked_index(&mut self, index: &Val, length: Operand, words: &str) -> Walk<Operand> {
        let index = &self.without_enum(index)?;
        let at = match &index.kind {
            Kind::Int | Kind::Bool => self.emit.as_int(index.op()),
            Kind::Poison => return Err(Told),
            _ => {
                let span = self.span;
                return self.refuse(errors::index_type(span, &index.kind.type_name()));
            }
        };
        let at = self.counted_from_end(at, length);
        let is_before = self.emit.int_compare(Compare::Lt, at, Operand::I64(0));
        let is_beyond = self.emit.int_compare(Compare::Ge, at, length);
        let is_outside = self.emit.bool_binary(BoolBinary::Or, is_before, is_beyond);
        self.fault_if(is_outside, FaultText::new("IndexError", words), &[]);
        if !self.is_alive {
            return Err(Told);
        }
        Ok(at)
    }

    /// A negative index counts from the end.
    pub(crate) fn counted_from_end(&mut self, at: Operand, length: Operand) -> Operand {
        match self.emit.interval(at) {
            Some((low, _)) if low >= 0 => at,
            Some((_, high)) if high < 0 => self.emit.index_binary(IntBinary::Add, at, length),
            _ => {
                let is_negative = self.emit.int_compare(Compare::Lt, at, Operand::I64(0));
                let wrapped = self.emit.index_binary(IntBinary::Add, at, length);
                self.emit.select(is_negative, wrapped, at)
            }
        }
    }

    fn tuple_item(&mut self, tuple: &Val, index: &Val) -> Walk<Val> {
        let items = tuple.items().unwrap_or_default();
        let span = self.span;
        if let Kind::Lazy(lazy) = &index.kind
            && let Lazy::Slice(bounds) = &**lazy
        {
            let Some(places) = constant_places(bounds, items.len()) else {
                return self.refuse(errors::unknown_length(span, "a slice of a tuple"));
            };
            return Ok(Val::tuple(places.into_iter().map(|i| items[i].clone()).collect()));
        }
        let length = Operand::I64(items.len() as i64);
        let at = self.checked_index(index, length, "tuple index out of range")?;
        if let Operand::I64(at) = at {
            return Ok(items[at as usize].clone());
        }
        let Some(kind) = items.iter().try_fold(Kind::Poison, |kind, item| join(&kind, &item.kind)) else {
            let (a, b) = (items[0].kind.type_name(), items[items.len() - 1].kind.type_name());
            return self.refuse(errors::two_types(span, "the tuple's element", &a, &b));
        };
        let constants: Option<Vec<Value>> = items.iter().map(super::kind::Val::constant).collect();
        match constants {
            Some(values) if items.len() > MOST_SELECTED && kind.is_number() => {
                let storage = self.heap.table(values);
                let address = Operand::I64(i64::from(self.heap.storage_cell(storage)));
                Ok(self.load_element(Flavour::Tuple, &[storage], address, at))
            }
            _ => Ok(self.select_item(&items, &kind, at)),
        }
    }

    fn select_item(&mut self, items: &[Val], kind: &Kind, at: Operand) -> Val {
        let mut result = items.last().map(|item| self.convert(item, kind)).unwrap_or_default();
        for (i, item) in items.iter().enumerate().rev().skip(1) {
            let is_this = self.emit.int_compare(Compare::Eq, at, Operand::I64(i as i64));
            let ops = self.convert(item, kind);
            result = ops.iter().zip(&result).map(|(a, b)| self.emit.select(is_this, *a, *b)).collect();
        }
        Val::new(kind.clone(), result)
    }

    // Dicts.

    fn constant_key(&mut self, index: &Val) -> Walk<Key> {
        if let Some(value) = index.constant()
            && let Some(key) = plain_key(&value)
        {
            return Ok(key);
        }
        let span = self.span;
        self.refuse(errors::not_in_process(span, "a key of a dict that is not a constant"))
    }

    fn dict_item(&mut self, id: DictId, index: &Val) -> Walk<Val> {
        let span = self.span;
        if index.constant().is_some() {
            let key = self.constant_key(index)?;
            return if let Some(slot) = self.heap.item_slot(id, &key) {
                Ok(self.read_slot(slot))
            } else {
                let shown = index.constant().map_or_else(String::new, |value| match value {
                    Value::Str(text) => format!("'{text}'"),
                    Value::Int(number) => number.to_string(),
                    _ => "...".to_owned(),
                });
                self.refuse(errors::no_key(span, &shown))
            };
        }
        let candidates = self.candidates(id);
        self.one_key(&candidates, index, None)
    }

    /// All keys of a dict, with the slots of their values.
    fn candidates(&mut self, id: DictId) -> Vec<(SlotId, Val)> {
        let keys: Vec<(Key, Value)> = self.heap.dicts[id.0 as usize]
            .0
            .items
            .borrow()
            .iter()
            .map(|(key, (value, _))| (key.clone(), value.clone()))
            .collect();
        let slot_and_key =
            |(key, value): &(Key, Value)| Some((self.heap.item_slot(id, key)?, self.heap.live(value, "")));
        keys.iter().filter_map(slot_and_key).collect()
    }

    /// The item of a key that is one of several: each in turn. Where it is none, the default or a fault.
    fn one_key(&mut self, candidates: &[(SlotId, Val)], index: &Val, default: Option<&Val>) -> Walk<Val> {
        let Some(((slot, key), rest)) = candidates.split_first() else {
            if let Some(default) = default {
                return Ok(default.clone());
            }
            let (text, args) = key_error(index);
            self.fault(text, &args);
            return Err(Told);
        };
        let is_this = self.is_equal(key, index)?;
        let slot = *slot;
        self.branch(is_this, |walker| Ok(walker.read_slot(slot)), |walker| walker.one_key(rest, index, default))
    }

    /// Stores the item of a key that is one of several. A dict cannot take another while sound runs.
    fn set_one_key(&mut self, candidates: &[(SlotId, Val)], index: &Val, value: &Val) -> Walk<()> {
        let Some(((slot, key), rest)) = candidates.split_first() else {
            let words = "a dict takes no new key while sound runs";
            self.fault(FaultText::new("MemoryError", words), &[]);
            return Ok(());
        };
        let is_this = self.is_equal(key, index)?;
        let (slot, span) = (*slot, self.span);
        let mut results = (Ok(()), Ok(()));
        let (this, others) = (&mut results.0, &mut results.1);
        self.branch(
            is_this,
            |walker| {
                *this = walker.write_slot(slot, value, span);
                Ok(Val::none())
            },
            |walker| {
                *others = walker.set_one_key(rest, index, value);
                Ok(Val::none())
            },
        )?;
        results.0.and(results.1)
    }

    /// The items of a constant mapping, for `**`.
    pub(crate) fn named_items(&mut self, mapping: &Val) -> Walk<Vec<(Name, Val)>> {
        let span = self.span;
        let Kind::Dict(id) = mapping.kind else {
            return self.refuse(errors::not_in_process(span, "`**` of what is not a dict made at load time"));
        };
        let keys: Vec<Key> = self.heap.dicts[id.0 as usize].0.items.borrow().keys().cloned().collect();
        let mut items = vec![];
        for key in keys {
            let (Key::Str(name), Some(slot)) = (&key, self.heap.item_slot(id, &key)) else { continue };
            items.push((name.clone(), self.read_slot(slot)));
        }
        Ok(items)
    }

    // Lists.

    /// A list of these elements, in memory of its own.
    pub(crate) fn new_list(&mut self, items: &[Val]) -> Walk<Val> {
        let span = self.span;
        let items: Vec<Val> = items.iter().map(|item| self.settled(item)).collect();
        let made = items.iter().map(|item| &item.kind).find(|kind| matches!(kind, Kind::Made(_))).cloned();
        let items: Vec<Val> = match made {
            Some(kind) => items.iter().map(|item| self.like(item, &kind)).collect(),
            None => items,
        };
        let mut element = Kind::Poison;
        for item in &items {
            match join(&element, &item.kind) {
                Some(kind) => element = kind,
                None => {
                    return self.refuse(errors::two_types(
                        span,
                        "the list's element",
                        &element.type_name(),
                        &item.kind.type_name(),
                    ));
                }
            }
        }
        let list = self.scratch_list(&element, items.len());
        let Kind::Seq(seq) = &list.kind else { return Err(Told) };
        let storages = seq.storages.clone();
        for (i, item) in items.iter().enumerate() {
            self.store_element(Flavour::List, &storages, list.op(), Operand::I64(i as i64), item)?;
        }
        Ok(list)
    }

    /// Memory for a list of a known length.
    pub(crate) fn scratch_list(&mut self, element: &Kind, count: usize) -> Val {
        // What an empty list will hold is seen when it is given elements.
        let element = match element {
            Kind::Poison if !self.will_grow() => super::kind::FLOAT,
            element => element.clone(),
        };
        let (storage, address) = self.fresh_memory(&element, count);
        Val::seq(Flavour::List, vec![storage], address, &[Operand::I64(count as i64)], &[Operand::I64(1)])
    }

    /// `list[a:b]`: a new list of known length.
    fn list_slice(&mut self, list: &Val, slice: &Lazy) -> Walk<Val> {
        let span = self.span;
        let Lazy::Slice(bounds) = slice else {
            return self.refuse(errors::index_type(span, "list"));
        };
        let Some(Operand::I64(length)) = list.dim(0) else {
            return self.refuse(errors::unknown_length(span, "a slice of a list"));
        };
        let Some(places) = constant_places(bounds, length as usize) else {
            return self.refuse(errors::unknown_length(span, "a slice of a list"));
        };
        let Kind::Seq(seq) = &list.kind else { return Err(Told) };
        let (flavour, storages) = (seq.flavour, seq.storages.clone());
        let items: Vec<Val> = places
            .into_iter()
            .map(|i| self.load_element(flavour, &storages, list.op(), Operand::I64(i as i64)))
            .collect();
        self.new_list(&items)
    }

    /// `list[a:b] = items`, which must not change its length.
    fn set_list_slice(&mut self, list: &Val, slice: &Lazy, value: &Val) -> Walk<()> {
        let span = self.span;
        let (Lazy::Slice(bounds), Some(Operand::I64(length))) = (slice, list.dim(0)) else {
            return self.refuse(errors::unknown_length(span, "a slice of a list"));
        };
        let Some(places) = constant_places(bounds, length as usize) else {
            return self.refuse(errors::unknown_length(span, "a slice of a list"));
        };
        let items = self.items_of(value)?;
        if items.len() != places.len() {
            return self.refuse(errors::allocates(
                span,
                "a slice assignment that changes a list's length",
                "assign as many items as the slice has",
            ));
        }
        let Kind::Seq(seq) = &list.kind else { return Err(Told) };
        let storages = seq.storages.clone();
        for (place, item) in places.into_iter().zip(items) {
            self.store_element(Flavour::List, &storages, list.op(), Operand::I64(place as i64), &item)?;
        }
        Ok(())
    }

    /// The elements of something whose length is known.
    pub(crate) fn items_of(&mut self, value: &Val) -> Walk<Vec<Val>> {
        if let Some(items) = value.items() {
            return Ok(items);
        }
        if let Some(items) = self.static_items(value) {
            return Ok(items);
        }
        let counted = self.counted(value)?;
        let span = self.span;
        let Operand::I64(length) = counted.length else {
            return self.refuse(errors::unknown_length(span, "taking it apart"));
        };
        (0..length).map(|i| self.element_of(&counted.elements, Operand::I64(i))).collect()
    }

    /// The elements of a string, a set or a dict.
    pub(crate) fn static_items(&mut self, value: &Val) -> Option<Vec<Val>> {
        let values: Vec<Value> = match &value.kind {
            Kind::Static(Value::Str(text)) => {
                text.chars().map(|letter| Value::Str(Rc::from(letter.to_string().as_str()))).collect()
            }
            Kind::Static(Value::Set(set)) => set.items.borrow().values().cloned().collect(),
            Kind::Static(Value::Class(class)) if crate::evaluate::is_enum(class) => {
                crate::evaluate::enum_members(class)
            }
            Kind::Dict(id) => {
                self.heap.dicts[id.0 as usize].0.items.borrow().values().map(|(key, _)| key.clone()).collect()
            }
            _ => return None,
        };
        Some(values.iter().map(|value| self.heap.live(value, "")).collect())
    }

    /// `+` and `*` of tuples and lists.
    pub(crate) fn sequence_binary(&mut self, op: BinOp, left: &Val, right: &Val) -> Walk<Option<Val>> {
        let is_tuple = |value: &Val| matches!(value.kind, Kind::Tuple(_));
        let is_list = |value: &Val| matches!(&value.kind, Kind::Seq(seq) if seq.flavour == Flavour::List);
        let repeated = |walker: &mut Self, list: &Val, count: &Val| -> Walk<Option<Vec<Val>>> {
            let Some(count) = count.as_int() else {
                let span = walker.span;
                return walker.refuse(errors::allocates(
                    span,
                    "a list of a length that is not a constant",
                    "make it at load time, outside `process`",
                ));
            };
            let items = walker.items_of(list)?;
            let length = items.len() * count.max(0) as usize;
            Ok(Some(items.iter().cycle().take(length).cloned().collect()))
        };
        let items = match op {
            BinOp::Add if (is_tuple(left) && is_tuple(right)) || (is_list(left) && is_list(right)) => {
                let mut items = self.items_of(left)?;
                items.extend(self.items_of(right)?);
                Some(items)
            }
            BinOp::Mul if (is_tuple(left) || is_list(left)) && matches!(right.kind, Kind::Int | Kind::Bool) => {
                repeated(self, left, right)?
            }
            BinOp::Mul if (is_tuple(right) || is_list(right)) && matches!(left.kind, Kind::Int | Kind::Bool) => {
                repeated(self, right, left)?
            }
            _ => None,
        };
        let Some(items) = items else { return Ok(None) };
        if is_tuple(left) || is_tuple(right) {
            return Ok(Some(Val::tuple(items)));
        }
        self.new_list(&items).map(Some)
    }

    /// `len(value)`
    pub(crate) fn length(&mut self, value: &Val) -> Walk<Val> {
        let value = &value.without_names();
        let span = self.span;
        Ok(Val::int(match &value.kind {
            Kind::Tuple(kinds) => Operand::I64(kinds.len() as i64),
            Kind::Seq(_) => value.dim(0).unwrap_or(Operand::I64(0)),
            kind if kind.is_object() => return self.call_method(value, "__len__", &[]),
            Kind::Static(Value::Str(text)) => Operand::I64(text.chars().count() as i64),
            Kind::OneOf(values) if values.iter().all(|value| matches!(value, Value::Str(_))) => {
                let lengths: Vec<i64> =
                    values.iter().map(|value| value.as_str().map_or(0, |text| text.chars().count() as i64)).collect();
                let index = value.op();
                let mut result = Operand::I64(lengths[0]);
                for (i, length) in lengths.into_iter().enumerate().skip(1) {
                    let is_this = self.emit.int_compare(Compare::Eq, index, Operand::I64(i as i64));
                    result = self.emit.select(is_this, Operand::I64(length), result);
                }
                result
            }
            Kind::Static(Value::Set(set)) => Operand::I64(set.items.borrow().len() as i64),
            Kind::Static(Value::Class(class)) if crate::evaluate::is_enum(class) => {
                Operand::I64(crate::evaluate::enum_members(class).len() as i64)
            }
            Kind::Static(Value::Deque(_) | Value::List(_)) => return self.deque_length(value),
            Kind::Dict(id) => Operand::I64(self.heap.dicts[id.0 as usize].0.items.borrow().len() as i64),
            Kind::Static(Value::Range(range)) => Operand::I64(range.len() as i64),
            Kind::Lazy(lazy) if matches!(**lazy, Lazy::Range(_)) => self.counted(value)?.length,
            Kind::Poison => return Err(Told),
            _ => return self.refuse(errors::no_length(span, &value.kind.type_name())),
        }))
    }

    /// A method of a list, a tuple, a dict, a string or a number.
    pub(crate) fn builtin_method(&mut self, receiver: &Val, name: &Name, args: super::calls::CallArgs) -> Walk<Val> {
        let span = self.span;
        let type_name = receiver.kind.type_name();
        if let (Kind::Record(record), "_replace") = (&receiver.kind, &**name) {
            let mut items = receiver.items().unwrap_or_default();
            for (key, value) in args.keywords {
                match record.names.iter().position(|known| *known == key) {
                    Some(index) => items[index] = value,
                    None => return self.refuse(errors::no_attribute(span, &type_name, &key)),
                }
            }
            return Ok(Val::record(&record.class, &record.names, items));
        }
        let receiver = &receiver.without_names();
        match &receiver.kind {
            Kind::Seq(seq) if matches!(seq.flavour, Flavour::Array(_)) => {
                if let Some(value) = self.array_method(receiver, name, &args)? {
                    return Ok(value);
                }
            }
            Kind::Seq(_) | Kind::Tuple(_) => {
                if let Some(value) = self.list_method(receiver, name, &args)? {
                    return Ok(value);
                }
            }
            Kind::Static(Value::Deque(_) | Value::List(_)) => return self.deque_method(receiver, name, &args),
            Kind::Dict(id) => match &**name {
                "get" => {
                    let Some(key) = args.positional.first() else { return Err(Told) };
                    if key.constant().is_none() {
                        let default = args.positional.get(1).cloned().unwrap_or_else(Val::none);
                        let candidates = self.candidates(*id);
                        return self.one_key(&candidates, key, Some(&default));
                    }
                    let key = self.constant_key(&key.clone())?;
                    return match self.heap.item_slot(*id, &key) {
                        Some(slot) => Ok(self.read_slot(slot)),
                        None => Ok(args.positional.get(1).cloned().unwrap_or_else(Val::none)),
                    };
                }
                "keys" => return Ok(receiver.clone()),
                "values" | "items" => {
                    let keys: Vec<(Key, Value)> = self.heap.dicts[id.0 as usize]
                        .0
                        .items
                        .borrow()
                        .iter()
                        .map(|(key, (value, _))| (key.clone(), value.clone()))
                        .collect();
                    let mut items = vec![];
                    for (key, written) in keys {
                        let Some(slot) = self.heap.item_slot(*id, &key) else { continue };
                        let value = self.read_slot(slot);
                        items.push(if &**name == "values" {
                            value
                        } else {
                            let key = self.heap.live(&written, "");
                            Val::tuple(vec![key, value])
                        });
                    }
                    return Ok(Val::tuple(items));
                }
                _ => {}
            },
            Kind::Float { .. } if &**name == "is_integer" => {
                let whole = self.emit.float_unary(crate::ir::FloatUnary::Trunc, receiver.op());
                return Ok(Val::bool(self.emit.float_compare(Compare::Eq, whole, receiver.op())));
            }
            Kind::Int | Kind::Bool if &**name == "bit_count" => {
                let number = self.emit.as_int(receiver.op());
                let size = self.absolute(&Val::int(number))?.op();
                return Ok(Val::int(self.bit_count(size)));
            }
            Kind::Float { .. } | Kind::Int | Kind::Bool if matches!(&**name, "item" | "conjugate" | "conj") => {
                return Ok(receiver.clone());
            }
            Kind::Complex { .. } if matches!(&**name, "conjugate" | "conj") => return Ok(self.conjugate(receiver)),
            Kind::Complex { .. } if &**name == "item" => {
                return Ok(Val::complex((receiver.ops[0], receiver.ops[1]), false));
            }
            Kind::Float { numpy: true } if &**name == "astype" => {
                if let Some(Kind::Static(Value::Dtype(dtype))) = args.positional.first().map(|arg| &arg.kind) {
                    return self.cast(receiver, *dtype);
                }
                return self.cast(receiver, Dtype::Float);
            }
            Kind::Poison => return Err(Told),
            _ => {}
        }
        self.refuse(errors::no_method(span, &type_name, name))
    }

    /// How many bits of an int are set, counted in pairs, fours and eights of bits at once.
    fn bit_count(&mut self, number: Operand) -> Operand {
        use crate::ir::IntBinary::{Add, And, Shr, Sub};
        let mut op = |op, a, b| self.emit.index_binary(op, a, b);
        let (pairs, fours, eights) = (0x5555_5555_5555_5555, 0x3333_3333_3333_3333, 0x0f0f_0f0f_0f0f_0f0f);
        let half = op(Shr, number, Operand::I64(1));
        let half = op(And, half, Operand::I64(pairs));
        let counts = op(Sub, number, half);
        let (low, high) = (op(And, counts, Operand::I64(fours)), op(Shr, counts, Operand::I64(2)));
        let high = op(And, high, Operand::I64(fours));
        let counts = op(Add, low, high);
        let high = op(Shr, counts, Operand::I64(4));
        let counts = op(Add, counts, high);
        let mut counts = op(And, counts, Operand::I64(eights));
        for distance in [8, 16, 32] {
            let high = op(Shr, counts, Operand::I64(distance));
            counts = op(Add, counts, high);
        }
        op(And, counts, Operand::I64(0x7f))
    }

    fn list_method(&mut self, list: &Val, name: &str, args: &super::calls::CallArgs) -> Walk<Option<Val>> {
        Ok(Some(match name {
            "append" | "extend" | "insert" | "pop" | "remove" | "clear" => {
                return self.resizing_method(list, name).map(Some);
            }
            "copy" => {
                let items = self.items_of(list)?;
                self.new_list(&items)?
            }
            "count" => {
                let wanted = args.positional.first().cloned().unwrap_or_else(Val::none);
                self.count_in(list, &wanted)?
            }
            "index" => {
                let wanted = args.positional.first().cloned().unwrap_or_else(Val::none);
                self.index_in(list, &wanted)?
            }
            "reverse" => {
                let items = self.items_of(list)?;
                let Kind::Seq(seq) = &list.kind else { return Ok(None) };
                let storages = seq.storages.clone();
                let count = items.len() as i64;
                for (i, item) in items.iter().enumerate() {
                    let place = Operand::I64(count - 1 - i as i64);
                    self.store_element(Flavour::List, &storages, list.op(), place, item)?;
                }
                Val::none()
            }
            "sort" => {
                self.sort_list(list, args)?;
                Val::none()
            }
            _ => return Ok(None),
        }))
    }

    /// How many elements are equal to `wanted`.
    fn count_in(&mut self, list: &Val, wanted: &Val) -> Walk<Val> {
        self.fold(list, Val::int_const(0), &mut |walker, present, item| {
            let is_equal = walker.is_equal(&item, wanted)?;
            let one = walker.emit.as_int(is_equal);
            Ok(Val::int(walker.emit.index_binary(IntBinary::Add, present.op(), one)))
        })
    }

    /// The index of the first element equal to `wanted`.
    fn index_in(&mut self, list: &Val, wanted: &Val) -> Walk<Val> {
        let numbered = Val::lazy(Lazy::Enumerate(list.clone(), Val::int_const(0)));
        let found = self.fold(&numbered, Val::int_const(-1), &mut |walker, present, item| {
            let parts = item.items().unwrap_or_default();
            let is_equal = walker.is_equal(&parts[1], wanted)?;
            let is_first = walker.emit.int_compare(Compare::Lt, present.op(), Operand::I64(0));
            let is_it = walker.emit.bool_binary(BoolBinary::And, is_equal, is_first);
            Ok(Val::int(walker.emit.select(is_it, parts[0].op(), present.op())))
        })?;
        let is_missing = self.emit.int_compare(Compare::Lt, found.op(), Operand::I64(0));
        let text = FaultText::new("ValueError", "the value is not in the list");
        self.fault_if(is_missing, text, &[]);
        Ok(found)
    }

    /// A fault with the index and the size in its words, as numpy says it.
    pub(crate) fn index_fault(axis: usize) -> FaultText {
        FaultText {
            exception: "IndexError".to_owned(),
            message: vec![
                MessagePart::Text("index ".to_owned()),
                MessagePart::Int,
                MessagePart::Text(format!(" is out of bounds for axis {axis} with size ")),
                MessagePart::Int,
            ],
        }
    }
}

fn index_words(flavour: Flavour, is_store: bool) -> &'static str {
    match (flavour, is_store) {
        (Flavour::Tuple, _) => "tuple index out of range",
        (_, true) => "list assignment index out of range",
        (_, false) => "list index out of range",
    }
}

/// What Python says of a key that is not there: the key.
fn key_error(index: &Val) -> (FaultText, Vec<Operand>) {
    let part = match index.kind {
        Kind::Int => MessagePart::Int,
        Kind::Float { .. } => MessagePart::Float,
        _ => return (FaultText::new("KeyError", "no such key"), vec![]),
    };
    (FaultText { exception: "KeyError".to_owned(), message: vec![part] }, vec![index.op()])
}

/// A key that is compared by value.
fn plain_key(value: &Value) -> Option<Key> {
    Some(match value {
        Value::None => Key::None,
        Value::Bool(value) => Key::Int(i64::from(*value)),
        Value::Int(value) => Key::Int(*value),
        Value::Float(value) if value.fract() == 0.0 && value.abs() < 9e18 => Key::Int(*value as i64),
        Value::Float(value) => Key::Float(value.to_bits()),
        Value::Str(text) => Key::Str(text.clone()),
        Value::Tuple(items) => Key::Tuple(items.iter().map(plain_key).collect::<Option<_>>()?),
        _ => return None,
    })
}

/// The places that a slice with constant bounds takes of a sequence.
pub(crate) fn constant_places(bounds: &[Option<Val>; 3], length: usize) -> Option<Vec<usize>> {
    let constant = |bound: &Option<Val>| match bound {
        None => Some(None),
        Some(value) => value.as_int().map(Some),
    };
    let step = constant(&bounds[2])?.unwrap_or(1);
    if step == 0 {
        return None;
    }
    let length = length as i64;
    let clamp = |bound: Option<i64>, default: i64| {
        let Some(bound) = bound else { return default };
        let bound = if bound < 0 { bound.saturating_add(length) } else { bound };
        if step > 0 { bound.clamp(0, length) } else { bound.clamp(-1, length - 1) }
    };
    let (first, end) = if step > 0 { (0, length) } else { (length - 1, -1) };
    let (mut at, end) = (clamp(constant(&bounds[0])?, first), clamp(constant(&bounds[1])?, end));
    let mut places = vec![];
    while if step > 0 { at < end } else { at > end } {
        places.push(at as usize);
        at = at.saturating_add(step);
    }
    Some(places)
}
