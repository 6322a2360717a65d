//! Calls of library APIs, as the models' rows say.

use super::expr;
use super::lower::{Lowerer, owned_results};
use super::position::names_a_part;
use super::types::{FILE, PATH, Ty};
use super::value::{DirFlags, V, Val};
use crate::flow::{
    Callee, Certainty, Effect, Exit, KeyOperation, LockScope, OnFailure, OpenFlags, Operation, Place,
    PlaceKind, ResultId, Spawn, Step, Value,
};
use crate::language::conditions::add_data;
use crate::language::listing::Listing;
use crate::language::models::{Api, Fails, Models, PathTransform, SpawnKind};
use crate::language::modes::with_mode;
use crate::source::Span;
use std::rc::Rc;
use syn::Expr;

impl Lowerer<'_> {
    /// A call of an API that the models know. Nothing where the row does not fit the call after all.
    pub fn api_call(
        &mut self,
        api: &Api,
        arguments: &mut [Val],
        syntax: &[&Expr],
        span: Span,
        certainty: Certainty,
    ) -> Option<Val> {
        if api.ends {
            self.push(Step::Exit(Exit::Panic));
            self.diverged = true;
            return Some(Val::opaque());
        }
        let before = self.started.len();
        let mut called = None;
        for at in &api.calls {
            if let Some(value) = arguments.get(*at).cloned() {
                called = Some(match value.v {
                    V::Closure(_) | V::Function(_) => self.call_value(&value, Vec::new(), span),
                    _ => self.awaited(value, span),
                });
            }
        }
        if api.joins && !api.calls.is_empty() {
            // A scope waits for all that was started in it.
            let inside = self.started.split_off(before);
            inside.into_iter().for_each(|r| self.push(Step::Join(r)));
            return Some(self.shaped(Val::opaque(), api.fails));
        }
        if let (Some(value), Fails::Never, None) = (called, api.fails, &api.returns) {
            return Some(value);
        }
        if let Some(kind) = api.spawn {
            return Some(self.spawn(kind, api, arguments, span));
        }
        if api.joins {
            let value = arguments.first()?.clone();
            self.wait_for(&value, span);
            return Some(Val::opaque().with_data(&value.data));
        }
        if api.releases {
            let value = arguments.first()?.clone();
            self.moved(&value);
            let site = self.site(span);
            for r in owned_results(&value) {
                self.push(Step::Release(r, site));
            }
            return Some(Val::new(V::Opaque, Ty::Result(Rc::new(Ty::Unknown))));
        }
        if let Some(flag) = &api.flag {
            return Some(self.set_flag(flag, arguments));
        }
        if let Some(asked) = api.access.and_then(|at| arguments.get(at)) {
            self.accessed.extend(asked.observed());
        }
        if let (None, Some(at)) = (api.effect, api.mode) {
            return Some(self.set_mode(at, api, arguments, syntax));
        }
        if let Some(root) = api.root {
            let mut place = Place::new(PlaceKind::Root(root));
            if api.path == Some(PathTransform::Join)
                && let Some(part) = arguments.get(1)
            {
                place = place.join(&self.place_of(part, ""));
            }
            return Some(self.shaped(Val::place(place, Ty::path()), api.fails));
        }
        if let Some(part) = api.command
            && let Some(value) = self.command_with(part, arguments, syntax)
        {
            let ty = api.returns.as_deref().map_or_else(|| value.ty.clone(), Ty::of_name);
            return Some(Val { ty, ..value });
        }
        if let Some(transform) = api.path {
            return Some(self.transform(transform, api, arguments));
        }
        if let (None, Some(at)) = (api.effect, api.options)
            && let (Some(Val { v: V::Flags(flags), ty, .. }), Some(V::Flags(more))) =
                (arguments.first(), arguments.get(at).map(|a| &a.v))
        {
            // `custom_flags(libc::O_EXCL | ..)` adds what the constants say.
            return Some(Val::new(V::Flags(flags.union(*more)), ty.clone()));
        }
        if api.errno {
            return self.last_error();
        }
        if let Some(unique) = api.unique {
            let ty = api.returns.as_deref().map_or(Ty::Unknown, Ty::of_name);
            let value = Val::place(self.unique(unique, span), ty);
            return Some(self.shaped(value, api.fails));
        }
        if let Some(statement) = api.program.as_ref().and_then(|p| self.statement_run(p, arguments, syntax)) {
            let mut arguments = [statement];
            return self.effect(Operation::Run, api, &mut arguments, syntax, span, certainty);
        }
        if let Some(operation) = api.effect {
            return self.effect(operation, api, arguments, syntax, span, certainty);
        }
        self.seek(api, arguments, syntax);
        let ty = api.returns.as_deref().map_or(Ty::Unknown, Ty::of_name);
        let data: Vec<ResultId> = arguments.iter().flat_map(Val::provenance).collect();
        if ty.name() == Some("std::fs::OpenOptions") {
            return Some(Val::new(V::Flags(OpenFlags::default()), ty));
        }
        let value = Val::new(V::Opaque, ty).with_data(&data);
        Some(self.shaped(value, api.fails))
    }

    fn shaped(&mut self, value: Val, fails: Fails) -> Val {
        match fails {
            Fails::Never => value,
            // The failure of a lookup is no effect of ours: the success is taken for granted.
            Fails::Option => Val { ty: Ty::Option(Rc::new(value.ty.clone())), ..value },
            Fails::Result => Val { ty: Ty::Result(Rc::new(value.ty.clone())), ..value },
        }
    }

    fn set_flag(&mut self, flag: &str, arguments: &[Val]) -> Val {
        let Some(builder) = arguments.first() else { return Val::opaque() };
        let mut flags = if let V::Flags(f) = builder.v { f } else { OpenFlags::default() };
        let on = match arguments.get(1).map(|a| &a.v) {
            Some(V::Cond(crate::flow::Condition::Constant(b))) => Some(*b),
            _ => None,
        };
        match flag {
            "read" => flags.read = on.unwrap_or(true),
            "write" => flags.write = on.unwrap_or(true),
            "append" => flags.append = on.unwrap_or(false),
            "create" => flags.create = on.unwrap_or(true),
            "create_new" => flags.create_new = on.unwrap_or(false),
            "truncate" => flags.truncate = on.unwrap_or(false),
            "no_follow" => flags.no_follow = true,
            "recursive" => {
                let flags = DirFlags { all: on.unwrap_or(false), ..builder.directory_flags() };
                return Val::new(V::Directory(flags), builder.ty.clone());
            }
            _ => {}
        }
        Val::new(V::Flags(flags), builder.ty.clone())
    }

    fn transform(&mut self, transform: PathTransform, api: &Api, arguments: &[Val]) -> Val {
        let first = arguments.first().cloned().unwrap_or_default();
        let second = arguments.get(1).cloned().unwrap_or_default();
        let ty = api.returns.as_deref().map_or_else(|| first.ty.clone(), Ty::of_name);
        let mut data = first.data.clone();
        if transform == PathTransform::Same {
            // A conversion keeps whatever the value is. An archive or a lock around a file has methods of its own, unlike a
            // stream around it.
            let is_stream = |to: &str| {
                Models::rust().method(Some(to), "read").is_some_and(|read| read.name.starts_with("std::io::"))
            };
            let wraps = matches!((&first.v, &first.ty), (V::Result(_), Ty::Named(_)))
                && match &ty {
                    Ty::Named(to) => !is_stream(to),
                    Ty::Sequence(_) => true,
                    _ => false,
                };
            // What a path is made of was a text, whatever returned it.
            let makes_a_path = ty == Ty::path()
                && api.fails == Fails::Never
                && matches!((&first.v, &first.ty), (V::Result(_), Ty::Text | Ty::Unknown));
            let keeps_type = api.returns.is_none()
                || !wraps
                    && !makes_a_path
                    && matches!(
                        first.v,
                        V::Result(_) | V::Maybe(_) | V::Struct(_) | V::Tuple(_) | V::Cond(_) | V::Closure(_)
                    );
            let ty = if keeps_type { first.ty.clone() } else { ty };
            let value = Val { ty, ..first };
            return if api.fails == Fails::Never { value } else { self.shaped(value, api.fails) };
        }
        add_data(&mut data, &second.data);
        let base = self.place_of(&first, "");
        let place = match transform {
            PathTransform::Join => {
                let part = self.place_of(&second, "");
                base.join(&part)
            }
            PathTransform::Parent => base.parent(),
            PathTransform::FileName => self.file_name(&base),
            PathTransform::Stem => Place::new(PlaceKind::Stem(base)),
            PathTransform::WithFileName => {
                let part = self.place_of(&second, "");
                base.with_file_name(&part)
            }
            PathTransform::WithExtension => {
                let part = self.place_of(&second, "");
                base.with_extension(&part)
            }
            PathTransform::Concat => {
                let parts: Vec<Val> = arguments.to_vec();
                Place::new(PlaceKind::Concat(parts.iter().map(|p| self.place_of(p, "")).collect()))
            }
            PathTransform::Layout => {
                let layout = self.known_place(&second);
                Models::rust().laid_out(&base, layout.as_ref())
            }
            // Rust formats with macros, and nothing of it splits a path in two.
            PathTransform::Same
            | PathTransform::Format
            | PathTransform::Split
            | PathTransform::Computed
            | PathTransform::ExpandHome => base,
        };
        let value = Val { v: V::Place(place), ty, data };
        if api.fails == Fails::Never { value } else { self.shaped(value, api.fails) }
    }

    fn spawn(&mut self, kind: SpawnKind, api: &Api, arguments: &mut [Val], span: Span) -> Val {
        let result = self.result();
        let body = api.body.and_then(|at| arguments.get(at)).cloned();
        let (block, ()) = self.in_block(|this| {
            if let Some(body) = &body {
                let value = match &body.v {
                    V::Async(_) => this.awaited(body.clone(), span),
                    _ => this.call_value(body, Vec::new(), span),
                };
                drop(value);
            }
        });
        let site = self.site(span);
        // Even one that does nothing of interest is beside whatever comes after.
        let process = kind == SpawnKind::Process;
        if !process || !block.steps.is_empty() {
            self.push(Step::Spawn(Spawn { body: block, process, result, site }));
        }
        if !process {
            self.started.push(result);
        }
        let data = body.map(|b| b.observed()).unwrap_or_default();
        Val { v: V::Result(result), ty: Ty::Named(JOIN_HANDLE.into()), data }
    }

    /// Waits for the work that the value is the handle of, or that it came out of a collection of handles of.
    pub fn wait_for(&mut self, value: &Val, span: Span) {
        if let V::Result(r) = value.v {
            return self.push(Step::Join(r));
        }
        if !self.wait_for_started(value) {
            let place = self.place_of(value, "");
            self.hand_over(Operation::Wait, place, "join", span);
        }
    }

    /// Waits for the work whose handle came out of a collection; answers whether there is such work.
    pub fn wait_for_started(&mut self, value: &Val) -> bool {
        let mut waited = value.observed();
        waited.retain(|r| self.started.contains(r));
        let any = !waited.is_empty();
        waited.into_iter().for_each(|r| self.push(Step::Join(r)));
        any
    }

    /// A step of what threads do with one another.
    pub fn hand_over(&mut self, operation: Operation, place: Place, api: &str, span: Span) -> ResultId {
        let (result, site) = (self.result(), self.site(span));
        self.push(Step::Effect(Effect::plain(operation, place, result, api.into(), site)));
        result
    }

    fn effect(
        &mut self,
        operation: Operation,
        api: &Api,
        arguments: &mut [Val],
        syntax: &[&Expr],
        span: Span,
        certainty: Certainty,
    ) -> Option<Val> {
        match operation {
            Operation::Channel { .. } => return Some(self.channel(api, syntax, span)),
            Operation::Send { .. } | Operation::Receive { .. } => {
                let end = arguments.first().cloned().unwrap_or_default();
                return Some(self.through_channel(operation, api, &end, span));
            }
            _ => {}
        }
        let mut operation = operation;
        let commanded = match arguments.first().map(|a| &a.v) {
            Some(V::Command(line)) if operation == Operation::Run => {
                line.run(self.file.models).or_else(|| line.executed(&api.name))
            }
            _ => None,
        };
        if let Some(option) = api.options.and_then(|at| arguments.get(at)) {
            operation = match (operation, &option.v) {
                (Operation::Open(_), V::Flags(flags)) => Operation::Open(*flags),
                (Operation::CreateDir { .. }, V::Directory(DirFlags { all, private })) => {
                    Operation::CreateDir { all: *all, private: *private }
                }
                // Flags that take no lock give one back, or say too little.
                (Operation::Lock { scope, .. }, V::Lock(flags)) => match flags.operation(scope) {
                    Some(operation) => operation,
                    None => {
                        let site = self.site(span);
                        if let Some(r) = arguments.first().and_then(|a| self.handle_of(a)) {
                            self.push(Step::Release(r, site));
                        }
                        return Some(Val::opaque());
                    }
                },
                // fcntl(2) does more than to take locks, and says by a word what.
                (Operation::Lock { .. }, _)
                    if api.options.and_then(|at| syntax.get(at)).is_some_and(|asked| is_a_word(asked)) =>
                {
                    return Some(Val::opaque());
                }
                (operation, _) => operation,
            };
        }
        if let Some(at) = api.mode {
            let bits = self.mode_bits(arguments.get(at), syntax.get(at).copied());
            operation = with_mode(operation, bits);
        }
        if let Some(value) = api.place.and_then(|at| arguments.get(at))
            && (is_stream_row(api)
                && matches!(value.v, V::Opaque | V::Struct(_) | V::Closure(_) | V::Command(_))
                || api.descriptor
                    && matches!(operation, Operation::Read | Operation::Write)
                    && !matches!(value.v, V::Result(_))
                    && value.ty.name() != Some(FILE))
        {
            // A stream that is no file: standard output, a socket, a buffer.
            let data: Vec<ResultId> = arguments.iter().flat_map(Val::provenance).collect();
            return Some(Val::opaque().with_data(&data));
        }
        if api.private && matches!(operation, Operation::Rename { .. }) {
            return Some(self.atomic_replace(operation, api, arguments, span));
        }
        let result = self.result();
        let mut handle = None;
        let place = match api.place.map(|at| arguments.get(at).cloned().unwrap_or_default()) {
            Some(value) => {
                // A mutex is no file: its place is the lock.
                if !matches!(operation, Operation::Lock { scope: LockScope::Thread, .. }) {
                    handle = self.handle_of(&value);
                }
                // Where only a handle makes sense, a value is one, whatever its type and whoever opened it.
                if is_stream_row(api) || api.descriptor {
                    handle = handle.or_else(|| match &value.v {
                        V::Result(r) => Some(*r),
                        V::Place(place) if !place.is_private() => Some(self.result()),
                        _ => None,
                    });
                }
                self.place_of(&value, "")
            }
            None => self.fresh_place(""),
        };
        let place = self.relative(api.below, arguments, place);
        let place =
            api.inside.as_ref().map_or_else(|| place.clone(), |name| place.join(&Place::literal(name)));
        let place = if api.private {
            let id = self.opaque_id();
            let private = Place::new(PlaceKind::Private(id));
            if api.place.is_some() { place.join(&private) } else { private }
        } else {
            place
        };
        let other_place =
            api.other.and_then(|at| arguments.get(at)).cloned().map(|value| self.place_of(&value, ""));
        let other_place = other_place.map(|p| self.relative(api.other_below, arguments, p));
        let mut data = Vec::new();
        if let Some(value) = api.data.and_then(|at| arguments.get(at)) {
            add_data(&mut data, &value.provenance());
        }
        let changes = matches!(
            operation,
            Operation::SetPermissions(_) | Operation::SetOwner { .. } | Operation::SetTimes
        );
        if (changes || matches!(operation, Operation::Write | Operation::Append | Operation::Truncate))
            && api.data.is_none()
        {
            // Writers that take no data argument of their own (`serde_json::to_writer`, `write!`) derive from all they are given.
            for (at, value) in arguments.iter().enumerate() {
                if Some(at) != api.place {
                    add_data(&mut data, &value.provenance());
                }
            }
        }
        data.retain(|r| Some(*r) != handle);
        let content = self.content(operation, api, arguments, syntax);
        // Reading into a buffer: the buffer now derives from the read.
        let filled = api.fills.and_then(|at| syntax.get(at)).and_then(|e| expr::root_variable(e));
        if let Some(name) = filled {
            self.taint(&name, &[result]);
        }
        let fallible = api.fails != Fails::Never;
        let site = self.site(span);
        let (mut place, mut other_place, mut name) = (place, other_place, api.name.clone());
        if let Some(run) = commanded {
            (operation, place, name) = (run.operation, run.place, run.name);
            other_place = (operation == Operation::Update).then(|| place.join(&Place::literal("index.lock")));
        }
        let effect = Effect {
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
            part: self.sought.is_part(operation, api, handle, || names_a_part(api, syntax)),
            certainty,
            api: name.as_str().into(),
            site,
        };
        let ty = match (operation, api.returns.as_deref()) {
            (_, Some(name)) => Ty::of_name(name),
            (Operation::Open(_), None) => Ty::Named(FILE.into()),
            (
                Operation::Check(_) | Operation::Key(KeyOperation::Exists | KeyOperation::SetNew { .. }),
                None,
            ) => Ty::Bool,
            _ => Ty::Unknown,
        };
        let wrapped = match api.fails {
            Fails::Result => Ty::Result(Rc::new(ty.clone())),
            Fails::Option => Ty::Option(Rc::new(ty.clone())),
            Fails::Never => ty.clone(),
        };
        self.result_places.insert(result, place.clone());
        if let Some(listing) = api.lists.and_then(|lists| Listing::of(lists, &place, span, &api.name)) {
            self.note_listing(result, listing);
        }
        if let (Operation::EnvGet, PlaceKind::Literal(name)) = (operation, place.kind()) {
            self.result_places.insert(result, Place::new(PlaceKind::Environment(name.clone())));
        }
        if matches!(operation, Operation::Open(_)) {
            self.opened.insert(result);
            self.droppable.insert(result);
        }
        if api.status {
            self.statuses.insert(result);
            self.last_status = Some(result);
        }
        if certainty == Certainty::Presumed {
            let method = api.name.rsplit("::").next().unwrap_or_default().to_owned();
            let callee = Callee::Method { receiver: None, name: method };
            let arguments: Vec<Val> = arguments.to_vec();
            let value = self.unknown_call(callee, arguments, span, Some(effect));
            self.result_places.insert(result, place);
            return Some(self.effect_result(result, ty, wrapped, fallible, operation, value.data));
        }
        self.push(Step::Effect(effect));
        if api.private {
            // The path is known to this process only, whatever is done with the handle.
            return Some(Val {
                v: V::Place(self.result_places.get(&result).cloned()?),
                ty: wrapped,
                data: Vec::new(),
            });
        }
        // A lock taken on an open file lives as long as the file is open; a guard, as long as somebody holds it.
        // What is asked for by a word is taken on an open file, be it known or not.
        let guards = api.returns.is_some() || (handle.is_none() && api.options.is_none());
        let mut data = Vec::new();
        if matches!(operation, Operation::Lock { .. }) && guards {
            self.droppable.insert(result);
            self.temporaries.push(result);
            if matches!(operation, Operation::Lock { scope: LockScope::Thread, .. }) {
                self.mutex_guards.insert(result);
                // The guard gives what the mutex keeps.
                data = api.place.and_then(|at| arguments.get(at)).map(Val::provenance).unwrap_or_default();
            }
        }
        Some(self.effect_result(result, ty, wrapped, fallible, operation, data))
    }

    /// What a write is given to write. Writers without a data argument of their own write the one other thing they are given.
    fn content(&self, operation: Operation, api: &Api, arguments: &[Val], syntax: &[&Expr]) -> Value {
        if !matches!(operation, Operation::Write | Operation::Append) {
            return Value::Opaque;
        }
        let mut given = arguments.iter().enumerate().filter(|(at, _)| match api.data {
            Some(data) => *at == data,
            None => Some(*at) != api.place,
        });
        let (Some((at, value)), None) = (given.next(), given.next()) else { return Value::Opaque };
        let known = match &value.v {
            V::Place(place) => Some(place.clone()).filter(|place| !self.is_changed(place)),
            // What was read, what an open file holds, or what a function of the program returns.
            V::Result(r) => match self.result_places.get(r) {
                Some(place) if matches!(place.kind(), PlaceKind::Call { .. }) && place.is_closed() => {
                    Some(place.clone())
                }
                _ => Some(Place::made(vec![Place::new(PlaceKind::Result(*r))])),
            },
            _ => None,
        };
        if !known.as_ref().is_some_and(Place::is_closed) && syntax.get(at).is_some_and(|e| self.is_settled(e))
        {
            return Value::Place(Place::settled());
        }
        known.map_or(Value::Opaque, Value::Place)
    }

    /// Whether a variable that may have been changed since holds it.
    fn is_changed(&self, place: &Place) -> bool {
        self.changeable.contains(place) || place.parts().any(|part| self.is_changed(part))
    }

    fn effect_result(
        &mut self,
        result: ResultId,
        ty: Ty,
        wrapped: Ty,
        fallible: bool,
        operation: Operation,
        data: Vec<ResultId>,
    ) -> Val {
        let mut data = data;
        // That the store cannot be asked is no answer; that a key is not there is `None`.
        if let Operation::Key(KeyOperation::Get | KeyOperation::Swap) = operation {
            add_data(&mut data, &[result]);
            return Val::success(Val { v: V::Result(result), ty: Ty::Option(Rc::new(Ty::Unknown)), data });
        }
        if matches!(operation, Operation::Read | Operation::ReadDir) {
            add_data(&mut data, &[result]);
        }
        if !fallible && ty == Ty::Bool && !self.statuses.contains(&result) {
            return Val { v: V::Cond(crate::flow::Condition::True(result)), ty: Ty::Bool, data };
        }
        Val { v: V::Result(result), ty: wrapped, data }
    }

    /// A place relative to an open directory; the working directory is no base.
    fn relative(&mut self, below: Option<usize>, arguments: &[Val], place: Place) -> Place {
        let Some(base) = below.and_then(|at| arguments.get(at)) else { return place };
        // nix takes no directory for the working directory.
        if matches!(&base.v, V::Maybe(maybe) if maybe.ok == crate::flow::Condition::Constant(false)) {
            return place;
        }
        let base = self.place_of(base, "");
        if matches!(base.kind(), PlaceKind::Root(crate::flow::Root::Working)) {
            place
        } else {
            base.join(&place)
        }
    }

    /// A library's atomic replacement: a private file is written, then renamed to the other place.
    fn atomic_replace(&mut self, operation: Operation, api: &Api, arguments: &[Val], span: Span) -> Val {
        let id = self.opaque_id();
        let private = Place::new(PlaceKind::Private(id));
        let mut data = Vec::new();
        for (at, value) in arguments.iter().enumerate() {
            if Some(at) != api.other {
                add_data(&mut data, &value.provenance());
            }
        }
        let target = match api.other.and_then(|at| arguments.get(at)) {
            Some(value) => self.place_of(value, ""),
            None => self.fresh_place(""),
        };
        let site = self.site(span);
        let effect = |operation, other_place, data, result, on_failure| {
            Step::Effect(Effect {
                operation,
                place: private.clone(),
                handle: None,
                other_place,
                data,
                content: Value::Opaque,
                result,
                on_failure,
                on_malformed: None,
                defaulted: false,
                part: false,
                certainty: Certainty::Known,
                api: api.name.as_str().into(),
                site,
            })
        };
        let (write, rename) = (self.result(), self.result());
        self.push(effect(Operation::Write, None, data, write, OnFailure::Continue));
        self.push(effect(operation, Some(target), Vec::new(), rename, OnFailure::Continue));
        Val::new(V::Result(rename), Ty::Result(Rc::new(Ty::Unknown)))
    }

    /// The open handle that a value is, if it is one.
    pub fn handle_of(&mut self, value: &Val) -> Option<ResultId> {
        match &value.v {
            V::Result(r) if self.opened.contains(r) || is_stream(&value.ty) => Some(*r),
            // A handle kept in a field or made elsewhere: not a path lookup, though nobody here opened it.
            V::Place(place) if is_stream(&value.ty) && !place.is_private() => Some(self.result()),
            V::Maybe(m) => {
                let payload = m.payload.clone();
                self.handle_of(&payload)
            }
            _ => None,
        }
    }
}

/// The type of a spawned thread's or task's handle.
pub const JOIN_HANDLE: &str = "std::thread::JoinHandle";

/// Whether values of the type stand for an open file rather than a path: what can be read from, written to or locked.
pub fn is_stream(ty: &Ty) -> bool {
    let Ty::Named(name) = ty else { return false };
    let models = Models::rust();
    let acts =
        |method: &str| models.api(&format!("{name}::{method}")).is_some_and(|api| api.effect.is_some());
    &**name == FILE
        || (&**name != PATH
            && models.knows(name)
            && ["write_all", "read_to_end", "lock_exclusive"].into_iter().any(acts))
}

/// Whether what is asked for is told by a word, or by one with what it is about: `F_SETFD`, `FcntlArg::F_SETFD(flags)`.
fn is_a_word(asked: &Expr) -> bool {
    let path = match asked {
        Expr::Path(path) => path,
        Expr::Call(call) => match &*call.func {
            Expr::Path(path) => path,
            _ => return false,
        },
        _ => return false,
    };
    path.path.segments.last().is_some_and(|last| last.ident.to_string().starts_with(char::is_uppercase))
}

/// Whether a row speaks of reading and writing through something open.
fn is_stream_row(api: &Api) -> bool {
    api.name.starts_with("std::io::")
        || api.name.starts_with("std::fs::File::") && api.effect.is_some_and(on_handle)
        || api.name.ends_with("_writer")
        || api.name.ends_with("_reader")
        || api.name.ends_with("to_writer_pretty")
}

fn on_handle(operation: Operation) -> bool {
    !matches!(operation, Operation::Open(_))
}
