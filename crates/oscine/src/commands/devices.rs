//! `oscine devices`: what sound can be played on and listened to, and what MIDI comes in by.

use std::fmt::Write as _;

use oscine_engine::devices::{self, DeviceInfo, HostInfo, NULL};
use oscine_engine::midi::{self, PortInfo};
use serde_json::json;

use super::print;
use crate::args::DevicesArgs;
use crate::failure::Failure;

/// Lists the devices by the numbers and names that `-o` and `-i` take, and the ports by those that `--midi` takes.
pub fn devices(args: &DevicesArgs) -> Result<(), Failure> {
    let (hosts, devices, ports) = (devices::hosts(), devices::list(), midi::list());
    print(&if args.json { as_json(&hosts, &devices, &ports) } else { as_text(&hosts, &devices, &ports) })
}

fn as_text(hosts: &[HostInfo], devices: &[DeviceInfo], ports: &[PortInfo]) -> String {
    let mut lines = vec![];
    for (number, device) in devices.iter().enumerate() {
        let marks = [(device.is_default_output, "plays by default"), (device.is_default_input, "listens by default")];
        let marks: Vec<&str> = marks.iter().filter(|(has, _)| *has).map(|(_, mark)| *mark).collect();
        let marks = if marks.is_empty() { String::new() } else { format!("  ({})", marks.join(", ")) };
        lines.push(format!("{number:>4}  {}:{}{marks}", device.host, device.name));
        lines.push(format!("      {}", abilities(device)));
    }
    if devices.is_empty() {
        lines.push("this system has no sound device".to_owned());
    }
    lines.push(format!("{NULL}  the built-in silent device: keeps time at any rate"));
    let absent = hosts.iter().filter_map(|host| Some(format!("{}: {}", host.name, host.absence.as_ref()?)));
    lines.extend(absent);
    lines.push(if ports.is_empty() { "there is no MIDI port" } else { "MIDI comes in by:" }.to_owned());
    lines.extend(ports.iter().enumerate().map(|(number, port)| format!("{number:>4}  {}", port.full_name())));
    lines.iter().fold(String::new(), |mut text, line| {
        writeln!(text, "{line}").expect("writing to a String");
        text
    })
}

/// Channels, rates, portions and formats.
fn abilities(device: &DeviceInfo) -> String {
    let range = |(low, high): (u32, u32), unit: &str| {
        if low == high { format!("{low} {unit}") } else { format!("{low} to {high} {unit}") }
    };
    let mut parts = vec![format!("{} in, {} out", device.inputs, device.outputs), range(device.rates_hz, "Hz")];
    parts.extend(device.portion_frames.map(|frames| range(frames, "frames")));
    parts.push(device.formats.join(" "));
    parts.join("; ")
}

fn as_json(hosts: &[HostInfo], devices: &[DeviceInfo], ports: &[PortInfo]) -> String {
    let port = |(number, port): (usize, &PortInfo)| json!({ "number": number, "id": port.full_name(), "host": port.host, "name": port.name });
    let host = |host: &HostInfo| json!({ "name": host.name, "absence": host.absence });
    let device = |(number, device): (usize, &DeviceInfo)| {
        json!({
            "number": number,
            "id": format!("{}:{}", device.host, device.name),
            "host": device.host,
            "name": device.name,
            "inputs": device.inputs,
            "outputs": device.outputs,
            "samplerates": [device.rates_hz.0, device.rates_hz.1],
            "blocksizes": device.portion_frames.map(|(least, most)| [least, most]),
            "formats": device.formats,
            "default_output": device.is_default_output,
            "default_input": device.is_default_input,
        })
    };
    let listed = json!({
        "hosts": hosts.iter().map(host).collect::<Vec<_>>(),
        "devices": devices.iter().enumerate().map(device).collect::<Vec<_>>(),
        "midi_ports": ports.iter().enumerate().map(port).collect::<Vec<_>>(),
    });
    format!("{listed:#}\n")
}

#[cfg(test)]
mod tests {
    use super::{as_json, as_text};
    use oscine_engine::devices::{DeviceInfo, HostInfo};
    use oscine_engine::midi::PortInfo;

    fn device() -> DeviceInfo {
        DeviceInfo {
            host: "ALSA".to_owned(),
            name: "USB Audio".to_owned(),
            inputs: 2,
            outputs: 8,
            rates_hz: (44_100, 96_000),
            portion_frames: Some((64, 4096)),
            formats: vec!["f32".to_owned(), "i16".to_owned()],
            is_default_output: true,
            is_default_input: false,
        }
    }

    fn port() -> PortInfo {
        PortInfo { host: "ALSA".to_owned(), name: "Midi Through:0".to_owned() }
    }

    fn hosts() -> Vec<HostInfo> {
        let host =
            |name: &str, absence: Option<&str>| HostInfo { name: name.to_owned(), absence: absence.map(Into::into) };
        vec![host("ALSA", None), host("JACK", Some("no JACK server is running"))]
    }

    #[test]
    fn a_device_with_what_it_can_then_the_built_in_one_and_who_is_missing() {
        let expected = "   0  ALSA:USB Audio  (plays by default)\n      2 in, 8 out; 44100 to 96000 Hz; 64 to 4096 frames; \
                        f32 i16\nnull  the built-in silent device: keeps time at any rate\nJACK: no JACK server is running\nMIDI comes in \
                        by:\n   0  ALSA:Midi Through:0\n";
        assert_eq!(as_text(&hosts(), &[device()], &[port()]), expected);
        let nothing = as_text(&[], &[], &[]);
        assert!(nothing.starts_with("this system has no sound device\nnull"), "{nothing}");
        assert!(nothing.ends_with("\nthere is no MIDI port\n"), "{nothing}");
    }

    #[test]
    fn the_same_as_data() {
        let data: serde_json::Value = serde_json::from_str(&as_json(&hosts(), &[device()], &[port()])).unwrap();
        assert_eq!(
            (&data["midi_ports"][0]["number"], &data["midi_ports"][0]["id"]),
            (&0.into(), &"ALSA:Midi Through:0".into())
        );
        assert_eq!(data["hosts"][1]["absence"], "no JACK server is running");
        let device = &data["devices"][0];
        assert_eq!((&device["number"], &device["id"]), (&0.into(), &"ALSA:USB Audio".into()));
        assert_eq!(device["blocksizes"], serde_json::json!([64, 4096]));
        assert_eq!((&device["default_output"], &device["default_input"]), (&true.into(), &false.into()));
    }
}
