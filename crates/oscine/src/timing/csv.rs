//! The series as a table of text: a line a callback, from which tables and plots can be made again.
//!
//! Times are whole nanoseconds, so that what is read is what was written.

use std::io::{self, BufRead, Write};

use oscine_engine::{Cause, Causes, Late};

use super::series::{Slice, Subject, Turn};

const HEADER: &str = "load,subject,round,period_ns,at_ns,processing_ns,idle_ns,late_ns,cause";

/// Writes slices. Only the series: not what the device and the system said besides.
pub fn write(slices: &[Slice], to: &mut dyn Write) -> io::Result<()> {
    writeln!(to, "{HEADER}")?;
    for slice in slices {
        let head = format!("{},{},{},{}", slice.load, slice.subject.word(), slice.round, slice.period_ns);
        for turn in &slice.turns {
            write!(to, "{head},{},{},{},", turn.at_ns, turn.processing_ns, turn.idle_ns)?;
            match turn.late {
                Some(late) => writeln!(to, "{},{}", late.by_ns, late.cause.word())?,
                None => writeln!(to, "0,")?,
            }
        }
    }
    Ok(())
}

/// Reads what [`write()`] wrote. The error says which line is wrong.
pub fn read(from: &mut dyn BufRead) -> Result<Vec<Slice>, String> {
    let mut slices: Vec<Slice> = vec![];
    for (index, line) in from.lines().enumerate() {
        let line = line.map_err(|error| error.to_string())?;
        if index == 0 {
            if line != HEADER {
                return Err(format!("line 1: not a series of `oscine realtime`, which begins with `{HEADER}`"));
            }
            continue;
        }
        let wrong = || format!("line {}: not a callback: `{line}`", index + 1);
        let (slice, turn) = parse(&line).ok_or_else(wrong)?;
        let is_of =
            |last: &&mut Slice| last.load == slice.load && last.subject == slice.subject && last.round == slice.round;
        match slices.last_mut().filter(is_of) {
            Some(last) => last.turns.push(turn),
            None => slices.push(Slice { turns: vec![turn], ..slice }),
        }
    }
    Ok(slices)
}

/// A line: whose callback, and the callback.
fn parse(line: &str) -> Option<(Slice, Turn)> {
    let fields: Vec<&str> = line.split(',').collect();
    let [load, subject, round, period_ns, at_ns, processing_ns, idle_ns, late_ns, cause] = fields[..] else {
        return None;
    };
    let late = match cause {
        "" => None,
        word => Some(Late { cause: Cause::of_word(word)?, by_ns: late_ns.parse().ok()? }),
    };
    let period_ns: f64 = period_ns.parse().ok().filter(|period_ns| *period_ns >= 1.0)?;
    let slice = Slice {
        load: load.to_owned(),
        subject: Subject::ALL.into_iter().find(|known| known.word() == subject)?,
        round: round.parse().ok()?,
        period_ns,
        turns: vec![],
        xruns: Causes::default(),
        account: None,
        lost: 0,
    };
    let turn = Turn {
        at_ns: at_ns.parse().ok()?,
        processing_ns: processing_ns.parse().ok()?,
        idle_ns: idle_ns.parse().ok()?,
        late,
    };
    Some((slice, turn))
}

#[cfg(test)]
mod tests {
    use super::super::series::{Slice, Subject, tests::slice};
    use super::{read, write};
    use oscine_engine::Causes;

    #[test]
    fn what_is_written_is_read() {
        let mut slices = vec![
            slice("none", Subject::Script, 1),
            slice("none", Subject::Copy, 1),
            slice("copy+cpu", Subject::Script, 1),
        ];
        slices[2].period_ns = 64.0 / 44_100.0 * 1e9;
        let mut text = vec![];
        write(&slices, &mut text).unwrap();
        let expected: Vec<Slice> =
            slices.into_iter().map(|slice| Slice { xruns: Causes::default(), account: None, ..slice }).collect();
        assert_eq!(read(&mut &text[..]).unwrap(), expected);
    }

    #[test]
    fn a_wrong_line_is_named() {
        let error = |text: &str| read(&mut text.as_bytes()).unwrap_err();
        assert!(error("a,b\n").starts_with("line 1: not a series"));
        let header = super::HEADER;
        for line in
            ["", "none,script,1", "none,horse,1,2,3,4,5,0,", "none,script,1,0,3,4,5,0,", "none,script,1,2,3,4,5,6,x"]
        {
            let text = format!("{header}\nnone,script,1,2,3,4,5,0,\n{line}\n");
            assert!(error(&text).starts_with("line 3: not a callback"), "{line}");
        }
    }
}
