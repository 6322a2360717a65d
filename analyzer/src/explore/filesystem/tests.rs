//! The abstract filesystem against what the manual pages say.

use super::{Filesystem, Handle, Kind, Name};
use crate::explore::Lane;
use crate::explore::content::{Content, Contents};
use crate::flow::{ErrorKind, OpenFlags};

const A: &[Name] = &[Name(1)];
const B: &[Name] = &[Name(2)];
const DIR: &[Name] = &[Name(3)];
const BELOW: &[Name] = &[Name(3), Name(1)];
const BELOW_A: &[Name] = &[Name(1), Name(4)];

const READ: OpenFlags = OpenFlags {
    read: true,
    write: false,
    append: false,
    create: false,
    create_new: false,
    truncate: false,
    no_follow: false,
};
const CREATE: OpenFlags = OpenFlags { read: false, write: true, create: true, truncate: true, ..READ };
const CREATE_NEW: OpenFlags = OpenFlags { create: false, create_new: true, truncate: false, ..CREATE };

struct World {
    files: Filesystem,
    contents: Contents,
    texts: u16,
}

impl World {
    fn new() -> Self {
        World { files: Filesystem::default(), contents: Contents::default(), texts: 0 }
    }

    fn text(&mut self) -> Content {
        self.texts += 1;
        self.contents.text(Lane::A, self.texts, Vec::new())
    }

    /// A file with this content.
    fn file(&mut self, path: &[Name]) -> Content {
        let text = self.text();
        assert_eq!(self.files.replace(path, Kind::File, text), Ok(()));
        text
    }

    fn directory(&mut self, path: &[Name]) {
        let text = self.text();
        assert_eq!(self.files.mkdir(path, text), Ok(()));
    }

    fn open(&mut self, path: &[Name], flags: OpenFlags) -> Handle {
        self.files.open(path, flags).unwrap_or_else(|kind| panic!("{kind}"))
    }

    fn write(&mut self, handle: Handle, text: Content) {
        assert_eq!(self.files.write_first(handle, text, &mut self.contents), Ok(()));
        assert_eq!(self.files.write_rest(handle, text, &mut self.contents), Ok(()));
    }

    fn content(&self, path: &[Name]) -> Result<Content, ErrorKind> {
        self.files.stat(path).map(|(_, content)| content)
    }
}

#[test]
fn open_fails_as_the_flags_say() {
    let mut w = World::new();
    assert_eq!(w.files.open(A, READ), Err(ErrorKind::NotFound));
    w.file(A);
    w.directory(DIR);
    assert_eq!(w.files.open(A, CREATE_NEW), Err(ErrorKind::AlreadyExists));
    assert_eq!(w.files.open(DIR, CREATE_NEW), Err(ErrorKind::AlreadyExists));
    assert_eq!(w.files.open(DIR, CREATE), Err(ErrorKind::IsADirectory));
    assert!(w.files.open(DIR, READ).is_ok());
    assert_eq!(w.files.open(BELOW_A, READ), Err(ErrorKind::NotADirectory));
    assert_eq!(w.files.open(&[Name(9), Name(1)], CREATE), Err(ErrorKind::NotFound));
}

#[test]
fn opening_truncates_at_once() {
    let mut w = World::new();
    w.file(A);
    w.open(A, CREATE);
    assert_eq!(w.content(A), Ok(Content::EMPTY));
}

#[test]
fn a_removed_file_lives_on_in_its_handle() {
    let mut w = World::new();
    let text = w.file(A);
    let open = w.open(A, READ);
    assert_eq!(w.files.unlink(A), Ok(()));
    assert_eq!(w.content(A), Err(ErrorKind::NotFound));
    assert_eq!(w.files.read(open), Ok(text));
    let other = w.file(A);
    assert_eq!(w.files.read(open), Ok(text));
    assert_eq!(w.content(A), Ok(other));
}

#[test]
fn a_renamed_file_keeps_its_handle() {
    let mut w = World::new();
    let open = w.open(A, CREATE_NEW);
    assert_eq!(w.files.rename(A, B, true), Ok(()));
    let text = w.text();
    w.write(open, text);
    assert_eq!(w.content(B), Ok(text));
    assert_eq!(w.content(A), Err(ErrorKind::NotFound));
}

#[test]
fn a_write_is_half_done_between_its_steps() {
    let mut w = World::new();
    let (open, text) = (w.open(A, CREATE), w.text());
    assert_eq!(w.files.write_first(open, text, &mut w.contents), Ok(()));
    let between = w.content(A).unwrap_or(text);
    assert!(w.contents.is_torn(between));
    assert_eq!(w.files.write_rest(open, text, &mut w.contents), Ok(()));
    assert_eq!(w.content(A), Ok(text));
    let more = w.text();
    w.write(open, more);
    let both = w.contents.sequence(text, more);
    assert_eq!(w.content(A), Ok(both));
}

#[test]
fn two_writers_that_come_between_each_other_mix() {
    let mut w = World::new();
    let (one, other) = (w.open(A, CREATE), w.open(A, CREATE));
    let (first, second) = (w.text(), w.text());
    assert_eq!(w.files.write_first(one, first, &mut w.contents), Ok(()));
    w.write(other, second);
    assert_eq!(w.content(A), Ok(second));
    assert_eq!(w.files.write_rest(one, first, &mut w.contents), Ok(()));
    let mixed = w.contents.mixed(first, second);
    assert_eq!(w.content(A), Ok(mixed));
}

#[test]
fn appends_do_not_mix() {
    let mut w = World::new();
    let append = OpenFlags { append: true, truncate: false, ..CREATE };
    let (one, other) = (w.open(A, append), w.open(A, append));
    let (first, second) = (w.text(), w.text());
    assert_eq!(w.files.append(one, first, &mut w.contents), Ok(()));
    assert_eq!(w.files.append(other, second, &mut w.contents), Ok(()));
    let both = w.contents.sequence(first, second);
    assert_eq!(w.content(A), Ok(both));
    assert!(!w.contents.is_torn(both));
}

#[test]
fn directories_are_made_and_removed() {
    let mut w = World::new();
    let text = w.text();
    assert_eq!(w.files.mkdir(BELOW, text), Err(ErrorKind::NotFound));
    w.directory(DIR);
    assert_eq!(w.files.mkdir(DIR, text), Err(ErrorKind::AlreadyExists));
    assert_eq!(w.files.mkdir_all(DIR, text), Ok(()));
    w.file(BELOW);
    assert_eq!(w.files.rmdir(DIR), Err(ErrorKind::DirectoryNotEmpty));
    assert_eq!(w.files.unlink(DIR), Err(ErrorKind::IsADirectory));
    assert_eq!(w.files.rmdir(BELOW), Err(ErrorKind::NotADirectory));
    assert_eq!(w.files.mkdir_all(BELOW, text), Err(ErrorKind::AlreadyExists));
    assert_eq!(w.files.mkdir_all(&[Name(3), Name(1), Name(5)], text), Err(ErrorKind::NotADirectory));
    assert_eq!(w.files.empty_directory(DIR, &mut w.contents), Ok(()));
    assert_eq!(w.files.rmdir(DIR), Ok(()));
    assert_eq!(w.files.rmdir(DIR), Err(ErrorKind::NotFound));
    assert_eq!(w.files.mkdir_all(BELOW, text), Ok(()));
    assert_eq!(w.files.read_dir(DIR).map(|(_, names)| names), Ok(vec![Name(1)]));
}

#[test]
fn renames_replace_what_posix_lets_them() {
    let mut w = World::new();
    let text = w.file(A);
    w.file(B);
    assert_eq!(w.files.rename(A, B, false), Err(ErrorKind::AlreadyExists));
    assert_eq!(w.files.rename(A, B, true), Ok(()));
    assert_eq!(w.content(B), Ok(text));
    assert_eq!(w.files.rename(A, B, true), Err(ErrorKind::NotFound));
    w.directory(DIR);
    assert_eq!(w.files.rename(B, DIR, true), Err(ErrorKind::IsADirectory));
    assert_eq!(w.files.rename(DIR, B, true), Err(ErrorKind::NotADirectory));
    assert_eq!(w.files.rename(DIR, BELOW, true), Err(ErrorKind::Other));
    w.directory(A);
    w.file(BELOW);
    assert_eq!(w.files.rename(A, DIR, true), Err(ErrorKind::DirectoryNotEmpty));
    assert_eq!(w.files.rename(DIR, A, true), Ok(()));
    assert!(w.content(&[Name(1), Name(1)]).is_ok());
}

#[test]
fn a_rename_onto_another_name_of_the_same_file_does_nothing() {
    let mut w = World::new();
    let text = w.file(A);
    assert_eq!(w.files.link(A, B), Ok(()));
    assert_eq!(w.files.rename(A, B, true), Ok(()));
    assert_eq!((w.content(A), w.content(B)), (Ok(text), Ok(text)));
}

#[test]
fn links_share_the_file() {
    let mut w = World::new();
    w.file(A);
    assert_eq!(w.files.link(A, B), Ok(()));
    assert_eq!(w.files.link(A, B), Err(ErrorKind::AlreadyExists));
    assert_eq!(w.files.link(DIR, &[Name(7)]), Err(ErrorKind::NotFound));
    let open = w.open(A, CREATE);
    let text = w.text();
    w.write(open, text);
    assert_eq!(w.files.unlink(A), Ok(()));
    assert_eq!(w.content(B), Ok(text));
}

#[test]
fn symlinks_are_followed_where_open_follows() {
    let mut w = World::new();
    assert_eq!(w.files.symlink(B, A), Ok(()));
    assert_eq!(w.files.lstat(A).map(|(kind, _)| kind), Ok(Kind::Symlink));
    assert_eq!(w.content(A), Err(ErrorKind::NotFound));
    assert_eq!(w.files.open(A, CREATE_NEW), Err(ErrorKind::AlreadyExists));
    assert_eq!(w.files.open(A, OpenFlags { no_follow: true, ..CREATE }), Err(ErrorKind::Other));
    // Creating through a link that leads nowhere creates what it leads to.
    let open = w.open(A, CREATE);
    let text = w.text();
    w.write(open, text);
    assert_eq!(w.content(B), Ok(text));
    assert_eq!(w.files.unlink(A), Ok(()));
    assert_eq!(w.content(B), Ok(text));
    assert_eq!(w.files.symlink(A, A), Ok(()));
    assert_eq!(w.content(A), Err(ErrorKind::Other));
}

#[test]
fn locks_belong_to_the_open_file() {
    let mut w = World::new();
    w.file(A);
    let (one, other) = (w.open(A, READ), w.open(A, READ));
    assert_eq!(w.files.lock(one, false), Ok(()));
    assert_eq!(w.files.lock(other, false), Err(ErrorKind::WouldBlock));
    assert!(w.files.would_block(other, true) && w.files.path_would_block(A, true));
    // The lock follows the file, not the name.
    assert_eq!(w.files.unlink(A), Ok(()));
    w.file(A);
    assert!(!w.files.path_would_block(A, false));
    w.files.close(one);
    assert_eq!(w.files.lock(other, true), Ok(()));
    assert!(w.files.holds_lock(other));
    w.files.unlock(other);
    assert!(!w.files.holds_lock(other));
}

#[test]
fn equal_histories_give_equal_states() {
    let run = || {
        let mut w = World::new();
        w.file(A);
        let open = w.open(A, READ);
        assert_eq!(w.files.unlink(A), Ok(()));
        w.files.close(open);
        w.file(B);
        w
    };
    assert_eq!(run().files, run().files);
    let mut direct = World::new();
    direct.text();
    let text = direct.text();
    assert_eq!(direct.files.replace(B, Kind::File, text), Ok(()));
    assert_eq!(run().files, direct.files);
    assert_eq!(run().files.tree().len(), 1);
}

#[test]
fn cutting_to_the_written_length_keeps_what_was_written() {
    let mut w = World::new();
    w.file(A);
    let open = w.open(A, OpenFlags { truncate: false, ..CREATE });
    let text = w.text();
    w.write(open, text);
    assert_eq!(w.files.truncate_handle(open), Ok(()));
    assert_eq!(w.content(A), Ok(text));
    let again = w.open(A, OpenFlags { truncate: false, ..CREATE });
    assert_eq!(w.files.truncate_handle(again), Ok(()));
    assert_eq!(w.content(A), Ok(Content::EMPTY));
}
