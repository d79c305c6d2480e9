//! Which of the things that several systems offer a person means, of devices and MIDI ports alike: a number of the list, a
//! name or a part of it, or either of one system as `HOST:NAME`. Upper and lower case are one.
//!
//! A whole name goes before a part of one, and where a whole name is offered by several systems, that of the first is
//! meant: most often it is one thing. A part must be a part of one name only. Whatever is missing or unclear is answered by
//! what there is.

/// Something that a system offers.
pub(crate) trait Offered {
    /// The system.
    fn host(&self) -> &str;
    fn name(&self) -> &str;
}

/// What a person wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Wanted<'a> {
    text: &'a str,
    /// The system, if one is named.
    pub(crate) host: Option<&'a str>,
    /// A number, a name or a part of one; empty where only a system is named.
    pub(crate) name: &'a str,
}

impl<'a> Wanted<'a> {
    /// Reads it; what stands before a colon and is no system belongs to a name.
    pub(crate) fn read(text: &'a str, is_host: impl Fn(&str) -> bool) -> Self {
        match text.split_once(':') {
            Some((host, name)) if is_host(host) => Self { text, host: Some(host), name },
            _ if is_host(text) => Self { text, host: Some(text), name: "" },
            _ => Self { text, host: None, name: text },
        }
    }

    fn number(&self) -> Option<usize> {
        self.name.parse().ok().filter(|_| self.host.is_none())
    }
}

/// What is looked for, in words.
pub(crate) struct Sought {
    /// `output device`
    pub(crate) noun: &'static str,
    /// `device 2 is no output`, said of a number that is another's
    pub(crate) other: (&'static str, &'static str),
    /// A line at the end of what there is.
    pub(crate) last: &'static str,
}

/// The one that is meant of `all`, in the order of their numbers, that `fits`.
pub(crate) fn choose<T: Offered>(
    all: Vec<T>,
    wanted: Wanted,
    sought: &Sought,
    fits: impl Fn(&T) -> bool,
) -> Result<T, String> {
    let is_of_host = |one: &T| wanted.host.is_none_or(|host| one.host().eq_ignore_ascii_case(host));
    let here = all.into_iter().enumerate().filter(|(_, one)| is_of_host(one));
    let (mut found, others): (Vec<_>, Vec<_>) = here.partition(|(_, one)| fits(one));
    let list = |found: &[(usize, T)]| {
        let line = |(number, one): &(usize, T)| match wanted.host {
            None => format!("\n  {number}: {}:{}", one.host(), one.name()),
            Some(_) => format!("\n  {}:{}", one.host(), one.name()),
        };
        found.iter().map(line).collect::<String>() + sought.last
    };
    let there_are = if found.is_empty() { String::new() } else { list(&found) };
    match wanted.number() {
        Some(number) => found.retain(|(own, _)| *own == number),
        None => keep_named(&mut found, wanted.name),
    }
    let Sought { noun, other: (thing, short), .. } = sought;
    let text = wanted.text;
    match (found.len(), wanted.number()) {
        (1, _) => Ok(found.remove(0).1),
        (0, _) if there_are.is_empty() => Err(match wanted.host {
            Some(host) => format!("there is no {noun} `{text}`: {host} has none at all"),
            None if sought.last.is_empty() => format!("there is no {noun} `{text}`: this system has none at all"),
            None => format!("there is no {noun} `{text}`: this system has none at all but{}", sought.last),
        }),
        (0, Some(number)) if others.iter().any(|(own, _)| *own == number) => {
            Err(format!("{thing} {number} is no {short}; there are:{there_are}"))
        }
        (0, _) => Err(format!("there is no {noun} `{text}`; there are:{there_are}")),
        _ => Err(format!("`{text}` may be one of several {noun}s:{}", list(&found))),
    }
}

/// Leaves the first of that name, or else those with that part of a name.
fn keep_named<T: Offered>(found: &mut Vec<(usize, T)>, name: &str) {
    let part = name.to_lowercase();
    let own = |one: &T| one.name().to_lowercase();
    if found.iter().any(|(_, one)| own(one) == part) {
        found.retain(|(_, one)| own(one) == part);
        found.truncate(1);
    } else {
        found.retain(|(_, one)| own(one).contains(&part));
    }
}

#[cfg(test)]
mod tests {
    use super::{Offered, Sought, Wanted, choose};

    impl Offered for (&str, &str) {
        fn host(&self) -> &str {
            self.0
        }
        fn name(&self) -> &str {
            self.1
        }
    }

    fn chosen(text: &str) -> Result<String, String> {
        let all = vec![("ALSA", "keys 0"), ("ALSA", "keys 1"), ("ALSA", "dead"), ("JACK", "keys 1"), ("JACK", "7")];
        let is_host = |host: &str| ["ALSA", "JACK", "None"].iter().any(|known| known.eq_ignore_ascii_case(host));
        let sought = Sought { noun: "live thing", other: ("thing", "live one"), last: "\n  and me" };
        let wanted = Wanted::read(text, is_host);
        choose(all, wanted, &sought, |one| one.1 != "dead").map(|one| format!("{}:{}", one.0, one.1))
    }

    #[test]
    fn numbers_names_parts_and_systems() {
        for (text, expected) in [
            ("0", "ALSA:keys 0"),
            ("4", "JACK:7"),
            ("KEYS 1", "ALSA:keys 1"),
            ("jack:keys", "JACK:keys 1"),
            ("ALSA:keys 1", "ALSA:keys 1"),
            ("jack:7", "JACK:7"),
        ] {
            assert_eq!(chosen(text).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_missing_or_unclear() {
        let all = "\n  0: ALSA:keys 0\n  1: ALSA:keys 1\n  3: JACK:keys 1\n  4: JACK:7\n  and me";
        let jacks = "\n  JACK:keys 1\n  JACK:7\n  and me";
        for (text, expected) in [
            ("7", format!("there is no live thing `7`; there are:{all}")),
            ("2", format!("thing 2 is no live one; there are:{all}")),
            ("dead", format!("there is no live thing `dead`; there are:{all}")),
            ("other:keys", format!("there is no live thing `other:keys`; there are:{all}")),
            ("jack", format!("`jack` may be one of several live things:{jacks}")),
            ("JACK:x", format!("there is no live thing `JACK:x`; there are:{jacks}")),
            ("None:x", "there is no live thing `None:x`: None has none at all".to_owned()),
        ] {
            assert_eq!(chosen(text), Err(expected), "{text}");
        }
    }
}
