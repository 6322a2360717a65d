//! Who runs beside a step that changes what all threads of the process share: environment, working directory, umask.
//!
//! Every entry of the program begins alone. From there on, walking each function in order: work that is started runs beside all
//! that follows, until it is waited for; and a called function runs beside whatever its callers had started.

use crate::evidence::package;
use crate::finding::{Confidence, Related};
use crate::names;
use fsrace_analyzer::flow::{
    Block, Domain, Effect, Exit, FlowSummary, LockScope, Operation, Place, PlaceKind, ResultId, Root, Site,
    Step, Value,
};
use fsrace_analyzer::link::{FunctionId, Location, Program};
use rustc_hash::{FxHashMap, FxHashSet};

/// Blocks nested deeper than this are left out: deeper code is generated or hostile.
const DEPTH: usize = 120;
/// How many levels of callers are asked whether they hold a lock, and whether anybody may call them.
const LEVELS: usize = 4;
/// The end of the name of all of a context manager.
const WHOLE: &str = "::{whole}";

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
#[derive(Clone, Copy, Debug)]
struct Here {
    company: Company,
    locked: bool,
    /// Whether started work does this.
    inside: bool,
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
    /// Whether work that its own function has started does this.
    inside: bool,
}

/// What is known of all functions.
#[derive(Debug, Default)]
pub struct Threads {
    /// What runs beside a function's beginning; none if it is not known to be reached.
    entries: Vec<Option<Company>>,
    /// Whether started work comes to a function.
    inside: Vec<bool>,
    /// Calls of each function.
    calls: FxHashMap<FunctionId, Vec<(FunctionId, Here)>>,
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
        // A function is walked again when it turns out that one that it calls leaves work behind, which each does once.
        while let Some(id) = pending.pop() {
            let Some(summary) = program.function(id) else { continue };
            let mut walk = Walk::new(program, id, &starting);
            let mut state = State::default();
            walk.block(&summary.body, &mut state, 0);
            let found = walk.found;
            if (state.left_behind || !state.running.is_empty()) && starting.insert(id) {
                pending.extend(program.callers(id));
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
                threads.calls.entry(callee).or_default().push((*id, here));
                // Who enters a context manager calls all of it, though what comes after the block is done later.
                if let Some(whole) = whole_of(program, callee) {
                    threads.calls.entry(whole).or_default().push((*id, here));
                }
            }
            for (site, here) in found.effects {
                let Some(location) = location(program, *id, site) else { continue };
                let known = threads.effects.entry(location).or_insert(here);
                // A closure that is called twice stands in two places.
                known.company = known.company.max(here.company);
                known.locked &= here.locked;
                known.inside |= here.inside;
            }
            for (subject, site, reads, here) in found.uses {
                let Here { company, inside, .. } = here;
                threads.uses.entry(subject).or_default().push(Use {
                    function: *id,
                    site,
                    reads,
                    company,
                    inside,
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
                outgoing.entry(*caller).or_default().push((*callee, *here));
                if here.company == Company::Started && !here.locked {
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
        let begun = outgoing.values().flatten().filter(|(_, here)| here.inside);
        let mut working: Vec<FunctionId> = begun.map(|(callee, _)| *callee).collect();
        while let Some(id) = working.pop() {
            let Some(known) = self.inside.get_mut(id.0 as usize).filter(|known| !**known) else { continue };
            *known = true;
            working.extend(outgoing.get(&id).into_iter().flatten().map(|(callee, _)| *callee));
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
        while let Some((id, company)) = pending.pop() {
            let Some(entry) = self.entries.get_mut(id.0 as usize) else { continue };
            if entry.is_some_and(|known| known >= company) {
                continue;
            }
            *entry = Some(company);
            let calls = outgoing.get(&id).into_iter().flatten();
            // Whoever takes the lock too is kept out.
            let beside = |here: &Here| if here.locked { Company::Alone } else { company.max(here.company) };
            pending.extend(calls.map(|(callee, here)| (*callee, beside(here))));
        }
    }

    /// Who runs beside the effect, which stands in the function's own source; none if nobody does, or a lock keeps them out.
    pub fn beside(&self, program: &Program, act: Location, effect: &Effect) -> Option<Beside> {
        let function = act.function;
        let summary = program.function(function)?;
        let here = *self.effects.get(&act)?;
        // Whoever makes a file goes by the mask, and takes no lock for that.
        let is_mask = effect.operation.domain() == Domain::Mask;
        if !is_mask && (here.locked || self.is_locked(function, LEVELS)) {
            return None;
        }
        // What is put back when a value goes is the other half of what its type's functions report.
        if summary.context.release && self.has_sibling(program, function, summary) {
            return None;
        }
        if summary.context.test {
            return self.beside_test(program, function, summary, effect);
        }
        let package = package_of(program, function);
        let starts = !self.starting.is_empty();
        let working = here.inside || self.is_inside(function);
        let other = self.reader(program, function, effect, working);
        let entry = self.entries.get(function.0 as usize).copied().flatten();
        let company = entry.map(|entry| entry.max(here.company));
        let company = company.or((here.company == Company::Started).then_some(Company::Started));
        let (level, why) = match company {
            Some(Company::Alone) => return None,
            _ if here.company < Company::Started && self.begins(program, function, LEVELS) => {
                (Confidence::Low, "by its name it is called where a program begins")
            }
            Some(Company::Runtime) => {
                (Confidence::Low, "an async runtime is there, but nothing is known to run in it yet")
            }
            Some(Company::Started) if other.is_some() => {
                (Confidence::High, "work that the program has started goes by what is changed")
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
            None if summary.name.ends_with("{module}") => (
                Confidence::Low,
                "it is done when the module is imported, before anything runs that needs it",
            ),
            None if self.programs.contains(package) && !self.starting.contains(package) => {
                (Confidence::Low, "the program it is part of starts no thread")
            }
            None if self.is_open(program, function, effect.operation.domain(), LEVELS) => {
                // A method of what lives on is called while the program runs, and not where it begins.
                let runs = starts && summary.has_receiver && !self.programs.is_empty();
                let variable = effect.operation.domain() == Domain::Environment;
                let harms = runs || !variable || self.is_read_beside(program, function, effect);
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
            None if starts && summary.has_receiver && summary.context.is_async => {
                (Confidence::Medium, "it is called for each of many that are served side by side")
            }
            // A method of what lives on is called while the program runs, and not where it begins.
            None if starts
                && summary.has_receiver
                && effect.operation.domain() == Domain::Environment
                && self.is_read_beside(program, function, effect) =>
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
        working: bool,
    ) -> Option<Related> {
        let found = self.users(program, function, effect).find(|u| {
            let entry = self.entries.get(u.function.0 as usize).copied().flatten();
            let beside = entry.unwrap_or(Company::Alone).max(u.company) == Company::Started;
            u.reads
                && match u.function == function {
                    true => u.inside,
                    false => {
                        beside
                            && (working || u.inside || self.is_inside(u.function))
                            && self.share_a_process(program, function, u.function)
                    }
                }
                && program.function(u.function).is_some_and(|s| !is_aside(s))
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
        let runs = |step: &Step| matches!(step, Step::Effect(e) if e.operation == Operation::Run);
        let own = program.function(function).is_some_and(|s| s.body.steps.iter().any(runs));
        own || self.users(program, function, effect).any(|u| {
            u.reads
                && package_of(program, u.function) == package
                && program.function(u.function).is_some_and(|s| !is_aside(s))
        })
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

    /// Whether every known caller holds a lock at the call.
    fn is_locked(&self, function: FunctionId, levels: usize) -> bool {
        let Some(calls) = self.calls.get(&function).filter(|_| levels > 0) else { return false };
        calls.iter().all(|(caller, here)| here.locked || self.is_locked(*caller, levels - 1))
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
        let is_called = !callers.is_empty()
            && domain != Domain::Mask
            && self.programs.contains(package_of(program, function));
        if library && public && !is_called {
            return true;
        }
        match callers.is_empty() {
            true => public && !self.programs.contains(package_of(program, function)),
            false => levels > 0 && callers.iter().any(|c| self.is_open(program, *c, domain, levels - 1)),
        }
    }
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

/// Whether a function of this name is one that takes a lock, as far as names tell. Who asks whether there is one takes none.
fn takes_a_lock(name: &str) -> bool {
    let asks = ["is_", "has_", "can_"].iter().any(|question| name.starts_with(question));
    !asks && name.split('_').any(|word| matches!(word, "lock" | "locked" | "mutex" | "guard"))
}

/// Whether the call gives the thread a working directory and a mask of its own (unshare(2)): a mount namespace brings these along.
fn parts_from_the_process(name: &str, arguments: &[Value]) -> bool {
    let tells = |kind: &PlaceKind| match kind {
        PlaceKind::Constant(name) => name.ends_with("CLONE_FS") || name.ends_with("CLONE_NEWNS"),
        _ => false,
    };
    name.eq_ignore_ascii_case("unshare")
        && arguments
            .iter()
            .any(|given| matches!(given, Value::Place(flags) if flags.any(&mut |kind| tells(kind))))
}

/// Whether a function of this name is called where a program begins, as far as names tell.
fn begins(name: &str) -> bool {
    const WORDS: [&str; 12] = [
        "bootstrap",
        "configure",
        "dispatch",
        "entry",
        "execute",
        "init",
        "initialize",
        "main",
        "run",
        "setup",
        "start",
        "startup",
    ];
    // `_run` is what others of its class call, and not who begins.
    name.split('_').next().is_some_and(|word| WORDS.contains(&word)) || sets_up(name)
}

/// Whether a function of this name is called for nothing but a program's beginning: much is run and started later.
fn sets_up(name: &str) -> bool {
    name.split('_').any(|word| ["bootstrap", "init", "initialize", "main", "setup"].contains(&word))
}

/// What holds at one point of the walk.
#[derive(Clone, Debug, Default)]
struct State {
    /// Work that was started here.
    running: Vec<ResultId>,
    /// Whether something that was called has left work behind.
    left_behind: bool,
    /// Whether all this is started work itself.
    inside: bool,
    locks: Vec<ResultId>,
}

impl State {
    fn here(&self) -> Here {
        let company = match () {
            () if self.inside || !self.running.is_empty() => Company::Started,
            () if self.left_behind => Company::LeftBehind,
            () => Company::Alone,
        };
        Here { company, locked: !self.locks.is_empty(), inside: self.inside }
    }

    fn join(&mut self, other: State) {
        self.left_behind |= other.left_behind;
        for result in other.running {
            if !self.running.contains(&result) {
                self.running.push(result);
            }
        }
        // A lock counts where it is surely held.
        self.locks.retain(|lock| other.locks.contains(lock));
    }
}

/// Walks one function's own body.
#[derive(Debug)]
struct Walk<'a> {
    program: &'a Program,
    function: FunctionId,
    /// The functions that leave work behind.
    starting: &'a FxHashSet<FunctionId>,
    found: Found,
}

/// What one function does, in its own body.
#[derive(Debug, Default)]
struct Found {
    calls: Vec<(FunctionId, Here)>,
    effects: Vec<(Site, Here)>,
    uses: Vec<(Subject, Site, bool, Here)>,
    /// Whether it starts work.
    started: bool,
}

impl<'a> Walk<'a> {
    fn new(program: &'a Program, function: FunctionId, starting: &'a FxHashSet<FunctionId>) -> Self {
        Walk { program, function, starting, found: Found::default() }
    }

    /// Walks a block; false if its end is never reached.
    fn block(&mut self, block: &Block, state: &mut State, depth: usize) -> bool {
        if depth > DEPTH {
            return true;
        }
        for (at, step) in block.steps.iter().enumerate() {
            match step {
                Step::Effect(effect) => self.effect(effect, state),
                Step::Branch(branch) => {
                    let mut other = state.clone();
                    let then = self.block(&branch.then, state, depth + 1);
                    let otherwise = self.block(&branch.otherwise, &mut other, depth + 1);
                    match (then, otherwise) {
                        (true, true) => state.join(other),
                        (false, true) => *state = other,
                        (true, false) => {}
                        (false, false) => return false,
                    }
                }
                Step::Loop(body) => {
                    // What one round starts, the next runs beside.
                    let mut round = state.clone();
                    self.block(body, &mut round, depth + 1);
                    if round.here().company > state.here().company {
                        self.block(body, &mut round, depth + 1);
                    }
                    round.locks.clone_from(&state.locks);
                    *state = round;
                }
                Step::Spawn(spawn) => {
                    // Who waits at once only wants another stack.
                    let rest = block.steps.get(at + 1..).unwrap_or_default();
                    let apart = !spawn.process && !self.waits_first(rest, spawn.result);
                    self.found.started |= apart;
                    let mut inside = match apart {
                        true => State { inside: true, ..State::default() },
                        false => state.clone(),
                    };
                    self.block(&spawn.body, &mut inside, depth + 1);
                    if apart && !state.running.contains(&spawn.result) {
                        state.running.push(spawn.result);
                    }
                }
                Step::Join(work) => state.running.retain(|running| running != work),
                Step::Frame(frame) => {
                    self.block(&frame.body, state, depth + 1);
                }
                Step::Call(call) => {
                    let name = names::last(call.callee.name());
                    // From there on, what is changed is the thread's own.
                    if takes_a_lock(name) || parts_from_the_process(name, &call.arguments) {
                        state.locks.push(call.result);
                    }
                    if let Some(callee) = self.program.callee(self.function, call.result) {
                        self.found.calls.push((callee, state.here()));
                        state.left_behind |= self.starting.contains(&callee);
                    } else if let Some(effect) = &call.presumed {
                        self.effect(effect, state);
                    }
                }
                Step::Release(lock, _) => state.locks.retain(|held| held != lock),
                Step::Exit(Exit::Break(_) | Exit::Continue(_) | Exit::Return(_) | Exit::Panic) => {
                    return false;
                }
            }
        }
        state.locks.retain(|held| !block.drops.contains(held));
        true
    }

    /// Whether nothing that matters happens before the work is waited for.
    fn waits_first(&self, steps: &[Step], work: ResultId) -> bool {
        for step in steps {
            match step {
                Step::Join(joined) => return *joined == work,
                Step::Effect(_) | Step::Spawn(_) | Step::Loop(_) => return false,
                Step::Call(call) if self.program.callee(self.function, call.result).is_some() => {
                    return false;
                }
                Step::Call(_) | Step::Branch(_) | Step::Frame(_) | Step::Release(..) | Step::Exit(_) => {}
            }
        }
        false
    }

    fn effect(&mut self, effect: &Effect, state: &mut State) {
        // A lock on a file keeps others out of that file, and no thread out of the process' own state; nor does one that each value of
        // a type has for itself.
        if matches!(effect.operation, Operation::Lock { scope: LockScope::Thread, .. })
            && !is_of_a_value(&effect.place)
        {
            state.locks.push(effect.result);
        }
        let changes =
            matches!(effect.operation, Operation::EnvSet | Operation::SetCwd | Operation::SetUmask(_));
        if changes {
            self.found.effects.push((effect.site, state.here()));
        }
        let here = state.here();
        let subject = subject(self.program, self.function, effect);
        // Whatever makes a file goes by the mask.
        let mask = (!changes && effect.created().is_some()).then_some(Subject::Mask);
        let uses = subject.into_iter().chain(mask);
        self.found.uses.extend(uses.map(|subject| (subject, effect.site, !changes, here)));
    }
}
