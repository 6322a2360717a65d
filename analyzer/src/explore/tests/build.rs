//! Functions built by hand, for tests.

use crate::explore::{Actor, Consequence, Exploration, Explorer, Lane, Race, Scenario};
use crate::flow::{
    Block, Branch, Certainty, Check, Condition, Effect, ErrorKind, Exit, Frame, Kinds, LockScope, OnFailure,
    OpenFlags, Operation, Place, PlaceKind, RemoveKind, ResultId, Site, Spawn, Step, Uniqueness, Value,
};

/// `?`.
pub const TRY: OnFailure = OnFailure::Propagate;
/// `let _ =`, or tested later.
pub const GO_ON: OnFailure = OnFailure::Continue;
/// `.unwrap()`.
pub const UNWRAP: OnFailure = OnFailure::Panic;

/// File::create.
pub const CREATE: OpenFlags = flags(true, false, true);
/// create_new.
pub const CREATE_NEW: OpenFlags = flags(false, true, false);
/// Opened or created for writing, kept as it is.
pub const KEEP: OpenFlags = flags(true, false, false);

/// File::open.
pub const READ: OpenFlags = OpenFlags { read: true, write: false, ..flags(false, false, false) };

const fn flags(create: bool, create_new: bool, truncate: bool) -> OpenFlags {
    OpenFlags {
        read: false,
        write: true,
        append: false,
        create,
        create_new,
        truncate,
        no_follow: false,
        private: false,
        socket: false,
    }
}

/// A parameter.
pub fn param(index: u32, name: &str) -> Place {
    Place::parameter(index, name)
}

/// `p.tmp`: the same name for everybody.
pub fn fixed_sibling(p: &Place) -> Place {
    p.with_extension(&Place::literal("tmp"))
}

/// A sibling with a random name.
pub fn unique_sibling(p: &Place) -> Place {
    p.with_file_name(&Place::new(PlaceKind::Unique(Uniqueness::Random, 0)))
}

/// The result is true.
pub fn holds(result: ResultId) -> Condition {
    Condition::True(result)
}

/// The result is not true.
pub fn fails(result: ResultId) -> Condition {
    Condition::True(result).negated()
}

/// The result is a success.
pub fn ok(result: ResultId) -> Condition {
    Condition::Ok(result)
}

/// The result is a failure of this kind.
pub fn failed(result: ResultId, kind: ErrorKind) -> Condition {
    Condition::Failed(result, Kinds::of(kind))
}

/// Unknown.
pub fn unknown(id: u32) -> Condition {
    Condition::Opaque { id, observed: Vec::new() }
}

/// A test of what a result observed.
pub fn judged(id: u32, observed: ResultId) -> Condition {
    Condition::Opaque { id, observed: vec![observed] }
}

/// Where the effect with this result stands: the builder counts both alike.
pub fn site(result: ResultId) -> Site {
    Site(result.0)
}

/// Builds a body step by step.
#[derive(Default)]
pub struct Build {
    block: Block,
    next: u32,
}

impl Build {
    /// A function whose steps `build` adds.
    pub fn function<T>(build: impl FnOnce(&mut Build) -> T) -> (Block, T) {
        let mut all = Build::default();
        let value = build(&mut all);
        (all.block, value)
    }

    fn fresh(&mut self) -> ResultId {
        self.next += 1;
        ResultId(self.next)
    }

    fn inner<T>(&mut self, build: impl FnOnce(&mut Build) -> T) -> (Block, T) {
        let mut inner = Build { block: Block::default(), next: self.next };
        let value = build(&mut inner);
        self.next = inner.next;
        (inner.block, value)
    }

    /// Any effect.
    pub fn effect(&mut self, operation: Operation, place: &Place, on_failure: OnFailure) -> ResultId {
        let result = self.fresh();
        self.block.steps.push(Step::Effect(Effect {
            operation,
            place: place.clone(),
            handle: None,
            other_place: None,
            data: Vec::new(),
            content: Value::Opaque,
            result,
            on_failure,
            on_malformed: None,
            defaulted: false,
            part: false,
            certainty: Certainty::Known,
            api: "test".into(),
            site: site(result),
        }));
        result
    }

    /// The effect that was added last.
    pub fn last(&mut self) -> &mut Effect {
        match self.block.steps.last_mut() {
            Some(Step::Effect(effect)) => effect,
            _ => panic!("the last step is no effect"),
        }
    }

    pub fn exists(&mut self, place: &Place) -> ResultId {
        self.effect(Operation::Check(Check::Exists), place, GO_ON)
    }

    pub fn metadata(&mut self, place: &Place, on_failure: OnFailure) -> ResultId {
        self.effect(Operation::Check(Check::Metadata), place, on_failure)
    }

    pub fn mkdir(&mut self, place: &Place, on_failure: OnFailure) -> ResultId {
        self.effect(Operation::CreateDir { all: false, private: false }, place, on_failure)
    }

    pub fn mkdir_all(&mut self, place: &Place, on_failure: OnFailure) -> ResultId {
        self.effect(Operation::CreateDir { all: true, private: false }, place, on_failure)
    }

    pub fn read(&mut self, place: &Place, on_failure: OnFailure) -> ResultId {
        self.effect(Operation::Read, place, on_failure)
    }

    pub fn write(&mut self, place: &Place, on_failure: OnFailure) -> ResultId {
        self.effect(Operation::Write, place, on_failure)
    }

    /// A write of what derives from these results.
    pub fn write_from(&mut self, place: &Place, data: &[ResultId], on_failure: OnFailure) -> ResultId {
        let result = self.write(place, on_failure);
        self.last().data = data.to_vec();
        result
    }

    pub fn open(&mut self, place: &Place, flags: OpenFlags, on_failure: OnFailure) -> ResultId {
        self.effect(Operation::Open(flags), place, on_failure)
    }

    /// Any effect through a handle.
    pub fn through(
        &mut self,
        handle: ResultId,
        operation: Operation,
        place: &Place,
        on_failure: OnFailure,
    ) -> ResultId {
        let result = self.effect(operation, place, on_failure);
        self.last().handle = Some(handle);
        result
    }

    pub fn remove(&mut self, place: &Place, on_failure: OnFailure) -> ResultId {
        self.effect(Operation::Remove(RemoveKind::File), place, on_failure)
    }

    pub fn remove_tree(&mut self, place: &Place, on_failure: OnFailure) -> ResultId {
        self.effect(Operation::Remove(RemoveKind::Tree), place, on_failure)
    }

    /// Rename, copy or link.
    pub fn to(&mut self, operation: Operation, from: &Place, to: &Place, on_failure: OnFailure) -> ResultId {
        let result = self.effect(operation, from, on_failure);
        self.last().other_place = Some(to.clone());
        result
    }

    pub fn rename(&mut self, from: &Place, to: &Place, on_failure: OnFailure) -> ResultId {
        self.to(Operation::Rename { replace: true }, from, to, on_failure)
    }

    /// Fills a directory.
    pub fn populate(&mut self, place: &Place, on_failure: OnFailure) -> ResultId {
        self.effect(Operation::Populate { fresh: false }, place, on_failure)
    }

    /// Sets something of the process from what these results read.
    pub fn set_variable(&mut self, name: &Place, data: &[ResultId]) -> ResultId {
        let result = self.effect(Operation::EnvSet, name, GO_ON);
        self.last().data = data.to_vec();
        result
    }

    /// Starts a thread or task.
    pub fn spawn<T>(&mut self, body: impl FnOnce(&mut Build) -> T) -> (ResultId, T) {
        let (body, value) = self.inner(body);
        let result = self.fresh();
        self.block.steps.push(Step::Spawn(Spawn { body, process: false, result, site: site(result) }));
        (result, value)
    }

    /// Waits for it.
    pub fn join(&mut self, task: ResultId) {
        self.block.steps.push(Step::Join(task));
    }

    /// An exclusive, blocking flock on an open file.
    pub fn flock(&mut self, handle: ResultId, place: &Place) -> ResultId {
        let lock = Operation::Lock { shared: false, blocking: true, scope: LockScope::Process };
        self.through(handle, lock, place, TRY)
    }

    /// A mutex of the process.
    pub fn mutex(&mut self, place: &Place) -> ResultId {
        let lock = Operation::Lock { shared: false, blocking: true, scope: LockScope::Thread };
        self.effect(lock, place, GO_ON)
    }

    pub fn when<T>(&mut self, condition: Condition, then: impl FnOnce(&mut Build) -> T) -> T {
        let (then, value) = self.inner(then);
        self.block.steps.push(Step::Branch(Branch { condition, then, otherwise: Block::default() }));
        value
    }

    pub fn either<T, U>(
        &mut self,
        condition: Condition,
        then: impl FnOnce(&mut Build) -> T,
        otherwise: impl FnOnce(&mut Build) -> U,
    ) -> (T, U) {
        let (then, one) = self.inner(then);
        let (otherwise, two) = self.inner(otherwise);
        self.block.steps.push(Step::Branch(Branch { condition, then, otherwise }));
        (one, two)
    }

    pub fn repeat<T>(&mut self, body: impl FnOnce(&mut Build) -> T) -> T {
        let (body, value) = self.inner(body);
        self.block.steps.push(Step::Loop(body));
        value
    }

    /// A call of a function of the program, as the linker puts it in.
    pub fn call<T>(&mut self, on_failure: OnFailure, body: impl FnOnce(&mut Build) -> T) -> (ResultId, T) {
        let result = self.fresh();
        let (body, value) = self.inner(body);
        let frame = Frame {
            body,
            result,
            on_failure,
            defaulted: false,
            on_malformed: None,
            on_misread: None,
            site: site(result),
            name: "callee".to_owned(),
            outward: 0,
        };
        self.block.steps.push(Step::Frame(frame));
        (result, value)
    }

    pub fn exit(&mut self, exit: Exit) {
        self.block.steps.push(Step::Exit(exit));
    }

    pub fn returns(&mut self, value: Value) {
        self.exit(Exit::Return(value));
    }

    /// The block releases this when it is left.
    pub fn drops(&mut self, result: ResultId) {
        self.block.drops.push(result);
    }

    pub fn release(&mut self, result: ResultId) {
        self.block.steps.push(Step::Release(result, Site(0)));
    }
}

/// Decides one scenario, remembering nothing.
pub fn explore(scenario: &Scenario<'_>) -> Exploration {
    Explorer::default().explore(scenario, |_| true)
}

/// A question about a body.
pub struct Ask<'a> {
    pub body: &'a Block,
    pub place: &'a Place,
    pub check: Option<ResultId>,
    pub act: ResultId,
}

impl Ask<'_> {
    fn question(&self, actor: Actor) -> Scenario<'_> {
        Scenario {
            body: self.body,
            place: self.place,
            check: self.check.map(site),
            act: site(self.act),
            actor,
            by_gap: false,
        }
    }

    pub fn beside(&self, actor: Actor) -> Exploration {
        explore(&self.question(actor))
    }

    /// The costs of somebody between the check and the act.
    pub fn of_gap(&self, actor: Actor) -> Vec<Consequence> {
        let exploration = explore(&Scenario { by_gap: true, ..self.question(actor) });
        exploration.races.iter().map(|race| race.consequence).collect()
    }

    /// What it costs from any beginning, the worst first.
    pub fn costs(&self, actor: Actor) -> Vec<Consequence> {
        let found = self.beside(actor);
        assert!(!found.bounded, "the bound was hit after {} states", found.states);
        let mut costs: Vec<Consequence> = found.races.iter().map(|r| r.consequence).collect();
        costs.dedup();
        costs
    }

    pub fn is_benign(&self, actor: Actor) {
        let found = self.beside(actor);
        assert!(!found.bounded, "the bound was hit after {} states", found.states);
        let told: Vec<String> = found.races.iter().map(tell).collect();
        assert!(told.is_empty(), "beside {actor:?}:\n{}", told.join("\n"));
    }

    /// The worst race, told.
    pub fn worst(&self, actor: Actor) -> String {
        self.beside(actor).races.first().map_or_else(|| "benign".to_owned(), tell)
    }
}

/// A race as text: consequence, beginning, both lanes, loss.
pub fn tell(race: &Race) -> String {
    let witness = &race.witness;
    let mut text = format!("{} from {}\n", race.consequence, witness.initial);
    for step in &witness.steps {
        let indent = if step.lane == Lane::A { "A " } else { "    B " };
        text.push_str(&format!(
            "{indent}{} {} -> {} [{}]\n",
            step.operation, step.place, step.outcome, step.state
        ));
    }
    text.push_str(&witness.loss);
    text
}
