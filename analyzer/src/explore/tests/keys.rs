//! Keys of a store that processes share.

use super::Case;
use super::build::*;
use crate::explore::{Actor, Consequence};
use crate::flow::{KeyOperation, Operation, Place, PlaceKind, ResultId};

fn key(operation: KeyOperation) -> Operation {
    Operation::Key(operation)
}

const TAKE: Operation = Operation::Key(KeyOperation::SetNew { expires: false });

/// A function whose act is about this key.
fn about(build: impl FnOnce(&mut Build, &Place) -> (ResultId, ResultId)) -> Case {
    let place = param(0, "key");
    let (body, (check, act)) = Build::function(|f| build(f, &place));
    Case { body, place, check: Some(check), act }
}

#[test]
fn a_lock_is_deleted_that_another_has_taken_since() {
    let case = about(|f, k| {
        let owner = f.effect(key(KeyOperation::Get), k, TRY);
        (owner, f.when(judged(0, owner), |f| f.effect(key(KeyOperation::Delete), k, TRY)))
    });
    assert_eq!(
        case.worst(Actor::Acquirer),
        "double-owner from set
A get the key key -> ok [set (initial content)]
    B find no live key, and set key -> ok [set (B's content)]
A delete the key key -> true [absent]
the lock that one has just taken is removed by the other"
    );
    case.is_benign(&[Actor::Itself, Actor::Crash]);
}

#[test]
fn a_value_that_is_set_from_what_was_read_loses_an_update() {
    let case = about(|f, k| {
        let old = f.effect(key(KeyOperation::Get), k, TRY);
        let set = f.effect(key(KeyOperation::Set { expires: false }), k, TRY);
        f.last().data = vec![old];
        (old, set)
    });
    assert_eq!(case.costs(Actor::Itself), [Consequence::LostUpdate]);
    assert_eq!(case.costs(Actor::Updater), [Consequence::LostUpdate]);
}

#[test]
fn who_sets_what_was_absent_may_own_it_with_another() {
    let case = about(|f, k| {
        let there = f.effect(key(KeyOperation::Exists), k, TRY);
        (there, f.when(fails(there), |f| f.effect(key(KeyOperation::Set { expires: false }), k, TRY)))
    });
    assert_eq!(case.costs(Actor::Acquirer), [Consequence::DoubleOwner]);
    let at_once = about(|f, k| {
        let set = f.effect(TAKE, k, TRY);
        (set, set)
    });
    at_once.is_benign(&[Actor::Itself, Actor::Acquirer, Actor::Crash]);
}

#[test]
fn who_ends_before_the_expiry_is_set_leaves_the_key_for_ever() {
    let case = about(|f, k| {
        let set = f.effect(TAKE, k, TRY);
        (set, f.when(holds(set), |f| f.effect(key(KeyOperation::Expire), k, TRY)))
    });
    assert_eq!(
        case.worst(Actor::Crash),
        "spurious-failure from absent
A set the key if it is not there key -> true [set (A's content)]
    B end A, which leaves key -> ok [set (A's content)]
A ends in between, and the key stays for ever: whoever wants it waits in vain"
    );
    case.is_benign(&[Actor::Itself]);
}

#[test]
fn another_key_is_another() {
    let case = about(|f, k| {
        let other = Place::new(PlaceKind::Constant("OTHER".into()));
        let seen = f.effect(key(KeyOperation::Exists), &other, TRY);
        (seen, f.when(fails(seen), |f| f.effect(key(KeyOperation::Set { expires: false }), k, TRY)))
    });
    case.is_benign(&[Actor::Itself, Actor::Updater]);
}
