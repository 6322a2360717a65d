//! What functions put into values that they are given: who loads a value and saves it later writes what was read.

use super::graph;
use super::inline::{Expander, Scope};
use crate::flow::{FlowSummary, PlaceKind, ResultId, Value};
use crate::language::add_data;

/// How many values are followed that were filled.
const FILLED: usize = 64;

/// What a function puts into its parameters, by their numbers, in the linked body's terms.
pub(super) type Fills = Vec<(u32, Vec<ResultId>)>;

impl<'p> Expander<'p> {
    /// The reads of which is made what the function puts into its parameters, by itself and by what it calls.
    pub fn fills(&self, summary: &FlowSummary, scope: Scope<'p>) -> Fills {
        let own = summary.fills.iter().map(|(into, result)| (*into, self.data(&[*result], &scope)));
        let own: Fills = own.collect();
        let mut fills = scope.fills;
        own.iter().for_each(|(into, data)| add(&mut fills, *into, data));
        fills.iter_mut().for_each(|(_, data)| data.retain(|from| self.reads.contains(from)));
        fills.retain(|(_, data)| !data.is_empty());
        fills
    }

    /// Notes what the call with this result has put into its arguments. Whatever the frontend knows to have been handed to the call
    /// is made of the call's result; what goes by a place or by what another call returned is known here.
    pub fn fill(&mut self, call: ResultId, arguments: &[Value], fills: Fills, scope: &mut Scope<'p>) {
        for (into, data) in fills {
            add_data(self.sources.entry(call).or_default(), &data);
            let argument = match arguments.get(into as usize).map(graph::payload) {
                Some(Value::Place(place) | Value::Variable(place, _)) => Value::Place(place.clone()),
                Some(Value::Result(result)) => Value::Result(*result),
                _ => continue,
            };
            match &scope.arguments {
                Some(known) => {
                    let same = (0..).zip(known).zip(&mut scope.passed);
                    for ((index, _), passed) in
                        same.filter(|((_, known), _)| graph::payload(known) == &argument)
                    {
                        add_data(&mut passed.data, &data);
                        add(&mut scope.fills, index, &data);
                    }
                }
                None => {
                    if let Value::Place(place) = &argument
                        && let PlaceKind::Parameter { index, .. } = place.kind()
                    {
                        let own = ResultId(*index);
                        add_data(self.sources.entry(own).or_insert_with(|| vec![own]), &data);
                    }
                }
            }
            if self.filled.len() < FILLED {
                self.filled.push((argument, data));
            }
        }
    }
}

fn add(fills: &mut Fills, into: u32, data: &[ResultId]) {
    match fills.iter_mut().find(|(known, _)| *known == into) {
        Some((_, known)) => add_data(known, data),
        None => fills.push((into, data.to_vec())),
    }
}
