//! What lies ahead of a test: where nothing is left to do on either side, no answer to it makes the program act.

use super::program::{Instruction, Program, Source, Test};
use rustc_hash::FxHashSet;

/// Forgets which answers make the program act, for the tests behind which it does nothing more: a last look at whether all is as it
/// should be says nothing of whether there was something to do.
pub fn forget_idle_answers(program: &mut Program) {
    if program.acts.is_empty() {
        return;
    }
    let ahead = ahead(program);
    let acts_from = |at: usize| ahead.get(at).copied().unwrap_or(false);
    let mut asked = FxHashSet::default();
    for (at, instruction) in program.code.iter().enumerate() {
        if let Instruction::Test { condition, otherwise, .. } = instruction
            && (acts_from(at + 1) || acts_from(*otherwise))
        {
            note_sources(condition, &mut asked);
        }
    }
    program.acts.retain(|source, _| asked.contains(source));
    program.leaves.retain(|source, _| asked.contains(source));
}

/// Per instruction, whether an effect can still come.
fn ahead(program: &Program) -> Vec<bool> {
    let mut ahead = vec![false; program.code.len() + 1];
    let mut changed = true;
    // Jumps back are few, so this settles after a few passes.
    while changed {
        changed = false;
        for (at, instruction) in program.code.iter().enumerate().rev() {
            let from = |to: usize| ahead.get(to).copied().unwrap_or(false);
            let comes = match instruction {
                Instruction::Effect(_) | Instruction::Builtin(_) => true,
                Instruction::Goto(to) => from(*to),
                Instruction::Panic(_) | Instruction::Return => false,
                Instruction::Test { otherwise: to, .. }
                | Instruction::UnlessFailed(_, to)
                | Instruction::LoopBack(_, to)
                | Instruction::Spawn(to) => from(at + 1) || from(*to),
                Instruction::Join
                | Instruction::Bind(..)
                | Instruction::Release(_)
                | Instruction::LoopStart(_) => from(at + 1),
            };
            if let Some(known) = ahead.get_mut(at).filter(|known| comes && !**known) {
                *known = true;
                changed = true;
            }
        }
    }
    ahead
}

/// The opaque conditions that a test is made of. Recursion is bounded as for conditions.
fn note_sources(test: &Test, asked: &mut FxHashSet<Source>) {
    match test {
        Test::Opaque(source, _) => {
            asked.insert(*source);
        }
        Test::Not(inner) => note_sources(inner, asked),
        Test::All(parts) | Test::Any(parts) => parts.iter().for_each(|part| note_sources(part, asked)),
        Test::Constant(_) | Test::True(..) | Test::Ok(..) | Test::Failed(..) | Test::Kind(..) => {}
    }
}
