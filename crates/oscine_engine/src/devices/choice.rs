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
    let mut names = String::new();
    for (number, device) in devices {
        let number = if *number == usize::MAX { String::new() } else { format!("{number}: ") };
        names.push_str(&format!("\n  {number}{}", device.info().full_name()));
    }
    if way == Way::Plays {
        names.push_str(&format!("\n  {NULL}: the built-in silent one"));
    }
    names
}
