//! Tests of the way from text to tree. What is Python and what is not, CPython decides.

use std::path::Path;
use std::process::Command;
use std::rc::Rc;

use super::ast::{BinOp, Expr, ExprKind, FPart, Function, Module, Stmt, StmtKind, UnaryOp};
use crate::diagnostics::Diagnostic;
use crate::source::{Sources, Span};

fn parse(text: &str) -> Result<Rc<Module>, Vec<Diagnostic>> {
    let mut sources = Sources::default();
    let file = sources.add("script.py", text);
    super::parse(&sources, file)
}

/// The code and the line of everything that is wrong with a text.
fn wrong(text: &str) -> Vec<(&'static str, usize)> {
    let mut sources = Sources::default();
    let file = sources.add("script.py", text);
    let errors = super::parse(&sources, file).err().unwrap_or_default();
    errors.iter().map(|error| (error.code, sources.line_column(error.span).0)).collect()
}

fn statements(text: &str) -> Vec<Stmt> {
    parse(text).unwrap_or_else(|errors| panic!("{text}: {errors:?}")).body.clone()
}

fn expression(text: &str) -> Expr {
    match statements(text).remove(0).kind {
        StmtKind::Expr(expr) => expr,
        other => panic!("{text}: {other:?}"),
    }
}

fn function(text: &str) -> Rc<Function> {
    match &statements(text).last().unwrap().kind {
        StmtKind::Function(function) => function.clone(),
        other => panic!("{text}: {other:?}"),
    }
}

fn names(names: &[Rc<str>]) -> Vec<&str> {
    names.iter().map(|name| &**name).collect()
}

#[test]
fn every_conformance_program_and_example_is_read() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut programs = 0;
    for folder in ["tests/language", "examples"] {
        for entry in std::fs::read_dir(root.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let text = std::fs::read_to_string(&path).unwrap();
            let blocks: Vec<&str> = match path.extension().and_then(|extension| extension.to_str()) {
                Some("md") => text.split("```py\n").skip(1).map(|rest| rest.split("\n```").next().unwrap()).collect(),
                Some("py") => vec![&text],
                _ => continue,
            };
            for block in blocks {
                if let Err(errors) = parse(block) {
                    panic!("{}: {errors:?}\n{block}", path.display());
                }
                programs += 1;
            }
        }
    }
    assert!(programs > 400, "{programs}");
}

/// Texts that CPython refuses, each on one line only.
const REFUSED: &[&str] = &[
    "x = = 1",
    "def f(:\n    pass",
    "print('a'\nx = 1",
    "if True\n    pass",
    "x = 'abc",
    "x = 08",
    "f() = 1",
    "None = 1",
    "True = 1",
    "1 + x = 2",
    "del f()",
    "x +",
    "  x = 1",
    "def f():\npass",
    "class C\n    pass",
    "f(a=1, 2)",
    "f(**k, *a)",
    "f(a=1, a=2)",
    "class C(a=1, a=2): pass",
    "def f(a, a): pass",
    "def f(a, *, a): pass",
    "def f(a, *a): pass",
    "lambda a, a: 1",
    "def f(a=1, b): pass",
    "def f(*): pass",
    "return 1",
    "class C:\n    return 1",
    "yield 1",
    "class C:\n    yield 1",
    "x = [(yield i) for i in range(3)]",
    "def f():\n    return [(yield i) for i in range(3)]",
    "break",
    "continue",
    "if True:\n    break",
    "for i in range(3):\n    def f():\n        break",
    "while True:\n    class C:\n        continue",
    "for i in range(3):\n    pass\nelse:\n    break",
    "nonlocal x",
    "def f():\n    nonlocal x",
    "x = 1\ndef f():\n    nonlocal x",
    "def f():\n    class C:\n        x = 1\n        def g(self):\n            nonlocal x",
    "def f():\n    global x\n    def g():\n        nonlocal x",
    "def f(x):\n    global x",
    "def f(x):\n    def g(x):\n        nonlocal x",
    "def f():\n    x = 1\n    global x",
    "def f():\n    print(x)\n    global x",
    "def f():\n    for x in range(3):\n        pass\n    global x",
    "x = 1\nglobal x",
    "def g():\n    x = 1\n    def f():\n        print(x)\n        nonlocal x",
    "def g():\n    x = 1\n    def f():\n        global x\n        nonlocal x",
    "def f():\n    global x\n    x: int = 1",
    "def f():\n    from math import *",
    "class C:\n    from math import *",
    "x = 1\nfrom __future__ import annotations",
    "from __future__ import teleportation",
    "try:\n    pass\nexcept:\n    pass\nexcept ValueError:\n    pass",
    "try:\n    pass",
    "*a = [1]",
    "*a, *b = [1]",
    "for *a in [[1]]: pass",
    "x = *[1]",
    "print(*)",
    "def f():\n    return *[1]",
    "del *a",
    "[x := i for i in range(3) if (i := 1)]",
    "[i := 0 for i in range(3)]",
    "[i for i in (j := [1])]",
    "class C:\n    x = [(y := i) for i in range(3)]",
    "(a, b) += 1",
    "(x, y): int = 1",
    "x: int = 1 = 2",
    "f'{x'",
    "f'{}'",
    "f'{x!z}'",
    "f'}'",
    "a if b",
    "{1: 2, 3}",
    "import a.b as c.d",
    "from . import *x",
    "from x import (a, b",
    "lambda: (yield) = 1",
    "__debug__ = 1",
    "def f(__debug__): pass",
    "match 1:\n    case x:\n        pass\n    case 2:\n        pass",
    "not a = 1",
    "for f() in x: pass",
    "with open('x') as f(): pass",
    "x = 1 if 2 else",
    "assert",
    "raise from x",
    "a b",
    "print 'x'",
    "x = 5 y = 6",
    "x = (1, 2",
    "x = [1, 2)",
    "0x",
    "1__0",
    "x = 1_",
    "x = '\\N{no such letter}'",
    "a = $b",
    "x = a ? b : c",
    "x++",
    "i = 3;; j = 4",
    "def f(x) return x",
    "async def f():\n    pass\nbreak",
];

/// Texts that CPython takes and so do we.
const TAKEN: &[&str] = &[
    "",
    "\u{feff}x = 1",
    "# only a comment",
    "x = 1; y = 2",
    "def f(a, /, b, *, c=1, **k): pass",
    "def f(*args: int, **kw: str) -> None: pass",
    "lambda *a, b=1, **k: (a, b, k)",
    "def f():\n    yield\n    x = yield 1\n    yield from f()\n    return 1",
    "f = lambda: (yield)",
    "def f():\n    global x\n    x = 1\n    def g():\n        global x\n        x = 2",
    "global x\nx = 1",
    "def f():\n    import x\n    global x",
    "def f():\n    x = 1\n    def g():\n        def h():\n            nonlocal x\n            x = 2",
    "def f():\n    x = 1\n    def g():\n        nonlocal x\n        def h():\n            nonlocal x",
    "def f(x):\n    def g():\n        nonlocal x\n        x = 1",
    "def f():\n    def g():\n        nonlocal x\n        x = 1\n    x = 2",
    "def f():\n    [x for x in range(3)]\n    global x",
    "def f():\n    (lambda x: x)\n    global x",
    "while True:\n    for i in x:\n        break\n    else:\n        continue",
    "for i in x:\n    try:\n        continue\n    finally:\n        break",
    "for i in x:\n    with f():\n        break",
    "*a, b = [1, 2]",
    "[a, *b] = x",
    "(*a,) = x",
    "for i, *j in x: pass",
    "for a, (b, *c) in x: pass",
    "x = *a, *b",
    "x = [*a, *b]",
    "x = {*a, *b}",
    "x = {**a, 'b': 1}",
    "f(*a, *b, c=1, **d, **e)",
    "def f():\n    return *a, 1",
    "for x in *a, *b: pass",
    "a[*b]",
    "a[1:2, ::3, ...]",
    "a[b:=1]",
    "print(x := 1)",
    "[y := f(x), y]",
    "[(y := i) for i in range(3)]",
    "def f():\n    return [last := i for i in range(3)]",
    "class C(B, metaclass=M):\n    x: int\n    y = [i for i in range(3)]",
    "from __future__ import annotations",
    "'doc'\nfrom __future__ import annotations, division",
    "from math import *",
    "from . import a",
    "from .. a import b as c",
    "try:\n    pass\nexcept (A, B) as e:\n    raise X from e\nexcept:\n    raise\nelse:\n    pass\nfinally:\n    pass",
    "with a as b, c as (d, e), f: pass",
    "with (a as b, c as d): pass",
    "del a, b[0], c.d, (e, f)",
    "x: int = 1",
    "x.y: int",
    "f'{x!r:>{width}.{precision}f} {{}} {y=} {z = !s:3}'",
    "'a' f'{b}' 'c' \"d\"",
    "r'\\d' '''x\ny'''",
    "1_000 + 0x_ff + 0b1 + 0o7 + 1e3 + 1.5j + .5 + 5.",
    "-9223372036854775808",
    "match x:\n    case 1 | 2: pass\n    case 'a' if y: pass\n    case None: pass\n    case z: pass",
    "match x:\n    case -1: pass\n    case A.b as c: pass\n    case _: pass",
    "match = 1\ncase = 2\ntype = 3\n_ = match",
    "@a\n@b.c(1)\ndef f(): pass",
    "if a:\n    pass\nelif b:\n    pass\nelif c:\n    pass\nelse:\n    pass",
    "x = (\n    1 +\n    2\n)",
    "x = 1 \\\n    + 2",
    "def f(): ...",
    "a < b <= c != d is not e not in f",
    "not a and b or c",
    "a if b else c if d else e",
    "x @= y; x //= y; x **= y; x >>= y; x <<= y; x &= y; x ^= y; x |= y; x %= y",
    "print(__debug__)",
    "ä = 1\nπ = 3.14",
    "if True:\n\tx = 1\n\tif x:\n\t\ty = 2",
];

#[test]
fn cpython_refuses_the_same_texts() {
    for text in REFUSED {
        assert!(wrong(text).iter().any(|(code, _)| *code == "syntax-error"), "taken, though it is not Python: {text}");
    }
    for text in TAKEN {
        assert_eq!(wrong(text), [], "refused: {text}");
    }
    let Ok(python) = std::env::var("OSCINE_PYTHON") else { return };
    let program = "import sys, json, warnings\nwarnings.simplefilter('ignore')\nverdicts = []\n\
                   for text in json.load(sys.stdin):\n    try:\n        compile(text.lstrip('\\ufeff'), 'x', 'exec')\n        verdicts.append(True)\n    \
                   except SyntaxError:\n        verdicts.append(False)\nprint(json.dumps(verdicts))";
    let mut child = Command::new(python)
        .args(["-c", program])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let texts: Vec<&str> = REFUSED.iter().chain(TAKEN).copied().collect();
    serde_json::to_writer(child.stdin.take().unwrap(), &texts).unwrap();
    let verdicts: Vec<bool> = serde_json::from_slice(&child.wait_with_output().unwrap().stdout).unwrap();
    assert_eq!(verdicts.len(), texts.len());
    let ours = (0..texts.len()).map(|index| index >= REFUSED.len());
    let differing = texts.iter().zip(verdicts.iter().zip(ours)).filter(|(_, (theirs, ours))| *theirs != ours);
    assert_eq!(differing.collect::<Vec<_>>(), []);
}
