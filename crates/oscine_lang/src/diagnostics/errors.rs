//! The wording of every error, a named constructor an error, in the order of the stages.
//!
//! The headline says what is wrong with this script, in its own words where it can, and stands alone; the help says what
//! to do. Each code has a page in `docs/errors`.

use super::Diagnostic;
use crate::source::Span;

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
