//! The calls of Wei and Pu's model, and how a Rust program spells each.

/// What a pair of calls is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    File,
    Link,
    Directory,
}

/// What a call is to the place in its pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    Check,
    Removal,
    Creation,
    Use,
}

/// One ordered pair of the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pair {
    pub roles: (Role, Role),
    pub kind: Kind,
    pub first: &'static str,
    pub second: &'static str,
}

const CHECKS: [&str; 2] = ["stat", "access"];
const FILE_CREATION: [&str; 4] = ["creat", "open", "mknod", "rename"];
const LINK_CREATION: [&str; 3] = ["link", "symlink", "rename"];
const DIRECTORY_CREATION: [&str; 2] = ["mkdir", "rename"];
const FILE_REMOVAL: [&str; 2] = ["unlink", "rename"];
const DIRECTORY_REMOVAL: [&str; 2] = ["rmdir", "rename"];
const FILE_USE: [&str; 6] = ["chmod", "chown", "truncate", "utime", "open", "execve"];
const DIRECTORY_USE: [&str; 7] = ["chmod", "chown", "utime", "mount", "chdir", "chroot", "pivot_root"];

/// All pairs of the model (FAST '05, section 3): where the invariant is that the place is absent, checks and removals before creations of
/// a kind; where it is that the place is there, checks, creations and uses before uses of a kind. A link leads to either kind.
pub fn pairs() -> Vec<Pair> {
    let mut pairs = Vec::new();
    let mut all = |roles, kind, first: &[&'static str], second: &[&'static str]| {
        for first in first {
            pairs.extend(second.iter().map(|second| Pair { roles, kind, first, second }));
        }
    };
    for (kind, creations, removals) in [
        (Kind::File, &FILE_CREATION[..], &FILE_REMOVAL),
        (Kind::Link, &LINK_CREATION, &FILE_REMOVAL),
        (Kind::Directory, &DIRECTORY_CREATION, &DIRECTORY_REMOVAL),
    ] {
        all((Role::Check, Role::Creation), kind, &CHECKS, creations);
        all((Role::Removal, Role::Creation), kind, removals, creations);
    }
    for (kind, creations, uses) in [
        (Kind::File, &FILE_CREATION[..], &FILE_USE[..]),
        (Kind::Directory, &DIRECTORY_CREATION, &DIRECTORY_USE),
    ] {
        all((Role::Check, Role::Use), kind, &CHECKS, uses);
        all((Role::Creation, Role::Use), kind, creations, uses);
        all((Role::Use, Role::Use), kind, uses, uses);
        all((Role::Creation, Role::Use), Kind::Link, &LINK_CREATION, uses);
    }
    pairs.sort();
    pairs
}

/// A way to ask the kernel from Rust.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Spelling {
    Std,
    Rustix,
    Nix,
    Libc,
}

pub const SPELLINGS: [Spelling; 4] = [Spelling::Std, Spelling::Rustix, Spelling::Nix, Spelling::Libc];

impl Spelling {
    pub fn name(self) -> &'static str {
        match self {
            Spelling::Std => "std",
            Spelling::Rustix => "rustix",
            Spelling::Nix => "nix",
            Spelling::Libc => "libc",
        }
    }

    /// A path as this spelling takes it.
    pub fn path(self, path: &str) -> String {
        match self {
            Spelling::Libc => format!("c\"{path}\".as_ptr()"),
            _ => format!("\"{path}\""),
        }
    }
}

/// A call in one spelling: an expression, in which `{p}` is the place and `{o}` another one.
pub type Spelled = Result<&'static str, &'static str>;

const NO_ACCESS: &str = "std has no access(2)";
const NO_FIFO: &str = "std makes no special files";
const NO_UTIME: &str = "std sets times through an open file only";
const NO_TRUNCATE: &str = "std and rustix truncate through an open file only";
const NO_MOUNT: &str = "std does not mount";
const NO_PIVOT: &str = "std and libc have no pivot_root(2)";
const NO_EXEC: &str = "rustix has no stable execve(2)";

/// What comes before a call that has to make something first, and the call itself.
pub fn spelled(call: &str, role: Role, spelling: Spelling) -> Spelled {
    use Spelling::{Libc, Nix, Rustix, Std};
    let exclusive = role == Role::Creation;
    match (call, spelling) {
        ("stat", Std) => Ok("std::path::Path::new({p}).exists()"),
        ("stat", Rustix) => Ok("rustix::fs::stat({p})"),
        ("stat", Nix) => Ok("nix::sys::stat::stat({p})"),
        ("stat", Libc) => Ok("libc::stat({p}, &mut std::mem::zeroed())"),
        ("access", Std) => Err(NO_ACCESS),
        ("access", Rustix) => Ok("rustix::fs::access({p}, rustix::fs::Access::EXISTS)"),
        ("access", Nix) => Ok("nix::unistd::access({p}, nix::unistd::AccessFlags::F_OK)"),
        ("access", Libc) => Ok("libc::access({p}, libc::F_OK)"),
        ("creat", Std) => Ok("std::fs::File::create({p})"),
        ("creat", Rustix) => Ok(
            "rustix::fs::open({p}, rustix::fs::OFlags::WRONLY | rustix::fs::OFlags::CREATE | rustix::fs::OFlags::TRUNC, rustix::fs::Mode::from_raw_mode(0o644))",
        ),
        ("creat", Nix) => Ok(
            "nix::fcntl::open({p}, nix::fcntl::OFlag::O_WRONLY | nix::fcntl::OFlag::O_CREAT | nix::fcntl::OFlag::O_TRUNC, nix::sys::stat::Mode::from_bits_truncate(0o644))",
        ),
        ("creat", Libc) => Ok("libc::creat({p}, 0o644)"),
        ("open", Std) if exclusive => Ok("std::fs::OpenOptions::new().write(true).create(true).open({p})"),
        ("open", Rustix) if exclusive => Ok(
            "rustix::fs::open({p}, rustix::fs::OFlags::WRONLY | rustix::fs::OFlags::CREATE, rustix::fs::Mode::from_raw_mode(0o644))",
        ),
        ("open", Nix) if exclusive => Ok(
            "nix::fcntl::open({p}, nix::fcntl::OFlag::O_WRONLY | nix::fcntl::OFlag::O_CREAT, nix::sys::stat::Mode::from_bits_truncate(0o644))",
        ),
        ("open", Libc) if exclusive => Ok("libc::open({p}, libc::O_WRONLY | libc::O_CREAT, 0o644)"),
        ("open", Std) => Ok("std::fs::File::open({p})"),
        ("open", Rustix) => {
            Ok("rustix::fs::open({p}, rustix::fs::OFlags::RDONLY, rustix::fs::Mode::empty())")
        }
        ("open", Nix) => {
            Ok("nix::fcntl::open({p}, nix::fcntl::OFlag::O_RDONLY, nix::sys::stat::Mode::empty())")
        }
        ("open", Libc) => Ok("libc::open({p}, libc::O_RDONLY)"),
        ("mknod", Std) => Err(NO_FIFO),
        ("mknod", Rustix) => Ok(
            "rustix::fs::mknodat(rustix::fs::CWD, {p}, rustix::fs::FileType::Fifo, rustix::fs::Mode::from_raw_mode(0o600), 0)",
        ),
        ("mknod", Nix) => Ok(
            "nix::sys::stat::mknod({p}, nix::sys::stat::SFlag::S_IFIFO, nix::sys::stat::Mode::from_bits_truncate(0o600), 0)",
        ),
        ("mknod", Libc) => Ok("libc::mknod({p}, libc::S_IFIFO | 0o600, 0)"),
        ("rename", Std) if role == Role::Removal => Ok("std::fs::rename({p}, {o})"),
        ("rename", Rustix) if role == Role::Removal => Ok("rustix::fs::rename({p}, {o})"),
        ("rename", Nix) if role == Role::Removal => {
            Ok("nix::fcntl::renameat(nix::fcntl::AT_FDCWD, {p}, nix::fcntl::AT_FDCWD, {o})")
        }
        ("rename", Libc) if role == Role::Removal => Ok("libc::rename({p}, {o})"),
        ("rename", Std) => Ok("std::fs::rename({o}, {p})"),
        ("rename", Rustix) => Ok("rustix::fs::rename({o}, {p})"),
        ("rename", Nix) => Ok("nix::fcntl::renameat(nix::fcntl::AT_FDCWD, {o}, nix::fcntl::AT_FDCWD, {p})"),
        ("rename", Libc) => Ok("libc::rename({o}, {p})"),
        ("link", Std) => Ok("std::fs::hard_link({o}, {p})"),
        ("link", Rustix) => Ok("rustix::fs::link({o}, {p})"),
        ("link", Nix) => Ok(
            "nix::unistd::linkat(nix::fcntl::AT_FDCWD, {o}, nix::fcntl::AT_FDCWD, {p}, nix::fcntl::AtFlags::empty())",
        ),
        ("link", Libc) => Ok("libc::link({o}, {p})"),
        ("symlink", Std) => Ok("std::os::unix::fs::symlink({o}, {p})"),
        ("symlink", Rustix) => Ok("rustix::fs::symlink({o}, {p})"),
        ("symlink", Nix) => Ok("nix::unistd::symlinkat({o}, nix::fcntl::AT_FDCWD, {p})"),
        ("symlink", Libc) => Ok("libc::symlink({o}, {p})"),
        ("mkdir", Std) => Ok("std::fs::create_dir({p})"),
        ("mkdir", Rustix) => Ok("rustix::fs::mkdir({p}, rustix::fs::Mode::from_raw_mode(0o755))"),
        ("mkdir", Nix) => Ok("nix::unistd::mkdir({p}, nix::sys::stat::Mode::from_bits_truncate(0o755))"),
        ("mkdir", Libc) => Ok("libc::mkdir({p}, 0o755)"),
        ("unlink", Std) => Ok("std::fs::remove_file({p})"),
        ("unlink", Rustix) => Ok("rustix::fs::unlink({p})"),
        ("unlink", Nix) => Ok("nix::unistd::unlink({p})"),
        ("unlink", Libc) => Ok("libc::unlink({p})"),
        ("rmdir", Std) => Ok("std::fs::remove_dir({p})"),
        ("rmdir", Rustix) => Ok("rustix::fs::rmdir({p})"),
        ("rmdir", Nix) => {
            Ok("nix::unistd::unlinkat(nix::fcntl::AT_FDCWD, {p}, nix::unistd::UnlinkatFlags::RemoveDir)")
        }
        ("rmdir", Libc) => Ok("libc::rmdir({p})"),
        ("chmod", Std) => Ok("std::fs::set_permissions({p}, std::fs::Permissions::from_mode(0o755))"),
        ("chmod", Rustix) => Ok("rustix::fs::chmod({p}, rustix::fs::Mode::from_raw_mode(0o755))"),
        ("chmod", Nix) => Ok(
            "nix::sys::stat::fchmodat(nix::fcntl::AT_FDCWD, {p}, nix::sys::stat::Mode::from_bits_truncate(0o755), nix::sys::stat::FchmodatFlags::FollowSymlink)",
        ),
        ("chmod", Libc) => Ok("libc::chmod({p}, 0o755)"),
        ("chown", Std) => Ok("std::os::unix::fs::chown({p}, Some(1000), Some(1000))"),
        ("chown", Rustix) => Ok("rustix::fs::chown({p}, Some(rustix::fs::Uid::from_raw(1000)), None)"),
        ("chown", Nix) => Ok("nix::unistd::chown({p}, Some(nix::unistd::Uid::from_raw(1000)), None)"),
        ("chown", Libc) => Ok("libc::chown({p}, 1000, 1000)"),
        ("truncate", Std | Rustix) => Err(NO_TRUNCATE),
        ("truncate", Nix) => Ok("nix::unistd::truncate({p}, 0)"),
        ("truncate", Libc) => Ok("libc::truncate({p}, 0)"),
        ("utime", Std) => Err(NO_UTIME),
        ("utime", Rustix) => {
            Ok("rustix::fs::utimensat(rustix::fs::CWD, {p}, &times(), rustix::fs::AtFlags::empty())")
        }
        ("utime", Nix) => Ok(
            "nix::sys::stat::utimes({p}, &nix::sys::time::TimeVal::new(0, 0), &nix::sys::time::TimeVal::new(0, 0))",
        ),
        ("utime", Libc) => Ok("libc::utimes({p}, std::ptr::null())"),
        ("execve", Std) => Ok("std::process::Command::new({p}).status()"),
        ("execve", Rustix) => Err(NO_EXEC),
        ("execve", Nix) => Ok("nix::unistd::execv(c{p}, &[c{p}])"),
        ("execve", Libc) => Ok("libc::execv({p}, [{p}, std::ptr::null()].as_ptr())"),
        ("mount", Std) => Err(NO_MOUNT),
        ("mount", Rustix) => Ok(
            "rustix::mount::mount(\"/dev/loop7\", {p}, \"ext4\", rustix::mount::MountFlags::empty(), None)",
        ),
        ("mount", Nix) => Ok(
            "nix::mount::mount(Some(\"/dev/loop7\"), {p}, Some(\"ext4\"), nix::mount::MsFlags::empty(), None::<&str>)",
        ),
        ("mount", Libc) => {
            Ok("libc::mount(c\"/dev/loop7\".as_ptr(), {p}, c\"ext4\".as_ptr(), 0, std::ptr::null())")
        }
        ("chdir", Std) => Ok("std::env::set_current_dir({p})"),
        ("chdir", Rustix) => Ok("rustix::process::chdir({p})"),
        ("chdir", Nix) => Ok("nix::unistd::chdir({p})"),
        ("chdir", Libc) => Ok("libc::chdir({p})"),
        ("chroot", Std) => Ok("std::os::unix::fs::chroot({p})"),
        ("chroot", Rustix) => Ok("rustix::process::chroot({p})"),
        ("chroot", Nix) => Ok("nix::unistd::chroot({p})"),
        ("chroot", Libc) => Ok("libc::chroot({p})"),
        ("pivot_root", Std | Libc) => Err(NO_PIVOT),
        ("pivot_root", Rustix) => Ok("rustix::process::pivot_root({p}, {o})"),
        ("pivot_root", Nix) => Ok("nix::unistd::pivot_root({p}, {o})"),
        _ => Err("no such call"),
    }
}

/// The same call through an open file `handle` (in C, a descriptor `fd`).
pub fn through_handle(call: &str, spelling: Spelling) -> &'static str {
    use Spelling::{Libc, Nix, Rustix, Std};
    match (call, spelling) {
        ("chmod", Std) => "handle.set_permissions(std::fs::Permissions::from_mode(0o755))",
        ("chmod", Rustix) => "rustix::fs::fchmod(&handle, rustix::fs::Mode::from_raw_mode(0o755))",
        ("chmod", Nix) => "nix::sys::stat::fchmod(&handle, nix::sys::stat::Mode::from_bits_truncate(0o755))",
        ("chmod", Libc) => "libc::fchmod(fd, 0o755)",
        ("chown", Std) => "std::os::unix::fs::fchown(&handle, Some(1000), Some(1000))",
        ("chown", Rustix) => "rustix::fs::fchown(&handle, Some(rustix::fs::Uid::from_raw(1000)), None)",
        ("chown", Nix) => "nix::unistd::fchown(&handle, Some(nix::unistd::Uid::from_raw(1000)), None)",
        ("chown", Libc) => "libc::fchown(fd, 1000, 1000)",
        ("truncate", Std) => "handle.set_len(0)",
        ("truncate", Rustix) => "rustix::fs::ftruncate(&handle, 0)",
        ("truncate", Nix) => "nix::unistd::ftruncate(&handle, 0)",
        ("truncate", Libc) => "libc::ftruncate(fd, 0)",
        ("utime", Std) => "handle.set_modified(std::time::UNIX_EPOCH)",
        ("utime", Rustix) => "rustix::fs::futimens(&handle, &times())",
        ("utime", Nix) => {
            "nix::sys::stat::futimens(&handle, &nix::sys::time::TimeSpec::new(0, 0), &nix::sys::time::TimeSpec::new(0, 0))"
        }
        ("utime", Libc) => "libc::futimens(fd, std::ptr::null())",
        // The open file is what a second open would give.
        ("open", Std) => "handle.try_clone()",
        ("open", Rustix) => "rustix::io::dup(&handle)",
        ("open", Nix) => "nix::unistd::dup(&handle)",
        ("open", Libc) => "libc::dup(fd)",
        ("execve", Std) => {
            "std::process::Command::new(format!(\"/proc/self/fd/{}\", handle.as_raw_fd())).status()"
        }
        ("execve", Nix) => "nix::unistd::fexecve(&handle, &[c\"app\"], &[c\"LANG=C\"])",
        ("execve", Libc) => {
            "libc::fexecve(fd, [c\"app\".as_ptr(), std::ptr::null()].as_ptr(), [std::ptr::null()].as_ptr())"
        }
        // mount(2) follows the links of /proc, which lead to the open directory and nowhere else.
        ("mount", Rustix) => {
            "rustix::mount::mount(\"/dev/loop7\", format!(\"/proc/self/fd/{}\", handle.as_raw_fd()), \"ext4\", rustix::mount::MountFlags::empty(), None)"
        }
        ("mount", Nix) => {
            "nix::mount::mount(Some(\"/dev/loop7\"), format!(\"/proc/self/fd/{}\", handle.as_raw_fd()).as_str(), Some(\"ext4\"), nix::mount::MsFlags::empty(), None::<&str>)"
        }
        ("mount", Libc) => {
            "libc::mount(c\"/dev/loop7\".as_ptr(), descriptor(fd).as_ptr(), c\"ext4\".as_ptr(), 0, std::ptr::null())"
        }
        ("chdir", Std) => "std::env::set_current_dir(format!(\"/proc/self/fd/{}\", handle.as_raw_fd()))",
        ("chdir", Rustix) => "rustix::process::fchdir(&handle)",
        ("chdir", Nix) => "nix::unistd::fchdir(&handle)",
        ("chdir", Libc) => "libc::fchdir(fd)",
        ("chroot", Std) => {
            "std::env::set_current_dir(format!(\"/proc/self/fd/{}\", handle.as_raw_fd())).and_then(|()| std::os::unix::fs::chroot(\".\"))"
        }
        ("chroot", Rustix) => {
            "rustix::process::fchdir(&handle).and_then(|()| rustix::process::chroot(\".\"))"
        }
        ("chroot", Nix) => "nix::unistd::fchdir(&handle).and_then(|()| nix::unistd::chroot(\".\"))",
        ("chroot", Libc) => "libc::fchdir(fd) | libc::chroot(c\".\".as_ptr())",
        ("pivot_root", Rustix) => {
            "rustix::process::fchdir(&handle).and_then(|()| rustix::process::pivot_root(\".\", \".\"))"
        }
        ("pivot_root", Nix) => {
            "nix::unistd::fchdir(&handle).and_then(|()| nix::unistd::pivot_root(\".\", \".\"))"
        }
        _ => "",
    }
}
