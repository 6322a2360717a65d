//! Symbolic places as paths of numbered components, so that parents, children and siblings are known.
//!
//! Two different symbolic components are taken for different names. An unknown place stands in directories of its own.

use super::Lane;
use super::filesystem::Name;
use crate::flow::Domain;
use crate::flow::{Place, PlaceKind, Uniqueness};
use rustc_hash::FxHashMap;

/// Places nested deeper than this are taken for unknown.
const MAX_DEPTH: usize = 64;

/// How many directories above an unknown place are told apart.
const ANCESTORS: u16 = 3;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Key {
    /// The directory that relative paths start from.
    Working,
    /// The directory that absolute literals start from.
    Absolute,
    /// A text between two slashes.
    Text(Box<str>),
    /// A symbolic component; of a lane, if the two actors have different ones.
    Symbol(Place, Option<Lane>),
    /// The n-th directory above an unknown place.
    Above(Place, Option<Lane>, u16),
    /// A variable of the environment.
    Variable(Place),
    /// The working directory, as something that can be changed.
    Standing,
    /// The file mode creation mask.
    Mask,
    /// A key of a store, or a variable; of a lane, if the two actors have different ones.
    Stored(Place, Option<Lane>),
    /// A component with another extension.
    Extension(Name, Place, Option<Lane>),
}

/// Numbers the components of places. Which unique and private parts the two actors share is decided here.
#[derive(Debug)]
pub struct Paths {
    names: FxHashMap<Key, Name>,
    /// Whether the other actor is a thread of the same process.
    same_process: bool,
    /// Whether the other actor is work that this very run has started, so that all it makes and finds out is the same for both.
    same_run: bool,
    /// The place that both actors share by assumption: its unknown parts are the same for both.
    shared: Place,
}

impl Paths {
    /// A table for two actors that meet at `shared`.
    pub fn new(shared: &Place, same_process: bool, same_run: bool) -> Self {
        let names = FxHashMap::from_iter([(Key::Working, Name::WORKING)]);
        Paths { names, same_process, same_run, shared: shared.clone() }
    }

    fn name(&mut self, key: Key) -> Name {
        let next = Name(u16::try_from(self.names.len()).unwrap_or(u16::MAX));
        *self.names.entry(key).or_insert(next)
    }

    /// Where an operation of this domain finds the place: a path, or a cell of the process' own state.
    pub fn of(&mut self, domain: Domain, place: &Place, lane: Lane) -> Vec<Name> {
        match domain {
            Domain::Files | Domain::Channels => self.path(place, lane),
            Domain::Environment => vec![self.name(Key::Variable(variable(place)))],
            Domain::WorkingDirectory => vec![self.name(Key::Standing)],
            Domain::Mask => vec![self.name(Key::Mask)],
            // A store is a directory of its own, a key a file in it that is only ever replaced; and so is memory with what is in it.
            Domain::KeyValue | Domain::Memory => {
                let of = self.lane_of(place, lane);
                vec![self.name(Key::Absolute), self.name(Key::Stored(place.clone(), of))]
            }
        }
    }

    /// The path of a place as this lane sees it.
    pub fn path(&mut self, place: &Place, lane: Lane) -> Vec<Name> {
        self.components(place, lane, 0)
    }

    /// Whether a part that no source text fixes differs between the actors.
    fn own(&self, kind: &PlaceKind) -> bool {
        match kind {
            PlaceKind::Private(_) if self.same_run => false,
            PlaceKind::Private(_) | PlaceKind::Unique(Uniqueness::Random | Uniqueness::Instant, _) => true,
            PlaceKind::Unique(Uniqueness::Process, _) => !self.same_process,
            PlaceKind::Unique(Uniqueness::Counter, _) => self.same_process,
            // What is unknown may differ, and so may the time, unless it is part of the very place that the question is about.
            PlaceKind::Opaque { .. } | PlaceKind::Result(_) | PlaceKind::Unique(Uniqueness::Time, _) => {
                !self.shared.any(&mut |k| k == kind)
            }
            _ => false,
        }
    }

    fn lane_of(&self, place: &Place, lane: Lane) -> Option<Lane> {
        place.any(&mut |kind| self.own(kind)).then_some(lane)
    }

    fn atom(&mut self, place: &Place, lane: Lane) -> Vec<Name> {
        let of = self.lane_of(place, lane);
        let mut path: Vec<Name> =
            (1..=ANCESTORS).rev().map(|n| self.name(Key::Above(place.clone(), of, n))).collect();
        path.push(self.name(Key::Symbol(place.clone(), of)));
        path
    }

    fn components(&mut self, place: &Place, lane: Lane, depth: usize) -> Vec<Name> {
        if depth > MAX_DEPTH {
            return vec![self.name(Key::Working)];
        }
        let below = depth + 1;
        match place.kind() {
            PlaceKind::Literal(text) => {
                let start = if text.starts_with('/') { Key::Absolute } else { Key::Working };
                let mut path = vec![self.name(start)];
                self.push_text(&mut path, text);
                path
            }
            PlaceKind::Root(crate::flow::Root::Working) => vec![self.name(Key::Working)],
            PlaceKind::Join(base, component) => {
                let mut path = self.components(base, lane, below);
                self.push(&mut path, component, lane, below);
                path
            }
            PlaceKind::Parent(base) => {
                let mut path = self.components(base, lane, below);
                if path.len() > 1 {
                    path.pop();
                }
                path
            }
            PlaceKind::WithFileName(base, name) => {
                let mut path = self.components(base, lane, below);
                path.pop();
                self.push(&mut path, name, lane, below);
                path
            }
            PlaceKind::WithExtension(base, extension) => {
                let mut path = self.components(base, lane, below);
                if let Some(last) = path.pop() {
                    let of = self.lane_of(extension, lane);
                    path.push(self.name(Key::Extension(last, extension.clone(), of)));
                }
                path
            }
            PlaceKind::Concat(parts) => self.concat(place, parts, lane, below),
            _ => self.atom(place, lane),
        }
    }

    fn push_text(&mut self, path: &mut Vec<Name>, text: &str) {
        for part in text.split('/').filter(|part| !part.is_empty() && *part != ".") {
            if part == ".." {
                if path.len() > 1 {
                    path.pop();
                }
            } else {
                path.push(self.name(Key::Text(part.into())));
            }
        }
    }

    fn push(&mut self, path: &mut Vec<Name>, component: &Place, lane: Lane, depth: usize) {
        match component.kind() {
            PlaceKind::Literal(text) => self.push_text(path, text),
            PlaceKind::FileName(base) if depth < MAX_DEPTH => {
                if let Some(last) = self.components(base, lane, depth).last() {
                    path.push(*last);
                }
            }
            PlaceKind::Join(base, last) if depth < MAX_DEPTH => {
                self.push(path, base, lane, depth + 1);
                self.push(path, last, lane, depth + 1);
            }
            PlaceKind::Concat(parts) if parts.iter().any(has_slash) => {
                let mut segment = Vec::new();
                self.push_segments(path, parts, &mut segment, lane, depth);
            }
            _ => {
                let of = self.lane_of(component, lane);
                path.push(self.name(Key::Symbol(component.clone(), of)));
            }
        }
    }

    /// Pushes what `parts` spell, split at the slashes in their literals; `segment` holds what came before.
    fn push_segments(
        &mut self,
        path: &mut Vec<Name>,
        parts: &[Place],
        segment: &mut Vec<Place>,
        lane: Lane,
        depth: usize,
    ) {
        for part in parts {
            let PlaceKind::Literal(text) = part.kind() else {
                segment.push(part.clone());
                continue;
            };
            let mut pieces = text.split('/').peekable();
            while let Some(piece) = pieces.next() {
                if !piece.is_empty() {
                    segment.push(Place::literal(piece));
                }
                if pieces.peek().is_some() {
                    self.push_segment(path, segment, lane, depth);
                }
            }
        }
        self.push_segment(path, segment, lane, depth);
    }

    fn push_segment(&mut self, path: &mut Vec<Name>, segment: &mut Vec<Place>, lane: Lane, depth: usize) {
        if depth >= MAX_DEPTH {
            segment.clear();
        }
        match segment.as_slice() {
            [] => {}
            [one] => {
                let one = one.clone();
                self.push(path, &one, lane, depth + 1);
            }
            several => {
                let whole = Place::new(PlaceKind::Concat(several.to_vec()));
                self.push(path, &whole, lane, depth + 1);
            }
        }
        segment.clear();
    }

    /// `format!("{dir}/{name}.tmp")` is below `dir`; `format!("{path}.tmp")` is a sibling of `path`.
    fn concat(&mut self, place: &Place, parts: &[Place], lane: Lane, depth: usize) -> Vec<Name> {
        let Some((first, rest)) = parts.split_first() else { return self.atom(place, lane) };
        let mut path = match first.kind() {
            PlaceKind::Literal(text) => {
                let start = if text.starts_with('/') { Key::Absolute } else { Key::Working };
                let mut path = vec![self.name(start)];
                self.push_segments(&mut path, parts, &mut Vec::new(), lane, depth);
                return path;
            }
            _ => self.components(first, lane, depth),
        };
        let starts_below = rest.first().is_some_and(starts_with_slash);
        if starts_below {
            self.push_segments(&mut path, rest, &mut Vec::new(), lane, depth);
            return path;
        }
        // A name that begins as the first part's last component does, in the same directory.
        let suffix = Place::new(PlaceKind::Concat(rest.to_vec()));
        if let Some(last) = path.pop() {
            let of = self.lane_of(&suffix, lane);
            path.push(self.name(Key::Extension(last, suffix, of)));
        }
        path
    }
}

/// A variable by name, whether it was spelled as a text or as the variable.
fn variable(place: &Place) -> Place {
    match place.kind() {
        PlaceKind::Environment(name) => Place::literal(name),
        _ => place.clone(),
    }
}

fn has_slash(part: &Place) -> bool {
    matches!(part.kind(), PlaceKind::Literal(text) if text.contains('/'))
}

fn starts_with_slash(part: &Place) -> bool {
    matches!(part.kind(), PlaceKind::Literal(text) if text.starts_with('/'))
}

/// Whether one path is the other, or lies above or below it.
pub fn related(one: &[Name], other: &[Name]) -> bool {
    one.starts_with(other) || other.starts_with(one)
}
