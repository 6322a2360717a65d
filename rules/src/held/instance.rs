//! What a program does so that no second one of it runs: a guard by a name that says so, or a question whether another runs, on which it
//! ends.

use super::{DEPTH, PIDS};
use crate::names;
use fsrace_analyzer::flow::{Block, Call, Callee, Condition, Exit, ResultId, Step, Value};
use fsrace_analyzer::link::{FunctionId, Program};

/// How many callers, one above the other, lead from the program's entry to a function that it comes to once.
const LEVELS: usize = 4;

/// Whether what is called says by its name that it fails, or ends the program, where another instance runs: `ensure_single_instance`,
/// `SingleInstance::new`.
pub fn claims(call: &Call) -> bool {
    const FIRST: [&str; 14] = [
        "acquire",
        "assert",
        "become",
        "check",
        "claim",
        "ensure",
        "enforce",
        "establish",
        "guarantee",
        "is",
        "only",
        "require",
        "single",
        "try",
    ];
    // A daemon's context that is given a pid file takes it, and fails where another has it.
    let keeps_a_pid_file =
        || call.names.iter().zip(call.arguments.iter().rev().take(call.names.len()).rev()).any(is_pid_file);
    if spells(call.callee.name(), b"daemon") && keeps_a_pid_file() {
        return true;
    }
    let owner = match &call.callee {
        Callee::Function(name) => name.rsplit("::").nth(1).unwrap_or_default(),
        Callee::Method { receiver, .. } => names::last(receiver.as_deref().unwrap_or_default()),
        Callee::Parameter(_) => return false,
    };
    [names::last(call.callee.name()), owner].into_iter().any(|name| {
        if !spells(name, b"instance") {
            return false;
        }
        let words = names::words(name);
        let first = words.first().is_some_and(|first| FIRST.contains(&first.as_str()));
        first
            && words.iter().any(|word| ["another", "one", "only", "other", "single"].contains(&word.as_str()))
    })
}

/// Whether the argument, by its name, is a pid file, and one is given.
fn is_pid_file((name, value): (&impl AsRef<str>, &Value)) -> bool {
    let nothing = Value::Condition(Condition::Constant(false));
    ["pidfile", "pid_file"].contains(&name.as_ref()) && *value != nothing
}

/// Whether what is called says by its name that it tells whether another instance runs: `is_already_running`, `check_pid`.
pub fn asks(call: &Call) -> bool {
    let name = names::last(call.callee.name());
    if !spells(name, b"running") && !spells(name, b"pid") {
        return false;
    }
    let words = names::words(name);
    let any = |known: &[&str]| words.iter().any(|word| known.contains(&word.as_str()));
    any(&["running"]) || (any(&PIDS) && any(&["active", "alive", "check", "exists", "is", "other"]))
}

/// Whether the name has these letters in a row: most have not, and need not be taken apart.
fn spells(name: &str, letters: &[u8]) -> bool {
    name.as_bytes().windows(letters.len()).any(|part| part.eq_ignore_ascii_case(letters))
}

/// Which result the condition is about, if it holds where that says yes, or may do so.
pub fn asked(condition: &Condition) -> &[ResultId] {
    match condition {
        Condition::True(result) => std::slice::from_ref(result),
        Condition::Opaque { observed, .. } => observed,
        _ => &[],
    }
}

/// Whether the program ends in the block, on every way through it that is known.
pub fn ends_program(block: &Block, depth: usize) -> bool {
    depth <= DEPTH
        && match block.steps.last() {
            Some(Step::Exit(Exit::Panic)) => true,
            Some(Step::Branch(branch)) => {
                ends_program(&branch.then, depth + 1) && ends_program(&branch.otherwise, depth + 1)
            }
            _ => false,
        }
}

/// Whether the program comes to the function once, as far as its callers tell: it is its entry, or called by such a function alone.
pub fn is_come_to_once(program: &Program, function: FunctionId) -> bool {
    let mut function = function;
    for _ in 0..LEVELS {
        let Some(summary) = program.function(function) else { return false };
        if summary.context.main {
            return true;
        }
        let [caller] = program.callers(function) else { return false };
        function = *caller;
    }
    false
}
