//! One exploration from question to answer.

#[cfg(test)]
pub mod ends;

use super::content::Contents;
use super::filesystem::{Name, Process};
use super::machine::{Context, Machine, State, Status};
use super::oracle::{Class, Oracle};
use super::paths::Paths;
use super::program::{Program, Rests, Source};
use super::schedule::{Ended, Limit, Outcome, search, serial};
use super::setup::{Initial, Start, Surroundings, Use, start, visibility};
use super::shared::Shared;
use super::verdict::Question;
use super::witness::Story;
use super::{Actor, Consequence, Exploration, Lane, Race, Scenario, Script, Witness};
use super::{canonical, compile, handoff, slice};
use crate::flow::{Domain, Operation};
use rustc_hash::{FxHashMap, FxHashSet, FxHasher};
use std::hash::{Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError};

/// States visited at most per scenario. Those that switch least come first: in real programs a race that shows at all has shown
/// long before.
const MAX_STATES: usize = 1_000;

/// States visited at most where nothing was found up to the bound, in runs in which one actor does all that it does between two steps
/// of the other. Most races that show at all show so, and such runs are few.
const MAX_WHOLE: usize = 4_000;

/// Assignments of the unknowns that are tried at most for a shorter witness of the worst, beside the first of each initial state.
const MAX_SPARE: usize = 8;

/// In how many parts the memory is locked.
const SHARDS: usize = 16;

/// Decides scenarios, and remembers the answers: two functions of one shape are explored once. Can be shared by threads; what it
/// answers does not depend on what it was asked before.
#[derive(Debug, Default)]
pub struct Explorer {
    remembered: [Mutex<FxHashMap<Key, Arc<Answer>>>; SHARDS],
    /// For benchmarks: a clock, and how long each question took, in its units.
    clock: Option<fn() -> u64>,
    times: Mutex<Vec<u64>>,
}

/// All that the answer to a scenario depends on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    actor: Actor,
    domain: Domain,
    same_process: bool,
    checked: bool,
    /// Whether the check looks at the place.
    looked: bool,
    /// Whether the check reads what the act writes back.
    updates: bool,
    target: Vec<Name>,
    program: Arc<Program>,
    /// Whether any race will do.
    any: bool,
}

/// What a search found, for any program of the shape.
#[derive(Debug)]
struct Answer {
    /// The worst first.
    found: Vec<Found>,
    bounded: bool,
    states: usize,
}

impl Explorer {
    /// One that notes how long each question takes, by this clock.
    pub fn timed(clock: fn() -> u64) -> Self {
        Explorer { clock: Some(clock), ..Explorer::default() }
    }

    /// How long each question took, in the clock's units and in no order.
    pub fn times(self) -> Vec<u64> {
        self.times.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether there is no race at all, which is faster asked than what there is. Where the bound is hit, none is known to be absent.
    pub fn is_benign(&self, scenario: &Scenario<'_>) -> bool {
        let Some(clock) = self.clock else { return self.shows_none(scenario) };
        let start = clock();
        let benign = self.shows_none(scenario);
        self.note(clock().saturating_sub(start));
        benign
    }

    fn shows_none(&self, scenario: &Scenario<'_>) -> bool {
        let Some(key) = Key::of(scenario) else { return true };
        let answer = self.answer(Key { any: true, ..key });
        answer.found.is_empty() && !answer.bounded
    }

    fn note(&self, time: u64) {
        self.times.lock().unwrap_or_else(PoisonError::into_inner).push(time);
    }

    /// Decides a scenario. A witness is told only of the races with a consequence that is `wanted`; others are left out.
    pub fn explore(&self, scenario: &Scenario<'_>, wanted: impl Fn(Consequence) -> bool) -> Exploration {
        let Some(clock) = self.clock else { return self.decide(scenario, wanted) };
        let start = clock();
        let exploration = self.decide(scenario, wanted);
        self.note(clock().saturating_sub(start));
        exploration
    }

    fn decide(&self, scenario: &Scenario<'_>, wanted: impl Fn(Consequence) -> bool) -> Exploration {
        let Some(key) = Key::of(scenario) else { return handoff::explore(scenario) };
        let answer = self.answer(key.clone());
        key.tell(scenario, &answer, wanted)
    }

    /// What was remembered, or is found now.
    fn answer(&self, key: Key) -> Arc<Answer> {
        let mut hasher = FxHasher::default();
        key.hash(&mut hasher);
        let shard = usize::try_from(hasher.finish() >> 32).unwrap_or(0) % SHARDS;
        let memory = self.remembered.get(shard);
        // Who panicked while holding the lock left the table whole.
        let lock = || memory.map(|m| m.lock().unwrap_or_else(PoisonError::into_inner));
        let known = lock().and_then(|table| table.get(&key).map(Arc::clone));
        known.unwrap_or_else(|| {
            let answer = Arc::new(key.search(true));
            if let Some(mut table) = lock() {
                table.insert(key, Arc::clone(&answer));
            }
            answer
        })
    }
}

impl Key {
    /// None where the two actors have places of their own, and where nothing is asked of a kernel.
    fn of(scenario: &Scenario<'_>) -> Option<Key> {
        let domain = slice::domain_of(scenario);
        if domain == Domain::Channels {
            return None;
        }
        // What a process keeps for itself, only its threads can look at.
        let same_process = matches!(scenario.actor, Actor::ItselfThread | Actor::ItselfTask | Actor::Task)
            || (domain != Domain::Files && scenario.actor != Actor::Itself);
        let mut paths = Paths::new(scenario.place, same_process, scenario.actor == Actor::Task);
        let mut target = paths.of(domain, scenario.place, Lane::A);
        let itself = matches!(scenario.actor, Actor::Itself | Actor::ItselfThread | Actor::ItselfTask);
        if itself && paths.of(domain, scenario.place, Lane::B) != target {
            return None;
        }
        let kept = slice::slice(scenario, domain, &mut paths);
        let mut program = compile::compile(scenario, domain, &kept, &mut paths);
        canonical::renumber(&mut program, &mut target);
        let checked = scenario.check.is_some();
        let check = scenario.check.and_then(|check| slice::operation_at(scenario.body, check));
        let updates = check == Some(Operation::Read);
        let looked = updates || check.is_some_and(|check| check.is_check() || check == Operation::ReadDir);
        Some(Key {
            actor: scenario.actor,
            domain,
            same_process,
            checked,
            looked,
            updates,
            target,
            program: Arc::new(program),
            any: false,
        })
    }

    /// What runs beside the program, unless it is the program itself.
    fn other(&self) -> Option<Program> {
        let twice =
            matches!(self.actor, Actor::Itself | Actor::ItselfThread | Actor::ItselfTask | Actor::Task);
        (!twice).then(|| Program::builtin(self.actor))
    }

    fn subject(&self) -> Subject<'_> {
        Subject {
            actor: self.actor,
            same_process: self.same_process,
            target: &self.target,
            used: Use::of(&self.program, self.domain, &self.target).for_update(self.updates),
            checked: self.checked,
            looked: self.looked,
        }
    }

    /// Searches; without `reduce`, every step of both is tried against every step of the other, whether they touch or not.
    fn search(&self, reduce: bool) -> Answer {
        let mut program = (*self.program).clone();
        let other = self.other();
        let answer = Answer { found: Vec::new(), bounded: program.cut, states: 0 };
        let mut search =
            Searcher { subject: self.subject(), any: self.any, spare: MAX_SPARE, whole: None, answer };
        for surroundings in [Surroundings::Usual, Surroundings::Unusual] {
            if !note_visibility(&mut program, other.as_ref(), &self.target, self.actor, surroundings) {
                break;
            }
            if !reduce {
                program.effects.iter_mut().for_each(|effect| effect.visible_until = [Some(usize::MAX); 2]);
            }
            let programs = [&program, other.as_ref().unwrap_or(&program)];
            if search.all_initials(programs, surroundings) {
                break;
            }
        }
        let mut answer = search.answer;
        answer.found.sort_by_key(|found| {
            let worst = std::cmp::Reverse(found.consequence);
            // An update is told of what was there before, be it a step longer.
            let unusual = self.updates && found.initial == Initial::Absent;
            (worst, !found.reached, found.switches, unusual, found.schedule.len())
        });
        answer
    }

    /// Tells what was found as the scenario's own story.
    fn tell(
        &self,
        scenario: &Scenario<'_>,
        answer: &Answer,
        wanted: impl Fn(Consequence) -> bool,
    ) -> Exploration {
        let told = || {
            let mut program = (*self.program).clone();
            let other = self.other();
            let found = answer.found.iter().filter(|found| wanted(found.consequence));
            found.map(move |found| {
                note_visibility(&mut program, other.as_ref(), &self.target, self.actor, found.surroundings);
                let programs = [&program, other.as_ref().unwrap_or(&program)];
                race(self.subject(), scenario, programs, found)
            })
        };
        let any = answer.found.iter().any(|found| wanted(found.consequence));
        let races = if any { told().collect() } else { Vec::new() };
        Exploration { races, bounded: answer.bounded, states: answer.states }
    }
}

/// Decides one scenario, remembering nothing.
#[cfg(test)]
pub fn decide(scenario: &Scenario<'_>, reduce: bool) -> Exploration {
    let Some(key) = Key::of(scenario) else { return Exploration::default() };
    key.tell(scenario, &key.search(reduce), |_| true)
}

/// Marks which effects the other actor can notice; false if there is none.
fn note_visibility(
    program: &mut Program,
    other: Option<&Program>,
    target: &[Name],
    actor: Actor,
    surroundings: Surroundings,
) -> bool {
    let usual = surroundings == Surroundings::Usual;
    let visible = |lane| visibility([program, other.unwrap_or(program)], lane, target, actor, usual);
    let a = visible(Lane::A);
    let b = if other.is_some() { Vec::new() } else { visible(Lane::B) };
    let any = a.iter().any(Option::is_some);
    for (number, effect) in program.effects.iter_mut().enumerate() {
        let by = |lane: &[Option<usize>]| lane.get(number).copied().flatten();
        effect.visible_until = [by(&a), by(&b)];
    }
    any
}

/// The best run found for a consequence, and what it takes to run it again.
#[derive(Debug)]
struct Found {
    consequence: Consequence,
    loss: String,
    /// Whether the act is done in it.
    reached: bool,
    switches: (u32, u32),
    schedule: Vec<Lane>,
    initial: Initial,
    surroundings: Surroundings,
    chosen: Vec<(Source, Class, bool)>,
}

/// What an exploration is about.
#[derive(Clone, Copy)]
struct Subject<'a> {
    actor: Actor,
    /// Whether both actors run in one process.
    same_process: bool,
    target: &'a [Name],
    used: Use,
    checked: bool,
    looked: bool,
}

struct Searcher<'a> {
    subject: Subject<'a>,
    /// Whether any race will do.
    any: bool,
    answer: Answer,
    /// How many more assignments of the unknowns are tried once the worst is found.
    spare: usize,
    /// How many more states are visited, where the bound was hit and nothing was found up to it.
    whole: Option<usize>,
}

impl Searcher<'_> {
    /// Explores from every initial state that matters; returns whether the act was reached from one.
    fn all_initials(&mut self, programs: [&Program; 2], surroundings: Surroundings) -> bool {
        let mut reached = false;
        for initial in self.subject.used.initials() {
            let mut contents = Contents::default();
            let start =
                start(programs, self.subject.used, self.subject.target, initial, surroundings, &mut contents);
            let [program, _] = programs;
            let mut pending = vec![Oracle::new(program)];
            while let Some(oracle) = pending.pop() {
                if self.any && !self.answer.found.is_empty() {
                    return true;
                }
                if oracle.choices() > 0 && self.worst_is_found(initial) {
                    let Some(left) = self.spare.checked_sub(1) else { break };
                    self.spare = left;
                }
                if self.answer.states > MAX_STATES {
                    self.answer.bounded = true;
                    if self.whole.is_none_or(|left| left == 0) {
                        return reached;
                    }
                }
                let given = (&start, &contents);
                reached |= self.one(programs, (initial, surroundings), given, oracle, &mut pending);
            }
        }
        reached
    }

    fn worst_is_found(&self, from: Initial) -> bool {
        let worst = worst(self.subject.actor);
        self.answer.found.iter().any(|found| found.consequence == worst && found.initial == from)
    }

    /// Explores from one initial state with one oracle; returns whether the act was reached.
    fn one(
        &mut self,
        programs: [&Program; 2],
        (initial, surroundings): (Initial, Surroundings),
        (given, contents): (&Start, &Contents),
        oracle: Oracle,
        pending: &mut Vec<Oracle>,
    ) -> bool {
        let (subject, any) = (self.subject, self.any);
        let mut context = subject.context(programs, contents.clone(), oracle);
        let start = subject.state(programs, given);
        let orders = subject.orders();
        let mut reached = false;
        // Who makes and fills it after the other has, in every order, does so whatever the look has found.
        let [program, _] = programs;
        let mut heedless = program.rests == Rests::Filling;
        let mut orderly = Vec::new();
        for first in orders {
            let (order, acts) = serial(&mut context, &start, *first);
            orderly.push(order);
            reached |= acts > 0;
            heedless &= acts > 1;
        }
        if !reached || heedless {
            pending.append(&mut context.forks);
            self.answer.bounded |= context.cut;
            return reached;
        }
        let (serials, wrote): (Vec<Outcome>, Vec<[u64; 2]>) = orderly.into_iter().unzip();
        let worst = worst(subject.actor);
        let not_theirs = self.without_gap(&mut context, &start);
        for whole in [false, true] {
            // What is found from one beginning may not be what is asked about, and is told beside what is found from another.
            let is_worst =
                |found: &&Found| found.consequence == worst && found.reached && found.initial == initial;
            let known = self.answer.found.iter().find(is_worst);
            let states = match (whole, self.whole) {
                (false, None) => MAX_STATES.saturating_sub(self.answer.states),
                (true, Some(left)) => left,
                _ => continue,
            };
            let below = known.map(|found| (found.switches, found.schedule.len()));
            let limit = Limit { states, below, whole };
            let found = &mut self.answer.found;
            let searched = search(&mut context, &start, limit, &mut |context, run| {
                let contents = &context.contents;
                let question = Question {
                    actor: subject.actor,
                    domain: subject.used.domain,
                    program,
                    checked: subject.checked,
                    looked: subject.looked,
                    target: subject.target,
                    was_there: initial != Initial::Absent,
                    contents,
                    wrote: &wrote,
                };
                let Some((consequence, loss)) = question.classify(&run, &serials) else {
                    return false;
                };
                if consequence != Consequence::DoubleOwner && not_theirs.contains(&run.outcome) {
                    return false;
                }
                // A schedule without the act tells of another race, and is the answer only where there is none with it.
                let better = |known: &Found| {
                    (!run.reached, run.switches, run.schedule.len())
                        < (!known.reached, known.switches, known.schedule.len())
                };
                let known = found.iter().position(|f| f.consequence == consequence && f.initial == initial);
                if let Some(at) = known {
                    if !found.get(at).is_some_and(better) {
                        return false;
                    }
                    found.remove(at);
                }
                found.push(Found {
                    consequence,
                    loss,
                    reached: run.reached,
                    switches: run.switches,
                    schedule: run.schedule,
                    initial,
                    surroundings,
                    chosen: context.oracle.chosen().to_vec(),
                });
                // Those that come later switch as often or more.
                any || (consequence == worst && run.reached)
            });
            self.answer.bounded |= searched.bounded | context.cut;
            if whole {
                self.whole = Some(states.saturating_sub(searched.states));
                continue;
            }
            self.answer.states += searched.states;
            if searched.bounded && self.answer.found.is_empty() && !any {
                self.whole = Some(MAX_WHOLE);
            }
        }
        pending.append(&mut context.forks);
        true
    }
}

impl Searcher<'_> {
    /// What can come of it where nobody comes between the look and the act: if that is a loss, it is another pair's.
    fn without_gap(&self, context: &mut Context<'_>, start: &State) -> FxHashSet<Outcome> {
        let mut outcomes = FxHashSet::default();
        let [program, _] = context.programs;
        let is_pair = matches!(program.rests, Rests::Act(_)) && self.subject.used.domain == Domain::Files;
        if is_pair && self.subject.actor != Actor::Task {
            context.joined = true;
            let limit = Limit { states: MAX_STATES, below: None, whole: false };
            search(context, start, limit, &mut |_, run| {
                outcomes.insert(run.outcome);
                false
            });
            context.joined = false;
        }
        outcomes
    }
}

/// Runs a schedule again and tells it.
fn race(subject: Subject<'_>, scenario: &Scenario<'_>, programs: [&Program; 2], found: &Found) -> Race {
    let mut contents = Contents::default();
    let start =
        start(programs, subject.used, subject.target, found.initial, found.surroundings, &mut contents);
    let [program, _] = programs;
    let mut context = subject.context(programs, contents, Oracle::again(program, &found.chosen));
    context.events = Some(Vec::new());
    let mut state = subject.state(programs, &start);
    // The schedule was found with this very oracle, so nothing is open.
    replay(&mut context, &mut state, &found.schedule);
    let events = context.events.take().unwrap_or_default();
    let story = Story {
        actor: subject.actor,
        domain: subject.used.domain,
        program,
        place: scenario.place,
        target: subject.target,
        contents: &context.contents,
    };
    let failure = |(ended, program): (Ended, &Program)| {
        let (kind, origin) = ended.failure()?;
        Some((program.effect(origin)?.site, kind))
    };
    let witness = Witness {
        actor: subject.actor,
        initial: found.initial.describe(subject.used.domain).to_owned(),
        steps: story.tell(&events),
        loss: found.loss.clone(),
        failures: Ended::of_both(&state).into_iter().zip(programs).filter_map(failure).collect(),
        script: Script {
            same_process: subject.same_process,
            place: subject.target.to_vec(),
            start: start.calls,
            calls: context.calls,
            end: state.files.tree(),
            contents: context.contents,
        },
    };
    Race { consequence: found.consequence, reached: found.reached, witness }
}

impl<'a> Subject<'a> {
    /// Who comes first in the serial orders that count. Of an attacker who is there first, only a look protects: without one, that
    /// is no order to hold others against, but the attack itself (CWE-377).
    fn orders(self) -> &'static [Lane] {
        match self.actor {
            Actor::Task => &[Lane::A],
            Actor::Attacker if !self.looked => &[Lane::A],
            _ => &[Lane::A, Lane::B],
        }
    }

    fn context(self, programs: [&'a Program; 2], contents: Contents, oracle: Oracle) -> Context<'a> {
        Context {
            programs,
            target: self.target,
            actor: self.actor,
            domain: self.used.domain,
            same_process: self.same_process,
            directory: self.used.is_directory(),
            contents,
            oracle,
            forks: Vec::new(),
            cut: false,
            events: None,
            calls: Vec::new(),
            site: None,
            joined: false,
        }
    }

    fn state(self, programs: [&Program; 2], start: &Start) -> State {
        let [a, b] = programs;
        let mut files = start.files.clone();
        if matches!(self.actor, Actor::Attacker | Actor::Stranger) {
            files.estrange(Process::Second);
        }
        let mut second = Machine::new(b);
        if self.actor == Actor::Task {
            second.status = Status::Waiting;
        }
        State {
            files: Shared::new(files),
            mutexes: Vec::new(),
            machines: [Shared::new(Machine::new(a)), Shared::new(second)],
            holds: [false, false],
            double: false,
            stolen: false,
            wrote: [0, 0],
            saw: [false, false],
            misled: false,
            turn: None,
            told: None,
        }
    }
}

/// The worst that can come of the actor: one that only looks changes nothing.
fn worst(actor: Actor) -> Consequence {
    match actor {
        Actor::Attacker | Actor::Stranger => Consequence::Security,
        Actor::Reader | Actor::Bystander | Actor::Visitor => Consequence::Corruption,
        _ => Consequence::DataLoss,
    }
}

fn replay(context: &mut Context<'_>, state: &mut State, schedule: &[Lane]) {
    context.settle(state, Lane::A);
    context.settle(state, Lane::B);
    for lane in schedule {
        context.step(state, *lane);
    }
}
