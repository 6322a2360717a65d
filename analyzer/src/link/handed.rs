//! Code that is handed to a function which runs it: it stands where that function calls it, under the locks that are held there.

use super::graph::{self, Node};
use super::inline::{Expander, Scope};
use crate::flow::{Block, Branch, Call, Callee, Condition, Frame, OnFailure, ResultId, Step, Value};
use rustc_hash::FxHashMap;

/// In how many places of one body code is put that was handed over. Where more are, it may run before the call, as all that is handed
/// to code out of sight does.
const PLACES: usize = 24;

/// What was handed over in one body, by the unknown that says whether it is run.
#[derive(Debug, Default)]
pub struct Handed {
    known: FxHashMap<u32, Code>,
    places: usize,
}

#[derive(Debug)]
struct Code {
    /// What it does, in the linked body's terms.
    body: Block,
    /// How many calls deep it was written.
    level: usize,
    /// Which step of its block says that it may run.
    step: usize,
    /// Whether it stands where it is called.
    placed: bool,
}

/// The code that a block hands to functions of the program.
pub fn handed_in(block: &Block, node: Option<&Node>) -> Vec<u32> {
    let mut found = Vec::new();
    let Some(node) = node.filter(|node| node.hands_code) else { return found };
    for step in &block.steps {
        if let Step::Call(call) = step
            && node.target(call.result).is_some()
        {
            found.extend(codes(call));
        }
    }
    found
}

/// The number of the code that the step runs or not.
pub fn may_run(step: &Step) -> Option<u32> {
    match step {
        Step::Branch(Branch { condition: Condition::Opaque { id, .. }, .. }) => Some(*id),
        _ => None,
    }
}

/// A branch that is none any more.
pub fn is_nothing(step: &Step) -> bool {
    matches!(step, Step::Branch(branch) if *branch == nothing())
}

fn nothing() -> Branch {
    Branch { condition: Condition::Constant(true), then: Block::default(), otherwise: Block::default() }
}

/// The numbers of the code that the call hands over.
pub fn codes(call: &Call) -> impl Iterator<Item = u32> {
    call.arguments.iter().filter_map(|argument| match graph::payload(argument) {
        Value::Code { id, .. } => Some(*id),
        _ => None,
    })
}

impl<'p> Expander<'p> {
    /// Notes what the block's last step may run, which is handed to a call after it.
    pub fn hand_over(&mut self, steps: &[Step]) {
        let Some(step) = steps.len().checked_sub(1) else { return };
        let Some(Step::Branch(branch)) = steps.last() else { return };
        if let Condition::Opaque { id, .. } = branch.condition
            && branch.otherwise.steps.is_empty()
        {
            let code = Code { body: branch.then.clone(), level: self.stack.len(), step, placed: false };
            self.handed.known.insert(id, code);
        }
    }

    /// What a function does that runs what it was handed as this parameter.
    pub fn run_handed(&mut self, call: &Call, scope: &Scope<'p>, steps: &mut Vec<Step>) {
        let Callee::Parameter(index) = call.callee else { return };
        let arguments = scope.arguments.as_ref();
        let Some(Value::Code { id, .. }) = arguments.and_then(|a| a.get(index as usize)).map(graph::payload)
        else {
            return;
        };
        let Some(outward) = self.handed.known.get(id).map(|c| self.stack.len().saturating_sub(c.level))
        else {
            return;
        };
        if self.handed.places >= PLACES {
            return;
        }
        self.handed.places += 1;
        let Some(code) = self.handed.known.get_mut(id) else { return };
        code.placed = true;
        let body = code.body.clone();
        let on_failure = if fails(&body) { OnFailure::Propagate } else { OnFailure::Continue };
        let result = ResultId(self.results);
        self.results = self.results.saturating_add(1);
        steps.push(Step::Frame(Frame {
            body,
            result,
            on_failure,
            defaulted: false,
            on_malformed: None,
            on_misread: None,
            site: scope.site(call.site),
            name: String::new(),
            outward: u32::try_from(outward).unwrap_or_default(),
        }));
    }

    /// What was handed to the call, and stands in it now, stands before it no more.
    pub fn take_back(&mut self, call: &Call, scope: &Scope<'p>, steps: &mut [Step]) {
        for id in codes(call) {
            let id = id.saturating_add(scope.first_opaque);
            if let Some(code) = self.handed.known.get(&id)
                && code.placed
                && let Some(step) = steps.get_mut(code.step)
                && may_run(step) == Some(id)
            {
                *step = Step::Branch(nothing());
            }
        }
    }
}

/// Whether a failure in the code is one of who runs it.
fn fails(body: &Block) -> bool {
    body.steps.iter().any(|step| match step {
        Step::Effect(effect) => effect.on_failure == OnFailure::Propagate,
        Step::Call(call) => call.on_failure == OnFailure::Propagate,
        Step::Frame(frame) => frame.on_failure == OnFailure::Propagate,
        Step::Branch(branch) => fails(&branch.then) || fails(&branch.otherwise),
        Step::Loop(body) => fails(body),
        Step::Spawn(_) | Step::Join(_) | Step::Release(..) | Step::Exit(_) => false,
    })
}
