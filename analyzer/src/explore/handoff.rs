//! What becomes of the failures that started work sends through a channel.
//!
//! The question is asked of one channel whose users are all in sight: every worker fails, and sends that. A worker whose failure nobody
//! takes waits for ever, and who waits for such a worker too. No file is touched, so that this is answered here and not on the abstract
//! filesystem: the function's own way is walked from where it makes the channel, and the workers come as soon as it waits or leaves, which
//! is the order in which the most is lost.
//!
//! A function that waits for nobody and takes nothing may be left early for another reason: that is no finding. Nor is one that takes the
//! first of two that do different things: whoever ends first ends both.

use super::{
    Actor, Consequence, Exploration, Lane, Race, Scenario, Script, StepOutcome, Witness, WitnessStep,
};
use crate::flow::{
    Block, Branch, Condition, Effect, Exit, Frame, OnFailure, Operation, Place, ResultId, Room, Site, Spawn,
    Step, Value,
};
use crate::link::each_step;

/// Blocks nested deeper than this are left out: deeper code is generated or hostile.
const DEPTH: usize = 150;
/// How many ways through the function are followed at once.
const WAYS: usize = 32;
/// How many workers a loop may be taken to start: whoever makes room for more counted them.
const ROUNDS: u32 = 3;
/// How many failures are taken where a loop takes them all.
const ALL: u32 = u32::MAX;

/// Decides what is lost on the channel that the scenario is about, beside the function's own work. Of a place that is no channel, nothing.
pub fn explore(scenario: &Scenario<'_>) -> Exploration {
    let race = (scenario.actor == Actor::Task).then(|| lost(scenario.body, scenario.place)).flatten();
    Exploration { races: race.into_iter().collect(), bounded: false, states: 1 }
}

fn lost(body: &Block, channel: &Place) -> Option<Race> {
    let (room, holds, rest) = made(body, channel, 0)?;
    let Room::Limited(room) = room else { return None };
    let users = Users::of(rest, channel)?;
    let mut walk = Walk { channel, room, holds, users, race: None, taken_ids: Vec::new() };
    let ends = walk.steps(rest, vec![Way::default()], Around::default(), 0);
    // Where the channel's scope ends, nobody takes from it any more.
    for way in ends.falls {
        walk.left(&way);
    }
    walk.race
}

/// How much the channel holds, and what comes after it is made, in the block that it is made in.
fn made<'b>(block: &'b Block, channel: &Place, depth: usize) -> Option<(Room, bool, &'b [Step])> {
    if depth > DEPTH {
        return None;
    }
    block.steps.iter().enumerate().find_map(|(at, step)| match step {
        Step::Effect(Effect { operation: Operation::Channel { room, holds }, place, .. })
            if place == channel =>
        {
            Some((*room, *holds, block.steps.get(at + 1..).unwrap_or_default()))
        }
        Step::Branch(b) => {
            made(&b.then, channel, depth + 1).or_else(|| made(&b.otherwise, channel, depth + 1))
        }
        Step::Loop(body) => made(body, channel, depth + 1),
        Step::Frame(frame) => made(&frame.body, channel, depth + 1),
        _ => None,
    })
}

/// Where the function itself takes from the channel.
struct Users {
    receives: Vec<Site>,
}

impl Users {
    /// None where somebody may take, or may come to send, of whom nothing is known.
    fn of(rest: &[Step], channel: &Place) -> Option<Users> {
        let mut users = Users { receives: Vec::new() };
        rest.iter().all(|step| users.step(step, channel, false, 0)).then_some(users)
    }

    fn step(&mut self, step: &Step, channel: &Place, in_work: bool, depth: usize) -> bool {
        if depth > DEPTH {
            return false;
        }
        let mut all = |block: &Block, in_work| {
            block.steps.iter().all(|step| self.step(step, channel, in_work, depth + 1))
        };
        match step {
            Step::Effect(effect) if effect.place == *channel => match effect.operation {
                Operation::Send { .. } => in_work,
                Operation::Receive { waits: true } if !in_work => {
                    self.receives.push(effect.site);
                    true
                }
                _ => false,
            },
            Step::Effect(_) | Step::Join(_) | Step::Release(..) => true,
            Step::Call(call) => !call.arguments.iter().any(|value| mentions(value, channel, 0)),
            Step::Exit(Exit::Return(value)) => !mentions(value, channel, 0),
            Step::Exit(_) => true,
            Step::Branch(b) => all(&b.then, in_work) && all(&b.otherwise, in_work),
            Step::Loop(body) => all(body, in_work),
            Step::Frame(frame) => all(&frame.body, in_work),
            Step::Spawn(spawn) => all(&spawn.body, true),
        }
    }
}

fn mentions(value: &Value, channel: &Place, depth: usize) -> bool {
    if depth > DEPTH {
        return true;
    }
    match value {
        Value::Place(place) => place == channel,
        Value::Success(inner) => mentions(inner, channel, depth + 1),
        Value::Structure(fields) => fields.iter().any(|(_, v)| mentions(v, channel, depth + 1)),
        _ => false,
    }
}

/// A way through the function, up to somewhere.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Way {
    workers: Vec<Worker>,
    /// How many failures were taken, and where the last.
    taken: u32,
    last: Option<Site>,
}

impl Way {
    /// Where the n-th worker sends, counted from 1.
    fn sender(&self, number: u32) -> Option<Site> {
        let nth = usize::try_from(number).ok().and_then(|n| self.workers.get(n.checked_sub(1)?));
        nth.or(self.workers.last()).map(|worker| worker.send)
    }
}

/// Work that sends a failure, and waits until that is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Worker {
    result: ResultId,
    send: Site,
    /// Whether a loop starts it, nobody knows how often.
    many: bool,
}

/// What stands around a step.
#[derive(Clone, Copy, Debug, Default)]
struct Around {
    /// Frames between the step and the function that makes the channel.
    frames: usize,
    /// Whether it stands in a loop that the channel was made before.
    in_loop: bool,
    /// Whether it stands in a loop that takes from the channel.
    taking: bool,
    /// Whether a decision on something else than what was taken lies between that loop and the step: it may be that all was taken.
    unsure: bool,
}

impl Around {
    /// A way that is left from here.
    fn leaving(self, way: Way) -> Way {
        let taken = if self.taking && self.unsure { ALL } else { way.taken };
        Way { taken, ..way }
    }
}

/// How steps are left.
#[derive(Debug, Default)]
struct Ends {
    /// At their end.
    falls: Vec<Way>,
    /// By a return from the innermost frame.
    returns: Vec<Way>,
    /// By a break of the innermost loop.
    breaks: Vec<Way>,
}

impl Ends {
    fn add(&mut self, other: Ends) {
        let pairs = [
            (&mut self.falls, other.falls),
            (&mut self.returns, other.returns),
            (&mut self.breaks, other.breaks),
        ];
        for (into, from) in pairs {
            for way in from {
                if into.len() < WAYS && !into.contains(&way) {
                    into.push(way);
                }
            }
        }
    }
}

struct Walk<'a> {
    channel: &'a Place,
    room: u32,
    /// Whether who sends waits on where the function has left.
    holds: bool,
    users: Users,
    /// The first loss that was met.
    race: Option<Race>,
    /// What was taken from the channel: failures, all of them.
    taken_ids: Vec<ResultId>,
}

impl Walk<'_> {
    fn steps(&mut self, steps: &[Step], ways: Vec<Way>, around: Around, depth: usize) -> Ends {
        let mut ends = Ends { falls: ways, ..Ends::default() };
        if depth > DEPTH {
            return Ends::default();
        }
        // To take something tells of the work that sent it, and not that all work is over.
        let mut told_of_some = false;
        for step in steps {
            if self.race.is_some() || ends.falls.is_empty() {
                break;
            }
            let ways = std::mem::take(&mut ends.falls);
            let takes = matches!(step, Step::Effect(e) if self.takes(e));
            match step {
                Step::Join(_) if told_of_some => {
                    ends.falls = ways;
                    continue;
                }
                Step::Join(work) => ends.falls = self.join(ways, *work),
                Step::Effect(effect) if takes => ends.add(self.take(ways, effect, around)),
                Step::Spawn(spawn) => ends.falls = self.spawn(ways, spawn, around),
                Step::Branch(branch) => ends.add(self.branch(ways, branch, around, depth)),
                Step::Loop(body) => ends.add(self.repeat(ways, body, around, depth)),
                Step::Frame(frame) => ends.falls = self.frame(ways, frame, around, depth),
                Step::Exit(exit) => {
                    match exit {
                        Exit::Return(_) => self.returned(ways, around, &mut ends),
                        Exit::Break(0) => ends.breaks.extend(ways.into_iter().map(|w| around.leaving(w))),
                        // What ends the process, or goes round again, leaves nobody waiting.
                        Exit::Panic | Exit::Break(_) | Exit::Continue(_) => {}
                    }
                    break;
                }
                Step::Effect(_) | Step::Call(_) | Step::Release(..) => ends.falls = ways,
            }
            told_of_some = matches!(step, Step::Effect(e) if matches!(e.operation, Operation::Receive { .. } | Operation::Wait));
        }
        ends
    }

    fn takes(&self, effect: &Effect) -> bool {
        matches!(effect.operation, Operation::Receive { .. }) && effect.place == *self.channel
    }

    fn take(&mut self, ways: Vec<Way>, effect: &Effect, around: Around) -> Ends {
        self.taken_ids.push(effect.result);
        let one_more = |way: Way| Way { taken: way.taken.saturating_add(1), last: Some(effect.site), ..way };
        let ways: Vec<Way> = ways.into_iter().map(one_more).collect();
        let mut ends = Ends::default();
        if effect.on_failure == OnFailure::Propagate {
            self.returned(ways, around, &mut ends);
        } else if effect.on_failure == OnFailure::Continue {
            ends.falls = ways;
        }
        ends
    }

    fn returned(&mut self, ways: Vec<Way>, around: Around, ends: &mut Ends) {
        let ways = ways.into_iter().map(|way| around.leaving(way));
        if around.frames > 0 {
            return ends.returns.extend(ways);
        }
        ways.for_each(|way| self.left(&way));
    }

    /// Where the work sends, if it does, and waits until that is taken.
    fn sends(&self, spawn: &Spawn) -> Option<Site> {
        let mut send = None;
        each_step(&spawn.body, &mut |step| {
            if let Step::Effect(Effect { operation: Operation::Send { waits: true }, place, site, .. }) = step
                && place == self.channel
            {
                send.get_or_insert(*site);
            }
        });
        send
    }

    fn spawn(&self, mut ways: Vec<Way>, spawn: &Spawn, around: Around) -> Vec<Way> {
        let send = self.sends(spawn);
        if let Some(send) = send.filter(|_| !spawn.process) {
            let worker = Worker { result: spawn.result, send, many: around.in_loop };
            ways.iter_mut().for_each(|way| way.workers.push(worker));
        }
        ways
    }

    /// Where the channel holds too little, work that nobody took from is never over.
    fn join(&mut self, ways: Vec<Way>, work: ResultId) -> Vec<Way> {
        let mut after = Vec::new();
        for mut way in ways {
            if way.workers.iter().any(|worker| worker.result == work) {
                if self.exceeds(&way) {
                    self.race = Some(self.never_over(&way));
                    return Vec::new();
                }
                way.workers.retain(|worker| worker.result != work);
            }
            after.push(way);
        }
        after
    }

    fn branch(&mut self, ways: Vec<Way>, branch: &Branch, around: Around, depth: usize) -> Ends {
        let mut ends = Ends::default();
        // What was taken is a failure.
        let known = self.known(&branch.condition, 0);
        let inside = Around { unsure: around.unsure || known.is_none(), ..around };
        for (side, block) in [(true, &branch.then), (false, &branch.otherwise)] {
            if known != Some(!side) {
                ends.add(self.steps(&block.steps, ways.clone(), inside, depth + 1));
            }
        }
        ends
    }

    fn known(&self, condition: &Condition, depth: usize) -> Option<bool> {
        let taken = |result: &ResultId| self.taken_ids.contains(result);
        match condition {
            Condition::Constant(holds) => Some(*holds),
            // Where a channel comes to an end, to take from it may fail by itself.
            Condition::Failed(result, _) if self.holds && taken(result) => Some(true),
            Condition::Ok(result) if self.holds && taken(result) => Some(false),
            Condition::Not(inner) if depth < DEPTH => self.known(inner, depth + 1).map(|holds| !holds),
            _ => None,
        }
    }

    fn repeat(&mut self, ways: Vec<Way>, body: &Block, around: Around, depth: usize) -> Ends {
        let (sent, taken) = self.in_one_round(body, 0);
        if sent > 0 && taken >= sent {
            // Each round takes what its own work sends before the next begins.
            let round = self.steps(&body.steps, ways.clone(), Around { in_loop: false, ..around }, depth + 1);
            let mut ends = Ends { falls: ways, returns: round.returns, ..Ends::default() };
            ends.add(Ends { falls: round.breaks, ..Ends::default() });
            return ends;
        }
        let mut takes = false;
        each_step(body, &mut |step| takes |= matches!(step, Step::Effect(e) if self.takes(e)));
        let mut inside = Around { in_loop: true, ..around };
        if takes {
            (inside.taking, inside.unsure) = (true, false);
        }
        let round = self.steps(&body.steps, ways.clone(), inside, depth + 1);
        let mut ends = Ends { returns: round.returns, ..Ends::default() };
        // It goes round until there is no more, or is left in the middle.
        let falls =
            round.falls.into_iter().map(|way| Way { taken: if takes { ALL } else { way.taken }, ..way });
        ends.falls.extend(falls);
        let untouched = |way: &Way| takes && ways.contains(way);
        let breaks = round.breaks.into_iter().filter(|way| !untouched(way));
        ends.add(Ends { falls: breaks.collect(), ..Ends::default() });
        if ends.falls.is_empty() && takes {
            ends.falls.extend(ways.into_iter().map(|way| Way { taken: ALL, ..way }));
        }
        ends
    }

    /// How much work that sends one round of a loop starts, and how often it takes; what inner loops do, nobody knows how often.
    fn in_one_round(&self, block: &Block, depth: usize) -> (usize, usize) {
        let counted = block.steps.iter().map(|step| match step {
            Step::Effect(effect) if self.takes(effect) => (0, 1),
            Step::Spawn(spawn) => (usize::from(self.sends(spawn).is_some()), 0),
            Step::Frame(frame) if depth < DEPTH => self.in_one_round(&frame.body, depth + 1),
            _ => (0, 0),
        });
        counted.fold((0, 0), |(sent, taken), (more, gone)| (sent + more, taken + gone))
    }

    fn frame(&mut self, ways: Vec<Way>, frame: &Frame, around: Around, depth: usize) -> Vec<Way> {
        let inside = Around { frames: around.frames.saturating_add(1), ..around };
        let ends = self.steps(&frame.body.steps, ways, inside, depth + 1);
        let mut all = Ends { falls: ends.falls, ..Ends::default() };
        all.add(Ends { falls: ends.returns, ..Ends::default() });
        all.falls
    }

    /// Whether some worker's failure is more than what was taken and what there is room for.
    fn exceeds(&self, way: &Way) -> bool {
        if way.taken == ALL || way.workers.is_empty() {
            return false;
        }
        let gone = way.taken.saturating_add(self.room);
        match way.workers.iter().any(|worker| worker.many) {
            true => gone < ROUNDS,
            false => u32::try_from(way.workers.len()).is_ok_and(|workers| workers > gone),
        }
    }

    /// Nobody takes from the channel any more.
    fn left(&mut self, way: &Way) {
        let goes_on = way.workers.iter().any(|worker| worker.many) || self.users.receives.len() > 1;
        if !self.holds || way.taken == 0 || !goes_on || !self.exceeds(way) || self.race.is_some() {
            return;
        }
        let (mut story, next) = Story::until_full(self.channel, way, self.room);
        let operation = format!("send (worker {next} waits for ever)");
        story.step(Lane::B, way.sender(next), operation, "nobody takes from it any more");
        let loss = format!("the failure of worker {next} reaches nobody, and its work is never over");
        self.race = Some(story.race(loss));
    }

    fn never_over(&self, way: &Way) -> Race {
        let (mut story, next) = Story::until_full(self.channel, way, self.room);
        let waits = "a failure waits to be taken";
        story.step(Lane::B, way.sender(next), format!("send (worker {next} waits for who takes)"), waits);
        story.step(Lane::A, None, "wait for the work before taking from".to_owned(), waits);
        story.race(format!("the failure of worker {next} reaches nobody: each waits for the other"))
    }
}

/// The schedule as it is told.
struct Story<'a> {
    channel: &'a Place,
    steps: Vec<WitnessStep>,
}

impl<'a> Story<'a> {
    fn step(&mut self, lane: Lane, site: Option<Site>, operation: String, state: &str) {
        self.steps.push(WitnessStep {
            lane,
            site,
            operation,
            place: self.channel.clone(),
            outcome: StepOutcome::Done,
            state: state.to_owned(),
        });
    }

    /// What is taken, and what there is room for; and the number of the next worker.
    fn until_full(channel: &'a Place, way: &Way, room: u32) -> (Self, u32) {
        let mut story = Story { channel, steps: Vec::new() };
        let taken = way.taken.min(ROUNDS);
        for number in 1..=taken {
            story.step(Lane::B, way.sender(number), format!("send (worker {number})"), "holds a failure");
            story.step(Lane::A, way.last, "take".to_owned(), "empty");
        }
        let full = taken.saturating_add(room.min(ROUNDS));
        for number in taken.saturating_add(1)..=full {
            let operation = format!("send (worker {number})");
            story.step(Lane::B, way.sender(number), operation, "holds what nobody has taken");
        }
        (story, full.saturating_add(1))
    }

    fn race(self, loss: String) -> Race {
        let initial = "an empty channel".to_owned();
        let (actor, script) = (Actor::Task, Script::default());
        Race {
            consequence: Consequence::LostError,
            reached: true,
            witness: Witness { actor, initial, steps: self.steps, loss, failures: Vec::new(), script },
        }
    }
}
