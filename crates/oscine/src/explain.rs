//! `oscine explain`: the pages of `docs/errors`, carried in the binary.

include!(concat!(env!("OUT_DIR"), "/error_pages.rs"));

/// The page of a code.
pub fn page(code: &str) -> Option<&'static str> {
    PAGES.iter().find(|(known, _)| *known == code).map(|(_, text)| *text)
}

/// Every code with the headline of its page, in alphabetical order.
pub fn list() -> String {
    let width = PAGES.iter().map(|(code, _)| code.len()).max().unwrap_or(0);
    let headline = |text: &'static str| text.lines().find(|line| !line.is_empty() && !line.starts_with('#'));
    PAGES.iter().fold(String::new(), |list, (code, text)| {
        list + &format!("{code:width$}  {}\n", headline(text).unwrap_or_default())
    })
}

/// The known code that is most like `code`, if any is: it shares most pairs of neighbouring letters.
pub fn nearest(code: &str) -> Option<&'static str> {
    let pairs = |text: &str| -> Vec<(char, char)> { text.chars().zip(text.chars().skip(1)).collect() };
    let wanted = pairs(code);
    let likeness = |known: &str| {
        let known = pairs(known);
        let shared = wanted.iter().filter(|pair| known.contains(pair)).count();
        (2 * shared * 100) / (wanted.len() + known.len()).max(1)
    };
    let (known, likeness) = PAGES.iter().map(|(known, _)| (*known, likeness(known))).max_by_key(|(_, l)| *l)?;
    (likeness >= 50).then_some(known)
}
