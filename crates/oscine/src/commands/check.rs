//! `oscine check`: what is wrong with a script, or its face.

use super::{print, style};
use crate::args::{CheckArgs, Format};
use crate::face;
use crate::failure::Failure;
use crate::session::{Options, Session};

/// Compiles the script and shows its face. What the script prints while it loads goes to standard
/// error: the face is the answer.
pub fn check(args: &CheckArgs) -> Result<(), Failure> {
    let options = Options {
        sample_rate: f64::from(args.samplerate),
        block_frames: args.blocksize as usize,
        fast_math: false,
        style: style(args.format),
    };
    let session = Session::load(&args.script, options, &mut |text| eprint!("{text}"))?;
    eprint!("{}", session.warnings);
    let script = args.script.display().to_string();
    let (program, face) = (session.program(), session.face());
    match args.format {
        Format::Json => print(&format!("{}\n", face::json(program, face))),
        Format::Full | Format::Concise => print(&face::text(&script, program, face)),
    }
}
