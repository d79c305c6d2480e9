//! A script that was saved while it plays: compiled beside the sound, and put in the place of the old one.
//!
//! Whatever goes wrong, what played before plays on.

use std::thread;
use std::time::{Duration, Instant};

use oscine_engine::{Player, SWAP_FADE_SECONDS, StopFlag};
use oscine_jit::Takeover;

use super::print;
use crate::args::SharedArgs;
use crate::live_line::LiveLine;
use crate::session::{Options, Session};
use crate::watch::Watch;

/// Names of one sort that are listed before the rest is only counted.
const MOST_NAMES: usize = 6;
/// Time between two looks at whether the new sound is heard, and how long it is waited for.
const LOOK: Duration = Duration::from_millis(1);
const PATIENCE: Duration = Duration::from_secs(2);

/// All that a reload needs to know.
pub(super) struct Reload<'a> {
    /// What was asked for when the sound began.
    pub(super) args: &'a SharedArgs,
    /// How the script is compiled.
    pub(super) options: Options,
    /// How many instances play.
    pub(super) instances: usize,
    /// The flag that their loops look at.
    pub(super) stop: &'a StopFlag,
    /// When the save was seen.
    pub(super) saved_at: Instant,
}

impl Reload<'_> {
    /// Compiles the script and has it take over from `old`, which stays if it cannot. Tells in either case.
    ///
    /// If `old` has failed, its state is left behind. Gives the new session.
    pub(super) fn attempt(
        &self,
        old: &Session,
        player: &mut Player,
        watch: &mut Watch,
        line: &mut LiveLine,
    ) -> Option<Session> {
        let script = self.args.script.display();
        let attempt = Session::attempt(&self.args.script, self.options, &mut |text| {
            let _ = print(text);
        });
        let followed = match &attempt {
            Ok(session) => watch.follow(session.sources(), false),
            Err(failed) => watch.follow(&failed.sources, true),
        };
        if let Err(words) = followed {
            line.say(&format!("a part of {script} is not watched: {words}"));
        }
        let session = match attempt {
            Ok(session) => session,
            Err(failed) => {
                line.say(&format!("{}\n{script} does not compile: the last good sound plays on", failed.failure));
                return None;
            }
        };
        let (processor, takeover) = match session.successor(old, self.instances, &self.args.settings, self.stop) {
            Ok(successor) => successor,
            Err(words) => {
                line.say(&format!("{script} cannot take over while sound runs: {words}; run it anew to hear it"));
                return None;
            }
        };
        let heard = player.swaps() + 1;
        if !player.swap(processor) {
            line.say(&format!("{script}: the audio side has no room for it; save it again"));
            return None;
        }
        let deadline = Instant::now() + PATIENCE;
        while player.swaps() < heard && Instant::now() < deadline {
            thread::sleep(LOOK);
            player.troubles().iter().for_each(|trouble| line.say(trouble));
        }
        let milliseconds = self.saved_at.elapsed().as_secs_f64() * 1e3;
        if !self.args.quiet {
            let warnings = session.warnings.trim_end_matches('\n');
            if !warnings.is_empty() {
                line.say(warnings);
            }
            line.say(&format!(
                "reloaded {script} in {milliseconds:.0} ms: {}",
                told(&takeover, player.has_swapped_fresh(), player.has_swapped_at_once())
            ));
        }
        Some(session)
    }
}

/// What was kept, what is new, what was dropped, and whether the old sound fades.
fn told(takeover: &Takeover, is_fresh: bool, is_at_once: bool) -> String {
    if is_fresh {
        return "starts from its first state, as something had gone wrong".to_owned();
    }
    let sorts = [("kept", &takeover.kept), ("new", &takeover.fresh), ("dropped", &takeover.dropped)];
    let mut parts: Vec<String> = sorts
        .iter()
        .filter(|(_, names)| !names.is_empty())
        .map(|(sort, names)| {
            let listed = names.iter().take(MOST_NAMES).map(String::as_str).collect::<Vec<_>>().join(", ");
            match names.len().saturating_sub(MOST_NAMES) {
                0 => format!("{sort} {listed}"),
                more => format!("{sort} {listed} and {more} more"),
            }
        })
        .collect();
    if parts.is_empty() {
        parts.push("there is no state to keep".to_owned());
    }
    parts.push(if is_at_once {
        "heard at once".to_owned()
    } else {
        format!("crossfaded {:.0} ms", SWAP_FADE_SECONDS * 1e3)
    });
    parts.join("; ")
}
