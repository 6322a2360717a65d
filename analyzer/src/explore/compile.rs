//! From a linked body to flat code, keeping only what the slice keeps and the control flow around it.

use super::ahead::forget_idle_answers;
use super::compact::compact;
use super::filesystem::Kind;
use super::live::Live;
use super::paths::Paths;
use super::program::{Answers, Bound, EffectStep, Instruction, Leave, Program, Rests, Slot, Source, Test};
use super::retry::{hold_longer, tries_again};
use super::setup::last_position;
use super::slice::{MAX_DEPTH, places_of, sites, too_deep, value_results};
use super::{Actor, Lane, Scenario};
use crate::flow::{
    Block, Check, Condition, Domain, Effect, ErrorKind, Exit, FileKind, Kinds, OnFailure, Operation,
    ResultId, Site, Spawn, Step, Value,
};
use rustc_hash::{FxHashMap, FxHashSet};
use std::ops::Range;

/// Compiles the scenario's body.
pub fn compile(
    scenario: &Scenario<'_>,
    domain: Domain,
    kept: &FxHashSet<ResultId>,
    paths: &mut Paths,
) -> Program {
    let mut compiler = Compiler {
        kept,
        paths,
        check: scenario.check,
        act: scenario.act,
        program: Program { slots: 1, ..Program::default() },
        slots: FxHashMap::default(),
        scopes: Vec::new(),
        frames: vec![FrameContext::default()],
        loops: Vec::new(),
        weight: 0,
        exits: 0,
        listed: FxHashSet::default(),
        failed: Vec::new(),
        sites: 0,
        act_sites: 0,
        resources: FxHashSet::default(),
        releases: 0,
        frame_count: 1,
        in_act: 0,
        in_check: 0,
        avoidable: 0,
        task: (scenario.actor == Actor::Task).then(|| task(scenario)).flatten(),
        in_task: false,
        task_result: None,
        rounds: Vec::new(),
    };
    compiler.block(scenario.body, 0);
    let patches = compiler.frames.pop().map(|f| f.patches).unwrap_or_default();
    compiler.patch(&patches);
    compiler.emit(Instruction::Return);
    let (mut program, loops) = (compiler.program, compiler.rounds);
    let frame = program.effects.iter().find(|e| e.is_act).map(|e| e.frame);
    let target = paths.of(domain, scenario.place, Lane::A);
    for effect in &mut program.effects {
        let same_place = effect.paths.first() == Some(&target) || effect.other_paths.first() == Some(&target);
        effect.counts |= effect.is_act || (same_place && Some(effect.frame) == frame);
    }
    for (id, effects) in loops {
        if program.effects.get(effects).is_some_and(|effects| tries_again(effects, &target)) {
            hold_longer(&mut program, id);
        }
    }
    compact(&mut program);
    forget_idle_answers(&mut program);
    program.notices_until = program
        .effects
        .iter()
        .filter(|e| {
            let unlinks = matches!(e.operation, Operation::Remove(_)) && e.paths.first() == Some(&target);
            unlinks || matches!(e.operation, Operation::Lock { blocking: false, .. })
        })
        .map(|e| last_position(&program, e.at))
        .max();
    if scenario.by_gap {
        program.rests = rests(&program);
    }
    program.live = Live::of(&program);
    program
}

/// What rests on the program's check. A file that is made after a look is not made until it is filled.
fn rests(program: &Program) -> Rests {
    let at_once = |effect: &EffectStep| match effect.operation {
        Operation::Open(flags) => !flags.create && !flags.create_new,
        Operation::CreateDir { .. }
        | Operation::Read
        | Operation::ReadDir
        | Operation::Remove(_)
        | Operation::Rename { .. } => true,
        _ => false,
    };
    let mut checks = program.effects.iter().filter(|e| e.is_check);
    let acts = || program.effects.iter().filter(|e| e.is_act);
    let (Some(first), Some(last)) = (checks.clone().map(|e| e.at).min(), acts().map(|e| e.at).max()) else {
        return Rests::Nothing;
    };
    match checks.all(|e| e.operation.is_check()) && first < last {
        false => Rests::Nothing,
        true if acts().all(at_once) => Rests::Act(last),
        true if acts().all(|e| matches!(e.operation, Operation::Open(_) | Operation::Write)) => {
            Rests::Filling
        }
        true => Rests::Nothing,
    }
}

/// The spawned work that the question is about: what holds the check or the act, else the first.
fn task(scenario: &Scenario<'_>) -> Option<Site> {
    fn find<'b>(block: &'b Block, found: &mut Vec<&'b Spawn>, depth: usize) {
        if depth > MAX_DEPTH {
            return;
        }
        for step in &block.steps {
            match step {
                Step::Spawn(spawn) => found.push(spawn),
                Step::Branch(branch) => {
                    find(&branch.then, found, depth + 1);
                    find(&branch.otherwise, found, depth + 1);
                }
                Step::Loop(body) => find(body, found, depth + 1),
                Step::Frame(frame) => find(&frame.body, found, depth + 1),
                _ => {}
            }
        }
    }
    let mut spawns = Vec::new();
    find(scenario.body, &mut spawns, 0);
    let asked = |site: &Site| *site == scenario.act || Some(*site) == scenario.check;
    let holds = |spawn: &&&Spawn| sites(&spawn.body).iter().any(asked);
    spawns.iter().find(holds).or(spawns.first()).map(|spawn| spawn.site)
}

#[derive(Default)]
struct FrameContext {
    scopes: usize,
    loops: usize,
    result: Slot,
    number: u16,
    patches: Vec<usize>,
}

struct LoopContext {
    scopes: usize,
    start: usize,
    id: u16,
    /// How often the act was met before.
    act_sites: usize,
    breaks: Vec<usize>,
    continues: Vec<usize>,
    /// Something in it leaves it other than by a failure.
    leaves: bool,
    /// Something in it leaves more than it.
    escapes: bool,
}

/// How control goes on after a step.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flow {
    Falls,
    /// Leaves the innermost loop, or the frame.
    Leaves,
    /// Starts the next round of the innermost loop.
    Continues,
}

struct Compiler<'a> {
    kept: &'a FxHashSet<ResultId>,
    paths: &'a mut Paths,
    check: Option<Site>,
    act: Site,
    program: Program,
    slots: FxHashMap<ResultId, Slot>,
    scopes: Vec<&'a [ResultId]>,
    frames: Vec<FrameContext>,
    loops: Vec<LoopContext>,
    /// Counts what matters in itself: kept effects, and uses of their results.
    weight: usize,
    /// Counts exits.
    exits: usize,
    /// What other listings have told: it is so, as far as this question goes.
    listed: FxHashSet<ResultId>,
    /// What has failed where the code at hand runs, the nearest last, and whether the code asked for the kind of failure.
    failed: Vec<(Slot, bool)>,
    /// Counts occurrences of the check and the act.
    sites: usize,
    /// Counts those of the act alone.
    act_sites: usize,
    /// The slots that may hold a lock or a handle.
    resources: FxHashSet<Slot>,
    /// Counts where one of them is released.
    releases: usize,
    frame_count: u16,
    in_act: usize,
    in_check: usize,
    /// How many sides of decisions on the check it stands in that need not be taken to come on.
    avoidable: usize,
    /// Where the spawned work starts that runs beside the rest.
    task: Option<Site>,
    in_task: bool,
    task_result: Option<ResultId>,
    /// The loops, and which effects stand in each.
    rounds: Vec<(u16, Range<usize>)>,
}

impl<'a> Compiler<'a> {
    fn emit(&mut self, instruction: Instruction) -> usize {
        self.program.code.push(instruction);
        self.program.code.len() - 1
    }

    fn here(&self) -> usize {
        self.program.code.len()
    }

    /// Lets the jumps at these positions lead here.
    fn patch(&mut self, positions: &[usize]) {
        let here = self.here();
        for at in positions {
            match self.program.code.get_mut(*at) {
                Some(Instruction::Goto(to) | Instruction::UnlessFailed(_, to)) => *to = here,
                Some(Instruction::Test { otherwise, .. }) => *otherwise = here,
                _ => {}
            }
        }
    }

    fn define(&mut self, result: ResultId) -> Slot {
        if let Some(slot) = self.slots.get(&result) {
            return *slot;
        }
        let slot = Slot::try_from(self.program.slots).unwrap_or(Slot::MAX);
        self.program.slots += 1;
        self.slots.insert(result, slot);
        slot
    }

    fn known(&self, results: &[ResultId]) -> Vec<Slot> {
        results.iter().filter_map(|r| self.slots.get(r).copied()).collect()
    }

    fn note_site(&mut self, site: Site) {
        if site == self.act || Some(site) == self.check {
            self.sites += 1;
        }
        self.act_sites += usize::from(site == self.act);
    }

    /// Whether this round of the innermost loop has come by the act.
    fn is_behind_act(&self) -> bool {
        self.loops.last().is_some_and(|context| self.act_sites > context.act_sites)
    }

    fn block(&mut self, block: &'a Block, depth: usize) -> Flow {
        if depth > MAX_DEPTH {
            self.program.cut = true;
            return Flow::Falls;
        }
        self.scopes.push(&block.drops);
        let mut flow = Flow::Falls;
        for step in &block.steps {
            flow = self.step(step, depth);
            if flow != Flow::Falls {
                break;
            }
        }
        if flow == Flow::Falls {
            let released = self.known(&block.drops);
            self.release(released);
        }
        self.scopes.pop();
        flow
    }

    fn step(&mut self, step: &'a Step, depth: usize) -> Flow {
        match step {
            Step::Effect(effect) => self.effect(effect),
            Step::Branch(branch) => {
                return self.branch(&branch.condition, &branch.then, &branch.otherwise, depth);
            }
            Step::Loop(body) => self.repeat(body, depth),
            Step::Spawn(spawn) if self.task == Some(spawn.site) && !self.in_task => self.task(spawn, depth),
            // Other spawned work runs where it is started: the actor is one activity.
            Step::Spawn(spawn) => {
                self.frame(&spawn.body, spawn.result, OnFailure::Continue, spawn.site, depth);
            }
            Step::Frame(frame) => {
                return self.frame(&frame.body, frame.result, frame.on_failure, frame.site, depth);
            }
            Step::Call(call) => self.note_site(call.site),
            Step::Join(result) => {
                if self.slots.contains_key(result) && self.task_result == Some(*result) {
                    self.emit(Instruction::Join);
                    self.weight += 1;
                }
            }
            Step::Release(result, _) => {
                let slots = self.known(std::slice::from_ref(result));
                self.release(slots);
            }
            Step::Exit(exit) => return self.exit(exit),
        }
        Flow::Falls
    }

    fn effect(&mut self, effect: &'a Effect) {
        self.note_site(effect.site);
        if !self.kept.contains(&effect.result) {
            if effect.operation == Operation::Check(Check::Listed) {
                self.listed.insert(effect.result);
            }
            return;
        }
        self.weight += 1;
        let result = self.define(effect.result);
        if matches!(effect.operation, Operation::Open(_) | Operation::Lock { .. }) {
            self.resources.insert(result);
        }
        let Ok(number) = u16::try_from(self.program.effects.len()) else {
            self.program.cut = true;
            return;
        };
        let (path_a, other_a) = places_of(effect, self.paths, Lane::A);
        let (path_b, other_b) = places_of(effect, self.paths, Lane::B);
        let is_check = Some(effect.site) == self.check || self.in_check > 0;
        let step = EffectStep {
            operation: effect.operation,
            place: effect.place.clone(),
            other: effect.other_place.clone(),
            paths: [path_a, path_b],
            other_paths: [other_a.unwrap_or_default(), other_b.unwrap_or_default()],
            // A handle that nothing is known about gets a slot that stays opaque.
            handle: effect.handle.map(|h| self.define(h)),
            data: self.known(&effect.data),
            result,
            site: effect.site,
            frame: self.frames.last().map_or(0, |f| f.number),
            is_act: effect.site == self.act || self.in_act > 0,
            spawned: self.in_task,
            is_check,
            counts: is_check,
            at: self.here(),
            visible_until: [Some(usize::MAX); 2],
        };
        if is_check {
            self.note_same_question(&step);
        }
        self.program.effects.push(step);
        self.emit(Instruction::Effect(number));
        self.on_failure(effect.on_failure, result);
    }

    /// Looks at the same place right before the check are one question with it: `exists(p) and is_dir(p)`.
    fn note_same_question(&mut self, check: &EffectStep) {
        let asks = |e: &EffectStep| {
            matches!(e.operation, Operation::Check(Check::Exists | Check::IsFile | Check::IsDir))
        };
        if !asks(check) {
            return;
        }
        let same = |e: &&mut EffectStep| asks(e) && e.frame == check.frame && e.paths == check.paths;
        for look in self.program.effects.iter_mut().rev().take_while(same) {
            look.is_check = true;
            look.counts = true;
        }
    }

    fn on_failure(&mut self, on_failure: OnFailure, slot: Slot) {
        match on_failure {
            OnFailure::Continue => {}
            OnFailure::Panic => {
                let skip = self.emit(Instruction::UnlessFailed(slot, 0));
                self.emit(Instruction::Panic(Some(slot)));
                self.patch(&[skip]);
            }
            OnFailure::Propagate => {
                let skip = self.emit(Instruction::UnlessFailed(slot, 0));
                self.leave_frame(Bound::Failure(Some(slot)), &[]);
                self.patch(&[skip]);
            }
            OnFailure::Leave(n) => {
                let skip = self.emit(Instruction::UnlessFailed(slot, 0));
                self.leave_loop(n, true);
                self.patch(&[skip]);
            }
        }
    }

    /// Binds the frame's result, releases all but what is carried out, and jumps to the frame's end.
    fn leave_frame(&mut self, value: Bound, carried: &[ResultId]) {
        let (scopes, result) = self.frames.last().map_or((0, 0), |f| (f.scopes, f.result));
        self.emit(Instruction::Bind(result, value));
        self.release_down_to(scopes, carried);
        let jump = self.emit(Instruction::Goto(0));
        if let Some(frame) = self.frames.last_mut() {
            frame.patches.push(jump);
        }
    }

    fn release_down_to(&mut self, scopes: usize, carried: &[ResultId]) {
        let released: Vec<Slot> = self
            .scopes
            .iter()
            .skip(scopes)
            .rev()
            .flat_map(|drops| drops.iter())
            .filter(|r| !carried.contains(r))
            .filter_map(|r| self.slots.get(r).copied())
            .collect();
        self.release(released);
    }

    fn release(&mut self, slots: Vec<Slot>) {
        // One after the other: between two of them others may come.
        for slot in slots.into_iter().filter(|slot| self.resources.contains(slot)).collect::<Vec<_>>() {
            self.releases += 1;
            self.emit(Instruction::Release(slot));
        }
    }

    fn branch(
        &mut self,
        condition: &'a Condition,
        then: &'a Block,
        otherwise: &'a Block,
        depth: usize,
    ) -> Flow {
        if matches!(condition, Condition::Not(inner) if matches!(**inner, Condition::True(r) if self.listed.contains(&r)))
        {
            return self.block(otherwise, depth + 1);
        }
        let before = (self.here(), self.weight, self.exits, self.program.effects.len());
        let test = self.test(condition);
        let (weight, exits, sites, releases) = (self.weight, self.exits, self.sites, self.releases);
        let at = self.emit(Instruction::Test { condition: test, otherwise: 0, leave: None });
        let looked = self.asks_the_check(condition);
        let avoidable = [otherwise, then].map(|other| looked && goes_on(other));
        let [in_then, in_otherwise] = avoidable.map(usize::from);
        self.avoidable += in_then;
        let then_flow = self.block_where(condition, true, then, depth + 1);
        self.avoidable -= in_then;
        let then_sites = self.sites - sites;
        let then_weight = self.weight - weight;
        let jump = (then_flow == Flow::Falls).then(|| self.emit(Instruction::Goto(0)));
        self.patch(&[at]);
        let sites = self.sites;
        self.avoidable += in_otherwise;
        let else_flow = self.block_where(condition, false, otherwise, depth + 1);
        self.avoidable -= in_otherwise;
        let else_sites = self.sites - sites;
        let else_weight = self.weight - weight - then_weight;
        self.patch(jump.as_slice());
        if self.weight == weight && self.exits == exits && self.releases == releases {
            self.program.code.truncate(before.0);
            self.weight = before.1;
            return Flow::Falls;
        }
        let wanted = match (then_sites > 0, else_sites > 0) {
            (true, false) => Some(true),
            (false, true) => Some(false),
            (true, true) => None,
            // Behind the act, the next round leads on as well as what comes after.
            (false, false) if [then_flow, else_flow].contains(&Flow::Continues) && self.is_behind_act() => {
                None
            }
            // Where another answer to a look leads past it, it need not be passed: `if exists { if !force { return } }`.
            (false, false) if self.avoidable > 0 => None,
            (false, false) => match (then_flow == Flow::Falls, else_flow == Flow::Falls) {
                (true, false) => Some(true),
                (false, true) => Some(false),
                _ => None,
            },
        };
        if let Some(wanted) = wanted {
            self.want(condition, wanted, 0);
        }
        let acting = match (then_weight > 0, else_weight > 0) {
            _ if then_sites + else_sites > 0 => wanted,
            (true, false) => Some(true),
            (false, true) => Some(false),
            _ => wanted,
        };
        if let Some(acting) = acting {
            let leaves = then_sites + else_sites + then_weight + else_weight == 0;
            self.acts(condition, acting, leaves, 0);
        }
        let frame_loops = self.frames.last().map_or(0, |f| f.loops);
        if self.loops.len() > frame_loops
            && let Some(id) = self.loops.last().map(|l| l.id)
            && let Some(Instruction::Test { leave, .. }) = self.program.code.get_mut(at)
        {
            let on = match (then_flow == Flow::Leaves, else_flow == Flow::Leaves) {
                (true, false) => Some(true),
                (false, true) => Some(false),
                _ => None,
            };
            *leave = on.map(|on| Leave { of: id, on, rounds: 1 });
        }
        match (then_flow, else_flow) {
            (Flow::Falls, _) | (_, Flow::Falls) => Flow::Falls,
            (Flow::Leaves, _) | (_, Flow::Leaves) => Flow::Leaves,
            _ => Flow::Continues,
        }
    }

    /// Whether the condition is about what the check found.
    fn asks_the_check(&self, condition: &Condition) -> bool {
        let mut asks = false;
        condition.results(&mut |result| {
            let slot = self.slots.get(&result);
            asks |= self.program.effects.iter().any(|e| e.is_check && Some(&e.result) == slot);
        });
        asks
    }

    /// A block that runs where the condition is so: what it fails of is what has failed by then.
    fn block_where(&mut self, condition: &Condition, holds: bool, block: &'a Block, depth: usize) -> Flow {
        let failed = failure(condition, holds, 0)
            .and_then(|(r, kinds)| Some((*self.slots.get(&r)?, !kinds.contains(ErrorKind::Other))));
        self.failed.extend(failed);
        let flow = self.block(block, depth);
        if failed.is_some() {
            self.failed.pop();
        }
        flow
    }

    /// Notes what the unknowns in a condition have to be for it to come out as wanted.
    fn want(&mut self, condition: &Condition, wanted: bool, depth: usize) {
        if depth > MAX_DEPTH {
            return;
        }
        let (source, value) = match condition {
            Condition::Opaque { id, observed } if self.known(observed).is_empty() => {
                (Source::condition(*id), wanted)
            }
            Condition::True(r) => (Source::truth(*r), wanted),
            Condition::Ok(r) => (Source::success(*r), wanted),
            Condition::Failed(r, _) => (Source::success(*r), !wanted),
            Condition::Not(inner) => return self.want(inner, !wanted, depth + 1),
            Condition::All(parts) if wanted || parts.len() == 1 => {
                return parts.iter().for_each(|p| self.want(p, wanted, depth + 1));
            }
            Condition::Any(parts) if !wanted || parts.len() == 1 => {
                return parts.iter().for_each(|p| self.want(p, wanted, depth + 1));
            }
            _ => return,
        };
        note(&mut self.program.wants, source, value);
    }

    /// Notes which answers to tests of what was observed lead to where the program acts.
    fn acts(&mut self, condition: &Condition, acting: bool, leaves: bool, depth: usize) {
        if depth > MAX_DEPTH {
            return;
        }
        match condition {
            Condition::Opaque { id, .. } | Condition::Kind { id, .. } => {
                note(&mut self.program.acts, Source::condition(*id), acting);
                note(&mut self.program.leaves, Source::condition(*id), leaves);
            }
            Condition::Not(inner) => self.acts(inner, !acting, leaves, depth + 1),
            Condition::All(parts) | Condition::Any(parts) => {
                parts.iter().for_each(|p| self.acts(p, acting, leaves, depth + 1));
            }
            Condition::Constant(_) | Condition::True(_) | Condition::Ok(_) | Condition::Failed(..) => {}
        }
    }

    fn repeat(&mut self, body: &'a Block, depth: usize) {
        let (start, weight, releases) = (self.here(), self.weight, self.releases);
        let id = u16::try_from(self.program.loops).unwrap_or(u16::MAX);
        self.emit(Instruction::LoopStart(id));
        self.program.loops += 1;
        self.loops.push(LoopContext {
            scopes: self.scopes.len(),
            start: self.here(),
            id,
            act_sites: self.act_sites,
            breaks: Vec::new(),
            continues: Vec::new(),
            leaves: false,
            escapes: false,
        });
        let before = self.program.effects.len();
        self.block(body, depth + 1);
        let Some(context) = self.loops.pop() else { return };
        if self.weight == weight && self.releases == releases && !context.escapes {
            self.program.code.truncate(start);
            self.program.loops = usize::from(id);
            return;
        }
        self.rounds.push((id, before..self.program.effects.len()));
        self.patch(&context.continues);
        // A loop that nothing leaves runs as long as the program does: one round of it tells all.
        if context.leaves {
            self.emit(Instruction::LoopBack(id, context.start));
        }
        self.patch(&context.breaks);
    }

    fn frame(
        &mut self,
        body: &'a Block,
        result: ResultId,
        on_failure: OnFailure,
        site: Site,
        depth: usize,
    ) -> Flow {
        self.note_site(site);
        let before = (self.here(), self.weight, self.exits);
        let (slots, releases) = (self.program.slots, self.releases);
        let slot = self.define(result);
        let (is_act, is_check) = (site == self.act, Some(site) == self.check);
        self.in_act += usize::from(is_act);
        self.in_check += usize::from(is_check);
        self.frames.push(FrameContext {
            scopes: self.scopes.len(),
            loops: self.loops.len(),
            result: slot,
            number: self.frame_count,
            patches: Vec::new(),
        });
        self.frame_count = self.frame_count.saturating_add(1);
        let flow = self.block(body, depth + 1);
        if flow == Flow::Falls {
            self.emit(Instruction::Bind(slot, Bound::Opaque));
        }
        let patches = self.frames.pop().map(|f| f.patches).unwrap_or_default();
        self.patch(&patches);
        self.in_act -= usize::from(is_act);
        self.in_check -= usize::from(is_check);
        let idle = self.weight == before.1 && self.releases == releases;
        let ends = flow == Flow::Leaves && patches.is_empty();
        if idle {
            self.program.code.truncate(before.0);
            // No slot of an inner frame is left either.
            self.slots.remove(&result);
            self.program.slots = slots;
            self.exits = before.2;
            if !ends {
                return Flow::Falls;
            }
            // What never comes back is the end of the program, whatever else it does.
            self.exits += 1;
            self.emit(Instruction::Panic(self.failed.last().map(|(slot, _)| *slot)));
            return Flow::Leaves;
        }
        // Exits inside end with the frame, unless that never comes back.
        self.exits = before.2 + usize::from(ends);
        if ends {
            return Flow::Leaves;
        }
        self.resources.insert(slot);
        self.on_failure(on_failure, slot);
        Flow::Falls
    }

    /// Puts spawned work out of the way, as what the other actor runs.
    fn task(&mut self, spawn: &'a Spawn, depth: usize) {
        let before = (self.here(), self.weight, self.exits);
        let start = self.emit(Instruction::Spawn(0));
        let slot = self.define(spawn.result);
        self.in_task = true;
        self.frames.push(FrameContext {
            scopes: self.scopes.len(),
            loops: self.loops.len(),
            result: slot,
            number: self.frame_count,
            patches: Vec::new(),
        });
        self.frame_count = self.frame_count.saturating_add(1);
        if self.block(&spawn.body, depth + 1) == Flow::Falls {
            self.emit(Instruction::Bind(slot, Bound::Opaque));
        }
        let patches = self.frames.pop().map(|f| f.patches).unwrap_or_default();
        self.patch(&patches);
        // What an actor ends with stands in the first slot.
        self.emit(Instruction::Bind(0, Bound::Slot(slot)));
        self.emit(Instruction::Return);
        self.in_task = false;
        self.exits = before.2;
        if self.weight == before.1 {
            self.program.code.truncate(before.0);
            return;
        }
        self.task_result = Some(spawn.result);
        let here = self.here();
        if let Some(Instruction::Spawn(after)) = self.program.code.get_mut(start) {
            *after = here;
        }
    }

    fn exit(&mut self, exit: &'a Exit) -> Flow {
        self.exits += 1;
        let frame_loops = self.frames.last().map_or(0, |f| f.loops);
        match exit {
            Exit::Return(value) => {
                self.mark_escape(frame_loops);
                let mut carried = Vec::new();
                value_results(value, &mut |r| carried.push(r), 0);
                // An error of the program's own that answers a failure of whatever kind tells of that failure; who asks for the
                // kind has foreseen it.
                let value = match (value, self.failed.last()) {
                    (Value::Failure(None), Some((slot, false))) => {
                        self.weight += 1;
                        Bound::Failure(Some(*slot))
                    }
                    _ => self.value(value, 0),
                };
                self.leave_frame(value, &carried);
                Flow::Leaves
            }
            Exit::Panic => {
                self.mark_escape(frame_loops);
                self.emit(Instruction::Panic(self.failed.last().map(|(slot, _)| *slot)));
                Flow::Leaves
            }
            Exit::Break(n) => self.leave_loop(*n, true),
            Exit::Continue(n) => self.leave_loop(*n, false),
        }
    }

    /// Leaves the n-th loop from the inside, or starts its next round.
    fn leave_loop(&mut self, n: u32, is_break: bool) -> Flow {
        let frame_loops = self.frames.last().map_or(0, |f| f.loops);
        let inner = self.loops.len() - frame_loops;
        let Some(index) = inner.checked_sub(1 + n as usize).map(|i| i + frame_loops) else {
            // There is no such loop in the frame: the frame ends.
            self.leave_frame(Bound::Opaque, &[]);
            return Flow::Leaves;
        };
        self.mark_escape(index + 1);
        let scopes = self.loops.get(index).map_or(0, |l| l.scopes);
        self.release_down_to(scopes, &[]);
        let jump = self.emit(Instruction::Goto(0));
        if let Some(target) = self.loops.get_mut(index) {
            if is_break {
                target.leaves = true;
                target.breaks.push(jump);
            } else {
                target.continues.push(jump);
            }
        }
        if is_break || n > 0 { Flow::Leaves } else { Flow::Continues }
    }

    /// Marks the loops from this index inwards as left for more than themselves.
    fn mark_escape(&mut self, from: usize) {
        for context in self.loops.iter_mut().skip(from) {
            context.leaves = true;
            context.escapes = true;
        }
    }

    fn value(&mut self, value: &'a Value, depth: usize) -> Bound {
        if depth > MAX_DEPTH {
            self.program.cut = true;
            return Bound::Opaque;
        }
        match value {
            Value::Opaque | Value::Place(_) | Value::Flags(_) | Value::Code { .. } => Bound::Opaque,
            Value::Derived(results) | Value::Variable(_, results) => {
                let slots = self.known(results);
                self.weight += slots.len();
                Bound::Derived(slots)
            }
            Value::Result(result) => match self.slots.get(result) {
                Some(slot) => {
                    self.weight += 1;
                    Bound::Slot(*slot)
                }
                None => Bound::Opaque,
            },
            Value::Condition(condition) => Bound::Condition(self.test(condition)),
            // Nothing in a success is a success that is false, and something in it one that is true.
            Value::Success(inner) => match &**inner {
                Value::Failure(_) => Bound::Condition(Test::Constant(false)),
                Value::Success(held) => Bound::Held(Box::new(self.value(held, depth + 1))),
                inner => Bound::Success(Box::new(self.value(inner, depth + 1))),
            },
            Value::Failure(result) => {
                Bound::Failure(result.as_ref().and_then(|r| self.slots.get(r)).copied().inspect(|_| {
                    self.weight += 1;
                }))
            }
            Value::Structure(fields) => {
                Bound::Structure(fields.iter().map(|(_, v)| self.value(v, depth + 1)).collect())
            }
        }
    }

    fn test(&mut self, condition: &'a Condition) -> Test {
        if too_deep(condition) {
            self.program.cut = true;
            return Test::Constant(true);
        }
        self.shallow_test(condition)
    }

    /// Recursion is bounded by the caller.
    fn shallow_test(&mut self, condition: &'a Condition) -> Test {
        let mut slot = |r: &ResultId| {
            let slot = self.slots.get(r).copied();
            self.weight += usize::from(slot.is_some());
            slot
        };
        match condition {
            Condition::Constant(b) => Test::Constant(*b),
            Condition::True(r) => match slot(r) {
                Some(slot) => Test::True(slot, Source::truth(*r)),
                None => Test::Opaque(Source::truth(*r), Vec::new()),
            },
            Condition::Ok(r) => match slot(r) {
                Some(slot) => Test::Ok(slot, Source::success(*r)),
                None => Test::Opaque(Source::success(*r), Vec::new()),
            },
            Condition::Failed(r, kinds) => match slot(r) {
                Some(slot) => Test::Failed(slot, *kinds, Source::success(*r)),
                None => Test::Not(Box::new(Test::Opaque(Source::success(*r), Vec::new()))),
            },
            Condition::Opaque { id, observed } => {
                let slots = observed.iter().filter_map(slot).collect();
                Test::Opaque(Source::condition(*id), slots)
            }
            Condition::Kind { of, kind, id } => match slot(of) {
                Some(slot) => {
                    let kind = match kind {
                        FileKind::File => Kind::File,
                        FileKind::Directory => Kind::Directory,
                    };
                    Test::Kind(slot, kind, Source::condition(*id))
                }
                None => Test::Opaque(Source::condition(*id), Vec::new()),
            },
            Condition::Not(inner) => Test::Not(Box::new(self.shallow_test(inner))),
            Condition::All(parts) => Test::All(parts.iter().map(|p| self.shallow_test(p)).collect()),
            Condition::Any(parts) => Test::Any(parts.iter().map(|p| self.shallow_test(p)).collect()),
        }
    }
}

/// Which result has failed, and in which ways, wherever the condition comes out so.
fn failure(condition: &Condition, holds: bool, depth: usize) -> Option<(ResultId, Kinds)> {
    match (condition, holds) {
        (Condition::Failed(r, kinds), true) => Some((*r, *kinds)),
        (Condition::Ok(r), false) => Some((*r, Kinds::ANY)),
        _ if depth > MAX_DEPTH => None,
        (Condition::Not(inner), _) => failure(inner, !holds, depth + 1),
        (Condition::All(parts), true) | (Condition::Any(parts), false) => {
            parts.iter().rev().find_map(|part| failure(part, holds, depth + 1))
        }
        _ => None,
    }
}

/// Whether what comes after a block is reached from its end.
fn goes_on(block: &Block) -> bool {
    !matches!(block.steps.last(), Some(Step::Exit(_)))
}

/// Notes an answer; two different ones leave it open.
fn note(table: &mut Answers, source: Source, answer: bool) {
    let known = table.entry(source).or_insert(Some(answer));
    if *known != Some(answer) {
        *known = None;
    }
}
