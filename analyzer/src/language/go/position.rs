//! Where in a file a call says that something is written.

use super::lower::Lowerer;
use super::value::{V, Val};
use crate::language::models::Api;

impl<'t> Lowerer<'_, 't> {
    /// Notes where what is written from now on goes, if the API says that.
    pub fn seek(&mut self, api: &Api, arguments: &[Val<'t>]) {
        let handle = arguments.first().filter(|_| api.at.is_some()).and_then(|value| self.handle_of(value));
        if let Some(handle) = handle {
            self.sought.note(handle, names_a_part(api, arguments));
        }
    }
}

/// Whether the call names a place in the file that is not its beginning.
pub fn names_a_part(api: &Api, arguments: &[Val<'_>]) -> bool {
    let given = |index: usize| arguments.get(index).map(|value| &value.v);
    let Some(index) = api.at else { return false };
    let from = given(index + 1).filter(|_| api.effect.is_none());
    !matches!(given(index), Some(V::Number(0))) || matches!(from, Some(V::Number(1..)))
}
