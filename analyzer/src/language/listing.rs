//! What lies in a directory that was listed: that it was there is what the listing has told, and whoever goes on to use it goes by
//! that. So each round of a loop over a listing begins with a look ([`Check::Listed`]), where the listing is.

use super::models::Lists;
use super::steps::Steps;
use crate::flow::{
    Block, Branch, Check, Condition, Effect, Exit, Operation, Place, PlaceKind, ResultId, Step,
};
use crate::source::Span;
use std::sync::Arc;

/// A listing, while the function that does it is lowered.
#[derive(Clone, Debug)]
pub struct Listing {
    /// Where what it gives lies.
    pub directory: Place,
    /// How it is given.
    pub lists: Lists,
    /// The call.
    pub at: Span,
    /// Which API, as its model names it.
    pub api: Arc<str>,
}

impl Listing {
    /// The listing that a row does of this place, if what it gives is known to lie in one directory.
    pub fn of(lists: Lists, place: &Place, at: Span, api: &str) -> Option<Self> {
        let directory = match lists {
            // Of a pattern, the directory is what comes before its last component, where nothing but that varies.
            Lists::Matches => match place.kind() {
                PlaceKind::Join(base, last) if is_pattern(last) && !base.any(&mut is_pattern_part) => {
                    base.clone()
                }
                _ => return None,
            },
            _ => place.clone(),
        };
        Some(Listing { directory, lists, at, api: api.into() })
    }
}

fn is_pattern(place: &Place) -> bool {
    place.any(&mut is_pattern_part)
}

fn is_pattern_part(kind: &PlaceKind) -> bool {
    matches!(kind, PlaceKind::Literal(text) if text.contains(['*', '?', '[']))
}

impl Steps {
    /// Notes what a result lists.
    pub fn note_listing(&mut self, result: ResultId, listing: Listing) {
        self.listings.insert(result, listing);
    }

    /// Begins a round of a loop over what a result lists: where the next one goes by this name, what it is bound to. None if the
    /// result is no such listing.
    pub fn next_listed(&mut self, listing: ResultId, name: &str) -> Option<Place> {
        let Listing { directory, lists, at, api } = self.listings.get(&listing)?.clone();
        let id = self.opaque_id();
        let component = Place::opaque(id, name);
        if lists != Lists::Below {
            self.components.insert(id);
        }
        let place = directory.join(&component);
        let (result, site) = (self.result(), self.site(at));
        self.push(Step::Effect(Effect::plain(
            Operation::Check(Check::Listed),
            place.clone(),
            result,
            api,
            site,
        )));
        self.push(Step::Branch(Branch {
            condition: Condition::True(result).negated(),
            then: Block { steps: vec![Step::Exit(Exit::Continue(0))], drops: Vec::new() },
            otherwise: Block::default(),
        }));
        Some(if lists == Lists::Names { component } else { place })
    }

    /// The last component of a place. What a listing gives is a single one.
    pub fn file_name(&self, place: &Place) -> Place {
        match place.kind() {
            PlaceKind::Join(_, last) if matches!(last.kind(), PlaceKind::Opaque { id, .. } if self.components.contains(id)) => {
                last.clone()
            }
            _ => Place::new(PlaceKind::FileName(place.clone())),
        }
    }

    /// Leaves the loop unless it goes on.
    pub fn leave_unless(&mut self, goes_on: Condition) {
        if goes_on == Condition::Constant(true) {
            return;
        }
        self.push(Step::Branch(Branch {
            condition: goes_on.negated(),
            then: Block { steps: vec![Step::Exit(Exit::Break(0))], drops: Vec::new() },
            otherwise: Block::default(),
        }));
    }
}
