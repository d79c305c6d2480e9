//! `--set NAME=VALUE`: a parameter's value from the words of a person.

use oscine_dsp::{Param, ParamKind};

/// Finds the parameter that `setting` names and reads its value: the index into `params` and the value as the
/// processor takes it.
///
/// The error is for people: it lists the parameters, or tells the range.
pub fn read(setting: &str, params: &[Param]) -> Result<(usize, f64), String> {
    let (name, text) =
        setting.split_once('=').ok_or_else(|| format!("`--set {setting}` has no value: write NAME=VALUE"))?;
    let (name, text) = (name.trim(), text.trim());
    let index = find(name, params)?;
    Ok((index, value(text, &params[index])?))
}

/// The index of a parameter by its name. The error lists what there is.
pub fn find(name: &str, params: &[Param]) -> Result<usize, String> {
    params.iter().position(|param| param.name == name).ok_or_else(|| unknown(name, params))
}

/// The value that a person's words mean for a parameter. The error tells what it takes.
pub fn value(text: &str, param: &Param) -> Result<f64, String> {
    parse(param, text).ok_or_else(|| format!("`{}` takes {}, not `{text}`", param.name, accepted(param)))
}

/// What a parameter accepts, in words: `a number from 20 to 20000 Hz`.
pub fn accepted(param: &Param) -> String {
    let unit = if param.unit.is_empty() { String::new() } else { format!(" {}", param.unit) };
    let what = match &param.kind {
        ParamKind::Bool => return "true or false".to_owned(),
        ParamKind::Choice(names) => return format!("one of {}", names.join(", ")),
        ParamKind::Int => "a whole number",
        ParamKind::Float => "a number",
    };
    let step = param.step.map_or_else(String::new, |step| format!(" in steps of {step}"));
    format!("{what} from {} to {}{unit}{step}", param.min, param.max)
}

fn parse(param: &Param, text: &str) -> Option<f64> {
    match &param.kind {
        ParamKind::Bool => match text.to_ascii_lowercase().as_str() {
            "true" | "on" | "yes" | "1" => Some(1.0),
            "false" | "off" | "no" | "0" => Some(0.0),
            _ => None,
        },
        ParamKind::Choice(names) => names.iter().position(|name| name == text).map(|index| index as f64),
        ParamKind::Int | ParamKind::Float => {
            let value = text.parse::<f64>().ok().filter(|v| (param.min..=param.max).contains(v))?;
            let is_on_a_step = (param.clamp(value) - value).abs() <= 1e-9 * param.max.abs().max(param.min.abs());
            is_on_a_step.then_some(value)
        }
    }
}

fn unknown(name: &str, params: &[Param]) -> String {
    if params.is_empty() {
        return format!("there is no parameter `{name}`: the script has none");
    }
    let names: Vec<&str> = params.iter().map(|p| p.name.as_str()).collect();
    format!("there is no parameter `{name}`; there is {}", names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::read;
    use oscine_dsp::{Param, ParamKind};

    fn params() -> Vec<Param> {
        let param = |name: &str, kind: ParamKind, min: f64, max: f64, unit: &str, step: Option<f64>| Param {
            unit: unit.to_owned(),
            step,
            ..Param::new(name, kind, min, (min, max))
        };
        let shapes = vec!["saw".to_owned(), "square".to_owned()];
        vec![
            param("cutoff", ParamKind::Float, 20.0, 20_000.0, "Hz", None),
            param("voice.order", ParamKind::Int, 1.0, 12.0, "", None),
            param("bright", ParamKind::Bool, 0.0, 1.0, "", None),
            param("shape", ParamKind::Choice(shapes), 0.0, 1.0, "", None),
            param("tune", ParamKind::Float, -1.0, 1.0, "", Some(0.1)),
        ]
    }

    #[test]
    fn each_kind_reads_its_own_words() {
        let read = |setting| read(setting, &params()).unwrap();
        assert_eq!(read("cutoff=1e3"), (0, 1000.0));
        assert_eq!(read("voice.order = 4"), (1, 4.0));
        assert_eq!(read("bright=on"), (2, 1.0));
        assert_eq!(read("shape=square"), (3, 1.0));
        assert_eq!(read("tune=0.3"), (4, 0.3));
    }

    #[test]
    fn an_error_tells_what_there_is() {
        let error = |setting| read(setting, &params()).unwrap_err();
        assert_eq!(error("cutoff=5"), "`cutoff` takes a number from 20 to 20000 Hz, not `5`");
        assert_eq!(error("cutoff=nan"), "`cutoff` takes a number from 20 to 20000 Hz, not `nan`");
        assert_eq!(error("voice.order=2.5"), "`voice.order` takes a whole number from 1 to 12, not `2.5`");
        assert_eq!(error("bright=maybe"), "`bright` takes true or false, not `maybe`");
        assert_eq!(error("shape=sine"), "`shape` takes one of saw, square, not `sine`");
        assert_eq!(error("tune=0.33"), "`tune` takes a number from -1 to 1 in steps of 0.1, not `0.33`");
        assert_eq!(error("gain=1"), "there is no parameter `gain`; there is cutoff, voice.order, bright, shape, tune");
        assert_eq!(error("cutoff"), "`--set cutoff` has no value: write NAME=VALUE");
        assert_eq!(super::read("gain=1", &[]).unwrap_err(), "there is no parameter `gain`: the script has none");
    }
}
