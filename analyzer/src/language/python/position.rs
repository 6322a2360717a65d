//! Where in a file a call says that something is written.

use super::library::Arguments;
use super::lower::Lowerer;
use super::value::V;
use crate::language::models::Api;

impl<'t> Lowerer<'_, 't> {
    /// Notes where what is written from now on goes, if the API says that.
    pub fn seek(&mut self, api: &Api, arguments: &Arguments<'t>) {
        let file = arguments.get(Some(0)).filter(|_| api.at.is_some()).cloned();
        if let Some(handle) = file.and_then(|value| self.handle_of(&value)) {
            self.sought.note(handle, names_a_part(api, arguments));
        }
    }
}

/// Whether the call names a place in the file that is not its beginning.
pub fn names_a_part(api: &Api, arguments: &Arguments<'_>) -> bool {
    let given = |index: usize| arguments.get(Some(index)).map(|value| &value.v);
    let Some(index) = api.at else { return false };
    let from = given(index + 1).filter(|_| api.effect.is_none());
    !matches!(given(index), Some(V::Number(0))) || matches!(from, Some(V::Number(1..)))
}
