//! Reads a model table.

use super::{
    Api, Asks, Command, CommandPart, Fails, Fixture, Lists, LockFlags, ModelError, Models, OutcomePart,
    PathTransform, SpawnKind, TypeInfo, When,
};
use crate::flow::{
    Check, ErrorKind, FileKind, KeyOperation, Kinds, LockScope, Mode, OpenFlags, Operation, RemoveKind, Room,
    Root, Uniqueness,
};
use rustc_hash::FxHashMap;
use serde::Deserialize;

/// No callable that a table names has more arguments; a higher index is a slip.
const MAX_ARGUMENT: usize = 15;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    #[serde(default = "double_colon")]
    separator: String,
    #[serde(default)]
    fine: Vec<String>,
    #[serde(default, rename = "type")]
    types: Vec<TypeRow>,
    #[serde(default)]
    slow: Vec<String>,
    #[serde(default)]
    alone: Vec<String>,
    #[serde(default)]
    repository: Vec<String>,
    #[serde(default)]
    shell: Vec<String>,
    #[serde(default)]
    command: Vec<CommandRow>,
    #[serde(default)]
    serial: Vec<String>,
    #[serde(default)]
    pure: Vec<String>,
    #[serde(default)]
    where_unset: Vec<String>,
    #[serde(default)]
    fixture: Vec<FixtureRow>,
    #[serde(default)]
    waits: Vec<WaitRow>,
    #[serde(default)]
    own: Vec<OwnRow>,
    #[serde(default)]
    mirror: Vec<MirrorRow>,
    #[serde(default)]
    api: Vec<ApiRow>,
    #[serde(default)]
    kind: Vec<KindRow>,
    #[serde(default)]
    flag: Vec<FlagRow>,
    #[serde(default)]
    lock: Vec<LockRow>,
    #[serde(default)]
    mode: Vec<ModeRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WaitRow {
    word: String,
    #[serde(default)]
    beside: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OwnRow {
    names: Vec<String>,
    #[serde(default)]
    directory: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FixtureRow {
    names: Vec<String>,
    #[serde(rename = "type")]
    of: String,
    #[serde(default)]
    private: bool,
}

fn into_boxes(words: Vec<String>) -> Vec<Box<str>> {
    words.into_iter().map(Into::into).collect()
}

fn double_colon() -> String {
    "::".to_owned()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TypeRow {
    names: Vec<String>,
    like: Option<String>,
    #[serde(default)]
    also: Vec<String>,
    items: Option<String>,
    #[serde(default)]
    private: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MirrorRow {
    of: String,
    at: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ApiRow {
    names: Vec<String>,
    effect: Option<String>,
    place: Option<usize>,
    other: Option<usize>,
    below: Option<usize>,
    other_below: Option<usize>,
    data: Option<usize>,
    fills: Option<usize>,
    access: Option<usize>,
    mode: Option<usize>,
    options: Option<usize>,
    flags: Option<Vec<String>>,
    #[serde(default)]
    private: bool,
    returns: Option<String>,
    fails: Option<String>,
    path: Option<String>,
    root: Option<String>,
    unique: Option<String>,
    flag: Option<String>,
    spawn: Option<String>,
    #[serde(default)]
    calls: Vec<usize>,
    body: Option<usize>,
    #[serde(default)]
    joins: bool,
    #[serde(default)]
    releases: bool,
    #[serde(default)]
    presumed: bool,
    #[serde(default)]
    errno: bool,
    #[serde(default)]
    descriptor: bool,
    inside: Option<String>,
    command: Option<String>,
    asks: Option<String>,
    #[serde(default)]
    said: Vec<String>,
    told: Option<String>,
    #[serde(default)]
    raises: bool,
    #[serde(default)]
    ends: bool,
    #[serde(default)]
    stream: bool,
    #[serde(default)]
    tolerates: Vec<String>,
    outcome: Option<String>,
    program: Option<String>,
    #[serde(default)]
    keywords: Vec<String>,
    #[serde(default)]
    when: Vec<WhenRow>,
    text_mode: Option<usize>,
    at: Option<usize>,
    #[serde(default)]
    parses: bool,
    lists: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WhenRow {
    keyword: String,
    #[serde(default)]
    off: bool,
    #[serde(default)]
    with: Vec<String>,
    effect: Option<String>,
    flags: Option<Vec<String>>,
    #[serde(default)]
    tolerates: Vec<String>,
    #[serde(default)]
    raises: bool,
    #[serde(default)]
    told: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CommandRow {
    program: String,
    words: Vec<String>,
    effect: String,
    place: Option<usize>,
    #[serde(default)]
    valued: Vec<String>,
    directory: Option<String>,
    #[serde(default)]
    new: Vec<String>,
    #[serde(default)]
    expiring: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KindRow {
    names: Vec<String>,
    kind: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FlagRow {
    names: Vec<String>,
    flags: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ModeRow {
    names: Vec<String>,
    bits: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LockRow {
    names: Vec<String>,
    lock: Vec<String>,
}

/// Reads a table.
pub(super) fn parse(text: &str) -> Result<Models, ModelError> {
    let table: Table = toml::from_str(text)
        .map_err(|e| ModelError { row: String::new(), problem: e.to_string().trim_end().to_owned() })?;
    let mut models = Models { separator: table.separator, fine: table.fine, ..Models::default() };
    if models.separator.is_empty() {
        return Err(ModelError { row: String::new(), problem: "the separator is empty".to_owned() });
    }
    models.slow = table.slow.into_iter().map(Into::into).collect();
    models.alone = table.alone.into_iter().map(Into::into).collect();
    models.repository = table.repository.into_iter().map(Into::into).collect();
    models.shell = table.shell.into_iter().map(Into::into).collect();
    for row in table.command {
        let context = Row { list: "command", name: row.program.clone() };
        let effect = context.word("effect", &row.effect, operation)?;
        if !matches!(effect, Operation::Populate { .. } | Operation::Update | Operation::Key(_)) {
            return Err(context.error(format!("a command does not `{}`", row.effect)));
        }
        for word in row.words {
            let command = Command {
                effect,
                place: row.place,
                valued: row.valued.clone(),
                directory: row.directory.clone(),
                new: row.new.clone(),
                expiring: row.expiring.clone(),
            };
            context.insert(&mut models.commands, &format!("{}:{word}", row.program), command)?;
        }
    }
    for row in table.own {
        models.own.extend(row.names.into_iter().map(|name| (name.into(), row.directory)));
    }
    models.waits = table.waits.into_iter().map(|row| (row.word.into(), into_boxes(row.beside))).collect();
    models.serial = table.serial.into_iter().map(Into::into).collect();
    models.pure = table.pure.into_iter().map(Into::into).collect();
    models.where_unset = table.where_unset.into_iter().map(Into::into).collect();
    for row in table.fixture {
        let context = Row::of("fixture", &row.names)?;
        for name in row.names {
            let fixture = Fixture { of: row.of.as_str().into(), private: row.private };
            context.insert(&mut models.fixtures, &name, fixture)?;
        }
    }
    for row in table.mirror {
        let context = Row { list: "mirror", name: row.of.clone() };
        for at in row.at {
            context.insert(&mut models.mirrors, &at, row.of.as_str().into())?;
            models.mirrored.extend(at.split(&models.separator).next().map(Into::into));
        }
    }
    add_types(&mut models, &table.types)?;
    for row in table.api {
        let context = Row::of("api", &row.names)?;
        let api = row.read(&context)?;
        for name in row.names {
            add_api(&mut models, &context, &name, &api)?;
        }
    }
    for row in table.kind {
        let context = Row::of("kind", &row.names)?;
        let kind = context.word("kind", &row.kind, error_kind)?;
        for name in row.names {
            context.insert(&mut models.kinds, &name, kind)?;
        }
    }
    for row in table.flag {
        let context = Row::of("flag", &row.names)?;
        let flags = context.flags(&row.flags)?;
        for name in row.names {
            context.insert(&mut models.flags, &name, flags)?;
        }
    }
    for row in table.lock {
        let context = Row::of("lock", &row.names)?;
        let mut flags = LockFlags::default();
        for word in &row.lock {
            flags = flags.union(context.word("lock", word, lock_flag)?);
        }
        for name in row.names {
            context.insert(&mut models.locks, &name, flags)?;
        }
    }
    for row in table.mode {
        let context = Row::of("mode", &row.names)?;
        for name in row.names {
            context.insert(&mut models.modes, &name, row.bits)?;
        }
    }
    let named = models.apis.keys().chain(models.mirrors.keys());
    let owners = named.filter_map(|name| Some(name.rsplit_once(&*models.separator)?.0.into()));
    models.owners = owners.collect();
    Ok(models)
}

/// Says of which row an error is.
struct Row {
    list: &'static str,
    name: String,
}

impl Row {
    /// The row that has these names.
    fn of(list: &'static str, names: &[String]) -> Result<Row, ModelError> {
        match names.first() {
            Some(name) => Ok(Row { list, name: name.clone() }),
            None => Err(Row { list, name: String::new() }.error("names nothing")),
        }
    }

    fn error(&self, problem: impl Into<String>) -> ModelError {
        ModelError { row: format!("{} row `{}`", self.list, self.name), problem: problem.into() }
    }

    fn insert<T>(&self, map: &mut FxHashMap<Box<str>, T>, name: &str, value: T) -> Result<(), ModelError> {
        if name.is_empty() || name.contains(char::is_whitespace) {
            return Err(self.error(format!("`{name}` is no name")));
        }
        match map.insert(name.into(), value) {
            None => Ok(()),
            Some(_) => Err(self.error(format!("`{name}` is named twice"))),
        }
    }

    fn word<T>(&self, field: &str, word: &str, read: fn(&str) -> Option<T>) -> Result<T, ModelError> {
        read(word).ok_or_else(|| self.error(format!("unknown {field} `{word}`")))
    }

    fn optional<T>(
        &self,
        field: &str,
        word: Option<&String>,
        read: fn(&str) -> Option<T>,
    ) -> Result<Option<T>, ModelError> {
        word.map(|w| self.word(field, w, read)).transpose()
    }

    fn kinds(&self, words: &[String]) -> Result<Kinds, ModelError> {
        let mut kinds = Kinds::NONE;
        for word in words {
            kinds = kinds.union(Kinds::of(self.word("kind", word, error_kind)?));
        }
        Ok(kinds)
    }

    fn flags(&self, words: &[String]) -> Result<OpenFlags, ModelError> {
        let mut flags = OpenFlags::default();
        for word in words {
            let flag =
                open_flag(&mut flags, word).ok_or_else(|| self.error(format!("unknown flag `{word}`")))?;
            *flag = true;
        }
        Ok(flags)
    }
}

fn add_types(models: &mut Models, rows: &[TypeRow]) -> Result<(), ModelError> {
    for row in rows {
        let context = Row::of("type", &row.names)?;
        for name in &row.names {
            let canonical = row.like.as_ref().unwrap_or(name).as_str().into();
            let supers = row.like.iter().chain(&row.also).map(|s| s.as_str().into()).collect();
            let items = row.items.as_deref().map(Into::into);
            context.insert(
                &mut models.types,
                name,
                TypeInfo { canonical, supers, items, private: row.private },
            )?;
        }
    }
    for row in rows {
        let context = Row::of("type", &row.names)?;
        for target in row.like.iter().chain(&row.also).chain(&row.items) {
            if !models.types.contains_key(target.as_str()) {
                return Err(context.error(format!("`{target}` has no type row")));
            }
        }
        if let Some(like) = &row.like
            && models.types.get(like.as_str()).is_some_and(|t| *t.canonical != **like)
        {
            return Err(context.error(format!("`{like}` is itself like another type; name that one")));
        }
    }
    // What a type has from others, it passes on: close over `supers`, nearest first. Types are few, so quadratic is fine.
    let names: Vec<Box<str>> = models.types.keys().cloned().collect();
    let mut closures = Vec::with_capacity(names.len());
    for name in names {
        let mut supers: Vec<Box<str>> = Vec::new();
        let mut pending: std::collections::VecDeque<&str> = [&*name].into();
        while let Some(next) = pending.pop_front() {
            for s in models.types.get(next).iter().flat_map(|t| &t.supers) {
                if **s != *name && !supers.contains(s) {
                    supers.push(s.clone());
                    pending.push_back(s);
                }
            }
        }
        closures.push((name, supers));
    }
    for (name, supers) in closures {
        if let Some(info) = models.types.get_mut(&name) {
            info.supers = supers;
        }
    }
    Ok(())
}

fn add_api(models: &mut Models, context: &Row, name: &str, api: &Api) -> Result<(), ModelError> {
    let Some((owner, method)) = name.rsplit_once(&models.separator) else {
        return Err(context.error(format!("`{name}` is not qualified")));
    };
    if owner.is_empty() || method.is_empty() {
        return Err(context.error(format!("`{name}` is no name")));
    }
    if api.presumed && models.presumed.insert(method.into(), name.into()).is_some() {
        return Err(context.error(format!("another row is presumed for `{method}` already")));
    }
    if models.types.contains_key(owner) {
        models.methods.entry(method.into()).or_default().push((owner.into(), name.into()));
    }
    context.insert(&mut models.apis, name, Api { name: name.to_owned(), ..api.clone() })
}

impl ApiRow {
    fn read(&self, context: &Row) -> Result<Api, ModelError> {
        self.check_indexes(context)?;
        let effect = self.effect(context)?;
        let (fails, status) = match self.fails.as_deref() {
            None | Some("result") => (Fails::Result, false),
            Some("option") => (Fails::Option, false),
            Some("never") => (Fails::Never, false),
            Some("status") => (Fails::Never, true),
            Some(other) => return Err(context.error(format!("unknown way to fail `{other}`"))),
        };
        if let Some(flag) = &self.flag
            && flag != RECURSIVE
            && open_flag(&mut OpenFlags::default(), flag).is_none()
        {
            return Err(context.error(format!("unknown flag `{flag}`")));
        }
        if self.body.is_some() && self.spawn.is_none() && self.path.is_none() {
            return Err(context.error("has a body but neither spawns it nor keeps it for a child"));
        }
        Ok(Api {
            name: String::new(),
            effect,
            place: self.place,
            other: self.other,
            below: self.below,
            other_below: self.other_below,
            data: self.data,
            fills: self.fills,
            access: self.access,
            mode: self.mode,
            options: self.options,
            private: self.private,
            returns: self.returns.clone(),
            fails,
            status,
            path: context.optional("path transform", self.path.as_ref(), path_transform)?,
            root: context.optional("root", self.root.as_ref(), root)?,
            unique: context.optional("source of uniqueness", self.unique.as_ref(), uniqueness)?,
            flag: self.flag.clone(),
            spawn: context.optional("kind of work", self.spawn.as_ref(), spawn_kind)?,
            calls: self.calls.clone(),
            body: self.body,
            joins: self.joins,
            releases: self.releases,
            presumed: self.presumed,
            errno: self.errno,
            descriptor: self.descriptor,
            inside: self.inside.clone(),
            command: context.optional("part of a command", self.command.as_ref(), command_part)?,
            asks: context.optional("kind", self.asks.as_ref(), asks)?,
            said: self.said.clone(),
            told: context.optional("kind of file", self.told.as_ref(), told)?,
            raises: self.raises,
            ends: self.ends,
            stream: self.stream,
            tolerates: context.kinds(&self.tolerates)?,
            keywords: self.keywords.clone(),
            when: self.when.iter().map(|when| self.when(when, context)).collect::<Result<_, _>>()?,
            text_mode: self.text_mode,
            at: self.at,
            parses: self.parses,
            lists: context.optional("kind of listing", self.lists.as_ref(), lists)?,
            outcome: context.optional("part of an outcome", self.outcome.as_ref(), outcome_part)?,
            program: self.program.clone(),
        })
    }

    fn when(&self, row: &WhenRow, context: &Row) -> Result<When, ModelError> {
        for keyword in [&row.keyword].into_iter().chain(&row.with) {
            if !self.keywords.contains(keyword) {
                return Err(context.error(format!("`{keyword}` is none of its keywords")));
            }
        }
        Ok(When {
            keyword: row.keyword.clone(),
            off: row.off,
            with: row.with.clone(),
            effect: match &row.flags {
                Some(words) => Some(Operation::Open(context.flags(words)?)),
                None => context.optional("effect", row.effect.as_ref(), operation)?,
            },
            tolerates: context.kinds(&row.tolerates)?,
            raises: row.raises,
            told: row.told,
        })
    }

    /// The effect, with what it needs there and nothing that it cannot have.
    fn effect(&self, context: &Row) -> Result<Option<Operation>, ModelError> {
        let effect = context.optional("effect", self.effect.as_ref(), operation)?;
        let Some(effect) = effect else {
            return match (self.place.or(self.other), &self.flags) {
                (Some(_), _) => Err(context.error("has a place but no effect")),
                (_, Some(_)) => Err(context.error("has flags but does not open")),
                _ => Ok(None),
            };
        };
        let two = matches!(
            effect,
            Operation::Rename { .. } | Operation::Copy | Operation::HardLink | Operation::Symlink
        );
        match (two, self.other) {
            (true, None) => return Err(context.error("has no other place")),
            (false, Some(_)) => return Err(context.error("has another place that its effect does not touch")),
            _ => {}
        }
        let placeless = matches!(
            effect,
            Operation::SetUmask(_) | Operation::Run | Operation::Sync | Operation::Channel { .. }
        ) || self.private;
        if self.place.is_none() && !placeless {
            return Err(context.error("has no place"));
        }
        match (effect, &self.flags, self.options.or(self.text_mode)) {
            (Operation::Open(_), Some(words), None) => Ok(Some(Operation::Open(context.flags(words)?))),
            (Operation::Open(_), None, Some(_)) => Ok(Some(effect)),
            (Operation::Open(_), _, _) => Err(context.error("opens with flags or options, one of them")),
            (_, Some(_), _) => Err(context.error("has flags but does not open")),
            _ => Ok(Some(effect)),
        }
    }

    fn check_indexes(&self, context: &Row) -> Result<(), ModelError> {
        let single = [
            ("place", self.place),
            ("other", self.other),
            ("below", self.below),
            ("other_below", self.other_below),
            ("data", self.data),
            ("fills", self.fills),
            ("access", self.access),
            ("mode", self.mode),
            ("options", self.options),
            ("text_mode", self.text_mode),
            ("body", self.body),
        ];
        let all = single.iter().filter_map(|(field, i)| i.map(|i| (*field, i)));
        for (field, index) in all.chain(self.calls.iter().map(|i| ("calls", *i))) {
            if index > MAX_ARGUMENT {
                return Err(context.error(format!("{field} = {index}: no callable has that many arguments")));
            }
        }
        for (a, b) in [("place", "other"), ("place", "below"), ("other", "other_below"), ("place", "data")] {
            let index = |field| single.iter().find(|(f, _)| *f == field).and_then(|(_, i)| *i);
            if index(a).is_some() && index(a) == index(b) {
                return Err(context.error(format!("{a} and {b} are the same argument")));
            }
        }
        Ok(())
    }
}

/// The builder flag that makes a created directory's parents too.
const RECURSIVE: &str = "recursive";

fn operation(word: &str) -> Option<Operation> {
    let lock = |shared, blocking, scope| Operation::Lock { shared, blocking, scope };
    Some(match word {
        "check-exists" => Operation::Check(Check::Exists),
        "check-file" => Operation::Check(Check::IsFile),
        "check-dir" => Operation::Check(Check::IsDir),
        "check-symlink" => Operation::Check(Check::IsSymlink),
        "stat" => Operation::Check(Check::Metadata),
        "stat-owner" => Operation::Check(Check::Owner),
        "lstat" => Operation::Check(Check::SymlinkMetadata),
        "access" => Operation::Check(Check::Access),
        "open" => Operation::Open(OpenFlags::default()),
        "read" => Operation::Read,
        "write" => Operation::Write,
        "append" => Operation::Append,
        "truncate" => Operation::Truncate,
        "mkdir" => Operation::CreateDir { all: false, private: false },
        "mkdir-all" => Operation::CreateDir { all: true, private: false },
        "populate" => Operation::Populate { fresh: false },
        "populate-new" => Operation::Populate { fresh: true },
        "remove" => Operation::Remove(RemoveKind::File),
        "remove-dir" => Operation::Remove(RemoveKind::Dir),
        "remove-tree" => Operation::Remove(RemoveKind::Tree),
        "rename" => Operation::Rename { replace: true },
        "rename-no-replace" => Operation::Rename { replace: false },
        "copy" => Operation::Copy,
        "link" => Operation::HardLink,
        "symlink" => Operation::Symlink,
        "chmod" => Operation::SetPermissions(Mode::Unknown),
        "chown" => Operation::SetOwner { no_follow: false },
        "lchown" => Operation::SetOwner { no_follow: true },
        "utime" => Operation::SetTimes,
        "execute" => Operation::Execute,
        "mount" => Operation::Mount,
        "chroot" => Operation::SetRoot,
        "read-dir" => Operation::ReadDir,
        "lock" => lock(false, true, LockScope::Process),
        "lock-shared" => lock(true, true, LockScope::Process),
        "try-lock" => lock(false, false, LockScope::Process),
        "try-lock-shared" => lock(true, false, LockScope::Process),
        "record-lock" => lock(false, true, LockScope::Record),
        "mutex-lock" => lock(false, true, LockScope::Thread),
        "mutex-lock-shared" => lock(true, true, LockScope::Thread),
        "try-mutex-lock" => lock(false, false, LockScope::Thread),
        "try-mutex-lock-shared" => lock(true, false, LockScope::Thread),
        "getenv" => Operation::EnvGet,
        "setenv" => Operation::EnvSet,
        "chdir" => Operation::SetCwd,
        "umask" => Operation::SetUmask(Mode::Unknown),
        "update" => Operation::Update,
        "run" => Operation::Run,
        "sync" => Operation::Sync,
        "key-exists" => Operation::Key(KeyOperation::Exists),
        "key-get" => Operation::Key(KeyOperation::Get),
        "key-set" => Operation::Key(KeyOperation::Set { expires: false }),
        "key-set-expiring" => Operation::Key(KeyOperation::Set { expires: true }),
        "key-set-new" => Operation::Key(KeyOperation::SetNew { expires: false }),
        "key-set-new-expiring" => Operation::Key(KeyOperation::SetNew { expires: true }),
        "key-swap" => Operation::Key(KeyOperation::Swap),
        "key-delete" => Operation::Key(KeyOperation::Delete),
        "key-expire" => Operation::Key(KeyOperation::Expire),
        "channel" => Operation::Channel { room: Room::Unknown, holds: false },
        "send" => Operation::Send { waits: true },
        "try-send" => Operation::Send { waits: false },
        "receive" => Operation::Receive { waits: true },
        "try-receive" => Operation::Receive { waits: false },
        _ => return None,
    })
}

fn open_flag<'f>(flags: &'f mut OpenFlags, word: &str) -> Option<&'f mut bool> {
    Some(match word {
        "read" => &mut flags.read,
        "write" => &mut flags.write,
        "append" => &mut flags.append,
        "create" => &mut flags.create,
        "create_new" => &mut flags.create_new,
        "truncate" => &mut flags.truncate,
        "no_follow" => &mut flags.no_follow,
        "private" => &mut flags.private,
        "socket" => &mut flags.socket,
        _ => return None,
    })
}

fn lock_flag(word: &str) -> Option<LockFlags> {
    let none = LockFlags::default();
    Some(match word {
        "exclusive" => LockFlags { exclusive: true, ..none },
        "shared" => LockFlags { shared: true, ..none },
        "non-blocking" => LockFlags { non_blocking: true, ..none },
        "unlock" => LockFlags { unlock: true, ..none },
        _ => return None,
    })
}

fn error_kind(word: &str) -> Option<ErrorKind> {
    Some(match word {
        "not-found" => ErrorKind::NotFound,
        "already-exists" => ErrorKind::AlreadyExists,
        "permission-denied" => ErrorKind::PermissionDenied,
        "not-a-directory" => ErrorKind::NotADirectory,
        "is-a-directory" => ErrorKind::IsADirectory,
        "directory-not-empty" => ErrorKind::DirectoryNotEmpty,
        "would-block" => ErrorKind::WouldBlock,
        "other" => ErrorKind::Other,
        _ => return None,
    })
}

fn asks(word: &str) -> Option<Asks> {
    Some(match word {
        "given" => Asks::Given,
        "any" => Asks::Any,
        "typed" => Asks::Typed,
        word => Asks::Kind(error_kind(word)?),
    })
}

fn told(word: &str) -> Option<FileKind> {
    Some(match word {
        "directory" => FileKind::Directory,
        "file" => FileKind::File,
        _ => return None,
    })
}

fn command_part(word: &str) -> Option<CommandPart> {
    Some(match word {
        "program" => CommandPart::Program,
        "statement" => CommandPart::Statement,
        "argument" => CommandPart::Argument,
        "arguments" => CommandPart::Arguments,
        "directory" => CommandPart::Directory,
        _ => return None,
    })
}

fn outcome_part(word: &str) -> Option<OutcomePart> {
    Some(match word {
        "both" => OutcomePart::Both,
        "value" => OutcomePart::Value,
        "error" => OutcomePart::Error,
        _ => return None,
    })
}

fn lists(word: &str) -> Option<Lists> {
    Some(match word {
        "entries" => Lists::Entries,
        "names" => Lists::Names,
        "paths" => Lists::Paths,
        "below" => Lists::Below,
        "matches" => Lists::Matches,
        "tree" => Lists::Tree,
        _ => return None,
    })
}

fn path_transform(word: &str) -> Option<PathTransform> {
    Some(match word {
        "same" => PathTransform::Same,
        "computed" => PathTransform::Computed,
        "join" => PathTransform::Join,
        "parent" => PathTransform::Parent,
        "file-name" => PathTransform::FileName,
        "stem" => PathTransform::Stem,
        "with-file-name" => PathTransform::WithFileName,
        "with-extension" => PathTransform::WithExtension,
        "concat" => PathTransform::Concat,
        "format" => PathTransform::Format,
        "split" => PathTransform::Split,
        "expand-home" => PathTransform::ExpandHome,
        "layout" => PathTransform::Layout,
        _ => return None,
    })
}

fn root(word: &str) -> Option<Root> {
    Some(match word {
        "home" => Root::Home,
        "cache" => Root::Cache,
        "config" => Root::Config,
        "data" => Root::Data,
        "state" => Root::State,
        "runtime" => Root::Runtime,
        "temp" => Root::Temp,
        "working" => Root::Working,
        "executable" => Root::Executable,
        _ => return None,
    })
}

fn uniqueness(word: &str) -> Option<Uniqueness> {
    Some(match word {
        "random" => Uniqueness::Random,
        "process" => Uniqueness::Process,
        "time" => Uniqueness::Time,
        "instant" => Uniqueness::Instant,
        "counter" => Uniqueness::Counter,
        _ => return None,
    })
}

fn spawn_kind(word: &str) -> Option<SpawnKind> {
    Some(match word {
        "task" => SpawnKind::Task,
        "process" => SpawnKind::Process,
        _ => return None,
    })
}
