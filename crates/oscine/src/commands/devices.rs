//! `oscine devices`: what sound can be played on and listened to.

use std::fmt::Write as _;

use oscine_engine::devices::{self, DeviceInfo};

use super::print;
use crate::failure::Failure;

/// Lists the devices by the numbers that `-o` and `-i` take.
pub fn devices() -> Result<(), Failure> {
    print(&text(&devices::list()))
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

#[cfg(test)]
mod tests {
    use super::text;
    use oscine_engine::devices::DeviceInfo;

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
