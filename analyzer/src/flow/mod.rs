//! Flow summaries: the language-neutral form that every frontend produces and that all else works on.
//!
//! A summary keeps what bears on effects and drops the rest. It is a small program over *results*: every effect and every
//! call puts what it returned into a numbered result, and conditions, data and handles refer to those numbers.
//!
//! Spans live beside the semantic part: steps carry a [`Site`], an index into the summary's table of spans, so that an edit
//! which moves code changes no semantic byte.

mod condition;
mod display;
mod operation;
mod place;

pub use condition::{Asked, Condition, ErrorKind, FileKind, Kinds, Question};
pub use operation::{
    Check, Domain, KeyOperation, LockScope, MemoryOperation, Mode, OpenFlags, Operation, RemoveKind, Room,
};
pub use place::{Place, PlaceKind, Root, Uniqueness};

use crate::source::{Span, SyntaxError};
use std::sync::Arc;

/// What one file contributes to a program.
#[derive(Clone, Debug, Default)]
pub struct FileSummary {
    /// The file, relative to the analysed root.
    pub path: String,
    /// Qualified name of the module that the file is (`my_crate::cache::store`).
    pub module: String,
    /// Whether other programs can use what is public here, whatever programs lie beside it (a Go package that is no program itself
    /// and not internal). Where languages do not say, what has a program beside it is that program's.
    pub library: bool,
    /// The module that is run by running this file, if it is there for that. Where the module itself offers nothing to whoever imports it,
    /// all below it is a program, and no library.
    pub runs: Option<String>,
    /// Whether it is built for other systems only than the one that is looked at, beside which another file may have the same names.
    pub foreign: bool,
    /// Names that the file's modules bring into scope.
    pub imports: Vec<Import>,
    /// Types declared here, with the types of their fields.
    pub types: Vec<TypeDeclaration>,
    /// What functions and methods return that are not typed where they are called: by qualified name, the type of the first value.
    pub returns: Vec<(String, String)>,
    /// Which types implement which traits. Lets the linker tell a method on a trait object from one on a known type; where it is
    /// empty, a trait with a default method is taken for a type.
    pub implementations: Vec<Implementation>,
    /// Which classes derive from which (`trait_name` is the base), so that what the base does not have itself may be theirs.
    pub derivations: Vec<Implementation>,
    /// Interfaces that whatever type implements which has their methods.
    pub interfaces: Vec<Interface>,
    /// Qualified names of the methods that are declared here, where such interfaces go by them.
    pub methods: Vec<String>,
    /// Qualified names of modules that are declared here for tests and lie in other files, with all below them.
    pub test_modules: Vec<String>,
    /// Qualified names of modules that are declared here for other systems only and lie in other files, with all below them.
    pub absent_modules: Vec<String>,
    /// Variables of the whole program whose type has a name.
    pub statics: Vec<StaticDeclaration>,
    /// What fields are set to, as far as that tells whose paths they are.
    pub kept: Vec<Kept>,
    /// Constants and statics whose value is a path or a text.
    pub constants: Vec<ConstantDeclaration>,
    /// Functions that have effects, call something that may have, or return a place. Others are dropped.
    pub functions: Vec<FlowSummary>,
    /// What could not be parsed.
    pub errors: Vec<SyntaxError>,
}

/// A name brought into a module's scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    /// Qualified name of the module that imports.
    pub module: String,
    /// The local name; `*` for a glob.
    pub name: String,
    /// Qualified name of what is imported; for a glob, of the module whose names come in.
    pub target: String,
    /// Whether others see the name here too (`pub use`).
    pub public: bool,
}

/// A type with named fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypeDeclaration {
    /// Qualified name.
    pub name: String,
    /// Field names with the type's name as resolved in the file, references and smart pointers peeled off.
    pub fields: Vec<(String, String)>,
    /// Types whose fields and methods are its own too (Go's embedded types), by name.
    pub embedded: Vec<String>,
}

/// A type that implements a trait.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Implementation {
    /// The trait's name, qualified as far as the file's imports allow.
    pub trait_name: String,
    /// The type's name, likewise.
    pub type_name: String,
}

/// What a type must have to be taken for one, without saying so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interface {
    /// Qualified name.
    pub name: String,
    /// Its own methods.
    pub methods: Vec<String>,
    /// Interfaces whose methods are its own too, by name.
    pub embedded: Vec<String>,
}

/// A variable of the whole program.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct StaticDeclaration {
    /// Qualified name.
    pub name: String,
    /// Its type's name as resolved in the file, references, smart pointers and what is made on first use peeled off.
    pub type_name: String,
}

/// What a field of a value is set to somewhere.
#[derive(Clone, Debug, PartialEq)]
pub struct Kept {
    /// The type that has the field, where known.
    pub owner: Option<String>,
    /// The field.
    pub field: String,
    /// The function that sets it, in whose terms the value is.
    pub by: Arc<str>,
    /// A place that is private, or is told by a field; a call's result; or [`Value::Opaque`], for any other.
    pub value: Value,
    /// Whether it is an option that is empty unless whoever starts the program gives it, or a parameter instead of which something else is
    /// taken where it is not given.
    pub optional: bool,
}

impl Kept {
    /// Of a field that code which is not in sight may set.
    pub fn from_outside(owner: String, field: String) -> Self {
        Kept { owner: Some(owner), field, by: "".into(), value: Value::Opaque, optional: false }
    }
}

/// A constant or static that names a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConstantDeclaration {
    /// Qualified name.
    pub name: String,
    /// Its value.
    pub value: Place,
}

/// One function's effects, in order.
#[derive(Clone, Debug)]
pub struct FlowSummary {
    /// Qualified name: `my_crate::cache::Store::save`; closures and nested functions append `::{closure}` or their name.
    pub name: String,
    /// Parameters in order; a receiver is parameter 0.
    pub parameters: Vec<Parameter>,
    /// Whether parameter 0 is a receiver (`self`).
    pub has_receiver: bool,
    /// What it does.
    pub body: Block,
    /// What kind of code it is.
    pub context: Context,
    /// The span of the whole function.
    pub span: Span,
    /// The span of its name, for messages.
    pub name_span: Span,
    /// Spans by [`Site`].
    pub sites: Vec<Span>,
    /// Where the time is read that places are made of, by the number that it has in them.
    pub moments: Vec<(u32, Span)>,
    /// The opaque numbers that stand for one of two places either of which may be private, with the two.
    pub choices: Vec<(u32, [Place; 2])>,
    /// What is asked of what it is given, by the number of the unknown that stands for the answer, in order.
    pub questions: Vec<Question>,
    /// What the function puts into values that it is given, or into their fields: the parameter, and a result that goes into it.
    pub fills: Vec<(u32, ResultId)>,
    /// Where it waits, if it runs in an event loop that runs one at a time: what stands between two of these, nothing else of that loop
    /// comes between. Nothing where others of the process may run at any moment.
    pub waits: Option<Vec<Span>>,
    /// One past the highest [`ResultId`] used in the body.
    pub results: u32,
    /// One past the highest opaque number used in the body, of conditions and places.
    pub opaques: u32,
}

/// A parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Its name as written, `self` for the receiver, `_` for a pattern.
    pub name: Arc<str>,
    /// Its type's qualified name where the frontend knows it, references peeled off.
    pub type_name: Option<String>,
    /// What it is where a call leaves it out, if that is known without running anything.
    pub default: Option<Value>,
    /// Whether it takes all that no parameter before it takes.
    pub rest: bool,
}

impl Parameter {
    /// One that every call gives a value of its own.
    pub fn new(name: &str, type_name: Option<String>) -> Self {
        Parameter { name: name.into(), type_name, default: None, rest: false }
    }

    /// Whether a call may leave it out.
    pub fn is_optional(&self) -> bool {
        self.default.is_some() || self.rest
    }
}

/// What kind of code a function is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Context {
    /// Test code: `#[test]`, `#[cfg(test)]`, or a file below `tests/`.
    pub test: bool,
    /// A file below `examples/` or `benches/`, or a build script.
    pub auxiliary: bool,
    /// An async function.
    pub is_async: bool,
    /// The program's entry.
    pub main: bool,
    /// Callable from outside its package.
    pub public: bool,
    /// Runs when a value goes out of scope (`Drop::drop`).
    pub release: bool,
    /// A test that no other test of the program runs beside.
    pub serial: bool,
    /// Done by who calls it first, and by nobody after that (`functools.cache` of what has no parameters).
    pub once: bool,
    /// Closes or unlocks what its receiver keeps in a field.
    pub gives_up: bool,
    /// Begins a block (`__enter__`): the locks that it takes are held until the block ends.
    pub enters: bool,
    /// What a generator does up to where it hands out, for who calls it; the whole has a summary of its own.
    pub part: bool,
    /// Says where it fails only that there is nothing (`Option`).
    pub optional: bool,
    /// A function literal that is kept for others to call: who does, and when, is not known.
    pub literal: bool,
    /// May be run by what names it nowhere: it is registered by a decorator or an attribute, a trait or a base class of others asks for
    /// it, or the language does.
    pub summoned: bool,
}

/// Where a step stands: an index into a table of spans. In a summary, the function's own [`FlowSummary::sites`]; in a linked
/// program, [`crate::link::Program::location`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Site(pub u32);

/// What an effect or a call returned, by number; unique in a function, and in a linked body.
///
/// A function's results start with one for each parameter: result `i` stands for what parameter `i` was given, where that is a
/// handle, a guard, an error, a boolean or data of earlier reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResultId(pub u32);

/// Steps in order, and the results that are released when the block is left, in whatever way.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Block {
    /// In execution order.
    pub steps: Vec<Step>,
    /// Results bound to a name in this block and not moved out of it. If such a result turns out to be a lock, a lock guard or
    /// a handle, leaving the block releases it; of any other result, leaving the block means nothing.
    pub drops: Vec<ResultId>,
}

impl Block {
    /// The same without the room that nothing fills, for what is kept long.
    #[must_use]
    pub fn shrunk(mut self) -> Block {
        self.shrink();
        self
    }

    fn shrink(&mut self) {
        self.steps.shrink_to_fit();
        for step in &mut self.steps {
            match step {
                Step::Branch(branch) => {
                    branch.then.shrink();
                    branch.otherwise.shrink();
                }
                Step::Loop(body) => body.shrink(),
                Step::Spawn(spawn) => spawn.body.shrink(),
                Step::Frame(frame) => frame.body.shrink(),
                Step::Effect(_) | Step::Call(_) | Step::Join(_) | Step::Release(..) | Step::Exit(_) => {}
            }
        }
    }
}

/// One step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// One operation on a place.
    Effect(Effect),
    /// A decision.
    Branch(Branch),
    /// Runs its body until an [`Exit::Break`] leaves it. A `while` begins with a branch that breaks.
    Loop(Block),
    /// Starts its body in another thread, task or process.
    Spawn(Spawn),
    /// A call not yet resolved by the linker.
    Call(Call),
    /// Code with an end of its own: a closure called in place, an async block, or (in linked bodies) a resolved call.
    Frame(Frame),
    /// Waits for the spawned work whose [`Spawn::result`] this is.
    Join(ResultId),
    /// Releases a lock, guard or handle before its scope ends (`drop(guard)`, `file.unlock()`).
    Release(ResultId, Site),
    /// Leaves a loop, or the innermost frame or function.
    Exit(Exit),
}

impl Step {
    /// Whether nothing comes after it, or nothing where something has failed: `if err != nil { panic(err) }`.
    pub fn ends(&self) -> bool {
        let panics = |block: &Block| block.steps.iter().any(|s| matches!(s, Step::Exit(Exit::Panic)));
        match self {
            Step::Exit(Exit::Panic) => true,
            Step::Branch(branch) => match branch.condition {
                Condition::Failed(_, Kinds::ANY) => panics(&branch.then),
                Condition::Ok(_) => panics(&branch.otherwise),
                _ => false,
            },
            _ => false,
        }
    }
}

/// A decision over results of earlier steps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Branch {
    /// What is decided on.
    pub condition: Condition,
    /// Taken when it holds.
    pub then: Block,
    /// Taken when it does not.
    pub otherwise: Block,
}

/// Work started beside the function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spawn {
    /// What it does.
    pub body: Block,
    /// A thread or task shares the process; a child process does not.
    pub process: bool,
    /// The handle that a [`Step::Join`] waits for.
    pub result: ResultId,
    /// Where.
    pub site: Site,
}

/// A call of something that may be a function of the program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// Whom.
    pub callee: Callee,
    /// The arguments in order, the receiver first.
    pub arguments: Vec<Value>,
    /// The parameters that the last of the arguments are for, where they are given by name.
    pub names: Vec<Arc<str>>,
    /// What it returned.
    pub result: ResultId,
    /// What the caller does with its failure at once.
    pub on_failure: OnFailure,
    /// Whether a failure gives way to a default: what comes of the result is a success in any case.
    pub defaulted: bool,
    /// What happens if what it returned makes no sense to the caller, as of [`Effect::on_malformed`].
    pub on_malformed: Option<OnFailure>,
    /// What happens if it fails since something that it read made no sense, where that is told apart from other failures.
    pub on_misread: Option<OnFailure>,
    /// Where.
    pub site: Site,
    /// The effect that the call is taken to be if the linker finds no such function in the program (a method that only a path
    /// is known to have, on a receiver of unknown type).
    pub presumed: Option<Box<Effect>>,
    /// What it is where the linker finds the receiver to be of a library's type, which a file by itself cannot tell of a field that
    /// another file declares.
    pub typed: Vec<Typed>,
}

/// What a call is on a receiver of one type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Typed {
    /// The type, as the library calls it.
    pub of: Arc<str>,
    /// The effect, whose result and policy are the call's.
    pub effect: Effect,
}

/// Whom a call calls, as far as one file tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Callee {
    /// A free or associated function, qualified as far as the file's imports allow (`my_crate::util::remove`, `util::remove`).
    Function(String),
    /// A method by name, on a receiver of the named type, or of unknown type.
    Method {
        /// The receiver's type, qualified as far as known.
        receiver: Option<String>,
        /// The method.
        name: String,
    },
    /// Whatever the caller handed over as this parameter, to be run: [`Value::Code`] where that is known.
    Parameter(u32),
}

impl Callee {
    /// The name as written; empty of what is called by no name of its own.
    pub fn name(&self) -> &str {
        match self {
            Callee::Function(name) | Callee::Method { name, .. } => name,
            Callee::Parameter(_) => "",
        }
    }
}

/// Code that an exit leaves only up to its own end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// What runs.
    pub body: Block,
    /// What it returned: the value of the [`Exit::Return`] that ended it.
    pub result: ResultId,
    /// What the surrounding code does with its failure at once.
    pub on_failure: OnFailure,
    /// Whether a failure gives way to a default, as of [`Call::defaulted`].
    pub defaulted: bool,
    /// What happens if what it returned makes no sense to the caller, as of [`Effect::on_malformed`].
    pub on_malformed: Option<OnFailure>,
    /// What happens if it fails since something that it read made no sense, where that is told apart from other failures.
    pub on_misread: Option<OnFailure>,
    /// Where it is called.
    pub site: Site,
    /// The called function's qualified name; empty for a closure or block in place.
    pub name: String,
    /// Out of how many of the called functions around it its code was handed in: it is the source of who called the outermost of these.
    pub outward: u32,
}

/// How a block, loop or frame is left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Leaves the frame or function with a value.
    Return(Value),
    /// Unwinds: nothing of this actor runs after it, guards are released.
    Panic,
    /// Leaves the n-th loop counted from the inside, 0 the innermost.
    Break(u32),
    /// Starts the next round of the n-th loop counted from the inside.
    Continue(u32),
}

/// A value as far as effects depend on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Nothing that matters, never a failure.
    Opaque,
    /// Data that derives from these results (a text read, then edited).
    Derived(Vec<ResultId>),
    /// A path, or a text that may be part of one.
    Place(Place),
    /// What a variable holds that is handed to a call: nobody knows which path, but the same each time, and data that derives from
    /// these results.
    Variable(Place, Vec<ResultId>),
    /// Whatever that effect, call or frame returned: status, boolean, handle or guard.
    Result(ResultId),
    /// A boolean.
    Condition(Condition),
    /// How a file is opened.
    Flags(OpenFlags),
    /// Success (`Ok`, `Some`) with a payload.
    Success(Box<Value>),
    /// Failure (`Err`, `None`): of the kind that this result failed with, or of the program's own making.
    Failure(Option<ResultId>),
    /// A structure: named fields, as far as they matter, and by the name [`REST`] the others.
    Structure(Vec<(String, Value)>),
    /// Code that is handed to who may run it. What it does stands before the call that it is handed to, in a branch on the unknown of
    /// this number.
    Code {
        /// Which unknown.
        id: u32,
        /// What it returns derives from what these results read.
        data: Vec<ResultId>,
    },
}

/// The field of a [`Value::Structure`] that stands for all fields which it does not name: a value that some were set of.
pub const REST: &str = "..";

/// One operation on a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effect {
    /// What is done.
    pub operation: Operation,
    /// To what.
    pub place: Place,
    /// Through which open handle, if not by path: the result of the open. `place` then only says where the handle came from.
    pub handle: Option<ResultId>,
    /// Destination of a rename or copy, name of a link.
    pub other_place: Option<Place>,
    /// What is written, or set as mode, owner or times, derives from what these results read.
    pub data: Vec<ResultId>,
    /// What is written, as far as it is known: a text or constant, or what it is computed from.
    pub content: Value,
    /// What it returned.
    pub result: ResultId,
    /// What happens at once if it fails; with `Continue` the result is there for later conditions, or ignored.
    pub on_failure: OnFailure,
    /// What happens if the content that was read makes no sense, as half a file does not: what the code does where it first
    /// understands it. None where it does not say, or the effect is no read.
    pub on_malformed: Option<OnFailure>,
    /// Whether a failure gives way to a default, as of [`Call::defaulted`].
    pub defaulted: bool,
    /// Whether what is written goes to a place in the file that the code names, and not to its beginning: what is there is a part.
    pub part: bool,
    /// Whether the API was resolved or taken by its name alone.
    pub certainty: Certainty,
    /// Which API, as its model names it (`std::fs::write`).
    pub api: Arc<str>,
    /// Where: the whole call expression.
    pub site: Site,
}

/// What code does with a failure, before anything else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OnFailure {
    /// Leaves the frame or function with the error (`?`).
    Propagate,
    /// Unwinds (`unwrap`, `expect`).
    Panic,
    /// Goes on: the result is ignored, or tested by later conditions.
    Continue,
    /// Leaves the n-th loop counted from the inside, as [`Exit::Break`] does: what a `try` around several steps is made of.
    Leave(u32),
}

/// How surely an effect is what the summary says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Certainty {
    /// By the method's name alone.
    Presumed,
    /// By imports and types.
    Known,
}

impl Effect {
    /// An effect on a place by its path: known for sure, with nothing that went into it, whose failure changes nothing.
    pub fn plain(operation: Operation, place: Place, result: ResultId, api: Arc<str>, site: Site) -> Self {
        Effect {
            operation,
            place,
            handle: None,
            other_place: None,
            data: Vec::new(),
            content: Value::Opaque,
            result,
            on_failure: OnFailure::Continue,
            on_malformed: None,
            defaulted: false,
            part: false,
            certainty: Certainty::Known,
            api,
            site,
        }
    }

    /// The place that may come into being by this effect.
    pub fn created(&self) -> Option<&Place> {
        match self.operation {
            Operation::Write if self.handle.is_none() => Some(&self.place),
            Operation::Append if self.handle.is_none() => Some(&self.place),
            Operation::Open(f) if f.create || f.create_new => Some(&self.place),
            Operation::CreateDir { .. } | Operation::Populate { .. } => Some(&self.place),
            Operation::Rename { .. } | Operation::Copy | Operation::HardLink | Operation::Symlink => {
                self.other_place.as_ref()
            }
            _ => None,
        }
    }

    /// The place that is gone after this effect.
    pub fn removed(&self) -> Option<&Place> {
        match self.operation {
            Operation::Remove(_) | Operation::Rename { .. } => Some(&self.place),
            _ => None,
        }
    }

    /// The place whose content this effect replaces or changes in place, whatever was there.
    pub fn overwritten(&self) -> Option<&Place> {
        match self.operation {
            Operation::Write | Operation::Truncate => Some(&self.place),
            Operation::Open(f) if f.truncate && !f.create_new => Some(&self.place),
            Operation::Rename { replace: true } | Operation::Copy => self.other_place.as_ref(),
            _ => None,
        }
    }

    /// Whether what is written is the same for all who run this code: texts and constants of the program, and what is computed
    /// from them alone.
    pub fn writes_constant(&self) -> bool {
        match &self.content {
            Value::Place(place) => place.is_closed(),
            _ => false,
        }
    }

    /// Whether what is written at once is the empty text.
    pub fn writes_nothing(&self) -> bool {
        self.operation == Operation::Write
            && matches!(&self.content, Value::Place(place) if matches!(place.kind(), PlaceKind::Literal(text) if text.is_empty()))
    }

    /// The place that must be there, by path, for this effect to succeed.
    pub fn used(&self) -> Option<&Place> {
        if self.handle.is_some() {
            return None;
        }
        match self.operation {
            Operation::Read
            | Operation::ReadDir
            | Operation::Copy
            | Operation::HardLink
            | Operation::Rename { .. } => Some(&self.place),
            Operation::SetPermissions(_)
            | Operation::SetOwner { .. }
            | Operation::SetTimes
            | Operation::Truncate
            | Operation::Execute
            | Operation::Mount
            | Operation::SetCwd
            | Operation::SetRoot => Some(&self.place),
            Operation::Open(f) if !f.create && !f.create_new => Some(&self.place),
            _ => None,
        }
    }
}
