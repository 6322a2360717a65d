//! Where in a file something is written: from its beginning, or a part.

use super::library::Arguments;
use super::lower::Lowerer;
use super::value::V;
use crate::flow::{Operation, ResultId};
use crate::language::models::Api;

impl<'t> Lowerer<'_, 't> {
    /// Notes where what is written from now on goes, if the API says that.
    pub fn seek(&mut self, api: &Api, arguments: &Arguments<'t>) {
        if api.at.is_none() {
            return;
        }
        let Some(handle) = arguments.get(Some(0)).cloned().and_then(|value| self.handle_of(&value)) else {
            return;
        };
        if self.names_a_part(api, arguments) {
            self.sought.insert(handle);
        } else {
            self.sought.remove(&handle);
        }
    }

    /// Whether what is written goes to a place that the code names, and not to the file's beginning.
    pub fn is_part(
        &self,
        operation: Operation,
        api: &Api,
        arguments: &Arguments<'t>,
        handle: Option<ResultId>,
    ) -> bool {
        operation == Operation::Write
            && handle.is_some_and(|handle| match api.at {
                Some(_) => self.names_a_part(api, arguments),
                None => self.sought.contains(&handle),
            })
    }

    fn names_a_part(&self, api: &Api, arguments: &Arguments<'t>) -> bool {
        let given = |index: usize| arguments.get(Some(index)).map(|value| &value.v);
        let Some(index) = api.at else { return false };
        let from = given(index + 1).filter(|_| api.effect.is_none());
        !matches!(given(index), Some(V::Number(0))) || matches!(from, Some(V::Number(1..)))
    }
}
