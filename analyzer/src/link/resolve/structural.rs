//! Which types have the methods of which interfaces, where types do not say so.

use super::{Asker, EMBEDDED, IMPLEMENTORS, Symbols, TypeOf};
use crate::flow::{FileSummary, Interface};
use crate::qualified;
use rustc_hash::{FxHashMap, FxHashSet};

/// The interfaces and the methods of a program.
struct Structure<'f> {
    interfaces: FxHashMap<&'f str, &'f Interface>,
    /// The types that have a method of this name, in order.
    owners: FxHashMap<&'f str, Vec<&'f str>>,
}

impl<'f> Structure<'f> {
    fn of(files: &'f [FileSummary]) -> Self {
        let interfaces = files.iter().flat_map(|file| &file.interfaces).map(|of| (of.name.as_str(), of));
        let methods: FxHashSet<&str> =
            files.iter().flat_map(|file| &file.methods).map(String::as_str).collect();
        let mut owners: FxHashMap<&str, Vec<&str>> = FxHashMap::default();
        for (owner, name) in methods.iter().filter_map(|method| qualified::rsplit(method)) {
            owners.entry(name).or_default().push(owner);
        }
        owners.values_mut().for_each(|types| types.sort_unstable());
        Structure { interfaces: interfaces.collect(), owners }
    }
}

impl Symbols {
    /// Notes the types that have all methods of an interface. What an interface takes over from one that is not of the program is not
    /// known, and not asked for.
    pub(super) fn add_structural(&mut self, files: &[FileSummary]) {
        let structure = Structure::of(files);
        let mut found: Vec<(&str, Vec<&str>)> = Vec::new();
        for name in structure.interfaces.keys() {
            let mut methods = FxHashSet::default();
            self.gather_methods(&structure, name, &mut methods, 0);
            let owners = |method: &&str| structure.owners.get(*method).map_or(0, Vec::len);
            let Some(rarest) = methods.iter().min_by_key(|method| (owners(method), **method)) else {
                continue;
            };
            let has_all = |of: &&&str| methods.iter().all(|method| self.has(&structure, of, method, 0));
            let types = structure.owners.get(rarest).into_iter().flatten().filter(has_all).copied();
            // An interface that many types happen to fit says as little as none.
            let types: Vec<&str> = types.take(IMPLEMENTORS + 1).collect();
            if !types.is_empty() && types.len() <= IMPLEMENTORS {
                found.push((name, types));
            }
        }
        for (of, types) in found {
            let known = self.implementors.entry(of.to_owned()).or_default();
            known.extend(types.into_iter().map(str::to_owned));
        }
    }

    /// Adds the methods of an interface of the program, and of those that are embedded in it.
    fn gather_methods<'f>(
        &self,
        structure: &Structure<'f>,
        name: &str,
        methods: &mut FxHashSet<&'f str>,
        depth: usize,
    ) {
        let Some(interface) = structure.interfaces.get(name).filter(|_| depth <= EMBEDDED) else { return };
        methods.extend(interface.methods.iter().map(String::as_str));
        for embedded in &interface.embedded {
            let asker = Asker { name: &interface.name, file: 0, test: true };
            if let TypeOf::Declared { name, guessed: false } = self.type_of(asker, embedded) {
                self.gather_methods(structure, &name, methods, depth + 1);
            }
        }
    }

    /// Whether the type has the method, or a type has it that is embedded in it.
    fn has(&self, structure: &Structure<'_>, of: &str, method: &str, depth: usize) -> bool {
        structure.owners.get(method).is_some_and(|types| types.binary_search(&of).is_ok())
            || (depth <= EMBEDDED
                && self.embedded(of).any(|inner| self.has(structure, inner, method, depth + 1)))
    }
}
