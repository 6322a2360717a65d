//! A part of a state that most successors leave as it is.

use rustc_hash::FxHasher;
use std::cell::Cell;
use std::hash::{Hash, Hasher};
use std::ops::{Deref, DerefMut};
use std::rc::Rc;

/// A value that clones share until one of them writes to it, and whose hash is computed once.
#[derive(Clone, Debug)]
pub struct Shared<T> {
    value: Rc<T>,
    /// None while it is not known.
    hash: Cell<Option<u64>>,
}

impl<T> Shared<T> {
    /// A value that is not shared yet.
    pub fn new(value: T) -> Self {
        Shared { value: Rc::new(value), hash: Cell::new(None) }
    }
}

impl<T: Hash> Shared<T> {
    fn fingerprint(&self) -> u64 {
        if let Some(known) = self.hash.get() {
            return known;
        }
        let mut hasher = FxHasher::default();
        self.value.hash(&mut hasher);
        let hash = hasher.finish();
        self.hash.set(Some(hash));
        hash
    }
}

impl<T> Deref for Shared<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: Clone> DerefMut for Shared<T> {
    fn deref_mut(&mut self) -> &mut T {
        self.hash.set(None);
        Rc::make_mut(&mut self.value)
    }
}

impl<T: Hash> Hash for Shared<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.fingerprint().hash(state);
    }
}

impl<T: Hash + PartialEq> PartialEq for Shared<T> {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.value, &other.value)
            || (self.fingerprint() == other.fingerprint() && self.value == other.value)
    }
}

impl<T: Hash + Eq> Eq for Shared<T> {}
