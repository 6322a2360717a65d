//! Loops that try again: a round takes the target, finds it taken, and clears it away for the next.

use super::Lane;
use super::filesystem::Name;
use super::program::{EffectStep, Instruction, Program, Test};
use super::setup::lane_path;
use crate::flow::Operation;

/// Whether steps of one round take the target, so that they are refused where it is there, and clear it away: for the next round, then.
pub fn tries_again(effects: &[EffectStep], target: &[Name]) -> bool {
    let takes = |effect: &EffectStep| match effect.operation {
        Operation::Open(flags) => flags.create_new && lane_path(&effect.paths, Lane::A) == target,
        Operation::CreateDir { all: false, .. } => lane_path(&effect.paths, Lane::A) == target,
        Operation::HardLink => lane_path(&effect.other_paths, Lane::A) == target,
        _ => false,
    };
    let clears = |effect: &EffectStep| {
        matches!(effect.operation, Operation::Remove(_)) && lane_path(&effect.paths, Lane::A) == target
    };
    effects.iter().any(takes) && effects.iter().any(clears)
}

/// Lets what no step tells, as the number of tries, hold the loop for a second one.
pub fn hold_longer(program: &mut Program, id: u16) {
    for instruction in &mut program.code {
        if let Instruction::Test { condition, leave: Some(leave), .. } = instruction
            && leave.of == id
            && !asks_a_step(condition)
        {
            leave.rounds = 2;
        }
    }
}

/// Whether the condition is about what a step answered. Recursion is bounded as for conditions.
fn asks_a_step(condition: &Test) -> bool {
    match condition {
        Test::Constant(_) | Test::Opaque(..) => false,
        Test::True(..) | Test::Ok(..) | Test::Failed(..) | Test::Kind(..) => true,
        Test::Not(inner) => asks_a_step(inner),
        Test::All(parts) | Test::Any(parts) => parts.iter().any(asks_a_step),
    }
}
