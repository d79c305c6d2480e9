//! From live objects and the text of `process` to instructions.
//!
//! A [`Walker`] walks `process`, `update` and the event functions over the live heap as an interpreter would, but on
//! values of which some parts are operands of instructions to come ([`kind::Val`]). Constants fold, branches on constants
//! are taken at once, calls are inlined, and what depends on a sample becomes an instruction. In the words of the
//! field this is polyvariant specialisation by symbolic execution (Jones, Gomard, Sestoft: "Partial Evaluation and
//! Automatic Program Generation", 1993), and reading types off the live objects is `RPython`'s idea (Ancona, Ancona, Cuni,
//! Matsakis, DLS 2007).
//!
//! Kinds that a walk cannot know yet (what a loop's end brings back to its head, what a later store puts into a global)
//! are taken from the walk before and joined with what this one finds; the whole is walked again until nothing
//! changes. Kinds only ever grow, so that it ends, and the last walk's instructions are the program.
//!
//! - [`kind`], [`heap`]: values, and the memory behind them.
//! - [`emit`]: instructions, folding, intervals.
//! - [`scope`], [`flow`]: variables, and what becomes of them where ways meet.
//! - [`scratch`]: memory for results.
//! - [`memory`]: slots and elements read and written; conversions between kinds.
//! - [`statements`], [`exceptions`], [`expressions`], [`comprehensions`], [`operators`], [`calls`], [`objects`],
//!   [`made`], [`sequences`], [`rings`], [`growing`], [`iterate`]: the language.
//! - [`builtins`], [`functools`], [`sorting`], [`mathematics`], [`complex`], [`random`], [`ndarray`], [`signal`]: the
//!   library.
//! - [`form`], [`entries`]: sample or block form; how samples come and go.

mod builtins;
mod calls;
mod complex;
mod comprehensions;
mod emit;
mod entries;
mod exceptions;
mod expressions;
mod flow;
pub mod form;
mod functools;
mod growing;
mod heap;
mod iterate;
mod kind;
mod made;
mod mathematics;
mod memory;
mod ndarray;
mod objects;
mod operators;
mod random;
mod rings;
mod scope;
mod scratch;
mod sequences;
mod signal;
mod sorting;
mod statements;
mod turn;

use std::collections::HashMap;

use crate::diagnostics::{Diagnostic, errors};
use crate::evaluate::Loaded;
use crate::evaluate::value::Name;
use crate::ir::FloatBinary;
use crate::pipeline::{Checked, Failure};
use crate::source::Span;

use emit::Emitter;
use exceptions::{Catcher, Final};
use flow::{Call, Loop};
use heap::Heap;
use kind::Kind;
use scope::Scopes;

/// An error was told; what depends on its place is skipped.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Told;

/// What walking an expression gives.
pub(crate) type Walk<T> = Result<T, Told>;

/// The walk is repeated at most so often; kinds grow by a few steps, so that this is never reached.
const MOST_ROUNDS: usize = 200;

/// A program that inlines to more than this does not compile in reasonable time.
const MOST_INSTRUCTIONS: usize = 400_000;

/// A place of the program in the context of the calls and unrolled iterations around it.
type Path = u32;

/// What a memorised kind belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Memo {
    /// A variable (of the scope with that path) at the head of the loop or the end of the block at that place.
    Variable(Path, Span, Path, Name),
    /// What a call returns.
    Return(Path),
}

/// Walks a script's audio time.
pub(crate) struct Walker<'a> {
    loaded: &'a Loaded,
    heap: Heap,
    made: made::MadeObjects,
    emit: Emitter,
    scopes: Scopes,
    errors: Vec<Diagnostic>,
    /// Kinds found where ways meet, kept from round to round.
    memo: HashMap<Memo, Kind>,
    paths: HashMap<(Path, Span, usize), Path>,
    path: Path,
    calls: Vec<Call>,
    loops: Vec<Loop>,
    /// `except` clauses around what is walked, the innermost last.
    catchers: Vec<Catcher>,
    /// The script's own exceptions that were raised, with the names of the classes that they derive from.
    raised: HashMap<String, Vec<String>>,
    /// `finally` around what is walked, the innermost last.
    finals: Vec<Final>,
    /// Whether the place of the program that is walked can be reached.
    is_alive: bool,
    /// The expression that is walked, for faults and errors.
    span: Span,
    /// Whether a `process` without inputs was found to return blocks.
    is_block_generator: bool,
    /// Whether blocks are taken because of how the arguments are used, and not because an annotation says so.
    is_block_by_use: bool,
    /// Scratch memories asked for at this place so far.
    scratch_count: HashMap<(Path, Span), u32>,
    /// How many loops are around the place that is walked, those of callers too.
    turns_open: usize,
}

/// Types `process` and all it reaches, and gives its instructions.
pub fn specialise(loaded: &Loaded) -> Result<Checked, Failure> {
    let mut walker = Walker {
        loaded,
        heap: Heap::new(&loaded.module),
        made: made::MadeObjects::default(),
        emit: Emitter::default(),
        scopes: Scopes::default(),
        errors: vec![],
        memo: HashMap::new(),
        paths: HashMap::new(),
        path: 0,
        calls: vec![],
        loops: vec![],
        catchers: vec![],
        raised: HashMap::new(),
        finals: vec![],
        is_alive: true,
        span: Span::default(),
        is_block_generator: false,
        is_block_by_use: false,
        scratch_count: HashMap::new(),
        turns_open: 0,
    };
    let fail = |diagnostics| Failure { sources: loaded.sources.clone(), diagnostics };
    for _ in 0..MOST_ROUNDS {
        walker.begin_round();
        let parts = walker.walk_entries();
        if walker.heap.changed && walker.emit.count < MOST_INSTRUCTIONS {
            continue;
        }
        if !walker.errors.is_empty() {
            return Err(fail(walker.told()));
        }
        return match parts {
            Ok(parts) => Ok(walker.finish(parts)),
            Err(Told) => Err(fail(vec![errors::not_understood(walker.span)])),
        };
    }
    let span = walker.span;
    Err(fail(vec![errors::too_complex(span)]))
}

impl Walker<'_> {
    fn begin_round(&mut self) {
        self.heap.begin_round();
        self.emit.sites.clear();
        self.emit.extents.clear();
        self.emit.count = 0;
        self.errors.clear();
        self.scratch_count.clear();
        self.turns_open = 0;
    }

    /// The errors, each once and in the order of the text.
    fn told(&mut self) -> Vec<Diagnostic> {
        let mut errors = std::mem::take(&mut self.errors);
        errors.sort_by_key(|error| (error.span.file.0, error.span.start));
        errors.dedup_by(|a, b| a.span == b.span && a.code == b.code);
        // A name that is wrong is told where it is first met.
        let mut known: Vec<(&str, String)> = vec![];
        errors.retain(|error| {
            if !matches!(error.code, "unknown-name" | "unbound-variable" | "two-types" | "no-attribute") {
                return true;
            }
            let told = (error.code, error.message.clone());
            let is_new = !known.contains(&told);
            known.push(told);
            is_new
        });
        errors
    }

    /// Tells an error; one in oscine's own library at the script's line that called it.
    fn refuse<T>(&mut self, mut error: Diagnostic) -> Walk<T> {
        let sources = &self.loaded.sources;
        if sources.is_in_library(error.span) {
            error.span = self.emit.caller.unwrap_or(error.span);
        }
        if self.is_block_by_use && matches!(error.code, "array-truth" | "shape-mismatch" | "two-types") {
            let words = "where one sample is meant and not a block, say so: `def process(x: float)`";
            error.help = Some(error.help.map_or_else(|| words.to_owned(), |help| format!("{help}; {words}")));
        }
        error.related.retain(|(place, _)| !sources.is_in_library(*place));
        self.errors.push(error);
        Err(Told)
    }

    /// The path of `index` at `span` below the present one.
    fn path_below(&mut self, span: Span, index: usize) -> Path {
        let next = self.paths.len() as Path + 1;
        *self.paths.entry((self.path, span, index)).or_insert(next)
    }

    /// Walks with another path.
    fn on_path<T>(&mut self, path: Path, walk: impl FnOnce(&mut Self) -> T) -> T {
        let outer = std::mem::replace(&mut self.path, path);
        let result = walk(self);
        self.path = outer;
        result
    }

    /// Walks with faults and errors placed at `span`.
    fn at<T>(&mut self, span: Span, walk: impl FnOnce(&mut Self) -> T) -> T {
        let outer = std::mem::replace(&mut self.span, span);
        let result = walk(self);
        self.span = outer;
        result
    }

    /// Shorthand for the commonest operation.
    fn float_op(&mut self, op: FloatBinary, a: crate::ir::Operand, b: crate::ir::Operand) -> crate::ir::Operand {
        self.emit.float_binary(op, a, b)
    }
}
