//! What git tracks, as its index says. Read here, in a hundred lines: of the index only paths are wanted, and the crates that read it bring
//! in all else that git is made of.
//!
//! NOTE: the format is that of git's `Documentation/gitformat-index.txt`, versions 2 to 4. What a split index keeps in another file is not
//! looked for.

use fsrace_analyzer::source::LanguageId;
use std::fs;
use std::path::{Path, PathBuf};

/// Times, device, inode, mode, owner and size, before the object's name.
const BEFORE_NAME: usize = 40;
/// Where in these the mode stands.
const MODE: usize = 24;
/// How long objects' names are: SHA-1, SHA-256.
const HASHES: [usize; 2] = [20, 32];
/// The types that an entry may have: regular file, symbolic link, submodule, folder.
const TYPES: [u32; 4] = [0o100_000, 0o120_000, 0o160_000, 0o040_000];
const REGULAR: u32 = 0o100_000;
/// In an entry's flags, that there are more of them.
const EXTENDED: u16 = 0x4000;
/// And how long its path is, if that is no longer.
const LENGTH: u16 = 0x0fff;

/// The sources that the repository of this working folder tracks, relative to it; none where there is no index that can be read.
pub fn sources(repository: &Path) -> Option<Vec<String>> {
    let index = fs::read(git_folder(repository)?.join("index")).ok()?;
    HASHES.into_iter().find_map(|hash| parse(&index, hash))
}

/// Where the repository of a working folder is kept: in it, or, of a submodule and a second working folder, where the file says.
fn git_folder(repository: &Path) -> Option<PathBuf> {
    let own = repository.join(".git");
    if fs::metadata(&own).ok()?.is_dir() {
        return Some(own);
    }
    let text = fs::read_to_string(own).ok()?;
    Some(repository.join(text.strip_prefix("gitdir:")?.trim()))
}

/// The sources among an index' entries, if all of it is as it should be with objects' names of this length.
fn parse(index: &[u8], hash: usize) -> Option<Vec<String>> {
    let mut rest = Bytes(index);
    if rest.take(4)? != b"DIRC" {
        return None;
    }
    let version = rest.number()?;
    if !(2..=4).contains(&version) {
        return None;
    }
    let entries = rest.number()?;
    let mut sources = Vec::new();
    let mut path: Vec<u8> = Vec::new();
    for _ in 0..entries {
        let before = rest.0.len();
        let mode = u32::from_be_bytes(rest.take(BEFORE_NAME)?.get(MODE..MODE + 4)?.try_into().ok()?);
        if !TYPES.contains(&(mode & 0o170_000)) {
            return None;
        }
        rest.take(hash)?;
        let flags = rest.short()?;
        if flags & EXTENDED != 0 && version > 2 {
            rest.short()?;
        }
        if version < 4 {
            path.clear();
        } else {
            // What the path has in common with the one before it.
            let stripped = rest.offset()?;
            path.truncate(path.len().checked_sub(stripped)?);
        }
        path.extend_from_slice(rest.up_to_nul()?);
        // With names of another length, something else stood there.
        if usize::from(flags & LENGTH) != path.len().min(usize::from(LENGTH)) {
            return None;
        }
        if version < 4 {
            // An entry is filled up to eights by as many zeros as it takes, of which one is read.
            let read = before - rest.0.len();
            rest.take(read.next_multiple_of(8) - read)?;
        }
        if mode & 0o170_000 == REGULAR
            && let Ok(path) = std::str::from_utf8(&path)
            && LanguageId::of_path(path).is_some()
        {
            sources.push(path.to_owned());
        }
    }
    Some(sources)
}

/// What is left to read.
struct Bytes<'b>(&'b [u8]);

impl<'b> Bytes<'b> {
    fn take(&mut self, count: usize) -> Option<&'b [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn number(&mut self) -> Option<u32> {
        Some(u32::from_be_bytes(self.take(4)?.try_into().ok()?))
    }

    fn short(&mut self) -> Option<u16> {
        Some(u16::from_be_bytes(self.take(2)?.try_into().ok()?))
    }

    fn up_to_nul(&mut self) -> Option<&'b [u8]> {
        let end = self.0.iter().position(|byte| *byte == 0)?;
        let text = self.take(end)?;
        self.take(1)?;
        Some(text)
    }

    /// A number of sevens of bits, the highest first, each but the last one more than it says (git's "offset encoding").
    fn offset(&mut self) -> Option<usize> {
        let mut value = 0usize;
        loop {
            let [byte] = self.take(1)? else { return None };
            value = value.checked_mul(128)?.checked_add(usize::from(byte & 0x7f))?;
            if byte & 0x80 == 0 {
                return Some(value);
            }
            value = value.checked_add(1)?;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An index of these paths, each with the mode, as git would write it.
    fn index(version: u32, hash: usize, entries: &[(&str, u32)]) -> Vec<u8> {
        let mut bytes = b"DIRC".to_vec();
        bytes.extend(version.to_be_bytes());
        bytes.extend(u32::try_from(entries.len()).unwrap_or_default().to_be_bytes());
        let mut last = "";
        for (path, mode) in entries {
            let begin = bytes.len();
            bytes.extend([7; MODE]);
            bytes.extend(mode.to_be_bytes());
            bytes.resize(begin + BEFORE_NAME + hash, 7);
            bytes.extend(u16::try_from(path.len()).unwrap_or(u16::MAX).min(LENGTH).to_be_bytes());
            if version == 4 {
                let same = path.bytes().zip(last.bytes()).take_while(|(a, b)| a == b).count();
                let stripped = last.len() - same;
                // Two bytes hold what 128 and more take.
                match stripped.checked_sub(128) {
                    Some(more) => bytes.extend([0x80 | (more >> 7) as u8, (more & 0x7f) as u8]),
                    None => bytes.push(stripped as u8),
                }
                bytes.extend(path.bytes().skip(same));
                bytes.push(0);
            } else {
                bytes.extend(path.bytes());
                let length = bytes.len() - begin;
                bytes.resize(begin + (length + 1).next_multiple_of(8), 0);
            }
            last = path;
        }
        bytes.extend(vec![7; hash]);
        bytes
    }

    #[test]
    fn sources_are_read_from_an_index_of_each_version() {
        let long = format!("cmd/{}/main.go", "x".repeat(200));
        let entries = [
            ("README.md", 0o100_644),
            ("cmd/asdf/main.go", 0o100_644),
            (long.as_str(), 0o100_755),
            ("link.rs", 0o120_000),
            ("src/bin/main.rs", 0o100_644),
        ];
        let sources = vec!["cmd/asdf/main.go".to_owned(), long.clone(), "src/bin/main.rs".to_owned()];
        for version in 2..=4 {
            for hash in HASHES {
                let index = index(version, hash, &entries);
                assert_eq!(parse(&index, hash), Some(sources.clone()), "version {version}, {hash}");
            }
        }
    }

    #[test]
    fn what_is_no_index_gives_nothing_and_stops_nothing() {
        let whole = index(4, 20, &[("a/b.rs", 0o100_644), ("a/c.rs", 0o100_644)]);
        for end in 0..whole.len() - 20 {
            assert_eq!(parse(whole.get(..end).unwrap_or_default(), 20), None, "{end}");
        }
        assert_eq!(parse(b"DIRC\0\0\0\x05\0\0\0\0", 20), None);
        assert_eq!(parse(&index(2, 32, &[("a.rs", 0o100_644), ("b.rs", 0o100_644)]), 20), None);
    }
}
