//! Which words a text must hold to have an effect, by the table alone: a prefilter that looks at no syntax.
//!
//! An effect needs its row, and a row is found by a name whose last part the text spells: the method that is called, the function
//! that is called or imported. A function's row is found only where the text also spells the module or type that has it. A method's
//! is found only on a receiver of a type that has the method, and a type is known only where the text spells it, or gets it from
//! another row that returns it, which needs words of its own. So for each last part there are companions, one of which must be in
//! the same text; what is presumed by its name alone needs none. Where the words are not there, no lowering finds an effect.
//!
//! What tasks share in memory is no library's, and is tested and set around a word with which a task waits.
//!
//! Left out are effects that no rule reports on by themselves: reading the environment, syncing, locks that keep threads apart.

use super::{Api, Models, SpawnKind};
use crate::flow::{FileSummary, LockScope, MemoryOperation, Operation, Step};
use crate::link::each_step;
use rustc_hash::{FxHashMap, FxHashSet};

/// The words of a table.
#[derive(Debug, Default)]
pub struct Words {
    /// By the last part of an effect's name, what must stand beside it.
    effects: FxHashMap<Box<str>, Companions>,
    /// All companions of all effects.
    companions: FxHashSet<Box<str>>,
}

/// What must stand in a text beside the last part of a row's name.
#[derive(Debug)]
enum Companions {
    /// Nothing: the name alone is enough.
    None,
    /// One of these.
    One(FxHashSet<Box<str>>),
}

impl Words {
    /// The words of a table.
    pub fn of(models: &Models) -> Self {
        let spread = Spread::new(models);
        let mut words = Words::default();
        for (name, api) in models.apis.iter().filter(|(_, api)| is_loud(api)) {
            let Some((owner, last)) = name.rsplit_once(&*models.separator) else { continue };
            let slot =
                words.effects.entry(last.into()).or_insert_with(|| Companions::One(FxHashSet::default()));
            match slot {
                _ if owner == "?" || api.presumed => *slot = Companions::None,
                Companions::None => {}
                Companions::One(companions) => companions.extend(spread.companions(owner)),
            }
        }
        for (word, beside) in &models.waits {
            let companions = match beside.is_empty() {
                true => Companions::None,
                false => Companions::One(beside.iter().cloned().collect()),
            };
            words.effects.insert(word.clone(), companions);
        }
        for companions in words.effects.values() {
            if let Companions::One(companions) = companions {
                words.companions.extend(companions.iter().cloned());
            }
        }
        words
    }

    /// Whether a text of these words can have an effect.
    pub fn may_act<'t>(&self, words: impl IntoIterator<Item = &'t str>) -> bool {
        let mut wanted: Vec<&FxHashSet<Box<str>>> = Vec::new();
        let mut present: FxHashSet<&str> = FxHashSet::default();
        for word in words {
            match self.effects.get(word) {
                Some(Companions::None) => return true,
                Some(Companions::One(companions)) => wanted.push(companions),
                None => {}
            }
            if let Some(word) = self.companions.get(word) {
                present.insert(word);
            }
        }
        wanted.iter().any(|companions| companions.iter().any(|c| present.contains(&**c)))
    }
}

/// Whether the row has an effect that a rule may report on.
fn is_loud(api: &Api) -> bool {
    api.effect.is_some_and(is_reported_on) || api.program.is_some() || api.spawn == Some(SpawnKind::Process)
}

fn is_reported_on(operation: Operation) -> bool {
    !matches!(
        operation,
        Operation::EnvGet
            | Operation::Sync
            | Operation::Lock { scope: LockScope::Thread, .. }
            | Operation::Send { .. }
            | Operation::Receive { .. }
            | Operation::Wait
            | Operation::Suspend
            | Operation::Memory(MemoryOperation::Test | MemoryOperation::Clear)
            | Operation::HandOver
            | Operation::Use
    )
}

/// Whether code of the file has an effect that a rule may report on: what [`Words::may_act`] never misses.
pub fn acts(file: &FileSummary) -> bool {
    let mut found = false;
    for function in &file.functions {
        each_step(&function.body, &mut |step| {
            found |= match step {
                Step::Effect(effect) => is_reported_on(effect.operation),
                Step::Call(call) => call.presumed.is_some(),
                Step::Spawn(spawn) => spawn.process,
                _ => false,
            };
        });
    }
    found
}

/// From what has a method or function to the words by which a text gets at it.
struct Spread<'m> {
    models: &'m Models,
    /// By type, those that have its methods.
    heirs: FxHashMap<&'m str, Vec<&'m str>>,
    /// By type, the owners of what returns it, and the types that yield it.
    sources: FxHashMap<&'m str, Vec<&'m str>>,
    /// By prefix, its copies.
    copies: FxHashMap<&'m str, Vec<&'m str>>,
}

impl<'m> Spread<'m> {
    fn new(models: &'m Models) -> Self {
        let mut spread = Spread {
            models,
            heirs: FxHashMap::default(),
            sources: FxHashMap::default(),
            copies: FxHashMap::default(),
        };
        for (name, info) in &models.types {
            for from in info.supers.iter().chain([&info.canonical]) {
                spread.heirs.entry(from).or_default().push(name);
            }
            if let Some(item) = &info.items {
                spread.sources.entry(item).or_default().push(name);
            }
        }
        for (name, api) in &models.apis {
            if let (Some(returned), Some((owner, _))) = (&api.returns, name.rsplit_once(&*models.separator)) {
                // A row for any receiver passes on what it is given.
                if owner != "?" {
                    spread.sources.entry(returned).or_default().push(owner);
                }
            }
        }
        for (at, of) in &models.mirrors {
            spread.copies.entry(of).or_default().push(at);
        }
        spread
    }

    /// The last parts of the owner, of the types that are like it or have its methods, of its copies, and of all from which one of
    /// these is got.
    fn companions(&self, owner: &'m str) -> FxHashSet<Box<str>> {
        let mut found = FxHashSet::default();
        let mut seen = FxHashSet::default();
        let mut pending = vec![owner];
        while let Some(next) = pending.pop() {
            if !seen.insert(next) {
                continue;
            }
            let last = next.rsplit_once(&*self.models.separator).map_or(next, |(_, last)| last);
            found.insert(last.into());
            for more in [&self.heirs, &self.sources, &self.copies] {
                pending.extend(more.get(next).into_iter().flatten());
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn may_act(text: &str) -> bool {
        Words::of(Models::rust()).may_act(text.split_whitespace())
    }

    #[test]
    fn an_effect_needs_its_name_and_where_that_is_from() {
        for acting in [
            "fs write",
            "use std fs as f ; f remove_file",
            "fs_err write",
            "tokio fs rename",
            "OpenOptions new read true open path",
            "Utf8Path metadata",
            "NamedTempFile new",
            "file File write_all",
            "set_var env",
            "Command output",
            "Command spawn",
            "path exists",
            "nix unistd unlink",
        ] {
            assert!(may_act(acting), "{acting}");
        }
        for silent in [
            "write to the log and read",
            "HashMap new insert remove",
            "Mutex lock write",
            "Formatter write",
            "var env",
            "spawn thread",
            "Vec Path join",
            "",
        ] {
            assert!(!may_act(silent), "{silent}");
        }
    }

    #[test]
    fn every_effect_has_its_words() {
        let models = Models::rust();
        let words = Words::of(models);
        for (name, api) in &models.apis {
            if is_loud(api) {
                assert!(words.may_act(name.split("::")) || name.starts_with("?::"), "{name}");
            }
        }
        for (at, of) in &models.mirrors {
            let below = |name: &str| name.strip_prefix(&**of).is_some_and(|n| n.starts_with("::"));
            for name in models.apis.keys().filter(|name| below(name)) {
                let copy = name.replacen(&**of, at, 1);
                let loud = models.api(&copy).is_some_and(is_loud);
                assert!(!loud || words.may_act(copy.split("::")), "{copy}");
            }
        }
    }
}
