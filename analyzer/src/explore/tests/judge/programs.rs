//! Random programs in which everything is known: no unknown condition, every handle open where it is used.

use crate::explore::tests::build::*;
use crate::explore::tests::random::Random;
use crate::flow::{
    Block, Check, Condition, ErrorKind, Exit, LockScope, Mode, OnFailure, OpenFlags, Operation, Place,
    RemoveKind, ResultId, Value,
};

/// A program and what is asked about it.
pub struct Program {
    pub body: Block,
    pub place: Place,
    pub act: ResultId,
    /// How many effects it has.
    pub effects: usize,
}

const CHECKS: [Check; 7] = [
    Check::Exists,
    Check::Exists,
    Check::IsFile,
    Check::IsDir,
    Check::IsSymlink,
    Check::Metadata,
    Check::SymlinkMetadata,
];

const CHANGES: [Operation; 16] = [
    Operation::Write,
    Operation::Write,
    Operation::Write,
    Operation::Append,
    Operation::Truncate,
    Operation::CreateDir { all: false, private: false },
    Operation::CreateDir { all: false, private: false },
    Operation::CreateDir { all: true, private: false },
    Operation::Populate { fresh: false },
    Operation::Populate { fresh: true },
    Operation::Remove(RemoveKind::File),
    Operation::Remove(RemoveKind::File),
    Operation::Remove(RemoveKind::Dir),
    Operation::Remove(RemoveKind::Tree),
    Operation::SetPermissions(Mode::Private),
    Operation::SetPermissions(Mode::Public),
];

const MOVES: [Operation; 7] = [
    Operation::Rename { replace: true },
    Operation::Rename { replace: true },
    Operation::Rename { replace: true },
    Operation::Rename { replace: false },
    Operation::Copy,
    Operation::HardLink,
    Operation::Symlink,
];

const KINDS: [ErrorKind; 6] = [
    ErrorKind::NotFound,
    ErrorKind::AlreadyExists,
    ErrorKind::NotADirectory,
    ErrorKind::IsADirectory,
    ErrorKind::DirectoryNotEmpty,
    ErrorKind::WouldBlock,
];

const READ: OpenFlags = OpenFlags { read: true, write: false, create: false, truncate: false, ..CREATE };

/// How files are opened.
const OPENS: [OpenFlags; 8] = [
    CREATE,
    CREATE_NEW,
    CREATE_NEW,
    KEEP,
    READ,
    OpenFlags { append: true, ..KEEP },
    OpenFlags { read: true, ..KEEP },
    OpenFlags { private: true, ..CREATE_NEW },
];

const FAILURES: [OnFailure; 5] = [TRY, TRY, GO_ON, GO_ON, UNWRAP];

/// What can be asked of a result.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sort {
    /// It is a boolean.
    Truth,
    /// It may have failed.
    Status,
}

struct Generator {
    random: Random,
    places: Vec<Place>,
    /// The results that are there wherever the next step stands.
    known: Vec<(ResultId, Sort)>,
    /// Those that observed something.
    observed: Vec<ResultId>,
    /// Open files, where from and how.
    handles: Vec<(ResultId, Place, OpenFlags)>,
    /// What can be given up before its scope ends.
    held: Vec<ResultId>,
    effects: usize,
    budget: usize,
    /// How many calls this is inside of.
    frames: usize,
    /// Whether a loop can be left from here, and whether one is around here at all.
    leaves: bool,
    repeats: bool,
    /// Mutexes that were taken.
    taken: Vec<Place>,
    last: ResultId,
}

/// The program of this seed.
pub fn program(seed: u64) -> Program {
    let mut random = Random(seed);
    let p = param(0, "p");
    let child = p.join(&Place::literal("child"));
    let places = match random.below(8) {
        0 | 1 => vec![p.clone()],
        2 => vec![p.clone(), p.clone(), child],
        3 => vec![p.clone(), child, p.parent()],
        4 => vec![p.clone(), p.clone(), fixed_sibling(&p)],
        5 => vec![p.clone(), p.clone(), unique_sibling(&p)],
        6 => vec![p.clone(), child, fixed_sibling(&p)],
        _ => vec![p.clone(), param(1, "q")],
    };
    let budget = 2 + random.below(5);
    let mut generator = Generator {
        random,
        places,
        known: Vec::new(),
        observed: Vec::new(),
        handles: Vec::new(),
        held: Vec::new(),
        effects: 0,
        budget,
        frames: 0,
        leaves: false,
        repeats: false,
        taken: Vec::new(),
        last: ResultId(0),
    };
    let (body, ()) = Build::function(|f| {
        // Some steps add no effect, so there is an end to it.
        if seed.count_ones().is_multiple_of(2) {
            generator.idiom(f);
        }
        for _ in 0..30 {
            if generator.effects >= generator.budget || !generator.step(f, 0) {
                break;
            }
        }
    });
    Program { body, place: p, act: generator.last, effects: generator.effects }
}

impl Generator {
    fn place(&mut self) -> Place {
        let at = self.random.below(self.places.len());
        self.places[at].clone()
    }

    fn pick<T: Clone>(&mut self, of: &[T]) -> Option<T> {
        if of.is_empty() { None } else { of.get(self.random.below(of.len())).cloned() }
    }

    fn chance(&mut self, one_in: usize) -> bool {
        self.random.below(one_in) == 0
    }

    fn note(&mut self, result: ResultId, sort: Sort) {
        self.effects += 1;
        self.known.push((result, sort));
        self.last = result;
    }

    /// Steps of an inner block. What comes to be known there stays there; what is given up there is gone.
    fn inside<T>(&mut self, f: &mut Build, body: impl FnOnce(&mut Self, &mut Build) -> T) -> T {
        let (known, observed) = (self.known.clone(), self.observed.clone());
        let (mut handles, mut held) = (self.handles.clone(), self.held.clone());
        let value = body(self, f);
        held.retain(|result| self.held.contains(result));
        handles.retain(|handle| self.handles.contains(handle));
        (self.known, self.observed, self.handles, self.held) = (known, observed, handles, held);
        value
    }

    /// A few steps; false if nothing comes after them.
    fn steps(&mut self, f: &mut Build, depth: usize) -> bool {
        for _ in 0..=self.random.below(3) {
            if !self.step(f, depth) {
                return false;
            }
        }
        true
    }

    fn condition(&mut self, depth: usize) -> Condition {
        let known = self.known.clone();
        let Some((result, sort)) = self.pick(&known) else { return Condition::Constant(true) };
        if depth < 2 && self.chance(6) {
            let parts = vec![self.condition(depth + 1), self.condition(depth + 1)];
            return if self.chance(2) { Condition::All(parts) } else { Condition::Any(parts) };
        }
        match (sort, self.random.below(3)) {
            (Sort::Truth, 0) => holds(result),
            (Sort::Truth, _) => fails(result),
            (Sort::Status, 0) => ok(result),
            (Sort::Status, 1) => ok(result).negated(),
            (Sort::Status, _) => failed(result, self.random.one(&KINDS)),
        }
    }

    /// Lets what was just written derive from what was seen before.
    fn derive(&mut self, f: &mut Build) {
        let observed = self.observed.clone();
        if let Some(from) = self.pick(&observed)
            && self.chance(2)
        {
            f.last().data = vec![from];
        }
    }

    /// One step; false if nothing comes after it.
    fn step(&mut self, f: &mut Build, depth: usize) -> bool {
        if self.effects >= self.budget {
            return true;
        }
        let on_failure = self.random.one(&FAILURES);
        match self.random.below(if depth > 2 { 14 } else { 20 }) {
            0..=8 => self.by_path(f),
            9 | 10 => self.open(f, depth),
            11 => self.through(f),
            12 => self.mutex(f),
            13 => {
                let held = self.held.clone();
                if let Some(held) = self.pick(&held) {
                    f.release(held);
                    self.held.retain(|h| *h != held);
                    self.handles.retain(|(h, ..)| *h != held);
                }
            }
            14..=16 => {
                let condition = self.condition(0);
                let other = self.chance(3);
                // Both arms start from the same.
                let all = std::cell::RefCell::new(&mut *self);
                f.either(
                    condition,
                    |f| all.borrow_mut().inside(f, |g, f| g.steps(f, depth + 1)),
                    |f| {
                        if other {
                            all.borrow_mut().inside(f, |g, f| g.steps(f, depth + 1));
                        }
                    },
                );
            }
            17 => {
                let (leaves, repeats) = (self.leaves, self.repeats);
                (self.leaves, self.repeats) = (true, true);
                f.repeat(|f| {
                    self.inside(f, |g, f| {
                        g.steps(f, depth + 1);
                        // The innermost loop is always left by something.
                        let condition = g.condition(0);
                        f.when(condition, |f| f.exit(Exit::Break(0)));
                        if g.chance(4) {
                            let condition = g.condition(0);
                            f.when(condition, |f| f.exit(Exit::Continue(0)));
                        }
                        if g.chance(3) {
                            g.steps(f, depth + 1);
                        }
                        if g.chance(3) {
                            f.exit(Exit::Break(0));
                        }
                    });
                });
                (self.leaves, self.repeats) = (leaves, repeats);
            }
            18 => {
                let leaves = std::mem::take(&mut self.leaves);
                let (result, ()) = f.call(on_failure, |f| {
                    self.inside(f, |g, f| {
                        // A call without effects is left out, with its failure.
                        g.by_path(f);
                        g.frames += 1;
                        let falls = g.steps(f, depth + 1);
                        g.frames -= 1;
                        // What falls off its end returns something unknown.
                        if falls {
                            f.returns(Value::Derived(Vec::new()));
                        }
                    });
                });
                self.leaves = leaves;
                self.known.push((result, Sort::Status));
            }
            _ if depth > 0 => {
                let exit = self.exit();
                f.exit(exit);
                return false;
            }
            _ => {}
        }
        true
    }

    /// One effect by path.
    fn by_path(&mut self, f: &mut Build) {
        let on_failure = self.random.one(&FAILURES);
        match self.random.below(9) {
            0..=2 => {
                let (check, place) = (self.random.one(&CHECKS), self.place());
                let fails = matches!(check, Check::Metadata | Check::SymlinkMetadata);
                let result = f.effect(Operation::Check(check), &place, on_failure);
                self.note(result, if fails { Sort::Status } else { Sort::Truth });
                self.observed.push(result);
            }
            3 => {
                let look = self.random.one(&[Operation::Read, Operation::Read, Operation::ReadDir]);
                let result = f.effect(look, &self.place(), on_failure);
                self.note(result, Sort::Status);
                self.observed.push(result);
            }
            4..=6 => {
                let change = self.random.one(&CHANGES);
                let result = f.effect(change, &self.place(), on_failure);
                self.derive(f);
                self.note(result, Sort::Status);
            }
            _ => {
                let (operation, from, to) = (self.random.one(&MOVES), self.place(), self.place());
                let result = f.to(operation, &from, &to, on_failure);
                self.note(result, Sort::Status);
            }
        }
    }

    fn exit(&mut self) -> Exit {
        let known = self.known.clone();
        let of = self.pick(&known).map(|(result, _)| result);
        let plain = || if self.frames > 0 { Value::Derived(Vec::new()) } else { Value::Opaque };
        match self.random.below(if self.leaves { 7 } else { 6 }) {
            0 => Exit::Panic,
            1 => Exit::Return(Value::Failure(of)),
            2 => Exit::Return(of.map_or_else(plain, Value::Result)),
            3 => Exit::Return(Value::Condition(self.condition(0))),
            4 if self.frames == 0 => {
                Exit::Return(of.map_or(Value::Opaque, |r| Value::Success(Box::new(Value::Result(r)))))
            }
            4 | 5 => Exit::Return(plain()),
            _ => Exit::Break(0),
        }
    }

    /// What programs do, more often right than by chance.
    fn idiom(&mut self, f: &mut Build) {
        let (p, other) = (self.place(), self.place());
        match self.random.below(8) {
            0 => {
                let seen = f.effect(Operation::Check(self.random.one(&CHECKS[..4])), &p, GO_ON);
                self.note(seen, Sort::Truth);
                self.observed.push(seen);
                let condition = if self.chance(3) { holds(seen) } else { fails(seen) };
                f.when(condition, |f| self.inside(f, |g, f| g.steps(f, 1)));
            }
            1 => {
                let written = f.write(&other, TRY);
                self.derive(f);
                self.note(written, Sort::Status);
                let moved = f.rename(&other, &p, self.random.one(&FAILURES));
                self.note(moved, Sort::Status);
            }
            2 => {
                let lock = f.open(&p, CREATE_NEW, GO_ON);
                self.note(lock, Sort::Status);
                f.drops(lock);
                let condition =
                    if self.chance(2) { ok(lock) } else { failed(lock, ErrorKind::AlreadyExists) };
                let open = condition == ok(lock);
                f.when(condition, |f| {
                    self.inside(f, |g, f| {
                        if open {
                            g.handles.push((lock, p.clone(), CREATE_NEW));
                            g.through(f);
                        }
                        g.steps(f, 1);
                        let gone = f.remove(&p, GO_ON);
                        g.note(gone, Sort::Status);
                    });
                });
            }
            3 => {
                let flags = OpenFlags { read: true, ..KEEP };
                let file = f.open(&p, flags, TRY);
                self.note(file, Sort::Status);
                f.drops(file);
                self.handles.push((file, p.clone(), flags));
                let blocking = !self.chance(3);
                let shared = self.chance(3);
                let lock = Operation::Lock { shared, blocking, scope: LockScope::Process };
                let lock = f.through(file, lock, &p, self.random.one(&[TRY, GO_ON]));
                self.note(lock, Sort::Status);
                if self.chance(2) {
                    f.drops(lock);
                }
                self.held.extend([file, lock]);
                self.through(f);
                self.through(f);
            }
            4 => {
                let text = f.read(&p, self.random.one(&FAILURES));
                self.note(text, Sort::Status);
                self.observed.push(text);
                let to = if self.chance(3) { &other } else { &p };
                let written = f.write_from(to, &[text], TRY);
                self.note(written, Sort::Status);
            }
            5 => {
                let made = f.mkdir(&p, GO_ON);
                self.note(made, Sort::Status);
                let condition =
                    if self.chance(2) { ok(made) } else { failed(made, ErrorKind::AlreadyExists) };
                f.when(condition, |f| self.inside(f, |g, f| g.steps(f, 1)));
            }
            6 => {
                let gone = f.effect(Operation::Remove(RemoveKind::File), &p, GO_ON);
                self.note(gone, Sort::Status);
                let made = f.open(&p, CREATE_NEW, TRY);
                self.note(made, Sort::Status);
                f.drops(made);
                self.handles.push((made, p, CREATE_NEW));
                self.through(f);
            }
            _ => {
                self.repeats = true;
                f.repeat(|f| {
                    self.inside(f, |g, f| {
                        let made = f.open(&p, CREATE_NEW, GO_ON);
                        g.note(made, Sort::Status);
                        f.drops(made);
                        f.when(ok(made), |f| f.exit(Exit::Break(0)));
                        g.steps(f, 1);
                    });
                });
                self.repeats = false;
            }
        }
    }

    /// Lets the block give it up, mostly; in a loop always, where the next round would lose it.
    fn scope(&mut self, f: &mut Build, result: ResultId) {
        if self.repeats || !self.chance(5) {
            f.drops(result);
        }
    }

    /// Opens a file, and does something with it.
    fn open(&mut self, f: &mut Build, depth: usize) {
        let (flags, place) = (self.random.one(&OPENS), self.place());
        match self.random.below(4) {
            // As a function of the program that opens and returns.
            0 => {
                let scoped = self.chance(2);
                let inner = self.random.one(&[TRY, GO_ON]);
                let (result, ()) = f.call(self.random.one(&[TRY, UNWRAP]), |f| {
                    let opened = f.open(&place, flags, inner);
                    self.last = opened;
                    self.effects += 1;
                    if scoped {
                        f.drops(opened);
                    }
                    f.returns(Value::Result(opened));
                });
                self.known.push((result, Sort::Status));
                self.scope(f, result);
                self.handles.push((result, place, flags));
                self.held.push(result);
            }
            1 => {
                let opened = f.open(&place, flags, GO_ON);
                self.note(opened, Sort::Status);
                self.scope(f, opened);
                f.when(ok(opened), |f| {
                    self.inside(f, |g, f| {
                        g.handles.push((opened, place, flags));
                        g.through(f);
                        g.steps(f, depth + 1);
                    });
                });
            }
            _ => {
                let opened = f.open(&place, flags, self.random.one(&[TRY, UNWRAP]));
                self.note(opened, Sort::Status);
                self.scope(f, opened);
                self.handles.push((opened, place, flags));
                self.held.push(opened);
            }
        }
        self.through(f);
    }

    /// Something with an open file.
    fn through(&mut self, f: &mut Build) {
        let handles = self.handles.clone();
        let Some((handle, place, flags)) = self.pick(&handles) else { return };
        let mut on_failure = self.random.one(&FAILURES);
        let writes = [
            Operation::Write,
            Operation::Write,
            Operation::Append,
            Operation::Truncate,
            Operation::SetPermissions(Mode::Private),
        ];
        let operation = match self.random.below(5) {
            0 => Operation::Check(Check::Metadata),
            1 => Operation::Read,
            2 => {
                on_failure = self.random.one(&[TRY, GO_ON]);
                Operation::Lock {
                    shared: self.chance(3),
                    blocking: !self.chance(3),
                    scope: self.random.one(&[LockScope::Process, LockScope::Process, LockScope::Record]),
                }
            }
            _ if flags.write => self.random.one(&writes),
            _ => Operation::Read,
        };
        let result = f.through(handle, operation, &place, on_failure);
        self.note(result, Sort::Status);
        match operation {
            Operation::Lock { .. } => {
                if self.repeats || self.chance(2) {
                    f.drops(result);
                    self.held.push(result);
                }
            }
            Operation::Read | Operation::Check(_) => self.observed.push(result),
            _ => self.derive(f),
        }
    }

    /// Takes a mutex that is not held here yet.
    fn mutex(&mut self, f: &mut Build) {
        let place = self.place();
        if self.taken.contains(&place) {
            return;
        }
        self.taken.push(place.clone());
        let (shared, blocking) = (self.chance(4), !self.chance(4));
        let lock = Operation::Lock { shared, blocking, scope: LockScope::Thread };
        let result = f.effect(lock, &place, if blocking { GO_ON } else { TRY });
        self.note(result, Sort::Status);
        self.scope(f, result);
        self.held.push(result);
    }
}
