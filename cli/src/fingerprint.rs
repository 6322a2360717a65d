//! Names for findings that survive edits elsewhere: our own, and the line hash that GitHub's code scanning compares by.

use crate::report::{Region, Reported};
use rustc_hash::FxHashMap;

/// Gives each finding its fingerprint: a hash over the rule, the path, the function, and the text of the lines of the act and of the
/// related places, white space set aside. Line numbers have no part in it. Equal ones are told apart by their order in the file.
pub fn assign(findings: &mut [Reported]) {
    let mut seen: FxHashMap<String, u32> = FxHashMap::default();
    for finding in findings {
        let mut hasher = blake3::Hasher::new();
        let mut add = |part: &str| {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part.as_bytes());
        };
        add(finding.rule.id);
        add(finding.act.path());
        add(&finding.function);
        add(&normalised(&finding.act));
        for related in finding.related.iter().filter(|r| r.region.path() == finding.act.path()) {
            add(&normalised(&related.region));
        }
        let hash: String = hasher.finalize().to_hex().chars().take(32).collect();
        let count = seen.entry(hash.clone()).or_default();
        *count += 1;
        finding.fingerprint = format!("{hash}:{count}");
    }
}

fn normalised(region: &Region) -> String {
    region.whole_line().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Characters in the window of GitHub's hash.
const WINDOW: usize = 100;
const FACTOR: u64 = 37;
/// What GitHub's reader feeds in after the last character.
const END: u64 = 65535;

/// GitHub's `primaryLocationLineHash` of each line of `text`, the first line first: a rolling hash over the 100 UTF-16 units from
/// the line's start on, blanks and tabs left out and line ends unified, then `:` and how often that hash has come up so far.
pub fn line_hashes(text: &str) -> Vec<String> {
    let mut units: Vec<u64> = Vec::with_capacity(text.len() + 1);
    let mut starts = Vec::new();
    let mut at_line_start = true;
    let mut after_return = false;
    for unit in text.encode_utf16().map(u64::from).chain([END]) {
        let newline = unit == u64::from(b'\n');
        let skipped = unit == u64::from(b' ') || unit == u64::from(b'\t') || (newline && after_return);
        after_return = unit == u64::from(b'\r');
        if skipped {
            continue;
        }
        if at_line_start {
            starts.push(units.len());
        }
        at_line_start = newline || after_return;
        units.push(if after_return { u64::from(b'\n') } else { unit });
    }
    let drop_factor = (0..WINDOW).fold(1u64, |power, _| power.wrapping_mul(FACTOR));
    let unit_at = |i: usize| units.get(i).copied().unwrap_or(0);
    let mut hash = (0..WINDOW).fold(0u64, |h, i| h.wrapping_mul(FACTOR).wrapping_add(unit_at(i)));
    let mut seen: FxHashMap<u64, u32> = FxHashMap::default();
    let mut position = 0;
    let mut hashes = Vec::with_capacity(starts.len());
    for start in starts {
        while position < start {
            hash = hash
                .wrapping_mul(FACTOR)
                .wrapping_add(unit_at(position + WINDOW))
                .wrapping_sub(drop_factor.wrapping_mul(unit_at(position)));
            position += 1;
        }
        let count = seen.entry(hash).or_default();
        *count += 1;
        hashes.push(format!("{hash:x}:{count}"));
    }
    hashes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_hashes_are_those_of_github() {
        assert_eq!(line_hashes(""), ["c129715d7a2bc9a3:1"]);
        assert_eq!(
            line_hashes(" a\nb\n  \t\tc\n d"),
            ["271789c17abda88f:1", "54703d4cd895b18:1", "180aee12dab6264:1", "a23a3dc5e078b07b:1"]
        );
    }

    #[test]
    fn line_ends_and_blanks_do_not_matter() {
        assert_eq!(line_hashes("a b\r\nc\r\n"), line_hashes("ab\nc\n"));
        assert_eq!(line_hashes("a b\rc\r"), line_hashes("ab\nc\n"));
    }

    #[test]
    fn equal_lines_are_counted() {
        let text = "x\n".repeat(300);
        let hashes = line_hashes(&text);
        assert_eq!(hashes.len(), 301);
        assert!(hashes[0].ends_with(":1") && hashes[1].ends_with(":2"));
    }
}
