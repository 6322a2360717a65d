//! Who runs beside a step that changes what all threads of the process share: environment, working directory, umask.
//!
//! Every entry of the program begins alone. From there on, walking each function in order: work that is started runs beside all
//! that follows, until it is waited for; and a called function runs beside whatever its callers had started.

mod under_way;
mod walk;
mod words;

use crate::evidence::package;
use crate::finding::{Confidence, Related};
use crate::names;
use fsrace_analyzer::flow::{
    Domain, Effect, FlowSummary, Operation, Place, PlaceKind, ResultId, Root, Site, Step,
};
use fsrace_analyzer::language::guards_environment;
use fsrace_analyzer::link::{FunctionId, Location, Program, each_step};
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::Arc;
use walk::{Found, Replacing, Seldom, State, Walk};
use words::{begins, is_a_command, is_of_a_command_line, sets_up};

/// How many levels of callers are asked whether they hold a lock, and whether anybody may call them.
const LEVELS: usize = 4;
/// How many functions that lead to one are asked what begins there.
const ABOVE: usize = 256;
/// The end of the name of all of a context manager.
const WHOLE: &str = "::{whole}";
/// The end of the name of what a module does when it is imported.
const MODULE: &str = "::{module}";

/// What runs beside a step, as far as is known. Ordered from nothing to most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Company {
    /// Nothing yet: a program's beginning.
    Alone,
    /// An async runtime, whose threads wait for work.
    Runtime,
    /// Something that was called before has left work behind, which may be over.
    LeftBehind,
    /// Work that is under way.
    Started,
}

/// A call, or an effect on the process' own state, and what its own function had begun before.
#[derive(Clone, Debug)]
struct Here {
    company: Company,
    locked: bool,
    /// Whether the process is one that was started for it, or the process' state the thread's own.
    own: bool,
    /// Whether another program comes in the place of this one after that.
    ends: bool,
    /// The work that does this, where its function has started some for it.
    within: Option<ResultId>,
    /// Where the work comes from that may be under way.
    sources: Arc<[Source]>,
}

/// Where work comes from that is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    /// The function itself has started it.
    Own(ResultId),
    /// A function that was called has left it behind.
    Left(FunctionId),
}

/// Why another thread is plausible beside a step, and how plausible.
#[derive(Clone, Debug)]
pub struct Beside {
    /// How sure.
    pub level: Confidence,
    /// Why.
    pub why: String,
    /// Who goes by what is changed, where known.
    pub other: Option<Related>,
    /// Whether the program is known to have started work before.
    pub started: bool,
}

/// A function's use of the process' own state.
#[derive(Clone, Copy, Debug)]
struct Use {
    function: FunctionId,
    site: Site,
    /// Whether it only goes by it.
    reads: bool,
    /// What its own function had begun before.
    company: Company,
    /// The work that does this, where its own function has started some for it.
    within: Option<ResultId>,
}

/// What is known of all functions.
#[derive(Debug, Default)]
pub struct Threads {
    /// What runs beside a function's beginning; none if it is not known to be reached.
    entries: Vec<Option<Company>>,
    /// Whether started work comes to a function, under no lock.
    inside: Vec<bool>,
    /// Calls of each function.
    calls: FxHashMap<FunctionId, Vec<(FunctionId, Here)>>,
    /// Calls that each function makes, but how tests call what is none.
    outgoing: FxHashMap<FunctionId, Vec<(FunctionId, Here)>>,
    /// What each function leaves under way when it returns.
    leaves: FxHashMap<FunctionId, Arc<[Source]>>,
    /// Effects on the process' own state.
    effects: FxHashMap<Location, Here>,
    /// Folders of the packages of which any code but tests starts work.
    starting: FxHashSet<String>,
    uses: FxHashMap<Subject, Vec<Use>>,
    /// Folders of the packages that have a beginning of their own.
    programs: FxHashSet<String>,
    /// Which programs are known to come to a function, one bit for each; where there are more than that, some share one.
    reached: Vec<u64>,
}

/// A part of the process' own state.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Subject {
    Variable(String),
    Directory,
    Mask,
}

impl Threads {
    /// Looks at the whole program.
    pub fn of(program: &Program) -> Self {
        let mut threads = Threads::default();
        let functions: Vec<(FunctionId, &FlowSummary)> = program.functions().collect();
        let mut starting: FxHashSet<FunctionId> = FxHashSet::default();
        let mut pending: Vec<FunctionId> = functions.iter().map(|(id, _)| *id).rev().collect();
        let mut walked: FxHashMap<FunctionId, Found> = FxHashMap::default();
        let seldom = Seldom::of(&functions);
        let kept_apart = walk::kept_apart(program, &seldom);
        let replacing = Replacing::of(program, &seldom);
        // A function is walked again when it turns out that one that it calls leaves work behind, which each does once.
        while let Some(id) = pending.pop() {
            let Some(summary) = program.function(id) else { continue };
            let mut walk = Walk::new(program, id, &starting, &kept_apart, &replacing);
            let mut state = State::default();
            walk.block(&summary.body, &mut state, 0);
            let found = walk.found;
            if !state.sources.is_empty() {
                threads.leaves.insert(id, state.sources.as_slice().into());
                if starting.insert(id) {
                    pending.extend(program.callers(id));
                }
            }
            walked.insert(id, found);
        }
        for (id, summary) in &functions {
            let Some(found) = walked.remove(id) else { continue };
            if found.started && !is_aside(summary) {
                threads.starting.insert(package_of(program, *id).to_owned());
            }
            // Where a literal is called that is kept, nobody knows.
            for (callee, here) in found.calls.into_iter().filter(|_| !summary.context.literal) {
                threads.calls.entry(callee).or_default().push((*id, here.clone()));
                // Who enters a context manager calls all of it, though what comes after the block is done later.
                if let Some(whole) = whole_of(program, callee) {
                    threads.calls.entry(whole).or_default().push((*id, here));
                }
            }
            for (site, here) in found.effects {
                let Some(location) = location(program, *id, site) else { continue };
                let known = threads.effects.entry(location).or_insert_with(|| here.clone());
                // A closure that is called twice stands in two places.
                if here.company > known.company {
                    known.sources = here.sources;
                }
                known.company = known.company.max(here.company);
                known.locked &= here.locked;
                known.own &= here.own;
                known.within = known.within.or(here.within);
            }
            for (subject, site, reads, here) in found.uses {
                let Here { company, within, .. } = here;
                threads.uses.entry(subject).or_default().push(Use {
                    function: *id,
                    site,
                    reads,
                    company,
                    within,
                });
            }
        }
        for (id, summary) in functions.iter().filter(|(_, s)| s.context.main && !is_aside(s)) {
            let package = package_of(program, *id).to_owned();
            if summary.context.is_async {
                threads.starting.insert(package.clone());
            }
            threads.programs.insert(package);
        }
        threads.enter(program, &functions);
        threads
    }

    /// Follows the calls from every beginning.
    fn enter(&mut self, program: &Program, functions: &[(FunctionId, &FlowSummary)]) {
        self.entries = vec![None; functions.len()];
        let mut outgoing: FxHashMap<FunctionId, Vec<(FunctionId, Here)>> = FxHashMap::default();
        let mut pending: Vec<(FunctionId, Company)> = Vec::new();
        for (callee, calls) in &self.calls {
            let to_test = program.function(*callee).is_some_and(is_aside);
            for (caller, here) in calls {
                // How tests call a function says nothing about how the program does.
                if program.function(*caller).is_some_and(is_aside) && !to_test {
                    continue;
                }
                outgoing.entry(*caller).or_default().push((*callee, here.clone()));
                if here.company == Company::Started && !here.locked && !here.own {
                    pending.push((*callee, Company::Started));
                }
            }
        }
        let mains = functions.iter().filter(|(_, s)| s.context.main);
        for (id, summary) in mains.clone() {
            pending.push((*id, if summary.context.is_async { Company::Runtime } else { Company::Alone }));
        }
        let mut packages: Vec<&str> = Vec::new();
        let mut coming: Vec<(FunctionId, u64)> = Vec::new();
        for (id, _) in mains {
            let package = package_of(program, *id);
            let number = packages.iter().position(|known| *known == package).unwrap_or_else(|| {
                packages.push(package);
                packages.len() - 1
            });
            coming.push((*id, 1 << (number % 64)));
        }
        self.inside = vec![false; functions.len()];
        // What is done under a lock is done by one at a time, and so by none of the work as far as others can tell.
        let open = |(_, here): &&(FunctionId, Here)| !here.locked && !here.own;
        let begun = outgoing.values().flatten().filter(|(_, here)| here.within.is_some());
        let mut working: Vec<FunctionId> = begun.filter(open).map(|(callee, _)| *callee).collect();
        while let Some(id) = working.pop() {
            let Some(known) = self.inside.get_mut(id.0 as usize).filter(|known| !**known) else { continue };
            *known = true;
            let calls = outgoing.get(&id).into_iter().flatten();
            working.extend(calls.filter(open).map(|(callee, _)| *callee));
        }
        self.reached = vec![0; functions.len()];
        while let Some((id, programs)) = coming.pop() {
            let Some(known) =
                self.reached.get_mut(id.0 as usize).filter(|known| **known | programs != **known)
            else {
                continue;
            };
            *known |= programs;
            let all = *known;
            coming.extend(outgoing.get(&id).into_iter().flatten().map(|(callee, _)| (*callee, all)));
        }
        self.outgoing = outgoing;
        let outgoing = &self.outgoing;
        while let Some((id, company)) = pending.pop() {
            let Some(entry) = self.entries.get_mut(id.0 as usize) else { continue };
            if entry.is_some_and(|known| known >= company) {
                continue;
            }
            *entry = Some(company);
            let calls = outgoing.get(&id).into_iter().flatten();
            // Whoever takes the lock too is kept out.
            let beside = |here: &Here| {
                if here.locked || here.own { Company::Alone } else { company.max(here.company) }
            };
            pending.extend(calls.map(|(callee, here)| (*callee, beside(here))));
        }
    }

    /// Who runs beside the effect, which stands in the function's own source; none if nobody does, or a lock keeps them out.
    pub fn beside(&self, program: &Program, act: Location, effect: &Effect) -> Option<Beside> {
        let function = act.function;
        let summary = program.function(function)?;
        let here = self.effects.get(&act)?;
        // Whoever makes a file goes by the mask, and takes no lock for that.
        let is_mask = effect.operation.domain() == Domain::Mask;
        let for_good = !is_put_back(summary, effect);
        let kept_out = |here: &Here| here.own || (here.ends && for_good) || (here.locked && !is_mask);
        if kept_out(here) || self.is_kept(function, LEVELS, &kept_out) {
            return None;
        }
        // What is put back when a value goes is the other half of what its type's functions report, or whoever else is told of that has
        // changed what the value has kept.
        if summary.context.release
            && (is_of_a_value(&effect.place) || self.has_sibling(program, function, summary))
        {
            return None;
        }
        if summary.context.test {
            return self.beside_test(program, function, summary, effect);
        }
        let package = package_of(program, function);
        let starts = !self.starting.is_empty();
        let working = here.within.is_some() || self.is_inside(function);
        let other = self.reader(program, function, effect, here, working);
        let entry = self.entries.get(function.0 as usize).copied().flatten();
        let company = entry.map(|entry| entry.max(here.company));
        let company = company.or((here.company == Company::Started).then_some(Company::Started));
        let (level, why) = match company {
            Some(Company::Alone) => return None,
            _ if summary.context.once => (Confidence::Low, "it is done once, by whoever is first"),
            _ if here.company < Company::Started && self.begins(program, function, LEVELS) => {
                (Confidence::Low, "by its name it is called where a program begins")
            }
            Some(Company::Runtime) => {
                (Confidence::Low, "an async runtime is there, but nothing is known to run in it yet")
            }
            Some(Company::Started) if other.is_some() => {
                (Confidence::High, "work that the program has started goes by what is changed")
            }
            Some(Company::Started)
                if working
                    && effect.operation.domain() == Domain::Environment
                    && is_the_same_each_time(summary, effect) =>
            {
                (Confidence::Low, "each time it is the same, and none is known to go by it")
            }
            Some(Company::Started) if working => {
                (Confidence::Medium, "work that the program has started does it, beside other work")
            }
            Some(Company::Started) => {
                (Confidence::Low, "the program has started other work, but none is known to go by it")
            }
            Some(Company::LeftBehind) if other.is_some() => {
                (Confidence::Medium, "work that the program has started before goes by what is changed")
            }
            Some(Company::LeftBehind) => {
                (Confidence::Low, "the program has started other work before, which may be over")
            }
            None if summary.name.ends_with(MODULE) => (
                Confidence::Low,
                "it is done when the module is imported, before anything runs that needs it",
            ),
            None if self.programs.contains(package) && !self.starting.contains(package) => {
                (Confidence::Low, "the program it is part of starts no thread")
            }
            None if self.is_open(program, function, effect.operation.domain(), LEVELS) => {
                // A method of what lives on is called while the program runs, and not where it begins.
                let lives_on = starts && summary.has_receiver && !self.programs.is_empty();
                let variable = effect.operation.domain() == Domain::Environment;
                let harms = lives_on
                    || !variable
                    || (self.is_read_beside(program, function, effect)
                        && !self.is_done_in_one_place(program, function, summary, effect));
                let level = if harms { Confidence::Medium } else { Confidence::Low };
                (level, "whoever calls it may have threads that share the process")
            }
            None if other.is_some() => {
                (Confidence::Medium, "work that the program has started goes by what is changed")
            }
            // A variable is harmed by any thread that looks into the environment; of the directory and the mask it takes one that goes by
            // them, and none is known.
            None if starts
                && effect.operation.domain() == Domain::Environment
                && self.is_handed_on(program, function, summary) =>
            {
                (Confidence::Medium, "it is handed on, and the program has threads")
            }
            // An async method, or one that is given a request or its context, is called once for each of them.
            None if starts
                && summary.has_receiver
                && summary.context.is_async
                && !self.is_run_by_commands(program, function) =>
            {
                (Confidence::Medium, "it is called for each of many that are served side by side")
            }
            // A method of what lives on is called while the program runs, and not where it begins.
            None if starts
                && summary.has_receiver
                && effect.operation.domain() == Domain::Environment
                && !is_a_command(&summary.name)
                && self.is_read_beside(program, function, effect)
                && !self.is_read_below(program, function, effect)
                && !self.is_run_by_commands(program, function) =>
            {
                (Confidence::Medium, "the program has threads, and somebody goes by what is changed")
            }
            None if starts => {
                (Confidence::Low, "the program has threads, but when this is called is not known")
            }
            None => (Confidence::Low, "nothing is known to run beside it"),
        };
        let started = company >= Some(Company::LeftBehind);
        Some(Beside { level, why: why.to_owned(), other, started })
    }

    /// Tests of one program run in its threads, side by side.
    fn beside_test(
        &self,
        program: &Program,
        function: FunctionId,
        summary: &FlowSummary,
        effect: &Effect,
    ) -> Option<Beside> {
        if summary.context.serial {
            return None;
        }
        let package = package_of(program, function);
        let other = self.users(program, function, effect).find(|u| {
            u.function != function
                && package_of(program, u.function) == package
                && program.function(u.function).is_some_and(|s| s.context.test && !s.context.serial)
        });
        let related = other.and_then(|found| related(program, found));
        let (level, why) = match related.is_some() {
            true => {
                (Confidence::Medium, "another test goes by it too, and tests run in threads of one process")
            }
            false => {
                (Confidence::Low, "tests run in threads of one process, but no other is known to go by it")
            }
        };
        Some(Beside { level, why: why.to_owned(), other: related, started: true })
    }

    /// Whether work that the program has started comes to the function.
    fn is_inside(&self, function: FunctionId) -> bool {
        self.inside.get(function.0 as usize).copied().unwrap_or_default()
    }

    /// Who goes by what the effect changes, in started work if the change is in none (`working`), or beside such work: what one thread
    /// does, it does in order.
    fn reader(
        &self,
        program: &Program,
        function: FunctionId,
        effect: &Effect,
        here: &Here,
        working: bool,
    ) -> Option<Related> {
        // What no work does, happens beside the work that is under way then, and no other.
        let mut under_way = None;
        let found = self.users(program, function, effect).find(|u| {
            let entry = self.entries.get(u.function.0 as usize).copied().flatten();
            let beside = entry.unwrap_or(Company::Alone).max(u.company) == Company::Started;
            u.reads
                && match u.function == function {
                    true => u.within.is_some(),
                    false => {
                        beside
                            && (working || u.within.is_some() || self.is_inside(u.function))
                            && self.share_a_process(program, function, u.function)
                    }
                }
                && program.function(u.function).is_some_and(|s| !is_aside(s))
                && (working || under_way.get_or_insert_with(|| self.under_way(function, here)).does(u))
        });
        related(program, found?)
    }

    /// Whether one program comes to both. Where it is not known who calls one of them, those of one package do.
    fn share_a_process(&self, program: &Program, one: FunctionId, other: FunctionId) -> bool {
        let reached =
            |id: FunctionId| self.reached.get(id.0 as usize).copied().filter(|programs| *programs != 0);
        match (reached(one), reached(other)) {
            (Some(one), Some(other)) => one & other != 0,
            _ => package_of(program, one) == package_of(program, other),
        }
    }

    /// Whether the package itself goes by the variable that the effect sets, or the function hands it to a child, so that who
    /// has threads is harmed for sure.
    pub fn is_read_beside(&self, program: &Program, function: FunctionId, effect: &Effect) -> bool {
        let package = package_of(program, function);
        program.function(function).is_some_and(runs)
            || self.users(program, function, effect).any(|u| {
                u.reads
                    && package_of(program, u.function) == package
                    && program.function(u.function).is_some_and(|s| !is_aside(s))
            })
    }

    /// Whether another function of the package sets the variable too, or takes it away.
    pub fn is_set_elsewhere(&self, program: &Program, function: FunctionId, effect: &Effect) -> bool {
        let package = package_of(program, function);
        self.users(program, function, effect).any(|u| {
            !u.reads
                && u.function != function
                && package_of(program, u.function) == package
                && program.function(u.function).is_some_and(|s| !is_aside(s))
        })
    }

    /// Whether it takes two of this very function to lose anything, which is one step of its one caller's: nobody else in the package sets
    /// the variable, no child is run for which it is set, and in this language no thread breaks on a change.
    fn is_done_in_one_place(
        &self,
        program: &Program,
        function: FunctionId,
        summary: &FlowSummary,
        effect: &Effect,
    ) -> bool {
        let package = package_of(program, function);
        !summary.context.public
            && !summary.has_receiver
            && program.callers(function).len() == 1
            && program.file(program.file_of(function)).is_some_and(|file| guards_environment(&file.path))
            && !runs(summary)
            && self
                .users(program, function, effect)
                .all(|u| u.reads || u.function == function || package_of(program, u.function) != package)
    }

    /// Whether all that leads to the function begins at commands of the program, of which each run is given one, and no work comes to it.
    fn is_run_by_commands(&self, program: &Program, function: FunctionId) -> bool {
        let (mut above, mut seen) = (vec![function], FxHashSet::from_iter([function]));
        while let Some(called) = above.pop() {
            let callers = || {
                let known = callers(program, called).iter().chain(program.askers(called));
                known.chain(program.keepers(called)).copied()
            };
            let is_first = callers().next().is_none()
                && !program.function(called).is_some_and(|s| s.context.main || is_command(s));
            if is_first || seen.len() > ABOVE {
                return false;
            }
            above.extend(callers().filter(|caller| seen.insert(*caller)));
        }
        !self.is_inside(function)
    }

    /// Whether nobody goes by the variable but what the function calls itself, and not for what it sets it to: what one thread does, it does
    /// in order.
    fn is_read_below(&self, program: &Program, function: FunctionId, effect: &Effect) -> bool {
        let Some(summary) = program.function(function) else { return false };
        let mut told = FxHashSet::default();
        each_step(&summary.body, &mut |step| {
            if let Step::Call(call) = step
                && effect.data.contains(&call.result)
            {
                told.extend(program.callee(function, call.result));
            }
        });
        let calls = self.outgoing.get(&function).into_iter().flatten().map(|(callee, _)| *callee);
        let below = self.reached_from(calls.filter(|callee| !told.contains(callee)).collect());
        let mut readers = self.users(program, function, effect).filter(|u| u.reads).peekable();
        readers.peek().is_some() && readers.all(|u| u.function != function && below.contains(&u.function))
    }

    /// All functions that are called by these, and these.
    fn reached_from(&self, mut pending: Vec<FunctionId>) -> FxHashSet<FunctionId> {
        let mut reached = FxHashSet::default();
        while let Some(function) = pending.pop() {
            if reached.insert(function) {
                let calls = self.outgoing.get(&function).into_iter().flatten();
                pending.extend(calls.map(|(callee, _)| *callee));
            }
        }
        reached
    }

    /// Whether the function, or each that calls it, is called where a program begins, as far as names tell.
    fn begins(&self, program: &Program, function: FunctionId, levels: usize) -> bool {
        let Some(summary) = program.function(function) else { return false };
        let name = names::last(&summary.name);
        if begins(name) && (levels == LEVELS || sets_up(name)) {
            return true;
        }
        let mut calls = self.calls.get(&function).into_iter().flatten().peekable();
        levels > 0
            && calls.peek().is_some()
            && calls.all(|(caller, here)| {
                here.company < Company::Started && self.begins(program, *caller, levels - 1)
            })
    }

    fn users(&self, program: &Program, function: FunctionId, effect: &Effect) -> impl Iterator<Item = &Use> {
        subject(program, function, effect).and_then(|subject| self.uses.get(&subject)).into_iter().flatten()
    }

    /// Whether every known caller keeps others out at the call, in the sense of `kept_out`.
    fn is_kept(&self, function: FunctionId, levels: usize, kept_out: &impl Fn(&Here) -> bool) -> bool {
        let Some(calls) = self.calls.get(&function).filter(|_| levels > 0) else { return false };
        calls.iter().all(|(caller, here)| kept_out(here) || self.is_kept(*caller, levels - 1, kept_out))
    }

    /// Whether another function of the same type changes the same.
    fn has_sibling(&self, program: &Program, function: FunctionId, summary: &FlowSummary) -> bool {
        self.siblings(program, function, summary).any(|other| !other.context.release)
    }

    /// Whether another method of the same type changes the process' state too, which may be to put back what this one changes.
    pub fn is_changed_by_turns(&self, program: &Program, function: FunctionId) -> bool {
        let summary = program.function(function).filter(|summary| summary.has_receiver);
        summary.is_some_and(|summary| self.siblings(program, function, summary).next().is_some())
    }

    /// The other functions of the same type that change the process' state.
    fn siblings<'p>(
        &self,
        program: &'p Program,
        function: FunctionId,
        summary: &FlowSummary,
    ) -> impl Iterator<Item = &'p FlowSummary> {
        let owner = |name: &str| name.rsplit_once("::").map(|(owner, _)| owner.to_owned());
        let own = owner(&summary.name);
        let changed = self.effects.keys().filter(move |at| at.function != function);
        let changed = changed.filter_map(|at| program.function(at.function));
        changed.filter(move |other| owner(&other.name) == own)
    }

    /// Whether the function is there to be called by something else: nobody names it in a call, and nobody outside can.
    fn is_handed_on(&self, program: &Program, function: FunctionId, summary: &FlowSummary) -> bool {
        // What a literal does that is kept, is done once as often as not: it is what a command of the program does.
        !summary.context.public
            && !summary.has_receiver
            && !summary.context.literal
            && program.callers(function).is_empty()
    }

    /// Whether code that is not here may call the function, directly or through others.
    fn is_open(&self, program: &Program, function: FunctionId, domain: Domain, levels: usize) -> bool {
        let library = program.file(program.file_of(function)).is_some_and(|file| file.library);
        let public = program.function(function).is_some_and(|s| s.context.public && !is_aside(s));
        let callers = callers(program, function);
        // The packages of a program can be imported too, but what calls them there says how they are meant to be called; not so for a mask,
        // which all files go by that any thread makes.
        let is_kept = program.keepers(function).iter().filter_map(|id| program.function(*id)).any(is_command);
        let is_in_program = self.programs.contains(package_of(program, function));
        let is_called = (!callers.is_empty() || is_kept) && domain != Domain::Mask && is_in_program;
        // How a program calls its commands is out of sight, and each is where it begins.
        if !self.programs.is_empty() && program.function(function).is_some_and(is_command) {
            return false;
        }
        if library && public && !is_called {
            let is_asked = !program.askers(function).is_empty();
            return !(is_asked
                && is_in_program
                && domain != Domain::Mask
                && self.is_run_by_commands(program, function));
        }
        match callers.is_empty() {
            true => public && !self.programs.contains(package_of(program, function)),
            false => levels > 0 && callers.iter().any(|c| self.is_open(program, *c, domain, levels - 1)),
        }
    }
}

/// Whether the function is a command of the program, by its name or by what it is given.
fn is_command(summary: &FlowSummary) -> bool {
    let mut given = summary.parameters.iter().filter_map(|parameter| parameter.type_name.as_deref());
    is_a_command(&summary.name) || given.any(is_of_a_command_line)
}

/// All of a context manager of which this is what it does before it lets anybody in.
fn whole_of(program: &Program, function: FunctionId) -> Option<FunctionId> {
    let summary = program.function(function).filter(|summary| summary.context.part)?;
    program.find(&[summary.name.as_str(), WHOLE].concat())
}

/// Who is known to call the function; of all of a context manager, who enters it.
fn callers(program: &Program, function: FunctionId) -> &[FunctionId] {
    let entered = program
        .function(function)
        .and_then(|summary| program.find(summary.name.strip_suffix(WHOLE)?))
        .unwrap_or(function);
    program.callers(entered)
}

/// Whether nothing tells one time from another at which the function does this: it is given nothing, and what it asks for is given
/// nothing.
fn is_the_same_each_time(summary: &FlowSummary, effect: &Effect) -> bool {
    let mut asked = 0;
    each_step(&summary.body, &mut |step| {
        if let Step::Call(call) = step {
            asked += usize::from(call.arguments.is_empty() && effect.data.contains(&call.result));
        }
    });
    summary.parameters.is_empty() && asked == effect.data.len()
}

/// Whether the function changes the same a second time, as who puts it back does. Who goes to one directory twice stays there.
fn is_put_back(summary: &FlowSummary, effect: &Effect) -> bool {
    let mut changes: Vec<&Place> = Vec::new();
    each_step(&summary.body, &mut |step| {
        if let Step::Effect(e) = step
            && matches!(e.operation, Operation::EnvSet | Operation::SetCwd | Operation::SetUmask(_))
            && e.operation.domain() == effect.operation.domain()
        {
            changes.push(&e.place);
        }
    });
    match effect.operation {
        Operation::EnvSet => changes.iter().filter(|place| ***place == effect.place).count() > 1,
        Operation::SetCwd => changes.windows(2).any(|two| two.first() != two.last()),
        _ => changes.len() > 1,
    }
}

/// Whether the function itself starts a program, whatever else may decide.
fn runs(summary: &FlowSummary) -> bool {
    summary.body.steps.iter().any(|step| matches!(step, Step::Effect(e) if e.operation == Operation::Run))
}

fn is_aside(summary: &FlowSummary) -> bool {
    summary.context.test || summary.context.auxiliary
}

/// The folder of the package that the function's file belongs to.
fn package_of(program: &Program, function: FunctionId) -> &str {
    program.file(program.file_of(function)).map_or("", |file| package(&file.path))
}

/// Where a site of the function's own body stands.
fn location(program: &Program, function: FunctionId, site: Site) -> Option<Location> {
    let span = *program.function(function)?.sites.get(site.0 as usize)?;
    Some(Location { file: program.file_of(function), function, span })
}

fn related(program: &Program, found: &Use) -> Option<Related> {
    let summary = program.function(found.function)?;
    let location = location(program, found.function, found.site)?;
    let verb = if found.reads { "goes by it" } else { "changes it" };
    Some(Related { location, message: format!("`{}` {verb} here", names::last(&summary.name)) })
}

/// The part of the process' own state that an effect changes or goes by.
fn subject(program: &Program, function: FunctionId, effect: &Effect) -> Option<Subject> {
    match effect.operation.domain() {
        Domain::Environment => {
            variable(program, function, &effect.place).map(|name| Subject::Variable(name.to_owned()))
        }
        Domain::WorkingDirectory => Some(Subject::Directory),
        Domain::Mask => Some(Subject::Mask),
        Domain::KeyValue | Domain::Memory | Domain::Channels => None,
        Domain::Files => {
            let relative = |place: &Place| is_relative(place) && effect.handle.is_none();
            (relative(&effect.place) || effect.other_place.as_ref().is_some_and(relative))
                .then_some(Subject::Directory)
        }
    }
}

fn variable<'p>(program: &'p Program, function: FunctionId, place: &'p Place) -> Option<&'p str> {
    match place.kind() {
        PlaceKind::Literal(name) | PlaceKind::Environment(name) => Some(name),
        PlaceKind::Constant(name) => match program.constant(function, name).map(Place::kind) {
            Some(PlaceKind::Literal(text)) => Some(text),
            _ => Some(name),
        },
        _ => None,
    }
}

/// Whether the place is a field of what the function was given: there are as many as there are such values.
fn is_of_a_value(place: &Place) -> bool {
    matches!(place.kind(), PlaceKind::Field { base, .. } if matches!(base.kind(), PlaceKind::Parameter { .. }))
}

/// Whether a path surely starts from the working directory.
pub fn is_relative(place: &Place) -> bool {
    match place.kind() {
        PlaceKind::Literal(text) => !text.starts_with(['/', '~']) && !text.contains(':'),
        PlaceKind::Root(Root::Working) => true,
        PlaceKind::Join(base, _) | PlaceKind::WithExtension(base, _) => is_relative(base),
        _ => false,
    }
}
