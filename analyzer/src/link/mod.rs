//! The linker: calls across functions, files and workspace crates.
//!
//! Linking resolves every call once and is linear in the summaries. Bodies are expanded on demand, one function at a time, so
//! that rules can ask for them in parallel and nothing grows that nobody looks at.

mod asked;
mod closed;
mod filled;
mod graph;
mod handed;
mod inline;
mod kept;
mod labour;
mod origin;
mod resolve;
mod substitute;
#[cfg(test)]
mod tests;
mod told;
mod typed;
mod uncalled;
mod unseen;
mod uses;

pub use graph::each_step;
#[cfg(test)]
use inline::BUDGET;
pub use labour::takes_long;
pub use origin::origin;
pub use uncalled::Settled;

use crate::flow::{
    Block, Call, Condition, Effect, FileSummary, FlowSummary, OnFailure, Operation, ResultId, Site, Step,
    Value,
};
use crate::qualified;
use crate::source::Span;
use closed::ClosedFields;
use graph::Graph;
use kept::PrivateFields;
use rayon::prelude::*;
use resolve::Symbols;
use rustc_hash::FxHashSet;

/// A function of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FunctionId(pub u32);

/// A file of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub u32);

/// Where a site of a linked body stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Location {
    /// The file.
    pub file: FileId,
    /// The function whose source it is.
    pub function: FunctionId,
    /// The span.
    pub span: Span,
}

/// All summaries, linked.
#[derive(Debug, Default)]
pub struct Program {
    files: Vec<FileSummary>,
    functions: Vec<Entry>,
    symbols: Symbols,
    graph: Graph,
    private_fields: PrivateFields,
    /// What they are where no option is given; empty if that is the same.
    private_by_default: PrivateFields,
    closed_fields: ClosedFields,
}

/// Where a function's summary lies.
#[derive(Clone, Copy, Debug)]
struct Entry {
    file: FileId,
    /// Its index among the file's functions.
    index: u32,
    /// The program-wide number of its site 0.
    first_site: u32,
}

impl Program {
    /// The files, sorted by path.
    pub fn files(&self) -> &[FileSummary] {
        &self.files
    }

    /// One file.
    pub fn file(&self, file: FileId) -> Option<&FileSummary> {
        self.files.get(file.0 as usize)
    }

    /// All functions in order of file and position.
    pub fn functions(&self) -> impl Iterator<Item = (FunctionId, &FlowSummary)> {
        (0..).map(FunctionId).zip(self.files.iter().flat_map(|f| &f.functions))
    }

    /// One function's summary.
    pub fn function(&self, function: FunctionId) -> Option<&FlowSummary> {
        let entry = self.functions.get(function.0 as usize)?;
        self.file(entry.file)?.functions.get(entry.index as usize)
    }

    /// The function of this qualified name, if there is exactly one; re-exports are followed.
    pub fn find(&self, name: &str) -> Option<FunctionId> {
        self.symbols.find(name)
    }

    /// The file that holds the function.
    pub fn file_of(&self, function: FunctionId) -> FileId {
        self.functions.get(function.0 as usize).map_or(FileId(0), |f| f.file)
    }

    /// Where a site of a linked body stands.
    pub fn location(&self, site: Site) -> Option<Location> {
        let after = self.functions.partition_point(|f| f.first_site <= site.0);
        let function = FunctionId(u32::try_from(after.checked_sub(1)?).ok()?);
        let entry = self.functions.get(function.0 as usize)?;
        let span = *self.function(function)?.sites.get((site.0 - entry.first_site) as usize)?;
        Some(Location { file: entry.file, function, span })
    }

    /// The function's body with the calls of the program's functions put in as frames, parameters replaced by arguments,
    /// results and opaque numbers renamed apart, sites made program-wide, to a bounded depth and size.
    pub fn body(&self, function: FunctionId) -> Block {
        inline::body(self, function)
    }

    /// Two calls one after the other, as of [`Self::body`]: of what a value of this type begins, and what ends it. Both are given the same
    /// value wherever they take one of the type. Nothing where one of the two is too large.
    pub fn one_after_the_other(&self, first: FunctionId, second: FunctionId, of: &str) -> Option<Block> {
        inline::one_after_the_other(self, first, second, of)
    }

    /// What takes something and, where that succeeded, what gives it back, as of [`Self::body`]: each is given the same wherever both
    /// have a parameter of one name and type. `succeeded` says what success is, of the result that it is given. Nothing where one
    /// of the two is too large.
    pub fn taken_and_given_back(
        &self,
        takes: FunctionId,
        gives_back: FunctionId,
        succeeded: fn(ResultId) -> Condition,
    ) -> Option<Block> {
        inline::if_it_succeeded(self, takes, gives_back, succeeded(ResultId(0)))
    }

    /// The type that the function is a method of, as its source names it.
    pub fn receiver(&self, function: FunctionId) -> Option<&str> {
        let summary = self.function(function).filter(|summary| summary.has_receiver)?;
        summary.parameters.first()?.type_name.as_deref()
    }

    /// The types whose values the function makes or is given as a method: its receiver's; or the one that it returns, and those that the
    /// program declares the fields of that to be of.
    pub fn made_or_held(&self, function: FunctionId) -> Vec<String> {
        if let Some(of) = self.receiver(function) {
            return vec![of.to_owned()];
        }
        let summary = self.function(function);
        let made = summary.and_then(|s| self.symbols.made(&s.name).or_else(|| self.makes_its_own(s)));
        let Some(made) = made else { return Vec::new() };
        let parts = self.fields(made).into_iter().flatten().map(|(_, of)| of.clone());
        std::iter::once(made.to_owned()).chain(parts).collect()
    }

    /// The type that the function belongs to, where what it returns is put together of that type's fields.
    fn makes_its_own<'s>(&self, summary: &'s FlowSummary) -> Option<&'s str> {
        let (owner, _) = summary.name.rsplit_once("::")?;
        let declared = self.fields(owner)?;
        let is_one = |value: &Value| match graph::payload(value) {
            Value::Structure(fields) => {
                fields.iter().any(|(name, _)| declared.iter().any(|(of, _)| of == name))
            }
            _ => false,
        };
        graph::returns(&summary.body).into_iter().any(is_one).then_some(owner)
    }

    /// The field in which what the function returns has a value of the type; none where it returns that itself.
    fn part_of(&self, summary: &FlowSummary, of: &str) -> Option<&str> {
        let made = self.symbols.made(&summary.name).filter(|made| *made != of)?;
        self.fields(made)?.iter().find(|(_, field)| field == of).map(|(name, _)| name.as_str())
    }

    /// Whether running the function may be noticed by others: it, or what it calls, has an effect, as deep as bodies are expanded.
    pub fn acts(&self, function: FunctionId) -> bool {
        self.graph.node(function).and_then(|n| n.distance).is_some_and(|d| d as usize <= graph::DEPTH)
    }

    /// Whether any code changes what the threads of a process share: its environment, working directory or umask.
    pub fn changes_process(&self) -> bool {
        let changes = |effect: &Effect| {
            matches!(effect.operation, Operation::EnvSet | Operation::SetCwd | Operation::SetUmask(_))
        };
        self.files.par_iter().flat_map_iter(|file| &file.functions).any(|summary| {
            let mut found = false;
            each_step(&summary.body, &mut |step| {
                found |= match step {
                    Step::Effect(effect) => changes(effect),
                    Step::Call(call) => call.presumed.as_deref().is_some_and(changes),
                    _ => false,
                };
            });
            found
        })
    }

    /// By file, whether a finding may point into it: some function acts, or has an effect that only itself may notice.
    pub fn told_of(&self) -> Vec<bool> {
        let mut told = vec![false; self.files.len()];
        for (at, entry) in (0..).zip(&self.functions) {
            if let Some(told) = told.get_mut(entry.file.0 as usize) {
                *told |= self.acts(FunctionId(at));
            }
        }
        told.par_iter_mut().zip(&self.files).filter(|(told, _)| !**told).for_each(|(told, file)| {
            let mut visit = |step: &Step| *told |= matches!(step, Step::Effect(_));
            file.functions.iter().for_each(|summary| each_step(&summary.body, &mut visit));
        });
        told
    }

    /// The functions that call this one, as far as resolved, in order; tests and examples only where it is one itself.
    pub fn callers(&self, function: FunctionId) -> &[FunctionId] {
        self.graph.node(function).map_or(&[], |n| &n.callers)
    }

    /// Whether something that the program calls has the function's name, and is not known to be another.
    pub fn is_asked_for(&self, function: FunctionId) -> bool {
        let Some(name) = self.function(function).map(|summary| qualified::last(&summary.name)) else {
            return true;
        };
        let mut asking = self.functions().filter(|(_, f)| !f.context.test && !f.context.auxiliary);
        asking.any(|(caller, summary)| {
            let mut found = false;
            each_step(&summary.body, &mut |step| {
                if let Step::Call(call) = step {
                    found = found
                        || (qualified::last(call.callee.name()) == name
                            && self.callee(caller, call.result).is_none());
                }
            });
            found
        })
    }

    /// The functions that call a method of a trait of which this one is one of several implementations, in order.
    pub fn askers(&self, function: FunctionId) -> &[FunctionId] {
        self.graph.node(function).map_or(&[], |n| &n.asked_by)
    }

    /// The literals that are kept for others to call, and call this function, in order.
    pub fn keepers(&self, function: FunctionId) -> &[FunctionId] {
        self.graph.node(function).map_or(&[], |n| &n.kept_by)
    }

    /// The functions that this one calls, as far as resolved, in order.
    pub fn callees(&self, function: FunctionId) -> &[FunctionId] {
        self.graph.node(function).map_or(&[], |n| &n.callees)
    }

    /// The function that a call of this one's own body, by its result, calls, as far as resolved.
    pub fn callee(&self, function: FunctionId, call: ResultId) -> Option<FunctionId> {
        self.graph.node(function)?.target(call).map(|target| target.function)
    }

    /// Whether a function does nothing with the result of one of its own calls, its failure included.
    pub fn throws_away(&self, function: FunctionId, call: &Call) -> bool {
        call.on_failure == OnFailure::Continue
            && self.function(function).is_some_and(|f| uses::is_thrown_away(&f.body, call.result))
    }

    /// The functions that no function of the program is known to call, tests and examples aside, in order.
    pub fn roots(&self) -> impl Iterator<Item = FunctionId> {
        self.functions().map(|(id, _)| id).filter(|id| self.callers(*id).is_empty())
    }

    /// The name of a field's type, as its declaration's file resolves it; the owner may be named through re-exports.
    pub fn field_type(&self, owner: &str, field: &str) -> Option<&str> {
        self.symbols.field_type(owner, field)
    }

    /// The fields of a type that the program declares, each with the name of its type; none of types without fields.
    pub fn fields(&self, owner: &str) -> Option<&[(String, String)]> {
        self.symbols.fields(owner)
    }

    /// The value of a constant as the function's own source names it, if it is a path or a text.
    pub fn constant(&self, function: FunctionId, name: &str) -> Option<&crate::flow::Place> {
        let asker = self.function(function).map(|summary| resolve::Asker {
            name: &summary.name,
            file: self.file_of(function).0,
            test: summary.context.test,
        });
        self.symbols.constant(asker?, name)?.1
    }

    fn first_site(&self, function: FunctionId) -> u32 {
        self.functions.get(function.0 as usize).map_or(0, |f| f.first_site)
    }
}

/// Marks the functions of modules that another file declares for tests, and takes out those of modules that are not there on the systems
/// that are looked at.
fn mark_modules(files: &mut [FileSummary]) {
    let tests: FxHashSet<String> = files.iter_mut().flat_map(|f| f.test_modules.drain(..)).collect();
    let absent: FxHashSet<String> = files.iter_mut().flat_map(|f| f.absent_modules.drain(..)).collect();
    if tests.is_empty() && absent.is_empty() {
        return;
    }
    for file in files.iter_mut() {
        if is_below(&file.module, &tests) {
            file.functions.iter_mut().for_each(|function| function.context.test = true);
        }
        if is_below(&file.module, &absent) {
            file.functions.clear();
        }
    }
}

/// Whether a module is one of these, or lies below one.
fn is_below(module: &str, modules: &FxHashSet<String>) -> bool {
    let mut within = Some(module);
    while let Some(name) = within {
        if modules.contains(name) {
            return true;
        }
        within = name.rsplit_once("::").map(|(outer, _)| outer);
    }
    false
}

/// Marks the files of programs, which nobody imports.
fn mark_programs(files: &mut [FileSummary]) {
    let offers: FxHashSet<&str> = files.iter().filter(|f| f.library).map(|f| f.module.as_str()).collect();
    let programs: FxHashSet<String> =
        files.iter().filter_map(|f| f.runs.clone()).filter(|of| !offers.contains(of.as_str())).collect();
    if programs.is_empty() {
        return;
    }
    for file in files {
        let mut within = Some(file.module.as_str());
        while let Some(name) = within {
            if programs.contains(name) {
                file.library = false;
                break;
            }
            within = name.rsplit_once("::").map(|(outer, _)| outer);
        }
    }
}

/// Links summaries; the order of `files` does not matter.
pub fn link(mut files: Vec<FileSummary>) -> Program {
    files.sort_by(|a, b| (&a.path, &a.module).cmp(&(&b.path, &b.module)));
    mark_modules(&mut files);
    mark_programs(&mut files);
    let mut functions = Vec::new();
    let mut sites = 0u32;
    for (file, summary) in (0..).map(FileId).zip(&mut files) {
        summary.functions.sort_by(|a, b| (a.span, &a.name).cmp(&(b.span, &b.name)));
        for (index, function) in (0..).zip(&summary.functions) {
            functions.push(Entry { file, index, first_site: sites });
            sites = sites.saturating_add(u32::try_from(function.sites.len()).unwrap_or(u32::MAX));
        }
    }
    let symbols = Symbols::new(&files);
    typed::settle(&mut files, &symbols);
    let mut program = Program { files, functions, symbols, ..Program::default() };
    program.graph = Graph::new(&program);
    let fields = rayon::join(|| PrivateFields::of(&program), || ClosedFields::of(&program));
    ([program.private_fields, program.private_by_default], program.closed_fields) = fields;
    // All is told by now, and there is a lot of it.
    program.files.par_iter_mut().for_each(|file| file.kept = Vec::new());
    program
}
