//! A bad schedule in words.

use super::content::Contents;
use super::filesystem::{Filesystem, Kind, Name, Process};
use super::machine::Event;
use super::program::{EffectStep, Program};
use super::setup::lane_path;
use super::{Actor, StepOutcome, WitnessStep};
use crate::flow::{
    Check, Domain, KeyOperation, LockScope, MemoryOperation, Mode, OpenFlags, Operation, Place, RemoveKind,
};

/// What the words are about.
pub struct Story<'a> {
    pub actor: Actor,
    pub domain: Domain,
    pub program: &'a Program,
    pub place: &'a Place,
    pub target: &'a [Name],
    pub contents: &'a Contents,
}

impl Story<'_> {
    /// The events as witness steps; the steps of one effect that nobody came between are one.
    pub fn tell(&self, events: &[Event]) -> Vec<WitnessStep> {
        let shown: Vec<&Event> = events.iter().filter(|e| self.is_shown(e)).collect();
        let mut steps = Vec::new();
        let mut next = 0;
        while let Some(first) = shown.get(next) {
            let mut last = first;
            next += 1;
            while let Some(event) = shown.get(next).filter(|e| {
                e.lane == last.lane && e.effect == last.effect && e.effect.is_some() && e.phase > last.phase
            }) {
                last = event;
                next += 1;
            }
            steps.push(self.step(first, last));
        }
        steps
    }

    /// What happens strictly above the place only makes room for it.
    fn is_shown(&self, event: &Event) -> bool {
        let Some(effect) = event.effect.and_then(|n| self.program.effect(n)) else { return true };
        // A lock that the other does not know keeps nobody out.
        let itself =
            matches!(self.actor, Actor::Itself | Actor::ItselfThread | Actor::ItselfTask | Actor::Task);
        let threads = matches!(self.actor, Actor::ItselfThread | Actor::ItselfTask | Actor::Task);
        if let Operation::Lock { scope, .. } = effect.operation
            && (!itself || (scope == LockScope::Thread && !threads))
        {
            return false;
        }
        let path = lane_path(&effect.paths, event.lane);
        let above = path.len() < self.target.len() && self.target.starts_with(path);
        let makes_room = matches!(
            effect.operation,
            Operation::CreateDir { all: true, .. } | Operation::Check(_) | Operation::ReadDir
        );
        !(above && makes_room) || matches!(event.outcome, StepOutcome::Failed(_))
    }

    fn step(&self, first: &Event, last: &Event) -> WitnessStep {
        let effect = first.effect.and_then(|n| self.program.effect(n));
        let operation = match effect {
            Some(effect) => words(effect, first.phase, last.phase, last.outcome),
            None if self.domain == Domain::KeyValue && self.actor == Actor::Acquirer => {
                "find no live key, and set".to_owned()
            }
            None => builtin_words(self.actor).to_owned(),
        };
        WitnessStep {
            lane: first.lane,
            site: effect.map(|e| e.site),
            operation,
            place: effect.map_or_else(|| self.place.clone(), |e| e.place.clone()),
            outcome: match (effect.map(|e| e.operation), last.outcome) {
                // What the code asks may be the other way round.
                (Some(Operation::Memory(MemoryOperation::Test)), StepOutcome::Answer(there)) => {
                    StepOutcome::Found(there)
                }
                (_, outcome) => outcome,
            },
            state: self.describe(&last.files),
        }
    }

    fn describe(&self, files: &Filesystem) -> String {
        match self.domain {
            Domain::Files | Domain::Channels => {}
            Domain::KeyValue | Domain::Memory => {
                return match files.lstat(Process::First, self.target) {
                    Ok(found) => format!("set ({})", self.contents.describe(found.content)),
                    Err(_) => "absent".to_owned(),
                };
            }
            Domain::Environment => {
                let name = self.target.last();
                return match files.environment().iter().find(|(n, _)| Some(n) == name) {
                    Some((_, value)) => format!("set ({})", self.contents.describe(*value)),
                    None => "not set".to_owned(),
                };
            }
            Domain::WorkingDirectory if files.is_at_start(Process::First) => {
                return "as in the beginning".to_owned();
            }
            Domain::Mask if !files.masks(Process::First) => return "as in the beginning".to_owned(),
            Domain::WorkingDirectory | Domain::Mask => return "changed".to_owned(),
        }
        let found = files.lstat(Process::First, self.target).map(|found| (found.kind, found.content));
        match found {
            Err(_) => "absent".to_owned(),
            Ok((Kind::Symlink, _)) => "symlink".to_owned(),
            Ok((Kind::File, content)) => format!("file ({})", self.contents.describe(content)),
            Ok((Kind::Directory, content)) if self.contents.is_torn(content) => {
                "directory (incomplete)".to_owned()
            }
            Ok((Kind::Directory, content)) => format!("directory ({})", self.contents.describe(content)),
        }
    }
}

fn builtin_words(actor: Actor) -> &'static str {
    match actor {
        Actor::Creator => "create",
        Actor::Remover => "remove",
        Actor::Replacer => "replace",
        Actor::Updater => "update",
        Actor::Reader => "read",
        Actor::Bystander => "look",
        Actor::Crash => "end A, which leaves",
        Actor::Visitor => "look into",
        Actor::Acquirer => "create exclusively",
        Actor::Attacker => "swap for a symlink",
        Actor::Stranger => "open as another user",
        Actor::Itself | Actor::ItselfThread | Actor::ItselfTask | Actor::Task => "run",
    }
}

/// The steps of an effect from `first` to `last`, in words.
fn words(effect: &EffectStep, first: u8, last: u8, outcome: StepOutcome) -> String {
    let failed = matches!(outcome, StepOutcome::Failed(_));
    let offset = u8::from(effect.handle.is_some());
    let written = |whole: &str, opening: &str| -> String {
        if failed && last == 0 {
            return whole.to_owned();
        }
        match (first + offset, last + offset) {
            (0, 0) => opening.to_owned(),
            (0 | 1, 1) => format!("{whole} (first half)"),
            (2, _) => format!("{whole} (rest)"),
            _ => whole.to_owned(),
        }
    };
    let to = |word: &str| match &effect.other {
        Some(other) => format!("{word} to {other}"),
        None => word.to_owned(),
    };
    match effect.operation {
        Operation::Check(check) => match check {
            Check::Exists => "check",
            Check::IsFile => "check for a file",
            Check::IsDir => "check for a directory",
            Check::IsSymlink => "check for a symlink",
            Check::Metadata => "stat",
            Check::SymlinkMetadata => "lstat",
            Check::Owner => "check owner or mode",
            Check::Access => "check access",
            Check::Listed => "find in the directory",
        }
        .to_owned(),
        Operation::Open(flags) => open_words(flags).to_owned(),
        Operation::Read => "read".to_owned(),
        Operation::Write => written("write", "open and truncate"),
        Operation::Copy => written(&to("copy"), &to("open and truncate the destination of a copy")),
        Operation::Populate { .. } => written("fill", "create directory"),
        Operation::Append => "append".to_owned(),
        Operation::Truncate => "truncate".to_owned(),
        Operation::CreateDir { all: false, .. } => "create directory".to_owned(),
        Operation::CreateDir { all: true, .. } => "create directories".to_owned(),
        Operation::Remove(RemoveKind::File) => "remove".to_owned(),
        Operation::Remove(RemoveKind::Dir) => "remove directory".to_owned(),
        Operation::Remove(RemoveKind::Tree) => match (first, last) {
            (0, 0) if !failed => "remove tree (all below it)",
            (1, _) => "remove tree (the directory)",
            _ => "remove tree",
        }
        .to_owned(),
        Operation::Rename { replace: true } => to("rename"),
        Operation::Rename { replace: false } => to("rename without replacing"),
        Operation::HardLink => to("link"),
        Operation::Symlink => to("symlink"),
        Operation::SetPermissions(mode) => match mode {
            Mode::Unknown => "set permissions",
            Mode::Private => "set permissions to owner only",
            Mode::Grouped => "set permissions to owner and group",
            Mode::Public | Mode::Executable | Mode::Shared => "set permissions to everybody",
        }
        .to_owned(),
        Operation::SetOwner { .. } => "set owner".to_owned(),
        Operation::SetTimes => "set times".to_owned(),
        Operation::Execute => "run".to_owned(),
        Operation::Mount => "mount".to_owned(),
        Operation::SetRoot => "change the root".to_owned(),
        Operation::ReadDir => "list".to_owned(),
        Operation::Use => "work below".to_owned(),
        Operation::Lock { shared: true, .. } => "lock (shared)".to_owned(),
        Operation::Lock { shared: false, .. } => "lock".to_owned(),
        Operation::EnvGet => "read the variable".to_owned(),
        Operation::EnvSet => "set the variable".to_owned(),
        Operation::SetCwd => "change the working directory".to_owned(),
        Operation::SetUmask(_) => "set the umask".to_owned(),
        Operation::Update => match (first, last) {
            (0, 0) if !failed => "lock and update",
            (1, _) => "finish the update",
            _ => "update",
        }
        .to_owned(),
        Operation::Memory(MemoryOperation::Test) => "test".to_owned(),
        Operation::Memory(MemoryOperation::Set) => "set".to_owned(),
        Operation::Memory(MemoryOperation::Clear) => "clear".to_owned(),
        Operation::Suspend => "wait, while other tasks run".to_owned(),
        Operation::Key(KeyOperation::Exists) => "ask for the key".to_owned(),
        Operation::Key(KeyOperation::Get) => "get the key".to_owned(),
        Operation::Key(KeyOperation::Set { .. }) => "set the key".to_owned(),
        Operation::Key(KeyOperation::SetNew { .. }) => "set the key if it is not there".to_owned(),
        Operation::Key(KeyOperation::Swap) => "set the key and get what it was".to_owned(),
        Operation::Key(KeyOperation::Delete) => "delete the key".to_owned(),
        Operation::Key(KeyOperation::Expire) => "let the key expire".to_owned(),
        Operation::Run
        | Operation::Sync
        | Operation::Channel { .. }
        | Operation::Send { .. }
        | Operation::Receive { .. }
        | Operation::Wait
        | Operation::HandOver => effect.operation.to_string(),
    }
}

fn open_words(flags: OpenFlags) -> &'static str {
    if flags.create_new {
        "create exclusively"
    } else if flags.truncate && flags.create {
        "create or truncate"
    } else if flags.truncate {
        "open and truncate"
    } else if flags.create {
        "open or create"
    } else {
        "open"
    }
}
