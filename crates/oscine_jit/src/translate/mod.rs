//! From instructions to Cranelift's intermediate code, one function of a program at a time.
//!
//! Structured control flow becomes blocks as it is met. A value that is assigned once is Cranelift's value itself; one
//! that is assigned more than once is a `Variable`, which Cranelift's frontend turns into block parameters (Braun et
//! al., "Simple and Efficient Construction of Static Single Assignment Form", CC 2013). State cells at fixed places
//! are `Variable`s too, see [`promote`], so that they stay in registers over the whole block of samples.
//!
//! A fault leaves the function from a cold block; the state is not written back there, as a processor that faulted
//! stays silent until its state is made anew.

mod arithmetic;
mod control;
mod convert;
mod division;
mod masks;
mod memory;
mod promote;
mod scopes;

use std::collections::HashMap;

use cranelift_codegen::ir::{self, AbiParam, FuncRef, InstBuilder, MemFlagsData, SourceLoc, Value, types};
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext, Variable};
use cranelift_jit::JITModule;
use cranelift_module::{Linkage, Module};
use oscine_lang::ir::{Function, Operand, Program, Type, Var};
use oscine_lang::source::Span;

use crate::context;

/// What translation needs besides the function.
pub(crate) struct Settings {
    /// Whether the machine fuses products with sums in one instruction.
    pub(crate) has_fma: bool,
    /// Whether a selection of floats is better made by masks than by the machine's own instruction.
    pub(crate) masks: bool,
}

/// Where a `Break` or `Continue` of a label goes.
struct Target {
    /// The block after.
    after: ir::Block,
    /// The start of a loop.
    start: Option<ir::Block>,
    /// Whether anything goes to `after`.
    left: bool,
}

/// Whether control reaches the end of a list of instructions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flow {
    Falls,
    Ended,
}

/// The sample loop's values, while inside of it.
struct FrameLoop {
    /// The present frame.
    index: Value,
    /// Pointers to the channels' samples.
    inputs: Vec<Value>,
    outputs: Vec<Value>,
}

/// Translates one function.
struct Translator<'a> {
    b: FunctionBuilder<'a>,
    module: &'a mut JITModule,
    program: &'a Program,
    function: &'a Function,
    settings: &'a Settings,
    /// Places of watched loops, in the order of their sites, which follow the program's own.
    watches: &'a mut Vec<Span>,
    imports: HashMap<&'static str, FuncRef>,
    /// For vars that are assigned once.
    values: Vec<Option<Value>>,
    /// For the others.
    variables: Vec<Option<Variable>>,
    promoted: promote::Promoted,
    targets: HashMap<u32, Target>,
    frame_loop: Option<FrameLoop>,
    line: Option<Span>,
    context: Value,
    cells: Value,
    stop: Value,
}

/// The signature of every entry: a pointer to the context, and the site of a fault.
pub(crate) fn entry_signature(module: &JITModule) -> ir::Signature {
    let mut signature = module.make_signature();
    signature.params.push(AbiParam::new(types::I64));
    signature.returns.push(AbiParam::new(types::I64));
    signature
}

/// Fills `body`, an empty function with [`entry_signature`], with the translation of `function`.
pub(crate) fn translate(
    program: &Program,
    function: &Function,
    settings: &Settings,
    watches: &mut Vec<Span>,
    module: &mut JITModule,
    body: &mut ir::Function,
    frontend: &mut FunctionBuilderContext,
) {
    let config = module.target_config();
    let mut b = FunctionBuilder::new(body, frontend);
    let entry = b.create_block();
    b.append_block_params_for_function_params(entry);
    b.switch_to_block(entry);
    b.seal_block(entry);
    let context = b.block_params(entry)[0];
    let fixed = MemFlagsData::trusted().with_readonly();
    let cells = b.ins().load(types::I64, fixed, context, context::CELLS);
    let stop = b.ins().load(types::I64, fixed, context, context::STOP);

    let reassigned = scopes::needs_variable(function);
    let variables = function.vars.iter().zip(reassigned);
    let variables = variables.map(|(info, many)| many.then(|| b.declare_var(machine_type(info.ty)))).collect();
    let mut translator = Translator {
        b,
        module,
        program,
        function,
        settings,
        watches,
        imports: HashMap::new(),
        values: vec![None; function.vars.len()],
        variables,
        promoted: promote::Promoted::default(),
        targets: HashMap::new(),
        frame_loop: None,
        line: None,
        context,
        cells,
        stop,
    };
    translator.load_promoted();
    if translator.body(&function.body) == Flow::Falls {
        translator.store_promoted();
        let zero = translator.b.ins().iconst(types::I64, 0);
        translator.b.ins().return_(&[zero]);
    }
    translator.b.finalize(config);
}

/// How a value of a type is held.
fn machine_type(ty: Type) -> ir::Type {
    match ty {
        Type::F64 => types::F64,
        Type::I64 => types::I64,
        Type::Bool => types::I8,
    }
}

impl Translator<'_> {
    fn operand(&mut self, operand: Operand) -> Value {
        match operand {
            Operand::Var(var) => self.var(var),
            Operand::F64(x) => self.b.ins().f64const(x),
            Operand::I64(n) => self.b.ins().iconst(types::I64, n),
            Operand::Bool(t) => self.b.ins().iconst(types::I8, i64::from(t)),
        }
    }

    fn var(&mut self, var: Var) -> Value {
        let at = var.0 as usize;
        match (self.variables[at], self.values[at]) {
            (Some(variable), _) => self.b.use_var(variable),
            (None, Some(value)) => value,
            // Only code that is never reached reads what was never assigned.
            (None, None) => match self.function.vars[at].ty {
                Type::F64 => self.b.ins().f64const(0.0),
                ty => self.b.ins().iconst(machine_type(ty), 0),
            },
        }
    }

    fn bind(&mut self, var: Var, value: Value) {
        match self.variables[var.0 as usize] {
            Some(variable) => self.b.def_var(variable, value),
            None => self.values[var.0 as usize] = Some(value),
        }
    }

    fn operand_type(&self, operand: Operand) -> Type {
        match operand {
            Operand::Var(var) => self.function.vars[var.0 as usize].ty,
            Operand::F64(_) => Type::F64,
            Operand::I64(_) => Type::I64,
            Operand::Bool(_) => Type::Bool,
        }
    }

    /// Calls a C function of the runtime.
    fn call(&mut self, symbol: &'static str, args: &[Value], result: ir::Type) -> Value {
        call(&mut self.b, self.module, &mut self.imports, symbol, args, result)
    }

    fn set_line(&mut self, span: Span) {
        self.line = Some(span);
        self.b.set_srcloc(SourceLoc::new(span.start));
    }
}

/// Calls the C function `symbol`, whose parameters are of the types of `args`.
fn call(
    b: &mut FunctionBuilder<'_>,
    module: &mut JITModule,
    imports: &mut HashMap<&'static str, FuncRef>,
    symbol: &'static str,
    args: &[Value],
    result: ir::Type,
) -> Value {
    let function = *imports.entry(symbol).or_insert_with(|| {
        let mut signature = module.make_signature();
        signature.params.extend(args.iter().map(|v| AbiParam::new(b.func.dfg.value_type(*v))));
        signature.returns.push(AbiParam::new(result));
        let id = module.declare_function(symbol, Linkage::Import, &signature);
        let id = id.expect("the runtime's functions have one signature each");
        module.declare_func_in_func(id, b.func)
    });
    let call = b.ins().call(function, args);
    b.inst_results(call)[0]
}
