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
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    /// Where what it gives lies.
    pub directory: Place,
    /// How it is given.
    pub lists: Lists,
    /// The directory above all others that are given with what lies in them, if this is one of these.
    pub tree: Option<Place>,
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
        Some(Listing { directory, lists, tree: None, at, api: api.into() })
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
        let listing = self.listings.get(&listing)?.clone();
        self.next_of(&listing, name)
    }

    /// The same for a listing that is at hand.
    pub fn next_of(&mut self, listing: &Listing, name: &str) -> Option<Place> {
        if listing.lists == Lists::Tree {
            return None;
        }
        let id = self.opaque_id();
        let component = Place::opaque(id, name);
        self.components.insert(id, listing.clone());
        let Listing { directory, lists, at, api, .. } = listing.clone();
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

    /// One of the directories that a result gives with what lies in them: where the next one goes by this name, and the names in it.
    pub fn next_directory(&mut self, listing: ResultId, name: &str) -> Option<(Place, Listing)> {
        let tree = self.listings.get(&listing).filter(|listing| listing.lists == Lists::Tree)?.clone();
        let component = Place::opaque(self.opaque_id(), name);
        let directory = tree.directory.join(&component);
        let names =
            Listing { directory: directory.clone(), lists: Lists::Names, tree: Some(tree.directory), ..tree };
        Some((directory, names))
    }

    /// What lists all that the place stands for in the rounds of a loop, where it is what is given or its path.
    pub fn gathered(&self, place: &Place) -> Option<Listing> {
        let (listing, is_path) = match place.kind() {
            PlaceKind::Join(base, last) => {
                (self.listing_of(last).filter(|listing| listing.directory == *base)?, true)
            }
            _ => (self.listing_of(place)?, false),
        };
        let gathered = match &listing.tree {
            // The directory is another one in each round.
            Some(top) => {
                Listing { directory: top.clone(), lists: Lists::Below, tree: None, ..listing.clone() }
            }
            None if is_path && listing.lists != Lists::Below => {
                Listing { lists: Lists::Paths, ..listing.clone() }
            }
            None if listing.lists != Lists::Below => Listing { lists: Lists::Names, ..listing.clone() },
            None => listing.clone(),
        };
        let is_listed = |kind: &PlaceKind| matches!(kind, PlaceKind::Opaque { id, .. } if self.components.contains_key(id));
        let is_name_of_many = listing.tree.is_some() && !is_path;
        (!is_name_of_many && !gathered.directory.any(&mut |kind| is_listed(kind))).then_some(gathered)
    }

    /// What lists the component, if a round of a loop is about it.
    fn listing_of(&self, component: &Place) -> Option<&Listing> {
        match component.kind() {
            PlaceKind::Opaque { id, .. } => self.components.get(id),
            _ => None,
        }
    }

    /// The last component of a place. What a listing gives is a single one.
    pub fn file_name(&self, place: &Place) -> Place {
        match place.kind() {
            PlaceKind::Join(_, last)
                if self.listing_of(last).is_some_and(|listing| listing.lists != Lists::Below) =>
            {
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
