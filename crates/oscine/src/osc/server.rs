//! The socket, and the thread that listens to it.

use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime};

use oscine_engine::{At, Control, Stats};
use rosc::{OscMessage, OscPacket};

use super::{Command, MAX_PACKET_BYTES, Refused, When, read, reply};

/// Time between two looks at whether it is over.
const LOOK: Duration = Duration::from_millis(100);
/// Nothing is scheduled further ahead: such a time is a clock that is wrong.
const MOST_AHEAD: Duration = Duration::from_hours(1);
/// Commands that may wait here for their time; changes and events wait at the audio side.
const MOST_WAITING: usize = 1024;

/// What was received.
#[derive(Debug, Default)]
pub struct Counts {
    packets: AtomicU64,
    malformed: AtomicU64,
}

impl Counts {
    /// All packets.
    pub fn packets(&self) -> u64 {
        self.packets.load(Relaxed)
    }

    /// Those that were no OSC, and were ignored.
    pub fn malformed(&self) -> u64 {
        self.malformed.load(Relaxed)
    }
}

/// A socket that nobody listens to yet.
pub struct Endpoint {
    socket: UdpSocket,
    address: SocketAddr,
}

impl Endpoint {
    /// Takes a port, or any free one for 0. The error is in words.
    pub fn bind(address: IpAddr, port: u16) -> Result<Self, String> {
        let asked = SocketAddr::new(address, port);
        let socket = UdpSocket::bind(asked).map_err(|error| match error.kind() {
            ErrorKind::AddrInUse => format!("port {port} is in use by another program; `--osc 0` takes a free one"),
            ErrorKind::AddrNotAvailable => format!("{address} is no address of this machine"),
            ErrorKind::PermissionDenied => format!("port {port} is not for everybody: take one above 1023"),
            _ => format!("cannot listen to {asked}: {error}"),
        })?;
        let address = socket.local_addr().map_err(|error| error.to_string())?;
        socket.set_read_timeout(Some(LOOK)).map_err(|error| error.to_string())?;
        Ok(Self { socket, address })
    }

    /// Where messages are to be sent.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

/// The listening thread; it ends when this is dropped.
pub struct Server {
    counts: Arc<Counts>,
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Listens from now on, and does what is asked by `control`.
    pub fn start(endpoint: Endpoint, control: Control, stats: Arc<Stats>) -> std::io::Result<Self> {
        let (counts, is_over) = (Arc::new(Counts::default()), Arc::new(AtomicBool::new(false)));
        let mut ear = Ear {
            socket: endpoint.socket,
            control,
            stats,
            counts: counts.clone(),
            is_over: is_over.clone(),
            waiting: vec![],
        };
        let thread = std::thread::Builder::new().name("oscine osc".to_owned()).spawn(move || ear.listen())?;
        Ok(Self { counts, is_over, thread: Some(thread) })
    }

    /// What was received.
    pub fn counts(&self) -> &Counts {
        &self.counts
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.is_over.store(true, Release);
        if let Some(thread) = self.thread.take() {
            // A panic has been printed where it happened.
            let _ = thread.join();
        }
    }
}

/// The thread's own.
struct Ear {
    socket: UdpSocket,
    control: Control,
    stats: Arc<Stats>,
    counts: Arc<Counts>,
    is_over: Arc<AtomicBool>,
    /// What the audio side cannot keep until its time.
    waiting: Vec<(Instant, Command)>,
}

impl Ear {
    fn listen(&mut self) {
        let mut bytes = vec![0; MAX_PACKET_BYTES];
        while !self.is_over.load(Acquire) {
            self.obey_due();
            match self.socket.recv_from(&mut bytes) {
                Ok((length, sender)) => self.hear(&bytes[..length], sender),
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
                // What the system tells of replies that did not arrive is no reason to stop, nor to spin.
                Err(_) => std::thread::sleep(Duration::from_millis(1)),
            }
        }
    }

    fn hear(&mut self, packet: &[u8], sender: SocketAddr) {
        let received = (Instant::now(), SystemTime::now());
        self.counts.packets.fetch_add(1, Relaxed);
        let Ok(asked) = read(packet, &self.control.params()) else {
            self.counts.malformed.fetch_add(1, Relaxed);
            return;
        };
        for (when, command) in asked {
            match command {
                Ok(command) => self.plan(command, when, received, sender),
                Err(refused) => self.reply(&reply::error(&refused), sender),
            }
        }
    }

    /// Does what was asked, or has it done at its time.
    fn plan(&mut self, command: Command, when: When, (now, clock): (Instant, SystemTime), sender: SocketAddr) {
        let ahead = match when {
            When::Now => None,
            When::At(time) => time.duration_since(clock).ok().filter(|ahead| !ahead.is_zero()),
        };
        match (command, ahead) {
            (_, Some(ahead)) if ahead > MOST_AHEAD => {
                let words = "its time is more than an hour ahead: is the sender's clock right?".to_owned();
                self.reply(&reply::error(&Refused { address: "#bundle".to_owned(), words }), sender);
            }
            (Command::Set { name, value }, Some(ahead)) => {
                self.control.set_at(&name, value, At::Moment(now + ahead));
            }
            (Command::Set { name, value }, None) => {
                self.control.set(&name, value);
            }
            (Command::Event(event), ahead) => {
                self.control.event(event, At::Moment(now + ahead.unwrap_or_default()));
            }
            (command @ (Command::Reset | Command::Bypass(_) | Command::Mute(_)), Some(ahead)) => {
                if self.waiting.len() < MOST_WAITING {
                    self.waiting.push((now + ahead, command));
                    self.waiting.sort_by_key(|(due, _)| *due);
                    self.set_patience();
                }
            }
            (command, _) => self.obey(&command, sender),
        }
    }

    fn obey(&mut self, command: &Command, sender: SocketAddr) {
        match command {
            Command::Tell(name) => {
                let params = self.control.params();
                let param = params.iter().find(|param| param.name == *name);
                if let Some((param, value)) = param.zip(self.control.value(name)) {
                    self.reply(&reply::value(param, value), sender);
                }
            }
            Command::Help => {
                let lines = reply::help(&self.control.params(), |param| self.control.value(&param.name));
                lines.iter().for_each(|line| self.reply(line, sender));
            }
            Command::Stats => self.reply(&reply::stats(&self.stats), sender),
            command => self.switch(command),
        }
    }

    fn switch(&mut self, command: &Command) {
        match command {
            Command::Reset => self.control.reset(),
            Command::Bypass(is_on) => self.control.bypass(is_on.unwrap_or(!self.stats.is_bypassed())),
            Command::Mute(is_on) => self.control.mute(is_on.unwrap_or(!self.stats.is_muted())),
            _ => true,
        };
    }

    /// Does what has waited for its time.
    fn obey_due(&mut self) {
        let now = Instant::now();
        let due = self.waiting.partition_point(|(due, _)| *due <= now);
        if due > 0 {
            let commands: Vec<_> = self.waiting.drain(..due).collect();
            commands.iter().for_each(|(_, command)| self.switch(command));
        }
        self.set_patience();
    }

    /// No packet is waited for beyond the time of what waits.
    fn set_patience(&self) {
        let left = self.waiting.first().map_or(LOOK, |(due, _)| due.saturating_duration_since(Instant::now()));
        // Zero would mean for ever.
        let _ = self.socket.set_read_timeout(Some(left.clamp(Duration::from_millis(1), LOOK)));
    }

    fn reply(&self, message: &OscMessage, to: SocketAddr) {
        // UDP promises nothing, and neither does a reply.
        if let Ok(bytes) = rosc::encoder::encode(&OscPacket::Message(message.clone())) {
            let _ = self.socket.send_to(&bytes, to);
        }
    }
}
