//! Locks that are known by how they are used: what is taken and given back by the function itself, of a type that is not known.

use super::mutexes;
use crate::names;
use fsrace_analyzer::flow::{Block, Call, Callee, Place, PlaceKind, ResultId, Step, Value};
use fsrace_analyzer::link::each_step;

/// Words for a lock that keeps threads apart.
const MUTEXES: [&str; 4] = ["mtx", "mu", "mutex", "mutexes"];

/// What a function gives back, anywhere in it.
#[derive(Default)]
pub struct HandedBack<'a> {
    /// By what taking it returned.
    pub results: Vec<ResultId>,
    /// By the value that is told to give it up.
    pub values: Vec<&'a Place>,
    /// Results whose own method says that what they stand for is over.
    pub ended: Vec<ResultId>,
}

impl<'a> HandedBack<'a> {
    /// Looks through a body.
    pub fn of(body: &'a Block) -> Self {
        let mut found = HandedBack::default();
        mutexes::given_back(body, &mut found.results, 0);
        each_step(body, &mut |step| {
            let Step::Call(call) = step else { return };
            let name = names::last(call.callee.name());
            match call.arguments.as_slice() {
                // What a pool is given back is no lock.
                [Value::Place(of)] if gives_up(name) => found.values.push(of),
                [Value::Place(of), ..] if names::has_word(name, &["unlock"]) => found.values.push(of),
                [Value::Result(of), ..] if is_exit(name) || gives_up(name) => found.ended.push(*of),
                _ => {}
            }
        });
        found
    }
}

/// The value that a method of an unknown type is asked to lock.
pub fn taken(call: &Call) -> Option<&Place> {
    let Callee::Method { .. } = call.callee else { return None };
    let name = names::last(call.callee.name());
    let takes = ["acquire", "lock", "lock_exclusive"].iter().any(|known| name.eq_ignore_ascii_case(known));
    match call.arguments.first() {
        Some(Value::Place(of)) if takes && !lets_several_in(of) => Some(of),
        _ => None,
    }
}

/// Whether the call enters what is kept in a table of those who are at work, by the name of the module or type that it is of:
/// `operationlock.Create(key)`. What it returns says when it is over.
pub fn is_entry(call: &Call) -> bool {
    // Most names do not tell of a lock.
    if !call.callee.name().as_bytes().windows(4).any(|part| part.eq_ignore_ascii_case(b"lock")) {
        return false;
    }
    let owner = match &call.callee {
        Callee::Function(name) => name.rsplit("::").nth(1).unwrap_or_default(),
        Callee::Method { receiver, .. } => names::last(receiver.as_deref().unwrap_or_default()),
        Callee::Parameter(_) => return false,
    };
    let module = owner.rsplit('/').next().unwrap_or_default();
    let lower = module.strip_suffix('s').unwrap_or(module).to_ascii_lowercase();
    let shares = |word: &String| ["r", "read", "reader", "shared"].contains(&word.as_str());
    lower.ends_with("lock")
        && !lower.ends_with("block")
        && !lower.ends_with("clock")
        && !names::words(names::last(call.callee.name())).iter().any(shares)
}

/// Whether the lock that is taken goes by a name for one that keeps threads apart.
pub fn is_of_a_mutex(call: &Call) -> bool {
    matches!(call.arguments.first(), Some(Value::Place(of)) if is_named(of, &MUTEXES))
}

/// Whether what is taken goes by a name for what several may have at once.
fn lets_several_in(of: &Place) -> bool {
    is_named(of, &["limit", "limiter", "pool", "sem", "sema", "semaphore", "slots", "tokens"])
}

/// Whether the value goes by a name with one of these words.
fn is_named(of: &Place, words: &[&str]) -> bool {
    let name = match of.kind() {
        PlaceKind::Field { name, .. } | PlaceKind::Parameter { name, .. } | PlaceKind::Constant(name) => name,
        _ => return false,
    };
    names::has_word(names::last(name), words)
}

/// Whether a method of this name tells a value to give up its lock.
fn gives_up(name: &str) -> bool {
    names::has_word(name, &["unlock", "release"])
}

/// Whether a method of this name says that what its value stands for is over.
pub fn is_exit(name: &str) -> bool {
    ["done", "end", "finish", "leave"].iter().any(|known| name.eq_ignore_ascii_case(known))
}
