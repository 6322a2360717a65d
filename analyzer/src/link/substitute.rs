//! Putting arguments in for parameters, and what calls returned in for their results.

use super::FunctionId;
use super::graph;
use super::inline::{Expander, Passed, Scope};
use super::told::is_known;
use crate::flow::{Condition, Kinds, Place, PlaceKind, REST, ResultId, Value};
use crate::language::{all, any};

/// How many forwardings of one result are followed; more than the depth of expansion gives.
const CHAIN: usize = 32;
/// How many parts a place may have. A larger one stands for itself only: paths are never that long, but arguments that are put
/// in twice at every level would be.
const PARTS: u32 = 200;
/// How many pure calls a place is followed through.
const PURE_CALLS: usize = 5;
/// How many constants that name constants are followed.
const CONSTANTS: usize = 4;

impl<'p> Expander<'p> {
    /// The place in the linked body's terms.
    pub fn place(&mut self, place: &Place, scope: &mut Scope<'p>) -> Place {
        let mapped = place.map(&mut |part| self.part(part, scope));
        if mapped.weight() <= PARTS {
            return mapped;
        }
        let mut parts = 0;
        let too_many = mapped.any(&mut |_| {
            parts += 1;
            parts > PARTS
        });
        if too_many { self.fresh("") } else { mapped }
    }

    /// What stands for a part of a place, if it changes as a whole.
    fn part(&mut self, part: &Place, scope: &mut Scope<'p>) -> Option<Place> {
        match part.kind() {
            PlaceKind::Parameter { index, name } => self.parameter(*index, name, scope),
            PlaceKind::Result(r) => {
                let result = scope.result(*r);
                Some(
                    self.place_of(&Value::Result(result))
                        .unwrap_or_else(|| Place::new(PlaceKind::Result(result))),
                )
            }
            PlaceKind::Opaque { id, name } => Some(Place::new(PlaceKind::Opaque {
                id: id.saturating_add(scope.first_opaque),
                name: name.clone(),
            })),
            PlaceKind::Unique(kind, id) => {
                Some(Place::new(PlaceKind::Unique(*kind, id.saturating_add(scope.first_opaque))))
            }
            PlaceKind::Private(id) => {
                Some(Place::new(PlaceKind::Private(id.saturating_add(scope.first_opaque))))
            }
            PlaceKind::Constant(name) => self.constant(name, scope, 0),
            PlaceKind::Field { base, owner, name } => {
                if let Some(value) = self.value_in(part, scope) {
                    return self.place_of(&value);
                }
                // By whom a field of a field is declared, its own file may not know.
                let owner = self.program.symbols.declared_type(scope.asker, owner.as_deref()?)?;
                Some(self.place(base, scope).field(Some(&owner), name))
            }
            PlaceKind::Call { arguments, .. } if part.is_made() => {
                Some(Place::made(arguments.iter().map(|of| self.ingredient(of, scope)).collect()))
            }
            PlaceKind::Call { callee, arguments } => {
                let arguments: Vec<Place> = arguments.iter().map(|a| self.place(a, scope)).collect();
                let program = self.program;
                let target =
                    program.symbols.resolve_text(scope.asker, callee, arguments.len()).filter(|t| !t.guessed);
                let value = target.and_then(|t| self.pure_call(t.function, &arguments));
                if let Some(place) = value.as_ref().and_then(|v| self.place_of(v)) {
                    return Some(place);
                }
                let name = target.and_then(|t| program.function(t.function)).map(|f| f.name.as_str().into());
                let callee = name.unwrap_or_else(|| callee.clone());
                let place = Place::new(PlaceKind::Call { callee, arguments });
                if let Some(value @ Value::Structure(_)) = value {
                    self.structures.insert(place.clone(), value);
                }
                Some(place)
            }
            _ => None,
        }
    }

    /// What content is made of: what a file holds that was read or opened, and not its path.
    fn ingredient(&mut self, of: &Place, scope: &mut Scope<'p>) -> Place {
        let PlaceKind::Result(read) = of.kind() else { return self.place(of, scope) };
        let read = self.behind(scope.result(*read));
        match self.returned.get(&read).map(graph::payload) {
            Some(Value::Place(made)) => made.clone(),
            _ => Place::new(PlaceKind::Result(read)),
        }
    }

    fn parameter(&mut self, index: u32, name: &str, scope: &mut Scope<'p>) -> Option<Place> {
        let arguments = scope.arguments.as_ref()?;
        let argument = arguments.get(index as usize);
        if let Some(place) = argument.and_then(|a| self.place_of(a)) {
            return Some(place);
        }
        Some(scope.unknown.entry(index).or_insert_with(|| self.fresh(name)).clone())
    }

    fn fresh(&mut self, name: &str) -> Place {
        let place = Place::opaque(self.opaques, name);
        self.opaques = self.opaques.saturating_add(1);
        place
    }

    /// The value of a constant that is a path by itself. One that is computed stays a name: it is computed once, and its name
    /// says that it is the same everywhere.
    fn constant(&self, name: &str, scope: &Scope<'p>, depth: usize) -> Option<Place> {
        let (own_name, value) = self.program.symbols.constant(scope.asker, name)?;
        let path = value.filter(|v| depth < CONSTANTS && !is_computed(v));
        let Some(path) = path else { return Some(Place::new(PlaceKind::Constant(own_name.into()))) };
        Some(path.map(&mut |part| match part.kind() {
            PlaceKind::Constant(inner) => self.constant(inner, scope, depth + 1),
            _ => None,
        }))
    }

    /// What the function returns for these arguments, if it is one value that needs no step of it to be known.
    pub fn pure_call(&mut self, function: FunctionId, arguments: &[Place]) -> Option<Value> {
        let key = (function, arguments.to_vec());
        if let Some(known) = self.calls.get(&key) {
            return known.clone();
        }
        let values = arguments.iter().cloned().map(Value::Place).collect();
        let before = self.opaques;
        let value = self.instantiate(function, values);
        // A part that the function computes in a way of its own is the same for the same arguments.
        let computed = self.program.function(function).map(|summary| {
            Place::new(PlaceKind::Call {
                callee: summary.name.as_str().into(),
                arguments: arguments.to_vec(),
            })
        });
        let value = match value {
            Some(Value::Place(place)) => Some(Value::Place(place.map(&mut |part| match part.kind() {
                PlaceKind::Opaque { id, .. } if *id >= before => computed.clone(),
                _ => None,
            }))),
            value => value,
        };
        self.calls.insert(key, value.clone());
        value
    }

    /// The same for arguments that need not be places.
    pub fn instantiate(&mut self, function: FunctionId, arguments: Vec<Value>) -> Option<Value> {
        let program = self.program;
        let node = program.graph.node(function)?;
        let summary = program.function(function)?;
        let returned = node.returned.as_ref()?;
        if self.nested_places >= PURE_CALLS {
            return None;
        }
        let mut scope = Scope::new(program, function, summary, self.results, self.opaques);
        if let Value::Result(forwarded) = returned {
            let target = node.target(*forwarded)?;
            let call = graph::find_call(&summary.body, *forwarded)?;
            scope.arguments = Some(arguments);
            self.opaques = self.opaques.checked_add(summary.opaques)?;
            self.nested_places += 1;
            let arguments = call.arguments.iter().map(|a| self.argument(a, &mut scope)).collect();
            let value = self.instantiate(target.function, arguments);
            self.nested_places -= 1;
            return value;
        }
        let returned = without_results(returned)?;
        self.opaques = self.opaques.checked_add(summary.opaques)?;
        scope.arguments = Some(arguments);
        self.nested_places += 1;
        let value = self.value(&returned, &mut scope);
        self.nested_places -= 1;
        Some(value)
    }

    /// Notes what a frame returned for later pure calls of the same function with the same arguments, which mean the same run: as they
    /// are written, with some left out, and all together.
    pub fn remember(
        &mut self,
        function: FunctionId,
        written: Option<Vec<Place>>,
        arguments: &[Value],
        result: ResultId,
    ) {
        let Some(value) = self.returned.get(&result).cloned() else { return };
        let places: Option<Vec<Place>> = arguments.iter().map(|a| self.place_of(a)).collect();
        for places in written.into_iter().chain(places) {
            self.calls.insert((function, places), Some(value.clone()));
        }
    }

    /// The value that a place of the function being copied stands for, where more than a path is known of it.
    fn value_in(&mut self, place: &Place, scope: &mut Scope<'p>) -> Option<Value> {
        match place.kind() {
            PlaceKind::Parameter { index, .. } => scope.arguments.as_ref()?.get(*index as usize).cloned(),
            PlaceKind::Result(r) => {
                let result = self.behind(scope.result(*r));
                Some(self.returned.get(&result).cloned().unwrap_or(Value::Result(result)))
            }
            // Of what no function of the program returns, nothing is known but its name.
            PlaceKind::Call { callee, arguments } => {
                self.program
                    .symbols
                    .resolve_text(scope.asker, callee, arguments.len())
                    .filter(|t| !t.guessed)?;
                Some(Value::Place(self.place(place, scope)))
            }
            PlaceKind::Field { base, owner, name } => {
                let base = self.value_in(base, scope)?;
                let Value::Structure(fields) = graph::payload(self.whole(graph::payload(&base))) else {
                    return None;
                };
                let named =
                    |name: &str| fields.iter().find(|(field, _)| field == name).map(|(_, v)| v.clone());
                // Of what is not set here, the value that it was set of tells.
                named(name).or_else(|| {
                    let rest = self.place_of(&named(REST)?)?;
                    Some(Value::Place(rest.field(owner.as_deref(), name)))
                })
            }
            _ => None,
        }
    }

    /// What is known of a value by looking through the call that returned it.
    fn whole<'v>(&'v self, value: &'v Value) -> &'v Value {
        let known = match value {
            Value::Result(r) => self.returned.get(&self.behind(*r)),
            Value::Place(place) => match place.kind() {
                PlaceKind::Result(r) => self.returned.get(&self.behind(*r)),
                _ => self.structures.get(place),
            },
            _ => None,
        };
        known.unwrap_or(value)
    }

    /// The place that a value denotes: a path, an open file's path, the path that a frame returned.
    pub fn place_of(&self, value: &Value) -> Option<Place> {
        match graph::payload(value) {
            Value::Place(p) | Value::Variable(p, _) => Some(p.clone()),
            Value::Result(r) => {
                let result = self.handle(*r);
                if let Some(opened) = self.opened.get(&result) {
                    return Some(opened.clone());
                }
                match self.returned.get(&self.behind(*r)) {
                    Some(Value::Place(p)) => Some(p.clone()),
                    _ => Some(Place::new(PlaceKind::Result(self.behind(*r)))),
                }
            }
            _ => None,
        }
    }

    /// The open handle that a place of the function being copied stands for: a parameter or field that holds one.
    pub fn handle_in(&mut self, place: &Place, scope: &mut Scope<'p>) -> Option<ResultId> {
        if !matches!(place.kind(), PlaceKind::Parameter { .. } | PlaceKind::Field { .. }) {
            return None;
        }
        let value = self.value_in(place, scope)?;
        let Value::Result(r) = graph::payload(&value) else { return None };
        let handle = self.handle(*r);
        self.opened.contains_key(&handle).then_some(handle)
    }

    /// The result behind a result that frames forward.
    pub fn behind(&self, mut result: ResultId) -> ResultId {
        for _ in 0..CHAIN {
            match self.returned.get(&result).map(graph::payload) {
                Some(Value::Result(inner)) => result = *inner,
                _ => break,
            }
        }
        result
    }

    /// The open handle behind a result, through frames that return it and guards that lock it.
    pub fn handle(&self, mut result: ResultId) -> ResultId {
        for _ in 0..CHAIN {
            result = self.behind(result);
            match self.guards.get(&result) {
                Some(handle) => result = *handle,
                None => break,
            }
        }
        result
    }

    /// The inner results that a frame's result forwards, alone or in a structure: what is released with it.
    pub fn forwarded(&self, result: ResultId) -> Vec<ResultId> {
        let mut found = Vec::new();
        let mut work = vec![result];
        while let Some(r) = work.pop() {
            if found.len() >= CHAIN {
                break;
            }
            let entered: Vec<ResultId> = self.entered.get(&r).cloned().unwrap_or_default();
            found.extend(entered.into_iter().filter(|lock| *lock != r));
            let Some(value) = self.returned.get(&r) else { continue };
            let parts = match graph::payload(value) {
                Value::Structure(fields) => fields.iter().map(|(_, v)| graph::payload(v)).collect(),
                other => vec![other],
            };
            for part in parts {
                match part {
                    Value::Result(inner) if !found.contains(inner) => {
                        found.push(*inner);
                        work.push(*inner);
                    }
                    // A lock that is known by its file is given up by whoever was handed it.
                    Value::Place(place) => {
                        let taken =
                            self.locks.iter().rev().find(|(_, of)| of == place).map(|(lock, _)| *lock);
                        found.extend(taken.filter(|lock| !found.contains(lock)));
                    }
                    _ => {}
                }
            }
        }
        found
    }

    /// A value in the linked body's terms.
    pub fn value(&mut self, value: &Value, scope: &mut Scope<'p>) -> Value {
        match value {
            Value::Opaque => Value::Opaque,
            Value::Derived(from) => Value::Derived(self.data(from, scope)),
            Value::Variable(place, from) => Value::Variable(self.place(place, scope), self.data(from, scope)),
            Value::Place(place) => {
                // A parameter or field that is handed on is handed on as what it is, be it a handle or data.
                let whole = match place.kind() {
                    PlaceKind::Parameter { .. } | PlaceKind::Field { .. } => self.value_in(place, scope),
                    _ => None,
                };
                // Where nothing is known of it, it is a place, so that the same parameter handed on twice is the same path. That a
                // field held nothing when the value was made says nothing of what it holds now.
                let is_field = matches!(place.kind(), PlaceKind::Field { .. });
                whole
                    .filter(|v| !(is_unknown(v) || is_field && is_nothing(v)))
                    .unwrap_or_else(|| Value::Place(self.place(place, scope)))
            }
            Value::Result(r) => Value::Result(scope.result(*r)),
            Value::Condition(c) => Value::Condition(self.condition(c, scope)),
            Value::Flags(flags) => Value::Flags(*flags),
            Value::Code { id, data } => {
                Value::Code { id: id.saturating_add(scope.first_opaque), data: self.data(data, scope) }
            }
            Value::Success(inner) => Value::Success(Box::new(self.value(inner, scope))),
            Value::Failure(of) => Value::Failure(of.map(|r| scope.result(r))),
            Value::Structure(fields) => Value::Structure(
                fields.iter().map(|(name, v)| (name.clone(), self.value(v, scope))).collect(),
            ),
        }
    }

    /// An argument in the linked body's terms: the result of a frame that returned a known path as that.
    pub fn argument(&mut self, value: &Value, scope: &mut Scope<'p>) -> Value {
        let mapped = self.value(value, scope);
        if let Value::Result(r) = &mapped {
            let behind = self.behind(*r);
            return match self.returned.get(&behind) {
                Some(known @ Value::Place(_)) => known.clone(),
                _ => Value::Result(behind),
            };
        }
        mapped
    }

    /// A condition in the linked body's terms.
    pub fn condition(&mut self, condition: &Condition, scope: &mut Scope<'p>) -> Condition {
        match condition {
            Condition::Constant(b) => Condition::Constant(*b),
            Condition::True(r) => match scope.passed.get(r.0 as usize) {
                Some(Passed { condition: Some(condition), .. }) => condition.clone(),
                _ => self.judgement(*r, scope).unwrap_or_else(|| Condition::True(scope.result(*r))),
            },
            Condition::Ok(r) => self.judgement(*r, scope).unwrap_or_else(|| Condition::Ok(scope.result(*r))),
            Condition::Failed(r, Kinds::ANY) => match self.judgement(*r, scope) {
                Some(succeeds) => succeeds.negated(),
                None => Condition::Failed(scope.result(*r), Kinds::ANY),
            },
            Condition::Failed(r, kinds) => Condition::Failed(scope.result(*r), *kinds),
            Condition::Opaque { id, observed } => {
                self.told(*id, scope).unwrap_or_else(|| Condition::Opaque {
                    id: id.saturating_add(scope.first_opaque),
                    observed: self.data(observed, scope),
                })
            }
            Condition::Kind { of, kind, id } => {
                let id = id.saturating_add(scope.first_opaque);
                let observed = self.data(&[*of], scope);
                match observed.as_slice() {
                    [of] => Condition::Kind { of: *of, kind: *kind, id },
                    _ => Condition::Opaque { id, observed },
                }
            }
            Condition::Not(c) => match self.condition(c, scope) {
                Condition::Constant(b) => Condition::Constant(!b),
                c => Condition::Not(Box::new(c)),
            },
            Condition::All(cs) => {
                let cs: Vec<Condition> = cs.iter().map(|c| self.condition(c, scope)).collect();
                if cs.iter().any(is_known) { all(cs) } else { Condition::All(cs) }
            }
            Condition::Any(cs) => {
                let cs: Vec<Condition> = cs.iter().map(|c| self.condition(c, scope)).collect();
                if cs.iter().any(is_known) { any(cs) } else { Condition::Any(cs) }
            }
        }
    }

    /// What a call that is not put in answers about what it was given that was read, be it by yes or no or by success.
    fn judgement(&self, result: ResultId, scope: &Scope<'p>) -> Option<Condition> {
        let id = *self.judged.get(&scope.result(result))?;
        Some(Condition::Opaque { id, observed: self.data(&[result], scope) })
    }

    /// The results that data derives from, through calls and frames down to what was read.
    pub fn data(&self, from: &[ResultId], scope: &Scope<'p>) -> Vec<ResultId> {
        let mut found: Vec<ResultId> = Vec::new();
        for result in from {
            match scope.passed.get(result.0 as usize) {
                Some(passed) => {
                    for source in &passed.data {
                        if !found.contains(source) {
                            found.push(*source);
                        }
                    }
                }
                None => self.add_source(scope.result(*result), &mut found),
            }
        }
        found
    }

    fn add_source(&self, result: ResultId, found: &mut Vec<ResultId>) {
        // What is noted of a result is final when it is noted, so one look-up reaches the end.
        match self.sources.get(&result) {
            Some(sources) => {
                for source in sources {
                    if !found.contains(source) {
                        found.push(*source);
                    }
                }
            }
            None if found.contains(&result) => {}
            None => found.push(result),
        }
    }

    /// Adds the results that the data in a value of the linked body derives from.
    pub fn add_sources(&self, value: &Value, found: &mut Vec<ResultId>) {
        match value {
            Value::Derived(from) | Value::Variable(_, from) | Value::Code { data: from, .. } => {
                from.iter().for_each(|r| self.add_source(*r, found));
            }
            Value::Result(r) => self.add_source(*r, found),
            Value::Success(inner) => self.add_sources(inner, found),
            Value::Structure(fields) => fields.iter().for_each(|(_, v)| self.add_sources(v, found)),
            Value::Place(place) => {
                place.any(&mut |kind| {
                    if let PlaceKind::Result(r) = kind {
                        self.add_source(*r, found);
                    }
                    false
                });
            }
            Value::Opaque | Value::Condition(_) | Value::Flags(_) | Value::Failure(_) => {}
        }
    }

    /// As [`Self::data_of_arguments`] of what these arguments are in the linked body's terms, which is worked out only where it takes that.
    pub fn data_handed_on(&mut self, arguments: &[Value], scope: &mut Scope<'p>) -> Vec<ResultId> {
        let mut found = Vec::new();
        if self.reads.is_empty() {
            return found;
        }
        for argument in arguments {
            match argument {
                Value::Opaque | Value::Condition(_) | Value::Flags(_) | Value::Failure(_) => {}
                Value::Result(r) => self.add_sources_behind(&Value::Result(scope.result(*r)), &mut found),
                Value::Place(place) => match place.kind() {
                    PlaceKind::Parameter { index, .. } => {
                        let passed = scope.arguments.as_ref().and_then(|a| a.get(*index as usize));
                        if let Some(passed) = passed.filter(|passed| !is_unknown(passed)) {
                            self.add_sources_behind(passed, &mut found);
                        }
                    }
                    _ if is_of_no_run(place) => {}
                    _ => {
                        let argument = self.argument(argument, scope);
                        self.add_sources(&argument, &mut found);
                    }
                },
                Value::Derived(_)
                | Value::Variable(..)
                | Value::Code { .. }
                | Value::Success(_)
                | Value::Structure(_) => {
                    let argument = self.argument(argument, scope);
                    self.add_sources(&argument, &mut found);
                }
            }
        }
        found.retain(|r| self.reads.contains(r));
        found
    }

    /// As [`Self::add_sources`], of what [`Self::argument`] makes of a value that is in the linked body's terms.
    fn add_sources_behind(&self, value: &Value, found: &mut Vec<ResultId>) {
        let Value::Result(r) = value else { return self.add_sources(value, found) };
        let behind = self.behind(*r);
        match self.returned.get(&behind) {
            Some(known @ Value::Place(_)) => self.add_sources(known, found),
            _ => self.add_source(behind, found),
        }
    }

    /// The reads whose data these arguments carry. An argument of which nothing is known may carry what the caller was given.
    pub fn data_of_arguments(&self, arguments: &[Value]) -> Vec<ResultId> {
        let mut found = Vec::new();
        arguments.iter().for_each(|a| self.add_sources(a, &mut found));
        found.retain(|r| self.reads.contains(r));
        found
    }
}

/// Whether the value is known to be none, or `false`.
fn is_nothing(value: &Value) -> bool {
    matches!(value, Value::Condition(Condition::Constant(false)) | Value::Failure(None))
}

/// Whether nothing is known of the value.
fn is_unknown(value: &Value) -> bool {
    match value {
        Value::Opaque => true,
        Value::Derived(from) => from.is_empty(),
        _ => false,
    }
}

/// Whether the place is one whatever the function was given and whatever its steps returned.
fn is_of_no_run(place: &Place) -> bool {
    !place.any(&mut |kind| {
        matches!(
            kind,
            PlaceKind::Parameter { .. }
                | PlaceKind::Result(_)
                | PlaceKind::Field { .. }
                | PlaceKind::Call { .. }
        )
    })
}

/// Whether a constant's value is more than a path written down.
fn is_computed(value: &Place) -> bool {
    value.any(&mut |kind| {
        matches!(
            kind,
            PlaceKind::Parameter { .. }
                | PlaceKind::Result(_)
                | PlaceKind::Call { .. }
                | PlaceKind::Unique(..)
                | PlaceKind::Private(_)
                | PlaceKind::Opaque { .. }
        )
    })
}

/// Whether more is known of a path than which function computes it: where it begins, and all of it but one part.
fn is_anchored(place: &Place) -> bool {
    let mut unknown = Vec::new();
    place.any(&mut |k| {
        unknown.extend(if let PlaceKind::Opaque { id, .. } = k { Some(*id) } else { None });
        false
    });
    unknown.dedup();
    match (place.kind(), unknown.len()) {
        (_, 0) => true,
        (PlaceKind::Join(base, _), 1) => !base.any(&mut |k| matches!(k, PlaceKind::Opaque { .. })),
        _ => false,
    }
}

/// The value without what only a run of the function's steps tells: nothing, if it depends on that as a whole.
fn without_results(value: &Value) -> Option<Value> {
    match value {
        Value::Place(place) => {
            let depends = place.any(&mut |k| matches!(k, PlaceKind::Result(_)));
            (!depends && is_anchored(place)).then(|| value.clone())
        }
        Value::Flags(_) => Some(value.clone()),
        Value::Success(inner) => without_results(inner),
        Value::Structure(fields) => {
            let known: Vec<(String, Value)> =
                fields.iter().filter_map(|(name, v)| Some((name.clone(), without_results(v)?))).collect();
            (!known.is_empty()).then_some(Value::Structure(known))
        }
        Value::Opaque
        | Value::Derived(_)
        | Value::Variable(..)
        | Value::Result(_)
        | Value::Condition(_)
        | Value::Code { .. }
        | Value::Failure(_) => None,
    }
}
