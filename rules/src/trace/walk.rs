//! The walk over a body that makes its trace: what governs each step, and which locks are held there.

use super::{
    Ask, DEPTH, EVENTS, Event, FORWARDED, FrameInfo, GUARDS, Guard, HELD, Labour, Literals, Outcome,
    Returned, Says, Source, Trace,
};
use fsrace_analyzer::flow::{
    Block, Branch, Callee, Condition, Effect, Exit, Frame, Kinds, LockScope, OnFailure, Operation, ResultId,
    Step, Value,
};
use fsrace_analyzer::link::takes_long;

/// What holds at one point of the walk.
#[derive(Clone, Default)]
struct State {
    guards: Vec<Guard>,
    choices: Vec<(usize, bool)>,
    frames: Vec<usize>,
    /// The work that is started here and runs beside, the innermost.
    work: Option<ResultId>,
    /// How many guards held when the innermost frame began.
    entry: usize,
    /// The locks that may be held.
    held: Vec<usize>,
    /// Whether an earlier step has failed wherever the run comes here.
    amiss: bool,
}

/// How much a side of a decision is likely to learn.
const ROOM: usize = 4;

/// A copy with room for more.
fn roomy<T: Copy>(list: &[T]) -> Vec<T> {
    let mut copy = Vec::with_capacity(list.len() + ROOM);
    copy.extend_from_slice(list);
    copy
}

impl State {
    /// The same, with room for what is learned on one side of a decision.
    fn roomy(&self) -> State {
        State {
            guards: roomy(&self.guards),
            choices: roomy(&self.choices),
            frames: self.frames.clone(),
            work: self.work,
            entry: self.entry,
            held: self.held.clone(),
            amiss: self.amiss,
        }
    }

    fn learn(&mut self, guards: Vec<Guard>) {
        for guard in guards {
            if self.guards.len() < GUARDS {
                self.guards.push(guard);
            }
        }
    }

    fn hold(&mut self, locks: &[usize]) {
        for lock in locks {
            if self.held.len() < HELD && !self.held.contains(lock) {
                self.held.push(*lock);
            }
        }
    }
}

/// Whether code after a block is reached from its end.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Reached,
    Left,
}

/// Walks the body.
pub(super) fn walk(body: &Block) -> Trace<'_> {
    let mut walker = Walker {
        trace: Trace::default(),
        choices: 0,
        returns: vec![Vec::new()],
        loops: Vec::new(),
        drops: Vec::new(),
        kept: vec![Vec::new()],
        fails: false,
    };
    let mut state = State::default();
    let end = walker.block(body, &mut state, 0);
    let at_end = (end == End::Reached).then_some(&state.held);
    let left: Vec<usize> =
        walker.kept.iter().chain(at_end).flat_map(|locks| walker.of_processes(locks)).collect();
    walker.trace.leaves_locked = !left.is_empty();
    walker.trace.leaves_locked_alone = left.iter().any(|lock| !walker.is_shared(*lock));
    walker.trace
}

struct Walker<'a> {
    trace: Trace<'a>,
    choices: usize,
    /// Per frame, what it may return.
    returns: Vec<Vec<Returned<'a>>>,
    /// Per loop of the innermost frame, what holds at each break.
    loops: Vec<Vec<Vec<Guard>>>,
    /// What the open blocks of the innermost frame release when they are left.
    drops: Vec<&'a [ResultId]>,
    /// Per frame, the locks that it may return with.
    kept: Vec<Vec<usize>>,
    /// Whether the last exit was a failure.
    fails: bool,
}

impl<'a> Walker<'a> {
    fn block(&mut self, block: &'a Block, state: &mut State, depth: usize) -> End {
        if depth > DEPTH {
            return End::Reached;
        }
        self.drops.push(&block.drops);
        let end = self.steps(block, state, depth);
        self.drops.pop();
        if end == End::Reached {
            block.drops.iter().for_each(|result| self.release(*result, &mut state.held));
        }
        block.drops.iter().for_each(|result| self.end(*result));
        end
    }

    fn steps(&mut self, block: &'a Block, state: &mut State, depth: usize) -> End {
        for step in &block.steps {
            match step {
                Step::Effect(effect) => self.effect(effect, state),
                Step::Branch(branch) => {
                    if self.branch(branch, state, depth) == End::Left {
                        return End::Left;
                    }
                }
                Step::Loop(body) => self.repeat(body, state, depth),
                Step::Spawn(spawn) => {
                    let mut inside = State { entry: state.guards.len(), ..state.clone() };
                    inside.work = if spawn.process { state.work } else { Some(spawn.result) };
                    // What takes its time there takes none here.
                    let labours = self.trace.labours.len();
                    self.body(&spawn.body, spawn.result, &mut inside, depth);
                    if !spawn.process {
                        self.trace.labours.truncate(labours);
                    }
                }
                Step::Frame(frame) => self.frame(frame, state, depth),
                // A call that the linker did not find is the effect that it is presumed to be.
                Step::Call(call) => {
                    self.work();
                    if takes_long(call.callee.name(), call.arguments.len()) {
                        self.labour(state);
                    }
                    if let Callee::Method { name, .. } = &call.callee
                        && self.trace.methods.len() < EVENTS
                    {
                        self.trace.methods.push((name, !self.of_processes(&state.held).is_empty()));
                    }
                    if let Some(effect) = &call.presumed {
                        self.effect(effect, state);
                    }
                }
                Step::Exit(exit) => {
                    self.exit(exit, state);
                    return End::Left;
                }
                Step::Release(result, _) => {
                    self.release(*result, &mut state.held);
                    self.end(*result);
                }
                Step::Join(result) => self.end(*result),
            }
        }
        End::Reached
    }

    /// A lock is given up by itself, or with the open file that it was taken through.
    fn release(&self, result: ResultId, held: &mut Vec<usize>) {
        if held.is_empty() {
            return;
        }
        let given = self.trace.origins(result);
        held.retain(|lock| {
            let through = self.trace.events.get(*lock).and_then(|event| event.effect.handle);
            let opened = through.map(|handle| self.trace.origins(handle)).unwrap_or_default();
            through != Some(result)
                && !given.contains(lock)
                && !given.iter().any(|event| opened.contains(event))
        });
    }

    /// Which of the locks keep other processes out.
    fn of_processes(&self, held: &[usize]) -> Vec<usize> {
        let is_theirs = |lock: &&usize| {
            self.trace.events.get(**lock).is_some_and(
                |e| matches!(e.effect.operation, Operation::Lock { scope, .. } if scope != LockScope::Thread),
            )
        };
        held.iter().filter(is_theirs).copied().collect()
    }

    /// Whether others may hold the lock too.
    fn is_shared(&self, lock: usize) -> bool {
        let taken = self.trace.events.get(lock).map(|event| event.effect.operation);
        matches!(taken, Some(Operation::Lock { shared: true, .. }))
    }

    /// Whether the lock is a mutex of this process that one holds alone.
    fn is_exclusive_mutex(&self, lock: usize) -> bool {
        self.trace.events.get(lock).is_some_and(|e| {
            matches!(e.effect.operation, Operation::Lock { scope: LockScope::Thread, shared: false, .. })
        })
    }

    fn end(&mut self, result: ResultId) {
        if self.trace.ends.len() < EVENTS {
            self.trace.ends.push((self.trace.events.len(), result));
        }
    }

    /// Notes a call of whatever.
    fn work(&mut self) {
        let after = self.trace.events.len();
        if self.trace.calls.last() != Some(&after) {
            self.trace.calls.push(after);
        }
    }

    fn labour(&mut self, state: &State) {
        if self.trace.labours.len() < EVENTS {
            let (after, choices) = (self.trace.events.len(), state.choices.clone());
            self.trace.labours.push(Labour { after, choices });
        }
    }

    fn effect(&mut self, effect: &'a Effect, state: &mut State) {
        let event = self.trace.events.len();
        if event >= EVENTS {
            return;
        }
        if matches!(
            effect.operation,
            Operation::Run | Operation::Execute | Operation::Populate { .. } | Operation::Update
        ) {
            self.labour(state);
        }
        self.trace.sources.insert(effect.result, Source::Event(event));
        self.trace.events.push(Event {
            effect,
            guards: state.guards.clone(),
            frames: state.frames.clone(),
            work: state.work,
            held: self.of_processes(&state.held),
            serial: state.held.iter().any(|lock| self.is_exclusive_mutex(*lock)),
            leaves_early: false,
            amiss: state.amiss,
            choices: state.choices.clone(),
        });
        if matches!(effect.operation, Operation::Lock { .. }) {
            state.hold(&[event]);
        }
        self.failing(effect.on_failure, effect.result, state);
    }

    fn branch(&mut self, branch: &'a Branch, state: &mut State, depth: usize) -> End {
        // A block with an end of its own is no decision.
        if let Condition::Constant(side) = branch.condition {
            let before = state.clone();
            let end = self.block(if side { &branch.then } else { &branch.otherwise }, state, depth + 1);
            // What is held where it leaves is given back on the way.
            if end == End::Left {
                *state = before;
            }
            return end;
        }
        let number = self.choices;
        self.choices += 1;
        let (known, entry, amiss) = (state.guards.len(), state.entry, state.amiss);
        let inside = |side: bool, mut inside: State| {
            let mut literals = Literals::new();
            self.trace.literals(&branch.condition, side, true, &mut literals);
            inside.learn(literals.guards);
            inside.choices.push((number, side));
            inside.amiss |= self.tells_failure(&branch.condition, side);
            inside
        };
        let mut then = inside(true, state.roomy());
        // Where nothing is done on that side, what holds there is what holds here.
        let idle = branch.otherwise.steps.is_empty() && branch.otherwise.drops.is_empty();
        let mut otherwise = inside(false, if idle { std::mem::take(state) } else { state.roomy() });
        let own = [then.guards.len(), otherwise.guards.len()];
        let before = self.so_far();
        let first = self.block(&branch.then, &mut then, depth + 1);
        let (first_fails, between) = (self.fails, self.so_far());
        let second = self.block(&branch.otherwise, &mut otherwise, depth + 1);
        let after = self.so_far();
        if first == End::Left && first_fails {
            self.note_refusal(between, after, (known, entry));
        }
        if second == End::Left && self.fails {
            self.note_refusal(before, between, (known, entry));
        }
        let stay = |mut side: State, refuses: bool| {
            if refuses {
                refuse(&mut side.guards, known);
            }
            side
        };
        match (first, second) {
            (End::Left, End::Left) => return End::Left,
            (End::Left, End::Reached) => {
                *state = stay(otherwise, first_fails);
                self.note_leaving(before, between);
            }
            (End::Reached, End::Left) => {
                *state = stay(then, self.fails);
                self.note_leaving(between, after);
            }
            (End::Reached, End::Reached) => {
                if idle {
                    otherwise.choices.pop();
                    state.guards = roomy(otherwise.guards.get(..known).unwrap_or_default());
                    state.choices = std::mem::take(&mut otherwise.choices);
                    state.frames = std::mem::take(&mut otherwise.frames);
                    (state.work, state.entry, state.amiss) = (otherwise.work, entry, amiss);
                }
                state.held.clone_from(&then.held);
                state.hold(&otherwise.held);
                let (then, otherwise) = (then.guards, otherwise.guards);
                let [in_then, in_otherwise] = own;
                let from_then = self.left_by(&then, (known, in_then), &otherwise, &state.frames);
                let from_otherwise = self.left_by(&otherwise, (known, in_otherwise), &then, &state.frames);
                let past = match [&branch.then, &branch.otherwise].map(may_leave) {
                    [true, false] => passed_by(&otherwise, (known, in_otherwise), (&then, in_then)),
                    [false, true] => passed_by(&then, (known, in_then), (&otherwise, in_otherwise)),
                    _ => Vec::new(),
                };
                state.learn(from_then);
                state.learn(from_otherwise);
                state.learn(past);
            }
        }
        End::Reached
    }

    /// Whether the condition has this truth value only where a step failed, for another reason than that there was nothing.
    fn tells_failure(&self, condition: &Condition, holds: bool) -> bool {
        let is_look = |result: &ResultId| match self.trace.sources.get(result) {
            Some(Source::Event(event)) => {
                let effect = self.trace.events.get(*event).map(|event| event.effect.operation);
                matches!(effect, Some(Operation::Check(_)))
            }
            _ => false,
        };
        match condition {
            Condition::Failed(result, kinds) => holds && *kinds == Kinds::ANY && !is_look(result),
            Condition::Ok(result) => !holds && !is_look(result),
            Condition::Not(inner) => self.tells_failure(inner, !holds),
            Condition::Any(parts) if holds => parts.iter().all(|part| self.tells_failure(part, holds)),
            Condition::All(parts) if !holds => parts.iter().all(|part| self.tells_failure(part, holds)),
            Condition::Any(parts) | Condition::All(parts) => {
                parts.iter().any(|part| self.tells_failure(part, holds))
            }
            _ => false,
        }
    }

    /// What one side of a branch asked beyond its own guards, and left for on the other answer. What comes after the branch is reached
    /// by the other side too, which must not have learned the opposite: `if !force { if exists { return } }`. Nor is it a second thought to
    /// ask again what the branch is about: `if failed { if !absent { return } }` goes on either way.
    fn left_by(
        &self,
        side: &[Guard],
        (known, own): (usize, usize),
        other: &[Guard],
        frames: &[usize],
    ) -> Vec<Guard> {
        let asked = side.get(known..own).unwrap_or_default();
        let is_here = |guard: &Guard| {
            guard.says == Says::Judged
                || self.trace.events.get(guard.event).is_some_and(|event| event.frames == frames)
        };
        // Whoever leaves for what a link or its owner is has asked that, whatever became of those where none is.
        let asks_whose = |guard: &Guard| {
            use fsrace_analyzer::flow::Check::{IsSymlink, Owner, SymlinkMetadata};
            self.trace.events.get(guard.event).is_some_and(|event| {
                matches!(event.effect.operation, Operation::Check(IsSymlink | Owner | SymlinkMetadata))
            })
        };
        let tells_nothing = |guard: &Guard| {
            let against = match guard.says {
                Says::Present => Says::Absent,
                Says::Absent => Says::Present,
                Says::Judged => return false,
                Says::Unknown => return !asks_whose(guard),
            };
            asked.iter().any(|o| o.event == guard.event)
                || other.iter().any(|o| o.event == guard.event && o.says == against)
        };
        let left = side.iter().skip(own).filter(|guard| is_here(guard) && !tells_nothing(guard));
        left.map(|guard| Guard { certain: false, ..*guard }).collect()
    }

    /// How many effects, and ways out of the innermost frame, were met.
    fn so_far(&self) -> (usize, usize) {
        (self.trace.events.len(), self.returns.last().map_or(0, Vec::len))
    }

    /// The side of a branch that was walked from here to there leaves, and the other does not.
    fn note_leaving(&mut self, from: (usize, usize), to: (usize, usize)) {
        for event in self.trace.events.get_mut(from.0..to.0).into_iter().flatten() {
            event.leaves_early = true;
        }
    }

    /// The code fails on the other answer to what was learned for one side of a branch, which was walked from here to there.
    fn note_refusal(&mut self, from: (usize, usize), to: (usize, usize), (known, entry): (usize, usize)) {
        for event in self.trace.events.get_mut(from.0..to.0).into_iter().flatten() {
            refuse(&mut event.guards, known);
        }
        let returns = self.returns.last_mut().and_then(|returns| returns.get_mut(from.1..to.1));
        for returned in returns.into_iter().flatten() {
            refuse(&mut returned.guards, known.saturating_sub(entry));
        }
    }

    fn repeat(&mut self, body: &'a Block, state: &mut State, depth: usize) {
        self.loops.push(Vec::new());
        let mut inside = state.clone();
        let end = self.block(body, &mut inside, depth + 1);
        state.hold(&inside.held);
        let breaks = self.loops.pop().unwrap_or_default();
        let known = state.guards.len();
        // What a round looks for in what was read, and leaves for where it finds it, all rounds have looked for.
        if end == End::Reached {
            let judged = inside.guards.into_iter().skip(known).filter(|guard| guard.says == Says::Judged);
            state.learn(judged.map(|guard| Guard { certain: false, ..guard }).collect());
        }
        let alone = breaks.len() == 1;
        for guards in breaks {
            let new = guards.into_iter().skip(known).map(|g| Guard { certain: g.certain && alone, ..g });
            state.learn(new.collect());
        }
    }

    fn frame(&mut self, frame: &'a Frame, state: &mut State, depth: usize) {
        let number = self.trace.frames.len();
        self.trace.frames.push(FrameInfo { site: frame.site, name: &frame.name });
        if !frame.name.is_empty() {
            self.work();
        }
        // A copy of a value has no effects, and is no frame.
        if takes_long(&frame.name, 2) {
            self.labour(state);
        }
        let mut inside = State { entry: state.guards.len(), ..state.clone() };
        for _ in 0..frame.outward {
            // What was handed in is the source of who handed it in.
            let call = inside.frames.iter().rposition(|around| self.trace.is_call(*around));
            inside.frames.truncate(call.unwrap_or_default());
        }
        inside.frames.push(number);
        state.held = self.body(&frame.body, frame.result, &mut inside, depth);
        if frame.on_failure != OnFailure::Continue {
            let mut literals = Literals::new();
            self.trace.answer(frame.result, Ask::Ok(true), true, &mut literals);
            state.learn(literals.guards);
        }
        self.failing(frame.on_failure, frame.result, state);
    }

    /// Walks what is left by its own returns only; gives the locks that may be held after it.
    fn body(&mut self, body: &'a Block, result: ResultId, inside: &mut State, depth: usize) -> Vec<usize> {
        let loops = std::mem::take(&mut self.loops);
        let drops = std::mem::take(&mut self.drops);
        self.returns.push(Vec::new());
        self.kept.push(Vec::new());
        let end = self.block(body, inside, depth + 1);
        (self.loops, self.drops) = (loops, drops);
        let mut after = State { held: self.kept.pop().unwrap_or_default(), ..State::default() };
        if end == End::Reached {
            after.hold(&inside.held);
            self.returned(Outcome::End, inside);
        }
        let returns = self.returns.pop().unwrap_or_default();
        self.trace.sources.insert(result, Source::Frame(returns));
        after.held
    }

    fn exit(&mut self, exit: &'a Exit, state: &State) {
        self.fails = matches!(exit, Exit::Panic | Exit::Return(Value::Failure(_)));
        match exit {
            Exit::Return(value) => {
                self.returned(Outcome::Value(value), state);
                self.keep(value, state);
            }
            Exit::Break(outward) => self.breaks(*outward, state),
            Exit::Panic | Exit::Continue(_) => {}
        }
    }

    /// Where a failure leads to at once.
    fn failing(&mut self, on_failure: OnFailure, result: ResultId, state: &State) {
        match on_failure {
            OnFailure::Propagate => self.returned(Outcome::Failed(result), state),
            OnFailure::Leave(outward) => self.breaks(outward, state),
            OnFailure::Panic | OnFailure::Continue => {}
        }
    }

    fn breaks(&mut self, outward: u32, state: &State) {
        let target = self.loops.len().checked_sub(1 + outward as usize);
        if let Some(breaks) = target.and_then(|i| self.loops.get_mut(i))
            && breaks.len() < FORWARDED
        {
            breaks.push(state.guards.clone());
        }
    }

    /// Notes the locks that a return leaves held. After a failure nothing of the caller's runs that they matter to.
    fn keep(&mut self, value: &Value, state: &State) {
        if matches!(value, Value::Failure(_)) {
            return;
        }
        let mut left = State { held: state.held.clone(), ..State::default() };
        self.drops.iter().flat_map(|d| d.iter()).for_each(|result| self.release(*result, &mut left.held));
        let mut kept = State { held: self.kept.pop().unwrap_or_default(), ..State::default() };
        kept.hold(&left.held);
        self.kept.push(kept.held);
    }

    fn returned(&mut self, value: Outcome<'a>, state: &State) {
        if let Some(returns) = self.returns.last_mut()
            && returns.len() < 4 * FORWARDED
        {
            let guards = state.guards.iter().skip(state.entry).copied().collect();
            returns.push(Returned { value, guards });
        }
    }
}

/// What the side of a branch was taken for that goes on in any case, where the other may leave for a reason of its own: what comes
/// after is reached that way above all. `if exists { if !force { return } }`, but not `if failed { if !absent { return } }`.
fn passed_by(side: &[Guard], (known, own): (usize, usize), (other, asked): (&[Guard], usize)) -> Vec<Guard> {
    let asked_again = |guard: &Guard| other.iter().skip(asked).any(|o| o.event == guard.event);
    let taken_for = side.get(known..own).unwrap_or_default().iter();
    taken_for.filter(|guard| !asked_again(guard)).map(|guard| Guard { certain: false, ..*guard }).collect()
}

/// Whether a block may be left before its end, by a decision in it.
fn may_leave(block: &Block) -> bool {
    block.steps.iter().any(|step| match step {
        Step::Branch(branch) => may_leave(&branch.then) || may_leave(&branch.otherwise),
        Step::Exit(exit) => !matches!(exit, Exit::Panic),
        _ => false,
    })
}

/// The code fails on the other answer to what is said from the guard of this number on. Where that was known before, what it fails on is
/// another trouble: after `ok(open)` is ruled out, whatever else than `NotFound` it is. What was one of several answers until then is
/// known only now: after another trouble is ruled out, that it is there.
fn refuse(guards: &mut [Guard], known: usize) {
    let (before, new) = guards.split_at_mut(known.min(guards.len()));
    let is_new = |guard: &Guard| {
        let says_it = |g: &&Guard| g.event == guard.event && g.says == guard.says;
        !before.iter().filter(says_it).any(|g| g.certain || !guard.certain)
    };
    new.iter_mut().filter(|guard| is_new(guard)).for_each(|guard| guard.refuses = true);
}
