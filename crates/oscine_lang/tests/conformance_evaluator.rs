//! Runs every conformance program by the evaluator, the sample loop included, and compares with what CPython wrote.

use std::path::Path;
use std::rc::Rc;

use oscine_conformance::{Options, Program, compare, hex, programs};
use oscine_lang::evaluate::value::{Args, Array, ArrayData, Cells, Dtype, Name, Raised, Result as Evaluated, Value};
use oscine_lang::evaluate::{Interpreter, LoadOptions, array, on_large_stack};
use oscine_lang::specialise::form;

#[test]
fn the_evaluator_says_what_cpython_says() {
    let wanted = std::env::var("OSCINE_PROGRAM").unwrap_or_default();
    let failures: Vec<String> = programs()
        .into_iter()
        .filter(|program| program.heading.contains(&wanted))
        .filter_map(|program| {
            let name = format!("{}:{} {}", program.file, program.line, program.heading);
            let given = on_large_stack(|| run(&program));
            compare(&program.expected, &given, &program.options).err().map(|words| format!("{name}\n    {words}"))
        })
        .collect();
    assert!(failures.is_empty(), "{} programs differ:\n{}", failures.len(), failures.join("\n"));
}

/// The output of a program, line by line.
fn run(program: &Program) -> Vec<String> {
    let options = &program.options;
    let load = LoadOptions { sample_rate: options.sample_rate, block_frames: options.block_frames };
    let mut printed = String::new();
    let mut lines = vec![];
    {
        let mut print = |text: &str| printed.push_str(text);
        let mut interpreter = Interpreter::new(load, &mut print);
        match interpreter.load(Path::new("script.py"), program.source.clone()) {
            Err(failure) => {
                let first = &failure.diagnostics[0];
                let (line, _) = failure.sources.line_column(first.span);
                let code = if first.code == "raised-while-loading" { "" } else { "SyntaxError: " };
                lines.push(format!("line {line}: {code}{}", first.message));
            }
            Ok(loaded) => {
                let result = render(&mut interpreter, &loaded.module.globals, options, &mut lines);
                if let Err(raised) = result {
                    lines.push(told(&mut interpreter, &raised));
                }
            }
        }
    }
    printed.lines().map(str::to_owned).chain(lines).collect()
}

/// `line N: Name: message`, as the referee words an exception.
fn told(interpreter: &mut Interpreter, raised: &Raised) -> String {
    let words = interpreter.describe(raised);
    let line = raised.traceback.first().map_or(0, |span| interpreter.sources().line_column(*span).0);
    format!("line {line}: {words}")
}

/// Computes every frame, as `python/oscine/reference.py` does.
fn render(
    interpreter: &mut Interpreter,
    globals: &oscine_lang::evaluate::value::Namespace,
    options: &Options,
    lines: &mut Vec<String>,
) -> Evaluated<()> {
    let Some(process) = globals.get("process") else { return Ok(()) };
    for (path, text) in &options.settings {
        set(globals, path, text);
    }
    if let Some(update) = globals.get("update") {
        interpreter.call(&update, Args::default())?;
    }
    let (function, bound) = form::definition(&process).expect("process is a function");
    let is_block = form::is_block_form(&function, bound);
    let names: Vec<Name> = function.def.params.positional[bound..].iter().map(|param| param.name.clone()).collect();
    let inputs = connect(&names, options);
    let mut frame = 0;
    while frame < options.frames {
        let keywords = inputs.iter().map(|(name, samples)| {
            let value = if is_block {
                let mut block = samples[frame..(frame + options.block_frames).min(options.frames)].to_vec();
                block.resize(options.block_frames, 0.0);
                vector(block)
            } else {
                Value::Float(samples[frame])
            };
            (name.clone(), value)
        });
        let args = Args { keywords: keywords.collect(), ..Args::default() };
        let outputs = match interpreter.call(&process, args)? {
            Value::Tuple(outputs) => (*outputs).clone(),
            one => vec![one],
        };
        let returns_blocks = matches!(outputs.first(), Some(Value::Array(array)) if array.shape.len() == 1);
        if is_block || inputs.is_empty() && returns_blocks {
            let columns: Vec<Vec<f64>> = outputs.iter().map(samples_of).collect();
            let count = options.block_frames.min(options.frames - frame);
            for n in 0..count.min(columns[0].len()) {
                lines.push(columns.iter().map(|column| hex(column[n])).collect::<Vec<_>>().join(" "));
            }
            frame += options.block_frames;
        } else {
            lines.push(outputs.iter().map(|output| hex(number(output))).collect::<Vec<_>>().join(" "));
            frame += 1;
        }
    }
    Ok(())
}

/// The samples of each argument that is connected: by name, else in order.
fn connect(names: &[Name], options: &Options) -> Vec<(Name, Vec<f64>)> {
    let mut connected: Vec<(Name, Vec<f64>)> = vec![];
    let inputs = options.fitted_inputs();
    for (name, samples) in inputs.iter().filter(|(name, _)| name.is_some()) {
        connected.push((Name::from(name.as_deref().unwrap_or("")), samples.clone()));
    }
    for (_, samples) in inputs.iter().filter(|(name, _)| name.is_none()) {
        let free = names.iter().find(|name| !connected.iter().any(|(taken, _)| taken == *name));
        connected.push((free.expect("an argument for each input").clone(), samples.clone()));
    }
    connected
}

/// Sets a parameter by its path, before the first sample.
fn set(globals: &oscine_lang::evaluate::value::Namespace, path: &str, text: &str) {
    let parsed = |present: &Value| match present {
        Value::Param(param) => match &param.value {
            Value::Bool(_) => Value::Bool(matches!(text, "true" | "1" | "on")),
            Value::Int(_) => Value::Int(text.parse().expect("an int")),
            Value::Str(_) => Value::Str(Name::from(text)),
            _ => Value::Float(text.parse().expect("a number")),
        },
        other => panic!("not a parameter: {other:?}"),
    };
    let (owner, name) = path.rsplit_once('.').unwrap_or(("", path));
    if owner.is_empty() {
        let value = parsed(&globals.get(name).expect("a global"));
        return globals.set(Name::from(name), value);
    }
    let mut parts = owner.split('.');
    let mut object = globals.get(parts.next().unwrap_or("")).expect("a global");
    for part in parts {
        let Value::Instance(instance) = &object else { panic!("not an object: {object:?}") };
        let next = instance.attributes.get(part).expect("an attribute");
        object = next;
    }
    let Value::Instance(instance) = &object else { panic!("not an object: {object:?}") };
    let value = parsed(&instance.attributes.get(name).expect("an attribute"));
    instance.attributes.set(Name::from(name), value);
}

fn vector(samples: Vec<f64>) -> Value {
    let shape = vec![samples.len()];
    let data = Rc::new(ArrayData { dtype: Dtype::Float, cells: Cells::Float(samples).into() });
    Value::Array(Array { data, offset: 0, shape, strides: vec![1] })
}

fn samples_of(value: &Value) -> Vec<f64> {
    match value {
        Value::Array(block) if !block.shape.is_empty() => array::rows(block).iter().map(number).collect(),
        other => panic!("not a block: {other:?}"),
    }
}

fn number(value: &Value) -> f64 {
    match array::plain(value) {
        Value::Float(value) => value,
        Value::Int(value) => value as f64,
        Value::Bool(value) => f64::from(u8::from(value)),
        other => panic!("not a sample: {other:?}"),
    }
}
