//! Calls of methods on fields whose types other files declare, or of embedded types: where such a type is a library's, the call is
//! the library's effect. And calls of what has a class's name, and is a function after all.

use super::resolve::{Asker, Symbols};
use crate::flow::{Block, Call, Callee, FileSummary, Step};
use rayon::prelude::*;

/// Blocks nested deeper than this are left as they are.
const DEPTH: usize = 200;
/// What begins a value of a class.
const MAKER: &str = "::__init__";

/// Puts the effects in the place of the calls whose receivers are of the types that have them, and forgets the others.
pub(super) fn settle(files: &mut [FileSummary], symbols: &Symbols) {
    files.par_iter_mut().enumerate().for_each(|(file, summary)| {
        let file = u32::try_from(file).unwrap_or(u32::MAX);
        for function in &mut summary.functions {
            let asker = Asker { name: &function.name, file, test: function.context.test };
            settle_in(&mut function.body, symbols, asker, 0);
        }
    });
}

fn settle_in(block: &mut Block, symbols: &Symbols, asker: Asker<'_>, depth: usize) {
    if depth > DEPTH {
        return;
    }
    for step in &mut block.steps {
        match step {
            Step::Call(call) if !call.typed.is_empty() => {
                let typed = std::mem::take(&mut call.typed);
                let Callee::Method { receiver: Some(receiver), name } = &call.callee else { continue };
                let of = symbols.library_type(asker, receiver, name);
                let meant = typed.into_iter().find(|typed| of == Some(&*typed.of));
                if let Some(mut effect) = meant.map(|typed| typed.effect) {
                    effect.on_failure = call.on_failure;
                    effect.on_malformed = effect.on_malformed.or(call.on_malformed);
                    effect.defaulted |= call.defaulted;
                    *step = Step::Effect(effect);
                }
            }
            Step::Call(call) => call_by_name(call, symbols, asker),
            Step::Branch(branch) => {
                settle_in(&mut branch.then, symbols, asker, depth + 1);
                settle_in(&mut branch.otherwise, symbols, asker, depth + 1);
            }
            Step::Loop(body) => settle_in(body, symbols, asker, depth + 1),
            Step::Spawn(spawn) => settle_in(&mut spawn.body, symbols, asker, depth + 1),
            Step::Frame(frame) => settle_in(&mut frame.body, symbols, asker, depth + 1),
            Step::Effect(_) | Step::Join(_) | Step::Release(..) | Step::Exit(_) => {}
        }
    }
}

/// A file takes whatever other files name like a class for one. Where it is a function, that is called, and there is no value to begin.
fn call_by_name(call: &mut Call, symbols: &Symbols, asker: Asker<'_>) {
    let Callee::Function(maker) = &call.callee else { return };
    let Some(name) = maker.strip_suffix(MAKER).filter(|name| !symbols.is_declared(name)) else { return };
    let Some(given) = call.arguments.len().checked_sub(1).filter(|given| *given >= call.names.len()) else {
        return;
    };
    let callee = Callee::Function(name.to_owned());
    if symbols.resolve(asker, &call.callee, given + 1, false).is_none()
        && symbols.resolve(asker, &callee, given, false).is_some()
    {
        call.callee = callee;
        call.arguments.remove(0);
    }
}
