//! The text form of summaries, for snapshots and for whoever asks why something was or was not reported.

use super::{
    Block, Branch, Call, Callee, Certainty, Check, Condition, Effect, Exit, FileKind, FlowSummary, Frame,
    KeyOperation, MemoryOperation, Mode, OnFailure, OpenFlags, Operation, RemoveKind, ResultId, Room, Step,
    Value,
};
use std::fmt::{self, Display, Write};

impl Display for ResultId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "r{}", self.0)
    }
}

impl Display for FlowSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "fn {}(", self.name)?;
        for (i, p) in self.parameters.iter().enumerate() {
            write!(f, "{}{}", if i == 0 { "" } else { ", " }, p.name)?;
            if let Some(t) = &p.type_name {
                write!(f, ": {t}")?;
            }
        }
        f.write_str(")")?;
        let c = self.context;
        for (on, word) in [
            (c.test, "test"),
            (c.auxiliary, "auxiliary"),
            (c.is_async, "async"),
            (c.main, "main"),
            (c.public, "public"),
            (c.release, "release"),
            (c.serial, "serial"),
            (c.once, "once"),
            (c.enters, "enters"),
            (c.part, "part"),
            (c.literal, "literal"),
        ] {
            if on {
                write!(f, " {word}")?;
            }
        }
        f.write_str("\n")?;
        write_block(f, &self.body, 1)
    }
}

impl Display for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_block(f, self, 0)
    }
}

fn indent(f: &mut fmt::Formatter<'_>, depth: usize) -> fmt::Result {
    (0..depth).try_for_each(|_| f.write_str("    "))
}

fn write_block(f: &mut fmt::Formatter<'_>, block: &Block, depth: usize) -> fmt::Result {
    for step in &block.steps {
        indent(f, depth)?;
        write_step(f, step, depth)?;
    }
    if !block.drops.is_empty() {
        indent(f, depth)?;
        writeln!(f, "drop {}", list(&block.drops))?;
    }
    Ok(())
}

fn list<T: Display>(items: &[T]) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn write_step(f: &mut fmt::Formatter<'_>, step: &Step, depth: usize) -> fmt::Result {
    match step {
        Step::Effect(e) => writeln!(f, "{e}"),
        Step::Branch(Branch { condition, then, otherwise }) => {
            writeln!(f, "if {condition}")?;
            write_block(f, then, depth + 1)?;
            if *otherwise != Block::default() {
                indent(f, depth)?;
                writeln!(f, "else")?;
                write_block(f, otherwise, depth + 1)?;
            }
            Ok(())
        }
        Step::Loop(body) => {
            writeln!(f, "loop")?;
            write_block(f, body, depth + 1)
        }
        Step::Spawn(s) => {
            writeln!(f, "{} = spawn{}", s.result, if s.process { " process" } else { "" })?;
            write_block(f, &s.body, depth + 1)
        }
        Step::Call(c) => writeln!(f, "{c}"),
        Step::Frame(Frame {
            body, result, on_failure, defaulted, on_malformed, on_misread, name, ..
        }) => {
            let default = if *defaulted { OR_DEFAULT } else { "" };
            writeln!(
                f,
                "{result} = frame {name}{on_failure}{}{}{default}",
                parsed(*on_malformed),
                misread(*on_misread)
            )?;
            write_block(f, body, depth + 1)
        }
        Step::Join(r) => writeln!(f, "join {r}"),
        Step::Release(r, _) => writeln!(f, "release {r}"),
        Step::Exit(exit) => match exit {
            Exit::Return(v) => writeln!(f, "return {v}"),
            Exit::Panic => writeln!(f, "panic"),
            Exit::Break(n) => writeln!(f, "break {n}"),
            Exit::Continue(n) => writeln!(f, "continue {n}"),
        },
    }
}

/// What is said of a result whose failure gives way to a default.
const OR_DEFAULT: &str = " or-default";

/// What becomes of content that makes no sense.
fn parsed(on_malformed: Option<OnFailure>) -> &'static str {
    match on_malformed {
        Some(OnFailure::Propagate) => " parsed-or-fail",
        Some(OnFailure::Panic) => " parsed-or-panic",
        Some(OnFailure::Continue | OnFailure::Leave(_)) => " parsed",
        None => "",
    }
}

/// What becomes of a failure to make sense of something.
fn misread(on_misread: Option<OnFailure>) -> &'static str {
    match on_misread {
        Some(OnFailure::Propagate | OnFailure::Panic) => " misread-or-fail",
        Some(OnFailure::Continue | OnFailure::Leave(_)) => " misread",
        None => "",
    }
}

impl Display for OnFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            OnFailure::Propagate => " ?",
            OnFailure::Panic => " !",
            OnFailure::Continue => "",
            OnFailure::Leave(n) => return write!(f, " ?break {n}"),
        })
    }
}

impl Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} = {} {}", self.result, self.operation, self.place)?;
        if let Some(handle) = self.handle {
            write!(f, " via {handle}")?;
        }
        f.write_str(parsed(self.on_malformed))?;
        if self.defaulted {
            f.write_str(OR_DEFAULT)?;
        }
        if let Some(other) = &self.other_place {
            write!(f, " -> {other}")?;
        }
        if !self.data.is_empty() {
            write!(f, " from {}", list(&self.data))?;
        }
        if self.writes_constant() {
            f.write_str(" constant")?;
        } else if matches!(&self.content, Value::Place(content) if content.made_from().is_some()) {
            f.write_str(" alone")?;
        }
        if self.part {
            f.write_str(" part")?;
        }
        if self.certainty == Certainty::Presumed {
            f.write_str(" presumed")?;
        }
        write!(f, "{}", self.on_failure)
    }
}

impl Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} = call ", self.result)?;
        match &self.callee {
            Callee::Function(name) => write!(f, "{name}")?,
            Callee::Method { receiver, name } => write!(f, "{}.{name}", receiver.as_deref().unwrap_or("?"))?,
            Callee::Parameter(index) => write!(f, "parameter {index}")?,
        }
        let default = if self.defaulted { OR_DEFAULT } else { "" };
        let plain = self.arguments.len().saturating_sub(self.names.len());
        let named = self.names.iter().zip(self.arguments.iter().skip(plain)).map(|(n, v)| format!("{n}={v}"));
        let arguments: Vec<String> =
            self.arguments.iter().take(plain).map(ToString::to_string).chain(named).collect();
        let (parsed, misread) = (parsed(self.on_malformed), misread(self.on_misread));
        write!(f, "({}){}{parsed}{misread}{default}", arguments.join(", "), self.on_failure)?;
        if let Some(e) = &self.presumed {
            write!(f, " else {e}")?;
        }
        for typed in &self.typed {
            write!(f, " if {}: {}", typed.of, typed.effect)?;
        }
        Ok(())
    }
}

impl Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Opaque => f.write_str("_"),
            Value::Derived(from) => write!(f, "data({})", list(from)),
            Value::Place(p) => write!(f, "{p}"),
            Value::Variable(p, from) => write!(f, "{p} from {}", list(from)),
            Value::Result(r) => write!(f, "{r}"),
            Value::Condition(c) => write!(f, "({c})"),
            Value::Flags(flags) => write!(f, "{flags}"),
            Value::Success(v) => write!(f, "ok({v})"),
            Value::Code { id, .. } => write!(f, "code(?{id})"),
            Value::Failure(None) => f.write_str("err"),
            Value::Failure(Some(r)) => write!(f, "err({r})"),
            Value::Structure(fields) => {
                f.write_char('{')?;
                for (i, (name, value)) in fields.iter().enumerate() {
                    write!(f, "{}{name}: {value}", if i == 0 { "" } else { ", " })?;
                }
                f.write_char('}')
            }
        }
    }
}

/// What is known of a mode, as a suffix.
fn mode_word(mode: Mode) -> &'static str {
    match mode {
        Mode::Unknown => "",
        Mode::Private => "-private",
        Mode::Grouped => "-grouped",
        Mode::Public => "-public",
        Mode::Executable => "-executable",
        Mode::Shared => "-shared",
    }
}

impl Display for OpenFlags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<&str> = [
            (self.read, "read"),
            (self.write, "write"),
            (self.append, "append"),
            (self.create, "create"),
            (self.create_new, "create_new"),
            (self.truncate, "truncate"),
            (self.no_follow, "no_follow"),
            (self.private, "private"),
            (self.socket, "socket"),
        ]
        .into_iter()
        .filter_map(|(on, word)| on.then_some(word))
        .collect();
        write!(f, "[{}]", words.join(" "))
    }
}

impl Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Operation::Check(check) => f.write_str(match check {
                Check::Exists => "check-exists",
                Check::IsFile => "check-file",
                Check::IsDir => "check-dir",
                Check::IsSymlink => "check-symlink",
                Check::Metadata => "stat",
                Check::SymlinkMetadata => "lstat",
                Check::Owner => "stat-owner",
                Check::Access => "access",
                Check::Listed => "check-listed",
            }),
            Operation::Open(flags) => write!(f, "open{flags}"),
            Operation::Read => f.write_str("read"),
            Operation::Write => f.write_str("write"),
            Operation::Append => f.write_str("append"),
            Operation::Truncate => f.write_str("truncate"),
            Operation::CreateDir { all, private } => {
                f.write_str(if *all { "mkdir-all" } else { "mkdir" })?;
                f.write_str(if *private { " private" } else { "" })
            }
            Operation::Populate { fresh: false } => f.write_str("populate"),
            Operation::Populate { fresh: true } => f.write_str("populate-new"),
            Operation::Remove(RemoveKind::File) => f.write_str("remove"),
            Operation::Remove(RemoveKind::Dir) => f.write_str("remove-dir"),
            Operation::Remove(RemoveKind::Tree) => f.write_str("remove-tree"),
            Operation::Rename { replace: true } => f.write_str("rename"),
            Operation::Rename { replace: false } => f.write_str("rename-no-replace"),
            Operation::Copy => f.write_str("copy"),
            Operation::HardLink => f.write_str("link"),
            Operation::Symlink => f.write_str("symlink"),
            Operation::SetPermissions(mode) => write!(f, "chmod{}", mode_word(*mode)),
            Operation::SetOwner { no_follow: false } => f.write_str("chown"),
            Operation::SetOwner { no_follow: true } => f.write_str("lchown"),
            Operation::SetTimes => f.write_str("utime"),
            Operation::Execute => f.write_str("execute"),
            Operation::Mount => f.write_str("mount"),
            Operation::SetRoot => f.write_str("chroot"),
            Operation::ReadDir => f.write_str("read-dir"),
            Operation::Lock { shared, blocking, scope } => {
                write!(f, "{}lock-{:?}", if *blocking { "" } else { "try-" }, scope)?;
                f.write_str(if *shared { "-shared" } else { "" })
            }
            Operation::EnvGet => f.write_str("getenv"),
            Operation::EnvSet => f.write_str("setenv"),
            Operation::SetCwd => f.write_str("chdir"),
            Operation::SetUmask(mode) => write!(f, "umask{}", mode_word(*mode)),
            Operation::Update => f.write_str("update"),
            Operation::Run => f.write_str("run"),
            Operation::Sync => f.write_str("sync"),
            Operation::Memory(operation) => f.write_str(match operation {
                MemoryOperation::Test => "memory-test",
                MemoryOperation::Set => "memory-set",
                MemoryOperation::Clear => "memory-clear",
            }),
            Operation::Suspend => f.write_str("suspend"),
            Operation::Key(operation) => f.write_str(match operation {
                KeyOperation::Exists => "key-exists",
                KeyOperation::Get => "key-get",
                KeyOperation::Set { expires: false } => "key-set",
                KeyOperation::Set { expires: true } => "key-set-expiring",
                KeyOperation::SetNew { expires: false } => "key-set-new",
                KeyOperation::SetNew { expires: true } => "key-set-new-expiring",
                KeyOperation::Swap => "key-swap",
                KeyOperation::Delete => "key-delete",
                KeyOperation::Expire => "key-expire",
            }),
            Operation::Channel { room: Room::Limited(room), .. } => write!(f, "channel[{room}]"),
            Operation::Channel { room: Room::Unknown, .. } => f.write_str("channel"),
            Operation::Send { waits } => f.write_str(if *waits { "send" } else { "try-send" }),
            Operation::Receive { waits } => f.write_str(if *waits { "receive" } else { "try-receive" }),
            Operation::Wait => f.write_str("wait"),
            Operation::Use => f.write_str("use"),
            Operation::HandOver => f.write_str("hand-over"),
        }
    }
}

impl Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Condition::Constant(b) => write!(f, "{b}"),
            Condition::True(r) => write!(f, "{r}"),
            Condition::Ok(r) => write!(f, "ok({r})"),
            Condition::Failed(r, kinds) => write!(f, "failed({r}, {kinds})"),
            Condition::Opaque { id, observed } if observed.is_empty() => write!(f, "?{id}"),
            Condition::Opaque { id, observed } => write!(f, "?{id}({})", list(observed)),
            Condition::Kind { of, kind: FileKind::File, .. } => write!(f, "is-file({of})"),
            Condition::Kind { of, kind: FileKind::Directory, .. } => write!(f, "is-dir({of})"),
            Condition::Not(c) => write!(f, "!{c}"),
            Condition::All(cs) => write!(f, "({})", joined(cs, " & ")),
            Condition::Any(cs) => write!(f, "({})", joined(cs, " | ")),
        }
    }
}

fn joined(conditions: &[Condition], separator: &str) -> String {
    conditions.iter().map(ToString::to_string).collect::<Vec<_>>().join(separator)
}
