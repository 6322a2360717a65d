//! The oracle: what the unknowns of a program are, the same for every schedule that is compared.

use super::program::{Answers, Program, Source, SourceKind};
use std::rc::Rc;

/// What an unknown was computed from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Class {
    /// Nothing that the actors can change.
    Plain,
    /// What was there in the beginning.
    Initial,
    /// What an actor wrote.
    Written,
    /// A look that failed.
    Absent,
}

#[derive(Debug)]
struct Known {
    wants: Answers,
    acts: Answers,
    leaves: Answers,
}

/// A partial assignment of the unknowns.
#[derive(Clone, Debug)]
pub struct Oracle {
    known: Rc<Known>,
    chosen: Vec<(Source, Class, bool)>,
}

impl Oracle {
    /// An oracle that knows only what the program's shape tells.
    pub fn new(program: &Program) -> Self {
        let known = Known {
            wants: program.wants.clone(),
            acts: program.acts.clone(),
            leaves: program.leaves.clone(),
        };
        Oracle { known: Rc::new(known), chosen: Vec::new() }
    }

    /// The answer, or none if it is open.
    pub fn ask(&self, source: Source, class: Class) -> Option<bool> {
        if let Some((.., answer)) = self.chosen.iter().find(|(s, c, _)| *s == source && *c == class) {
            return Some(*answer);
        }
        match class {
            Class::Plain => match self.known.wants.get(&source).copied() {
                Some(wanted) => wanted,
                // Failures of what the slice left out are not explored.
                None => (source.kind == SourceKind::Ok).then_some(true),
            },
            // What was written since needs nothing more done: a stale lock is stale, a fresh one is not. Where the program
            // does not show which answer makes it act, it is the opposite of what is said of the initial content.
            Class::Written => match self.known.acts.get(&source).copied() {
                Some(Some(acting)) => Some(!acting),
                _ => self.ask(source, Class::Initial).map(|answer| !answer),
            },
            // The content in question is content that the program acts on, where the program shows which that is.
            Class::Initial => self.known.acts.get(&source).copied().flatten(),
            Class::Absent => match self.known.leaves.get(&source).copied() {
                Some(Some(true)) => self.known.acts.get(&source).copied().flatten(),
                _ => None,
            },
        }
    }

    /// What has to be chosen for a question to be answered.
    pub fn open(class: Class) -> Class {
        if class == Class::Written { Class::Initial } else { class }
    }

    /// What was chosen freely.
    pub fn chosen(&self) -> &[(Source, Class, bool)] {
        &self.chosen
    }

    /// One that knows what the program's shape tells and these answers.
    pub fn again(program: &Program, chosen: &[(Source, Class, bool)]) -> Self {
        Oracle { chosen: chosen.to_vec(), ..Oracle::new(program) }
    }

    /// How many answers were chosen freely.
    pub fn choices(&self) -> usize {
        self.chosen.len()
    }

    /// The same with one more answer.
    #[must_use]
    pub fn with(&self, source: Source, class: Class, answer: bool) -> Self {
        let mut extended = self.clone();
        extended.chosen.push((source, class, answer));
        extended
    }
}
