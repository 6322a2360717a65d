//! Other users: who may look in, and who comes between in a directory that everybody can write.

use super::build::*;
use super::{Case, checked, unchecked};
use crate::explore::{Actor, Consequence};
use crate::flow::{Check, Mode, OpenFlags, Operation, Place, ResultId};

const PRIVATE: Operation = Operation::SetPermissions(Mode::Private);

/// Creates, lets others out, and fills.
fn secret(create: OpenFlags, restrict: bool) -> Case {
    unchecked(|f, p| {
        let file = f.open(p, create, TRY);
        f.drops(file);
        let act = if restrict { f.effect(PRIVATE, p, TRY) } else { file };
        f.through(file, Operation::Write, p, TRY);
        act
    })
}

#[test]
fn a_file_is_readable_between_its_creation_and_chmod() {
    assert_eq!(
        secret(CREATE_NEW, true).worst(Actor::Stranger),
        "security from absent
A create exclusively p -> ok [file (empty)]
    B open as another user p -> ok [file (empty)]
A set permissions to owner only p -> ok [file (empty)]
A write p -> ok [file (A's content)]
another user has the file open, and reads whatever is written to it"
    );
}

#[test]
fn a_file_that_is_created_for_its_owner_is_never_readable() {
    secret(OpenFlags { private: true, ..CREATE_NEW }, false).is_benign(&[Actor::Stranger]);
    secret(OpenFlags { private: true, ..CREATE_NEW }, true).is_benign(&[Actor::Stranger]);
    // What stays open to everybody is so in every order.
    secret(CREATE_NEW, false).is_benign(&[Actor::Stranger]);
}

#[test]
fn the_umask_closes_the_window() {
    let case = |mode| {
        unchecked(|f, p| {
            f.effect(Operation::SetUmask(mode), p, GO_ON);
            let file = f.open(p, CREATE_NEW, TRY);
            f.drops(file);
            let act = f.effect(PRIVATE, p, TRY);
            f.through(file, Operation::Write, p, TRY);
            act
        })
    };
    case(Mode::Private).is_benign(&[Actor::Stranger]);
    assert_eq!(case(Mode::Public).costs(Actor::Stranger), [Consequence::Security]);
}

/// Looks with `check`, and goes on unless it is a link.
fn unless_link(act: impl FnOnce(&mut Build, &Place) -> ResultId) -> Case {
    checked(|f, p| {
        let link = f.effect(Operation::Check(Check::IsSymlink), p, GO_ON);
        (link, f.when(fails(link), |f| act(f, p)))
    })
}

#[test]
fn a_link_swapped_in_after_lstat_is_followed() {
    let write = unless_link(|f, p| f.write(p, TRY));
    assert_eq!(
        write.worst(Actor::Attacker),
        "security from absent
A check for a symlink p -> false [absent]
    B swap for a symlink p -> ok [symlink]
A write p -> ok [symlink]
A follows B's link and changes a file elsewhere"
    );
    let read = unless_link(|f, p| f.read(p, TRY));
    assert_eq!(
        read.worst(Actor::Attacker),
        "security from absent
A check for a symlink p -> false [absent]
    B swap for a symlink p -> ok [symlink]
A read p -> ok [symlink]
A takes what B put there for what it had looked at"
    );
    let cured = unless_link(|f, p| {
        let file = f.open(p, OpenFlags { no_follow: true, ..READ }, TRY);
        f.drops(file);
        f.through(file, Operation::Read, p, TRY)
    });
    cured.is_benign(&[Actor::Attacker]);
}

#[test]
fn an_owner_that_was_checked_by_path_may_be_another_when_it_is_used() {
    let by_path = checked(|f, p| {
        let meta = f.metadata(p, TRY);
        (meta, f.when(judged(0, meta), |f| f.read(p, TRY)))
    });
    assert_eq!(
        by_path.worst(Actor::Attacker),
        "security from a file
A stat p -> ok [file (initial content)]
    B swap for a symlink p -> ok [symlink]
A read p -> ok [symlink]
A takes what B put there for what it had looked at"
    );
    let by_handle = checked(|f, p| {
        let file = f.open(p, READ, TRY);
        f.drops(file);
        let meta = f.through(file, Operation::Check(Check::Metadata), p, TRY);
        (meta, f.when(judged(0, meta), |f| f.through(file, Operation::Read, p, TRY)))
    });
    by_handle.is_benign(&[Actor::Attacker]);
}

#[test]
fn a_link_that_waits_under_a_name_that_others_foresee_is_followed() {
    let write = unchecked(|f, p| f.write(p, TRY));
    assert_eq!(
        write.worst(Actor::Attacker),
        "security from absent
    B swap for a symlink p -> ok [symlink]
A write p -> ok [symlink]
A follows B's link and changes a file elsewhere"
    );
    let exclusive = unchecked(|f, p| {
        let file = f.open(p, CREATE_NEW, TRY);
        f.drops(file);
        f.through(file, Operation::Write, p, TRY)
    });
    exclusive.is_benign(&[Actor::Attacker]);
    // Nothing was looked at, so nothing was promised.
    unchecked(|f, p| f.read(p, TRY)).is_benign(&[Actor::Attacker]);
}

#[test]
fn access_denies_what_an_attacker_leads_to_until_it_is_asked_too_early() {
    let case = checked(|f, p| {
        let allowed = f.effect(Operation::Check(Check::Access), p, GO_ON);
        (allowed, f.when(ok(allowed), |f| f.write(p, TRY)))
    });
    assert_eq!(
        case.worst(Actor::Attacker),
        "security from a file
A check access p -> ok [file (initial content)]
    B swap for a symlink p -> ok [symlink]
A write p -> ok [symlink]
A follows B's link and changes a file elsewhere"
    );
}

#[test]
fn who_changes_the_owner_by_path_may_meet_a_link() {
    let case = |by_path: bool| {
        checked(|f, p| {
            let file = f.open(p, CREATE_NEW, TRY);
            f.drops(file);
            let given = if by_path {
                f.effect(Operation::SetOwner { no_follow: false }, p, TRY)
            } else {
                f.through(file, Operation::SetOwner { no_follow: false }, p, TRY)
            };
            (file, given)
        })
    };
    assert_eq!(
        case(true).worst(Actor::Attacker),
        "security from absent
A create exclusively p -> ok [file (empty)]
    B swap for a symlink p -> ok [symlink]
A set owner p -> ok [symlink]
A takes what B put there for what it had made"
    );
    case(false).is_benign(&[Actor::Attacker]);
}
