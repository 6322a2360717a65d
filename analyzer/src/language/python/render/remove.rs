//! `RemoveIfPresent`: the removal's own "does not exist" is the check.

use super::Draft;
use super::calls::with_keyword;
use super::guard::{Guard, Kind, Other, guard};
use super::site::{Site, edit, range};
use super::swap::{Attempt, is_bare, suppressed, swap, unguarded};
use ruff_python_ast::ExprCall;

/// `os.remove`, `path.unlink` and their like, whose failure for want of the place is none.
pub fn remove_if_present(site: &Site<'_>) -> Option<Vec<Draft>> {
    let call = site.act.call()?;
    let mut attempt = Attempt::as_it_is(true);
    match site.name(call).as_str() {
        ".unlink" | "os::remove" | "os::unlink" | "os::rmdir" | ".rmdir" => {}
        // Whoever removes the same tree leaves it to the other where the first entry is gone.
        "shutil::rmtree" => attempt.complete = false,
        _ => return None,
    }
    let guard = guard(site);
    attempt.complete &= guard.as_ref().is_some_and(is_plain);
    let mut ways = Vec::new();
    if let Some(guard) = &guard {
        ways.extend(missing_is_fine(site, guard, call));
        ways.extend(swap(site, &attempt).into_iter().flatten());
    }
    // What an early exit or another branch says of a place that is not there must be said of one that goes meanwhile too.
    let says_more = guard.as_ref().is_some_and(|g| match g.arm_of(&site.act) {
        Some(arm) => !matches!(arm.other, Other::Nothing),
        None => true,
    });
    if !says_more {
        ways.extend(in_place(site, call, &attempt));
    }
    Some(ways)
}

/// Whether the check asks whether something is there, and nothing else is asked: not its kind, for which error the wrong one gives differs
/// between systems; and not what may be said of what was there before, when something else is there by now.
fn is_plain(guard: &Guard<'_>) -> bool {
    guard.kind == Kind::Any && guard.others.is_none()
}

/// `path.unlink(missing_ok=True)` without asking first.
fn missing_is_fine(site: &Site<'_>, guard: &Guard<'_>, call: &ExprCall) -> Option<Draft> {
    let arm = guard.arm_of(&site.act)?;
    let own = site.act.own()?;
    if !arm.present || !matches!(arm.other, Other::Nothing) || !is_bare(site) || site.name(call) != ".unlink"
    {
        return None;
    }
    let mut draft = unguarded(site, guard, &arm, &[missing_ok(site, call)?]).filter(|_| arm.is_only(&own))?;
    draft.needs = vec!["Python 3.8 (`missing_ok`)".to_owned()];
    draft.complete = is_plain(guard);
    Some(draft)
}

fn missing_ok(site: &Site<'_>, call: &ExprCall) -> Option<crate::language::Edit> {
    let none = call.arguments.args.is_empty() && call.arguments.keywords.is_empty();
    with_keyword(site, call, "missing_ok", "True").filter(|_| none)
}

/// Wherever it stands below the check, which stays as a hint: that there is nothing to remove is no failure of the removal.
fn in_place(site: &Site<'_>, call: &ExprCall, attempt: &Attempt) -> Option<Draft> {
    let own = site.act.own()?;
    if !is_bare(site) {
        return None;
    }
    if site.name(call) == ".unlink" {
        let mut draft = Draft::new(vec![missing_ok(site, call)?]);
        draft.needs = vec!["Python 3.8 (`missing_ok`)".to_owned()];
        return Some(draft);
    }
    if !site.stands_alone(own.statement) {
        return None;
    }
    let whole = range(own.statement);
    let margin = site.indent(whole.start);
    let inner = [margin, site.unit()].concat();
    let tried = site.moved(whole.clone(), &inner, &[])?;
    let code = suppressed(site, &tried, "FileNotFoundError", margin)?;
    let mut draft = Draft::new(vec![edit(whole, code.text)]);
    draft.imports = code.imports;
    draft.complete = attempt.complete;
    Some(draft)
}
