//! A performance in words.

use super::kernel::{Failure, Found, Real, Seen, Stranger};
use super::perform::Performance;
use crate::explain;
use crate::output::lanes::on_one_line;
use crate::report::{Region, Reported, actor_phrase, lane_names};
use crate::terminal::{self, ERROR, NOTE, STRONG, paint};
use fsrace_analyzer::explore::Lane;
use fsrace_analyzer::explore::content::{Content, Contents, Half, Piece};
use fsrace_analyzer::explore::filesystem::{Call, Handle, Kind, Name, Reply, Status};
use fsrace_analyzer::flow::{ErrorKind, OpenFlags};
use std::collections::BTreeMap;
use std::fmt::Write;

/// The finding and its performance.
pub fn tell(finding: &Reported, performance: &Performance) -> String {
    let schedule = &finding.witness;
    let mut teller = Teller { contents: schedule.script.contents.clone(), handles: BTreeMap::new() };
    let mut out = explain::heading(finding);
    let [a, b] = lane_names(schedule.actor);
    let how = match (performance.setting.same_process, performance.setting.stranger) {
        (true, _) => "two threads of one process",
        (false, Stranger::No) => "two processes",
        (false, Stranger::Real) => "two processes, the second as another user",
        (false, Stranger::Simulated) => {
            "two processes of one user, for only root can have another: what B must not open is told from the mode bits"
        }
    };
    let _ = writeln!(
        out,
        "  {how}; {b} {}; at first the place ({}) is {}\n",
        actor_phrase(schedule.actor),
        path(&schedule.script.place),
        terminal::line(&schedule.initial)
    );
    let mut last: Option<(Lane, Option<&Region>)> = None;
    let calls = schedule.script.calls.iter().zip(&schedule.callers);
    for ((step, caller), (real, foreseen)) in calls.zip(performance.replies.iter().zip(&performance.foreseen))
    {
        let name = if step.lane == Lane::A { a } else { b };
        let same = last.is_some_and(|(lane, region)| {
            lane == step.lane && region.map(|r| r.span) == caller.as_ref().map(|r| r.span)
        });
        if !same {
            let source = match caller {
                Some(region) => format!("{}: {}", region.start().line, on_one_line(region.text())),
                None if releases(&step.call) => "gives up what it holds".to_owned(),
                None => actor_phrase(schedule.actor).to_owned(),
            };
            let _ = writeln!(out, "  {} {}", paint(STRONG, name), terminal::line(&source));
        }
        last = Some((step.lane, caller.as_ref()));
        teller.name(&step.call, &step.reply);
        let (call, reply) = (teller.call(&step.call), teller.real(real));
        let _ = write!(out, "      {call} -> {reply}");
        if !foreseen {
            let _ = write!(out, "  {} {}", paint(ERROR, "foreseen:"), teller.foreseen(&step.reply));
        }
        out.push('\n');
    }
    teller.end(&mut out, finding, performance);
    out
}

fn releases(call: &Call) -> bool {
    matches!(call, Call::Close(_) | Call::Unlock(_) | Call::UnlockRecord(_))
}

struct Teller {
    contents: Contents,
    /// What the open files are called: after their paths.
    handles: BTreeMap<Handle, String>,
}

impl Teller {
    fn end(&mut self, out: &mut String, finding: &Reported, performance: &Performance) {
        out.push_str("\n  in the end:\n");
        for (at, found) in &performance.end {
            let _ = writeln!(out, "      {}: {}", path(at), self.found(found));
        }
        if !performance.end_foreseen {
            let _ = writeln!(out, "  {}", paint(ERROR, "foreseen:"));
            for (at, status) in &finding.witness.script.end {
                let _ = writeln!(out, "      {}: {}", path(at), self.status(*status));
            }
        }
        let (word, agreement) = if performance.agrees() {
            let count = performance.replies.len();
            (paint(NOTE, "the kernel agrees"), format!("all {count} answers and the end are as foreseen"))
        } else {
            let wrong = performance.foreseen.iter().filter(|foreseen| !**foreseen).count();
            let end = if performance.end_foreseen { "" } else { ", and so is the end" };
            (paint(ERROR, "the kernel disagrees"), format!("{wrong} answers are others{end}"))
        };
        let loss = terminal::line(&finding.witness.loss).into_owned();
        let _ = writeln!(out, "\n  {} {}\n  {word}: {agreement}", paint(ERROR, "=>"), paint(STRONG, &loss));
    }

    /// Remembers what an open file is called.
    fn name(&mut self, call: &Call, reply: &Result<Reply, ErrorKind>) {
        if let (Call::Open { path: at, .. }, Ok(Reply::Opened(handle))) = (call, reply) {
            self.handles.insert(*handle, path(at));
        }
    }

    fn open_file(&self, handle: Handle) -> String {
        self.handles.get(&handle).map_or("a file", String::as_str).to_owned()
    }

    fn call(&self, call: &Call) -> String {
        let file = |handle: &Handle| self.open_file(*handle);
        let text = |content: &Content| self.contents.describe(*content);
        let kind = |shared: bool| if shared { "shared" } else { "exclusive" };
        match call {
            Call::Stat(at) => format!("stat {}", path(at)),
            Call::LinkStat(at) => format!("lstat {}", path(at)),
            Call::HandleStat(handle) => format!("fstat {}", file(handle)),
            Call::Open { path: at, flags, private } => {
                format!("open {}{}{}", path(at), words(*flags), mode(*private))
            }
            Call::Close(handle) => format!("close {}", file(handle)),
            Call::Read(handle) => format!("read {}", file(handle)),
            Call::Write { handle, text: written, half } => {
                format!("write {} of {} to {}", portion(*half), text(written), file(handle))
            }
            Call::Cut(handle) => format!("cut {} to what is written", file(handle)),
            Call::Truncate(at) => format!("truncate {}", path(at)),
            Call::MakeDirectory { path: at, private, .. } => format!("mkdir {}{}", path(at), mode(*private)),
            Call::Fill { path: at, text: written, half } => {
                format!("fill {} with {} of {}", path(at), portion(*half), text(written))
            }
            Call::RemoveDirectory(at) => format!("rmdir {}", path(at)),
            Call::Unlink(at) => format!("unlink {}", path(at)),
            Call::Clear(at) => format!("remove all below {}", path(at)),
            Call::RemoveAll(at) => format!("remove {} with all below it", path(at)),
            Call::Replace { path: at, kind: Kind::Directory, .. } => {
                format!("rename a new directory to {}", path(at))
            }
            Call::Replace { path: at, content, .. } => {
                format!("rename a new file ({}) to {}", text(content), path(at))
            }
            Call::Rename { from, to, replace: true } => format!("rename {} to {}", path(from), path(to)),
            Call::Rename { from, to, replace: false } => {
                format!("rename {} to {} without replacing", path(from), path(to))
            }
            Call::Link { from, to } => format!("link {} as {}", path(from), path(to)),
            Call::Symlink { target, at } => format!("symlink {} to {}", path(at), path(target)),
            Call::List(at) => format!("list {}", path(at)),
            Call::SetMode { path: at, private } => format!("chmod {}{}", path(at), bits(*private)),
            Call::SetHandleMode { handle, private } => format!("fchmod {}{}", file(handle), bits(*private)),
            Call::Lock { handle, shared } => format!("flock {} {}", file(handle), kind(*shared)),
            Call::Unlock(handle) => format!("flock {} no more", file(handle)),
            Call::LockRecord { handle, shared } => format!("fcntl lock {} {}", file(handle), kind(*shared)),
            Call::UnlockRecord(handle) => format!("fcntl lock {} no more", file(handle)),
            Call::ChangeDirectory(at) => format!("chdir {}", path(at)),
            Call::SetMask { private } => format!("umask {}", if *private { "077" } else { "022" }),
            Call::Variable(Name(name)) => format!("get variable v{name}"),
            Call::SetVariable(Name(name), value) => format!("set variable v{name} to {}", text(value)),
        }
    }

    fn pieces(&mut self, pieces: &[Piece]) -> String {
        let content = self.contents.of(pieces.to_vec());
        self.contents.describe(content)
    }

    fn real(&mut self, real: &Real) -> String {
        match real {
            Ok(Seen::Done | Seen::Opened) => "ok".to_owned(),
            Ok(Seen::Status(found)) => self.found(found),
            Ok(Seen::Content(pieces)) => self.pieces(pieces),
            Ok(Seen::Names(names, _)) => listed(names),
            Err(Failure(errno)) => errno.to_string(),
        }
    }

    fn foreseen(&self, reply: &Result<Reply, ErrorKind>) -> String {
        match reply {
            Ok(Reply::Done | Reply::Opened(_)) => "ok".to_owned(),
            Ok(Reply::Status(status)) => self.status(*status),
            Ok(Reply::Content(content)) => self.contents.describe(*content),
            Ok(Reply::Names(names, _)) => listed(names),
            Err(kind) => kind.to_string(),
        }
    }

    fn found(&mut self, found: &Found) -> String {
        let content = self.contents.of(found.pieces.clone());
        self.status(Status { kind: found.kind, content, access: found.access })
    }

    fn status(&self, status: Status) -> String {
        let kind = match status.kind {
            Kind::File => "file",
            Kind::Directory => "directory",
            Kind::Symlink => return "symlink".to_owned(),
        };
        // Nobody of the two made the directories that were there, and then there is nothing to say of what they hold.
        let content = match (status.kind, status.content) {
            (Kind::Directory, Content::EMPTY) => String::new(),
            (_, content) => format!(" ({})", self.contents.describe(content)),
        };
        let owner = if status.access.foreign { ", B's" } else { "" };
        let private = if status.access.private { ", for its owner only" } else { "" };
        format!("{kind}{content}{owner}{private}")
    }
}

fn portion(half: Half) -> &'static str {
    match half {
        Half::First => "the first half",
        Half::Rest => "the rest",
    }
}

fn words(flags: OpenFlags) -> String {
    let all = [
        (flags.read && (flags.write || flags.append), "for reading and writing"),
        (!flags.read && flags.write && !flags.append, "for writing"),
        (flags.append, "appending"),
        (flags.create && !flags.create_new, "creating"),
        (flags.create_new, "creating exclusively"),
        (flags.truncate, "truncating"),
        (flags.no_follow, "not following links"),
    ];
    let said: Vec<&str> = all.iter().filter(|(is, _)| *is).map(|(_, word)| *word).collect();
    if said.is_empty() { String::new() } else { format!(" {}", said.join(", ")) }
}

fn mode(private: bool) -> &'static str {
    if private { ", for the owner only" } else { "" }
}

fn bits(private: bool) -> &'static str {
    if private { " for the owner only" } else { " for everybody" }
}

fn listed(names: &[Name]) -> String {
    if names.is_empty() {
        return "nothing".to_owned();
    }
    names.iter().map(|Name(number)| format!("n{number}")).collect::<Vec<_>>().join(", ")
}

/// The path in the private folder; a relative one starts where the process stands.
fn path(path: &[Name]) -> String {
    let (start, rest) = match path {
        [Name::WORKING, rest @ ..] => (".", rest),
        path => ("", path),
    };
    let mut text = start.to_owned();
    for Name(number) in rest {
        let _ = write!(text, "/n{number}");
    }
    if text.is_empty() { "/".to_owned() } else { text }
}
