//! The names of a program, gathered from the summaries of its files.

use super::{Asker, IMPLEMENTORS, IMPORT_CHAIN, Kind, Known, Memo, Namesakes, STANDARD, Symbols, TypeOf};
use crate::flow::{FileSummary, FlowSummary};
use crate::link::FunctionId;
use crate::qualified;
use rustc_hash::{FxHashMap, FxHashSet};

/// How many parameters of a method a call may leave out.
const OPTIONAL: usize = 8;

/// Method names that say nothing about whose method it is. The standard library or any container has most of them, so that on a
/// receiver of unknown type the program's only method of that name is most likely not the one that is called.
const COMMON: &str = "
    add append as_mut as_path as_ref as_str await build clear clone close cmp collect commit contains
    contains_key copy create default delete deref drain drop entry eq exists extend file_name file_type
    filter find finish flush fmt for_each from get get_mut get_or_init hash id index init insert into
    into_inner into_iter is_dir is_empty is_file is_none is_some iter iter_mut join key keys kind len load
    lock map metadata name new next open parent parse path poll pop push read recv remove rename replace
    reset run save seek send set size sort spawn split start status stop sync sync_all take to_owned to_path
    to_string truncate try_lock unlock unwrap update value values wait with write write_all
";

/// Adds a name, of which most are there already.
fn add(names: &mut FxHashSet<String>, name: &str) {
    if !names.contains(name) {
        names.insert(name.to_owned());
    }
}

/// Changes what a name stands for, which most names are known for already.
fn change<T: Default>(names: &mut FxHashMap<String, T>, name: &str, change: impl FnOnce(&mut T)) {
    match names.get_mut(name) {
        Some(known) => change(known),
        None => {
            let mut new = T::default();
            change(&mut new);
            names.insert(name.to_owned(), new);
        }
    }
}

/// A function's owner and its own name; none for what has no name of its own.
fn member(name: &str) -> Option<(&str, &str)> {
    qualified::rsplit(name).filter(|(_, last)| !last.starts_with('{'))
}

/// Adds a function to those of one name, of which there is mostly one.
fn alone(functions: &mut Vec<Known>, known: Known) {
    if functions.is_empty() {
        functions.reserve_exact(1);
    }
    functions.push(known);
}

/// What resolution needs to know of the functions of these files, in order.
fn known(files: &[FileSummary], packages: &FxHashMap<String, u32>) -> Vec<Known> {
    let mut all = Vec::with_capacity(files.iter().map(|file| file.functions.len()).sum());
    let mut signatures: FxHashMap<Vec<(&str, Option<&str>)>, u32> = FxHashMap::default();
    for (file, summary) in (0..).zip(files) {
        for function in &summary.functions {
            let signature: Vec<(&str, Option<&str>)> =
                function.parameters.iter().map(|p| (&*p.name, p.type_name.as_deref())).collect();
            let next = u32::try_from(signatures.len()).unwrap_or(u32::MAX);
            all.push(Known {
                id: FunctionId(u32::try_from(all.len()).unwrap_or(u32::MAX)),
                file,
                foreign: summary.foreign,
                arity: function.parameters.len(),
                test: function.context.test,
                package: packages.get(qualified::first(&function.name)).copied().unwrap_or(u32::MAX),
                signature: *signatures.entry(signature).or_insert(next),
            });
        }
    }
    all
}

impl Symbols {
    /// The names of these files, whose functions are numbered in order.
    pub fn new(files: &[FileSummary]) -> Self {
        let mut packages = FxHashMap::default();
        for file in files {
            let next = u32::try_from(packages.len()).unwrap_or(u32::MAX);
            packages.entry(qualified::first(&file.module).to_owned()).or_insert(next);
        }
        // Three parts that need nothing of each other: on a large program this is what all threads wait for.
        let (functions, (declarations, imports)) = rayon::join(
            || Symbols::of_functions(files, &packages),
            || rayon::join(|| Symbols::of_declarations(files), || Symbols::of_imports(files, &packages)),
        );
        let mut symbols = Symbols {
            functions: functions.functions,
            tails: functions.tails,
            methods: functions.methods,
            names: functions.names,
            function_ends: functions.function_ends,
            imports: imports.imports,
            globs: imports.globs,
            renamed: imports.renamed,
            importing: imports.importing,
            packages,
            common: COMMON.split_whitespace().collect(),
            ..declarations
        };
        symbols.holders.extend(imports.holders);
        symbols.leave_out_dead_globs();
        symbols.join_methods(files);
        symbols.add_implementations(files);
        symbols.add_structural(files);
        symbols.add_derived(files);
        // Types were added on the way.
        symbols.followed_types = Memo::default();
        symbols
    }

    /// The functions of these files.
    fn of_functions(files: &[FileSummary], packages: &FxHashMap<String, u32>) -> Self {
        let functions = || files.iter().flat_map(|file| &file.functions);
        let all = known(files, packages);
        let each = || functions().zip(all.iter().copied());
        let by_name = || {
            // Most names are met once.
            let mut names: FxHashMap<String, Vec<Known>> = FxHashMap::default();
            names.reserve(all.len());
            each()
                .for_each(|(function, known)| alone(names.entry(function.name.clone()).or_default(), known));
            (names, functions().map(|function| function.name.clone()).collect())
        };
        let by_end = || {
            let mut symbols = Symbols::default();
            symbols.tails.reserve(all.len());
            each().for_each(|(function, known)| symbols.add_ends(function, known));
            symbols
        };
        let ((functions, names), ends) = rayon::join(by_name, by_end);
        Symbols { functions, names, ..ends }
    }

    /// What the last parts of a function's name stand for.
    fn add_ends(&mut self, function: &FlowSummary, known: Known) {
        let name = &function.name;
        add(&mut self.function_ends, qualified::last(name));
        let Some((_, last)) = member(name) else { return };
        if let Some(tail) = qualified::last_two(name) {
            change(&mut self.tails, tail, |functions| alone(functions, known));
        }
        if function.has_receiver {
            let optional = function.parameters.iter().filter(|p| p.is_optional()).count().min(OPTIONAL);
            change(&mut self.methods, last, |by_arity| {
                for arity in known.arity - optional..=known.arity {
                    let namesakes: &mut Namesakes = by_arity.entry(arity).or_default();
                    namesakes.all.add(&known);
                    namesakes.by_package.entry(known.package).or_default().add(&known);
                }
            });
        }
    }

    /// The types, constants and variables of these files, and what has something below it.
    fn of_declarations(files: &[FileSummary]) -> Self {
        let mut symbols = Symbols::default();
        for summary in files {
            for function in &summary.functions {
                if let Some((owner, _)) = qualified::rsplit(&function.name) {
                    symbols.add_holder(owner);
                }
                if function.has_receiver
                    && let Some((owner, _)) = member(&function.name)
                {
                    symbols.add_type(owner);
                }
            }
            for declared in &summary.types {
                symbols.add_type(&declared.name);
                if !declared.embedded.is_empty() {
                    symbols.embedded.insert(declared.name.clone(), declared.embedded.clone());
                }
                if let Some(fields) = symbols.types.get_mut(&declared.name)
                    && fields.is_empty()
                {
                    fields.clone_from(&declared.fields);
                }
            }
            symbols.returns.extend(summary.returns.iter().cloned());
            for constant in &summary.constants {
                add(&mut symbols.constant_ends, qualified::last(&constant.name));
                if let Some((owner, _)) = qualified::rsplit(&constant.name) {
                    symbols.add_holder(owner);
                }
                // Two values for one name are alternatives of a configuration: then the name is all that is known.
                symbols
                    .constants
                    .entry(constant.name.clone())
                    .and_modify(|v| {
                        if v.as_ref() != Some(&constant.value) {
                            *v = None;
                        }
                    })
                    .or_insert_with(|| Some(constant.value.clone()));
            }
            for declared in &summary.statics {
                add(&mut symbols.constant_ends, qualified::last(&declared.name));
                symbols.constants.entry(declared.name.clone()).or_insert(None);
                symbols.statics.insert(declared.name.clone(), declared.type_name.clone());
            }
        }
        symbols
    }

    /// The imports of these files.
    fn of_imports(files: &[FileSummary], packages: &FxHashMap<String, u32>) -> Self {
        let mut symbols = Symbols::default();
        for import in files.iter().flat_map(|file| &file.imports) {
            symbols.add_import(packages, &import.module, &import.name, &import.target);
        }
        symbols
    }

    fn add_type(&mut self, name: &str) {
        if !self.types.contains_key(name) {
            self.types.insert(name.to_owned(), Vec::new());
            if let Some((owner, _)) = qualified::rsplit(name) {
                self.add_holder(owner);
            }
            change(&mut self.type_tails, qualified::last(name), |types| types.push(name.to_owned()));
        }
    }

    /// Gives a type the methods that are declared under a name which another module only imports it by (`use crate::Store; impl Store`),
    /// and lets that name be the import that it is.
    fn join_methods(&mut self, files: &[FileSummary]) {
        let declared: FxHashSet<&str> =
            files.iter().flat_map(|file| &file.types).map(|of| of.name.as_str()).collect();
        let borrowed: Vec<String> = self
            .types
            .keys()
            .filter(|name| !declared.contains(name.as_str()) && self.imports.contains_key(*name))
            .cloned()
            .collect();
        let mut joined: FxHashMap<String, String> = FxHashMap::default();
        for name in borrowed {
            if let [own] = self.follow_imports(&name, Kind::Type).as_slice()
                && declared.contains(own.as_str())
            {
                joined.insert(name, own.clone());
            }
        }
        if joined.is_empty() {
            return;
        }
        let methods = self.functions.iter().filter_map(|(name, known)| {
            let (owner, last) = qualified::rsplit(name)?;
            Some((format!("{}::{last}", joined.get(owner)?), known.clone()))
        });
        let methods: Vec<(String, Vec<Known>)> = methods.collect();
        for (name, known) in methods {
            let all = self.functions.entry(name).or_default();
            all.extend(known);
            all.sort_by_key(|known| known.id);
        }
        for name in joined.into_keys() {
            self.types.remove(&name);
            if let Some(tails) = self.type_tails.get_mut(qualified::last(&name)) {
                tails.retain(|tail| *tail != name);
            }
            self.borrowed.insert(name);
        }
    }

    fn add_import(&mut self, packages: &FxHashMap<String, u32>, module: &str, name: &str, target: &str) {
        let first = qualified::first(target);
        if STANDARD.contains(&first) || target.is_empty() {
            return;
        }
        add(&mut self.importing, qualified::last(module));
        self.add_holder(module);
        let targets = if name == "*" {
            self.globs.entry(module.to_owned()).or_default()
        } else {
            if qualified::last(target) != name {
                self.renamed.insert(name.to_owned());
            }
            self.imports.entry(format!("{module}::{name}")).or_default()
        };
        let mut add = |target: String| {
            if !targets.contains(&target) {
                targets.push(target);
            }
        };
        if !packages.contains_key(first) {
            // `mod store; use store::Store;` names a module relative to the one that imports.
            add(format!("{module}::{target}"));
        }
        add(target.to_owned());
    }

    /// Forgets globs that bring in nothing known: those of other crates, and of variants. They would be tried for every name.
    fn leave_out_dead_globs(&mut self) {
        let mut live = FxHashSet::default();
        for _ in 0..IMPORT_CHAIN {
            let targets = self.globs.values().flatten();
            let more: Vec<String> =
                targets.filter(|t| !live.contains(*t) && self.leads_on(t, &live, 0)).cloned().collect();
            if more.is_empty() {
                break;
            }
            live.extend(more);
        }
        self.globs.values_mut().for_each(|targets| targets.retain(|t| live.contains(t)));
    }

    /// Whether a glob of this target may bring in something known, as far as that does not depend on globs that are not `live`.
    fn leads_on(&self, target: &str, live: &FxHashSet<String>, depth: usize) -> bool {
        if depth > 2 || self.holds_names(target) {
            return true;
        }
        let mut prefix = target;
        loop {
            if self.imports.contains_key(prefix) {
                return true;
            }
            let Some((module, _)) = qualified::rsplit(prefix) else { return false };
            let rest = target.get(module.len()..).unwrap_or_default();
            let mut globs = self.globs.get(module).into_iter().flatten().filter(|t| live.contains(*t));
            if globs.any(|t| self.leads_on(&format!("{t}{rest}"), live, depth + 1)) {
                return true;
            }
            prefix = module;
        }
    }

    /// Notes that the name has something below it, and so have those that it lies in.
    fn add_holder(&mut self, mut name: &str) {
        while !self.holders.contains(name) {
            self.holders.insert(name.to_owned());
            match qualified::rsplit(name) {
                Some((outer, _)) => name = outer,
                None => break,
            }
        }
    }

    /// Which classes derive from which, those between them included; of a base that very many have, none is meant.
    fn add_derived(&mut self, files: &[FileSummary]) {
        let mut direct: FxHashMap<String, Vec<String>> = FxHashMap::default();
        for file in files {
            for derivation in &file.derivations {
                let asker = Asker { name: &file.module, file: 0, test: true };
                if let TypeOf::Declared { name: base, guessed: false } =
                    self.type_of(asker, &derivation.trait_name)
                {
                    direct.entry(base).or_default().push(derivation.type_name.clone());
                }
            }
        }
        for base in direct.keys() {
            let mut all = vec![base.clone()];
            let mut at = 0;
            while let Some(next) = all.get(at).filter(|_| all.len() <= IMPLEMENTORS + 1) {
                let more = direct.get(next).into_iter().flatten().filter(|of| !all.contains(of));
                let more: Vec<String> = more.cloned().collect();
                all.extend(more);
                at += 1;
            }
            if all.len() <= IMPLEMENTORS + 1 {
                all.remove(0);
                self.derived.insert(base.clone(), all);
            }
        }
    }

    fn add_implementations(&mut self, files: &[FileSummary]) {
        for file in files {
            for implementation in &file.implementations {
                let asker = Asker { name: &file.module, file: 0, test: true };
                let resolved = |name: &str| match self.type_of(asker, name) {
                    TypeOf::Declared { name, .. } => name,
                    _ => name.to_owned(),
                };
                let (of, by) = (resolved(&implementation.trait_name), resolved(&implementation.type_name));
                for name in [&of, &by] {
                    if self.packages.contains_key(qualified::first(name)) {
                        self.add_type(name);
                    }
                }
                let types = self.implementors.entry(of.clone()).or_default();
                if !types.contains(&by) {
                    types.push(by.clone());
                    self.traits.entry(by).or_default().push(of);
                }
            }
        }
    }
}
