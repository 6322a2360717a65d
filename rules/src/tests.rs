//! Rules on bodies built by hand, and what all rules have in common.

use crate::pairs::Candidate;
use crate::rule::{Rule, short};
use crate::trace::{Says, Trace};
use crate::{RULES, exists_then_create, exists_then_remove, exists_then_rename, exists_then_use};
use crate::{read_modify_write, remove_then_create, rule, truncating_write};
use fsrace_analyzer::explore::{Race, Script, Witness};
use fsrace_analyzer::flow::{
    Block, Branch, Certainty, Check, Condition, Effect, ErrorKind, Exit, Frame, Kinds, OnFailure, OpenFlags,
    Operation, Place, RemoveKind, ResultId, Site, Step, Value,
};
use std::collections::BTreeSet;

const SECTIONS: [&str; 7] =
    ["What it does", "Why is this bad", "Example", "Use instead", "Fix safety", "Known limits", "References"];

fn place() -> Place {
    Place::parameter(0, "path")
}

fn effect(number: u32, operation: Operation, place: &Place) -> Effect {
    Effect {
        operation,
        place: place.clone(),
        handle: None,
        other_place: None,
        data: Vec::new(),
        content: Value::Opaque,
        result: ResultId(number),
        on_failure: OnFailure::Continue,
        on_malformed: None,
        defaulted: false,
        part: false,
        certainty: Certainty::Known,
        api: "std::fs::something".into(),
        site: Site(number),
    }
}

fn step(number: u32, operation: Operation) -> Step {
    Step::Effect(effect(number, operation, &place()))
}

fn exists(number: u32) -> Step {
    step(number, Operation::Check(Check::Exists))
}

fn remove(number: u32) -> Step {
    step(number, Operation::Remove(RemoveKind::File))
}

fn block(steps: Vec<Step>) -> Block {
    Block { steps, drops: Vec::new() }
}

fn branch(condition: Condition, then: Vec<Step>, otherwise: Vec<Step>) -> Step {
    Step::Branch(Branch { condition, then: block(then), otherwise: block(otherwise) })
}

fn give_up() -> Step {
    Step::Exit(Exit::Return(Value::Opaque))
}

fn is_true(number: u32) -> Condition {
    Condition::True(ResultId(number))
}

fn frame(number: u32, name: &str, body: Vec<Step>) -> Step {
    Step::Frame(Frame {
        body: block(body),
        result: ResultId(number),
        on_failure: OnFailure::Continue,
        defaulted: false,
        on_malformed: None,
        on_misread: None,
        site: Site(number),
        name: name.to_owned(),
        outward: 0,
    })
}

fn returns(value: Value) -> Step {
    Step::Exit(Exit::Return(value))
}

/// Check and act of each candidate by site.
fn found(rule: &Rule, steps: Vec<Step>) -> Vec<(Option<u32>, u32)> {
    let body = block(steps);
    let candidates = (rule.check)(&Trace::of(&body));
    candidates.iter().map(|c| (c.check.as_ref().map(|p| p.effect.site.0), c.act.effect.site.0)).collect()
}

#[test]
fn a_branch_on_the_check_governs_what_is_in_it() {
    let steps = vec![exists(1), branch(is_true(1), vec![remove(2)], vec![step(3, Operation::Write)])];
    assert_eq!(found(&exists_then_remove::RULE, steps.clone()), [(Some(1), 2)]);
    assert_eq!(found(&exists_then_create::RULE, steps), [(Some(1), 3)]);
}

#[test]
fn a_branch_that_leaves_governs_what_follows() {
    let steps = vec![exists(1), branch(is_true(1), vec![give_up()], vec![]), step(2, Operation::Write)];
    assert_eq!(found(&exists_then_create::RULE, steps.clone()), [(Some(1), 2)]);
    assert_eq!(found(&exists_then_remove::RULE, steps.clone()), []);
    // The check governs it, so truncating-write has nothing to say.
    assert_eq!(found(&truncating_write::RULE, steps), []);
}

#[test]
fn a_branch_that_goes_on_governs_nothing_after_it() {
    let steps = vec![exists(1), branch(is_true(1), vec![], vec![]), remove(2)];
    assert_eq!(found(&exists_then_remove::RULE, steps), []);
}

#[test]
fn conditions_are_taken_apart() {
    let both = Condition::All(vec![is_true(1), Condition::Opaque { id: 0, observed: vec![] }]);
    let steps = vec![exists(1), branch(both.clone(), vec![remove(2)], vec![step(3, Operation::Write)])];
    assert_eq!(found(&exists_then_remove::RULE, steps.clone()), [(Some(1), 2)]);
    let body = block(steps);
    let trace = Trace::of(&body);
    // `a && b` being false does not say that `a` is.
    assert!(trace.events[2].guards.iter().all(|g| !g.certain && g.says == Says::Absent));
    let negated = vec![exists(1), branch(both.negated(), vec![give_up()], vec![]), remove(2)];
    assert_eq!(found(&exists_then_remove::RULE, negated), [(Some(1), 2)]);
}

#[test]
fn a_helpers_answer_is_followed() {
    let helper = frame(5, "seen", vec![exists(1), returns(Value::Condition(is_true(1)))]);
    let steps = vec![helper, branch(is_true(5), vec![remove(2)], vec![])];
    assert_eq!(found(&exists_then_remove::RULE, steps), [(Some(1), 2)]);
}

#[test]
fn a_helper_that_answers_by_returning_early_is_followed() {
    let constant = |b| returns(Value::Condition(Condition::Constant(b)));
    let body = vec![exists(1), branch(is_true(1), vec![constant(true)], vec![]), constant(false)];
    let steps = vec![frame(5, "seen", body), branch(is_true(5), vec![remove(2)], vec![])];
    assert_eq!(found(&exists_then_remove::RULE, steps), [(Some(1), 2)]);
}

#[test]
fn a_pair_inside_one_called_function_is_that_functions() {
    let inner = vec![exists(1), branch(is_true(1), vec![remove(2)], vec![])];
    assert_eq!(found(&exists_then_remove::RULE, vec![frame(5, "clear", inner.clone())]), []);
    // Code in place has no other owner.
    assert_eq!(found(&exists_then_remove::RULE, vec![frame(5, "", inner)]), [(Some(1), 2)]);
}

#[test]
fn an_error_kind_is_a_check() {
    let not_found = Condition::Failed(ResultId(1), Kinds::of(ErrorKind::NotFound));
    let open = step(1, Operation::Open(OpenFlags { read: true, ..OpenFlags::default() }));
    let steps = vec![open, branch(not_found, vec![step(2, Operation::Write)], vec![])];
    assert_eq!(found(&exists_then_create::RULE, steps), [(Some(1), 2)]);
}

#[test]
fn handles_are_no_second_lookup() {
    let mut read = effect(2, Operation::Read, &place());
    read.handle = Some(ResultId(7));
    let steps = vec![exists(1), branch(is_true(1), vec![Step::Effect(read)], vec![])];
    assert_eq!(found(&exists_then_use::RULE, steps), []);
}

#[test]
fn a_rename_onto_a_checked_path_has_its_own_rule() {
    let mut rename = effect(2, Operation::Rename { replace: true }, &Place::parameter(1, "from"));
    rename.other_place = Some(place());
    let steps = vec![exists(1), branch(is_true(1), vec![], vec![Step::Effect(rename)])];
    assert_eq!(found(&exists_then_rename::RULE, steps.clone()), [(Some(1), 2)]);
    assert_eq!(found(&exists_then_create::RULE, steps), []);
}

#[test]
fn a_removal_and_a_creation_on_one_way() {
    let write = step(2, Operation::Write);
    assert_eq!(found(&remove_then_create::RULE, vec![remove(1), write.clone()]), [(Some(1), 2)]);
    let either = vec![exists(9), branch(is_true(9), vec![remove(1)], vec![write.clone()])];
    assert_eq!(found(&remove_then_create::RULE, either), []);
    let leaves = vec![exists(9), branch(is_true(9), vec![remove(1), give_up()], vec![]), write];
    assert_eq!(found(&remove_then_create::RULE, leaves), []);
}

#[test]
fn data_is_followed_through_frames_and_temporary_files() {
    let load = frame(5, "load", vec![step(1, Operation::Read), returns(Value::Derived(vec![ResultId(1)]))]);
    let temporary = Place::parameter(1, "tmp");
    let mut write = effect(2, Operation::Write, &temporary);
    write.data = vec![ResultId(5)];
    let mut rename = effect(3, Operation::Rename { replace: true }, &temporary);
    rename.other_place = Some(place());
    let steps = vec![load, Step::Effect(write), Step::Effect(rename)];
    assert_eq!(found(&read_modify_write::RULE, steps.clone()), [(Some(1), 3)]);
    // The write is to the temporary name, which is renamed away.
    assert_eq!(found(&truncating_write::RULE, steps), []);
}

#[test]
fn deep_nesting_ends() {
    let mut steps = vec![remove(2)];
    for _ in 0..5000 {
        steps = vec![branch(Condition::Constant(true), steps, vec![])];
    }
    let body = block(steps);
    assert!(Trace::of(&body).events.is_empty());
    // The block's own drop is recursive; a real body is bounded by the linker.
    std::mem::forget(body);
}

#[test]
fn the_registry_is_sorted_and_complete() {
    let ids: Vec<&str> = RULES.iter().map(|r| r.id).collect();
    let sorted: BTreeSet<&str> = ids.iter().copied().collect();
    assert_eq!(ids, sorted.into_iter().collect::<Vec<_>>());
    for r in RULES {
        assert_eq!(rule(r.id).map(|found| found.id), Some(r.id));
        assert!(!r.consequences.is_empty() && !r.cwe.is_empty() && !r.actors.is_empty());
        assert!(r.consequences.is_sorted_by(|a, b| a > b), "{}: the worst consequence comes first", r.id);
    }
}

#[test]
fn every_page_has_its_sections() {
    for r in RULES {
        assert!(r.docs.starts_with(&format!("# {}\n", r.id)), "{}: the title is the rule's id", r.id);
        let sections: Vec<&str> = r.docs.lines().filter_map(|l| l.strip_prefix("## ")).collect();
        assert_eq!(sections, SECTIONS, "{}", r.id);
    }
}

#[test]
fn messages_are_in_house_style() {
    let operations = [
        Operation::Write,
        Operation::Open(OpenFlags { create_new: true, ..OpenFlags::default() }),
        Operation::CreateDir { all: false, private: false },
        Operation::Populate { fresh: false },
        Operation::Symlink,
        Operation::Copy,
        Operation::Remove(RemoveKind::Tree),
        Operation::Rename { replace: true },
        Operation::Read,
    ];
    for r in RULES {
        for operation in operations {
            for consequence in r.consequences {
                for actor in r.actors {
                    let body = block(vec![step(1, operation)]);
                    let candidate = Candidate::of_steps(&Trace::of(&body), None, 0, &place()).unwrap();
                    let race = Race {
                        reached: true,
                        consequence: *consequence,
                        witness: Witness {
                            actor: *actor,
                            initial: String::new(),
                            steps: Vec::new(),
                            loss: String::new(),
                            failures: Vec::new(),
                            script: Script::default(),
                        },
                    };
                    let report = (r.report)(&candidate, &race);
                    for text in [report.message.as_str(), report.help.as_str(), report.check, r.summary] {
                        assert!(!text.ends_with('.') && !text.contains('\n'), "{}: {text}", r.id);
                        assert!(!text.starts_with(char::is_uppercase), "{}: {text}", r.id);
                    }
                }
            }
        }
    }
}

#[test]
fn apis_are_named_as_people_write_them() {
    assert_eq!(short("std::fs::write"), "fs::write");
    assert_eq!(short("std::path::Path::exists"), "Path::exists");
    assert_eq!(short("open"), "open");
}
