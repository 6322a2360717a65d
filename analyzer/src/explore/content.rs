//! What files hold, as provenance: who wrote it at which effect, from what it derives, and whether it is whole.
//!
//! A text is written in two pieces, and every text is as long as every other. So a file is a row of pieces and holes, a position in
//! it counts pieces, and writing, cutting and appending are what they are on a real file.

use super::Lane;
use rustc_hash::FxHashMap;

/// An interned content; equal numbers mean equal content within one [`Contents`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Content(u16);

impl Content {
    /// No bytes, as after creation or truncation.
    pub const EMPTY: Content = Content(0);
}

/// One of the two pieces of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Half {
    /// The beginning.
    First,
    /// What remains.
    Rest,
}

/// A stretch of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Piece {
    /// Half of a text.
    Of(Content, Half),
    /// Zeros that nobody wrote: somebody wrote behind the file's end.
    Hole,
}

/// The form of a content.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Term {
    /// No bytes.
    Empty,
    /// Not there; only ever what a text derives from.
    Absent,
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
    /// Anything but nothing or one whole text.
    Pieces(Vec<Piece>),
}

/// A file is not followed beyond this many pieces: what is written behind them is left out.
const MAX_PIECES: usize = 64;

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

    /// What is found where nothing is.
    pub fn absent(&mut self) -> Content {
        self.intern(Term::Absent)
    }

    /// The pieces that it is made of.
    pub fn pieces(&self, content: Content) -> Vec<Piece> {
        match self.term(content) {
            Term::Empty | Term::Absent => Vec::new(),
            Term::Initial(_) | Term::Text { .. } => {
                vec![Piece::Of(content, Half::First), Piece::Of(content, Half::Rest)]
            }
            Term::Pieces(pieces) => pieces.clone(),
        }
    }

    /// How many pieces it is made of.
    pub fn length(&self, content: Content) -> usize {
        match self.term(content) {
            Term::Empty | Term::Absent => 0,
            Term::Initial(_) | Term::Text { .. } => 2,
            Term::Pieces(pieces) => pieces.len(),
        }
    }

    /// The content that some pieces make up.
    pub fn of(&mut self, mut pieces: Vec<Piece>) -> Content {
        pieces.truncate(MAX_PIECES);
        match pieces.as_slice() {
            [] => Content::EMPTY,
            [Piece::Of(first, Half::First), Piece::Of(rest, Half::Rest)] if first == rest => *first,
            _ => self.intern(Term::Pieces(pieces)),
        }
    }

    /// The pieces of `content` that are written in the first step of writing it, or in the second.
    pub fn share(&self, content: Content, half: Half) -> Vec<Piece> {
        let mut pieces = self.pieces(content);
        let rest = pieces.split_off(pieces.len().div_ceil(2));
        match half {
            Half::First => pieces,
            Half::Rest => rest,
        }
    }

    /// `old` with half of `text` written at a position, and the position after it.
    pub fn write(&mut self, old: Content, at: usize, text: Content, half: Half) -> (Content, usize) {
        let new = self.share(text, half);
        if new.is_empty() {
            return (old, at);
        }
        let end = (at + new.len()).min(MAX_PIECES);
        let mut pieces = self.pieces(old);
        if pieces.len() < end {
            pieces.resize(end, Piece::Hole);
        }
        for (piece, new) in pieces.iter_mut().skip(at).zip(new) {
            *piece = new;
        }
        (self.of(pieces), end)
    }

    /// `old` cut, or filled up with zeros, to a length.
    pub fn resize(&mut self, old: Content, length: usize) -> Content {
        let mut pieces = self.pieces(old);
        pieces.resize(length.min(MAX_PIECES), Piece::Hole);
        self.of(pieces)
    }

    /// `first` followed by `second`.
    pub fn sequence(&mut self, first: Content, second: Content) -> Content {
        let mut pieces = self.pieces(first);
        pieces.extend(self.pieces(second));
        self.of(pieces)
    }

    /// The first half of it, as of a directory on its way out.
    pub fn half(&mut self, content: Content) -> Content {
        let pieces = self.share(content, Half::First);
        self.of(pieces)
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

    /// Whether it is, or begins as, something that derives from what was read.
    pub fn is_derived(&self, content: Content) -> bool {
        match self.term(content) {
            Term::Text { derived, .. } => !derived.is_empty(),
            Term::Pieces(pieces) => match pieces.as_slice() {
                [Piece::Of(text, Half::First)] => self.is_derived(*text),
                _ => false,
            },
            _ => false,
        }
    }

    /// Whether something of what it derives from was not there.
    pub fn lacks_something(&self, content: Content) -> bool {
        match self.term(content) {
            Term::Text { derived, .. } => derived.iter().any(|part| *self.term(*part) == Term::Absent),
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
            let mut add = |part: Content| {
                if !seen.contains(&part) {
                    seen.push(part);
                }
            };
            match term {
                Term::Empty | Term::Absent | Term::Initial(_) => {}
                Term::Text { derived, .. } => derived.iter().copied().for_each(add),
                Term::Pieces(pieces) => pieces.iter().for_each(|piece| {
                    if let Piece::Of(text, _) = piece {
                        add(*text);
                    }
                }),
            }
        }
    }

    /// Whether it is, contains or derives from something empty, half written, cut off or mixed up.
    pub fn is_torn(&self, content: Content) -> bool {
        let mut torn = false;
        self.provenance(content, &mut |term| {
            torn |= match term {
                Term::Empty => true,
                Term::Pieces(pieces) => !are_whole(pieces),
                Term::Absent | Term::Initial(_) | Term::Text { .. } => false,
            };
        });
        torn
    }

    /// In words: `A's content`, `half of B's content`.
    pub fn describe(&self, content: Content) -> String {
        match self.term(content) {
            Term::Empty => "empty".to_owned(),
            Term::Absent | Term::Initial(_) | Term::Text { .. } => self.simple(content).to_owned(),
            Term::Pieces(pieces) => match pieces.as_slice() {
                [Piece::Of(text, Half::First)] => format!("half of {}", self.simple(*text)),
                _ if are_whole(pieces) => self.names(pieces).join(" + "),
                [whole @ .., Piece::Of(last, Half::First)] if are_whole(whole) => {
                    format!("{} + half of {}", self.names(whole).join(" + "), self.simple(*last))
                }
                _ => {
                    let mut names = self.names(pieces);
                    names.sort_unstable();
                    names.dedup();
                    match names.as_slice() {
                        [] => "zeros".to_owned(),
                        [one] => format!("pieces of {one}"),
                        several => format!("mixed: {}", several.join(" and ")),
                    }
                }
            },
        }
    }

    /// Whose each text is, in order.
    fn names(&self, pieces: &[Piece]) -> Vec<&'static str> {
        let mut last = None;
        let mut names = Vec::new();
        for piece in pieces {
            let Piece::Of(text, half) = piece else { continue };
            if *half == Half::First || last != Some(*text) {
                names.push(self.simple(*text));
            }
            last = Some(*text);
        }
        names
    }

    fn simple(&self, content: Content) -> &'static str {
        match self.term(content) {
            Term::Empty | Term::Absent => "nothing",
            Term::Initial(_) => "initial content",
            Term::Text { lane: Lane::A, .. } => "A's content",
            Term::Text { lane: Lane::B, .. } => "B's content",
            Term::Pieces(_) => "more",
        }
    }
}

/// Whether whole texts follow each other.
fn are_whole(pieces: &[Piece]) -> bool {
    let (pairs, rest) = pieces.as_chunks::<2>();
    rest.is_empty()
        && pairs.iter().all(|pair| {
            matches!(pair, [Piece::Of(first, Half::First), Piece::Of(second, Half::Rest)] if first == second)
        })
}
