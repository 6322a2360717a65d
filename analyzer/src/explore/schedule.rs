//! Every interleaving of two actors, those with the fewest switches first.

use super::content::Content;
use super::filesystem::{Kind, Name};
use super::machine::{Context, Datum, Seen, State, Status, Undecided, other};
use super::{Actor, Lane};
use crate::flow::ErrorKind;
use rustc_hash::FxHashSet;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::rc::Rc;

/// How an actor ended, with the effect that raised a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ended {
    Ok,
    Failed(ErrorKind, Option<u16>),
    Panicked(Option<(ErrorKind, Option<u16>)>),
}

impl Ended {
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
    pub tree: Vec<(Vec<Name>, Kind, Content)>,
    pub double: bool,
    pub stolen: bool,
}

impl Outcome {
    fn of(state: &State) -> Self {
        let ended = |lane| match &state.machine(lane).status {
            Status::Panicked(cause) => Ended::Panicked(*cause),
            _ => match state.machine(lane).datum(0) {
                Datum::Failed(kind, origin) => Ended::Failed(*kind, *origin),
                _ => Ended::Ok,
            },
        };
        Outcome {
            ended: [ended(Lane::A), ended(Lane::B)],
            seen: state.machine(Lane::B).seen,
            tree: state.files.tree(),
            double: state.double,
            stolen: state.stolen,
        }
    }

    /// What is at the path in the end.
    pub fn at(&self, path: &[Name]) -> Option<(Kind, Content)> {
        self.tree.iter().find(|(p, ..)| p == path).map(|(_, kind, content)| (*kind, *content))
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
    /// Switches, and among them those in the middle of an operation.
    pub switches: (u32, u32),
    /// Whose step came when.
    pub schedule: Vec<Lane>,
}

/// All outcomes of a search, each with one of the runs that switch least.
#[derive(Debug, Default)]
pub struct Search {
    pub runs: Vec<Run>,
    pub states: usize,
    pub bounded: bool,
}

/// What a serial order ends in, and what each actor wrote in it, see [`State::wrote`].
pub type Serial = (Outcome, [u64; 2]);

/// One serial order, if it ends, with what each actor wrote; and whether the act was reached.
pub fn serial(
    context: &mut Context<'_>,
    start: &State,
    first: Lane,
) -> Result<(Option<Serial>, bool), Undecided> {
    let mut state = start.clone();
    let mut ended = true;
    for lane in [first, other(first)] {
        context.settle(&mut state, lane)?;
        while state.running(lane) {
            if context.blocked(&state, lane) {
                ended = false;
                break;
            }
            context.step(&mut state, lane)?;
        }
        ended &= state.machine(lane).status != Status::Discarded;
    }
    let itself = matches!(context.actor, Actor::Itself | Actor::ItselfThread);
    let reached = state.machine(Lane::A).reached || (itself && state.machine(Lane::B).reached);
    Ok((ended.then(|| (Outcome::of(&state), state.wrote)), reached))
}

struct Node {
    state: Rc<State>,
    last: Option<Lane>,
    parent: usize,
    switches: (u32, u32),
}

/// Searches all interleavings, up to `limit` states.
pub fn search(context: &mut Context<'_>, start: &State, limit: usize) -> Result<Search, Undecided> {
    let mut found = Search::default();
    let mut state = start.clone();
    context.settle(&mut state, Lane::A)?;
    context.settle(&mut state, Lane::B)?;
    let mut nodes = vec![Node { state: Rc::new(state), last: None, parent: 0, switches: (0, 0) }];
    let mut met: FxHashSet<(Rc<State>, Option<Lane>)> = FxHashSet::default();
    let mut outcomes: FxHashSet<(Outcome, [u64; 2], [bool; 2])> = FxHashSet::default();
    // Switches, those in the middle of an operation, steps, age.
    let mut open = BinaryHeap::from([Reverse(((0u32, 0u32), 0u32, 0usize))]);
    while let Some(Reverse((switches, steps, number))) = open.pop() {
        let Some(node) = nodes.get(number) else { continue };
        let (state, last) = (Rc::clone(&node.state), node.last);
        if !met.insert((Rc::clone(&state), last)) {
            continue;
        }
        found.states += 1;
        if found.states > limit {
            found.bounded = true;
            break;
        }
        if !state.running(Lane::A) && !state.running(Lane::B) {
            let outcome = Outcome::of(&state);
            if outcomes.insert((outcome.clone(), state.wrote, state.saw)) {
                found.runs.push(Run {
                    outcome,
                    wrote: state.wrote,
                    saw: state.saw,
                    switches,
                    schedule: schedule(&nodes, number),
                });
            }
            continue;
        }
        for lane in [Lane::A, Lane::B] {
            if !state.running(lane) || context.blocked(&state, lane) {
                continue;
            }
            let mut next = State::clone(&state);
            context.step(&mut next, lane)?;
            if next.machine(lane).status == Status::Discarded {
                continue;
            }
            let switched = last.is_some_and(|l| l != lane);
            let torn = switched && state.machine(other(lane)).phase > 0;
            let switches = (switches.0 + u32::from(switched), switches.1 + u32::from(torn));
            let node = Node { state: Rc::new(next), last: Some(lane), parent: number, switches };
            open.push(Reverse((node.switches, steps + 1, nodes.len())));
            nodes.push(node);
        }
    }
    Ok(found)
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
