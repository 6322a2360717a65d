//! Every interleaving of two actors, those with the fewest switches first.

use super::content::Content;
use super::filesystem::{Kind, Name, Status as Found};
use super::machine::{Context, Datum, Seen, State, Status, Told, index, other};
use super::{Actor, Lane};
use crate::flow::ErrorKind;
use rustc_hash::{FxHashMap, FxHashSet};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::rc::Rc;

/// How an actor ended, with the effect that raised a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ended {
    Ok,
    Failed(ErrorKind, Option<u16>),
    /// It waits for ever, or goes round for ever.
    Never,
    Panicked(Option<(ErrorKind, Option<u16>)>),
}

impl Ended {
    /// How each actor has ended.
    pub fn of_both(state: &State) -> [Ended; 2] {
        [Lane::A, Lane::B].map(|lane| match &state.machine(lane).status {
            Status::Panicked(cause) => Ended::Panicked(*cause),
            Status::Discarded | Status::Running => Ended::Never,
            _ => match state.machine(lane).datum(0) {
                Datum::Failed(kind, origin) => Ended::Failed(*kind, *origin),
                _ => Ended::Ok,
            },
        })
    }

    /// The failure and the effect that raised it.
    pub fn failure(self) -> Option<(ErrorKind, u16)> {
        match self {
            Ended::Failed(kind, Some(origin)) | Ended::Panicked(Some((kind, Some(origin)))) => {
                Some((kind, origin))
            }
            _ => None,
        }
    }
}

/// All that a run is judged by.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Outcome {
    pub ended: [Ended; 2],
    pub seen: Option<Seen>,
    pub tree: Rc<[(Vec<Name>, Found)]>,
    /// The environment of A's process.
    pub environment: Vec<(Name, Content)>,
    pub double: bool,
    pub stolen: bool,
    pub misled: bool,
    /// What A told its caller, see [`State::told`].
    pub told: Option<Told>,
}

impl Outcome {
    fn of(state: &State) -> Self {
        Outcome {
            ended: Ended::of_both(state),
            seen: state.machine(Lane::B).seen,
            tree: state.files.tree().into(),
            environment: state.files.environment().to_vec(),
            double: state.double,
            stolen: state.stolen,
            misled: state.misled,
            told: state.told,
        }
    }

    /// What is at the path in the end.
    pub fn at(&self, path: &[Name]) -> Option<(Kind, Content)> {
        self.tree.iter().find(|(p, _)| p == path).map(|(_, found)| (found.kind, found.content))
    }

    /// What the variable is set to in the end.
    pub fn variable(&self, path: &[Name]) -> Option<Content> {
        let name = path.last()?;
        self.environment.iter().find(|(n, _)| n == name).map(|(_, value)| *value)
    }
}

/// A run from start to end.
#[derive(Clone, Debug)]
pub struct Run {
    pub outcome: Outcome,
    /// What each actor wrote, see [`State::wrote`].
    pub wrote: [u64; 2],
    /// Whether each actor looked at what the other wrote, see [`State::saw`].
    pub saw: [bool; 2],
    /// Whether the act was done in it, by whichever of the two runs the program.
    pub reached: bool,
    /// Switches, and among them those in the middle of an operation.
    pub switches: (u32, u32),
    /// Whose step came when.
    pub schedule: Vec<Lane>,
}

/// What a search came to.
#[derive(Debug, Default)]
pub struct Search {
    pub states: usize,
    pub bounded: bool,
}

/// How far a search goes.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    /// States visited at most.
    pub states: usize,
    /// Only runs with fewer switches, or as many and fewer steps, are of interest.
    pub below: Option<((u32, u32), usize)>,
    /// Whether who comes between the other's steps does all that it does at once: far fewer runs, each of them as real.
    pub whole: bool,
}

/// What a serial order comes to, and what each actor wrote in it, see [`State::wrote`].
pub type Serial = (Outcome, [u64; 2]);

impl Outcome {
    /// Whether both actors come to an end.
    pub fn is_complete(&self) -> bool {
        !self.ended.contains(&Ended::Never)
    }
}

/// One serial order, with what each actor wrote; and how many have done the act.
pub fn serial(context: &mut Context<'_>, start: &State, first: Lane) -> (Serial, usize) {
    let mut state = start.clone();
    if context.actor == Actor::Task {
        return as_called(context, state);
    }
    for lane in [first, other(first)] {
        context.settle(&mut state, lane);
        while state.running(lane) {
            if context.blocked(&state, lane) {
                break;
            }
            context.step(&mut state, lane);
        }
    }
    let both = state.machine(Lane::A).reached && state.machine(Lane::B).reached;
    let acts = usize::from(reached(context, &state)) + usize::from(both);
    ((Outcome::of(&state), state.wrote), acts)
}

/// Whether the act was done, by whichever actor runs the program.
fn reached(context: &Context<'_>, state: &State) -> bool {
    let by_both =
        matches!(context.actor, Actor::Itself | Actor::ItselfThread | Actor::ItselfTask | Actor::Task);
    // Who ends before the act has come to where it matters.
    context.actor == Actor::Crash
        || state.machine(Lane::A).reached
        || (by_both && state.machine(Lane::B).reached)
}

/// Spawned work that runs to its end where it is started, as far as nothing makes it wait.
fn as_called(context: &mut Context<'_>, mut state: State) -> (Serial, usize) {
    context.settle(&mut state, Lane::A);
    let next = |context: &Context<'_>, state: &State| {
        [Lane::B, Lane::A].into_iter().find(|lane| state.running(*lane) && !context.blocked(state, *lane))
    };
    while let Some(lane) = next(context, &state) {
        context.step(&mut state, lane);
    }
    let acts = usize::from(reached(context, &state));
    ((Outcome::of(&state), state.wrote), acts)
}

struct Node {
    state: usize,
    last: Option<Lane>,
    parent: usize,
}

/// A state that was met.
#[derive(Default)]
struct Known {
    /// Visited: as the start, by a step of A, by a step of B.
    visited: [bool; 3],
    /// What each actor's next step leads to, once that was tried.
    next: Option<[Option<usize>; 2]>,
}

fn arrival(last: Option<Lane>) -> usize {
    last.map_or(0, |lane| 1 + index(lane))
}

/// The states met so far, by number.
#[derive(Default)]
struct States {
    numbers: FxHashMap<Rc<State>, usize>,
    states: Vec<Rc<State>>,
    known: Vec<Known>,
}

impl States {
    fn number(&mut self, state: State) -> usize {
        let next = self.states.len();
        let state = Rc::new(state);
        let number = *self.numbers.entry(Rc::clone(&state)).or_insert(next);
        if number == next {
            self.states.push(state);
            self.known.push(Known::default());
        }
        number
    }

    fn visited(&self, number: usize, last: Option<Lane>) -> bool {
        self.known.get(number).and_then(|k| k.visited.get(arrival(last))).copied().unwrap_or(true)
    }

    /// Whether this is the first visit.
    fn visit(&mut self, number: usize, last: Option<Lane>) -> bool {
        let visited = self.known.get_mut(number).and_then(|k| k.visited.get_mut(arrival(last)));
        visited.is_some_and(|visited| !std::mem::replace(visited, true))
    }

    /// What each actor's next step leads to; none where it has ended, has to wait or goes beyond the loop bound.
    fn next(&mut self, context: &mut Context<'_>, number: usize, state: &State) -> [Option<usize>; 2] {
        if let Some(known) = self.known.get(number).and_then(|k| k.next) {
            return known;
        }
        let mut next = [None; 2];
        for (lane, slot) in [Lane::A, Lane::B].into_iter().zip(&mut next) {
            let is_others = state.turn.is_some_and(|turn| turn != lane);
            if !state.running(lane) || is_others || context.blocked(state, lane) {
                continue;
            }
            let mut after = state.clone();
            context.step(&mut after, lane);
            if after.machine(lane).status != Status::Discarded {
                *slot = Some(self.number(after));
            }
        }
        if let Some(known) = self.known.get_mut(number) {
            known.next = Some(next);
        }
        next
    }
}

/// Searches all interleavings, those that switch least first. Each outcome is handed to `judge` with the first run that ends in it,
/// until `judge` says that it has seen enough.
pub fn search(
    context: &mut Context<'_>,
    start: &State,
    limit: Limit,
    judge: &mut dyn FnMut(&Context<'_>, Run) -> bool,
) -> Search {
    let mut found = Search::default();
    let mut state = start.clone();
    context.settle(&mut state, Lane::A);
    context.settle(&mut state, Lane::B);
    let mut states = States::default();
    let mut nodes = vec![Node { state: states.number(state), last: None, parent: 0 }];
    let mut outcomes: FxHashSet<(Outcome, [u64; 2], [bool; 2], bool)> = FxHashSet::default();
    // Switches, those in the middle of an operation, steps, age.
    let mut open = BinaryHeap::from([Reverse(((0u32, 0u32), 0usize, 0usize))]);
    while let Some(Reverse((switches, steps, at))) = open.pop() {
        if limit.below.is_some_and(|below| (switches, steps) >= below) {
            break;
        }
        let Some(&Node { state: number, last, .. }) = nodes.get(at) else { continue };
        if !states.visit(number, last) {
            continue;
        }
        found.states += 1;
        if found.states > limit.states {
            found.bounded = true;
            break;
        }
        let Some(state) = states.states.get(number).map(Rc::clone) else { continue };
        if !state.running(Lane::A) && !state.running(Lane::B) {
            let outcome = Outcome::of(&state);
            let reached = reached(context, &state);
            if outcomes.insert((outcome.clone(), state.wrote, state.saw, reached)) {
                let run = Run {
                    reached,
                    outcome,
                    wrote: state.wrote,
                    saw: state.saw,
                    switches,
                    schedule: schedule(&nodes, at),
                };
                if judge(context, run) {
                    break;
                }
            }
            continue;
        }
        let next = states.next(context, number, &state);
        for (lane, next) in [Lane::A, Lane::B].into_iter().zip(next) {
            let Some(next) = next.filter(|next| !states.visited(*next, Some(lane))) else { continue };
            let switched = last.is_some_and(|l| l != lane);
            let goes_on = last.is_some_and(|l| state.running(l) && !context.blocked(&state, l));
            if limit.whole && switched && switches.0 > 0 && goes_on {
                continue;
            }
            let torn = switched && state.machine(other(lane)).phase > 0;
            let switches = (switches.0 + u32::from(switched), switches.1 + u32::from(torn));
            open.push(Reverse((switches, steps + 1, nodes.len())));
            nodes.push(Node { state: next, last: Some(lane), parent: at });
        }
    }
    found
}

fn schedule(nodes: &[Node], end: usize) -> Vec<Lane> {
    let mut lanes = Vec::new();
    let mut number = end;
    while let Some(node) = nodes.get(number) {
        let Some(lane) = node.last else { break };
        lanes.push(lane);
        number = node.parent;
    }
    lanes.reverse();
    lanes
}
