//! Files that are opened only to be asked about: how old they are, or how long.

use super::graph::each_step;
use super::uses::value_uses;
use super::{FunctionId, Location, Program};
use crate::flow::{Call, Effect, Exit, Operation, ResultId, Step, Value};
use crate::source::LanguageId;

/// How many calls away an open file is followed.
const CALLS: usize = 3;

impl Program {
    /// Whether what is opened there is asked about, and nothing else is done with it: nobody meets its content. In a language whose calls
    /// of libraries are not kept, nobody knows.
    pub fn is_only_asked_about(&self, opened: Location) -> bool {
        let language = self.file(opened.file).and_then(|file| LanguageId::of_path(&file.path));
        let keeps_calls = language.is_some_and(LanguageId::keeps_foreign_calls);
        let Some(summary) = self.function(opened.function).filter(|_| keeps_calls) else { return false };
        let mut handle = None;
        each_step(&summary.body, &mut |step| {
            if let Step::Effect(Effect { operation: Operation::Open(_), result, site, .. }) = step
                && usize::try_from(site.0).is_ok_and(|at| summary.sites.get(at) == Some(&opened.span))
            {
                handle = Some(*result);
            }
        });
        handle.is_some_and(|handle| self.asks_alone(opened.function, handle, CALLS) == Some(true))
    }

    /// Whether the function asks about the open file; none if it does anything else with it.
    fn asks_alone(&self, function: FunctionId, handle: ResultId, calls: usize) -> Option<bool> {
        let summary = self.function(function)?;
        let (mut asks, mut does_more) = (false, false);
        each_step(&summary.body, &mut |step| match step {
            Step::Effect(effect) => {
                let is_on_it = effect.handle == Some(handle);
                asks |= is_on_it && effect.operation.is_check();
                does_more |= (is_on_it && !effect.operation.is_check())
                    || effect.data.contains(&handle)
                    || mentions(&effect.content, handle);
            }
            Step::Call(call) => match self.asks_in(function, call, handle, calls) {
                Some(found) => asks |= found,
                None => does_more = true,
            },
            Step::Exit(Exit::Return(value)) => does_more |= mentions(value, handle),
            _ => {}
        });
        (!does_more).then_some(asks)
    }

    /// The same of a call, which need not be given the file.
    fn asks_in(&self, caller: FunctionId, call: &Call, handle: ResultId, calls: usize) -> Option<bool> {
        let mut asks = false;
        for (index, argument) in (0..).zip(&call.arguments) {
            if !mentions(argument, handle) {
                continue;
            }
            let callee = self.callee(caller, call.result).filter(|_| calls > 0 && call.names.is_empty())?;
            let is_it = matches!(argument, Value::Result(r) if *r == handle);
            asks |= is_it.then(|| self.asks_alone(callee, ResultId(index), calls - 1)).flatten()?;
        }
        Some(asks)
    }
}

/// Whether the value is the result, has it in it, or was made of it.
fn mentions(value: &Value, result: ResultId) -> bool {
    let mut found = Vec::new();
    value_uses(value, &mut found);
    let made = |value: &Value| match value {
        Value::Derived(of) | Value::Variable(_, of) | Value::Code { data: of, .. } => of.contains(&result),
        _ => false,
    };
    let inner = match value {
        Value::Success(inner) => inner,
        value => value,
    };
    let parts = match inner {
        Value::Structure(fields) => fields.iter().any(|(_, field)| made(field)),
        value => made(value),
    };
    found.contains(&result) || parts
}
