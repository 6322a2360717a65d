//! The second judge's interpreter: walks a function from its start with what its steps have returned so far, up to the next step.
//!
//! An actor's whole state is therefore the list of what came back, and nothing is compiled or kept between two steps.

use super::disk::{Chunk, Content, Id};
use crate::flow::{Block, Condition, Effect, ErrorKind, Exit, OnFailure, ResultId, Step, Value};
use std::collections::{BTreeMap, BTreeSet};

/// Rounds that a loop makes at most.
const MAX_ROUNDS: usize = 3;

/// Something to be given up.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Held {
    Open(Id),
    /// The n-th take of a lock on an open file.
    Lock(Id, u16),
    Record(Id, u16),
    /// The n-th take of a mutex.
    Mutex(String, u16),
}

/// What is known of a success.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Good {
    pub truth: Option<bool>,
    pub contents: Vec<Content>,
    pub held: Vec<Held>,
}

/// What a step returned; a failure says which effect raised it, by its site.
pub type Returned = Result<Good, (ErrorKind, Option<u32>)>;

/// One thing that has happened to an actor.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Past {
    Returned(Returned),
    Released,
}

/// How an actor ended.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum End {
    Ok,
    Failed(ErrorKind, Option<u32>),
    Panicked(Option<(ErrorKind, Option<u32>)>),
}

/// What comes next.
pub enum Next<'a> {
    /// An effect; with the handle that it goes through, and with what it writes derives from.
    Do(&'a Effect, Option<Id>, Vec<Content>),
    Release(Vec<Held>),
    Ended(End),
    /// A loop goes round too often: this order is not looked at.
    Beyond,
}

/// Where an actor stands that has been through all this.
pub fn next<'a>(body: &'a Block, past: &[Past]) -> Next<'a> {
    let mut walk = Walk { past, known: BTreeMap::new(), held: BTreeSet::new() };
    let ended = match walk.block(body) {
        Ok(Way::Return(Err((kind, origin)), _)) => End::Failed(kind, origin),
        Ok(_) => End::Ok,
        Err(Stop::At(next)) => return next,
        Err(Stop::Panic(cause)) => {
            // Unwinding gives everything up.
            let held = walk.held.iter().cloned().collect();
            match walk.release(held) {
                Err(Stop::At(next)) => return next,
                _ => End::Panicked(cause),
            }
        }
    };
    Next::Ended(ended)
}

/// Why the walk goes no further.
enum Stop<'a> {
    At(Next<'a>),
    Panic(Option<(ErrorKind, Option<u32>)>),
}

/// How a block is left.
enum Way {
    Through,
    /// With a value, and the results that go out with it.
    Return(Returned, Vec<ResultId>),
    Break(u32),
    Continue(u32),
}

struct Walk<'p> {
    past: &'p [Past],
    known: BTreeMap<ResultId, Returned>,
    held: BTreeSet<Held>,
}

impl Walk<'_> {
    fn block<'a>(&mut self, block: &'a Block) -> Result<Way, Stop<'a>> {
        let mut way = Way::Through;
        for step in &block.steps {
            way = self.step(step)?;
            if !matches!(way, Way::Through) {
                break;
            }
        }
        let kept: &[ResultId] = if let Way::Return(_, carried) = &way { carried } else { &[] };
        let dropped: Vec<ResultId> = block.drops.iter().filter(|r| !kept.contains(r)).copied().collect();
        for result in dropped {
            self.drop(result)?;
        }
        Ok(way)
    }

    fn drop<'a>(&mut self, result: ResultId) -> Result<(), Stop<'a>> {
        match self.known.get(&result) {
            Some(Ok(good)) => self.release(good.held.clone()),
            _ => Ok(()),
        }
    }

    /// Gives up what of this is held still.
    fn release<'a>(&mut self, mut held: Vec<Held>) -> Result<(), Stop<'a>> {
        held.retain(|one| self.held.contains(one));
        if held.is_empty() {
            return Ok(());
        }
        match self.past.split_first() {
            None => Err(Stop::At(Next::Release(held))),
            Some((_, rest)) => {
                self.past = rest;
                for one in held {
                    self.held.remove(&one);
                    // The lock goes with the open file.
                    if let Held::Open(id) = one {
                        self.held
                            .retain(|h| !matches!(h, Held::Lock(of, _) | Held::Record(of, _) if *of == id));
                    }
                }
                Ok(())
            }
        }
    }

    fn step<'a>(&mut self, step: &'a Step) -> Result<Way, Stop<'a>> {
        match step {
            Step::Effect(effect) => {
                let Some((first, rest)) = self.past.split_first() else {
                    let handle = effect.handle.and_then(|handle| self.handle(handle));
                    let data = effect.data.iter().flat_map(|r| self.found(*r)).collect();
                    return Err(Stop::At(Next::Do(effect, handle, data)));
                };
                self.past = rest;
                let Past::Returned(returned) = first else { return Ok(Way::Through) };
                if let Ok(good) = returned {
                    self.held.extend(good.held.iter().cloned());
                }
                self.known.insert(effect.result, returned.clone());
                handled(effect.on_failure, returned)
            }
            Step::Branch(branch) => {
                let arm = if self.holds(&branch.condition) { &branch.then } else { &branch.otherwise };
                self.block(arm)
            }
            Step::Loop(body) => {
                for _ in 0..MAX_ROUNDS {
                    match self.block(body)? {
                        Way::Break(0) => return Ok(Way::Through),
                        Way::Break(n) => return Ok(Way::Break(n - 1)),
                        Way::Continue(n) if n > 0 => return Ok(Way::Continue(n - 1)),
                        Way::Through | Way::Continue(_) => {}
                        out @ Way::Return(..) => return Ok(out),
                    }
                }
                Err(Stop::At(Next::Beyond))
            }
            Step::Frame(frame) => {
                let returned = match self.block(&frame.body)? {
                    Way::Return(returned, _) => returned,
                    _ => Ok(Good::default()),
                };
                self.known.insert(frame.result, returned.clone());
                handled(frame.on_failure, &returned)
            }
            Step::Release(result, _) => self.drop(*result).map(|()| Way::Through),
            Step::Exit(Exit::Return(value)) => {
                let mut carried = Vec::new();
                carries(value, &mut carried);
                Ok(Way::Return(self.value(value), carried))
            }
            Step::Exit(Exit::Panic) => Err(Stop::Panic(None)),
            Step::Exit(Exit::Break(n)) => Ok(Way::Break(*n)),
            Step::Exit(Exit::Continue(n)) => Ok(Way::Continue(*n)),
            Step::Call(_) | Step::Spawn(_) | Step::Join(_) => panic!("no such step is generated"),
        }
    }

    fn handle(&self, result: ResultId) -> Option<Id> {
        self.known.get(&result)?.as_ref().ok()?.held.iter().find_map(|held| match held {
            Held::Open(id) | Held::Lock(id, _) | Held::Record(id, _) => Some(*id),
            Held::Mutex(..) => None,
        })
    }

    fn contents(&self, result: ResultId) -> Vec<Content> {
        match self.known.get(&result) {
            Some(Ok(good)) => good.contents.clone(),
            _ => Vec::new(),
        }
    }

    /// What was seen, be it that nothing is there.
    fn found(&self, result: ResultId) -> Vec<Content> {
        match self.known.get(&result) {
            Some(Err((ErrorKind::NotFound, _))) => vec![vec![Chunk::Absent]],
            _ => self.contents(result),
        }
    }

    fn holds(&self, condition: &Condition) -> bool {
        let known = |r: &ResultId| self.known.get(r).unwrap_or_else(|| panic!("{r:?} is decided on unknown"));
        match condition {
            Condition::Constant(truth) => *truth,
            Condition::True(r) => known(r).as_ref().is_ok_and(|good| good.truth.unwrap_or(true)),
            Condition::Ok(r) => known(r).is_ok(),
            Condition::Failed(r, kinds) => known(r).as_ref().is_err_and(|(kind, _)| kinds.contains(*kind)),
            Condition::Opaque { .. } | Condition::Kind { .. } => panic!("no such condition is generated"),
            Condition::Not(inner) => !self.holds(inner),
            Condition::All(parts) => parts.iter().all(|part| self.holds(part)),
            Condition::Any(parts) => parts.iter().any(|part| self.holds(part)),
        }
    }

    fn value(&self, value: &Value) -> Returned {
        let known =
            |r: &ResultId| self.known.get(r).cloned().unwrap_or_else(|| panic!("{r:?} is returned unknown"));
        match value {
            Value::Opaque | Value::Place(_) | Value::Flags(_) | Value::Code { .. } | Value::Structure(_) => {
                Ok(Good::default())
            }
            Value::Derived(results) | Value::Variable(_, results) => {
                let contents = results.iter().flat_map(|r| self.contents(*r)).collect();
                Ok(Good { contents, ..Good::default() })
            }
            Value::Result(r) => known(r),
            Value::Condition(condition) => Ok(Good { truth: Some(self.holds(condition)), ..Good::default() }),
            Value::Success(inner) => Ok(self.value(inner).unwrap_or_default()),
            Value::Failure(Some(r)) => match known(r) {
                Err(failure) => Err(failure),
                Ok(_) => Err((ErrorKind::Other, None)),
            },
            Value::Failure(None) => Err((ErrorKind::Other, None)),
        }
    }
}

fn handled<'a>(on_failure: OnFailure, returned: &Returned) -> Result<Way, Stop<'a>> {
    match (returned, on_failure) {
        (Ok(_), _) | (_, OnFailure::Continue) => Ok(Way::Through),
        (Err(failure), OnFailure::Propagate) => Ok(Way::Return(Err(*failure), Vec::new())),
        (Err(failure), OnFailure::Panic) => Err(Stop::Panic(Some(*failure))),
        (Err(_), OnFailure::Leave(n)) => Ok(Way::Break(n)),
    }
}

/// The results that go out with a value.
fn carries(value: &Value, carried: &mut Vec<ResultId>) {
    match value {
        Value::Result(r) => carried.push(*r),
        Value::Success(inner) => carries(inner, carried),
        Value::Structure(fields) => fields.iter().for_each(|(_, inner)| carries(inner, carried)),
        _ => {}
    }
}
