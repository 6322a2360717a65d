//! Random functions: the explorer neither fails nor sees races where there are none.

use super::build::*;
use super::{EVERYBODY, p, programs};
use crate::explore::run::decide;
use crate::explore::run::ends::{From, ends, tell as tell_end};
use crate::explore::schedule::Outcome;
use crate::explore::{Actor, Exploration, Explorer, Scenario};
use crate::flow::{
    Block, Check, Condition, ErrorKind, Exit, LockScope, Mode, OnFailure, OpenFlags, Operation, Place,
    RemoveKind, ResultId, Site, Value,
};
use rayon::prelude::*;
use std::collections::BTreeSet;

/// xorshift64.
pub struct Random(pub u64);

impl Random {
    /// A number below the limit.
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(limit).unwrap_or(1)).unwrap_or(0)
    }

    /// One of these.
    pub fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }
}

const LOOKS: [Operation; 7] = [
    Operation::Check(Check::Exists),
    Operation::Check(Check::IsFile),
    Operation::Check(Check::IsDir),
    Operation::Check(Check::Metadata),
    Operation::Check(Check::IsSymlink),
    Operation::Read,
    Operation::ReadDir,
];

const CHANGES: [Operation; 16] = [
    Operation::Write,
    Operation::Append,
    Operation::Truncate,
    Operation::Open(CREATE),
    Operation::Open(CREATE_NEW),
    Operation::Open(KEEP),
    Operation::CreateDir { all: false, private: false },
    Operation::CreateDir { all: true, private: false },
    Operation::Populate { fresh: false },
    Operation::Remove(RemoveKind::File),
    Operation::Remove(RemoveKind::Dir),
    Operation::Remove(RemoveKind::Tree),
    Operation::SetPermissions(Mode::Private),
    Operation::Lock { shared: false, blocking: true, scope: LockScope::Process },
    Operation::Lock { shared: true, blocking: false, scope: LockScope::Process },
    Operation::Lock { shared: false, blocking: true, scope: LockScope::Thread },
];

const MOVES: [Operation; 5] = [
    Operation::Rename { replace: true },
    Operation::Rename { replace: false },
    Operation::Copy,
    Operation::HardLink,
    Operation::Symlink,
];

struct Generator {
    random: Random,
    places: Vec<Place>,
    results: Vec<ResultId>,
    quiet: bool,
}

impl Generator {
    fn place(&mut self) -> Place {
        let at = self.random.below(self.places.len());
        self.places[at].clone()
    }

    fn condition(&mut self, depth: usize) -> Condition {
        if self.results.is_empty() || self.random.below(4) == 0 {
            return unknown(u32::try_from(self.random.below(4)).unwrap_or(0));
        }
        let at = self.random.below(self.results.len());
        let result = self.results[at];
        match self.random.below(if depth > 2 { 4 } else { 7 }) {
            0 => holds(result),
            1 => ok(result),
            2 => failed(result, self.random.one(&ErrorKind::ALL)),
            3 => judged(u32::try_from(self.random.below(4)).unwrap_or(0), result),
            4 => self.condition(depth + 1).negated(),
            5 => Condition::All(vec![self.condition(depth + 1), self.condition(depth + 1)]),
            _ => Condition::Any(vec![self.condition(depth + 1), self.condition(depth + 1)]),
        }
    }

    fn steps(&mut self, f: &mut Build, depth: usize) {
        for _ in 0..=self.random.below(4) {
            self.step(f, depth);
        }
    }

    fn step(&mut self, f: &mut Build, depth: usize) {
        let on_failure = self.random.one(&[OnFailure::Propagate, OnFailure::Continue, OnFailure::Panic]);
        let choice = self.random.below(if depth > 3 { 6 } else { 12 });
        match choice {
            0..=2 => {
                let (operation, place) = (self.random.one(&LOOKS), self.place());
                self.results.push(f.effect(operation, &place, on_failure));
            }
            3 | 4 if !self.quiet => {
                let (operation, place) = (self.random.one(&CHANGES), self.place());
                let result = f.effect(operation, &place, on_failure);
                self.results.push(result);
                if self.random.below(2) == 0 {
                    f.drops(result);
                }
            }
            5 if !self.quiet => {
                let (operation, from, to) = (self.random.one(&MOVES), self.place(), self.place());
                self.results.push(f.to(operation, &from, &to, on_failure));
            }
            6 if !self.quiet && !self.results.is_empty() => {
                let at = self.random.below(self.results.len());
                let (handle, place) = (self.results[at], self.place());
                let operation = self.random.one(&CHANGES);
                self.results.push(f.through(handle, operation, &place, on_failure));
            }
            7 | 8 => {
                let condition = self.condition(0);
                f.either(condition, |f| self.steps(f, depth + 1), |_| ());
            }
            9 => f.repeat(|f| self.steps(f, depth + 1)),
            10 => {
                let (result, ()) = f.call(on_failure, |f| self.steps(f, depth + 1));
                self.results.push(result);
            }
            11 => {
                let exit = match self.random.below(6) {
                    0 => Exit::Panic,
                    1 => Exit::Break(u32::try_from(self.random.below(3)).unwrap_or(0)),
                    2 => Exit::Continue(0),
                    3 => Exit::Return(Value::Failure(self.results.last().copied())),
                    4 => Exit::Return(self.results.last().map_or(Value::Opaque, |r| Value::Result(*r))),
                    _ => Exit::Return(Value::Condition(self.condition(0))),
                };
                f.exit(exit);
            }
            _ => {}
        }
    }
}

fn function(seed: u64, quiet: bool) -> (Block, Vec<Place>, Vec<ResultId>) {
    let p = param(0, "p");
    let places = vec![
        p.clone(),
        p.clone(),
        p.join(&Place::literal("child")),
        p.parent(),
        fixed_sibling(&p),
        unique_sibling(&p),
        param(1, "q"),
    ];
    let mut generator =
        Generator { random: Random(seed), places: places.clone(), results: Vec::new(), quiet };
    let (body, ()) = Build::function(|f| generator.steps(f, 0));
    (body, places, generator.results)
}

fn scenarios(seed: u64, quiet: bool, mut judge: impl FnMut(&Scenario<'_>)) {
    let (body, places, results) = function(seed, quiet);
    let act = results.get(usize::try_from(seed % 3).unwrap_or(0)).map_or(Site(0), |r| site(*r));
    for actor in EVERYBODY.into_iter().chain([Actor::Attacker]) {
        for place in places.iter().take(3) {
            judge(&Scenario { body: &body, place, check: None, act, actor, by_gap: false });
        }
    }
}

#[test]
fn random_functions_are_decided() {
    let mut racy = 0;
    for seed in 1..150 {
        scenarios(mix(seed), false, |scenario| {
            let found = explore(scenario);
            assert!(found.states <= 4_001);
            racy += usize::from(!found.races.is_empty());
            for race in &found.races {
                let steps = &race.witness.steps;
                assert!(
                    !steps.is_empty(),
                    "{}\n{}\n{:?} {:?} {:?}",
                    tell(race),
                    scenario.body,
                    scenario.actor,
                    scenario.place,
                    scenario.act
                );
            }
            let costs: Vec<_> =
                found.races.iter().map(|r| (r.consequence, r.witness.initial.as_str())).collect();
            assert!(costs.is_sorted_by(|(a, _), (b, _)| a >= b), "{costs:?}");
            let distinct: std::collections::HashSet<_> = costs.iter().collect();
            assert_eq!(distinct.len(), costs.len(), "{costs:?}");
        });
    }
    assert!(racy > 0);
}

#[test]
fn random_functions_are_decided_the_same_each_time() {
    for seed in 1..60 {
        scenarios(mix(seed), false, |scenario| {
            let told = || explore(scenario).races.iter().map(tell).collect::<Vec<_>>();
            assert_eq!(told(), told());
        });
    }
}

#[test]
fn what_was_asked_before_changes_no_answer() {
    let explorer = Explorer::default();
    for seed in 1..60 {
        // The same shape again, about other places.
        for _ in 0..2 {
            scenarios(mix(seed), false, |scenario| {
                let told = |found: &Exploration| found.races.iter().map(tell).collect::<Vec<_>>();
                let (remembering, fresh) = (explorer.explore(scenario, |_| true), explore(scenario));
                assert_eq!(told(&remembering), told(&fresh), "{}", scenario.body);
                assert_eq!((remembering.bounded, remembering.states), (fresh.bounded, fresh.states));
            });
        }
    }
}

#[test]
fn functions_that_only_look_do_not_race_beside_themselves() {
    for seed in 1..150 {
        scenarios(mix(seed), true, |scenario| {
            if matches!(scenario.actor, Actor::Itself | Actor::ItselfThread | Actor::Reader) {
                let told: Vec<_> = explore(scenario).races.iter().map(tell).collect();
                assert!(told.is_empty(), "{}\n{}", scenario.body, told.join("\n"));
            }
        });
    }
}

#[test]
fn leaving_out_what_nobody_notices_changes_no_verdict() {
    for seed in 1..120 {
        scenarios(mix(seed), false, |scenario| {
            let [reduced, whole] = [true, false].map(|reduce| decide(scenario, reduce));
            if reduced.bounded || whole.bounded {
                return;
            }
            let costs = |found: &Exploration| found.races.iter().map(|r| r.consequence).collect::<Vec<_>>();
            assert_eq!(
                costs(&reduced),
                costs(&whole),
                "{}{:?} {:?} {:?}\n{}",
                scenario.body,
                scenario.actor,
                scenario.place,
                scenario.act,
                whole.races.iter().map(tell).collect::<Vec<_>>().join("\n")
            );
        });
    }
}

/// A function that starts work, goes on, and waits for it.
fn with_task(seed: u64) -> (Block, Place, Vec<ResultId>) {
    let (_, places, _) = function(seed, false);
    let place = p();
    let mut g = Generator { random: Random(seed), places, results: Vec::new(), quiet: false };
    let (body, ()) = Build::function(|f| {
        g.steps(f, 2);
        // A file that the work was given stays open until the work ends; no program that compiles closes it under its feet.
        let outside = std::mem::take(&mut g.results);
        let (task, ()) = f.spawn(|f| g.steps(f, 2));
        g.results = outside;
        g.steps(f, 2);
        if g.random.below(2) == 0 {
            f.join(task);
        }
        g.steps(f, 2);
    });
    (body, place, g.results)
}

/// The ends of all orders, and those of them that no serial order ends in.
fn all_ends(scenario: &Scenario<'_>, reduce: bool) -> Option<[BTreeSet<String>; 2]> {
    let found = ends(scenario, reduce, &|_| true)?;
    let set = |of: &dyn Fn(&From) -> &[Outcome]| {
        let told = |from| of(from).iter().map(|o| tell_end(o, &from.contents)).collect::<Vec<_>>();
        found.starts.iter().flat_map(told).collect()
    };
    let bounded = found.starts.iter().any(|from| from.bounded);
    (!bounded).then(|| [set(&|from| &from.all), set(&|from| &from.racy)])
}

#[test]
fn leaving_out_what_nobody_notices_loses_no_end() {
    let compare = |scenario: &Scenario<'_>| {
        let (Some(reduced), Some(whole)) = (all_ends(scenario, true), all_ends(scenario, false)) else {
            return 0;
        };
        let [lost, made] = [&whole, &reduced].map(|sets| sets.iter().flatten().collect::<BTreeSet<_>>());
        let wrong: Vec<_> = lost.symmetric_difference(&made).collect();
        let told = wrong.first().map(|end| if lost.contains(*end) { ("lost", end) } else { ("made", end) });
        assert_eq!(
            reduced, whole,
            "{}beside {:?} at {}\n{told:#?}",
            scenario.body, scenario.actor, scenario.place
        );
        whole.iter().map(BTreeSet::len).sum::<usize>()
    };
    let total: usize = (1..=programs(1_000))
        .into_par_iter()
        .map(|seed| {
            let mut total = 0;
            if seed.is_multiple_of(2) {
                scenarios(mix(seed), false, |scenario| total += compare(scenario));
            } else {
                let (body, place, results) = with_task(mix(seed));
                let act = results.first().map_or(Site(0), |r| site(*r));
                for actor in [Actor::Task, Actor::Stranger] {
                    total += compare(&Scenario {
                        body: &body,
                        place: &place,
                        check: None,
                        act,
                        actor,
                        by_gap: false,
                    });
                }
            }
            total
        })
        .sum();
    assert!(total > 10_000, "{total}");
}

#[test]
fn deep_nesting_is_cut_off() {
    let p = param(0, "p");
    let (body, act) = Build::function(|f| {
        fn nest(f: &mut Build, p: &Place, depth: usize) -> ResultId {
            let seen = f.exists(p);
            if depth == 0 { seen } else { f.when(holds(seen), |f| nest(f, p, depth - 1)) }
        }
        nest(f, &p, 300)
    });
    let found = explore(&Scenario {
        body: &body,
        place: &p,
        check: None,
        act: site(act),
        actor: Actor::Remover,
        by_gap: false,
    });
    assert!(found.bounded);
}

#[test]
fn flags_of_an_open_for_reading_change_nothing() {
    let p = param(0, "p");
    let flags = OpenFlags { read: true, ..OpenFlags::default() };
    let (body, act) = Build::function(|f| f.open(&p, flags, TRY));
    for actor in [Actor::Itself, Actor::Creator, Actor::Remover] {
        let found =
            explore(&Scenario { body: &body, place: &p, check: None, act: site(act), actor, by_gap: false });
        assert!(found.races.is_empty());
    }
}

/// Spreads small numbers over all bits; never zero for the seeds used here.
pub fn mix(seed: u64) -> u64 {
    seed.wrapping_mul(0x9E37_79B9_7F4A_7C15)
}
