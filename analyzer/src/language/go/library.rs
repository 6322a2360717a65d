//! Calls of library APIs that the models know.

use super::lower::{Lowerer, failure_in};
use super::position::names_a_part;
use super::syntax::Node;
use super::types::{Ty, dotted};
use super::value::{Failure, V, Val};
use crate::flow::{
    Certainty, Condition, Effect, Exit, KeyOperation, Kinds, LockScope, OnFailure, Operation, Place,
    PlaceKind, ResultId, Root, Spawn, Step,
};
use crate::language::command::{CommandLine, WORDS, literal};
use crate::language::conditions::{add_data, failed};
use crate::language::listing::Listing;
use crate::language::models::{Api, Asks, CommandPart, Fails, LockFlags, Models, OutcomePart, PathTransform};
use crate::language::modes::with_mode;
use crate::language::steps::is_idle;
use crate::language::texts::concat;
use crate::source::Span;
use std::rc::Rc;

/// The type of open files.
const FILE: &str = "os::File";

impl<'t> Lowerer<'_, 't> {
    /// A call of an API that the models know; a receiver is argument 0.
    pub fn api_call(
        &mut self,
        api: &Api,
        arguments: &mut [Val<'t>],
        nodes: &[Node<'t>],
        at: Span,
        certainty: Certainty,
    ) -> Val<'t> {
        let ty = api.returns.as_deref().map_or(Ty::Unknown, Ty::of_row);
        let mut data: Vec<ResultId> = Vec::new();
        arguments.iter().for_each(|a| add_data(&mut data, &a.provenance()));
        if let Some(asks) = api.asks {
            return Val::cond(self.asked(asks, arguments, nodes));
        }
        if let Some(kind) = api.told {
            let told = arguments.first().map(|told| &told.v);
            return Val::cond(match told {
                Some(V::Result(of)) => Condition::Kind { of: *of, kind, id: self.opaque_id() },
                _ => self.opaque_condition(data),
            });
        }
        if api.raises {
            let errors = arguments.iter().filter(|a| a.ty == Ty::Error).filter_map(failure_in);
            let of = errors.flat_map(|e| e.of).collect();
            let failure = Failure { failed: Condition::Constant(true), of, malformed: Vec::new() };
            return Val::error(failure);
        }
        if api.ends {
            self.push(Step::Exit(Exit::Panic));
            return Val::opaque();
        }
        if api.effect.is_none() && api.spawn.is_none() {
            for at_index in &api.calls {
                if let Some(value) = arguments.get(*at_index).cloned() {
                    self.call_value(&value, Vec::new(), at);
                }
            }
        }
        if api.spawn.is_some() {
            return self.spawn(api, arguments, nodes, at);
        }
        if api.joins {
            if let Some(group) = arguments.first()
                && let Some(name) = self.joining(at)
            {
                // A group that is a field is known by what has it, which more may name than works for the group.
                let exact = at
                    .text(self.file.source)
                    .strip_prefix(name.as_str())
                    .is_some_and(|rest| rest.matches('.').count() == 1);
                self.waited(group, Some(&name), exact, at);
            }
            return self.foreign_error(data);
        }
        if api.releases {
            return self.released(api, arguments, at);
        }
        if let Some(asked) = api.access.and_then(|i| arguments.get(i)) {
            self.accessed.extend(asked.observed());
            return Val { v: V::Opaque, ty, data };
        }
        if let (None, Some(i)) = (api.effect, api.mode) {
            let v = arguments.get(i).map_or(V::Opaque, |a| a.v.clone());
            return Val { v, ty, data };
        }
        if let Some(root) = api.root {
            let mut place = Place::new(PlaceKind::Root(root));
            if api.path == Some(PathTransform::Join) {
                for part in arguments.iter() {
                    place = place.join(&self.place_of(part, ""));
                }
            }
            return self.shaped(Val::place(place, Ty::Text), api.fails);
        }
        if let Some(part) = api.command
            && let Some(value) = self.command_with(part, arguments)
        {
            return Val { ty: if ty == Ty::Unknown { value.ty.clone() } else { ty }, ..value };
        }
        if let Some(part) = api.outcome {
            return self.outcome(part, ty, arguments);
        }
        if let Some(program) = &api.program {
            return self.stored(program, api, arguments, nodes, at);
        }
        if let Some(transform) = api.path {
            return self.transform(transform, api, arguments, nodes);
        }
        if let Some(unique) = api.unique {
            let place = self.unique(unique, at);
            let receivers = arguments.len().saturating_sub(nodes.len());
            let filled = api.fills.and_then(|i| nodes.get(i.checked_sub(receivers)?));
            if let Some(name) = filled.and_then(|node| self.root_of(*node)) {
                self.fill_with(&name, place.clone());
            }
            return self.shaped(Val::place(place, ty), api.fails);
        }
        if let Some(operation) = api.effect {
            return self.effect(operation, api, arguments, nodes, at, certainty);
        }
        self.seek(api, arguments);
        self.filled(nodes, &data);
        if api.fails == Fails::Result && api.returns.is_none() {
            self.understood(nodes, arguments);
        }
        let value = Val { v: V::Opaque, ty, data };
        match api.fails {
            Fails::Result if api.returns.is_none() => self.foreign_error(value.data),
            fails => {
                let observed = value.data.clone();
                let shaped = self.shaped(value, fails);
                match (shaped.v, fails) {
                    (V::Tuple(mut items), Fails::Result) => {
                        items.truncate(1);
                        items.push(self.foreign_error(observed));
                        Val::several(items)
                    }
                    (v, _) => Val { v, ty: shaped.ty, data: shaped.data },
                }
            }
        }
    }

    /// What became of a command that is kept as a value, or is handed in with its error.
    fn outcome(&mut self, part: OutcomePart, ty: Ty, arguments: &[Val<'t>]) -> Val<'t> {
        let of = arguments.first().cloned().unwrap_or_default();
        let (value, error) = match of.v {
            V::Result(r) if ty == Ty::Bool => {
                (Val { v: V::Cond(Condition::True(r)), ty, data: of.data }, Val::error(Failure::of(r)))
            }
            V::Result(r) => (Val { v: V::Result(r), ty, data: of.data }, Val::error(Failure::of(r))),
            _ => {
                let error = self.foreign_error(of.observed());
                (Val { v: V::Opaque, ty, data: of.observed() }, error)
            }
        };
        match part {
            OutcomePart::Both => Val::several(vec![value, error]),
            OutcomePart::Value => value,
            OutcomePart::Error => error,
        }
    }

    /// A command that is spelled as words: which one, the key, and what goes with it.
    fn stored(
        &mut self,
        program: &str,
        api: &Api,
        arguments: &mut [Val<'t>],
        nodes: &[Node<'t>],
        at: Span,
    ) -> Val<'t> {
        let word = |value: &Val<'t>| match &value.v {
            V::Place(place) => literal(place).map(str::to_ascii_uppercase),
            _ => None,
        };
        let words: Vec<Option<String>> = arguments.iter().skip(1).map(word).collect();
        // What a list holds that is handed on is not looked at: it may say anything.
        let spread = nodes.last().is_some_and(|n| n.kind() == "variadic_argument");
        let named = words.first().and_then(|first| first.as_deref());
        let command = named.filter(|_| !spread).and_then(|word| self.file.models.command(program, word));
        let Some((command, place)) = command.and_then(|command| Some((command, command.place?))) else {
            let mut data: Vec<ResultId> = Vec::new();
            arguments.iter().for_each(|a| add_data(&mut data, &a.provenance()));
            let error = self.foreign_error(data.clone());
            return Val::several(vec![Val { v: V::Opaque, ty: Ty::Unknown, data }, error]);
        };
        let says = |these: &[String]| words.iter().flatten().any(|word| these.contains(word));
        let effect = match says(&command.new) {
            true => Operation::Key(KeyOperation::SetNew { expires: says(&command.expiring) }),
            false if command.effect == Operation::Key(KeyOperation::Set { expires: false }) => {
                Operation::Key(KeyOperation::Set { expires: says(&command.expiring) })
            }
            false => command.effect,
        };
        let api = Api {
            effect: Some(effect),
            place: Some(place + 2),
            data: Some(place + 3),
            returns: Some("data".to_owned()),
            ..api.clone()
        };
        self.effect(effect, &api, arguments, nodes, at, Certainty::Known)
    }

    /// A value with what tells of its failure: the failure of a lookup is no effect of ours, so success is taken for granted.
    fn shaped(&mut self, value: Val<'t>, fails: Fails) -> Val<'t> {
        match fails {
            Fails::Never => value,
            Fails::Option => Val::several(vec![value, Val::cond(Condition::Constant(true))]),
            Fails::Result => Val::several(vec![value, Val::error(Failure::constant(false))]),
        }
    }

    /// What a question about an error asks.
    fn asked(&mut self, asks: Asks, arguments: &[Val<'t>], nodes: &[Node<'t>]) -> Condition {
        let error = arguments.first().cloned().unwrap_or_default();
        match asks {
            Asks::Kind(kind) => self.is_kind(&error, kind),
            Asks::Typed => {
                let ty = arguments.get(1).map(|a| a.ty.clone()).unwrap_or_default();
                let error = Val { ty, ..error };
                let found = self.is_any_error(&error);
                if found.is_some()
                    && let Some(name) = nodes.get(1).and_then(|node| self.root_of(*node))
                {
                    self.assign(&name, error.clone());
                }
                found.unwrap_or_else(|| self.opaque_condition(error.observed()))
            }
            Asks::Any => self.opaque_condition(error.observed()),
            Asks::Given => match arguments.get(1).map(|a| &a.v) {
                Some(V::Kind(kind)) => self.is_kind(&error, *kind),
                _ => {
                    let observed = error.observed();
                    self.opaque_condition(observed)
                }
            },
        }
    }

    fn joining(&self, at: Span) -> Option<String> {
        let text = at.text(self.file.source);
        let name: String = text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        (!name.is_empty()).then_some(name)
    }

    pub fn released(&mut self, api: &Api, arguments: &[Val<'t>], at: Span) -> Val<'t> {
        let Some(value) = arguments.first().cloned() else { return Val::opaque() };
        let site = self.site(at);
        let place = self.known_place(&value);
        let held = self.held.iter().rposition(|(on, _)| Some(on) == place.as_ref());
        if let Some(index) = held {
            let (_, result) = self.held.remove(index);
            self.push(Step::Release(result, site));
        }
        if let V::Result(r) = value.v
            && held.is_none()
        {
            self.push(Step::Release(r, site));
        }
        self.note_given_up(&value, held.is_some());
        match api.fails {
            Fails::Never => Val::opaque(),
            _ => self.foreign_error(Vec::new()),
        }
    }

    fn transform(
        &mut self,
        transform: PathTransform,
        api: &Api,
        arguments: &[Val<'t>],
        nodes: &[Node<'t>],
    ) -> Val<'t> {
        let first = arguments.first().cloned().unwrap_or_default();
        let ty = api.returns.as_deref().map_or_else(|| first.ty.clone(), Ty::of_row);
        let mut data = Vec::new();
        arguments.iter().for_each(|a| add_data(&mut data, &a.provenance()));
        if transform == PathTransform::Same {
            if let (V::Result(r), Ty::Error) = (&first.v, &ty) {
                return Val::error(Failure::of(*r));
            }
            let ty = if api.returns.is_none() { first.ty.clone() } else { ty };
            let value = Val { ty, ..first };
            return self.shaped(value, api.fails);
        }
        if transform == PathTransform::Format {
            let place = self.formatted(arguments);
            return Val { v: V::Place(place), ty: Ty::Text, data };
        }
        if transform == PathTransform::Computed {
            // What is made of something that was read is told by that.
            let given = data.iter().all(|r| r.0 < self.parameters);
            let places = given.then(|| arguments.iter().map(|a| self.known_place(a)).collect());
            let v = match places.flatten() {
                Some(arguments) => {
                    let callee = super::types::undotted(&api.name).as_str().into();
                    V::Place(Place::new(PlaceKind::Call { callee, arguments }))
                }
                None => V::Opaque,
            };
            return self.shaped(Val { v, ty, data }, api.fails);
        }
        let base = self.place_of(&first, "");
        let spread = nodes.last().is_some_and(|n| n.kind() == "variadic_argument");
        let place = match transform {
            PathTransform::Join if spread => self.fresh_place(""),
            PathTransform::Join => {
                let mut place = base;
                for part in arguments.iter().skip(1) {
                    let part = self.place_of(part, "");
                    place = joined(&place, &part);
                }
                place
            }
            PathTransform::Parent => base.parent(),
            PathTransform::FileName => self.file_name(&base),
            PathTransform::Stem => Place::new(PlaceKind::Stem(base)),
            PathTransform::WithFileName => {
                let part = arguments.get(1).map(|a| self.place_of(a, ""));
                part.map_or(base.clone(), |part| base.with_file_name(&part))
            }
            PathTransform::WithExtension => {
                let part = arguments.get(1).map(|a| self.place_of(a, ""));
                part.map_or(base.clone(), |part| base.with_extension(&part))
            }
            PathTransform::Split => {
                let name = Place::new(PlaceKind::FileName(base.clone()));
                let parts =
                    [base.parent(), name].map(|p| Val { v: V::Place(p), ty: Ty::Text, data: data.clone() });
                return Val::several(parts.to_vec());
            }
            PathTransform::Concat => {
                let parts: Vec<Place> = arguments.iter().map(|p| self.place_of(p, "")).collect();
                concat(parts)
            }
            PathTransform::Layout => {
                let layout = arguments.get(1).and_then(|layout| self.known_place(layout));
                Models::go().laid_out(&base, layout.as_ref())
            }
            PathTransform::Same
            | PathTransform::Format
            | PathTransform::ExpandHome
            | PathTransform::Computed => base,
        };
        self.shaped(Val { v: V::Place(place), ty, data }, api.fails)
    }

    /// A text made by a format: what is written down, and what is put in.
    fn formatted(&mut self, arguments: &[Val<'t>]) -> Place {
        let format = arguments.first().and_then(|f| match &f.v {
            V::Place(place) => match place.kind() {
                PlaceKind::Literal(text) => Some(text.to_string()),
                _ => None,
            },
            _ => None,
        });
        let Some(format) = format else { return self.fresh_place("") };
        let mut rest = arguments.iter().skip(1);
        let mut parts = Vec::new();
        for piece in pieces(&format) {
            match piece {
                Piece::Text(text) => parts.push(Place::literal(&text)),
                Piece::Argument => {
                    let place = rest.next().map(|value| self.place_of(value, ""));
                    parts.push(place.unwrap_or_else(|| self.fresh_place("")));
                }
            }
        }
        match parts.len() {
            0 => Place::literal(""),
            1 => parts.swap_remove(0),
            _ => concat(parts),
        }
    }

    fn spawn(&mut self, api: &Api, arguments: &[Val<'t>], nodes: &[Node<'t>], at: Span) -> Val<'t> {
        let body = api.body.and_then(|i| arguments.get(i)).cloned();
        let result = self.result();
        let block = self.spawned(|this| {
            if let Some(body) = &body {
                this.call_value(body, Vec::new(), at);
            }
        });
        let site = self.site(at);
        self.push(Step::Spawn(Spawn { body: block, process: false, result, site }));
        // `group.Go(..)` is waited for by the name of the group.
        if let Some(call) = nodes.first().and_then(tree_sitter::Node::parent).and_then(|list| list.parent()) {
            self.started.push((result, call));
        }
        Val::opaque()
    }

    fn command_with(&mut self, part: CommandPart, arguments: &[Val<'t>]) -> Option<Val<'t>> {
        let mut line = match arguments.first().map(|a| &a.v) {
            Some(V::Command(line)) => CommandLine::clone(line),
            _ if part == CommandPart::Program => CommandLine::default(),
            _ => return None,
        };
        let words = |this: &mut Self, values: &[Val<'t>]| -> Vec<Place> {
            let mut found = Vec::new();
            for value in values {
                match &value.v {
                    V::List(items) => found.extend(items.iter().map(|i| this.place_of(i, ""))),
                    _ => found.push(this.place_of(value, "")),
                }
            }
            found
        };
        let ty = arguments.first().map(|a| a.ty.clone())?;
        match part {
            CommandPart::Program => {
                // `exec.CommandContext` takes a context first.
                let skipped = usize::from(arguments.first().is_some_and(|a| {
                    !matches!(a.ty, Ty::Text)
                        && arguments.len() > 1
                        && matches!(arguments.get(1).map(|a| &a.ty), Some(Ty::Text))
                }));
                line.words = words(self, arguments.get(skipped..).unwrap_or_default());
                line.by_path = line.words.first().is_some_and(|program| match program.kind() {
                    PlaceKind::Literal(text) => text.contains('/'),
                    PlaceKind::Join(..) => true,
                    _ => false,
                });
            }
            CommandPart::Argument | CommandPart::Arguments => {
                line.words.extend(words(self, arguments.get(1..).unwrap_or_default()));
            }
            CommandPart::Directory => line.directory = arguments.get(1).map(|a| self.place_of(a, "")),
            // Go hands a statement over with what is bound to it, in one call.
            CommandPart::Statement => return None,
        }
        line.words.truncate(WORDS);
        Some(Val::new(V::Command(Rc::new(line)), ty))
    }

    // --- effects -----------------------------------------------------------------------------------------------------

    fn effect(
        &mut self,
        operation: Operation,
        api: &Api,
        arguments: &mut [Val<'t>],
        nodes: &[Node<'t>],
        at: Span,
        certainty: Certainty,
    ) -> Val<'t> {
        if let Some(option) = api.options
            && let Some(V::Locks(asked)) = arguments.get(option).map(|a| a.v.clone())
        {
            return self.locked_or_not(*asked, option, operation, api, arguments, nodes, (at, certainty));
        }
        let mut operation = operation;
        let receivers = arguments.len().saturating_sub(nodes.len());
        let commanded = match arguments.first().map(|a| &a.v) {
            Some(V::Command(line)) if operation == Operation::Run => {
                line.run(self.file.models).or_else(|| line.executed(&api.name))
            }
            _ => None,
        };
        if let Some(option) = api.options.and_then(|i| arguments.get(i)) {
            operation = match (operation, &option.v) {
                (Operation::Open(_), V::Flags(flags)) => Operation::Open(*flags),
                (Operation::Open(_), V::Number(0)) => {
                    Operation::Open(crate::flow::OpenFlags { read: true, ..Default::default() })
                }
                (Operation::Lock { scope, .. }, V::Lock(flags)) => match flags.operation(scope) {
                    Some(operation) => operation,
                    None => return self.unlocked(api, arguments, at),
                },
                // Without an expiry it is there for ever.
                (Operation::Key(KeyOperation::SetNew { .. }), given) => {
                    let expires = !matches!(given, V::Number(0));
                    Operation::Key(KeyOperation::SetNew { expires })
                }
                (Operation::Key(KeyOperation::Set { .. }), given) => {
                    Operation::Key(KeyOperation::Set { expires: !matches!(given, V::Number(0)) })
                }
                (operation, _) => operation,
            };
        }
        if let Some(i) = api.mode {
            let bits = arguments.get(i).and_then(|a| match a.v {
                V::Number(bits) => Some(bits),
                _ => None,
            });
            operation = with_mode(operation, bits);
        }
        let subject = api.place.map(|i| arguments.get(i).cloned().unwrap_or_default());
        if is_stream_row(api)
            && let Some(value) = &subject
            && !self.may_be_open(value)
        {
            // A stream that is no file: standard output, a socket, a buffer.
            let mut data: Vec<ResultId> = Vec::new();
            arguments.iter().for_each(|a| add_data(&mut data, &a.provenance()));
            let into =
                api.fills.and_then(|i| nodes.get(i.checked_sub(receivers)?)).and_then(|n| self.root_of(*n));
            if let Some(name) = into {
                self.taint(&name, &data);
            }
            if let Some(name) = api
                .place
                .filter(|_| api.fills.is_none())
                .and_then(|i| nodes.get(i.checked_sub(receivers)?))
                .and_then(|n| self.root_of(*n))
            {
                self.taint(&name, &data);
            }
            return self.no_effect(api, data);
        }
        if api.private && matches!(operation, Operation::Rename { .. }) {
            return self.atomic_replace(operation, api, arguments, at);
        }
        let result = self.result();
        let keeps_threads_apart = matches!(operation, Operation::Lock { scope: LockScope::Thread, .. });
        let mut handle = None;
        let place = match &subject {
            Some(value) => {
                // A mutex is no file: its place is the lock.
                handle = if keeps_threads_apart { None } else { self.handle_of(value) };
                if let (None, V::Result(r), true) = (handle, &value.v, is_stream_row(api)) {
                    handle = Some(*r);
                }
                self.place_of(value, "")
            }
            None => self.fresh_place(""),
        };
        let place = self.relative(api.below, arguments, place);
        let place = match &api.inside {
            Some(name) => place.join(&Place::literal(name)),
            None => place,
        };
        let place = if api.private {
            let id = self.opaque_id();
            let private = Place::new(PlaceKind::Private(id));
            // The empty text stands for the directory of temporary files.
            if api.place.is_some() && place != Place::literal("") { place.join(&private) } else { private }
        } else {
            place
        };
        let other = api.other.and_then(|i| arguments.get(i)).cloned();
        let other_place = other.map(|value| self.place_of(&value, ""));
        let other_place = other_place.map(|p| self.relative(api.other_below, arguments, p));
        let mut data = Vec::new();
        let writes = matches!(operation, Operation::Write | Operation::Append | Operation::Truncate);
        for (i, value) in arguments.iter().enumerate() {
            let given =
                api.data.map_or(writes && Some(i) != api.place, |from| i >= from && Some(i) != api.place);
            if given {
                add_data(&mut data, &value.provenance());
            }
        }
        data.retain(|r| Some(*r) != handle);
        let content = self.content(operation, api, arguments, nodes);
        let filled =
            api.fills.and_then(|i| nodes.get(i.checked_sub(receivers)?)).and_then(|n| self.root_of(*n));
        if let Some(name) = filled {
            self.taint(&name, &[result]);
        }
        let site = self.site(at);
        let (mut place, mut other_place, mut name) = (place, other_place, api.name.clone());
        if let Some(run) = commanded {
            (operation, place, name) = (run.operation, run.place, run.name);
        }
        if operation == Operation::Update {
            other_place = Some(place.join(&Place::literal("index.lock")));
        }
        self.result_places.insert(result, place.clone());
        if let Some(listing) = api.lists.and_then(|lists| Listing::of(lists, &place, at, &api.name)) {
            self.note_listing(result, listing);
        }
        if let (Operation::EnvGet, PlaceKind::Literal(variable)) = (operation, place.kind()) {
            self.result_places.insert(result, Place::new(PlaceKind::Environment(variable.clone())));
        }
        if matches!(operation, Operation::Open(_)) {
            self.opened.insert(result);
        }
        if matches!(operation, Operation::Lock { .. }) {
            self.held.push((place.clone(), result));
            self.mutexes.extend(keeps_threads_apart.then_some(result));
            if api.returns.as_deref() == Some("guard") {
                self.guards.insert(result);
            }
        }
        let part = self.sought.is_part(operation, api, handle, || names_a_part(api, arguments));
        self.push(Step::Effect(Effect {
            operation,
            place: place.clone(),
            handle,
            other_place,
            data,
            content,
            result,
            on_failure: OnFailure::Continue,
            on_malformed: None,
            defaulted: false,
            part,
            certainty,
            api: name.as_str().into(),
            site,
        }));
        let called = api.calls.first().and_then(|i| arguments.get(*i)).cloned();
        let walked = called.map(|each| self.walked(&each, result, at)).unwrap_or_default();
        let value = self.effect_result(result, api, operation, place);
        match value.v {
            // It ends with the error of what it calls.
            V::Error(failure) if !walked.is_empty() => {
                let failures = walked.iter().map(|r| failed(*r));
                let failed = Condition::Any(std::iter::once(failure.failed).chain(failures).collect());
                let of = failure.of.into_iter().chain(walked).collect();
                Val::error(Failure { failed, of, malformed: failure.malformed })
            }
            v => Val { v, ..value },
        }
    }

    /// Calls a function with each of what a result lists: its path, what is known of it, and no error. Returns the calls.
    fn walked(&mut self, each: &Val<'t>, listing: ResultId, at: Span) -> Vec<ResultId> {
        let mut calls = Vec::new();
        let goes_on = self.opaque_condition(Vec::new());
        let (block, ()) = self.in_block(|this| {
            this.leave_unless(goes_on);
            let Some(place) = this.next_listed(listing, "entry") else { return };
            let data = vec![listing];
            let path = Val { v: V::Place(place.clone()), ty: Ty::Text, data: data.clone() };
            let known = Val { v: V::Place(place), ty: Ty::Unknown, data };
            let none = Val::error(Failure::constant(false));
            let value = this.call_value(each, vec![path, known, none], at);
            if let Some(Failure { of, .. }) = failure_in(&value)
                && let [call] = of.as_slice()
            {
                this.leave_if(failed(*call), OnFailure::Leave(0), &of);
                calls.push(*call);
            }
        });
        if !block.steps.iter().all(|step| is_idle(step, 0)) {
            self.push(Step::Loop(block));
        }
        calls
    }

    /// A call that takes a lock, or another, or gives it up, as a condition says.
    #[expect(clippy::too_many_arguments, reason = "what a call with an effect is made of, and what decides")]
    fn locked_or_not(
        &mut self,
        (condition, then, otherwise): (Condition, LockFlags, LockFlags),
        option: usize,
        operation: Operation,
        api: &Api,
        arguments: &[Val<'t>],
        nodes: &[Node<'t>],
        (at, certainty): (Span, Certainty),
    ) -> Val<'t> {
        let asked = |this: &mut Self, flags: LockFlags| {
            let mut given = arguments.to_vec();
            if let Some(option) = given.get_mut(option) {
                option.v = V::Lock(flags);
            }
            this.effect(operation, api, &mut given, nodes, at, certainty)
        };
        let (mut one, mut other) = (Val::opaque(), Val::opaque());
        self.branch(&condition, |this| one = asked(this, then), |this| other = asked(this, otherwise));
        self.join(&condition, one, other, "")
    }

    /// What a call with an effect returned.
    fn effect_result(&mut self, result: ResultId, api: &Api, operation: Operation, place: Place) -> Val<'t> {
        let reads = matches!(
            operation,
            Operation::Read
                | Operation::ReadDir
                | Operation::Key(KeyOperation::Get | KeyOperation::Swap | KeyOperation::Exists)
        );
        let data = if reads { vec![result] } else { Vec::new() };
        let ty = match (operation, api.returns.as_deref()) {
            (_, Some(name)) => Ty::of_row(name),
            (Operation::Open(_), None) => Ty::named(FILE),
            (Operation::Check(_), None) if api.fails == Fails::Never => Ty::Bool,
            _ => Ty::Unknown,
        };
        let has_value = api.returns.is_some() || matches!(operation, Operation::Open(_));
        let value = if ty == Ty::Bool {
            Val { v: V::Cond(Condition::True(result)), ty, data }
        } else if api.private && ty == Ty::Text {
            Val { v: V::Place(place), ty, data }
        } else {
            Val { v: V::Result(result), ty, data }
        };
        let failure = Failure {
            failed: Condition::Failed(result, Kinds::ANY.without(api.tolerates)),
            ..Failure::of(result)
        };
        if matches!(operation, Operation::Lock { .. }) && api.returns.as_deref() == Some("bool") {
            // Whether it was taken; that it is held is no error.
            let taken = Val::cond(Condition::Ok(result));
            return Val::several(vec![taken, Val::error(Failure::constant(false))]);
        }
        match api.fails {
            Fails::Never => value,
            Fails::Result if has_value => Val::several(vec![value, Val::error(failure)]),
            Fails::Result => Val::error(failure),
            Fails::Option if has_value => Val::several(vec![value, Val::cond(Condition::Ok(result))]),
            Fails::Option => Val::cond(Condition::Ok(result)),
        }
    }

    /// What a call returns that would have an effect on a file, on something that is none.
    fn no_effect(&mut self, api: &Api, data: Vec<ResultId>) -> Val<'t> {
        let error = self.foreign_error(data.clone());
        let ty = api.returns.as_deref().map_or(Ty::Unknown, Ty::of_row);
        match (api.fails, api.returns.is_some()) {
            (Fails::Result, true) => Val::several(vec![Val { v: V::Opaque, ty, data }, error]),
            (Fails::Result, false) => error,
            _ => Val { v: V::Opaque, ty, data },
        }
    }

    fn unlocked(&mut self, api: &Api, arguments: &[Val<'t>], at: Span) -> Val<'t> {
        let site = self.site(at);
        let subject = api.place.and_then(|i| arguments.get(i)).cloned().unwrap_or_default();
        let place = self.known_place(&subject);
        let index = self.held.iter().rposition(|(on, _)| Some(on) == place.as_ref());
        let result = match index {
            Some(index) => Some(self.held.remove(index).1),
            None => self.handle_of(&subject),
        };
        if let Some(result) = result {
            self.push(Step::Release(result, site));
        }
        self.note_given_up(&subject, result.is_some());
        self.foreign_error(Vec::new())
    }

    /// Notes that something is closed or unlocked which another method has put into a field of the receiver.
    pub fn note_given_up(&mut self, value: &Val<'t>, known: bool) {
        let of_receiver = |place: &Place| match place.kind() {
            PlaceKind::Field { base, .. } => matches!(base.kind(), PlaceKind::Parameter { index: 0, .. }),
            _ => false,
        };
        self.gives_up |= !known && self.known_place(value).is_some_and(|place| of_receiver(&place));
    }

    /// A place relative to an open directory; the working directory is no base.
    fn relative(&mut self, below: Option<usize>, arguments: &[Val<'t>], place: Place) -> Place {
        let Some(base) = below.and_then(|i| arguments.get(i)).cloned() else { return place };
        if matches!(base.v, V::Number(_)) {
            return place;
        }
        let base = self.place_of(&base, "");
        match base.kind() {
            PlaceKind::Root(Root::Working) => place,
            _ => base.join(&place),
        }
    }

    /// A library's atomic replacement: a private file is written, then renamed to the other place.
    fn atomic_replace(
        &mut self,
        operation: Operation,
        api: &Api,
        arguments: &[Val<'t>],
        at: Span,
    ) -> Val<'t> {
        let id = self.opaque_id();
        let private = Place::new(PlaceKind::Private(id));
        let mut data = Vec::new();
        for (i, value) in arguments.iter().enumerate() {
            if Some(i) != api.other {
                add_data(&mut data, &value.provenance());
            }
        }
        let target = match api.other.and_then(|i| arguments.get(i)).cloned() {
            Some(value) => self.place_of(&value, ""),
            None => self.fresh_place(""),
        };
        let site = self.site(at);
        let (write, rename) = (self.result(), self.result());
        let step = |operation, other_place, data, result| {
            Step::Effect(Effect {
                other_place,
                data,
                ..Effect::plain(operation, private.clone(), result, api.name.as_str().into(), site)
            })
        };
        self.push(step(Operation::Write, None, data, write));
        self.push(step(operation, Some(target), Vec::new(), rename));
        Val::error(Failure::of(rename))
    }

    /// The open handle that a value is, if it is one.
    pub fn handle_of(&mut self, value: &Val<'t>) -> Option<ResultId> {
        match &value.v {
            // A file's name is a path, whether or not the file is still open.
            _ if value.ty == Ty::Text => None,
            V::Result(r) if self.opened.contains(r) || is_stream(&value.ty) => Some(*r),
            // A handle kept in a field or made elsewhere: not a path lookup, though nobody here opened it.
            V::Place(place) if is_stream(&value.ty) && !place.is_private() => Some(self.result()),
            V::Struct(fields) if is_stream(&value.ty) => fields.iter().find_map(|(_, v)| match v.v {
                V::Result(r) if self.opened.contains(&r) => Some(r),
                _ => None,
            }),
            _ => None,
        }
    }

    /// Whether what is read from or written to may be a file.
    fn may_be_open(&self, value: &Val<'t>) -> bool {
        match &value.v {
            V::Result(_) => true,
            V::Place(place) => match place.kind() {
                PlaceKind::Constant(name) => !dotted(name).starts_with("os.Std"),
                _ => is_stream(&value.ty) || place.is_private(),
            },
            _ => false,
        }
    }
}

/// Whether values of the type stand for an open file rather than a path.
pub fn is_stream(ty: &Ty) -> bool {
    let Ty::Named(name) = ty else { return false };
    let name = dotted(name);
    let models = Models::go();
    // Most types are the program's own.
    models.knows(&name)
        && ["Write", "Read", "Sync"].into_iter().any(|method| {
            models.api(&[name.as_str(), ".", method].concat()).is_some_and(|api| api.effect.is_some())
        })
}

/// Whether a row speaks of reading and writing through something open.
fn is_stream_row(api: &Api) -> bool {
    api.stream
}

/// `base/part`, as `filepath.Join` does it: an absolute part does not start anew.
fn joined(base: &Place, part: &Place) -> Place {
    match (base.kind(), part.kind()) {
        (PlaceKind::Literal(text), _) if text.is_empty() => part.clone(),
        (_, PlaceKind::Literal(text)) if text.starts_with('/') => {
            base.join(&Place::literal(text.trim_start_matches('/')))
        }
        _ => base.join(part),
    }
}

enum Piece {
    Text(String),
    Argument,
}

/// The parts of a format.
fn pieces(format: &str) -> Vec<Piece> {
    let mut found = Vec::new();
    let mut plain = String::new();
    let mut chars = format.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '%' {
            plain.push(c);
            continue;
        }
        if chars.peek() == Some(&'%') {
            chars.next();
            plain.push('%');
            continue;
        }
        while chars.next_if(|c| !c.is_alphabetic()).is_some() {}
        if chars.next().is_some() {
            if !plain.is_empty() {
                found.push(Piece::Text(std::mem::take(&mut plain)));
            }
            found.push(Piece::Argument);
        }
    }
    if !plain.is_empty() {
        found.push(Piece::Text(plain));
    }
    found
}
