//! Keys that one function takes as a lock, for a time, and another gives back without looking whose they are by then.
//!
//! The two are methods of one type, or functions of one module, and nobody's to order but their caller's. So what gives back is told by
//! its name, and the question is the one run in which the first succeeds and the second follows. A lock that stays until it is deleted
//! is its owner's until then, and is none of this.

use crate::finding::Related;
use crate::names;
use crate::narrow::{effects, narrow};
use crate::pairs::{Candidate, Meaning, Point, is_private};
use crate::trace::{Event, Says, Trace};
use fsrace_analyzer::explore::{Actor, Consequence, Explorer, Race, Scenario};
use fsrace_analyzer::flow::{Condition, FlowSummary, KeyOperation, Operation, ResultId, Site};
use fsrace_analyzer::link::{FunctionId, Program};
use rustc_hash::FxHashMap;

/// How many keys one function, and the functions of one type or module, are known to take.
const TAKEN: usize = 16;

/// A key that a function takes for a time.
#[derive(Clone, Debug)]
pub struct Taken {
    function: FunctionId,
    /// The command that takes it.
    site: Site,
    /// The type or module that the function is of.
    owner: String,
}

/// All such keys of a program, by the type or module whose functions take them.
#[derive(Debug, Default)]
pub struct GivenBack {
    taken: FxHashMap<String, Vec<Taken>>,
}

impl GivenBack {
    /// What one function takes.
    pub fn in_function(function: FunctionId, summary: &FlowSummary, trace: &Trace<'_>) -> Vec<Taken> {
        let Some(owner) = owner(&summary.name) else { return Vec::new() };
        let takes = (0..trace.events.len()).filter(|at| takes_for_a_time(trace, *at));
        let sites = takes.filter_map(|at| Some(trace.events.get(at)?.effect.site));
        sites.take(TAKEN).map(|site| Taken { function, site, owner: owner.to_owned() }).collect()
    }

    /// Indexes what the functions take.
    pub fn index(all: impl Iterator<Item = Taken>) -> Self {
        let mut given_back = GivenBack::default();
        for one in all {
            let known = given_back.taken.entry(one.owner.clone()).or_default();
            if known.len() < TAKEN {
                known.push(one);
            }
        }
        given_back
    }

    /// The worst that the candidate's act can do to who has taken the lock since, with where it was taken.
    pub fn race(
        &self,
        program: &Program,
        function: FunctionId,
        candidate: &Candidate,
        consequences: &[Consequence],
        explorer: &Explorer,
    ) -> Option<(Race, Vec<Related>)> {
        let name = &program.function(function)?.name;
        let taken = self.taken.get(owner(name)?).filter(|_| gives_back(name))?;
        let successes: [fn(ResultId) -> Condition; 2] = [Condition::True, Condition::Ok];
        for one in taken.iter().filter(|one| one.function != function) {
            let races = successes.iter().filter_map(|succeeded| {
                let race = one.race(program, function, candidate, *succeeded, explorer)?;
                (race.reached && consequences.contains(&race.consequence)).then_some(race)
            });
            let Some(race) = races.take(1).next() else { continue };
            let related = program
                .location(one.site)
                .map(|location| Related { location, message: "taken here, for a time".to_owned() });
            return Some((race, related.into_iter().collect()));
        }
        None
    }
}

impl Taken {
    /// The act beside who takes the lock when its time is over, in a run that has taken it before.
    fn race(
        &self,
        program: &Program,
        function: FunctionId,
        candidate: &Candidate,
        succeeded: fn(ResultId) -> Condition,
        explorer: &Explorer,
    ) -> Option<Race> {
        let body = program.taken_and_given_back(self.function, function, succeeded)?;
        let find = |site: Site| effects(&body).into_iter().find(|effect| effect.site == site).cloned();
        let (taken, deleted) = (find(self.site)?, find(candidate.act.effect.site)?);
        if taken.place != deleted.place {
            return None;
        }
        let point = |effect| Point { effect, through: None, via: Vec::new(), depth: 1 };
        let place = deleted.place.clone();
        let seen = Candidate { place, check: Some(point(taken)), act: point(deleted), ..candidate.clone() };
        let body = narrow(&body, &seen);
        let scenario = Scenario {
            body: &body,
            place: &seen.place,
            check: Some(self.site),
            act: candidate.act.effect.site,
            actor: Actor::Acquirer,
            by_gap: false,
        };
        explorer.explore(&scenario, |_| true).races.into_iter().next()
    }
}

/// The commands that give back a lock without a look at whose it is, where another function may have taken it.
pub fn given_back<'t>(trace: &'t Trace<'_>) -> impl Iterator<Item = Candidate> + use<'t> {
    trace.events.iter().enumerate().filter_map(|(act, event)| {
        let place = &event.effect.place;
        let deletes = event.effect.operation == Operation::Key(KeyOperation::Delete);
        if !deletes || is_private(place) || is_asked(trace, event) {
            return None;
        }
        let candidate = Candidate::of_steps(trace, None, act, place)?;
        Some(Candidate { beside_method: true, meaning: Meaning::Claim, ..candidate })
    })
}

/// The command of the same function that took, for a time, what this one deletes without a look at whose it is by then.
pub fn taken_before(trace: &Trace<'_>, act: usize) -> Option<usize> {
    let event = trace.events.get(act)?;
    let was_taken = |at: &usize| {
        event.guards.iter().any(|guard| guard.event == *at && guard.says == Says::Absent && guard.certain)
    };
    let taken = (0..act).rev().find(|at| {
        let same = trace.events.get(*at).is_some_and(|taken| taken.effect.place == event.effect.place);
        // More decisions may be about the time that is left.
        same && trace.meets_at_root(*at, act)
            && trace.decisions_between(*at, act) <= 1
            && takes_for_a_time(trace, *at)
            && was_taken(at)
    })?;
    (!is_asked(trace, event)).then_some(taken)
}

/// Whether the key was asked for, or read, before the command, which depends on the answer.
fn is_asked(trace: &Trace<'_>, event: &Event<'_>) -> bool {
    event.guards.iter().any(|guard| {
        trace.events.get(guard.event).is_some_and(|asked| {
            asked.effect.place == event.effect.place
                && matches!(asked.effect.operation, Operation::Key(KeyOperation::Get | KeyOperation::Exists))
        })
    })
}

/// Whether the command takes a key that is not there, which goes by itself when its time is over.
fn takes_for_a_time(trace: &Trace<'_>, at: usize) -> bool {
    let Some(event) = trace.events.get(at) else { return false };
    let place = &event.effect.place;
    let of_the_key = |other: &Event<'_>| other.effect.place == *place;
    match event.effect.operation {
        Operation::Key(KeyOperation::SetNew { expires: true }) => true,
        Operation::Key(KeyOperation::SetNew { expires: false }) => {
            trace.events.iter().enumerate().skip(at + 1).any(|(later, event)| {
                event.effect.operation == Operation::Key(KeyOperation::Expire)
                    && of_the_key(event)
                    && trace.on_one_path(at, later)
            })
        }
        // Who finds no such key, and sets it, takes it too, if in two steps.
        Operation::Key(KeyOperation::Set { expires: true }) => {
            let absent = |event: &Event<'_>| {
                event.guards.iter().any(|guard| {
                    guard.says == Says::Absent && trace.events.get(guard.event).is_some_and(of_the_key)
                })
            };
            absent(event) && names::hint(place).is_some_and(|hint| hint.lock)
        }
        _ => false,
    }
}

/// The type or module that a function is of.
fn owner(name: &str) -> Option<&str> {
    name.rsplit_once("::").map(|(owner, _)| owner)
}

/// Whether a function of this name gives back what was taken, as far as names tell: it is no reset, and nobody is thrown out by it.
fn gives_back(name: &str) -> bool {
    const WORDS: [&str; 6] = ["drop", "exit", "free", "relinquish", "release", "unlock"];
    const THROWS_OUT: [&str; 8] = ["all", "break", "clear", "expired", "force", "forced", "reset", "stale"];
    let words = names::words(names::last(name));
    let has = |these: &[&str]| words.iter().any(|word| these.contains(&word.as_str()));
    has(&WORDS) && !has(&THROWS_OUT)
}
