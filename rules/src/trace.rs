//! A linked body as a line of events: each effect with the checks that govern it.
//!
//! A check governs an effect if the effect runs only on one answer of the check: the effect stands in a branch on the answer,
//! or a branch on the answer left early before it. Answers that a helper function forwards (`fn seen(p) -> bool`) count.

use fsrace_analyzer::flow::{
    Block, Check, Condition, Effect, ErrorKind, KeyOperation, Kinds, MemoryOperation, Operation, ResultId,
    Site, Value,
};
use rustc_hash::FxHashMap;

mod walk;

/// How deep blocks may nest before the rest is left out: deeper code is generated or hostile.
const DEPTH: usize = 120;
/// How many effects of one body are looked at.
const EVENTS: usize = 4000;
/// How many guards of one effect are kept; the outer ones come first.
const GUARDS: usize = 96;
/// How many answers are followed through frames and nested conditions for one decision.
const FORWARDED: usize = 12;
/// How many locks are followed at one time.
const HELD: usize = 16;

/// All effects of one body in the order of the source.
#[derive(Debug, Default)]
pub struct Trace<'a> {
    /// The effects.
    pub events: Vec<Event<'a>>,
    /// The frames that they stand in.
    pub frames: Vec<FrameInfo<'a>>,
    /// Steps that take their time: downloads, builds, commands, questions to a person.
    labours: Vec<Labour>,
    /// After how many effects something is called, whatever it does.
    calls: Vec<usize>,
    /// What is given up or waited for: after how many effects, and which result.
    ends: Vec<(usize, ResultId)>,
    sources: FxHashMap<ResultId, Source<'a>>,
    /// Whether a lock against other processes may be held when the body has returned.
    pub leaves_locked: bool,
    /// Whether that may be one that nobody else can hold.
    pub leaves_locked_alone: bool,
    /// Methods that are called and not followed, with whether a lock against other processes may be held.
    methods: Vec<(&'a str, bool)>,
}

/// One effect, where it stands.
#[derive(Debug)]
pub struct Event<'a> {
    /// The effect.
    pub effect: &'a Effect,
    /// The checks that govern it, the nearest last.
    pub guards: Vec<Guard>,
    /// Indices into [`Trace::frames`], the outermost first.
    pub frames: Vec<usize>,
    /// The work of this process that it is part of, if that was started here; the innermost.
    pub work: Option<ResultId>,
    /// The locks against other processes that may be held while it runs, as indices into [`Trace::events`].
    pub held: Vec<usize>,
    /// Whether a mutex is held alone, which keeps the threads of this process apart.
    pub serial: bool,
    /// Whether it stands on one side of a decision, which leaves while the other goes on: what is done there tidies up.
    pub leaves_early: bool,
    /// Whether an earlier step has failed wherever the run comes to it.
    pub amiss: bool,
    /// Decisions on the way here: which one, which side.
    choices: Vec<(usize, bool)>,
}

/// A step that takes seconds rather than microseconds.
#[derive(Debug)]
struct Labour {
    /// How many effects came before it.
    after: usize,
    choices: Vec<(usize, bool)>,
}

/// A frame, without its body.
#[derive(Debug)]
pub struct FrameInfo<'a> {
    /// Where it is called.
    pub site: Site,
    /// The called function; empty for code in place.
    pub name: &'a str,
}

/// An earlier effect whose answer governs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Guard {
    /// Index into [`Trace::events`].
    pub event: usize,
    /// What it answered.
    pub says: Says,
    /// Whether that answer alone lets the effect run; otherwise it is one of several reasons to.
    pub certain: bool,
    /// Whether the code fails on the other answer.
    pub refuses: bool,
    /// Whether all other reasons to run are that something else is not there either: one of several files that are made together.
    pub joint: bool,
}

/// What a check answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Says {
    /// Something is there.
    Present,
    /// Nothing is there.
    Absent,
    /// The decision looks at what was observed, in a way that is not known.
    Unknown,
    /// The decision looks at what was read from the place, in a way that is not known. Unlike the others, no answer of a check.
    Judged,
}

#[derive(Debug)]
enum Source<'a> {
    Event(usize),
    Frame(Vec<Returned<'a>>),
}

#[derive(Clone, Debug)]
struct Returned<'a> {
    value: Outcome<'a>,
    /// The guards between the frame's start and this return.
    guards: Vec<Guard>,
}

#[derive(Clone, Copy, Debug)]
enum Outcome<'a> {
    Value(&'a Value),
    Failed(ResultId),
    /// The end of the code, where nothing is returned.
    End,
}

/// What is asked of a result.
#[derive(Clone, Copy)]
enum Ask {
    True(bool),
    Ok(bool),
    Failed(Kinds, bool),
}

impl<'a> Trace<'a> {
    /// Walks the body.
    pub fn of(body: &'a Block) -> Self {
        walk::walk(body)
    }

    /// Whether one run can come through both effects.
    pub fn on_one_path(&self, first: usize, second: usize) -> bool {
        let (Some(a), Some(b)) = (self.events.get(first), self.events.get(second)) else { return false };
        a.choices.iter().all(|(n, side)| !b.choices.contains(&(*n, !side)))
    }

    /// Whether no run comes to the second effect but through the first, as far as decisions tell.
    pub fn comes_first(&self, first: usize, second: usize) -> bool {
        let (Some(a), Some(b)) = (self.events.get(first), self.events.get(second)) else { return false };
        first < second && a.choices.iter().all(|choice| b.choices.contains(choice))
    }

    /// How many decisions lead from the first effect to the second.
    pub fn decisions_between(&self, first: usize, second: usize) -> usize {
        let (Some(a), Some(b)) = (self.events.get(first), self.events.get(second)) else { return 0 };
        b.choices.iter().filter(|choice| !a.choices.contains(choice)).count()
    }

    /// Whether something that takes its time happens after the first effect and, where there is a second, before that.
    pub fn takes_long(&self, first: usize, second: Option<usize>) -> bool {
        let fits = |choices: &[(usize, bool)], with: usize| {
            let Some(event) = self.events.get(with) else { return false };
            event.choices.iter().all(|(n, side)| !choices.contains(&(*n, !side)))
        };
        self.labours.iter().any(|l| {
            l.after > first
                && second.is_none_or(|second| l.after <= second && fits(&l.choices, second))
                && fits(&l.choices, first)
        })
    }

    /// Whether the function that the body belongs to is the innermost that both effects stand in.
    pub fn meets_at_root(&self, first: usize, second: usize) -> bool {
        let (Some(a), Some(b)) = (self.events.get(first), self.events.get(second)) else { return false };
        let shared = a.frames.iter().zip(&b.frames).take_while(|(x, y)| x == y).map(|(x, _)| *x);
        !shared.into_iter().any(|frame| self.is_call(frame))
    }

    /// Whether a guard is given up, or work waited for, between the two effects.
    pub fn ends_between(&self, result: ResultId, first: usize, second: usize) -> bool {
        self.ends.iter().any(|(after, ended)| *ended == result && *after > first && *after <= second)
    }

    /// Whether anything is done between the two effects but to what the first has opened.
    pub fn does_anything_between(&self, first: usize, second: usize) -> bool {
        let opened = self.events.get(first).map(|event| event.effect.result);
        let between = self.events.get(first + 1..second).unwrap_or_default();
        between.iter().any(|event| event.effect.handle.is_none() || event.effect.handle != opened)
            || self.calls.iter().any(|after| *after > first && *after <= second)
    }

    /// Whether a lock against other processes may be held at the effect that nobody else can hold then.
    pub fn is_alone(&self, event: &Event<'_>) -> bool {
        let mut taken = event.held.iter().filter_map(|lock| self.events.get(*lock));
        taken.any(|lock| matches!(lock.effect.operation, Operation::Lock { shared: false, .. }))
    }

    /// Whether methods of this name are called that are not followed, each while a lock against other processes may be held.
    pub fn calls_locked(&self, name: &str) -> bool {
        let mut calls = self.methods.iter().filter(|(called, _)| *called == name).map(|(_, locked)| *locked);
        calls.next().is_some_and(|first| first && calls.all(|locked| locked))
    }

    /// Whether work is waited for anywhere.
    pub fn is_ended(&self, work: ResultId) -> bool {
        self.ends.iter().any(|(_, ended)| *ended == work)
    }

    /// Whether the frame is a called function and not code in place.
    fn is_call(&self, frame: usize) -> bool {
        self.frames.get(frame).is_some_and(|f| !f.name.is_empty())
    }

    /// The outermost call that the effect stands in: where the body's own source causes it.
    pub fn call_of(&self, event: &Event<'_>) -> Option<&FrameInfo<'a>> {
        event.frames.iter().find(|f| self.is_call(**f)).and_then(|f| self.frames.get(*f))
    }

    /// The calls that the effect stands in, the outermost first.
    pub fn calls_of<'e>(&'e self, event: &'e Event<'_>) -> impl Iterator<Item = &'e FrameInfo<'a>> {
        event.frames.iter().filter(|f| self.is_call(**f)).filter_map(|f| self.frames.get(*f))
    }

    /// How many calls deep the effect stands.
    pub fn call_depth(&self, event: &Event<'_>) -> usize {
        event.frames.iter().filter(|f| self.is_call(**f)).count()
    }

    /// The effects whose results this one carries: itself, or through frames what they returned.
    pub fn origins(&self, result: ResultId) -> Vec<usize> {
        let mut out = Vec::new();
        let mut left = 64;
        self.collect_origins(result, &mut out, &mut left);
        out
    }

    /// The effect that returned this itself.
    pub fn made_by(&self, result: ResultId) -> Option<&'a Effect> {
        match self.sources.get(&result) {
            Some(Source::Event(event)) => self.events.get(*event).map(|event| event.effect),
            _ => None,
        }
    }

    fn collect_origins(&self, result: ResultId, out: &mut Vec<usize>, left: &mut usize) {
        if *left == 0 {
            return;
        }
        *left -= 1;
        match self.sources.get(&result) {
            Some(Source::Event(event)) if !out.contains(event) => out.push(*event),
            Some(Source::Frame(returns)) => {
                for returned in returns {
                    if let Outcome::Value(value) = returned.value {
                        self.value_origins(value, out, left);
                    }
                }
            }
            _ => {}
        }
    }

    fn value_origins(&self, value: &Value, out: &mut Vec<usize>, left: &mut usize) {
        if *left == 0 {
            return;
        }
        *left -= 1;
        match value {
            Value::Derived(from) | Value::Variable(_, from) => {
                from.iter().for_each(|r| self.collect_origins(*r, out, left));
            }
            Value::Result(r) => self.collect_origins(*r, out, left),
            Value::Success(inner) => self.value_origins(inner, out, left),
            Value::Structure(fields) => fields.iter().for_each(|(_, v)| self.value_origins(v, out, left)),
            _ => {}
        }
    }

    /// The guards that follow from the condition having this truth value.
    fn literals(&self, condition: &Condition, holds: bool, certain: bool, out: &mut Literals) {
        if !out.step() {
            return;
        }
        match condition {
            Condition::Constant(_) => {}
            Condition::True(r) => {
                self.answer(*r, Ask::True(holds), certain, out);
                self.judged(*r, certain, out);
            }
            Condition::Ok(r) => {
                self.answer(*r, Ask::Ok(holds), certain, out);
                if holds {
                    self.passed(*r, Ask::Ok(true), certain, out);
                }
            }
            Condition::Failed(r, kinds) => {
                self.answer(*r, Ask::Failed(*kinds, holds), certain, out);
                if !holds {
                    self.passed(*r, Ask::Failed(*kinds, false), certain, out);
                }
            }
            // Of what is not there, or is something else, the other says more.
            Condition::Kind { .. } if !holds && !certain => {}
            Condition::Kind { of, .. } => self.looked(&[*of], certain, out),
            Condition::Opaque { observed, .. } => self.looked(observed, certain, out),
            Condition::Not(inner) => self.literals(inner, !holds, certain, out),
            Condition::All(parts) | Condition::Any(parts) => {
                let each = matches!(condition, Condition::All(_)) == holds || parts.len() == 1;
                let before = out.guards.len();
                let mut all_absent = true;
                for part in parts {
                    let known = out.guards.len();
                    self.literals(part, holds, certain && each, out);
                    let told = out.guards.get(known..).unwrap_or_default();
                    all_absent &= !told.is_empty() && told.iter().all(|guard| guard.says == Says::Absent);
                }
                if !each && all_absent {
                    out.guards.iter_mut().skip(before).for_each(|guard| guard.joint = true);
                }
            }
        }
    }

    /// The guards that a decision on what was observed comes to, whatever it finds there.
    fn looked(&self, observed: &[ResultId], certain: bool, out: &mut Literals) {
        for event in observed.iter().flat_map(|r| self.origins(*r)) {
            let says = match self.events.get(event).map(|e| e.effect.operation) {
                Some(Operation::Check(_) | Operation::Key(KeyOperation::Exists)) => Says::Unknown,
                // What one has just made has nothing of another's to judge.
                Some(Operation::Open(flags)) if flags.create_new => continue,
                Some(
                    Operation::Read
                    | Operation::Open(_)
                    | Operation::Key(KeyOperation::Get | KeyOperation::Swap),
                ) => Says::Judged,
                _ => continue,
            };
            out.push(Guard { event, says, certain, refuses: false, joint: false });
        }
    }

    fn answer(&self, result: ResultId, ask: Ask, certain: bool, out: &mut Literals) {
        if !out.step() {
            return;
        }
        match self.sources.get(&result) {
            Some(Source::Event(event)) => {
                let says = self.events.get(*event).and_then(|e| says(e.effect, ask));
                if let Some(says) = says {
                    out.push(Guard { event: *event, says, certain, refuses: false, joint: false });
                }
            }
            Some(Source::Frame(returns)) => {
                // Where it tells yes or no, that it could not be told is neither.
                let tells = |r: &Returned<'_>| match r.value {
                    Outcome::Value(Value::Success(told)) => matches!(**told, Value::Condition(_)),
                    _ => false,
                };
                let is_none = |r: &Returned<'_>| !tells(r) || contradicts_itself(&r.guards);
                let answers = matches!(ask, Ask::True(_)) && returns.iter().any(tells);
                let fitting: Vec<&Returned<'_>> =
                    returns.iter().filter(|r| may(r.value, ask) && !(answers && is_none(r))).collect();
                // Where the frame goes on whatever a check in it said, the check decides about steps in the frame only.
                let either_way = |guard: &Guard| {
                    fitting.iter().any(|other| {
                        other.guards.iter().any(|g| {
                            g.event == guard.event && g.says != guard.says && g.says != Says::Unknown
                        })
                    })
                };
                let mut ways = Vec::new();
                for returned in &fitting {
                    let others = std::mem::take(&mut out.guards);
                    for guard in returned.guards.iter().filter(|guard| !either_way(guard)) {
                        out.push(Guard { certain: certain && guard.certain, ..*guard });
                    }
                    match returned.value {
                        Outcome::Value(value) => self.value_answer(value, ask, certain, out),
                        Outcome::Failed(inner) => self.answer(inner, failing(ask), certain, out),
                        Outcome::End => {}
                    }
                    ways.push(std::mem::replace(&mut out.guards, others));
                }
                // What each way to that answer rests on, it rests on whichever was gone.
                for guard in ways.iter().flatten() {
                    let is_it = |g: &Guard| g.certain && g.event == guard.event && g.says == guard.says;
                    let certain = ways.iter().all(|way| way.iter().any(is_it));
                    out.push(Guard { certain: certain && guard.certain, ..*guard });
                }
            }
            None => {}
        }
    }

    /// Whether there is anything in what was read is a question about what was read.
    fn judged(&self, result: ResultId, certain: bool, out: &mut Literals) {
        let Some(Source::Event(event)) = self.sources.get(&result) else { return };
        if self.events.get(*event).is_some_and(|e| e.effect.operation == Operation::Read) {
            out.push(Guard { event: *event, says: Says::Judged, certain, refuses: false, joint: false });
        }
    }

    /// The guards that follow from a frame not having failed, for whom that decides: it has come past each step that fails it at once.
    fn passed(&self, result: ResultId, ask: Ask, certain: bool, out: &mut Literals) {
        let Some(Source::Frame(returns)) = self.sources.get(&result) else { return };
        for returned in returns.iter().filter(|r| r.guards.is_empty()) {
            if let Outcome::Failed(inner) = returned.value
                && out.step()
            {
                self.answer(inner, ask, certain, out);
                self.passed(inner, ask, certain, out);
            }
        }
    }

    fn value_answer(&self, value: &Value, ask: Ask, certain: bool, out: &mut Literals) {
        if !out.step() {
            return;
        }
        match (value, ask) {
            (Value::Condition(c), Ask::True(holds)) => self.literals(c, holds, certain, out),
            (Value::Result(r), _) => self.answer(*r, ask, certain, out),
            // That something is there says nothing of what it is.
            (Value::Success(inner), Ask::True(_)) if matches!(**inner, Value::Success(_)) => {}
            (Value::Success(inner), Ask::True(_)) => self.value_answer(inner, ask, certain, out),
            (Value::Derived(from) | Value::Variable(_, from), Ask::True(_)) => {
                for event in from.iter().flat_map(|r| self.origins(*r)) {
                    out.push(Guard { event, says: Says::Judged, certain, refuses: false, joint: false });
                }
            }
            (Value::Failure(Some(r)), Ask::Ok(false) | Ask::Failed(_, true)) => {
                self.answer(*r, ask, certain, out);
            }
            _ => {}
        }
    }
}

/// What a failed inner result is asked when the frame that propagated it is asked `ask`.
fn failing(ask: Ask) -> Ask {
    match ask {
        Ask::Failed(kinds, true) => Ask::Failed(kinds, true),
        _ => Ask::Ok(false),
    }
}

/// Whether something is taken to be there and not to be there: nobody comes that way.
fn contradicts_itself(guards: &[Guard]) -> bool {
    let says = |says: Says| guards.iter().filter(move |guard| guard.certain && guard.says == says);
    says(Says::Present).any(|there| says(Says::Absent).any(|gone| gone.event == there.event))
}

/// Whether a frame that returned so may answer so.
fn may(value: Outcome<'_>, ask: Ask) -> bool {
    let value = match value {
        Outcome::Value(value) => value,
        Outcome::Failed(_) => return matches!(ask, Ask::Ok(false) | Ask::True(false) | Ask::Failed(_, true)),
        Outcome::End => return matches!(ask, Ask::Ok(true) | Ask::True(false) | Ask::Failed(_, false)),
    };
    match (value, ask) {
        (Value::Condition(Condition::Constant(b)), Ask::True(wanted)) => *b == wanted,
        (Value::Success(_), Ask::Ok(false) | Ask::Failed(_, true)) => false,
        (Value::Failure(_), Ask::Ok(true) | Ask::True(true)) => false,
        (Value::Success(inner), Ask::True(wanted)) if matches!(**inner, Value::Success(_)) => wanted,
        (Value::Success(inner), Ask::True(_)) => may(Outcome::Value(inner), ask),
        _ => true,
    }
}

/// What an effect's answer says of its place.
fn says(effect: &Effect, ask: Ask) -> Option<Says> {
    if effect.handle.is_some() {
        return None;
    }
    let absent = |kinds: Kinds| kinds.contains(ErrorKind::NotFound);
    match effect.operation {
        Operation::Check(Check::Exists | Check::IsFile | Check::IsDir | Check::IsSymlink | Check::Listed) => {
            match ask {
                Ask::True(true) => Some(Says::Present),
                Ask::True(false) => Some(Says::Absent),
                _ => None,
            }
        }
        Operation::Check(Check::Metadata | Check::SymlinkMetadata | Check::Owner | Check::Access) => {
            match ask {
                Ask::Ok(true) => Some(Says::Present),
                Ask::Ok(false) => Some(Says::Absent),
                Ask::Failed(kinds, failed) if absent(kinds) => {
                    Some(if failed { Says::Absent } else { Says::Present })
                }
                Ask::Failed(..) => None,
                Ask::True(_) => Some(Says::Unknown),
            }
        }
        Operation::Key(KeyOperation::Exists) | Operation::Memory(MemoryOperation::Test) => match ask {
            Ask::True(there) => Some(if there { Says::Present } else { Says::Absent }),
            _ => None,
        },
        Operation::Key(KeyOperation::SetNew { .. }) => match ask {
            Ask::True(set) => Some(if set { Says::Absent } else { Says::Present }),
            _ => None,
        },
        Operation::Key(KeyOperation::Get) => match ask {
            Ask::Ok(there) | Ask::True(there) => Some(if there { Says::Present } else { Says::Absent }),
            Ask::Failed(kinds, failed) if absent(kinds) => {
                Some(if failed { Says::Absent } else { Says::Present })
            }
            Ask::Failed(..) => None,
        },
        // A failed create_new tells that somebody else has it.
        Operation::CreateDir { all: false, .. } | Operation::Open(_) if effect.created().is_some() => {
            match ask {
                Ask::Failed(kinds, true)
                    if kinds != Kinds::ANY && kinds.contains(ErrorKind::AlreadyExists) =>
                {
                    Some(Says::Present)
                }
                _ => None,
            }
        }
        // A failed open tells that nothing is there; a successful one is a use, and no check.
        _ if effect.used() == Some(&effect.place) && effect.other_place.is_none() => match ask {
            Ask::Ok(false) => Some(Says::Absent),
            Ask::Failed(kinds, true) if absent(kinds) => Some(Says::Absent),
            _ => None,
        },
        _ => None,
    }
}

/// Guards being collected for one decision, bounded.
struct Literals {
    guards: Vec<Guard>,
    left: usize,
}

impl Literals {
    fn new() -> Self {
        Literals { guards: Vec::new(), left: FORWARDED * FORWARDED }
    }

    fn step(&mut self) -> bool {
        self.left = self.left.saturating_sub(1);
        self.left > 0
    }

    fn push(&mut self, guard: Guard) {
        if self.guards.len() < GUARDS && !self.guards.contains(&guard) {
            self.guards.push(guard);
        }
    }
}
