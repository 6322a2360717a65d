//! Failures that started work sends through a channel.

use super::build::*;
use super::{Case, checked};
use crate::explore::Actor;
use crate::flow::{Condition, Exit, Kinds, Operation, Place, ResultId, Room, Value};

/// A function that makes a channel with so much room, and starts workers in a loop.
fn workers(room: u32, holds: bool, then: impl FnOnce(&mut Build, &Place, ResultId) -> ResultId) -> Case {
    checked(|f, channel| {
        f.effect(Operation::Channel { room: Room::Limited(room), holds }, channel, GO_ON);
        let (work, sent) = f.repeat(|f| {
            f.when(unknown(0), |f| f.exit(Exit::Break(0)));
            f.spawn(|f| f.effect(Operation::Send { waits: true }, channel, GO_ON))
        });
        (then(f, channel, work), sent)
    })
}

fn take(f: &mut Build, channel: &Place) -> ResultId {
    f.effect(Operation::Receive { waits: true }, channel, GO_ON)
}

fn is_failure(result: ResultId) -> Condition {
    Condition::Failed(result, Kinds::ANY)
}

/// Takes until a failure comes, with which it leaves.
fn take_until_failure(f: &mut Build, channel: &Place) -> ResultId {
    f.repeat(|f| {
        f.when(unknown(1), |f| f.exit(Exit::Break(0)));
        let taken = take(f, channel);
        f.when(is_failure(taken), |f| f.returns(Value::Failure(Some(taken))));
        taken
    })
}

#[test]
fn who_waits_for_work_before_taking_from_it_waits_for_ever() {
    let case = workers(0, true, |f, channel, work| {
        f.join(work);
        take(f, channel)
    });
    assert_eq!(
        case.worst(Actor::Task),
        "lost-error from an empty channel
    B send (worker 1 waits for who takes) p -> ok [a failure waits to be taken]
A wait for the work before taking from p -> ok [a failure waits to be taken]
the failure of worker 1 reaches nobody: each waits for the other"
    );
    case.is_benign(&[Actor::Itself]);
}

#[test]
fn who_leaves_with_the_first_failure_leaves_the_others_waiting() {
    let case = workers(1, true, |f, channel, _| take_until_failure(f, channel));
    assert_eq!(
        case.worst(Actor::Task),
        "lost-error from an empty channel
    B send (worker 1) p -> ok [holds a failure]
A take p -> ok [empty]
    B send (worker 2) p -> ok [holds what nobody has taken]
    B send (worker 3 waits for ever) p -> ok [nobody takes from it any more]
the failure of worker 3 reaches nobody, and its work is never over"
    );
}

#[test]
fn who_sends_where_nobody_is_left_fails_and_does_not_wait() {
    workers(0, false, |f, channel, _| take_until_failure(f, channel)).is_benign(&[Actor::Task]);
}

#[test]
fn who_takes_all_loses_nothing() {
    let case = workers(0, true, |f, channel, work| {
        let taken = f.repeat(|f| {
            f.when(unknown(1), |f| f.exit(Exit::Break(0)));
            let taken = take(f, channel);
            f.when(is_failure(taken), |f| f.exit(Exit::Continue(0)));
            taken
        });
        f.join(work);
        taken
    });
    case.is_benign(&[Actor::Task]);
}

#[test]
fn where_there_is_room_for_all_nobody_waits() {
    let case = workers(100, true, |f, channel, work| {
        f.join(work);
        take(f, channel)
    });
    case.is_benign(&[Actor::Task]);
}

#[test]
fn a_channel_that_others_may_empty_is_let_alone() {
    let case = workers(0, true, |f, channel, work| {
        f.effect(Operation::HandOver, channel, GO_ON);
        f.join(work);
        take(f, channel)
    });
    case.is_benign(&[Actor::Task]);
}
