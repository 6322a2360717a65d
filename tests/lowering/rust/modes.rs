//! Who may look in: numbers, constants, builders and permissions that are changed in place; and names made of the time.

use nix::sys::stat::{FchmodatFlags, Mode, fchmodat, umask};
use std::fs::{self, File, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

const OWNER_ONLY: u32 = 0o600;

struct Store;

impl Store {
    const TEAM: u32 = 0o640;
}

fn by_path(path: &Path, given: u32) -> io::Result<()> {
    fs::set_permissions(path, Permissions::from_mode(OWNER_ONLY))?;
    fs::set_permissions(path, Permissions::from_mode(Store::TEAM))?;
    fs::set_permissions(path, Permissions::from_mode(0o755))?;
    fs::set_permissions(path, Permissions::from_mode(0o770))?;
    fs::set_permissions(path, Permissions::from_mode(given))
}

fn by_handle(file: &File) -> io::Result<()> {
    let mut permissions = file.metadata()?.permissions();
    permissions.set_mode(0o400);
    file.set_permissions(permissions)
}

fn by_nix(path: &Path) -> nix::Result<()> {
    umask(Mode::from_bits_truncate(0o077));
    umask(Mode::S_IWGRP | Mode::S_IWOTH);
    fchmodat(None, path, Mode::S_IRUSR | Mode::S_IWUSR, FchmodatFlags::FollowSymlink)
}

fn made(path: &Path) -> io::Result<(File, File)> {
    let private = OpenOptions::new().write(true).create(true).mode(0o600).open(path)?;
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    options.mode(0o666);
    Ok((private, options.open(path)?))
}

fn asked(path: &Path, uid: u32) -> io::Result<Vec<u8>> {
    if fs::metadata(path)?.uid() != uid || fs::metadata(path)?.len() == 0 {
        return Err(io::Error::other("not ours"));
    }
    fs::read(path)
}

fn timed(directory: &Path) -> io::Result<()> {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    fs::write(directory.join(format!("{}.log", now.as_secs())), "")?;
    fs::write(directory.join(format!("{}.log", now.as_nanos())), "")
}
