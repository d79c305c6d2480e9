//! Load time seen from outside: local imports, limits, and what a failure says.

use std::path::{Path, PathBuf};
use std::time::Duration;

use oscine_lang::evaluate::value::Value;
use oscine_lang::evaluate::{Interpreter, LoadOptions, load, on_large_stack};
use oscine_lang::pipeline::Failure;

const OPTIONS: LoadOptions = LoadOptions { sample_rate: 48000.0, block_frames: 64 };

/// What a script prints, or how its load fails.
fn printed(path: &Path, text: &str) -> Result<String, Failure> {
    let mut output = String::new();
    load(path, text.to_owned(), OPTIONS, &mut |text| output.push_str(text))?;
    Ok(output)
}

/// A folder with these files.
fn folder(name: &str, files: &[(&str, &str)]) -> PathBuf {
    let root = std::env::temp_dir().join(format!("oscine-loading-{name}-{}", std::process::id()));
    for (path, text) in files {
        let path = root.join(path);
        std::fs::create_dir_all(path.parent().unwrap_or(&root)).expect("a folder");
        std::fs::write(path, text).expect("a file");
    }
    root
}

#[test]
fn files_beside_the_script_are_imported_once() {
    let files = [
        ("filters.py", "print('filters runs')\nGAIN = 2\ndef gain(x):\n    return GAIN * x\n"),
        ("kit/__init__.py", "from .drums import hit\nfrom . import tools\nNAME = __name__\n"),
        (
            "kit/drums.py",
            "from . import tools\nfrom .tools import level\n\ndef hit():\n    return level + tools.level\n",
        ),
        ("kit/tools.py", "level = 3\n"),
    ];
    let root = folder("imports", &files);
    let script = "import filters\nfrom filters import gain as g\nimport kit.tools as t\nimport kit\nfrom kit import hit, drums\n\
                  def late():\n    import filters as again\n    again.GAIN = 5\nlate()\n\
                  print(g(2), t.level, kit.hit(), hit(), kit.NAME, drums.__name__, kit.tools is t)\n";
    let output = printed(&root.join("script.py"), script);
    std::fs::remove_dir_all(&root).expect("the folder goes");
    assert_eq!(output.expect("it loads"), "filters runs\n10 3 6 6 kit kit.drums True\n");
}

#[test]
fn an_error_in_an_imported_file_points_into_it() {
    let root = folder("broken", &[("helper.py", "def f(x):\n    return 1 / x\n"), ("wrong.py", "def f(:\n")]);
    let raised = printed(&root.join("script.py"), "from helper import f\n\nf(0)\n").expect_err("it raises");
    let syntax = printed(&root.join("script.py"), "import wrong\n").expect_err("it is not Python");
    std::fs::remove_dir_all(&root).expect("the folder goes");
    let place = |failure: &Failure| {
        let first = &failure.diagnostics[0];
        let name = failure.sources.path(first.span).file_name().map(|name| name.to_string_lossy().into_owned());
        (first.code, name.unwrap_or_default(), failure.sources.line_column(first.span).0)
    };
    assert_eq!(place(&raised), ("raised-while-loading", "helper.py".to_owned(), 2));
    assert_eq!(raised.diagnostics[0].message, "ZeroDivisionError: division by zero");
    let caller = raised.diagnostics[0].related[0].0;
    assert_eq!(raised.sources.line_column(caller).0, 3);
    assert_eq!(place(&syntax), ("syntax-error", "wrong.py".to_owned(), 1));
}

#[test]
fn a_load_without_an_end_is_ended() {
    let endless = [
        "while True:\n    pass\n",
        "n = 0\nwhile True:\n    try:\n        n += 1\n        1 / 0\n    except BaseException:\n        pass\n    finally:\n        n += 1\n",
        "def f():\n    while True:\n        yield 1\nsum(f())\n",
        "from itertools import count\n[x for x in count() if x < 0]\n",
        "from itertools import repeat\nmax(repeat(1))\n",
        "class A:\n    def __len__(self):\n        return len(self.items)\n    def __getitem__(self, i):\n        return i\nlist(A())\n",
        "print(5 in iter(lambda: 1, 2))\n",
    ];
    for text in endless {
        let mut print = |_: &str| {};
        let mut interpreter = Interpreter::new(OPTIONS, &mut print);
        interpreter.set_budget(Duration::from_millis(50));
        let failure = interpreter.load(Path::new("script.py"), text.to_owned()).expect_err(text);
        assert!(
            matches!(failure.diagnostics[0].code, "loads-too-long") || text.starts_with("class A"),
            "{text}: {:?}",
            failure.diagnostics
        );
    }
}

#[test]
fn what_takes_all_memory_is_an_error() {
    for text in ["[0] * 10**12\n", "'a' * 10**12\n", "list(range(10**12))\n", "(1, 2) * 10**11\n"] {
        let failure = printed(Path::new("script.py"), text).expect_err(text);
        assert_eq!(failure.diagnostics[0].message, "MemoryError", "{text}");
    }
}

#[test]
fn deep_recursion_is_an_error_on_any_stack() {
    let texts = [
        "def f(n):\n    return f(n + 1) + 1\nf(0)\n",
        "class A:\n    def __eq__(self, other):\n        return self == other\nA() == A()\n",
        "class A:\n    def __repr__(self):\n        return repr(self)\nprint(A())\n",
        "class A:\n    def __getattr__(self, name):\n        return self.missing\nA().x\n",
        "a = []\nfor _ in range(100000):\n    a = [a]\nprint(a)\n",
        "def g(n):\n    yield from g(n + 1)\nlist(g(0))\n",
    ];
    for text in texts {
        let told = |failure: Failure| failure.diagnostics[0].message.clone();
        let small = told(printed(Path::new("script.py"), text).expect_err(text));
        let large = on_large_stack(|| told(printed(Path::new("script.py"), text).expect_err(text)));
        assert!(small.starts_with("RecursionError"), "{text}: {small}");
        assert!(large.starts_with("RecursionError"), "{text}: {large}");
    }
}

#[test]
fn a_parameter_is_its_default_and_stays_a_parameter() {
    let text = "from oscine import param\n\nclass Voice:\n    def __init__(self):\n        self.gain = param(0.5, 0, 1)\n\n\
                cutoff = param(100, 20, 2000)\nvoice = Voice()\ntwice = cutoff * 2\nnames = [cutoff, 1]\n\
                print(cutoff, twice, cutoff == 100, f'{voice.gain:.2f}', range(cutoff)[-1], 'x' * param(2, 1, 3), names)\n";
    let mut output = String::new();
    let loaded =
        load(Path::new("script.py"), text.to_owned(), OPTIONS, &mut |text| output.push_str(text)).expect("it loads");
    assert_eq!(output, "100 200 True 0.50 99 xx [100, 1]\n");
    let get = |name: &str| loaded.module.globals.get(name);
    assert!(matches!(get("cutoff"), Some(Value::Param(_))) && matches!(get("twice"), Some(Value::Int(200))));
    let Some(Value::Instance(voice)) = get("voice") else { panic!("no voice") };
    assert!(matches!(voice.attributes.get("gain"), Some(Value::Param(_))));
}
