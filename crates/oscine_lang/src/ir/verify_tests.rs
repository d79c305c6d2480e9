//! Programs with one flaw each, and the printed form of one without.

use super::verify;
use crate::ir::{
    Address, Compare, FloatBinary, Form, Function, Inst, Label, MathFn, Op, Operand, Program, Routine, Site, SiteInfo,
    Type, Var, VarInfo, print,
};
use crate::source::{Sources, Span};

const X: Operand = Operand::Var(Var(0));

fn cell(n: i64) -> Address {
    Address { base: Operand::I64(0), disp: n, extent: None }
}

/// Vars: 0 float, 1 float, 2 int, 3 bool, 4 mutable float.
fn program(body: Vec<Inst>) -> Program {
    let var = |ty, mutable| VarInfo { ty, mutable };
    let vars = vec![
        var(Type::F64, false),
        var(Type::F64, false),
        var(Type::I64, false),
        var(Type::Bool, false),
        var(Type::F64, true),
    ];
    Program {
        form: Form::Sample,
        inputs: vec![oscine_dsp::InputPort { name: "x".into(), default: None }],
        outputs: 1,
        process: Function { name: "process".into(), vars, body },
        update: None,
        events: Default::default(),
        state: vec![0; 4],
        entries: vec![],
        params: vec![],
        extents: vec![vec![(0, 4)]],
        sites: vec![SiteInfo { span: Span::default(), exception: "ValueError".into(), message: vec![] }],
        sources: Sources::default(),
        sample_rate: 48000.0,
    }
}

fn frames(body: Vec<Inst>) -> Program {
    program(vec![Inst::Frames { body }])
}

fn good() -> Vec<Inst> {
    let at = |base| Address { base, disp: 1, extent: Some(0) };
    vec![
        Inst::Let(Var(0), Op::Input(0)),
        Inst::Let(Var(4), Op::Copy(X)),
        Inst::Loop {
            label: Label(0),
            watched: true,
            body: vec![
                Inst::Let(Var(3), Op::FloatCompare(Compare::Lt, Operand::Var(Var(4)), Operand::F64(0.5))),
                Inst::If {
                    condition: Operand::Var(Var(3)),
                    then: vec![Inst::Break(Label(0))],
                    otherwise: vec![Inst::Continue(Label(0))],
                },
            ],
        },
        Inst::Let(Var(2), Op::Load(Type::I64, cell(3))),
        Inst::Let(Var(1), Op::Load(Type::F64, at(Operand::Var(Var(2))))),
        Inst::Store(Type::F64, cell(2), Operand::Var(Var(1))),
        Inst::Output(0, Operand::Var(Var(1))),
    ]
}

#[test]
fn a_good_program_passes_and_prints() {
    let program = frames(good());
    assert_eq!(verify(&program), Ok(()));
    let expected = "\
process:
  frames {
    %0 = input 0
    %4 = %0
    loop L0 watched {
      %3 = lt %4, 0.5
      if %3 {
        break L0
      } else {
        continue L0
      }
    }
    %2 = load i64 [3]
    %1 = load f64 [%2 + 1 in 0]
    store f64 [2] <- %1
    output 0 <- %1
  }
";
    assert_eq!(print::print_function(&program.process), expected);
    assert!(print::print(&program).starts_with("sample form, inputs (x), 1 outputs\nextent 0: [(0, 4)]\n"));
}

#[test]
fn each_flaw_is_found_and_told() {
    let add = |a, b| Op::FloatBinary(FloatBinary::Add, a, b);
    let one = Operand::F64(1.0);
    let bare = |op| Inst::Let(Var(0), op);
    let computed = Address { base: Operand::Var(Var(2)), disp: 0, extent: None };
    let cases: Vec<(Vec<Inst>, &str)> = vec![
        (vec![bare(add(one, Operand::I64(2)))], "%0 = add 1.0, 2: operand 2 is of type i64, not f64"),
        (vec![bare(add(one, Operand::Var(Var(1))))], "%1 is read before it is assigned"),
        (vec![bare(add(one, Operand::Var(Var(9))))], "there is no %9"),
        (vec![bare(Op::Copy(one)), bare(Op::Copy(one))], "assigned a second time"),
        (vec![bare(Op::Copy(Operand::Bool(true)))], "the result is of type bool, not f64"),
        (vec![Inst::Let(Var(9), Op::Copy(one))], "no such var"),
        (vec![bare(Op::Select(one, one, one))], "the condition is of type f64, not bool"),
        (vec![bare(Op::Math(MathFn::Pow, vec![one]))], "1 operands, not 2"),
        (vec![bare(Op::Load(Type::F64, cell(4)))], "outside of the 4 cells"),
        (vec![bare(Op::Load(Type::F64, cell(-1)))], "outside of the 4 cells"),
        (
            vec![Inst::Let(Var(2), Op::Load(Type::I64, cell(0))), bare(Op::Load(Type::F64, computed))],
            "a computed address without an extent",
        ),
        (vec![bare(Op::Load(Type::F64, Address { extent: Some(3), ..cell(0) }))], "there is no extent 3"),
        (vec![bare(Op::Input(1))], "there are 1 channels"),
        (vec![bare(Op::Argument(Type::F64, 0))], "this entry has no such argument"),
        (vec![Inst::Output(1, one)], "there are 1 channels"),
        (vec![Inst::Store(Type::I64, cell(0), one)], "the value is of type f64, not i64"),
        (vec![Inst::Fault(Site(1), vec![])], "there is no site 1"),
        (vec![Inst::Fault(Site(0), vec![one])], "1 values for a message of 0"),
        (vec![Inst::Break(Label(0))], "no such label encloses it"),
        (vec![Inst::Block { label: Label(0), body: vec![Inst::Continue(Label(0))] }], "the label is not a loop's"),
        (
            vec![Inst::Block { label: Label(0), body: vec![] }, Inst::Block { label: Label(0), body: vec![] }],
            "the label is used twice",
        ),
        (vec![Inst::Frames { body: vec![] }], "stands at the top"),
        (
            vec![bare(Op::Call {
                routine: Routine::PairwiseSum,
                args: vec![Operand::I64(0), Operand::I64(4), one],
                extents: vec![0],
                overflow: None,
            })],
            "operand 3 is of type f64, not i64",
        ),
    ];
    for (body, words) in cases {
        let text = format!("{body:?}");
        let flaw = verify(&frames(body)).expect_err(&text);
        assert!(flaw.starts_with("process: ") && flaw.contains(words), "{flaw:?} should say {words:?}");
    }
}

#[test]
fn samples_and_ranges_outside_of_their_place() {
    let outside = program(vec![Inst::Let(Var(0), Op::Input(0))]);
    assert!(verify(&outside).expect_err("no sample loop").contains("outside of the sample loop"));
    let mut extent = frames(vec![]);
    extent.extents.push(vec![(3, 5)]);
    assert!(verify(&extent).expect_err("cell 4").contains("extent 1 at 3, 2 long, is outside of the 4 cells"));
    let mut block = program(vec![]);
    block.form = Form::Block { frames: 4, inputs: vec![0], outputs: vec![1] };
    assert!(verify(&block).expect_err("cells 1..5").contains("a channel's buffer"));
}
