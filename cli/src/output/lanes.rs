//! A witness as two lanes: what process A did on the left, what process B did on the right, time running down.

use crate::report::{Region, Schedule, Step, actor_phrase, lane_names};
use crate::terminal::{self, BORDER, ERROR, FAINT, STRONG, paint};
use fsrace_analyzer::explore::{Lane, StepOutcome};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Below this many columns the lanes are stacked.
const NARROW: usize = 80;
/// The left lane is as wide as its texts, but not less than this.
const NARROWEST_LANE: usize = 26;
/// Longer lines than this are hard to read.
const WIDEST: usize = 140;

/// The witness of a finding whose act stands in the file `home`, `width` columns wide, each line ended by a line feed.
pub fn render(schedule: &Schedule, home: &str, width: usize) -> String {
    let rows: Vec<Row> = rows(schedule, home);
    let [a, b] = lane_names(schedule.actor);
    let mut out = format!(
        "  {} {}; at first the place is {}\n\n",
        paint(STRONG, b),
        actor_phrase(schedule.actor),
        terminal::line(&schedule.initial),
    );
    if width < NARROW {
        stacked(&mut out, &rows, a, b, width);
    } else {
        side_by_side(&mut out, &rows, a, b, width);
    }
    out.push_str(&format!("\n  {} {}\n", paint(ERROR, "=>"), paint(STRONG, &terminal::line(&schedule.loss))));
    out
}

/// One step, ready to be laid out.
struct Row {
    lane: Lane,
    /// Where it stands, empty for an actor that is not the program's own code.
    site: String,
    what: String,
    /// The place's state, where the step changed it.
    state: Option<String>,
}

fn rows(schedule: &Schedule, home: &str) -> Vec<Row> {
    // The state before is told with its article: "a directory", and then "directory (initial content)".
    let mut state = schedule.initial.as_str();
    let bare = state.strip_prefix("a ").unwrap_or(state);
    let mut rows = Vec::with_capacity(schedule.steps.len());
    for (i, step) in schedule.steps.iter().enumerate() {
        let changed = if i == 0 { !step.state.starts_with(bare) } else { step.state != state };
        state = &step.state;
        rows.push(Row {
            lane: step.lane,
            site: step.region.as_ref().map(|r| site(r, home)).unwrap_or_default(),
            what: describe(step),
            state: changed.then(|| terminal::line(state).into_owned()),
        });
    }
    rows
}

fn site(region: &Region, home: &str) -> String {
    let line = region.start().line;
    if region.path() == home {
        return line.to_string();
    }
    let name = region.path().rsplit('/').next().unwrap_or_default();
    format!("{}:{line}", terminal::line(name))
}

/// The step in words, without colour: the source where the program did it, else the operation and its place; then what it returned.
pub fn describe(step: &Step) -> String {
    let mut text = match &step.region {
        Some(region) if !region.text().trim().is_empty() => {
            let mut source = on_one_line(region.text());
            // One call can be several steps: "write (first half)".
            if let Some((_, part)) = step.operation.rsplit_once(" (")
                && part.ends_with(')')
            {
                source.push_str(" (");
                source.push_str(part);
            }
            source
        }
        _ => format!("{} {}", step.operation, step.place),
    };
    if step.outcome != StepOutcome::Done {
        text.push_str(&format!(" -> {}", step.outcome));
    }
    terminal::line(&text).into_owned()
}

/// Code that is spread over lines, on one.
pub fn on_one_line(code: &str) -> String {
    if !code.contains('\n') {
        return code.trim().to_owned();
    }
    let line = code.split_whitespace().collect::<Vec<_>>().join(" ");
    line.replace("( ", "(").replace(", )", ")").replace(" )", ")").replace(" .", ".")
}

fn side_by_side(out: &mut String, rows: &[Row], a: &str, b: &str, width: usize) {
    let gutter = rows.iter().map(|r| r.site.width()).max().unwrap_or(0).max(2);
    // Two blanks before, one after each gutter, two between the lanes.
    let room = width.min(WIDEST).saturating_sub(2 + 2 * (gutter + 1) + 2);
    let wanted = |lane: Lane| {
        let texts = rows.iter().filter(|r| r.lane == lane);
        texts.map(|r| r.what.width().max(r.state.as_ref().map_or(0, |s| s.width() + 8))).max().unwrap_or(0)
    };
    let (left, right_lane) = share(room, wanted(Lane::A).max(NARROWEST_LANE), wanted(Lane::B));
    let right = 2 + gutter + 1 + left + 2;
    let indent = " ".repeat(2 + gutter + 1);
    let between = " ".repeat((right + gutter + 1).saturating_sub(indent.len() + a.width()));
    out.push_str(&format!("{indent}{}{between}{}\n", paint(STRONG, a), paint(STRONG, b)));
    for row in rows {
        let (start, lane) = match row.lane {
            Lane::A => ("  ".to_owned(), left),
            Lane::B => (" ".repeat(right), right_lane),
        };
        let site = paint(BORDER, &format!("{:>gutter$}", row.site));
        for (i, piece) in wrap(&row.what, lane).iter().enumerate() {
            let margin = if i == 0 { site.as_str() } else { &" ".repeat(gutter) };
            out.push_str(&format!("{start}{margin} {piece}\n"));
        }
        if let Some(state) = &row.state {
            let state = shorten(&format!("[now {state}]"), lane.saturating_sub(2));
            out.push_str(&format!("{start}{}   {}\n", " ".repeat(gutter), paint(FAINT, &state)));
        }
    }
}

/// Shares the room between two lanes: each gets what it wants if there is enough; else none gets less than half for the other's sake.
fn share(room: usize, left: usize, right: usize) -> (usize, usize) {
    let half = room / 2;
    if left + right <= room {
        (left, right)
    } else if right <= half {
        (room - right, right)
    } else if left <= half {
        (left, room - left)
    } else {
        (half, half)
    }
}

fn stacked(out: &mut String, rows: &[Row], a: &str, b: &str, width: usize) {
    let room = width.saturating_sub(6).max(12);
    for row in rows {
        let name = if row.lane == Lane::A { a } else { b };
        let colon = if row.site.is_empty() { String::new() } else { format!(", line {}", row.site) };
        out.push_str(&format!("  {}{}\n", paint(STRONG, name), paint(BORDER, &colon)));
        for piece in wrap(&row.what, room) {
            out.push_str(&format!("    {piece}\n"));
        }
        if let Some(state) = &row.state {
            out.push_str(&format!("    {}\n", paint(FAINT, &shorten(&format!("[now {state}]"), room))));
        }
    }
}

/// The text in at most two lines of `width` columns, broken between words where that is possible, the rest cut off.
fn wrap(text: &str, width: usize) -> Vec<String> {
    if text.width() <= width {
        return vec![text.to_owned()];
    }
    let mut used = 0;
    let mut hard = text.len();
    let mut soft = None;
    for (i, c) in text.char_indices() {
        used += c.width().unwrap_or(0);
        if used > width {
            hard = i;
            break;
        }
        match c {
            ' ' | '.' => soft = Some(i),
            '(' | ',' | '/' => soft = Some(i + 1).filter(|_| used < width),
            _ => {}
        }
    }
    let at = soft.filter(|i| *i * 2 > hard).unwrap_or(hard);
    let (first, rest) = text.split_at_checked(at).unwrap_or((text, ""));
    vec![
        first.trim_end().to_owned(),
        format!("  {}", shorten(rest.trim_start(), width.saturating_sub(2).max(4))),
    ]
}

/// The text cut to `width` columns, with two dots in place of what is gone.
fn shorten(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut out = String::new();
    let mut used = 2;
    for c in text.chars() {
        used += c.width().unwrap_or(0);
        if used > width {
            break;
        }
        out.push(c);
    }
    out.push_str("..");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_put_on_one_line() {
        assert_eq!(on_one_line("fs::remove(\n    dir,\n)"), "fs::remove(dir)");
        assert_eq!(
            on_one_line("File::options()\n    .read(true)\n    .open(&path)"),
            "File::options().read(true).open(&path)"
        );
        assert_eq!(on_one_line("f( a )"), "f( a )");
    }

    #[test]
    fn room_is_shared() {
        assert_eq!(share(80, 30, 20), (30, 20));
        assert_eq!(share(80, 70, 20), (60, 20));
        assert_eq!(share(80, 20, 70), (20, 60));
        assert_eq!(share(80, 70, 70), (40, 40));
    }

    #[test]
    fn texts_are_cut_by_columns() {
        assert_eq!(shorten("abcdef", 6), "abcdef");
        assert_eq!(shorten("abcdefg", 6), "abcd..");
        assert_eq!(shorten("漢字漢字", 6), "漢字..");
    }

    #[test]
    fn long_steps_take_two_lines() {
        assert_eq!(wrap("one two three four", 10), ["one two", "  three .."]);
        assert_eq!(wrap("aaaaaaaaaaaaaaaaaaaaaaaa", 10), ["aaaaaaaaaa", "  aaaaaa.."]);
    }
}
