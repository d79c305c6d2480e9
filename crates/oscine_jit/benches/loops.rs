//! The inner loops of the paper's programs, built by hand, against the same loops by `gcc -O3 -march=native`.
//!
//! `cargo bench -p oscine_jit` prints nanoseconds a frame, best of many blocks, both sides in turn, and their ratio.

#![expect(unsafe_code, reason = "the peer is C in a shared library")]

use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::time::Instant;

use oscine_dsp::{InputPort, Processor};
use oscine_jit::{Options, compile};
use oscine_lang::ir::{
    Address, BoolBinary, Compare, FloatBinary, FloatUnary, Form, Function, Inst, IntBinary, Label, MathFn, Op, Operand,
    Program, Site, SiteInfo, Type, Var, VarInfo,
};
use oscine_lang::source::{Sources, Span};

const FRAMES: usize = 512;
const ROUNDS: usize = 300;

type Kernel = unsafe extern "C" fn(*mut f64, *const f64, *const f64, *mut f64, i64);

unsafe extern "C" {
    fn dlopen(path: *const std::ffi::c_char, flags: i32) -> *mut std::ffi::c_void;
    fn dlsym(library: *mut std::ffi::c_void, name: *const std::ffi::c_char) -> *mut std::ffi::c_void;
}

const PEERS: &str = r"
#include <math.h>
void one_pole(double *s, const double *x, const double *unused, double *y, long n) {
    double a = s[0], last = s[1];
    for (long i = 0; i < n; i++) { last = a * x[i] + (1 - a) * last; y[i] = last; }
    s[1] = last;
}
void biquad(double *s, const double *x, const double *unused, double *y, long n) {
    double b0 = s[0], b1 = s[1], b2 = s[2], a1 = s[3], a2 = s[4], z1 = s[5], z2 = s[6];
    for (long i = 0; i < n; i++) {
        double v = x[i], o = b0 * v + z1;
        z1 = b1 * v - a1 * o + z2;
        z2 = b2 * v - a2 * o;
        y[i] = o;
    }
    s[5] = z1; s[6] = z2;
}
static double g(double v) { return v > 0 ? 0.17 * v * v * v * v : 0; }
void ring(double *s, const double *m, const double *c, double *y, long n) {
    double Ra = 600, Rm = 80, Ri = 50, C = 10e-9, Cp = 10e-9, L = 0.8, Fs = 30 * 44100.0;
    double v1 = s[0], v2 = s[1], v3 = s[2], i1 = s[3], i2 = s[4], v4 = s[5], v5 = s[6], v6 = s[7], v7 = s[8];
    double k1 = Rm / (1 + C * Fs * Rm), k2 = Ra / (1 + C * Fs * Ra), k3 = Ri / (1 + Cp * Fs * Ri);
    for (long i = 0; i < n; i++) {
        for (int k = 0; k < 30; k++) {
            double vm = k ? 0 : m[i], vc = k ? 0 : c[i];
            double g4 = g(v4), g5 = g(v5), g6 = g(v6), g7 = g(v7);
            v1 = k1 * (C * Fs * v1 + vm / Rm + i1 - g4 / 2 + g5 / 2 - g6 / 2 + g7 / 2);
            v2 = k2 * (C * Fs * v2 + i2 + g4 / 2 - g5 / 2 - g6 / 2 + g7 / 2);
            v3 = k3 * (Cp * Fs * v3 + g4 + g5 - g6 - g7);
            v4 = v1 / 2 - v2 / 2 - v3 - vc;
            v5 = -v1 / 2 + v2 / 2 - v3 - vc;
            v6 = v1 / 2 + v2 / 2 + v3 + vc;
            v7 = -v1 / 2 - v2 / 2 + v3 + vc;
            i1 = i1 - v1 / (L * Fs);
            i2 = i2 - v2 / (L * Fs);
        }
        y[i] = v2;
    }
    s[0] = v1; s[1] = v2; s[2] = v3; s[3] = i1; s[4] = i2; s[5] = v4; s[6] = v5; s[7] = v6; s[8] = v7;
}
void vcs3(double *s, const double *x, const double *unused, double *y, long n) {
    double Vt = 0.026, gamma = 1.836 * Vt, K = 4, s1 = s[0], s2 = s[1], s3 = s[2], s4 = s[3];
    double u1 = 0, u2 = s[4], u3 = s[5], u4 = s[6], u5 = s[7];
    double vC1 = 0, vC2 = s[8], vC3 = s[9], vC4 = s[10], out = s[11], c = s[12];
    for (long i = 0; i < n; i++) {
        double v = x[i];
        for (int k = 0; k < 100; k++) {
            double prev = out;
            u1 = tanh((v - prev) / (2 * Vt));
            vC1 = c * (u2 + u1) + s1;
            u2 = tanh((vC2 - vC1) / (2 * Vt));
            vC2 = c * (u3 - u2) + s2;
            u3 = tanh((vC3 - vC2) / (2 * Vt));
            vC3 = c * (u4 - u3) + s3;
            u4 = tanh((vC4 - vC3) / (2 * Vt));
            vC4 = c * (-u5 - u4) + s4;
            u5 = tanh(vC4 / (6 * gamma));
            out = (K + 0.5) * vC4;
            if (fabs(out - prev) < 1e-4 * fabs(prev)) break;
        }
        s1 = 2 * vC1 - s1; s2 = 2 * vC2 - s2; s3 = 2 * vC3 - s3; s4 = 2 * vC4 - s4;
        y[i] = out;
    }
    s[0] = s1; s[1] = s2; s[2] = s3; s[3] = s4; s[4] = u2; s[5] = u3; s[6] = u4; s[7] = u5;
    s[8] = vC2; s[9] = vC3; s[10] = vC4; s[11] = out;
}
";

/// Builds expressions.
#[derive(Default)]
struct Builder {
    vars: Vec<VarInfo>,
    lists: Vec<Vec<Inst>>,
}

impl Builder {
    fn new() -> Self {
        Self { vars: vec![], lists: vec![vec![]] }
    }

    fn push(&mut self, inst: Inst) {
        self.lists.last_mut().expect("one is open").push(inst);
    }

    fn var(&mut self, ty: Type, mutable: bool) -> Var {
        self.vars.push(VarInfo { ty, mutable });
        Var(self.vars.len() as u32 - 1)
    }

    fn bind(&mut self, ty: Type, op: Op) -> Operand {
        let var = self.var(ty, false);
        self.push(Inst::Let(var, op));
        Operand::Var(var)
    }

    fn float(&mut self, op: FloatBinary, a: Operand, b: Operand) -> Operand {
        self.bind(Type::F64, Op::FloatBinary(op, a, b))
    }

    fn add(&mut self, a: Operand, b: Operand) -> Operand {
        self.float(FloatBinary::Add, a, b)
    }

    fn sub(&mut self, a: Operand, b: Operand) -> Operand {
        self.float(FloatBinary::Sub, a, b)
    }

    fn mul(&mut self, a: Operand, b: Operand) -> Operand {
        self.float(FloatBinary::Mul, a, b)
    }

    fn div(&mut self, a: Operand, b: Operand) -> Operand {
        self.float(FloatBinary::Div, a, b)
    }

    fn neg(&mut self, a: Operand) -> Operand {
        self.bind(Type::F64, Op::FloatUnary(FloatUnary::Neg, a))
    }

    fn load(&mut self, n: i64) -> Operand {
        self.bind(Type::F64, Op::Load(Type::F64, cell(n)))
    }

    fn store(&mut self, n: i64, value: Operand) {
        self.push(Inst::Store(Type::F64, cell(n), value));
    }

    fn nested(&mut self, f: impl FnOnce(&mut Self)) -> Vec<Inst> {
        self.lists.push(vec![]);
        f(self);
        self.lists.pop().expect("it was opened")
    }

    fn program(mut self, inputs: u32, state: &[f64]) -> Program {
        let body = self.lists.pop().expect("the outermost");
        let process = Function { name: "process".into(), vars: self.vars, body: vec![Inst::Frames { body }] };
        let mut sources = Sources::default();
        sources.add("loops.py", "\n");
        Program {
            form: Form::Sample,
            inputs: (0..inputs).map(|n| InputPort { name: format!("in{n}"), default: None }).collect(),
            outputs: 1,
            process,
            update: None,
            note_on: None,
            note_off: None,
            control_change: None,
            pitch_bend: None,
            state: state.iter().map(|x| x.to_bits()).collect(),
            entries: vec![],
            params: vec![],
            extents: vec![],
            sites: vec![],
            sources,
            sample_rate: 44100.0,
        }
    }
}

fn cell(n: i64) -> Address {
    Address { base: Operand::I64(0), disp: n, extent: None }
}

fn one_pole() -> Program {
    let mut b = Builder::new();
    let x = b.bind(Type::F64, Op::Input(0));
    let a = b.load(0);
    let last = b.load(1);
    let ax = b.mul(a, x);
    let rest = b.sub(Operand::F64(1.0), a);
    let rl = b.mul(rest, last);
    let y = b.add(ax, rl);
    b.store(1, y);
    b.push(Inst::Output(0, y));
    b.program(1, &[0.1, 0.0])
}

/// The one-pole as a block: a loop over cells, with Python's check of the index. Cells 0 and 1, then the input, then
/// the output.
fn block_one_pole() -> Program {
    let frames = FRAMES as i64;
    let mut b = Builder::new();
    let n = b.var(Type::I64, true);
    b.push(Inst::Let(n, Op::Copy(Operand::I64(0))));
    let body = b.nested(|b| {
        let done = b.bind(Type::Bool, Op::IntCompare(Compare::Ge, Operand::Var(n), Operand::I64(frames)));
        b.push(Inst::If { condition: done, then: vec![Inst::Break(Label(0))], otherwise: vec![] });
        let low = b.bind(Type::Bool, Op::IntCompare(Compare::Lt, Operand::Var(n), Operand::I64(0)));
        let high = b.bind(Type::Bool, Op::IntCompare(Compare::Ge, Operand::Var(n), Operand::I64(frames)));
        let outside = b.bind(Type::Bool, Op::BoolBinary(BoolBinary::Or, low, high));
        b.push(Inst::If { condition: outside, then: vec![Inst::Fault(Site(0), vec![])], otherwise: vec![] });
        let at = |disp, extent| Address { base: Operand::Var(n), disp, extent: Some(extent) };
        let x = b.bind(Type::F64, Op::Load(Type::F64, at(2, 0)));
        let (a, last) = (b.load(0), b.load(1));
        let ax = b.mul(a, x);
        let rest = b.sub(Operand::F64(1.0), a);
        let rl = b.mul(rest, last);
        let y = b.add(ax, rl);
        b.store(1, y);
        b.push(Inst::Store(Type::F64, at(2 + frames, 1), y));
        b.push(Inst::Let(n, Op::IntBinary(IntBinary::Add, Operand::Var(n), Operand::I64(1), None)));
    });
    b.push(Inst::Loop { label: Label(0), watched: false, body });
    let mut state = vec![0.0; 2 + 2 * FRAMES];
    state[0] = 0.1;
    let mut program = b.program(1, &state);
    let Some(Inst::Frames { body }) = program.process.body.pop() else { unreachable!("the builder wraps it") };
    program.process.body = body;
    let (input, output, past) = (2, 2 + FRAMES as u32, 2 + 2 * FRAMES as u32);
    program.form = Form::Block { frames: FRAMES as u32, inputs: vec![input], outputs: vec![output] };
    program.extents = vec![vec![(input, output)], vec![(output, past)]];
    program.sites = vec![SiteInfo { span: Span::default(), exception: "IndexError".into(), message: vec![] }];
    program
}

fn biquad() -> Program {
    let mut b = Builder::new();
    let x = b.bind(Type::F64, Op::Input(0));
    let coefficients: Vec<Operand> = (0..5).map(|n| b.load(n)).collect();
    let (z1, z2) = (b.load(5), b.load(6));
    let t = b.mul(coefficients[0], x);
    let y = b.add(t, z1);
    let t = b.mul(coefficients[1], x);
    let u = b.mul(coefficients[3], y);
    let t = b.sub(t, u);
    let t = b.add(t, z2);
    b.store(5, t);
    let t = b.mul(coefficients[2], x);
    let u = b.mul(coefficients[4], y);
    let t = b.sub(t, u);
    b.store(6, t);
    b.push(Inst::Output(0, y));
    b.program(1, &[0.2, 0.4, 0.2, -0.3, 0.1, 0.0, 0.0])
}

/// `x if v > 0 else 0` as a branch that assigns, the way a specialiser writes a conditional expression.
fn diode(b: &mut Builder, v: Operand) -> Operand {
    let result = b.var(Type::F64, true);
    let above = b.bind(Type::Bool, Op::FloatCompare(Compare::Gt, v, Operand::F64(0.0)));
    let then = b.nested(|b| {
        let mut t = b.mul(Operand::F64(0.17), v);
        for _ in 0..3 {
            t = b.mul(t, v);
        }
        b.push(Inst::Let(result, Op::Copy(t)));
    });
    let otherwise = b.nested(|b| b.push(Inst::Let(result, Op::Copy(Operand::F64(0.0)))));
    b.push(Inst::If { condition: above, then, otherwise });
    Operand::Var(result)
}

fn ring() -> Program {
    let (ra, rm, ri, c, cp, l, fs) = (600.0, 80.0, 50.0, 10e-9, 10e-9, 0.8, 30.0 * 44100.0);
    let k = |x: f64| Operand::F64(x);
    let mut b = Builder::new();
    let counter = b.var(Type::I64, true);
    b.push(Inst::Let(counter, Op::Copy(Operand::I64(0))));
    let body = b.nested(|b| {
        let done = b.bind(Type::Bool, Op::IntCompare(Compare::Ge, Operand::Var(counter), Operand::I64(30)));
        b.push(Inst::If { condition: done, then: vec![Inst::Break(Label(0))], otherwise: vec![] });
        let (vm, vc) = (b.var(Type::F64, true), b.var(Type::F64, true));
        let first = b.bind(Type::Bool, Op::IntCompare(Compare::Eq, Operand::Var(counter), Operand::I64(0)));
        let then = b.nested(|b| {
            b.push(Inst::Let(vm, Op::Input(0)));
            b.push(Inst::Let(vc, Op::Input(1)));
        });
        let otherwise = b.nested(|b| {
            b.push(Inst::Let(vm, Op::Copy(k(0.0))));
            b.push(Inst::Let(vc, Op::Copy(k(0.0))));
        });
        b.push(Inst::If { condition: first, then, otherwise });
        let g: Vec<Operand> = (5..9)
            .map(|n| {
                let v = b.load(n);
                diode(b, v)
            })
            .collect();
        let (v1, v2, v3, i1, i2) = (b.load(0), b.load(1), b.load(2), b.load(3), b.load(4));
        let half = |b: &mut Builder, x: Operand| b.div(x, k(2.0));
        let t = b.mul(k(c * fs), v1);
        let u = b.div(Operand::Var(vm), k(rm));
        let t = b.add(t, u);
        let t = b.add(t, i1);
        let h = half(b, g[0]);
        let t = b.sub(t, h);
        let h = half(b, g[1]);
        let t = b.add(t, h);
        let h = half(b, g[2]);
        let t = b.sub(t, h);
        let h = half(b, g[3]);
        let t = b.add(t, h);
        let v1 = b.mul(k(rm / (1.0 + c * fs * rm)), t);
        b.store(0, v1);
        let t = b.mul(k(c * fs), v2);
        let t = b.add(t, i2);
        let h = half(b, g[0]);
        let t = b.add(t, h);
        let h = half(b, g[1]);
        let t = b.sub(t, h);
        let h = half(b, g[2]);
        let t = b.sub(t, h);
        let h = half(b, g[3]);
        let t = b.add(t, h);
        let v2 = b.mul(k(ra / (1.0 + c * fs * ra)), t);
        b.store(1, v2);
        let t = b.mul(k(cp * fs), v3);
        let t = b.add(t, g[0]);
        let t = b.add(t, g[1]);
        let t = b.sub(t, g[2]);
        let t = b.sub(t, g[3]);
        let v3 = b.mul(k(ri / (1.0 + cp * fs * ri)), t);
        b.store(2, v3);
        let (h1, h2) = (half(b, v1), half(b, v2));
        let n1 = b.neg(v1);
        let n1 = half(b, n1);
        let t = b.sub(h1, h2);
        let t = b.sub(t, v3);
        let v4 = b.sub(t, Operand::Var(vc));
        b.store(5, v4);
        let t = b.add(n1, h2);
        let t = b.sub(t, v3);
        let v5 = b.sub(t, Operand::Var(vc));
        b.store(6, v5);
        let t = b.add(h1, h2);
        let t = b.add(t, v3);
        let v6 = b.add(t, Operand::Var(vc));
        b.store(7, v6);
        let t = b.sub(n1, h2);
        let t = b.add(t, v3);
        let v7 = b.add(t, Operand::Var(vc));
        b.store(8, v7);
        let t = b.div(v1, k(l * fs));
        let i1 = b.sub(i1, t);
        b.store(3, i1);
        let t = b.div(v2, k(l * fs));
        let i2 = b.sub(i2, t);
        b.store(4, i2);
        b.push(Inst::Let(counter, Op::IntBinary(IntBinary::Add, Operand::Var(counter), Operand::I64(1), None)));
    });
    b.push(Inst::Loop { label: Label(0), watched: false, body });
    let y = b.load(1);
    b.push(Inst::Output(0, y));
    b.program(2, &[0.0; 9])
}

/// The fixed-point iteration; cells 0 to 3 are `s`, 4 to 7 `u2` to `u5`, 8 to 10 `vC2` to `vC4`, 11 the output, 12 the
/// factor of the cutoff, 13 `vC1`.
fn vcs3() -> Program {
    let (vt, feedback) = (0.026, 4.0);
    let gamma = 1.836 * vt;
    let k = |x: f64| Operand::F64(x);
    let mut b = Builder::new();
    let x = b.bind(Type::F64, Op::Input(0));
    let counter = b.var(Type::I64, true);
    b.push(Inst::Let(counter, Op::Copy(Operand::I64(0))));
    let body = b.nested(|b| {
        let done = b.bind(Type::Bool, Op::IntCompare(Compare::Ge, Operand::Var(counter), Operand::I64(100)));
        b.push(Inst::If { condition: done, then: vec![Inst::Break(Label(0))], otherwise: vec![] });
        let tanh = |b: &mut Builder, x: Operand| b.bind(Type::F64, Op::Math(MathFn::Tanh, vec![x]));
        let previous = b.load(11);
        let c = b.load(12);
        let stage = |b: &mut Builder, before: Operand, after: Operand| {
            let t = b.sub(before, after);
            let t = b.div(t, k(2.0 * vt));
            tanh(b, t)
        };
        let u1 = stage(b, x, previous);
        let u2 = b.load(4);
        let t = b.add(u2, u1);
        let t = b.mul(c, t);
        let s = b.load(0);
        let v1 = b.add(t, s);
        b.store(13, v1);
        let mut before = v1;
        for n in 0..3 {
            let after = b.load(8 + n);
            let u = stage(b, after, before);
            b.store(4 + n, u);
            let next = b.load(5 + n);
            let t = if n == 2 {
                let minus = b.neg(next);
                b.sub(minus, u)
            } else {
                b.sub(next, u)
            };
            let t = b.mul(c, t);
            let s = b.load(1 + n);
            before = b.add(t, s);
            b.store(8 + n, before);
        }
        let t = b.div(before, k(6.0 * gamma));
        let u5 = tanh(b, t);
        b.store(7, u5);
        let out = b.mul(k(feedback + 0.5), before);
        b.store(11, out);
        let t = b.sub(out, previous);
        let change = b.bind(Type::F64, Op::FloatUnary(FloatUnary::Abs, t));
        let size = b.bind(Type::F64, Op::FloatUnary(FloatUnary::Abs, previous));
        let least = b.mul(k(1e-4), size);
        let settled = b.bind(Type::Bool, Op::FloatCompare(Compare::Lt, change, least));
        b.push(Inst::If { condition: settled, then: vec![Inst::Break(Label(0))], otherwise: vec![] });
        b.push(Inst::Let(counter, Op::IntBinary(IntBinary::Add, Operand::Var(counter), Operand::I64(1), None)));
    });
    b.push(Inst::Loop { label: Label(0), watched: false, body });
    for (n, v) in [(0, 13), (1, 8), (2, 9), (3, 10)] {
        let v = b.load(v);
        let t = b.mul(k(2.0), v);
        let s = b.load(n);
        let t = b.sub(t, s);
        b.store(n, t);
    }
    let out = b.load(11);
    b.push(Inst::Output(0, out));
    let mut state = [0.0; 14];
    // I0 / (4 C Fs) for a cutoff of 1 kHz at 44.1 kHz.
    state[12] = 4.0 * vt * (std::f64::consts::PI * 1000.0 / 44100.0).tan();
    b.program(1, &state)
}

fn main() {
    let directory = std::env::temp_dir().join(format!("oscine-loops-{}", std::process::id()));
    std::fs::create_dir_all(&directory).expect("a temporary directory");
    let (source, library) = (directory.join("peers.c"), directory.join("peers.so"));
    std::fs::write(&source, PEERS).expect("the temporary directory takes a file");
    let status = std::process::Command::new("gcc")
        .args(["-O3", "-march=native", "-shared", "-fPIC", "-o"])
        .args([&library, &source])
        .status()
        .expect("gcc is installed");
    assert!(status.success());
    let path = std::ffi::CString::new(library.to_str().expect("a plain path")).expect("no zero in it");
    let handle = unsafe { dlopen(path.as_ptr(), 2) };
    std::fs::remove_dir_all(&directory).expect("it is ours");

    let m: Vec<f64> = (0..FRAMES).map(|n| 0.3 * (n as f64 * 0.0285).sin()).collect();
    let c: Vec<f64> = (0..FRAMES).map(|n| 0.3 * (n as f64 * 0.0712).sin()).collect();
    for (name, program) in [
        ("one_pole", one_pole()),
        ("one_pole", block_one_pole()),
        ("biquad", biquad()),
        ("ring", ring()),
        ("vcs3", vcs3()),
    ] {
        for fast_math in [false, true] {
            let mut peer_state: Vec<f64> = program.state.iter().map(|w| f64::from_bits(*w)).collect();
            let inputs = program.inputs.len();
            let begin = Instant::now();
            let machine = compile(program.clone(), Options { fast_math }).expect("it translates");
            let compile_ms = begin.elapsed().as_secs_f64() * 1e3;
            let symbol = std::ffi::CString::new(name).expect("no zero in it");
            let kernel: Kernel = unsafe { std::mem::transmute(dlsym(handle, symbol.as_ptr())) };
            let mut processor = machine.instantiate(Arc::new(AtomicU32::new(0)));
            let (mut ours, mut theirs) = (vec![0.0; FRAMES], vec![0.0; FRAMES]);
            let mut best = [f64::INFINITY; 2];
            let mut difference = 0f64;
            for _ in 0..ROUNDS {
                let begin = Instant::now();
                processor.process(&[&m[..], &c[..]][..inputs], &mut [&mut ours]).expect("no fault");
                best[0] = best[0].min(begin.elapsed().as_secs_f64());
                let begin = Instant::now();
                unsafe {
                    kernel(peer_state.as_mut_ptr(), m.as_ptr(), c.as_ptr(), theirs.as_mut_ptr(), FRAMES as i64);
                }
                best[1] = best[1].min(begin.elapsed().as_secs_f64());
                difference = ours.iter().zip(&theirs).map(|(a, b)| (a - b).abs()).fold(difference, f64::max);
            }
            let [ours, theirs] = best.map(|seconds| seconds * 1e9 / FRAMES as f64);
            println!(
                "{name:9} fast_math={fast_math:5} oscine {ours:8.2} ns, C {theirs:8.2} ns, ratio {:.3}; difference {difference:.1e}, {} bytes of code, compiled in {compile_ms:.2} ms",
                ours / theirs,
                machine.code_bytes(),
            );
        }
    }
}
