//! Small programs: a function of a few floats, a script with state.

use std::sync::Arc;
use std::sync::atomic::AtomicU32;

use oscine_dsp::{EventKind, InputPort, Processor};
use oscine_jit::{Options, ScriptProcessor, compile};
use oscine_lang::ir::{
    Address, Form, Function, Inst, MessagePart, Op, Operand, Program, Site, SiteInfo, Type, Var, VarInfo,
};
use oscine_lang::source::{FileId, Sources, Span};

/// Builds one function.
#[derive(Default)]
pub(crate) struct Builder {
    pub(crate) vars: Vec<VarInfo>,
}

impl Builder {
    pub(crate) fn var(&mut self, ty: Type, mutable: bool) -> Var {
        self.vars.push(VarInfo { ty, mutable });
        Var(self.vars.len() as u32 - 1)
    }

    /// A `Let` of a new var.
    pub(crate) fn bind(&mut self, body: &mut Vec<Inst>, ty: Type, op: Op) -> Operand {
        let var = self.var(ty, false);
        body.push(Inst::Let(var, op));
        Operand::Var(var)
    }

    pub(crate) fn function(self, body: Vec<Inst>) -> Function {
        Function { name: "process".into(), vars: self.vars, body }
    }
}

/// A cell at a fixed place.
pub(crate) fn cell(n: i64) -> Address {
    Address { base: Operand::I64(0), disp: n, extent: None }
}

/// A script of lines `1` to `9`, with a site on each.
pub(crate) fn program(inputs: u32, outputs: u32, state: Vec<u64>, process: Function) -> Program {
    let mut sources = Sources::default();
    sources.add("echo.py", "1\n2\n3\n4\n5\n6\n7\n8\n9\n");
    let site = |line: u32| SiteInfo {
        span: line_span(line),
        exception: "ValueError".into(),
        message: vec![MessagePart::Text("got ".into()), MessagePart::Float],
    };
    Program {
        form: Form::Sample,
        inputs: (0..inputs).map(|n| InputPort { name: format!("in{n}"), default: None }).collect(),
        outputs,
        process,
        update: None,
        events: Default::default(),
        state,
        entries: vec![],
        params: vec![],
        extents: vec![],
        sites: (1..=9).map(site).collect(),
        sources,
        sample_rate: 48000.0,
    }
}

/// Where line `line` of the script is.
pub(crate) fn line_span(line: u32) -> Span {
    Span { file: FileId(0), start: (line - 1) * 2, end: line * 2 - 1 }
}

/// The site on a line of the script.
pub(crate) fn site(line: u32) -> Site {
    Site(line - 1)
}

pub(crate) fn start(program: Program) -> ScriptProcessor {
    compile(program, Options::default()).expect("it translates").instantiate(Arc::new(AtomicU32::new(0)))
}

/// Runs a processor of one output over blocks of one size.
pub(crate) fn run(processor: &mut ScriptProcessor, inputs: &[&[f64]], frames: usize) -> Vec<f64> {
    let mut output = vec![7.0; frames];
    processor.process(inputs, &mut [&mut output]).expect("no fault");
    output
}

/// Runs `op` of one or two floats, which the machine cannot know when it is compiled.
pub(crate) fn floats(result: Type, op: impl Fn(Operand, Operand) -> Op, cases: &[(f64, f64)]) -> Vec<u64> {
    let mut b = Builder::default();
    let mut body = vec![];
    let x = b.bind(&mut body, Type::F64, Op::Input(0));
    let y = b.bind(&mut body, Type::F64, Op::Input(1));
    let value = b.bind(&mut body, result, op(x, y));
    words(b, body, result, value, cases)
}

/// Runs `op` of two ints, given as bits.
pub(crate) fn ints(result: Type, op: impl Fn(Operand, Operand) -> Op, cases: &[(i64, i64)]) -> Vec<u64> {
    let bits: Vec<(u64, u64)> = cases.iter().map(|&(a, b)| (a as u64, b as u64)).collect();
    let mut out = vec![];
    for (a, b_word) in bits {
        let mut b = Builder::default();
        let mut body = vec![];
        let x = b.bind(&mut body, Type::I64, Op::Load(Type::I64, cell(0)));
        let y = b.bind(&mut body, Type::I64, Op::Load(Type::I64, cell(1)));
        let value = b.bind(&mut body, result, op(x, y));
        body.push(Inst::Store(result, cell(2), value));
        let mut program = program(0, 0, vec![a, b_word, 99], Function::default());
        program.events[EventKind::PitchBend as usize] = Some(b.function(body));
        let mut processor = start(program);
        processor.event(oscine_dsp::Event::PitchBend { value: 0.0 }).expect("no fault");
        out.push(processor.state()[2]);
    }
    out
}

fn words(b: Builder, mut body: Vec<Inst>, ty: Type, value: Operand, cases: &[(f64, f64)]) -> Vec<u64> {
    body.push(Inst::Store(ty, cell(0), value));
    let mut processor = start(program(2, 0, vec![99], b.function(vec![Inst::Frames { body }])));
    let mut out = vec![];
    for &(x, y) in cases {
        processor.process(&[&[x], &[y]], &mut []).expect("no fault");
        out.push(processor.state()[0]);
    }
    out
}
