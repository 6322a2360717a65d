//! What a candidate does to the process itself, and whether that is anybody's concern: variables, the working directory, the mask.

use super::View;
use crate::narrow::{calls, comes_before, effects};
use crate::pairs::Candidate;
use crate::threads::Threads;
use fsrace_analyzer::flow::{Block, Condition, Domain, Operation, PlaceKind, ResultId, Site, Step};
use fsrace_analyzer::language::{guards_environment, sets_where_unset};
use fsrace_analyzer::link::{Location, Program, each_step};

/// How deep blocks may nest before the rest is left out.
const DEPTH: usize = 120;

impl View<'_> {
    /// Whether the act sets a variable that nobody is known to go by, in a language whose threads do not break on that: the function
    /// has not read it before, runs no child between setting it and setting it back, and nobody reads it beside it.
    pub(super) fn is_nobodys_variable(
        &self,
        program: &Program,
        threads: &Threads,
        act: Location,
        candidate: &Candidate,
    ) -> bool {
        let act_effect = &candidate.act.effect;
        let effects = effects(&self.body);
        let on_it = |operation| {
            effects.iter().filter(move |e| e.operation == operation && e.place == candidate.place).count()
        };
        let for_a_child = on_it(Operation::EnvSet) > 1
            && effects
                .iter()
                .any(|e| matches!(e.operation, Operation::Run | Operation::Execute | Operation::Update));
        act_effect.operation.domain() == Domain::Environment
            && program.file(act.file).is_some_and(|file| guards_environment(&file.path))
            && on_it(Operation::EnvGet) == 0
            && !for_a_child
            && !threads.is_read_beside(program, act.function, act_effect)
    }

    /// Whether the act sets a variable once and for all, in a language whose threads do not break on that, to what its old value does
    /// not go into, and the function runs nothing that goes by what differs from run to run: whoever looks sees the old value or the
    /// new one, as if one had come first.
    pub(super) fn is_set_for_good(&self, program: &Program, act: Location, candidate: &Candidate) -> bool {
        let set = &candidate.act.effect;
        set.operation.domain() == Domain::Environment
            && program.file(act.file).is_some_and(|file| guards_environment(&file.path))
            && effects(&self.body).into_iter().all(|effect| match effect.operation {
                Operation::Run => set.data.is_empty() || comes_before(&self.body, effect.site, set.site),
                Operation::EnvSet => effect.place != candidate.place || effect.site == set.site,
                Operation::EnvGet => effect.place != candidate.place || !set.data.contains(&effect.result),
                _ => true,
            })
    }

    /// Whether the act sets a variable only where it finds it unset, in a language whose threads do not break on that, and nobody else in the
    /// package sets it, nor does the function take it back: two of these come to what one of them comes to.
    pub(super) fn is_set_where_unset(
        &self,
        program: &Program,
        threads: &Threads,
        act: Location,
        candidate: &Candidate,
    ) -> bool {
        let set = &candidate.act.effect;
        if set.operation.domain() != Domain::Environment
            || !program.file(act.file).is_some_and(|file| guards_environment(&file.path))
            || threads.is_set_elsewhere(program, act.function, set)
        {
            return false;
        }
        let mut asked = Vec::new();
        let mut only = true;
        for effect in effects(&self.body).into_iter().filter(|e| e.place == candidate.place) {
            match effect.operation {
                Operation::EnvGet => asked.push(effect.result),
                Operation::EnvSet => only &= effect.site == set.site,
                _ => {}
            }
        }
        let unset = sets_where_unset(&set.api) || is_decided_by(&self.body, set.site, &asked, 0);
        only && unset && !set.data.iter().any(|of| asked.contains(of))
    }

    /// Whether the act changes the mask once and for all, or the working directory in a function of no value: as far as the function and
    /// the others of its type tell, a program does so where it begins, or before it starts another. A method of what lives on is called
    /// while the program runs.
    pub(super) fn is_changed_for_good(
        &self,
        program: &Program,
        threads: &Threads,
        candidate: &Candidate,
    ) -> bool {
        let set = &candidate.act.effect;
        let domain = set.operation.domain();
        (domain == Domain::Mask || (domain == Domain::WorkingDirectory && !self.summary.has_receiver))
            && effects(&self.body).into_iter().all(|e| e.site == set.site || e.operation.domain() != domain)
            && !threads.is_changed_by_turns(program, self.function)
    }

    /// Whether a method does nothing but hand on what it is given to what changes the process, for whoever asks for that through an
    /// interface or from outside: the change is what it is there for, and those who call it are to be told.
    pub(super) fn hands_on_the_change(&self, program: &Program, candidate: &Candidate) -> bool {
        let set = &candidate.act.effect;
        self.summary.has_receiver
            && program.callers(self.function).is_empty()
            && matches!(set.place.kind(), PlaceKind::Parameter { index, .. } if *index > 0)
            && matches!(effects(&self.body).as_slice(), [only] if only.site == set.site)
            && calls(&self.body).is_empty()
    }
}

/// Whether the step runs only where one of these results says so, and does not say that something is there.
fn is_decided_by(block: &Block, step: Site, by: &[ResultId], depth: usize) -> bool {
    if depth > DEPTH {
        return false;
    }
    let mut asked = false;
    for next in &block.steps {
        match next {
            Step::Branch(branch) => {
                let mut asks = false;
                branch.condition.results(&mut |r| asks |= by.contains(&r));
                let is_there = |condition: &Condition| match condition {
                    Condition::Ok(r) | Condition::True(r) => by.contains(r),
                    _ => false,
                };
                let there = is_there(&branch.condition);
                let absent = matches!(&branch.condition, Condition::Not(inner) if is_there(inner));
                for (arm, says_there) in [(&branch.then, there), (&branch.otherwise, absent)] {
                    if holds(arm, step) {
                        return asked || (asks && !says_there) || is_decided_by(arm, step, by, depth + 1);
                    }
                }
                let left = |arm: &Block| matches!(arm.steps.last(), Some(Step::Exit(_)));
                asked |= asks && ((left(&branch.then) && !absent) || (left(&branch.otherwise) && !there));
            }
            Step::Effect(effect) if effect.site == step => return asked,
            Step::Loop(body) if holds(body, step) => {
                return asked || is_decided_by(body, step, by, depth + 1);
            }
            Step::Frame(frame) if holds(&frame.body, step) => {
                return asked || is_decided_by(&frame.body, step, by, depth + 1);
            }
            _ => {}
        }
    }
    false
}

/// Whether the step stands in the block.
fn holds(block: &Block, step: Site) -> bool {
    let mut found = false;
    each_step(block, &mut |next| found |= matches!(next, Step::Effect(e) if e.site == step));
    found
}

/// As the explorer sees it: who goes to a directory after another step on it goes by a path.
pub fn changes_process(candidate: &Candidate) -> bool {
    match candidate.act.effect.operation.domain() {
        Domain::Files | Domain::KeyValue | Domain::Memory | Domain::Channels => false,
        Domain::WorkingDirectory => candidate.check.is_none(),
        Domain::Environment | Domain::Mask => true,
    }
}
