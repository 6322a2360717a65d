//! One exploration from question to answer.

use super::content::Contents;
use super::filesystem::{Filesystem, Name};
use super::machine::{Context, Machine, State};
use super::oracle::Oracle;
use super::paths::Paths;
use super::program::Program;
use super::schedule::{Limit, Outcome, search, serial};
use super::setup::{Initial, Surroundings, Use, initial_files, visibility};
use super::shared::Shared;
use super::verdict::Question;
use super::witness::Story;
use super::{Actor, Consequence, Exploration, Lane, Race, Scenario, Witness};
use super::{compile, slice};

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
    let mut paths = Paths::new(scenario.place, scenario.actor == Actor::ItselfThread);
    let target = paths.path(scenario.place, Lane::A);
    let itself = matches!(scenario.actor, Actor::Itself | Actor::ItselfThread);
    if itself && paths.path(scenario.place, Lane::B) != target {
        // Each has a place of its own.
        return Exploration::default();
    }
    let kept = slice::slice(scenario.body, scenario.place, &mut paths);
    let mut program = compile::compile(scenario, &kept, &mut paths);
    let other = (!itself).then(|| Program::builtin(scenario.actor));
    let mut explorer = Explorer {
        actor: scenario.actor,
        target: &target,
        used: Use::of(&program, &target),
        checked: scenario.check.is_some(),
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

struct Explorer<'a> {
    actor: Actor,
    target: &'a [Name],
    used: Use,
    checked: bool,
    result: Exploration,
    found: Vec<Found>,
    /// How many more assignments of the unknowns are tried once the worst is found.
    spare: usize,
}

impl Explorer<'_> {
    /// Explores from every initial state that matters; returns whether the act was reached from one.
    fn all_initials(&mut self, programs: [&Program; 2], surroundings: Surroundings) -> bool {
        let mut reached = false;
        for initial in self.used.initials() {
            let mut contents = Contents::default();
            let files = initial_files(programs, self.target, initial, surroundings, &mut contents);
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
                let given = (&files, &contents);
                reached |= self.one(programs, (initial, surroundings), given, oracle, &mut pending);
            }
        }
        reached
    }

    fn worst_is_found(&self) -> bool {
        self.found.iter().any(|found| found.consequence == worst(self.actor))
    }

    /// Explores from one initial state with one oracle; returns whether the act was reached.
    fn one(
        &mut self,
        programs: [&Program; 2],
        (initial, surroundings): (Initial, Surroundings),
        (files, contents): (&Filesystem, &Contents),
        oracle: Oracle,
        pending: &mut Vec<Oracle>,
    ) -> bool {
        let target = self.target;
        let mut context = Context {
            programs,
            target,
            actor: self.actor,
            directory: self.used.is_directory(),
            contents: contents.clone(),
            oracle,
            forks: Vec::new(),
            cut: false,
            events: None,
        };
        let start = start(programs, files);
        let (ab, reached_ab) = serial(&mut context, &start, Lane::A);
        let (ba, reached_ba) = serial(&mut context, &start, Lane::B);
        if !reached_ab && !reached_ba {
            pending.append(&mut context.forks);
            self.result.bounded |= context.cut;
            return false;
        }
        let complete = ab.is_some() && ba.is_some();
        let (serials, wrote): (Vec<Outcome>, Vec<[u64; 2]>) = ab.into_iter().chain(ba).unzip();
        let [program, _] = programs;
        let (actor, checked) = (self.actor, self.checked);
        let worst = worst(actor);
        let known = self.found.iter().find(|found| found.consequence == worst);
        let limit = Limit {
            states: MAX_STATES.saturating_sub(self.result.states),
            below: known.map(|found| (found.switches, found.schedule.len())),
        };
        let found = &mut self.found;
        let searched = search(&mut context, &start, limit, &mut |context, run| {
            let contents = &context.contents;
            let question = Question { actor, program, checked, target, contents, wrote: &wrote };
            let Some((consequence, loss)) = question.classify(&run, &serials, complete) else {
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
        let files = initial_files(programs, self.target, found.initial, found.surroundings, &mut contents);
        let mut context = Context {
            programs,
            target: self.target,
            actor: self.actor,
            directory: self.used.is_directory(),
            contents,
            oracle: found.oracle.clone(),
            forks: Vec::new(),
            cut: false,
            events: Some(Vec::new()),
        };
        let mut state = start(programs, &files);
        // The schedule was found with this very oracle, so nothing is open.
        replay(&mut context, &mut state, &found.schedule);
        let events = context.events.take().unwrap_or_default();
        let [program, _] = programs;
        let story = Story {
            actor: self.actor,
            program,
            place: scenario.place,
            target: self.target,
            contents: &context.contents,
        };
        let witness = Witness {
            actor: self.actor,
            initial: found.initial.describe().to_owned(),
            steps: story.tell(&events),
            loss: found.loss.clone(),
        };
        Race { consequence: found.consequence, witness }
    }
}

/// The worst that can come of the actor: one that only looks changes nothing.
fn worst(actor: Actor) -> Consequence {
    match actor {
        Actor::Attacker => Consequence::Security,
        Actor::Reader => Consequence::Corruption,
        _ => Consequence::DataLoss,
    }
}

fn start(programs: [&Program; 2], files: &Filesystem) -> State {
    let [a, b] = programs;
    State {
        files: Shared::new(files.clone()),
        mutexes: Vec::new(),
        machines: [Shared::new(Machine::new(a)), Shared::new(Machine::new(b))],
        holds: [false, false],
        double: false,
        stolen: false,
        wrote: [0, 0],
        saw: [false, false],
    }
}

fn replay(context: &mut Context<'_>, state: &mut State, schedule: &[Lane]) {
    context.settle(state, Lane::A);
    context.settle(state, Lane::B);
    for lane in schedule {
        context.step(state, *lane);
    }
}
