//! Runs a script's load time: a tree-walking evaluator of Python on dynamic values.
//!
//! What it leaves, [`Loaded`], is the live heap: every global, attribute, array and list that exists when the first
//! sample is computed. The next stage reads lengths and types off these objects.
//!
//! The files are the parts of the language. [`Interpreter`] is what they share; each adds its methods to it.
//!
//! - `statements`, `protect`, `assign`, `expressions`, `comprehensions`, `generators`: the walk of the tree.
//! - `environment`: names. `calls`, `classes`, `enums`, `attributes`: functions and objects.
//! - `operators`, `arithmetic`, `compare`, `keys`, `subscripts`, `iterate`, `itertools`, `methods`: what values can do.
//! - `display`, `format`, `numerals`: values as text.
//! - `imports`, `exceptions`, `types`, `limits`: what surrounds a script.

#![allow(clippy::unnecessary_box_returns, reason = "an error is boxed because `Result` carries it so")]

pub(crate) mod arithmetic;
pub mod array;
pub(crate) mod assign;
pub(crate) mod attributes;
mod bury;
pub(crate) mod calls;
pub(crate) mod classes;
pub(crate) mod compare;
pub(crate) mod comprehensions;
mod cycles;
pub(crate) mod display;
pub(crate) mod enums;
pub(crate) mod environment;
pub mod exceptions;
pub(crate) mod expressions;
pub(crate) mod format;
pub(crate) mod generators;
pub(crate) mod hash;
pub(crate) mod imports;
pub mod iterate;
pub(crate) mod itertools;
pub(crate) mod keys;
pub(crate) mod limits;
pub(crate) mod methods;
pub(crate) mod numerals;
pub(crate) mod operators;
pub(crate) mod protect;
mod set_order;
pub(crate) mod statements;
pub(crate) mod subscripts;
pub mod types;
pub mod value;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

use crate::diagnostics::{Diagnostic, errors};
use crate::pipeline::Failure;
use crate::source::{FileId, Sources, Span};
use crate::syntax;
pub(crate) use classes::abstract_method;
pub(crate) use cycles::end;
pub(crate) use enums::{is_enum, members as enum_members};
use environment::Env;
pub use limits::on_large_stack;
use value::{Module, Raised};

/// The fixed facts of a run that a script may read while it loads.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LoadOptions {
    /// `oscine.samplerate`, in Hz.
    pub sample_rate: f64,
    /// `oscine.blocksize`, in frames.
    pub block_frames: usize,
}

/// A script after its load time.
#[derive(Debug)]
pub struct Loaded {
    /// The script's module; its namespace roots the live heap.
    pub module: Rc<Module>,
    /// Every file that was read, the script first, then local imports.
    pub sources: Sources,
    /// What the run was loaded for.
    pub options: LoadOptions,
}

/// How long a script may take to load.
const LOAD_BUDGET: Duration = Duration::from_secs(30);

/// The evaluator.
pub struct Interpreter<'p> {
    options: LoadOptions,
    sources: Sources,
    print: &'p mut dyn FnMut(&str),
    /// Every module that was imported, by its dotted name.
    modules: HashMap<String, Rc<Module>>,
    /// The folders of packages, by their dotted names.
    folders: HashMap<String, PathBuf>,
    /// Where local files are looked for.
    root: PathBuf,
    /// What is wrong with the text of an imported file.
    syntax_errors: Vec<Diagnostic>,
    /// The exceptions that are being handled, the latest last.
    handled: Vec<Raised>,
    /// What a `__getattr__` raised when it was asked for an attribute that is not there.
    missing: Option<Box<Raised>>,
    /// The containers whose repr is being made.
    shown: Vec<usize>,
    /// The texts of generator expressions, each kept once.
    elements: HashMap<Span, Rc<comprehensions::Elements>>,
    /// Which statements contain a `yield`.
    yields: HashMap<Span, bool>,
    limits: limits::Limits,
}

impl std::fmt::Debug for Interpreter<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Interpreter").field("options", &self.options).finish_non_exhaustive()
    }
}

impl<'p> Interpreter<'p> {
    /// An evaluator that prints by `print`, a piece of text at a time.
    pub fn new(options: LoadOptions, print: &'p mut dyn FnMut(&str)) -> Self {
        Self {
            options,
            sources: Sources::default(),
            print,
            modules: HashMap::new(),
            folders: HashMap::new(),
            root: PathBuf::new(),
            syntax_errors: vec![],
            handled: vec![],
            missing: None,
            shown: vec![],
            elements: HashMap::new(),
            yields: HashMap::new(),
            limits: limits::Limits::new(LOAD_BUDGET),
        }
    }

    /// Gives the script another time in which to load; it begins now.
    pub fn set_budget(&mut self, budget: Duration) {
        self.limits = limits::Limits::new(budget);
    }

    /// Runs a script's top level. Its functions can be called afterwards by [`Interpreter::call`].
    pub fn load(&mut self, path: &Path, text: String) -> Result<Loaded, Failure> {
        let file = self.sources.add(path, text);
        self.root = path.parent().map(Path::to_path_buf).unwrap_or_default();
        let tree = match syntax::parse(&self.sources, file) {
            Ok(tree) => tree,
            Err(diagnostics) => return Err(Failure { sources: self.sources.clone(), diagnostics }),
        };
        let module = imports::new_module("script", Some(file));
        let file_name = value::Value::Str(value::Name::from(path.to_string_lossy()));
        module.globals.set(value::Name::from("__file__"), file_name);
        self.modules.insert("script".to_owned(), module.clone());
        match self.run_body(&tree.body, &Env::of_module(&module)) {
            Ok(_) => Ok(Loaded { module, sources: self.sources.clone(), options: self.options }),
            Err(raised) => Err(self.failure(&raised)),
        }
    }

    /// Counts a step of the script's time.
    pub(crate) fn step(&mut self) -> value::Result<()> {
        self.limits.step()
    }

    /// An error where the stack comes to its end.
    pub(crate) fn check_stack(&self) -> value::Result<()> {
        self.limits.check_stack()
    }

    /// Prints.
    pub(crate) fn print_text(&mut self, text: &str) {
        (self.print)(text);
    }

    /// What the script is loaded for.
    pub(crate) fn options(&self) -> LoadOptions {
        self.options
    }

    /// The files read so far.
    #[must_use]
    pub fn sources(&self) -> &Sources {
        &self.sources
    }

    /// What an exception is called and says: `ZeroDivisionError: division by zero`.
    pub fn describe(&mut self, raised: &Raised) -> String {
        let name = raised.class().name.clone();
        // A script's own `__str__` may raise in its turn.
        let words = self.str(&raised.exception).unwrap_or_default();
        if words.is_empty() { name.to_string() } else { format!("{name}: {words}") }
    }

    /// An exception that left the script, as diagnostics.
    fn failure(&mut self, raised: &Raised) -> Failure {
        if raised.is("SyntaxError") && !self.syntax_errors.is_empty() {
            let diagnostics = std::mem::take(&mut self.syntax_errors);
            return Failure { sources: self.sources.clone(), diagnostics };
        }
        // Innermost first; the script's own files are where a person looks.
        let mut places = raised.traceback.clone();
        places.retain(|place| !self.sources.is_in_library(*place));
        let span = places.first().copied().unwrap_or(Span { file: FileId(0), start: 0, end: 0 });
        let mut diagnostic = if raised.is_final() {
            let words = raised.first_argument().and_then(|words| words.as_str().cloned());
            errors::loads_too_long(span, words.as_deref().unwrap_or("the script loads too long"))
        } else {
            errors::raised_while_loading(span, self.describe(raised))
        };
        // A deep recursion would fill pages with the same line.
        for place in places.iter().skip(1).take(8) {
            diagnostic = diagnostic.related(*place, "called from here");
        }
        Failure { sources: self.sources.clone(), diagnostics: vec![diagnostic] }
    }
}

/// Loads a script that is called `path` in messages, and beside which its own imports are looked for.
pub fn load(path: &Path, text: String, options: LoadOptions, print: &mut dyn FnMut(&str)) -> Result<Loaded, Failure> {
    Interpreter::new(options, print).load(path, text)
}
