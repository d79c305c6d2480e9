//! Which device a person means: by the [rule](crate::choice) for all things that have names, or `HOST` for a system's
//! default one.

use super::jack::Jack;
use super::{Backend, Device, DeviceError, backends};
use crate::choice::{Offered, Sought, Wanted, choose};

#[derive(Debug, Clone, Copy, PartialEq)]
enum Way {
    Plays,
    Listens,
}

impl Way {
    fn sought(self) -> &'static Sought {
        match self {
            Way::Plays => &Sought {
                noun: "output device",
                other: ("device", "output"),
                last: "\n  null: the built-in silent one",
            },
            Way::Listens => &Sought { noun: "input device", other: ("device", "input"), last: "" },
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
    let wanted = Wanted::read(wanted, |host| named(host).is_some());
    let devices = match wanted.host.and_then(named) {
        Some(backend) => {
            let devices = backend.devices();
            // Why there are none is worth more than that there are none.
            if wanted.name.is_empty() || devices.is_empty() {
                return of_default(&**backend);
            }
            devices
        }
        None => backends.iter().flat_map(|backend| backend.devices()).collect(),
    };
    choose(devices, wanted, way.sought(), |device| way.fits(&**device)).map_err(DeviceError::new)
}

impl Offered for Box<dyn Device> {
    fn host(&self) -> &str {
        &self.info().host
    }

    fn name(&self) -> &str {
        &self.info().name
    }
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
