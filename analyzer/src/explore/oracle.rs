//! The oracle: what the unknowns of a program are, the same for every schedule that is compared.

use super::program::Source;

/// What an unknown was computed from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Class {
    /// Nothing that the actors can change.
    Plain,
    /// What was there in the beginning.
    Initial,
    /// A look that failed.
    Absent,
}

/// A partial assignment of the unknowns.
#[derive(Clone, Debug, Default)]
pub struct Oracle {
    /// What the unknowns have to be so that the check and the act are reached.
    wants: Vec<(Source, Option<bool>)>,
    chosen: Vec<(Source, Class, bool)>,
}

impl Oracle {
    /// An oracle that knows only what is wanted.
    pub fn new(wants: &[(Source, Option<bool>)]) -> Self {
        Oracle { wants: wants.to_vec(), chosen: Vec::new() }
    }

    /// The answer, or none if it is open.
    pub fn ask(&self, source: Source, class: Class) -> Option<bool> {
        if let Some((.., answer)) = self.chosen.iter().find(|(s, c, _)| *s == source && *c == class) {
            return Some(*answer);
        }
        if class != Class::Plain {
            return None;
        }
        match self.wants.iter().find(|(s, _)| *s == source) {
            Some((_, Some(wanted))) => Some(*wanted),
            Some((_, None)) => None,
            // Failures of what the slice left out are not explored.
            None => matches!(source, Source::Ok(_)).then_some(true),
        }
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
