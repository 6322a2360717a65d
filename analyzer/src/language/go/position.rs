//! Where in a file something is written: from its beginning, or a part.

use super::lower::Lowerer;
use super::value::{V, Val};
use crate::flow::{Operation, ResultId};
use crate::language::models::Api;
use crate::language::modes::counts_from_elsewhere;
use crate::source::Span;

impl<'t> Lowerer<'_, 't> {
    /// Notes where what is written from now on goes, if the API says that.
    pub fn seek(&mut self, api: &Api, arguments: &[Val<'t>], at: Span) {
        if api.at.is_none() {
            return;
        }
        let Some(handle) = arguments.first().and_then(|value| self.handle_of(value)) else { return };
        if self.names_a_part(api, arguments, at) {
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
        arguments: &[Val<'t>],
        handle: Option<ResultId>,
        at: Span,
    ) -> bool {
        operation == Operation::Write
            && handle.is_some_and(|handle| match api.at {
                Some(_) => self.names_a_part(api, arguments, at),
                None => self.sought.contains(&handle),
            })
    }

    fn names_a_part(&self, api: &Api, arguments: &[Val<'t>], at: Span) -> bool {
        let given = |index: usize| arguments.get(index).map(|value| &value.v);
        let Some(index) = api.at else { return false };
        let from = given(index + 1).filter(|_| api.effect.is_none());
        !matches!(given(index), Some(V::Number(0)))
            || matches!(from, Some(V::Number(1..)))
            || counts_from_elsewhere(at.text(self.file.source))
    }
}
