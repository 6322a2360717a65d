//! The steps of a function while it is lowered, the same for every language: blocks that are open, numbers, sites, and what happens
//! at once when a step fails.

use super::conditions::{add_data, failed};
use super::listing::Listing;
use crate::flow::{
    Asked, Block, Branch, Call, Callee, Check, Condition, Exit, Kept, OnFailure, Operation, Place, PlaceKind,
    Question, ResultId, Site, Step, Uniqueness, Value,
};
use crate::source::Span;
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// How many parts a value may have that a variable holds. Values are copied; one that is put into itself again and again would be
/// twice as large each time.
pub const MOST_PARTS: usize = 2000;

/// How many different things one function may set fields to.
const MOST_KEPT: usize = 500;

/// Whether the place is a parameter, or what a field of one says: the same until the field is set.
fn is_handed_in(place: &Place) -> bool {
    match place.kind() {
        PlaceKind::Parameter { .. } => true,
        PlaceKind::Field { base, .. } => is_handed_in(base),
        _ => false,
    }
}

/// Whether the value is the whole, or one of its fields, or theirs.
fn is_within(value: &Place, whole: &Place) -> bool {
    value == whole
        || match value.kind() {
            PlaceKind::Field { base, .. } => is_within(base, whole),
            _ => false,
        }
}

/// Whether the place goes by this field, or by one of the value itself.
fn goes_by(place: &Place, field: &str) -> bool {
    match place.kind() {
        PlaceKind::Field { base, name, .. } => &**name == field || goes_by(base, field),
        _ => false,
    }
}

/// Whether the place is made of what a field says, what the function is given, or what another function returns, so that it may be private
/// for all that is known here.
fn is_told_by_another(place: &Place) -> bool {
    match place.kind() {
        PlaceKind::Field { .. }
        | PlaceKind::Parameter { .. }
        | PlaceKind::Call { .. }
        | PlaceKind::Result(_) => true,
        PlaceKind::Join(base, component) => is_told_by_another(base) || is_told_by_another(component),
        PlaceKind::WithFileName(_, component) => is_told_by_another(component),
        PlaceKind::WithExtension(base, _) => is_told_by_another(base),
        PlaceKind::Concat(parts) => parts.iter().any(is_told_by_another),
        _ => false,
    }
}

/// The state while the steps of one function are built.
#[derive(Debug)]
pub struct Steps {
    /// The blocks that are open, the innermost last.
    pub blocks: Vec<Block>,
    /// Whether the code at hand cannot be reached.
    pub diverged: bool,
    /// Span table.
    pub sites: Vec<Span>,
    /// How many parameters the function has: the first results are theirs.
    pub parameters: u32,
    /// Where the time is read that places are made of, by its number.
    pub moments: Vec<(u32, Span)>,
    /// What fields are set to: the type that has the field, if that is known, the field, the value, and whether that is an option.
    pub kept: Vec<(Option<String>, String, Value, bool)>,
    /// What is put into parameters or into their fields: the parameter, and a result that goes into it.
    pub fills: Vec<(u32, ResultId)>,
    /// What results list.
    pub listings: FxHashMap<ResultId, Listing>,
    /// The opaque numbers that stand for what was listed, in a round of a loop over it, with the listing.
    pub components: FxHashMap<u32, Listing>,
    /// What was asked of parameters and their fields, with the opaque number that stands for the answer.
    answers: FxHashMap<(Place, Asked), u32>,
    /// The same of parameters themselves, for who knows what is given.
    questions: Vec<Question>,
    /// The opaque numbers that stand for one of two places, with the two.
    choices: FxHashMap<u32, [Place; 2]>,
    next_result: u32,
    next_opaque: u32,
}

impl Default for Steps {
    fn default() -> Self {
        Steps {
            blocks: vec![Block::default()],
            diverged: false,
            sites: Vec::new(),
            parameters: 0,
            moments: Vec::new(),
            kept: Vec::new(),
            fills: Vec::new(),
            listings: FxHashMap::default(),
            components: FxHashMap::default(),
            answers: FxHashMap::default(),
            questions: Vec::new(),
            choices: FxHashMap::default(),
            next_result: 0,
            next_opaque: 0,
        }
    }
}

impl Steps {
    /// Notes that something made of these results is put into the value, if that is a parameter or a field of one.
    pub fn note_fill(&mut self, into: &Place, data: &[ResultId]) {
        let mut root = into;
        while let PlaceKind::Field { base, .. } = root.kind() {
            root = base;
        }
        let PlaceKind::Parameter { index, .. } = root.kind() else { return };
        for result in data.iter().filter(|result| result.0 != *index) {
            if !self.fills.contains(&(*index, *result)) {
                self.fills.push((*index, *result));
            }
        }
    }

    /// The result of the call that was just added.
    pub fn last_call(&self) -> Option<ResultId> {
        match self.blocks.last()?.steps.last()? {
            Step::Call(call) => Some(call.result),
            _ => None,
        }
    }

    // --- numbers and sites -------------------------------------------------------------------------------------------

    /// A fresh result.
    pub fn result(&mut self) -> ResultId {
        self.next_result += 1;
        ResultId(self.next_result - 1)
    }

    /// A fresh opaque number.
    pub fn opaque_id(&mut self) -> u32 {
        self.next_opaque += 1;
        self.next_opaque - 1
    }

    /// A part of a name that differs from run to run.
    pub fn unique(&mut self, source: Uniqueness, span: Span) -> Place {
        let id = self.opaque_id();
        if source == Uniqueness::Time {
            self.moments.push((id, span));
        }
        Place::new(PlaceKind::Unique(source, id))
    }

    /// How many results and opaque numbers were used.
    pub fn counts(&self) -> (u32, u32) {
        (self.next_result, self.next_opaque)
    }

    /// A fresh unknown place that goes by a variable's name.
    pub fn fresh_place(&mut self, name: &str) -> Place {
        let id = self.opaque_id();
        Place::opaque(id, name)
    }

    /// A place that is one of two: which, is not known; that nobody else knows it, where nobody knows either.
    pub fn one_of(&mut self, then: Option<&Place>, otherwise: Option<&Place>, name: &str) -> Place {
        match (then, otherwise) {
            (Some(then), Some(otherwise)) if then.is_private() && otherwise.is_private() => {
                Place::new(PlaceKind::Unique(Uniqueness::Random, self.opaque_id()))
            }
            (Some(then), Some(otherwise)) => {
                let id = self.opaque_id();
                self.choices.insert(id, [then.clone(), otherwise.clone()]);
                Place::opaque(id, name)
            }
            _ => self.fresh_place(name),
        }
    }

    /// Hands over the choices either side of which may be private.
    pub fn take_choices(&mut self) -> Vec<(u32, [Place; 2])> {
        let may_be_own = |place: &Place| place.is_private() || is_told_by_another(place);
        let all = std::mem::take(&mut self.choices).into_iter();
        let mut found: Vec<_> = all.filter(|(_, places)| places.iter().all(may_be_own)).collect();
        found.sort_unstable_by_key(|(id, _)| *id);
        found
    }

    /// The two places of which this one, or what it begins with, is one.
    fn chosen(&self, place: &Place) -> Option<[Place; 2]> {
        match place.kind() {
            PlaceKind::Opaque { id, .. } => self.choices.get(id).cloned(),
            PlaceKind::Join(base, component) => Some(self.chosen(base)?.map(|base| base.join(component))),
            _ => None,
        }
    }

    /// A fresh unknown decision that looked at these results.
    pub fn opaque_condition(&mut self, mut observed: Vec<ResultId>) -> Condition {
        // What the caller passed was not observed here.
        observed.retain(|r| r.0 >= self.parameters);
        Condition::Opaque { id: self.opaque_id(), observed }
    }

    /// The unknown answer to a question about a value that looked at these results; the same answer as before where the value goes by a
    /// parameter, or by a field of one that nothing has set since.
    pub fn answer(&mut self, place: Option<&Place>, asked: Asked, observed: Vec<ResultId>) -> Condition {
        let is_of_the_call = observed.iter().all(|result| result.0 < self.parameters);
        let Some(place) = place.filter(|place| is_of_the_call && is_handed_in(place)) else {
            return self.opaque_condition(observed);
        };
        let question = (place.clone(), asked);
        if let Some(id) = self.answers.get(&question) {
            return Condition::Opaque { id: *id, observed: Vec::new() };
        }
        let id = self.opaque_id();
        self.note_question(id, &question.0, &question.1);
        self.answers.insert(question, id);
        Condition::Opaque { id, observed: Vec::new() }
    }

    /// Whether two places are the same text or constant, where that is known or one of them is the caller's to know.
    pub fn same_text(&mut self, left: &Place, right: &Place, observed: &[ResultId]) -> Option<Condition> {
        let is_fixed = |place: &Place| matches!(place.kind(), PlaceKind::Literal(_) | PlaceKind::Constant(_));
        let (asked, about) = match (is_fixed(left), is_fixed(right)) {
            (true, false) if is_handed_in(right) => (left, right),
            (false, true) if is_handed_in(left) => (right, left),
            _ => return None,
        };
        Some(self.answer(Some(about), Asked::Same(asked.clone()), observed.to_vec()))
    }

    /// That there is another item in what a loop goes over: an answer of its own in each round.
    pub fn goes_on(&mut self, over: Option<&Place>) -> Condition {
        let id = self.opaque_id();
        if let Some(over) = over {
            self.note_question(id, over, &Asked::Next);
        }
        Condition::Opaque { id, observed: Vec::new() }
    }

    fn note_question(&mut self, id: u32, of: &Place, asked: &Asked) {
        if let PlaceKind::Parameter { index, .. } = of.kind() {
            self.questions.push(Question { id, of: *index, asked: asked.clone() });
        }
    }

    /// Hands over what is asked of parameters. What a field of one says may be set by whoever has the value, before the function is
    /// called and after.
    pub fn take_questions(&mut self) -> Vec<Question> {
        let mut all = std::mem::take(&mut self.questions);
        all.sort_unstable_by_key(|question| question.id);
        all
    }

    /// Forgets the answers about fields of what a call is handed, which it may set.
    fn forget_answers_of(&mut self, call: &Call) {
        let handed: Vec<&Place> = call
            .arguments
            .iter()
            .filter_map(|argument| match argument {
                Value::Place(place) if is_handed_in(place) => Some(place),
                _ => None,
            })
            .collect();
        let is_part = |place: &Place| match place.kind() {
            PlaceKind::Field { base, .. } => handed.iter().any(|whole| is_within(base, whole)),
            _ => false,
        };
        self.answers.retain(|(place, _), _| !is_part(place));
    }

    /// The condition, or an unknown one that was computed from the same where it asks too much to be followed.
    pub fn bounded(&mut self, condition: Condition) -> Condition {
        if !condition.is_too_large() {
            return condition;
        }
        let mut observed = Vec::new();
        condition.results(&mut |r| add_data(&mut observed, &[r]));
        self.opaque_condition(observed)
    }

    /// Notes what a field is set to. Nothing at all is no path.
    pub fn note_kept(&mut self, owner: Option<&str>, field: &str, value: Value) {
        self.answers.retain(|(place, _), _| !goes_by(place, field));
        let value = match value {
            Value::Success(inner) => *inner,
            value => value,
        };
        // What is given, or else something else: of the two, the first need not be.
        if let Value::Place(place) = &value
            && let Some(places) = self.chosen(place)
        {
            for place in places {
                let is_given = place.leading_parameter().is_some();
                match is_given {
                    true => {
                        self.keep((owner.map(str::to_owned), field.to_owned(), Value::Place(place), true))
                    }
                    false => self.note_kept(owner, field, Value::Place(place)),
                }
            }
            return;
        }
        let value = match value {
            Value::Condition(Condition::Constant(_)) => return,
            Value::Place(place) if matches!(place.kind(), PlaceKind::Literal(text) if text.is_empty()) => {
                return;
            }
            Value::Place(place) if place.is_private() || is_told_by_another(&place) => Value::Place(place),
            Value::Result(result) => Value::Result(result),
            _ => Value::Opaque,
        };
        self.keep((owner.map(str::to_owned), field.to_owned(), value, false));
    }

    /// Notes that a field is an option, which is empty unless whoever starts the program gives it.
    pub fn note_option(&mut self, owner: Option<&str>, field: &str) {
        self.keep((owner.map(str::to_owned), field.to_owned(), Value::Opaque, true));
    }

    fn keep(&mut self, found: (Option<String>, String, Value, bool)) {
        if !self.kept.contains(&found) && self.kept.len() < MOST_KEPT {
            self.kept.push(found);
        }
    }

    /// A part of a text, which is another path: the leading one as much its maker's own as the whole, and any of what is random, random.
    pub fn part(&mut self, whole: &Place, leading: bool) -> Place {
        if matches!(whole.kind(), PlaceKind::Unique(Uniqueness::Random, _)) {
            return whole.clone();
        }
        let rest = self.fresh_place("");
        match leading && whole.is_private() {
            true => Place::new(PlaceKind::Concat(vec![whole.clone(), rest])),
            false => rest,
        }
    }

    /// Hands over what fields were set to, as by this function.
    pub fn take_kept(&mut self, by: &str) -> Vec<Kept> {
        let by: Arc<str> = by.into();
        let kept = std::mem::take(&mut self.kept).into_iter();
        kept.map(|(owner, field, value, optional)| Kept {
            owner,
            field,
            by: Arc::clone(&by),
            value,
            optional,
        })
        .collect()
    }

    /// Registers a span.
    pub fn site(&mut self, span: Span) -> Site {
        self.sites.push(span);
        Site(u32::try_from(self.sites.len() - 1).unwrap_or(u32::MAX))
    }

    // --- steps -------------------------------------------------------------------------------------------------------

    /// Takes off the innermost block, which is whole. Blocks are kept as long as the program is, and most hold fewer steps than
    /// there was room for.
    pub fn take_block(&mut self) -> Block {
        let mut block = self.blocks.pop().unwrap_or_default();
        block.steps.shrink_to_fit();
        block.drops.shrink_to_fit();
        block
    }

    /// Appends a step, unless it cannot be reached.
    pub fn push(&mut self, step: Step) {
        if self.diverged {
            return;
        }
        match &step {
            Step::Exit(_) => self.diverged = true,
            Step::Call(call) if !self.answers.is_empty() => self.forget_answers_of(call),
            _ => {}
        }
        if let Some(block) = self.blocks.last_mut() {
            // Most blocks are one step.
            if block.steps.is_empty() {
                block.steps.reserve_exact(1);
            }
            block.steps.push(step);
        }
    }

    /// Opens a block without a scope of its own: what is bound in it stays visible.
    pub fn open_block(&mut self) -> bool {
        self.blocks.push(Block::default());
        self.diverged
    }

    /// Closes the block that [`Self::open_block`] opened; its guards go on to live in the surrounding block.
    pub fn close_block(&mut self, diverged: bool) -> Block {
        self.diverged = diverged;
        let mut block = self.take_block();
        let drops = std::mem::take(&mut block.drops);
        if let Some(outer) = self.blocks.last_mut() {
            outer.drops.extend(drops);
        }
        block
    }

    /// The last step that defines `result`, if it is the very last one: its failure policy can still be set in place.
    fn last_policy(&mut self, result: ResultId) -> Option<&mut OnFailure> {
        match self.blocks.last_mut()?.steps.last_mut()? {
            Step::Effect(e) if e.result == result => Some(&mut e.on_failure),
            Step::Frame(f) if f.result == result => Some(&mut f.on_failure),
            Step::Call(c) if c.result == result => Some(&mut c.on_failure),
            _ => None,
        }
    }

    /// Sets what happens at once when `result` fails.
    pub fn set_policy(&mut self, result: ResultId, policy: OnFailure) {
        let direct = match self.last_policy(result) {
            Some(slot) if *slot == OnFailure::Continue => {
                *slot = policy;
                true
            }
            _ => false,
        };
        if direct {
            if let Some(Step::Call(c)) = self.blocks.last_mut().and_then(|b| b.steps.last_mut())
                && let Some(presumed) = &mut c.presumed
            {
                presumed.on_failure = policy;
            }
            return;
        }
        self.leave_if(failed(result), policy, &[result]);
    }

    /// Leaves the frame when the condition holds, with the error of the one that failed.
    pub fn leave_if(&mut self, condition: Condition, policy: OnFailure, errors: &[ResultId]) {
        let leave = match policy {
            OnFailure::Propagate => failure_exits(errors),
            OnFailure::Panic => Block { steps: vec![Step::Exit(Exit::Panic)], drops: Vec::new() },
            OnFailure::Leave(n) => Block { steps: vec![Step::Exit(Exit::Break(n))], drops: Vec::new() },
            OnFailure::Continue => return,
        };
        match condition {
            Condition::Constant(false) => {}
            Condition::Constant(true) => leave.steps.into_iter().for_each(|step| self.push(step)),
            condition => {
                self.push(Step::Branch(Branch { condition, then: leave, otherwise: Block::default() }))
            }
        }
    }

    /// Appends a decision, leaving out what does nothing.
    pub fn push_branch(&mut self, condition: Condition, then: Block, otherwise: Block) {
        if then.steps.is_empty() && otherwise.steps.is_empty() {
            return;
        }
        match condition {
            Condition::Constant(true) => self.push_all(then),
            Condition::Constant(false) => self.push_all(otherwise),
            condition => self.push(Step::Branch(Branch { condition, then, otherwise })),
        }
    }

    /// Appends a block's steps in place, its releases at its end.
    pub fn push_all(&mut self, block: Block) {
        if block.steps.is_empty() {
            return;
        }
        if block.drops.is_empty() {
            for step in block.steps {
                self.push(step);
            }
        } else {
            self.push(Step::Branch(Branch {
                condition: Condition::Constant(true),
                then: block,
                otherwise: Block::default(),
            }));
        }
    }

    /// Calls what the function was handed as one of its parameters, if this is that.
    pub fn run_parameter(&mut self, called: &Place, at: Span) {
        let PlaceKind::Parameter { index, .. } = called.kind() else { return };
        let (result, site) = (self.result(), self.site(at));
        self.push(Step::Call(Call {
            callee: Callee::Parameter(*index),
            arguments: Vec::new(),
            names: Vec::new(),
            result,
            on_failure: OnFailure::Continue,
            defaulted: false,
            on_malformed: None,
            on_misread: None,
            site,
            presumed: None,
            typed: Vec::new(),
        }));
    }

    /// Notes what the code does if what these results read cannot be understood, where that is not noted yet.
    pub fn note_malformed(&mut self, reads: &[ResultId], policy: OnFailure) {
        if reads.is_empty() {
            return;
        }
        for block in self.blocks.iter_mut().rev() {
            note_malformed_in(block, reads, policy, 0);
        }
    }

    /// Notes that the failure of what was just done gives way to a default.
    pub fn note_defaulted(&mut self, of: ResultId) {
        let latest = self.blocks.last_mut().map(|block| block.steps.iter_mut().rev().take(JUST_MADE));
        for step in latest.into_iter().flatten() {
            match step {
                Step::Call(call) if call.result == of => call.defaulted = true,
                Step::Frame(frame) if frame.result == of => frame.defaulted = true,
                Step::Effect(effect) if effect.result == of => effect.defaulted = true,
                _ => {}
            }
        }
    }
}

/// How many steps back one that was just made is looked for.
const JUST_MADE: usize = 4;

/// How many levels of finished blocks a read is looked for in.
const MALFORMED_DEPTH: usize = 8;

fn note_malformed_in(block: &mut Block, reads: &[ResultId], policy: OnFailure, depth: usize) {
    if depth > MALFORMED_DEPTH {
        return;
    }
    for step in &mut block.steps {
        match step {
            Step::Effect(e)
                if e.operation == Operation::Read
                    && e.on_malformed.is_none()
                    && reads.contains(&e.result) =>
            {
                e.on_malformed = Some(policy);
            }
            // What a call returned may be what it has read.
            Step::Call(c) if c.on_malformed.is_none() && reads.contains(&c.result) => {
                c.on_malformed = Some(policy);
            }
            Step::Branch(b) => {
                note_malformed_in(&mut b.then, reads, policy, depth + 1);
                note_malformed_in(&mut b.otherwise, reads, policy, depth + 1);
            }
            Step::Loop(body) => note_malformed_in(body, reads, policy, depth + 1),
            Step::Frame(f) => {
                if f.on_malformed.is_none() && reads.contains(&f.result) {
                    f.on_malformed = Some(policy);
                }
                note_malformed_in(&mut f.body, reads, policy, depth + 1);
            }
            _ => {}
        }
    }
}

/// Returns the error of the one that failed. A result that was not reached has not failed, so the tests may stand in any order.
pub fn failure_exits(errors: &[ResultId]) -> Block {
    let mut steps = Vec::new();
    if let Some((_, others)) = errors.split_last() {
        for error in others {
            let exit = Step::Exit(Exit::Return(Value::Failure(Some(*error))));
            steps.push(Step::Branch(Branch {
                condition: failed(*error),
                then: Block { steps: vec![exit], drops: Vec::new() },
                otherwise: Block::default(),
            }));
        }
    }
    steps.push(Step::Exit(Exit::Return(Value::Failure(errors.last().copied()))));
    Block { steps, drops: Vec::new() }
}

/// Whether a block can leave the frame that it is in.
pub fn has_exit(block: &Block) -> bool {
    block.steps.iter().any(|step| match step {
        Step::Exit(Exit::Return(_)) => true,
        Step::Effect(e) => e.on_failure == OnFailure::Propagate,
        Step::Call(c) => c.on_failure == OnFailure::Propagate,
        Step::Frame(f) => f.on_failure == OnFailure::Propagate,
        Step::Branch(b) => has_exit(&b.then) || has_exit(&b.otherwise),
        Step::Loop(body) => has_exit(body),
        _ => false,
    })
}

/// Whether a step of a loop does nothing but decide about going round: `loops` counts the loops between.
pub fn is_idle(step: &Step, loops: u32) -> bool {
    match step {
        // What a listing has told, where nothing is done with it.
        Step::Effect(e) => e.operation == Operation::Check(Check::Listed),
        Step::Branch(b) => b.then.steps.iter().chain(&b.otherwise.steps).all(|s| is_idle(s, loops)),
        Step::Exit(Exit::Break(n) | Exit::Continue(n)) => *n <= loops,
        Step::Loop(body) => body.steps.iter().all(|s| is_idle(s, loops + 1)),
        _ => false,
    }
}

/// Whether a loop's body leaves it other than by the test at its head, which is the first step.
pub fn breaks_itself(body: &Block, depth: u32) -> bool {
    let is_head = |step: &Step| matches!(step, Step::Branch(b) if b.otherwise.steps.is_empty());
    let head = body.steps.iter().position(is_head);
    body.steps.iter().enumerate().any(|(at, step)| Some(at) != head && leaves(step, depth))
}

/// Whether a block leaves the loop that is `depth` loops out.
pub fn breaks(block: &Block, depth: u32) -> bool {
    block.steps.iter().any(|step| leaves(step, depth))
}

fn leaves(step: &Step, depth: u32) -> bool {
    match step {
        Step::Exit(Exit::Break(n)) => *n >= depth,
        Step::Branch(b) => breaks(&b.then, depth) || breaks(&b.otherwise, depth),
        Step::Loop(body) => breaks(body, depth + 1),
        _ => false,
    }
}

/// Whether a summary with these steps says anything. That it ends the program is something too, in any case or where it is told
/// of a failure.
pub fn are_worth_keeping(steps: &[Step]) -> bool {
    steps.iter().any(|step| step.ends() || is_worth_keeping(step))
}

/// Whether a step says anything but that the program ends.
pub fn is_worth_keeping(step: &Step) -> bool {
    match step {
        Step::Effect(_) | Step::Call(_) | Step::Spawn(_) | Step::Frame(_) | Step::Release(..) => true,
        Step::Branch(b) => b.then.steps.iter().chain(&b.otherwise.steps).any(is_worth_keeping),
        Step::Loop(body) => body.steps.iter().any(is_worth_keeping),
        Step::Exit(Exit::Return(value)) => {
            !matches!(value, Value::Opaque | Value::Failure(None))
                && !matches!(value, Value::Success(inner) if **inner == Value::Opaque)
        }
        _ => false,
    }
}
