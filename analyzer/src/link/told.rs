//! What the arguments of a call say about what the function that is called asks of them.

use super::graph;
use super::inline::{Expander, Scope};
use crate::flow::{Asked, Branch, Condition, Place, PlaceKind, REST, Step, Value};
use crate::qualified;

impl<'p> Expander<'p> {
    /// How the unknown ends that stands for the answer to what is asked of an argument.
    pub fn told(&mut self, id: u32, scope: &mut Scope<'p>) -> Option<Condition> {
        let arguments = scope.arguments.as_ref()?;
        let questions = scope.questions;
        let at = questions.binary_search_by_key(&id, |question| question.id).ok()?;
        let question = questions.get(at)?;
        let given = arguments.get(question.of as usize)?.clone();
        let yes = |holds| Some(Condition::Constant(holds));
        match &question.asked {
            Asked::Absence => yes(self.is_absent(&given)?),
            Asked::Truth => match graph::payload(&given) {
                Value::Condition(condition) => Some(condition.clone()).filter(|c| !c.is_too_large()),
                _ => yes(holds_any(&given)?),
            },
            Asked::Next if holds_any(&given) == Some(false) => yes(false),
            Asked::Next => None,
            Asked::Same(other) => {
                let other = self.place(other, scope);
                yes(is_same(graph::payload(&given), &other)?)
            }
        }
    }

    /// Whether the value is nothing.
    fn is_absent(&self, value: &Value) -> Option<bool> {
        match value {
            Value::Condition(Condition::Constant(holds)) => Some(!holds),
            Value::Failure(None) => Some(true),
            Value::Success(_) | Value::Structure(_) | Value::Code { .. } | Value::Flags(_) => Some(false),
            Value::Place(place) if is_made(place) => Some(false),
            Value::Result(result) if self.opened.contains_key(&self.handle(*result)) => Some(false),
            _ => None,
        }
    }
}

/// Whether it is known how the condition ends.
pub fn is_known(condition: &Condition) -> bool {
    matches!(condition, Condition::Constant(_))
}

/// Whether a step is a branch that is always taken, and left by what ends the block.
pub fn always_leaves(step: &Step) -> bool {
    let Step::Branch(Branch { condition: Condition::Constant(holds), then, otherwise }) = step else {
        return false;
    };
    let taken = if *holds { then } else { otherwise };
    taken.drops.is_empty() && matches!(taken.steps.last(), Some(Step::Exit(_)))
}

/// Whether the place is made here, and not what somebody else says, who may say nothing.
fn is_made(place: &Place) -> bool {
    matches!(
        place.kind(),
        PlaceKind::Literal(_)
            | PlaceKind::Join(..)
            | PlaceKind::Concat(_)
            | PlaceKind::WithFileName(..)
            | PlaceKind::WithExtension(..)
            | PlaceKind::Private(_)
            | PlaceKind::Root(_)
    )
}

/// Whether the value holds anything, be it items or text.
fn holds_any(value: &Value) -> Option<bool> {
    match value {
        Value::Failure(None) | Value::Condition(Condition::Constant(false)) => Some(false),
        Value::Place(place) => match place.kind() {
            PlaceKind::Literal(text) => Some(!text.is_empty()),
            _ if is_made(place) => Some(true),
            _ => None,
        },
        Value::Structure(fields) if fields.iter().any(|(name, _)| name != REST) => Some(true),
        Value::Code { .. } => Some(true),
        _ => None,
    }
}

/// Whether the value is this text or constant.
fn is_same(value: &Value, other: &Place) -> Option<bool> {
    let given = match value {
        Value::Place(given) => given,
        // Yes, no and nothing are no texts.
        Value::Condition(Condition::Constant(_)) | Value::Failure(None) => {
            return matches!(other.kind(), PlaceKind::Literal(_)).then_some(false);
        }
        _ => return None,
    };
    match (given.kind(), other.kind()) {
        (PlaceKind::Literal(given), PlaceKind::Literal(other)) => Some(given == other),
        (_, PlaceKind::Literal(other)) if other.is_empty() && is_made(given) => Some(false),
        (PlaceKind::Constant(given), PlaceKind::Constant(other)) if given == other => Some(true),
        (PlaceKind::Constant(given), PlaceKind::Constant(other)) => {
            are_variants(given, other).then_some(false)
        }
        _ => None,
    }
}

/// Whether two names are those of different variants of one type, as `Mode::Read` and `Mode::Write`; what is written in capitals is a
/// constant, of which there may be two for one value.
fn are_variants(one: &str, other: &str) -> bool {
    let (Some((of, one)), Some((of_other, other))) = (qualified::rsplit(one), qualified::rsplit(other))
    else {
        return false;
    };
    let is_variant = |name: &str| {
        name.starts_with(char::is_uppercase) && (name.len() == 1 || name.contains(char::is_lowercase))
    };
    let is_type = qualified::last(of).starts_with(char::is_uppercase);
    of == of_other && is_type && is_variant(one) && is_variant(other)
}
