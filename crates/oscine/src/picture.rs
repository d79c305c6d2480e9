//! Pictures as files: pixels or lines, by the ending of the name, with letters that need no font of the system.

use std::fs::OpenOptions;
use std::path::Path;
use std::sync::Once;

use plotters::coord::Shift;
use plotters::prelude::*;

/// The Latin part of Roboto.
const LETTERS: &[u8] = include_bytes!("../assets/Roboto-ASCII.ttf");

/// The name of the letters.
pub(crate) const FONT: &str = "sans-serif";

/// Lines of a chart's grid.
pub(crate) const LIGHT: RGBColor = RGBColor(0xF2, 0xF2, 0xF2);
/// Those with a number.
pub(crate) const BOLD: RGBColor = RGBColor(0xDD, 0xDD, 0xDD);
/// What must not be exceeded.
pub(crate) const LIMIT: RGBColor = RGBColor(0x30, 0x30, 0x30);

/// Why something was not drawn.
pub(crate) type Failed = Box<dyn std::error::Error>;

/// Something that can be drawn, whatever it is drawn on.
pub(crate) trait Picture {
    /// Width and height in pixels.
    fn size(&self) -> (u32, u32);

    /// Draws it on white.
    fn draw_on<B: DrawingBackend>(&self, area: &DrawingArea<B, Shift>) -> Result<(), Failed>
    where
        B::ErrorType: 'static;
}

/// What a file may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FileKind {
    /// Pixels.
    Png,
    /// Lines and letters.
    Svg,
}

/// The kind of picture by a file name's ending. The error is for people.
pub(crate) fn kind(path: &Path) -> Result<FileKind, String> {
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
    match ending.as_deref() {
        Some("png") => Ok(FileKind::Png),
        Some("svg") => Ok(FileKind::Svg),
        _ => Err(format!("{}: a plot is a .png or a .svg file", path.display())),
    }
}

/// Whether a picture can be written to that file, told before the work that it will show. The error is for people.
pub(crate) fn writable(path: &Path) -> Result<(), String> {
    kind(path)?;
    let was_there = path.exists();
    let opened = OpenOptions::new().append(true).create(true).open(path);
    opened.map_err(|error| format!("{} cannot be written: {error}", path.display()))?;
    if !was_there {
        // Who interrupts the work finds nothing.
        let _ = std::fs::remove_file(path);
    }
    Ok(())
}

/// Draws into a `.png` or `.svg` file. The error is for people.
pub(crate) fn write(picture: &impl Picture, path: &Path) -> Result<(), String> {
    static REGISTERED: Once = Once::new();
    REGISTERED.call_once(|| {
        // It fails only for bytes that are no font.
        let _ = plotters::style::register_font(FONT, FontStyle::Normal, LETTERS);
    });
    let drawn = match kind(path)? {
        FileKind::Png => on(picture, &BitMapBackend::new(path, picture.size()).into_drawing_area()),
        FileKind::Svg => on(picture, &SVGBackend::new(path, picture.size()).into_drawing_area()),
    };
    drawn.map_err(|error| format!("{} cannot be drawn: {error}", path.display()))
}

fn on<B: DrawingBackend>(picture: &impl Picture, area: &DrawingArea<B, Shift>) -> Result<(), Failed>
where
    B::ErrorType: 'static,
{
    area.fill(&WHITE)?;
    picture.draw_on(area)?;
    area.present()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{FileKind, kind};

    #[test]
    fn other_endings_are_refused() {
        assert_eq!(kind(Path::new("a.PNG")), Ok(FileKind::Png));
        assert_eq!(kind(Path::new("a.pdf")), Err("a.pdf: a plot is a .png or a .svg file".to_owned()));
    }
}
