//! The tree of a Python module, as far as oscine understands Python.

use std::rc::Rc;

use crate::source::Span;

/// An interned-by-reference identifier.
pub type Name = Rc<str>;

/// A sequence of statements.
pub type Body = Vec<Stmt>;

/// A file's statements.
#[derive(Debug)]
pub struct Module {
    /// What it does when it is run.
    pub body: Body,
}

/// A statement and where it stands.
#[derive(Debug, Clone)]
pub struct Stmt {
    /// Where.
    pub span: Span,
    /// What.
    pub kind: StmtKind,
}

/// The kinds of statement.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "each variant shows the syntax that its fields are named after")]
pub enum StmtKind {
    /// An expression evaluated for its effect (a docstring is one).
    Expr(Expr),
    /// `a = b = value`; the targets from left to right.
    Assign { targets: Vec<Expr>, value: Expr },
    /// `target op= value`.
    AugAssign { target: Expr, op: BinOp, value: Expr },
    /// `target: annotation = value`.
    AnnAssign { target: Expr, annotation: Expr, value: Option<Expr> },
    /// `return value`.
    Return(Option<Expr>),
    /// `if test: body else: orelse`; an `elif` is an `If` alone in `orelse`.
    If { test: Expr, body: Body, orelse: Body },
    /// `while test: body else: orelse`.
    While { test: Expr, body: Body, orelse: Body },
    /// `for target in iter: body else: orelse`.
    For { target: Expr, iter: Expr, body: Body, orelse: Body },
    /// `break`.
    Break,
    /// `continue`.
    Continue,
    /// `pass`.
    Pass,
    /// `def`.
    Function(Rc<Function>),
    /// `class`.
    Class(Rc<Class>),
    /// `import a.b as c, d`.
    Import(Vec<Alias>),
    /// `from module import a as b`; `level` leading dots; `*` is an alias named `*`.
    ImportFrom { module: Option<Name>, names: Vec<Alias>, level: u32 },
    /// `global a, b`; resolved already in [`Scope`].
    Global(Vec<Name>),
    /// `nonlocal a, b`; resolved already in [`Scope`].
    Nonlocal(Vec<Name>),
    /// `raise exception from cause`.
    Raise { exception: Option<Expr>, cause: Option<Expr> },
    /// `try`.
    Try { body: Body, handlers: Vec<Handler>, orelse: Body, finally: Body },
    /// `with a as b: body`.
    With { items: Vec<(Expr, Option<Expr>)>, body: Body },
    /// `assert test, message`.
    Assert { test: Expr, message: Option<Expr> },
    /// `del a, b[0]`.
    Delete(Vec<Expr>),
}

/// One `except` clause.
#[derive(Debug, Clone)]
pub struct Handler {
    /// The exception type or tuple of types; `None` catches all.
    pub exception: Option<Expr>,
    /// `as name`.
    pub name: Option<Name>,
    /// What it does.
    pub body: Body,
    /// The clause's header.
    pub span: Span,
}

/// `name as asname`.
#[derive(Debug, Clone)]
pub struct Alias {
    /// Dotted name, or `*`.
    pub name: Name,
    /// The name it is bound to, if given.
    pub asname: Option<Name>,
    /// Where.
    pub span: Span,
}

/// Which names a function binds, found once when the tree is made.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    /// Names assigned in the body (parameters included), each a local unless declared otherwise.
    pub locals: Vec<Name>,
    /// Names declared `global`.
    pub globals: Vec<Name>,
    /// Names declared `nonlocal`.
    pub nonlocals: Vec<Name>,
    /// Whether the body contains `yield`.
    pub is_generator: bool,
}

/// A function or a lambda (whose body is one `Return`, and whose name is `<lambda>`).
#[derive(Debug)]
pub struct Function {
    /// Its name.
    pub name: Name,
    /// Its parameters.
    pub params: Params,
    /// Its statements.
    pub body: Body,
    /// `-> annotation`.
    pub returns: Option<Expr>,
    /// `@decorator` lines, outermost first.
    pub decorators: Vec<Expr>,
    /// The names it binds.
    pub scope: Scope,
    /// The `def` line's name and parameters (a lambda's whole).
    pub span: Span,
}

/// A function's parameters.
#[derive(Debug, Clone, Default)]
pub struct Params {
    /// Parameters that may be given by position, in order.
    pub positional: Vec<Param>,
    /// How many of them, from the left, may be given by position only.
    pub positional_only: usize,
    /// `*args`.
    pub rest: Option<Name>,
    /// Parameters given by keyword only.
    pub keyword_only: Vec<Param>,
    /// `**kwargs`.
    pub keywords: Option<Name>,
}

/// One parameter.
#[derive(Debug, Clone)]
pub struct Param {
    /// Its name.
    pub name: Name,
    /// `: annotation`.
    pub annotation: Option<Expr>,
    /// `= default`.
    pub default: Option<Expr>,
    /// Where.
    pub span: Span,
}

/// A class.
#[derive(Debug)]
pub struct Class {
    /// Its name.
    pub name: Name,
    /// Its bases.
    pub bases: Vec<Expr>,
    /// Keyword arguments of the class line.
    pub keywords: Vec<Keyword>,
    /// `@decorator` lines, outermost first.
    pub decorators: Vec<Expr>,
    /// Its statements.
    pub body: Body,
    /// Names assigned in the body.
    pub scope: Scope,
    /// The `class` line.
    pub span: Span,
}

/// An expression and where it stands.
#[derive(Debug, Clone)]
pub struct Expr {
    /// Where.
    pub span: Span,
    /// What.
    pub kind: Box<ExprKind>,
}

/// The kinds of expression.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "each variant shows the syntax that its fields are named after")]
pub enum ExprKind {
    /// `None`.
    None,
    /// `True`, `False`.
    Bool(bool),
    /// An integer literal (one beyond 64 bits is a diagnostic).
    Int(i64),
    /// A float literal.
    Float(f64),
    /// An imaginary literal: the imaginary part.
    Imaginary(f64),
    /// A string literal, joined if it was written in parts.
    Str(Name),
    /// `...`.
    Ellipsis,
    /// An f-string.
    FString(Vec<FPart>),
    /// A name.
    Name(Name),
    /// `value.name`.
    Attribute { value: Expr, name: Name, name_span: Span },
    /// `value[index]`; several indices are a `Tuple`, slices a `Slice`.
    Subscript { value: Expr, index: Expr },
    /// `lower:upper:step`, inside a subscript only.
    Slice { lower: Option<Expr>, upper: Option<Expr>, step: Option<Expr> },
    /// A call.
    Call { callee: Expr, args: Vec<Arg>, keywords: Vec<Keyword> },
    /// `-a`, `+a`, `~a`, `not a`.
    Unary { op: UnaryOp, operand: Expr },
    /// `a + b`.
    Binary { op: BinOp, left: Expr, right: Expr },
    /// `a and b and c`.
    And(Vec<Expr>),
    /// `a or b or c`.
    Or(Vec<Expr>),
    /// `a < b <= c`.
    Compare { first: Expr, rest: Vec<(CmpOp, Expr)> },
    /// `body if test else orelse`.
    Conditional { test: Expr, body: Expr, orelse: Expr },
    /// `(a, b)`.
    Tuple(Vec<Expr>),
    /// `[a, b]`.
    List(Vec<Expr>),
    /// `{a, b}`.
    Set(Vec<Expr>),
    /// `{a: b, **c}`; an item without a key is an unpacked mapping.
    Dict(Vec<(Option<Expr>, Expr)>),
    /// `[e for ...]`.
    ListComp { element: Expr, clauses: Vec<Comprehension> },
    /// `{e for ...}`.
    SetComp { element: Expr, clauses: Vec<Comprehension> },
    /// `{k: v for ...}`.
    DictComp { key: Expr, value: Expr, clauses: Vec<Comprehension> },
    /// `(e for ...)`.
    GeneratorExp { element: Expr, clauses: Vec<Comprehension> },
    /// `lambda`.
    Lambda(Rc<Function>),
    /// `name := value`.
    Walrus { target: Name, value: Expr },
    /// `*value`, in a target, a tuple or list display.
    Starred(Expr),
    /// `yield value`.
    Yield(Option<Expr>),
    /// `yield from value`.
    YieldFrom(Expr),
}

/// One `for target in iter if a if b` of a comprehension.
#[derive(Debug, Clone)]
pub struct Comprehension {
    /// What each element is bound to.
    pub target: Expr,
    /// What is iterated.
    pub iter: Expr,
    /// The conditions.
    pub conditions: Vec<Expr>,
}

/// A positional argument of a call.
#[derive(Debug, Clone)]
pub struct Arg {
    /// Its value.
    pub value: Expr,
    /// Whether it is `*value`.
    pub starred: bool,
}

/// A keyword argument of a call.
#[derive(Debug, Clone)]
pub struct Keyword {
    /// Its name; `None` for `**value`.
    pub name: Option<Name>,
    /// Its value.
    pub value: Expr,
    /// Where.
    pub span: Span,
}

/// A part of an f-string.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "each variant shows the syntax that its fields are named after")]
pub enum FPart {
    /// Text as it stands.
    Text(Name),
    /// `{value!r:format}`; `conversion` is `r`, `s` or `a`; `debug` is the text of `{value=}` up to and including `=`.
    Value { value: Expr, conversion: Option<char>, format: Vec<FPart>, debug: Option<Name> },
}

/// `-`, `+`, `~`, `not`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UnaryOp {
    /// `-`
    Neg,
    /// `+`
    Pos,
    /// `~`
    Invert,
    /// `not`
    Not,
}

/// The arithmetic and bitwise operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BinOp {
    /// `+`
    Add,
    /// `-`
    Sub,
    /// `*`
    Mul,
    /// `/`
    Div,
    /// `//`
    FloorDiv,
    /// `%`
    Mod,
    /// `**`
    Pow,
    /// `@`
    MatMul,
    /// `<<`
    LShift,
    /// `>>`
    RShift,
    /// `&`
    BitAnd,
    /// `|`
    BitOr,
    /// `^`
    BitXor,
}

impl BinOp {
    /// As Python writes it.
    pub fn symbol(self) -> &'static str {
        match self {
            BinOp::Add => "+",
            BinOp::Sub => "-",
            BinOp::Mul => "*",
            BinOp::Div => "/",
            BinOp::FloorDiv => "//",
            BinOp::Mod => "%",
            BinOp::Pow => "**",
            BinOp::MatMul => "@",
            BinOp::LShift => "<<",
            BinOp::RShift => ">>",
            BinOp::BitAnd => "&",
            BinOp::BitOr => "|",
            BinOp::BitXor => "^",
        }
    }
}

/// The comparison operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CmpOp {
    /// `==`
    Eq,
    /// `!=`
    Ne,
    /// `<`
    Lt,
    /// `<=`
    Le,
    /// `>`
    Gt,
    /// `>=`
    Ge,
    /// `is`
    Is,
    /// `is not`
    IsNot,
    /// `in`
    In,
    /// `not in`
    NotIn,
}

impl CmpOp {
    /// As Python writes it.
    pub fn symbol(self) -> &'static str {
        match self {
            CmpOp::Eq => "==",
            CmpOp::Ne => "!=",
            CmpOp::Lt => "<",
            CmpOp::Le => "<=",
            CmpOp::Gt => ">",
            CmpOp::Ge => ">=",
            CmpOp::Is => "is",
            CmpOp::IsNot => "is not",
            CmpOp::In => "in",
            CmpOp::NotIn => "not in",
        }
    }
}
