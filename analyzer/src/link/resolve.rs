//! Who is called: names, imports, re-exports, types and fields.
//!
//! A call is resolved only where one function answers to it. Where several do, or none, the call stays a call: a wrong guess
//! would prove races that are not there.

mod gather;
mod structural;

use super::FunctionId;
use crate::flow::{Callee, Place};
use crate::qualified;
use rustc_hash::{FxBuildHasher, FxHashMap, FxHashSet};
use std::hash::BuildHasher;
use std::sync::{PoisonError, RwLock};

/// How many imports in a row are followed: enough for a prelude that re-exports a facade that re-exports a module.
const IMPORT_CHAIN: usize = 8;
/// How many names one name may stand for on the way; only globs give more than one.
const IMPORT_WIDTH: usize = 32;
/// How many fields a receiver may go through (`self.state.store.save()`).
const FIELD_CHAIN: usize = 4;

/// How many types deep a type may be embedded in others.
const EMBEDDED: usize = 4;
/// How many types a trait may have of which one is asked who calls its methods; a library's own have thousands.
const IMPLEMENTORS: usize = 64;

/// Crates that are not part of any analysed program.
const STANDARD: [&str; 3] = ["std", "core", "alloc"];

/// What a call was resolved to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Target {
    /// The function.
    pub function: FunctionId,
    /// Whether it was found by a part of its name only; then its effects are presumed, not known.
    pub guessed: bool,
}

/// What resolution needs to know of a function.
#[derive(Clone, Copy, Debug)]
struct Known {
    id: FunctionId,
    file: u32,
    arity: usize,
    test: bool,
    /// The number of its package.
    package: u32,
    /// Whether it is for other systems than the one that is looked at.
    foreign: bool,
    /// Hash-free stand-in for the signature: alternatives of one configuration have the same.
    signature: u32,
}

/// Whose code asks, which decides what a name means.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asker<'a> {
    /// Qualified name of the function that asks.
    pub name: &'a str,
    /// The index of its file.
    pub file: u32,
    /// Whether it is test code, which alone may mean test code.
    pub test: bool,
}

/// What a name may stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Kind {
    Function,
    Type,
    Constant,
}

/// What the type of a receiver turned out to be.
enum TypeOf {
    Declared { name: String, guessed: bool },
    External,
    Unknown,
}

/// How many functions answer to a name, as far as it matters.
#[derive(Clone, Copy, Debug, Default)]
enum Count {
    #[default]
    None,
    One(FunctionId),
    Many,
}

impl Count {
    fn add(&mut self, function: FunctionId) {
        *self = match self {
            Count::None => Count::One(function),
            Count::One(_) | Count::Many => Count::Many,
        };
    }
}

/// Methods of one name and arity, counted: a name that generated code has ten thousand times is asked for as often.
#[derive(Debug, Default)]
struct Namesakes {
    all: Counts,
    by_package: FxHashMap<u32, Counts>,
}

/// With test code, and without.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    with_tests: Count,
    without: Count,
}

impl Counts {
    fn add(&mut self, known: &Known) {
        self.with_tests.add(known.id);
        if !known.test {
            self.without.add(known.id);
        }
    }

    /// What somebody sees who is test code or not.
    fn seen(self, test: bool) -> Count {
        if test { self.with_tests } else { self.without }
    }
}

/// Answers given before. The same names are asked for at every expansion, from several threads.
#[derive(Debug)]
struct Memo<T>(RwLock<FxHashMap<String, Option<T>>>);

impl<T> Default for Memo<T> {
    fn default() -> Self {
        Memo(RwLock::default())
    }
}

impl<T: Clone> Memo<T> {
    fn get_or(&self, key: &str, answer: impl FnOnce() -> Option<T>) -> Option<T> {
        // A lock that a panic poisoned still holds answers that were whole when they were put in.
        if let Some(known) = self.0.read().unwrap_or_else(PoisonError::into_inner).get(key) {
            return known.clone();
        }
        let found = answer();
        self.0.write().unwrap_or_else(PoisonError::into_inner).insert(key.to_owned(), found.clone());
        found
    }
}

/// As [`Memo`], of what depends on who asks.
#[derive(Debug)]
struct Answers<T>(RwLock<FxHashMap<u64, Vec<Answered<T>>>>);

/// Who asked, for which name, with how many arguments, and what the answer was.
#[derive(Debug)]
struct Answered<T> {
    asker: Box<str>,
    file: u32,
    test: bool,
    name: Box<str>,
    arity: usize,
    answer: Option<T>,
}

impl<T> Default for Answers<T> {
    fn default() -> Self {
        Answers(RwLock::default())
    }
}

impl<T: Clone> Answers<T> {
    /// Nothing is made for a question that was asked before: few others have its hash.
    fn get_or(
        &self,
        asker: Asker<'_>,
        name: &str,
        arity: usize,
        answer: impl FnOnce() -> Option<T>,
    ) -> Option<T> {
        let Asker { name: by, file, test } = asker;
        let hash = FxBuildHasher.hash_one((by, file, test, name, arity));
        let is_same = |known: &&Answered<T>| {
            (known.file, known.test, known.arity) == (file, test, arity)
                && *known.name == *name
                && *known.asker == *by
        };
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known.get(&hash).into_iter().flatten().find(is_same) {
            return known.answer.clone();
        }
        drop(known);
        let found = answer();
        let answered =
            Answered { asker: by.into(), file, test, name: name.into(), arity, answer: found.clone() };
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        known.entry(hash).or_default().push(answered);
        found
    }
}

/// The names of a program.
#[derive(Debug, Default)]
pub(super) struct Symbols {
    functions: FxHashMap<String, Vec<Known>>,
    /// By the last two segments of the name.
    tails: FxHashMap<String, Vec<Known>>,
    /// Methods by their own name and how many parameters they have.
    methods: FxHashMap<String, FxHashMap<usize, Namesakes>>,
    names: Vec<String>,
    /// Known types and traits with the fields that their declaration has.
    types: FxHashMap<String, Vec<(String, String)>>,
    /// Names that types of other modules go by where methods of theirs are declared.
    borrowed: FxHashSet<String>,
    /// Qualified names of types by their last segment.
    type_tails: FxHashMap<String, Vec<String>>,
    /// By function, the type of the first value that it returns.
    returns: FxHashMap<String, String>,
    /// By type, the types that are embedded in it.
    embedded: FxHashMap<String, Vec<String>>,
    /// By class, all that derive from it, at whatever distance.
    derived: FxHashMap<String, Vec<String>>,
    /// What a qualified name that is an import stands for.
    imports: FxHashMap<String, Vec<String>>,
    /// By module, the modules whose names it has too.
    globs: FxHashMap<String, Vec<String>>,
    constants: FxHashMap<String, Option<Place>>,
    /// The types of variables of the whole program, by the variables' names.
    statics: FxHashMap<String, String>,
    /// By trait, the types that implement it; and by type, its traits.
    implementors: FxHashMap<String, Vec<String>>,
    traits: FxHashMap<String, Vec<String>>,
    /// The packages of the program, with their numbers.
    packages: FxHashMap<String, u32>,
    /// Names that have something known below them, modules above all.
    holders: FxHashSet<String>,
    /// Last segments of functions and of constants, and names that imports give to something of another name.
    function_ends: FxHashSet<String>,
    constant_ends: FxHashSet<String>,
    renamed: FxHashSet<String>,
    /// Last segments of modules that import.
    importing: FxHashSet<String>,
    text_memo: Answers<Target>,
    /// By the qualified name of a trait's method, the only function that can be meant; for test code, and for all other.
    implemented_with_tests: Memo<FunctionId>,
    implemented: Memo<FunctionId>,
    followed_functions: Memo<Vec<String>>,
    followed_types: Memo<Vec<String>>,
    followed_constants: Memo<Vec<String>>,
    constant_memo: Answers<String>,
    common: FxHashSet<&'static str>,
}

impl Symbols {
    /// Whether the name is that of a module, type or function that itself holds names.
    fn holds_names(&self, name: &str) -> bool {
        self.holders.contains(name) || self.types.contains_key(name) || self.functions.contains_key(name)
    }

    /// The fields of a declared type of this qualified name, with their types.
    pub fn fields(&self, name: &str) -> Option<&[(String, String)]> {
        self.types.get(name).map(Vec::as_slice).filter(|fields| !fields.is_empty())
    }

    /// Whether a type of this name is declared in the program, be it through an import.
    pub fn is_declared(&self, name: &str) -> bool {
        let declared = |name: &str| self.types.contains_key(name);
        declared(name) || self.follow(name, Kind::Type).iter().any(|of| declared(of))
    }

    /// Whether a package of the program goes by this name.
    pub fn is_package(&self, name: &str) -> bool {
        self.packages.contains_key(name)
    }

    /// The only function of this name.
    pub fn find(&self, name: &str) -> Option<FunctionId> {
        match self.named(name).as_slice() {
            [one] => Some(one.id),
            _ => None,
        }
    }

    /// The declared type of a field, as written by the declaration's frontend.
    pub fn field_type(&self, owner: &str, field: &str) -> Option<&str> {
        let [owner] = self.follow(owner, Kind::Type).try_into().ok()?;
        let fields = self.types.get(&owner)?;
        fields.iter().find(|(name, _)| name == field).map(|(_, of)| of.as_str())
    }

    /// The type of the program that a frontend calls by this name, a field of a type by both their names; none if it is known
    /// by that name already, or not at all.
    pub fn declared_type(&self, asker: Asker<'_>, name: &str) -> Option<String> {
        if self.types.contains_key(name) {
            return None;
        }
        match self.receiver_type(asker, name) {
            TypeOf::Declared { name, guessed: false } => Some(name),
            _ => None,
        }
    }

    /// A constant by its own name, and its value where there is one.
    pub fn constant(&self, asker: Asker<'_>, name: &str) -> Option<(&str, Option<&Place>)> {
        if !self.may_be(name, Kind::Constant) {
            return None;
        }
        let found = self.constant_memo.get_or(asker, name, 0, || {
            <[String; 1]>::try_from(self.in_scope(asker, name, Kind::Constant)).ok().map(|[one]| one)
        })?;
        let (name, value) = self.constants.get_key_value(&found)?;
        Some((name, value.as_ref()))
    }

    /// Whom a call calls.
    pub fn resolve(&self, asker: Asker<'_>, callee: &Callee, arity: usize, presumed: bool) -> Option<Target> {
        match callee {
            Callee::Function(name) => self.function(asker, name, arity),
            Callee::Method { receiver, name } => {
                self.method(asker, receiver.as_deref(), name, arity, presumed)
            }
            Callee::Parameter(_) => None,
        }
    }

    /// The type of the first value that the function of this name returns, where its language says so by name alone.
    pub fn made(&self, function: &str) -> Option<&str> {
        self.returns.get(function).map(String::as_str)
    }

    /// The type of the first value that a call of the program's function returns, where it is declared: by the function that is called,
    /// or, of several that may be meant, by the trait or interface that asks for them.
    pub fn returned(&self, asker: Asker<'_>, callee: &Callee, target: Option<Target>) -> Option<&str> {
        if self.returns.is_empty() {
            return None;
        }
        let known = target.filter(|target| !target.guessed);
        let named = known.and_then(|target| self.names.get(target.function.0 as usize));
        if let Some(of) = named.and_then(|name| self.returns.get(name)) {
            return Some(of);
        }
        let found = match callee {
            Callee::Function(name) => self.returns.get(name),
            Callee::Method { receiver: Some(receiver), name } => match self.receiver_type(asker, receiver) {
                TypeOf::Declared { name: owner, .. } => {
                    self.returns.get(&[owner.as_str(), "::", name].concat())
                }
                _ => None,
            },
            Callee::Method { receiver: None, .. } | Callee::Parameter(_) => None,
        };
        found.map(String::as_str)
    }

    /// Whom a place names that is what a function returned: `module::function`, `Type::method`, `Owner.field.method`.
    pub fn resolve_text(&self, asker: Asker<'_>, callee: &str, arity: usize) -> Option<Target> {
        // `Type.field::method`: what has it is told by the field's declaration alone.
        let of_field = of_field(callee).map(|(_, name)| name);
        let own = qualified::rsplit_field(callee).map_or(callee, |(_, name)| name);
        if !self.may_be(of_field.unwrap_or(own), Kind::Function) {
            return None;
        }
        self.text_memo.get_or(asker, callee, arity, || self.resolve_text_anew(asker, callee, arity))
    }

    fn resolve_text_anew(&self, asker: Asker<'_>, callee: &str, arity: usize) -> Option<Target> {
        if let Some((receiver, name)) = of_field(callee) {
            return self.method(asker, Some(receiver), name, arity, true);
        }
        match qualified::rsplit_field(callee) {
            Some((receiver, name)) => {
                let known = !matches!(receiver, "" | "?");
                known.then(|| self.method(asker, Some(receiver), name, arity, true)).flatten()
            }
            None => self.function(asker, callee, arity),
        }
    }

    fn function(&self, asker: Asker<'_>, name: &str, arity: usize) -> Option<Target> {
        let found = self.in_scope(asker, name, Kind::Function);
        if !found.is_empty() {
            let known: Vec<Known> =
                found.iter().filter_map(|n| self.functions.get(n)).flatten().copied().collect();
            return self.choose(&known, asker, arity).map(|function| Target { function, guessed: false });
        }
        if let Some((owner, method)) = qualified::rsplit(name)
            && let TypeOf::Declared { name: owner, guessed } = self.type_of(asker, owner)
            && let Some(function) = self.method_of(asker, &owner, method, arity)
        {
            return Some(Target { function, guessed });
        }
        self.by_tail(asker, name)
    }

    /// A path that leads nowhere may lack what the frontend could not see (a crate under another name, a macro's import): then
    /// the only function with the same end is meant.
    fn by_tail(&self, asker: Asker<'_>, name: &str) -> Option<Target> {
        let (first, rest) = name.split_once("::")?;
        let tail = qualified::last_two(name)?;
        if STANDARD.contains(&first) {
            return None;
        }
        let own_package = self.packages.contains_key(first);
        let whole = !rest.contains("::");
        if whole && own_package {
            return None;
        }
        let fits = |k: &&Known| {
            let Some(candidate) = self.names.get(k.id.0 as usize) else { return false };
            let Some((package, inside)) = candidate.split_once("::") else { return false };
            // Of a crate that is not in the program, only its name may differ; else any library's `config::Config::load` would
            // be the program's own.
            (asker.test || !k.test) && if own_package { package == first } else { whole || inside == rest }
        };
        let candidates: Vec<&Known> = self.tails.get(tail)?.iter().filter(fits).collect();
        let asking = self.package(asker.name);
        let own: Vec<&&Known> = candidates.iter().filter(|k| k.package == asking).collect();
        match (own.as_slice(), candidates.as_slice()) {
            ([one], _) => Some(Target { function: one.id, guessed: false }),
            ([], [one]) => Some(Target { function: one.id, guessed: !own_package }),
            _ => None,
        }
    }

    fn method(
        &self,
        asker: Asker<'_>,
        receiver: Option<&str>,
        name: &str,
        arity: usize,
        presumed: bool,
    ) -> Option<Target> {
        match receiver.map_or(TypeOf::Unknown, |r| self.receiver_type(asker, r)) {
            TypeOf::External => None,
            TypeOf::Declared { name: owner, guessed } => {
                if let Some(function) = self.method_of(asker, &owner, name, arity) {
                    return Some(Target { function, guessed });
                }
                // Several implementations: none is meant more than another.
                if presumed || self.implementors.contains_key(&owner) || self.has_method(&owner, name) {
                    return None;
                }
                self.guess(asker, name, arity)
            }
            TypeOf::Unknown if presumed => None,
            TypeOf::Unknown => self.guess(asker, name, arity),
        }
    }

    /// The types that are embedded in a type, or that it derives from.
    pub fn embedded<'s>(&'s self, owner: &str) -> impl Iterator<Item = &'s str> + use<'s> {
        self.embedded.get(owner).into_iter().flatten().map(String::as_str)
    }

    /// The declared type of a type's field, its own or one of a type that is embedded in it.
    fn field_of(&self, owner: &str, field: &str, depth: usize) -> Option<&String> {
        let own = self.types.get(owner)?.iter().find(|(name, _)| name == field).map(|(_, of)| of);
        if own.is_some() || depth > EMBEDDED {
            return own;
        }
        let embedded = self.embedded.get(owner)?;
        embedded.iter().find_map(|inner| self.field_of(inner, field, depth + 1))
    }

    fn has_method(&self, owner: &str, name: &str) -> bool {
        self.functions.contains_key(&[owner, "::", name].concat())
    }

    /// The method of a known type or trait, if only one function can be meant.
    fn method_of(&self, asker: Asker<'_>, owner: &str, name: &str, arity: usize) -> Option<FunctionId> {
        let whole = [owner, "::", name].concat();
        if let Some(types) = self.implementors.get(owner) {
            // What a thousand types implement is asked for as often, and the answer is the same for all who ask.
            let memo = if asker.test { &self.implemented_with_tests } else { &self.implemented };
            return memo.get_or(&whole, || {
                let mut all = self.named(&whole);
                all.extend(types.iter().flat_map(|t| self.named(&[t, "::", name].concat())));
                only(&all, asker).or_else(|| {
                    all.retain(|known| !self.is_a_double(known));
                    only(&all, asker)
                })
            });
        }
        let own = self.named(&whole);
        if !own.is_empty() {
            return self.choose(&own, asker, arity);
        }
        if let Some(embedded) = self.embedded.get(owner) {
            // The outermost has it; of several on one level none is meant.
            let mut found = embedded.iter().filter_map(|inner| self.promoted(asker, inner, name, arity, 0));
            if let Some(one) = found.next() {
                return Some(one).filter(|_| found.next().is_none());
            }
        }
        if let Some(derived) = self.derived.get(owner) {
            let theirs: Vec<Known> =
                derived.iter().flat_map(|of| self.named(&[of, "::", name].concat())).collect();
            return only(&theirs, asker);
        }
        let traits = self.traits.get(owner)?;
        let inherited: Vec<Known> =
            traits.iter().flat_map(|t| self.named(&[t, "::", name].concat())).collect();
        only(&inherited, asker)
    }

    /// Whether a method's type, or the module that it lies in, is by its name there to take another's place in tests.
    fn is_a_double(&self, known: &Known) -> bool {
        let name = self.names.get(known.id.0 as usize);
        let owner = name.and_then(|name| qualified::rsplit(name)).map(|(owner, _)| owner);
        let named = owner.map_or("", |owner| qualified::last_two(owner).unwrap_or(owner));
        // A module may go by the path of its folder.
        let named = named.rfind('/').and_then(|at| named.get(at..)).unwrap_or(named);
        qualified::words(named).any(|word| {
            matches!(word.as_str(), "mock" | "mocks" | "fake" | "fakes" | "stub" | "stubs" | "dummy")
        })
    }

    /// The implementations of the trait's method that is called, if it is one, each of which may be meant.
    pub fn implementations(&self, asker: Asker<'_>, callee: &Callee) -> Vec<FunctionId> {
        let Callee::Method { receiver: Some(receiver), name } = callee else { return Vec::new() };
        let TypeOf::Declared { name: owner, guessed: false } = self.receiver_type(asker, receiver) else {
            return Vec::new();
        };
        let types = self.implementors.get(&owner).filter(|types| types.len() <= IMPLEMENTORS);
        let owners = types.into_iter().chain(self.derived.get(&owner)).flatten();
        let methods = owners.flat_map(|of| self.named(&[of, "::", name].concat()));
        methods.filter(|known| asker.test || !known.test).map(|known| known.id).collect()
    }

    /// The types that implement the trait or interface, where they are few.
    pub(super) fn implementors(&self, of: &str) -> impl Iterator<Item = &str> {
        let types = self.implementors.get(of).filter(|types| types.len() <= IMPLEMENTORS);
        types.into_iter().flatten().map(String::as_str)
    }

    /// The method of a type that is embedded, or of one that is embedded in that.
    fn promoted(
        &self,
        asker: Asker<'_>,
        owner: &str,
        name: &str,
        arity: usize,
        depth: usize,
    ) -> Option<FunctionId> {
        let own = self.named(&[owner, "::", name].concat());
        if !own.is_empty() {
            return self.choose(&own, asker, arity);
        }
        if depth > EMBEDDED {
            return None;
        }
        let inner = self.embedded.get(owner)?;
        inner.iter().find_map(|inner| self.promoted(asker, inner, name, arity, depth + 1))
    }

    /// A receiver of unknown type: the program's only method of a distinctive name, the own package first.
    fn guess(&self, asker: Asker<'_>, name: &str, arity: usize) -> Option<Target> {
        let namesakes = self.methods.get(name)?.get(&arity)?;
        if self.is_common(name) {
            return None;
        }
        let own = namesakes.by_package.get(&self.package(asker.name)).copied().unwrap_or_default();
        match (own.seen(asker.test), namesakes.all.seen(asker.test)) {
            (Count::One(function), _) | (Count::None, Count::One(function)) => {
                Some(Target { function, guessed: true })
            }
            _ => None,
        }
    }

    /// Whether a method's name says nothing about whose it is, in whatever case it is written.
    fn is_common(&self, name: &str) -> bool {
        if self.common.contains(name) {
            return true;
        }
        name.contains(char::is_uppercase)
            && self.common.contains(qualified::words(name).collect::<Vec<_>>().join("_").as_str())
    }

    /// The number of the package that a qualified name begins with; of all that are not of the program, one and the same.
    fn package(&self, name: &str) -> u32 {
        self.packages.get(qualified::first(name)).copied().unwrap_or(u32::MAX)
    }

    /// The type of a receiver, written as a type or as the fields that lead to it from one (`Owner.state.store`).
    fn receiver_type(&self, asker: Asker<'_>, receiver: &str) -> TypeOf {
        let (first, parts) = qualified::fields(receiver);
        let mut current = match self.constant(asker, first) {
            Some((name, _)) => match self.statics.get(name) {
                Some(of) => self.type_of(Asker { name, ..asker }, of),
                None => TypeOf::Unknown,
            },
            None => self.type_of(asker, first),
        };
        for (depth, field) in parts.enumerate() {
            let TypeOf::Declared { name, guessed } = current else { return current };
            let of = self.field_of(&name, field, 0);
            let Some(of) = of.filter(|_| depth < FIELD_CHAIN) else { return TypeOf::Unknown };
            current = match self.type_of(Asker { name: &name, ..asker }, of) {
                TypeOf::Declared { name, guessed: again } => {
                    TypeOf::Declared { name, guessed: guessed || again }
                }
                other => other,
            };
        }
        current
    }

    /// The library's type whose method of this name is called: the one that a field is declared with, for the fields that lead to it from
    /// a type of the program, or one that a type of the program embeds.
    pub fn library_type(&self, asker: Asker<'_>, receiver: &str, method: &str) -> Option<&str> {
        let (first, parts) = qualified::fields(receiver);
        let mut owner = self.type_of(asker, first);
        let mut found = None;
        for field in parts.take(FIELD_CHAIN) {
            let TypeOf::Declared { name, guessed: false } = owner else { return None };
            let of = self.field_of(&name, field, 0)?;
            owner = self.type_of(Asker { name: &name, ..asker }, of);
            found = Some(of.as_str());
        }
        match owner {
            TypeOf::External => found,
            TypeOf::Declared { name, guessed: false } if !self.has_method(&name, method) => {
                let mut embedded = self.embedded.get(&name)?.iter().filter(|inner| {
                    matches!(self.type_of(Asker { name: &name, ..asker }, inner), TypeOf::External)
                });
                embedded.next().filter(|_| embedded.next().is_none()).map(String::as_str)
            }
            _ => None,
        }
    }

    fn type_of(&self, asker: Asker<'_>, name: &str) -> TypeOf {
        let found = self.in_scope(asker, name, Kind::Type);
        match found.as_slice() {
            [one] => return TypeOf::Declared { name: one.clone(), guessed: false },
            [] => {}
            _ => return TypeOf::Unknown,
        }
        let first = qualified::first(name);
        if qualified::rsplit(name).is_some() && !self.packages.contains_key(first) {
            return TypeOf::External;
        }
        let candidates = self.type_tails.get(qualified::last(name)).map_or(&[][..], Vec::as_slice);
        let own: Vec<&String> =
            candidates.iter().filter(|t| qualified::first(t) == qualified::first(asker.name)).collect();
        match (own.as_slice(), candidates) {
            ([one], _) => TypeOf::Declared { name: (*one).clone(), guessed: false },
            ([], [one]) => TypeOf::Declared { name: one.clone(), guessed: true },
            _ => TypeOf::Unknown,
        }
    }

    /// The one that is meant of several functions that a name leads to: those that fit the number of arguments, those of the
    /// asker's own file, those for the system that is looked at, and of alternatives of a configuration (the same name and signature in the
    /// same file) the first.
    fn choose(&self, known: &[Known], asker: Asker<'_>, arity: usize) -> Option<FunctionId> {
        if let [one] = known {
            return Some(one.id);
        }
        let narrowed = |of: Vec<Known>, test: &dyn Fn(&Known) -> bool| {
            let some: Vec<Known> = of.iter().filter(|k| test(k)).copied().collect();
            if some.is_empty() { of } else { some }
        };
        let left = narrowed(known.to_vec(), &|k| k.arity == arity);
        let left = narrowed(left, &|k| asker.test || !k.test);
        let left = narrowed(left, &|k| k.file == asker.file);
        let left = narrowed(left, &|k| !k.foreign);
        let first = left.iter().min_by_key(|k| k.id)?;
        let identity = |k: &Known| (k.file, k.signature, self.names.get(k.id.0 as usize));
        left.iter().all(|k| identity(k) == identity(first)).then_some(first.id)
    }

    fn named(&self, name: &str) -> Vec<Known> {
        let found = self.follow(name, Kind::Function);
        found.iter().filter_map(|n| self.functions.get(n)).flatten().copied().collect()
    }

    /// What a name means to the asker: as it stands, or below the functions around the asker, or in its module.
    fn in_scope(&self, asker: Asker<'_>, name: &str, kind: Kind) -> Vec<String> {
        if qualified::rsplit(name).is_some() {
            if !self.may_be(name, kind) {
                return Vec::new();
            }
            let found = self.follow_on(name, kind);
            if !found.is_empty() || self.packages.contains_key(qualified::first(name)) {
                return found;
            }
        } else if !self.renamed.contains(name) && !self.is_end(name, kind) {
            // In whatever scope, the name ends alike.
            return Vec::new();
        }
        let mut scope = asker.name;
        loop {
            let is_function = self.functions.contains_key(scope);
            // The names of a type's own methods need the type's name, so a type is no scope.
            if is_function || !(self.types.contains_key(scope) || self.borrowed.contains(scope)) {
                let found = self.follow(&[scope, "::", name].concat(), kind);
                if !found.is_empty() || !is_function {
                    return found;
                }
            }
            match qualified::rsplit(scope) {
                Some((outer, _)) => scope = outer,
                None => return Vec::new(),
            }
        }
    }

    /// The known names that a qualified name stands for, imports followed. Nearer ones hide farther ones.
    fn follow(&self, name: &str, kind: Kind) -> Vec<String> {
        if self.may_be(name, kind) { self.follow_on(name, kind) } else { Vec::new() }
    }

    /// As [`Self::follow`], of a name that may be one.
    fn follow_on(&self, name: &str, kind: Kind) -> Vec<String> {
        if self.is_known(name, kind) {
            return vec![name.to_owned()];
        }
        // Every function of a module asks for the same names, and a prelude of globs leads to many places.
        let memo = match kind {
            Kind::Function => &self.followed_functions,
            Kind::Type => &self.followed_types,
            Kind::Constant => &self.followed_constants,
        };
        memo.get_or(name, || Some(self.follow_imports(name, kind))).unwrap_or_default()
    }

    fn follow_imports(&self, name: &str, kind: Kind) -> Vec<String> {
        let mut level = self.imported(name);
        // Modules that import all of each other lead back to where one has been.
        let mut seen: FxHashSet<String> = FxHashSet::default();
        for _ in 0..IMPORT_CHAIN {
            if level.is_empty() {
                break;
            }
            let mut found: Vec<String> = level.iter().filter(|n| self.is_known(n, kind)).cloned().collect();
            if !found.is_empty() {
                found.sort();
                found.dedup();
                return found;
            }
            level.retain(|n| !seen.contains(n) && seen.insert(n.clone()));
            level.sort();
            level.truncate(IMPORT_WIDTH);
            level = level.iter().flat_map(|n| self.imported(n)).collect();
        }
        Vec::new()
    }

    fn is_known(&self, name: &str, kind: Kind) -> bool {
        match kind {
            Kind::Function => self.functions.contains_key(name),
            Kind::Type => self.types.contains_key(name),
            Kind::Constant => self.constants.contains_key(name),
        }
    }

    /// Whether anything of this kind ends in the name's last segment, or an import gives something another name that does. Most
    /// names are not the program's, and are done with here.
    fn may_be(&self, name: &str, kind: Kind) -> bool {
        let last = qualified::last(name);
        self.renamed.contains(last)
            || (self.is_end(last, kind) && (kind != Kind::Function || self.may_own(name)))
    }

    /// Whether anything of this kind ends in this segment.
    fn is_end(&self, last: &str, kind: Kind) -> bool {
        match kind {
            Kind::Function => self.function_ends.contains(last),
            Kind::Type => self.type_tails.contains_key(last),
            Kind::Constant => self.constant_ends.contains(last),
        }
    }

    /// Whether a function may have this owner: it has, or the owner is a module, which may have it by an import, or is renamed.
    fn may_own(&self, name: &str) -> bool {
        let Some(tail) = qualified::last_two(name) else { return true };
        let owner = qualified::first(tail);
        self.tails.contains_key(tail) || self.importing.contains(owner) || self.renamed.contains(owner)
    }

    /// The names that a name stands for by one import. A named import hides those of globs, and so does what a module has itself.
    fn imported(&self, name: &str) -> Vec<String> {
        let mut prefix = name;
        loop {
            if let Some(targets) = self.imports.get(prefix) {
                let rest = name.get(prefix.len()..).unwrap_or_default();
                return targets.iter().map(|t| [t, rest].concat()).collect();
            }
            match qualified::rsplit(prefix) {
                Some((outer, _)) => prefix = outer,
                None => break,
            }
        }
        let mut found = Vec::new();
        let mut prefix = name;
        while let Some((module, _)) = qualified::rsplit(prefix) {
            if let Some(targets) = self.globs.get(module)
                && (prefix.len() == name.len() || !self.holds_names(prefix))
            {
                let rest = name.get(module.len()..).unwrap_or_default();
                found.extend(targets.iter().map(|target| [target, rest].concat()));
            }
            prefix = module;
        }
        found
    }
}

/// The only one, test code aside.
fn only(known: &[Known], asker: Asker<'_>) -> Option<FunctionId> {
    let mut left = known.iter().filter(|k| asker.test || !k.test);
    let first = left.next()?;
    left.next().is_none().then_some(first.id)
}

/// The type's field and the method in `Type.field::method`.
fn of_field(callee: &str) -> Option<(&str, &str)> {
    // The path of a module may have a dot in it: `example.org/tool::run`.
    let has_field =
        |owner: &str| qualified::rsplit(owner).is_some_and(|(_, own)| qualified::rsplit_field(own).is_some());
    qualified::rsplit(callee).filter(|(owner, _)| has_field(owner))
}
