//! How a run ends: the sound stops, what was counted is written, and the exit status says how it went.

use oscine_engine::devices::Listener;

use super::recording::{Finished, Recording};
use super::{Ending, Run};
use crate::commands::stats;
use crate::failure::Failure;
use crate::stats::{self, LiveStats, OscStats};

impl Run<'_> {
    /// Stops the sound and writes `--stats`.
    pub(super) fn end(mut self, ending: Ending) -> Result<(), Failure> {
        self.tell_troubles();
        self.line.finish();
        // Reset or replaced since, by whatever way, it plays, and all is well.
        let has_failed = self.counted.has_failed();
        let of_inputs = self.listening.iter().map(Listener::latency_frames).max().unwrap_or(0);
        let latency_frames = of_inputs + self.player.latency_frames() + self.session.face().latency_frames;
        // It is there as long as the device plays.
        let audio_thread = self.counted.audio_thread();
        drop(self.midi);
        drop(self.player);
        drop(self.listening);
        let osc = self
            .osc
            .as_ref()
            .map(|server| OscStats { packets: server.counts().packets(), malformed: server.counts().malformed() });
        drop(self.osc);
        if let Some(OscStats { packets, malformed: malformed @ 1.. }) = osc
            && !self.args.shared.quiet
        {
            eprintln!("{malformed} of {packets} OSC packets were malformed and ignored");
        }
        let recording = self.recording.map(Recording::finish);
        let record = recording.as_ref().map(Finished::stats);
        let recorded = recording.map_or(Ok(()), |recording| recording.tell(self.args.shared.quiet));

        let snapshot = self.counted.snapshot();
        if let Some(words) = stats::xruns_in_words(&snapshot).filter(|_| !self.args.shared.quiet) {
            eprintln!("{words}");
        }
        if let Some(path) = &self.args.shared.stats {
            let live = LiveStats { osc, record, ..LiveStats::of(&snapshot, audio_thread, latency_frames) };
            let stats = stats::Stats { live: Some(live), ..stats(&self.session, &snapshot, self.state_bytes) };
            stats::write(&stats, path)?;
        }
        match ending {
            Ending::Lost(words) => {
                if let Err(failure) = recorded {
                    eprintln!("{failure}");
                }
                Err(Failure::call(words))
            }
            _ if recorded.is_err() => recorded,
            Ending::Asked | Ending::Finished if has_failed => Err(Failure::Told),
            Ending::Asked | Ending::Finished => Ok(()),
        }
    }
}
