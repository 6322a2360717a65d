//! Calls of library APIs that the models know.

use super::calls::Given;
use super::expr::text_of;
use super::lower::Lowerer;
use super::position::names_a_part;
use super::types::{Ty, dotted};
use super::value::{V, Val};
use crate::flow::{
    Block, Certainty, Check, Condition, Effect, Exit, KeyOperation, Kinds, LockScope, OnFailure, OpenFlags,
    Operation, Place, PlaceKind, ResultId, Root, Spawn, Step, Value,
};
use crate::language::command::{CommandLine, WORDS};
use crate::language::conditions::{add_data, all, any};
use crate::language::listing::Listing;
use crate::language::models::{Api, CommandPart, Fails, Models, PathTransform, SpawnKind};
use crate::language::modes::{of_text, with_mode};
use crate::source::Span;
use ruff_python_ast::Expr;
use std::rc::Rc;

/// The type of open files.
const FILE: &str = "io::TextIOWrapper";
/// What `mkstemp` returns, as its row says: an open file and its path.
const HANDLE_AND_PATH: &str = "handle-and-path";

/// Arguments by position, as the row counts them.
pub struct Arguments<'t>(Vec<Option<Val<'t>>>);

impl<'t> Arguments<'t> {
    fn of(api: &Api, given: &Given<'t>) -> Self {
        let mut found: Vec<Option<Val<'t>>> = given.plain.iter().cloned().map(Some).collect();
        for (name, value) in &given.named {
            let Some(at) = api.keywords.iter().position(|k| k == name) else { continue };
            if found.len() <= at {
                found.resize(at + 1, None);
            }
            if let Some(slot) = found.get_mut(at) {
                *slot = Some(value.clone());
            }
        }
        Arguments(found)
    }

    /// The argument that stands there.
    pub fn get(&self, at: Option<usize>) -> Option<&Val<'t>> {
        self.0.get(at?)?.as_ref()
    }

    fn from(&self, at: usize) -> impl Iterator<Item = &Val<'t>> {
        self.0.iter().skip(at).flatten()
    }
}

impl<'t> Lowerer<'_, 't> {
    /// A call of an API that the models know; a receiver is argument 0.
    pub fn api_call(&mut self, api: &'static Api, given: Given<'t>, at: Span) -> Val<'t> {
        if api.effect == Some(Operation::Run)
            && let Some((index, V::Either(choice))) =
                given.plain.iter().map(|v| v.v.clone()).enumerate().find(|(_, v)| matches!(v, V::Either(_)))
        {
            return self.run_either(api, &given, (index, &choice), at);
        }
        let arguments = Arguments::of(api, &given);
        let ty = api.returns.as_deref().map_or(Ty::Unknown, Ty::of_row);
        let data = given.provenance();
        if api.ends {
            self.push(Step::Exit(Exit::Panic));
            return Val::opaque();
        }
        if let Some(kind) = api.spawn {
            return self.spawn(kind, api, &arguments, &given, at);
        }
        if api.joins {
            match arguments.get(Some(0)).map(|a| &a.v) {
                Some(V::Result(r)) if self.started.contains(r) => {
                    let result = *r;
                    self.waited_for(result);
                }
                // Which of what was started is waited for is not known: all that is.
                _ => self.join_since(0),
            }
            return Val { v: V::Opaque, ty, data };
        }
        if api.effect.is_none() && !api.calls.is_empty() {
            return self.called_at_once(api, &arguments, at);
        }
        if api.releases {
            return self.released(&arguments, at);
        }
        if let Some(asked) = arguments.get(api.access) {
            let observed = asked.observed();
            self.accessed.extend(observed.iter().copied());
            return Val { v: V::Opaque, ty, data: observed };
        }
        if let (None, Some(mode)) = (api.effect, arguments.get(api.mode)) {
            return Val { v: mode.v.clone(), ty, data };
        }
        if let Some(root) = api.root {
            let mut place = Place::new(PlaceKind::Root(root));
            if api.path == Some(PathTransform::Join) {
                for part in arguments.from(0) {
                    place = place.join(&self.place_of(part, ""));
                }
            }
            if let Some(unique) = api.unique {
                let id = self.opaque_id();
                place = place.join(&Place::new(PlaceKind::Unique(unique, id)));
            }
            let ty = if ty == Ty::Unknown { Ty::Text } else { ty };
            return Val::place(place, ty);
        }
        if let Some(transform) = api.path {
            return self.transform(transform, api, &arguments, &given, data);
        }
        if let Some(unique) = api.unique {
            return Val { v: V::Place(self.unique(unique, at)), ty, data };
        }
        if let Some(operation) = api.effect {
            return self.effect(operation, api, &arguments, &given, at);
        }
        self.seek(api, &arguments);
        if api.parses {
            let policy = self.policy_for_values();
            self.note_malformed(&data, policy);
        }
        if api.command == Some(CommandPart::Program) {
            let line = self.command_line(api, &arguments);
            return Val { v: V::Command(Rc::new(line)), ty, data };
        }
        Val { v: V::Opaque, ty, data }
    }

    /// A command line that is one or the other, by a decision made before.
    fn run_either(
        &mut self,
        api: &'static Api,
        given: &Given<'t>,
        (index, choice): (usize, &(Condition, Val<'t>, Val<'t>)),
        at: Span,
    ) -> Val<'t> {
        let with = |line: &Val<'t>| {
            let mut given = given.clone();
            match (&line.v, api.command) {
                // Each word is an argument of its own.
                (V::List(words), Some(CommandPart::Arguments)) => {
                    given.plain.splice(index..=index, words.iter().cloned());
                }
                _ => given.plain.iter_mut().skip(index).take(1).for_each(|slot| *slot = line.clone()),
            }
            given
        };
        let (condition, then, otherwise) = choice;
        let (one, other) = (with(then), with(otherwise));
        let (mut first, mut second) = (Val::opaque(), Val::opaque());
        let ran = self.deeper(|this| {
            this.branch(
                condition,
                |this| first = this.api_call(api, one, at),
                |this| second = this.api_call(api, other, at),
            );
        });
        match ran {
            Some(()) => self.join(condition, first, second, ""),
            None => Val::opaque(),
        }
    }

    /// Functions that are called at once, with what comes after them.
    fn called_at_once(&mut self, api: &Api, arguments: &Arguments<'t>, at: Span) -> Val<'t> {
        let mut value = Val::opaque();
        for index in &api.calls {
            if let Some(function) = arguments.get(Some(*index)).cloned() {
                let rest: Vec<Val<'t>> = arguments.from(index + 1).cloned().collect();
                value = self.call_value(&function, Given::plain(rest), at);
            }
        }
        value
    }

    fn released(&mut self, arguments: &Arguments<'t>, at: Span) -> Val<'t> {
        let Some(value) = arguments.get(Some(0)).cloned() else { return Val::opaque() };
        let site = self.site(at);
        let place = self.known_place(&value);
        let held = self.held.iter().rposition(|(on, _)| Some(on) == place.as_ref());
        if let Some(index) = held {
            let (_, result) = self.held.remove(index);
            self.push(Step::Release(result, site));
        } else if let V::Result(r) = value.v {
            self.push(Step::Release(r, site));
        }
        Val::new(V::None, Ty::Unknown)
    }

    fn transform(
        &mut self,
        transform: PathTransform,
        api: &Api,
        arguments: &Arguments<'t>,
        given: &Given<'t>,
        data: Vec<ResultId>,
    ) -> Val<'t> {
        let first = arguments.get(Some(0)).cloned().unwrap_or_default();
        let ty = api.returns.as_deref().map_or_else(|| first.ty.clone(), Ty::of_row);
        if transform == PathTransform::Same {
            return Val { ty, ..first };
        }
        if transform == PathTransform::Format {
            return self.formatted(arguments, given);
        }
        let base = match arguments.get(Some(0)) {
            Some(value) => self.place_of(value, ""),
            None => Place::new(PlaceKind::Root(Root::Working)),
        };
        let place = match transform {
            PathTransform::Join => {
                let parts: Vec<Val<'t>> = arguments.from(1).cloned().collect();
                parts.iter().fold(base, |place, part| {
                    let part = self.place_of(part, "");
                    match (place.kind(), part.kind()) {
                        (PlaceKind::Literal(text), _) if text.is_empty() => part,
                        _ => place.join(&part),
                    }
                })
            }
            PathTransform::Parent => base.parent(),
            PathTransform::FileName => self.file_name(&base),
            PathTransform::Stem => Place::new(PlaceKind::Stem(base)),
            PathTransform::WithFileName => match arguments.get(Some(1)) {
                Some(part) => {
                    let part = self.place_of(part, "");
                    base.with_file_name(&part)
                }
                None => base,
            },
            PathTransform::WithExtension => match arguments.get(Some(1)) {
                Some(part) => {
                    let part = self.place_of(part, "");
                    base.with_extension(&part)
                }
                None => base,
            },
            PathTransform::Split => {
                let name = Place::new(PlaceKind::FileName(base.clone()));
                let parts =
                    [base.parent(), name].map(|p| Val { v: V::Place(p), ty: Ty::Text, data: data.clone() });
                return Val { v: V::List(parts.to_vec()), ty: Ty::Sequence(Ty::Text.into()), data };
            }
            PathTransform::Concat => {
                let parts: Vec<Val<'t>> = arguments.from(0).cloned().collect();
                let parts = parts.iter().map(|p| self.place_of(p, "")).collect();
                text_of(parts)
            }
            PathTransform::ExpandHome => at_home(&base),
            PathTransform::Layout => {
                let layout = arguments.get(Some(1)).and_then(|layout| self.known_place(layout));
                Models::python().laid_out(&base, layout.as_ref())
            }
            PathTransform::Same | PathTransform::Format | PathTransform::Computed => base,
        };
        Val { v: V::Place(place), ty, data }
    }

    // --- formats -----------------------------------------------------------------------------------------------------

    /// `"..{}..{name}..".format(..)`: what is written down, and what is put in.
    fn formatted(&mut self, arguments: &Arguments<'t>, given: &Given<'t>) -> Val<'t> {
        let data = given.provenance();
        let Some(format) = arguments.get(Some(0)).and_then(Val::literal).map(str::to_owned) else {
            let place = self.fresh_place("");
            return Val { v: V::Place(place), ty: Ty::Text, data };
        };
        let mut parts = Vec::new();
        let mut next = 1;
        for piece in super::texts::braced(&format) {
            match piece {
                super::texts::Piece::Text(text) => parts.push(Place::literal(&text)),
                super::texts::Piece::Argument(name) => {
                    let at = match name.parse::<usize>() {
                        Ok(number) => Some(number + 1),
                        Err(_) if name.is_empty() => {
                            next += 1;
                            Some(next - 1)
                        }
                        Err(_) => None,
                    };
                    let value = arguments.get(at).or_else(|| given.get(&name)).cloned().unwrap_or_default();
                    parts.push(self.place_of(&value, &name));
                }
            }
        }
        Val { v: V::Place(text_of(parts)), ty: Ty::Text, data }
    }

    /// `"..%s.." % (..)`.
    pub fn percent(&mut self, arguments: &[Val<'t>]) -> Val<'t> {
        let mut data = Vec::new();
        arguments.iter().for_each(|a| add_data(&mut data, &a.provenance()));
        let Some(format) = arguments.first().and_then(Val::literal).map(str::to_owned) else {
            let place = self.fresh_place("");
            return Val { v: V::Place(place), ty: Ty::Text, data };
        };
        let mut rest = arguments.iter().skip(1);
        let mut parts = Vec::new();
        for piece in super::texts::percented(&format) {
            match piece {
                super::texts::Piece::Text(text) => parts.push(Place::literal(&text)),
                super::texts::Piece::Argument(name) => {
                    let value = match (name.is_empty(), arguments.get(1).map(|a| &a.v)) {
                        (false, Some(V::Struct(fields))) => {
                            fields.iter().find(|(n, _)| *n == name).map(|(_, v)| v.clone())
                        }
                        (false, _) => None,
                        (true, _) => rest.next().cloned(),
                    };
                    parts.push(self.place_of(&value.unwrap_or_default(), &name));
                }
            }
        }
        Val { v: V::Place(text_of(parts)), ty: Ty::Text, data }
    }

    // --- work beside -------------------------------------------------------------------------------------------------

    fn spawn(
        &mut self,
        kind: SpawnKind,
        api: &Api,
        arguments: &Arguments<'t>,
        given: &Given<'t>,
        at: Span,
    ) -> Val<'t> {
        let ty = api.returns.as_deref().map_or(Ty::Unknown, Ty::of_row);
        let Some(body) = api.body else {
            // What starts goes on from here (fork(2)).
            if kind == SpawnKind::Process {
                let (result, site) = (self.result(), self.site(at));
                self.push(Step::Spawn(Spawn { body: Block::default(), process: true, result, site }));
            }
            return Val::new(V::Opaque, ty);
        };
        let receivers = given.node.map_or(0, |n| given.plain.len().saturating_sub(n.arguments.args.len()));
        let process = kind == SpawnKind::Process;
        let mut results = Vec::new();
        // What is gathered is all started, then waited for.
        let all: Vec<usize> =
            if api.joins { (body..arguments.0.len().max(body + 1)).collect() } else { vec![body] };
        for index in all {
            let node = given.node.and_then(|n| n.arguments.args.get(index.checked_sub(receivers)?));
            let node = node.filter(|n| matches!(n, Expr::Call(_)));
            let function = arguments.get(Some(index)).cloned();
            // A value that hands itself over is no function: `scheduler.submit(self)`.
            if node.is_none() && function.as_ref().is_none_or(|function| self.is_receiver(function)) {
                continue;
            }
            let passed: Vec<Val<'t>> = match given.get("args").map(|a| &a.v) {
                Some(V::List(items)) => items.clone(),
                _ if api.joins => Vec::new(),
                _ => arguments.from(index + 1).cloned().collect(),
            };
            let result = self.result();
            let block = self.spawned(|this| match (node, function) {
                (Some(node), _) => {
                    this.expr(node);
                }
                (None, Some(function)) => {
                    let given = Given { plain: passed, ..Given::default() };
                    this.call_value(&function, given, at);
                }
                _ => {}
            });
            let site = self.site(at);
            self.push(Step::Spawn(Spawn { body: block, process, result, site }));
            self.started.push(result);
            results.push(result);
        }
        if api.joins {
            results.into_iter().for_each(|result| self.waited_for(result));
            return Val::new(V::Opaque, ty);
        }
        match results.first() {
            Some(result) => Val::new(V::Result(*result), ty),
            None => Val::new(V::Opaque, ty),
        }
    }

    /// Whether the value is the one whose method this is.
    fn is_receiver(&self, value: &Val<'t>) -> bool {
        let V::Place(place) = &value.v else { return false };
        self.class.is_some() && matches!(place.kind(), PlaceKind::Parameter { index: 0, .. })
    }

    /// Work is waited for.
    pub fn waited_for(&mut self, result: ResultId) {
        self.started.retain(|r| *r != result);
        self.push(Step::Join(result));
    }

    /// All work is waited for that was started since there were so many.
    pub fn join_since(&mut self, count: usize) {
        let over: Vec<ResultId> = self.started.drain(count.min(self.started.len())..).collect();
        for result in over {
            self.push(Step::Join(result));
        }
    }

    fn command_line(&mut self, api: &Api, arguments: &Arguments<'t>) -> CommandLine {
        let mut line = CommandLine::default();
        if api.command == Some(CommandPart::Arguments) {
            // Each word is an argument of its own.
            let words: Vec<Val<'t>> = arguments.from(0).cloned().collect();
            line.words = words.iter().map(|w| self.place_of(w, "")).collect();
        } else if let Some(words) = arguments.get(Some(0)) {
            match &words.v {
                V::List(items) => {
                    let items = items.clone();
                    line.words = items.iter().map(|i| self.place_of(i, "")).collect();
                }
                _ => {
                    if let Some(text) = words.literal() {
                        line.words = text.split_whitespace().map(Place::literal).collect();
                    } else {
                        let place = self.place_of(words, "");
                        line.words = match place.kind() {
                            PlaceKind::Concat(parts) => split_words(parts),
                            _ => vec![place],
                        };
                    }
                }
            }
        }
        line.words.truncate(WORDS);
        line.by_path = line.words.first().is_some_and(|program| match program.kind() {
            PlaceKind::Literal(text) => text.contains('/'),
            PlaceKind::Join(..) => true,
            _ => false,
        });
        line.directory = match arguments.get(api.below) {
            Some(Val { v: V::None, .. }) | None => None,
            Some(value) => {
                let value = value.clone();
                Some(self.place_of(&value, ""))
            }
        };
        line
    }

    // --- effects -----------------------------------------------------------------------------------------------------

    fn effect(
        &mut self,
        operation: Operation,
        api: &'static Api,
        arguments: &Arguments<'t>,
        given: &Given<'t>,
        at: Span,
    ) -> Val<'t> {
        let mut operation = operation;
        let mut tolerates = api.tolerates;
        let mut fails = api.fails == Fails::Result;
        let given_as = |keyword: &str, off: bool| {
            let at = api.keywords.iter().position(|k| k == keyword);
            arguments.get(at).is_some_and(|value| value.is_off() == off)
        };
        // What is tolerated where an argument says so that is decided elsewhere.
        let mut allowed = Vec::new();
        for when in &api.when {
            let beside = when.with.is_empty() || when.with.iter().any(|other| given_as(other, false));
            let at = api.keywords.iter().position(|k| *k == when.keyword);
            let heard = !when.told || arguments.get(at).is_some_and(|told| self.raises_nothing(told));
            if beside && heard && given_as(&when.keyword, when.off) {
                operation = when.effect.unwrap_or(operation);
                fails |= when.raises;
                match arguments.get(at).map(|value| &value.v) {
                    Some(V::Cond(condition)) if !when.off && !matches!(condition, Condition::Constant(_)) => {
                        allowed.push((condition.clone(), when.tolerates));
                    }
                    _ => tolerates = tolerates.union(when.tolerates),
                }
            }
        }
        let commanded = if operation == Operation::Run {
            let line = match arguments.get(Some(0)).map(|a| &a.v) {
                Some(V::Command(line)) => CommandLine::clone(line),
                _ => self.command_line(api, arguments),
            };
            line.run(self.file.models).or_else(|| line.executed(&api.name))
        } else {
            None
        };
        if let Some(option) = arguments.get(api.options) {
            operation = match (operation, &option.v) {
                (Operation::Open(_), V::Flags(flags)) => Operation::Open(*flags),
                (Operation::Open(_), V::Number(_)) => {
                    Operation::Open(OpenFlags { read: true, ..OpenFlags::default() })
                }
                (Operation::Lock { scope, .. }, V::Lock(flags)) => match flags.operation(scope) {
                    Some(operation) => operation,
                    // A part of the words is not known, and none says that it is given back.
                    None if !flags.unlock && flags.non_blocking => {
                        Operation::Lock { shared: false, blocking: false, scope }
                    }
                    None => return self.unlocked(api, arguments, at),
                },
                (operation, _) => operation,
            };
        }
        if api.text_mode.is_some() {
            let mode = arguments.get(api.text_mode);
            let flags = match mode {
                None => of_text("r"),
                Some(mode) => mode.literal().map_or_else(|| of_text("r"), of_text),
            };
            operation = Operation::Open(flags);
        }
        if api.mode.is_some() {
            let bits = arguments.get(api.mode).and_then(|a| match a.v {
                V::Number(bits) => Some(bits),
                _ => None,
            });
            // Without a mode, what is made is for all, as far as the mask lets.
            let bits = match (operation, arguments.get(api.mode)) {
                (Operation::Open(_) | Operation::CreateDir { .. }, None) => Some(0o777),
                _ => bits,
            };
            operation = with_mode(operation, bits);
        }
        let subject = arguments.get(api.place).cloned();
        if api.stream && !subject.as_ref().is_some_and(|value| self.may_be_open(value)) {
            // A stream that is no file: standard output, a socket, a buffer.
            let ty = api.returns.as_deref().map_or(Ty::Unknown, Ty::of_row);
            return Val { v: V::Opaque, ty, data: given.provenance() };
        }
        if api.private && matches!(operation, Operation::Rename { .. }) {
            return self.atomic_replace(operation, api, arguments, at);
        }
        // Opening something that is open already is another name for it.
        if let (Operation::Open(_), Some(Val { v: V::Result(r), .. })) = (operation, &subject)
            && self.opened.contains(r)
        {
            return Val::new(V::Result(*r), Ty::named(FILE));
        }
        let result = self.result();
        let mut handle = None;
        let place = match &subject {
            Some(value) => {
                // A mutex is no file: its place is the lock.
                if !matches!(operation, Operation::Lock { scope: LockScope::Thread, .. }) {
                    handle = self.handle_of(value);
                }
                self.place_of(value, "")
            }
            None if api.private => Place::new(PlaceKind::Root(Root::Temp)),
            None if api.place.is_some() && operation == Operation::ReadDir => {
                Place::new(PlaceKind::Root(Root::Working))
            }
            None => self.fresh_place(""),
        };
        let place = match arguments.get(api.below).filter(|_| operation != Operation::Run) {
            Some(base) if !matches!(base.v, V::None) => {
                let base = self.place_of(base, "");
                base.join(&place)
            }
            _ => place,
        };
        let place = match &api.inside {
            Some(name) => place.join(&Place::literal(name)),
            None => place,
        };
        let place = if api.private {
            let id = self.opaque_id();
            let private = Place::new(PlaceKind::Private(id));
            match &subject {
                Some(Val { v: V::None, .. }) | None => private,
                Some(_) => place.join(&private),
            }
        } else {
            place
        };
        let other = arguments.get(api.other).cloned();
        let other_place = other.map(|value| self.place_of(&value, ""));
        let mut data = Vec::new();
        let writes = matches!(operation, Operation::Write | Operation::Append | Operation::Truncate);
        for (i, value) in arguments.0.iter().enumerate() {
            let Some(value) = value else { continue };
            let goes_in =
                api.data.map_or(writes && Some(i) != api.place, |from| i >= from && Some(i) != api.place);
            if goes_in {
                add_data(&mut data, &value.provenance());
            }
        }
        data.retain(|r| Some(*r) != handle);
        let content = self.content(operation, api, arguments, given);
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
        }
        // Who is told whether two files are alike is told of what was read, and a file that is not there is a failure.
        let answers = api.returns.as_deref() == Some("bool") && operation != Operation::Read;
        let raises = fails && tolerates == Kinds::NONE && allowed.is_empty() && !answers;
        let part = self.sought.is_part(operation, api, handle, || names_a_part(api, arguments));
        let on_malformed = (api.parses && operation == Operation::Read).then(|| self.policy_for_values());
        self.push(Step::Effect(Effect {
            operation,
            place: place.clone(),
            handle,
            other_place,
            data,
            content,
            result,
            on_failure: if raises { OnFailure::Propagate } else { OnFailure::Continue },
            on_malformed,
            defaulted: false,
            part,
            certainty: Certainty::Known,
            api: name.as_str().into(),
            site,
        }));
        if !raises && fails && !answers {
            let failed = |tolerated: Kinds| Condition::Failed(result, Kinds::ANY.without(tolerated));
            let mut fatal = vec![failed(tolerates)];
            for (condition, kinds) in allowed {
                fatal.push(any(vec![failed(tolerates.union(kinds)), condition.negated()]));
            }
            let fatal = all(fatal);
            self.leave_if(fatal, OnFailure::Propagate, &[result]);
        }
        if api.fills.is_some()
            && let Some(Expr::Attribute(attribute)) = given.node.map(|n| &*n.func)
            && let Some(root) = super::statements::root_of(&attribute.value)
        {
            self.taint(root, &[result]);
        }
        self.effect_result(result, api, operation, place)
    }

    /// What a call with an effect returned.
    fn effect_result(&mut self, result: ResultId, api: &Api, operation: Operation, place: Place) -> Val<'t> {
        // That a key is not there is `None`.
        let optional = matches!(operation, Operation::Key(KeyOperation::Get | KeyOperation::Swap));
        if optional {
            self.optional.insert(result);
        }
        let reads = optional || matches!(operation, Operation::Read | Operation::ReadDir);
        let data = if reads { vec![result] } else { Vec::new() };
        if api.returns.as_deref() == Some(HANDLE_AND_PATH) {
            let handle = Val::new(V::Result(result), Ty::named(FILE));
            return Val::new(V::List(vec![handle, Val::place(place, Ty::Text)]), Ty::Unknown);
        }
        let ty = match (operation, api.returns.as_deref()) {
            (_, Some(name)) => Ty::of_row(name),
            (Operation::Open(_), None) => Ty::named(FILE),
            (Operation::Check(_), None) if api.fails == Fails::Never => Ty::Bool,
            _ => Ty::Unknown,
        };
        match (&ty, operation) {
            (Ty::Bool, Operation::Check(Check::Access | Check::Metadata | Check::SymlinkMetadata))
            | (Ty::Bool, Operation::Lock { .. }) => Val { v: V::Cond(Condition::Ok(result)), ty, data },
            (Ty::Bool, Operation::Read) => Val { v: V::Opaque, ty, data },
            (Ty::Bool, _) => Val { v: V::Cond(Condition::True(result)), ty, data },
            (Ty::Text, _) if api.private => Val { v: V::Place(place), ty, data },
            _ => Val { v: V::Result(result), ty, data },
        }
    }

    fn unlocked(&mut self, api: &Api, arguments: &Arguments<'t>, at: Span) -> Val<'t> {
        let site = self.site(at);
        let subject = arguments.get(api.place).cloned().unwrap_or_default();
        let place = self.known_place(&subject);
        let index = self.held.iter().rposition(|(on, _)| Some(on) == place.as_ref());
        let result = match index {
            Some(index) => Some(self.held.remove(index).1),
            None => self.handle_of(&subject),
        };
        if let Some(result) = result {
            self.push(Step::Release(result, site));
        }
        Val::new(V::None, Ty::Unknown)
    }

    /// What a write is given to write. Writers without a data argument of their own write the one other thing they are given.
    fn content(
        &self,
        operation: Operation,
        api: &Api,
        arguments: &Arguments<'t>,
        given_as: &Given<'t>,
    ) -> Value {
        if !matches!(operation, Operation::Write | Operation::Append) {
            return Value::Opaque;
        }
        let mut given = arguments.0.iter().enumerate().filter(|(i, value)| match api.data {
            Some(data) => *i == data,
            None => Some(*i) != api.place && value.is_some(),
        });
        let (Some((at, Some(value))), None) = (given.next(), given.next()) else { return Value::Opaque };
        match &value.v {
            V::Place(place) if matches!(place.kind(), PlaceKind::Literal(_) | PlaceKind::Constant(_)) => {
                Value::Place(place.clone())
            }
            // Who names its process owns what it writes.
            V::Place(place) if place.names_process() => Value::Place(place.clone()),
            // What is streamed is what the open file holds.
            V::Result(open) if self.opened.contains(open) => {
                Value::Place(Place::made(vec![Place::new(PlaceKind::Result(*open))]))
            }
            _ => match self.made_of(given_as, at, value) {
                Some(made) => Value::Place(made),
                // What a function of the program returns may be known once that is found.
                None => match value.v {
                    V::Result(made) => Value::Place(Place::made(vec![Place::new(PlaceKind::Result(made))])),
                    _ => Value::Opaque,
                },
            },
        }
    }

    /// A library's atomic replacement: a private file is written, then renamed to the other place.
    fn atomic_replace(
        &mut self,
        operation: Operation,
        api: &Api,
        arguments: &Arguments<'t>,
        at: Span,
    ) -> Val<'t> {
        let id = self.opaque_id();
        let private = Place::new(PlaceKind::Private(id));
        let mut data = Vec::new();
        for (i, value) in arguments.0.iter().enumerate() {
            if let Some(value) = value.as_ref().filter(|_| Some(i) != api.other) {
                add_data(&mut data, &value.provenance());
            }
        }
        let target = match arguments.get(api.other) {
            Some(value) => self.place_of(value, ""),
            None => self.fresh_place(""),
        };
        let site = self.site(at);
        let (write, rename) = (self.result(), self.result());
        let step = |operation, other_place, data, result| {
            Step::Effect(Effect {
                operation,
                place: private.clone(),
                handle: None,
                other_place,
                data,
                content: Value::Opaque,
                result,
                on_failure: OnFailure::Propagate,
                on_malformed: None,
                defaulted: false,
                part: false,
                certainty: Certainty::Known,
                api: api.name.as_str().into(),
                site,
            })
        };
        self.push(step(Operation::Write, None, data, write));
        self.push(step(operation, Some(target), Vec::new(), rename));
        Val::opaque()
    }

    /// The open handle that a value is, if it is one.
    pub fn handle_of(&mut self, value: &Val<'t>) -> Option<ResultId> {
        match &value.v {
            V::Result(r) if self.opened.contains(r) || is_stream(&value.ty) => Some(*r),
            // A handle kept in an attribute or made elsewhere: not a path lookup, though nobody here opened it.
            V::Place(place) if is_stream(&value.ty) && !place.is_private() => Some(self.result()),
            _ => None,
        }
    }

    /// Whether what is read from or written to may be a file.
    fn may_be_open(&self, value: &Val<'t>) -> bool {
        match &value.v {
            V::Result(r) => self.opened.contains(r) || is_stream(&value.ty),
            V::Place(place) => is_stream(&value.ty) || place.is_private(),
            _ => false,
        }
    }
}

/// Whether values of the type stand for an open file rather than a path.
pub fn is_stream(ty: &Ty) -> bool {
    let Ty::Named(name) = ty else { return false };
    let name = dotted(name);
    let models = Models::python();
    ["write", "read"].into_iter().any(|method| {
        models
            .api(&[name.as_str(), ".", method].concat())
            .is_some_and(|api| api.effect.is_some() && api.stream)
    })
}

/// A path with `~` at its beginning in the user's home.
fn at_home(place: &Place) -> Place {
    let home = || Place::new(PlaceKind::Root(Root::Home));
    match place.kind() {
        PlaceKind::Literal(text) if &**text == "~" => home(),
        PlaceKind::Literal(text) => match text.strip_prefix("~/") {
            Some(rest) => home().join(&Place::literal(rest)),
            None => place.clone(),
        },
        PlaceKind::Join(base, last) => at_home(base).join(last),
        _ => place.clone(),
    }
}

/// The words of a command line that is put together as a text: what is put in is part of the word around it.
fn split_words(parts: &[Place]) -> Vec<Place> {
    let mut words: Vec<Vec<Place>> = vec![Vec::new()];
    for part in parts {
        let PlaceKind::Literal(text) = part.kind() else {
            if let Some(word) = words.last_mut() {
                word.push(part.clone());
            }
            continue;
        };
        for (at, piece) in text.split(' ').enumerate() {
            if at > 0 {
                words.push(Vec::new());
            }
            if let Some(word) = words.last_mut()
                && !piece.is_empty()
            {
                word.push(Place::literal(piece));
            }
        }
    }
    words.into_iter().filter(|w| !w.is_empty()).map(text_of).collect()
}
