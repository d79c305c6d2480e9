//! A compiled program: its machine code, and what is needed to run and explain it.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::AtomicU32;

use cranelift_codegen::Context as CodeContext;
use cranelift_codegen::settings::{self, Configurable};
use cranelift_frontend::FunctionBuilderContext;
use cranelift_jit::{JITBuilder, JITModule};
use cranelift_module::{FuncId, Module};
use oscine_dsp::{EventKind, Face, FaultWords};
use oscine_lang::ir::carry::carry;
use oscine_lang::ir::reassociate::reassociate;
use oscine_lang::ir::verify::verify;
use oscine_lang::ir::{Form, Function, Program};
use oscine_lang::source::Span;

use crate::context::Entry;
use crate::processor::ScriptProcessor;
use crate::runtime;
use crate::translate::{self, Settings};
use crate::words;

/// What the user may choose.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// Permits fused multiply-add and re-association.
    pub fast_math: bool,
}

/// The translator could not do its work: a bug of oscine's, or a machine that it does not know.
#[derive(Debug, Clone)]
pub struct Error(String);

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Error {}

impl Error {
    fn new(stage: &str, words: impl std::fmt::Display) -> Self {
        Self(format!("{stage}: {words}"))
    }
}

/// The addresses of a program's entries. They live as long as their [`Machine`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entries {
    pub(crate) process: Entry,
    pub(crate) update: Option<Entry>,
    /// By the number of the event's kind.
    pub(crate) events: [Option<Entry>; EventKind::ALL.len()],
}

/// A program as machine code. Every [`ScriptProcessor`] of it holds it alive.
pub struct Machine {
    program: Program,
    face: Face,
    entries: Entries,
    /// Places of the watched loops, whose sites follow the program's own.
    watches: Vec<Span>,
    code_bytes: usize,
    /// Owner of the code's memory; taken when the machine is dropped.
    module: Mutex<Option<JITModule>>,
}

impl std::fmt::Debug for Machine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Machine").field("code_bytes", &self.code_bytes).finish_non_exhaustive()
    }
}

/// Translates a program to machine code.
pub fn compile(mut program: Program, options: Options) -> Result<Arc<Machine>, Error> {
    verify(&program).map_err(|e| Error::new("instructions", e))?;
    carry(&mut program);
    let mut flags = settings::builder();
    for (name, value) in [
        ("opt_level", "speed"),
        ("enable_verifier", if cfg!(debug_assertions) { "true" } else { "false" }),
        ("use_colocated_libcalls", "false"),
        ("is_pic", "false"),
        ("unwind_info", "false"),
        ("enable_probestack", "false"),
    ] {
        flags.set(name, value).map_err(|e| Error::new("settings", e))?;
    }
    let isa = cranelift_native::builder().map_err(|e| Error::new("this machine", e))?;
    let isa = isa.finish(settings::Flags::new(flags)).map_err(|e| Error::new("this machine", e))?;
    let masks = isa.name() == "x64";
    let has_fma = isa.isa_flags().iter().any(|f| f.name == "has_fma" && f.as_bool() == Some(true));
    if options.fast_math {
        reassociate(&mut program, has_fma);
    }
    debug_assert_eq!(verify(&program), Ok(()));
    let mut builder = JITBuilder::with_isa(isa, cranelift_module::default_libcall_names());
    builder.symbols(runtime::symbols());
    let mut module = JITModule::new(builder);

    let settings = Settings { has_fma, masks };
    let mut compiler = Compiler {
        program: &program,
        settings,
        watches: vec![],
        context: module.make_context(),
        frontend: FunctionBuilderContext::new(),
        code_bytes: 0,
    };
    let process = compiler.function(&mut module, &program.process)?;
    let mut optional = |function: &Option<Function>| -> Result<Option<FuncId>, Error> {
        function.as_ref().map(|f| compiler.function(&mut module, f)).transpose()
    };
    let update = optional(&program.update)?;
    let mut events = [None; EventKind::ALL.len()];
    for (event, function) in events.iter_mut().zip(&program.events) {
        *event = optional(function)?;
    }
    let Compiler { watches, code_bytes, .. } = compiler;
    module.finalize_definitions().map_err(|e| Error::new("linking", e))?;

    #[expect(unsafe_code, reason = "machine code is called by its address")]
    let entry = |id: FuncId| -> Entry {
        let code = module.get_finalized_function(id);
        // SAFETY: the function was declared with `entry_signature`, one pointer to one integer, in the system's
        // calling convention, which is what `Entry` is.
        unsafe { std::mem::transmute::<*const u8, Entry>(code) }
    };
    let entries =
        Entries { process: entry(process), update: update.map(entry), events: events.map(|event| event.map(entry)) };
    let face = face(&program);
    Ok(Arc::new(Machine { program, face, entries, watches, code_bytes, module: Mutex::new(Some(module)) }))
}

struct Compiler<'a> {
    program: &'a Program,
    settings: Settings,
    watches: Vec<Span>,
    context: CodeContext,
    frontend: FunctionBuilderContext,
    code_bytes: usize,
}

impl Compiler<'_> {
    fn function(&mut self, module: &mut JITModule, function: &Function) -> Result<FuncId, Error> {
        self.context.clear();
        self.context.func.signature = translate::entry_signature(module);
        let id = module
            .declare_anonymous_function(&self.context.func.signature)
            .map_err(|e| Error::new(&function.name, e))?;
        translate::translate(
            self.program,
            function,
            &self.settings,
            &mut self.watches,
            module,
            &mut self.context.func,
            &mut self.frontend,
        );
        module.define_function(id, &mut self.context).map_err(|e| Error::new(&function.name, format!("{e:?}")))?;
        self.code_bytes += self.context.compiled_code().map_or(0, |code| code.code_buffer().len());
        Ok(id)
    }
}

fn face(program: &Program) -> Face {
    Face {
        inputs: program.inputs.clone(),
        outputs: program.outputs as usize,
        params: program.params.iter().map(|p| p.param.clone()).collect(),
        latency_frames: 0,
        fixed_block_frames: match &program.form {
            Form::Sample => None,
            Form::Block { frames, .. } => Some(*frames as usize),
        },
        state_bytes: program.state.len() * size_of::<u64>(),
    }
}

impl Machine {
    /// A processor with its own state. While `stop` is not zero, loops that take long end in a fault.
    pub fn instantiate(self: &Arc<Self>, stop: Arc<AtomicU32>) -> ScriptProcessor {
        ScriptProcessor::new(Arc::clone(self), stop)
    }

    /// The program that this is the code of.
    pub fn program(&self) -> &Program {
        &self.program
    }

    /// Ports, parameters and timing.
    pub fn face(&self) -> &Face {
        &self.face
    }

    /// Bytes of machine code.
    pub fn code_bytes(&self) -> usize {
        self.code_bytes
    }

    /// Bytes of the state of one instance.
    pub fn state_bytes(&self) -> usize {
        self.face.state_bytes
    }

    /// What puts faults into words.
    pub fn fault_words(self: &Arc<Self>) -> FaultWords {
        let machine = Arc::clone(self);
        Arc::new(move |fault| words::fault(&machine.program, &machine.watches, fault))
    }

    pub(crate) fn entries(&self) -> Entries {
        self.entries
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        let module = self.module.get_mut().map(Option::take).unwrap_or_default();
        if let Some(module) = module {
            // SAFETY: processors hold the machine by an `Arc`, so none of them is left to run the code, and entries
            // are handed to processors only.
            #[expect(unsafe_code, reason = "the module cannot know that nobody runs its code")]
            unsafe {
                module.free_memory();
            }
        }
    }
}
