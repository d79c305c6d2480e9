//! The built-in functions, and which rule lowers which row of the library.

use crate::diagnostics::errors;
use crate::evaluate::value::{Name, Value};
use crate::ir::{BoolBinary, Compare, FloatUnary, Operand, Routine, Type};
use crate::library::{Audio, Entry};
use crate::syntax::ast::{BinOp, CmpOp};

use super::calls::CallArgs;
use super::emit::FaultText;
use super::kind::{Flavour, Kind, Lazy, Val};
use super::operators::is_array;
use super::{Told, Walk, Walker};

impl Walker<'_> {
    /// A function of the library.
    pub(crate) fn library_call(&mut self, entry: &'static Entry, args: CallArgs) -> Walk<Val> {
        let span = self.span;
        if let Some((module, name)) = entry.name.split_once('.') {
            if !matches!(module, "cmath" | "numpy" | "operator" | "functools") {
                self.demand_real(entry.name, &args)?;
            }
            let result = match module {
                "cmath" => self.cmath_call(name, &args)?,
                "math" => self.math_call(name, entry.audio, &args)?,
                "numpy" => self.numpy_call(entry.name, entry.audio, &args)?,
                "scipy" => self.signal_call(entry.name, &args)?,
                "functools" => self.functools_call(name, &args)?,
                "operator" => self.operator_call(name, &args)?,
                "random" => self.random_call(name, &args)?,
                _ => None,
            };
            return match result {
                Some(value) => Ok(value),
                None => self.refuse(errors::load_only(span, entry.name)),
            };
        }
        match self.builtin_call(entry.name, &args)? {
            Some(value) => Ok(value),
            None => self.refuse(errors::load_only(span, entry.name)),
        }
    }

    /// The one argument of a function of one argument.
    pub(crate) fn only<'a>(&mut self, name: &str, args: &'a CallArgs) -> Walk<&'a Val> {
        match &args.positional[..] {
            [value] if args.keywords.is_empty() => Ok(value),
            given => {
                let span = self.span;
                let words =
                    format!("{name}() takes exactly one argument ({} given)", given.len() + args.keywords.len());
                self.refuse(errors::wrong_arguments(span, &words))
            }
        }
    }

    fn builtin_call(&mut self, name: &str, args: &CallArgs) -> Walk<Option<Val>> {
        let span = self.span;
        Ok(Some(match name {
            "abs" => {
                let value = self.only(name, args)?.clone();
                return self.absolute(&value).map(Some);
            }
            "min" | "max" => return self.extreme(name, args).map(Some),
            "int" => match args.positional.first() {
                None => Val::int_const(0),
                Some(value) => self.int_call(&value.clone())?,
            },
            "float" => match args.positional.first() {
                None => Val::float(Operand::F64(0.0)),
                Some(value) => {
                    if let Some(text) = value.as_str().map(|text| text.trim().to_ascii_lowercase()) {
                        if let Ok(number) = text.parse::<f64>() {
                            Val::float(Operand::F64(number))
                        } else {
                            let words = format!("could not convert string to float: '{text}'");
                            self.fault(FaultText::new("ValueError", &words), &[]);
                            return Err(Told);
                        }
                    } else {
                        let value = self.scalar_of(&value.clone());
                        Val::float(self.float_of(&value, "float()")?)
                    }
                }
            },
            "complex" => self.complex_call(args)?,
            "bool" => match args.positional.first() {
                None => Val::bool(Operand::Bool(false)),
                Some(value) => Val::bool(self.truth(&value.clone())?),
            },
            "round" => return self.round(args).map(Some),
            "len" => {
                let value = self.only(name, args)?.clone();
                self.length(&value)?
            }
            "sum" => return self.sum(args).map(Some),
            "next" => return self.first_item(args).map(Some),
            "sorted" => return self.sorted(args).map(Some),
            "any" | "all" => {
                let items = self.only(name, args)?.clone();
                let is_any = name == "any";
                self.any_or_all(&items, is_any)?
            }
            "range" => {
                let mut bounds = vec![];
                for value in &args.positional {
                    bounds.push(Val::int(self.int_of(&value.clone(), "range()")?));
                }
                let zero = Val::int_const(0);
                let one = Val::int_const(1);
                let bounds = match bounds.len() {
                    1 => [zero, bounds[0].clone(), one],
                    2 => [bounds[0].clone(), bounds[1].clone(), one],
                    3 => [bounds[0].clone(), bounds[1].clone(), bounds[2].clone()],
                    count => {
                        let words = format!("range expected 1 to 3 arguments, got {count}");
                        return self.refuse(errors::wrong_arguments(span, &words));
                    }
                };
                Val::lazy(Lazy::Range(bounds))
            }
            "enumerate" => {
                let start = args.get(1, "start").cloned().unwrap_or(Val::int_const(0));
                let start = Val::int(self.int_of(&start, "enumerate()")?);
                let items = self.argument(name, args, 0)?;
                Val::lazy(Lazy::Enumerate(items, start))
            }
            "zip" => Val::lazy(Lazy::Zip(args.positional.clone())),
            "reversed" => {
                let items = self.only(name, args)?.clone();
                Val::lazy(Lazy::Reversed(items))
            }
            "map" => {
                let function = self.argument(name, args, 0)?;
                Val::lazy(Lazy::Map(function, args.positional[1..].to_vec()))
            }
            "iter" => self.only(name, args)?.clone(),
            "slice" => {
                let given = |index: usize| args.positional.get(index).filter(|value| !value.is_none()).cloned();
                let bounds =
                    if args.positional.len() == 1 { [None, given(0), None] } else { [given(0), given(1), given(2)] };
                Val::lazy(Lazy::Slice(bounds))
            }
            "list" => {
                let items = match args.positional.first() {
                    Some(value) => self.items_of(&value.clone())?,
                    None => vec![],
                };
                self.new_list(&items)?
            }
            "tuple" => match args.positional.first() {
                Some(value) => Val::tuple(self.items_of(&value.clone())?),
                None => Val::tuple(vec![]),
            },
            "pow" => {
                let (base, exponent) = (self.argument(name, args, 0)?, self.argument(name, args, 1)?);
                self.binary(BinOp::Pow, &base, &exponent)?
            }
            "divmod" => {
                let (a, b) = (self.argument(name, args, 0)?, self.argument(name, args, 1)?);
                let quotient = self.binary(BinOp::FloorDiv, &a, &b)?;
                let rest = self.binary(BinOp::Mod, &a, &b)?;
                Val::tuple(vec![quotient, rest])
            }
            "isinstance" => {
                let (value, class) = (self.argument(name, args, 0)?, self.argument(name, args, 1)?);
                Val::bool(self.is_instance(&value, &class)?)
            }
            "callable" => {
                let value = self.only(name, args)?.clone();
                let is_callable = matches!(value.kind, Kind::Closure(_) | Kind::Method(_))
                    || matches!(
                        value.kind,
                        Kind::Static(Value::Function(_) | Value::Builtin(_) | Value::Class(_) | Value::Method(_))
                    )
                    || self.has_method(&value, "__call__");
                Val::bool(Operand::Bool(is_callable))
            }
            "getattr" | "hasattr" => {
                let (object, attribute) = (self.argument(name, args, 0)?, self.argument(name, args, 1)?);
                let Some(attribute) = attribute.as_str() else {
                    return self.refuse(errors::not_in_process(span, "an attribute's name that is not a constant"));
                };
                let attribute = Name::from(attribute);
                match (name, args.positional.get(2)) {
                    ("getattr", None) => self.attribute(&object, &attribute)?,
                    ("getattr", Some(default)) if !self.surely_has(&object, &attribute)? => default.clone(),
                    ("getattr", _) => self.attribute(&object, &attribute)?,
                    _ => Val::bool(Operand::Bool(self.surely_has(&object, &attribute)?)),
                }
            }
            "type" => match &self.only(name, args)?.kind {
                Kind::Object(insts) if insts.iter().all(|i| self.heap.class_of(*i) == self.heap.class_of(insts[0])) => {
                    let class = self.heap.instances[insts[0].0 as usize].value.class.clone();
                    Val::fixed(Value::Class(class))
                }
                Kind::Made(record) => Val::fixed(Value::Class(record.class.clone())),
                Kind::Fresh(fresh) => Val::fixed(Value::Class(fresh.class.clone())),
                kind @ (Kind::Float { numpy: false }
                | Kind::Complex { numpy: false }
                | Kind::Int
                | Kind::Bool
                | Kind::Tuple(_)) => match crate::evaluate::types::builtin_class(&kind.type_name()) {
                    Some(class) => Val::fixed(Value::Class(class)),
                    None => return Ok(None),
                },
                _ => return Ok(None),
            },
            "setattr" => {
                let (object, attribute) = (self.argument(name, args, 0)?, self.argument(name, args, 1)?);
                let value = self.argument(name, args, 2)?;
                match attribute.as_str() {
                    Some(attribute) => self.set_attribute(&object, &attribute.into(), &value)?,
                    None => {
                        return self.refuse(errors::not_in_process(span, "an attribute's name that is not a constant"));
                    }
                }
                Val::none()
            }
            "ord" => match self.only(name, args)?.as_str().and_then(|text| text.chars().next()) {
                Some(letter) => Val::int_const(i64::from(u32::from(letter))),
                None => return Ok(None),
            },
            _ => return Ok(None),
        }))
    }

    /// Argument `index`, which must be given.
    pub(crate) fn argument(&mut self, name: &str, args: &CallArgs, index: usize) -> Walk<Val> {
        if let Some(value) = args.positional.get(index) {
            Ok(value.clone())
        } else {
            let span = self.span;
            let words = format!("{name}() needs {} arguments, {} given", index + 1, args.positional.len());
            self.refuse(errors::wrong_arguments(span, &words))
        }
    }

    /// The number in an array of one element.
    fn scalar_of(&mut self, value: &Val) -> Val {
        if let Kind::Seq(seq) = &value.kind
            && matches!(seq.flavour, Flavour::Array(_))
            && super::kind::fixed_dims(&seq.dims).is_some_and(|dims| dims.iter().product::<i64>() == 1)
        {
            let (flavour, storages) = (seq.flavour, seq.storages.clone());
            return self.load_element(flavour, &storages, value.op(), Operand::I64(0));
        }
        value.clone()
    }

    pub(crate) fn absolute(&mut self, value: &Val) -> Walk<Val> {
        let value = &self.present(value, || "bad operand type for abs(): 'NoneType'".to_owned())?;
        let value = &self.without_enum(value)?;
        let span = self.span;
        Ok(match &value.kind {
            Kind::Float { .. } => {
                Val::new(value.kind.clone(), vec![self.emit.float_unary(FloatUnary::Abs, value.op())])
            }
            Kind::Int | Kind::Bool => {
                let int = self.emit.as_int(value.op());
                let negated = self.emit.int_binary(crate::ir::IntBinary::Sub, Operand::I64(0), int, span);
                let is_negative = self.emit.int_compare(Compare::Lt, int, Operand::I64(0));
                let result = self.emit.select(is_negative, negated, int);
                if let Some((low, high)) = self.emit.interval(int) {
                    let least = if low <= 0 && high >= 0 { 0 } else { low.abs().min(high.abs()) };
                    self.emit.bound(result, (least, low.saturating_abs().max(high.saturating_abs())));
                }
                Val::int(result)
            }
            Kind::Complex { .. } => self.complex_size(value),
            kind if kind.is_object() => self.call_method(value, "__abs__", &[])?,
            _ if is_array(value) => {
                let result = self.numpy_call("numpy.absolute", Audio::Rule, &CallArgs::new(vec![value.clone()]))?;
                result.ok_or(Told)?
            }
            _ => return self.refuse(errors::not_a_number(span, "abs()", &value.kind.type_name())),
        })
    }

    /// `min` and `max`: of two the first stays unless the other is less (or greater), as NaN shows.
    fn extreme(&mut self, name: &str, args: &CallArgs) -> Walk<Val> {
        let span = self.span;
        let op = if name == "min" { CmpOp::Lt } else { CmpOp::Gt };
        let key = args.keywords.iter().find(|(known, _)| &**known == "key").map(|(_, value)| value.clone());
        if args.keywords.iter().any(|(known, _)| !matches!(&**known, "key" | "default")) {
            return self.refuse(errors::wrong_arguments(span, &format!("{name}() takes `key` and `default` only")));
        }
        let step = &mut |walker: &mut Self, present: Val, item: Val| -> Walk<Val> {
            let (a, b) = match &key {
                Some(key) => (
                    walker.call(key, CallArgs::new(vec![item.clone()]))?,
                    walker.call(key, CallArgs::new(vec![present.clone()]))?,
                ),
                None => (item.clone(), present.clone()),
            };
            let is_better = walker.compare(op, &a, &b)?;
            let is_better = walker.truth(&is_better)?;
            walker.branch(is_better, |_| Ok(item), |_| Ok(present))
        };
        if let [_, _, ..] = &args.positional[..] {
            let mut result = args.positional[0].clone();
            for item in &args.positional[1..] {
                result = step(self, result, item.clone())?;
            }
            return Ok(result);
        }
        let items = self.argument(name, args, 0)?;
        let counted = self.counted(&items)?;
        let default = args.keywords.iter().find(|(known, _)| &**known == "default").map(|(_, value)| value.clone());
        if let (Some(default), Operand::I64(0)) = (&default, counted.length) {
            return Ok(default.clone());
        }
        let is_empty = self.emit.int_compare(Compare::Le, counted.length, Operand::I64(0));
        self.fault_if(is_empty, FaultText::new("ValueError", &format!("{name}() arg is an empty sequence")), &[]);
        if !self.is_alive {
            return Err(Told);
        }
        let first = self.element_of(&counted.elements, Operand::I64(0))?;
        self.fold_rest(counted, first, step)
    }

    fn sum(&mut self, args: &CallArgs) -> Walk<Val> {
        let items = self.argument("sum", args, 0)?;
        let start = args.get(1, "start").cloned().unwrap_or(Val::int_const(0));
        self.fold(&items, start, &mut |walker, present, item| walker.binary(BinOp::Add, &present, &item))
    }

    /// `next(generator, default)`: the first element that there is.
    fn first_item(&mut self, args: &CallArgs) -> Walk<Val> {
        let items = self.argument("next", args, 0)?;
        let span = self.span;
        if !matches!(&items.kind, Kind::Lazy(lazy) if matches!(**lazy, Lazy::Generator(..))) {
            return self.refuse(errors::not_in_process(span, "`next` of what is not a generator written there"));
        }
        let mut may_be_none = false;
        let start = Val::tuple(vec![Val::bool(Operand::Bool(false)), Val::none()]);
        let found = self.fold(&items, start, &mut |walker, present, item| {
            may_be_none |= item.is_none() || matches!(item.kind, Kind::Optional(_));
            let is_found = present.items().ok_or(Told)?[0].op();
            let first = Val::tuple(vec![Val::bool(Operand::Bool(true)), item]);
            walker.branch(is_found, |_| Ok(present), |_| Ok(first))
        })?;
        let [is_found, item] = &found.items().ok_or(Told)?[..] else { return Err(Told) };
        let item = match &item.kind {
            Kind::Optional(inner) if !may_be_none => Val::new((**inner).clone(), item.ops[1..].to_vec()),
            _ => item.clone(),
        };
        if let Some(default) = args.positional.get(1).cloned() {
            return self.branch(is_found.op(), |_| Ok(item), |_| Ok(default));
        }
        let is_missing = self.emit.not(is_found.op());
        self.fault_if(is_missing, FaultText::new("StopIteration", ""), &[]);
        if self.is_alive { Ok(item) } else { Err(Told) }
    }

    /// `int(value)`
    fn int_call(&mut self, value: &Val) -> Walk<Val> {
        let span = self.span;
        let what = "int() argument must be a string, a bytes-like object or a real number, not 'NoneType'";
        let value = &self.present(value, || what.to_owned())?;
        if let Some(text) = value.as_str() {
            return if let Ok(number) = text.trim().parse::<i64>() {
                Ok(Val::int_const(number))
            } else {
                let words = format!("invalid literal for int() with base 10: '{text}'");
                self.fault(FaultText::new("ValueError", &words), &[]);
                Err(Told)
            };
        }
        let value = &self.scalar_of(value);
        let value = &self.without_enum(value)?;
        match &value.kind {
            Kind::Float { .. } => Ok(Val::int(self.truncate(value.op()))),
            Kind::Int | Kind::Bool => Ok(Val::int(self.emit.as_int(value.op()))),
            kind if kind.is_object() => self.call_method(value, "__int__", &[]),
            _ => self.refuse(errors::not_a_number(span, "int()", &value.kind.type_name())),
        }
    }

    /// `round(x)` gives an int, `round(x, n)` a float; ties go to even.
    fn round(&mut self, args: &CallArgs) -> Walk<Val> {
        let span = self.span;
        let value = self.argument("round", args, 0)?;
        let value = self.without_enum(&value)?;
        let digits = args.get(1, "ndigits").filter(|digits| !digits.is_none()).cloned();
        match (&value.kind, digits) {
            (Kind::Int | Kind::Bool, None) => Ok(Val::int(self.emit.as_int(value.op()))),
            (Kind::Float { .. }, None) => {
                let rounded = self.emit.float_unary(FloatUnary::RoundEven, value.op());
                Ok(Val::int(self.truncate(rounded)))
            }
            (Kind::Float { .. }, Some(digits)) => {
                let digits = self.int_of(&digits, "round()")?;
                let result = self.emit.routine(Routine::RoundDigits, Type::F64, vec![value.op(), digits], vec![], None);
                Ok(Val::new(value.kind.clone(), vec![result]))
            }
            (Kind::Int | Kind::Bool, Some(digits)) if digits.as_int().is_some_and(|digits| digits >= 0) => {
                Ok(Val::int(self.emit.as_int(value.op())))
            }
            _ => self.refuse(errors::not_a_number(span, "round()", &value.kind.type_name())),
        }
    }

    fn is_instance(&mut self, value: &Val, class: &Val) -> Walk<Operand> {
        if let Some(classes) = class.items() {
            let mut result = Operand::Bool(false);
            for class in &classes {
                let is_one = self.is_instance(value, class)?;
                result = self.emit.bool_binary(BoolBinary::Or, result, is_one);
            }
            return Ok(result);
        }
        let Kind::Static(Value::Class(class)) = &class.kind else {
            return Ok(Operand::Bool(false));
        };
        match &value.kind {
            Kind::Object(insts) => {
                let class = class.clone();
                let insts = insts.clone();
                let fits: Vec<bool> = insts
                    .iter()
                    .map(|inst| self.heap.instances[inst.0 as usize].value.class.derives_from(&class))
                    .collect();
                if fits.iter().all(|fit| *fit == fits[0]) {
                    return Ok(Operand::Bool(fits[0]));
                }
                let mut result = Operand::Bool(false);
                for (inst, fit) in insts.iter().zip(fits) {
                    if fit {
                        let cell = Operand::I64(i64::from(self.heap.instance_cell(*inst)));
                        let is_this = self.emit.int_compare(Compare::Eq, value.op(), cell);
                        result = self.emit.bool_binary(BoolBinary::Or, result, is_this);
                    }
                }
                Ok(result)
            }
            Kind::Record(record) | Kind::Made(record) => Ok(Operand::Bool(record.class.derives_from(class))),
            Kind::Fresh(fresh) => Ok(Operand::Bool(fresh.class.derives_from(class))),
            Kind::Optional(inner) => {
                let inner = Val::new((**inner).clone(), value.ops[1..].to_vec());
                let class = Val::fixed(Value::Class(class.clone()));
                let is_one = self.is_instance(&inner, &class)?;
                Ok(self.emit.bool_binary(BoolBinary::And, value.ops[0], is_one))
            }
            kind => {
                let name = kind.type_name();
                let wanted = &*class.name;
                let is_one = wanted == "object"
                    || name.rsplit('.').next() == Some(wanted)
                    || (wanted == "int" && matches!(kind, Kind::Bool));
                Ok(Operand::Bool(is_one))
            }
        }
    }
}
