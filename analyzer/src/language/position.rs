//! Where in a file something is written: from its beginning, or a part.

use super::models::Api;
use crate::flow::{Operation, ResultId};
use rustc_hash::FxHashSet;

/// The open files in which what is written goes to a place that the code names.
#[derive(Debug, Default)]
pub struct Sought(FxHashSet<ResultId>);

impl Sought {
    /// Notes whether what is written through the handle from now on goes to such a place.
    pub fn note(&mut self, handle: ResultId, names_a_part: bool) {
        if names_a_part {
            self.0.insert(handle);
        } else {
            self.0.remove(&handle);
        }
    }

    /// Whether what is written goes to a place that the code names, and not to the file's beginning. An API that takes the place says it
    /// itself, by `names_a_part`.
    pub fn is_part(
        &self,
        operation: Operation,
        api: &Api,
        handle: Option<ResultId>,
        names_a_part: impl FnOnce() -> bool,
    ) -> bool {
        operation == Operation::Write
            && handle.is_some_and(|handle| match api.at {
                Some(_) => names_a_part(),
                None => self.0.contains(&handle),
            })
    }
}
