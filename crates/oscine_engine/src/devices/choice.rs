//! Which device a person means: a number of the list, a name or a part of it, `HOST:NAME`, `HOST`.

use super::jack::Jack;
use super::{Backend, Device, DeviceError, NULL, backends};

#[derive(Debug, Clone, Copy, PartialEq)]
enum Way {
    Plays,
    Listens,
}

impl Way {
    fn word(self) -> &'static str {
        match self {
            Way::Plays => "output",
            Way::Listens => "input",
        }
    }

    fn fits(self, device: &dyn Device) -> bool {
        let info = device.info();
        (if self == Way::Plays { info.outputs } else { info.inputs }) > 0
    }
}

/// The first default output of any back end. A server of sound that runs beside the system's own, as JACK may, comes
/// last: it plays where nothing else does, or if it is asked for.
pub(super) fn default_output() -> Result<Box<dyn Device>, DeviceError> {
    // JACK's library is loaded only if nothing else is there.
    let of_system = first(&super::system::backends(), |backend| backend.default_output());
    of_system.or_else(|error| Jack.default_output().map_err(|_| error))
}

fn first(
    backends: &[Box<dyn Backend>],
    open: impl Fn(&dyn Backend) -> Result<Box<dyn Device>, DeviceError>,
) -> Result<Box<dyn Device>, DeviceError> {
    let mut found = backends.iter().map(|backend| open(&**backend));
    found.find(Result::is_ok).unwrap_or_else(|| Err(DeviceError::new("there is no sound device")))
}

pub(super) fn output(wanted: &str) -> Result<Box<dyn Device>, DeviceError> {
    find(&backends(), wanted, Way::Plays)
}

pub(super) fn input(wanted: &str) -> Result<Box<dyn Device>, DeviceError> {
    find(&backends(), wanted, Way::Listens)
}

fn find(backends: &[Box<dyn Backend>], wanted: &str, way: Way) -> Result<Box<dyn Device>, DeviceError> {
    let of_default = |backend: &dyn Backend| match way {
        Way::Plays => backend.default_output(),
        Way::Listens => backend.default_input(),
    };
    if wanted == "default" {
        return first(backends, of_default);
    }
    let named = |host: &str| backends.iter().find(|backend| backend.host().eq_ignore_ascii_case(host));
    let (host, name) = match wanted.split_once(':') {
        Some((host, name)) if named(host).is_some() => (named(host), name),
        _ if named(wanted).is_some() => (named(wanted), ""),
        _ => (None, wanted),
    };
    if let (Some(backend), "") = (host, name) {
        return of_default(&**backend);
    }
    let known: Vec<(usize, Box<dyn Device>)> = match host {
        Some(backend) => backend.devices().into_iter().map(|device| (usize::MAX, device)).collect(),
        None => backends.iter().flat_map(|backend| backend.devices()).enumerate().collect(),
    };
    if let (Some(backend), true) = (host, known.is_empty()) {
        // Why there are none is worth more than that there are none.
        return of_default(&**backend);
    }
    let (mut devices, others): (Vec<_>, Vec<_>) = known.into_iter().partition(|(_, device)| way.fits(&**device));
    let all = names(&devices, way);
    match name.parse::<usize>() {
        Ok(number) if host.is_none() => devices.retain(|(own, _)| *own == number),
        _ => keep_named(&mut devices, name),
    }
    let what = way.word();
    if devices.len() > 1 {
        let found = names(&devices, way);
        return Err(DeviceError::new(format!("`{wanted}` may be one of several {what} devices:{found}")));
    }
    if let Some((_, device)) = devices.pop() {
        return Ok(device);
    }
    if all.is_empty() {
        return Err(DeviceError::new(format!("there is no {what} device `{wanted}`: this system has none at all")));
    }
    let is_other = name.parse().is_ok_and(|number: usize| others.iter().any(|(own, _)| *own == number));
    let why =
        if is_other { format!("device {name} is no {what}") } else { format!("there is no {what} device `{wanted}`") };
    Err(DeviceError::new(format!("{why}; there are:{all}")))
}

/// Leaves those of that name, or else those with that part of a name; upper and lower case are one.
fn keep_named(devices: &mut Vec<(usize, Box<dyn Device>)>, name: &str) {
    let part = name.to_lowercase();
    let own = |device: &dyn Device| device.info().name.to_lowercase();
    if devices.iter().any(|(_, device)| own(&**device) == part) {
        devices.retain(|(_, device)| own(&**device) == part);
        // One name on several hosts is most often one device: the preferred host's is meant.
        devices.truncate(1);
    } else {
        devices.retain(|(_, device)| own(&**device).contains(&part));
    }
}

/// A line each.
fn names(devices: &[(usize, Box<dyn Device>)], way: Way) -> String {
    let line = |(number, device): &(usize, Box<dyn Device>)| {
        let number = if *number == usize::MAX { String::new() } else { format!("{number}: ") };
        format!("\n  {number}{}", device.info().full_name())
    };
    let mut lines: Vec<String> = devices.iter().map(line).collect();
    if way == Way::Plays {
        lines.push(format!("\n  {NULL}: the built-in silent one"));
    }
    lines.concat()
}

#[cfg(test)]
mod tests {
    use super::{Way, find};
    use crate::devices::listening::Ear;
    use crate::devices::{Backend, Device, DeviceError, DeviceInfo, ListenWish, Opened, Wish};
    use crate::feed::Feed;

    #[derive(Clone)]
    struct Named(DeviceInfo);

    impl Device for Named {
        fn info(&self) -> &DeviceInfo {
            &self.0
        }
        fn nearest_rate(&self, sample_rate: f64) -> f64 {
            sample_rate
        }
        fn nearest_input_rate(&self, sample_rate: f64) -> f64 {
            sample_rate
        }
        fn play(&self, _: &Wish) -> Result<Opened<Feed>, DeviceError> {
            Err(DeviceError::new("only a name"))
        }
        fn listen(&self, _: &ListenWish) -> Result<Opened<Ear>, DeviceError> {
            Err(DeviceError::new("only a name"))
        }
    }

    struct Offers(&'static str, Vec<Named>);

    impl Backend for Offers {
        fn host(&self) -> &str {
            self.0
        }
        fn devices(&self) -> Vec<Box<dyn Device>> {
            self.1.iter().map(|device| Box::new(device.clone()) as Box<dyn Device>).collect()
        }
        fn default_output(&self) -> Result<Box<dyn Device>, DeviceError> {
            let device = self.1.iter().find(|device| device.0.outputs > 0).cloned();
            device
                .map(|device| Box::new(device) as _)
                .ok_or_else(|| DeviceError::new(format!("{} is not running", self.0)))
        }
        fn default_input(&self) -> Result<Box<dyn Device>, DeviceError> {
            let device = self.1.iter().find(|device| device.0.inputs > 0).cloned();
            device
                .map(|device| Box::new(device) as _)
                .ok_or_else(|| DeviceError::new(format!("{} is not running", self.0)))
        }
    }

    /// `name`, inputs, outputs.
    fn offers(host: &'static str, devices: &[(&str, usize, usize)]) -> Box<dyn Backend> {
        let named = |&(name, inputs, outputs): &(&str, usize, usize)| {
            Named(DeviceInfo { host: host.to_owned(), name: name.to_owned(), inputs, outputs, ..DeviceInfo::default() })
        };
        Box::new(Offers(host, devices.iter().map(named).collect()))
    }

    fn all() -> Vec<Box<dyn Backend>> {
        vec![
            offers("ALSA", &[("USB Audio", 2, 2), ("USB Audio Two", 0, 8), ("Microphone: left", 1, 0)]),
            offers("PulseAudio", &[]),
            offers("JACK", &[("system", 2, 2), ("USB Audio", 0, 2)]),
        ]
    }

    fn chosen(wanted: &str, way: Way) -> Result<String, String> {
        find(&all(), wanted, way).map(|device| device.info().full_name()).map_err(|error| error.to_string())
    }

    #[test]
    fn a_number_a_name_a_part_a_host() {
        let output = |wanted| chosen(wanted, Way::Plays).unwrap();
        assert_eq!(output("1"), "ALSA:USB Audio Two");
        assert_eq!(output("3"), "JACK:system");
        assert_eq!(
            output("usb audio"),
            "ALSA:USB Audio",
            "a whole name goes before a part, the first host before others"
        );
        assert_eq!(output("two"), "ALSA:USB Audio Two");
        assert_eq!(output("JACK:usb"), "JACK:USB Audio");
        assert_eq!(output("jack:SYSTEM"), "JACK:system");
        assert_eq!(output("Jack"), "JACK:system");
        assert_eq!(output("JACK:"), "JACK:system");
        assert_eq!(output("default"), "ALSA:USB Audio");
        assert_eq!(chosen("ALSA", Way::Listens).unwrap(), "ALSA:USB Audio");
        assert_eq!(chosen("Microphone: left", Way::Listens).unwrap(), "ALSA:Microphone: left", "a colon is no host");
    }

    #[test]
    fn what_is_missing_or_unclear_is_answered_by_what_there_is() {
        let error = |wanted| chosen(wanted, Way::Plays).unwrap_err();
        let last = "\n  null: the built-in silent one";
        let list = "\n  0: ALSA:USB Audio\n  1: ALSA:USB Audio Two\n  3: JACK:system\n  4: JACK:USB Audio";
        assert_eq!(error("violin"), format!("there is no output device `violin`; there are:{list}{last}"));
        assert_eq!(error("9"), format!("there is no output device `9`; there are:{list}{last}"));
        assert_eq!(error("2"), format!("device 2 is no output; there are:{list}{last}"));
        let several = "\n  0: ALSA:USB Audio\n  1: ALSA:USB Audio Two\n  4: JACK:USB Audio";
        assert_eq!(error("USB"), format!("`USB` may be one of several output devices:{several}{last}"));
        let of_jack = "\n  JACK:system\n  JACK:USB Audio";
        assert_eq!(error("JACK:violin"), format!("there is no output device `JACK:violin`; there are:{of_jack}{last}"));
        assert_eq!(error("PulseAudio:sink"), "PulseAudio is not running");
        assert_eq!(error("PulseAudio"), "PulseAudio is not running");
        let input = find(&[offers("ALSA", &[])], "x", Way::Listens).err().unwrap().to_string();
        assert_eq!(input, "there is no input device `x`: this system has none at all");
    }
}
