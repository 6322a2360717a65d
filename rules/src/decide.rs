//! From candidates to findings: each is explored beside the plausible actors, and the worst race is reported.

mod about;
mod around;
mod callers;
mod guarding;
mod own;
mod process;
mod proven;
mod told;

pub use self::callers::{Asked, Kept};

use self::about::is_about;
use self::around::{is_enclosed, is_own_step, own_steps, sequel};
use self::callers::Callers;
use self::guarding::is_read_heedlessly;
use self::process::changes_process;
use self::proven::Proven;
use self::told::{inside, name_made, other_side, rewrite, spelled, time_taken};
use crate::cleaned;
use crate::confidence::{Loss, Reason, Surroundings, judge};
use crate::evidence::{Evidence, Use};
use crate::finding::{Confidence, Finding, Related};
use crate::given_back::{GivenBack, Taken};
use crate::held::Held;
use crate::in_order::InOrder;
use crate::left_running::{LeftRunning, Work};
use crate::lifetime::{Life, Part};
use crate::made_once;
use crate::names;
use crate::narrow::{into_effects, narrow, noticed, size, without_work};
use crate::pairs::{Candidate, Meaning, Point};
use crate::rule::Rule;
use crate::threads::{Beside, Threads};
use crate::tolerance::tolerated;
use crate::trace::{Says, Trace};
use fsrace_analyzer::explore::{Actor, Consequence, Explorer, Lane, Race, Scenario, Script, Witness};
use fsrace_analyzer::flow::{
    Block, Domain, Effect, FlowSummary, KeyOperation, Operation, Place, PlaceKind, Uniqueness,
};
use fsrace_analyzer::link::{FunctionId, Location, Program};
use rayon::prelude::*;
use std::cell::OnceCell;
use std::sync::Arc;

/// How many candidates of one rule in one function are explored.
const PER_RULE: usize = 48;
/// How many callers are asked whether they make the candidate safe, and how many levels up.
const CALLERS: usize = 8;
const LEVELS: usize = 2;
/// How many levels of callers are asked whether they hold a lock.
const LOCK_LEVELS: usize = 6;
/// How many calls on the way to a step are told.
const STEPS: usize = 4;
/// From how many effects on a body is narrowed to the candidate's place before it is explored.
const LARGE: usize = 10;

/// What one function contributes: what it does to which class of places, and the candidates in it.
#[derive(Debug)]
pub struct View<'p> {
    function: FunctionId,
    /// Whose parameters the places in the body are told by.
    given: FunctionId,
    summary: &'p FlowSummary,
    /// Evidence for other functions' candidates.
    pub uses: Vec<Use>,
    /// Work that it leaves running.
    pub works: Vec<Work>,
    /// Keys that it takes as locks.
    pub taken: Vec<Taken>,
    /// Words that name what it cleans up.
    pub cleaned: Vec<&'static str>,
    candidates: Vec<(&'static Rule, Candidate)>,
    /// Whether it makes a value, and leaves a lock held that it took.
    pub makes_locked: bool,
    /// What it may do to a value that another function made or made ready.
    part: Part,
    /// Kept only where there are candidates.
    body: Arc<Block>,
    /// What it comes to, where there are none.
    effects: Vec<Effect>,
}

/// What is known of the program as a whole.
#[derive(Clone, Copy, Debug)]
pub struct Known<'k> {
    /// Who else touches what.
    pub evidence: &'k Evidence,
    /// Who runs beside what threads share.
    pub threads: &'k Threads,
    /// Who leaves work running.
    pub left_running: &'k LeftRunning,
    /// What is reached under a lock only.
    pub held: &'k Held,
    /// Who takes keys that others give back.
    pub given_back: &'k GivenBack,
    /// What the functions come to.
    pub kept: &'k Kept,
    /// What others come to that were asked about.
    pub asked: &'k Asked,
    /// Whether what can be of low confidence only is explored too.
    pub thorough: bool,
}

/// What became of a function's candidates.
#[derive(Debug, Default)]
pub struct Looked {
    /// What was found.
    pub decided: Vec<Decided>,
    /// The candidates that were put off: whatever exploring shows of them is of low confidence.
    pub put_off: Vec<PutOff>,
}

/// A candidate that was not explored, and where its steps stand.
#[derive(Clone, Copy, Debug)]
pub struct PutOff {
    /// Which of the function's candidates it is.
    candidate: usize,
    /// The act, the earlier step, and the act itself where the first is a call that leads to it.
    pub steps: [Option<Location>; 3],
}

/// What became of one candidate.
enum Outcome {
    Decided(Box<Decided>),
    PutOff([Option<Location>; 3]),
}

/// A finding before those of one cause are merged.
#[derive(Debug)]
pub struct Decided {
    /// The finding.
    pub finding: Finding,
    /// Where the earlier step stands.
    pub check: Option<Location>,
    /// The act itself, if the finding stands at a call that leads to it.
    pub inner: Location,
    /// The earlier step itself, if the finding tells of a call that leads to it.
    pub inner_check: Option<Location>,
    /// How many calls away that is.
    pub depth: usize,
    /// The functions that are called for the earlier step and for the act, where both are.
    pub helpers: Option<[String; 2]>,
    /// Whether it is about the process' own state.
    pub of_process: bool,
    /// Whether what fails is the earlier step, which may be another rule's act.
    pub fails_early: bool,
    /// The functions that do it, which is one but for what one does to a value that another made.
    pub by: [FunctionId; 2],
    /// The function that is named as the other side.
    pub other: Option<FunctionId>,
}

impl<'p> View<'p> {
    /// Looks at one function.
    pub fn of(
        program: &'p Program,
        function: FunctionId,
        summary: &'p FlowSummary,
        rules: &[&'static Rule],
    ) -> View<'p> {
        let body = program.body(function);
        let trace = Trace::of(&body);
        let in_test = summary.context.test || summary.context.auxiliary;
        let tolerated = tolerated(&body, summary.context.optional);
        let uses = Evidence::uses_in(program, function, in_test, &tolerated, &trace);
        // What is done before something is handed out is looked at with what comes after.
        let rules = if summary.context.part { &[][..] } else { rules };
        let candidates: Vec<_> = rules
            .iter()
            .flat_map(|rule| {
                (rule.check)(&trace).into_iter().take(PER_RULE).map(|candidate| (*rule, candidate))
            })
            .map(|(rule, candidate)| {
                let heals =
                    candidate.check.as_ref().is_some_and(|read| tolerated.contains(&read.effect.site));
                (rule, Candidate { heals, ..candidate })
            })
            .collect();
        let works = if in_test { Vec::new() } else { LeftRunning::in_function(function, &trace) };
        let taken = if in_test { Vec::new() } else { GivenBack::in_function(function, summary, &trace) };
        let cleaned = if in_test { Vec::new() } else { cleaned::words_in(&trace) };
        let makes_locked = trace.leaves_locked && !summary.has_receiver;
        let part = Part::of(summary, &trace);
        drop(trace);
        let (body, effects) = match candidates.is_empty() {
            true => (Block::default(), into_effects(body)),
            false => (body.shrunk(), Vec::new()),
        };
        View {
            function,
            given: function,
            summary,
            uses,
            works,
            taken,
            cleaned,
            candidates,
            makes_locked,
            part,
            body: Arc::new(body),
            effects,
        }
    }

    /// Looks at what was found between this function and one before it on the same value.
    pub fn of_life(program: &'p Program, life: Life) -> Option<View<'p>> {
        let Life { first, function, body, candidates } = life;
        let summary = program.function(function)?;
        let (uses, works, part) = (Vec::new(), Vec::new(), Part::default());
        Some(View {
            function,
            given: first,
            summary,
            uses,
            works,
            taken: Vec::new(),
            cleaned: Vec::new(),
            candidates,
            makes_locked: false,
            part,
            body: Arc::new(body),
            effects: Vec::new(),
        })
    }

    /// The function, and what it may do to a value that another function made or made ready.
    pub fn part(&self) -> (FunctionId, Part) {
        (self.function, self.part)
    }

    /// The function, and what it comes to.
    pub fn body(&self) -> (FunctionId, Arc<Block>) {
        (self.function, Arc::clone(&self.body))
    }

    /// The function, and the effects that it comes to, where no whole body is kept.
    pub fn take_effects(&mut self) -> (FunctionId, Vec<Effect>) {
        (self.function, std::mem::take(&mut self.effects))
    }

    /// The function's name.
    pub fn name(&self) -> &str {
        &self.summary.name
    }

    /// Whether there is anything to explore.
    pub fn has_candidates(&self) -> bool {
        !self.candidates.is_empty()
    }

    /// Explores the candidates, side by side: one large function has many. Or only the one that was put off before, `again`.
    pub fn decide(
        &self,
        program: &Program,
        known: Known<'_>,
        explorer: &Explorer,
        again: Option<&PutOff>,
    ) -> Looked {
        let callers = Callers::new(program, explorer, known.kept, known.asked);
        let outcomes: Vec<(usize, Outcome)> = self
            .candidates
            .par_iter()
            .enumerate()
            .filter(|(at, _)| again.is_none_or(|again| again.candidate == *at))
            .filter_map(|(at, (rule, candidate))| {
                Some((at, self.decide_one(program, known, rule, candidate, callers)?))
            })
            .collect();
        let mut looked = Looked::default();
        for (candidate, outcome) in outcomes {
            match outcome {
                Outcome::Decided(decided) => looked.decided.push(*decided),
                Outcome::PutOff(steps) => looked.put_off.push(PutOff { candidate, steps }),
            }
        }
        looked
    }

    fn decide_one(
        &self,
        program: &Program,
        known: Known<'_>,
        rule: &'static Rule,
        candidate: &Candidate,
        callers: Callers<'_>,
    ) -> Option<Outcome> {
        let act = location(program, &candidate.act)?;
        if candidate.beside_method {
            let decided = self.beside_method(program, known, rule, candidate, act, callers.explorer);
            return decided.map(Box::new).map(Outcome::Decided);
        }
        // What only this process knows is safe from others; its own work is another matter.
        let in_files = candidate.act.effect.operation.domain() == Domain::Files;
        if in_files && !candidate.with_own_work && program.is_private(self.function, &candidate.place) {
            return None;
        }
        let check = candidate.check.as_ref().and_then(|point| location(program, point));
        let of_process = changes_process(candidate);
        let beside = match of_process {
            true => Some(known.threads.beside(program, act, &candidate.act.effect)?),
            false => None,
        };
        let beside = beside.map(|beside| match beside.other {
            None if self.is_nobodys_variable(program, known.threads, act, candidate) => Beside {
                level: Confidence::Low,
                why: "nobody is known to go by the variable, and setting it breaks nothing else".to_owned(),
                ..beside
            },
            _ => beside,
        });
        // What a library gives to whoever imports it, or keeps for others to call, may be called twice at once, whoever calls it here.
        // But who saves a value has made one first, of a file of its own perhaps.
        let open = (self.given == self.function || !is_passed_in(&candidate.place))
            && (self.summary.context.public || self.summary.context.literal)
            && (program.file(program.file_of(self.function)).is_some_and(|file| file.library)
                || (program.callers(self.function).is_empty()
                    && !file_of(program, self.function)
                        .is_some_and(|path| known.evidence.is_in_program(path))));
        let constant = candidate.constant || (!open && callers.give_constants(self.function, candidate));
        let copied = callers.copied(self.function, candidate);
        let told = (constant != candidate.constant || copied.is_some()).then(|| Candidate {
            constant,
            copied: copied.unwrap_or_else(|| candidate.copied.clone()),
            ..candidate.clone()
        });
        let candidate = told.as_ref().unwrap_or(candidate);
        let Known { evidence, .. } = known;
        let in_callers = callers.places(self.given, candidate, LEVELS);
        // Asked only where another user is to come to it.
        let is_enclosed = rule.actors.iter().any(|actor| matches!(actor, Actor::Attacker | Actor::Stranger))
            && (is_enclosed(&self.body, candidate)
                || std::iter::once(&candidate.place).chain(&in_callers).any(|p| {
                    program.is_in_closed_field(p)
                        || evidence.is_enclosed(p, |u| !is_own_step(program, &self.body, u.inner))
                }));
        // Most candidates have no other side that is asked about.
        let after = OnceCell::new();
        let is_sequel = |step: &(FunctionId, Location)| {
            after.get_or_init(|| sequel(program, &self.body, rule, candidate)).contains(step)
        };
        let surroundings = Surroundings {
            program,
            evidence,
            function: self.function,
            name: &self.summary.name,
            is_async: self.summary.context.is_async,
            is_lazy: candidate.act.effect.operation.domain() == Domain::Memory && self.is_lazy(program),
            one_shot: file_of(program, self.function).is_some_and(names::is_one_shot),
            open,
            own: [
                program.location(candidate.act.effect.site),
                candidate.check.as_ref().and_then(|c| program.location(c.effect.site)),
            ],
            is_enclosed,
            is_sequel: &is_sequel,
            in_callers,
            beside,
            in_order: InOrder::default(),
            act,
        };
        let inner = program.location(candidate.act.effect.site).unwrap_or(act);
        let mut best = match candidate.act.effect.operation.domain() {
            Domain::Channels => self.lost(candidate, surroundings.open, callers.explorer)?,
            _ if rule.is_note() => self.without_race(rule, candidate, callers.explorer)?,
            _ => match self.worst(rule, candidate, &surroundings, callers.explorer, known.thorough) {
                Worst::Found(best) => *best,
                Worst::None => return None,
                Worst::NotSure => return Some(Outcome::PutOff([Some(act), check, Some(inner)])),
            },
        };
        let actor = best.race.witness.actor;
        let apart = own::is_apart(program, self.function, &best.reason, actor);
        match callers.are_safe(self.function, candidate, (actor, apart), LEVELS) {
            true if !self.summary.context.public => return None,
            // What a type's own methods pass says little about those who call it from outside, through an interface perhaps; the lock
            // of what it keeps is its own to take.
            true if surroundings.open
                && candidate.act.effect.operation.domain() != Domain::Memory
                && !names::is_for_its_type(&self.summary.name)
                && callers.are_of_its_type(self.function) => {}
            true => {
                best.confidence = Confidence::Low;
                best.reasons.push("every known caller makes it safe".to_owned());
            }
            false => {}
        }
        if in_files && let Some(why) = own::reason(program, self.function, &candidate.place, apart) {
            best.confidence = Confidence::Low;
            best.reasons.push(why.to_owned());
        }
        let changed_for_good = self.is_changed_for_good(program, known.threads, candidate);
        let unheeded = surroundings.beside.as_ref().is_some_and(|beside| !beside.started) && changed_for_good;
        if best.race.witness.actor == Actor::Bystander
            && (unheeded
                || self.is_set_for_good(program, act, candidate)
                || self.is_set_where_unset(program, known.threads, act, candidate))
        {
            best.confidence = best.confidence.min(Confidence::Low);
            best.reasons.push("others see it before or after, and nothing in between".to_owned());
        }
        if best.race.witness.actor == Actor::Bystander && self.hands_on_the_change(program, candidate) {
            best.confidence = best.confidence.min(Confidence::Low);
            best.reasons.push("the change is all that it is asked for, by who is to be told".to_owned());
        }
        // What is about the lock itself is not kept safe by it.
        let is_lock = (candidate.meaning == Meaning::Claim
            && candidate.act.effect.operation.domain() == Domain::KeyValue)
            || self.works_on_its_own_lock(candidate);
        if best.confidence > Confidence::Low
            && best.race.consequence != Consequence::DoubleOwner
            && !is_lock
            // A lock on a file keeps no thread out of what all threads share.
            && !of_process
            && !candidate.cover.is_broken()
            // Nor does what is held around the loop that starts several keep these apart.
            && !matches!(best.reason, Reason::SideBySide)
            && !is_read_heedlessly(program, known, &best, callers)
            && let Some(why) = self.guarded(program, known, candidate, (check, act, inner), callers)
        {
            best.confidence = Confidence::Low;
            best.reasons.push(why.to_owned());
        }

        if best.confidence > Confidence::Low
            && best.race.consequence == Consequence::SpuriousFailure
            && !surroundings.open
            && callers.are_heedless(self.function)
        {
            best.confidence = Confidence::Low;
            best.reasons.push("whoever calls it throws the failure away".to_owned());
        }
        if best.confidence > Confidence::Low
            && best.race.consequence == Consequence::SpuriousFailure
            // Of several that the program itself starts, each has its part to do.
            && !matches!(best.reason, Reason::SideBySide | Reason::Own)
            // Where something is written, or removed to be made anew, it is not the error alone that is lost.
            && !candidate.content_follows
            && !candidate.refilled
            && candidate.target.is_none()
            && let Some(failing) = failing(candidate, &best.race)
            && callers.cope_with_failure(self.function, failing.effect.site, failing.depth)
        {
            best.confidence = Confidence::Low;
            best.reasons.push("every known caller tells of the failure at most, and goes on".to_owned());
        }

        let for_all = matches!(best.race.consequence, Consequence::Security | Consequence::DoubleOwner);
        if best.confidence > Confidence::Low
            && !of_process
            && !for_all
            && !surroundings.is_for_all_instances(candidate)
            // Who takes locks against other processes too expects them.
            && !candidate.cover.is_broken()
            && (candidate.serial
                || known.held.are_apart(&own_steps(check, act))
                // What was read when the value was made, nobody else had then.
                || (self.given != self.function && known.held.are_apart(&[act]))
                || known.held.is_apart(self.function)
                || callers.are_serial(known.held, self.function, candidate, LOCK_LEVELS, &mut Vec::new()))
        {
            best.confidence = Confidence::Low;
            best.reasons.push(
                "a mutex keeps the threads apart, and nothing says that another process is there".to_owned(),
            );
        }
        if best.confidence > Confidence::Low
            && !of_process
            && !for_all
            && let Some(why) = own::in_order(&surroundings, candidate, &best.reason)
        {
            best.confidence = Confidence::Low;
            best.reasons.push(why.to_owned());
        }

        let report = (rule.report)(candidate, &best.race);
        let mut related = Vec::new();
        related.extend(check.map(|location| Related { location, message: report.check.to_owned() }));
        for point in candidate.check.iter().chain([&candidate.act]) {
            related.extend(inside(program, point));
        }
        if candidate.same_tick {
            let read = self.time_read(program, candidate, act);
            related.extend(read.or_else(|| time_taken(program, &self.body)));
        }
        if best.race.witness.actor == Actor::Attacker {
            related.extend(name_made(program, &self.body, &candidate.place));
        }
        if let (Reason::Run, Some(run)) = (&best.reason, &candidate.run) {
            let message = "made executable here".to_owned();
            related.extend(location(program, run).map(|location| Related { location, message }));
        }
        let other = match &best.reason {
            Reason::Elsewhere(other) | Reason::Coping(other) | Reason::Likely(_, other) => {
                related.push(other_side(program, other));
                Some(other.found.function)
            }
            Reason::Beside(beside) => {
                related.extend(beside.other.clone());
                None
            }
            _ => None,
        };
        let fails_early = best.race.consequence == Consequence::SpuriousFailure
            && candidate
                .check
                .as_ref()
                .is_some_and(|check| best.race.witness.failure_at(check.effect.site).is_some());
        let finding = Finding {
            rule,
            consequence: best.race.consequence,
            confidence: best.confidence,
            reasons: best.reasons,
            function: self.summary.name.clone(),
            message: report.message,
            help: spelled(program, act, &report.help),
            place: candidate.place.clone(),
            act,
            related,
            witness: best.race.witness,
            fix: None,
            // A child's own directory is no remedy where the function leaves the process elsewhere.
            rewrite: rewrite(rule, candidate, act, check, self.summary).filter(|_| !changed_for_good),
            bounded: best.bounded,
            in_test: self.summary.context.test || self.summary.context.auxiliary,
        };
        let inner_check = candidate.check.as_ref().and_then(|check| program.location(check.effect.site));
        Some(Outcome::Decided(Box::new(Decided {
            finding,
            check,
            inner,
            inner_check,
            depth: candidate.act.depth,
            helpers: candidate.check.as_ref().and_then(|check| {
                let called = |point: &Point| Some(point.through.as_ref()?.1.clone());
                Some([called(check)?, called(&candidate.act)?])
            }),
            of_process,
            fails_early,
            by: [self.given, self.function],
            other,
        })))
    }

    /// Where the time is read that the candidate's name is made of, if that is in the function itself and not where it acts.
    fn time_read(&self, program: &Program, candidate: &Candidate, act: Location) -> Option<Related> {
        let mut read = None;
        candidate.place.any(&mut |kind| {
            if let PlaceKind::Unique(Uniqueness::Time, number) = kind {
                read = self.summary.moments.iter().find(|(known, _)| known == number).map(|(_, span)| *span);
            }
            read.is_some()
        });
        let span = read.filter(|span| !act.span.contains(*span))?;
        let location = Location { file: program.file_of(self.function), function: self.function, span };
        Some(Related { location, message: "the time is read here".to_owned() })
    }

    /// What the act does to work that another method has left running, or to who has taken since what another took before.
    fn beside_method(
        &self,
        program: &Program,
        known: Known<'_>,
        rule: &'static Rule,
        candidate: &Candidate,
        act: Location,
        explorer: &Explorer,
    ) -> Option<Decided> {
        let (function, consequences) = (self.function, rule.consequences);
        let ((race, related), why) = match candidate.act.effect.operation.domain() {
            Domain::KeyValue => (
                known.given_back.race(program, function, candidate, consequences, explorer)?,
                "the lock goes by itself when its time is over, and its next owner's is deleted",
            ),
            _ => (
                known.left_running.race(program, function, candidate, consequences, explorer)?,
                "another method of the same value leaves work running that uses it",
            ),
        };
        let report = (rule.report)(candidate, &race);
        let finding = Finding {
            rule,
            consequence: race.consequence,
            confidence: Confidence::Medium,
            reasons: vec![why.to_owned()],
            function: self.summary.name.clone(),
            message: report.message,
            help: spelled(program, act, &report.help),
            place: candidate.place.clone(),
            act,
            related,
            witness: race.witness,
            fix: None,
            rewrite: None,
            bounded: false,
            in_test: self.summary.context.test || self.summary.context.auxiliary,
        };
        Some(Decided {
            finding,
            check: None,
            inner: act,
            inner_check: None,
            depth: 0,
            helpers: None,
            of_process: false,
            fails_early: false,
            by: [self.given, self.function],
            other: None,
        })
    }

    /// Whether what the function makes is made where it is first wanted, and not by an owner who starts it.
    fn is_lazy(&self, program: &Program) -> bool {
        let starts = |caller: &FunctionId| {
            program.function(*caller).is_none_or(|caller| made_once::is_start(&caller.name))
        };
        made_once::is_lazy(&self.summary.name)
            || (!made_once::is_start(&self.summary.name)
                && !program.callers(self.function).iter().all(starts))
    }

    /// Whether this is a method of a type that is a lock, by its name, and about the lock's own file: refreshing it, say.
    fn works_on_its_own_lock(&self, candidate: &Candidate) -> bool {
        let mut names = self.summary.name.rsplit("::").skip(1);
        let owner = names.next().filter(|_| self.summary.has_receiver);
        let places = [Some(&candidate.place), candidate.target.as_ref()];
        owner.is_some_and(|owner| names::hint_in(owner).is_some_and(|hint| hint.lock))
            && places.into_iter().flatten().any(|place| names::hint(place).is_some_and(|hint| hint.lock))
    }

    /// What is lost between the function and its own work, whom nobody else disturbs. Where the program ends with the function, nothing
    /// is lost that anybody waits for; and a program that hands on the first failure mostly ends with it, while a library goes on to
    /// hold what the others hold.
    fn lost(&self, candidate: &Candidate, open: bool, explorer: &Explorer) -> Option<Proven> {
        let question = scenario(&self.body, candidate, &candidate.place, Actor::Task);
        let race = explorer.explore(&question, |_| true).races.into_iter().next()?;
        let waits = race.witness.steps.last().is_some_and(|step| step.lane == Lane::A);
        let mut reasons = vec!["all that sends and takes is in sight".to_owned()];
        let mut confidence = Confidence::High;
        if !waits && !open {
            confidence = Confidence::Low;
            reasons.push("the first failure is handed on, and a program mostly ends with that".to_owned());
        }
        let shown = waits || !self.summary.context.main;
        shown.then_some(Proven { race, reason: Reason::Own, confidence, reasons, bounded: false })
    }

    /// That there is no race beside any of the rule's actors, where that is so.
    fn without_race(&self, rule: &Rule, candidate: &Candidate, explorer: &Explorer) -> Option<Proven> {
        let benign = |actor: &Actor| {
            let exploration =
                explorer.explore(&scenario(&self.body, candidate, &candidate.place, *actor), |_| true);
            exploration.races.is_empty() && !exploration.bounded
        };
        let actor = rule.actors.iter().all(benign).then(|| rule.actors.first().copied()).flatten()?;
        let loss = "nothing: no order of steps ends differently".to_owned();
        let witness = Witness {
            actor,
            initial: "anything".to_owned(),
            steps: Vec::new(),
            loss,
            failures: Vec::new(),
            script: Script::default(),
        };
        Some(Proven {
            race: Race { consequence: Consequence::RedundantCheck, reached: true, witness },
            reason: Reason::None,
            confidence: Confidence::High,
            reasons: vec!["no order of steps ends differently".to_owned()],
            bounded: false,
        })
    }

    /// The race that is reported: among those that are shown by default, the worst. Unless it is to be `thorough`, only what may be shown
    /// by default is explored.
    fn worst(
        &self,
        rule: &Rule,
        candidate: &Candidate,
        surroundings: &Surroundings<'_>,
        explorer: &Explorer,
        thorough: bool,
    ) -> Worst {
        let mut actors: Vec<(Actor, Reason)> =
            rule.actors.iter().map(|actor| (*actor, surroundings.reason(*actor, candidate))).collect();
        actors.retain(|(actor, _)| candidate.with_own_work == (*actor == Actor::Task));
        // Beside who only makes the place, a removal that rests on no answer is a race wherever it stands. It is worth telling where
        // this run made the place under a lock, as the next one will, or removes the lock.
        let told = candidate.check.as_ref().is_none_or(|check| {
            candidate.says.is_some()
                || check.effect.created().is_some()
                || matches!(check.effect.operation, Operation::Lock { .. })
        });
        actors.retain(|(actor, _)| *actor != Actor::Creator || told || !candidate.removes());
        // Who removes what is moved onto a free place leaves that as it was found.
        let onto_free = matches!(candidate.act.effect.operation, Operation::Rename { .. })
            && candidate.says == Some(Says::Absent);
        actors.retain(|(actor, _)| *actor != Actor::Remover || !onto_free);
        // What is lost by an end in between is that the key never expires, and by nothing else.
        let expires = candidate.act.effect.operation == Operation::Key(KeyOperation::Expire);
        actors.retain(|(actor, _)| expires == (*actor == Actor::Crash));
        // A helper's write is looked at from its callers for what they know about the path.
        if candidate.check.is_none() && candidate.act.depth > 0 {
            actors.retain(|(_, reason)| !matches!(reason, Reason::None));
        }
        // Where nobody can write but who runs it, going by a path twice is nobody's to use.
        if candidate.again {
            actors.retain(|(actor, reason)| *actor == Actor::Attacker && !matches!(reason, Reason::None));
        }
        // Those without a reason last: they need no exploring where another race is shown.
        actors.sort_by_key(|(_, reason)| matches!(reason, Reason::None));
        let all = actors.len();
        // How sure a race is does not depend on its schedule.
        let may_be_shown = |(actor, reason): &(Actor, Reason)| {
            rule.consequences.iter().any(|consequence| {
                let loss = Loss { actor: *actor, consequence: *consequence };
                judge(candidate, loss, reason, surroundings).0 >= Confidence::Medium
            })
        };
        actors.retain(|actor| thorough || may_be_shown(actor));
        let left_out = actors.len() < all;
        let narrowed = (size(&self.body) > LARGE).then(|| narrow(&self.body, candidate));
        let body = narrowed.as_ref().unwrap_or(&self.body);
        let mut best: Option<Proven> = None;
        let mut undecided = None;
        for (actor, reason) in actors {
            if matches!(reason, Reason::None)
                && best.as_ref().is_some_and(|b| b.confidence >= Confidence::Medium)
            {
                break;
            }
            // A loss of another kind is another rule's to tell.
            let wanted = |consequence| {
                // An entry that is replaced after the listing is as good as one that was replaced before.
                rule.consequences.contains(&consequence)
                    && (!candidate.is_listed() || consequence == Consequence::SpuriousFailure)
            };
            let exploration = explorer.explore(&scenario(body, candidate, &candidate.place, actor), wanted);
            let exploration =
                match exploration.bounded && exploration.races.is_empty() && own::is_process(actor) {
                    true => {
                        let rest = noticed(&self.body, candidate);
                        // Without its looks, the code fails where it would not.
                        let lost =
                            |consequence| wanted(consequence) && consequence != Consequence::SpuriousFailure;
                        explorer.explore(&scenario(&rest, candidate, &candidate.place, actor), lost)
                    }
                    false => exploration,
                };
            // Work that is started may begin as late as it likes: what is shown without it is shown.
            let exploration = match exploration.bounded && exploration.races.is_empty() {
                true => match without_work(body, candidate) {
                    Some(rest) => {
                        explorer.explore(&scenario(&rest, candidate, &candidate.place, actor), wanted)
                    }
                    None => exploration,
                },
                false => exploration,
            };
            if exploration.bounded && exploration.races.is_empty() {
                undecided.get_or_insert(actor);
            }
            for race in exploration.races {
                if !race.reached || !is_about(candidate, &race) {
                    continue;
                }
                let loss = Loss { actor, consequence: race.consequence };
                let (confidence, reasons) = judge(candidate, loss, &reason, surroundings);
                let proven = Proven { race, reason: reason.clone(), confidence, reasons, bounded: false };
                if best.as_ref().is_none_or(|b| b.rank() < proven.rank()) {
                    best = Some(proven);
                }
            }
        }
        if left_out && best.as_ref().is_none_or(|best| best.confidence < Confidence::Medium) {
            return Worst::NotSure;
        }
        // What is too large to explore is never taken for benign.
        best.or_else(|| Some(Proven::undecided(rule, undecided?)))
            .map_or(Worst::None, |best| Worst::Found(Box::new(best)))
    }
}

/// What exploring a candidate came to.
enum Worst {
    /// This race.
    Found(Box<Proven>),
    /// No race.
    None,
    /// None that is shown by default; the rest was not explored.
    NotSure,
}

/// Which of the candidate's steps fails, as the schedule goes.
fn failing<'c>(candidate: &'c Candidate, race: &Race) -> Option<&'c Point> {
    let steps = candidate.check.iter().chain([&candidate.act]);
    steps.into_iter().find(|step| race.witness.failure_at(step.effect.site).is_some())
}

/// Whether the place is told by what a function is given.
fn is_passed_in(place: &Place) -> bool {
    place.any(&mut |kind| matches!(kind, PlaceKind::Parameter { .. }))
}

fn file_of(program: &Program, function: FunctionId) -> Option<&str> {
    program.file(program.file_of(function)).map(|f| f.path.as_str())
}

/// The question whether the candidate is a race beside this actor.
fn scenario<'a>(body: &'a Block, candidate: &Candidate, place: &'a Place, actor: Actor) -> Scenario<'a> {
    Scenario {
        body,
        place,
        check: candidate.check.as_ref().map(|point| point.effect.site),
        act: candidate.act.effect.site,
        actor,
        // A lock that does not do what it is there for is to blame itself, and so is a directory that is shown before it is full. What
        // another puts there is lost unseen in the gap, even if it were lost a moment later too.
        by_gap: !candidate.cover.is_broken()
            && candidate.meaning != Meaning::Ready
            && actor != Actor::Replacer,
    }
}

/// Where the function's own source causes the effect.
fn location(program: &Program, point: &Point) -> Option<Location> {
    program.location(point.root())
}
