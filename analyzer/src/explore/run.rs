//! One exploration from question to answer.

#[cfg(test)]
pub mod ends;

use super::content::Contents;
use super::filesystem::{Name, Process};
use super::machine::{Context, Machine, State, Status};
use super::oracle::Oracle;
use super::paths::Paths;
use super::program::Program;
use super::schedule::{Limit, Outcome, search, serial};
use super::setup::{Initial, Start, Surroundings, Use, start, visibility};
use super::shared::Shared;
use super::verdict::Question;
use super::witness::Story;
use super::{Actor, Consequence, Exploration, Lane, Race, Scenario, Script, ScriptCall, Witness};
use super::{compile, slice};
use crate::flow::Domain;

/// States visited at most per scenario. Those that switch least come first: in real programs a race that shows at all has shown
/// long before.
const MAX_STATES: usize = 4_000;

/// Assignments of the unknowns that are tried at most for a shorter witness of the worst, beside the first of each initial state.
const MAX_SPARE: usize = 8;

/// Decides one scenario.
pub fn explore(scenario: &Scenario<'_>) -> Exploration {
    decide(scenario, true)
}

/// Decides one scenario; without `reduce`, every step of both is tried against every step of the other, whether they touch or not.
pub fn decide(scenario: &Scenario<'_>, reduce: bool) -> Exploration {
    let domain = slice::domain_at(scenario.body, scenario.act);
    // What a process keeps for itself, only its threads can look at.
    let same_process = matches!(scenario.actor, Actor::ItselfThread | Actor::Task)
        || (domain != Domain::Files && scenario.actor != Actor::Itself);
    let mut paths = Paths::new(scenario.place, same_process);
    let target = paths.of(domain, scenario.place, Lane::A);
    let itself = matches!(scenario.actor, Actor::Itself | Actor::ItselfThread);
    let program_twice = itself || scenario.actor == Actor::Task;
    if itself && paths.of(domain, scenario.place, Lane::B) != target {
        // Each has a place of its own.
        return Exploration::default();
    }
    let kept = slice::slice(scenario, domain, &mut paths);
    let mut program = compile::compile(scenario, domain, &kept, &mut paths);
    let other = (!program_twice).then(|| Program::builtin(scenario.actor));
    let mut explorer = Explorer {
        subject: Subject {
            actor: scenario.actor,
            same_process,
            target: &target,
            used: Use::of(&program, domain, &target),
            checked: scenario.check.is_some(),
        },
        spare: MAX_SPARE,
        result: Exploration { bounded: program.cut, ..Exploration::default() },
        found: Vec::new(),
    };
    for surroundings in [Surroundings::Usual, Surroundings::Unusual] {
        if !note_visibility(&mut program, other.as_ref(), &target, scenario.actor, surroundings) {
            break;
        }
        if !reduce {
            program.effects.iter_mut().for_each(|effect| effect.visible_until = [Some(usize::MAX); 2]);
        }
        let programs = [&program, other.as_ref().unwrap_or(&program)];
        if explorer.all_initials(programs, surroundings) {
            break;
        }
    }
    let programs = [&program, other.as_ref().unwrap_or(&program)];
    explorer.found.sort_by_key(|found| std::cmp::Reverse(found.consequence));
    let races = explorer.found.iter().map(|found| explorer.race(scenario, programs, found)).collect();
    Exploration { races, ..explorer.result }
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
struct Found {
    consequence: Consequence,
    loss: String,
    switches: (u32, u32),
    schedule: Vec<Lane>,
    initial: Initial,
    surroundings: Surroundings,
    oracle: Oracle,
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
}

struct Explorer<'a> {
    subject: Subject<'a>,
    result: Exploration,
    found: Vec<Found>,
    /// How many more assignments of the unknowns are tried once the worst is found.
    spare: usize,
}

impl Explorer<'_> {
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
                if oracle.choices() > 0 && self.worst_is_found() {
                    let Some(left) = self.spare.checked_sub(1) else { break };
                    self.spare = left;
                }
                if self.result.states > MAX_STATES {
                    self.result.bounded = true;
                    return reached;
                }
                let given = (&start, &contents);
                reached |= self.one(programs, (initial, surroundings), given, oracle, &mut pending);
            }
        }
        reached
    }

    fn worst_is_found(&self) -> bool {
        self.found.iter().any(|found| found.consequence == worst(self.subject.actor))
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
        let subject = self.subject;
        let mut context = subject.context(programs, contents.clone(), oracle);
        let start = subject.state(programs, given);
        let orders: &[Lane] = if subject.actor == Actor::Task { &[Lane::A] } else { &[Lane::A, Lane::B] };
        let mut reached = false;
        let mut orderly = Vec::new();
        for first in orders {
            let (order, came) = serial(&mut context, &start, *first);
            orderly.push(order);
            reached |= came;
        }
        if !reached {
            pending.append(&mut context.forks);
            self.result.bounded |= context.cut;
            return false;
        }
        let (serials, wrote): (Vec<Outcome>, Vec<[u64; 2]>) = orderly.into_iter().unzip();
        let [program, _] = programs;
        let worst = worst(subject.actor);
        let known = self.found.iter().find(|found| found.consequence == worst);
        let limit = Limit {
            states: MAX_STATES.saturating_sub(self.result.states),
            below: known.map(|found| (found.switches, found.schedule.len())),
        };
        let found = &mut self.found;
        let searched = search(&mut context, &start, limit, &mut |context, run| {
            let contents = &context.contents;
            let question = Question {
                actor: subject.actor,
                domain: subject.used.domain,
                program,
                checked: subject.checked,
                target: subject.target,
                contents,
                wrote: &wrote,
            };
            let Some((consequence, loss)) = question.classify(&run, &serials) else {
                return false;
            };
            let better =
                |known: &Found| (run.switches, run.schedule.len()) < (known.switches, known.schedule.len());
            let known = found.iter().position(|f| f.consequence == consequence);
            if let Some(at) = known {
                if !found.get(at).is_some_and(better) {
                    return false;
                }
                found.remove(at);
            }
            found.push(Found {
                consequence,
                loss,
                switches: run.switches,
                schedule: run.schedule,
                initial,
                surroundings,
                oracle: context.oracle.clone(),
            });
            // Those that come later switch as often or more.
            consequence == worst
        });
        self.result.states += searched.states;
        self.result.bounded |= searched.bounded | context.cut;
        pending.append(&mut context.forks);
        true
    }

    /// Runs a schedule again and tells it.
    fn race(&self, scenario: &Scenario<'_>, programs: [&Program; 2], found: &Found) -> Race {
        let mut contents = Contents::default();
        let subject = self.subject;
        let start =
            start(programs, subject.used, subject.target, found.initial, found.surroundings, &mut contents);
        let mut context = subject.context(programs, contents, found.oracle.clone());
        context.events = Some(Vec::new());
        let mut state = subject.state(programs, &start);
        // The schedule was found with this very oracle, so nothing is open.
        replay(&mut context, &mut state, &found.schedule);
        let events = context.events.take().unwrap_or_default();
        let [program, _] = programs;
        let story = Story {
            actor: subject.actor,
            domain: subject.used.domain,
            program,
            place: scenario.place,
            target: subject.target,
            contents: &context.contents,
        };
        let witness = Witness {
            actor: subject.actor,
            initial: found.initial.describe(subject.used.domain).to_owned(),
            steps: story.tell(&events),
            loss: found.loss.clone(),
            script: Script {
                same_process: subject.same_process,
                start: start.calls,
                calls: events
                    .into_iter()
                    .flat_map(|event| {
                        event.calls.into_iter().map(move |(call, reply)| ScriptCall {
                            lane: event.lane,
                            call,
                            reply,
                        })
                    })
                    .collect(),
                end: state.files.tree(),
                contents: context.contents,
            },
        };
        Race { consequence: found.consequence, witness }
    }
}

impl<'a> Subject<'a> {
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
        }
    }
}

/// The worst that can come of the actor: one that only looks changes nothing.
fn worst(actor: Actor) -> Consequence {
    match actor {
        Actor::Attacker | Actor::Stranger => Consequence::Security,
        Actor::Reader => Consequence::Corruption,
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
