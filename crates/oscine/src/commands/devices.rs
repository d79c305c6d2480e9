//! `oscine devices`: what sound can be played on and listened to.

use std::fmt::Write as _;

use oscine_engine::devices::{self, DeviceInfo};
use oscine_engine::midi::{self, PortInfo};

use super::print;
use crate::failure::Failure;

/// Lists the devices by the numbers that `-o` and `-i` take.
pub fn devices() -> Result<(), Failure> {
    print(&(text(&devices::list()) + &midi_text(&midi::list())))
}

fn text(devices: &[DeviceInfo]) -> String {
    let mut text = String::new();
    for (number, device) in devices.iter().enumerate() {
        let mut marks = vec![];
        if device.is_default_output {
            marks.push("plays by default");
        }
        if device.is_default_input {
            marks.push("listens by default");
        }
        let marks = if marks.is_empty() { String::new() } else { format!(" ({})", marks.join(", ")) };
        let (low, high) = device.rates_hz;
        let DeviceInfo { host, name, inputs, outputs, .. } = device;
        writeln!(text, "{number:>4}  {name} [{host}]: {inputs} in, {outputs} out, {low} to {high} Hz{marks}")
            .expect("writing to a String");
    }
    if devices.is_empty() {
        text.push_str("this system has no sound device\n");
    }
    text.push_str("null  the built-in silent device: keeps time at any rate\n");
    text
}

/// The ports that `--midi` takes.
fn midi_text(ports: &[PortInfo]) -> String {
    let mut text = "\nMIDI ports, for --midi:\n".to_owned();
    for (number, port) in ports.iter().enumerate() {
        writeln!(text, "{number:>4}  {} [{}]", port.name, port.host).expect("writing to a String");
    }
    if ports.is_empty() {
        text.push_str("this system has none\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{midi_text, text};
    use oscine_engine::devices::DeviceInfo;
    use oscine_engine::midi::PortInfo;

    #[test]
    fn midi_ports_have_numbers_of_their_own() {
        let port = PortInfo { host: "ALSA".to_owned(), name: "Keystation:0".to_owned() };
        assert_eq!(midi_text(&[port]), "\nMIDI ports, for --midi:\n   0  Keystation:0 [ALSA]\n");
        assert!(midi_text(&[]).ends_with("this system has none\n"));
    }

    #[test]
    fn a_line_a_device_and_the_built_in_one_last() {
        let device = DeviceInfo {
            host: "ALSA".to_owned(),
            name: "USB Audio".to_owned(),
            inputs: 2,
            outputs: 8,
            rates_hz: (44_100, 96_000),
            portion_frames: Some((64, 4096)),
            formats: vec!["f32".to_owned(), "i16".to_owned()],
            is_default_output: true,
            is_default_input: false,
        };
        let listed = text(&[device]);
        assert!(listed.starts_with(
            "   0  USB Audio [ALSA]: 2 in, 8 out, 44100 to 96000 Hz (plays by default)\nnull  the built-in"
        ));
        assert!(text(&[]).starts_with("this system has no sound device\nnull"));
    }
}
