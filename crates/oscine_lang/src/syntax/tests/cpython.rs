//! CPython is asked what is Python, and which names are bound where.

use std::path::Path;
use std::process::{Command, Stdio};
use std::rc::Rc;

use super::super::ast::{Expr, ExprKind, Scope, Stmt, StmtKind};
use super::super::{parse, scope};
use super::wrong;
use crate::diagnostics::{Style, render};
use crate::source::{Sources, Span};

/// What CPython prints as JSON, given some as its input; `None` where there is no CPython to ask.
fn ask_cpython<T: serde::de::DeserializeOwned>(program: &str, input: &impl serde::Serialize) -> Option<T> {
    let python = std::env::var("OSCINE_PYTHON").ok()?;
    let mut command = Command::new(python);
    let mut child = command.args(["-c", program]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    serde_json::to_writer(child.stdin.take().unwrap(), input).unwrap();
    Some(serde_json::from_slice(&child.wait_with_output().unwrap().stdout).unwrap())
}

/// The programs of the repository: conformance tests and examples.
fn programs() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut programs = vec![];
    for folder in ["tests/language", "examples"] {
        for entry in std::fs::read_dir(root.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let text = std::fs::read_to_string(&path).unwrap_or_default();
            match path.extension().and_then(|extension| extension.to_str()) {
                Some("md") => {
                    let blocks = text.split("```py\n").skip(1).filter_map(|rest| rest.split("\n```").next());
                    programs.extend(blocks.map(str::to_owned));
                }
                Some("py") => programs.push(text),
                _ => {}
            }
        }
    }
    assert!(programs.len() > 400, "{}", programs.len());
    programs
}

#[test]
fn every_program_is_read() {
    for program in programs() {
        assert_eq!(wrong(&program), [], "{program}");
    }
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

/// Tells of each text whether it compiles.
const VERDICTS: &str = "
import sys, json, warnings
warnings.simplefilter('ignore')
def verdict(text):
    try:
        compile(text.lstrip('\\ufeff'), 'script.py', 'exec')
        return True
    except SyntaxError:
        return False
print(json.dumps([verdict(text) for text in json.load(sys.stdin)]))
";

#[test]
fn cpython_refuses_the_same_texts() {
    for text in REFUSED {
        assert!(wrong(text).iter().any(|(code, _)| *code == "syntax-error"), "taken, though it is not Python: {text}");
    }
    for text in TAKEN {
        assert_eq!(wrong(text), [], "refused: {text}");
    }
    let texts: Vec<&str> = REFUSED.iter().chain(TAKEN).copied().collect();
    let Some(verdicts) = ask_cpython::<Vec<bool>>(VERDICTS, &texts) else { return };
    assert_eq!(verdicts.len(), texts.len());
    let ours = (0..texts.len()).map(|index| index >= REFUSED.len());
    let differing = texts.iter().zip(verdicts.iter().zip(ours)).filter(|(_, (theirs, ours))| *theirs != ours);
    assert_eq!(differing.collect::<Vec<_>>(), []);
}

/// Programs with a few words and signs taken out, doubled or exchanged, the same ones every time.
fn mutilated(count: usize) -> Vec<String> {
    const WORDS: [&str; 16] = [
        "global x",
        "nonlocal x",
        "yield",
        "return",
        "break",
        "continue",
        "*",
        "**",
        ":=",
        "lambda",
        "=",
        "from",
        "class",
        "def",
        "except",
        "else",
    ];
    let programs = programs();
    let mut state: usize = 1;
    let mut random = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    let mut mutilate = || {
        let program = &programs[random(programs.len())];
        let is_edge = |pair: &[char]| !(pair[0].is_alphanumeric() && pair[1].is_alphanumeric());
        let letters: Vec<char> = program.chars().collect();
        let mut tokens: Vec<String> =
            letters.chunk_by(|a, b| !is_edge(&[*a, *b])).map(|token| token.iter().collect()).collect();
        for _ in 0..=random(2) {
            let (here, there) = (random(tokens.len()), random(tokens.len()));
            match random(4) {
                0 => _ = tokens.remove(here),
                1 => tokens.swap(here, there),
                2 => tokens.insert(here, format!(" {} ", WORDS[random(WORDS.len())])),
                _ => tokens.insert(here, tokens[there].clone()),
            }
        }
        tokens.concat()
    };
    (0..count).map(|_| mutilate()).collect()
}

#[test]
fn a_mutilated_program_is_judged_as_cpython_judges_it() {
    let texts = mutilated(1500);
    let mut ours = vec![];
    for text in &texts {
        let mut sources = Sources::default();
        let file = sources.add("script.py", text.as_str());
        let errors = parse(&sources, file).err().unwrap_or_default();
        assert_eq!(render(&errors, &sources, Style::Concise).lines().count(), errors.len(), "{text}");
        ours.push(errors);
    }
    let Some(theirs) = ask_cpython::<Vec<bool>>(VERDICTS, &texts) else { return };
    for ((text, ours), is_python) in texts.iter().zip(ours).zip(theirs) {
        let is_refused = ours.iter().any(|error| error.code == "syntax-error");
        assert!(
            if is_python { !is_refused } else { !ours.is_empty() },
            "CPython says {is_python}, we {ours:?}: {text}"
        );
    }
}

/// Every function and class in a body as CPython's `symtable` describes it: name, line, then the names it binds, declares
/// global, declares nonlocal.
fn scopes(sources: &Sources, body: &[Stmt], found: &mut Vec<Described>) {
    fn inside(sources: &Sources, expr: &Expr, found: &mut Vec<Described>) {
        if let ExprKind::Lambda(function) = &*expr.kind {
            found.push(describe(sources, "lambda", function.span, &function.scope));
            scopes(sources, &function.body, found);
        }
        for child in scope::children(expr) {
            inside(sources, child, found);
        }
    }
    for stmt in body {
        for expr in scope::expressions(stmt) {
            inside(sources, expr, found);
        }
        match &stmt.kind {
            StmtKind::Function(function) => {
                found.push(describe(sources, &function.name, function.span, &function.scope));
                scopes(sources, &function.body, found);
            }
            StmtKind::Class(class) => {
                found.push(describe(sources, &class.name, class.span, &class.scope));
                scopes(sources, &class.body, found);
            }
            _ => scope::blocks(stmt).into_iter().for_each(|body| scopes(sources, body, found)),
        }
    }
}

type Described = (String, usize, Vec<String>, Vec<String>, Vec<String>);

fn describe(sources: &Sources, name: &str, span: Span, scope: &Scope) -> Described {
    let sorted = |names: &[Rc<str>]| {
        let named = names.iter().filter(|name| !name.starts_with('.'));
        let mut names: Vec<String> = named.map(ToString::to_string).collect();
        names.sort();
        names
    };
    let line = sources.line_column(span).0;
    (name.to_owned(), line, sorted(&scope.locals), sorted(&scope.globals), sorted(&scope.nonlocals))
}

#[test]
fn cpython_finds_the_same_names_in_every_scope() {
    let mut texts = programs();
    texts.extend(TAKEN.iter().filter(|text| !text.contains("match") && !text.contains('@')).map(|t| (*t).to_owned()));
    texts.push(NAMES.to_owned());
    let ours = texts.iter().map(|text| {
        let mut sources = Sources::default();
        let file = sources.add("script.py", text.as_str());
        let mut found = vec![];
        scopes(&sources, &parse(&sources, file).unwrap().body, &mut found);
        found.sort();
        found
    });
    let ours: Vec<Vec<Described>> = ours.collect();
    let program = "
import sys, json, symtable, warnings
warnings.simplefilter('ignore')
def walk(table, found):
    for child in table.get_children():
        if child.get_name() not in ('listcomp', 'setcomp', 'dictcomp', 'genexpr'):
            names = [s for s in child.get_symbols() if not s.get_name().startswith('.')]
            where = lambda test: sorted(s.get_name() for s in names if test(s))
            bound = lambda s: (s.is_assigned() or s.is_parameter() or s.is_imported()) and s.is_local()
            found.append([child.get_name(), child.get_lineno(), where(bound),
                          where(lambda s: s.is_declared_global()), where(lambda s: s.is_nonlocal())])
        walk(child, found)
    return found
print(json.dumps([sorted(walk(symtable.symtable(t.lstrip('\\ufeff'), 'x', 'exec'), [])) for t in json.load(sys.stdin)]))
";
    let Some(theirs) = ask_cpython::<Vec<Vec<Described>>>(program, &texts) else { return };
    for ((text, ours), theirs) in texts.iter().zip(ours).zip(theirs) {
        assert_eq!(ours, theirs, "{text}");
    }
}

/// One of each way to bind a name.
const NAMES: &str = "
def outer(a, b=(walrus := 1), *args, c, d=lambda p: (q := p), **kwargs):
    local = a
    (one, [two, *three]) = four, five = a
    attribute.x = subscript[0] = a
    augmented += 1
    annotated: int
    also: int = (inner := 2)
    for i, (j, k) in a:
        m = i
    else:
        n = 1
    while (w := w - 1):
        pass
    with a as ctx, b as (left, right), a:
        in_with = 1
    try:
        in_try = 1
    except ValueError as error:
        in_handler = 1
    else:
        in_else = 1
    finally:
        in_finally = 1
    import os.path, math as maths
    from a import b as c2, d2
    def nested(z):
        nonlocal local, shared
        global top
        local = top = shared = z
        __private = 1
        return [y for y in range(3) if (found := y)]
    class Inner(Base):
        member = 1
        __hidden = 2
        def method(self, __arg):
            self.__attr = __arg
            __local = [__arg for __arg in range(3)]
    shared = {key: value for key, value in a if (last := key)}
    del deleted, gone[0]
    f'{(formatted := 1):{(width := 2)}}'
    assert (asserted := 1), (message := 2)
    if (tested := 1):
        branch = 1
    elif (tested2 := 2):
        branch2 = 2
    return (returned := lambda: (not_here := 1))
";
