//! What files hold, as provenance: who wrote it at which effect, from what it derives, and whether it is whole.

use super::Lane;
use rustc_hash::FxHashMap;

/// An interned content; equal numbers mean equal content within one [`Contents`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Content(u16);

impl Content {
    /// No bytes, as after creation or truncation.
    pub const EMPTY: Content = Content(0);
}

/// The form of a content.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Term {
    /// No bytes.
    Empty,
    /// What was there in the beginning; the number tells places apart.
    Initial(u16),
    /// What a lane wrote at an effect, derived from what it had read.
    Text {
        /// Who.
        lane: Lane,
        /// The effect's number in its program.
        effect: u16,
        /// Sorted and without repetition.
        derived: Vec<Content>,
    },
    /// The first part of a content, the rest not yet written or already removed.
    Half(Content),
    /// One after the other.
    Sequence(Content, Content),
    /// Bytes of several writers, or of one with a hole; sorted.
    Mixed(Vec<Content>),
}

/// All contents of one exploration.
#[derive(Clone, Debug)]
pub struct Contents {
    terms: Vec<Term>,
    numbers: FxHashMap<Term, Content>,
}

impl Default for Contents {
    fn default() -> Self {
        let mut contents = Contents { terms: Vec::new(), numbers: FxHashMap::default() };
        contents.intern(Term::Empty);
        contents
    }
}

impl Contents {
    fn intern(&mut self, term: Term) -> Content {
        if let Some(known) = self.numbers.get(&term) {
            return *known;
        }
        // The number of states is bounded far below this; a full table degrades to "empty" instead of failing.
        let Ok(number) = u16::try_from(self.terms.len()) else { return Content::EMPTY };
        self.terms.push(term.clone());
        self.numbers.insert(term, Content(number));
        Content(number)
    }

    /// The form of a content.
    pub fn term(&self, content: Content) -> &Term {
        self.terms.get(content.0 as usize).unwrap_or(&Term::Empty)
    }

    /// What was there in the beginning.
    pub fn initial(&mut self, number: u16) -> Content {
        self.intern(Term::Initial(number))
    }

    /// What a lane writes at an effect.
    pub fn text(&mut self, lane: Lane, effect: u16, mut derived: Vec<Content>) -> Content {
        derived.sort_unstable();
        derived.dedup();
        self.intern(Term::Text { lane, effect, derived })
    }

    /// The first part of `content`.
    pub fn half(&mut self, content: Content) -> Content {
        match self.term(content) {
            Term::Half(_) | Term::Empty => content,
            _ => self.intern(Term::Half(content)),
        }
    }

    /// `first` followed by `second`.
    pub fn sequence(&mut self, first: Content, second: Content) -> Content {
        if first == Content::EMPTY { second } else { self.intern(Term::Sequence(first, second)) }
    }

    /// Bytes of both, in no good order.
    pub fn mixed(&mut self, one: Content, other: Content) -> Content {
        let mut parts = Vec::new();
        for content in [one, other] {
            match self.term(content) {
                Term::Empty => {}
                Term::Mixed(inner) => parts.extend_from_slice(inner),
                Term::Half(whole) => parts.push(*whole),
                _ => parts.push(content),
            }
        }
        parts.sort_unstable();
        parts.dedup();
        self.intern(Term::Mixed(parts))
    }

    /// Whether all of it was there in the beginning.
    pub fn is_initial(&self, content: Content) -> bool {
        matches!(self.term(content), Term::Initial(_))
    }

    /// Whether that effect of that lane wrote it.
    pub fn is_written_by(&self, content: Content, by: Lane, number: u16) -> bool {
        matches!(self.term(content), Term::Text { lane, effect, .. } if *lane == by && *effect == number)
    }

    /// Who wrote it, if it is one actor's whole text.
    pub fn writer(&self, content: Content) -> Option<Lane> {
        match self.term(content) {
            Term::Text { lane, .. } => Some(*lane),
            _ => None,
        }
    }

    /// Whether it derives from something that was read.
    pub fn is_derived(&self, content: Content) -> bool {
        match self.term(content) {
            Term::Text { derived, .. } => !derived.is_empty(),
            Term::Half(inner) => self.is_derived(*inner),
            _ => false,
        }
    }

    /// Calls `visit` on the content and on all that it is made of or derives from, each once.
    pub fn provenance(&self, content: Content, visit: &mut impl FnMut(&Term)) {
        let mut seen = vec![content];
        let mut next = 0;
        // Terms refer to older ones only, so this ends.
        while let Some(content) = seen.get(next).copied() {
            next += 1;
            let term = self.term(content);
            visit(term);
            let parts: &[Content] = match term {
                Term::Empty | Term::Initial(_) => &[],
                Term::Text { derived, .. } => derived,
                Term::Half(inner) => std::slice::from_ref(inner),
                Term::Sequence(a, b) => &[*a, *b],
                Term::Mixed(parts) => parts,
            };
            for part in parts {
                if !seen.contains(part) {
                    seen.push(*part);
                }
            }
        }
    }

    /// Whether it is, contains or derives from something half written, cut off or mixed up.
    pub fn is_torn(&self, content: Content) -> bool {
        let mut torn = false;
        self.provenance(content, &mut |term| {
            torn |= matches!(term, Term::Empty | Term::Half(_) | Term::Mixed(_));
        });
        torn
    }

    /// In words: `A's content`, `half of B's content`.
    pub fn describe(&self, content: Content) -> String {
        match self.term(content) {
            Term::Empty => "empty".to_owned(),
            Term::Initial(_) => "initial content".to_owned(),
            Term::Text { lane: Lane::A, .. } => "A's content".to_owned(),
            Term::Text { lane: Lane::B, .. } => "B's content".to_owned(),
            Term::Half(inner) => match self.term(*inner) {
                Term::Half(_) => "half written".to_owned(),
                _ => format!("half of {}", self.simple(*inner)),
            },
            Term::Sequence(a, b) => format!("{} + {}", self.simple(*a), self.simple(*b)),
            Term::Mixed(parts) => match parts.as_slice() {
                [] => "mixed up".to_owned(),
                [one] => format!("pieces of {}", self.simple(*one)),
                several => {
                    let mut names: Vec<&str> = several.iter().map(|part| self.simple(*part)).collect();
                    names.dedup();
                    format!("mixed: {}", names.join(" and "))
                }
            },
        }
    }

    fn simple(&self, content: Content) -> &'static str {
        match self.term(content) {
            Term::Empty => "nothing",
            Term::Initial(_) => "initial content",
            Term::Text { lane: Lane::A, .. } => "A's content",
            Term::Text { lane: Lane::B, .. } => "B's content",
            Term::Half(_) | Term::Sequence(..) | Term::Mixed(_) => "more",
        }
    }
}
