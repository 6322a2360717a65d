//! What is known of who comes to a function, and what would have to be met in the texts for it to run all the same.

use super::graph::each_step;
use super::{FileId, FunctionId, Program};
use crate::flow::{Certainty, FileSummary, Step};
use crate::language::mentions::{is_beginning, is_library};
use crate::language::{asks_by_name, asks_nothing};
use crate::qualified;
use crate::source::Span;
use rayon::prelude::*;
use rustc_hash::FxHashSet;

/// How many functions may lead to one: of more, some is called.
const LEADING: usize = 24;
/// How many types deep a type may derive from others.
const DERIVED: usize = 8;

/// A call, or an effect, that is known to be of one function only.
#[derive(Clone, Copy, Debug)]
pub struct Settled<'p> {
    /// The name that it is called by.
    pub name: &'p str,
    /// Where.
    pub file: FileId,
    /// The whole call.
    pub span: Span,
    /// The function, if it is one of the program.
    pub function: Option<FunctionId>,
}

impl Program {
    /// The function and all that lead to it, as far as calls are resolved, in order: where nothing else names any of them, it never runs. None
    /// where one of them may be run by what names it nowhere.
    pub fn leading_to(&self, function: FunctionId) -> Option<Vec<FunctionId>> {
        let mut found = FxHashSet::from_iter([function]);
        let mut newest = vec![function];
        while let Some(next) = newest.pop() {
            let summary = self.function(next)?;
            let context = summary.context;
            let summoned = context.summoned && !self.is_of_own_types(next);
            if context.main || context.test || context.auxiliary || context.literal || summoned {
                return None;
            }
            self.own_name(next)?;
            // Another function of this name may be who is meant. A part of a function goes by the function's name.
            let whole = whole(&summary.name);
            let named = self.symbols.find(whole)?;
            if (whole == summary.name && named != next) || self.is_asked_by_others(next) {
                return None;
            }
            for caller in self.callers(next).iter().copied().chain([named]) {
                if found.insert(caller) {
                    newest.push(caller);
                }
            }
            if found.len() > LEADING {
                return None;
            }
        }
        let mut found: Vec<FunctionId> = found.into_iter().collect();
        found.sort_unstable();
        Some(found)
    }

    /// The name that the function is called by, if it has one.
    pub fn own_name(&self, function: FunctionId) -> Option<&str> {
        let name = qualified::last(whole(&self.function(function)?.name));
        let is_name = |name: &str| name.bytes().all(|b| b == b'_' || b >= 0x80 || b.is_ascii_alphanumeric());
        Some(name).filter(|name| !name.is_empty() && is_name(name))
    }

    /// Whether what is known to call a namesake of the function may call the function itself: it is a method of a type that derives from another.
    pub fn stands_in(&self, function: FunctionId) -> bool {
        self.owner(function).is_some_and(|owner| self.symbols.embedded(owner).next().is_some())
    }

    /// Whether a library may call the method: its type derives from one of the library's, or it has the library's types in its signature, as
    /// the methods of the library's interfaces have.
    fn is_asked_by_others(&self, function: FunctionId) -> bool {
        let Some(owner) = self.owner(function) else { return false };
        let path = self.file(self.file_of(function)).map_or("", |file| file.path.as_str());
        let mut types = vec![owner];
        for _ in 0..DERIVED {
            let bases: Vec<&str> = types.iter().flat_map(|of| self.symbols.embedded(of)).collect();
            if bases.iter().any(|base| !self.symbols.is_declared(base) && !asks_nothing(path, base)) {
                return true;
            }
            types = bases;
        }
        let Some(summary) = self.function(function) else { return false };
        let parameters = summary.parameters.iter().skip(1).filter_map(|p| p.type_name.as_deref());
        parameters.chain(self.symbols.made(&summary.name)).any(|of| {
            let package = qualified::first(of);
            // Packages that lie on a server are no part of the language's library.
            package.split('/').next().is_some_and(|host| host.contains('.'))
                && !self.symbols.is_package(package)
        })
    }

    /// Whether the function is a method that no interface of a library can ask for: it is handed what the program declares. Where
    /// methods are asked for by name alone, that is.
    fn is_of_own_types(&self, function: FunctionId) -> bool {
        let path = self.file(self.file_of(function)).map_or("", |file| file.path.as_str());
        let Some(summary) = self.function(function) else { return false };
        asks_by_name(path)
            && self.owner(function).is_some()
            && summary
                .parameters
                .iter()
                .skip(1)
                .filter_map(|p| p.type_name.as_deref())
                .any(|of| self.symbols.is_declared(of))
    }

    /// Whether the function is one of a type's: a method, or one that goes by the type's name.
    pub fn is_of_type(&self, function: FunctionId) -> bool {
        self.function(function).is_some_and(|summary| {
            summary.has_receiver
                || qualified::rsplit(whole(&summary.name))
                    .is_some_and(|(owner, _)| self.symbols.is_declared(owner))
        })
    }

    /// The type that the function is a method of.
    fn owner(&self, function: FunctionId) -> Option<&str> {
        let summary = self.function(function).filter(|summary| summary.has_receiver)?;
        qualified::rsplit(whole(&summary.name)).map(|(owner, _)| owner)
    }

    /// The calls and effects by these names that are known to be of one function only, those of tests and of code that is kept for others to
    /// call aside.
    pub fn settled(&self, names: &FxHashSet<&str>) -> Vec<Settled<'_>> {
        let ids: Vec<FunctionId> = self.functions().map(|(id, _)| id).collect();
        let all = ids.par_iter().with_min_len(256).flat_map_iter(|id| {
            let mut found = Vec::new();
            let (Some(summary), Some(node)) = (self.function(*id), self.graph.node(*id)) else {
                return found;
            };
            let context = summary.context;
            if context.test || context.auxiliary || context.literal {
                return found;
            }
            let file = self.file_of(*id);
            each_step(&summary.body, &mut |step| {
                let (name, site, function) = match step {
                    Step::Call(call) => {
                        let name = qualified::last(call.callee.name());
                        if !names.contains(name) {
                            return;
                        }
                        match node.target(call.result).filter(|target| !target.guessed) {
                            Some(target) => (name, call.site, Some(target.function)),
                            None => return,
                        }
                    }
                    Step::Effect(effect) if effect.certainty == Certainty::Known => {
                        let name = effect.api.rsplit(['.', ':']).next().unwrap_or_default();
                        if !names.contains(name) {
                            return;
                        }
                        (name, effect.site, None)
                    }
                    _ => return,
                };
                let span = summary.sites.get(site.0 as usize).copied();
                found.extend(span.map(|span| Settled { name, file, span, function }));
            });
            found
        });
        all.collect()
    }

    /// Whether a `main` in the file begins a program of the file's package.
    pub fn may_begin(&self, file: &FileSummary) -> bool {
        let own = qualified::first(&file.module);
        let is_of_own = |of: &&FileSummary| is_library(&of.path) && qualified::first(&of.module) == own;
        is_beginning(&file.path) || !self.files.iter().any(|of| is_of_own(&of))
    }

    /// The packages that a program begins in, these among them, and those that they use, through others too, by the first part of their names.
    /// `uses` says who uses whom beside what the files' imports say.
    pub fn packages_of_programs<'p>(
        &'p self,
        beginnings: impl Iterator<Item = &'p str>,
        uses: impl Iterator<Item = (&'p str, &'p str)>,
    ) -> FxHashSet<&'p str> {
        let package = |id: FunctionId| self.file(self.file_of(id)).map(|file| qualified::first(&file.module));
        let begins = |id: FunctionId| self.file(self.file_of(id)).is_some_and(|file| self.may_begin(file));
        let mains = self
            .functions()
            .filter(|(id, s)| s.context.main && !s.context.test && !s.context.auxiliary && begins(*id));
        let mut found: FxHashSet<&str> = mains.filter_map(|(id, _)| package(id)).chain(beginnings).collect();
        let imports = self.files.iter().flat_map(|file| {
            let own = qualified::first(&file.module);
            file.imports.iter().map(move |import| (own, qualified::first(&import.target)))
        });
        let mut uses: Vec<(&str, &str)> = imports.chain(uses).collect();
        uses.retain(|(by, of)| by != of && self.symbols.is_package(of));
        uses.sort_unstable();
        uses.dedup();
        let mut newest: Vec<&str> = found.iter().copied().collect();
        while let Some(next) = newest.pop() {
            let from = uses.partition_point(|(by, _)| *by < next);
            for (_, of) in uses.iter().skip(from).take_while(|(by, _)| *by == next) {
                if found.insert(of) {
                    newest.push(of);
                }
            }
        }
        found
    }
}

/// The function that this is, or is a part of: `open::{whole}`.
fn whole(name: &str) -> &str {
    let mut whole = name;
    while let Some((outer, last)) = qualified::rsplit(whole)
        && last.starts_with('{')
    {
        whole = outer;
    }
    whole
}
