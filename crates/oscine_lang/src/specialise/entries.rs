//! The ways into a script: `process` in sample or block form, `update`, events; parameters; the finished program.

use std::rc::Rc;

use oscine_dsp::{EventKind, InputPort};

use crate::diagnostics::{Diagnostic, errors};
use crate::evaluate::value::{self, Dtype, Name, ParamValue, Value};
use crate::ir::{EventFunctions, Form, Function, Inst, Op, Operand, ParamCells, Program, Type, event_arguments};
use crate::pipeline::Checked;
use crate::source::Span;

use super::calls::CallArgs;
use super::form;
use super::heap::StorageId;
use super::kind::{Flavour, Kind, Val, fixed_dims};
use super::scope::{Around, Scope};
use super::{Told, Walk, Walker};

/// What a round gives.
pub(crate) struct Parts {
    form: Form,
    inputs: Vec<InputPort>,
    outputs: u32,
    process: Function,
    update: Option<Function>,
    events: EventFunctions,
}

/// More outputs than this are a mistake.
const MOST_OUTPUTS: usize = 64;

impl Walker<'_> {
    /// Walks every way into the script.
    pub(crate) fn walk_entries(&mut self) -> Walk<Parts> {
        let process = self.global_function("process");
        let update = self.plain_entry("update", &[]);
        let found = EventKind::ALL.map(|kind| self.plain_entry(kind.name(), event_arguments(kind)));
        let Some(process) = process else {
            let end = self.loaded.sources.file(Span::default().file).text.trim_end().len() as u32;
            return self.refuse(errors::no_process(Span { start: end.saturating_sub(1), end, ..Span::default() }));
        };
        let def = form::definition(&process).ok_or(Told);
        let Ok((function, bound)) = def else {
            return self.refuse(errors::process_not_callable(Span::default()));
        };
        let (form, inputs, outputs, process) = self.walk_process(&process, &function, bound)?;
        let mut events = EventFunctions::default();
        for (event, found) in events.iter_mut().zip(found) {
            *event = found?;
        }
        Ok(Parts { form, inputs, outputs, process, update: update?, events })
    }

    fn global_function(&self, name: &str) -> Option<Value> {
        self.loaded.module.globals.get(name).filter(|value| !matches!(value, Value::None))
    }

    /// Opens a function and the module's scope around it.
    fn begin_entry(&mut self) {
        self.emit.begin();
        self.scopes = super::scope::Scopes::default();
        self.made.begin_entry();
        self.calls.clear();
        self.loops.clear();
        self.catchers.clear();
        self.is_alive = true;
        self.path = 0;
        self.scopes.open(Scope {
            path: 0,
            def: None,
            module: self.loaded.module.clone(),
            around: Around::Nothing,
            is_captured: true,
            receiver: None,
        });
    }

    /// `update` or an event function.
    fn plain_entry(&mut self, name: &str, types: &[Type]) -> Walk<Option<Function>> {
        let Some(value) = self.global_function(name) else { return Ok(None) };
        let Some((function, _)) = form::definition(&value) else { return Ok(None) };
        self.begin_entry();
        let args: Vec<Val> = types
            .iter()
            .enumerate()
            .map(|(i, ty)| {
                let op = self.emit.temp(*ty, Op::Argument(*ty, i as u32));
                if *ty == Type::F64 { Val::float(op) } else { Val::int(op) }
            })
            .collect();
        let span = function.def.span;
        let callee = self.heap.live(&value, name);
        self.at(span, |walker| {
            let path = walker.path_below(span, 1 + name.len());
            walker.on_path(path, |walker| walker.call(&callee, CallArgs::new(args)))
        })?;
        Ok(Some(self.emit.finish(name)))
    }

    fn walk_process(
        &mut self,
        process: &Value,
        function: &Rc<value::Function>,
        bound: usize,
    ) -> Walk<(Form, Vec<InputPort>, u32, Function)> {
        let params = &function.def.params.positional[bound..];
        let span = function.def.span;
        if function.def.params.rest.is_some() || function.def.params.keywords.is_some() {
            return self.refuse(errors::open_inputs(span));
        }
        let mut inputs = vec![];
        let first_default = function.def.params.positional.len() - function.defaults.len();
        for (i, param) in function.def.params.positional.iter().enumerate().skip(bound) {
            let default = i.checked_sub(first_default).and_then(|i| function.defaults.get(i));
            let default = match default {
                None => None,
                Some(value) => match self.heap.live(value, &param.name) {
                    value if value.kind.is_number() => match self.emit.as_float(value.op()) {
                        Operand::F64(number) => Some(number),
                        _ => None,
                    },
                    _ => return self.refuse(errors::input_default(param.span, &param.name)),
                },
            };
            inputs.push(InputPort { name: param.name.to_string(), default });
        }
        let is_block = if params.is_empty() { self.is_block_generator } else { form::is_block_form(function, bound) };
        self.is_block_by_use = is_block && params.iter().any(|param| param.annotation.is_none());
        self.begin_entry();
        let callee = self.heap.live(process, "process");
        if is_block {
            return self.walk_block(&callee, span, inputs);
        }
        self.emit.open();
        let args = (0..inputs.len()).map(|i| Val::float(self.emit.temp(Type::F64, Op::Input(i as u32)))).collect();
        let result = self.at(span, |walker| walker.call(&callee, CallArgs::new(args)));
        let outputs = match result {
            Ok(result) if self.is_alive => self.at(span, |walker| walker.outputs_of(&result)),
            Ok(_) => Ok(vec![]),
            Err(told) => Err(told),
        };
        let outputs = outputs?;
        if inputs.is_empty() && self.is_block_generator {
            self.heap.changed = true;
        }
        for (i, op) in outputs.iter().enumerate() {
            self.emit.push(Inst::Output(i as u32, *op));
        }
        let count = outputs.len() as u32;
        let body = self.emit.close();
        self.emit.push(Inst::Frames { body });
        let process = self.emit.finish("process");
        Ok((Form::Sample, inputs, count, process))
    }

    /// What `process` returned as one float for each output.
    fn outputs_of(&mut self, result: &Val) -> Walk<Vec<Operand>> {
        let span = self.span;
        let result = &self.present(result, || "process returned None".to_owned())?;
        match &result.kind {
            kind if kind.is_number() => Ok(vec![self.emit.as_float(result.op())]),
            Kind::Static(Value::None) => self.refuse(errors::returns_nothing(span)),
            Kind::Seq(seq) if matches!(seq.flavour, Flavour::Array(_)) && self.heap_has_no_inputs() => {
                // A generator of blocks: known only now.
                self.is_block_generator = true;
                self.heap.changed = true;
                Ok(vec![])
            }
            Kind::Seq(seq) if matches!(seq.flavour, Flavour::Array(_)) && !seq.dims.is_empty() => {
                self.refuse(errors::block_from_sample(span))
            }
            Kind::Tuple(_) | Kind::Seq(_) => {
                let items = self.items_of(result)?;
                if items.is_empty() || items.len() > MOST_OUTPUTS {
                    return self.refuse(errors::output_count(span, items.len()));
                }
                let has_arrays = items.iter().any(super::operators::is_array);
                if has_arrays && self.heap_has_no_inputs() {
                    self.is_block_generator = true;
                    self.heap.changed = true;
                    return Ok(vec![]);
                }
                items
                    .iter()
                    .map(|item| {
                        let item = &self.present(item, || "process returned None".to_owned())?;
                        if item.kind.is_number() {
                            Ok(self.emit.as_float(item.op()))
                        } else {
                            self.refuse(errors::output_type(span, &item.kind.type_name()))
                        }
                    })
                    .collect()
            }
            Kind::Poison => Err(Told),
            kind => {
                let name = kind.type_name();
                self.refuse(errors::output_type(span, &name))
            }
        }
    }

    fn heap_has_no_inputs(&self) -> bool {
        self.global_function("process")
            .and_then(|process| form::definition(&process))
            .is_some_and(|(function, bound)| function.def.params.positional.len() == bound)
    }

    fn walk_block(
        &mut self,
        callee: &Val,
        span: Span,
        inputs: Vec<InputPort>,
    ) -> Walk<(Form, Vec<InputPort>, u32, Function)> {
        let frames = self.loaded.options.block_frames;
        let mut args = vec![];
        let mut input_cells = vec![];
        for i in 0..inputs.len() {
            let (array, cell) = self.block_array(span, 1000 + i as u32, frames);
            args.push(array);
            input_cells.push(cell);
        }
        let result = self.at(span, |walker| walker.call(callee, CallArgs::new(args)))?;
        let mut output_cells = vec![];
        if self.is_alive {
            self.at(span, |walker| {
                let arrays = match &result.kind {
                    Kind::Tuple(_) => result.items().unwrap_or_default(),
                    Kind::Static(Value::None) => return walker.refuse(errors::returns_nothing(span)),
                    _ => vec![result.clone()],
                };
                for (i, array) in arrays.iter().enumerate() {
                    output_cells.push(walker.block_output(array, span, i)?);
                }
                Ok(())
            })?;
        }
        let outputs = output_cells.len() as u32;
        let form = Form::Block { frames: frames as u32, inputs: input_cells, outputs: output_cells };
        let process = self.emit.finish("process");
        Ok((form, inputs, outputs, process))
    }

    /// Memory of one block of floats.
    fn block_array(&mut self, span: Span, index: u32, frames: usize) -> (Val, u32) {
        let storage = self.heap.scratch((0, span, index), &Kind::Float { numpy: true }, frames);
        let cell = self.heap.storage_cell(storage);
        let array = block_val(storage, cell, frames);
        (array, cell)
    }

    /// The first cell of an output's samples: the array's own, if it lies as they must.
    fn block_output(&mut self, value: &Val, span: Span, index: usize) -> Walk<u32> {
        let frames = self.loaded.options.block_frames;
        let value = &self.present(value, || "process returned None".to_owned())?;
        let Kind::Seq(seq) = &value.kind else {
            if value.is_poison() {
                return Err(Told);
            }
            return self.refuse(errors::block_output(span, &format!("a {}", value.kind.type_name()), frames));
        };
        let mut dims = fixed_dims(&seq.dims);
        if let (None, [length]) = (&dims, &value.dim(0).into_iter().collect::<Vec<_>>()[..])
            && seq.dims.len() == 1
        {
            let differs = self.emit.int_compare(crate::ir::Compare::Ne, *length, Operand::I64(frames as i64));
            let words = format!("process must return a block of {frames} samples");
            self.fault_if(differs, super::emit::FaultText::new("ValueError", &words), &[]);
            dims = Some(vec![frames as i64]);
        }
        if dims.as_deref() != Some(&[frames as i64]) {
            let what = dims.map_or_else(
                || "an array of a length that is not known".to_owned(),
                |dims| match dims[..] {
                    [length] => format!("an array of {length} samples"),
                    _ => "an array of several dimensions".to_owned(),
                },
            );
            return self.refuse(errors::block_output(span, &what, frames));
        }
        if let (Flavour::Array(Dtype::Float), Operand::I64(cell), Some(Operand::I64(1))) =
            (seq.flavour, value.op(), value.stride(0))
        {
            return Ok(cell as u32);
        }
        let (array, cell) = self.block_array(span, 2000 + index as u32, frames);
        let (Kind::Seq(from), Kind::Seq(to)) = (&value.kind, &array.kind) else { return Err(Told) };
        let (flavour, from, to, address) = (from.flavour, from.storages.clone(), to.storages.clone(), value.op());
        let stride = value.stride(0).unwrap_or(Operand::I64(1));
        let mut result = Ok(());
        self.repeat(Operand::I64(frames as i64), |walker, i| {
            let at = walker.emit.index_binary(crate::ir::IntBinary::Mul, i, stride);
            let element = walker.load_element(flavour, &from, address, at);
            result = walker.store_element(Flavour::Array(Dtype::Float), &to, array.op(), i, &element);
        });
        result.map(|()| cell)
    }

    // The end.

    /// The program of the last round.
    pub(crate) fn finish(mut self, parts: Parts) -> Checked {
        let declared = self.declared_params();
        let mut warnings = vec![];
        let mut params = vec![];
        for (name, param) in declared {
            let slots = self
                .heap
                .params
                .iter()
                .find(|(known, _)| Rc::ptr_eq(known, &param))
                .map(|(_, slots)| slots.clone())
                .unwrap_or_default();
            let cells: Vec<u32> = slots
                .into_iter()
                .filter(|slot| self.heap.has_place(*slot))
                .collect::<Vec<_>>()
                .into_iter()
                .map(|slot| self.heap.slot_cell(slot))
                .collect();
            if cells.is_empty() {
                warnings.push(errors::unread_param(param.span, &name));
            }
            let ty = match param.param.kind {
                oscine_dsp::ParamKind::Float => Type::F64,
                oscine_dsp::ParamKind::Bool => Type::Bool,
                _ => Type::I64,
            };
            params.push(ParamCells { param: oscine_dsp::Param { name, ..param.param.clone() }, ty, cells });
        }
        let (state, entries) = self.heap.image();
        let program = Program {
            form: parts.form,
            inputs: parts.inputs,
            outputs: parts.outputs,
            process: parts.process,
            update: parts.update,
            events: parts.events,
            state,
            entries,
            params,
            extents: std::mem::take(&mut self.emit.extents),
            sites: std::mem::take(&mut self.emit.sites),
            sources: self.loaded.sources.clone(),
            sample_rate: self.loaded.options.sample_rate,
        };
        Checked { program, warnings: ordered(warnings) }
    }

    /// Every parameter with its path: in a global, or in an attribute or item of what a global holds.
    fn declared_params(&self) -> Vec<(String, Rc<ParamValue>)> {
        let mut found = vec![];
        let mut seen = vec![];
        let globals: Vec<(Name, Value)> =
            self.loaded.module.globals.0.borrow().iter().map(|(name, value)| (name.clone(), value.clone())).collect();
        for (name, value) in &globals {
            if let Value::Param(_) = value {
                collect_params(value, name.to_string(), &mut seen, &mut found);
            }
        }
        for (name, value) in &globals {
            collect_params(value, name.to_string(), &mut seen, &mut found);
        }
        found
    }
}

fn block_val(storage: StorageId, cell: u32, frames: usize) -> Val {
    Val::seq(
        Flavour::Array(Dtype::Float),
        vec![storage],
        Operand::I64(i64::from(cell)),
        &[Operand::I64(frames as i64)],
        &[Operand::I64(1)],
    )
}

fn ordered(mut warnings: Vec<Diagnostic>) -> Vec<Diagnostic> {
    warnings.sort_by_key(|warning| (warning.span.file.0, warning.span.start));
    warnings
}

fn collect_params(value: &Value, path: String, seen: &mut Vec<usize>, found: &mut Vec<(String, Rc<ParamValue>)>) {
    let mut is_new = |address: usize| {
        let is_new = !seen.contains(&address);
        if is_new {
            seen.push(address);
        }
        is_new
    };
    match value {
        Value::Param(param) if !found.iter().any(|(_, known)| Rc::ptr_eq(known, param)) => {
            found.push((path, param.clone()));
        }
        Value::Instance(instance) if is_new(Rc::as_ptr(instance) as usize) => {
            let attributes: Vec<(Name, Value)> =
                instance.attributes.0.borrow().iter().map(|(name, value)| (name.clone(), value.clone())).collect();
            for (name, value) in attributes {
                collect_params(&value, format!("{path}.{name}"), seen, found);
            }
        }
        Value::List(list) if is_new(Rc::as_ptr(list) as usize) => {
            let items = list.0.borrow().clone();
            // Only lists of objects can hold any: a delay line of a million floats is passed over.
            if !matches!(items.first(), Some(Value::Float(_) | Value::Int(_)) | None) {
                for (i, item) in items.iter().enumerate() {
                    collect_params(item, format!("{path}[{i}]"), seen, found);
                }
            }
        }
        Value::Tuple(items) => {
            for (i, item) in items.iter().enumerate() {
                collect_params(item, format!("{path}[{i}]"), seen, found);
            }
        }
        Value::Dict(dict) if is_new(Rc::as_ptr(dict) as usize) => {
            let items: Vec<(Value, Value)> = dict.items.borrow().values().cloned().collect();
            for (key, item) in items {
                if let Value::Str(key) = key {
                    collect_params(&item, format!("{path}.{key}"), seen, found);
                }
            }
        }
        Value::Method(method) => {
            let owner = path.rsplit_once('.').map_or(String::new(), |(owner, _)| owner.to_owned());
            collect_params(&method.receiver, owner, seen, found);
        }
        _ => {}
    }
}
