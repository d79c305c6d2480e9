//! `oscine render`: a script's sound into a file, faster than real time.

use std::io::{IsTerminal, stderr};
use std::ops::ControlFlow;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Instant;

use indicatif::{ProgressBar, ProgressStyle};
use oscine_engine::files::{FileFormat, Writer};
use oscine_engine::{RENDER_BUDGET, RenderConfig, RenderError, Stats, StopFlag};

use super::{asked_frames, engine_subtype, interrupt_flag, prepare, print, stats};
use crate::args::RenderArgs;
use crate::failure::Failure;
use crate::score::{Plan, frames_of_files};
use crate::stats;

/// Frames between two looks at Ctrl-C and the progress bar.
const PROGRESS_FRAMES: u64 = 8192;

/// Computes the sound and writes the file, whole or not at all.
pub fn render(args: &RenderArgs) -> Result<(), Failure> {
    let format = FileFormat::from_path(&args.output, args.subtype.map(engine_subtype))?;
    stats::check(args.shared.stats.as_deref())?;
    let (hearing, session) = prepare(&args.shared)?;
    let sample_rate = hearing.sample_rate;
    let channels = args.shared.channels.map(|channels| channels as usize);
    let wired = hearing.wire(&session.face().inputs, channels, &mut |name, _| {
        Err(Failure::call(format!("there is no file `{name}`; render takes files, demo, silence or noise")))
    })?;
    let plan = Plan::read(&args.shared, &session, sample_rate)?;
    if let Some(port) = plan.ports.first() {
        return Err(Failure::call(format!(
            "there is no MIDI file `{port}`; render takes .mid files, run takes ports too"
        )));
    }
    let of_files = frames_of_files(&args.shared, &wired, &plan);
    let frames = asked_frames(&args.shared, sample_rate).or(of_files).or(wired.frames).ok_or_else(|| {
        Failure::call("nothing says when the sound ends: add `--seconds`, as in `--seconds 10`".to_owned())
    })?;
    let stop = StopFlag::default();
    let processor = session.processor(wired.instances, &args.shared.settings, &stop)?;
    let state_bytes = processor.face().state_bytes;
    let outputs = processor.face().outputs;

    // A script that raises whatever it is given has no outputs: what it raises is told, not that a file needs one.
    let mut writer = Writer::create(&args.output, format, sample_rate, outputs.max(1))?;
    let config = RenderConfig {
        sample_rate,
        block_frames: args.shared.blocksize as usize,
        frames,
        score: plan.score,
        watch: Some((stop, RENDER_BUDGET)),
    };
    let counted = Stats::new(sample_rate);
    let interrupted = interrupt_flag();
    let bar = progress_bar(frames, args.shared.quiet);
    let mut next_look = PROGRESS_FRAMES;
    let start = Instant::now();
    let result = oscine_engine::render(
        config,
        processor,
        wired.inputs,
        &counted,
        &mut |block| if block.is_empty() { Ok(()) } else { writer.write(block) },
        &mut |done| {
            if done >= next_look {
                next_look = done + PROGRESS_FRAMES;
                bar.set_position(done);
                if interrupted.load(Relaxed) {
                    return ControlFlow::Break(());
                }
            }
            ControlFlow::Continue(())
        },
    );
    bar.finish_and_clear();
    let notices = result.map_err(|error| match error {
        RenderError::Trouble(_, words) => Failure::Script(words),
        RenderError::File(error) => error.into(),
        RenderError::Interrupted => Failure::call("interrupted; no file was written"),
    })?;
    writer.finish()?;

    if let Some(path) = &args.shared.stats {
        stats::write(&stats(&session, &counted.snapshot(), state_bytes), path)?;
    }
    if !args.shared.quiet {
        notices.iter().for_each(|notice| eprintln!("{notice}"));
        let seconds = frames as f64 / sample_rate;
        let speed = speed(seconds / start.elapsed().as_secs_f64());
        let channels = if outputs == 1 { "1 channel".to_owned() } else { format!("{outputs} channels") };
        print(&format!("wrote {}: {seconds:.3} s, {channels}, {sample_rate} Hz, {speed}\n", args.output.display()))?;
    }
    Ok(())
}

/// How often real time fits into the time that it took, in words.
fn speed(ratio: f64) -> String {
    match ratio {
        ..1.05 => format!("at {ratio:.2} times the speed of real time"),
        ..10.0 => format!("{ratio:.1} times faster than real time"),
        _ => format!("{ratio:.0} times faster than real time"),
    }
}

fn progress_bar(frames: u64, is_quiet: bool) -> ProgressBar {
    if is_quiet || !stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{bar:40} {percent:>3} %  {eta} left").expect("a template of known words");
    ProgressBar::new(frames).with_style(style)
}

#[cfg(test)]
mod tests {
    use super::speed;

    #[test]
    fn what_is_slower_is_not_called_faster() {
        assert_eq!(speed(0.3), "at 0.30 times the speed of real time");
        assert_eq!(speed(1.5), "1.5 times faster than real time");
        assert_eq!(speed(120.4), "120 times faster than real time");
    }
}
