//! What a candidate does to the process itself, and whether that is anybody's concern: variables, the working directory, the mask.

use super::View;
use crate::narrow::{comes_before, effects};
use crate::pairs::Candidate;
use crate::threads::Threads;
use fsrace_analyzer::flow::{Domain, Operation};
use fsrace_analyzer::language::guards_environment;
use fsrace_analyzer::link::{Location, Program};

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
}

/// As the explorer sees it: who goes to a directory after another step on it goes by a path.
pub fn changes_process(candidate: &Candidate) -> bool {
    match candidate.act.effect.operation.domain() {
        Domain::Files | Domain::KeyValue | Domain::Memory | Domain::Channels => false,
        Domain::WorkingDirectory => candidate.check.is_none(),
        Domain::Environment | Domain::Mask => true,
    }
}
