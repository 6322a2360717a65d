//! Takes out of a program what does nothing: every scope releases all that it names, and few names hold anything.

use super::program::{Bound, Instruction, Program, Slot};
use crate::flow::Operation;

/// Takes out the releases of slots that never hold a handle or a lock, and jumps to where the program goes on anyway.
pub fn compact(program: &mut Program) {
    let holds = holding(program);
    let idle = |at: usize, instruction: &Instruction| match instruction {
        Instruction::Release(slot) => !holds.get(usize::from(*slot)).copied().unwrap_or(true),
        Instruction::Goto(to) => *to == at + 1,
        _ => false,
    };
    // Where each position comes to stand; what is taken out, where the next that stays does.
    let mut moved = Vec::with_capacity(program.code.len() + 1);
    let mut next = 0;
    for (at, instruction) in program.code.iter().enumerate() {
        moved.push(next);
        next += usize::from(!idle(at, instruction));
    }
    moved.push(next);
    if next == program.code.len() {
        return;
    }
    let to = |at: &mut usize| *at = moved.get(*at).copied().unwrap_or(next);
    let mut at = 0;
    program.code.retain(|instruction| {
        at += 1;
        !idle(at - 1, instruction)
    });
    for instruction in &mut program.code {
        match instruction {
            Instruction::Goto(at)
            | Instruction::Spawn(at)
            | Instruction::UnlessFailed(_, at)
            | Instruction::LoopBack(_, at)
            | Instruction::Test { otherwise: at, .. } => to(at),
            _ => {}
        }
    }
    program.effects.iter_mut().for_each(|effect| to(&mut effect.at));
}

/// Which slots may hold a handle or a lock: results of opens and locks, and what is made of such.
fn holding(program: &Program) -> Vec<bool> {
    let mut holds = vec![false; program.slots];
    for effect in &program.effects {
        if matches!(effect.operation, Operation::Open(_) | Operation::Lock { .. })
            && let Some(held) = holds.get_mut(usize::from(effect.result))
        {
            *held = true;
        }
    }
    let binds: Vec<(Slot, Vec<Slot>)> = program
        .code
        .iter()
        .filter_map(|instruction| match instruction {
            Instruction::Bind(slot, value) => Some((*slot, carried(value))),
            _ => None,
        })
        .filter(|(_, from)| !from.is_empty())
        .collect();
    // Few binds stand before what they carry, so this settles after a few passes.
    loop {
        let mut more = false;
        for (slot, from) in &binds {
            let carries = from.iter().any(|slot| holds.get(usize::from(*slot)).copied().unwrap_or(true));
            if let Some(held) = holds.get_mut(usize::from(*slot)).filter(|held| carries && !**held) {
                *held = true;
                more = true;
            }
        }
        if !more {
            return holds;
        }
    }
}

/// The slots whose holdings a value takes along. Recursion is bounded as the compiler bounds values.
fn carried(value: &Bound) -> Vec<Slot> {
    match value {
        Bound::Slot(slot) => vec![*slot],
        Bound::Success(inner) | Bound::Held(inner) => carried(inner),
        Bound::Structure(fields) => fields.iter().flat_map(carried).collect(),
        Bound::Opaque | Bound::Derived(_) | Bound::Condition(_) | Bound::Failure(_) => Vec::new(),
    }
}
