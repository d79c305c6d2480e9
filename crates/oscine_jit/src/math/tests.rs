//! Each function as machine code against 80-bit arithmetic, and at the points where C says exactly what comes out.

use std::io::Write;
use std::process::{Command, Stdio};

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{AbiParam, BlockArg, InstBuilder, MemFlagsData, types};
use cranelift_codegen::settings::{self, Configurable};
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};
use cranelift_jit::{JITBuilder, JITModule};
use cranelift_module::{Linkage, Module};
use oscine_lang::ir::MathFn;

use super::emit;
use crate::runtime;

type Ranges = &'static [(f64, f64)];

/// Functions with inlined code and the ranges that their arguments are drawn from.
const INLINED: &[(MathFn, &str, Ranges)] = &[
    (MathFn::Tanh, "tanh", &[(-20.0, 20.0), (-2.0, 2.0), (-0.1, 0.1), (-1e-8, 1e-8)]),
    (MathFn::Sin, "sin", &[(-4.0, 4.0), (-0.01, 0.01), (-1e3, 1e3), (-1.7e6, 1.7e6), (-1.1e9, 1.1e9)]),
    (MathFn::Cos, "cos", &[(-4.0, 4.0), (1.57, 1.571), (-1e3, 1e3), (-1.7e6, 1.7e6), (-1.1e9, 1.1e9)]),
    (MathFn::Exp, "exp", &[(-750.0, 720.0), (-1.0, 1.0), (-1e-5, 1e-5)]),
    (MathFn::Exp2, "exp2", &[(-1080.0, 1030.0), (-1.0, 1.0), (-1e-5, 1e-5)]),
    (MathFn::Cosh, "cosh", &[(-715.0, 715.0), (-1.0, 1.0), (-0.02, 0.02)]),
    (MathFn::Log, "log", &[(0.0, 1e308), (0.0, 10.0), (0.5, 1.5), (0.999, 1.001), (0.0, 1e-300)]),
];

/// `function` of every element, as machine code with or without fused multiply-add.
fn compute(function: MathFn, fused: bool, xs: &[f64]) -> Vec<f64> {
    let mut flags = settings::builder();
    flags.set("opt_level", "speed").expect("a setting");
    flags.set("is_pic", "false").expect("a setting");
    let isa = cranelift_native::builder().expect("a known machine");
    let isa = isa.finish(settings::Flags::new(flags)).expect("a known machine");
    let has_fma = isa.isa_flags().iter().any(|f| f.name == "has_fma" && f.as_bool() == Some(true));
    let mut builder = JITBuilder::with_isa(isa, cranelift_module::default_libcall_names());
    builder.symbols(runtime::symbols());
    let mut module = JITModule::new(builder);
    let mut context = module.make_context();
    context.func.signature.params.extend([AbiParam::new(types::I64); 2]);
    let config = module.target_config();
    let mut frontend = FunctionBuilderContext::new();
    let mut b = FunctionBuilder::new(&mut context.func, &mut frontend);
    let [entry, body, end] = std::array::from_fn(|_| b.create_block());
    b.append_block_params_for_function_params(entry);
    let at = b.append_block_param(body, types::I64);
    b.switch_to_block(entry);
    let [first, past] = [0, 1].map(|n| b.block_params(entry)[n]);
    b.ins().jump(body, &[BlockArg::Value(first)]);
    b.switch_to_block(body);
    let x = b.ins().load(types::F64, MemFlagsData::trusted(), at, 0);
    let y = emit(function, &[x], &mut b, fused && has_fma, &mut |b, symbol, args| {
        let mut signature = module.make_signature();
        signature.params.extend(args.iter().map(|_| AbiParam::new(types::F64)));
        signature.returns.push(AbiParam::new(types::F64));
        let id = module.declare_function(symbol, Linkage::Import, &signature).expect("one signature");
        let function = module.declare_func_in_func(id, b.func);
        let call = b.ins().call(function, args);
        b.inst_results(call)[0]
    });
    b.ins().store(MemFlagsData::trusted(), y, at, 0);
    let next = b.ins().iadd_imm_s(at, 8);
    let more = b.ins().icmp(IntCC::UnsignedLessThan, next, past);
    b.ins().brif(more, body, &[BlockArg::Value(next)], end, &[]);
    b.switch_to_block(end);
    b.ins().return_(&[]);
    b.seal_all_blocks();
    b.finalize(config);
    let id = module.declare_anonymous_function(&context.func.signature).expect("a function");
    module.define_function(id, &mut context).expect("code");
    module.finalize_definitions().expect("code");
    let mut ys = xs.to_vec();
    let range = ys.as_mut_ptr_range();
    // SAFETY: the code has this signature; it reads and writes the floats of the range, which is not empty.
    #[expect(unsafe_code, reason = "machine code is called by its address")]
    unsafe {
        let code: extern "C" fn(*mut f64, *mut f64) = std::mem::transmute(module.get_finalized_function(id));
        code(range.start, range.end);
        module.free_memory();
    }
    ys
}

/// Points that are spread over the ranges, the same ones every time.
fn points(ranges: Ranges, count: usize) -> Vec<f64> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / (1_u64 << 53) as f64
    };
    let spread = ranges
        .iter()
        .flat_map(|(low, high)| (0..count / ranges.len()).map(|_| low + (high - low) * next()).collect::<Vec<_>>());
    spread.collect()
}

#[test]
fn inlined_functions_are_within_two_ulp() {
    let Ok(python) = std::env::var("OSCINE_PYTHON") else { return };
    for (function, name, ranges) in INLINED {
        for fused in [true, false] {
            let xs = points(ranges, 1_000_000);
            let ys = compute(*function, fused, &xs);
            let bytes: Vec<u8> = xs.iter().chain(&ys).flat_map(|x| x.to_le_bytes()).collect();
            let mut referee = Command::new(&python);
            referee.args(["-c", include_str!("referee.py"), name]);
            let mut referee = referee.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("CPython runs");
            referee.stdin.take().expect("a pipe").write_all(&bytes).expect("CPython reads");
            let output = referee.wait_with_output().expect("CPython runs");
            assert!(output.status.success());
            let words = String::from_utf8(output.stdout).expect("the referee writes ASCII");
            let error: f64 = words.split(' ').next().and_then(|w| w.parse().ok()).expect("an error first");
            assert!(error < 2.0, "{name}, fused {fused}: {words}");
        }
    }
}

#[test]
fn special_points_are_those_of_c() {
    const TINY: f64 = 5e-324;
    let points = [
        0.0,
        -0.0,
        1.0,
        -1.0,
        2.0,
        1e-308,
        -1e-308,
        TINY,
        -TINY,
        1e-17,
        1e300,
        -1e300,
        f64::MAX,
        f64::MIN,
        f64::INFINITY,
        f64::NEG_INFINITY,
        f64::NAN,
        707.0,
        710.0,
        -745.2,
        -746.0,
        1024.0,
        -1074.0,
        -1075.0,
        19.1,
        -30.0,
    ];
    for (function, name, _) in INLINED {
        let expected: fn(f64) -> f64 = match function {
            MathFn::Tanh => f64::tanh,
            MathFn::Sin => f64::sin,
            MathFn::Cos => f64::cos,
            MathFn::Exp => f64::exp,
            MathFn::Exp2 => f64::exp2,
            MathFn::Cosh => f64::cosh,
            _ => f64::ln,
        };
        for fused in [true, false] {
            for (x, y) in points.iter().zip(compute(*function, fused, &points)) {
                let exact = expected(*x);
                let special = exact == 0.0 || exact.is_infinite() || exact.abs() == 1.0 || x.abs() < 1e-16;
                let same = y.to_bits() == exact.to_bits() || (y.is_nan() && exact.is_nan());
                let near = !special && !exact.is_nan() && y.to_bits().abs_diff(exact.to_bits()) <= 2;
                assert!(same || near, "{name}({x:e}), fused {fused}: {y:e}, not {exact:e}");
            }
        }
    }
}
