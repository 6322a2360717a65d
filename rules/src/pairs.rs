//! Shared matchers: a check, then an act on the same place.

use crate::names;
use crate::threads::is_relative;
use crate::trace::{Event, Guard, Says, Trace};
use fsrace_analyzer::flow::{
    Check, Effect, LockScope, Mode, OnFailure, Operation, Place, PlaceKind, RemoveKind, ResultId, Site, Value,
};

/// What a rule proposes to the explorer: the check and the act, and how they belong together. Owns its parts, so that it
/// outlives the walk that found it.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// What the race is about.
    pub place: Place,
    /// The other step, nearly always the earlier one: a check, or the read of a read-modify-write, or the removal before a creation;
    /// or the move of what was created.
    pub check: Option<Point>,
    /// What the check said where it let the act run.
    pub says: Option<Says>,
    /// Whether the check alone decides.
    pub certain: bool,
    /// The later step.
    pub act: Point,
    /// How the checked place stands to the place acted on.
    pub relation: Relation,
    /// Whether a lock against other processes was taken before the earlier step.
    pub locked: bool,
    /// Whether content is written: by the act, or through the handle that it opens.
    pub content_follows: bool,
    /// Whether that content is the same for all who run this code.
    pub constant: bool,
    /// Whether nothing goes into that content but what is the same for all and what makes the place.
    pub told: bool,
    /// What that content is a copy of, or is made of along with what is the same for all; nothing where more goes into it.
    pub copied: Vec<Place>,
    /// Whether what was read of the place decides that the act is done.
    pub judged: bool,
    /// The act where it writes, or what is written through the handle that it opens.
    pub writes: Vec<Effect>,
    /// Whether something that takes its time happens between the two steps, or fills what the act begins.
    pub long: bool,
    /// Whether the place is made anew after the act.
    pub refilled: bool,
    /// Whether the place is only a temporary name of something that is moved into place afterwards.
    pub renamed_away: bool,
    /// Whether the race is with work that the function itself has started, and with nobody else.
    pub with_own_work: bool,
    /// Whether the race is with work that another method of the same value has left running, and with nobody else.
    pub beside_method: bool,
    /// Where the other step moves it, if that is a move.
    pub target: Option<Place>,
    /// Whether the race is that two read the same time.
    pub same_tick: bool,
    /// Whether what is made anew, or what was there before, is moved, so that nothing is lost where nobody looks.
    pub moved: bool,
    /// Whether the path is gone by a second time, and only another user gains by coming in between.
    pub again: bool,
    /// Whether this very run made the place before, or emptied a directory above it.
    pub own: bool,
    /// Whether what was read gives way to a default where it makes no sense.
    pub heals: bool,
    /// Whether the code fails on the other answer of the check.
    pub refuses: bool,
    /// Whether all other reasons to act are that something else is not there either.
    pub joint: bool,
    /// Whether the function binds a socket there.
    pub socket: bool,
    /// What it means to others that the place is there.
    pub meaning: Meaning,
    /// Whether what is put there takes the place of what was looked for and not found, and no more is known of it.
    pub fills_gap: bool,
    /// How far locks cover the two steps.
    pub cover: Cover,
    /// The later step that lets others run what was written.
    pub run: Option<Point>,
    /// Whether what is moved there was made ready beside it under a name of its own, so that nobody sees it half done.
    pub staged: bool,
    /// Whether a mutex of the process is held at both steps.
    pub serial: bool,
    /// Whether what is moved into place was made by this very run, so that it is whole.
    pub whole: bool,
}

/// What it means to others that a place is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Meaning {
    /// Nothing but that.
    #[default]
    Plain,
    /// That somebody owns what it stands for: it is a lock.
    Claim,
    /// That it is complete, and can be used.
    Ready,
}

/// How far locks against other processes cover a pair of steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cover {
    /// None is held at either.
    Unlocked,
    /// One exclusive lock is held from the earlier to the later.
    Whole,
    /// One lock is held throughout, and others may hold it too.
    Shared,
    /// It is taken after the earlier step.
    Late,
    /// It is given up before the later step.
    Early,
    /// Each step has a lock of its own.
    Apart,
}

impl Cover {
    /// Whether there is a lock that does not do what it is there for.
    pub fn is_broken(self) -> bool {
        !matches!(self, Cover::Unlocked | Cover::Whole)
    }

    fn of(trace: &Trace<'_>, first: Option<usize>, act: usize) -> Self {
        let held = |step: usize| trace.events.get(step).map_or(&[][..], |event| event.held.as_slice());
        let (before, then) = (held(first.unwrap_or(act)), held(act));
        let exclusive = |lock: &&usize| {
            trace
                .events
                .get(**lock)
                .is_some_and(|event| matches!(event.effect.operation, Operation::Lock { shared: false, .. }))
        };
        let mut both = before.iter().filter(|lock| then.contains(lock)).peekable();
        match (before.is_empty(), then.is_empty()) {
            (true, true) => Cover::Unlocked,
            (true, false) => Cover::Late,
            (false, true) => Cover::Early,
            (false, false) if both.peek().is_none() => Cover::Apart,
            (false, false) if both.any(|lock| exclusive(&lock)) => Cover::Whole,
            (false, false) => Cover::Shared,
        }
    }
}

/// An effect and where the function's own source causes it.
#[derive(Clone, Debug)]
pub struct Point {
    /// The effect.
    pub effect: Effect,
    /// The call in the function's own source that leads to the effect, with the called function's name; none if it stands there itself.
    pub through: Option<(Site, String)>,
    /// The calls that lead on from there, each in the source of the one before, with whom they call.
    pub via: Vec<(Site, String)>,
    /// How many calls deep the effect is from there.
    pub depth: usize,
}

impl Point {
    /// Where the function's own source causes the effect.
    pub fn root(&self) -> Site {
        self.through.as_ref().map_or(self.effect.site, |(site, _)| *site)
    }
}

/// How the checked place stands to the place acted on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// They are the same.
    Same,
    /// The act is on a directory above the checked place.
    Above,
}

/// A check that governs an act, by index into the trace.
#[derive(Clone, Copy, Debug)]
pub struct Pair {
    /// The check.
    pub check: usize,
    /// Its answer.
    pub says: Says,
    /// Whether that answer alone decides.
    pub certain: bool,
    /// The act.
    pub act: usize,
    /// How their places relate.
    pub relation: Relation,
}

/// The acts on the place that `subject` names, each with the nearest check of that place that governs it and says what `wanted`
/// accepts. With `above`, a check of something below the place counts too.
pub fn guarded<'e>(
    trace: &'e Trace<'_>,
    subject: impl Fn(&'e Effect) -> Option<&'e Place>,
    wanted: impl Fn(Says) -> bool,
    above: bool,
) -> Vec<(Pair, &'e Place)> {
    let mut pairs = Vec::new();
    for (act, event) in trace.events.iter().enumerate() {
        let Some(place) = subject(event.effect).filter(|p| !is_private(p)) else { continue };
        let governing = |guard: &Guard| {
            let checked = trace.events.get(guard.event)?;
            let relation =
                relation(&checked.effect.place, place).filter(|r| above || *r == Relation::Same)?;
            (guard.says != Says::Judged
                && wanted(guard.says)
                && trace.meets_at_root(guard.event, act)
                && !is_asked_anew(trace, event, guard.event))
            .then_some(Pair { check: guard.event, says: guard.says, certain: guard.certain, act, relation })
        };
        let nearest = || event.guards.iter().rev().filter_map(governing);
        // What is only one of several reasons to act tells less than what was asked before it and decides alone, the same answer given.
        let decides = |pair: &Pair| pair.certain && pair.says != Says::Unknown;
        let first = nearest().next();
        let pair = match first.filter(|pair| !decides(pair)) {
            Some(vague) => nearest().find(decides).filter(|pair| pair.says == vague.says).or(first),
            None => first,
        };
        pairs.extend(pair.map(|pair| (pair, place)));
    }
    pairs
}

/// Whether the very check is made once more before the act, which its later answer governs: in another call of a helper, say, which
/// asks and acts each time. That is the helper's own question.
fn is_asked_anew(trace: &Trace<'_>, act: &Event<'_>, check: usize) -> bool {
    let Some(asked) = trace.events.get(check).map(|event| event.effect) else { return false };
    act.guards.iter().filter(|guard| guard.event > check).any(|guard| {
        trace
            .events
            .get(guard.event)
            .is_some_and(|again| again.effect.site == asked.site && again.effect.place == asked.place)
    })
}

fn relation(checked: &Place, place: &Place) -> Option<Relation> {
    if checked == place {
        Some(Relation::Same)
    } else if checked.starts_with(place) {
        Some(Relation::Above)
    } else {
        None
    }
}

/// Whether a check of this place, of whatever answer, governs the effect.
pub fn is_guarded(
    trace: &Trace<'_>,
    event: &Event<'_>,
    place: &Place,
    wanted: impl Fn(Says) -> bool,
) -> bool {
    event.guards.iter().any(|guard| {
        guard.says != Says::Judged
            && wanted(guard.says)
            && trace.events.get(guard.event).is_some_and(|checked| checked.effect.place == *place)
    })
}

/// The place that comes into being, or is written in place, by path, and not by a rename.
pub fn created_by_path(effect: &Effect) -> Option<&Place> {
    match effect.operation {
        _ if effect.handle.is_some() => None,
        Operation::Rename { .. } => None,
        _ => effect.created(),
    }
}

/// The place that is gone after this effect, by path, and not moved away.
pub fn removed_by_path(effect: &Effect) -> Option<&Place> {
    match effect.operation {
        Operation::Remove(_) if effect.handle.is_none() => Some(&effect.place),
        _ => None,
    }
}

/// The same, or what is moved aside to be removed under its new name, without a look at what was moved: whatever is there by then is
/// gone.
pub fn cleared_by_path<'e>(trace: &Trace<'_>, effect: &'e Effect) -> Option<&'e Place> {
    let moves = matches!(effect.operation, Operation::Rename { .. }) && effect.handle.is_none();
    let aside = effect.other_place.as_ref().filter(|_| moves);
    let removed = aside.is_some_and(|aside| {
        let mut later = trace.events.iter().skip_while(|event| event.effect.site != effect.site);
        later.any(|event| {
            removed_by_path(event.effect) == Some(aside) && !is_guarded(trace, event, aside, |_| true)
        })
    });
    if removed { Some(&effect.place) } else { removed_by_path(effect) }
}

impl Candidate {
    /// Whether the act is a removal.
    pub fn removes(&self) -> bool {
        matches!(self.act.effect.operation, Operation::Remove(_))
    }

    /// Whether the place is an entry of a directory that was listed, and nothing else says that it is there.
    pub fn is_listed(&self) -> bool {
        self.check.as_ref().is_some_and(|check| check.effect.operation == Operation::Check(Check::Listed))
    }

    /// Whether the earlier step removes what the act makes anew.
    pub fn refilled_after(&self) -> bool {
        self.check.as_ref().is_some_and(|earlier| removed_by_path(&earlier.effect).is_some())
    }

    /// The candidate of a check and an act.
    pub fn of_pair(trace: &Trace<'_>, pair: Pair, place: &Place) -> Option<Candidate> {
        Some(Candidate {
            place: place.clone(),
            check: Some(point(trace, pair.check)?),
            says: Some(pair.says),
            certain: pair.certain,
            act: point(trace, pair.act)?,
            relation: pair.relation,
            locked: locked_before(trace, pair.check),
            content_follows: content_follows(trace, pair.act),
            constant: writes_constant(trace, pair.act),
            told: writes_what_is_told(trace, pair.act, place),
            copied: copied(trace, pair.act, place),
            judged: is_judged(trace, Some(pair.check), pair.act),
            writes: writes_of(trace, pair.act).into_iter().map(|write| write.effect.clone()).collect(),
            long: trace.takes_long(pair.check, Some(pair.act)) || fills_slowly(trace, pair.act),
            refilled: is_refilled(trace, pair.act, place),
            renamed_away: is_renamed_away(trace, pair.act, place),
            with_own_work: false,
            beside_method: false,
            target: None,
            same_tick: false,
            again: false,
            moved: false,
            meaning: Meaning::Plain,
            fills_gap: false,
            run: run_later(trace, pair.act, place),
            staged: false,
            cover: match asked_again(trace, pair, place) {
                Some(again) => Cover::of(trace, Some(again), pair.act),
                None => Cover::of(trace, Some(pair.check), pair.act),
            },
            serial: is_serial(trace, pair.check) && is_serial(trace, pair.act),
            own: is_own(trace, pair.check, place),
            whole: moves_own(trace, pair.act),
            heals: false,
            refuses: has_guard(trace, pair, |guard| guard.refuses),
            joint: has_guard(trace, pair, |guard| guard.joint),
            socket: binds_socket(trace, place),
        })
    }

    /// The candidate of two steps on the same place, the earlier of which is not asked for its answer.
    pub fn of_steps(trace: &Trace<'_>, first: Option<usize>, act: usize, place: &Place) -> Option<Candidate> {
        let other = first.and_then(|i| point(trace, i));
        let moves = other.as_ref().map(|o| &o.effect).filter(|e| e.place == *place);
        Some(Candidate {
            place: place.clone(),
            target: moves.and_then(|effect| effect.other_place.clone()),
            same_tick: false,
            again: false,
            moved: false,
            check: other,
            says: None,
            certain: true,
            act: point(trace, act)?,
            relation: Relation::Same,
            locked: locked_before(trace, first.unwrap_or(act).min(act)),
            content_follows: content_follows(trace, act),
            constant: writes_constant(trace, act),
            told: writes_what_is_told(trace, act, place),
            copied: copied(trace, act, place),
            judged: is_judged(trace, first, act),
            writes: writes_of(trace, act).into_iter().map(|write| write.effect.clone()).collect(),
            long: first.is_some_and(|first| trace.takes_long(first.min(act), Some(first.max(act))))
                || fills_slowly(trace, act),
            refilled: is_refilled(trace, act, place),
            renamed_away: is_renamed_away(trace, act, place),
            with_own_work: false,
            beside_method: false,
            meaning: Meaning::Plain,
            fills_gap: false,
            run: run_later(trace, act, place),
            staged: false,
            cover: Cover::of(
                trace,
                first.map(|first| first.min(act)),
                first.map_or(act, |first| first.max(act)),
            ),
            serial: is_serial(trace, first.unwrap_or(act)) && is_serial(trace, act),
            own: is_own(trace, first.map_or(act, |first| first.min(act)), place),
            whole: moves_own(trace, act),
            heals: false,
            refuses: false,
            joint: false,
            socket: binds_socket(trace, place),
        })
    }
}

/// Whether a socket is bound at the place anywhere in the function.
fn binds_socket(trace: &Trace<'_>, place: &Place) -> bool {
    let binds = |effect: &Effect| matches!(effect.operation, Operation::Open(flags) if flags.socket);
    trace.events.iter().any(|event| binds(event.effect) && event.effect.place == *place)
}

/// Whether the pair's check governs its act in such a way.
fn has_guard(trace: &Trace<'_>, pair: Pair, is_so: impl Fn(&Guard) -> bool) -> bool {
    let guards = trace.events.get(pair.act).map_or(&[][..], |event| event.guards.as_slice());
    guards.iter().any(|guard| guard.event == pair.check && is_so(guard))
}

/// A later check of the place whose same answer the act depends on too, and which was asked under a lock that is held until then: in
/// a helper, say, whose own question that is.
fn asked_again(trace: &Trace<'_>, pair: Pair, place: &Place) -> Option<usize> {
    let act = trace.events.get(pair.act)?;
    // Who edits what it read does not read it again by asking whether it is there.
    let reads = |event: &Event<'_>| event.effect.operation == Operation::Read;
    let read = trace.events.get(pair.check).is_some_and(reads);
    let later = act.guards.iter().filter(|guard| guard.event > pair.check && guard.says == pair.says);
    let mut later = later.map(|guard| guard.event);
    later.find(|at| {
        trace.events.get(*at).is_some_and(|asked| {
            asked.effect.place == *place
                && reads(asked) == read
                && asked.held.iter().any(|lock| act.held.contains(lock))
        })
    })
}

fn point(trace: &Trace<'_>, index: usize) -> Option<Point> {
    let event = trace.events.get(index)?;
    Some(Point {
        effect: event.effect.clone(),
        through: trace.call_of(event).map(|frame| (frame.site, frame.name.to_owned())),
        via: trace.calls_of(event).skip(1).map(|frame| (frame.site, frame.name.to_owned())).collect(),
        depth: trace.call_depth(event),
    })
}

fn is_serial(trace: &Trace<'_>, step: usize) -> bool {
    trace.events.get(step).is_some_and(|event| event.serial)
}

fn locked_before(trace: &Trace<'_>, step: usize) -> bool {
    let mut earlier = trace.events.iter().take(step);
    earlier.any(|e| is_process_lock(e.effect))
}

/// Whether the effect takes a lock that keeps other processes out.
pub fn is_process_lock(effect: &Effect) -> bool {
    matches!(effect.operation, Operation::Lock { scope: LockScope::Process | LockScope::Record, .. })
}

/// Whether a lock of the kernel's is taken on the file: that it is there then means nothing.
pub fn is_kernel_locked(trace: &Trace<'_>, place: &Place) -> bool {
    trace.events.iter().any(|e| is_process_lock(e.effect) && e.effect.place == *place)
}

/// Whether nobody else can come between at this path: it is private, computed from something private, or no file at all but a
/// register of the kernel (proc(5), sysfs(5), null(4)), which is neither made nor removed, nor written by halves.
pub fn is_private(place: &Place) -> bool {
    place.is_private()
        || place.any(&mut |kind| matches!(kind, PlaceKind::Literal(text) if names::is_register(text)))
        || (place.any(&mut |kind| matches!(kind, PlaceKind::Private(_)))
            && !place.any(&mut |kind| matches!(kind, PlaceKind::Parent(_))))
}

/// The step after the act that lets others run the file, which the act opens to be filled bit by bit.
fn run_later(trace: &Trace<'_>, act: usize, place: &Place) -> Option<Point> {
    trace.events.get(act).filter(|event| matches!(event.effect.operation, Operation::Open(_)))?;
    let (later, _) = trace.events.iter().enumerate().skip(act + 1).find(|(later, event)| {
        event.effect.operation == Operation::SetPermissions(Mode::Executable)
            && event.effect.place == *place
            && trace.on_one_path(act, *later)
            && trace.meets_at_root(act, *later)
    })?;
    point(trace, later)
}

/// Whether content is written by the act, or through the handle that it opens.
pub fn content_follows(trace: &Trace<'_>, act: usize) -> bool {
    let Some(event) = trace.events.get(act) else { return false };
    match event.effect.operation {
        Operation::Write | Operation::Copy | Operation::Populate { .. } => true,
        Operation::Open(_) => trace.events.iter().skip(act).any(|later| {
            later.effect.handle == Some(event.effect.result)
                && matches!(later.effect.operation, Operation::Write | Operation::Append)
        }),
        _ => false,
    }
}

/// Whether all that is written by the act, or through the handle that it opens, is the same for all who run this code.
pub fn writes_constant(trace: &Trace<'_>, act: usize) -> bool {
    let Some(event) = trace.events.get(act) else { return false };
    if !matches!(event.effect.operation, Operation::Open(_)) {
        return event.effect.writes_constant();
    }
    let mut writes = trace
        .events
        .iter()
        .skip(act)
        .filter(|later| {
            later.effect.handle == Some(event.effect.result)
                && matches!(later.effect.operation, Operation::Write | Operation::Append)
        })
        .peekable();
    let (whole, rest) = (writes.next(), writes.peek().is_some());
    // What is put together piece by piece is there by halves for a while, be it the same in the end.
    let settled = |write: &Event<'_>| match &write.effect.content {
        Value::Place(content) => !content.is_settled() || !rest,
        _ => true,
    };
    whole.into_iter().chain(writes).all(|write| write.effect.writes_constant() && settled(write))
        && whole.is_some()
}

/// Whether what was read decides, by what it says, that the act is done.
fn is_judged(trace: &Trace<'_>, read: Option<usize>, act: usize) -> bool {
    let guards = trace.events.get(act).map_or(&[][..], |event| event.guards.as_slice());
    guards.iter().any(|guard| Some(guard.event) == read && guard.says == Says::Judged)
}

/// The writes of the act itself, or through the handle that it opens.
fn writes_of<'t, 'a>(trace: &'t Trace<'a>, act: usize) -> Vec<&'t Event<'a>> {
    let Some(event) = trace.events.get(act) else { return Vec::new() };
    if !matches!(event.effect.operation, Operation::Open(_)) {
        return vec![event];
    }
    let through = |later: &&Event<'_>| {
        later.effect.handle == Some(event.effect.result)
            && matches!(later.effect.operation, Operation::Write | Operation::Append)
    };
    trace.events.iter().skip(act).filter(through).collect()
}

/// Whether what varies in what is written makes the place too, so that all who write that place write the same.
fn writes_what_is_told(trace: &Trace<'_>, act: usize, place: &Place) -> bool {
    let tells = |write: &&Event<'_>| match &write.effect.content {
        Value::Place(content) => content
            .made_from()
            .is_some_and(|parts| !parts.is_empty() && parts.iter().all(|part| is_spelled_out(place, part))),
        _ => false,
    };
    matches!(writes_of(trace, act).as_slice(), [write] if tells(write))
}

/// Whether a parameter goes into the place as it is, so that it is told by the place.
fn is_spelled_out(place: &Place, part: &Place) -> bool {
    matches!(part.kind(), PlaceKind::Parameter { .. })
        && match place.kind() {
            _ if place == part => true,
            PlaceKind::Join(..)
            | PlaceKind::WithFileName(..)
            | PlaceKind::WithExtension(..)
            | PlaceKind::Concat(_) => place.parts().any(|of| is_spelled_out(of, part)),
            _ => false,
        }
}

/// Whether the result stands for what a parameter was given that goes into the place.
fn is_told_by(place: &Place, result: ResultId) -> bool {
    let mut told = false;
    place.parameters(&mut |index| told |= index == result.0);
    told
}

/// What the content that is written is a copy of, or is made of along with what is the same for all. Nothing where more goes into it.
fn copied(trace: &Trace<'_>, act: usize, place: &Place) -> Vec<Place> {
    let Some(event) = trace.events.get(act) else { return Vec::new() };
    if event.effect.operation == Operation::Copy {
        let onto = event.effect.other_place.as_ref() == Some(place);
        return onto.then(|| event.effect.place.clone()).into_iter().collect();
    }
    let writes = writes_of(trace, act);
    let [write] = writes.as_slice() else { return Vec::new() };
    if write.effect.operation != Operation::Write {
        return Vec::new();
    }
    let Value::Place(content) = &write.effect.content else { return Vec::new() };
    let mut found = Vec::new();
    for part in content.made_from().unwrap_or_default() {
        let PlaceKind::Result(read) = part.kind() else {
            if is_spelled_out(place, part) {
                continue;
            }
            return Vec::new();
        };
        let Some(effect) = trace.made_by(*read) else {
            // What comes of what the function is given, and makes the place.
            if is_told_by(place, *read) {
                continue;
            }
            return Vec::new();
        };
        let is_read = match effect.operation {
            Operation::Read => true,
            Operation::Open(flags) => !(flags.create || flags.create_new || flags.truncate),
            _ => false,
        };
        if !is_read {
            return Vec::new();
        }
        found.push(effect.place.clone());
    }
    found
}

/// Whether nothing is written by the act, or through the handle that it opens, but what is the same for all or names the process.
pub fn tells_its_owner(trace: &Trace<'_>, act: usize) -> bool {
    let Some(event) = trace.events.get(act) else { return false };
    let names_it = |effect: &Effect| match &effect.content {
        Value::Place(place) => place.names_process(),
        _ => false,
    };
    let tells = |effect: &Effect| effect.writes_constant() || names_it(effect);
    match event.effect.operation {
        Operation::Open(_) => trace.events.iter().skip(act).all(|later| {
            // Through a handle of which nothing is known, it may be this file that is written.
            let is_it = |handle| handle == event.effect.result || trace.origins(handle).is_empty();
            !later.effect.handle.is_some_and(is_it)
                || !matches!(later.effect.operation, Operation::Write | Operation::Append)
                || tells(later.effect)
        }),
        _ => tells(event.effect),
    }
}

/// Whether the act begins a directory that is then filled by something that takes its time.
fn fills_slowly(trace: &Trace<'_>, act: usize) -> bool {
    trace.events.get(act).is_some_and(|e| {
        matches!(e.effect.operation, Operation::Populate { .. })
            || (matches!(e.effect.operation, Operation::CreateDir { .. }) && trace.takes_long(act, None))
    })
}

/// Whether an earlier step of the same run wrote the place as a whole, or removed a directory above it with all that was there.
fn is_own(trace: &Trace<'_>, step: usize, place: &Place) -> bool {
    // Where a path that begins at the working directory begins, if this run went there.
    let standing = trace
        .events
        .iter()
        .take(step)
        .rev()
        .find(|event| event.effect.operation == Operation::SetCwd && is_relative(place))
        .map(|event| &event.effect.place);
    trace.events.iter().enumerate().take(step).any(|(earlier, event)| {
        let effect = event.effect;
        let above = |other: &Place| {
            (other != place && place.starts_with(other))
                || standing.is_some_and(|folder| folder == other || folder.starts_with(other))
        };
        let made = match effect.operation {
            Operation::Remove(RemoveKind::Tree) => above(&effect.place),
            Operation::Populate { .. } => effect.place == *place || above(&effect.place),
            Operation::Copy | Operation::Rename { .. } => effect.other_place.as_ref() == Some(place),
            // Who finds the directory there already goes no further.
            Operation::CreateDir { all: false, .. } => {
                effect.on_failure != OnFailure::Continue && above(&effect.place)
            }
            _ => false,
        };
        made && (trace.comes_first(earlier, step) || is_cleared_before(trace, earlier, step))
    })
}

/// Whether the act moves what this very run has made before, under a name of its own or not.
fn moves_own(trace: &Trace<'_>, act: usize) -> bool {
    let Some(effect) = trace.events.get(act).map(|event| event.effect) else { return false };
    let moved = &effect.place;
    let made = |earlier: &Event<'_>| {
        earlier.effect.handle.is_none()
            && (earlier.effect.created() == Some(moved) || earlier.effect.overwritten() == Some(moved))
    };
    matches!(effect.operation, Operation::Rename { .. })
        && (is_private(moved) || trace.events.iter().take(act).any(made))
}

/// Whether the later step comes after the removal wherever there was anything to remove.
fn is_cleared_before(trace: &Trace<'_>, removal: usize, step: usize) -> bool {
    let Some(removed) = trace.events.get(removal) else { return false };
    let asked = removed.guards.iter().filter(|guard| {
        guard.says == Says::Present
            && trace.events.get(guard.event).is_some_and(|check| check.effect.place == removed.effect.place)
    });
    matches!(removed.effect.operation, Operation::Remove(_))
        && trace.on_one_path(removal, step)
        && trace.decisions_between(step, removal) <= asked.count()
}

/// Whether the place that an act removed is made anew after it.
fn is_refilled(trace: &Trace<'_>, act: usize, place: &Place) -> bool {
    let tree = trace
        .events
        .get(act)
        .is_some_and(|e| matches!(e.effect.operation, Operation::Remove(RemoveKind::Tree)));
    // What takes its time after a tree is gone most likely brings it back.
    if tree && trace.takes_long(act, None) {
        return true;
    }
    trace.events.iter().enumerate().skip(act + 1).any(|(later, event)| {
        // A directory that is only made says little; one that something then fills for a while is wanted.
        let wanted = match event.effect.operation {
            Operation::CreateDir { .. } => trace.takes_long(later, None),
            Operation::Open(flags) => !flags.create_new,
            _ => true,
        };
        wanted && event.effect.created().is_some_and(|made| made == place) && trace.on_one_path(act, later)
    })
}

/// The later step of the same run that removes the place, as `removes` has it.
pub fn removed_later<'a>(
    trace: &Trace<'a>,
    act: usize,
    place: &Place,
    removes: impl Fn(&'a Effect) -> Option<&'a Place>,
) -> Option<usize> {
    let mut later = (act + 1)..trace.events.len();
    later.find(|at| {
        trace.events.get(*at).is_some_and(|event| removes(event.effect) == Some(place))
            && trace.on_one_path(act, *at)
            && trace.meets_at_root(act, *at)
    })
}

/// Whether the file is only a temporary name of something that is moved into place afterwards.
pub fn is_renamed_away(trace: &Trace<'_>, act: usize, place: &Place) -> bool {
    trace.events.iter().enumerate().skip(act).any(|(later, e)| {
        matches!(e.effect.operation, Operation::Rename { .. } | Operation::HardLink)
            && (e.effect.place == *place || place.starts_with(&e.effect.place))
            && trace.on_one_path(act, later)
    })
}
