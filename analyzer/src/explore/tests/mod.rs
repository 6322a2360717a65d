//! Tests of the explorer: the design's table, control flow, and random functions.

mod build;
mod control;
mod directories;
mod handoff;
mod idioms;
mod judge;
mod keys;
mod locks;
mod permissions;
mod process;
mod random;
mod table;
mod tasks;

use super::{Actor, Consequence};
use crate::flow::{Block, Place, ResultId};
use build::{Ask, Build, fails, holds, param};

pub(crate) const EVERYBODY: [Actor; 8] = [
    Actor::Itself,
    Actor::ItselfThread,
    Actor::Creator,
    Actor::Remover,
    Actor::Replacer,
    Actor::Updater,
    Actor::Reader,
    Actor::Acquirer,
];

/// How many random programs to try: so many, or as many as the environment says in `FSRACE_PROGRAMS`.
fn programs(usual: u64) -> u64 {
    std::env::var("FSRACE_PROGRAMS").ok().and_then(|number| number.parse().ok()).unwrap_or(usual)
}

pub(crate) fn p() -> Place {
    param(0, "p")
}

/// A function with its check and its act.
pub(crate) struct Case {
    pub(crate) body: Block,
    pub(crate) place: Place,
    pub(crate) check: Option<ResultId>,
    pub(crate) act: ResultId,
}

impl Case {
    pub(crate) fn ask(&self) -> Ask<'_> {
        Ask { body: &self.body, place: &self.place, check: self.check, act: self.act }
    }

    pub(crate) fn worst(&self, actor: Actor) -> String {
        self.ask().worst(actor)
    }

    pub(crate) fn costs(&self, actor: Actor) -> Vec<Consequence> {
        self.ask().costs(actor)
    }

    pub(crate) fn is_benign(&self, actors: &[Actor]) {
        for actor in actors {
            self.ask().is_benign(*actor);
        }
    }
}

/// A function on `p` that checks.
pub(crate) fn checked(build: impl FnOnce(&mut Build, &Place) -> (ResultId, ResultId)) -> Case {
    let place = p();
    let (body, (check, act)) = Build::function(|f| build(f, &place));
    Case { body, place, check: Some(check), act }
}

/// A function on `p` that only acts.
pub(crate) fn unchecked(build: impl FnOnce(&mut Build, &Place) -> ResultId) -> Case {
    let place = p();
    let (body, act) = Build::function(|f| build(f, &place));
    Case { body, place, check: None, act }
}

pub(crate) fn if_absent(act: impl FnOnce(&mut Build, &Place) -> ResultId) -> Case {
    checked(|f, p| {
        let seen = f.exists(p);
        (seen, f.when(fails(seen), |f| act(f, p)))
    })
}

pub(crate) fn if_present(act: impl FnOnce(&mut Build, &Place) -> ResultId) -> Case {
    checked(|f, p| {
        let seen = f.exists(p);
        (seen, f.when(holds(seen), |f| act(f, p)))
    })
}
