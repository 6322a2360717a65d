//! Command lines, and what running them does to the filesystem.

use super::models::{Command, Models};
use crate::flow::{Operation, Place, PlaceKind, Root};

/// How many words of a command line are kept.
pub const WORDS: usize = 64;

/// Where the keywords of a statement end: at what is bound to it, or quoted in it.
const VARIES: [char; 5] = ['?', '$', ':', '@', '\''];

/// A command line as far as it is known.
#[derive(Clone, Debug, Default)]
pub struct CommandLine {
    /// The program first.
    pub words: Vec<Place>,
    /// Where it starts, if not where the process is.
    pub directory: Option<Place>,
    /// Whether the program is a path, and not a name that is looked for in `PATH`.
    pub by_path: bool,
}

/// What running a command does.
pub struct Commanded {
    /// `Populate`, `Update` or `Execute`.
    pub operation: Operation,
    /// To what.
    pub place: Place,
    /// As people call it: `git pull`.
    pub name: String,
}

impl CommandLine {
    /// What running a command does whose program is a file at a known path.
    pub fn executed(&self, api: &str) -> Option<Commanded> {
        let place = self.words.first().filter(|_| self.by_path)?.clone();
        Some(Commanded { operation: Operation::Execute, place, name: api.to_owned() })
    }

    /// A statement in SQL as a command line: its keywords, up to what may vary, are the subcommand of the program, what is bound to it
    /// later are the words that follow. What is put into the text between quotes is a word too.
    pub fn statement(program: &str, text: &Place) -> Self {
        let (keywords, rest) = match text.kind() {
            PlaceKind::Literal(text) => {
                let end = text.find(VARIES).unwrap_or(text.len());
                let quoted = text.get(end..).and_then(|rest| rest.strip_prefix('\'')?.split('\'').next());
                (text.get(..end).unwrap_or_default().to_owned(), quoted.map(Place::literal))
            }
            PlaceKind::Concat(parts) => match parts.split_first() {
                Some((first, rest)) if literal(first).is_some_and(|text| text.ends_with('\'')) => {
                    let end = |part: &Place| literal(part).is_some_and(|text| text.starts_with('\''));
                    let mut named: Vec<Place> = rest.iter().take_while(|part| !end(part)).cloned().collect();
                    let word = if named.len() > 1 {
                        Some(Place::new(PlaceKind::Concat(named)))
                    } else {
                        named.pop()
                    };
                    (literal(first).unwrap_or_default().trim_end_matches('\'').to_owned(), word)
                }
                _ => return CommandLine::default(),
            },
            _ => return CommandLine::default(),
        };
        let keywords: Vec<String> = keywords.split_whitespace().map(str::to_ascii_uppercase).collect();
        let words = [Place::literal(program), Place::literal(&keywords.join("_"))].into_iter().chain(rest);
        CommandLine { words: words.collect(), ..CommandLine::default() }
    }

    /// What running the command does, if the models know it.
    pub fn run(&self, models: &Models) -> Option<Commanded> {
        let (program, words) = self.words.split_first()?;
        let program = literal(program)?;
        let program = program.rsplit('/').next().unwrap_or(program);
        // Options of the program itself may come before the subcommand; where one takes a value, only its row knows.
        let known = words.iter().enumerate().filter_map(|(at, word)| {
            let word = literal(word)?.to_owned();
            if let Some(row) = models.command(program, &word) {
                return Some((at, word, row));
            }
            // Of some subcommands the next word says what is done.
            let both = format!("{word}_{}", literal(words.get(at + 1)?)?);
            let row = models.command(program, &both)?;
            Some((at, both, row))
        });
        let (at, word, row) = known.take(1).next()?;
        let before = words.get(..at)?;
        let is_option = |place: &Place| literal(place).is_some_and(|word| word.starts_with('-'));
        if !before.iter().zip(before.iter().skip(1)).all(|(a, b)| is_option(a) || is_option(b))
            || before.first().is_some_and(|first| !is_option(first))
        {
            return None;
        }
        let directory = option(before, row.directory.as_deref()).or_else(|| self.directory.clone());
        let working = directory.unwrap_or_else(|| Place::new(PlaceKind::Root(Root::Working)));
        let place = match row.place {
            None => working,
            Some(number) => {
                let named = plain(words.get(at + 1..)?, row).into_iter().nth(number)?;
                match working.kind() {
                    PlaceKind::Root(Root::Working) => named,
                    _ => working.join(&named),
                }
            }
        };
        Some(Commanded {
            operation: row.effect,
            place,
            name: format!("{program} {}", word.replace('_', " ")),
        })
    }
}

/// The text that a word is, where it is written down.
pub fn literal(place: &Place) -> Option<&str> {
    match place.kind() {
        PlaceKind::Literal(text) => Some(text),
        _ => None,
    }
}

/// The value of an option, written apart.
fn option(words: &[Place], name: Option<&str>) -> Option<Place> {
    let at = words.iter().position(|word| name.is_some() && literal(word) == name)?;
    words.get(at + 1).cloned()
}

/// The words that are neither options nor their values.
fn plain(words: &[Place], row: &Command) -> Vec<Place> {
    let mut found = Vec::new();
    let mut value = false;
    for word in words {
        let text = literal(word);
        if std::mem::take(&mut value) {
            continue;
        }
        if let Some(text) = text.filter(|text| text.starts_with('-')) {
            value = row.valued.iter().any(|valued| valued == text);
            continue;
        }
        found.push(word.clone());
    }
    found
}
