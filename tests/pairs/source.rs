//! The two forms of a pair as Rust: by path twice, and its cure.

use crate::calls::{Kind, Pair, Role, Spelling, spelled, through_handle};

/// One form of a pair. The racy one marks its calls by comments.
pub struct Source {
    pub path: &'static str,
    pub text: String,
}

/// The comments behind the two calls.
pub const FIRST: &str = "// first";
pub const SECOND: &str = "// second";

/// Where a pair happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Where {
    /// Where others are known to come: a cache that another function clears and a third reads; or, for what only an attacker gains by,
    /// a directory that another function lets everybody write.
    Shared,
    /// Below a directory that only root can write, and of which no other function knows.
    Immune,
    /// In a directory that everybody can write and that has the sticky bit.
    Sticky,
}

const PRELUDE: &str = "\
#![allow(unused_imports, dead_code, unused_must_use)]
use std::io::{Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};

fn times() -> rustix::fs::Timestamps {
    unimplemented!()
}

fn descriptor(fd: i32) -> std::ffi::CString {
    std::ffi::CString::new(format!(\"/proc/self/fd/{fd}\")).unwrap()
}
";

/// The forms that one spelling has, or why it has none.
pub struct Forms {
    pub racy: Source,
    pub cure: Source,
}

struct Maker {
    pair: Pair,
    spelling: Spelling,
    folder: &'static str,
    name: &'static str,
}

/// Both forms.
pub fn forms(pair: Pair, spelling: Spelling, at: Where) -> Result<Forms, &'static str> {
    // After execve(2) nothing of the program is left: it is a child that runs it, and `Command` starts one.
    let own = if pair.first == "execve" { Spelling::Std } else { spelling };
    let first = spelled(pair.first, pair.roles.0, own)?;
    let second = spelled(pair.second, pair.roles.1, spelling)?;
    let by_attack = pair.roles.1 == Role::Use && pair.roles.0 != Role::Check;
    let (folder, name) = match at {
        Where::Immune => ("/etc/app", "state"),
        Where::Sticky => ("/tmp", "app-state"),
        Where::Shared if by_attack => ("/var/lib/app/drop", "state"),
        Where::Shared => ("/var/cache/app", "state"),
    };
    let maker = Maker { pair, spelling, folder, name };
    let whole = |body: String| Source { path: maker.path(), text: maker.program(&body, at) };
    Ok(Forms { racy: whole(maker.racy(first, second)), cure: whole(maker.cure()) })
}

impl Maker {
    fn place(&self) -> String {
        self.spelling.path(&format!("{}/{}", self.folder, self.name))
    }

    /// What a call needs besides the place.
    fn other(&self, call: &str, role: Role) -> String {
        self.spelling.path(match (call, role) {
            ("pivot_root", _) => "/var/lib/app/put-old",
            (_, Role::Removal) if self.folder == "/etc/app" => "/etc/app/old",
            (_, Role::Removal) => "/var/cache/app/old",
            _ if self.folder == "/etc/app" => "/etc/app/fresh",
            _ => "/var/cache/app/fresh",
        })
    }

    /// What changes the process' own directory or root is done by a program that has just begun.
    fn is_program(&self) -> bool {
        [self.pair.first, self.pair.second].iter().any(|c| ["chdir", "chroot", "pivot_root"].contains(c))
    }

    fn path(&self) -> &'static str {
        if self.is_program() { "src/main.rs" } else { "src/lib.rs" }
    }

    fn program(&self, body: &str, at: Where) -> String {
        let place = format!("\"{}/{}\"", self.folder, self.name);
        let mut text = format!(
            "{PRELUDE}\npub fn update(text: &[u8]) -> std::io::Result<()> {{\n    let mut content = vec![0; 64];\n{body}    Ok(())\n}}\n"
        );
        if self.is_program() {
            text += "\nfn main() -> std::io::Result<()> {\n    update(b\"given\")\n}\n";
        }
        if self.folder == "/var/lib/app/drop" {
            text += "\npub fn share() -> std::io::Result<()> {\n    std::fs::set_permissions(\"/var/lib/app/drop\", std::fs::Permissions::from_mode(0o777))\n}\n";
        } else if at == Where::Shared {
            let (remove, read) = match self.pair.kind {
                Kind::Directory => ("remove_dir_all", "std::fs::ReadDir> {\n    std::fs::read_dir"),
                _ => ("remove_file", "Vec<u8>> {\n    std::fs::read"),
            };
            text += &format!(
                "\npub fn clear() -> std::io::Result<()> {{\n    std::fs::{remove}({place})\n}}\n\npub fn load() -> std::io::Result<{read}({place})\n}}\n"
            );
        }
        text
    }

    /// The call as a statement that fails the function, with what is done with an open file.
    fn statement(&self, call: &str, role: Role, expression: &str, indent: &str, comment: &str) -> String {
        let opens = matches!(call, "creat" | "open");
        let variable = if role == Role::Creation { "made" } else { "opened" };
        let mut text = match (self.spelling, opens) {
            (Spelling::Libc, false) => format!(
                "{indent}if unsafe {{ {expression} }} < 0 {{ {comment}\n{indent}    return Err(std::io::Error::last_os_error());\n{indent}}}\n"
            ),
            (Spelling::Libc, true) => format!(
                "{indent}let {variable} = unsafe {{ {expression} }}; {comment}\n{indent}if {variable} < 0 {{\n{indent}    return Err(std::io::Error::last_os_error());\n{indent}}}\n"
            ),
            (_, false) => format!("{indent}{expression}?; {comment}\n"),
            (_, true) => format!("{indent}let mut {variable} = {expression}?; {comment}\n"),
        };
        if opens {
            text += &format!("{indent}{}\n", self.with_file(variable, role));
        }
        text
    }

    /// What is done with an open file: it is written where it was made, else read.
    fn with_file(&self, file: &str, role: Role) -> String {
        match (self.spelling, role) {
            (Spelling::Std, Role::Creation) => format!("{file}.write_all(text)?;"),
            (Spelling::Std, _) => format!("{file}.read_to_end(&mut content)?;"),
            (Spelling::Rustix, Role::Creation) => format!("rustix::io::write(&{file}, text)?;"),
            (Spelling::Rustix, _) => format!("rustix::io::read(&{file}, &mut content[..])?;"),
            (Spelling::Nix, Role::Creation) => format!("nix::unistd::write(&{file}, text)?;"),
            (Spelling::Nix, _) => format!("nix::unistd::read(&{file}, &mut content[..])?;"),
            (Spelling::Libc, Role::Creation) => {
                format!("unsafe {{ libc::write({file}, text.as_ptr().cast(), text.len()) }};")
            }
            (Spelling::Libc, _) => {
                format!("unsafe {{ libc::read({file}, content.as_mut_ptr().cast(), content.len()) }};")
            }
        }
    }

    fn filled(&self, template: &str, call: &str, role: Role) -> String {
        template.replace("{p}", &self.place()).replace("{o}", &self.other(call, role))
    }

    fn in_std(&self) -> Maker {
        Maker { spelling: Spelling::Std, ..*self }
    }

    fn racy(&self, first: &str, second: &str) -> String {
        let Pair { roles, first: one, second: two, .. } = self.pair;
        let template = first;
        let (first, second) = (self.filled(first, one, roles.0), self.filled(second, two, roles.1));
        if roles.0 != Role::Check {
            let maker = if one == "execve" { &self.in_std() } else { self };
            let first = if one == "execve" { maker.filled(template, one, roles.0) } else { first };
            return maker.statement(one, roles.0, &first, "    ", FIRST)
                + &self.statement(two, roles.1, &second, "    ", SECOND);
        }
        let question = match (self.spelling, roles.1) {
            // `Path::exists` is a stat(2) that says yes or no.
            (Spelling::Std, Role::Use) => first,
            (Spelling::Std, _) => format!("!{first}"),
            (Spelling::Libc, Role::Use) => format!("unsafe {{ {first} }} == 0"),
            (Spelling::Libc, _) => format!("unsafe {{ {first} }} != 0"),
            (_, Role::Use) => format!("{first}.is_ok()"),
            _ => format!("{first}.is_err()"),
        };
        let act = self.statement(two, roles.1, &second, "        ", SECOND);
        format!("    if {question} {{ {FIRST}\n{act}    }}\n")
    }

    fn cure(&self) -> String {
        match self.pair.roles {
            (Role::Check, Role::Creation) => self.refused(),
            (Role::Removal, Role::Creation) => self.replaced(),
            (Role::Creation, _) => self.made_once() + &self.used_through_handle(self.pair.second),
            (Role::Use, _) if self.pair.first == "execve" => {
                let number = if self.spelling == Spelling::Libc { "fd" } else { "handle.as_raw_fd()" };
                self.opened(&self.place())
                    + &format!(
                        "    std::process::Command::new(format!(\"/proc/self/fd/{{}}\", {number})).status()?;\n"
                    )
                    + &self.used_through_handle(self.pair.second)
            }
            (Role::Use, _) => {
                self.opened(&self.place())
                    + &self.used_through_handle(self.pair.first)
                    + &self.used_through_handle(self.pair.second)
            }
            _ => self.opened(&self.place()) + &self.used_through_handle(self.pair.second),
        }
    }

    /// Creation that fails if something is there, as an expression.
    fn refusing(&self, call: &str, place: &str) -> String {
        let template = match (call, self.spelling) {
            ("creat" | "open", Spelling::Std) => {
                "std::fs::OpenOptions::new().read(true).write(true).create_new(true).open({p})"
            }
            ("creat" | "open", Spelling::Rustix) => {
                "rustix::fs::open({p}, rustix::fs::OFlags::RDWR | rustix::fs::OFlags::CREATE | rustix::fs::OFlags::EXCL, rustix::fs::Mode::from_raw_mode(0o644))"
            }
            ("creat" | "open", Spelling::Nix) => {
                "nix::fcntl::open({p}, nix::fcntl::OFlag::O_RDWR | nix::fcntl::OFlag::O_CREAT | nix::fcntl::OFlag::O_EXCL, nix::sys::stat::Mode::from_bits_truncate(0o644))"
            }
            ("creat" | "open", Spelling::Libc) => {
                "libc::open({p}, libc::O_RDWR | libc::O_CREAT | libc::O_EXCL, 0o644)"
            }
            // std has none.
            ("rename", Spelling::Std | Spelling::Rustix) => {
                "rustix::fs::renameat_with(rustix::fs::CWD, {o}, rustix::fs::CWD, {p}, rustix::fs::RenameFlags::NOREPLACE)"
            }
            ("rename", Spelling::Nix) => {
                "nix::fcntl::renameat2(nix::fcntl::AT_FDCWD, {o}, nix::fcntl::AT_FDCWD, {p}, nix::fcntl::RenameFlags::RENAME_NOREPLACE)"
            }
            ("rename", Spelling::Libc) => {
                "libc::renameat2(libc::AT_FDCWD, {o}, libc::AT_FDCWD, {p}, libc::RENAME_NOREPLACE)"
            }
            _ => spelled(call, Role::Creation, self.spelling).unwrap_or_default(),
        };
        template.replace("{p}", place).replace("{o}", &self.other(call, Role::Creation))
    }

    /// Created without asking; that it is there already is no failure.
    fn refused(&self) -> String {
        let call = self.pair.second;
        let expression = self.refusing(call, &self.place());
        let opens = matches!(call, "creat" | "open");
        let write = if opens { self.with_file("made", Role::Creation) } else { String::new() };
        let exists = match (self.spelling, call) {
            (Spelling::Std, "rename") | (Spelling::Rustix, _) => "rustix::io::Errno::EXIST",
            (Spelling::Std, _) => "e if e.kind() == std::io::ErrorKind::AlreadyExists",
            (Spelling::Nix, _) => "nix::errno::Errno::EEXIST",
            (Spelling::Libc, _) => {
                return format!(
                    "    let made = unsafe {{ {expression} }};\n    if made < 0 {{\n        let error = std::io::Error::last_os_error();\n        if error.kind() != std::io::ErrorKind::AlreadyExists {{\n            return Err(error);\n        }}\n        return Ok(());\n    }}\n    {write}\n"
                );
            }
        };
        let (exists, guard) = exists
            .split_once(" if ")
            .map_or((exists, String::new()), |(bound, test)| (bound, format!(" if {test}")));
        format!(
            "    match {expression} {{\n        Ok(mut made) => {{\n            {write}\n        }}\n        Err({exists}){guard} => {{}}\n        Err(e) => return Err(e.into()),\n    }}\n"
        )
    }

    /// Made under a name of its own, then moved over what is there.
    fn replaced(&self) -> String {
        let Pair { first, second, kind, .. } = self.pair;
        let place = self.place();
        let keep = match (first, kind) {
            ("rename", Kind::Directory) => return self.exchanged(),
            ("rename", _) => {
                let kept = self.other("rename", Role::Removal);
                let link = spelled("link", Role::Creation, self.spelling).unwrap_or_default();
                let link = link.replace("{o}", &place).replace("{p}", &kept);
                self.statement("link", Role::Creation, &link, "    ", "")
            }
            _ => String::new(),
        };
        if second == "mkdir" {
            // It is empty, and stays.
            return self.refused();
        }
        let rename = |from: &str| {
            let template = spelled("rename", Role::Creation, self.spelling).unwrap_or_default();
            self.statement(
                "rename",
                Role::Creation,
                &template.replace("{o}", from).replace("{p}", &place),
                "    ",
                "",
            )
        };
        if second == "rename" {
            return keep + &rename(&self.other("rename", Role::Creation));
        }
        let (fresh, named) = self.fresh();
        let make = self.refusing(second, &named);
        keep + &fresh + &self.statement(second, Role::Creation, &make, "    ", "") + &rename(&named)
    }

    /// A name that nobody else knows.
    fn fresh(&self) -> (String, String) {
        let folder = self.folder;
        let made = format!(
            "    let own = tempfile::tempdir_in(\"{folder}\")?;\n    let fresh = own.path().join(\"fresh\");\n"
        );
        match self.spelling {
            Spelling::Libc => (
                made + "    let fresh = std::ffi::CString::new(fresh.into_os_string().into_encoded_bytes())?;\n",
                "fresh.as_ptr()".to_owned(),
            ),
            _ => (made, "&fresh".to_owned()),
        }
    }

    /// A directory that takes the other's place in one step.
    fn exchanged(&self) -> String {
        let place = self.place();
        let (mut text, fresh) = match self.pair.second {
            "mkdir" => self.fresh(),
            _ => (String::new(), self.other("rename", Role::Creation)),
        };
        if self.pair.second == "mkdir" {
            text += &self.statement("mkdir", Role::Creation, &self.refusing("mkdir", &fresh), "    ", "");
        }
        let exchange = match self.spelling {
            Spelling::Std | Spelling::Rustix => format!(
                "rustix::fs::renameat_with(rustix::fs::CWD, {fresh}, rustix::fs::CWD, {place}, rustix::fs::RenameFlags::EXCHANGE)"
            ),
            Spelling::Nix => format!(
                "nix::fcntl::renameat2(nix::fcntl::AT_FDCWD, {fresh}, nix::fcntl::AT_FDCWD, {place}, nix::fcntl::RenameFlags::RENAME_EXCHANGE)"
            ),
            Spelling::Libc => {
                format!(
                    "libc::renameat2(libc::AT_FDCWD, {fresh}, libc::AT_FDCWD, {place}, libc::RENAME_EXCHANGE)"
                )
            }
        };
        text + &self.statement("rename", Role::Creation, &exchange, "    ", "")
    }

    /// Opened once, wherever it leads by then, but through no link.
    fn opened(&self, place: &str) -> String {
        let calls = [self.pair.first, self.pair.second];
        let writes = calls.contains(&"truncate");
        match self.spelling {
            Spelling::Std => {
                let write = if writes { ".write(true)" } else { "" };
                format!(
                    "    let mut handle = std::fs::OpenOptions::new().read(true){write}.custom_flags(libc::O_NOFOLLOW).open({place})?;\n"
                )
            }
            Spelling::Rustix => {
                let access = if writes { "RDWR" } else { "RDONLY" };
                format!(
                    "    let handle = rustix::fs::open({place}, rustix::fs::OFlags::{access} | rustix::fs::OFlags::NOFOLLOW, rustix::fs::Mode::empty())?;\n"
                )
            }
            Spelling::Nix => {
                let access = if writes { "O_RDWR" } else { "O_RDONLY" };
                format!(
                    "    let handle = nix::fcntl::open({place}, nix::fcntl::OFlag::{access} | nix::fcntl::OFlag::O_NOFOLLOW, nix::sys::stat::Mode::empty())?;\n"
                )
            }
            Spelling::Libc => {
                let access = if writes { "O_RDWR" } else { "O_RDONLY" };
                format!(
                    "    let fd = unsafe {{ libc::open({place}, libc::{access} | libc::O_NOFOLLOW) }};\n    if fd < 0 {{\n        return Err(std::io::Error::last_os_error());\n    }}\n"
                )
            }
        }
    }

    fn used_through_handle(&self, call: &str) -> String {
        let expression = through_handle(call, self.spelling);
        let used = match self.spelling {
            Spelling::Libc => format!(
                "    if unsafe {{ {expression} }} < 0 {{\n        return Err(std::io::Error::last_os_error());\n    }}\n"
            ),
            _ => format!("    {expression}?;\n"),
        };
        match call {
            "open" => {
                let handle = if self.spelling == Spelling::Libc { "fd" } else { "handle" };
                format!("{used}    {}\n", self.with_file(handle, Role::Use))
            }
            _ => used,
        }
    }

    /// Made so that it is surely this run's, and held open from there on. What is moved or linked to is opened before it has the name.
    fn made_once(&self) -> String {
        let call = self.pair.first;
        match call {
            "creat" | "open" => {
                let expression = self.refusing(call, &self.place());
                let write = |handle| self.with_file(handle, Role::Creation);
                match self.spelling {
                    Spelling::Libc => format!(
                        "    let fd = unsafe {{ {expression} }};\n    if fd < 0 {{\n        return Err(std::io::Error::last_os_error());\n    }}\n    {}\n",
                        write("fd")
                    ),
                    _ => format!("    let mut handle = {expression}?;\n    {}\n", write("handle")),
                }
            }
            "mknod" | "mkdir" => {
                self.statement(call, Role::Creation, &self.refusing(call, &self.place()), "    ", "")
                    + &self.opened(&self.place())
            }
            _ => {
                let template = spelled(call, Role::Creation, self.spelling).unwrap_or_default();
                self.opened(&self.other(call, Role::Creation))
                    + &self.statement(
                        call,
                        Role::Creation,
                        &self.filled(template, call, Role::Creation),
                        "    ",
                        "",
                    )
            }
        }
    }
}
