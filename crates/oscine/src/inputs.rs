//! `-i [NAME=]FILE|DEVICE|demo|silence|noise`: what each input of a script hears.
//!
//! A source may have several channels. One input hears a source of n channels by n independent instances of the
//! script; several inputs share out the channels of one unnamed source in order if their numbers agree, as a script
//! of `left, right` does with a stereo file. Otherwise sources are matched by name or in order, and one of a single
//! channel is heard by every instance.

use std::path::{Path, PathBuf};

use oscine_dsp::InputPort;

/// Where an input's samples come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A sound file.
    File(PathBuf),
    /// A device's name or number.
    Device(String),
    /// The built-in loop.
    Demo,
    /// Zeros.
    Silence,
    /// White noise.
    Noise,
}

/// One `-i` of the command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputSpec {
    /// The argument of `process` that it is meant for; without it, the next in order.
    pub name: Option<String>,
    /// Where its samples come from.
    pub origin: Origin,
}

/// File name endings that are sound files even where the file is missing.
const FILE_ENDINGS: [&str; 6] = ["wav", "flac", "mp3", "ogg", "oga", "npy"];

impl InputSpec {
    /// Reads what follows `-i`. Whatever names an existing file, has a folder in it or ends like a sound file is a
    /// file; other words are a device.
    pub fn parse(text: &str) -> Self {
        if !Path::new(text).is_file()
            && let Some((name, rest)) = text.split_once('=')
            && is_identifier(name)
        {
            return Self { name: Some(name.to_owned()), origin: Origin::parse(rest) };
        }
        Self { name: None, origin: Origin::parse(text) }
    }
}

impl Origin {
    fn parse(text: &str) -> Self {
        let path = Path::new(text);
        let ends_like_a_file =
            path.extension().is_some_and(|end| FILE_ENDINGS.iter().any(|known| end.eq_ignore_ascii_case(known)));
        match text {
            "demo" => Origin::Demo,
            "silence" => Origin::Silence,
            "noise" => Origin::Noise,
            _ if ends_like_a_file || path.is_file() || path.components().count() > 1 => Origin::File(path.to_owned()),
            _ => Origin::Device(text.to_owned()),
        }
    }
}

fn is_identifier(text: &str) -> bool {
    let mut letters = text.chars();
    letters.next().is_some_and(|c| c.is_alphabetic() || c == '_') && letters.all(|c| c.is_alphanumeric() || c == '_')
}

/// A source's channel, as one input of one instance hears it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tap {
    /// Index into the sources.
    pub source: usize,
    /// Its channel.
    pub channel: usize,
}

/// Which input hears what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wiring {
    /// Independent instances of the script.
    pub instances: usize,
    /// For each instance, for each input: what it hears; `None` is the input's default.
    pub taps: Vec<Vec<Option<Tap>>>,
}

/// What is known of a source when it is wired: the name it is meant for and its channels.
#[derive(Debug, Clone, Copy)]
pub struct SourceShape<'a> {
    /// The name given with it.
    pub name: Option<&'a str>,
    /// Its channels, at least 1.
    pub channels: usize,
}

/// Matches sources to inputs by name, then in order. `channels` is what `--channels` asks for.
pub fn wire(ports: &[InputPort], sources: &[SourceShape], channels: Option<usize>) -> Result<Wiring, String> {
    if ports.is_empty() && !sources.is_empty() {
        return Err("this script makes its sound itself: `process` takes no input".to_owned());
    }
    if let [source] = sources
        && source.name.is_none()
        && source.channels > 1
        && ports.len() > 1
    {
        return share_out(ports, source.channels, channels);
    }
    let heard = match_ports(ports, sources)?;
    let widest = sources.iter().map(|s| s.channels).max().unwrap_or(1);
    let instances = channels.unwrap_or(widest);
    if let Some(source) = sources.iter().find(|s| s.channels != 1 && s.channels != instances) {
        let wanted = if channels.is_some() { "`--channels` asks for" } else { "another input has" };
        return Err(format!("an input has {} channels, but {wanted} {instances}", source.channels));
    }
    let tap = |source: usize, instance: usize| Tap {
        source,
        channel: if sources[source].channels == 1 { 0 } else { instance },
    };
    let taps = (0..instances).map(|k| heard.iter().map(|&source| source.map(|s| tap(s, k))).collect()).collect();
    Ok(Wiring { instances, taps })
}

/// One source of several channels and several inputs: a channel each.
fn share_out(ports: &[InputPort], source_channels: usize, channels: Option<usize>) -> Result<Wiring, String> {
    if source_channels != ports.len() {
        return Err(format!(
            "the input has {source_channels} channels, but `process` takes {} inputs: {}; name the one that is meant: \
             `-i {}=...`",
            ports.len(),
            names(ports),
            ports[0].name
        ));
    }
    let instances = channels.unwrap_or(1);
    let taps = (0..ports.len()).map(|channel| Some(Tap { source: 0, channel })).collect();
    Ok(Wiring { instances, taps: vec![taps; instances] })
}

/// For each port, the source it hears.
fn match_ports(ports: &[InputPort], sources: &[SourceShape]) -> Result<Vec<Option<usize>>, String> {
    let mut heard = vec![None; ports.len()];
    for (index, source) in sources.iter().enumerate() {
        let Some(name) = source.name else { continue };
        let port = ports
            .iter()
            .position(|p| p.name == name)
            .ok_or_else(|| format!("`process` has no input `{name}`; it takes {}", names(ports)))?;
        if heard[port].replace(index).is_some() {
            return Err(format!("the input `{name}` is given twice"));
        }
    }
    for (index, _) in sources.iter().enumerate().filter(|(_, s)| s.name.is_none()) {
        let Some(free) = heard.iter_mut().find(|h| h.is_none()) else {
            return Err(format!("{} inputs are given, but `process` takes {}", sources.len(), names(ports)));
        };
        *free = Some(index);
    }
    let missing: Vec<&str> = ports
        .iter()
        .zip(&heard)
        .filter(|(port, heard)| heard.is_none() && port.default.is_none())
        .map(|(port, _)| port.name.as_str())
        .collect();
    if missing.is_empty() {
        return Ok(heard);
    }
    Err(format!(
        "nothing is given for the input `{}`: add `-i {}=FILE`, or demo, silence or noise in the file's place",
        missing.join("`, `"),
        missing[0]
    ))
}

fn names(ports: &[InputPort]) -> String {
    let names: Vec<String> = ports.iter().map(|p| format!("`{}`", p.name)).collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::{InputSpec, Origin, SourceShape, Tap, wire};
    use oscine_dsp::InputPort;

    fn ports(names: &[&str]) -> Vec<InputPort> {
        let port = |name: &&str| {
            let optional = name.ends_with('?');
            InputPort { name: name.trim_end_matches('?').to_owned(), default: optional.then_some(0.0) }
        };
        names.iter().map(port).collect()
    }

    fn source(name: &'static str, channels: usize) -> SourceShape<'static> {
        SourceShape { name: (!name.is_empty()).then_some(name), channels }
    }

    fn tap(source: usize, channel: usize) -> Tap {
        Tap { source, channel }
    }

    #[test]
    fn words_become_origins() {
        let file = |path: &str| Origin::File(path.into());
        assert_eq!(InputSpec::parse("demo"), InputSpec { name: None, origin: Origin::Demo });
        assert_eq!(InputSpec::parse("a.WAV").origin, file("a.WAV"));
        assert_eq!(InputSpec::parse("takes/one").origin, file("takes/one"));
        assert_eq!(InputSpec::parse("USB Audio").origin, Origin::Device("USB Audio".to_owned()));
        let named = InputSpec::parse("carrier=a=b.wav");
        assert_eq!(named, InputSpec { name: Some("carrier".to_owned()), origin: file("a=b.wav") });
        assert_eq!(InputSpec::parse("1=2.wav"), InputSpec { name: None, origin: file("1=2.wav") });
    }

    #[test]
    fn a_mono_script_runs_one_instance_a_channel() {
        let wiring = wire(&ports(&["x"]), &[source("", 2)], None).unwrap();
        assert_eq!(wiring.taps, [vec![Some(tap(0, 0))], vec![Some(tap(0, 1))]]);
        let widened = wire(&ports(&["x"]), &[source("", 1)], Some(2)).unwrap();
        assert_eq!(widened.taps, [vec![Some(tap(0, 0))], vec![Some(tap(0, 0))]]);
        let error = wire(&ports(&["x"]), &[source("", 6)], Some(2)).unwrap_err();
        assert_eq!(error, "an input has 6 channels, but `--channels` asks for 2");
    }

    #[test]
    fn a_stereo_script_shares_out_a_stereo_file() {
        let wiring = wire(&ports(&["left", "right"]), &[source("", 2)], None).unwrap();
        assert_eq!((wiring.instances, wiring.taps), (1, vec![vec![Some(tap(0, 0)), Some(tap(0, 1))]]));
        let error = wire(&ports(&["left", "right"]), &[source("", 3)], None).unwrap_err();
        assert!(error.contains("3 channels") && error.contains("`left`, `right`"), "{error}");
    }

    #[test]
    fn names_go_before_order() {
        let wiring = wire(&ports(&["carrier", "modulator"]), &[source("", 1), source("carrier", 2)], None).unwrap();
        assert_eq!(wiring.taps, [vec![Some(tap(1, 0)), Some(tap(0, 0))], vec![Some(tap(1, 1)), Some(tap(0, 0))]]);
    }

    #[test]
    fn an_input_with_a_default_may_stay_unconnected() {
        let wiring = wire(&ports(&["x", "side?"]), &[source("", 1)], None).unwrap();
        assert_eq!(wiring.taps, [vec![Some(tap(0, 0)), None]]);
    }

    #[test]
    fn errors_list_what_there_is() {
        let two = ports(&["carrier", "modulator"]);
        let error = |sources: &[SourceShape]| wire(&two, sources, None).unwrap_err();
        assert_eq!(error(&[source("x", 1)]), "`process` has no input `x`; it takes `carrier`, `modulator`");
        assert_eq!(error(&[source("carrier", 1), source("carrier", 1)]), "the input `carrier` is given twice");
        assert_eq!(
            error(&[source("", 1), source("", 1), source("", 1)]),
            "3 inputs are given, but `process` takes `carrier`, `modulator`"
        );
        assert_eq!(
            error(&[source("carrier", 1)]),
            "nothing is given for the input `modulator`: add `-i modulator=FILE`, or demo, silence or noise in the \
             file's place"
        );
        assert_eq!(
            error(&[source("carrier", 2), source("modulator", 3)]),
            "an input has 2 channels, but another input has 3"
        );
        let none = wire(&[], &[source("", 1)], None).unwrap_err();
        assert_eq!(none, "this script makes its sound itself: `process` takes no input");
    }
}
