//! Which slots and loop counters a program may still look at, so that states that differ in nothing else are one state.

use super::machine::{Datum, Machine, Success};
use super::program::{Bound, Instruction, Program, Slot, Test};
use std::rc::Rc;

/// What is live before each instruction.
#[derive(Clone, Debug, Default)]
pub struct Live {
    /// Words per instruction.
    width: usize,
    /// One bit per slot.
    slots: Vec<u64>,
    /// Where each loop's counter is in use: from its start up to its end.
    loops: Vec<(usize, usize)>,
}

impl Live {
    /// Looks at a whole program.
    pub fn of(program: &Program) -> Self {
        let width = program.slots.div_ceil(64).max(1);
        let mut live = Live {
            width,
            slots: vec![0; width * (program.code.len() + 1)],
            loops: vec![(usize::MAX, 0); program.loops],
        };
        for (at, instruction) in program.code.iter().enumerate() {
            match instruction {
                Instruction::LoopStart(id) => live.extend_loop(*id, at),
                Instruction::LoopBack(id, _) => live.extend_loop(*id, at),
                _ => {}
            }
        }
        // Jumps back are few, so this settles after a few passes.
        while live.pass(program) {}
        live
    }

    fn extend_loop(&mut self, id: u16, at: usize) {
        if let Some((start, end)) = self.loops.get_mut(id as usize) {
            *start = (*start).min(at);
            *end = (*end).max(at);
        }
    }

    fn row(&self, at: usize) -> &[u64] {
        self.slots.get(at * self.width..(at + 1) * self.width).unwrap_or_default()
    }

    /// One pass from the end to the start; whether anything was added.
    fn pass(&mut self, program: &Program) -> bool {
        let mut changed = false;
        let mut row = vec![0; self.width];
        for (at, instruction) in program.code.iter().enumerate().rev() {
            row.fill(0);
            let mut join = |to: usize| {
                for (word, more) in row.iter_mut().zip(self.row(to)) {
                    *word |= more;
                }
            };
            match instruction {
                Instruction::Goto(to) | Instruction::LoopBack(_, to) => join(*to),
                Instruction::Test { otherwise: to, .. }
                | Instruction::Spawn(to)
                | Instruction::UnlessFailed(_, to) => {
                    join(at + 1);
                    join(*to);
                }
                Instruction::Panic(_) | Instruction::Return => {}
                _ => join(at + 1),
            }
            match instruction {
                Instruction::Effect(number) => {
                    if let Some(effect) = program.effect(*number) {
                        clear(&mut row, effect.result);
                        effect.handle.iter().chain(&effect.data).for_each(|slot| set(&mut row, *slot));
                    }
                }
                Instruction::Test { condition, .. } => tested(condition, &mut row),
                Instruction::UnlessFailed(slot, _) | Instruction::Panic(Some(slot)) => set(&mut row, *slot),
                Instruction::Bind(slot, value) => {
                    clear(&mut row, *slot);
                    bound(value, &mut row);
                }
                Instruction::Return => set(&mut row, 0),
                _ => {}
            }
            let old = self.slots.get_mut(at * self.width..(at + 1) * self.width).unwrap_or_default();
            for (old, new) in old.iter_mut().zip(&row) {
                changed |= *old | new != *old;
                *old |= new;
            }
        }
        changed
    }

    /// Forgets what the actor, before its current instruction, will not look at again. What it holds stays held.
    pub fn forget_dead(&self, machine: &mut Machine) {
        let row = self.row(machine.pc);
        machine.slots.retain(|slot, datum| {
            if row.get(usize::from(slot) / 64).is_some_and(|word| word & (1 << (slot % 64)) != 0) {
                return true;
            }
            let Datum::Ok(success) = datum else { return false };
            if success.truth.is_some() || !success.contents.is_empty() {
                let resources = success.resources.clone();
                *success = Rc::new(Success { resources, ..Success::default() });
            }
            !success.resources.is_empty()
        });
        for (rounds, (start, end)) in machine.loops.iter_mut().zip(&self.loops) {
            if machine.pc <= *start || machine.pc > *end {
                *rounds = 0;
            }
        }
    }
}

fn set(row: &mut [u64], slot: Slot) {
    if let Some(word) = row.get_mut(usize::from(slot) / 64) {
        *word |= 1 << (slot % 64);
    }
}

fn clear(row: &mut [u64], slot: Slot) {
    if let Some(word) = row.get_mut(usize::from(slot) / 64) {
        *word &= !(1 << (slot % 64));
    }
}

/// Recursion is bounded by the depth up to which the compiler takes conditions in.
fn tested(test: &Test, row: &mut [u64]) {
    match test {
        Test::Constant(_) => {}
        Test::True(slot, _) | Test::Ok(slot, _) | Test::Failed(slot, ..) | Test::Kind(slot, ..) => {
            set(row, *slot);
        }
        Test::Opaque(_, observed) => observed.iter().for_each(|slot| set(row, *slot)),
        Test::Not(inner) => tested(inner, row),
        Test::All(parts) | Test::Any(parts) => parts.iter().for_each(|part| tested(part, row)),
    }
}

/// Recursion is bounded as for conditions.
fn bound(value: &Bound, row: &mut [u64]) {
    match value {
        Bound::Opaque | Bound::Failure(None) => {}
        Bound::Slot(slot) | Bound::Failure(Some(slot)) => set(row, *slot),
        Bound::Derived(slots) => slots.iter().for_each(|slot| set(row, *slot)),
        Bound::Condition(test) => tested(test, row),
        Bound::Success(inner) | Bound::Held(inner) => bound(inner, row),
        Bound::Structure(fields) => fields.iter().for_each(|field| bound(field, row)),
    }
}
