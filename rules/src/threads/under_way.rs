//! Which work is under way beside a step that no work does, and what that work comes to.

use super::{Here, Source, Threads, Use};
use fsrace_analyzer::flow::ResultId;
use fsrace_analyzer::link::FunctionId;
use rustc_hash::FxHashSet;

/// The work that is under way, and the functions that it comes to.
#[derive(Debug, Default)]
pub(super) struct UnderWay {
    works: FxHashSet<(FunctionId, ResultId)>,
    functions: FxHashSet<FunctionId>,
}

impl UnderWay {
    /// Whether some of the work does this.
    pub(super) fn does(&self, use_: &Use) -> bool {
        self.functions.contains(&use_.function)
            || use_.within.is_some_and(|work| self.works.contains(&(use_.function, work)))
    }
}

impl Threads {
    /// The work that is under way here, by what the function has begun before and by what those have that call it.
    pub(super) fn under_way(&self, function: FunctionId, here: &Here) -> UnderWay {
        let mut found = UnderWay::default();
        let mut sources: Vec<(FunctionId, Source)> = here.sources.iter().map(|s| (function, *s)).collect();
        let (mut above, mut seen) = (vec![function], FxHashSet::from_iter([function]));
        while let Some(called) = above.pop() {
            for (caller, here) in
                self.calls.get(&called).into_iter().flatten().filter(|(_, h)| !h.locked && !h.own)
            {
                sources.extend(here.sources.iter().map(|source| (*caller, *source)));
                if seen.insert(*caller) {
                    above.push(*caller);
                }
            }
        }
        let mut asked = FxHashSet::default();
        while let Some((function, source)) = sources.pop() {
            match source {
                Source::Own(work) => {
                    found.works.insert((function, work));
                }
                Source::Left(callee) if asked.insert(callee) => {
                    let left = self.leaves.get(&callee).into_iter().flat_map(|left| left.iter());
                    sources.extend(left.map(|source| (callee, *source)));
                }
                Source::Left(_) => {}
            }
        }
        let mut reached: Vec<FunctionId> = Vec::new();
        for (function, work) in &found.works {
            let calls = self.outgoing.get(function).into_iter().flatten();
            let done = calls.filter(|(_, here)| here.within == Some(*work));
            reached.extend(done.map(|(callee, _)| *callee));
        }
        found.functions = self.reached_from(reached);
        found
    }
}
