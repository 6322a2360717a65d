//! What the threads of a process share besides files: environment, working directory, umask.

use super::Case;
use super::build::*;
use crate::explore::{Actor, Consequence};
use crate::flow::{Mode, Operation, Place, PlaceKind, ResultId, Root, Uniqueness};

/// A function whose act is about this place.
fn about(place: Place, build: impl FnOnce(&mut Build, &Place) -> (ResultId, ResultId)) -> Case {
    let (body, (check, act)) = Build::function(|f| build(f, &place));
    Case { body, place, check: Some(check), act }
}

fn working() -> Place {
    Place::new(PlaceKind::Root(Root::Working))
}

#[test]
fn a_variable_that_is_extended_loses_what_another_thread_added() {
    let case = about(Place::literal("PATH"), |f, name| {
        let old = f.effect(Operation::EnvGet, name, GO_ON);
        (old, f.set_variable(name, &[old]))
    });
    assert_eq!(
        case.worst(Actor::ItselfThread),
        "lost-update from set
A read the variable \"PATH\" -> ok [set (initial content)]
    B read the variable \"PATH\" -> ok [set (initial content)]
    B set the variable \"PATH\" -> ok [set (B's content)]
A set the variable \"PATH\" -> ok [set (A's content)]
A's update is made from what it read before and overwrites B's"
    );
    // Another process has an environment of its own.
    case.is_benign(&[Actor::Itself]);
    let guarded = about(Place::literal("PATH"), |f, name| {
        let guard = f.mutex(&Place::new(PlaceKind::Constant("LOCK".into())));
        f.drops(guard);
        let old = f.effect(Operation::EnvGet, name, GO_ON);
        (old, f.set_variable(name, &[old]))
    });
    guarded.is_benign(&[Actor::ItselfThread]);
}

#[test]
fn a_variable_that_is_set_for_a_while_shows() {
    let case = about(Place::new(PlaceKind::Environment("LANG".into())), |f, name| {
        let set = f.set_variable(name, &[]);
        (set, f.set_variable(name, &[]))
    });
    assert_eq!(
        case.worst(Actor::Reader),
        "corruption from set
A set the variable $LANG -> ok [set (A's content)]
    B read $LANG -> ok [set (A's content)]
A set the variable $LANG -> ok [set (A's content)]
B reads a value that is set for a while only"
    );
    let once = about(Place::literal("LANG"), |f, name| {
        let set = f.set_variable(name, &[]);
        (set, set)
    });
    once.is_benign(&[Actor::Reader, Actor::ItselfThread, Actor::Itself]);
}

#[test]
fn a_working_directory_that_is_changed_for_a_while_shows() {
    let case = about(working(), |f, _| {
        let there = f.effect(Operation::SetCwd, &param(0, "workspace"), TRY);
        (there, f.effect(Operation::SetCwd, &param(1, "before"), TRY))
    });
    assert_eq!(
        case.worst(Actor::Reader),
        "corruption from as in the beginning
A change the working directory workspace -> ok [changed]
    B read <working> -> ok [changed]
A change the working directory before -> ok [changed]
B runs in a directory that is the working directory for a while only"
    );
    case.is_benign(&[Actor::Itself]);
}

#[test]
fn a_relative_path_goes_where_another_thread_has_changed_to() {
    let case = about(working(), |f, _| {
        let there = f.effect(Operation::SetCwd, &param(0, "workspace"), TRY);
        // A name that no other thread has.
        f.write(&working().join(&Place::new(PlaceKind::Unique(Uniqueness::Counter, 0))), TRY);
        f.effect(Operation::SetCwd, &param(1, "before"), TRY);
        (there, there)
    });
    assert_eq!(
        case.worst(Actor::ItselfThread),
        "corruption from as in the beginning
A change the working directory workspace -> ok [changed]
    B change the working directory workspace -> ok [changed]
    B write <working>/<counter#0> -> ok [changed]
    B change the working directory before -> ok [changed]
A write <working>/<counter#0> -> ok [changed]
A change the working directory before -> ok [changed]
what A writes ends in another directory"
    );
}

#[test]
fn a_umask_that_is_set_for_a_while_shows() {
    let case = about(param(0, "umask"), |f, p| {
        let masked = f.effect(Operation::SetUmask(Mode::Private), p, GO_ON);
        (masked, f.effect(Operation::SetUmask(Mode::Public), p, GO_ON))
    });
    assert_eq!(
        case.worst(Actor::Reader),
        "corruption from as in the beginning
A set the umask umask -> ok [changed]
    B read umask -> ok [changed]
A set the umask umask -> ok [as in the beginning]
B makes files under a mask that is set for a while only"
    );
    assert_eq!(case.costs(Actor::Reader), [Consequence::Corruption]);
    case.is_benign(&[Actor::Itself]);
}

#[test]
fn a_thread_that_looks_twice_sees_a_change_in_between() {
    let variable = about(Place::literal("LANG"), |f, name| {
        let set = f.set_variable(name, &[]);
        (set, set)
    });
    assert_eq!(
        variable.worst(Actor::Bystander),
        "corruption from set
    B look \"LANG\" -> ok [set (initial content)]
A set the variable \"LANG\" -> ok [set (A's content)]
    B look \"LANG\" -> ok [set (A's content)]
B has the variable changed in the middle of its work"
    );
    let directory = about(working(), |f, _| {
        let there = f.effect(Operation::SetCwd, &param(0, "workspace"), TRY);
        (there, there)
    });
    assert_eq!(directory.costs(Actor::Bystander), [Consequence::Corruption]);
    // Which mask is set is not known, and another than before.
    let mask = about(param(0, "umask"), |f, p| {
        let masked = f.effect(Operation::SetUmask(Mode::Unknown), p, GO_ON);
        (masked, masked)
    });
    assert_eq!(mask.costs(Actor::Bystander), [Consequence::Corruption]);
    for case in [variable, directory, mask] {
        case.is_benign(&[Actor::Itself]);
    }
}
