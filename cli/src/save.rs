//! Writing a report to a file in one step: a reader sees the old report or the new one, never half of one.

use anyhow::{Context, Result};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Writes `text` to the file. What is no regular file (a pipe, a terminal, `/dev/stdout`) is written to as it is; a regular one is
/// replaced by a complete new one. A symbolic link keeps pointing where it does.
///
/// # Errors
/// Where the file cannot be written; the message names it.
pub fn save(path: &Path, text: &str) -> Result<()> {
    write(path, text).with_context(|| {
        format!("cannot write {}: name a file in a folder that exists and that you can write", path.display())
    })
}

fn write(path: &Path, text: &str) -> Result<()> {
    if let Some(mut special) = open_special(path)? {
        return match special.write_all(text.as_bytes()).and_then(|()| special.flush()) {
            Err(e) if e.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            result => Ok(result?),
        };
    }
    // Of a link, the file that it points to is replaced. A path that leads nowhere yet is taken as it is.
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    let folder = match target.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_path_buf(),
        _ => PathBuf::from("."),
    };
    let mut file = builder().tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(&target)?;
    Ok(())
}

/// The opened file if there is one and it is no regular file. The question is put to the handle, not to the path.
fn open_special(path: &Path) -> Result<Option<File>> {
    match OpenOptions::new().write(true).open(path) {
        Ok(file) => Ok((!file.metadata()?.is_file()).then_some(file)),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(e.into()),
    }
}

/// A report is for others to read, as far as the umask lets them; a temporary file by itself is for its owner only.
#[cfg(unix)]
fn builder() -> tempfile::Builder<'static, 'static> {
    use std::os::unix::fs::PermissionsExt;
    let mut builder = tempfile::Builder::new();
    builder.prefix(".fsrace-").permissions(fs::Permissions::from_mode(0o666));
    builder
}

#[cfg(not(unix))]
fn builder() -> tempfile::Builder<'static, 'static> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".fsrace-");
    builder
}
