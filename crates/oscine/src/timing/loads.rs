//! Work for the machine while sound plays: child processes that copy files, keep every processor busy or draw.
//!
//! A load is this very program, called by a hidden command. It ends when its standard input does: its parent's end of that
//! pipe closes when the parent drops the load, and also when the parent is killed, so that none is ever left behind. It
//! says in one line when it has begun, and in another what it has done.

use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use clap::ValueEnum;

/// The name of the hidden command.
pub const COMMAND: &str = "load";

/// A kind of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// Draws frames into memory, 60 a second
    Gui,
    /// Copies a directory tree over and over
    Copy,
    /// Keeps every processor busy
    Cpu,
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Kind::Gui => "gui",
            Kind::Copy => "copy",
            Kind::Cpu => "cpu",
        }
    }
}

/// A load that runs. It ends when this is dropped.
pub struct Load {
    kind: Kind,
    child: Child,
    // Taken at the end: its end is the child's.
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
}

impl Load {
    /// Starts a load and waits until it is at work. The error is for people.
    pub fn start(kind: Kind) -> Result<Self, String> {
        let failed = |error: io::Error| format!("the load `{}` cannot be started: {error}", kind.word());
        let program = std::env::current_exe().map_err(failed)?;
        let mut child = Command::new(program)
            .args([COMMAND, kind.word()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(failed)?;
        let stdin = child.stdin.take();
        let stdout = BufReader::new(child.stdout.take().expect("it was asked for"));
        let mut load = Self { kind, child, stdin, stdout };
        load.line().map_or_else(|| Err(format!("the load `{}` ended at once", kind.word())), |_| Ok(load))
    }

    /// The next line that the child says; none if it is gone.
    fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        let read = self.stdout.read_line(&mut line).ok()?;
        (read > 0).then(|| line.trim_end().to_owned())
    }

    /// Why it ended by itself, if it did.
    pub fn failure(&mut self) -> Option<String> {
        let status = self.child.try_wait().ok()??;
        Some(format!("the load `{}` ended by itself: {status}", self.kind.word()))
    }

    /// Ends it, and gives what it did, in words.
    pub fn end(mut self) -> Option<String> {
        self.stdin.take();
        self.line()
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.stdin.take();
        // It ends when it sees that; there is nothing else to be done about one that cannot be waited for.
        let _ = self.child.wait();
    }
}

/// What the hidden command does: works until standard input ends, or a signal asks it to.
pub fn work(kind: Kind) -> io::Result<()> {
    let is_over = Arc::new(AtomicBool::new(false));
    let raised = is_over.clone();
    // Without a handler Ctrl-C ends it less cleanly.
    let _ = ctrlc::set_handler(move || raised.store(true, Relaxed));
    let ended = is_over.clone();
    thread::spawn(move || {
        // An error ends it as the end does.
        let _ = io::stdin().lock().read_to_end(&mut vec![]);
        ended.store(true, Relaxed);
    });
    let begun = || {
        println!("begun");
        io::stdout().flush()
    };
    let done = match kind {
        Kind::Gui => draw(&is_over, begun)?,
        Kind::Copy => copy(&is_over, begun)?,
        Kind::Cpu => spin(&is_over, begun)?,
    };
    // Whoever asked may be gone.
    let _ = writeln!(io::stdout(), "{done}");
    Ok(())
}

/// A thread for each processor that computes without a pause.
fn spin(is_over: &Arc<AtomicBool>, begun: impl Fn() -> io::Result<()>) -> io::Result<String> {
    let count = thread::available_parallelism().map_or(1, usize::from);
    let work = |is_over: Arc<AtomicBool>| {
        let mut x = 0.5f64;
        while !is_over.load(Relaxed) {
            for _ in 0..10_000 {
                x = std::hint::black_box(3.9 * x * (1.0 - x));
            }
        }
    };
    let threads: Vec<_> = (0..count).map(|_| is_over.clone()).map(|over| thread::spawn(move || work(over))).collect();
    begun()?;
    for thread in threads {
        thread.join().map_err(|_| io::Error::other("a thread that only computes has panicked"))?;
    }
    Ok(format!("{count} threads computed without a pause"))
}

/// Large files of the tree, and their bytes.
const LARGE: (usize, usize) = (12, 4 << 20);
/// Small files of the tree, and their bytes.
const SMALL: (usize, usize) = (400, 8 << 10);

/// A folder that is removed with all that is in it.
struct Folder(PathBuf);

impl Folder {
    fn new() -> io::Result<Self> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let name = format!("oscine-load-{}-{}", std::process::id(), COUNT.fetch_add(1, Relaxed));
        let path = std::env::temp_dir().join(name);
        fs::create_dir(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed now is the system's to remove.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Makes a tree of large and small files, and copies it until it is told to stop, each file through to the disk.
fn copy(is_over: &AtomicBool, begun: impl Fn() -> io::Result<()>) -> io::Result<String> {
    let folder = Folder::new()?;
    let (from, to) = (folder.0.join("from"), folder.0.join("to"));
    let files: Vec<PathBuf> = plant(&from)?;
    begun()?;
    let (mut bytes, mut rounds) = (0u64, 0u64);
    while !is_over.load(Relaxed) {
        for file in &files {
            if is_over.load(Relaxed) {
                break;
            }
            bytes += copy_file(&from.join(file), &to.join(file))?;
        }
        if to.exists() {
            fs::remove_dir_all(&to)?;
        }
        rounds += 1;
    }
    Ok(format!("{} MB copied, {rounds} times a tree of {} files", bytes / 1_000_000, files.len()))
}

/// Writes the tree; gives its files, by paths below `root`.
fn plant(root: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = vec![];
    for (kind, (count, bytes)) in [("large", LARGE), ("small", SMALL)] {
        let text: Vec<u8> = (0..bytes).map(|n| ((n * n) >> 7) as u8).collect();
        for number in 0..count {
            let file = PathBuf::from(format!("{kind}/{}", number / 20)).join(number.to_string());
            let path = root.join(&file);
            fs::create_dir_all(path.parent().unwrap_or(root))?;
            fs::write(path, &text)?;
            files.push(file);
        }
    }
    Ok(files)
}

fn copy_file(from: &Path, to: &Path) -> io::Result<u64> {
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder)?;
    }
    let bytes = fs::copy(from, to)?;
    fs::File::open(to)?.sync_all()?;
    Ok(bytes)
}

const WIDTH: usize = 1280;
const HEIGHT: usize = 800;
const FRAMES_A_SECOND: u32 = 60;

/// Draws a window's worth of moving curves into memory, as a program without graphics hardware does.
fn draw(is_over: &AtomicBool, begun: impl Fn() -> io::Result<()>) -> io::Result<String> {
    let mut pixels = vec![0u32; WIDTH * HEIGHT];
    let start = Instant::now();
    begun()?;
    let mut frames = 0u32;
    while !is_over.load(Relaxed) {
        draw_frame(&mut pixels, frames);
        std::hint::black_box(&pixels);
        frames += 1;
        let due = start + Duration::from_secs(1) * frames / FRAMES_A_SECOND;
        thread::sleep(due.saturating_duration_since(Instant::now()));
    }
    Ok(format!("{frames} frames of {WIDTH} by {HEIGHT} pixels drawn into memory"))
}

/// A background, and curves with soft edges.
fn draw_frame(pixels: &mut [u32], frame: u32) {
    for (y, line) in pixels.chunks_exact_mut(WIDTH).enumerate() {
        let shade = (y * 255 / HEIGHT) as u32;
        line.fill(shade << 16 | 0x30 << 8 | 0x40);
    }
    let time = f64::from(frame) / f64::from(FRAMES_A_SECOND);
    for curve in 0..16 {
        let speed = f64::from(curve) * 0.7 + 1.0;
        for x in 0..WIDTH {
            let angle = (x as f64 / 60.0 + time) * speed;
            let y = (angle.sin() * 0.4 + 0.5) * (HEIGHT - 1) as f64;
            for near in (y as usize).saturating_sub(2)..=(y as usize + 2).min(HEIGHT - 1) {
                let weight = (1.0 - (near as f64 - y).abs() / 3.0).max(0.0);
                let pixel = &mut pixels[near * WIDTH + x];
                *pixel = *pixel & 0xFF_FF00 | (255.0 * weight) as u32;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
    use std::time::Duration;

    use super::{HEIGHT, WIDTH, copy, draw, draw_frame, spin};

    /// Ends the work some time after it has begun.
    fn soon(is_over: &Arc<AtomicBool>) -> impl Fn() -> std::io::Result<()> {
        let is_over = is_over.clone();
        move || {
            let is_over = is_over.clone();
            std::thread::spawn(move || {
                std::thread::sleep(Duration::from_millis(50));
                is_over.store(true, Relaxed);
            });
            Ok(())
        }
    }

    #[test]
    fn each_load_works_until_it_is_told_to_stop() {
        let is_over = Arc::new(AtomicBool::new(false));
        let begun = soon(&is_over);
        assert!(spin(&is_over, &begun).unwrap().ends_with("threads computed without a pause"));
        is_over.store(false, Relaxed);
        let done = copy(&is_over, &begun).unwrap();
        assert!(!done.starts_with("0 MB") && done.ends_with("a tree of 412 files"), "{done}");
        is_over.store(false, Relaxed);
        assert!(!draw(&is_over, &begun).unwrap().starts_with("0 frames"));
    }

    #[test]
    fn frames_differ() {
        let frame = |number| {
            let mut pixels = vec![0; WIDTH * HEIGHT];
            draw_frame(&mut pixels, number);
            pixels
        };
        assert_ne!(frame(0), frame(7));
        assert!(frame(0).iter().all(|pixel| *pixel != 0));
    }
}
