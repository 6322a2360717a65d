//! Whether somebody keeps others out in a way that the candidate's own steps do not show: a lock that is passed in, kept in a
//! field, asserted to be held, or taken by every caller.

use crate::names;
use crate::pairs::Point;
use fsrace_analyzer::flow::{Block, Call, Callee, Condition, FlowSummary, ResultId, Site, Step, Value};
use fsrace_analyzer::language::is_thread_lock;
use fsrace_analyzer::link::{FunctionId, Program};
use fsrace_analyzer::source::Span;

/// Why the function is taken to run under a lock, if it is.
pub fn reason(program: &Program, function: FunctionId, summary: &FlowSummary) -> Option<&'static str> {
    if keeps_a_lock(program, summary) {
        return Some("a lock is kept beside it");
    }
    taken(program, function, summary, &[])
}

/// Why the function is taken to run under a lock by what it is given or calls, other than functions of the names `besides`.
fn taken(
    program: &Program,
    function: FunctionId,
    summary: &FlowSummary,
    besides: &[&str],
) -> Option<&'static str> {
    let given = summary.parameters.iter().enumerate().any(|(index, p)| {
        let own = index == 0 && summary.has_receiver;
        let says_nothing = |of| (own && is_data(program, of)) || is_record(program, of);
        p.type_name.as_deref().is_some_and(|of| holds_a_lock(&p.name, of) && !says_nothing(of))
    });
    if given {
        return Some("a lock is passed in");
    }
    (asserts(&summary.body, besides)
        || enters_a_lock(program, function)
        || asks_for_a_lock(program, function, besides))
    .then_some("the code takes a lock, or asserts one, by a function that is not followed")
}

/// Whether the code enters a context manager of the program that takes a lock of whatever kind before it lets anybody in.
fn enters_a_lock(program: &Program, function: FunctionId) -> bool {
    let mut entered = program.callees(function).iter().filter_map(|callee| program.function(*callee));
    entered.any(|callee| callee.context.part && asserts(&callee.body, &[]))
}

/// Whether the code calls a function of the program that by its name takes a lock and does so by another: `store.lock()`, which hands
/// on what a `FileLock` gives.
fn asks_for_a_lock(program: &Program, function: FunctionId, besides: &[&str]) -> bool {
    let mut called = program.callees(function).iter().filter_map(|callee| program.function(*callee));
    called.any(|callee| {
        let own = names::last(&callee.name);
        TAKES.iter().any(|verb| own.starts_with(verb))
            && !besides.contains(&own)
            && asserts(&callee.body, &[])
    })
}

/// Whether all known callers of the function are taken to run under a lock, up to some levels above it; `holds` says of one
/// whether it takes a lock itself where it calls the other. Who calls the method of a trait that the function implements is a caller too.
/// A function asks for its callers once: what calls itself is as safe as those who call it.
pub fn by_callers(
    program: &Program,
    function: FunctionId,
    levels: usize,
    most: usize,
    asked: &mut Vec<FunctionId>,
    holds: &mut dyn FnMut(FunctionId, FunctionId) -> bool,
) -> bool {
    let callers: Vec<FunctionId> =
        program.callers(function).iter().chain(program.askers(function)).copied().collect();
    if levels == 0 || callers.is_empty() || callers.len() > most {
        return false;
    }
    asked.push(function);
    // Who calls it to take a lock holds none before.
    let besides: Vec<&str> =
        asked.iter().filter_map(|f| program.function(*f)).map(|f| names::last(&f.name)).collect();
    callers.iter().all(|caller| {
        let summary = program.function(*caller);
        // What tests do says nothing about how the function is used.
        asked.contains(caller)
            || summary.is_some_and(|s| {
                s.context.test
                    || keeps_a_file_lock(program, s)
                    || taken(program, *caller, s, &besides).is_some()
            })
            || holds(*caller, function)
            || by_callers(program, *caller, levels - 1, most, asked, holds)
    }) && callers.iter().any(|c| *c != function && program.function(*c).is_some_and(|s| !s.context.test))
}

fn is_lock(name: &str) -> bool {
    names::hint_in(name).is_some_and(|hint| hint.lock)
}

/// Whether a value of this name and type is a lock that is held: the path of a lock file is none.
fn holds_a_lock(name: &str, of: &str) -> bool {
    let plain = ["", "str", "bool"].contains(&of)
        || of.ends_with("::Path")
        || of.contains("Mutex")
        || of.contains("RwLock");
    (is_lock_type(of) || is_permission(of) || (is_lock(name) && !plain)) && !is_thread_lock(of)
}

/// Whether a value of this type is handed to whoever may do something alone: `RepoExclusive`, `WritePermission`.
fn is_permission(of: &str) -> bool {
    ["Exclusive", "Permission", "WriteGuard"].iter().any(|end| names::last(of).ends_with(end))
        && !of.starts_with("std::")
}

/// A type that is a lock on a file, by its name; a mutex keeps other processes in.
fn is_lock_type(name: &str) -> bool {
    let last = names::last(name);
    (is_lock(last) || names::has_word(last, &["locked"]))
        && !matches!(last, "Mutex" | "RwLock" | "FairMutex" | "ReentrantMutex")
        && !name.starts_with("std::sync")
}

/// Whether a type of the program keeps no open file, so that it is no lock whatever its name: a lockfile is also what a package
/// manager writes down.
fn is_data(program: &Program, of: &str) -> bool {
    program
        .fields(of)
        .is_some_and(|fields| !fields.iter().any(|(_, of)| of.ends_with("File") || of.ends_with("Fd")))
}

/// Whether a type of the program is a record of several things, none of which can hold a lock: what a package manager has locked.
fn is_record(program: &Program, of: &str) -> bool {
    is_data(program, of)
        && program
            .fields(of)
            .is_some_and(|fields| fields.len() > 1 && !fields.iter().any(|(name, of)| holds_a_lock(name, of)))
}

fn keeps_a_lock(program: &Program, summary: &FlowSummary) -> bool {
    fields(program, summary).iter().any(|(name, of)| holds_a_lock(name, of))
}

/// Whether the function's own value has a field of a type that is a lock on a file, not only by the field's name.
fn keeps_a_file_lock(program: &Program, summary: &FlowSummary) -> bool {
    fields(program, summary).iter().any(|(_, of)| {
        is_lock_type(of) && !is_thread_lock(of) && program.fields(of).is_some() && !is_data(program, of)
    })
}

/// The fields of the value whose method the function is.
fn fields<'p>(program: &'p Program, summary: &FlowSummary) -> &'p [(String, String)] {
    let own = summary.parameters.first().filter(|_| summary.has_receiver);
    own.and_then(|own| program.fields(own.type_name.as_deref()?)).unwrap_or_default()
}

/// Modules of locks on files, by name, without hyphens and underscores.
const FILE_LOCKS: [&str; 7] = ["filelock", "flock", "fmutex", "fslock", "gofslock", "lockfile", "lockedfile"];

/// How the names of what takes a lock begin.
const TAKES: [&str; 7] = ["lock", "try_lock", "acquire", "aacquire", "try_acquire", "obtain", "hold"];

/// First words of what returns with a lock held, whose name says so in another.
const TAKING: [&str; 6] = ["acquire", "assert", "grab", "hold", "obtain", "take"];

/// First words of what runs code under a lock.
const RUNNING: [&str; 5] = ["do", "holding", "run", "under", "with"];

/// Words for a lock that may keep other processes out.
const LOCKED: [&str; 5] = ["flock", "lock", "locked", "lockfile", "locks"];

/// `Lock::acquire`, or `lock` of a `BuildLock`: a type that is a lock on a file takes itself.
fn takes_itself(owner: &str, name: &str) -> bool {
    if !is_taking(name) {
        return false;
    }
    // A module of that name is no lock, but one that is named for locks on files has little else.
    if !names::last(owner).starts_with(char::is_uppercase) {
        let of_files = |module: &str| FILE_LOCKS.contains(&module.replace(['-', '_'], "").as_str());
        return owner.rsplit(['/', ':']).next().is_some_and(of_files) && takes_by_name(name);
    }
    is_lock_type(owner)
}

/// Whether it is what a module's function is called that takes a lock.
fn takes_by_name(name: &str) -> bool {
    matches!(name.to_ascii_lowercase().as_str(), "lock" | "trylock" | "acquire" | "tryacquire")
}

/// `assert_package_cache_locked`, `acquire_build_lock`: a lock that is held, in whatever way it is taken.
fn tells_of_a_lock(name: &str) -> bool {
    const TAKES: [&str; 7] = ["assert", "acquire", "obtain", "take", "grab", "hold", "with"];
    TAKES.iter().any(|verb| name.starts_with(verb))
        && name.contains("lock")
        && !name.contains("block")
        && !name.contains("clock")
}

/// Whether the code calls something that says that a lock is held.
pub fn asserts(block: &Block, besides: &[&str]) -> bool {
    block.steps.iter().any(|step| match step {
        Step::Call(call) => !besides.contains(&names::last(call.callee.name())) && takes(call),
        Step::Branch(b) => asserts(&b.then, besides) || asserts(&b.otherwise, besides),
        Step::Loop(body) => asserts(body, besides),
        Step::Frame(f) => tells_of_a_lock(names::last(&f.name)) || asserts(&f.body, besides),
        _ => false,
    })
}

/// Whether the first lock that the code asks for by such a name comes after this read, and before this act: then nobody holds it for the
/// code from outside, and what was read is of before it.
pub fn comes_too_late(program: &Program, read: &Point, act: &Point) -> bool {
    let (Some(first), Some(last)) = (program.location(read.root()), program.location(act.root())) else {
        return false;
    };
    let Some(summary) = program.function(last.function).filter(|_| first.function == last.function) else {
        return false;
    };
    let (mut reads, mut locks) = (false, false);
    let goes_on = each(summary, &summary.body, &mut |span, takes| {
        locks |= takes && span != last.span;
        reads |= span == first.span;
        span != last.span && (reads || !locks)
    });
    // Calls that lead on to the act, each of which may ask for one first.
    let mut below = act.via.iter().map(|(site, _)| *site).chain([act.effect.site]);
    reads && !goes_on && (locks || below.any(|site| locks_before(program, site)))
}

/// Whether the function that the step stands in asks for a lock before it comes there.
fn locks_before(program: &Program, step: Site) -> bool {
    let Some(step) = program.location(step) else { return false };
    let Some(summary) = program.function(step.function) else { return false };
    let mut locks = false;
    each(summary, &summary.body, &mut |span, takes| {
        locks |= takes && span != step.span;
        !locks && span != step.span
    });
    locks
}

/// Goes through the calls and effects of some code of a function, each with whether it asks for a lock by its name, as long as `see` wants
/// to. Gives whether it came to the end.
fn each(summary: &FlowSummary, block: &Block, see: &mut dyn FnMut(Span, bool) -> bool) -> bool {
    let at = |site: Site| summary.sites.get(site.0 as usize).copied();
    block.steps.iter().all(|step| match step {
        Step::Call(call) => at(call.site).is_none_or(|span| see(span, takes(call))),
        Step::Effect(effect) => at(effect.site).is_none_or(|span| see(span, false)),
        Step::Branch(b) => each(summary, &b.then, see) && each(summary, &b.otherwise, see),
        Step::Loop(body) => each(summary, body, see),
        Step::Frame(f) => each(summary, &f.body, see),
        _ => true,
    })
}

/// Whether what is called says by its name that it returns with a lock held, be its words joined by `_` or not.
pub fn returns_locked(call: &Call) -> bool {
    (has_words(call, &TAKING) && !is_shared(call)) || takes(call)
}

/// Whether what is called says by its name that it runs the code that it is handed while it holds a lock.
pub fn runs_locked(call: &Call) -> bool {
    has_words(call, &RUNNING) && !is_shared(call)
}

/// Whether the name of what is called begins with one of these words, and tells of a lock after it.
fn has_words(call: &Call, first: &[&str]) -> bool {
    words_of_a_lock(call)
        .is_some_and(|words| words.first().is_some_and(|word| first.contains(&word.as_str())))
}

/// Whether what is called is named for a lock that nobody shares, whatever it does to that: it takes one where what it returns is there to
/// give something back (`unlock, err := lock.CreateLock(path)`, `defer unlock()`).
pub fn is_named_for_one(call: &Call) -> bool {
    let shares = |word: &String| ["r", "read", "reader", "shared"].contains(&word.as_str());
    // `lock_for(key)` is named for one as `key_lock` is.
    let what = |words: &[String]| {
        let end = words.iter().position(|word| ["by", "for", "of", "on"].contains(&word.as_str()));
        end.unwrap_or(words.len()).checked_sub(1)
    };
    words_of_a_lock(call).is_some_and(|words| {
        what(&words).and_then(|at| words.get(at)).is_some_and(|word| LOCKED.contains(&word.as_str()))
            && !words.iter().any(shares)
    }) && !is_shared(call)
}

/// The words of the name of what is called, if they tell of a lock.
fn words_of_a_lock(call: &Call) -> Option<Vec<String>> {
    let own = names::last(call.callee.name());
    // Most names do not.
    if !own.as_bytes().windows(4).any(|part| part.eq_ignore_ascii_case(b"lock")) {
        return None;
    }
    let words = names::words(own);
    let tells = |known: &[&str]| words.iter().any(|word| known.contains(&word.as_str()));
    (tells(&LOCKED) && !tells(&["no", "without"])).then_some(words)
}

/// Whether the call asks for a lock that others may hold too: `AcquireOptions{Shared: true}`.
fn is_shared(call: &Call) -> bool {
    shared(call).any(|asked| *asked == Condition::Constant(true))
}

/// Which of its own parameters a function goes by that asks for such a lock or for one of its own.
pub fn shared_by(call: &Call) -> Option<ResultId> {
    shared(call).find_map(|asked| match asked {
        Condition::True(result) => Some(*result),
        _ => None,
    })
}

fn shared(call: &Call) -> impl Iterator<Item = &Condition> {
    let structures = call.arguments.iter().filter_map(|argument| match argument {
        Value::Structure(fields) => Some(fields),
        _ => None,
    });
    structures.flatten().filter_map(|(name, value)| match value {
        Value::Condition(asked) if name.eq_ignore_ascii_case("shared") => Some(asked),
        _ => None,
    })
}

/// Whether what is called says by its name that it returns with a lock held.
fn takes(call: &Call) -> bool {
    match &call.callee {
        Callee::Function(name) => {
            let at = name.as_bytes().windows(2).rposition(|pair| pair == b"::");
            let (owner, own) = match at {
                Some(at) => (name.get(..at).unwrap_or_default(), name.get(at + 2..).unwrap_or_default()),
                None => ("", name.as_str()),
            };
            tells_of_a_lock(own) || takes_itself(owner, own)
        }
        Callee::Method { receiver, name } => {
            tells_of_a_lock(name) || receiver.as_deref().is_some_and(|owner| takes_itself(owner, name))
        }
        Callee::Parameter(_) => false,
    }
}

/// Whether a function of this name is one that takes a lock.
pub fn is_taking(name: &str) -> bool {
    let begins = |verb: &&str| name.get(..verb.len()).is_some_and(|part| part.eq_ignore_ascii_case(verb));
    TAKES.iter().any(begins) || name.starts_with("TryLock") || name.starts_with("TryAcquire")
}
