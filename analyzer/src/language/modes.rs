//! What the bits of a mode say, and what asking for them says of a stat.

use crate::flow::{Block, Check, Mode, OpenFlags, Operation, ResultId, Step};
use rustc_hash::FxHashSet;

/// The bits that let everybody in; who lets a group in chose it. And those of the group besides, where it is a program or a directory.
const OTHERS: u32 = 0o007;
const OTHERS_WRITE: u32 = 0o002;
const OTHERS_RUN: u32 = 0o001;
const STICKY: u32 = 0o1000;
const RUNS: u32 = 0o111;
const GROUP: u32 = 0o070;

/// The operation with the mode that it gives what it makes or changes; of a mask, what it leaves new files with. None is unknown.
pub fn with_mode(operation: Operation, bits: Option<u32>) -> Operation {
    let mode = bits.map_or(Mode::Unknown, of_bits);
    match operation {
        Operation::SetPermissions(_) => Operation::SetPermissions(mode),
        Operation::SetUmask(_) => {
            let left = bits.map_or(Mode::Unknown, |mask| {
                if mask & OTHERS == OTHERS { Mode::Private } else { Mode::Public }
            });
            Operation::SetUmask(left)
        }
        Operation::Open(flags) => {
            let creates = flags.create || flags.create_new;
            Operation::Open(OpenFlags {
                private: flags.private || (creates && mode == Mode::Private),
                ..flags
            })
        }
        Operation::CreateDir { all, .. } => {
            // Who may not search it meets nothing in it.
            Operation::CreateDir { all, private: matches!(mode, Mode::Private | Mode::Grouped) }
        }
        other => other,
    }
}

/// Who may look in where a mode has these bits.
pub fn of_bits(bits: u32) -> Mode {
    let out = if bits & RUNS == 0 { OTHERS } else { OTHERS | GROUP };
    match bits {
        _ if bits & out == 0 => Mode::Private,
        _ if bits & OTHERS == 0 => Mode::Grouped,
        _ if bits & OTHERS_WRITE != 0 && bits & STICKY == 0 => Mode::Shared,
        _ if bits & OTHERS_RUN != 0 => Mode::Executable,
        _ => Mode::Public,
    }
}

/// Says of the stats with these results that they ask who may do what. Blocks nest no deeper than lowering goes.
pub fn note_access(block: &mut Block, asked: &FxHashSet<ResultId>) {
    for step in &mut block.steps {
        match step {
            Step::Effect(effect) => {
                if effect.operation == Operation::Check(Check::Metadata) && asked.contains(&effect.result) {
                    effect.operation = Operation::Check(Check::Owner);
                }
            }
            Step::Branch(branch) => {
                note_access(&mut branch.then, asked);
                note_access(&mut branch.otherwise, asked);
            }
            Step::Loop(body) => note_access(body, asked),
            Step::Spawn(spawn) => note_access(&mut spawn.body, asked),
            Step::Frame(frame) => note_access(&mut frame.body, asked),
            Step::Call(_) | Step::Join(_) | Step::Release(..) | Step::Exit(_) => {}
        }
    }
}

/// How fopen(3) opens with a mode in its words; `x` as C11 and Python have it.
#[cfg(feature = "python")]
pub fn of_text(mode: &str) -> OpenFlags {
    // `w:gz`: how it is packed is not how it is opened.
    let mode = mode.split([':', '|']).next().unwrap_or_default();
    let plus = mode.contains('+');
    let has = |letter| mode.contains(letter);
    let base = OpenFlags::default();
    if has('x') {
        OpenFlags { write: true, read: plus, create: true, create_new: true, ..base }
    } else if has('w') {
        OpenFlags { write: true, read: plus, create: true, truncate: true, ..base }
    } else if has('a') {
        OpenFlags { write: true, read: plus, create: true, append: true, ..base }
    } else {
        OpenFlags { read: true, write: plus, ..base }
    }
}
