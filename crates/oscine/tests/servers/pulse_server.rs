//! A `PulseAudio` server of a test's own, in a folder of its own, with a sink that leads nowhere.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::jack_server::{is_installed, signal_to};
use super::running::support::Folder;

/// Longer than a server takes to be there.
const PATIENCE: Duration = Duration::from_mins(1);

/// The sink.
const SINK: &str = "oscine_null";

/// A server that runs until this is dropped.
pub(crate) struct PulseServer {
    home: PathBuf,
    child: Child,
}

/// What is played on the sink, as it is recorded.
pub(crate) struct Monitor {
    child: Child,
    file: PathBuf,
}

impl PulseServer {
    /// A server that lives in `folder`; `None`, and a line about it, where `PulseAudio`, or ALSA's way to it, is missing.
    pub(crate) fn start(folder: &Folder) -> Option<Self> {
        if let Some(missing) = ["pulseaudio", "parec", "pactl"].iter().find(|program| !is_installed(program)) {
            eprintln!("skipped: {missing} is not installed");
            return None;
        }
        let home = folder.path("home");
        fs::create_dir_all(&home).expect("a folder");
        fs::set_permissions(&home, fs::Permissions::from_mode(0o700)).expect("a folder of one's own");
        // ALSA's default device leads to the server, as on most desktops.
        fs::write(home.join(".asoundrc"), "pcm.!default { type pulse }\nctl.!default { type pulse }\n")
            .expect("a file");
        let child = launch(&home);
        Some(Self { home, child })
    }

    /// The environment in which a program meets this server.
    pub(crate) fn env(&self) -> Vec<(&'static str, String)> {
        env(&self.home)
    }

    /// Records what is played.
    pub(crate) fn monitor(&self, folder: &Folder) -> Monitor {
        let file = folder.path("heard.raw");
        let out = fs::File::create(&file).expect("a file");
        let child = Command::new("parec")
            .args([
                &format!("--device={SINK}.monitor"),
                "--format=float32le",
                "--rate=48000",
                "--channels=1",
                "--raw",
                "--latency-msec=50",
            ])
            .envs(self.env())
            .stdin(Stdio::null())
            .stdout(out)
            .stderr(Stdio::null())
            .spawn()
            .expect("parec starts");
        Monitor { child, file }
    }

    /// Ends it by a signal.
    pub(crate) fn stop(&mut self, signal: &str) {
        signal_to(&self.child, signal);
        self.child.wait().expect("the server ends");
    }

    /// Starts it again after [`stop`](Self::stop).
    pub(crate) fn restart(&mut self) {
        self.child = launch(&self.home);
    }
}

impl Drop for PulseServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Monitor {
    /// Waits until so many more frames are recorded.
    pub(crate) fn wait(&self, frames: u64) {
        let bytes = || fs::metadata(&self.file).expect("a recording").len();
        let (enough, deadline) = (bytes() + 4 * frames, Instant::now() + PATIENCE);
        while bytes() < enough {
            assert!(Instant::now() < deadline, "nothing is recorded");
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// What was recorded until now.
    pub(crate) fn end(mut self) -> Vec<f32> {
        signal_to(&self.child, "TERM");
        self.child.wait().expect("parec ends");
        let bytes = fs::read(&self.file).expect("a recording");
        bytes.chunks_exact(4).map(|four| f32::from_le_bytes(four.try_into().expect("four bytes"))).collect()
    }
}

impl Drop for Monitor {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn env(home: &Path) -> Vec<(&'static str, String)> {
    let text = home.display().to_string();
    let socket = format!("unix:{text}/pulse/native");
    vec![("HOME", text.clone()), ("XDG_RUNTIME_DIR", text.clone()), ("XDG_CONFIG_HOME", text), ("PULSE_SERVER", socket)]
}

fn launch(home: &Path) -> Child {
    let socket = format!("module-native-protocol-unix auth-anonymous=1 socket={}/pulse/native", home.display());
    let sink = format!("module-null-sink sink_name={SINK} rate=48000 channels=2 format=float32le");
    let mut child = Command::new("pulseaudio")
        .args(["-n", "--daemonize=no", "--use-pid-file=no", "--exit-idle-time=-1"])
        // The server has ended by itself with shared memory.
        .args(["--disable-shm=yes", "--enable-memfd=no", "-L", &socket, "-L", &sink])
        .envs(env(home).into_iter().filter(|(name, _)| *name != "PULSE_SERVER"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("pulseaudio starts");
    let deadline = Instant::now() + PATIENCE;
    let is_up = || {
        let listed = Command::new("pactl").args(["list", "short", "sinks"]).envs(env(home)).output();
        listed.is_ok_and(|listed| String::from_utf8_lossy(&listed.stdout).contains(SINK))
    };
    while !is_up() {
        assert!(Instant::now() < deadline, "the PulseAudio server is not up");
        assert!(matches!(child.try_wait(), Ok(None)), "the PulseAudio server has ended");
        thread::sleep(Duration::from_millis(50));
    }
    child
}
