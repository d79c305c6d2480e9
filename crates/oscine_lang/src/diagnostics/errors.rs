//! The wording of every error, a named constructor an error, in the order of the stages.
//!
//! The headline says what is wrong with this script, in its own words where it can, and stands alone; the help says what
//! to do. Each code has a page in `docs/errors`.

use super::Diagnostic;
use crate::source::Span;
use crate::syntax::ast::UnaryOp;

/// A type's name with its article: `a float`, `an int`.
fn one(type_name: &str) -> String {
    let article = if type_name.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    format!("{article} {type_name}")
}

// Not Python.

/// What CPython would call a `SyntaxError`.
pub(crate) fn not_python(span: Span, words: impl Into<String>) -> Diagnostic {
    Diagnostic::error("syntax-error", span, words)
}

/// A closing bracket whose opening one is of another kind.
pub(crate) fn wrong_bracket(span: Span, closing: &str, opened: Span, opening: &str) -> Diagnostic {
    not_python(span, format!("`{closing}` does not close `{opening}`")).related(opened, "opened here")
}

/// `=` where only an expression can stand.
pub(crate) fn equals_sign(span: Span) -> Diagnostic {
    not_python(span, "`=` cannot stand inside an expression").help("`==` compares; `:=` in parentheses assigns")
}

/// `nonlocal` of a name that no function around binds.
pub(crate) fn nonlocal_without_binding(span: Span, name: &str) -> Diagnostic {
    not_python(span, format!("`nonlocal {name}`, but no function around this one binds `{name}`"))
        .help(format!("a variable of the file's top level is declared with `global {name}`"))
}

// Python that oscine does not compile, by its text alone.

/// `async` and `await`.
pub(crate) fn async_code(span: Span, keyword: &str) -> Diagnostic {
    Diagnostic::error("async-code", span, format!("`{keyword}`: oscine has no event loop to run asynchronous code"))
        .help("write it as an ordinary function or loop")
}

/// `type X = ...`, `def f[T]()`, `class C[T]`.
pub(crate) fn type_parameters(span: Span) -> Diagnostic {
    Diagnostic::error("type-parameters", span, "oscine does not read type parameters and `type` statements")
        .help("leave them out: types are read off the values")
}

/// `except*`.
pub(crate) fn except_star(span: Span) -> Diagnostic {
    Diagnostic::error("except-star", span, "oscine has no exception groups for `except*` to take apart")
        .help("catch the exception itself with `except`")
}

/// An integer literal beyond 64 bits.
pub(crate) fn integer_too_large(span: Span) -> Diagnostic {
    Diagnostic::error("integer-too-large", span, "this integer does not fit into 64 bits")
        .help("an int in oscine lies between -2**63 and 2**63 - 1; a float such as `1e30` goes further")
}

/// `b"..."`.
pub(crate) fn bytes_literal(span: Span) -> Diagnostic {
    Diagnostic::error("bytes-literal", span, "oscine has no bytes objects")
        .help("use a string, or a list of ints between 0 and 255")
}

/// `t"..."`.
pub(crate) fn template_string(span: Span) -> Diagnostic {
    Diagnostic::error("template-string", span, "oscine has no template strings").help("use an f-string: `f\"...\"`")
}

/// A `match` pattern for a mapping, or one for a class with arguments by position.
pub(crate) fn match_pattern(span: Span) -> Diagnostic {
    Diagnostic::error("match-pattern", span, "oscine does not match mappings, nor the arguments of a class by position")
        .help("name the attributes, as in `case Point(x=0, y=y)`, or compare with `if` and `elif`")
}

/// Syntax newer than oscine's Python.
pub(crate) fn newer_python(span: Span, words: impl Into<String>) -> Diagnostic {
    Diagnostic::error("newer-python", span, words).help("write it as Python 3.14 and earlier do")
}

/// Nesting beyond the limit.
pub(crate) fn nested_too_deeply(span: Span, deepest: usize) -> Diagnostic {
    Diagnostic::error("nested-too-deeply", span, format!("this is nested more than {deepest} levels deep"))
        .help("give parts of it names, or write it as a loop")
}

// While the script loads.

/// An exception that nothing caught, as Python words it.
pub(crate) fn raised_while_loading(span: Span, words: String) -> Diagnostic {
    Diagnostic::error("raised-while-loading", span, words)
}

/// A load time that has used up its budget.
pub(crate) fn loads_too_long(span: Span, words: &str) -> Diagnostic {
    Diagnostic::error("loads-too-long", span, words)
        .help("look for a loop that never ends here; what takes long belongs into a file made beforehand")
}

// Python that cannot run while sound does, or whose types oscine cannot settle.

/// A program whose inlined code is too large.
pub(crate) fn too_complex(span: Span) -> Diagnostic {
    Diagnostic::error(
        "too-complex",
        span,
        "what `process` reaches becomes too much code when all its calls are put in place",
    )
    .help("call the large function in a loop, rather than from many places")
}

/// No `process`.
pub(crate) fn no_process(span: Span) -> Diagnostic {
    Diagnostic::error("no-process", span, "the script defines no `process`")
        .help("add `def process(x): return x`, which is called for every sample")
}

/// `process` is not a function.
pub(crate) fn process_not_callable(span: Span) -> Diagnostic {
    Diagnostic::error("no-process", span, "`process` is not a function of the script")
        .help("define it with `def process(x): ...`")
}

/// `*args` or `**kwargs` of `process`.
pub(crate) fn open_inputs(span: Span) -> Diagnostic {
    Diagnostic::error("open-inputs", span, "`process` takes any number of arguments, so its inputs cannot be counted")
        .help("name each input: `def process(left, right): ...`")
}

/// A default of an input that is not a number.
pub(crate) fn input_default(span: Span, name: &str) -> Diagnostic {
    Diagnostic::error("input-default", span, format!("the default of input `{name}` is not a number"))
        .help("an unconnected input reads its default at every sample: give it a float")
}

/// A name that nothing binds.
pub(crate) fn unknown_name(span: Span, name: &str) -> Diagnostic {
    Diagnostic::error("unknown-name", span, format!("name '{name}' is not defined"))
}

/// A variable before its first assignment.
pub(crate) fn unbound_variable(span: Span, name: &str) -> Diagnostic {
    Diagnostic::error("unbound-variable", span, format!("`{name}` is read before it has a value"))
        .help("if it is a global that the function assigns, declare it: `global ...`; else give it a first value")
}

/// A place that holds values of types without a common one.
pub(crate) fn two_types(span: Span, name: &str, a: &str, b: &str) -> Diagnostic {
    Diagnostic::error("two-types", span, format!("`{name}` is {} on one way and {} on another", one(a), one(b)))
        .help("while sound runs, a variable keeps one type: use two variables")
}

/// A function made in `process` that is kept.
pub(crate) fn kept_function(span: Span, what: &str) -> Diagnostic {
    Diagnostic::error("kept-function", span, format!("a {what} made while sound runs cannot be kept in the state"))
        .help("make it at load time, outside `process`")
}

/// An assignment to a parameter.
pub(crate) fn assigned_param(span: Span, name: &str) -> Diagnostic {
    Diagnostic::error("assigned-parameter", span, format!("`{name}` is a parameter: whoever plays the script moves it"))
        .help("compute into another variable")
}

/// Something that runs at load time only.
pub(crate) fn not_in_process(span: Span, what: &str) -> Diagnostic {
    Diagnostic::error("not-in-process", span, format!("{what} cannot run while sound does"))
        .help("do it at load time, outside `process`")
}

/// Something that allocates.
pub(crate) fn allocates(span: Span, what: &str, help: &str) -> Diagnostic {
    Diagnostic::error("allocates-in-process", span, format!("{what} needs memory while sound is running")).help(help)
}

/// A method that makes a list longer.
pub(crate) fn grows(span: Span, method: &str) -> Diagnostic {
    Diagnostic::error("allocates-in-process", span, format!("`{method}` grows a list while sound is running"))
        .help("give it its full length at load time: `line = [0.0] * 48000`")
}

/// An object made in `process`.
pub(crate) fn makes_object(span: Span, class: &str) -> Diagnostic {
    Diagnostic::error("allocates-in-process", span, format!("`{class}(...)` makes an object while sound is running"))
        .help("make it at load time, outside `process`, and set its attributes in `process`")
}

/// An object made in `process`, or one that shares its variable, that is changed once it is kept.
pub(crate) fn changed_object(span: Span, attribute: &str) -> Diagnostic {
    let words = format!("`{attribute}` is changed in an object of which there is a copy already");
    Diagnostic::error("changed-object", span, words)
        .help("make a new object with the changed value, or make all of them at load time and change their attributes")
}

/// `append` to a list made in `process` that has a second name.
pub(crate) fn shared_list(span: Span, name: &str) -> Diagnostic {
    let words = format!("`{name}` grows in `process` while another variable means the same list");
    Diagnostic::error("not-in-process", span, words)
        .help("fill the list where it is made, and give it other names or hand it on when it is complete")
}

/// Numbers of 32 bits in `process`.
pub(crate) fn single_precision(span: Span) -> Diagnostic {
    Diagnostic::error("not-in-process", span, "arithmetic on float32 arrays cannot run while sound does")
        .help("make them float64 at load time, which keeps their values: `weights = weights.astype(np.float64)`")
}

/// A decorator on a function made in `process`.
pub(crate) fn decorator_in_process(span: Span) -> Diagnostic {
    not_in_process(span, "a decorator")
}

/// A library function without a meaning at audio time.
pub(crate) fn load_only(span: Span, name: &str) -> Diagnostic {
    Diagnostic::error("load-time-only", span, format!("`{name}` runs at load time only, not while sound does"))
        .help("call it outside `process` and keep what it gives in a variable")
}

/// A function that calls itself.
pub(crate) fn recursive(span: Span, name: &str) -> Diagnostic {
    Diagnostic::error("recursive-function", span, format!("`{name}` calls itself too deeply to be compiled"))
        .help("write it as a loop")
}

/// Something called that cannot be.
pub(crate) fn not_callable(span: Span, type_name: &str) -> Diagnostic {
    Diagnostic::error("not-callable", span, format!("'{type_name}' object is not callable"))
}

/// Arguments that do not fit.
pub(crate) fn wrong_arguments(span: Span, words: &str) -> Diagnostic {
    Diagnostic::error("wrong-arguments", span, words)
}

/// Operands that an operator does not take.
pub(crate) fn unsupported_operands(span: Span, symbol: &str, a: &str, b: &str) -> Diagnostic {
    Diagnostic::error(
        "unsupported-operands",
        span,
        format!("unsupported operand type(s) for {symbol}: '{a}' and '{b}'"),
    )
}

/// An operand that an operator does not take.
pub(crate) fn unsupported_operand(span: Span, op: UnaryOp, operand: &str) -> Diagnostic {
    let symbol = match op {
        UnaryOp::Neg => "-",
        UnaryOp::Pos => "+",
        UnaryOp::Invert => "~",
        UnaryOp::Not => "not",
    };
    Diagnostic::error("unsupported-operands", span, format!("bad operand type for unary {symbol}: '{operand}'"))
}

/// The truth of an array.
pub(crate) fn array_truth(span: Span) -> Diagnostic {
    Diagnostic::error("array-truth", span, "the truth value of an array with more than one element is ambiguous")
        .help("use `np.any(...)` or `np.all(...)`")
}

/// Something that should be a number.
pub(crate) fn not_a_number(span: Span, what: &str, type_name: &str) -> Diagnostic {
    Diagnostic::error("not-a-number", span, format!("{what} takes a number, not {}", one(type_name)))
}

/// Something that should be an int.
pub(crate) fn not_an_int(span: Span, what: &str, type_name: &str) -> Diagnostic {
    Diagnostic::error("not-an-int", span, format!("{what} takes an int, not {}", one(type_name)))
        .help("make it one with `int(...)`")
}

/// An attribute that is not there.
pub(crate) fn no_attribute(span: Span, what: &str, name: &str) -> Diagnostic {
    Diagnostic::error("no-attribute", span, format!("{what} has no attribute '{name}'"))
}

/// A property without a setter.
pub(crate) fn no_setter(span: Span, class: &str, name: &str) -> Diagnostic {
    Diagnostic::error("no-attribute", span, format!("property '{name}' of '{class}' object has no setter"))
}

/// A method that is not there.
pub(crate) fn no_method(span: Span, type_name: &str, name: &str) -> Diagnostic {
    Diagnostic::error(
        "no-method",
        span,
        format!("`{name}` of {} is not there while sound runs, or not at all", one(type_name)),
    )
    .help("call it at load time, outside `process`")
}

/// A key that a dict does not have.
pub(crate) fn no_key(span: Span, key: &str) -> Diagnostic {
    Diagnostic::error("no-key", span, format!("the dict has no key {key}"))
}

/// An index of a wrong type.
pub(crate) fn index_type(span: Span, type_name: &str) -> Diagnostic {
    Diagnostic::error("index-type", span, format!("an index must be an int, not {}", one(type_name)))
        .help("make it an int with `int(...)`")
}

/// A float that is treated as a block: perhaps `process` was meant to take blocks.
fn for_blocks(type_name: &str, told: Diagnostic) -> Diagnostic {
    if type_name != "float" {
        return told;
    }
    told.help("to take a block of samples at a time, say so: `def process(data: np.ndarray)`")
}

/// Something without items.
pub(crate) fn not_subscriptable(span: Span, type_name: &str) -> Diagnostic {
    for_blocks(
        type_name,
        Diagnostic::error("not-subscriptable", span, format!("'{type_name}' object is not subscriptable")),
    )
}

/// Something whose items cannot be assigned.
pub(crate) fn no_item_assignment(span: Span, type_name: &str) -> Diagnostic {
    Diagnostic::error("not-subscriptable", span, format!("'{type_name}' object does not support item assignment"))
}

/// Something that cannot be iterated.
pub(crate) fn not_iterable(span: Span, type_name: &str) -> Diagnostic {
    for_blocks(type_name, Diagnostic::error("not-iterable", span, format!("'{type_name}' object is not iterable")))
}

/// Something without a length.
pub(crate) fn no_length(span: Span, type_name: &str) -> Diagnostic {
    for_blocks(type_name, Diagnostic::error("not-iterable", span, format!("object of type '{type_name}' has no len()")))
}

/// Unpacking into another number of targets.
pub(crate) fn wrong_count(span: Span, wanted: usize, given: usize) -> Diagnostic {
    Diagnostic::error("wrong-count", span, format!("{given} values cannot be unpacked into {wanted} targets"))
}

/// A length that is not known when compiling.
pub(crate) fn unknown_length(span: Span, what: &str) -> Diagnostic {
    Diagnostic::error("unknown-length", span, format!("{what} has a length that is known only while sound runs"))
        .help("use a loop over a range, or a length that is a constant")
}

/// A loop that would have to be unrolled too often.
pub(crate) fn too_many_turns(span: Span) -> Diagnostic {
    Diagnostic::error(
        "unknown-length",
        span,
        "the elements of this loop differ too much in type for a loop of this length",
    )
    .help("loop over elements of one type")
}

/// `process` without a result.
pub(crate) fn returns_nothing(span: Span) -> Diagnostic {
    Diagnostic::error("no-output", span, "`process` returns nothing")
        .help("return the output sample: `return y`, or several: `return left, right`")
}

/// A result that is no sample.
pub(crate) fn output_type(span: Span, type_name: &str) -> Diagnostic {
    let help = if type_name == "numpy.ndarray" {
        "to take a block of samples at a time, say so: `def process(data: np.ndarray)`"
    } else {
        "return a float, or a tuple of floats for several outputs"
    };
    Diagnostic::error("output-type", span, format!("`process` returns {} where a float is expected", one(type_name)))
        .help(help)
}

/// Numbers and arrays side by side, of which no array can be made.
pub(crate) fn ragged(span: Span) -> Diagnostic {
    Diagnostic::error("shape-mismatch", span, "rows of different lengths make no array")
}

/// An array where `process` takes samples.
pub(crate) fn block_from_sample(span: Span) -> Diagnostic {
    Diagnostic::error("output-type", span, "`process` takes one sample and returns an array")
        .help("to take a block of samples at a time, say so: `def process(data: np.ndarray)`")
}

/// Too many results, or none.
pub(crate) fn output_count(span: Span, count: usize) -> Diagnostic {
    Diagnostic::error(
        "output-type",
        span,
        format!("`process` returns {count} values, of which at most 64 can be outputs"),
    )
    .help("return a float, or a tuple with a float for each output")
}

/// One sample where a block is wanted.
pub(crate) fn one_sample(span: Span, what: &str) -> Diagnostic {
    Diagnostic::error("not-iterable", span, format!("{what} is given one sample"))
        .help("let `process` take blocks: `def process(data: np.ndarray)`")
}

/// A result that is no block.
pub(crate) fn block_output(span: Span, what: &str, frames: usize) -> Diagnostic {
    Diagnostic::error(
        "output-type",
        span,
        format!("`process` takes blocks of {frames} samples, but returns {what} in place of such a block"),
    )
    .help("return an array as long as the input, or a tuple of such arrays for several outputs")
}

/// A parameter that does nothing.
pub(crate) fn unread_param(span: Span, name: &str) -> Diagnostic {
    Diagnostic::warning("unread-parameter", span, format!("nothing reads the parameter `{name}` while sound runs"))
        .help("moving it does nothing: read it in `process` or in `update`")
}

/// A bug of oscine's.
pub(crate) fn not_understood(span: Span) -> Diagnostic {
    Diagnostic::error("oscine-bug", span, "oscine could not compile this, and cannot say why: a bug of oscine's own")
        .help("please report it with the script")
}

/// Shapes that do not go together.
pub(crate) fn shape_mismatch(span: Span, words: &str) -> Diagnostic {
    Diagnostic::error("shape-mismatch", span, words)
}
