//! Directories that are made, filled, moved and removed.

use super::build::*;
use super::{Case, checked, if_absent, unchecked};
use crate::explore::{Actor, Consequence};
use crate::flow::{Operation, Place};

#[test]
fn a_directory_is_visible_before_it_is_complete() {
    let case = if_absent(|f, d| f.populate(d, TRY));
    assert_eq!(
        case.worst(Actor::Reader),
        "corruption from absent
A check p -> false [absent]
A create directory p -> ok [directory (incomplete)]
    B read p -> ok [directory (incomplete)]
A fill p -> ok [directory (A's content)]
B reads an incomplete directory"
    );
    let published = if_absent(|f, d| {
        let temporary = unique_sibling(d);
        f.populate(&temporary, TRY);
        f.to(Operation::Rename { replace: false }, &temporary, d, GO_ON)
    });
    published.is_benign(&[Actor::Reader, Actor::Itself, Actor::Creator]);
}

#[test]
fn a_directory_that_is_made_and_then_filled_is_visible_in_between() {
    let case = if_absent(|f, d| {
        let made = f.mkdir_all(d, TRY);
        f.write(&d.join(&Place::literal("first")), TRY);
        f.write(&d.join(&Place::literal("second")), TRY);
        made
    });
    assert_eq!(
        case.worst(Actor::Visitor),
        "corruption from absent
A check p -> false [absent]
A create directories p -> ok [directory (A's content)]
    B look into p -> ok [directory (A's content)]
A write p/\"first\" -> ok [directory (A's content)]
A write p/\"second\" -> ok [directory (A's content)]
B takes an incomplete directory for a complete one"
    );
    if_absent(|f, d| f.mkdir_all(d, TRY)).is_benign(&[Actor::Visitor]);
    let published = if_absent(|f, d| {
        let temporary = unique_sibling(d);
        f.mkdir_all(&temporary, TRY);
        f.write(&temporary.join(&Place::literal("first")), TRY);
        f.to(Operation::Rename { replace: false }, &temporary, d, GO_ON)
    });
    published.is_benign(&[Actor::Visitor, Actor::Itself]);
}

#[test]
fn a_directory_cannot_be_renamed_over_one_that_is_filled() {
    let case = if_absent(|f, d| {
        let temporary = unique_sibling(d);
        f.populate(&temporary, TRY);
        f.rename(&temporary, d, TRY)
    });
    assert_eq!(
        case.worst(Actor::Itself),
        "spurious-failure from absent
A check p -> false [absent]
A fill p[name=<random#0>] -> ok [absent]
    B check p -> false [absent]
    B fill p[name=<random#0>] -> ok [absent]
    B rename to p p[name=<random#0>] -> ok [directory (B's content)]
A rename to p p[name=<random#0>] -> DirectoryNotEmpty [directory (B's content)]
A fails with DirectoryNotEmpty although nothing is wrong"
    );
    let tolerated = if_absent(|f, d| {
        let temporary = unique_sibling(d);
        f.populate(&temporary, TRY);
        f.rename(&temporary, d, GO_ON)
    });
    tolerated.is_benign(&[Actor::Itself]);
}

/// Writes beside, and renames, all below a directory.
fn below() -> Case {
    unchecked(|f, d| {
        let part = d.join(&Place::literal("part"));
        let whole = d.join(&Place::literal("whole"));
        f.mkdir_all(d, TRY);
        f.write(&part, TRY);
        f.rename(&part, &whole, TRY)
    })
}

#[test]
fn a_rename_fails_when_its_directory_is_removed() {
    assert_eq!(
        below().worst(Actor::Remover),
        "spurious-failure from absent
A create directories p -> ok [directory (A's content)]
A write p/\"part\" -> ok [directory (A's content)]
    B remove p -> ok [absent]
A rename to p/\"whole\" p/\"part\" -> NotFound [absent]
A fails with NotFound although nothing is wrong"
    );
}

#[test]
fn making_all_directories_fails_beside_removing_them() {
    let case = unchecked(|f, d| f.mkdir_all(&d.join(&Place::literal("a")).join(&Place::literal("b")), TRY));
    assert_eq!(
        case.worst(Actor::Remover),
        "spurious-failure from absent
A create directories p/\"a\"/\"b\" -> ok [directory (A's content)]
    B remove p -> ok [absent]
A create directories p/\"a\"/\"b\" -> NotFound [absent]
A fails with NotFound although nothing is wrong"
    );
    unchecked(|f, d| f.mkdir_all(d, TRY)).is_benign(&[Actor::Remover, Actor::Itself, Actor::Creator]);
    let both = checked(|f, d| {
        let made = f.mkdir_all(&d.join(&Place::literal("a")), TRY);
        (made, f.remove_tree(d, GO_ON))
    });
    assert_eq!(both.costs(Actor::Itself), [Consequence::SpuriousFailure]);
}
