//! What the tree holds, and what it has no word for.

use super::super::ast::{BinOp, Expr, ExprKind, FPart, Param, StmtKind};
use super::{expression, function, statements, wrong};
use crate::source::{Sources, Span};

/// An expression as Lisp writes it, as far as these tests need it.
fn shape(expr: &Expr) -> String {
    let all = |exprs: &[Expr]| exprs.iter().map(shape).collect::<Vec<_>>().join(" ");
    match &*expr.kind {
        ExprKind::None => "None".into(),
        ExprKind::Bool(value) => format!("{value}"),
        ExprKind::Int(value) => format!("{value}"),
        ExprKind::Float(value) => format!("{value:?}"),
        ExprKind::Imaginary(value) => format!("{value:?}j"),
        ExprKind::Str(value) => format!("{value:?}"),
        ExprKind::Name(name) => name.to_string(),
        ExprKind::Attribute { value, name, .. } => format!("(. {} {name})", shape(value)),
        ExprKind::Subscript { value, index } => format!("([] {} {})", shape(value), shape(index)),
        ExprKind::Slice { lower, upper, step } => {
            let part = |part: &Option<Expr>| part.as_ref().map_or("_".into(), shape);
            format!("(: {} {} {})", part(lower), part(upper), part(step))
        }
        ExprKind::Call { callee, args, keywords } => {
            let args = args.iter().map(|arg| format!(" {}{}", if arg.starred { "*" } else { "" }, shape(&arg.value)));
            let keywords = keywords.iter().map(|keyword| match &keyword.name {
                Some(name) => format!(" {name}={}", shape(&keyword.value)),
                None => format!(" **{}", shape(&keyword.value)),
            });
            format!("({}{})", shape(callee), args.chain(keywords).collect::<String>())
        }
        ExprKind::Unary { op, operand } => format!("({op:?} {})", shape(operand)),
        ExprKind::Binary { op, left, right } => format!("({} {} {})", op.symbol(), shape(left), shape(right)),
        ExprKind::And(values) => format!("(and {})", all(values)),
        ExprKind::Or(values) => format!("(or {})", all(values)),
        ExprKind::Compare { first, rest } => {
            let rest = rest.iter().map(|(op, operand)| format!(" {} {}", op.symbol(), shape(operand)));
            format!("(compare {}{})", shape(first), rest.collect::<String>())
        }
        ExprKind::Tuple(values) => format!("(tuple {})", all(values)),
        ExprKind::List(values) => format!("(list {})", all(values)),
        ExprKind::Starred(value) => format!("*{}", shape(value)),
        ExprKind::Walrus { target, value } => format!("(:= {target} {})", shape(value)),
        ExprKind::FString(parts) => format!("(f {})", parts.iter().map(part).collect::<Vec<_>>().join(" ")),
        other => panic!("{other:?}"),
    }
}

fn part(part: &FPart) -> String {
    match part {
        FPart::Text(text) => format!("{text:?}"),
        FPart::Value { value, conversion, format, debug } => {
            let conversion = conversion.map_or(String::new(), |flag| format!("!{flag}"));
            let debug = debug.as_ref().map_or(String::new(), |text| format!(" debug={text:?}"));
            let format: Vec<String> = format.iter().map(|inside| format!(" :{}", self::part(inside))).collect();
            format!("{{{}{conversion}{}{debug}}}", shape(value), format.concat())
        }
    }
}

#[test]
fn expressions_keep_their_shape() {
    for (text, expected) in [
        ("a + b * c ** -d", "(+ a (* b (** c (Neg d))))"),
        ("a - b - c", "(- (- a b) c)"),
        ("not a or b and c", "(or (Not a) (and b c))"),
        ("a < b <= c is not d not in e", "(compare a < b <= c is not d not in e)"),
        ("f(a, *b, c=1, **d)", "(f a *b c=1 **d)"),
        ("a.b[1:, ::2](c)", "(([] (. a b) (tuple (: 1 _ _) (: _ _ 2))) c)"),
        ("a[*b]", "([] a (tuple *b))"),
        ("'a' \"b\" '''c\n'''", "\"abc\\n\""),
        ("f'a' 'b' f'{c}d'", "(f \"ab\" {c} \"d\")"),
        ("f'{{{a!r:>{w}.{p}f}}}'", "(f \"{\" {a!r :\">\" :{w} :\".\" :{p} :\"f\"} \"}\")"),
        ("f'{a = }|{a=!s}|{a=:3}'", "(f {a!r debug=\"a = \"} \"|\" {a!s debug=\"a=\"} \"|\" {a :\"3\" debug=\"a=\"})"),
        ("0xff + 1_0 + 0b11", "(+ (+ 255 10) 3)"),
        ("-9223372036854775808", "-9223372036854775808"),
        ("9223372036854775807", "9223372036854775807"),
        ("-1", "-1"),
        ("-1.0", "(Neg 1.0)"),
        ("-2 ** 2", "(Neg (** 2 2))"),
        ("1e3 + 2j", "(+ 1000.0 2.0j)"),
        ("[a, *b]", "(list a *b)"),
        ("(a := b)", "(:= a b)"),
        // The micro sign and the Greek letter are one name to Python.
        ("\u{b5} + \u{3bc}", "(+ \u{3bc} \u{3bc})"),
    ] {
        assert_eq!(shape(&expression(text)), expected, "{text}");
    }
}

#[test]
fn an_elif_is_an_if_alone_in_the_else() {
    let statements = statements("if a:\n    1\nelif b:\n    2\nelse:\n    3");
    let StmtKind::If { orelse, .. } = &statements[0].kind else { panic!() };
    let [elif] = &orelse[..] else { panic!("{orelse:?}") };
    let StmtKind::If { test, orelse, .. } = &elif.kind else { panic!() };
    assert_eq!(shape(test), "b");
    assert_eq!(orelse.len(), 1);
}

#[test]
fn a_match_is_the_chain_of_ifs_that_it_means() {
    let text = "match f(x):\n    case 1 | 2: 'a'\n    case None: 'b'\n    case y if y > 3: 'c'\n    case z: 'd'";
    let statements = statements(text);
    let StmtKind::Assign { targets, value } = &statements[0].kind else { panic!() };
    assert_eq!((shape(&targets[0]), shape(value)), (".match0".into(), "(f x)".into()));
    let mut tests = vec![];
    let mut stmt = &statements[1];
    while let StmtKind::If { test, orelse, .. } = &stmt.kind {
        tests.push(shape(test));
        stmt = &orelse[0];
    }
    let expected = [
        "(or (compare .match0 == 1) (compare .match0 == 2))",
        "(compare .match0 is None)",
        "(and (tuple (:= y .match0)) (compare y > 3))",
    ];
    assert_eq!(tests, expected);
    let StmtKind::Expr(bind) = &stmt.kind else { panic!("{stmt:?}") };
    assert_eq!(shape(bind), "(tuple (:= z .match0))");
}

/// The test of a first case, and how often its subject is evaluated.
fn case(text: &str) -> (String, usize) {
    let statements = statements(text);
    let StmtKind::If { test, .. } = &statements.last().unwrap().kind else { panic!("{statements:?}") };
    (shape(test).replace(".match", "m"), statements.len() - 1)
}

#[test]
fn patterns_take_their_subject_apart() {
    let sequence = "(isinstance m0 (tuple list tuple range))";
    for (text, expected, subjects) in [
        ("match a, f(b):\n    case 0, 1: pass", "(and (compare m0 == 0) (compare m1 == 1))".to_owned(), 2),
        ("match a, b:\n    case 0, x: pass", "(and (compare m0 == 0) (tuple (:= x m1)))".to_owned(), 2),
        ("match a, b:\n    case _, _, _: pass", "false".to_owned(), 2),
        ("match a, (b, c):\n    case _, (_, 1): pass", "(compare m2 == 1)".to_owned(), 3),
        ("match a, b, c:\n    case x, *y: pass", "(and (tuple (:= x m0)) (tuple (:= y (list m1 m2))))".to_owned(), 3),
        ("match a, b, c:\n    case *_, 1: pass", "(compare m2 == 1)".to_owned(), 3),
        (
            "match a:\n    case [0, _]: pass",
            format!("(and {sequence} (compare (len m0) == 2) (compare ([] m0 0) == 0))"),
            1,
        ),
        (
            "match a:\n    case [*x, 1]: pass",
            format!(
                "(and {sequence} (compare (len m0) >= 1) (tuple (:= x (list ([] m0 (: 0 -1 _))))) (compare ([] m0 -1) == 1))"
            ),
            1,
        ),
        ("match a:\n    case float(): pass", "(isinstance m0 float)".to_owned(), 1),
        (
            "match a:\n    case C(x=0, y=z): pass",
            "(and (isinstance m0 C) (compare (. m0 x) == 0) (tuple (:= z (. m0 y))))".to_owned(),
            1,
        ),
    ] {
        assert_eq!(case(text), (expected, subjects), "{text}");
    }
}

#[test]
fn parameters_are_told_apart() {
    let function = function("def f(a, b, /, c, d=1, *rest, e, g=2, **more) -> float: pass");
    let name = |param: &Param| param.name.to_string();
    let params = &function.params;
    assert_eq!(params.positional.iter().map(name).collect::<Vec<_>>(), ["a", "b", "c", "d"]);
    assert_eq!(params.positional_only, 2);
    assert_eq!(params.keyword_only.iter().map(name).collect::<Vec<_>>(), ["e", "g"]);
    assert_eq!((params.rest.as_deref(), params.keywords.as_deref()), (Some("rest"), Some("more")));
    assert_eq!(params.positional.iter().filter(|param| param.default.is_some()).count(), 1);
    assert!(function.returns.is_some() && !function.scope.is_generator);
}

#[test]
fn only_a_function_that_yields_itself_is_a_generator() {
    assert!(function("def f():\n    if a:\n        x = yield").scope.is_generator);
    assert!(function("def f():\n    yield from a").scope.is_generator);
    assert!(!function("def f():\n    def g():\n        yield\n    return lambda: (yield)").scope.is_generator);
}

#[test]
fn decorators_stand_outermost_first_and_bases_apart_from_keywords() {
    let decorators = &function("@a\n@b.c(1)\ndef f(): pass").decorators;
    assert_eq!(decorators.iter().map(shape).collect::<Vec<_>>(), ["a", "((. b c) 1)"]);
    let statements = statements("class C(A, B, metaclass=M): pass");
    let StmtKind::Class(class) = &statements[0].kind else { panic!() };
    assert_eq!(class.bases.iter().map(shape).collect::<Vec<_>>(), ["A", "B"]);
    assert_eq!(class.keywords[0].name.as_deref(), Some("metaclass"));
}

#[test]
fn private_names_are_mangled_inside_a_class_only() {
    let statements = statements("class _Voice:\n    x.__a, __b, __c__, self.__d(__e=1)\n__f");
    let StmtKind::Class(class) = &statements[0].kind else { panic!() };
    let StmtKind::Expr(expr) = &class.body[0].kind else { panic!() };
    assert_eq!(shape(expr), "(tuple (. x _Voice__a) _Voice__b __c__ ((. self _Voice__d) _Voice__e=1))");
    let StmtKind::Expr(expr) = &statements[1].kind else { panic!() };
    assert_eq!(shape(expr), "__f");
}

#[test]
fn spans_cover_what_they_name() {
    let text = "ü = 1\n@d\ndef f(a,\n      b=2) -> c:\n    while (a  <  b):\n        x.attr = 'é' [ 0 ]\n";
    let mut sources = Sources::default();
    let file = sources.add("script.py", text);
    let module = super::super::parse(&sources, file).unwrap();
    let words = |span: Span| sources.text(span);
    let StmtKind::Function(function) = &module.body[1].kind else { panic!() };
    assert_eq!(words(module.body[0].span), "ü = 1");
    assert_eq!(words(function.span), "f(a,\n      b=2)");
    assert_eq!(words(function.body[0].span), "while (a  <  b");
    let StmtKind::While { test, body, .. } = &function.body[0].kind else { panic!() };
    assert_eq!(words(test.span), "a  <  b");
    let StmtKind::Assign { targets, value } = &body[0].kind else { panic!() };
    let ExprKind::Attribute { name_span, .. } = &*targets[0].kind else { panic!() };
    assert_eq!((words(*name_span), words(value.span)), ("attr", "'é' [ 0 ]"));
    assert_eq!(sources.line_column(body[0].span), (6, 9));
}

#[test]
fn python_that_oscine_does_not_compile_has_codes_of_its_own() {
    for (text, code) in [
        ("async def f(): pass", "async-code"),
        ("async def f():\n    await g()", "async-code"),
        ("type X = int", "type-parameters"),
        ("def f[T](x: T): pass", "type-parameters"),
        ("class C[T]: pass", "type-parameters"),
        ("try:\n    pass\nexcept* ValueError:\n    pass", "except-star"),
        ("x = 9223372036854775808", "integer-too-large"),
        ("x = -9223372036854775809", "integer-too-large"),
        ("x = 0xFFFFFFFFFFFFFFFF", "integer-too-large"),
        ("x = 100000000000000000000000000000", "integer-too-large"),
        ("x = b'abc'", "bytes-literal"),
        ("x = t'{a}'", "template-string"),
        ("match x:\n    case {'a': b}: pass", "match-pattern"),
        ("match x:\n    case C(a): pass", "match-pattern"),
        ("x = [*y for y in z]", "newer-python"),
    ] {
        let found = wrong(text);
        assert!(!found.is_empty() && found.iter().all(|(found, _)| *found == code), "{text}: {found:?}");
    }
}

#[test]
fn everything_wrong_is_said_at_once_in_the_order_of_the_text() {
    let text = "x = b'a'\nreturn\ny = 99999999999999999999\nbreak\n";
    let expected = [("bytes-literal", 1), ("syntax-error", 2), ("integer-too-large", 3), ("syntax-error", 4)];
    assert_eq!(wrong(text), expected);
    assert_eq!(wrong("x = = 1\ny = 2\nz = 3 +\n"), [("syntax-error", 1), ("syntax-error", 3)]);
}

#[test]
fn no_depth_of_nesting_overflows_the_stack() {
    let deep = 20_000;
    let texts = [
        format!("{}1{}", "[".repeat(deep), "]".repeat(deep)),
        format!("{}1", "-".repeat(deep)),
        format!("x = 1{}", " + 1".repeat(deep)),
        format!("x = a{}", ".b".repeat(deep)),
        format!("x = a{}", "[0]".repeat(deep)),
        format!("x = {}1", "lambda: ".repeat(deep)),
        format!("x = {}1", "a if b else ".repeat(deep)),
        format!("if a:\n    pass\n{}", "elif a:\n    pass\n".repeat(deep)),
        (0..300).fold(String::new(), |text, depth| text + &" ".repeat(depth) + "if a:\n") + &" ".repeat(300) + "pass",
        format!("match a:\n{}", "    case 1:\n        pass\n".repeat(deep)),
    ];
    for text in texts {
        let found = wrong(&text);
        let [(code, _)] = found[..] else { panic!("{found:?}: {}...", &text[..20]) };
        assert_eq!(code, "nested-too-deeply", "{}", &text[..20]);
    }
}

#[test]
fn operators_in_place_name_their_operator() {
    let StmtKind::AugAssign { op, .. } = statements("x //= 2").remove(0).kind else { panic!() };
    assert_eq!(op, BinOp::FloorDiv);
}

#[test]
fn what_is_not_python_is_said_in_plain_words() {
    for (text, expected) in [
        ("if True\n    pass", "1:8 expected `:`, found the end of the line"),
        ("print('a'\nx = 1\ny = 2", "1:6 `(` is never closed"),
        ("x = [1, 2)\ny = 1", "1:10 `)` does not close `[`"),
        ("x = 1)", "1:6 `)` closes nothing"),
        ("x = 'abc\ny = 1", "1:5 this string is never closed"),
        ("if x = 1:\n    pass", "1:6 `=` cannot stand inside an expression"),
        ("f() = 1", "1:1 `f()` cannot be assigned to"),
        ("del f()", "1:5 `f()` cannot be deleted"),
        ("x = a b", "1:7 expected the end of the statement, found `b`"),
        ("x = a ? b", "1:7 `?` has no meaning in Python"),
        ("x = = 1", "1:5 expected an expression, found `=`"),
        ("x = 0x", "1:5 this number has no digits"),
        ("if x:\n        a\n   b\n", "3:1 this line is indented like none of the blocks around it"),
        ("def f():\npass", "2:1 expected an indented block after function definition"),
    ] {
        let mut sources = Sources::default();
        let file = sources.add("script.py", text);
        let errors = super::super::parse(&sources, file).unwrap_err();
        let said = errors.iter().map(|error| {
            let (line, column) = sources.line_column(error.span);
            format!("{line}:{column} {}", error.message)
        });
        assert_eq!(said.collect::<Vec<_>>(), [expected], "{text}");
    }
}
