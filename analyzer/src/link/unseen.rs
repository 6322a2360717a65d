//! What code that is not in sight is taken to do with what it is handed: a library's that no model knows, or one behind a field.

use super::inline::{Expander, Scope};
use crate::flow::{Call, Callee, Certainty, Effect, Operation, Place, ResultId, Value};
use crate::qualified;

impl<'p> Expander<'p> {
    /// What code that is not in sight does with a file that was opened for writing from the beginning and is handed to it: it writes
    /// there what it was given with it.
    pub fn write_out_of_sight(&mut self, call: &Call, scope: &mut Scope<'p>) -> Option<Effect> {
        // What a handle's own methods do has rows in the models.
        let own = usize::from(matches!(call.callee, Callee::Method { .. }));
        let handle = call.arguments.iter().skip(own).find_map(|argument| {
            let Value::Result(result) = argument else { return None };
            Some(self.handle(scope.result(*result))).filter(|handle| self.blank.contains(handle))
        })?;
        if qualified::words(call.callee.name()).any(|word| is_of_locks(&word)) {
            return None;
        }
        let place = self.opened.get(&handle)?.clone();
        let data = self.data_handed_on(&call.arguments, scope);
        let write = self.presumed_by(call, Operation::Write, place, scope)?;
        Some(Effect { handle: Some(handle), data, ..write })
    }

    /// The same for a directory that was made under a name of its own and is handed over: what belongs in it is put there.
    pub fn fill_out_of_sight(&mut self, call: &Call, scope: &mut Scope<'p>) -> Option<Effect> {
        if self.own_folders.is_empty() {
            return None;
        }
        let place = call.arguments.iter().find_map(|argument| {
            let Value::Place(place) = argument else { return None };
            let place = self.place(place, scope);
            self.own_folders.contains(&place).then_some(place)
        })?;
        self.presumed_by(call, Operation::Populate { fresh: false }, place, scope)
    }

    /// A step that a call is taken to be, beside what else it may be.
    fn presumed_by(
        &mut self,
        call: &Call,
        operation: Operation,
        place: Place,
        scope: &Scope<'p>,
    ) -> Option<Effect> {
        let result = ResultId(self.results);
        self.results = self.results.checked_add(1)?;
        let (api, site) = (call.callee.name().into(), scope.site(call.site));
        Some(Effect { certainty: Certainty::Presumed, ..Effect::plain(operation, place, result, api, site) })
    }
}

/// Whether a word is about locks: `flock`, `lockfile`, but not `block`. What is opened to be locked stays empty.
fn is_of_locks(word: &str) -> bool {
    word.contains("lock") && !word.contains("block") && !word.contains("clock")
}
