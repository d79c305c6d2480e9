//! The instructions that a script becomes.
//!
//! Three-address code with structured control flow: every intermediate value is a [`Var`], assigned once if it is a
//! temporary (see [`VarInfo::mutable`]), and blocks nest as in the source, so that passes need no graph. Memory is one
//! flat run of 8-byte *cells*, the state: floats as their bits, ints as they are, bools as 0 or 1. References to
//! arrays and objects are cell indices relative to the state's start, so state can be copied, moved and compared
//! as a block.

pub mod carry;
pub mod print;
pub mod reassociate;
pub mod verify;
mod visit;

use std::sync::Arc;

use oscine_dsp::EventKind;

use crate::source::Span;

/// Machine types. A bool is 0 or 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Type {
    /// 64-bit float.
    F64,
    /// 64-bit signed integer.
    I64,
    /// Truth value.
    Bool,
}

/// A local value of a function, an index into [`Function::vars`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Var(pub u32);

/// What is known of a [`Var`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VarInfo {
    /// Its type.
    pub ty: Type,
    /// Assigned more than once (a variable of the script, or a loop's counter). A var that is not mutable is assigned
    /// by exactly one `Let`, in a block that encloses or precedes every use.
    pub mutable: bool,
}

/// An input of an instruction.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Operand {
    /// A local value.
    Var(Var),
    /// A float constant.
    F64(f64),
    /// An integer constant.
    I64(i64),
    /// A truth constant.
    Bool(bool),
}

/// A cell of the state: `base + disp`. `base` is `I64(0)` for an address known when compiling.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Address {
    /// Cell index, an I64.
    pub base: Operand,
    /// Added to it.
    pub disp: i64,
    /// For an address that is not known: which cells it may be, an index into [`Program::extents`]; accesses through
    /// it never leave them.
    pub extent: Option<u32>,
}

/// Float operations of one operand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FloatUnary {
    /// `-a`
    Neg,
    /// `|a|`
    Abs,
    /// Correctly rounded square root; NaN below zero.
    Sqrt,
    /// Toward minus infinity.
    Floor,
    /// Toward plus infinity.
    Ceil,
    /// Toward zero.
    Trunc,
    /// To the nearest whole number, ties to even.
    RoundEven,
}

/// Float operations of two operands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FloatBinary {
    /// `a + b`
    Add,
    /// `a - b`
    Sub,
    /// `a * b`
    Mul,
    /// IEEE `a / b`; Python's error for zero is a check before it.
    Div,
    /// Python's `a // b` for `b != 0` (IEEE results for `b == 0`, as numpy).
    FloorDiv,
    /// Python's `a % b`, sign of `b`, for `b != 0` (NaN for `b == 0`, as numpy).
    Mod,
    /// `a` with the sign of `b`.
    CopySign,
}

/// Integer operations of two operands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum IntBinary {
    /// `a + b`
    Add,
    /// `a - b`
    Sub,
    /// `a * b`
    Mul,
    /// Python's `a // b`, `b != 0` was checked.
    FloorDiv,
    /// Python's `a % b`, `b != 0` was checked.
    Mod,
    /// `a & b`
    And,
    /// `a | b`
    Or,
    /// `a ^ b`
    Xor,
    /// `a << b`, `0 <= b < 64` was checked.
    Shl,
    /// `a >> b` (arithmetic), `0 <= b` was checked; 63 or more gives the sign.
    Shr,
}

/// Comparisons; of floats: ordered, but `Ne` which is true for NaN.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Compare {
    /// `a == b`
    Eq,
    /// `a != b`
    Ne,
    /// `a < b`
    Lt,
    /// `a <= b`
    Le,
    /// `a > b`
    Gt,
    /// `a >= b`
    Ge,
}

/// Operations on truth values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BoolBinary {
    /// Both.
    And,
    /// Either.
    Or,
    /// Exactly one.
    Xor,
}

/// Functions of the C library's mathematics, floats to a float, IEEE results outside the domain (Python's errors are
/// checks around them). `Pow`, `Fmod` and `Hypot` give the C library's bits, the others agree with it within 2 ulp.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each is the C function of its name")]
pub enum MathFn {
    Sin,
    Cos,
    Tan,
    Asin,
    Acos,
    Atan,
    Atan2,
    Sinh,
    Cosh,
    Tanh,
    Asinh,
    Acosh,
    Atanh,
    Exp,
    Exp2,
    Expm1,
    Log,
    Log2,
    Log10,
    Log1p,
    Pow,
    Cbrt,
    Hypot,
    Fmod,
    Erf,
    Erfc,
    Gamma,
    Lgamma,
}

impl MathFn {
    /// How many operands it takes.
    pub fn arity(self) -> usize {
        match self {
            MathFn::Atan2 | MathFn::Pow | MathFn::Hypot | MathFn::Fmod => 2,
            _ => 1,
        }
    }
}

/// Routines of the runtime, called with integers and cell addresses (as I64 operands) and floats.
///
/// Cells named by a routine may be read and written by it: passes treat a call as touching all of `Op::Call::extents`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Routine {
    /// `(cell, count, stride) -> F64`: numpy's pairwise sum of floats.
    PairwiseSum,
    /// `(a: I64, b: I64) -> F64`: Python's `a / b` of ints, correctly rounded, `b != 0` was checked.
    IntTrueDiv,
    /// `(a: I64, b: I64) -> I64`: `a ** b`, `b >= 0`; sets overflow.
    IntPow,
    /// `(x: F64, digits: I64) -> F64`: Python's `round(x, digits)`.
    RoundDigits,
    /// `(kind: I64, order: I64, low: F64, high: F64, form: I64, out: cell, scratch: cell) -> I64`:
    /// `scipy.signal.butter` with normalised edges (1 is Nyquist); `kind` 0 low, 1 high, 2 band, 3 stop; `form` 0 for
    /// `ba` (`b` then `a`), 1 for `sos` rows. Gives 0.
    Butter,
    /// `(form: I64, n: I64, scale: F64, from: cell, to: cell, table: cell, scratch: cell) -> I64`: a Fourier transform of
    /// `n` points, see `oscine_dsp::fourier`; `form` is the place of one in `Form::ALL`. Gives 0.
    Fourier,
    /// `(state: cell) -> F64`: the next double of the Mersenne Twister whose 624 words and index are cells.
    RandomDouble,
    /// `(state: cell, bits: I64) -> I64`: the next 1 to 32 bits of it.
    RandomBits,
}

/// What a `Let` computes.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "each variant says what its fields are")]
pub enum Op {
    /// The operand itself.
    Copy(Operand),
    /// Float, one operand.
    FloatUnary(FloatUnary, Operand),
    /// Float, two operands.
    FloatBinary(FloatBinary, Operand, Operand),
    /// `a * b + c`, rounded once. Only [`reassociate`] makes it.
    MulAdd(Operand, Operand, Operand),
    /// Integer, two operands; with a site, overflow of `Add`, `Sub`, `Mul` and `Shl` is a fault there, without one it
    /// was proved impossible.
    IntBinary(IntBinary, Operand, Operand, Option<Site>),
    /// Compares floats.
    FloatCompare(Compare, Operand, Operand),
    /// Compares ints.
    IntCompare(Compare, Operand, Operand),
    /// Combines truth values (both operands are computed).
    BoolBinary(BoolBinary, Operand, Operand),
    /// The other truth value.
    Not(Operand),
    /// `condition ? a : b`, both computed; any type.
    Select(Operand, Operand, Operand),
    /// An int as the nearest float.
    IntToFloat(Operand),
    /// A float toward zero as an int; that it fits was checked.
    FloatToInt(Operand),
    /// A truth value as 0 or 1.
    BoolToInt(Operand),
    /// A function of mathematics.
    Math(MathFn, Vec<Operand>),
    /// A routine of the runtime; `overflow` is where `IntPow` faults. `extents` are the cells it may touch.
    Call { routine: Routine, args: Vec<Operand>, extents: Vec<u32>, overflow: Option<Site> },
    /// Reads a cell.
    Load(Type, Address),
    /// The present sample of an input channel; inside `Frames` only.
    Input(u32),
    /// Argument `n` of an event function, of this type.
    Argument(Type, u32),
}

/// A place where a program may fault, an index into [`Program::sites`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Site(pub u32);

/// The name of an enclosing `Block` or `Loop`, unique in its function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Label(pub u32);

/// An instruction.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "each variant says what its fields are")]
pub enum Inst {
    /// Computes and binds.
    Let(Var, Op),
    /// Writes a cell. The operand's type says how.
    Store(Type, Address, Operand),
    /// Runs one of two branches.
    If { condition: Operand, then: Vec<Inst>, otherwise: Vec<Inst> },
    /// Runs once; `Break` leaves it.
    Block { label: Label, body: Vec<Inst> },
    /// Runs until something leaves it; `Continue` and the body's end go back to its start. A `watched` loop looks at
    /// the stop flag there, others were proved short.
    Loop { label: Label, watched: bool, body: Vec<Inst> },
    /// Leaves the enclosing block or loop of that label.
    Break(Label),
    /// Goes back to the start of the enclosing loop of that label.
    Continue(Label),
    /// Runs the body once a frame of the block: the sample loop. At most one in a function, at its top level, and
    /// always watched.
    Frames { body: Vec<Inst> },
    /// Writes the present sample of an output channel; inside `Frames` only.
    Output(u32, Operand),
    /// Leaves the program with a fault, its message's values as operands (at most 4; ints are converted).
    Fault(Site, Vec<Operand>),
    /// What follows comes from here; for profiles and printed code.
    Line(Span),
}

/// A compiled entry: `process`, `update` or an event function, with all it calls.
#[derive(Debug, Clone, Default)]
pub struct Function {
    /// What it is the code of.
    pub name: String,
    /// Its local values.
    pub vars: Vec<VarInfo>,
    /// Its instructions.
    pub body: Vec<Inst>,
}

/// How a fault is told.
#[derive(Debug, Clone, PartialEq)]
pub struct SiteInfo {
    /// The statement or expression at fault.
    pub span: Span,
    /// Python's exception: `ZeroDivisionError`.
    pub exception: String,
    /// The message as literal parts and values in turn.
    pub message: Vec<MessagePart>,
}

/// A part of a fault's message.
#[derive(Debug, Clone, PartialEq)]
pub enum MessagePart {
    /// Words.
    Text(String),
    /// The fault's next value as a float's repr.
    Float,
    /// The fault's next value as an int.
    Int,
}

/// What a stretch of the state is, for people, hot reload and tests.
#[derive(Debug, Clone, PartialEq)]
pub struct StateEntry {
    /// Its path: `last`, `voice.phase`, `lines[2].buffer`.
    pub path: String,
    /// The type of its cells.
    pub ty: Type,
    /// Its first cell.
    pub cell: u32,
    /// How many cells.
    pub count: u32,
    /// Whether audio time writes it.
    pub written: bool,
    /// The name of what it is a part of, often its path again: a deque's places, length and elements, or an optional's
    /// mark and value, only make sense together.
    pub unit: Arc<str>,
    /// For cells that hold addresses, or numbers of things that only this program numbers so: what each word stands for,
    /// by name. A word that is not listed means nothing to another program.
    pub stands_for: Option<Arc<[(u64, String)]>>,
    /// Least and largest value that the program relies on finding in cells of ints.
    pub bounds: Option<(i64, i64)>,
}

/// A parameter and the cells that hold its value.
#[derive(Debug, Clone, PartialEq)]
pub struct ParamCells {
    /// The declaration.
    pub param: oscine_dsp::Param,
    /// The type of its cells (a choice is an I64 index).
    pub ty: Type,
    /// Where the program reads it.
    pub cells: Vec<u32>,
}

/// How `process` takes its samples.
#[derive(Debug, Clone, PartialEq)]
pub enum Form {
    /// One sample a call: inputs by `Op::Input`, outputs by `Inst::Output`.
    Sample,
    /// One block a call: the caller writes input `i` into cells `inputs[i]..+frames` before and reads output `j` from
    /// cells `outputs[j]..+frames` after.
    Block {
        /// Frames of a block.
        frames: u32,
        /// First cell of each input.
        inputs: Vec<u32>,
        /// First cell of each output.
        outputs: Vec<u32>,
    },
}

/// A function for each kind of event, where the script has one.
pub type EventFunctions = [Option<Function>; EventKind::ALL.len()];

/// The types of what an event hands to its function.
pub fn event_arguments(kind: EventKind) -> &'static [Type] {
    match kind {
        EventKind::NoteOn | EventKind::ControlChange | EventKind::PolyPressure => &[Type::I64, Type::F64],
        EventKind::NoteOff | EventKind::ProgramChange | EventKind::SongPosition => &[Type::I64],
        EventKind::PitchBend | EventKind::ChannelPressure => &[Type::F64],
        EventKind::Clock | EventKind::ClockStart | EventKind::ClockStop | EventKind::ClockContinue => &[],
    }
}

/// Everything that the translator needs, and nothing of Python.
#[derive(Debug, Clone)]
pub struct Program {
    /// How samples go in and out.
    pub form: Form,
    /// The inputs in order.
    pub inputs: Vec<oscine_dsp::InputPort>,
    /// Number of output channels.
    pub outputs: u32,
    /// `process`.
    pub process: Function,
    /// `update`, if the script has it.
    pub update: Option<Function>,
    /// What events call, each by the number of its kind, with [`event_arguments`].
    pub events: EventFunctions,
    /// The state before the first sample, one word a cell.
    pub state: Vec<u64>,
    /// What the cells are; scratch memory has no entry.
    pub entries: Vec<StateEntry>,
    /// Parameters in order.
    pub params: Vec<ParamCells>,
    /// Cell ranges `(first, past the last)` that addresses may refer to.
    pub extents: Vec<Vec<(u32, u32)>>,
    /// The places that may fault.
    pub sites: Vec<SiteInfo>,
    /// The files, for messages.
    pub sources: crate::source::Sources,
    /// The script's `samplerate`, in Hz.
    pub sample_rate: f64,
}

impl Program {
    /// `update` and the event functions that the script has, in the order of their declaration.
    pub fn entries_beside_process(&self) -> impl Iterator<Item = &Function> {
        self.update.iter().chain(self.events.iter().flatten())
    }
}

/// `1 / x`, if it is exact: `x` is a power of two and neither is subnormal.
pub fn exact_reciprocal(x: f64) -> Option<f64> {
    let reciprocal = 1.0 / x;
    let is_power = x.is_normal() && x.to_bits() & ((1 << 52) - 1) == 0;
    (is_power && reciprocal.is_normal()).then_some(reciprocal)
}
