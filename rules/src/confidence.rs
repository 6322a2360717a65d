//! How sure a finding is. All ranking is in this file and its rooms, for listings, for what is done in order or elsewhere, for what is no file and
//! for what nobody would miss, so that it can be tuned on real code in one place.

mod elsewhere;
mod harmless;
mod listing;
mod order;
mod unfiled;

use crate::cleaned;
use crate::evidence::{Evidence, Other, Role, Strength, Use};
use crate::finding::Confidence;
use crate::in_order::InOrder;
use crate::made_once;
use crate::names::{self, Hint};
use crate::pairs::{Candidate, Cover, Meaning, Point, Relation};
use crate::side_by_side;
use crate::threads::Beside;
use crate::trace::Says;
use fsrace_analyzer::explore::{Actor, Consequence};
use fsrace_analyzer::flow::{
    Certainty, Domain, Effect, OnFailure, OpenFlags, Operation, Place, PlaceKind, RemoveKind, Root,
};
use fsrace_analyzer::link::{FunctionId, Location, Program, takes_long};
use rustc_hash::FxHashSet;

/// How many calls lead from who makes a value of what a file holds, and puts it back, to the reading and to the writing.
const LEADING: usize = 3;

/// Variables that name a directory in which all instances of a program look.
const HOMES: [&str; 6] =
    ["HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR", "XDG_STATE_HOME"];

/// Why another actor is plausible.
#[derive(Clone, Debug)]
pub enum Reason {
    /// Anything can be started twice.
    Itself,
    /// The program itself runs several at the same time.
    SideBySide,
    /// The program elsewhere does what the actor does.
    Elsewhere(Other),
    /// The program elsewhere reads it, but copes with half a file.
    Coping(Other),
    /// The name says that places like this are touched by others.
    Named(&'static str),
    /// It lies in a directory that everybody knows.
    SharedRoot(Root),
    /// The code itself shuts others out, later.
    Narrowed,
    /// Whoever may run this function may have created the place in another way.
    Instance,
    /// The name says who else reads it, and the program elsewhere reads paths that are made like this one.
    Likely(&'static str, Other),
    /// What lies there is another's to change, who is kept in by it.
    KeptIn,
    /// It lies in a directory that is made for its owner alone.
    Enclosed,
    /// It is made executable, for others to run.
    Run,
    /// It is made ready aside, so that others see it whole.
    Staged,
    /// It is started by the function itself.
    Own,
    /// Other threads share what is changed.
    Beside(Beside),
    /// None is known.
    None,
}

/// What is lost, and beside whom: all of a race that its confidence goes by, so that one can be judged before it is found.
#[derive(Clone, Copy, Debug)]
pub struct Loss {
    /// Beside whom.
    pub actor: Actor,
    /// What it costs.
    pub consequence: Consequence,
}

/// What the candidate's surroundings say.
pub struct Surroundings<'a> {
    /// The program.
    pub program: &'a Program,
    /// Who does what elsewhere.
    pub evidence: &'a Evidence,
    /// The candidate's function.
    pub function: FunctionId,
    /// The name of that function.
    pub name: &'a str,
    /// Whether it is part of a command that makes something new where the user says.
    pub one_shot: bool,
    /// Whether anybody may call it and nobody here does: a library's function, which two may well call at once.
    pub open: bool,
    /// The candidate's own effects, which are no evidence of another side.
    pub own: [Option<Location>; 2],
    /// Whether what it makes is made where it is first wanted, and not by an owner who starts it.
    pub is_lazy: bool,
    /// Whether no other user comes to it: this function or another makes a directory around it for its owner alone.
    pub is_enclosed: bool,
    /// Whether the functions that lead to the act always do this after it.
    pub is_sequel: &'a dyn Fn(&(FunctionId, Location)) -> bool,
    /// Whether it is async: such programs serve many at once.
    pub is_async: bool,
    /// What the place is in the terms of the known callers.
    pub in_callers: Vec<Place>,
    /// Who runs beside it, where it changes what threads share.
    pub beside: Option<Beside>,
    /// Where the act stands in the function's own source.
    pub act: Location,
    /// What one run does in order.
    pub in_order: InOrder,
}

impl Surroundings<'_> {
    /// Why this actor may run beside the candidate.
    pub fn reason(&self, actor: Actor, candidate: &Candidate) -> Reason {
        if let Some(beside) = &self.beside {
            return Reason::Beside(beside.clone());
        }
        if candidate.is_listed() {
            return listing::reason(self, actor, candidate);
        }
        let place = &candidate.place;
        let hint = self.hint(place);
        // What the act's own function does besides is no other side.
        let [acting, _] = self.own.map(|own| own.map(|location| location.function));
        let in_order = order::Question::of(self, actor, candidate);
        let kind = elsewhere::kind(candidate);
        let is_another = |u: &Use| {
            u.function != self.function
                && Some(u.function) != acting
                && Some(u.inner.function) != acting
                && !(self.is_sequel)(&(u.function, u.inner))
                && !elsewhere::is_met(u, kind)
                // Who reads before it writes, updates; and who looks before it does nothing but write, makes what is
                // missing.
                && !in_order.is_met(u, candidate.check.is_some() && (u.role != Role::Reads || u.lists))
        };
        let in_another = |roles: &[Role]| self.evidence.find(place, roles, is_another);
        let named = |accept: fn(&Hint) -> bool| hint.filter(accept).map(|h| Reason::Named(h.word));
        match actor {
            Actor::Itself if self.are_side_by_side(candidate) => Some(Reason::SideBySide),
            Actor::Itself | Actor::ItselfTask | Actor::ItselfThread => Some(Reason::Itself),
            Actor::Task => Some(Reason::Own),
            Actor::Creator => in_another(&[Role::Creates]).map(Reason::Elsewhere).or(Some(Reason::Instance)),
            Actor::Remover => self
                .evidence
                .find_removal(place, |u| {
                    !self.own.contains(&Some(u.inner))
                        && !in_order.is_met(u, true)
                        && !elsewhere::is_met(u, kind)
                })
                .map(Reason::Elsewhere)
                .or_else(|| named(|h| h.cleaned).filter(|_| !self.is_cleaned_otherwise(place)))
                .or_else(|| {
                    (names::shared_root(place) == Some(Root::Temp)).then_some(Reason::SharedRoot(Root::Temp))
                }),
            Actor::Reader => {
                // Who takes half of a lock for none and makes it anew has lost it; who only waits for it to say something has not.
                let is_lock = hint.is_some_and(|hint| hint.lock);
                // Where a file is written, there is no directory to list, unless one went for it.
                let is_file = matches!(
                    candidate.act.effect.operation,
                    Operation::Open(_) | Operation::Write | Operation::Copy
                ) && candidate
                    .check
                    .as_ref()
                    .is_none_or(|check| check.effect.operation != Operation::Remove(RemoveKind::Tree));
                // Who lists a directory to clear it takes nothing from there.
                let asks = |u: &Use| u.opens && self.program.is_only_asked_about(u.inner);
                let reads = |u: &Use| is_another(u) && !(u.lists && (is_file || u.clears)) && !asks(u);
                let strict = self
                    .evidence
                    .find(place, &[Role::Reads], |u| ((is_lock && u.takes) || !u.tolerant) && reads(u));
                let coping = self.evidence.find(place, &[Role::Reads], reads).filter(|_| strict.is_none());
                if let Some(other) = coping.filter(|other| other.strength > Strength::Computed) {
                    return Reason::Coping(other);
                }
                let found = strict;
                // Who only asks whether it is there takes it for whole, if it is this very place; unless that is to clear it too.
                let asked = self
                    .evidence
                    .find(place, &[Role::Checks], |u| is_another(u) && !u.asks_open)
                    .filter(|_| !only_adds(candidate))
                    .filter(|other| other.strength == Strength::Full && !other.found.clears);
                let sure = found.clone().filter(|other| other.strength > Strength::Computed).or(asked);
                let word = hint.filter(|h| !h.scratch && !h.edited).map(|h| h.word);
                sure.map(Reason::Elsewhere)
                    .or_else(|| candidate.run.is_some().then_some(Reason::Run))
                    .or_else(|| candidate.staged.then_some(Reason::Staged))
                    .or_else(|| Some(Reason::Likely(word?, found.clone()?)))
                    .or_else(|| named(|h| !h.scratch))
                    .or_else(|| names::shared_root(place).map(Reason::SharedRoot))
                    .or_else(|| found.map(Reason::Elsewhere))
            }
            Actor::Visitor => in_another(&[Role::Reads, Role::Checks])
                .filter(|other| other.strength == Strength::Full && !other.found.clears)
                .map(Reason::Elsewhere)
                .or(Some(Reason::Instance)),
            Actor::Updater => in_another(&[Role::Writes, Role::Replaces]).map(Reason::Elsewhere),
            Actor::Replacer => in_another(&[Role::Replaces]).map(Reason::Elsewhere),
            Actor::Acquirer => named(|h| h.lock).or_else(|| {
                let exclusive = matches!(
                    candidate.act.effect.operation,
                    Operation::Open(OpenFlags { create_new: true, .. })
                );
                (exclusive || candidate.meaning == Meaning::Claim).then_some(Reason::Instance)
            }),
            Actor::Attacker | Actor::Stranger if self.is_enclosed => Some(Reason::Enclosed),
            Actor::Attacker if names::is_open_to_all(place) => Some(Reason::SharedRoot(Root::Temp)),
            // Who can write a directory can put anything under any name in it.
            Actor::Attacker => self
                .evidence
                .find(&place.parent(), &[Role::Opens], |_| true)
                .filter(|other| other.strength == Strength::Full)
                .map(Reason::Elsewhere)
                .or_else(|| self.is_anothers(place).then_some(Reason::KeptIn)),
            Actor::Stranger => Some(Reason::Narrowed),
            // Any process may end at any time.
            Actor::Crash => Some(Reason::Instance),
            Actor::Bystander => None,
        }
        .unwrap_or(Reason::None)
    }

    /// How surely another instance works on the candidate's repository.
    fn repository(&self, candidate: &Candidate) -> (Confidence, String) {
        let places = || std::iter::once(&candidate.place).chain(&self.in_callers);
        let root = places().find_map(names::shared_root);
        match root {
            Some(Root::Cache | Root::Data | Root::State | Root::Config | Root::Temp | Root::Runtime) => {
                (Confidence::High, "the repository lies where all instances look".to_owned())
            }
            Some(_) => (
                Confidence::Medium,
                "the repository lies below a directory that all instances know".to_owned(),
            ),
            None if places().any(|place| names::hint(place).is_some_and(|hint| !hint.scratch)) => {
                (Confidence::Medium, "by its name the repository is for all instances".to_owned())
            }
            None => {
                (Confidence::Low, "nothing says that another instance works on the repository".to_owned())
            }
        }
    }

    /// Whether the place is inside of what keeps another in, by its name, that of the function, or those that callers have for it.
    fn is_anothers(&self, place: &Place) -> bool {
        let passed_in =
            place.any(&mut |kind| matches!(kind, PlaceKind::Parameter { .. } | PlaceKind::Opaque { .. }));
        names::is_anothers(place)
            || self.in_callers.iter().any(names::is_anothers)
            || (passed_in && self.name.rsplit("::").take(2).any(names::is_of_another))
    }

    /// What names say: the place's own, or the function's where the place is only passed in.
    fn hint(&self, place: &Place) -> Option<Hint> {
        names::hint(place).or_else(|| {
            let passed_in = place.any(&mut |kind| matches!(kind, PlaceKind::Parameter { .. }));
            let named = passed_in.then(|| names::hint_in(names::last(self.name))).flatten();
            named.or_else(|| self.in_callers.iter().find_map(names::hint))
        })
    }

    /// Whether the place, here or as a caller names it, lies where all instances of a program look.
    pub fn is_for_all_instances(&self, candidate: &Candidate) -> bool {
        let by_a_variable = |place: &Place| {
            place.any(&mut |kind| matches!(kind, PlaceKind::Environment(name) if HOMES.contains(&&**name)))
        };
        names::shared_root(&candidate.place).is_some()
            || self.is_shared_by_callers()
            || by_a_variable(&candidate.place)
    }

    /// Whether the place, as a caller names it, lies in a directory that everybody knows.
    fn is_shared_by_callers(&self) -> bool {
        self.in_callers.iter().any(|place| names::shared_root(place).is_some())
    }

    /// Whether the place is shared on evidence: other functions use its class, or it lies in a well-known root.
    fn is_shared(&self, place: &Place) -> bool {
        const ALL: [Role; 7] = [
            Role::Reads,
            Role::Checks,
            Role::Creates,
            Role::Writes,
            Role::Replaces,
            Role::Removes,
            Role::RemovesTree,
        ];
        names::shared_root(place).is_some()
            || self.is_shared_by_callers()
            || self
                .evidence
                .find(place, &ALL, |u| u.function != self.function)
                .is_some_and(|o| o.strength == Strength::Full)
    }

    /// Whether what is moved over the place is for others to find: it is no mere argument, or names say what is kept there, or
    /// getting it takes its time.
    fn is_kept(&self, place: &Place) -> bool {
        let mut names = self.name.rsplit("::");
        let is_known = |place: &Place| {
            place.any(&mut |kind| {
                matches!(
                    kind,
                    PlaceKind::Field { .. }
                        | PlaceKind::Constant(_)
                        | PlaceKind::Root(_)
                        | PlaceKind::Environment(_)
                )
            })
        };
        is_known(place)
            || names::hint(place).is_some()
            || self.in_callers.iter().any(is_known)
            || names.by_ref().take(2).any(|name| names::hint_in(name).is_some() || names::is_atomic(name))
            || takes_long(self.name, 2)
    }

    /// Whether the name of the file comes from a caller, of whom none is known, and nothing says what is kept there: two functions
    /// that take a name are not about one file for that.
    fn is_handed_through(&self, place: &Place) -> bool {
        let name = match place.kind() {
            PlaceKind::Join(_, name) => name,
            _ => return false,
        };
        let handed = self.open && self.in_callers.is_empty();
        handed && matches!(name.kind(), PlaceKind::Parameter { .. }) && !self.is_kept_by_the_program(place)
    }

    /// Whether the place holds what programs keep for themselves, such as state and caches, and not what people edit.
    fn is_kept_by_the_program(&self, place: &Place) -> bool {
        let lies_there = |place: &Place| {
            matches!(
                names::shared_root(place),
                Some(Root::Cache | Root::State | Root::Data | Root::Runtime | Root::Temp)
            )
        };
        self.hint(place).is_some_and(|hint| !hint.edited)
            || lies_there(place)
            || self.in_callers.iter().any(lies_there)
    }

    /// Whether those who are known to call the reader do so when they start, by their names, and nobody else does.
    fn is_read_at_start(&self, reader: &Use) -> bool {
        let callers = self.program.callers(reader.function);
        let starts = |caller: &FunctionId| {
            self.program.function(*caller).is_some_and(|caller| {
                made_once::is_start(&caller.name) || made_once::is_constructor(&caller.name)
            })
        };
        !callers.is_empty() && callers.iter().all(starts)
    }

    /// Whether the program itself runs several of the candidate's function at once, and no mutex keeps them apart.
    fn are_side_by_side(&self, candidate: &Candidate) -> bool {
        candidate.act.effect.operation.domain() == Domain::Files
            && !candidate.serial
            && !self.is_one_step(candidate)
            && side_by_side::are_run_on(self.program, self.function, &candidate.place)
            && self
                .checker(candidate)
                .is_none_or(|first| side_by_side::are_run_on(self.program, first, &candidate.place))
    }

    /// The function that checks for the one that acts, where it is another, as who makes a value for its methods.
    fn checker(&self, candidate: &Candidate) -> Option<FunctionId> {
        let check = self.program.location(candidate.check.as_ref()?.root())?;
        Some(check.function).filter(|first| *first != self.function)
    }

    /// Whether nothing else of the event loop that the function runs in comes between the candidate's steps, since it does not wait there.
    fn is_one_step(&self, candidate: &Candidate) -> bool {
        let waits = self.program.function(self.function).and_then(|function| function.waits.as_ref());
        let at = |point: &Point| {
            let site = point.root();
            self.program.location(site).filter(|location| location.function == self.function)
        };
        let (Some(waits), Some(check)) = (waits, candidate.check.as_ref()) else { return false };
        let (Some(first), Some(last)) = (at(check), at(&candidate.act)) else { return false };
        first.span.start <= last.span.start
            && !waits.iter().any(|wait| wait.start < last.span.end && first.span.start < wait.end)
    }

    /// Whether the program itself is known to clean up without removing the place: what lies in it goes one by one, or another takes
    /// its place at once.
    fn is_cleaned_otherwise(&self, place: &Place) -> bool {
        let entry = place.join(&Place::new(PlaceKind::Opaque { id: u32::MAX, name: "".into() }));
        let known = |other: Option<Other>| other.is_some_and(|other| other.strength == Strength::Full);
        known(self.evidence.find_entry_removal(&entry, |_| true))
            || known(self.evidence.find(place, &[Role::Replaces], |_| true))
    }

    /// Whether nobody is known to call the candidate's function.
    fn is_uncalled(&self) -> bool {
        self.program.callers(self.function).is_empty()
    }

    /// Whether one function leads both to the candidate's and to that which reads the place, in a few calls: it makes a value of what is
    /// there, changes that, and puts it back.
    fn is_updated_with(&self, reader: &Use) -> bool {
        let leading_to = |function: FunctionId| {
            let mut found = FxHashSet::from_iter([function]);
            let mut newest = vec![function];
            for _ in 0..LEADING {
                let callers = newest.iter().flat_map(|function| self.program.callers(*function)).copied();
                newest = callers.filter(|caller| found.insert(*caller)).collect();
            }
            found
        };
        !leading_to(self.function).is_disjoint(&leading_to(reader.function))
    }

    /// Whether the place is a lock by its name that the program makes and nobody reads: that it is there is all that it says.
    fn is_claimed_by_existence(&self, place: &Place) -> bool {
        let used =
            |role| self.evidence.find(place, &[role], |u| !self.own.contains(&Some(u.inner))).is_some();
        self.hint(place).is_some_and(|hint| hint.lock) && used(Role::Creates) && !used(Role::Reads)
    }

    /// Whether others take a lock to write the place, where the candidate takes none: they expect somebody.
    fn is_locked_elsewhere(&self, candidate: &Candidate) -> bool {
        const WRITES: [Role; 2] = [Role::Writes, Role::Replaces];
        !candidate.locked
            && candidate.cover == Cover::Unlocked
            && self.evidence.find(&candidate.place, &WRITES, |u| u.locked).is_some()
    }

    /// Whether the program anywhere looks at the place, or at what lies beside it.
    fn is_looked_at(&self, place: &Place) -> bool {
        let by_any = |place: &Place, roles: &[Role]| self.evidence.find(place, roles, |_| true).is_some();
        by_any(place, &[Role::Reads, Role::Checks]) || by_any(&place.parent(), &[Role::Reads])
    }

    /// Whether another function uses a file of this name.
    fn is_named_elsewhere(&self, place: &Place) -> bool {
        const USES: [Role; 4] = [Role::Reads, Role::Writes, Role::Replaces, Role::Creates];
        self.evidence
            .find(place, &USES, |u| u.function != self.function && !self.own.contains(&Some(u.inner)))
            .is_some_and(|o| o.strength > Strength::Computed)
    }

    /// Whether somebody else writes other content to the place than what is the same for all.
    fn has_other_writer(&self, candidate: &Candidate) -> bool {
        const WRITES: [Role; 3] = [Role::Writes, Role::Replaces, Role::Creates];
        let filling: Vec<_> =
            candidate.writes.iter().filter_map(|write| self.program.location(write.site)).collect();
        let others =
            |u: &Use| !u.constant && !self.own.contains(&Some(u.inner)) && !filling.contains(&u.inner);
        self.evidence.find(&candidate.place, &WRITES, others).is_some_and(|o| o.strength > Strength::Computed)
            || self.name.rsplit_once("::").is_some_and(|(owner, _)| self.evidence.writes_its_fields(owner))
    }
}

/// Judges one loss, with the sentences that say why.
pub fn judge(
    candidate: &Candidate,
    loss: Loss,
    reason: &Reason,
    surroundings: &Surroundings<'_>,
) -> (Confidence, Vec<String>) {
    if let Reason::Beside(beside) = reason {
        return (beside.level, vec![beside.why.clone()]);
    }
    if candidate.act.effect.operation.domain() == Domain::KeyValue {
        let (level, why) = unfiled::in_store(candidate, loss);
        return (level, vec![why.to_owned()]);
    }
    if candidate.act.effect.operation.domain() == Domain::Memory {
        let (level, why) = unfiled::in_memory(candidate, surroundings);
        return (level, vec![why.to_owned()]);
    }
    let place = &candidate.place;
    let shared =
        [Some(place), candidate.target.as_ref()].into_iter().flatten().any(|p| surroundings.is_shared(p));
    let mut verdict = Verdict { level: Confidence::High, reasons: Vec::new() };

    let listed = candidate.is_listed();
    let (level, why) = match listed {
        true => listing::met(candidate, reason, surroundings),
        false => met(candidate, loss, reason, surroundings, shared),
    };
    verdict.at_most(level, &why);
    // One entry that is gone leaves all the others undone.
    if let Some(why) = harmless::reason(candidate, loss, reason, surroundings, shared).filter(|_| !listed) {
        verdict.at_most(Confidence::Low, why);
    }
    let alone = matches!(reason, Reason::Itself | Reason::Instance) && !updates(candidate);
    if surroundings.one_shot && (alone || !shared) {
        verdict.at_most(Confidence::Low, "a command that makes something new where its user says");
    }
    // Who wants to be in the way can guess the number of a process or the time, and not what is random.
    let numbered = place.any(&mut |kind| matches!(kind, PlaceKind::Unique(..)));
    let guessed = loss.consequence == Consequence::Security && numbered;
    let differs = numbered || names::is_random(place);
    if !guessed && !candidate.same_tick && differs {
        verdict.at_most(Confidence::Low, "the name differs from run to run");
    }
    // Who claims it, or takes a lock for it, expects others all the same; and so does who does the other side itself.
    let expected = candidate.meaning == Meaning::Claim || candidate.cover.is_broken();
    let other = matches!(reason, Reason::Elsewhere(other) if other.strength == Strength::Full);
    if names::is_immune(place) && !expected && !other {
        verdict.at_most(Confidence::Low, "only root can write where it lies");
    }
    if candidate.moved && !candidate.staged && !other {
        verdict.at_most(
            Confidence::Low,
            "what was there is moved, and nobody is known to look for it meanwhile",
        );
    }
    if candidate.own {
        verdict.at_most(Confidence::Low, "this very run made what is there");
    }
    // Whatever it is moved over, whoever writes that takes the same temporary name; and whoever changes what is kept in there finds
    // it by any name.
    let found = candidate.target.is_some() || matches!(reason, Reason::KeptIn);
    if !candidate.long && !found && is_nameless(place) {
        verdict.at_most(Confidence::Low, "a part of the path is not known at all");
    }
    let presumed = [Some(&candidate.act), candidate.check.as_ref()]
        .into_iter()
        .flatten()
        .any(|point| point.effect.certainty == Certainty::Presumed);
    let opaque = is_partly_unknown(place);
    match (presumed, opaque) {
        (true, true) => verdict.at_most(Confidence::Low, "neither the path nor the operation is fully known"),
        (true, false) => {
            verdict.at_most(Confidence::Low, "an operation is known by its method's name only");
        }
        (false, true) if listed => {}
        (false, true) => {
            let level = if is_weak(candidate, loss, reason) { Confidence::Low } else { Confidence::Medium };
            verdict.at_most(level, "the path is not fully known");
        }
        (false, false) => {}
    }
    // Who fetches anew means to have it whole, for whatever reasons.
    let clones = matches!(candidate.act.effect.operation, Operation::Update | Operation::Populate { .. });
    if candidate.relation != Relation::Same {
        let likely = shared || surroundings.hint(place).is_some();
        let plain = !opaque && (candidate.certain || clones);
        let level = if likely && plain { Confidence::Medium } else { Confidence::Low };
        verdict.at_most(level, "the check is of something below the place acted on");
    }
    if !candidate.certain {
        // A program that does it in other cases too does not mean to spare what is there.
        let spares = candidate.joint || expected || surroundings.open || updates(candidate) || clones;
        // A library's caller may well choose what the other reasons are about.
        let weak = is_weak(candidate, loss, reason) && !surroundings.open;
        let level = if spares && !weak { Confidence::Medium } else { Confidence::Low };
        verdict.at_most(level, "the check is one of several reasons to act");
    }
    // Nor does a lock keep out who is known to read without it.
    let heedless = loss.actor == Actor::Reader
        && matches!(reason, Reason::Elsewhere(other) | Reason::Likely(_, other) if !other.found.locked);
    if candidate.cover == Cover::Whole && !heedless {
        verdict.at_most(Confidence::Low, "one lock is held from the first step to the last");
    }
    // What comes after the lock is given up is beside whoever takes it next.
    if candidate.locked
        && !heedless
        && candidate.cover != Cover::Early
        && !matches!(reason, Reason::Itself | Reason::SideBySide)
    {
        verdict.at_most(Confidence::Low, "a lock is held: others that take it too are safe");
    }
    (verdict.level, verdict.reasons)
}

/// Whether a part of the path is made in ways that are not known.
fn is_partly_unknown(place: &Place) -> bool {
    place.any(&mut |kind| matches!(kind, PlaceKind::Opaque { .. } | PlaceKind::Result(_)))
}

/// Whether there is a part of which not even a name tells what it is. A field has one, whatever value it is of.
fn is_nameless(place: &Place) -> bool {
    match place.kind() {
        PlaceKind::Opaque { name, .. } => name.is_empty(),
        PlaceKind::Result(_) => true,
        PlaceKind::Field { .. } => false,
        _ => place.parts().any(is_nameless),
    }
}

/// How surely somebody else is at the place at the same time, and why.
fn met(
    candidate: &Candidate,
    loss: Loss,
    reason: &Reason,
    surroundings: &Surroundings<'_>,
    shared: bool,
) -> (Confidence, String) {
    // A check shows a second thought about others, and what is known of them by a name or a path alone needs one.
    let checked = asks(candidate);
    let if_checked = if checked { Confidence::Medium } else { Confidence::Low };
    let fails = loss.consequence == Consequence::SpuriousFailure;
    let removes = only_removes(candidate);
    // Writes do not mind what is there; these refuse.
    let refuses = match candidate.act.effect.operation {
        Operation::CreateDir { all, .. } => !all,
        Operation::Populate { fresh } => fresh,
        Operation::Open(flags) => flags.create_new,
        Operation::Remove(_) | Operation::HardLink | Operation::Symlink => true,
        _ => fails,
    };
    let fatal = refuses && candidate.act.effect.on_failure == OnFailure::Panic;
    let unknown = matches!(candidate.place.kind(), PlaceKind::Opaque { .. });
    match reason {
        _ if names::is_output(&candidate.place)
            && !candidate.staged
            && !is_used_again(candidate)
            && !surroundings.is_shared_by_callers() =>
        {
            (Confidence::Low, "it lies where a tool puts the results of one run".to_owned())
        }
        // A repository that nothing says is shared is the user's own, and who works there knows.
        Reason::Itself if candidate.act.effect.operation == Operation::Update => {
            surroundings.repository(candidate)
        }
        Reason::Itself if candidate.same_tick => {
            (Confidence::Medium, "two that begin within one tick of the clock take the same name".to_owned())
        }
        Reason::SideBySide => {
            (Confidence::High, "the program itself runs several of these at the same time".to_owned())
        }
        Reason::Itself if shared => {
            (Confidence::High, "the place is shared: other code uses it too".to_owned())
        }
        Reason::Instance if shared => (Confidence::Medium, "another instance may create it".to_owned()),
        // Who takes a lock expects others to want it at the same time.
        Reason::Itself | Reason::Instance if candidate.meaning == Meaning::Claim => {
            (Confidence::Medium, "its existence is taken for ownership".to_owned())
        }
        Reason::Itself | Reason::Instance if candidate.cover.is_broken() => {
            (Confidence::Medium, "a lock is taken for this, so others are expected".to_owned())
        }
        Reason::Itself if updates(candidate) && surroundings.is_locked_elsewhere(candidate) => {
            (Confidence::Medium, "other code takes a lock to write this, so others are expected".to_owned())
        }
        Reason::Itself | Reason::Instance if candidate.long && !unknown && !remakes(candidate) => {
            (Confidence::Medium, "what is done in between takes long enough for another to begin".to_owned())
        }
        Reason::Itself | Reason::Instance if fatal => {
            (Confidence::Medium, "the program ends if another comes in between".to_owned())
        }
        Reason::Itself if updates(candidate) && surroundings.is_named_elsewhere(&candidate.place) => {
            (Confidence::Medium, "other code uses a file of this name".to_owned())
        }
        Reason::Itself | Reason::Instance if candidate.refilled && candidate.removes() && !unknown => {
            (Confidence::Medium, "what is removed is made anew, so others want it too".to_owned())
        }
        Reason::Itself if candidate.target.as_ref().is_some_and(|target| surroundings.is_kept(target)) => (
            Confidence::Medium,
            "what it is moved over is kept for others, who use the same temporary name".to_owned(),
        ),
        // Somebody's own content is worth a word even where the window is small, if the code surely means to spare it.
        Reason::Instance if spares_content(candidate) && !unknown && !fails => {
            (Confidence::Medium, "another instance may create it".to_owned())
        }
        // A file that a caller names is the caller's, and one that the code names is all its callers'.
        Reason::Itself
            if surroundings.open
                && updates(candidate)
                && !is_of_its_own(&candidate.place)
                && !surroundings.is_uncalled()
                && !surroundings.is_kept_by_the_program(&candidate.place) =>
        {
            (Confidence::Low, "nothing says that two callers update it at the same time".to_owned())
        }
        Reason::Itself | Reason::Instance if surroundings.open && !unknown => {
            // Whoever makes a place anew thinks of no other, and of a path that is partly made in unknown ways, nothing says that two calls come
            // to the same.
            let alone = remakes(candidate) && is_partly_unknown(&candidate.place);
            let level = if alone { Confidence::Low } else { Confidence::Medium };
            (level, "whoever calls it may do so twice at the same time".to_owned())
        }
        // First runs come together: a job's steps, a login's services. The cure is one call.
        Reason::Itself if makes_directory(candidate) && !unknown => {
            (Confidence::Medium, "two first runs both find no directory".to_owned())
        }
        // What one has changed is gone for good, however small the window.
        Reason::Itself if updates(candidate) && candidate.says != Some(Says::Absent) && !unknown => {
            (Confidence::Medium, "two that update it at the same time need not know of each other".to_owned())
        }
        Reason::Itself | Reason::Instance => {
            (Confidence::Low, "nothing says that two are there within microseconds".to_owned())
        }
        Reason::Elsewhere(_) if !checked && surroundings.is_handed_through(&candidate.place) => {
            (Confidence::Low, "it is whatever a caller names, and none is here".to_owned())
        }
        // Most programs read at the start what they have written before, once, and cope with what is not there.
        Reason::Elsewhere(other)
            if !checked
                && loss.actor == Actor::Reader
                && other.strength > Strength::Computed
                && candidate.run.is_none()
                && !candidate.staged
                && !is_keyed(&candidate.place)
                && (!surroundings.is_uncalled() || surroundings.is_read_at_start(&other.found))
                && !surroundings.is_kept_by_the_program(&candidate.place)
                && !surroundings.is_updated_with(&other.found) =>
        {
            (Confidence::Low, "who reads it may only do so before it is written, or after".to_owned())
        }
        Reason::Elsewhere(other) if other.strength == Strength::Full => {
            (Confidence::High, "the program elsewhere is the other side".to_owned())
        }
        Reason::Elsewhere(other) if other.strength == Strength::Name => {
            // A name alone, without a check, says something within one file only.
            let near = surroundings.own.iter().flatten().any(|own| own.file == other.found.location.file);
            let level = if checked || near { Confidence::Medium } else { Confidence::Low };
            (level, "the program elsewhere uses a file of this name".to_owned())
        }
        // That a removal finds nothing to remove is no loss that a mere likeness of paths is worth telling.
        Reason::Elsewhere(_) if fails && removes && !candidate.refilled => {
            (Confidence::Low, "the program elsewhere uses paths that are made like this one".to_owned())
        }
        Reason::Elsewhere(_) => {
            (if_checked, "the program elsewhere uses paths that are made like this one".to_owned())
        }
        Reason::Named(word)
            if loss.actor == Actor::Remover && !surroundings.evidence.is_cleaned(cleaned::stem(word)) =>
        {
            (Confidence::Low, format!("the name says `{word}`, but nothing here is known to clean one"))
        }
        // Who takes a lock is whoever runs this code, and a cache is there to be cleaned; who else would read a place of some
        // name, nobody can say.
        Reason::Named(word) => {
            let by_design = match loss.actor {
                Actor::Acquirer => true,
                Actor::Remover => checked && !removes,
                // Half of what is being fetched into a cache is there for as long as that takes. Of a file that nothing here looks at, and
                // that does not lie where all look, the word says nothing of readers.
                Actor::Reader => {
                    (surroundings.open
                        || shared
                        || candidate.check.is_some()
                        || surroundings.is_looked_at(&candidate.place))
                        && names::hint(&candidate.place).is_some_and(|hint| hint.cleaned && !hint.scratch)
                        && takes_long(surroundings.name, 2)
                }
                _ => false,
            };
            let level = if by_design { Confidence::Medium } else { Confidence::Low };
            (level, format!("the name says `{word}`"))
        }
        Reason::SharedRoot(Root::Temp) if loss.actor == Actor::Attacker => {
            (Confidence::Medium, "everybody can write the directory that it lies in".to_owned())
        }
        Reason::KeptIn => {
            (Confidence::Medium, "what lies there is changed by whoever is kept in by it".to_owned())
        }
        Reason::SharedRoot(root) if *root != Root::Temp && candidate.long && candidate.refilled_after() => (
            Confidence::Medium,
            "it is gone for as long as it takes to make it anew, and lies where all instances look"
                .to_owned(),
        ),
        Reason::SharedRoot(root) => {
            (Confidence::Low, format!("it lies in the {} directory", format!("{root:?}").to_lowercase()))
        }
        Reason::Likely(word, _) if fails => (Confidence::Low, format!("the name says `{word}`")),
        Reason::Likely(word, _) => (
            Confidence::Medium,
            format!(
                "the name says `{word}`, and the program elsewhere reads paths that are made like this one"
            ),
        ),
        Reason::Coping(_) => {
            (Confidence::Low, "whoever is known to read it copes with half a file".to_owned())
        }
        Reason::Staged => (
            Confidence::Medium,
            "it is made ready aside and moved there whole, so others are expected to look".to_owned(),
        ),
        Reason::Run => {
            (Confidence::Medium, "it is made executable, for others to run while this is written".to_owned())
        }
        Reason::Own => {
            (Confidence::High, "the function starts the work itself, and does not wait for it".to_owned())
        }
        Reason::Beside(beside) => (beside.level, beside.why.clone()),
        Reason::Enclosed => (Confidence::Low, "it lies in a directory that is its owner's alone".to_owned()),
        // In the directory of a session, nobody else comes near.
        Reason::Narrowed if names::shared_root(&candidate.place) == Some(Root::Runtime) => {
            (Confidence::Low, "it lies in a directory that is its owner's alone".to_owned())
        }
        Reason::Narrowed => (Confidence::High, "the mode says that others must not look in".to_owned()),
        Reason::None => (Confidence::Low, "nothing is known that does this to the place".to_owned()),
    }
}

/// Whether the candidate removes just what it asked for. Who asks for something below it wants that, and removes more.
fn only_removes(candidate: &Candidate) -> bool {
    candidate.removes() && candidate.relation == Relation::Same
}

/// Whether the code looks for what an earlier run has left there, and spares itself work that takes its time: then it is more than the
/// results of one run.
fn is_used_again(candidate: &Candidate) -> bool {
    let looks = candidate.check.as_ref().is_some_and(|check| check.effect.operation.is_check());
    looks && (candidate.long || candidate.refilled)
}

/// Whether it is one of the many files in a directory, by a name that says which: a store, which is there to be looked things up in.
fn is_keyed(place: &Place) -> bool {
    matches!(place.kind(), PlaceKind::Join(_, last) | PlaceKind::WithFileName(_, last) if !last.is_closed())
}

/// Whether the code names the file itself, in whatever directory: whoever calls it hands in no file that something else writes.
fn is_of_its_own(place: &Place) -> bool {
    match place.kind() {
        PlaceKind::Join(_, last) | PlaceKind::WithFileName(_, last) => last.is_closed(),
        PlaceKind::Literal(_) => true,
        _ => false,
    }
}

/// Whether what this very run has made is moved whole over a place that was free, by code that is content with what it finds there, and
/// not a key or an identity, of which each run makes another.
fn is_published(candidate: &Candidate) -> bool {
    matches!(candidate.act.effect.operation, Operation::Rename { .. })
        && candidate.act.effect.other_place.as_ref() == Some(&candidate.place)
        && candidate.whole
        && candidate.says == Some(Says::Absent)
        && !candidate.refuses
        && !names::is_secret(&candidate.place)
}

/// Whether the candidate looks before it acts. That it removes what it makes anew is no look.
fn asks(candidate: &Candidate) -> bool {
    candidate.check.is_some() && !remakes(candidate)
}

/// Whether the candidate removes the very place that it makes anew.
fn remakes(candidate: &Candidate) -> bool {
    candidate.refilled_after()
        && candidate.check.as_ref().is_some_and(|removal| removal.effect.place == candidate.place)
}

/// Whether what speaks for the race is too little for any doubt beside it: a name alone, what is moved whole, another who creates it too,
/// a write that was never meant to spare anything.
fn is_weak(candidate: &Candidate, loss: Loss, reason: &Reason) -> bool {
    let creates_too =
        loss.actor == Actor::Creator && candidate.meaning != Meaning::Claim && !candidate.cover.is_broken();
    let names_only = matches!(reason, Reason::Named(_));
    let renames =
        candidate.says.is_some() && matches!(candidate.act.effect.operation, Operation::Rename { .. });
    let overwrites = overwrites(candidate, loss) && !matches!(reason, Reason::Likely(..));
    creates_too || names_only || renames || overwrites
}

/// Whether the candidate writes what it never looked at, in place, and half of it is read.
fn overwrites(candidate: &Candidate, loss: Loss) -> bool {
    candidate.check.is_none() && loss.actor == Actor::Reader
}

/// Whether the candidate opens a file to add to what is there, as to a record of what happens: whoever finds it there never takes it for
/// whole.
fn only_adds(candidate: &Candidate) -> bool {
    matches!(candidate.act.effect.operation, Operation::Open(OpenFlags { create: true, truncate: false, .. }))
}

/// Whether the candidate reads a file and writes it back.
fn updates(candidate: &Candidate) -> bool {
    candidate.check.as_ref().is_some_and(|check| check.effect.operation == Operation::Read)
}

/// Whether the code surely makes a directory just where its check found none, and fails where there is one by then.
fn makes_directory(candidate: &Candidate) -> bool {
    matches!(candidate.act.effect.operation, Operation::CreateDir { all: false, .. })
        && candidate.certain
        && candidate.says == Some(Says::Absent)
        && !candidate.refuses
        && candidate.relation == Relation::Same
}

/// Whether the code surely writes content of its own only where its check, and nothing else, found nothing.
fn spares_content(candidate: &Candidate) -> bool {
    let presumed = |effect: &Effect| effect.certainty == Certainty::Presumed;
    candidate.content_follows
        && candidate.certain
        && candidate.says == Some(Says::Absent)
        && !candidate.renamed_away
        && !presumed(&candidate.act.effect)
        && !candidate.check.as_ref().is_some_and(|check| presumed(&check.effect))
}

struct Verdict {
    level: Confidence,
    reasons: Vec<String>,
}

impl Verdict {
    fn at_most(&mut self, level: Confidence, why: &str) {
        self.level = self.level.min(level);
        self.reasons.push(why.to_owned());
    }
}
