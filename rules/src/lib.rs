//! The rules of fsrace: one module per race pattern.
//!
//! A rule proposes candidates by pattern; the explorer of `fsrace_analyzer` decides which of them are races.

mod async_check_then_act;
mod check_then_populate;
mod chmod_after_create;
mod cleaned;
mod confidence;
mod decide;
mod entered;
mod evidence;
mod exists_then_create;
mod exists_then_remove;
mod exists_then_rename;
mod exists_then_use;
pub mod finding;
mod foreseen;
mod given_back;
mod global_cwd_mutation;
mod global_environment_mutation;
mod guarded;
mod held;
mod in_order;
mod kv_check_then_set;
mod left_running;
mod lifetime;
mod lock_after_check;
mod lock_file_by_existence;
mod lost_worker_error;
mod made_at_start;
mod made_once;
mod merge;
mod names;
mod narrow;
pub mod pairs;
mod permission_check_then_use;
mod predictable_temp_path;
mod process_state;
mod put_off;
mod read_modify_write;
mod redundant_check;
mod remove_then_create;
mod remove_while_in_use;
pub mod rule;
mod side_by_side;
mod stale_lock_takeover;
mod swapped;
mod symlink_check_then_use;
#[cfg(test)]
mod tests;
mod threads;
mod time_derived_name;
pub mod tolerance;
mod trace;
mod truncating_write;
mod umask_mutation;
mod uncalled;
mod unlocked_repository_command;

use decide::{Asked, Kept, Known, Looked, PutOff, View};
use evidence::Evidence;
use finding::{Applicability, Finding, Fix};
use fsrace_analyzer::explore::Explorer;
use fsrace_analyzer::language::{Idiom, RewriteRequest, in_terms_of, render};
use fsrace_analyzer::link::{FunctionId, Program};
use given_back::GivenBack;
use held::Held;
use left_running::LeftRunning;
use lifetime::lives;
use rayon::prelude::*;
use rule::Rule;
use rustc_hash::FxHashSet;
use threads::Threads;

/// All rules, sorted by id.
pub static RULES: &[&Rule] = &[
    &async_check_then_act::RULE,
    &check_then_populate::RULE,
    &chmod_after_create::RULE,
    &exists_then_create::RULE,
    &exists_then_remove::RULE,
    &exists_then_rename::RULE,
    &exists_then_use::RULE,
    &global_cwd_mutation::RULE,
    &global_environment_mutation::RULE,
    &kv_check_then_set::RULE,
    &lock_after_check::RULE,
    &lock_file_by_existence::RULE,
    &lost_worker_error::RULE,
    &permission_check_then_use::RULE,
    &predictable_temp_path::RULE,
    &read_modify_write::RULE,
    &redundant_check::RULE,
    &remove_then_create::RULE,
    &remove_while_in_use::RULE,
    &stale_lock_takeover::RULE,
    &symlink_check_then_use::RULE,
    &time_derived_name::RULE,
    &truncating_write::RULE,
    &umask_mutation::RULE,
    &unlocked_repository_command::RULE,
];

/// The rule with this id.
pub fn rule(id: &str) -> Option<&'static Rule> {
    RULES.iter().copied().find(|r| r.id == id)
}

/// Runs the rules that `selected` accepts over the program. The findings come sorted by file, position and rule, of every
/// confidence; one per cause. Runs in parallel; the result does not depend on the number of threads.
pub fn check(program: &Program, selected: &(dyn Fn(&Rule) -> bool + Sync)) -> Vec<Finding> {
    let explorer = Explorer::default();
    let request =
        Request { selected, thorough: true, explorer: &explorer, uncalled: &|_| FxHashSet::default() };
    check_with(program, &request).findings
}

/// What is asked of a program.
pub struct Request<'r> {
    /// The rules that run.
    pub selected: &'r (dyn Fn(&Rule) -> bool + Sync),
    /// Whether findings of low confidence are wanted. Without them, what is known to be of low confidence whatever its schedule is not
    /// explored, which is most of all that there is to explore.
    pub thorough: bool,
    /// Whom to ask.
    pub explorer: &'r Explorer,
    /// Asked, once or a few times, which of some functions nothing calls or names: what they do is nobody's loss, and nobody's doing.
    /// It may look further than the program reaches, for it is asked about few.
    pub uncalled: &'r dyn Fn(&[FunctionId]) -> FxHashSet<FunctionId>,
}

/// What came of it.
pub struct Checked<'p> {
    /// The findings, sorted by file, position and rule, one per cause. Of those of low confidence there are some whether they were
    /// wanted or not.
    pub findings: Vec<Finding>,
    /// How many candidates were not explored.
    pub unexplored: usize,
    /// What the findings were made of.
    pub remains: Remains<'p>,
}

/// What is known of a program when all is decided: bodies, and who touches what. It takes time to give back, which a process that is
/// about to end need not spend.
pub struct Remains<'p> {
    _known: (Vec<View<'p>>, Evidence, Threads, LeftRunning, GivenBack, Held, Kept, Asked),
}

/// As [`check`], with more to choose. What is found of at least medium confidence does not depend on whether more is wanted.
pub fn check_with<'p>(program: &'p Program, request: &Request<'_>) -> Checked<'p> {
    let Request { selected, thorough, explorer, uncalled } = *request;
    let rules: Vec<&'static Rule> = RULES.iter().copied().filter(|r| selected(r)).collect();
    let functions: Vec<_> = program.functions().filter(|(id, _)| program.acts(*id)).collect();
    let views = || {
        functions
            .par_iter()
            // Bodies differ so much that a thread with a long piece would keep the others waiting at the end.
            .with_max_len(16)
            .map(|(id, summary)| View::of(program, *id, summary, &rules))
            .collect()
    };
    // Where nothing is changed that threads share, nobody need know of threads. They are looked at by one thread, beside the views.
    let threads = || if program.changes_process() { Threads::of(program) } else { Threads::default() };
    let (mut views, threads): (Vec<View<'_>>, Threads) = rayon::join(views, threads);
    let parts: Vec<_> = views.iter().map(View::part).collect();
    let takers = parts.iter().filter(|(_, part)| part.keeps_out).map(|(function, _)| *function).collect();
    let gather = || {
        let works = views.iter_mut().flat_map(|view| std::mem::take(&mut view.works));
        let left_running = LeftRunning::index(works);
        let taken = views.iter_mut().flat_map(|view| std::mem::take(&mut view.taken));
        let given_back = GivenBack::index(taken);
        let uses = views.iter_mut().flat_map(|view| std::mem::take(&mut view.uses)).collect();
        let mut evidence = Evidence::index(program, uses);
        evidence.note_programs(program);
        evidence.note_locked(views.iter().filter(|view| view.makes_locked).map(View::name));
        evidence.note_cleaned(views.iter().flat_map(|view| &view.cleaned).copied());
        let idle = views.iter_mut().filter(|view| !view.has_candidates());
        let effects = idle.map(View::take_effects).collect();
        views.retain(View::has_candidates);
        let bodies = views.iter().map(View::body).collect();
        (left_running, given_back, evidence, Kept { bodies, effects })
    };
    let held = || Held::of(program, &takers);
    let lives = || lives(program, &parts, &rules);
    let ((held, lives), (left_running, given_back, mut evidence, kept)) =
        rayon::join(|| rayon::join(held, lives), gather);
    views.extend(lives.into_iter().filter_map(|life| View::of_life(program, life)));
    let asked = Asked::default();
    let views: Vec<View<'_>> = views;
    let decide = |view: &View<'_>, evidence: &Evidence, again: Option<&PutOff>| {
        let known = Known {
            evidence,
            threads: &threads,
            left_running: &left_running,
            given_back: &given_back,
            held: &held,
            kept: &kept,
            asked: &asked,
            thorough: thorough || again.is_some(),
        };
        view.decide(program, known, explorer, again)
    };
    let mut looked: Vec<Looked> =
        views.par_iter().with_max_len(4).map(|view| decide(view, &evidence, None)).collect();
    let anew = |view: &View<'_>, evidence: &Evidence| decide(view, evidence, None);
    uncalled::leave_out(&views, &mut looked, &mut evidence, &anew, uncalled);
    let after_all = |view: &View<'_>, put_off: &PutOff| decide(view, &evidence, Some(put_off)).decided;
    let (decided, unexplored) = put_off::catch_up(&views, looked, &after_all);
    let findings = merge::merge(decided);
    let remains = Remains { _known: (views, evidence, threads, left_running, given_back, held, kept, asked) };
    Checked { findings, unexplored, remains }
}

/// Fills in the suggested rewrite of a finding, given the text of the act's file.
pub fn suggest(program: &Program, finding: &mut Finding, text: &str) {
    let Some(rewrite) = finding.rewrite else { return };
    let Some(file) = program.files().get(finding.act.file.0 as usize) else { return };
    let Some(language) = fsrace_analyzer::source::LanguageId::of_path(&file.path) else { return };
    let read = (rewrite.idiom == Idiom::LockAround).then_some(rewrite.check).flatten();
    let check = if read.is_some() { None } else { rewrite.check };
    let request = RewriteRequest {
        text,
        idiom: rewrite.idiom,
        function: rewrite.function,
        check,
        act: finding.act.span,
        read,
        place: &finding.place,
    };
    let Some(rendering) = render(language, &request) else { return };
    // Safe is for rewrites that were analysed again, which needs the whole program.
    let applicability = if rendering.complete { Applicability::Unsafe } else { Applicability::DisplayOnly };
    finding.fix = Some(Fix {
        title: in_terms_of(&file.path, title(rewrite.idiom)),
        applicability,
        edits: rendering.edits,
        needs: rendering.needs,
    });
}

fn title(idiom: Idiom) -> &'static str {
    match idiom {
        Idiom::CreateNew => "create the file only if it is absent",
        Idiom::CreateAll => "create the directory without asking first",
        Idiom::CreateWithMode => "create the file for its owner only",
        Idiom::OpenThenMatch => "use it, and treat `NotFound` as absent",
        Idiom::RemoveIfPresent => "remove it, and ignore `NotFound`",
        Idiom::ReplaceAtomically => "write a temporary file beside it and rename it over",
        Idiom::LockAround => "hold one lock around the read and the write",
        Idiom::EnvironmentOfTheChild => "set the variable for the child process alone",
        Idiom::DirectoryOfTheChild => "set the directory for the child process alone",
        Idiom::NoReplaceRename => "rename without replacing",
        Idiom::SetIfAbsent => "set the key only if it is absent, in one command",
        Idiom::PrivateTemp => "let `tempfile` choose the temporary name",
    }
}
