//! What goes to a terminal: texts without raw control characters, colours, and one checked writer.

use anstyle::{AnsiColor, Style};
use std::borrow::Cow;
use std::io::{self, IsTerminal, Write};

/// Red and bold: errors, and what is lost.
pub const ERROR: Style = AnsiColor::BrightRed.on_default().bold();
/// Yellow and bold: warnings.
pub const WARNING: Style = AnsiColor::BrightYellow.on_default().bold();
/// Green and bold: notes, and added lines.
pub const NOTE: Style = AnsiColor::BrightGreen.on_default().bold();
/// Blue: line numbers and borders.
pub const BORDER: Style = AnsiColor::BrightBlue.on_default();
/// Bold.
pub const STRONG: Style = Style::new().bold();
/// Dimmed.
pub const FAINT: Style = Style::new().dimmed();
/// Red: removed lines.
pub const REMOVED: Style = AnsiColor::Red.on_default();
/// Green: added lines.
pub const ADDED: Style = AnsiColor::Green.on_default();

/// `text` in `style`.
pub fn paint(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}

/// Whether a terminal may take the character for a command, or show the text in another order than it is read in. Line feed and
/// tab are left to the caller.
fn is_hazard(c: char) -> bool {
    c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}')
}

/// One line of text for a terminal: control characters become visible escapes.
pub fn line(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_hazard) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if c == '\t' {
            out.push_str("    ");
        } else if is_hazard(c) {
            out.extend(c.escape_default());
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

/// Several lines of text for a terminal: as [`line()`], but line ends and tabs stay.
pub fn lines(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\t' => out.push(c),
            '\r' => {}
            c if is_hazard(c) => out.extend(c.escape_default()),
            c => out.push(c),
        }
    }
    out
}

/// A source text for a terminal in which every byte keeps its offset: control characters become stand-ins of the same length.
pub fn same_length(text: &str) -> Cow<'_, str> {
    let harmless = |c: char| c == '\n' || c == '\t' || !is_hazard(c);
    if text.chars().all(harmless) {
        return Cow::Borrowed(text);
    }
    let stand_in = |c: char| match c {
        c if harmless(c) => c,
        '\r' => ' ',
        c if c.len_utf8() == 1 => '?',
        c if c.len_utf8() == 2 => '\u{b7}',
        _ => char::REPLACEMENT_CHARACTER,
    };
    Cow::Owned(text.chars().map(stand_in).collect())
}

/// JSON text in which the control characters that JSON allows raw (DEL and C1) are escaped too.
pub fn json(text: String) -> String {
    if !text.chars().any(|c| is_hazard(c) && c != '\n') {
        return text;
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if is_hazard(c) && c != '\n' {
            out.push_str(&format!("\\u{:04x}", u32::from(c)));
        } else {
            out.push(c);
        }
    }
    out
}

/// Columns of the terminal on standard output, or 100 where it is none.
pub fn width() -> usize {
    if !io::stdout().is_terminal() {
        return 100;
    }
    terminal_size::terminal_size().map_or(100, |(columns, _)| usize::from(columns.0).max(20))
}

/// Writes all of `text` to standard output, colours left out where they are not wanted.
///
/// A reader that has gone away (`fsrace check | head`) is no failure: then nothing more is to be done.
///
/// # Errors
/// Any other failure to write.
pub fn write_stdout(text: &str, color: anstream::ColorChoice) -> io::Result<()> {
    let mut out = anstream::AutoStream::new(io::stdout().lock(), color);
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(e) if e.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}

/// Writes `text` to standard error. Where that fails there is nobody left to tell.
pub fn write_stderr(text: &str, color: anstream::ColorChoice) {
    let mut out = anstream::AutoStream::new(io::stderr().lock(), color);
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_become_visible() {
        assert_eq!(line("a\u{1b}[31mb\u{9b}c\u{202e}"), "a\\u{1b}[31mb\\u{9b}c\\u{202e}");
        assert_eq!(lines("a\r\n\tb\u{7}"), "a\n\tb\\u{7}");
    }

    #[test]
    fn stand_ins_keep_the_length() {
        let text = "a\u{1b}\u{9b}\u{202e}\r\nb\tö";
        let shown = same_length(text);
        assert_eq!(shown.len(), text.len());
        assert!(!shown.chars().any(|c| is_hazard(c) && c != '\n' && c != '\t'));
    }

    #[test]
    fn json_stays_the_same_value() {
        let text = "{\n  \"a\": \"\u{9b}\u{7f}\u{202e}\"\n}".to_owned();
        let before: serde_json::Value = serde_json::from_str(&text).unwrap();
        let escaped = json(text);
        assert!(escaped.chars().all(|c| c == '\n' || !is_hazard(c)));
        let after: serde_json::Value = serde_json::from_str(&escaped).unwrap();
        assert_eq!(before, after);
    }
}
