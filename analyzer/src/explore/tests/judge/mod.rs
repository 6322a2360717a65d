//! A second judge: the same questions, decided by stateright with an interpreter and a filesystem of its own.
//!
//! Both get a function in the flow form and a start, and name all that any order of the two actors' steps ends in: what each
//! returned or died of, and by which effect; what the reader saw; every path with kind, mode and the provenance of what it holds.
//! The second judge shares neither code nor form with the explorer: its actors are walked from the beginning at each step
//! (`actor`), its disk is a table from texts to nodes (`disk`), and stateright takes the steps (`model`). Compared are the ends of
//! both serial orders and those of all orders, which the explorer finds with and without its reduction. Racy is by definition
//! what some order ends in and no serial one.
//!
//! What is not asked, and why:
//! - Unknown conditions, and results that may be unknown (a call that falls off its end): the explorer's oracle assumes answers
//!   to reach the act, which is no question of semantics.
//! - Programs of which the slice leaves something out: it then assumes what that returns.
//! - Loops that nothing leaves: the explorer takes one round of them for all. Others make three rounds in both.
//! - Steps on a handle that was not opened or cannot write: no program has them that compiles.
//! - Locks by path, which the explorer opens and takes in one step.
//! - Other domains than files, other users, and spawned work. These are compared with and without reduction only, in `random`.
//! - The explorer's size limit: both judges stop at one, and such questions are counted and left out.

mod actor;
mod disk;
mod found;
mod model;
mod programs;
mod told;

use super::random::mix;
use crate::explore::content::{Content, Contents, Half, Piece, Term};
use crate::explore::filesystem::{Kind, Name, Status};
use crate::explore::machine::Seen;
use crate::explore::run::decide;
use crate::explore::run::ends::{self, Ends, ends};
use crate::explore::schedule::{Ended, Outcome};
use crate::explore::{Actor, Consequence, Lane, Scenario};
use crate::flow::Place;
use disk::Chunk;
use model::{Beside, World};
use programs::{Program, program};
use rayon::prelude::*;
use stateright::{Checker, Model};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::sync::Mutex;
use told::{Told, describe, spelled, tell_end, tell_node, text_name};

const ACTORS: [Actor; 8] = [
    Actor::Itself,
    Actor::ItselfThread,
    Actor::Creator,
    Actor::Remover,
    Actor::Replacer,
    Actor::Updater,
    Actor::Reader,
    Actor::Acquirer,
];

/// Brings the explorer's answers into the form that both are compared in.
struct Translator<'a> {
    ends: &'a Ends,
    names: BTreeMap<Name, String>,
    /// Whether both run the function.
    twice: bool,
}

impl<'a> Translator<'a> {
    fn new(ends: &'a Ends, place: &Place, actor: Actor) -> Self {
        let mut names = BTreeMap::from([(Name::WORKING, "(start)".to_owned())]);
        let mut learn = |place: &Place, lane: Lane, path: &[Name]| {
            let text = spelled(place, lane);
            assert_eq!(path.len(), text.split('/').skip(1).count(), "{place} {path:?} {text}");
            for (name, text) in path.iter().zip(text.split('/').skip(1)) {
                let old = names.insert(*name, text.to_owned());
                assert!(old.is_none_or(|old| old == text), "{place}");
            }
        };
        learn(place, Lane::A, &ends.target);
        for effect in &ends.program.effects {
            for (at, lane) in [Lane::A, Lane::B].into_iter().enumerate() {
                learn(&effect.place, lane, &effect.paths[at]);
                effect.other.iter().for_each(|other| learn(other, lane, &effect.other_paths[at]));
            }
        }
        // Two names are two, in each judge's eyes.
        assert_eq!(names.values().collect::<BTreeSet<_>>().len(), names.len(), "{names:?}");
        Translator { ends, names, twice: matches!(actor, Actor::Itself | Actor::ItselfThread) }
    }

    fn path(&self, path: &[Name]) -> String {
        path.iter().fold(String::new(), |mut text, name| {
            let _ = write!(text, "/{}", self.names.get(name).map_or("?", |name| name));
            text
        })
    }

    fn site(&self, effect: u16) -> Option<u32> {
        self.ends.program.effect(effect).map(|effect| effect.site.0)
    }

    fn content(&self, content: Content, contents: &Contents) -> disk::Content {
        if *contents.term(content) == Term::Absent {
            return vec![Chunk::Absent];
        }
        contents
            .pieces(content)
            .into_iter()
            .map(|piece| match piece {
                Piece::Of(text, half) => {
                    Chunk::Of(self.name(text, contents).into(), if half == Half::First { 1 } else { 2 })
                }
                Piece::Hole => Chunk::Hole,
            })
            .collect()
    }

    fn name(&self, text: Content, contents: &Contents) -> String {
        match contents.term(text) {
            Term::Initial(number) => format!("initial{number}"),
            // Before the start, a file that only one knows.
            Term::Text { lane, effect, .. } if *effect > u16::MAX - 64 => format!("own {lane:?}{effect}"),
            Term::Text { lane, effect, derived } => {
                let derived: Vec<(String, bool)> = derived
                    .iter()
                    .map(|d| (describe(&self.content(*d, contents)), contents.is_torn(*d)))
                    .collect();
                let site = if *lane == Lane::A || self.twice { self.site(*effect) } else { None };
                text_name(*lane, site, &derived)
            }
            other => panic!("{other:?} in a piece"),
        }
    }

    fn tree<'t>(&self, tree: &'t [(Vec<Name>, Status)]) -> impl Iterator<Item = (String, &'t Status)> {
        tree.iter().map(|(path, status)| (self.path(path), status)).filter(|(path, _)| path != "/(start)")
    }

    fn told(&self, outcome: &Outcome, contents: &Contents) -> Told {
        let by = |(kind, effect): (_, Option<u16>)| (kind, effect.and_then(|e| self.site(e)));
        let ended = outcome.ended.map(|ended| {
            tell_end(&match ended {
                Ended::Ok => actor::End::Ok,
                Ended::Failed(kind, effect) => {
                    let (kind, site) = by((kind, effect));
                    actor::End::Failed(kind, site)
                }
                Ended::Panicked(cause) => actor::End::Panicked(cause.map(by)),
                Ended::Never => panic!("such runs are left out"),
            })
        });
        let seen = outcome.seen.map(|seen| match seen {
            Seen::Failure(kind) => format!("failure {kind}"),
            Seen::Content(kind, content) => {
                format!("{} {}", word(kind), describe(&self.content(content, contents)))
            }
            other => panic!("{other:?} is not asked"),
        });
        let tree = self
            .tree(&outcome.tree)
            .map(|(path, status)| {
                let content = describe(&self.content(status.content, contents));
                (path, tell_node(word(status.kind), status.access.private, &content))
            })
            .collect();
        Told { ended, seen, tree }
    }

    /// The start, for the other judge.
    fn start(&self, from: &ends::From) -> World {
        let mut world = World::default();
        for (path, status) in self.tree(&from.tree) {
            let content = self.content(status.content, &from.contents);
            let node = match status.kind {
                Kind::File => disk::Node::File { content, private: false },
                Kind::Directory => disk::Node::Directory { maker: content, private: false },
                Kind::Symlink => panic!("no link is there in the beginning"),
            };
            world.disk.place(&path, node);
        }
        world
    }
}

fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::File => "file",
        Kind::Directory => "directory",
        Kind::Symlink => "link",
    }
}

/// What was compared.
#[derive(Debug, Default)]
struct Count {
    programs: usize,
    /// Programs of which the slice leaves something out.
    sliced: usize,
    /// Questions that were left out because something unknown was met, or for their size.
    asked: usize,
    bounded: usize,
    /// Questions that both answered: a program beside an actor from a start.
    questions: usize,
    states: usize,
    racy: usize,
    benign: usize,
    /// Programs beside an actor, of those asked from all starts, that the explorer finds a consequence for.
    costly: usize,
    wrong: Vec<String>,
}

impl Count {
    fn add(mut self, mut other: Count) -> Count {
        self.programs += other.programs;
        self.sliced += other.sliced;
        self.asked += other.asked;
        self.bounded += other.bounded;
        self.questions += other.questions;
        self.states += other.states;
        self.racy += other.racy;
        self.benign += other.benign;
        self.costly += other.costly;
        self.wrong.append(&mut other.wrong);
        self
    }
}

/// States that the second judge visits at most; it forgets nothing of what an actor was told, so it has more of them.
const MAX_STATES: usize = 10_000;

/// Has both judges decide a random program beside one actor, mostly from one of its starts.
fn judge(seed: u64) -> Count {
    let program = program(mix(seed));
    if program.effects == 0 {
        return Count::default();
    }
    let at = usize::try_from(seed / 2).unwrap_or(0);
    // Half of them run beside themselves.
    let actor = ACTORS[if seed.is_multiple_of(2) { at % 2 } else { at % 8 }];
    let start = (!seed.is_multiple_of(10)).then(|| usize::try_from(seed % 5).unwrap_or(0));
    compare(&program, actor, start)
}

/// Has both judges decide a program from a start, or from all.
fn compare(program: &Program, actor: Actor, start: Option<usize>) -> Count {
    let Program { body, place, act, effects } = program;
    let mut count = Count::default();
    let scenario = Scenario { body, place, check: None, act: super::build::site(*act), actor, by_gap: false };
    let [whole, reduced] =
        [false, true].map(|reduce| ends(&scenario, reduce, &|at| start.is_none_or(|start| start == at)));
    let (Some(whole), Some(reduced)) = (whole, reduced) else { return count };
    if whole.program.effects.len() != *effects {
        count.sliced += 1;
        return count;
    }
    count.programs += 1;
    let directory = whole.directory;
    let translator = Translator::new(&whole, place, actor);
    for (whole, reduced) in whole.starts.iter().zip(&reduced.starts) {
        count.asked += usize::from(whole.asked || reduced.asked);
        if whole.bounded || reduced.bounded || whole.asked || reduced.asked {
            count.bounded += usize::from(whole.bounded || reduced.bounded);
            continue;
        }
        let beside = Beside {
            body: body.clone(),
            actor,
            place: place.clone(),
            directory,
            start: translator.start(whole),
            serial: BTreeSet::new(),
            ends: Mutex::default(),
        };
        let serial: BTreeSet<Told> =
            [Lane::A, Lane::B].into_iter().filter_map(|first| beside.serial(first)).collect();
        let model = Beside { serial: serial.clone(), ..beside };
        let checker = model.checker().target_state_count(MAX_STATES).spawn_dfs().join();
        if checker.state_count() >= MAX_STATES {
            count.bounded += 1;
            continue;
        }
        count.questions += 1;
        count.states += checker.unique_state_count();
        let racy = checker.discovery(model::SERIAL).is_some();
        count.racy += usize::from(racy);
        count.benign += usize::from(!racy);
        let all = checker.model().ends.lock().map(|ends| ends.clone()).unwrap_or_default();
        let set = |outcomes: &[Outcome], contents: &Contents| -> BTreeSet<Told> {
            outcomes.iter().map(|outcome| translator.told(outcome, contents)).collect()
        };
        let answers = [
            ("serial", set(&whole.serial, &whole.contents), &serial),
            ("all", set(&whole.all, &whole.contents), &all),
            ("all, reduced", set(&reduced.all, &reduced.contents), &all),
        ];
        // The sets being the same, so is the answer: racy is what some order ends in and no serial one.
        let Some((what, theirs, ours)) = answers.iter().find(|(_, theirs, ours)| theirs != *ours) else {
            assert_eq!(racy, !all.is_subset(&serial), "{body}");
            continue;
        };
        let mut text = format!("beside {actor:?}: {what}\n{body}");
        for (who, one, other) in [("explorer", theirs, *ours), ("judge", *ours, theirs)] {
            if let Some(only) = one.difference(other).next() {
                let _ = writeln!(text, "only the {who}: {only}");
            }
        }
        for (path, node, content) in translator.start(whole).disk.tree() {
            let _ = writeln!(text, "from {path} {node:?} {}", describe(&content));
        }
        count.wrong.push(text);
    }
    if start.is_none() {
        // Not every such end costs something, but what costs something is such an end. Who holds a lock is no part of an end.
        let costs = decide(&scenario, true).races.iter().any(|r| r.consequence != Consequence::DoubleOwner);
        count.costly += usize::from(costs);
        if costs && count.racy + count.bounded + count.asked == 0 {
            count.wrong.push(format!("beside {actor:?}: a race that is none\n{body}"));
        }
    }
    count
}

#[test]
fn a_second_judge_agrees() {
    let programs = super::programs(4_000);
    let mut count = (1..=programs).into_par_iter().map(judge).reduce(Count::default, Count::add);
    let wrong = std::mem::take(&mut count.wrong);
    // Past the harness, which keeps what passing tests print to itself.
    let _ = std::io::Write::write_fmt(&mut std::io::stderr(), format_args!("a second judge: {count:?}\n"));
    assert!(
        wrong.is_empty(),
        "{} disagreements, such as\n{}",
        wrong.len(),
        wrong[..wrong.len().min(5)].join("\n")
    );
}
