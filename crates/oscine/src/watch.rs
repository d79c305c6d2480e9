//! Notices that a script, or a local module that it imports, was saved.
//!
//! What is watched are the folders of the files, because most editors put a new file in the place of the old one. The
//! system tells far too much (every save is several events, and some are of files that nobody asked for): events are
//! collected until it is quiet for a moment, and then the files' texts are compared with those that were compiled last.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use notify::event::{AccessKind, AccessMode, ModifyKind};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use oscine_lang::source::Sources;

/// A save is over when nothing happened for so long ...
const QUIET: Duration = Duration::from_millis(5);
/// ... or has gone on for this long.
const LONGEST_SAVE: Duration = Duration::from_millis(100);
/// A file that is away for longer is not being saved.
const LONGEST_ABSENCE: Duration = Duration::from_secs(1);

/// A change of a file in a watched folder.
struct Touch {
    at: Instant,
    /// A Python file appeared that may be one that an import did not find.
    is_new_module: bool,
}

/// Watches the files of a script.
pub struct Watch {
    /// `None` where the system cannot watch.
    watcher: Option<RecommendedWatcher>,
    touches: Receiver<Touch>,
    folders: HashSet<PathBuf>,
    /// The files of the last attempt to compile, with their texts then.
    files: Vec<(PathBuf, String)>,
    has_failed: bool,
    /// A file that is away.
    absence: Option<Absence>,
}

/// A file that was there and is not.
struct Absence {
    path: PathBuf,
    since: Instant,
    is_told: bool,
}

impl Watch {
    /// Watches what `sources` came from; the error is the system's reason why it cannot.
    pub fn start(sources: &Sources) -> Result<Self, String> {
        let (send, touches) = channel();
        let tell = move |event: notify::Result<Event>| {
            let Ok(event) = event else { return };
            // Our own reading is no change.
            if let EventKind::Access(access) = event.kind
                && access != AccessKind::Close(AccessMode::Write)
            {
                return;
            }
            let is_new_module = matches!(event.kind, EventKind::Create(_) | EventKind::Modify(ModifyKind::Name(_)))
                && event.paths.iter().any(|path| path.extension().is_some_and(|ext| ext == "py"));
            // Nobody listens any more when the program ends.
            let _ = send.send(Touch { at: Instant::now(), is_new_module });
        };
        let watcher = notify::recommended_watcher(tell).map_err(|error| error.to_string())?;
        let mut watch = Self { watcher: Some(watcher), touches, ..Self::nothing() };
        watch.follow(sources, false)?;
        Ok(watch)
    }

    /// Watches nothing.
    pub fn nothing() -> Self {
        Self {
            watcher: None,
            touches: channel().1,
            folders: HashSet::new(),
            files: vec![],
            has_failed: false,
            absence: None,
        }
    }

    /// From now on the files of `sources` are what was compiled last, with success or not. An attempt that failed may
    /// not have got to read them all: the others are watched on.
    pub fn follow(&mut self, sources: &Sources, has_failed: bool) -> Result<(), String> {
        self.has_failed = has_failed;
        let earlier = std::mem::take(&mut self.files);
        let own = sources.files().iter().filter(|file| !file.is_library);
        self.files = own.map(|file| (file.path.clone(), plain(&file.text).to_owned())).collect();
        if has_failed {
            let is_unread = |path: &Path| !sources.files().iter().any(|file| file.path == path);
            self.files.extend(earlier.into_iter().filter(|(path, _)| is_unread(path)));
        }
        let Some(watcher) = &mut self.watcher else { return Ok(()) };
        for (path, _) in &self.files {
            let target = fs::canonicalize(path).unwrap_or_else(|_| path.clone());
            for folder in [folder(path), folder(&target)] {
                if self.folders.insert(folder.clone()) {
                    watcher.watch(&folder, RecursiveMode::NonRecursive).map_err(|error| error.to_string())?;
                }
            }
        }
        Ok(())
    }

    /// Waits for a change, not longer than `patience`; the time at which it was seen.
    pub fn wait(&mut self, patience: Duration) -> Option<Instant> {
        if self.watcher.is_none() {
            thread::sleep(patience);
            return None;
        }
        let first = self.touches.recv_timeout(patience).ok()?;
        let mut is_new_module = first.is_new_module;
        while let Ok(touch) = self.touches.recv_timeout(QUIET) {
            is_new_module |= touch.is_new_module;
            if first.at.elapsed() > LONGEST_SAVE {
                break;
            }
        }
        let mut has_changed = false;
        for (path, text) in &mut self.files {
            let now = match fs::read(&path) {
                // What is no text is none that was compiled; the compiler says what is wrong with it.
                Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
                // A file that is away is mostly one that an editor is about to put back.
                Err(_) => {
                    let (path, since) = (path.clone(), first.at);
                    self.absence.get_or_insert(Absence { path, since, is_told: false });
                    continue;
                }
            };
            if self.absence.as_ref().is_some_and(|absence| absence.path == *path) {
                self.absence = None;
            }
            let now = plain(&now);
            if now != text {
                now.clone_into(text);
                has_changed = true;
            }
        }
        (has_changed || (self.has_failed && is_new_module)).then_some(first.at)
    }

    /// A file that has been away for longer than a save takes, told once.
    pub fn gone(&mut self) -> Option<&Path> {
        let absence =
            self.absence.as_mut().filter(|absence| !absence.is_told && absence.since.elapsed() > LONGEST_ABSENCE)?;
        absence.is_told = true;
        Some(&absence.path)
    }
}

/// The folder that a file is in.
fn folder(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if parent != Path::new("") => parent.to_path_buf(),
        _ => PathBuf::from("."),
    }
}

/// A text without the signature that some editors put before UTF-8.
fn plain(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}
