//! The form that the answers of both judges are compared in, and how the second one's disk is put into words.

use super::actor::End;
use super::disk::{Chunk, Content, parent};
use crate::explore::Lane;
use crate::flow::{ErrorKind, Place, PlaceKind};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// What a run is told apart by, in a form that both judges' runs are brought into.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Told {
    /// How each actor ended.
    pub ended: [String; 2],
    /// What the reader saw.
    pub seen: Option<String>,
    /// What is there in the end.
    pub tree: BTreeMap<String, String>,
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b] = &self.ended;
        write!(f, "A {a}, B {b}, seen {:?}", self.seen)?;
        self.tree.iter().try_for_each(|(path, there)| write!(f, "\n    {path} {there}"))
    }
}

/// A path as this lane spells it. Unknown parts stand in three directories of their own.
pub fn spelled(place: &Place, lane: Lane) -> String {
    match place.kind() {
        PlaceKind::Parameter { name, .. } => format!("/{name}3/{name}2/{name}1/{name}"),
        PlaceKind::Join(base, below) => format!("{}/{}", spelled(base, lane), spelled(below, lane)),
        PlaceKind::WithFileName(base, name) => {
            format!("{}/{}", parent(&spelled(base, lane)), spelled(name, lane))
        }
        PlaceKind::WithExtension(base, extension) => {
            format!("{}.{}", spelled(base, lane), spelled(extension, lane))
        }
        PlaceKind::Parent(base) => parent(&spelled(base, lane)).to_owned(),
        PlaceKind::Literal(name) => name.to_string(),
        PlaceKind::Unique(_, number) => format!("{lane:?}'s{number}"),
        other => panic!("{other:?} is not generated"),
    }
}

/// A content as text: its pieces.
pub fn describe(content: &Content) -> String {
    let pieces: Vec<String> = content
        .iter()
        .map(|chunk| match chunk {
            Chunk::Of(text, half) => format!("{text}/{half}"),
            Chunk::Hole => "zeros".to_owned(),
            Chunk::Absent => "absent".to_owned(),
        })
        .collect();
    pieces.join(" ")
}

/// The name of what an actor writes at a site, made from these, of which some are torn.
pub fn text_name(lane: Lane, site: Option<u32>, derived: &[(String, bool)]) -> String {
    let from: BTreeSet<String> =
        derived.iter().map(|(from, torn)| format!("[{from}]{}", if *torn { TORN } else { "" })).collect();
    let site = site.map_or(String::new(), |site| site.to_string());
    format!("{lane:?}{site}<{}>", from.into_iter().collect::<String>())
}

/// In a text's name, behind what it is made from.
const TORN: &str = "!";

/// Whether it is empty, half, mixed or made from such.
pub fn is_torn(content: &Content) -> bool {
    let whole = |pair: &[Chunk]| match pair {
        [Chunk::Of(first, 1), Chunk::Of(second, 2)] => first == second && !first.contains(TORN),
        _ => false,
    };
    *content != [Chunk::Absent] && (content.is_empty() || !content.chunks(2).all(whole))
}

pub fn tell_end(end: &End) -> String {
    let by = |kind: &ErrorKind, origin: &Option<u32>| match origin {
        Some(site) => format!("{kind} by {site}"),
        None => kind.to_string(),
    };
    match end {
        End::Ok => "ok".to_owned(),
        End::Failed(kind, origin) => format!("failed: {}", by(kind, origin)),
        End::Panicked(None) => "panicked".to_owned(),
        End::Panicked(Some((kind, origin))) => format!("panicked: {}", by(kind, origin)),
    }
}

pub fn tell_node(kind: &str, private: bool, content: &str) -> String {
    format!("{kind}{} [{content}]", if private { " (private)" } else { "" })
}
