//! The same numbers for the same shape: programs that differ only in what their places and unknowns are called become equal, and
//! are explored once.

use super::filesystem::Name;
use super::program::{Answers, Bound, Instruction, Program, Source, Test};
use rustc_hash::FxHashMap;
use std::hash::Hash;

/// Numbers given in the order of first use.
struct Numbers<T> {
    known: FxHashMap<T, u32>,
    next: u32,
}

impl<T: Copy + Eq + Hash> Numbers<T> {
    fn from(next: u32) -> Self {
        Numbers { known: FxHashMap::default(), next }
    }

    fn of(&mut self, old: T) -> u32 {
        *self.known.entry(old).or_insert_with(|| {
            self.next += 1;
            self.next - 1
        })
    }
}

/// Renumbers the names in the target's and the effects' paths, and the unknowns. Answers to unknowns that the program never asks
/// about are dropped.
pub fn renumber(program: &mut Program, target: &mut [Name]) {
    // The working directory keeps its number.
    let mut names = Numbers::from(1);
    let mut rename = |path: &mut [Name]| {
        for name in path.iter_mut().filter(|name| **name != Name::WORKING) {
            // There are never more names than before.
            *name = Name(u16::try_from(names.of(*name)).unwrap_or(u16::MAX));
        }
    };
    rename(target);
    for effect in &mut program.effects {
        effect.paths.iter_mut().chain(&mut effect.other_paths).for_each(|path| rename(path));
    }
    let mut sources = Numbers::from(0);
    for instruction in &mut program.code {
        match instruction {
            Instruction::Test { condition, .. } => in_test(condition, &mut sources),
            Instruction::Bind(_, value) => in_value(value, &mut sources),
            _ => {}
        }
    }
    for answers in [&mut program.wants, &mut program.acts, &mut program.leaves] {
        *answers = std::mem::take(answers)
            .into_iter()
            .filter_map(|(source, answer)| {
                Some((Source { number: *sources.known.get(&source)?, ..source }, answer))
            })
            .collect::<Answers>();
    }
}

/// Recursion is bounded by the depth up to which the compiler takes conditions in.
fn in_test(test: &mut Test, sources: &mut Numbers<Source>) {
    match test {
        Test::Constant(_) => {}
        Test::True(_, source)
        | Test::Ok(_, source)
        | Test::Failed(_, _, source)
        | Test::Opaque(source, _)
        | Test::Kind(_, _, source) => {
            source.number = sources.of(*source);
        }
        Test::Not(inner) => in_test(inner, sources),
        Test::All(parts) | Test::Any(parts) => parts.iter_mut().for_each(|part| in_test(part, sources)),
    }
}

/// Recursion is bounded as for conditions.
fn in_value(value: &mut Bound, sources: &mut Numbers<Source>) {
    match value {
        Bound::Condition(test) => in_test(test, sources),
        Bound::Success(inner) | Bound::Held(inner) => in_value(inner, sources),
        Bound::Structure(fields) => fields.iter_mut().for_each(|field| in_value(field, sources)),
        Bound::Opaque | Bound::Slot(_) | Bound::Derived(_) | Bound::Failure(_) => {}
    }
}
