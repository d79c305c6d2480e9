//! The small modules: `typing`, `enum`, `types`, `copy`, `bisect`, `contextlib`, `warnings`, `string`, `time`, `os`, `sys`.
//!
//! What would talk to the system is there only as far as a script needs it to load: clocks, paths as text, the facts of
//! the platform. The rest says that it is missing.

use std::rc::Rc;
use std::time::{SystemTime, UNIX_EPOCH};

use super::{Audio, Contribution, Entry};
use crate::evaluate::Interpreter;
use crate::evaluate::calls::{class_value, count_args, match_args, one_arg};
use crate::evaluate::compare::address;
use crate::evaluate::exceptions::{raise, raise_with};
use crate::evaluate::value::{Args, Bound, Deque, Dict, Instance, List, Name, Namespace, QuickMap, Result, Value};

type Load = fn(&mut Interpreter<'_>, Args) -> Result<Value>;

const fn row(name: &'static str, load: Load) -> Entry {
    Entry { name, load, audio: Audio::LoadOnly }
}

pub(super) const CONTRIBUTION: Contribution = Contribution { entries: ENTRIES, constants };

static ENTRIES: &[Entry] = &[
    row("enum.unique", |_, args| one_arg("unique", args)),
    row("types.SimpleNamespace", simple_namespace),
    row("types.SimpleNamespace __repr__", show_namespace),
    row("types.SimpleNamespace __eq__", equal_namespaces),
    row("copy.copy", copy),
    row("copy.deepcopy", deep_copy),
    row("bisect.bisect_left", |it, args| bisect(it, args, true)),
    row("bisect.bisect_right", |it, args| bisect(it, args, false)),
    row("bisect.bisect", |it, args| bisect(it, args, false)),
    row("bisect.insort", insort),
    row("contextlib.contextmanager", context_manager),
    row("contextlib.contextmanager call", manager),
    row("contextlib.Manager __enter__", enter),
    row("contextlib.Manager __exit__", exit),
    row("contextlib.suppress", suppress),
    row("contextlib.Suppressing __enter__", |_, _| Ok(Value::None)),
    row("contextlib.Suppressing __exit__", suppress_exit),
    row("warnings.warn", |_, _| Ok(Value::None)),
    row("warnings.filterwarnings", |_, _| Ok(Value::None)),
    row("warnings.simplefilter", |_, _| Ok(Value::None)),
    row("time.time", clock),
    row("time.perf_counter", clock),
    row("time.monotonic", clock),
    row("time.process_time", clock),
    row("time.time_ns", |it, args| Ok(Value::Int((clock(it, args)?.as_float().unwrap_or(0.0) * 1e9) as i64))),
    row("time.sleep", |_, _| Err(raise("RuntimeError", "oscine's scripts do not sleep while they load"))),
    row("os.getenv", |_, args| Ok(args.positional.get(1).cloned().unwrap_or(Value::None))),
    row("os.getcwd", |_, _| Err(raise("RuntimeError", "oscine's scripts see no folders"))),
    row("os.listdir", |_, _| Err(raise("RuntimeError", "oscine's scripts see no folders"))),
    row("os.path.join", join),
    row("os.path.basename", |_, args| path_part(&args, true)),
    row("os.path.dirname", |_, args| path_part(&args, false)),
    row("os.path.abspath", |_, args| one_arg("abspath", args)),
    row("os.path.exists", |_, _| Ok(Value::Bool(false))),
    row("sys.exit", |_, args| Err(raise_with("SystemExit", args.positional))),
    row("sys.getrecursionlimit", |_, _| Ok(Value::Int(1000))),
    row("sys.setrecursionlimit", |_, _| Ok(Value::None)),
    row("typing.cast", |_, args| Ok(args.positional.into_iter().nth(1).unwrap_or(Value::None))),
    row("typing.TypeVar", |_, _| Ok(class_value("object"))),
    row("typing.NewType", |_, args| Ok(args.positional.into_iter().nth(1).unwrap_or(Value::None))),
    row("typing.overload", |_, args| one_arg("overload", args)),
    row("typing.final", |_, args| one_arg("final", args)),
    row("typing.runtime_checkable", |_, args| one_arg("runtime_checkable", args)),
];

fn constants() -> Vec<(&'static str, Value)> {
    let text = |text: &str| Value::Str(Name::from(text));
    let mut all = vec![
        ("string.ascii_lowercase", text("abcdefghijklmnopqrstuvwxyz")),
        ("string.ascii_uppercase", text("ABCDEFGHIJKLMNOPQRSTUVWXYZ")),
        ("string.ascii_letters", text("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")),
        ("string.digits", text("0123456789")),
        ("string.hexdigits", text("0123456789abcdefABCDEF")),
        ("string.punctuation", text("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")),
        ("string.whitespace", text(" \t\n\r\x0b\x0c")),
        ("os.sep", text("/")),
        ("os.linesep", text("\n")),
        ("os.name", text("posix")),
        ("os.environ", Value::Dict(Rc::new(Dict::new(QuickMap::default())))),
        ("os.path.sep", text("/")),
        ("sys.maxsize", Value::Int(i64::MAX)),
        ("sys.platform", text("oscine")),
        ("sys.byteorder", text("little")),
        ("sys.version", text("3.11 (oscine)")),
        ("sys.argv", Value::List(Rc::new(List(vec![text("script.py")].into())))),
        ("sys.path", Value::List(Rc::default())),
        ("sys.stderr", text("stderr")),
        ("sys.stdout", text("stdout")),
        (
            "sys.version_info",
            Value::Tuple(Rc::new(vec![Value::Int(3), Value::Int(11), Value::Int(0), text("final"), Value::Int(0)])),
        ),
        ("sys.float_info", float_info()),
        ("typing.TYPE_CHECKING", Value::Bool(false)),
        ("typing.List", class_value("list")),
        ("typing.Dict", class_value("dict")),
        ("typing.Set", class_value("set")),
        ("typing.FrozenSet", class_value("frozenset")),
        ("typing.Tuple", class_value("tuple")),
        ("typing.Type", class_value("type")),
        ("numbers.Number", class_value("float")),
        ("numbers.Real", class_value("float")),
        ("dataclasses.KW_ONLY", class_value("object")),
        ("dataclasses.InitVar", class_value("object")),
    ];
    // Names that mean something to a reader or a type checker only.
    for name in [
        "typing.Any",
        "typing.Optional",
        "typing.Union",
        "typing.Callable",
        "typing.Iterable",
        "typing.Iterator",
        "typing.Generator",
        "typing.Sequence",
        "typing.MutableSequence",
        "typing.Mapping",
        "typing.ClassVar",
        "typing.Final",
        "typing.Literal",
        "typing.Annotated",
        "typing.Self",
        "typing.TypeAlias",
        "typing.Hashable",
        "typing.SupportsFloat",
        "typing.NoReturn",
        "typing.TypedDict",
        "collections.abc.Callable",
        "collections.abc.Iterable",
        "collections.abc.Iterator",
        "collections.abc.Generator",
        "collections.abc.Sequence",
        "collections.abc.Mapping",
        "collections.abc.Hashable",
    ] {
        all.push((name, class_value("object")));
    }
    all
}

fn float_info() -> Value {
    let object = super::objects::plain_object("types.SimpleNamespace");
    if let Value::Instance(instance) = &object {
        let set = |name: &str, value: Value| instance.attributes.set(Name::from(name), value);
        set("max", Value::Float(f64::MAX));
        set("min", Value::Float(f64::MIN_POSITIVE));
        set("epsilon", Value::Float(f64::EPSILON));
        set("dig", Value::Int(15));
        set("mant_dig", Value::Int(53));
    }
    object
}

fn attributes_of(value: Option<&Value>) -> Vec<(Name, Value)> {
    match value {
        Some(Value::Instance(instance)) => {
            instance.attributes.0.borrow().iter().map(|(name, value)| (name.clone(), value.clone())).collect()
        }
        _ => vec![],
    }
}

fn simple_namespace(it: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    count_args("SimpleNamespace", &Args { keywords: vec![], ..args.clone() }, 0, 0)?;
    let object = super::objects::plain_object("types.SimpleNamespace");
    for (name, value) in args.keywords {
        it.set_plain_attribute(&object, &name, value)?;
    }
    Ok(object)
}

fn show_namespace(it: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    let mut shown = vec![];
    for (name, value) in attributes_of(args.positional.first()) {
        shown.push(format!("{name}={}", it.repr(&value)?));
    }
    Ok(Value::Str(Name::from(format!("namespace({})", shown.join(", ")))))
}

fn equal_namespaces(it: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    let [Value::Instance(a), Value::Instance(b)] = args.positional.as_slice() else {
        return Ok(Value::NotImplemented);
    };
    let (a, b) =
        (crate::evaluate::attributes::dict_of(&a.attributes), crate::evaluate::attributes::dict_of(&b.attributes));
    it.equal(&a, &b).map(Value::Bool)
}

fn copy(it: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    let value = one_arg("copy", args)?;
    if let Some(result) = it.call_special(&value, "__copy__", vec![])? {
        return Ok(result);
    }
    Ok(match &value {
        Value::Instance(instance) => {
            let attributes = Namespace::default();
            attributes.0.borrow_mut().clone_from(&instance.attributes.0.borrow());
            let base_value = instance.base_value.clone();
            Value::Instance(Rc::new(Instance { class: instance.class.clone(), attributes, base_value }))
        }
        Value::List(_) | Value::Dict(_) | Value::Set(_) | Value::Deque(_) | Value::Array(_) => {
            let method = it.get_attribute(&value, "copy")?;
            it.call_with(&method, vec![])?
        }
        other => other.clone(),
    })
}

fn deep_copy(it: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    let [value, _] = match_args("deepcopy", ["x", "memo"], 1, args)?;
    copied(it, &value.unwrap_or(Value::None), &mut QuickMap::default())
}

/// A copy of everything that is reached from a value; what is reached twice is copied once.
fn copied(it: &mut Interpreter<'_>, value: &Value, known: &mut QuickMap<usize, Value>) -> Result<Value> {
    let place = address(value).unwrap_or(0);
    if let Some(copy) = known.get(&place) {
        return Ok(copy.clone());
    }
    it.check_stack()?;
    Ok(match value {
        Value::List(list) => {
            let copy = Rc::new(List::default());
            known.insert(place, Value::List(copy.clone()));
            for item in list.0.borrow().clone() {
                let item = copied(it, &item, known)?;
                copy.0.borrow_mut().push(item);
            }
            Value::List(copy)
        }
        Value::Tuple(items) => {
            let items: Result<Vec<Value>> = items.iter().map(|item| copied(it, item, known)).collect();
            Value::Tuple(Rc::new(items?))
        }
        Value::Dict(dict) => {
            let copy = Rc::new(Dict { items: std::cell::RefCell::default(), kind: dict.kind.detached() });
            known.insert(place, Value::Dict(copy.clone()));
            for (key, value) in dict.items.borrow().values().cloned().collect::<Vec<_>>() {
                let (key, value) = (copied(it, &key, known)?, copied(it, &value, known)?);
                it.dict_set(&copy, &key, value)?;
            }
            Value::Dict(copy)
        }
        Value::Deque(deque) => {
            let copy = Rc::new(Deque { items: std::cell::RefCell::default(), max_len: deque.max_len });
            known.insert(place, Value::Deque(copy.clone()));
            for item in deque.items.borrow().clone() {
                let item = copied(it, &item, known)?;
                copy.items.borrow_mut().push_back(item);
            }
            Value::Deque(copy)
        }
        Value::Set(_) | Value::Array(_) => {
            let method = it.get_attribute(value, "copy")?;
            it.call_with(&method, vec![])?
        }
        Value::Instance(instance) if instance.class.is_user && !crate::evaluate::enums::is_enum(&instance.class) => {
            if let Some(method) = it.special(value, "__deepcopy__")? {
                let memo = Value::Dict(Rc::new(Dict::new(QuickMap::default())));
                return it.call_with(&method, vec![memo]);
            }
            let base = instance.base_value.borrow().clone();
            let base_value = std::cell::RefCell::new(copied(it, &base, known)?);
            let attributes = Namespace::default();
            let copy = Rc::new(Instance { class: instance.class.clone(), attributes, base_value });
            known.insert(place, Value::Instance(copy.clone()));
            for (name, value) in attributes_of(Some(value)) {
                copy.attributes.set(name, copied(it, &value, known)?);
            }
            Value::Instance(copy)
        }
        other => other.clone(),
    })
}

fn position(it: &mut Interpreter<'_>, values: &Value, x: &Value, before_equals: bool, key: &Value) -> Result<usize> {
    let (mut low, mut high) = (0, it.length(values)?);
    while low < high {
        let middle = usize::midpoint(low, high);
        let mut item = it.get_item(values, &Value::Int(middle as i64))?;
        if !matches!(key, Value::None) {
            item = it.call_with(key, vec![item])?;
        }
        let goes_right = if before_equals { it.less(&item, x)? } else { !it.less(x, &item)? };
        if goes_right {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    Ok(low)
}

fn bisect(it: &mut Interpreter<'_>, args: Args, before_equals: bool) -> Result<Value> {
    let [values, x, _, _, key] = match_args("bisect", ["a", "x", "lo", "hi", "key"], 2, args)?;
    let (values, x) = (values.unwrap_or(Value::None), x.unwrap_or(Value::None));
    position(it, &values, &x, before_equals, &key.unwrap_or(Value::None)).map(|at| Value::Int(at as i64))
}

fn insort(it: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    count_args("insort", &args, 2, 2)?;
    let (values, x) = (&args.positional[0], &args.positional[1]);
    let at = position(it, values, x, false, &Value::None)?;
    let insert = it.get_attribute(values, "insert")?;
    it.call_with(&insert, vec![Value::Int(at as i64), x.clone()])
}

/// `@contextmanager`: a function whose calls are managers.
fn context_manager(_: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    let function = one_arg("contextmanager", args)?;
    let Some(entry) = super::entry("contextlib.contextmanager call") else { return Ok(Value::None) };
    Ok(Value::Bound(Rc::new(Bound { entry, captured: vec![function], is_method: false })))
}

fn manager(it: &mut Interpreter<'_>, mut args: Args) -> Result<Value> {
    let function = args.positional.remove(0);
    let generator = it.call(&function, args)?;
    let object = super::objects::plain_object("contextlib.Manager");
    it.set_plain_attribute(&object, "gen", generator)?;
    Ok(object)
}

fn enter(it: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    let generator = it.get_attribute(&one_arg("__enter__", args)?, "gen")?;
    it.next_of(&generator)?.ok_or_else(|| raise("RuntimeError", "generator didn't yield"))
}

fn exit(it: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    count_args("__exit__", &args, 4, 4)?;
    let generator = it.get_attribute(&args.positional[0], "gen")?;
    let exception = &args.positional[2];
    if matches!(exception, Value::None) {
        return match it.next_of(&generator)? {
            None => Ok(Value::Bool(false)),
            Some(_) => Err(raise("RuntimeError", "generator didn't stop")),
        };
    }
    let throw = it.get_attribute(&generator, "throw")?;
    match it.call_with(&throw, vec![exception.clone()]) {
        Ok(_) => Err(raise("RuntimeError", "generator didn't stop after throw()")),
        Err(raised) if raised.is("StopIteration") => Ok(Value::Bool(true)),
        Err(raised) if crate::evaluate::compare::is(&raised.exception, exception) => Ok(Value::Bool(false)),
        Err(raised) => Err(raised),
    }
}

fn suppress(it: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    let object = super::objects::plain_object("contextlib.Suppressing");
    it.set_plain_attribute(&object, "exceptions", Value::Tuple(Rc::new(args.positional)))?;
    Ok(object)
}

fn suppress_exit(it: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    count_args("__exit__", &args, 4, 4)?;
    if matches!(args.positional[2], Value::None) {
        return Ok(Value::Bool(false));
    }
    let wanted = it.get_attribute(&args.positional[0], "exceptions")?;
    Interpreter::is_instance(&args.positional[2], &wanted).map(Value::Bool)
}

fn clock(_: &mut Interpreter<'_>, _: Args) -> Result<Value> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64());
    Ok(Value::Float(since))
}

fn texts(args: &Args) -> Result<Vec<Name>> {
    let parts: Option<Vec<Name>> = args.positional.iter().map(|part| part.as_str().cloned()).collect();
    parts.ok_or_else(|| raise("TypeError", "expected str"))
}

fn join(_: &mut Interpreter<'_>, args: Args) -> Result<Value> {
    let mut path = String::new();
    for part in texts(&args)? {
        if part.starts_with('/') {
            path.clear();
        } else if !path.is_empty() && !path.ends_with('/') {
            path.push('/');
        }
        path.push_str(&part);
    }
    Ok(Value::Str(Name::from(path)))
}

fn path_part(args: &Args, last: bool) -> Result<Value> {
    let texts = texts(args)?;
    let path = texts.first().cloned().unwrap_or_else(|| Name::from(""));
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", &path));
    Ok(Value::Str(Name::from(if last { name } else { folder })))
}
