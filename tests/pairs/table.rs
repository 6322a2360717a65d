//! The table as Markdown.

use crate::Said;
use crate::calls::{Pair, Spelling};

/// For people at work on it.
pub fn dump(all: &[(Pair, Vec<(Spelling, Said)>)]) {
    for (pair, spellings) in all {
        for (spelling, said) in spellings {
            let said = match said {
                Said::Reported { rule, consequence, cure } => format!("{rule} {consequence} cure={cure:?}"),
                Said::Silent { others, cure } => format!("SILENT {others:?} cure={cure:?}"),
                Said::Inexpressible(why) => format!("- {why}"),
            };
            eprintln!("{:?} {:?} {} {} {}: {said}", pair.roles, pair.kind, pair.first, pair.second, spelling.name());
        }
    }
}

pub fn rendered(_all: &[(Pair, Vec<(Spelling, Said)>)]) -> String {
    String::new()
}
