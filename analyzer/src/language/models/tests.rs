//! The loader on small tables, and the Rust table on the lookups that the frontend makes.

use super::*;
use crate::flow::{Check, RemoveKind};

const RUST: &str = include_str!("../rust/models.toml");
const GO: &str = include_str!("../go/models.toml");
const PYTHON: &str = include_str!("../python/models.toml");

fn api(name: &str) -> &'static Api {
    Models::rust().api(name).unwrap_or_else(|| panic!("no row for {name}"))
}

fn problem(text: &str) -> String {
    Models::parse(text).map(|_| String::new()).unwrap_or_else(|e| e.to_string())
}

/// The rows of a list as (first name, all names).
fn rows(table: &str, list: &str) -> Vec<(String, Vec<String>)> {
    let table: toml::Table = toml::from_str(table).unwrap_or_default();
    let text = |v: &toml::Value| v.as_str().unwrap_or_default().to_owned();
    let names = |v: Option<&toml::Value>| -> Vec<String> {
        v.and_then(toml::Value::as_array).into_iter().flatten().map(text).collect()
    };
    let rows = table.get(list).and_then(toml::Value::as_array).cloned().unwrap_or_default();
    rows.iter()
        .map(|row| {
            let names = names(row.get("names").or(row.get("at")));
            (row.get("of").map(text).or(names.first().cloned()).unwrap_or_default(), names)
        })
        .collect()
}

#[test]
fn the_rust_table_parses() {
    let models = Models::parse(RUST).unwrap();
    assert!(models.apis.len() > 300, "{} names", models.apis.len());
}

#[test]
fn the_go_table_parses() {
    let models = Models::parse(GO).unwrap();
    assert!(models.apis.len() > 200, "{} names", models.apis.len());
    assert_eq!(models.api("os.WriteFile").and_then(|api| api.effect), Some(Operation::Write));
    assert_eq!(models.presumed_method("FileExists").and_then(|api| api.place), Some(0));
    assert_eq!(models.library("github.com/go-git/go-git.PlainClone"), "github.com/go-git/go-git");
}

#[test]
fn the_python_table_parses() {
    let models = Models::parse(PYTHON).unwrap();
    assert!(models.apis.len() > 400, "{} names", models.apis.len());
    assert_eq!(models.api("os.unlink").and_then(|api| api.place), Some(0));
    assert_eq!(models.api("pathlib.PosixPath.exists").map(|api| api.presumed), Some(true));
    assert_eq!(models.api("aiofiles.os.path.isdir").map(|api| api.name.as_str()), Some("os.path.isdir"));
    let makes = models.api("os.makedirs").and_then(|api| api.when.first());
    assert_eq!(makes.and_then(|when| when.effect), Some(Operation::CreateDir { all: true, private: false }));
    assert!(models.is_thread_lock("threading.RLock") && !models.is_thread_lock("filelock.FileLock"));
}

#[test]
fn the_tables_are_sorted() {
    for (table, lists) in [
        (RUST, &["mirror", "type", "api", "kind", "flag", "lock"][..]),
        (GO, &["type", "api", "kind", "flag", "lock"][..]),
        (PYTHON, &["type", "api", "kind", "flag", "lock"][..]),
    ] {
        lists.iter().for_each(|list| is_sorted(table, list));
    }
}

fn is_sorted(table: &str, list: &str) {
    let rows = rows(table, list);
    assert!(!rows.is_empty(), "{list}");
    for pair in rows.windows(2) {
        assert!(pair[0].0 < pair[1].0, "{list}: `{}` comes before `{}`", pair[1].0, pair[0].0);
    }
    for (_, names) in rows {
        let others = names.get(usize::from(list != "mirror")..).unwrap_or_default();
        for pair in others.windows(2) {
            assert!(pair[0] < pair[1], "{list}: `{}` comes before `{}`", pair[1], pair[0]);
        }
    }
}

#[test]
fn every_type_that_rows_speak_of_has_a_type_row() {
    let models = Models::rust();
    for api in models.apis.values() {
        if let Some(returns) = &api.returns {
            let known = matches!(returns.as_str(), "data" | "guard");
            assert!(
                known || models.canonical_type(returns) == Some(returns),
                "{}: returns {returns}",
                api.name
            );
        }
        let (owner, _) = api.name.rsplit_once("::").unwrap();
        let last = owner.rsplit("::").next().unwrap();
        if last.starts_with(char::is_uppercase) && (api.place == Some(0) || api.flag.is_some()) {
            assert!(models.canonical_type(owner).is_some(), "{}: {owner} has no row", api.name);
        }
    }
}

#[test]
fn a_function_is_what_its_row_says() {
    let write = api("std::fs::write");
    assert_eq!((write.effect, write.place, write.data), (Some(Operation::Write), Some(0), Some(1)));
    assert_eq!(write.name, "std::fs::write");
    assert_eq!(write.fails, Fails::Result);
    let exists = api("std::path::Path::exists");
    assert_eq!(exists.effect, Some(Operation::Check(Check::Exists)));
    assert_eq!(exists.fails, Fails::Never);
    let create = api("std::fs::File::create");
    let flags = OpenFlags { write: true, create: true, truncate: true, ..OpenFlags::default() };
    assert_eq!(create.effect, Some(Operation::Open(flags)));
    let symlink = api("std::os::unix::fs::symlink");
    assert_eq!((symlink.effect, symlink.place, symlink.other), (Some(Operation::Symlink), Some(0), Some(1)));
    assert_eq!(api("libc::mkdir").fails, Fails::Never);
    assert!(api("libc::mkdir").status);
    assert!(Models::rust().api("std::fs::no_such_function").is_none());
    assert!(Models::rust().api("").is_none());
}

#[test]
fn a_mirror_is_like_its_original() {
    for (mirror, original) in [
        ("tokio::fs::write", "std::fs::write"),
        ("tokio::fs::OpenOptions::create_new", "std::fs::OpenOptions::create_new"),
        ("tokio::fs::try_exists", "std::fs::try_exists"),
        ("fs_err::tokio::File::open", "std::fs::File::open"),
        ("async_std::fs::remove_file", "std::fs::remove_file"),
        ("fs_err::os::unix::fs::symlink", "std::os::unix::fs::symlink"),
        ("smol::fs::unix::symlink", "std::os::unix::fs::symlink"),
        ("tokio::process::Command::status", "std::process::Command::status"),
        ("tokio::io::AsyncWriteExt::write_all", "std::io::Write::write_all"),
        ("core::mem::drop", "std::mem::drop"),
    ] {
        assert_eq!(api(mirror), api(original), "{mirror}");
    }
    // What only the mirror has.
    assert_eq!(api("fs_err::File::path").path, Some(PathTransform::Same));
    assert_eq!(api("tokio::fs::symlink").effect, Some(Operation::Symlink));
}

#[test]
fn a_method_is_found_through_the_types_that_its_type_is_like() {
    assert_eq!(api("std::path::PathBuf::exists"), api("std::path::Path::exists"));
    assert_eq!(api("camino::Utf8PathBuf::join").path, Some(PathTransform::Join));
    assert_eq!(api("std::fs::File::write_all").name, "std::io::Write::write_all");
    assert_eq!(api("tokio::fs::File::read_to_string").fills, Some(1));
    assert_eq!(api("std::io::BufReader::read_line").effect, Some(Operation::Read));
    assert_eq!(api("tempfile::NamedTempFile::write_all").effect, Some(Operation::Write));
    assert_eq!(api("tempfile::NamedTempFile::persist").effect, Some(Operation::Rename { replace: true }));
    assert_eq!(api("std::fs::File::lock_exclusive").name, "fs2::FileExt::lock_exclusive");
    assert_eq!(api("std::path::PathBuf::clone").path, Some(PathTransform::Same));
    // Known types do not have each other's methods, unknown ones have none.
    assert!(Models::rust().api("std::fs::Metadata::is_file").is_none());
    assert!(Models::rust().api("my_crate::Settings::clone").is_none());
}

#[test]
fn a_method_of_an_unknown_type_is_one_of_any_receiver() {
    let models = Models::rust();
    let name = |a: Option<&Api>| a.map(|a| a.name.clone());
    assert_eq!(name(models.method(Some("my_crate::Settings"), "clone")).as_deref(), Some("?::clone"));
    assert_eq!(name(models.method(None, "to_path_buf")).as_deref(), Some("?::to_path_buf"));
    let exists = models.method(Some("std::path::PathBuf"), "exists");
    assert_eq!(name(exists).as_deref(), Some("std::path::Path::exists"));
    assert!(models.method(None, "exists").is_none());
}

#[test]
fn only_names_that_paths_and_files_alone_have_are_presumed() {
    let models = Models::rust();
    for name in ["exists", "is_file", "is_dir", "symlink_metadata", "read_dir", "lock_exclusive", "persist"] {
        assert!(models.presumed_method(name).is_some_and(|a| a.effect.is_some()), "{name}");
    }
    assert_eq!(models.presumed_method("exists").map(Api::arguments), Some(1));
    assert_eq!(models.presumed_method("persist").map(Api::arguments), Some(2));
    for name in ["metadata", "join", "write", "read", "open", "lock", "remove", "create", "clone"] {
        assert!(models.presumed_method(name).is_none(), "{name}");
    }
}

#[test]
fn types_have_one_canonical_name() {
    let models = Models::rust();
    assert_eq!(models.canonical_type("std::path::PathBuf"), Some("std::path::Path"));
    assert_eq!(models.canonical_type("camino::Utf8PathBuf"), Some("std::path::Path"));
    assert_eq!(models.canonical_type("std::path::Path"), Some("std::path::Path"));
    assert_eq!(models.canonical_type("tokio::fs::File"), Some("std::fs::File"));
    assert_eq!(models.canonical_type("alloc::string::String"), Some("std::string::String"));
    assert_eq!(models.canonical_type("tempfile::NamedTempFile"), Some("tempfile::NamedTempFile"));
    assert_eq!(models.canonical_type("my_crate::Settings"), None);
    assert_eq!(models.item_type("tokio::fs::ReadDir"), Some("std::fs::DirEntry"));
    assert_eq!(models.item_type("walkdir::IntoIter"), Some("walkdir::DirEntry"));
}

#[test]
fn constants_stand_for_kinds_flags_and_locks() {
    let models = Models::rust();
    for (name, kind) in [
        ("std::io::ErrorKind::NotFound", ErrorKind::NotFound),
        ("tokio::io::ErrorKind::NotFound", ErrorKind::NotFound),
        ("libc::EEXIST", ErrorKind::AlreadyExists),
        ("nix::libc::EACCES", ErrorKind::PermissionDenied),
        ("nix::errno::Errno::ENOTDIR", ErrorKind::NotADirectory),
        ("rustix::io::Errno::ISDIR", ErrorKind::IsADirectory),
        ("std::io::ErrorKind::DirectoryNotEmpty", ErrorKind::DirectoryNotEmpty),
        ("std::fs::TryLockError::WouldBlock", ErrorKind::WouldBlock),
        ("std::io::ErrorKind::Interrupted", ErrorKind::Other),
    ] {
        assert_eq!(models.error_kind(name), Some(kind), "{name}");
    }
    assert_eq!(models.error_kind("my_crate::Error::Missing"), None);

    assert_eq!(models.mode_bits("nix::sys::stat::Mode::S_IRWXU"), Some(0o700));
    assert_eq!(models.mode_bits("rustix::fs::Mode::ROTH"), Some(0o004));
    let none = OpenFlags::default();
    for (name, flags) in [
        ("libc::O_RDONLY", OpenFlags { read: true, ..none }),
        ("libc::O_WRONLY", OpenFlags { write: true, ..none }),
        ("nix::fcntl::OFlag::O_RDWR", OpenFlags { read: true, write: true, ..none }),
        ("nix::libc::O_APPEND", OpenFlags { append: true, ..none }),
        ("rustix::fs::OFlags::CREATE", OpenFlags { create: true, ..none }),
        ("rustix::fs::OFlags::EXCL", OpenFlags { create_new: true, ..none }),
        ("libc::O_TRUNC", OpenFlags { truncate: true, ..none }),
        ("libc::O_NOFOLLOW", OpenFlags { no_follow: true, ..none }),
        ("libc::O_CLOEXEC", none),
    ] {
        assert_eq!(models.open_flag(name), Some(flags), "{name}");
    }

    let lock = |names: &[&str]| {
        let words = names.iter().filter_map(|n| models.lock_flags(n));
        words.fold(LockFlags::default(), LockFlags::union).operation(LockScope::Process)
    };
    let process = |shared, blocking| Some(Operation::Lock { shared, blocking, scope: LockScope::Process });
    assert_eq!(lock(&["libc::LOCK_EX"]), process(false, true));
    assert_eq!(lock(&["libc::LOCK_SH", "libc::LOCK_NB"]), process(true, false));
    assert_eq!(lock(&["nix::fcntl::FlockArg::LockExclusiveNonblock"]), process(false, false));
    assert_eq!(lock(&["libc::LOCK_UN"]), None);
}

#[test]
fn every_effect_word_is_understood() {
    for word in [
        "check-exists check-file check-dir check-symlink stat lstat access read write append truncate mkdir",
        "mkdir-all populate remove remove-dir remove-tree chmod chown read-dir lock lock-shared try-lock",
        "try-lock-shared mutex-lock mutex-lock-shared try-mutex-lock try-mutex-lock-shared getenv setenv chdir",
        "umask run sync key-exists key-get key-set key-set-expiring key-set-new key-set-new-expiring key-swap key-delete key-expire",
    ]
    .iter()
    .flat_map(|w| w.split(' '))
    {
        assert_eq!(problem(&format!("api = [{{ names = ['a::b'], effect = '{word}', place = 0 }}]")), "", "{word}");
    }
    for word in ["rename", "rename-no-replace", "copy", "link", "symlink"] {
        let row = format!("api = [{{ names = ['a::b'], effect = '{word}', place = 0, other = 1 }}]");
        assert_eq!(problem(&row), "", "{word}");
    }
    let models = Models::parse("api = [{ names = ['a::b'], effect = 'remove-tree', place = 2 }]").unwrap();
    assert_eq!(models.api("a::b").unwrap().effect, Some(Operation::Remove(RemoveKind::Tree)));
}

#[test]
fn an_error_names_the_row_and_what_is_wrong() {
    for (fields, expected) in [
        ("effect = 'wrte', place = 0", "unknown effect `wrte`"),
        ("effect = 'write'", "has no place"),
        ("effect = 'rename', place = 0", "has no other place"),
        ("effect = 'write', place = 0, other = 1", "has another place that its effect does not touch"),
        ("effect = 'rename', place = 1, other = 1", "place and other are the same argument"),
        ("effect = 'write', place = 16", "place = 16: no callable has that many arguments"),
        ("calls = [99]", "calls = 99: no callable has that many arguments"),
        ("effect = 'open', place = 0", "opens with flags or options, one of them"),
        ("effect = 'open', place = 0, flags = ['creat']", "unknown flag `creat`"),
        ("effect = 'write', place = 0, flags = ['create']", "has flags but does not open"),
        ("place = 0", "has a place but no effect"),
        ("fails = 'sometimes'", "unknown way to fail `sometimes`"),
        ("path = 'child'", "unknown path transform `child`"),
        ("root = 'tmp'", "unknown root `tmp`"),
        ("unique = 'yes'", "unknown source of uniqueness `yes`"),
        ("flag = 'exclusive'", "unknown flag `exclusive`"),
        ("spawn = 'thread'", "unknown kind of work `thread`"),
        ("body = 0", "has a body but neither spawns it nor keeps it for a child"),
    ] {
        let text = format!("api = [{{ names = ['a::b', 'c::d'], {fields} }}]");
        assert_eq!(problem(&text), format!("api row `a::b`: {expected}"));
    }
    for (text, expected) in [
        ("api = [{ names = [] }]", "api row ``: names nothing"),
        ("api = [{ names = ['write'] }]", "api row `write`: `write` is not qualified"),
        ("api = [{ names = ['a:: b'] }]", "api row `a:: b`: `a:: b` is no name"),
        ("api = [{ names = ['a::b', 'a::b'] }]", "api row `a::b`: `a::b` is named twice"),
        ("kind = [{ names = ['E'], kind = 'gone' }]", "kind row `E`: unknown kind `gone`"),
        ("flag = [{ names = ['F'], flags = ['new'] }]", "flag row `F`: unknown flag `new`"),
        ("lock = [{ names = ['L'], lock = ['both'] }]", "lock row `L`: unknown lock `both`"),
        ("type = [{ names = ['a::T'], like = 'a::U' }]", "type row `a::T`: `a::U` has no type row"),
        ("mirror = [{ of = 'a', at = ['b', 'b'] }]", "mirror row `a`: `b` is named twice"),
        ("separator = ''", "the separator is empty"),
    ] {
        assert_eq!(problem(text), expected);
    }
    assert!(problem("api = [{ names = ['a::b'], efect = 'write' }]").contains("efect"));
    assert!(problem("not a table").contains("line 1"));
}

#[test]
fn rows_that_lead_in_circles_end() {
    let text = "mirror = [{ of = 'a', at = ['b'] }, { of = 'b', at = ['a'] }]
                type = [{ names = ['T::X'], also = ['T::Y'] }, { names = ['T::Y'], also = ['T::X'] }]";
    let models = Models::parse(text).unwrap();
    assert!(models.api("a::f").is_none());
    assert!(models.api("T::X::f").is_none());
}

#[test]
fn another_language_may_separate_names_otherwise() {
    let text = "separator = '.'
                mirror = [{ of = 'os', at = ['github.com/spf13/afero'] }]
                api = [{ names = ['os.Remove'], effect = 'remove', place = 0 }]";
    let models = Models::parse(text).unwrap();
    assert_eq!(models.api("github.com/spf13/afero.Remove").unwrap().name, "os.Remove");
}
